"""Guessing systems from coordinates: the true one first wherever the numbers or the place leave no other."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely

from onemap.layers.crs_area import chinese_zones
from onemap.layers.crs_detection import likely_crs
from onemap.layers.provinces import Province, province_named, province_of_code, provinces

CITIES = {
    "北京": (116.40, 39.90), "上海": (121.47, 31.23), "新疆": (87.62, 43.82), "西藏": (91.11, 29.65),
    "云南": (102.71, 25.04), "黑龙江": (126.63, 45.75), "海南": (110.33, 20.03), "广东": (113.26, 23.13),
    "四川": (104.06, 30.67), "内蒙古": (111.75, 40.84), "甘肃": (103.83, 36.06), "福建": (119.30, 26.08),
}  # fmt: skip


def county(place, rng=None, count=40):
    rng = rng or np.random.default_rng(4)
    lon, lat = CITIES[place]
    return lon + rng.uniform(-0.3, 0.3, count), lat + rng.uniform(-0.3, 0.3, count)


def projected(code, lon, lat):
    crs = pyproj.CRS.from_epsg(code)
    return pyproj.Proj(crs)(lon, lat)


def zone_code(lon, *, width=3, numbered=True):
    rows = [row for row in chinese_zones() if row["datum"] == "CGCS2000" and row["kind"] == f"GK {width}deg"]
    rows = [row for row in rows if (float(row["false_easting"]) > 1e6) is numbered]
    return int(min(rows, key=lambda row: abs(float(row["central_meridian"]) - lon))["epsg"])


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("place", CITIES)
def test_degrees_are_told_in_either_order(place, swapped):
    lon, lat = county(place)
    best = likely_crs(*((lat, lon) if swapped else (lon, lat)))[0]
    assert (best.crs, best.swapped, best.scale) == ("EPSG:4490", swapped, 1.0)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("width", [3, 6])
@pytest.mark.parametrize("place", CITIES)
def test_zone_number_tells_the_zone_in_either_order(place, width, swapped):
    lon, lat = county(place)
    code = zone_code(CITIES[place][0], width=width)
    east, north = projected(code, lon, lat)
    best = likely_crs(*((north, east) if swapped else (east, north)))[0]
    assert (best.crs, best.swapped) == (f"EPSG:{code}", swapped)


@pytest.mark.parametrize("declared", [None, "wrong meridian", "zone with a number", "EPSG:4490"])
@pytest.mark.parametrize("place", CITIES)
def test_place_expected_tells_the_meridian_of_an_easting_without_number(place, declared):
    lon, lat = county(place)
    code = zone_code(CITIES[place][0], numbered=False)
    east, north = projected(code, lon, lat)
    wrong = {"wrong meridian": f"EPSG:{4534 if code > 4540 else 4554}", "zone with a number": f"EPSG:{code - 21}"}
    area = shapely.box(lon.min(), lat.min(), lon.max(), lat.max()).buffer(0.2)
    best = likely_crs(east, north, wrong.get(declared, declared), expected=area)[0]
    assert best.crs == f"EPSG:{code}"
    assert best.placed


@pytest.mark.parametrize("place", CITIES)
def test_all_zones_are_listed_where_nothing_tells_the_meridian(place):
    code = zone_code(CITIES[place][0], numbered=False)
    east, north = projected(code, *county(place))
    found = [guess.crs for guess in likely_crs(east, north)]
    assert {f"EPSG:{one}" for one in range(4534, 4555)} <= set(found)
    assert max(guess.score for guess in likely_crs(east, north)) <= 0.5


def test_right_declaration_stays_first():
    lon, lat = county("北京")
    for code in (4490, 4326, 4610, 4548, 4527, 2384):
        first, second = (lon, lat) if code < 4491 and code != 2384 and code > 4300 else projected(code, lon, lat)
        if code in {4490, 4326, 4610}:
            first, second = lon, lat
        best = likely_crs(first, second, f"EPSG:{code}")[0]
        assert best.crs == f"EPSG:{code}"
        assert best.score > 0.9


@pytest.mark.parametrize(
    ("scale", "declared"), [(1e6, None), (1e5, None), (1e7, None), (1e6, "EPSG:4490"), (1e6, "EPSG:4549")]
)
def test_whole_numbers_of_a_power_of_ten_are_degrees(scale, declared):
    lon, lat = county("四川")
    best = likely_crs(np.rint(lon * scale), np.rint(lat * scale), declared)[0]
    assert best.crs == "EPSG:4490"
    assert best.scale == pytest.approx(1 / scale)
    assert f"{best.scale:g}" in best.why("en")


def test_kilometres_are_told_from_metres():
    east, north = projected(4527, *county("北京"))
    best = likely_crs(east / 1000, north / 1000)[0]
    assert (best.crs, best.scale) == ("EPSG:4527", 1000.0)


def test_county_astride_two_zones_is_told_in_either():
    lon, lat = county("新疆")  # by the meridian 87, projected from 90 and from 84
    for code in (4518, 4517, 4516):
        assert likely_crs(*projected(code, lon, lat))[0].crs == f"EPSG:{code}"


def test_metres_of_web_maps_are_told():
    east, north = projected(3857, *county("广东"))
    assert likely_crs(east, north)[0].crs == "EPSG:3857"


def test_degrees_declared_as_metres_and_metres_as_degrees():
    lon, lat = county("北京")
    assert likely_crs(lon, lat, "EPSG:4548")[0].crs == "EPSG:4490"
    east, north = projected(4527, lon, lat)
    assert likely_crs(east, north, "EPSG:4490")[0].crs == "EPSG:4527"


def test_datum_that_the_file_declares_is_kept_where_the_zone_is_wrong():
    east, north = projected(2384, *county("北京"))  # Xi'an 1980, meridian 117
    area = shapely.box(115.8, 39.3, 117.0, 40.5)
    assert likely_crs(east, north, "EPSG:2385", expected=area)[0].crs == "EPSG:2384"


def test_web_map_systems_are_named_as_possible_too():
    found = [guess.crs for guess in likely_crs(*county("北京"))]
    assert {"GCJ-02", "BD-09"} <= set(found)
    assert likely_crs(*county("北京"), "GCJ-02")[0].crs == "GCJ-02"


def test_degrees_abroad_are_no_chinese_system():
    best = likely_crs([1.5, 1.6], [42.5, 42.6])[0]
    assert best.crs == "EPSG:4326"


@pytest.mark.parametrize("numbers", [([], []), ([np.nan], [np.inf]), ([0.0], [0.0]), ([1e12], [1e12])])
def test_nothing_is_said_of_numbers_that_say_nothing(numbers):
    assert likely_crs(*numbers) == []


def test_some_wild_rows_do_not_spoil_the_guess():
    lon, lat = county("北京")
    lon, lat = np.r_[lon, [0.0, np.nan, 5e6, 39.9]], np.r_[lat, [0.0, 1.0, 7.0, 116.4]]
    assert likely_crs(lon, lat)[0].crs == "EPSG:4490"


def test_system_that_cannot_be_read_is_no_obstacle():
    assert likely_crs(*county("北京"), "rubbish")[0].crs == "EPSG:4490"
    assert likely_crs([1000.0], [2000.0], "local")[0].reason == "crs_guess_declared"


def test_every_guess_gives_its_reason_in_both_languages():
    east, north = projected(4548, *county("北京"))
    for guess in likely_crs(north, east, "EPSG:4549", expected=shapely.box(115, 39, 118, 41)):
        assert guess.why("en")
        assert guess.why("zh")
        assert 0 <= guess.score <= 1


# Provinces


@pytest.mark.parametrize("place", CITIES)
def test_capital_lies_in_the_box_of_its_province(place):
    found = province_named([f"{place}站址台账.xlsx"])
    assert isinstance(found, Province)
    assert found.short_zh == place
    assert shapely.intersects_xy(found.box, *CITIES[place])


def test_provinces_are_34_with_codes_and_boxes_of_their_own():
    assert len({one.code for one in provinces()}) == len({one.zh for one in provinces()}) == 34
    for one in provinces():
        west, south, east, north = one.bounds
        assert 73 <= west < east <= 136
        assert 3 <= south < north <= 54


@pytest.mark.parametrize(
    ("code", "zh"),
    [
        ("653130", "新疆"),
        ("653130201", "新疆"),
        ("653130201001", "新疆"),
        ("110101", "北京"),
        ("65313", None),
        ("", None),
    ],
)
def test_code_of_a_district_names_its_province(code, zh):
    found = province_of_code(code)
    assert (found and found.short_zh) == zh


def test_province_must_be_that_of_most_cells():
    assert province_named(["650101", "650102", "云南省"]).code == "65"
    assert province_named(["650101", "云南省"]) is None
    assert province_named(["甲站", "乙站"]) is None
