"""Write each table in its file's format, the same bytes every time."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
import xlsxwriter
from rasterio.transform import from_origin

from pilot_build.names import DATE
from pilot_build.terrain import CELL, NORTH, WEST

_CLOCK = f"{DATE}T00:00:00.000Z"


def fix_clock():
    """Make GDAL write no clock and no random id."""
    pyogrio.set_gdal_config_options({"OPENFILEGDB_REPRODUCIBLE_UUID": "YES", "OGR_CURRENT_DATE": _CLOCK})
    os.environ["OPENFILEGDB_REPRODUCIBLE_UUID"] = "YES"
    os.environ["OGR_CURRENT_DATE"] = _CLOCK


def _column(values):
    """Whole numbers as 32-bit, other numbers as floats, all else as text."""
    known = [v for v in values if v is not None]
    if known and all(isinstance(v, int) for v in known):
        return pd.array(values, dtype="Int32")
    if known and all(isinstance(v, int | float) for v in known):
        return pd.array([np.nan if v is None else float(v) for v in values], dtype="Float64")
    return pd.array(values, dtype="string")


def _frame(table, crs):
    columns = {name: _column([row.values[name] for row in table.rows]) for name in table.rows[0].values}
    shapes = [
        row.place if row.place is None or hasattr(row.place, "geom_type") else shapely.Point(*row.place)
        for row in table.rows
    ]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def write_csv(tables, folder):
    """UTF-8 with byte order mark, or GBK, comma, CRLF: as spreadsheet programs save it."""
    (table,) = tables
    encoding = "gbk" if table.file == "kilometre_posts.csv" else "utf-8-sig"
    with (folder / table.file).open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(table.rows[0].values))
        writer.writeheader()
        writer.writerows(row.values for row in table.rows)


def write_shapefile(tables, folder, crs):
    """GBK text with its .cpg, fields as narrow as their values."""
    (table,) = tables
    stem = (folder / table.file).with_suffix("")
    for old in folder.glob(stem.name + ".*"):
        old.unlink()
    kind = "LineString" if table.canonical == "roads" else "Point"
    frame = _frame(table, crs)
    pyogrio.write_dataframe(
        frame,
        folder / table.file,
        driver="ESRI Shapefile",
        encoding="GBK",
        geometry_type=kind,
        layer_options={"RESIZE": "YES", "DBF_DATE_LAST_UPDATE": DATE},
    )


def write_gpkg(tables, folder, crs):
    """Several layers in one GeoPackage of version 1.3."""
    path = folder / tables[0].file
    path.unlink(missing_ok=True)
    for n, table in enumerate(tables):
        first = {"dataset_options": {"VERSION": "1.3"}} if n == 0 else {}
        kind = "LineString" if table.canonical in ("ducts", "works") else "Point"
        pyogrio.write_dataframe(_frame(table, crs), path, layer=table.layer, driver="GPKG", geometry_type=kind, **first)


def write_gdb(tables, folder, crs):
    """Several feature classes in one File Geodatabase."""
    path = folder / tables[0].file
    if path.exists():
        shutil.rmtree(path)
    for table in tables:
        kind = "MultiLineString" if table.canonical == "cables" else "MultiPolygon"
        frame = _frame(table, crs)
        if kind == "MultiLineString":
            frame["geometry"] = [None if g is None else shapely.MultiLineString([g]) for g in frame.geometry]
        pyogrio.write_dataframe(frame, path, layer=table.layer, driver="OpenFileGDB", geometry_type=kind)


def write_geojson(tables, folder):
    """One feature a line, WGS 84 by the standard; keys as given."""
    (table,) = tables
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": row.values,
                "geometry": {"type": "Point", "coordinates": list(row.place)},
            },
            ensure_ascii=False,
        )
        for row in table.rows
    ]
    head = f'{{"type": "FeatureCollection", "name": "{table.canonical}", "features": [\n'
    text = head + ",\n".join(lines) + "\n]}\n"
    (folder / table.file).write_text(text, encoding="utf-8", newline="\n")


def write_kml(tables, folder):
    """A document with a folder for each table; values as extended data."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>示范供电公司与市政杆塔（模拟数据）</name>',
    ]
    for n, table in enumerate(tables):
        fields = "".join(f'<SimpleField name="{escape(k)}" type="string"/>' for k in table.rows[0].values)
        lines.append(f'<Schema name="{escape(table.layer)}" id="S{n}">{fields}</Schema>')
    for n, table in enumerate(tables):
        lines.append(f"<Folder><name>{escape(table.layer)}</name>")
        lines += [_placemark(row, f"#S{n}") for row in table.rows]
        lines.append("</Folder>")
    lines.append("</Document></kml>")
    (folder / tables[0].file).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _placemark(row, schema):
    """One point with its values as typed data (drivers mangle the Chinese names of untyped data)."""
    data = "".join(
        f'<SimpleData name="{escape(k)}">{escape(str(v))}</SimpleData>' for k, v in row.values.items() if v != ""
    )
    lon, lat = row.place
    return (
        f"<Placemark><name>{escape(row.values['杆塔编号'])}</name><ExtendedData>"
        f'<SchemaData schemaUrl="{schema}">{data}</SchemaData></ExtendedData>'
        f"<Point><coordinates>{lon:.7f},{lat:.7f}</coordinates></Point></Placemark>"
    )


def write_xlsx(tables, folder, title=None):
    """One sheet with a header, and above it a merged title where one is given."""
    (table,) = tables
    columns = list(table.rows[0].values)
    book = xlsxwriter.Workbook(
        folder / table.file, {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    )
    year, month, day = map(int, DATE.split("-"))
    book.set_properties({"title": table.layer, "created": dt.datetime(year, month, day)})  # noqa: DTZ001 (a fixed date)
    sheet = book.add_worksheet(table.layer)
    bold = book.add_format({"bold": True})
    header = 0
    if title:
        sheet.merge_range(0, 0, 0, len(columns) - 1, title, book.add_format({"bold": True, "align": "center"}))
        header = 1
    for c, name in enumerate(columns):
        sheet.write_string(header, c, name, bold)
        sheet.set_column(c, c, 18)
    for r, row in enumerate(table.rows, header + 1):
        for c, name in enumerate(columns):
            value = row.values[name]
            if isinstance(value, str):
                sheet.write_string(r, c, value)
            elif value is not None:
                sheet.write_number(r, c, value)
    book.close()


def write_dem(terrain, folder):
    """Heights as a compressed 16-bit GeoTIFF in EPSG:4490."""
    rows, cols = terrain.dem.shape
    with rasterio.open(
        folder / "dem.tif",
        "w",
        driver="GTiff",
        width=cols,
        height=rows,
        count=1,
        dtype="int16",
        nodata=-32768,
        crs="EPSG:4490",
        transform=from_origin(WEST, NORTH, CELL, CELL),
        compress="deflate",
        predictor=2,
        zlevel=9,
        tiled=True,
        blockxsize=256,
        blockysize=256,
    ) as file:
        file.write(terrain.dem, 1)


def write_lines(path, rows, columns):
    """A plain CSV in UTF-8 with LF."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
