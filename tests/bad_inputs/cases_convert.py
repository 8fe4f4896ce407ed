"""What formats force to be lost, and databases that are asked for wrongly."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely

from tests.bad_inputs.making import HEAD
from tests.bad_inputs.registry import bad, good

PLACE = shapely.Point(75.201234, 39.601234)
AREA = shapely.box(75.2, 39.6, 75.3, 39.7)
TOWERS = '\n[source.fields]\ntower_id = "code"\nowner = "owner"\n'


def words(source: Path, out: str, *options: str) -> Path:
    """Write down the words of a conversion."""
    asked = source.with_name("words.txt")
    asked.write_text("\n".join([str(source), str(source.with_name(out)), *options]), encoding="utf-8")
    return asked


def layer(
    folder: Path, columns: dict[str, object], shapes: list[object] | None = None, crs: object = "EPSG:4490"
) -> Path:
    """Write a GeoPackage of one or more rows."""
    geometry = [PLACE] * len(next(iter(columns.values()))) if shapes is None else shapes  # type: ignore[call-overload]
    path = folder / "in.gpkg"
    pyogrio.write_dataframe(gpd.GeoDataFrame(columns, geometry=geometry, crs=crs), path, layer="towers")
    return path


@bad(rule="OM-OUT-001", exit_code=1, ask="convert")
def long_name_into_a_shapefile(folder: Path) -> Path:
    """A column name of more than ten bytes goes into a Shapefile."""
    return words(layer(folder, {"名称与所在行政村": ["甲"]}), "out.shp")


@bad(rule="OM-OUT-002", exit_code=1, ask="convert")
def long_text_into_a_shapefile(folder: Path) -> Path:
    """A text of 300 bytes goes into a Shapefile."""
    return words(layer(folder, {"note": ["x" * 300]}), "out.shp")


@bad(rule="OM-OUT-003", exit_code=1, ask="convert")
def empty_text_into_a_shapefile(folder: Path) -> Path:
    """An empty text, which a Shapefile does not tell from none."""
    return words(layer(folder, {"note": [""]}), "out.shp")


@bad(rule="OM-OUT-004", exit_code=1, ask="convert")
def rare_character_into_gbk(folder: Path) -> Path:
    """A village name with a character that GBK does not have."""
    return words(layer(folder, {"name": ["㵘𠮷村"]}), "out.shp")


@bad(rule="OM-OUT-005", exit_code=1, ask="convert")
def long_number_into_a_geodatabase(folder: Path) -> Path:
    """An identifier of 54 bits, which a File GDB would turn into another number."""
    return words(layer(folder, {"id": [2**53 + 1]}), "out.gdb")


@bad(rule="OM-OUT-006", exit_code=1, ask="convert")
def tiny_number_into_a_shapefile(folder: Path) -> Path:
    """The number 1e-20, which a dBASE table rounds to 0."""
    return words(layer(folder, {"loss": [1e-20, 1.5]}), "out.shp")


@bad(rule="OM-OUT-007", exit_code=1, ask="convert")
def yes_and_no_into_a_geodatabase(folder: Path) -> Path:
    """Truth values, which a File GDB does not have."""
    return words(layer(folder, {"has_room": [True, False]}), "out.gdb")


@bad(rule="OM-OUT-008", exit_code=1, ask="convert")
def time_into_geojson(folder: Path) -> Path:
    """A time, for which JSON has only text."""
    return words(layer(folder, {"built": [pd.Timestamp("2026-01-02 03:04:05", tz="UTC")]}), "out.geojson")


@bad(rule="OM-OUT-009", exit_code=1, ask="convert")
def time_with_a_zone_into_a_geodatabase(folder: Path) -> Path:
    """A time with its zone, which a File GDB drops."""
    return words(layer(folder, {"seen": [pd.Timestamp("2026-01-02 03:04:05", tz="Asia/Shanghai")]}), "out.gdb")


@bad(rule="OM-OUT-010", exit_code=1, ask="convert")
def fine_time_into_a_geodatabase(folder: Path) -> Path:
    """A time with milliseconds, which a File GDB rounds to seconds."""
    return words(layer(folder, {"seen": [pd.Timestamp("2026-01-02 03:04:05.678", tz="UTC")]}), "out.gdb")


@bad(rule="OM-OUT-011", exit_code=1, ask="convert")
def column_of_several_kinds(folder: Path) -> Path:
    """A column of a workbook that holds text, numbers and a date."""
    book = openpyxl.Workbook()
    for row in (["code", "value"], ["T1", "约35"], ["T2", 35], ["T3", dt.datetime(2026, 1, 2)]):  # noqa: DTZ001
        book.active.append(row)
    book.save(folder / "in.xlsx")
    return words(folder / "in.xlsx", "out.gpkg")


@bad(rule="OM-OUT-012", exit_code=1, ask="convert")
def empty_shape_into_a_shapefile(folder: Path) -> Path:
    """An empty point, which a Shapefile does not tell from none."""
    return words(layer(folder, {"code": ["T1", "T2"]}, [PLACE, shapely.Point()]), "out.shp")


@bad(rule="OM-OUT-013", exit_code=0, ask="convert")
def single_area_into_a_geodatabase(folder: Path) -> Path:
    """An area of one part, which a File GDB gives back as Multi; noted, no error."""
    return words(layer(folder, {"code": ["D1"]}, [AREA]), "out.gdb")


@bad(rule="OM-OUT-014", exit_code=1, ask="convert")
def some_heights_into_a_shapefile(folder: Path) -> Path:
    """One point with a height and one without, which gets 0 in a Shapefile."""
    return words(layer(folder, {"code": ["T1", "T2"]}, [PLACE, shapely.Point(75.2, 39.6, 1300)]), "out.shp")


@bad(rule="OM-OUT-015", exit_code=1, ask="convert")
def endless_coordinate_into_a_shapefile(folder: Path) -> Path:
    """A line with an infinite coordinate."""
    lines = [shapely.LineString([(75, 39), (76, np.inf)]), shapely.LineString([(75, 39), (76, 40)])]
    return words(layer(folder, {"code": ["C1", "C2"]}, lines), "out.shp")


@bad(rule="OM-OUT-016", exit_code=0, ask="convert")
def coordinates_on_the_grid_of_a_geodatabase(folder: Path) -> Path:
    """A point with fourteen decimals, which a File GDB moves by less than 0.1 mm; noted, no error."""
    return words(layer(folder, {"code": ["T1"]}, [shapely.Point(75.20123456789012, 39.60123456789012)]), "out.gdb")


@bad(rule="OM-OUT-017", exit_code=1, ask="convert")
def own_system_into_geojson(folder: Path) -> Path:
    """A system of a city's own, which GeoJSON cannot state."""
    crs = "+proj=tmerc +lat_0=0 +lon_0=75.5 +k=1 +x_0=100000 +y_0=-4000000 +ellps=GRS80 +units=m"
    return words(layer(folder, {"code": ["T1"]}, [shapely.Point(100_000, 380_000)], crs), "out.geojson")


@bad(rule="OM-OUT-018", exit_code=1, ask="convert")
def columns_without_rows_into_geojson(folder: Path) -> Path:
    """A layer without rows, whose columns GeoJSON cannot tell."""
    return words(layer(folder, {"code": pd.Series([], dtype="str")}, []), "out.geojson")


@bad(rule="OM-OUT-019", exit_code=1, ask="convert")
def hole_outside_its_area_into_a_shapefile(folder: Path) -> Path:
    """An area whose hole lies outside it, which a Shapefile gives back as a second area."""
    wrong = shapely.Polygon(AREA.exterior, [shapely.box(76.2, 39.6, 76.3, 39.7).exterior])
    return words(layer(folder, {"code": ["D1"]}, [wrong]), "out.shp")


@bad(rule="OM-PKG-065", exit_code=3, ask="convert")
def points_and_areas_into_a_shapefile(folder: Path) -> Path:
    """Points and areas in one layer, for a format of one family."""
    return words(layer(folder, {"code": ["T1", "D1"]}, [PLACE, AREA]), "out.shp")


@bad(rule="OM-SEC-040", exit_code=4, ask="convert")
def file_onto_itself(folder: Path) -> Path:
    """The output is the input."""
    return words(layer(folder, {"code": ["T1"]}), "in.gpkg")


@bad(rule="OM-SEC-041", exit_code=4, ask="convert")
def output_is_a_folder(folder: Path) -> Path:
    """A folder of other things stands where the output is to go."""
    (folder / "out.gdb").mkdir()
    (folder / "out.gdb" / "letter.txt").write_text("keep me")
    return words(layer(folder, {"code": ["T1"]}), "out.gdb")


def of_database(folder: Path, keys: str) -> Path:
    """Write a project whose only source is a table."""
    (folder / "onemap.toml").write_text(f'{HEAD}\n[[source]]\nlayer = "towers"\n{keys}\n{TOWERS}', encoding="utf-8")
    return folder


@bad(rule="OM-SEC-042", exit_code=4, ask="run")
def password_in_a_project(folder: Path) -> Path:
    """A project file with a password in the text of its database."""
    return of_database(folder, 'database = "host=127.0.0.1 dbname=x password=canary"\ntable = "towers"')


@bad(rule="OM-SEC-043", exit_code=4, ask="run")
def query_that_deletes(folder: Path) -> Path:
    """A query that deletes rows on the way."""
    query = "with gone as (delete from towers returning *) select * from gone"
    return of_database(folder, f'database = "host=127.0.0.1 port=1"\nquery = "{query}"')


@bad(rule="OM-PKG-069", exit_code=3, ask="run")
def database_that_is_not_there(folder: Path) -> Path:
    """A database at a port where nothing listens."""
    return of_database(folder, 'database = "host=127.0.0.1 port=1 dbname=x"\ntable = "towers"')


@good(rule="OM-OUT-001", exit_code=0, ask="convert")
@good(rule="OM-OUT-002", exit_code=0, ask="convert")
@good(rule="OM-OUT-003", exit_code=0, ask="convert")
@good(rule="OM-OUT-004", exit_code=0, ask="convert")
@good(rule="OM-OUT-005", exit_code=0, ask="convert")
@good(rule="OM-OUT-006", exit_code=0, ask="convert")
@good(rule="OM-OUT-007", exit_code=0, ask="convert")
@good(rule="OM-OUT-008", exit_code=0, ask="convert")
@good(rule="OM-OUT-009", exit_code=0, ask="convert")
@good(rule="OM-OUT-010", exit_code=0, ask="convert")
@good(rule="OM-OUT-011", exit_code=0, ask="convert")
@good(rule="OM-OUT-012", exit_code=0, ask="convert")
@good(rule="OM-OUT-013", exit_code=0, ask="convert")
@good(rule="OM-OUT-014", exit_code=0, ask="convert")
@good(rule="OM-OUT-015", exit_code=0, ask="convert")
@good(rule="OM-OUT-016", exit_code=0, ask="convert")
@good(rule="OM-OUT-017", exit_code=0, ask="convert")
@good(rule="OM-OUT-018", exit_code=0, ask="convert")
@good(rule="OM-OUT-019", exit_code=0, ask="convert")
@good(rule="OM-PKG-065", exit_code=0, ask="convert")
@good(rule="OM-SEC-040", exit_code=0, ask="convert")
@good(rule="OM-SEC-041", exit_code=0, ask="convert")
@good(rule="OM-SEC-042", exit_code=0, ask="convert")
@good(rule="OM-SEC-043", exit_code=0, ask="convert")
@good(rule="OM-PKG-069", exit_code=0, ask="convert")
def honest_layer_into_a_shapefile(folder: Path) -> Path:
    """An honest layer that a Shapefile in GBK holds whole."""
    return words(layer(folder, {"站址编码": ["T1"], "塔高": [35.5], "共享": [2]}), "out.shp")
