"""Areas and lengths on the ellipsoid, against formulas and programs of another kind; large polygons in pieces."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.affinity import rotate

from onemap.layers.land_use import class_code, class_name, land_use_classes
from onemap.layers.subdivision import subdivide
from onemap.layers.surface import radii_of_curvature, surface_areas, surface_lengths

A_M, FLATTENING = 6378137.0, 1 / 298.257222101
E2 = FLATTENING * (2 - FLATTENING)
GEOD = Geod(a=A_M, rf=298.257222101)


def areas(*shapes: shapely.Geometry) -> np.ndarray:
    return surface_areas(np.array(shapes, dtype=object))


def authalic_box_m2(west: float, south: float, east: float, north: float) -> float:
    """Area of a box by the sphere of equal area: R² (sin β₂ − sin β₁) Δλ, β from the series in latitude."""
    b_over_a = 1 - FLATTENING
    e = math.sqrt(E2)
    authalic_radius = math.sqrt(A_M**2 / 2 * (1 + b_over_a**2 / e * math.log((1 + e) / b_over_a)))

    def authalic(lat: float) -> float:
        phi = math.radians(lat)
        return phi + (
            -(E2 / 3 + 31 * E2**2 / 180 + 59 * E2**3 / 560 + 42811 * E2**4 / 604800) * math.sin(2 * phi)
            + (17 * E2**2 / 360 + 61 * E2**3 / 1260 + 76969 * E2**4 / 1814400) * math.sin(4 * phi)
            - (383 * E2**3 / 45360 + 3347 * E2**4 / 259200) * math.sin(6 * phi)
            + (6007 * E2**4 / 3628800) * math.sin(8 * phi)
        )

    return authalic_radius**2 * (math.sin(authalic(north)) - math.sin(authalic(south))) * math.radians(east - west)


def karney_m2(shape: shapely.Geometry, step_deg: float = 1e-5) -> float:
    """Area by PROJ between geodesics, of the shape with its straight edges in degrees cut into short ones."""
    dense = shapely.orient_polygons(shapely.segmentize(shape, step_deg))
    return abs(GEOD.geometry_area_perimeter(dense)[0])


def vincenty_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Geodesic distance by Vincenty's inverse formula."""
    b = A_M * (1 - FLATTENING)
    (lon1, lat1), (lon2, lat2) = ([math.radians(one) for one in place] for place in (start, end))
    u1, u2 = (math.atan((1 - FLATTENING) * math.tan(lat)) for lat in (lat1, lat2))
    length = lam = lon2 - lon1
    for _ in range(100):
        sin_sigma = math.hypot(
            math.cos(u2) * math.sin(lam),
            math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(lam),
        )
        cos_sigma = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(lam)
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = math.cos(u1) * math.cos(u2) * math.sin(lam) / sin_sigma
        cos2 = 1 - sin_alpha**2
        cos_2m = cos_sigma - 2 * math.sin(u1) * math.sin(u2) / cos2 if cos2 else 0.0
        c = FLATTENING / 16 * cos2 * (4 + FLATTENING * (4 - 3 * cos2))
        before = lam
        lam = length + (1 - c) * FLATTENING * sin_alpha * (
            sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m**2 - 1))
        )
        if abs(lam - before) < 1e-14:
            break
    k = cos2 * (A_M**2 - b**2) / b**2
    big_a = 1 + k / 16384 * (4096 + k * (-768 + k * (320 - 175 * k)))
    big_b = k / 1024 * (256 + k * (-128 + k * (74 - 47 * k)))
    delta = (
        big_b
        * sin_sigma
        * (
            cos_2m
            + big_b
            / 4
            * (cos_sigma * (2 * cos_2m**2 - 1) - big_b / 6 * cos_2m * (4 * sin_sigma**2 - 3) * (4 * cos_2m**2 - 3))
        )
    )
    return b * big_a * (sigma - delta)


def star(rng: np.random.Generator, lon: float, lat: float, reach_deg: float, *, vertices: int = 40) -> shapely.Polygon:
    turn = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    radius = reach_deg * rng.uniform(0.4, 1.0, vertices)
    outline = shapely.Polygon(np.column_stack([lon + radius * np.cos(turn), lat + radius * np.sin(turn)]))
    return shapely.make_valid(outline, method="structure")


def test_the_whole_ellipsoid_has_its_published_area() -> None:
    """The sphere of equal area has the radius 6 371 007.1810 m (H. Moritz, "Geodetic Reference System 1980")."""
    assert areas(shapely.box(0, -90, 180, 90))[0] * 2 == pytest.approx(4 * math.pi * 6_371_007.1810**2, rel=5e-11)


@pytest.mark.parametrize(
    "box", [(75, 39, 75.0001, 39.0001), (75, 39, 75.01, 39.01), (100, 20, 103, 24), (80, -3, 81, 3)]
)
def test_boxes_agree_with_the_sphere_of_equal_area(box: tuple[float, float, float, float]) -> None:
    assert areas(shapely.box(*box))[0] == pytest.approx(authalic_box_m2(*box), rel=3e-10)


def test_polygons_with_holes_and_parts_agree_with_geodesics_over_short_edges() -> None:
    rng = np.random.default_rng(7)
    for reach_deg in (1e-4, 1e-3, 1e-2):
        one, two = star(rng, 75.3, 39.4, reach_deg), star(rng, 75.3 + 3 * reach_deg, 39.4, reach_deg)
        both = shapely.union_all([one, two]).difference(shapely.Point(75.3, 39.4).buffer(reach_deg / 5))
        expected = karney_m2(both, reach_deg / 50)
        # PROJ's azimuths round: some mm² for each of its short edges
        assert areas(both)[0] == pytest.approx(expected, rel=1e-9, abs=1e-3)


def test_collections_count_their_polygons_and_nothing_counts_nothing() -> None:
    box = shapely.box(75, 39, 75.001, 39.001)
    mixed = shapely.GeometryCollection([box, shapely.LineString([(75, 39), (76, 39)]), shapely.MultiPolygon([box])])
    found = areas(mixed, None, shapely.Point(75, 39), shapely.Polygon(), box)
    assert found == pytest.approx([2 * found[4], 0, 0, 0, found[4]])
    assert (
        surface_areas(np.empty(0, dtype=object)).tolist() == surface_lengths(np.empty(0, dtype=object)).tolist() == []
    )


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), reach=st.floats(1e-4, 0.5), turn=st.floats(0, 180))
def test_parts_have_the_area_of_the_whole(seed: int, reach: float, turn: float) -> None:
    shape = star(np.random.default_rng(seed), 75.3, 39.4, reach)
    half = rotate(shapely.box(75.3, 38, 77, 41), turn, origin=(75.3, 39.4))
    parts = areas(shape.intersection(half), shape.difference(half))
    assert parts.sum() == pytest.approx(areas(shape)[0], abs=1e-3, rel=1e-12)


def test_lengths_agree_with_vincenty() -> None:
    rng = np.random.default_rng(3)
    for reach_deg in (1e-4, 1e-2, 1.0):
        places = np.cumsum(rng.normal(0, reach_deg, (20, 2)), axis=0) + np.array([80.0, 35.0])
        expected = sum(vincenty_m(tuple(a), tuple(b)) for a, b in pairwise(places))
        line = shapely.LineString(places)
        mixed = shapely.GeometryCollection([line, shapely.box(80, 35, 81, 36)])
        found = surface_lengths(np.array([line, mixed, None, shapely.MultiLineString([line, line])], dtype=object))
        assert found == pytest.approx([expected, expected, 0, 2 * expected], abs=1e-5, rel=1e-10)


def test_radii_agree_with_arcs() -> None:
    meridian_m, normal_m = radii_of_curvature([0.0, 39.5, 80.0])
    step = 1e-4
    for lat, m, n in zip([0.0, 39.5, 80.0], meridian_m, normal_m, strict=True):
        assert GEOD.inv(75, lat - step, 75, lat + step)[2] == pytest.approx(m * math.radians(2 * step), rel=1e-7)
        parallel_m = n * math.cos(math.radians(lat)) * math.radians(2 * step)
        assert GEOD.inv(75 - step, lat, 75 + step, lat)[2] == pytest.approx(parallel_m, rel=1e-7)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), most=st.sampled_from([8, 20, 256]))
def test_pieces_are_small_apart_and_the_whole(seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = [
        star(rng, 75, 39, 0.3, vertices=300),
        None,
        shapely.Polygon(),
        star(rng, 77, 39, 0.3, vertices=9).difference(star(rng, 77, 39, 0.1, vertices=60)),
    ]
    pieces, owner = subdivide(np.array(shapes, dtype=object), most_vertices=most)
    assert shapely.get_num_coordinates(pieces).max() <= most
    assert set(owner) == {0, 3}
    assert (np.diff(owner) >= 0).all()
    for at in (0, 3):
        own = pieces[owner == at]
        assert surface_areas(own).sum() == pytest.approx(areas(shapes[at])[0], rel=1e-11)
        assert areas(shapely.union_all(own).symmetric_difference(shapes[at]))[0] < 0.01


def test_too_few_vertices_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 8, got 4"):
        subdivide(np.empty(0, dtype=object), most_vertices=4)


def test_land_use_codes_are_read_in_every_writing() -> None:
    assert class_code("010100") == class_code("0101") == class_code(" 水田 ") == "0101"
    assert class_code("010000") == "01"
    assert class_code("XX") == "XX"
    assert class_name("1306") == "通信用地"
    assert len(land_use_classes()) > 150
