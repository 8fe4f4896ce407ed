"""What a format makes of a layer, planned column by column before a byte is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjCRSError

from onemap.delivery.conversion import columns, names, vct
from onemap.delivery.conversion.columns import Step, Stored, kind_of, same
from onemap.delivery.conversion.layer import Loss, PlainLayer, Plan
from onemap.delivery.conversion.shapes import Geometries, ShapeLimits, plan_shapes

__all__ = ["FORMATS", "FormatLimits", "plan_layer"]


@dataclass(frozen=True, slots=True)
class FormatLimits:
    """What a format does to a layer.

    Attributes
    ----------
    names
        Plans the names of columns.
    steps
        Kind of a column, see `kind_of` → what becomes of its values; a kind that is not named stays as it is.
    shapes
        What becomes of shapes.
    any_crs
        Any system of coordinates can be stated, and none at all.
    needs_shapes
        A table gets a shape that is none in each row.
    needs_rows
        Without a row there are no columns.
    needs_column
        Name of the column that numbers the rows from 0 where there is no other; empty where none is needed.
    states
        Tells whether a code is of a system that the format can state, where it cannot state any.
    place
        What further becomes of shapes, given whether they are in degrees.
    """

    names: Callable[[Iterable[str]], Mapping[str, str]]
    steps: Mapping[str, Step]
    shapes: ShapeLimits
    any_crs: bool = True
    needs_shapes: bool = False
    needs_rows: bool = False
    needs_column: str = ""
    states: Callable[[int], bool] | None = None
    place: Callable[[Geometries, bool], tuple[Geometries, Sequence[tuple[str, columns.Mask]]]] | None = None


def _table(encoding: str) -> FormatLimits:
    """Give what a Shapefile does, in an encoding."""

    def texts(step: Step, array: pa.Array) -> Stored:
        first = step(array)
        if not pa.types.is_string(first.array.type):
            return first
        second = columns.table_text(first.array, encoding)
        return Stored(second.array, [*first.losses, *second.losses], width=second.width)

    steps = {
        "text": same,
        "whole": columns.table_whole,
        "number": columns.table_number,
        "date-time": columns.as_text,
        "time": columns.as_text,
    }
    return FormatLimits(
        names=partial(names.table_names, encoding=encoding),
        steps={kind: partial(texts, step) for kind, step in steps.items()},
        shapes=ShapeLimits(
            one_family=True,
            empties=False,
            not_finite=False,
            measures=False,
            mixed_heights=False,
            lines_areas="fewest",
        ),
        needs_shapes=True,
        needs_column="FID",
    )


FORMATS: Mapping[str, FormatLimits] = MappingProxyType(
    {
        "shp-gbk": _table("gbk"),
        "shp-utf-8": _table("utf-8"),
        "gpkg": FormatLimits(
            names=names.database_names,
            steps={
                "text": columns.plain_text,
                "whole": columns.whole,
                "date-time": columns.in_utc_milliseconds,
                "time": columns.as_text,
            },
            shapes=ShapeLimits(not_finite=False),
        ),
        "gdb": FormatLimits(
            names=names.geodatabase_names,
            steps={
                "text": columns.plain_text,
                "whole": columns.small_whole,
                "yes-no": columns.as_number_of_yes_no,
                "date": columns.as_date_time,
                "date-time": columns.in_seconds,
                "time": columns.as_text,
            },
            shapes=ShapeLimits(
                one_family=True,
                empties=False,
                not_finite=False,
                measures=False,
                mixed_heights=False,
                lines_areas="many",
            ),
        ),
        "geojson": FormatLimits(
            names=names.same_names,
            steps={
                "text": columns.plain_text,
                "whole": columns.whole_of_json,
                "number": columns.without_infinity,
                "date": columns.as_text,
                "date-time": columns.as_text,
                "time": columns.as_text,
            },
            shapes=ShapeLimits(empties=False, not_finite=False, measures=False),
            any_crs=False,
            needs_shapes=True,
            needs_rows=True,
        ),
        "postgis": FormatLimits(
            names=names.server_names,
            steps={
                "text": columns.plain_text,
                "whole": columns.whole,
                "date-time": columns.in_utc,
                "time": columns.as_text,
            },
            shapes=ShapeLimits(not_finite=False),
        ),
        "vct": FormatLimits(
            names=names.vct_names,
            steps={
                "text": vct.text,
                "whole": columns.whole,
                "number": columns.table_number,
                "date-time": vct.date_time,
            },
            shapes=ShapeLimits(one_family=True, empties=False, not_finite=False, measures=False),
            any_crs=False,
            needs_column="FID",
            states=vct.states,
            place=vct.placed,
        ),
        "kmz": FormatLimits(
            names=names.same_names,
            steps={
                "text": columns.marked_text,
                "whole": columns.whole,
                "date": columns.as_text,
                "date-time": columns.as_text,
                "time": columns.as_text,
            },
            shapes=ShapeLimits(empties=False, not_finite=False, measures=False),
            any_crs=True,
            needs_shapes=True,
            needs_rows=True,
        ),
        "parquet": FormatLimits(names=names.same_names, steps={}, shapes=ShapeLimits(not_finite=False)),
    }
)
"""Formats by name; a Shapefile by its encoding."""


def plan_layer(layer: PlainLayer, form: str) -> Plan:
    """Plan a layer as a format will hold it.

    Parameters
    ----------
    layer
        The layer.
    form
        A key of `FORMATS`.

    Returns
    -------
    plan
        What must read back, and what differs from the layer given.

    Raises
    ------
    WriteError
        If points, lines and areas stand together in a format of one family.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> towers = plain_layer("towers", pd.DataFrame({"id": [2**40]}), None, crs=None)
    >>> [(loss.kind, loss.column, loss.after) for loss in plan_layer(towers, "gdb").losses]
    [('number-as-text', 'id', '1099511627776')]
    """
    limits = FORMATS[form]
    planned = limits.names(layer.table.column_names)
    arrays: list[pa.Array] = []
    losses = list(layer.losses)
    widths: dict[str, int] = {}
    decimals: dict[str, int] = {}
    for name in layer.table.column_names:
        array = layer.table[name].combine_chunks()
        stored = limits.steps.get(kind_of(array.type), same)(array)
        arrays.append(stored.array)
        if stored.decimals is not None:
            decimals[planned[name]] = stored.decimals
        widths[planned[name]] = stored.width
        losses += [_loss(kind, name, mask, (array, stored.array)) for kind, mask in stored.losses if mask.any()]
    losses += [Loss("names", old, _none(), old, new) for old, new in planned.items() if old != new]
    table = _named(arrays, [planned[name] for name in layer.table.column_names], layer.rows)
    if limits.needs_rows and not layer.rows and table.num_columns:
        losses.append(Loss("columns", None, _none(), ", ".join(table.column_names)))
        table = _named([], [], 0)
    number = limits.needs_column or ("" if layer.geometry is not None or limits.needs_shapes else "row")
    if number and not arrays:  # GDAL writes no row of a table without columns, and gives a Shapefile this one
        losses.append(Loss("columns", None, _none(), "", number))
        table = pa.table({number: pa.array(range(layer.rows), pa.int32())})
    crs, crs_losses = _crs(layer, limits)
    geometry, geometry_type, shape_losses = _shapes(layer, limits)
    return Plan(
        given=layer,
        stored=PlainLayer(layer.name, table, geometry, crs, layer.aliases),
        names=dict(planned),
        losses=(*losses, *crs_losses, *shape_losses),
        geometry_type=geometry_type,
        widths=widths,
        decimals=decimals,
    )


def _named(arrays: list[pa.Array], labels: list[str], rows: int) -> pa.Table:
    """Put columns together, and keep the number of rows where there are none."""
    if arrays:
        return pa.Table.from_arrays(arrays, names=labels)
    return pa.table({"": pa.nulls(rows)}).drop_columns([""])


def _loss(kind: str, name: str, mask: columns.Mask, cells: tuple[pa.Array, pa.Array]) -> Loss:
    """Give a loss with its first cell."""
    positions = np.flatnonzero(mask).astype(np.int64)
    before, after = (cell[int(positions[0])].as_py() for cell in cells)
    return Loss(kind, name, positions, _shown(before), _shown(after))


def _shown(value: object) -> str:
    """Show a value, cut where it is long."""
    shown = "" if value is None else str(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _none() -> np.ndarray:
    """Give no rows."""
    return np.array([], dtype=np.int64)


def _crs(layer: PlainLayer, limits: FormatLimits) -> tuple[str | None, list[Loss]]:
    """Give the system as it will read back: GeoJSON states codes only, and is WGS 84 where it states none."""
    if limits.any_crs or (layer.geometry is None):
        return layer.crs, []
    code = None if layer.crs is None else _epsg(layer.crs)
    if code is not None and (limits.states is None or limits.states(code)):
        return f"EPSG:{code}", []
    name = "" if layer.crs is None else CRS.from_user_input(layer.crs).name
    return None, [] if layer.crs is None else [Loss("crs", None, _none(), name, "")]


def _epsg(crs: str) -> int | None:
    """Give the code of a system that has one."""
    try:
        return CRS.from_user_input(crs).to_epsg()
    except ProjCRSError:
        return None


def _shapes(layer: PlainLayer, limits: FormatLimits) -> tuple[np.ndarray | None, str | None, list[Loss]]:
    """Plan the shapes of a layer."""
    if layer.geometry is None:
        if not limits.needs_shapes:
            return None, None, []
        return np.full(layer.rows, None, dtype=object), "Point", [Loss("geometry-kind", None, _none())]
    shapes = plan_shapes(layer.geometry, limits.shapes, layer=layer.name)
    geometry, more = shapes.geometry, shapes.losses[:0]
    if limits.place is not None:
        geometry, more = limits.place(geometry, vct.is_degrees(layer))
    losses = []
    for kind, mask in (*shapes.losses, *more):
        if mask.any():
            positions = np.flatnonzero(mask).astype(np.int64)
            before, after = (_shown(one[int(positions[0])]) for one in (layer.geometry, geometry))
            losses.append(Loss(kind, None, positions, before, after))
    return geometry, shapes.geometry_type, losses
