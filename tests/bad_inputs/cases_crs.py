"""Bad inputs of coordinate systems: what is missing, does not fit, was not declared, or is declared badly."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from onemap.layers.webmap_offsets import wgs84_to_bd09, wgs84_to_gcj02
from tests.bad_inputs.making import CSV_HEAD, CSV_ROWS, HEAD, IN_DEGREES, TOWERS_SOURCE, towers, write, write_text
from tests.bad_inputs.registry import bad, good

METRES_HEAD = "站址编码,站址名称,塔高,产权单位,东坐标,北坐标\n"
SHIFT = """
[source.datum_shift]
method = "position vector"
tx_m = 15.8
ty_m = -154.4
tz_m = -82.3
accuracy_m = 1.0
"""
POINTS = [(505_000.0, 4_372_000.0), (541_000.0, 4_374_000.0), (512_000.0, 4_408_000.0), (538_000.0, 4_401_000.0)]
LOCAL_PRJ = 'LOCAL_CS["City of Shifan",UNIT["metre",1.0],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
PLAIN_PRJ = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]'
)
PRJ_WITH_SHIFT = (
    'GEOGCS["CGCS2000 of a program",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101],'
    'TOWGS84[0,0,0,0,0,0,0]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)


def in_metres(crs: str) -> str:
    """Give the keys of a table in metres."""
    return f'crs = \'{crs}\'\neasting = "东坐标"\nnorthing = "北坐标"'


def run_csv(folder: Path, rows: str, keys: str, *, head: str = CSV_HEAD, after: str = "") -> Path:
    """Make a project with one table of towers; `after` stands at its end."""
    write_text(folder / "towers.csv", head + rows)
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.csv", keys=keys) + after)
    return folder


def run_metres(folder: Path, places: list[tuple[float, float]], keys: str, after: str = "") -> Path:
    """Make a project with one table of towers in metres."""
    rows = "".join(f"T{row},站{row},35,中国铁塔,{east!r},{north!r}\n" for row, (east, north) in enumerate(places))
    return run_csv(folder, rows, keys, head=METRES_HEAD, after=after)


def run_degrees(folder: Path, places: list[tuple[float, float]], keys: str, after: str = "") -> Path:
    """Make a project with one table of towers in degrees."""
    rows = "".join(f"T{row},站{row},35,中国铁塔,{lon!r},{lat!r}\n" for row, (lon, lat) in enumerate(places))
    return run_csv(folder, rows, keys, after=after)


def degrees(crs: str) -> str:
    """Give the keys of a table in degrees."""
    return IN_DEGREES.replace("EPSG:4490", crs)


def control(common: list[tuple[float, ...]], **more: str) -> str:
    """Give control points written in a project file: source easting, northing, target easting, northing."""
    listed = ", ".join(
        f'{{name = "P{row}", source = [{a!r}, {b!r}], target = [{c!r}, {d!r}]}}'
        for row, (a, b, c, d) in enumerate(common, 1)
    )
    keys = {"method": '"4-parameter"', "max_residual_m": "0.1", "target_crs": '"EPSG:4534"', "points": f"[{listed}]"}
    keys |= {name: value for name, value in more.items() if value}
    keys = {name: value for name, value in keys.items() if more.get(name) != ""}
    return "\n[source.control_points]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items())


def moved(points: list[tuple[float, float]], worst_m: float = 0.0) -> list[tuple[float, ...]]:
    """Give points and their places 90 m and 40 m away; the second is off by so much besides."""
    return [(e, n, e + 90.0 + (worst_m if row == 1 else 0.0), n + 40.0) for row, (e, n) in enumerate(points)]


# No system, or none that can be used


@bad(rule="OM-CRS-001", exit_code=2, ask="run")
def table_without_a_system(folder: Path) -> Path:
    """A table of degrees; neither it nor the project says the coordinate system."""
    return run_csv(folder, CSV_ROWS, 'lon = "经度"\nlat = "纬度"')


@bad(rule="OM-CRS-001", exit_code=2, ask="run")
def shapefile_without_prj(folder: Path) -> Path:
    """A Shapefile whose .prj is missing, with a project that does not say the system."""
    write(towers(), folder / "towers.shp", encoding="GBK")
    (folder / "towers.prj").unlink()
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.shp", keys=""))
    return folder


@bad(rule="OM-CRS-010", exit_code=2, ask="run")
def system_of_no_meaning(folder: Path) -> Path:
    """A project that names a coordinate system EPSG:999999."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:999999"))


@bad(rule="OM-CRS-011", exit_code=2, ask="run")
def geocentric_system(folder: Path) -> Path:
    """A project that names the geocentric system of WGS 84."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4978"))


@bad(rule="OM-CRS-012", exit_code=2, ask="run")
def system_without_a_datum(folder: Path) -> Path:
    """A projection by its numbers only, without a datum."""
    return run_metres(folder, POINTS, in_metres("+proj=tmerc +lon_0=75 +x_0=500000 +ellps=GRS80"))


@bad(rule="OM-CRS-044", exit_code=2, ask="run")
def datum_on_another_ellipsoid(folder: Path) -> Path:
    """A Shapefile whose .prj says CGCS2000 on the ellipsoid of Beijing 1954."""
    write(towers(), folder / "towers.shp", encoding="GBK")
    write_text(folder / "towers.prj", PLAIN_PRJ.replace("6378137,298.257222101", "6378245,298.3"))
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.shp", keys=""))
    return folder


@bad(rule="OM-CRS-045", exit_code=4, ask="run")
def system_that_names_a_file(folder: Path) -> Path:
    """A coordinate system whose definition names a grid by its place."""
    return run_csv(folder, CSV_ROWS, degrees("+proj=longlat +ellps=GRS80 +nadgrids=/etc/passwd"))


@bad(rule="OM-CRS-046", exit_code=2, ask="run")
def projection_of_no_program(folder: Path) -> Path:
    """A Shapefile whose .prj names a projection that no program knows."""
    places = towers().set_geometry([shapely.Point(*POINTS[0]), shapely.Point(*POINTS[1])], crs="EPSG:4534")
    write(places, folder / "towers.shp", encoding="GBK")
    projection = f'PROJCS["of the county",{PLAIN_PRJ},PROJECTION["County_Own"],UNIT["Meter",1.0]]'
    write_text(folder / "towers.prj", projection)
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.shp", keys=""))
    return folder


@bad(rule="OM-CRS-036", exit_code=2, ask="run")
def local_plane_without_a_tie(folder: Path) -> Path:
    """A Shapefile whose .prj says a city's own plane (LOCAL_CS)."""
    places = towers().set_geometry([shapely.Point(1_000, 2_000), shapely.Point(3_000, 4_000)], crs="EPSG:4534")
    write(places, folder / "towers.shp", encoding="GBK")
    write_text(folder / "towers.prj", LOCAL_PRJ)
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.shp", keys=""))
    return folder


@bad(rule="OM-CRS-020", exit_code=2, ask="run")
def columns_of_metres_with_a_system_of_degrees(folder: Path) -> Path:
    """Columns named as easting and northing, with EPSG:4490."""
    return run_metres(folder, POINTS, in_metres("EPSG:4490"))


@bad(rule="OM-CRS-003", ask="run")
def file_against_project(folder: Path) -> Path:
    """A GeoPackage in EPSG:4490 that the project says is GCJ-02."""
    write(towers(), folder / "towers.gpkg", layer="towers")
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.gpkg", keys='crs = "GCJ-02"'))
    return folder


@bad(rule="OM-CRS-037", ask="run")
def shift_carried_along(folder: Path) -> Path:
    """A Shapefile whose .prj carries parameters of a shift (TOWGS84)."""
    write(towers(), folder / "towers.shp", encoding="GBK")
    write_text(folder / "towers.prj", PRJ_WITH_SHIFT)
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.shp", keys=""))
    return folder


# Coordinates that do not fit


@bad(rule="OM-CRS-015", exit_code=2, ask="run")
def northing_before_easting(folder: Path) -> Path:
    """X is north, as surveyors write it: every row of the table has the northing first."""
    return run_metres(folder, [(n, e) for e, n in POINTS], in_metres("EPSG:4534"))


@bad(rule="OM-CRS-015", exit_code=2, ask="run")
def latitude_before_longitude(folder: Path) -> Path:
    """Every row of the table has the latitude in the column of the longitude."""
    return run_degrees(folder, [(39.6, 75.2), (39.7, 75.3)], degrees("EPSG:4490"))


@bad(rule="OM-CRS-006", ask="run")
def one_row_swapped(folder: Path) -> Path:
    """One row of three has latitude and longitude exchanged."""
    return run_degrees(folder, [(75.2, 39.6), (39.7, 75.3), (75.4, 39.5)], degrees("EPSG:4490"))


@bad(rule="OM-CRS-005", ask="run")
def one_row_of_another_zone(folder: Path) -> Path:
    """One row of three has a zone number before its easting."""
    return run_metres(folder, [POINTS[0], (25_541_000.0, 4_374_000.0), POINTS[2]], in_metres("EPSG:4534"))


@bad(rule="OM-CRS-016", exit_code=2, ask="run")
def degrees_said_to_be_metres(folder: Path) -> Path:
    """A GeoPackage of degrees whose declared system is the zone EPSG:4549."""
    write(towers("EPSG:4549"), folder / "towers.gpkg", layer="towers")
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.gpkg", keys=""))
    return folder


@bad(rule="OM-CRS-017", exit_code=2, ask="run")
def metres_said_to_be_degrees(folder: Path) -> Path:
    """A GeoPackage of metres whose declared system is EPSG:4490."""
    places = towers().set_geometry([shapely.Point(*POINTS[0]), shapely.Point(*POINTS[1])], crs="EPSG:4490")
    write(places, folder / "towers.gpkg", layer="towers")
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path="towers.gpkg", keys=""))
    return folder


@bad(rule="OM-CRS-018", exit_code=2, ask="run")
def zone_number_too_many(folder: Path) -> Path:
    """Eastings with the zone number 40, said to be EPSG:4549 (without one)."""
    return run_metres(folder, [(e + 40_000_000, n) for e, n in POINTS], in_metres("EPSG:4549"))


@bad(rule="OM-CRS-018", exit_code=2, ask="run")
def zone_number_too_few(folder: Path) -> Path:
    """Eastings without zone number, said to be EPSG:4528 (with one)."""
    return run_metres(folder, POINTS, in_metres("EPSG:4528"))


@bad(rule="OM-CRS-018", exit_code=2, ask="run")
def zone_of_six_degrees_for_three(folder: Path) -> Path:
    """Eastings of 6-degree zone 13, said to be of 3-degree zone 25."""
    return run_metres(folder, [(e - 12_000_000, n) for e, n in ((25_505_000.0, 4.372e6),)], in_metres("EPSG:4513"))


@bad(rule="OM-CRS-019", exit_code=2, ask="run")
def metres_of_nowhere(folder: Path) -> Path:
    """Numbers that lie in no zone at all."""
    return run_metres(folder, [(3_900_000.0, 4_370_000.0), (3_950_000.0, 4_400_000.0)], in_metres("EPSG:4534"))


@bad(rule="OM-CRS-007", ask="run")
def another_central_meridian(folder: Path) -> Path:
    """Eastings of the meridian 75°, said to be of 78°: all rows lie 256 km beside their county."""
    county = gpd.GeoDataFrame(
        {"代码": ["659900"], "名称": ["示范县"]}, geometry=[shapely.box(75, 39.3, 75.6, 39.9)], crs=4490
    )
    write(county, folder / "county.gpkg", layer="county")
    run_metres(folder, POINTS, in_metres("EPSG:4535"))
    file = folder / "onemap.toml"
    districts = '\n[[source]]\nlayer = "districts"\npath = "county.gpkg"\nfields = { code = "代码", name = "名称" }\n'
    write_text(file, file.read_text(encoding="utf-8") + districts)
    return folder


@bad(rule="OM-CRS-043", ask="run")
def meridian_of_another_province(folder: Path) -> Path:
    """Eastings said to be of the meridian 120°, in a project of Xinjiang without a county."""
    return run_metres(folder, POINTS, in_metres("EPSG:4549"))


# Steps between datums


@bad(rule="OM-CRS-004", exit_code=2, ask="run")
def beijing_1954_undeclared(folder: Path) -> Path:
    """Beijing 1954 degrees without parameters, which a plain library leaves unmoved and silent."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4214"))


@bad(rule="OM-CRS-004", exit_code=2, ask="run")
def xian_1980_undeclared(folder: Path) -> Path:
    """Xi'an 1980 degrees without parameters, which a plain library leaves unmoved and silent."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4610"))


@bad(rule="OM-CRS-004", exit_code=2, ask="run")
def new_beijing_undeclared(folder: Path) -> Path:
    """New Beijing degrees without parameters."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4555"))


@bad(rule="OM-CRS-004", exit_code=2, ask="run")
def zone_of_xian_1980_undeclared(folder: Path) -> Path:
    """Eastings of a zone of Xi'an 1980 without parameters."""
    return run_metres(folder, POINTS, in_metres("EPSG:2370"))


@bad(rule="OM-CRS-004", exit_code=2, ask="run")
def beijing_1954_where_an_operation_is_published(folder: Path) -> Path:
    """Beijing 1954 in the Tarim basin, where an operation is published that nobody asked for."""
    return run_degrees(folder, [(80.1, 38.2), (80.4, 38.5)], degrees("EPSG:4214"))


@bad(rule="OM-CRS-014", exit_code=2, ask="run")
def operation_of_another_basin(folder: Path) -> Path:
    """Beijing 1954 at Kashgar by the operation published for the Ordos basin."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4214") + '\noperation = "EPSG:15918"')


@bad(rule="OM-CRS-035", exit_code=2, ask="run")
def operation_between_other_datums(folder: Path) -> Path:
    """Beijing 1954 by an operation published for ETRS89."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4214") + '\noperation = "EPSG:1149"')


@bad(rule="OM-CRS-022", exit_code=2, ask="run")
def parameters_without_need(folder: Path) -> Path:
    """Parameters of a shift for a table that is in EPSG:4490 already."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4490"), after=SHIFT)


@bad(rule="OM-CRS-023", exit_code=2, ask="run")
def parameters_for_grads_from_paris(folder: Path) -> Path:
    """Parameters of a shift for a system in grads from Paris."""
    return run_degrees(folder, [(2.0, 52.0), (2.1, 52.1)], degrees("EPSG:4807"), after=SHIFT)


@bad(rule="OM-CRS-032", exit_code=2, ask="run")
def parameters_in_centimetres(folder: Path) -> Path:
    """Parameters written in centimetres: the layer would move by kilometres."""
    wrong = SHIFT.replace("15.8", "1580").replace("154.4", "15440").replace("82.3", "8230")
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4214"), after=wrong)


@bad(rule="OM-CRS-033", exit_code=2, ask="run")
def pipeline_with_a_grid(folder: Path) -> Path:
    """A pipeline that names a grid on the network."""
    after = '\n[source.pipeline]\nsteps = "proj=hgridshift grids=https://example.org/china.tif"\naccuracy_m = 0.1\n'
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4214"), after=after)


@bad(rule="OM-CRS-034", exit_code=2, ask="run")
def pipeline_without_a_convention(folder: Path) -> Path:
    """A pipeline with rotations and no convention of them."""
    after = '\n[source.pipeline]\nsteps = "proj=helmert x=1 rx=1"\naccuracy_m = 0.1\n'
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4214"), after=after)


# Control points


@bad(rule="OM-CRS-024", exit_code=2, ask="run")
def two_control_points(folder: Path) -> Path:
    """Two control points, whose residuals are always zero."""
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(moved(POINTS[:2])))


@bad(rule="OM-CRS-024", exit_code=2, ask="run")
def one_control_point_three_times(folder: Path) -> Path:
    """The same control point under three names."""
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(moved([POINTS[0]] * 3)))


@bad(rule="OM-CRS-025", exit_code=2, ask="run")
def control_points_along_a_road(folder: Path) -> Path:
    """Four control points on one line."""
    line = [(505_000.0 + step, 4_372_000.0 + step) for step in (0.0, 10_000.0, 20_000.0, 30_000.0)]
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(moved(line)))


@bad(rule="OM-CRS-026", exit_code=2, ask="run")
def one_wrong_control_point(folder: Path) -> Path:
    """One of four control points is off by three metres."""
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(moved(POINTS, 3.0)))


@bad(rule="OM-CRS-027", exit_code=2, ask="run")
def control_points_with_bare_x_and_y(folder: Path) -> Path:
    """A table of control points with the columns X54, Y54, X2000, Y2000, which may mean either axis."""
    write_text(folder / "points.csv", "点名,X54,Y54,X2000,Y2000\nP1,1,2,3,4\nP2,2,3,4,5\nP3,3,1,2,4\n")
    after = control([], points="", path='"points.csv"')
    return run_metres(folder, POINTS, in_metres("EPSG:2422"), after)


@bad(rule="OM-CRS-028", exit_code=2, ask="run")
def control_point_without_a_number(folder: Path) -> Path:
    """A table of control points in which one coordinate is a word."""
    rows = "P1,505000,4372000,505090,4372040\nP2,541000,4374000,待测,4374040\nP3,512000,4408000,512090,4408040\n"
    write_text(folder / "points.csv", "点名,源东坐标,源北坐标,目标东坐标,目标北坐标\n" + rows)
    return run_metres(folder, POINTS, in_metres("EPSG:2422"), control([], points="", path='"points.csv"'))


@bad(rule="OM-CRS-029", exit_code=2, ask="run")
def four_parameters_to_degrees(folder: Path) -> Path:
    """Four parameters from a plane to degrees."""
    points = [(e, n, 75.0 + row / 10, 39.5 + row % 2 / 10) for row, (e, n) in enumerate(POINTS)]
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(points, target_crs=""))


@bad(rule="OM-CRS-030", exit_code=2, ask="run")
def control_points_of_another_datum(folder: Path) -> Path:
    """A layer in Xi'an 1980, with control points known in Beijing 1954."""
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(moved(POINTS), crs='"EPSG:2422"'))


@bad(rule="OM-CRS-031", exit_code=2, ask="run")
def control_points_into_another_datum(folder: Path) -> Path:
    """Control points from Xi'an 1980 to Beijing 1954, in a project in CGCS2000."""
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(moved(POINTS), target_crs='"EPSG:2422"'))


@bad(rule="OM-CRS-038", ask="run")
def layer_far_from_its_control_points(folder: Path) -> Path:
    """Control points four kilometres across, for a layer of forty."""
    near = [(505_000.0 + e / 10, 4_372_000.0 + n / 10) for e, n in ((0, 0), (30_000, 2_000), (5_000, 28_000))]
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(moved(near)))


# Heights


def two_height_sources(folder: Path, one: str, other: str) -> Path:
    """Make a project with two tables of towers that map heights of the ground."""
    source = '[[source]]\nlayer = "towers"\npath = "{path}"\ncrs = "EPSG:4490"\nlon = "经度"\nlat = "纬度"\n{key}'
    fields = 'fields = { tower_id = "编码", ground_elev_m = "高程" }\n'
    write_text(folder / "a.csv", "编码,经度,纬度,高程\nA1,75.2,39.6,1210.5\n")
    write_text(folder / "b.csv", "编码,经度,纬度,高程\nB1,75.3,39.7,1312.0\n")
    keys = (("a.csv", one), ("b.csv", other))
    sources = [
        source.format(path=path, key=f'vertical_datum = "{name}"\n' if name else "") + fields for path, name in keys
    ]
    write_text(folder / "onemap.toml", HEAD + "\n" + "\n".join(sources))
    return folder


@bad(rule="OM-CRS-039", ask="run")
def heights_of_1956_and_1985(folder: Path) -> Path:
    """Heights of one layer above the Yellow Sea of 1956 in one file, above the datum of 1985 in the other."""
    return two_height_sources(folder, "1985国家高程基准", "1956年黄海高程系")


@bad(rule="OM-CRS-039", ask="run")
def heights_above_the_ellipsoid(folder: Path) -> Path:
    """Heights of one layer above the ellipsoid in one file, above the datum of 1985 in the other."""
    return two_height_sources(folder, "EPSG:5737", "大地高")


@bad(rule="OM-CRS-040", ask="run")
def heights_of_no_datum(folder: Path) -> Path:
    """Heights whose datum one file says and the other does not."""
    return two_height_sources(folder, "EPSG:5737", "")


@good(rule="OM-CRS-039", ask="run")
@good(rule="OM-CRS-040", ask="run")
def heights_of_one_datum(folder: Path) -> Path:
    """Heights of two files above one datum, named in two ways."""
    return two_height_sources(folder, "EPSG:5737", "1985国家高程基准")


# Web maps


def two_operators(folder: Path, first: str, second: str, keys: tuple[str, str]) -> Path:
    """Make two tables of thirty towers on the same spots, each shifted as said."""
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform(75.1, 75.6, 30), rng.uniform(39.4, 39.9, 30)
    shifts = {"GCJ-02": wgs84_to_gcj02, "BD-09": wgs84_to_bd09, "": lambda *place: place}
    sources = ""
    for letter, shift, crs in (("a", first, keys[0]), ("b", second, keys[1])):
        places = zip(*shifts[shift](lon, lat), strict=True)
        rows = "".join(f"{letter}{row},站{row},35,甲,{e:.7f},{n:.7f}\n" for row, (e, n) in enumerate(places))
        write_text(folder / f"{letter}.csv", CSV_HEAD + rows)
        sources += TOWERS_SOURCE.format(path=f"{letter}.csv", keys=degrees(crs))
    write_text(folder / "onemap.toml", HEAD + sources)
    return folder


@bad(rule="OM-CRS-041", ask="run")
def towers_of_a_web_map(folder: Path) -> Path:
    """GCJ-02 coordinates said to be EPSG:4490, beside another operator's towers on the same spots."""
    return two_operators(folder, "GCJ-02", "", ("EPSG:4490", "EPSG:4490"))


@bad(rule="OM-CRS-041", ask="run")
def towers_of_another_web_map(folder: Path) -> Path:
    """BD-09 coordinates said to be EPSG:4326, beside another operator's towers on the same spots."""
    return two_operators(folder, "", "BD-09", ("EPSG:4490", "EPSG:4326"))


@bad(rule="OM-CRS-042", ask="run")
def plain_towers_said_to_be_of_a_web_map(folder: Path) -> Path:
    """EPSG:4490 coordinates said to be GCJ-02, beside another operator's towers on the same spots."""
    return two_operators(folder, "", "", ("GCJ-02", "EPSG:4490"))


@good(rule="OM-CRS-041", ask="run")
@good(rule="OM-CRS-042", ask="run")
def towers_of_a_web_map_that_say_so(folder: Path) -> Path:
    """GCJ-02 coordinates said to be GCJ-02, beside another operator's towers on the same spots."""
    return two_operators(folder, "GCJ-02", "", ("GCJ-02", "EPSG:4490"))


# Good ones


@good(rule="OM-CRS-001", ask="run")
@good(rule="OM-CRS-003", ask="run")
@good(rule="OM-CRS-005", ask="run")
@good(rule="OM-CRS-006", ask="run")
@good(rule="OM-CRS-010", ask="run")
@good(rule="OM-CRS-011", ask="run")
@good(rule="OM-CRS-012", ask="run")
@good(rule="OM-CRS-017", ask="run")
@good(rule="OM-CRS-020", ask="run")
@good(rule="OM-CRS-022", ask="run")
@good(rule="OM-CRS-037", ask="run")
@good(rule="OM-CRS-043", ask="run")
@good(rule="OM-CRS-044", ask="run")
@good(rule="OM-CRS-045", ask="run")
def degrees_that_say_their_system(folder: Path) -> Path:
    """A table of degrees in EPSG:4490, and a project that says so."""
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4490"))


@good(rule="OM-CRS-007", ask="run")
@good(rule="OM-CRS-015", ask="run")
@good(rule="OM-CRS-016", ask="run")
@good(rule="OM-CRS-018", ask="run")
@good(rule="OM-CRS-019", ask="run")
@good(rule="OM-CRS-046", ask="run")
def metres_of_their_zone(folder: Path) -> Path:
    """Eastings without zone number in the zone that the project names."""
    return run_metres(folder, POINTS, in_metres("EPSG:4534"))


@good(rule="OM-CRS-004", ask="run")
@good(rule="OM-CRS-023", ask="run")
@good(rule="OM-CRS-032", ask="run")
def beijing_1954_with_three_parameters(folder: Path) -> Path:
    """Beijing 1954 degrees with three parameters of the surveying department."""
    three = SHIFT.replace("position vector", "translation")
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4214"), after=three)


@good(rule="OM-CRS-014", ask="run")
@good(rule="OM-CRS-035", ask="run")
def operation_of_its_basin(folder: Path) -> Path:
    """Beijing 1954 in the Tarim basin by the operation published for it, asked for by its code."""
    return run_degrees(folder, [(80.1, 38.2), (80.4, 38.5)], degrees("EPSG:4214") + '\noperation = "EPSG:15921"')


@good(rule="OM-CRS-033", ask="run")
@good(rule="OM-CRS-034", ask="run")
def pipeline_that_only_computes(folder: Path) -> Path:
    """Beijing 1954 degrees by a pipeline of three parameters."""
    steps = (
        "proj=pipeline step proj=unitconvert xy_in=deg xy_out=rad step proj=cart a=6378245 rf=298.3 "
        "step proj=helmert x=15.8 y=-154.4 z=-82.3 step inv proj=cart ellps=GRS80 "
        "step proj=unitconvert xy_in=rad xy_out=deg"
    )
    after = f'\n[source.pipeline]\nsteps = "{steps}"\naccuracy_m = 5.0\n'
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4214"), after=after)


@good(rule="OM-CRS-024", ask="run")
@good(rule="OM-CRS-025", ask="run")
@good(rule="OM-CRS-026", ask="run")
@good(rule="OM-CRS-029", ask="run")
@good(rule="OM-CRS-030", ask="run")
@good(rule="OM-CRS-031", ask="run")
@good(rule="OM-CRS-038", ask="run")
def four_control_points_that_fit(folder: Path) -> Path:
    """A layer in Xi'an 1980 with four control points round it that fit within a millimetre."""
    return run_metres(folder, POINTS, in_metres("EPSG:2370"), control(moved(POINTS)))


@good(rule="OM-CRS-027", ask="run")
@good(rule="OM-CRS-028", ask="run")
@good(rule="OM-CRS-036", ask="run")
def local_plane_with_a_table_of_control_points(folder: Path) -> Path:
    """A city's own plane with a table of control points whose columns X and Y the project explains."""
    write_text(
        folder / "points.csv",
        "点名,X地方,Y地方,X2000,Y2000\n"
        + "".join(f"P{row},{n - 4_300_000:.3f},{e - 500_000:.3f},{n},{e}\n" for row, (e, n) in enumerate(POINTS)),
    )
    columns = (
        '{ source_easting = "Y地方", source_northing = "X地方", target_easting = "Y2000", target_northing = "X2000" }'
    )
    after = control([], points="", path='"points.csv"', columns=columns)
    places = [(e - 500_000, n - 4_300_000) for e, n in POINTS]
    return run_metres(folder, places, in_metres("local"), after)


@bad(rule="OM-CRS-008", exit_code=3, ask="run")
def elevation_without_a_system(folder: Path) -> Path:
    """An elevation model that declares no coordinate system."""
    return with_elevation(folder, None)


@good(rule="OM-CRS-008", ask="run")
def elevation_with_its_system(folder: Path) -> Path:
    """An elevation model in EPSG:4490."""
    return with_elevation(folder, "EPSG:4490")


def with_elevation(folder: Path, crs: str | None) -> Path:
    """Make a project with an elevation model of flat ground."""
    import rasterio
    from affine import Affine

    heights = np.full((1, 60, 60), 1_200.0, dtype="float32")
    options = {"width": 60, "height": 60, "count": 1, "dtype": "float32", "crs": crs, "driver": "GTiff"}
    with rasterio.open(folder / "dem.tif", "w", transform=Affine(0.01, 0, 75.0, 0, -0.01, 39.9), **options) as file:
        file.write(heights)
    return run_csv(folder, CSV_ROWS, degrees("EPSG:4490"), after='\n[elevation]\npath = "dem.tif"\n')
