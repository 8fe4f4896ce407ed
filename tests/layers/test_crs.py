"""Operations: what is refused, what is allowed and said, seven parameters against a formula written for the test."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from onemap.errors import CRSError
from onemap.layers.crs import (
    DatumShift,
    Operation,
    choose_operation,
    metric_crs,
    require_crs,
    require_metric_crs,
    to_crs,
    transform,
    transform_geometry,
)
from onemap.layers.crs_area import area_of_use, check_bounds, in_area_of_use
from onemap.layers.crs_names import crs_label, datum_key, parse_crs
from onemap.layers.declared_pipeline import NamedOperation
from onemap.layers.operations import is_taken_as_it_is
from onemap.layers.places import place_rows

BEIJING = (116.0, 39.5, 116.8, 40.2)
KASHGAR = (75.0, 39.4, 75.6, 39.9)
CITIES = {
    "Beijing": (116.4, 39.9),
    "Urumqi": (87.6, 43.8),
    "Ordos": (109.8, 39.6),
    "Yunnan": (102.7, 25.0),
    "Shanghai": (121.5, 31.2),
}
GRS80 = (6378137.0, 298.257222101)
IAG75 = (6378140.0, 298.257)
KRASSOVSKY = (6378245.0, 298.3)


def box_round(lon, lat):
    return (lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05)


def box_in(crs, lon=116.4, lat=39.9):
    if parse_crs(crs).is_geographic:
        return box_round(lon, lat)
    crs = parse_crs(crs)
    east, north = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(lon, lat)
    return (east - 5_000, north - 5_000, east + 5_000, north + 5_000)


# 1. What PROJ does without a word, and we refuse


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (4214, 4490), (4610, 4490), (4214, 4610), (4610, 4214), (4490, 4610), (4490, 4214), (4326, 4610), (4610, 4326),
        (2383, 4548), (2383, 4490), (2383, 4326), (2436, 4548), (2436, 4490), (4548, 2383), (32650, 2384), (4555, 4490),
    ],
)  # fmt: skip
def test_datums_without_a_published_operation_need_parameters(source, target):
    with pytest.raises(CRSError, match="seven parameters"):
        choose_operation(f"EPSG:{source}", f"EPSG:{target}", box_in(source))


@pytest.mark.parametrize("city", CITIES)
def test_beijing_1954_to_wgs_84_is_refused_outside_the_areas_of_its_operations(city):
    bounds = box_round(*CITIES[city])
    for code in ("15918", "15919", "15920", "15921", "15935", "15936"):
        with pytest.raises(CRSError, match="for other areas"):
            choose_operation("EPSG:4214", "EPSG:4326", bounds, NamedOperation(f"EPSG:{code}"))
    with pytest.raises(CRSError, match="must be declared"):
        choose_operation("EPSG:4214", "EPSG:4326", bounds)


def test_published_operation_of_an_old_datum_is_taken_only_by_name_with_its_accuracy():
    bounds = (80.0, 38.0, 81.0, 39.0)
    with pytest.raises(CRSError, match=r"EPSG:15921 \(Beijing 1954 to WGS 84 \(4\), 1 m\)"):
        choose_operation("EPSG:4214", "EPSG:4326", bounds)
    operation = choose_operation("EPSG:4214", "EPSG:4326", bounds, NamedOperation("EPSG:15921"))
    assert operation.accuracy_m == 1.0
    assert "Beijing 1954 to WGS 84 (4)" in operation.description
    onwards = choose_operation("EPSG:4214", "EPSG:4490", bounds, NamedOperation("15921"))
    assert onwards.accuracy_m == 2.0
    assert "treated as identical" in onwards.description
    assert transform(onwards, [80.5], [38.5]) == transform(operation, [80.5], [38.5])


def test_published_operation_between_other_datums_is_not_taken_for_this_step():
    with pytest.raises(CRSError, match="got EPSG:1149"):
        choose_operation("EPSG:4214", "EPSG:4326", (80.0, 38.0, 81.0, 39.0), NamedOperation("EPSG:1149"))


def test_other_datums_take_the_published_operation_whose_area_holds_the_layer():
    operation = choose_operation("EPSG:4258", "EPSG:4326", (1.0, 42.0, 2.0, 43.0))
    assert operation.accuracy_m == 1.0
    assert "ETRS89 to WGS 84 (1)" in operation.description
    with pytest.raises(CRSError, match="for other areas"):
        choose_operation("EPSG:4258", "EPSG:4326", (-16.9, 40.0, -15.0, 41.0))


def test_realisations_of_wgs_84_are_one_and_it_is_said():
    operation = choose_operation("EPSG:9057", "EPSG:4326", KASHGAR)
    assert operation.accuracy_m == 2.0
    assert "realisations of WGS 84" in operation.description
    assert choose_operation("EPSG:9057", "EPSG:4490", KASHGAR).accuracy_m == 1.0


def test_layer_that_leaves_the_area_of_a_named_operation_is_refused():
    with pytest.raises(CRSError, match="for other areas"):
        choose_operation("EPSG:4214", "EPSG:4326", (80.0, 38.0, 89.0, 39.0), NamedOperation("EPSG:15921"))


# 2. What is allowed, and said


@pytest.mark.parametrize(("source", "target"), [(4326, 4490), (4490, 4326), (32643, 4490), (4534, 4326), (32643, 4534)])
def test_wgs_84_and_cgcs2000_are_identical_and_it_is_said(source, target):
    operation = choose_operation(f"EPSG:{source}", f"EPSG:{target}", box_in(source, 75.2, 39.5))
    assert operation.accuracy_m == 1.0
    assert "treated as identical" in operation.description
    assert operation.proj_version == pyproj.proj_version_str


def test_conversion_within_one_datum_is_exact_and_comes_back():
    there = choose_operation("EPSG:4490", "EPSG:4534", KASHGAR)
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(75.0, 75.6, 1000), rng.uniform(39.4, 39.9, 1000)
    east, north = transform(there, lon, lat)
    back = choose_operation("EPSG:4534", "EPSG:4490", (east.min(), north.min(), east.max(), north.max()))
    again = transform(back, east, north)
    assert there.accuracy_m == back.accuracy_m == 0.0
    assert np.max(pyproj.Geod(ellps="GRS80").inv(lon, lat, *again)[2]) < 1e-6


def test_easting_comes_first_and_is_half_a_million_on_the_central_meridian():
    east, north = transform(choose_operation("EPSG:4490", "EPSG:4534", KASHGAR), [75.0], [39.5])
    assert east[0] == pytest.approx(500_000, abs=1e-6)
    meridian_m = pyproj.Geod(ellps="GRS80").inv(75.0, 0.0, 75.0, 39.5)[2]
    assert north[0] == pytest.approx(meridian_m, abs=1e-4)


@pytest.mark.parametrize("name", ["GCJ-02", "gcj02", "BD-09", "BD09"])
def test_web_map_systems_end_in_the_working_crs(name):
    from onemap.layers import webmap_offsets

    forward = webmap_offsets.wgs84_to_gcj02 if name.upper().startswith("GCJ") else webmap_offsets.wgs84_to_bd09
    operation = choose_operation(name, "EPSG:4490", KASHGAR)
    lon, lat = transform(operation, *forward([75.2], [39.5]))
    assert (lon[0], lat[0]) == pytest.approx((75.2, 39.5), abs=1e-11)
    assert "official formula is not published" in operation.description
    assert operation.accuracy_m is None


# 3. Seven parameters


def to_geocentric(lon_deg, lat_deg, ellipsoid):
    axis_m, inverse_flattening = ellipsoid
    flattening = 1 / inverse_flattening
    squared = flattening * (2 - flattening)
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    normal_m = axis_m / np.sqrt(1 - squared * np.sin(lat) ** 2)
    return np.array(
        [
            normal_m * np.cos(lat) * np.cos(lon),
            normal_m * np.cos(lat) * np.sin(lon),
            normal_m * (1 - squared) * np.sin(lat),
        ]
    )


def to_geographic(point, ellipsoid):
    axis_m, inverse_flattening = ellipsoid
    flattening = 1 / inverse_flattening
    squared = flattening * (2 - flattening)
    across_m = np.hypot(point[0], point[1])
    lat = np.arctan2(point[2], across_m * (1 - squared))
    for _ in range(20):
        normal_m = axis_m / np.sqrt(1 - squared * np.sin(lat) ** 2)
        lat = np.arctan2(point[2] + squared * normal_m * np.sin(lat), across_m)
    return np.degrees(np.arctan2(point[1], point[0])), np.degrees(lat)


def seven_parameters(point, shift):
    """EPSG methods 1033 (position vector) and 1032 (coordinate frame), IOGP 373-7-2, small angles."""
    sign = 1 if shift.method == "position vector" else -1
    rx, ry, rz = (sign * math.radians(angle / 3600) for angle in (shift.rx_arcsec, shift.ry_arcsec, shift.rz_arcsec))
    rotation = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])
    return (1 + shift.scale_ppm * 1e-6) * rotation @ point + np.array([[shift.tx_m], [shift.ty_m], [shift.tz_m]])


@pytest.mark.parametrize(("method", "rz"), [("position vector", 0.554), ("coordinate frame", -0.554)])
def test_published_example_of_the_seven_parameters_is_met(method, rz):
    shift = DatumShift(method, tx_m=0.0, ty_m=0.0, tz_m=4.5, rz_arcsec=rz, scale_ppm=0.219)
    published = [3657660.78, 255778.43, 5201387.75]  # IOGP 373-7-2, WGS 72 to WGS 84
    x, y, z = pyproj.Transformer.from_pipeline(shift.step).transform(3657660.66, 255768.55, 5201382.11)
    assert [x, y, z] == pytest.approx(published, abs=0.01)
    mine = seven_parameters(np.array([[3657660.66], [255768.55], [5201382.11]]), shift)
    assert mine.ravel().tolist() == pytest.approx(published, abs=0.01)
    assert [x, y, z] == pytest.approx(mine.ravel().tolist(), abs=1e-6)


@pytest.mark.parametrize("method", ["position vector", "coordinate frame"])
@pytest.mark.parametrize(("source", "ellipsoid"), [(4610, IAG75), (4214, KRASSOVSKY)])
def test_declared_shift_agrees_with_the_formula_below_a_hundredth_of_a_millimetre(method, source, ellipsoid):
    shift = DatumShift(method, -12.3, 145.6, 78.9, 1.1, -2.2, 3.3, -4.4, accuracy_m=0.5)
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(75.0, 75.6, 500), rng.uniform(39.4, 39.9, 500)
    operation = choose_operation(f"EPSG:{source}", "EPSG:4490", KASHGAR, shift)
    expected = to_geographic(seven_parameters(to_geocentric(lon, lat, ellipsoid), shift), GRS80)
    found = transform(operation, lon, lat)
    assert np.max(pyproj.Geod(ellps="GRS80").inv(*expected, *found)[2]) < 1e-5
    assert operation.accuracy_m == 0.5
    assert method in operation.description


def test_the_two_methods_differ_by_metres_and_by_the_sign_of_the_rotations_only():
    numbers = {"tx_m": 1.0, "ty_m": 2.0, "tz_m": 3.0, "scale_ppm": 1.0}
    one = DatumShift("position vector", rx_arcsec=1.0, ry_arcsec=2.0, rz_arcsec=3.0, **numbers)
    turned = DatumShift("coordinate frame", rx_arcsec=-1.0, ry_arcsec=-2.0, rz_arcsec=-3.0, **numbers)
    wrong = DatumShift("coordinate frame", rx_arcsec=1.0, ry_arcsec=2.0, rz_arcsec=3.0, **numbers)
    places = [transform(choose_operation(4610, 4490, KASHGAR, shift), [75.2], [39.5]) for shift in (one, turned, wrong)]
    geod = pyproj.Geod(ellps="GRS80")
    assert geod.inv(*places[0], *places[1])[2][0] < 1e-6
    assert geod.inv(*places[0], *places[2])[2][0] > 50


def test_projected_source_goes_through_one_pipeline():
    shift = DatumShift("position vector", -12.3, 145.6, 78.9, 1.1, -2.2, 3.3, -4.4)
    bounds = (25_500_000, 4_370_000, 25_550_000, 4_420_000)
    operation = choose_operation("EPSG:2349", "EPSG:4490", bounds, shift)
    tmerc = pyproj.Proj(proj="tmerc", lon_0=75, x_0=25_500_000, a=IAG75[0], rf=IAG75[1])
    lon, lat = tmerc(25_520_000, 4_380_000, inverse=True)
    expected = to_geographic(seven_parameters(to_geocentric(np.array([lon]), np.array([lat]), IAG75), shift), GRS80)
    found = transform(operation, [25_520_000], [4_380_000])
    assert pyproj.Geod(ellps="GRS80").inv(*expected, *found)[2][0] < 1e-5
    assert operation.pipeline.count("proj=helmert") == 1


@pytest.mark.parametrize("method", ["", "bursa-wolf", "Position Vector", None])
def test_shift_without_a_known_method_is_refused(method):
    with pytest.raises(CRSError, match="position vector"):
        DatumShift(method, 1.0, 2.0, 3.0)


def test_shift_of_no_number_is_refused():
    with pytest.raises(CRSError, match="rz_arcsec must be a finite number"):
        DatumShift("position vector", 1.0, 2.0, 3.0, rz_arcsec=float("nan"))


@pytest.mark.parametrize("source", ["EPSG:4490", "EPSG:4534", "GCJ-02"])
def test_shift_where_none_is_needed_is_refused(source):
    bounds = KASHGAR if source != "EPSG:4534" else box_in(4534, 75.2, 39.5)
    with pytest.raises(CRSError, match="needs no step between datums"):
        choose_operation(source, "EPSG:4490", bounds, DatumShift("position vector", 1.0, 2.0, 3.0))


# 4. Coordinates that do not fit their system


@pytest.mark.parametrize(
    ("crs", "bounds", "words"),
    [
        ("EPSG:4549", (115.0, 39.0, 116.0, 40.0), "these are degrees; use EPSG:4490"),
        ("EPSG:4549", (40_500_000, 4_370_000, 40_560_000, 4_400_000), "EPSG:4528"),
        ("EPSG:4528", (500_000, 4_370_000, 560_000, 4_400_000), "EPSG:4549"),
        ("EPSG:2349", (500_000, 4_370_000, 560_000, 4_400_000), "EPSG:2370"),
        ("EPSG:4490", (40_500_000, 4_370_000, 40_560_000, 4_400_000), "EPSG:4528"),
        ("EPSG:4490", (500_000, 4_370_000, 560_000, 4_400_000), "EPSG:4534 … EPSG:4554"),
        ("EPSG:4490", (39.4, 75.0, 39.9, 75.6), "swapped"),
        ("EPSG:4534", (4_370_000, 500_000, 4_400_000, 560_000), "swapped"),
        ("EPSG:4534", (3_900_000, 4_370_000, 3_950_000, 4_400_000), "outside the area"),
        ("GCJ-02", (500_000, 4_370_000, 560_000, 4_400_000), "metres of a projection"),
    ],
)
def test_coordinates_that_do_not_fit_are_refused_with_what_they_look_like(crs, bounds, words):
    with pytest.raises(CRSError, match=words) as caught:
        choose_operation(crs, "EPSG:4490", bounds)
    assert caught.value.exit_code == 2
    assert caught.value.text("zh")


def test_county_astride_two_zones_is_accepted_in_one_of_them():
    assert choose_operation("EPSG:4534", "EPSG:4490", box_in(4534, 77.2, 39.5)).accuracy_m == 0.0


def test_system_without_a_code_is_used_round_its_meridian():
    esri = parse_crs(
        'PROJCS["County",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
        'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
        'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
        'PARAMETER["Central_Meridian",75.25],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
        'UNIT["Meter",1.0]]'
    )
    assert datum_key(esri) == "cgcs2000"
    assert area_of_use(esri)[0] == pytest.approx(75.25 - 6)
    lon, _ = transform(choose_operation(esri, "EPSG:4490", (490_000, 4_370_000, 510_000, 4_380_000)), [5e5], [4.375e6])
    assert lon[0] == pytest.approx(75.25, abs=1e-9)


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ("EPSG:999999", 'must be "EPSG:n"'),
        ("rubbish", 'must be "EPSG:n"'),
        ("EPSG:4479", "geographic or projected"),
        ("+proj=tmerc +lon_0=75 +x_0=500000 +ellps=GRS80", "which datum"),
    ],
)
def test_system_that_does_not_say_enough_is_refused(crs, words):
    with pytest.raises(CRSError, match=words):
        choose_operation(crs, "EPSG:4490", None)


def test_shift_that_a_file_carries_along_is_not_trusted():
    with pytest.raises(CRSError, match="seven parameters"):
        choose_operation(
            'GEOGCS["Xian 1980",DATUM["Xian_1980",SPHEROID["IAG 1975",6378140,298.257],TOWGS84[0,0,0,0,0,0,0]],'
            'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]',
            "EPSG:4490",
            KASHGAR,
        )


def test_coordinates_that_have_no_image_are_refused_and_counted():
    operation = choose_operation("EPSG:4490", "EPSG:4534", KASHGAR)
    with pytest.raises(CRSError, match="2 of them cannot go from EPSG:4490"):
        transform(operation, [75.0, np.nan, 75.1], [39.5, 39.5, np.inf])


def test_rows_are_told_apart_by_the_area_of_use():
    inside = in_area_of_use("EPSG:4534", [500_000, 25_500_000, np.nan], [4_374_000, 4_374_000, 4_374_000])
    assert inside.tolist() == [True, False, False]


# 5. Layers


@pytest.fixture
def sites():
    return gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=[shapely.Point(75, 39.5, 1200), None], crs="EPSG:4490", index=[7, 3]
    )


def test_to_crs_keeps_index_heights_and_nulls_and_its_argument(sites):
    before = sites.copy()
    moved = to_crs(sites, "EPSG:4534")
    assert moved.index.tolist() == [7, 3]
    assert moved.crs.to_epsg() == 4534
    assert moved.geometry.iloc[0].z == 1200
    assert moved.geometry.iloc[0].x == pytest.approx(500_000)
    assert moved.geometry.iloc[1] is None
    assert_geodataframe_equal(sites, before)


def test_to_crs_of_a_layer_without_crs_is_refused(sites):
    with pytest.raises(CRSError, match="must be known"):
        to_crs(sites.set_crs(None, allow_override=True), "EPSG:4490")


def test_to_crs_of_an_empty_layer_gives_an_empty_layer(sites):
    assert to_crs(sites.iloc[:0], "EPSG:4534").crs.to_epsg() == 4534


def test_lines_and_polygons_move_vertex_by_vertex():
    line = shapely.LineString([(75, 39.5), (75.1, 39.6)])
    operation = choose_operation("EPSG:4490", "EPSG:4534", KASHGAR)
    moved = transform_geometry(operation, np.array([line, None], dtype=object))
    east, north = transform(operation, [75, 75.1], [39.5, 39.6])
    assert shapely.get_coordinates(moved[0]).tolist() == np.column_stack([east, north]).tolist()
    assert moved[1] is None


@pytest.mark.parametrize(
    ("place", "epsg"),
    [
        ((75.2, 39.5), 4534),
        ((76.6, 39.5), 4535),
        ((116.4, 39.9), 4548),
        ((1.5, 42.5), 32631),
        ((-70.0, -33.0), 32719),
        ((10.0, 85.0), 5041),
    ],
)
def test_metric_crs_is_the_zone_of_the_place(place, epsg):
    assert metric_crs(*place).to_epsg() == epsg


def test_metric_crs_off_the_globe_is_refused():
    with pytest.raises(ValueError, match="lon must lie in"):
        metric_crs(500_000, 39.5)


def test_layers_of_two_systems_are_refused_by_name(sites):
    assert require_crs(sites=sites, same=sites).to_epsg() == 4490
    with pytest.raises(CRSError, match="sites EPSG:4490, moved EPSG:4534"):
        require_crs(sites=sites, moved=to_crs(sites, "EPSG:4534"))
    with pytest.raises(CRSError, match="bare none"):
        require_crs(sites=sites, bare=sites.set_crs(None, allow_override=True))


def test_degrees_are_no_metres(sites):
    assert require_metric_crs(sites=to_crs(sites, "EPSG:4534")).to_epsg() == 4534
    with pytest.raises(CRSError, match="in metres, got sites EPSG:4490"):
        require_metric_crs(sites=sites)


def test_operation_is_a_value():
    one, two = (choose_operation("EPSG:4326", "EPSG:4490", KASHGAR) for _ in range(2))
    assert isinstance(one, Operation)
    assert one == two
    assert len({one, two}) == 1


def test_systems_are_named_briefly():
    assert crs_label(parse_crs("EPSG:4490+5737")) == "EPSG:4490"
    assert crs_label(parse_crs(4490)) == "EPSG:4490"


def test_wgs_84_is_not_taken_for_cgcs2000_outside_china():
    with pytest.raises(CRSError, match="EPSG:4490") as caught:
        choose_operation("EPSG:4326", "EPSG:4490", (1.4, 42.4, 1.8, 42.7))
    assert caught.value.rule == "OM-CRS-019"
    sites = shapely.points([[118.8, 32.05], [118.8, -32.05]])
    places = place_rows(sites, "EPSG:4326", working_crs="EPSG:4490", area=None, datum_shift=None)
    assert places.geometry.tolist() == [sites[0], None]
    assert [(fault.rule, fault.position, fault.values["crs"]) for fault in places.faults] == [
        ("OM-CRS-005", 1, "EPSG:4490")
    ]
    with pytest.raises(CRSError, match="EPSG:4490"):
        place_rows(sites[1:], "EPSG:4326", working_crs="EPSG:4490", area=None, datum_shift=None)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4546", "EPSG:4525", "EPSG:4509", "EPSG:4610"])
def test_islands_of_the_south_are_within_the_chinese_systems(crs):
    assert area_of_use(crs)[1] == 3.0


def test_a_system_is_not_proposed_in_its_own_place():
    with pytest.raises(CRSError, match="would fit") as caught:  # metres of the south in a zone of the north
        check_bounds("EPSG:4553", (377_000, 3_537_000, 396_000, 3_553_000))
    assert "EPSG:4553 (" not in str(caught.value)


@pytest.mark.parametrize("source", ["local", "GCJ-02", "BD-09"])
def test_only_a_system_on_wgs_84_is_taken_as_it_is(source):
    assert not is_taken_as_it_is(source, "EPSG:4490")
    assert area_of_use(source)[0] < area_of_use(source)[2]
