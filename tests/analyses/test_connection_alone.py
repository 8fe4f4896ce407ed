"""The price of a site alone is what planning it alone gives."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine

from onemap.analyses.connection import ConnectionSettings, alone_costs, connections
from onemap.layers.grid import Grid

CRS = "EPSG:4490"


def county(seed: int) -> tuple[gpd.GeoDataFrame, dict[str, gpd.GeoDataFrame], Grid]:
    """Make a crossing of roads with a cable, a room, and sites on and off the roads, on waving ground."""
    rng = np.random.default_rng(seed)
    roads = [[(75.0, 39.0), (75.1, 39.0), (75.2, 39.02)], [(75.1, 39.0), (75.1, 39.1)], [(75.3, 39.2), (75.35, 39.2)]]
    road = gpd.GeoDataFrame({"road_id": list("ABC")}, geometry=[shapely.LineString(one) for one in roads], crs=CRS)
    room = gpd.GeoDataFrame({"room_id": ["R"]}, geometry=[shapely.Point(75.0, 39.0005)], crs=CRS)
    cable = gpd.GeoDataFrame({"cable_id": ["K"], "cores_free": [int(rng.integers(0, 12))], "laying": "aerial"},
                             geometry=[shapely.LineString([(75.0, 39.0005), (75.08, 39.0005)])], crs=CRS)  # fmt: skip
    pylon = gpd.GeoDataFrame({"structure_id": ["P"], "kind": "power tower", "voltage_kv": 10.0},
                             geometry=[shapely.Point(75.12, 39.02)], crs=CRS)  # fmt: skip
    at = np.column_stack([75 + rng.uniform(0, 0.36, 12), 39 + rng.uniform(-0.01, 0.21, 12)])
    at[:6] = shapely.get_coordinates([one.interpolate(rng.uniform(), normalized=True) for one in road.geometry] * 2)[:6]
    at[5] = (75.0, 39.0005)
    at[:5] += rng.uniform(-0.002, 0.002, (5, 2))
    sites = gpd.GeoDataFrame(
        {"site_id": [f"S{n:02d}" for n in rng.permutation(12)]}, geometry=shapely.points(at), crs=CRS
    )
    heights = 1000 + 150 * rng.random((60, 90)).cumsum(axis=1) / 30
    grid = Grid(heights.astype("float32"), Affine(0.005, 0, 74.98, 0, -0.005, 39.25), CRS)
    return sites, {"roads": road, "rooms": room, "cables": cable, "structures": pylon}, grid


@pytest.mark.parametrize("satellite", ["never", "last resort"])
@pytest.mark.parametrize("seed", range(6))
def test_each_site_costs_what_planning_it_alone_gives(seed: int, satellite: str) -> None:
    sites, layers, grid = county(seed)
    settings = ConnectionSettings(satellite=satellite)  # type: ignore[arg-type]
    found = alone_costs(sites, layers, grid, settings=settings)
    for row in range(len(sites)):
        alone = connections(sites.iloc[[row]], layers, grid, settings=settings).sites.iloc[0]
        assert found["way"].iloc[row] == alone["way"]
        if alone["way"] == "none":
            assert np.isinf(found["total"].iloc[row])
        else:
            assert found["total"].iloc[row] == pytest.approx(alone["cost"], abs=1e-4)


def test_no_sites_have_no_costs() -> None:
    sites, layers, grid = county(0)
    assert alone_costs(sites.iloc[:0], layers, grid).empty
