"""A plan small enough to be read, for examples: a tower, a rise and a room; a school, a village and a post."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from onemap.analyses.candidates import reach_of
from onemap.analyses.connection import ConnectionSettings
from onemap.analyses.costs import package_costs
from onemap.analyses.coverage import CoverageSettings
from onemap.analyses.plan.choosing import Chosen, Ground, PlanQuestion, choose_sites
from onemap.analyses.plan.costing import candidate_costs
from onemap.analyses.siting import SitingSettings

__all__ = ["example_plan"]

_CRS = "EPSG:4490"


def example_plan(target_share: float = 1.0) -> tuple[Chosen, Ground]:
    """Plan 4G for three places between 75.0° and 75.3° E on the 39th parallel, within 8 km of a site.

    Parameters
    ----------
    target_share
        Share of the weight (school 60, village 100, post 5) that is to be served.

    Returns
    -------
    chosen, ground
        The plan and what it was made over.

    Examples
    --------
    >>> chosen, _ = example_plan()
    >>> chosen.sites["candidate_id"].tolist(), round(chosen.cost, 1)
    (['towers:T1:4G', 'new:N1:4G'], 359.7)
    """
    sites = gpd.GeoDataFrame(
        {
            "candidate_id": ["towers:T1:4G", "new:N1:4G", "rooms:M1:4G"],
            "spot_id": ["T1", "N1", "M1"],
            "kind": ["existing tower", "new site", "room"],
            "facility_layer": ["towers", None, "rooms"],
            "facility_id": ["T1", None, "M1"],
            "owner": ["铁塔公司", None, None],
            "technologies": "4G",
            "operators": "any",
            "bands": "B8",
            "height_agl_m": 30.0,
        },
        geometry=shapely.points([75.05, 75.25, 75.0], [39.0, 39.0, 39.0]),
        crs=_CRS,
    )
    targets = gpd.GeoDataFrame(
        {
            "target_key": ["schools:S1|4G|any", "villages:V1|4G|any", "posts:P1|4G|any"],
            "target_layer": ["schools", "villages", "posts"],
            "target_id": ["S1", "V1", "P1"],
            "name": ["School", "Village", "Post"],
            "technology": "4G",
            "operator": "any",
            "weight": [60.0, 100.0, 5.0],
            "weight_assumed": False,
            "length_m": np.nan,
            "served_before": False,
        },
        geometry=shapely.points([75.1, 75.02, 75.3], [39.0, 39.0, 39.0]),
        crs=_CRS,
    )
    room = gpd.GeoDataFrame({"room_id": ["M1"], "name": ["M1"]}, geometry=[shapely.Point(75, 39)], crs=_CRS)
    tower = gpd.GeoDataFrame({"tower_id": ["T1"], "owner": ["铁塔公司"]}, geometry=[shapely.Point(75.05, 39)], crs=_CRS)
    road = gpd.GeoDataFrame({"road_id": ["R1"]}, geometry=[shapely.LineString([(75, 39), (75.3, 39)])], crs=_CRS)
    ground = Ground({"rooms": room, "towers": tower, "roads": road}, None, package_costs(), ConnectionSettings())
    costs = candidate_costs(sites, ground.layers, None, book=ground.book, settings=ground.settings)
    reach = reach_of(sites, targets, coverage=CoverageSettings(model="radius", technologies=("4G",)))
    question = PlanQuestion(sites, targets, reach, costs, np.zeros(3, dtype=bool))
    return choose_sites(question, SitingSettings(target_share=target_share), ground), ground
