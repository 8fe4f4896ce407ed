"""A small county to plan for: hills, roads, a room with a cable, pylons, candidates, places and a road without service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.analyses.candidates import reach_of
from onemap.analyses.candidates.target_keys import place_keys
from onemap.analyses.connection import ConnectionSettings
from onemap.analyses.costs import CostBook, package_costs
from onemap.analyses.coverage import CoverageSettings
from onemap.analyses.plan.choosing import Chosen, Ground, PlanQuestion, choose_sites
from onemap.analyses.plan.costing import candidate_costs
from onemap.analyses.siting import SitingSettings
from tests.analyses.candidates.small_county import CRS_NAME, RADIO, hills, make_candidates

RADIUS = CoverageSettings(model="radius", technologies=("4G", "5G"), operators=("A", "B"))
LAYERS = ("settlements", "schools", "posts")


@cache
def ground(*, satellite: str = "last resort", racks_free: int = 4) -> Ground:
    """Give what sites of the county are connected over."""
    lines = {
        "west": [(75.03, 39.02), (75.03, 39.17)], "south": [(75.03, 39.03), (75.18, 39.03)],
        "middle": [(75.03, 39.10), (75.18, 39.10)], "east": [(75.14, 39.03), (75.14, 39.17)],
    }  # fmt: skip
    shapes = [shapely.LineString(one) for one in lines.values()]
    roads = gpd.GeoDataFrame({"road_id": list(lines)}, geometry=shapes, crs=CRS_NAME)
    room = gpd.GeoDataFrame(
        {"room_id": ["M"], "operator": "A", "racks_free": racks_free},
        geometry=[shapely.Point(75.03, 39.03)],
        crs=CRS_NAME,
    )
    cable = gpd.GeoDataFrame(
        {"cable_id": ["K"], "operator": "B", "cores_free": 4, "laying": "aerial"},
        geometry=[shapely.LineString([(75.03, 39.03), (75.03, 39.08)])],
        crs=CRS_NAME,
    )
    pylons = gpd.GeoDataFrame(
        {"structure_id": ["P1", "P2"], "kind": "power tower", "voltage_kv": 10.0, "owner": "Grid"},
        geometry=[shapely.Point(75.06, 39.05), shapely.Point(75.15, 39.12)],
        crs=CRS_NAME,
    )
    hamlets = gpd.GeoDataFrame(
        {"settlement_id": ["H1", "H2"], "name": ["甲村", None]},
        geometry=[shapely.Point(75.05, 39.05), shapely.Point(75.15, 39.15)],
        crs=CRS_NAME,
    )
    layers = {"roads": roads, "rooms": room, "cables": cable, "structures": pylons, "settlements": hamlets}
    settings = ConnectionSettings(satellite=satellite, road_reach_m=3_000, access_reach_m=8_000)  # type: ignore[arg-type]
    return Ground(layers, hills(), package_costs(), settings)


def candidates(count: int = 24, seed: int = 3) -> gpd.GeoDataFrame:
    """Give candidates; those of one place share a spot."""
    made = make_candidates(count, seed)
    kind = np.random.default_rng(seed).choice(["existing tower", "structure", "room", "planned", "new site"], count)
    standing = np.isin(kind, ["existing tower", "structure", "room"])
    return made.assign(
        spot_id="spot" + pd.Series(pd.factorize(made.geometry.to_wkb())[0]).astype(str).to_numpy(dtype=object),
        kind=kind,
        owner=np.where(standing, "Owner", None),
        source=np.where(kind == "new site", None, "towers.csv"),
        equipment="set",
        zone_status="clear",
    )


def targets(count: int = 60, seed: int = 2) -> gpd.GeoDataFrame:
    """Give places and points of a road, as `plan_targets` lists them."""
    rng = np.random.default_rng(seed)
    made = gpd.GeoDataFrame(
        {
            "target_layer": [LAYERS[one % 3] for one in range(count)],
            "target_id": [f"{one // 2}" for one in range(count)],
            "name": np.where(rng.random(count) < 0.8, "地名", None),
            "technology": np.where(np.arange(count) % 2, "5G", "4G"),
            "operator": "any",
            "weight": rng.integers(1, 100, count).astype(float),
            "weight_assumed": rng.random(count) < 0.1,
            "length_m": np.nan,
            "served_before": rng.random(count) < 0.2,
        },
        geometry=shapely.points(np.repeat(rng.uniform([75.03, 39.02], [75.18, 39.17], (count // 2, 2)), 2, axis=0)),
        crs=CRS_NAME,
    )
    made["target_layer"] = np.repeat(made["target_layer"].to_numpy()[::2], 2)
    made["target_key"] = place_keys(made)
    offset_m = np.arange(20) * 500.0
    road = gpd.GeoDataFrame(
        {
            "target_key": [f"roads:middle@{one}|4G|any" for one in offset_m], "target_layer": "roads",
            "target_id": "middle", "name": "G219", "technology": "4G", "operator": "any", "weight": 5.0,
            "weight_assumed": False, "length_m": 500.0, "served_before": False,
        },
        geometry=shapely.points(75.03 + offset_m / 86_600.0, 39.10), crs=CRS_NAME,
    )  # fmt: skip
    return gpd.GeoDataFrame(pd.concat([made, road], ignore_index=True), crs=CRS_NAME)


@cache
def question(
    seed: int = 3, *, must: bool = False, radio: bool = True, satellite: str = "last resort", count: int = 24
) -> PlanQuestion:
    """Give what is to be decided; nothing must be served unless asked for."""
    over, wanted, offered = ground(satellite=satellite), targets(seed=seed), candidates(count, seed)
    costs = candidate_costs(offered, over.layers, over.grid, book=over.book, settings=over.settings)
    kept = np.flatnonzero(costs.connected)
    offered = offered.iloc[kept].reset_index(drop=True)
    reach = reach_of(offered, wanted, coverage=RADIO if radio else RADIUS, grid=over.grid)
    often = np.asarray(reach.serves().sum(axis=1)).ravel() >= 4  # candidates of one spot exclude each other
    forced = wanted["target_layer"].eq("posts").to_numpy() & often & must
    return PlanQuestion(offered, wanted, reach, costs.at(kept), forced)


@cache
def chosen(
    seed: int = 3, *, share: float | None = 0.7, budget: float | None = None, must: bool = False, rounds: int = 1,
    radio: bool = True,
) -> Chosen:  # fmt: skip
    """Give the plan of the county."""
    asked = question(seed, must=must, radio=radio)
    return choose_sites(asked, SitingSettings(target_share=share, budget=budget), ground(), rounds=rounds)


def dearer(book: CostBook, factor: float, *, part: str = "", item: str = "") -> CostBook:
    """Give a book in which the prices of a part, or of an item, are so many times what they are."""
    items = {
        name: replace(one, value=one.value * factor)
        if one.value is not None and (one.part == part or name == item)
        else one
        for name, one in book.items.items()
    }
    return CostBook(MappingProxyType(items))


def served_pairs(asked: PlanQuestion) -> Mapping[int, set[int]]:
    """Give who serves each target, pair by pair."""
    pairs: dict[int, set[int]] = {one: set() for one in range(len(asked.targets))}
    matrix = asked.reach.serves().tocoo()
    for row, column in zip(matrix.row.tolist(), matrix.col.tolist(), strict=True):
        pairs[row].add(column)
    return pairs
