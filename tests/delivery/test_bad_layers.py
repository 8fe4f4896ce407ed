"""Whatever a layer holds, a check ends with findings: no traceback, and a message for each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.delivery.checked import CheckedField, CheckedLayer
from onemap.delivery.examining import Examined, examine_layers
from onemap.delivery.profile import Profile
from tests.delivery.conftest import two_towns
from tests.delivery.whole_delivery import Delivery, make_delivery, make_profile

HUGE = 1e300
SHAPES: dict[str, Callable[[], shapely.Geometry | None]] = {
    "none": lambda: None,
    "empty point": shapely.Point,
    "empty line": shapely.LineString,
    "empty area": shapely.Polygon,
    "empty collection": shapely.GeometryCollection,
    "point": lambda: shapely.Point(75.3, 39.3),
    "points": lambda: shapely.MultiPoint([(75.3, 39.3), (75.3, 39.3)]),
    "line": lambda: shapely.LineString([(75.3, 39.3), (75.31, 39.3)]),
    "line on one spot": lambda: shapely.LineString([(75.3, 39.3), (75.3, 39.3)]),
    "closed line": lambda: shapely.LineString([(75.3, 39.3), (75.31, 39.3), (75.31, 39.31), (75.3, 39.3)]),
    "ring": lambda: shapely.LinearRing([(75.3, 39.3), (75.31, 39.3), (75.31, 39.31)]),
    "lines": lambda: shapely.MultiLineString([[(75.3, 39.3), (75.31, 39.3)], [(75.4, 39.3), (75.41, 39.3)]]),
    "area": lambda: shapely.box(75.3, 39.3, 75.31, 39.31),
    "area without size": lambda: shapely.Polygon([(75.3, 39.3), (75.31, 39.3), (75.3, 39.3)]),
    "bow tie": lambda: shapely.Polygon([(75.3, 39.3), (75.31, 39.31), (75.31, 39.3), (75.3, 39.31)]),
    "hole outside": lambda: shapely.Polygon(
        [(75.3, 39.3), (75.31, 39.3), (75.31, 39.31)], [[(76, 39), (76.1, 39), (76.1, 39.1)]]
    ),
    "area with a part without points": lambda: shapely.MultiPolygon([shapely.box(75.3, 39.3, 75.31, 39.31)]),
    "collection": lambda: shapely.GeometryCollection([shapely.Point(75.3, 39.3), shapely.box(75, 39, 75.1, 39.1)]),
    "nan point": lambda: shapely.Point(np.nan, 39.3),
    "nan line": lambda: shapely.LineString([(75.3, 39.3), (np.nan, np.nan), (75.31, 39.3)]),
    "nan area": lambda: shapely.Polygon([(75.3, 39.3), (75.31, np.nan), (75.31, 39.31)]),
    "infinite point": lambda: shapely.Point(np.inf, 39.3),
    "infinite line": lambda: shapely.LineString([(75.3, 39.3), (-np.inf, np.inf)]),
    "infinite area": lambda: shapely.Polygon([(75.3, 39.3), (np.inf, 39.3), (75.31, 39.31)]),
    "huge point": lambda: shapely.Point(HUGE, -HUGE),
    "huge line": lambda: shapely.LineString([(75.3, 39.3), (HUGE, HUGE)]),
    "huge area": lambda: shapely.Polygon([(75.3, 39.3), (HUGE, 39.3), (75.31, HUGE)]),
    "far area": lambda: shapely.box(-1e9, -1e9, 1e9, 1e9),
    "line with heights that are none": lambda: shapely.LineString([(75.3, 39.3, np.nan), (75.31, 39.3, np.nan)]),
}
VALUES: dict[str, object] = {
    "none": None,
    "nan": np.nan,
    "infinite": np.inf,
    "huge": 1e308,
    "whole and huge": 10**30,
    "text": "一二三",
    "broken": "\ud800",
    "bytes": b"\xff\x00",
    "list": [1, 2],
    "dict": {"a": 1},
    "date": pd.Timestamp("2026-01-01"),
    "boolean": True,
    "long": "x" * 100_000,
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return make_profile(tmp_path_factory.mktemp("profile"))


def examined(delivery: Delivery) -> Examined:
    found = examine_layers(
        delivery.layers,
        delivery.profile,
        districts=delivery.districts,
        tables=delivery.tables,
        package=delivery.package,
    )
    for one in found.findings:
        assert one.message("zh")
        assert one.message("en")
        assert one.hint("en")
    return found


def few(layer: CheckedLayer) -> CheckedLayer:
    """Keep a few rows: the faults are what matters."""
    return replace(layer, frame=layer.frame.iloc[:4].reset_index(drop=True))


@pytest.fixture
def small(strict: Profile) -> Delivery:
    delivery = make_delivery(strict, two_towns())
    delivery.layers = {name: few(layer) for name, layer in delivery.layers.items()}
    return delivery


def shapes_there_are() -> dict[str, shapely.Geometry | None]:
    """Make the shapes that this GEOS knows."""
    made = {}
    with np.errstate(all="ignore"):
        for name, make in SHAPES.items():
            made[name] = make()
    with suppress(shapely.errors.GEOSException, NotImplementedError):  # curves came with GEOS 3.13
        made["curve"] = shapely.from_wkt("CIRCULARSTRING (75.3 39.3, 75.31 39.31, 75.32 39.3)")
    return made


def test_every_shape_in_every_layer_becomes_findings(small: Delivery) -> None:
    shapes, kinds = shapes_there_are(), {"TA": 0, "JT": 0, "GL": 1, "DL": 1, "DK": 2, "FQ": 2}
    for name in kinds:
        first = small.layers[name].frame.iloc[[0] * len(shapes)].reset_index(drop=True)
        frame = first.set_geometry(gpd.GeoSeries(list(shapes.values()), crs=first.crs))
        small.layers[name] = replace(small.layers[name], frame=frame)
    found = examined(small)
    wrong_kind = {(one.layer, one.row) for one in found.findings if one.rule in {"OM-GEO-101", "OM-GEO-103"}}
    for name, dimensions in kinds.items():
        for row, geometry in enumerate(shapes.values(), 1):
            is_none = geometry is None or geometry.is_empty
            if is_none or shapely.get_dimensions(geometry) != dimensions:
                assert (name, row) in wrong_kind, geometry


def test_every_value_in_every_field_becomes_findings(small: Delivery) -> None:
    for name, layer in small.layers.items():
        frame = layer.frame.iloc[[0] * len(VALUES)].reset_index(drop=True)
        for field in layer.fields:
            frame[field.name] = pd.Series(list(VALUES.values()), dtype=object)
        small.layers[name] = replace(layer, frame=frame)
    assert examined(small).findings


@pytest.mark.slow
@pytest.mark.parametrize("value", VALUES)
def test_columns_of_nothing_but_one_value_become_findings(small: Delivery, value: str) -> None:
    for name, layer in small.layers.items():
        frame = layer.frame.copy()
        for field in layer.fields:
            frame[field.name] = pd.Series([VALUES[value]] * len(frame), dtype=object)
        small.layers[name] = replace(layer, frame=frame)
    assert examined(small).findings


@pytest.mark.slow
def test_each_column_may_be_missing(small: Delivery) -> None:
    names = {field.name for layer in small.layers.values() for field in layer.fields}
    for column in sorted(names):
        layers = {
            name: replace(
                layer,
                frame=layer.frame.drop(columns=column, errors="ignore"),
                fields=tuple(one for one in layer.fields if one.name != column),
            )
            for name, layer in small.layers.items()
        }
        found = examined(replace(small, layers=layers))
        assert {one.values["field"] for one in found.findings if one.rule == "OM-FLD-101"} == {column}


@pytest.mark.slow
@pytest.mark.parametrize("crs", [None, "", "nonsense", "EPSG:4978", "EPSG:4528", "EPSG:4214", 'LOCAL_CS["x"]'])
def test_every_system_becomes_findings(small: Delivery, crs: str | None) -> None:
    small.layers = {name: replace(layer, crs=crs) for name, layer in small.layers.items()}
    rules = {one.rule for one in examined(small).findings}
    assert rules & {"OM-CRS-101", "OM-CRS-102"}


def test_layers_without_rows_geometry_or_columns_become_findings(small: Delivery) -> None:
    stored = (CheckedField("BSM", "text", 18),)
    nothing: dict[str, gpd.GeoDataFrame] = {
        "TA": gpd.GeoDataFrame(),
        "GL": gpd.GeoDataFrame(geometry=[], crs="EPSG:4490"),
        "DK": gpd.GeoDataFrame({"BSM": ["1", None]}, geometry=[None, None], crs="EPSG:4490"),
        "JT": gpd.GeoDataFrame({"BSM": ["1", "2"]}),
    }
    for name, frame in nothing.items():
        small.layers[name] = CheckedLayer(name, frame, stored, "EPSG:4490", "GPKG", "659900示范县数据.gpkg")
    found = examined(small)
    assert {one.layer for one in found.findings if one.rule == "OM-FLD-101"} >= set(nothing)
    assert [(one.layer, one.row) for one in found.findings if one.rule == "OM-GEO-101"] == [("DK", 1), ("DK", 2)]


@pytest.mark.parametrize("geometry", [None, shapely.Point(75, 39), shapely.Polygon(), shapely.Point(np.nan, 1)])
def test_districts_may_be_anything(small: Delivery, geometry: shapely.Geometry | None) -> None:
    small.districts = gpd.GeoDataFrame(
        {"code": [None, "x"], "name": [None, ""]}, geometry=[geometry] * 2, crs="EPSG:4490"
    )
    examined(small)


def test_tables_may_be_anything(small: Delivery) -> None:
    for table in (pd.DataFrame(), pd.DataFrame({"XZQDM": [None, 1], "MJ_HJ": ["x", np.inf]})):
        small.tables = {"汇总": table}
        examined(small)
