"""Control points: parameters found again, published residuals met, another least squares agreed with, bad sets refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from onemap.errors import CRSError
from onemap.layers.control_points import ControlPoints
from onemap.layers.crs import choose_operation, transform
from onemap.layers.datum_shift import DatumShift
from onemap.layers.declared_pipeline import NamedOperation
from onemap.layers.plane_shift import PlaneShift
from onemap.layers.similarity_fits import fit_plane, fit_space

BOUNDS = (500_000, 4_370_000, 545_000, 4_410_000)
CORNERS = np.array([(505_000.0, 4_372_000.0), (541_000, 4_374_000), (512_000, 4_408_000), (538_000, 4_401_000)])

# Seven stations of the state survey of Baden-Württemberg in the local system and in WGS 84: Awange, Grafarend, "Closed
# form solution of the overdetermined nonlinear 7 parameter datum transformation", AVN 4/2003, tables 1 and 2.
LOCAL = np.array(
    [
        (4157222.543, 664789.307, 4774952.099),
        (4149043.336, 688836.443, 4778632.188),
        (4172803.511, 690340.078, 4758129.701),
        (4177148.376, 642997.635, 4760764.800),
        (4137012.190, 671808.029, 4791128.215),
        (4146292.729, 666952.887, 4783859.856),
        (4138759.902, 702670.738, 4785552.196),
    ]
)
WGS_84 = np.array(
    [
        (4157870.237, 664818.678, 4775416.524),
        (4149691.049, 688865.785, 4779096.588),
        (4173451.354, 690369.375, 4758594.075),
        (4177796.064, 643026.700, 4761228.899),
        (4137659.549, 671837.337, 4791592.531),
        (4146940.228, 666982.151, 4784324.099),
        (4139407.506, 702700.227, 4786016.645),
    ]
)
PUBLISHED_RESIDUALS = np.array(
    [
        (0.0940, 0.1351, 0.1402),
        (0.0588, -0.0497, 0.0137),
        (-0.0399, -0.0879, -0.0081),
        (0.0202, -0.0220, -0.0874),
        (-0.0919, 0.0139, -0.0055),
        (-0.0118, 0.0065, -0.0546),
        (-0.0294, 0.0041, 0.0017),
    ]
)


def plane_image(points, east_m, north_m, turn_rad, scale):  # noqa: PLR0917
    turn = np.array([[math.cos(turn_rad), -math.sin(turn_rad)], [math.sin(turn_rad), math.cos(turn_rad)]])
    return scale * points @ turn.T + [east_m, north_m]


def control(source, target, *, method="4-parameter", limit=0.05, crs="EPSG:2370", target_crs="EPSG:4534", **more):
    names = tuple(f"P{number + 1}" for number in range(len(source)))
    pairs = [tuple((float(a), float(b)) for a, b in points) for points in (source, target)]
    return ControlPoints(names, *pairs, method, limit, crs=crs, target_crs=target_crs, **more)


def fitted(points, source="EPSG:2370", bounds=BOUNDS):
    return choose_operation(source, "EPSG:4490", bounds, points)


# 1. The fits


def test_published_example_of_seven_parameters_is_met():
    shift = fit_space(LOCAL, WGS_84)
    assert (shift.tx_m, shift.ty_m, shift.tz_m) == pytest.approx((641.8804, 68.6553, 416.3982), abs=1e-3)
    assert shift.scale_ppm == pytest.approx(5.5825, abs=1e-4)
    moved = np.column_stack(pyproj.Transformer.from_pipeline(shift.step).transform(*LOCAL.T))
    assert np.abs(WGS_84 - moved - PUBLISHED_RESIDUALS).max() < 1.1e-4


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_seven_parameters_are_found_again_in_the_size_of_a_county(seed):
    rng = np.random.default_rng(seed)
    true = DatumShift(
        "position vector", *rng.uniform(-200, 200, 3), *rng.uniform(-5, 5, 3), float(rng.uniform(-20, 20))
    )
    lon, lat = rng.uniform(100, 100.5, 8), rng.uniform(30, 30.5, 8)
    cart = pyproj.Transformer.from_pipeline(
        "proj=pipeline step proj=unitconvert xy_in=deg xy_out=rad step proj=cart a=6378140 rf=298.257"
    )
    source = np.column_stack(cart.transform(lon, lat, rng.uniform(0, 3_000, 8)))
    target = np.column_stack(pyproj.Transformer.from_pipeline(true.step.replace("np.float64", "")).transform(*source.T))
    moved = np.column_stack(pyproj.Transformer.from_pipeline(fit_space(source, target).step).transform(*source.T))
    assert np.abs(moved - target).max() < 1e-6


@settings(max_examples=50, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-3.1, 3.1), st.floats(-500.0, 500.0))
def test_four_parameters_are_found_again(east_m, north_m, turn_rad, scale_ppm):
    target = plane_image(CORNERS, east_m, north_m, turn_rad, 1 + scale_ppm * 1e-6)
    shift = fit_plane(CORNERS, target)
    assert math.radians(shift.rotation_arcsec / 3600) == pytest.approx(turn_rad, abs=1e-10)
    assert shift.scale_ppm == pytest.approx(scale_ppm, abs=1e-3)
    moved = np.column_stack(pyproj.Transformer.from_pipeline(shift.step).transform(*CORNERS.T))
    assert np.abs(moved - target).max() < 1e-6


def test_another_least_squares_gives_the_same_fits():
    rng = np.random.default_rng(5)
    target = plane_image(CORNERS, 300.0, -40.0, 1e-4, 1 + 2e-5) + rng.normal(0, 0.05, CORNERS.shape)
    middle = CORNERS.mean(axis=0)

    def plane_miss(p):
        return (plane_image(CORNERS - middle, p[0], p[1], p[2], 1 + p[3]) + middle - target).ravel()

    theirs = least_squares(plane_miss, np.zeros(4), x_scale=[1, 1, 1e-5, 1e-5], xtol=1e-15, ftol=1e-15, gtol=1e-15)
    ours = np.column_stack(pyproj.Transformer.from_pipeline(fit_plane(CORNERS, target).step).transform(*CORNERS.T))
    assert np.abs((ours - target).ravel() - theirs.fun).max() < 1e-6

    centre = LOCAL.mean(axis=0)

    def space_miss(p):
        turned = (LOCAL - centre) + np.cross(p[3:6], LOCAL - centre)
        return ((1 + p[6]) * turned + p[:3] + centre - WGS_84).ravel()

    scale = [1, 1, 1, 1e-6, 1e-6, 1e-6, 1e-6]
    theirs = least_squares(space_miss, np.zeros(7), x_scale=scale, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    ours = np.column_stack(pyproj.Transformer.from_pipeline(fit_space(LOCAL, WGS_84).step).transform(*LOCAL.T))
    assert np.abs((ours - WGS_84).ravel() - theirs.fun).max() < 1e-6


# 2. The operation made of them


@pytest.fixture
def exact():
    """Give control points of an exact transformation from Xi'an 1980 to CGCS2000, and that transformation."""
    shift = DatumShift("position vector", -12.3, 145.6, 78.9, 1.1, -2.2, 3.3, -4.4)
    true = choose_operation("EPSG:2370", "EPSG:4534", BOUNDS, shift)
    return CORNERS, np.column_stack(transform(true, *CORNERS.T)), true


def test_seven_parameters_without_heights_meet_the_transformation_that_the_points_come_from(exact):
    source, target, true = exact
    operation = fitted(control(source, target, method="7-parameter", limit=0.003))
    rng = np.random.default_rng(2)
    east, north = rng.uniform(505_000, 541_000, 200), rng.uniform(4_372_000, 4_408_000, 200)
    lon, lat = transform(operation, east, north)
    plane = pyproj.Proj("EPSG:4534")(*[lon, lat])
    off_m = np.abs(np.array(plane) - np.array(transform(true, east, north))).max()
    assert off_m < 0.003  # heights of 0 in both systems are not quite what the transformation has
    assert operation.accuracy_m < 0.002
    assert operation.pipeline.count("proj=helmert") == 1


def test_points_in_degrees_and_layer_in_a_zone_agree(exact):
    source, target, _ = exact
    degrees = np.column_stack(transform(choose_operation("EPSG:2370", "EPSG:4610", BOUNDS), *source.T))
    places = np.column_stack(transform(choose_operation("EPSG:4534", "EPSG:4490", BOUNDS), *target.T))
    points = control(degrees, places, method="7-parameter", crs="EPSG:4610", target_crs="EPSG:4490")
    both = [fitted(one) for one in (points, control(source, target, method="7-parameter"))]
    moved = [transform(one, [520_000.0], [4_390_000.0]) for one in both]
    assert pyproj.Geod(ellps="GRS80").inv(*moved[0], *moved[1])[2][0] < 1e-5
    assert both[0].control.worst.length_m == pytest.approx(both[1].control.worst.length_m, abs=1e-5)


def test_residuals_worst_point_and_accuracy_are_those_of_the_pipeline_itself(exact):
    source, target, _ = exact
    spoiled = target.copy()
    spoiled[2] += [0.30, -0.40]
    operation = fitted(control(source, spoiled, limit=1.0))
    report = operation.control
    lon, lat = transform(operation, *source.T)
    off = spoiled - np.column_stack(pyproj.Proj("EPSG:4534")(lon, lat))
    assert np.abs(np.array([(one.east_m, one.north_m) for one in report.residuals]) - off).max() < 1e-6
    assert report.worst.name == "P3"
    assert operation.accuracy_m == pytest.approx(math.sqrt((off**2).sum() / 4), abs=1e-4)
    assert "worst P3" in operation.description
    assert report.as_dict()["worst_point"] == "P3"


def test_local_plane_of_a_city_is_tied_by_four_parameters():
    city = np.array([(1_000.0, 2_000.0), (21_000, 3_500), (4_000, 25_000), (18_000, 22_000)])
    target = plane_image(city, 515_000.0, 4_372_000.0, 0.02, 1.00002)
    points = control(city, target, crs="", limit=0.001)
    for system in ("local", 'LOCAL_CS["City of Shifan",UNIT["metre",1]]'):
        operation = choose_operation(system, "EPSG:4490", (0, 0, 25_000, 25_000), points)
        lon, lat = transform(operation, *city.T)
        east, north = pyproj.Proj("EPSG:4534")(lon, lat)
        assert np.abs(np.column_stack([east, north]) - target).max() < 1e-5
        with pytest.raises(CRSError, match="control points or four parameters"):
            choose_operation(system, "EPSG:4490", (0, 0, 25_000, 25_000))


def test_heights_enter_the_fit_of_seven_parameters():
    true = DatumShift("coordinate frame", -12.3, 145.6, 78.9, 1.1, -2.2, 3.3, -4.4)
    cart = "proj=pipeline step proj=unitconvert xy_in=deg xy_out=rad step proj=cart"
    lon, lat = np.array([75.0, 75.5, 75.1, 75.4]), np.array([39.4, 39.45, 39.8, 39.7])
    height = np.array([1_200.0, 3_500.0, 2_100.0, 4_800.0])
    there = pyproj.Transformer.from_pipeline(
        f"{cart} a=6378140 rf=298.257 step {true.step} step inv proj=cart ellps=GRS80 "
        "step proj=unitconvert xy_in=rad xy_out=deg"
    )
    east, north, up = there.transform(lon, lat, height)
    points = control(
        np.column_stack([lon, lat]), np.column_stack([east, north]), method="7-parameter", crs="", target_crs="",
        source_height_m=tuple(height), target_height_m=tuple(up), limit=0.2,
    )  # fmt: skip
    found = dict(choose_operation("EPSG:4610", "EPSG:4490", (75, 39.4, 75.5, 39.8), points).control.parameters)
    assert [found[f"t{axis}_m"] for axis in "xyz"] == pytest.approx([-12.3, 145.6, 78.9], abs=1e-3)
    assert [found[f"r{axis}_arcsec"] for axis in "xyz"] == pytest.approx([-1.1, 2.2, -3.3], abs=1e-4)


# 3. What is refused


@pytest.mark.parametrize("method", ["4-parameter", "7-parameter"])
def test_two_points_or_one_point_three_times_are_too_few(method, exact):
    source, target, _ = exact
    with pytest.raises(CRSError, match="at least 3 different ones, got 2"):
        fitted(control(source[:2], target[:2], method=method))
    with pytest.raises(CRSError, match="at least 3 different ones, got 1"):
        fitted(control(source[[0, 0, 0]], target[[0, 0, 0]], method=method))


@pytest.mark.parametrize("method", ["4-parameter", "7-parameter"])
def test_points_on_a_line_are_refused(method, exact):
    _, _, true = exact
    line = np.column_stack([np.linspace(505_000, 541_000, 5), np.linspace(4_372_000, 4_400_000, 5)])
    with pytest.raises(CRSError, match="got 5 that lie on a line"):
        fitted(control(line, np.column_stack(transform(true, *line.T)), method=method))


@pytest.mark.parametrize("method", ["4-parameter", "7-parameter"])
def test_wrong_point_is_named_and_the_fit_refused(method, exact):
    source, target, _ = exact
    spoiled = target.copy()
    spoiled[1] += [3.0, 0.0]
    more = np.vstack([source, source.mean(axis=0)]), np.vstack([spoiled, target.mean(axis=0)])
    with pytest.raises(CRSError, match=r"within 0\.05 m, but P2 is off by") as caught:
        fitted(control(*more, method=method))
    assert "P5" in str(caught.value)
    assert caught.value.rule == "OM-CRS-026"


def test_exchanged_axes_in_the_table_are_refused(exact):
    source, target, _ = exact
    with pytest.raises(CRSError, match="swapped"):
        fitted(control(source[:, ::-1], target))
    with pytest.raises(CRSError, match="swapped"):
        fitted(control(source, target[:, ::-1]))


def test_four_parameters_between_degrees_are_refused(exact):
    source, target, _ = exact
    with pytest.raises(CRSError, match="from plane to plane in metres, got EPSG:4490"):
        fitted(control(source, transform_to_degrees(target), target_crs=""))


def transform_to_degrees(points):
    return np.column_stack(transform(choose_operation("EPSG:4534", "EPSG:4490", BOUNDS), *points.T))


def test_points_of_another_datum_than_the_layer_are_refused(exact):
    source, target, _ = exact
    with pytest.raises(CRSError, match="the layer is in EPSG:2422, the points in EPSG:2370"):
        choose_operation("EPSG:2422", "EPSG:4490", BOUNDS, control(source, target))


def test_target_of_another_datum_than_the_project_is_refused(exact):
    source, target, _ = exact
    with pytest.raises(CRSError, match="it ends in EPSG:2422"):
        fitted(control(source, target, target_crs="EPSG:2422"))


def test_seven_parameters_within_one_datum_are_refused(exact):
    _, target, _ = exact
    with pytest.raises(CRSError, match="within one datum"):
        fitted(control(target, target, method="7-parameter", crs="EPSG:4534"), source="EPSG:4534")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "5-parameter"}, "got '5-parameter'"),
        ({"names": ("A",)}, "a name, a source and a target each"),
        ({"target_height_m": (1.0, 2.0, 3.0, 4.0)}, "heights in both systems or in neither"),
        ({"max_residual_m": float("nan")}, "finite numbers"),
    ],
)
def test_table_that_is_no_table_is_refused(change, words):
    values = {
        "names": ("A", "B", "C", "D"), "source": tuple(map(tuple, CORNERS)), "target": tuple(map(tuple, CORNERS)),
        "method": "4-parameter", "max_residual_m": 0.1,
    }  # fmt: skip
    with pytest.raises(CRSError, match=words):
        ControlPoints(**{**values, **change})


# 4. Four parameters given


@pytest.mark.parametrize(("sense", "sign"), [("counterclockwise", 1), ("clockwise", -1)])
def test_four_parameters_given_go_as_their_formula_says(sense, sign):
    shift = PlaneShift(30.0, 40.0, sign * 2.0, 5.0, sense, target_crs="EPSG:4534", accuracy_m=0.2)
    operation = choose_operation("EPSG:2370", "EPSG:4490", BOUNDS, shift)
    east, north = pyproj.Proj("EPSG:4534")(*transform(operation, *CORNERS.T))
    expected = plane_image(CORNERS, 30.0, 40.0, math.radians(2.0 / 3600), 1 + 5e-6)
    assert np.abs(np.column_stack([east, north]) - expected).max() < 1e-5
    assert operation.accuracy_m == 0.2


def test_sense_of_the_turn_must_be_named():
    with pytest.raises(CRSError, match="counterclockwise"):
        PlaneShift(1.0, 2.0, 3.0, 4.0, "left")
    with pytest.raises(CRSError, match=r"plane_shift\.east_m must be a finite number"):
        PlaneShift(math.inf, 2.0, 3.0, 4.0, "clockwise")


def test_shift_that_moves_a_layer_farther_than_datums_differ_is_refused():
    for shift in (
        PlaneShift(30_000.0, 40.0, 0.0, 0.0, "clockwise", target_crs="EPSG:4534"),
        DatumShift("position vector", 5_000.0, 0.0, 0.0),
    ):
        with pytest.raises(CRSError, match="datums differ by less than 2,000 m"):
            choose_operation("EPSG:2370", "EPSG:4490", BOUNDS, shift)


def test_every_order_of_the_points_gives_the_same_operation(exact):
    source, target, _ = exact
    found = set()
    for order in itertools.islice(itertools.permutations(range(4)), 0, 24, 5):
        lon, lat = transform(fitted(control(source[list(order)], target[list(order)])), [520_000.0], [4_390_000.0])
        found.add((round(float(lon[0]), 10), round(float(lat[0]), 10)))
    assert len(found) == 1


def test_the_side_of_points_that_do_not_fit_is_named():
    places = [(512_000.0, 3_830_000.0), (530_000.0, 3_840_000.0), (541_000.0, 3_861_000.0)]
    turned = tuple((north, east) for east, north in places)
    for source, target, side in ((turned, tuple(places), "source"), (tuple(places), turned, "target")):
        points = ControlPoints(
            names=("P1", "P2", "P3"), source=source, target=target, method="4-parameter", max_residual_m=1.0,
            target_crs="EPSG:4546",
        )  # fmt: skip
        with pytest.raises(CRSError, match=f"{side} coordinates of the control points.*swapped") as caught:
            choose_operation("EPSG:2382", "EPSG:4490", (512_000, 3_830_000, 541_000, 3_861_000), points)
        assert caught.value.rule == "OM-CRS-015"
        assert "公共点" in caught.value.text("zh")


def test_a_named_operation_within_one_datum_is_needless():
    with pytest.raises(CRSError) as caught:
        choose_operation("EPSG:4490", "EPSG:4490", (111.0, 34.0, 111.5, 34.5), NamedOperation("EPSG:15921"))
    assert caught.value.rule == "OM-CRS-022"
