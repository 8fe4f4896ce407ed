"""Shapefile in GBK: planned names, every text proven to fit before a byte is written.

This format cuts long text, drops text with one character outside its encoding, and spoils names of more than ten bytes,
all without a word. So names are planned, and text is encoded first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

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

__all__ = ["plan_names", "write"]

ENCODING = "gbk"
_NAME_BYTES = 10
_TEXT_BYTES = 254
_LISTED = 5


def write(layers: Sequence[DeliveryLayer], path: Path, *, date: dt.date) -> list[WrittenLayer]:
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

    Returns
    -------
    written
        One entry a layer, with the planned names and widths.

    Raises
    ------
    WriteError
        If a value does not fit its field, holds a character that GBK does not have, or takes more than 254 bytes; if
        the path exists, or what was written does not read back.

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
    plans = [_plan(layer) for layer in layers]
    path.mkdir()
    return [_write_one(layer, stored, path, date) for layer, stored in zip(layers, plans, strict=True)]


def plan_names(names: Iterable[str]) -> dict[str, str]:
    """Plan names of at most ten bytes in GBK, unique without regard to case, cut between characters.

    Parameters
    ----------
    names
        Names wanted.

    Returns
    -------
    planned
        Name wanted → name to store.

    Raises
    ------
    WriteError
        If a name holds a character that GBK does not have.

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
        number, short = 0, _cut(name, _NAME_BYTES)
        while short.upper() in used:
            number += 1
            ending = f"_{number}"
            short = _cut(name, _NAME_BYTES - len(ending)) + ending
        used.add(short.upper())
        planned[name] = short
    return planned


def _cut(text: str, size: int) -> str:
    """Cut a name to a number of bytes, between characters."""
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError as error:
        raise WriteError("name_not_encodable", name=text, encoding="GBK") from error
    while len(text.encode(ENCODING)) > size:
        text = text[:-1]
    return text


def _plan(layer: DeliveryLayer) -> tuple[StoredField, ...]:
    """Plan names and widths of a layer, and prove that every text fits."""
    names = plan_names(one.name for one in layer.fields)
    problems: list[str] = []
    stored = tuple(StoredField(one.name, names[one.name], _width(layer, one, problems)) for one in layer.fields)
    if problems:
        raise WriteError(
            "text_not_storable",
            layer=layer.code,
            count=len(problems),
            rows="; ".join(problems[:_LISTED]),
            limit=_TEXT_BYTES,
        )
    return stored


def _width(layer: DeliveryLayer, field: ProfileField, problems: list[str]) -> int:
    """Give the width that a field needs; note the texts that cannot be stored."""
    if field.type != "text":
        return field.length
    width = min(field.length, _TEXT_BYTES)
    for identifier, text in zip(layer.frame[layer.fields[0].name], layer.frame[field.name], strict=True):
        if not isinstance(text, str):
            continue
        try:
            size = len(text.encode(ENCODING))
        except UnicodeEncodeError as error:
            problems.append(f"{identifier} {field.name}: {text[error.start : error.end]!r}")
            continue
        if size > _TEXT_BYTES:
            problems.append(f"{identifier} {field.name}: {size} bytes")
        width = max(width, min(size, _TEXT_BYTES))
    return width


def _write_one(layer: DeliveryLayer, stored: tuple[StoredField, ...], folder: Path, date: dt.date) -> WrittenLayer:
    """Write one Shapefile and read it back."""
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
        encoding="GBK",
        layer_options={"DBF_DATE_LAST_UPDATE": date.isoformat(), "RESIZE": "NO"},
    )
    rows = read_back(path, layer.code, table, crs=layer.crs)
    return WrittenLayer(layer.code, path, rows, stored)
