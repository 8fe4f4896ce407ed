"""Large files, which are conformed batch by batch, and delimited text whose fault shows far from its beginning.

A Shapefile is made large without room on the disk: its table goes on beyond the rows that its header counts.
"""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import shapely

from onemap.workflows.large_sources import LARGE_BYTES, SAMPLES
from tests.bad_inputs.making import CSV_HEAD, CSV_ROWS, name_source, towers, write, write_text
from tests.bad_inputs.registry import bad, good

MANY_ROWS = "".join(f"T{n},站{n},35,中国铁塔,{75 + n / 100_000:.6f},39.601234\n" for n in range(20_000))


def large(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write a project of one large Shapefile."""
    path = write(frame, folder / "towers.shp", encoding="GBK")
    os.truncate(path.with_suffix(".dbf"), LARGE_BYTES)
    return name_source(folder, "towers.shp")


def spread(count: int, **columns: object) -> gpd.GeoDataFrame:
    """Give so many towers, some columns other than honest."""
    frame = gpd.GeoDataFrame(
        {
            "站址编码": [f"T{n:05d}" for n in range(count)],
            "站址名称": [f"站{n}" for n in range(count)],
            "塔高": ["35"] * count,
            "产权单位": ["中国铁塔"] * count,
        },
        geometry=[shapely.Point(75.2 + n / 1003, 39.6 + n / 7019) for n in range(count)],
        crs="EPSG:4490",
    )
    return frame.assign(**columns)


@good(rule="OM-PKG-050", ask="run")
@good(rule="OM-GEO-001", ask="run")
@good(rule="OM-ATT-001", ask="run")
def large_shapefile(folder: Path) -> Path:
    """A large Shapefile of honest rows."""
    return large(folder, spread(3))


@bad(rule="OM-PKG-050", ask="run")
def large_shapefile_with_many_words_for_heights(folder: Path) -> Path:
    """A large Shapefile in which more than a thousand heights are words: the first are listed, all are counted."""
    return large(folder, spread(SAMPLES + 5, 塔高=["高"] * (SAMPLES + 5)))


@bad(rule="OM-GEO-001", ask="run")
def large_shapefile_with_a_null_shape(folder: Path) -> Path:
    """A large Shapefile with a row that has no shape."""
    frame = spread(3)
    return large(folder, frame.set_geometry([None, *frame.geometry[1:]], crs=frame.crs))


@bad(rule="OM-ATT-001", ask="run")
def large_shapefile_without_an_identifier(folder: Path) -> Path:
    """A large Shapefile with a row that has no identifier."""
    return large(folder, spread(3, 站址编码=["T1", None, "T3"]))


@bad(rule="OM-ATT-006", ask="run")
def large_shapefile_with_an_identifier_of_two(folder: Path) -> Path:
    """A large Shapefile in which two towers have one identifier."""
    return large(folder, spread(3, 站址编码=["T1", "T2", "T1"]))


@bad(rule="OM-CRS-006", ask="run")
def large_shapefile_with_a_swapped_row(folder: Path) -> Path:
    """A large Shapefile with one row whose axes are exchanged."""
    frame = spread(3)
    return large(folder, frame.set_geometry([shapely.Point(39.6, 75.2), *frame.geometry[1:]], crs=frame.crs))


@bad(rule="OM-CRS-005", ask="run")
def large_shapefile_with_a_row_in_the_ocean(folder: Path) -> Path:
    """A large Shapefile with one row far outside the area of its coordinate system."""
    frame = spread(3)
    return large(folder, frame.set_geometry([shapely.Point(-30.5, -10.25), *frame.geometry[1:]], crs=frame.crs))


@bad(rule="OM-GEO-002", ask="run")
def large_shapefile_of_lines(folder: Path) -> Path:
    """A large Shapefile of lines where towers must be points."""
    frame = spread(2)
    lines = [shapely.LineString([point, shapely.Point(75.3, 39.7)]) for point in frame.geometry]
    return large(folder, frame.set_geometry(lines, crs=frame.crs))


@bad(rule="OM-CRS-017", exit_code=2, ask="run")
def large_shapefile_of_metres_labelled_degrees(folder: Path) -> Path:
    """A large Shapefile of metres that says it is in degrees: found in the first pass, before a row is kept."""
    frame = spread(3)
    metres = [shapely.Point(25_520_000 + n, 4_374_000) for n in range(3)]
    return large(folder, frame.set_geometry(metres, crs=frame.crs))


@bad(rule="OM-CRS-001", exit_code=2, ask="run")
def large_shapefile_without_a_system(folder: Path) -> Path:
    """A large Shapefile without .prj."""
    asked = large(folder, spread(3))
    (asked / "towers.prj").unlink()
    return asked


@bad(rule="OM-ENC-001", ask="run")
def large_shapefile_in_gbk_without_cpg(folder: Path) -> Path:
    """A large Shapefile in GBK that does not say so."""
    asked = large(folder, spread(40))
    (asked / "towers.cpg").unlink()
    table = asked / "towers.dbf"
    with table.open("r+b") as file:
        file.seek(29)  # the byte of the language
        file.write(b"\0")
    return asked


@bad(rule="OM-PKG-015", exit_code=3, ask="run")
def large_shapefile_cut_short(folder: Path) -> Path:
    """A large Shapefile whose shapes end before their time."""
    asked = large(folder, spread(30))
    os.truncate(asked / "towers.shp", (asked / "towers.shp").stat().st_size - 40)
    return asked


@good(rule="OM-PKG-027")
@good(rule="OM-ENC-006")
def long_csv(folder: Path) -> Path:
    """A CSV of twenty thousand honest rows, one of them with a line break in quotation marks."""
    return write_text(folder / "towers.csv", CSV_HEAD + MANY_ROWS + 'T,"甲\n站",35,中国铁塔,75.2,39.6\n')


@bad(rule="OM-PKG-027", exit_code=3)
def long_csv_with_an_open_quotation_mark(folder: Path) -> Path:
    """A CSV of twenty thousand rows whose last opens a quotation mark and does not close it."""
    return write_text(folder / "towers.csv", CSV_HEAD + MANY_ROWS + 'T,"甲站,35,中国铁塔,75.2,39.6\n' + CSV_ROWS)


@bad(rule="OM-ENC-006", exit_code=3)
def long_csv_with_a_broken_character(folder: Path) -> Path:
    """A CSV of twenty thousand rows in UTF-8 with one byte near its end that is none."""
    path = write_text(folder / "towers.csv", CSV_HEAD + MANY_ROWS)
    with path.open("ab") as file:
        file.write(b"T,\xff\xfe,35,x,75.2,39.6\n")
    return path


@bad(rule="OM-PKG-004")
def long_csv_with_a_long_row_at_its_end(folder: Path) -> Path:
    """A CSV whose only row with a cell too many comes after twenty thousand others."""
    return write_text(folder / "towers.csv", CSV_HEAD + MANY_ROWS + "T,甲,35,中国铁塔,75.2,39.6,多\n")


@bad(rule="OM-PKG-034")
def long_csv_with_a_note_at_its_end(folder: Path) -> Path:
    """A CSV that ends in a line of notes, after twenty thousand rows."""
    return write_text(folder / "towers.csv", CSV_HEAD + MANY_ROWS + "\n注：本表数据截至2026年1月\n")


@good(rule="OM-ATT-006", ask="run")
@good(rule="OM-CRS-006", ask="run")
def large_shapefile_of_two(folder: Path) -> Path:
    """A large Shapefile of two towers with numbers for heights."""
    return large(folder, towers())
