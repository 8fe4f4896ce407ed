"""Systems as files write them: names of other programs, WKT without codes, heights and shifts that travel along."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest

from onemap.errors import CRSError, RefusedError
from onemap.layers.crs import choose_operation, transform
from onemap.layers.crs_area import area_of_use, in_area_of_use, to_lonlat
from onemap.layers.crs_names import crs_label, datum_key, is_local_system, is_offset_system, parse_crs
from onemap.layers.heights import vertical_datum, vertical_datum_of

ELLIPSOIDS = {"CGCS2000": "6378137,298.257222101", "Xian_1980": "6378140,298.257", "Krasovsky_1940": "6378245,298.3"}
UNITS = {"Meter": 1.0, "Foot_US": 0.3048006096012192, "Kilometer": 1000.0}


def geographic(name, datum, ellipsoid, extra=""):
    return (
        f'GEOGCS["{name}",DATUM["{datum}",SPHEROID["{ellipsoid}",{ELLIPSOIDS[ellipsoid]}]{extra}],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
    )


def zone(name, base, meridian, *, easting=500_000.0, unit="Meter", scale=1.0):
    return (
        f'PROJCS["{name}",{base},PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",{easting}],'
        f'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",{scale}],'
        f'PARAMETER["Latitude_Of_Origin",0.0],UNIT["{unit}",{UNITS[unit]}]]'
    )


CHINA_2000 = geographic("GCS_China_Geodetic_Coordinate_System_2000", "D_China_2000", "CGCS2000")
XIAN = geographic("GCS_Xian_1980", "D_Xian_1980", "Xian_1980")
BEIJING = geographic("GCS_Beijing_1954", "D_Beijing_1954", "Krasovsky_1940")


@pytest.mark.parametrize(
    ("wkt", "datum"),
    [
        (CHINA_2000, "cgcs2000"),
        (zone("CGCS2000_3_Degree_GK_CM_117E", CHINA_2000, 117.0), "cgcs2000"),
        (zone("CGCS2000_3_Degree_GK_Zone_39", CHINA_2000, 117.0, easting=39_500_000.0), "cgcs2000"),
        (XIAN, "xian 1980"),
        (zone("Xian_1980_3_Degree_GK_Zone_39", XIAN, 117.0, easting=39_500_000.0), "xian 1980"),
        (BEIJING, "beijing 1954"),
        (zone("Beijing_1954_3_Degree_GK_Zone_39", BEIJING, 117.0, easting=39_500_000.0), "beijing 1954"),
        (geographic("x", "Xian80", "Xian_1980"), "xian 1980"),
        (geographic("x", "D_Beijing54", "Krasovsky_1940"), "beijing 1954"),
        (geographic("x", "China Geodetic Coordinate System 2000", "CGCS2000"), "cgcs2000"),
    ],
)
def test_datums_are_told_by_the_names_of_other_programs(wkt, datum):
    assert datum_key(parse_crs(wkt)) == datum


@pytest.mark.parametrize("name", ["CGCS2000_3_Degree_GK_CM_117E", "CGCS2000 / 3-degree Gauss-Kruger CM 117E"])
def test_names_alone_are_read_too(name):
    assert parse_crs(name).to_epsg() == 4548


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("国家2000", 4490),
        ("2000国家大地坐标系", 4490),
        (" CGCS2000 ", 4490),
        ("西安80", 4610),
        ("北京54", 4214),
        ("WGS84", 4326),
    ],
)
def test_chinese_names_are_read(name, code):
    assert parse_crs(name).to_epsg() == code


def test_names_of_web_map_systems_are_read():
    assert is_offset_system("火星坐标系")
    assert choose_operation("百度坐标系", "EPSG:4490", (75.0, 39.4, 75.6, 39.9)).source_crs == "BD-09"


@pytest.mark.parametrize("meridian", [75.25, 117.0, 116.35])
@pytest.mark.parametrize("easting", [500_000.0, 39_500_000.0, 300_000.0, 0.0])
def test_any_meridian_and_false_easting_is_exact(meridian, easting):
    system = zone("a county", CHINA_2000, meridian, easting=easting)
    east, north = pyproj.Proj(proj="tmerc", lon_0=meridian, x_0=easting, ellps="GRS80")(meridian + 0.4, 39.5)
    operation = choose_operation(system, "EPSG:4490", (east - 1e3, north - 1e3, east + 1e3, north + 1e3))
    lon, lat = transform(operation, [east], [north])
    assert (lon[0], lat[0]) == pytest.approx((meridian + 0.4, 39.5), abs=1e-10)
    assert operation.accuracy_m == 0.0


@pytest.mark.parametrize("unit", ["Foot_US", "Kilometer"])
def test_other_units_of_length_are_honoured(unit):
    system = zone("in another unit", CHINA_2000, 117.0, easting=500_000.0 / UNITS[unit], unit=unit)
    east, north = (value / UNITS[unit] for value in pyproj.Proj("EPSG:4548")(116.8, 39.5))
    operation = choose_operation(system, "EPSG:4490", (east, north, east, north))
    lon, lat = transform(operation, [east], [north])
    assert (lon[0], lat[0]) == pytest.approx((116.8, 39.5), abs=1e-9)


@pytest.mark.parametrize("base", [XIAN, BEIJING])
def test_old_datum_of_another_program_is_no_less_undeclared(base):
    with pytest.raises(CRSError, match="must be declared"):
        choose_operation(base, "EPSG:4490", (116.0, 39.5, 116.8, 40.2))


@pytest.mark.parametrize("shift", ["0,0,0", "0,0,0,0,0,0,0", "15.8,-154.4,-82.3,0,0,0,0"])
@pytest.mark.parametrize(("datum", "ellipsoid"), [("D_Xian_1980", "Xian_1980"), ("D_Beijing_1954", "Krasovsky_1940")])
def test_shift_that_travels_along_is_never_applied(datum, ellipsoid, shift):
    wkt = geographic("with a shift", datum, ellipsoid, f",TOWGS84[{shift}]")
    with pytest.raises(CRSError, match="must be declared"):
        choose_operation(wkt, "EPSG:4490", (116.0, 39.5, 116.8, 40.2))


def test_shift_that_travels_along_with_the_working_datum_changes_nothing():
    wkt = geographic("with a shift", "D_China_2000", "CGCS2000", ",TOWGS84[10,20,30,0,0,0,0]")
    operation = choose_operation(wkt, "EPSG:4490", (116.0, 39.5, 116.8, 40.2))
    assert [float(value[0]) for value in transform(operation, [116.5], [39.7])] == [116.5, 39.7]


def test_datum_on_another_ellipsoid_is_refused():
    with pytest.raises(CRSError, match="6378245 m instead of 6378137 m") as caught:
        choose_operation(geographic("x", "D_China_2000", "Krasovsky_1940"), "EPSG:4490", (116.0, 39.5, 116.8, 40.2))
    assert caught.value.rule == "OM-CRS-044"


def test_compound_and_three_dimensional_systems_give_their_plan_and_name_their_heights():
    for system, plan, heights in (
        ("EPSG:4490+5737", 4490, "EPSG:5737"),
        ("EPSG:4548+5736", 4548, "EPSG:5736"),
        ("EPSG:4480", 4490, "ellipsoidal"),
        ("EPSG:4326+3855", 4326, "EPSG:3855"),
        ("EPSG:4326+5773", 4326, "EPSG:5773"),
    ):
        assert datum_key(parse_crs(system)) == datum_key(parse_crs(plan))
        assert len(parse_crs(system).axis_info) == 2
        assert vertical_datum_of(system) == heights
    assert vertical_datum_of("EPSG:4978") is None
    assert vertical_datum_of("rubbish") is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("1985国家高程基准", "EPSG:5737"), ("1985 国家高程基准", "EPSG:5737"), ("EPSG:5737", "EPSG:5737"),
        ("1956年黄海高程系", "EPSG:5736"), ("EGM2008", "EPSG:3855"), ("EGM96", "EPSG:5773"), ("大地高", "ellipsoidal"),
        ("EPSG:4490+5737", "EPSG:5737"),
    ],
)  # fmt: skip
def test_datums_of_heights_are_told_by_name(name, code):
    assert vertical_datum(name) == code


@pytest.mark.parametrize("name", ["", "sea level", "EPSG:4490", "黄海"])
def test_height_datum_of_no_meaning_is_refused(name):
    with pytest.raises(ValueError, match="a datum of heights"):
        vertical_datum(name)


@pytest.mark.parametrize(
    "wkt",
    [
        'LOCAL_CS["City plane",UNIT["metre",1]]',
        'ENGCRS["a",EDATUM["b"],CS[Cartesian,2],AXIS["x",north],AXIS["y",east],LENGTHUNIT["metre",1]]',
        "local",
        "独立坐标系",
    ],
)
def test_local_planes_reach_everywhere_but_rest_on_nothing(wkt):
    assert is_local_system(wkt)
    assert in_area_of_use(wkt, [1.0, np.nan], [2.0, 3.0]).tolist() == [True, False]
    with pytest.raises(CRSError, match="rests on no datum"):
        datum_key(parse_crs(wkt))


def test_grads_from_paris_become_degrees_from_greenwich():
    lon, lat = to_lonlat("EPSG:4807", [0.0], [52.0])
    assert (lon[0], lat[0]) == pytest.approx((2.33722917, 46.8), abs=1e-8)
    assert in_area_of_use("EPSG:4807", [0.0], [52.0]).all()


def test_deprecated_codes_are_read_with_their_datum():
    deprecated = [code for code in (4555, 2385, 21455, 4610) if parse_crs(code).to_epsg() == code]
    assert len(deprecated) == 4
    assert crs_label(parse_crs("EPSG:21455")) == "EPSG:21455"
    assert area_of_use("EPSG:21455")[0] < 87 < area_of_use("EPSG:21455")[2]


FILE = "/tmp/canary.gsb"


@pytest.mark.parametrize(
    "definition",
    [
        geographic("x", "D_China_2000", "CGCS2000", f',EXTENSION["PROJ4_GRIDS","{FILE}"]'),
        zone("x", CHINA_2000, 75.0)[:-1] + f',EXTENSION["PROJ4","+proj=tmerc +lon_0=75 +nadgrids={FILE} +wktext"]]',
        f"+proj=tmerc +lon_0=75 +ellps=GRS80 +nadgrids={FILE}",
        f"+proj=longlat +datum=WGS84 +geoidgrids=@{FILE}",
        f"+init={FILE}:4490",
        f"+proj=defmodel +model={FILE}",
        "+proj=tmerc +nadgrids=https://example.org/a.tif",
    ],
)
def test_definition_that_names_a_file_is_refused_before_it_is_opened(definition):
    for asked in (parse_crs, vertical_datum_of):
        with pytest.raises(RefusedError, match="must not name files") as caught:
            asked(definition)
        assert caught.value.exit_code == 4


def test_grid_of_no_name_is_no_file():
    web = pyproj.CRS.from_epsg(3857).to_wkt("WKT1_GDAL")
    assert "+nadgrids=@null" in web
    assert parse_crs(web).to_epsg() == 3857


def test_projection_of_no_program_is_refused():
    system = f'PROJCS["of the county",{CHINA_2000},PROJECTION["County_Own"],UNIT["Meter",1.0]]'
    with pytest.raises(CRSError, match="one that PROJ can compute"):
        choose_operation(system, "EPSG:4490", (500_000, 4_370_000, 540_000, 4_400_000))
