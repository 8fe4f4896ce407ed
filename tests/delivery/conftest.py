"""Small canonical layers and profiles for the tests of delivery."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from onemap.delivery.mapping import Mapped, map_to_profile
from onemap.delivery.profile import Profile, load_profile

DATE = dt.date(2026, 1, 1)
CRS = "EPSG:4490"


@pytest.fixture
def date() -> dt.date:
    return DATE


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile("telecom-special-plan")


@pytest.fixture
def districts() -> gpd.GeoDataFrame:
    """Two towns side by side, meeting at 75.5 E."""
    return two_towns()


def two_towns() -> gpd.GeoDataFrame:
    """Two towns side by side, meeting at 75.5 E."""
    return gpd.GeoDataFrame(
        {"code": ["659900101", "659900102"], "name": ["甲镇", "乙乡"], "level": ["town", "town"]},
        geometry=[shapely.box(75.0, 39.0, 75.5, 40.0), shapely.box(75.5, 39.0, 76.0, 40.0)],
        crs=CRS,
    )


@pytest.fixture
def layers() -> dict[str, gpd.GeoDataFrame]:
    """Towers, rooms and cables."""
    return three_layers()


def three_layers() -> dict[str, gpd.GeoDataFrame]:
    """Towers (one retired, one outside), rooms as points and an area, cables (one of two parts)."""
    towers = gpd.GeoDataFrame(
        {
            "tower_id": ["T2", "T1", "T3", "T4"],
            "name": ["乙站", None, "丙站", "丁站"],
            "owner": ["中国铁塔"] * 4,
            "kind": pd.array(["rooftop", None, "pole", "pole"], dtype="string"),
            "status": ["in service", "planned", "retired", "in service"],
            "source": ["towers.csv||3", "towers.csv||2", "towers.csv||4", "towers.csv||5"],
        },
        geometry=gpd.points_from_xy([75.2, 75.7, 75.3, 80.0], [39.5, 39.5, 39.4, 39.5]),
        crs=CRS,
    )
    rooms = gpd.GeoDataFrame(
        {
            "room_id": ["R1", "R2"],
            "name": ["核心机楼", "接入机房"],
            "operator": ["中国移动", "中国联通"],
            "kind": ["core", "access"],
            "source": ["rooms.geojson||1", "rooms.geojson||2"],
        },
        geometry=[shapely.Point(75.21, 39.51), shapely.box(75.3, 39.5, 75.301, 39.501)],
        crs=CRS,
    )
    cables = gpd.GeoDataFrame(
        {
            "cable_id": ["C1", "C2"],
            "name": ["干线", None],
            "operator": ["中国电信"] * 2,
            "role": ["backbone", "access"],
            "source": ["cables.gdb|a|1", "cables.gdb|a|2"],
        },
        geometry=[
            shapely.LineString([(75.1, 39.1), (75.2, 39.2)]),
            shapely.MultiLineString([[(75.1, 39.3), (75.2, 39.4)], [(75.6, 39.4), (75.7, 39.5)]]),
        ],
        crs=CRS,
    )
    return {"towers": towers, "rooms": rooms, "cables": cables}


@pytest.fixture(scope="session")
def mapped_once(profile: Profile) -> Mapped:
    """Map the three layers, once: it takes a third of a second."""
    return map_to_profile(three_layers(), profile, county_code="659900", county_name="示范县", districts=two_towns())


@pytest.fixture
def mapped(mapped_once: Mapped) -> Mapped:
    """Give the three layers mapped; a test may change them."""
    copies = {code: replace(layer, frame=layer.frame.copy()) for code, layer in mapped_once.layers.items()}
    return replace(mapped_once, layers=copies, trace=mapped_once.trace.copy())
