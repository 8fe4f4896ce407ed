"""Random layers come back from every format equal, or each cell that does not is in a listed loss, and each listed loss is true."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onemap.delivery.conversion.layer import LOSSES, Loss, PlainLayer
from onemap.sources import Reader, SourceLayer, open_reader, read_file
from onemap.workflows.converting import Target, target_of, write_plain
from tests.round_trips.strategies import layers

EXAMPLES = int(os.environ.get("ONEMAP_EXAMPLES", "100"))
FORMATS = {
    "shp-gbk": ("towers.shp", "gbk", False),
    "shp-utf-8": ("towers.shp", "utf-8", False),
    "gpkg": ("towers.gpkg", "gbk", True),
    "gdb": ("towers.gdb", "gbk", False),
    "geojson": ("towers.geojson", "gbk", True),
    "parquet": ("towers.parquet", "gbk", True),
    "vct": ("towers.vct", "gbk", False),
}
LAYER_KINDS = {"crs", "columns"}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with open_reader(timeout_s=120) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_random_layers_come_back_or_their_losses_are_listed(name: str, reader: Reader) -> None:
    file, encoding, mixed = FORMATS[name]
    target = target_of(Path(file), encoding)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="ONEMAP_EXAMPLES" not in os.environ,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        layer = data.draw(layers(mixed=mixed))
        with tempfile.TemporaryDirectory(prefix="onemap-test-") as folder:
            check_round_trip(layer, Path(folder) / file, target, reader)

    check()


def check_round_trip(layer: PlainLayer, path: Path, target: Target, reader: Reader) -> None:
    """Write, read, and hold every difference against the losses listed; neither the plan nor its comparison is asked."""
    plan, losses = write_plain(layer, path, target=target, reader=reader)
    found = read_file(path, layer=plan.stored.name if target.several else None, reader=reader)
    assert {loss.kind for loss in losses} <= set(LOSSES)
    assert len(found.rows) == layer.rows
    names = {name: name for name in layer.table.column_names}
    names |= {loss.column: loss.after for loss in losses if loss.kind == "names"}
    assert all(loss.after != loss.column for loss in losses if loss.kind == "names")
    if any(loss.kind == "columns" for loss in losses):
        assert list(found.frame.columns) != list(layer.table.column_names)
    else:
        assert list(found.frame.columns) == list(names.values())
        for name, stored in names.items():
            given_cells = layer.table[name].to_pylist()
            found_cells = [plain(value) for value in found.frame[stored]]
            changed = {
                row for row, pair in enumerate(zip(given_cells, found_cells, strict=True)) if not same_cell(*pair)
            }
            assert_covered(changed, [loss for loss in losses if loss.column == name and loss.kind != "names"], name)
    check_shapes(layer, found, losses)


def check_shapes(layer: PlainLayer, found: SourceLayer, losses: tuple[Loss, ...]) -> None:
    mine = [loss for loss in losses if loss.column is None and loss.kind not in LAYER_KINDS]
    if layer.geometry is None:
        if found.geometry is not None:
            assert [loss.kind for loss in mine] == ["geometry-kind"]
            assert all(shape is None for shape in found.geometry)
        return
    said = [loss for loss in losses if loss.kind == "crs"]
    assert (found.crs == layer.crs) == (not said)
    assert found.geometry is not None
    changed = {row for row in range(layer.rows) if not same_shape(layer.geometry[row], found.geometry[row])}
    assert_covered(changed, mine, "geometry")


def assert_covered(changed: set[int], losses: list[Loss], name: str) -> None:
    """Require that what changed is what is listed."""
    listed = {int(row) for loss in losses for row in loss.positions}
    assert changed == listed, (
        f"{name}: changed {sorted(changed)}, listed {[(one.kind, one.positions) for one in losses]}"
    )


def plain(value: object) -> object:
    """Give a cell of a frame as Python has it; a missing one as None."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    return value.item() if isinstance(value, np.generic) else value


def same_cell(one: object, other: object) -> bool:
    """Tell whether two cells are the same value of the same kind, a time in the same sort of zone."""
    if one is None or other is None:
        return one is other
    if type(one) is not type(other):
        return False
    if hasattr(one, "tzinfo"):
        return one == other and one.utcoffset() == other.utcoffset()
    return one == other


def same_shape(one: shapely.Geometry | None, other: shapely.Geometry | None) -> bool:
    """Tell whether two shapes are the same but for the direction and start of rings."""
    if one is None or other is None:
        return one is other
    if one.geom_type != other.geom_type or one.has_z != other.has_z:
        return False
    left, right = shapely.orient_polygons([one, other])
    if shapely.equals_identical(left, right) or not one.geom_type.endswith("Polygon"):
        return bool(shapely.equals_identical(left, right))
    parts, found = shapely.get_parts(one), shapely.get_parts(other)
    if any(len(area.interiors) for area in (*parts, *found)):
        return bool(shapely.equals_identical(shapely.normalize(left), shapely.normalize(right)))
    return sorted(map(cycle, parts)) == sorted(map(cycle, found))


def cycle(area: shapely.Polygon) -> list[tuple[float, ...]]:
    """Give the ring of an area that encloses nothing, so that its direction is not known, from its least point on."""
    points = list(area.exterior.coords)[:-1]
    return min(way[at:] + way[:at] for way in (points, points[::-1]) for at in range(len(points)))
