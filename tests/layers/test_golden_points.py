"""Golden points: every family of Chinese systems in twelve cities, through the whole of conforming, to a millimetre.

What is expected is computed here, with nothing of the package: the Krüger series of the ellipsoid, the seven-parameter
formula on geocentric coordinates, pipelines written by hand, the public offset formula and a root finder.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyproj
import pytest
from scipy.optimize import root

from onemap.errors import CRSError
from onemap.layers.conform import LayerMapping, conform
from onemap.layers.crs import DatumShift, choose_operation
from onemap.layers.declared_pipeline import NamedOperation

CITIES = {
    "Beijing": (116.40, 39.90), "Shanghai": (121.47, 31.23), "Urumqi": (87.62, 43.82), "Kashgar": (75.99, 39.47),
    "Lhasa": (91.11, 29.65), "Kunming": (102.71, 25.04), "Harbin": (126.63, 45.75), "Haikou": (110.33, 20.03),
    "Guangzhou": (113.26, 23.13), "Chengdu": (104.06, 30.67), "Hohhot": (111.75, 40.84), "Lanzhou": (103.83, 36.06),
}  # fmt: skip
AROUND = [(0.0, 0.0), (0.21, 0.13), (-0.17, 0.08), (0.05, -0.19), (-0.11, -0.14)]
GRS80, IAG75, KRASSOVSKY = (6378137.0, 298.257222101), (6378140.0, 298.257), (6378245.0, 298.3)
GEOD = pyproj.Geod(ellps="GRS80")
SEVEN = {"tx_m": -13.1, "ty_m": 118.7, "tz_m": 62.4, "rx_arcsec": 0.93, "ry_arcsec": -1.27, "rz_arcsec": 2.11}
SHIFTS = {
    "4610 position vector": ("xian", DatumShift("position vector", **SEVEN, scale_ppm=-3.6, accuracy_m=0.5)),
    "4610 coordinate frame": ("xian", DatumShift("coordinate frame", **SEVEN, scale_ppm=-3.6, accuracy_m=0.5)),
    "4214 position vector": ("beijing", DatumShift("position vector", **SEVEN, scale_ppm=4.1, accuracy_m=0.5)),
    "4214 coordinate frame": ("beijing", DatumShift("coordinate frame", **SEVEN, scale_ppm=4.1, accuracy_m=0.5)),
    "4214 three parameters": ("beijing", DatumShift("translation", 15.8, -154.4, -82.3, accuracy_m=5.0)),
}
ELLIPSOIDS = {"cgcs": GRS80, "xian": IAG75, "beijing": KRASSOVSKY}
GEOGRAPHIC = {"cgcs": 4490, "xian": 4610, "beijing": 4214}
FIRST_ZONE = {  # EPSG code of zone 25 of 3 degrees and of zone 13 of 6 degrees: with zone number, without
    ("cgcs", 3): (4513, 4534), ("cgcs", 6): (4491, 4502), ("xian", 3): (2349, 2370), ("xian", 6): (2327, 2338),
    ("beijing", 3): (2401, 2422), ("beijing", 6): (21413, 21453),
}  # fmt: skip


def places(city):
    return np.array([(CITIES[city][0] + lon, CITIES[city][1] + lat) for lon, lat in AROUND])


def zone_of(lon, width):
    return round(lon / 3) if width == 3 else int(lon // 6) + 1


def meridian_of(zone, width):
    return 3 * zone if width == 3 else 6 * zone - 3


def gauss_krueger(lon_deg, lat_deg, meridian_deg, ellipsoid):
    """Krüger's series of the third flattening to the sixth order (Karney 2011, equation 35); written for this test."""
    axis_m, inverse_flattening = ellipsoid
    f = 1 / inverse_flattening
    n = f / (2 - f)
    e = math.sqrt(f * (2 - f))
    radius_m = axis_m / (1 + n) * (1 + n**2 / 4 + n**4 / 64 + n**6 / 256)
    alpha = [
        n / 2 - 2 / 3 * n**2 + 5 / 16 * n**3 + 41 / 180 * n**4 - 127 / 288 * n**5 + 7891 / 37800 * n**6,
        13 / 48 * n**2 - 3 / 5 * n**3 + 557 / 1440 * n**4 + 281 / 630 * n**5 - 1983433 / 1935360 * n**6,
        61 / 240 * n**3 - 103 / 140 * n**4 + 15061 / 26880 * n**5 + 167603 / 181440 * n**6,
        49561 / 161280 * n**4 - 179 / 168 * n**5 + 6601661 / 7257600 * n**6,
        34729 / 80640 * n**5 - 3418889 / 1995840 * n**6,
        212378941 / 319334400 * n**6,
    ]
    tan = math.tan(math.radians(lat_deg))
    off = math.radians(lon_deg - meridian_deg)
    sigma = math.sinh(e * math.atanh(e * tan / math.hypot(1, tan)))
    conformal = tan * math.hypot(1, sigma) - sigma * math.hypot(1, tan)
    xi = math.atan2(conformal, math.cos(off))
    eta = math.asinh(math.sin(off) / math.hypot(conformal, math.cos(off)))
    up = xi + sum(a * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, a in enumerate(alpha, 1))
    across = eta + sum(a * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, a in enumerate(alpha, 1))
    return radius_m * across, radius_m * up


def seven_parameters(lon_deg, lat_deg, ellipsoid, shift):
    """IOGP 373-7-2, section 4.3.3, on the surface of the ellipsoid; then Bowring's latitude, iterated."""
    axis_m, inverse_flattening = ellipsoid
    squared = (2 - 1 / inverse_flattening) / inverse_flattening
    lon, lat = math.radians(lon_deg), math.radians(lat_deg)
    normal_m = axis_m / math.sqrt(1 - squared * math.sin(lat) ** 2)
    x, y = normal_m * math.cos(lat) * math.cos(lon), normal_m * math.cos(lat) * math.sin(lon)
    z = normal_m * (1 - squared) * math.sin(lat)
    sign = -1 if shift.method == "coordinate frame" else 1
    rx, ry, rz = (sign * math.radians(angle / 3600) for angle in (shift.rx_arcsec, shift.ry_arcsec, shift.rz_arcsec))
    scale = 1 + shift.scale_ppm * 1e-6
    east = shift.tx_m + scale * (x - rz * y + ry * z)
    north = shift.ty_m + scale * (rz * x + y - rx * z)
    up = shift.tz_m + scale * (-ry * x + rx * y + z)
    squared = (2 - 1 / GRS80[1]) / GRS80[1]
    across = math.hypot(east, north)
    lat = math.atan2(up, across * (1 - squared))
    for _ in range(30):
        normal_m = GRS80[0] / math.sqrt(1 - squared * math.sin(lat) ** 2)
        lat = math.atan2(up + squared * normal_m * math.sin(lat), across)
    return math.degrees(math.atan2(north, east)), math.degrees(lat)


def gcj(lon, lat):
    """The public formula, as its open programs write it, on plain numbers."""
    x, y = lon - 105.0, lat - 35.0
    wave = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave * 2 / 3
    d_lat += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    d_lat += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave * 2 / 3
    d_lon += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    d_lon += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    axis_m, squared = 6378245.0, 0.00669342162296594323
    magic = 1 - squared * math.sin(math.radians(lat)) ** 2
    d_lat = d_lat * 180 / (axis_m * (1 - squared) / (magic * math.sqrt(magic)) * math.pi)
    d_lon = d_lon * 180 / (axis_m / math.sqrt(magic) * math.cos(math.radians(lat)) * math.pi)
    return lon + d_lon, lat + d_lat


def bd(lon, lat):
    east, north = gcj(lon, lat)
    wave = math.pi * 3000 / 180
    radius = math.sqrt(east**2 + north**2) + 0.00002 * math.sin(north * wave)
    angle = math.atan2(north, east) + 0.000003 * math.cos(east * wave)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def conformed(crs, coordinates, *, angular, working_crs="EPSG:4490", **mapping):
    """Bring points through the whole of conforming, as texts of a table."""
    first, second = ("经度", "纬度") if angular else ("Y坐标", "X坐标")
    frame = pd.DataFrame({first: [repr(float(one)) for one in coordinates[:, 0]]}, dtype="string")
    frame[second] = pd.array([repr(float(one)) for one in coordinates[:, 1]], dtype="string")
    frame["编码"] = pd.array([f"T{row}" for row in range(len(frame))], dtype="string")
    source = SimpleNamespace(
        path=Path("t.csv"), layer="", crs=None, encoding="utf-8", geometry=None, rows=np.arange(len(frame)) + 2, frame=frame
    )  # fmt: skip
    axes = {"lon": first, "lat": second} if angular else {"easting": first, "northing": second}
    layer_mapping = LayerMapping("towers", crs=crs, fields={"tower_id": "编码"}, **axes, **mapping)
    result = conform(source, layer_mapping, working_crs=working_crs, file="t.csv")
    assert len(result.layer) == len(frame)
    return np.column_stack([result.layer.geometry.x, result.layer.geometry.y]), result.operation


def farthest_m(found, expected):
    return float(np.max(GEOD.inv(*np.asarray(found).T, *np.asarray(expected).T)[2]))


# 1. Eight families and more in twelve cities


@pytest.mark.parametrize("city", CITIES)
def test_degrees_of_cgcs2000_stay(city):
    found, operation = conformed("EPSG:4490", places(city), angular=True)
    assert farthest_m(found, places(city)) < 1e-6
    assert operation.accuracy_m == 0.0


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("numbered", [True, False], ids=["number", "no number"])
@pytest.mark.parametrize("width", [3, 6])
def test_zones_of_cgcs2000_meet_the_series(width, numbered, city):
    truth = places(city)
    zone = zone_of(CITIES[city][0], width)
    code = FIRST_ZONE["cgcs", width][0 if numbered else 1] + zone - (25 if width == 3 else 13)
    metres = np.array([gauss_krueger(lon, lat, meridian_of(zone, width), GRS80) for lon, lat in truth])
    metres[:, 0] += 500_000 + (1_000_000 * zone if numbered else 0)
    found, operation = conformed(f"EPSG:{code}", metres, angular=False)
    assert farthest_m(found, truth) < 1e-3
    assert operation.accuracy_m == 0.0
    by_hand = pyproj.Transformer.from_pipeline(
        f"proj=pipeline step inv proj=etmerc lon_0={meridian_of(zone, width)} ellps=GRS80 "
        f"x_0={500_000 + (1_000_000 * zone if numbered else 0)} step proj=unitconvert xy_in=rad xy_out=deg"
    )
    assert farthest_m(found, np.column_stack(by_hand.transform(*metres.T))) < 1e-3


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("family", SHIFTS)
def test_old_datums_meet_the_declared_parameters(family, city):
    datum, shift = SHIFTS[family]
    truth = np.array([seven_parameters(lon, lat, ELLIPSOIDS[datum], shift) for lon, lat in places(city)])
    found, operation = conformed(f"EPSG:{GEOGRAPHIC[datum]}", places(city), angular=True, datum_shift=shift)
    assert farthest_m(found, truth) < 1e-3
    assert operation.accuracy_m == shift.accuracy_m
    assert farthest_m(found, places(city)) > 5  # the step was taken


@pytest.mark.slow
@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize(("width", "numbered"), [(3, True), (3, False), (6, True), (6, False)])
@pytest.mark.parametrize("family", ["4610 coordinate frame", "4214 position vector", "4214 three parameters"])
def test_zones_of_old_datums_meet_series_and_parameters(family, width, numbered, city):
    datum, shift = SHIFTS[family]
    zone = zone_of(CITIES[city][0], width)
    code = FIRST_ZONE[datum, width][0 if numbered else 1] + zone - (25 if width == 3 else 13)
    old = places(city)
    metres = np.array([gauss_krueger(lon, lat, meridian_of(zone, width), ELLIPSOIDS[datum]) for lon, lat in old])
    metres[:, 0] += 500_000 + (1_000_000 * zone if numbered else 0)
    truth = np.array([seven_parameters(lon, lat, ELLIPSOIDS[datum], shift) for lon, lat in old])
    found, _ = conformed(f"EPSG:{code}", metres, angular=False, datum_shift=shift)
    assert farthest_m(found, truth) < 1e-3


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize(("system", "forward"), [("GCJ-02", gcj), ("BD-09", bd)])
def test_web_map_systems_meet_another_inversion(system, forward, city):
    shifted = places(city)
    truth = []
    for lon, lat in shifted:
        solved = root(lambda p, at=(lon, lat): np.array(forward(*p)) - at, (lon, lat), method="hybr", tol=1e-14)
        truth.append(solved.x)
    assert max(abs(np.array(forward(*one)) - at).max() for one, at in zip(truth, shifted, strict=True)) < 1e-10
    found, operation = conformed(system, shifted, angular=True)
    assert farthest_m(found, truth) < 1e-3
    assert farthest_m(found, shifted) > 100
    assert operation.accuracy_m is None


@pytest.mark.parametrize("city", CITIES)
def test_wgs_84_is_taken_as_cgcs2000_and_it_is_said(city):
    found, operation = conformed("EPSG:4326", places(city), angular=True)
    assert farthest_m(found, places(city)) < 1e-6
    assert operation.accuracy_m == 1.0
    assert "treated as identical" in operation.description


# 2. Steps that nobody declared

SYSTEMS = {
    4214: "beijing", 2422: "beijing", 2437: "beijing", 2416: "beijing", 21420: "beijing",
    4610: "xian", 2385: "xian", 2364: "xian", 2334: "xian",
    4555: "new beijing", 4652: "new beijing",
    4490: "cgcs", 4549: "cgcs", 4528: "cgcs", 4498: "cgcs", 4509: "cgcs",
    4326: "wgs", 32650: "wgs", 32651: "wgs",
}  # fmt: skip
PLACE = (118.6, 36.5)  # where all of these may be used, but for those of another zone


def box_in(code):
    crs = pyproj.CRS.from_epsg(code)
    lon, lat = PLACE if code != 2422 else (75.4, 39.5)
    if crs.is_geographic:
        return (lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1)
    if code == 4652:
        lon = crs.area_of_use.west + 1.0
    east, north = pyproj.Proj(crs)(lon, lat)
    return (east - 5_000, north - 5_000, east + 5_000, north + 5_000)


UNDECLARED = [
    (source, target)
    for source, target in itertools.permutations(SYSTEMS, 2)
    if SYSTEMS[source] != SYSTEMS[target] and {SYSTEMS[source], SYSTEMS[target]} != {"cgcs", "wgs"}
]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "target"), UNDECLARED)
def test_step_between_datums_that_nobody_declared_is_refused(source, target):
    with pytest.raises(CRSError, match="must be declared") as caught:
        choose_operation(f"EPSG:{source}", f"EPSG:{target}", box_in(source))
    assert caught.value.rule == "OM-CRS-004"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("working", [4490, 4326])
@pytest.mark.parametrize("source", [4214, 4610, 4555])
def test_layer_of_an_old_datum_does_not_conform_undeclared_anywhere(source, working, city):
    with pytest.raises(CRSError, match="must be declared"):
        conformed(f"EPSG:{source}", places(city), angular=True, working_crs=f"EPSG:{working}")


# 3. Operations outside their area

AREAS = {  # EPSG registry: areas of use of the published operations from Beijing 1954 to WGS 84
    15918: (107.0, 35.0, 110.01, 39.0), 15936: (107.0, 35.0, 110.01, 39.0), 15919: (119.23, 31.23, 125.06, 37.4),
    15920: (110.13, 18.31, 116.76, 22.89), 15935: (107.15, 17.81, 110.17, 21.69), 15921: (77.45, 37.0, 88.0, 41.99),
}  # fmt: skip


OUTSIDE = [
    (code, city)
    for (code, (west, south, east, north)), (city, (lon, lat)) in itertools.product(AREAS.items(), CITIES.items())
    if not (west <= lon <= east and south <= lat <= north)
]


@pytest.mark.parametrize(("code", "city"), OUTSIDE)
def test_published_operation_is_refused_outside_its_area(code, city):
    with pytest.raises(CRSError, match="for other areas") as caught:
        conformed("EPSG:4214", places(city), angular=True, datum_shift=NamedOperation(f"EPSG:{code}"))
    assert caught.value.rule == "OM-CRS-014"


@pytest.mark.parametrize("code", AREAS)
def test_published_operation_is_taken_inside_its_area_when_named(code):
    west, south, east, north = AREAS[code]
    lon, lat = (west + east) / 2, (south + north) / 2
    inside = np.array([(lon, lat), (lon + 0.1, lat + 0.1)])
    found, operation = conformed("EPSG:4214", inside, angular=True, datum_shift=NamedOperation(f"EPSG:{code}"))
    step = pyproj.crs.CoordinateOperation.from_authority("EPSG", code)
    values = {one.name: one.value for one in step.params}
    three = [values[f"{axis}-axis translation"] for axis in "XYZ"]
    turns = [values.get(f"{axis}-axis rotation", 0.0) for axis in "XYZ"]
    method = "coordinate frame" if "Coordinate Frame" in step.method_name else "position vector"
    shift = DatumShift(method, *three, *turns, values.get("Scale difference", 0.0))
    truth = [seven_parameters(lon, lat, KRASSOVSKY, shift) for lon, lat in inside]
    assert farthest_m(found, truth) < 1e-3
    assert f"EPSG:{code}" in operation.description
    with pytest.raises(CRSError, match="for other areas"):
        choose_operation("EPSG:4214", "EPSG:4326", (lon, lat, east + 0.5, lat + 0.1), NamedOperation(str(code)))
