"""A small made-up plan over the made-up county: two shared sites, one new one, what they serve and what is left."""

import geopandas as gpd
import shapely


def frame(columns: dict, geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs="EPSG:4490")


def both(name: str, zh: list[str], en: list[str]) -> dict:
    return {f"{name}_zh": zh, f"{name}_en": en}


def make_plan(results: dict) -> dict:
    """Make the result layers of a plan that serves the first settlements without service, and some road."""
    gaps = results["gap_points"]
    gaps = gaps[gaps["operator"].eq("any") & gaps["target_layer"].eq("settlements")]
    spots = [shapely.Point(75.1, 39.5), shapely.Point(75.3, 39.6), shapely.Point(75.45, 39.8)]
    return _sites(spots) | _served(gaps, results["gap_stretches"]) | _outlook(spots[1])


def _sites(spots: list) -> dict:
    sites = {
        "site_id": ["towers:T1:5G", "structures:P1:4G+5G", "new:E75N39:4G+5G"],
        "build_order": [1, 2, 3],
        "phase": [1, 1, 2],
        "year": [2026, 2026, 2027],
        "kind": ["existing tower", "structure", "new site"],
        "name": ["一号站", "35kV支线 P1", None],
        "owner": ["中国铁塔", "某供电公司", None],
        "technologies": ["5G", "4G;5G", "4G;5G"],
        "served_places": [3, 2, 1],
        "served_people": [900.0, 600.0, 0.0],
        "served_road_km": [2.0, 0.0, 1.0],
        "way": ["existing", "fibre", "microwave"],
        "cost_site": [4.0, 8.0, 40.0],
        "cost_radio": [18.0, 36.0, 36.0],
        "cost_connection": [0.0, 9.4, 10.0],
        "cost_power": [0.8, 4.3, 15.0],
        "cost_access": [0.0, 0.0, 9.7],
        "cost": [22.8, 57.7, 110.7],
        "money": ["万元"] * 3,
        "price_certainty": ["example", "estimate", "example"],
        **both("where", ["小学以东"] * 3, ["east of the school"] * 3),
        **both("what", ["加装 5G 设备", "搭载设备", "新建站址"], ["put 5G on a tower", "use a pylon", "build a site"]),
        **both("served", ["自然村 3 处"] * 3, ["settlements: 3"] * 3),
        **both("indicators", ["聚居区：+3"] * 3, ["settlements: +3"] * 3),
        **both("reason", ["没有其他候选"] * 3, ["no other candidate"] * 3),
        **both("agree", ["中国铁塔（产权单位）"] * 3, ["中国铁塔 (owner)"] * 3),
        **both("certainty", ["价格为示例"] * 3, ["prices are examples"] * 3),
        "source": ["towers.csv||2", "power.kml||3", None],
    }
    ways = {
        "site_id": sites["site_id"],
        "way": sites["way"],
        "to_layer": ["towers", "cables", "towers"],
        "to_id": ["T1", "L1", "T2"],
        "route_m": [0.0, 1234.0, 0.0],
        "link_m": [0.0, 0.0, 8000.0],
        "cost_fibre": [0.0, 9.4, 0.0],
        "cost_microwave": [0.0, 0.0, 10.0],
        "cost": [0.0, 9.4, 10.0],
        "money": ["万元"] * 3,
        **both("reason", ["依据"] * 3, ["reason"] * 3),
    }
    shapes = [spots[0], shapely.LineString([spots[1], (75.32, 39.62)]), shapely.LineString([spots[2], (75.4, 39.7)])]
    return {"plan_sites": frame(sites, spots), "plan_connections": frame(ways, shapes)}


def _served(gaps: gpd.GeoDataFrame, stretches: gpd.GeoDataFrame) -> dict:
    states = ["served by the plan"] * 3 + ["left for money"] + ["out of reach"]
    places = gaps.iloc[: len(states)]
    stretch = stretches[stretches["operator"].eq("any")].iloc[0]
    line = next(iter(getattr(stretch.geometry, "geoms", [stretch.geometry])))
    along = [line.interpolate(share, normalized=True) for share in (0.1, 0.3, 0.6, 0.9)]
    count = len(places) + len(along)
    table = {
        "target_layer": [*places["target_layer"], *["roads"] * len(along)],
        "target_id": [*places["target_id"], *[stretch["road_id"]] * len(along)],
        "name": [*places["name"], *["边境路"] * len(along)],
        "technology": [*places["technology"], *[stretch["technology"]] * len(along)],
        "operator": ["any"] * count,
        "weight": [120.0] * count,
        "state": [*states[: len(places)], *["served by the plan"] * 2, *["left for money"] * 2],
        "site_id": ["towers:T1:5G"] * count,
        "cheapest_cost": [24.8] * count,
        "satellite": [None] * (len(places) - 1) + ["low orbit"] + [None] * len(along),
        "satellite_cost": [None] * (len(places) - 1) + [3.5] + [None] * len(along),
        **both("reason", ["由方案站点服务"] * count, ["a site would serve it"] * count),
    }
    look = {"target_layer": ["settlements"], "target_id": ["S1"], "name": ["1组"], "satellite": ["甲星"],
            "elevation_deg": [30.5], "verdict": ["visible"], "best": [True],
            **both("reason", ["可视"], ["in sight"])}  # fmt: skip
    return {"plan_served": frame(table, [*places.geometry, *along]), "satellite_looks": frame(look, along[:1])}


def _outlook(middle: shapely.Point) -> dict:
    money = "万元"
    summary = {
        "target_share": [0.9], "budget": [None], "share_before": [0.54], "reached_share": [0.9], "missing_share": [0.0],
        "sites": [3], "shared_sites": [2], "new_sites": [1], "cost": [191.2], "cost_alone": [195.0], "money": [money],
        "price_certainty": ["example"], "optimality_gap": [0.012], "proven": [False], "status": ["best_known"],
        "weight": ["population"], "targets": [300], "candidates": [120], "out_of_reach": [1],
        **both("reason", ["建设 3 个站点"], ["Sites to share or build: 3"]),
    }  # fmt: skip
    phases = {
        "phase": [1, 2], "year": [2026, 2027], "budget": [100.0, 100.0], "sites": [2, 1], "cost": [80.5, 110.7],
        "cost_so_far": [80.5, 191.2], "share_after": [0.8, 0.9], "money": [money] * 2,
    }  # fmt: skip
    curve = {
        "budget": [0.0, 100.0, 200.0, 300.0], "cost": [0.0, 98.0, 191.2, 290.0], "share": [0.54, 0.82, 0.91, 0.95],
        "nested_share": [0.54, 0.81, 0.9, 0.94], "optimality_gap": [0.0, 0.01, 0.0, 0.0],
        "proven": [True, False, True, True], "money": [money] * 4,
    }  # fmt: skip
    moves = {
        "what": ["radio margin", "fibre"], "step": [-3.0, 20.0], "unit": ["dB", "%"], "reached_share": [0.9, 0.9],
        "cost": [200.0, 193.0], "cost_change": [8.8, 1.8], "sites_kept": [2, 3], "sites_dropped": [1, 0],
        "sites_added": [1, 0], "old_share": [0.88, 0.9], "old_cost": [191.2, 193.0], "money": [money] * 2,
        **both("reason", ["变动"] * 2, ["moves"] * 2),
    }  # fmt: skip
    targets = {
        "target_id": ["t1", "t2"], "zh": ["聚居区通宽带", "边境机构5G"], "en": ["settlements", "posts"],
        "district_code": [None, None], "district_name": ["合计", "合计"], "unit": ["count", "km"],
        "total": [80.0, 73.0], "covered_before": [64.0, 3.0], "covered_after": [77.0, 55.0], "share_before": [0.8, 0.04],
        "share_after": [0.96, 0.75], "gained": [13.0, 52.0], "missing_before": [15.0, None], "missing_after": [2.0, None],
        "state_before": ["not met", "no figure"], "state_after": ["met", "no figure"], "judged": [True, True],
        **both("reason", ["依据"] * 2, ["reason"] * 2),
    }  # fmt: skip
    left = {"kind": ["structure"], "facility_layer": ["structures"], "facility_id": ["P9"], "name": ["P9"],
            "cause": ["closed"], **both("reason", ["未开放"], ["not open"])}  # fmt: skip
    box = shapely.box(75.0, 39.5, 75.2, 39.7)
    return {
        "plan_summary": frame(summary, [middle]),
        "plan_phases": frame(phases, [middle] * 2),
        "plan_budget_curve": frame(curve, [middle] * 4),
        "plan_sensitivity": frame(moves, [middle] * 2),
        "plan_indicators": frame(targets, [box] * 2),
        "plan_rejected_candidates": frame(left, [middle]),
    }
