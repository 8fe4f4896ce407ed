"""VCT 3.0 of any layer, as planned."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from onemap.delivery.conversion.layer import Plan
from onemap.delivery.conversion.vct import is_degrees
from onemap.vct import Field, NewLayer, Options, Writer, open_vct

__all__ = ["write_exchange"]

_KINDS = {0: "Point", 1: "Line", 2: "Line", 3: "Polygon", 4: "Point", 5: "Line", 6: "Polygon"}  # by types of shapely
_CHAR_WIDTH = 255  # a wider text is a Varchar
_FIRST_CODE = 9_000_000_001  # of layers that bear no code of the planning system
_TYPES = (
    (pa.types.is_integer, "Int", 20),
    (pa.types.is_boolean, "Boolean", None),
    (pa.types.is_date, "Date", 8),
    (pa.types.is_timestamp, "Datetime", None),
    (pa.types.is_time, "Time", None),
)


def write_exchange(plan: Plan, path: Path, *, date: dt.date) -> None:
    """Write a layer into a VCT file, behind those that it holds; polygons are made of lines that they share.

    The code of the layer is that of its column YSDM where this holds one of ten digits only, else a number.

    Parameters
    ----------
    plan
        The layer as planned for "vct".
    path
        The file; it is made if it does not exist.
    date
        Date that the head states.

    Raises
    ------
    WriteError
        If the layers of the file are in another system of coordinates.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> towers = plain_layer("towers", pd.DataFrame({"id": [1]}), None, crs=None)
    >>> file = Path(tempfile.mkdtemp()) / "towers.vct"
    >>> write_exchange(plan_layer(towers, "vct"), file, date=dt.date(2026, 1, 1))
    >>> with open_vct(file) as written:
    ...     written.read("towers").columns
    {'id': [1]}
    """
    is_there = path.exists()
    layer = plan.stored
    options = _options(plan, date)
    if is_there and layer.geometry is None:
        options = _options_of(path, date)
    kind = "" if layer.geometry is None else _kind(layer.geometry, plan.geometry_type or "")
    names = layer.table.column_names
    fields = [_field(plan, name, layer.table.schema.field(name).type) for name in names]
    columns = {name: layer.table[name].to_pylist() for name in names}
    with Writer(path, options) as writer:
        if is_there:
            writer.resume(path)
        code = _code(columns.get("YSDM", []), writer) if kind else ""
        writer.add(NewLayer(layer.name, code, kind, layer.geometry, fields, columns))


def _kind(geometry: NDArray[np.object_], declared: str) -> str:
    """Name the kind of a layer by its first shape; without any, as declared."""
    kinds = shapely.get_type_id(geometry)
    empty = {"LineString": "Line", "Polygon": "Polygon"}.get(declared.removeprefix("Multi"), "Point")
    return _KINDS[int(kinds[kinds >= 0][0])] if (kinds >= 0).any() else empty


def _options(plan: Plan, date: dt.date) -> Options:
    """Give the system of a layer."""
    crs = plan.stored.crs if plan.stored.geometry is not None else None
    epsg = None if crs is None else int(crs.removeprefix("EPSG:"))
    degrees = plan.given.geometry is not None and is_degrees(plan.given)
    return Options(epsg=epsg, is_degrees=degrees, date=date.strftime("%Y%m%d"))


def _options_of(path: Path, date: dt.date) -> Options:
    """Give the system that a file states."""
    with open_vct(path) as file:
        epsg = None if file.crs is None or not file.head.get("Spheroid") else int(file.crs.removeprefix("EPSG:"))
        return Options(epsg=epsg, is_degrees=file.head.kind == "D", date=date.strftime("%Y%m%d"))


def _field(plan: Plan, name: str, kind: pa.DataType) -> Field:
    """Declare a column."""
    width = plan.widths.get(name) or None
    for tells, type_name, length in _TYPES:
        if tells(kind):
            return Field(name, type_name, length)
    if pa.types.is_floating(kind):
        return Field(name, "Float", width, plan.decimals.get(name))
    return Field(name, "Char", width) if width is not None and width <= _CHAR_WIDTH else Field(name, "Varchar")


def _code(given: list[object], writer: Writer) -> str:
    """Give the code of a layer."""
    said = {str(value) for value in given if value is not None}
    only = said.pop() if len(said) == 1 else ""
    if len(only) == 10 and only.isascii() and only.isdecimal() and writer.is_free(only):
        return only
    number = _FIRST_CODE
    while not writer.is_free(str(number)):
        number += 1
    return str(number)
