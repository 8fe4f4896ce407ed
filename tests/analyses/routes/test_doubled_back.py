"""Cables that double back on themselves: their route counts once, against lengths that are known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from onemap.analyses.routes import lay_cables, route_lengths, route_sections, sections_of, shared_routes

GEOD = Geod(ellps="GRS80")
Places = list[tuple[float, float]]


def drawn(places: Places) -> shapely.LineString:
    """Draw a line through places in metres east and north of 75.3° E, 39.1° N."""
    east, north = np.array(places, dtype=float).T
    lon, lat, _ = GEOD.fwd(
        np.full(len(east), 75.3), np.full(len(east), 39.1), np.degrees(np.arctan2(east, north)), np.hypot(east, north)
    )
    return shapely.LineString(np.column_stack([lon, lat]))


def layer(**cables: Places) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"cable_id": list(cables), "operator": [name[0] for name in cables]},
        geometry=[drawn(places) for places in cables.values()],
        crs="EPSG:4490",
    )


def along(from_m: float, to_m: float, north_m: float, noise: np.random.Generator | None = None) -> Places:
    east = np.linspace(from_m, to_m, 41)
    off = np.zeros(41) if noise is None else noise.uniform(-4, 4, 41)
    return list(zip(east.tolist(), (north_m + off).tolist(), strict=True))


def route_km(cables: gpd.GeoDataFrame) -> float:
    laid = lay_cables(cables)
    lengths = route_lengths(laid, sections_of(laid)).set_index("operator")
    return float(lengths["route_km"]["any"])


@pytest.mark.parametrize("apart_m", [0.0, 5.0, 15.0])
def test_out_and_back_counts_once(apart_m: float) -> None:
    there_and_back = [*along(0, 3_000, 0), *along(3_000, 0, apart_m)]
    assert route_km(layer(A1=there_and_back)) == pytest.approx(3.0, abs=0.02)


def test_out_and_back_drawn_with_errors_counts_once() -> None:
    rng = np.random.default_rng(7)
    there_and_back = [*along(0, 3_000, 0, rng), *along(3_000, 0, 0, rng)]
    assert route_km(layer(A1=there_and_back)) == pytest.approx(3.0, rel=0.01)


def test_legs_farther_apart_than_the_tolerance_count_twice() -> None:
    there_and_back = [*along(0, 3_000, 0), *along(3_000, 0, 60)]
    assert route_km(layer(A1=there_and_back)) == pytest.approx(6.06, abs=0.01)


def test_ring_on_a_spur_counts_the_spur_once_and_the_ring_whole() -> None:
    spur_and_ring = [(0, 0), (2_000, 0), (2_000, 1_000), (3_000, 1_000), (3_000, 0), (2_000, 0), (0, 3)]
    assert route_km(layer(A1=spur_and_ring)) == pytest.approx(6.0, rel=0.01)


def test_ring_gone_round_twice_counts_once() -> None:
    ring = [(0, 0), (1_000, 0), (1_000, 1_000), (0, 1_000)]
    assert route_km(layer(A1=[*ring, *ring, (0, 0)])) == pytest.approx(4.0, rel=0.01)


def test_line_that_crosses_itself_counts_whole() -> None:
    cross = [(0, 0), (1_000, 1_000), (1_000, 0), (0, 1_000)]
    assert route_km(layer(A1=cross)) == pytest.approx(2 * np.sqrt(2) + 1, rel=1e-3)

    bends = [(x, 80 * np.sin(x / 60)) for x in np.arange(0, 5_000, 10.0)]
    cable = layer(A1=bends)
    assert route_km(cable) == pytest.approx(GEOD.geometry_length(cable.geometry.iloc[0]) / 1_000, rel=1e-6)


def test_another_cable_beside_both_legs_shares_the_route_once() -> None:
    cables = layer(A1=[*along(0, 3_000, 0), *along(3_000, 0, 5)], B1=along(0, 3_000, 8))
    laid = lay_cables(cables)
    pair = shared_routes(laid).iloc[0]
    assert pair["shared_km"] == pytest.approx(3.0, rel=0.01)
    assert (pair["share_a"], pair["share_b"]) == (pytest.approx(1.0, abs=0.01), pytest.approx(1.0, abs=0.01))
    lengths = route_lengths(laid, sections_of(laid)).set_index("operator")
    assert lengths["route_km"].to_dict() == pytest.approx({"A": 3.0, "B": 3.0, "any": 3.0}, abs=0.03)
    assert lengths["drawn_km"]["any"] == pytest.approx(9.0, abs=0.01)
    assert lengths["shared_km"]["any"] == pytest.approx(3.0, abs=0.03)
    assert route_sections(laid, sections_of(laid))["length_km"].sum() == pytest.approx(3.0, abs=0.03)
