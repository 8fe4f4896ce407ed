"""A whole delivery written as files, faults and all, without a writer of onemap: Fiona, openpyxl and SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import fiona
import openpyxl
import pandas as pd
import shapely

from onemap.delivery.checked import CheckedField, CheckedLayer
from tests.delivery.whole_delivery import FILE, Delivery

TABLES, METADATA = "659900示范县表格.xlsx", "元数据.xml"
MISNAMED = "110101final.gpkg"
"""Name that is not the profile's, and begins with the code of another county: one file has one name for both faults."""


def write_delivery(delivery: Delivery, folder: Path) -> Path:
    """Write the GeoPackage, the workbook and the metadata into a folder, and give the GeoPackage."""
    delivery.finish()
    folder.mkdir()
    names = {layer.file for layer in delivery.layers.values()}
    file = folder / (FILE if names == {FILE} else MISNAMED)
    for layer in delivery.layers.values():
        write_layer(like_a_room(layer, delivery) if layer.problem else layer, file)
    for layer in delivery.layers.values():
        if layer.problem:
            damage(file, layer.name)
    write_tables(delivery.tables, folder / TABLES)
    if METADATA in delivery.package:
        (folder / METADATA).write_text("<metadata/>", encoding="utf-8")
    return file


def like_a_room(layer: CheckedLayer, delivery: Delivery) -> CheckedLayer:
    """Give a layer that is to be damaged a content to damage."""
    room = delivery.layers["JF"]
    return CheckedLayer(layer.name, room.frame.iloc[:1], room.fields, room.crs)


def write_layer(layer: CheckedLayer, file: Path, *, driver: str = "GPKG", geometry: str = "Unknown") -> None:
    """Write a layer with its fields as they stand: kinds, widths, decimals, order."""
    schema = {"geometry": geometry, "properties": {one.name: stored(one) for one in layer.fields}}
    rows = [
        {
            "geometry": None if row["geometry"] is None else shapely.geometry.mapping(row["geometry"]),
            "properties": {one.name: plain(row.get(one.name), one) for one in layer.fields},
        }
        for row in layer.frame.to_dict("records")
    ]
    options: dict[str, Any] = {"crs": layer.crs} if layer.crs else {}
    with fiona.open(file, "w", driver=driver, layer=layer.name, schema=schema, encoding="utf-8", **options) as made:
        made.writerecords(rows)


def stored(field: CheckedField) -> str:
    """Give the type of a field in the words of Fiona."""
    if field.kind == "number":
        return "float" if field.decimals is None else f"float:{field.width}.{field.decimals}"
    return "int64" if field.kind == "integer" else f"str:{field.width}"


def plain(value: Any, field: CheckedField) -> Any:
    """Give a value as Python has it."""
    if value is None or pd.isna(value):
        return None
    return {"number": float, "integer": int}.get(field.kind, str)(value)


def damage(file: Path, layer: str) -> None:
    """Break the page of a GeoPackage that a layer's rows begin on."""
    with sqlite3.connect(file) as database:
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (layer,)).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    file.write_bytes(content)


def write_tables(tables: dict[str, pd.DataFrame], file: Path) -> None:
    """Write tables as sheets of a workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, table in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(list(table.columns))
        for row in table.itertuples(index=False):
            sheet.append(list(row))
    book.save(file)
