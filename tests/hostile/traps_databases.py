"""Databases and columnar files whose inside reaches out: GeoPackage, GeoParquet, FlatGeobuf."""

from __future__ import annotations

import base64
import json
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.bad_inputs.making import towers, write
from tests.hostile.registry import Goal, trap
from tests.hostile.traps_parts import GRID


def geopackage(folder: Path, *statements: str) -> Path:
    """Write an honest GeoPackage and put statements into its schema, checked by nobody."""
    path = write(towers(), folder / "towers.gpkg", layer="towers")
    with sqlite3.connect(path) as base:
        base.execute("pragma writable_schema = on")
        for number, sql in enumerate(statements):
            kind = "view" if " view " in sql.lower() else "trigger" if " trigger " in sql.lower() else "table"
            table = "towers" if kind == "trigger" else f"planted_{number}"
            row = (kind, f"planted_{number}", table, 0, sql.format(name=f"planted_{number}"))
            base.execute("insert into sqlite_master (type, name, tbl_name, rootpage, sql) values (?, ?, ?, ?, ?)", row)
            base.execute(
                "insert into gpkg_contents (table_name, data_type, identifier) values (?, 'attributes', ?)",
                (f"planted_{number}",) * 2,
            )
    base.close()
    return path


@trap("OM-SEC-026")
def geopackage_with_a_virtual_text(folder: Path, goal: Goal) -> Path:
    """A GeoPackage with a virtual table over a text of another folder (VirtualText)."""
    return geopackage(folder, f"create virtual table {{name}} using VirtualText('{goal.file('a.csv')}', 'utf-8', 1)")


@trap("OM-SEC-026")
def geopackage_with_a_virtual_shape(folder: Path, goal: Goal) -> Path:
    """A GeoPackage with a virtual table over a Shapefile of another folder (VirtualShape)."""
    stem = goal.file("a.shp").with_suffix("")
    return geopackage(folder, f"create virtual table {{name}} using VirtualShape('{stem}', 'utf-8', 4490)")


@trap("OM-SEC-026")
def geopackage_with_a_virtual_source(folder: Path, goal: Goal) -> Path:
    """A GeoPackage with a virtual table over any source (VirtualOGR), its words broken by comments."""
    sql = f"create /* a */ virtual table {{name}} -- b\n using/**/VirtualOGR('{goal.file('a.geojson')}')"
    return geopackage(folder, sql)


@trap("OM-SEC-026")
def geopackage_with_a_view_that_loads_code(folder: Path, goal: Goal) -> Path:
    """A GeoPackage with a view that loads a library when it is read."""
    return geopackage(folder, f"create view {{name}} as select load_extension('{goal.file('a.so')}') as id")


@trap("OM-SEC-026")
def geopackage_with_a_view_that_reads_pixels(folder: Path, goal: Goal) -> Path:
    """A GeoPackage with a view that reads a raster of another folder by a function of GDAL."""
    read = f"\"gdal_get_pixel_value\" ('{goal.file('a.tif')}', 1, 'pixel', 0, 0)"
    return geopackage(folder, f"create view {{name}} as select {read} as id")


@trap("OM-SEC-026")
def geopackage_with_a_trigger_that_writes(folder: Path, goal: Goal) -> Path:
    """A GeoPackage with a trigger that writes a file."""
    body = f"begin select writefile('{goal.file('a.txt')}', 'x'); end"
    return geopackage(folder, f"create trigger {{name}} after insert on towers {body}")


@trap("OM-SEC-026")
def geopackage_with_a_view_without_end(folder: Path, goal: Goal) -> Path:
    """A GeoPackage with a view that counts for ever."""
    endless = "with recursive n(id) as (select 1 union all select id + 1 from n) select id from n"
    return geopackage(folder, f"create view {{name}} as {endless}")


@trap("OM-SEC-027")
def geopackage_with_a_grid_file(folder: Path, goal: Goal) -> Path:
    """A GeoPackage whose coordinate system has PROJ read a grid file of another folder."""
    path = write(towers(), folder / "towers.gpkg", layer="towers")
    with sqlite3.connect(path) as base:
        wkt = GRID.format(grid=goal.file("shift.gsb", b"\0" * 500))
        base.execute("update gpkg_spatial_ref_sys set definition = ?, organization = 'x' where srs_id = 4490", (wkt,))
    base.close()
    return path


def parquet(path: Path, about: dict[bytes, bytes]) -> Path:
    """Write a table with metadata of one's own."""
    table = pa.table({"id": ["T1"], "geometry": pa.array([b"\x01\x01\x00\x00\x00" + b"\0" * 16], pa.binary())})
    with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(about)
    return path


@trap("OM-SEC-028")
def parquet_with_a_pickle(folder: Path, goal: Goal) -> Path:
    """A GeoParquet whose schema holds a type that old versions of pyarrow unpickle."""
    pickle = f"cposix\nsystem\n(S'cat {goal.file('a.csv')}'\ntR.".encode()
    schema = b"\xff\xff\xff\xff ARROW:extension:name arrow.py_extension_type ARROW:extension:metadata " + pickle
    return parquet(folder / "towers.parquet", {b"ARROW:schema": base64.b64encode(schema)})


@trap("OM-SEC-027")
def parquet_with_a_grid_file(folder: Path, goal: Goal) -> Path:
    """A GeoParquet whose coordinate system names a grid file of another folder."""
    parameter = {"name": "Latitude and longitude difference file", "value": str(goal.file("shift.gsb"))}
    crs = {
        "type": "BoundCRS",
        "source_crs": {"type": "GeographicCRS", "name": "a"},
        "transformation": {"name": "b", "method": {"name": "NTv2"}, "parameters": [parameter]},
    }
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB", "crs": crs}}}
    return parquet(folder / "towers.parquet", {b"geo": json.dumps(geo).encode()})


@trap("OM-SEC-027")
def flatgeobuf_with_a_grid_file(folder: Path, goal: Goal) -> Path:
    """A FlatGeobuf whose coordinate system has PROJ read a grid file of another folder."""
    layer = towers(crs=None).set_crs(GRID.format(grid=goal.file("shift.gsb", b"\0" * 500)))
    return write(layer, folder / "towers.fgb")


@trap("OM-PKG-015", exit_code=3)
def parquet_with_a_footer_longer_than_the_file(folder: Path, goal: Goal) -> Path:
    """A GeoParquet that says its footer is 2 GB long."""
    path = folder / "towers.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 100 + (2_000_000_000).to_bytes(4, "little") + b"PAR1")
    return path


@trap("OM-PKG-015", exit_code=3)
def flatgeobuf_with_a_header_without_end(folder: Path, goal: Goal) -> Path:
    """A FlatGeobuf that says its header is 4 GB long."""
    path = write(towers(), folder / "towers.fgb")
    content = bytearray(path.read_bytes())
    content[8:12] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    return path


@trap("OM-PKG-015", exit_code=3)
def table_with_four_billion_rows(folder: Path, goal: Goal) -> Path:
    """A Shapefile whose .dbf says that it holds 4 billion rows of 64 kB."""
    path = write(towers()[["geometry"]].assign(id="T"), folder / "towers.shp", encoding="utf-8")
    content = bytearray(path.with_suffix(".dbf").read_bytes())
    content[4:8] = b"\xff\xff\xff\xff"
    content[10:12] = b"\xff\xff"
    path.with_suffix(".dbf").write_bytes(content)
    return path
