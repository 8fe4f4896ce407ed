# ruff: noqa: E501, PLR0917 (rows of values read best unbroken; a place is x, y)
"""Demands of all parties, ducts, works, kilometre posts and finished places, each planted where its outcome is plain."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.ops import substring

from pilot_build.county import to_plane
from pilot_build.geodesy import from_plane
from pilot_build.names import OPERATORS
from pilot_build.planting import TOWN
from pilot_build.terrain import in_sight

REACH_M = {"platform": 3000.0, "camera": 1000.0, "rack": 3000.0, "bore": 500.0, "fibre": 500.0}
REACH_IN_SETTLEMENTS_M, STRUCTURE_PENALTY_M, DUCT_REACH_M, WORK_REACH_M = 500.0, 200.0, 100.0, 200.0
_APART_M = 100.0  # what is given must be nearer than anything else that would do by this


def plant_needs(rng, county, net, plants):
    """Plant the layers of needs, in an order in which later ones lean on earlier ones."""
    _lay_ducts(net, plants)
    _make_demands(county, net, plants)
    _plan_works(plants)
    _set_posts(county, plants)
    _finish_places(rng, county, plants)


def masts(county, net):
    """What carries antennas, as one list: id, layer, owner, place, height, free places, spare load, whether it stands."""
    towers = [
        (t["id"], "towers", t["owner"], t["x"], t["y"], t["height"], t["free"], np.inf, t["status"] in ("在用", "在建"))
        for t in net.towers
    ]
    others = [
        (s["id"], "structures", s["owner"], s["x"], s["y"], s["height"], 1, s["spare"], True) for s in county.structures
    ]
    return towers + others


def in_settlement(county, x, y):
    """Tell whether a place is within 500 m of a settlement or inside a development boundary."""
    near = min(np.hypot(s["x"] - x, s["y"] - y) for s in county.settlements)
    return near <= REACH_IN_SETTLEMENTS_M or any(
        to_plane(z["polygon"]).contains(Point(x, y)) for z in county.zones if z["kind"] == TOWN
    )


def _fits(mast, demand, reach_m):
    _, _, owner, x, y, height, free, spare, stands = mast
    near = np.hypot(x - demand["x"], y - demand["y"]) <= reach_m
    able = height >= (demand.get("height") or 0) and spare > 0 and spare >= (demand.get("load") or 0)
    return near and stands and owner != demand["requester"] and free >= 1 and able


def suitable_masts(county, all_masts, demand):
    """List the masts that would do as far as tables tell: cost in metres and mast, the best first."""
    reach_m = REACH_M[demand["resource"]]
    if demand["resource"] == "platform" and in_settlement(county, demand["x"], demand["y"]):
        reach_m = REACH_IN_SETTLEMENTS_M
    fit = [m for m in all_masts if _fits(m, demand, reach_m)]
    return sorted(
        (float(np.hypot(m[3] - demand["x"], m[4] - demand["y"])) + STRUCTURE_PENALTY_M * (m[1] == "structures"), m[0])
        for m in fit
    )


def _alone(suitable, wanted):
    """Tell whether what is wanted is the best by a clear margin."""
    return (
        bool(suitable)
        and suitable[0][1] == wanted
        and (len(suitable) == 1 or suitable[1][0] - suitable[0][0] > _APART_M)
    )


def _sees(county, mast, x, y, margin_m=12.0):
    """Tell whether a mast, lowered by a margin, sees a place."""
    seen, _ = in_sight(
        county.terrain, [[*from_plane(mast[3], mast[4]), mast[5] - margin_m]], [[*from_plane(x, y), 1.5]]
    )
    return bool(seen[0])


def seen_share(county, mast, x, y, radius_m):
    """Share of a disc that a mast sees, by 400 points of a sunflower."""
    n = np.arange(400)
    reach, turn = radius_m * np.sqrt((n + 0.5) / 400), n * 2.399963
    lon, lat = from_plane(x + reach * np.cos(turn), y + reach * np.sin(turn))
    eye = np.tile([*from_plane(mast[3], mast[4]), mast[5]], (400, 1))
    return float(in_sight(county.terrain, eye, np.column_stack([lon, lat, np.full(400, 1.5)]))[0].mean())


def _far(plants, x, y, metres=6500.0):
    """Tell whether a place is far from all demands so far, so that none takes what another wants."""
    return all(np.hypot(d["x"] - x, d["y"] - y) > metres for d in plants.demands)


def _lay_ducts(net, plants):
    """A duct with free bores beside a cable on poles, alone on its road; one without beside a buried cable elsewhere."""
    chosen = []
    for laying in ("架空", "直埋"):
        for c in (
            c for c in net.cables if c["operator"] == "中国电信" and c["laying"] == laying and c["role"] == "接入"
        ):
            others = shapely.union_all([o["line"] for o in net.cables if o is not c])
            if (
                c["line"].length > 2500
                and others.distance(substring(c["line"], 900, 2100)) > 80
                and all(c["line"].distance(o) > 5000 for o in chosen)
            ):
                stretch = substring(c["line"], 1000, 2000)
                chosen.append(stretch)
                free = 3 if laying == "架空" else 0
                plants.ducts.append({"id": f"GD{len(chosen):04d}", "name": f"示范县管道{len(chosen)}", "owner": "示范县城投公司", "bores": 6, "free": free,
                                     "material": "PE", "line": stretch.offset_curve(6.0).simplify(0.2)})  # fmt: skip
                plants.cases["duct with free bores" if free else "duct without free bores"] = (
                    plants.ducts[-1]["id"],
                    c["id"],
                )
                break


def _demand(plants, requester, kind, resource, x, y, **more):
    number = f"XQ{len(plants.demands) + 1:03d}"
    plants.demands.append(
        {
            "id": number,
            "requester": requester,
            "kind": kind,
            "resource": resource,
            "x": x,
            "y": y,
            "quantity": more.pop("quantity", 1),
            **more,
        }
    )
    return plants.demands[-1]


def _make_demands(county, net, plants):
    standing = masts(county, net)
    _beside_power_tower(county, standing, plants, "fit power tower", lambda m: m[7] >= 300 and m[5] >= 30, 55.0)
    _beside_power_tower(county, standing, plants, "power tower without spare load", lambda m: m[7] == 0, 40.0)
    _beside_light_pole(county, standing, plants)
    _on_our_tower(
        county,
        standing,
        plants,
        "police camera",
        ("示范县公安局", "视频监控", "camera"),
        {"height": 20.0, "load": 15.0, "radius": 300.0},
    )
    _on_our_tower(
        county,
        standing,
        plants,
        "forest fire watch",
        ("示范县林业和草原局", "平台", "platform"),
        {"height": 30.0, "load": 40.0},
    )
    _at_lines(net, plants)
    _at_a_room(net, plants)
    _beyond_all(county, plants)


def _beside_power_tower(county, standing, plants, case, wanted, off_m):
    """中国移动 wants to stand beside a power tower: the tower fits, or its neighbour does."""
    demand = {"requester": "中国移动", "resource": "platform", "height": 25.0, "load": 80.0}
    for mast in (m for m in standing if m[1] == "structures" and m[2] == "示范供电公司" and wanted(m)):
        x, y = mast[3] + off_m, mast[4]
        if not _far(plants, x, y) or in_settlement(county, x, y):
            continue
        suitable = suitable_masts(county, standing, {**demand, "x": x, "y": y})
        best = next((m for m in standing if suitable and m[0] == suitable[0][1]), None)
        if best is None or best[1] != "structures" or not _alone(suitable, best[0]) or not _sees(county, best, x, y):
            continue
        fit = case.startswith("fit")
        if (best is mast) == fit and np.hypot(best[3] - x, best[4] - y) < 600:
            made = _demand(plants, "中国移动", "站址", "platform", x, y, height=25.0, load=80.0, given=best[0])
            plants.cases[case] = (made["id"], mast[0], best[0])
            return
    raise ValueError(case)


def _beside_light_pole(county, standing, plants):
    """中国电信 wants 18 m and 150 kg in a street where lamps are too low, and nothing else would do."""
    for mast in (m for m in standing if m[1] == "structures" and m[2] == "示范县市政管理所"):
        demand = {
            "requester": "中国电信",
            "resource": "platform",
            "height": 18.0,
            "load": 150.0,
            "x": mast[3] + 12,
            "y": mast[4] + 6,
        }
        if (
            in_settlement(county, demand["x"], demand["y"])
            and _far(plants, demand["x"], demand["y"], 4000)
            and not suitable_masts(county, standing, demand)
        ):
            made = _demand(
                plants, "中国电信", "站址", "platform", demand["x"], demand["y"], height=18.0, load=150.0, given=""
            )
            plants.cases["light pole too low"] = (made["id"], mast[0])
            return
    raise ValueError("light pole")


def _on_our_tower(county, standing, plants, case, who, wants):
    """Another industry wants a place on a site of ours that has a free platform."""
    requester, kind, resource = who
    for mast in (m for m in standing if m[1] == "towers" and m[2] == "中国铁塔" and m[8] and m[6] >= 1):
        x, y = mast[3] - 70.0, mast[4] + 40.0
        suitable = suitable_masts(
            county, standing, {"requester": requester, "resource": resource, "x": x, "y": y, **wants}
        )
        if not _far(plants, x, y) or not _alone(suitable, mast[0]) or not _sees(county, mast, x, y):
            continue
        if resource == "camera" and seen_share(county, mast, x, y, wants["radius"]) < 0.95:
            continue
        made = _demand(plants, requester, kind, resource, x, y, given=mast[0], **wants)
        plants.cases[case] = (made["id"], mast[0])
        return
    raise ValueError(case)


def _at_lines(net, plants):
    """Transport wants two bores of the duct; police wants four cores of a cable that is alone on its road."""
    duct = plants.ducts[0]
    at = duct["line"].offset_curve(40.0).interpolate(0.5, normalized=True)
    made = _demand(plants, "示范县交通运输局", "管孔", "bore", at.x, at.y, quantity=2, given=duct["id"])
    plants.cases["bores of a duct"] = (made["id"], duct["id"])
    for c in net.cables:
        at = c["line"].interpolate(0.5, normalized=True)
        others = shapely.union_all([o["line"] for o in net.cables if o is not c])
        if (
            c["operator"] == "中国移动"
            and c["free"] >= 8
            and c["line"].length > 2500
            and others.distance(at) > 900
            and _far(plants, at.x, at.y, 2000)
        ):
            way = LineString(c["line"].offset_curve(60.0).coords).interpolate(0.5, normalized=True)
            made = _demand(plants, "示范县公安局", "纤芯", "fibre", way.x, way.y, quantity=4, given=c["id"])
            plants.cases["cores of a cable"] = (made["id"], c["id"])
            return
    raise ValueError("cores")


def _at_a_room(net, plants):
    """中国联通 wants two racks in a room of another operator."""
    for r in (r for r in net.rooms if r["operator"] != "中国联通" and r["free"] >= 3 and r["kind"] != "接入机房"):
        x, y = r["x"] + 60.0, r["y"] - 30.0
        able = [o for o in net.rooms if o["operator"] != "中国联通" and o["free"] >= 2]
        suitable = sorted((float(np.hypot(o["x"] - x, o["y"] - y)), o["id"]) for o in able)
        if _alone(suitable, r["id"]) and _far(plants, x, y, 3500):
            made = _demand(plants, "中国联通", "机位", "rack", x, y, quantity=2, given=r["id"])
            plants.cases["racks in a room"] = (made["id"], r["id"])
            return
    raise ValueError("room")


def _beyond_all(county, plants):
    """中国联通 wants a bore where there is no duct."""
    ducts = shapely.union_all([d["line"] for d in plants.ducts])
    village = next(
        v
        for v in county.villages
        if ducts.distance(Point(v["x"], v["y"])) > 5000 and _far(plants, v["x"], v["y"], 3000)
    )
    made = _demand(plants, "中国联通", "管孔", "bore", village["x"] + 35.0, village["y"], given="")
    plants.cases["nothing in reach"] = (made["id"],)


def _plan_works(plants):
    """A road to be rebuilt past the demand that nothing serves; one that is done past the demand for bores."""
    by_id = {d["id"]: d for d in plants.demands}
    for case, year, kind in (("nothing in reach", 2027, "道路"), ("bores of a duct", 2024, "隧道")):
        d = by_id[plants.cases[case][0]]
        line = LineString([(d["x"] - 700, d["y"] + 80), (d["x"] + 10, d["y"] + 80), (d["x"] + 600, d["y"] + 130)])
        number = f"GC{len(plants.works) + 1:03d}"
        plants.works.append({"id": number, "name": f"示范{kind}工程{len(plants.works) + 1}", "kind": kind, "owner": "示范县交通运输局", "year": year, "line": line,
                             "stage": "前期" if year > 2026 else "完工"})  # fmt: skip
        plants.cases["work near a demand" if year > 2026 else "work that is done"] = (number, d["id"])


def _set_posts(county, plants):
    """Posts of one road, whose kilometres are a little longer than its drawing's; one post bears a number out of order."""
    road = next(r for r in county.roads if r["ref"] == "S3X2")
    line = road["line"].offset_curve(5.0)
    for km in range(1, int(road["line"].length / 1002) + 1):
        at = line.interpolate(line.project(road["line"].interpolate(km * 1002.0)))
        plants.posts.append(
            {"id": f"S3X2-K{km:03d}", "ref": "S3X2", "road": road["road_id"], "km": float(km), "x": at.x, "y": at.y}
        )
    plants.posts[13]["km"] = 41.0
    plants.cases["post out of order"] = (plants.posts[13]["id"], road["road_id"])


def _finish_places(rng, county, plants):
    """Six finished villages with samples: four pass, one fails, one has too few."""
    served = [v for v in county.villages if (OPERATORS[0], "4G") in v["served"]]
    chosen = []
    for v in sorted(served, key=lambda v: v["id"]):
        if len(chosen) < 6 and all(np.hypot(v["x"] - o["x"], v["y"] - o["y"]) > 4000 for o in chosen):
            chosen.append(v)
    for n, v in enumerate(chosen):
        outcome = {2: "failed", 4: "not measured"}.get(n, "passed")
        count = 12 if outcome == "not measured" else 25
        plants.finished.append({"id": f"PF{n + 1:03d}", "name": v["name"] + "村", "village": v["id"], "x": v["x"], "y": v["y"], "operator": "中国移动", "technology": "4G",
                                "finished": f"2025-{4 + n:02d}-15", "outcome": outcome})  # fmt: skip
        for k in range(count):
            turn, reach = rng.uniform(0, 6.283), 220 * np.sqrt(rng.random())
            bad = outcome == "failed" and k % 4 == 0
            plants.measurements.append({"x": v["x"] + reach * np.cos(turn), "y": v["y"] + reach * np.sin(turn), "rsrp": round(float(-112 - 3 * rng.random() if bad else -97 + 14 * rng.random()), 1),
                                        "time": f"2025-11-{10 + n:02d} {9 + k // 6:02d}:{k % 6 * 10:02d}:00", "operator": "中国移动", "technology": "4G"})  # fmt: skip
