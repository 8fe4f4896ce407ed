"""Shapefile in GBK or UTF-8: planned names, every text proven to fit before a byte is written.

This format cuts long text, drops text with one character outside its encoding, and spoils names of more than ten bytes,
all without a word. So names are planned, and text is encoded first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import shapely

from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.profile import ProfileField
from onemap.delivery.writers.arrow import (
    StoredField,
    WrittenLayer,
    build_table,
    check_values,
    read_back,
    refuse_existing,
    write_table,
)
from onemap.errors import WriteError

__all__ = ["plan_names", "require_room", "shape_bytes", "write"]

ENCODING = "gbk"
_NAME_BYTES = 10
_TEXT_BYTES = 254
_LISTED = 5
_MOST_BYTES = 2**31 - 1
_HEAD_BYTES, _RECORD_BYTES = 100, 8
_PIECES = 100_000


def write(
    layers: Sequence[DeliveryLayer], path: Path, *, date: dt.date, encoding: str = ENCODING
) -> list[WrittenLayer]:
    """Write layers as Shapefiles in one folder, and read them back.

    A text field is as wide, in bytes, as the profile says in characters; where a text needs more bytes than that, the
    field is widened to what is needed (at most 254), which the result says.

    Parameters
    ----------
    layers
        Layers with a CRS; each becomes CODE.shp.
    path
        Folder to make; it must not exist.
    date
        Date that the files are given.
    encoding
        "gbk" or "utf-8", which the .cpg says.

    Returns
    -------
    written
        One entry a layer, with the planned names and widths.

    Raises
    ------
    WriteError
        If a value does not fit its field, holds a character that the encoding lacks, or takes more than 254 bytes; if a
        file would be larger than 2 GB; if the path exists, or what was written does not read back.

    Examples
    --------
    >>> import datetime, tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp()) / "shp"
    >>> write([], folder, date=datetime.date(2026, 1, 1))
    []
    """
    refuse_existing(path)
    for layer in layers:
        check_values(layer)
    plans = [_plan(layer, encoding) for layer in layers]
    for layer, stored in zip(layers, plans, strict=True):
        widths = [_number_width(one, place) for one, place in zip(layer.fields, stored, strict=True)]
        require_room(layer.code, np.asarray(layer.frame.geometry.array, dtype=object), widths)
    path.mkdir()
    return [_write_one(layer, stored, path, (date, encoding)) for layer, stored in zip(layers, plans, strict=True)]


def plan_names(names: Iterable[str], encoding: str = ENCODING) -> dict[str, str]:
    """Plan names of at most ten bytes, unique without regard to case, cut between characters.

    Parameters
    ----------
    names
        Names wanted.
    encoding
        Encoding that they are stored in.

    Returns
    -------
    planned
        Name wanted → name to store.

    Raises
    ------
    WriteError
        If a name holds a character that the encoding lacks.

    Examples
    --------
    >>> plan_names(["BSM", "identifier_long", "identifier_longer"])
    {'BSM': 'BSM', 'identifier_long': 'identifier', 'identifier_longer': 'identifi_1'}
    >>> plan_names(["行政区代码表"])
    {'行政区代码表': '行政区代码'}
    """
    planned: dict[str, str] = {}
    used: set[str] = set()
    for name in names:
        number, short = 0, _cut(name, _NAME_BYTES, encoding)
        while short.upper() in used:
            number += 1
            ending = f"_{number}"
            short = _cut(name, _NAME_BYTES - len(ending), encoding) + ending
        used.add(short.upper())
        planned[name] = short
    return planned


def require_room(layer: str, geometry: np.ndarray, widths: Sequence[int]) -> None:
    """Foresee the size of the files of a Shapefile, and refuse what it cannot hold, before a byte is written.

    Parameters
    ----------
    layer
        Name of the layer, for the message.
    geometry
        Shapes without heights, shape (n,).
    widths
        Width of each field in bytes.

    Raises
    ------
    WriteError
        If the shapes or the table take 2 GB or more.

    References
    ----------
    ESRI Shapefile Technical Description (1998): main file header, records of Point, PolyLine and Polygon.

    Examples
    --------
    >>> require_room("towers", np.array([shapely.Point(75, 39)]), [18, 100])
    """
    table = 32 + 32 * len(widths) + 1 + len(geometry) * (1 + sum(widths)) + 1
    for part, size in (("dbf", table), ("shp", shape_bytes(geometry))):
        if size > _MOST_BYTES:
            raise WriteError("shapefile_too_large", layer=layer, part=part, megabytes=size // 1_000_000)


def shape_bytes(geometry: np.ndarray) -> int:
    """Foresee the bytes of the main file of shapes without heights.

    Parameters
    ----------
    geometry
        Shapes, shape (n,); None where there is none.

    Examples
    --------
    >>> shape_bytes(np.array([shapely.Point(75, 39), None]))
    140
    """
    total = _HEAD_BYTES
    for start in range(0, len(geometry), _PIECES):
        some = geometry[start : start + _PIECES]
        kinds = shapely.get_type_id(some)
        points = shapely.get_num_coordinates(some)
        rings = np.where(np.isin(kinds, [3, 6]), _ring_counts(some), shapely.get_num_geometries(some))
        none = (kinds < 0) | shapely.is_empty(some)
        sizes = np.where(kinds == 0, 20, np.where(kinds == 4, 40 + 16 * points, 44 + 4 * rings + 16 * points))
        total += int(np.where(none, 4, sizes).sum()) + _RECORD_BYTES * len(some)
    return total


def _ring_counts(shapes: np.ndarray) -> np.ndarray:
    """Count the rings of areas."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    counts = np.zeros(len(shapes), dtype=np.int64)
    np.add.at(counts, owner, np.where(shapely.get_type_id(parts) == 3, shapely.get_num_interior_rings(parts) + 1, 0))
    return counts


def _number_width(field: ProfileField, place: StoredField) -> int:
    """Give the width of a field in the table."""
    return place.width if field.type == "text" else field.length


def _cut(text: str, size: int, encoding: str) -> str:
    """Cut a name to a number of bytes, between characters."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError as error:
        raise WriteError("name_not_encodable", name=text, encoding=encoding.upper()) from error
    while len(text.encode(encoding)) > size:
        text = text[:-1]
    return text


def _plan(layer: DeliveryLayer, encoding: str) -> tuple[StoredField, ...]:
    """Plan names and widths of a layer, and prove that every text fits."""
    names = plan_names((one.name for one in layer.fields), encoding)
    problems: list[str] = []
    stored = tuple(
        StoredField(one.name, names[one.name], _width(layer, one, problems, encoding=encoding)) for one in layer.fields
    )
    if problems:
        raise WriteError(
            "text_not_storable",
            layer=layer.code,
            count=len(problems),
            rows="; ".join(problems[:_LISTED]),
            limit=_TEXT_BYTES,
        )
    return stored


def _width(layer: DeliveryLayer, field: ProfileField, problems: list[str], *, encoding: str) -> int:
    """Give the width that a field needs; note the texts that cannot be stored."""
    if field.type != "text":
        return field.length
    width = min(field.length, _TEXT_BYTES)
    for identifier, text in zip(layer.frame[layer.fields[0].name], layer.frame[field.name], strict=True):
        if not isinstance(text, str):
            continue
        try:
            size = len(text.encode(encoding))
        except UnicodeEncodeError as error:
            problems.append(f"{identifier} {field.name}: {text[error.start : error.end]!r}")
            continue
        if size > _TEXT_BYTES:
            problems.append(f"{identifier} {field.name}: {size} bytes")
        width = max(width, min(size, _TEXT_BYTES))
    return width


def _write_one(
    layer: DeliveryLayer, stored: tuple[StoredField, ...], folder: Path, dated: tuple[dt.date, str]
) -> WrittenLayer:
    """Write one Shapefile and read it back."""
    date, encoding = dated
    path = folder / f"{layer.code}.shp"
    table, geometry_type = build_table(layer, stored=stored, as_decimal=True, multi=False)
    write_table(
        table,
        path,
        layer=layer.code,
        driver="ESRI Shapefile",
        geometry_type=geometry_type,
        crs=layer.crs,
        date=date,
        encoding=encoding.upper(),
        layer_options={"DBF_DATE_LAST_UPDATE": date.isoformat(), "RESIZE": "NO"},
    )
    rows = read_back(path, layer.code, table, crs=layer.crs)
    return WrittenLayer(layer.code, path, rows, stored)
