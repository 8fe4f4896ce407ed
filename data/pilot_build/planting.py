# ruff: noqa: E501, PLR0917 (rows of values read best unbroken; a place is x, y)
"""Plants the cases that analyses must find, after the county and its networks are drawn; draws from a generator of its own.

Nothing here touches the draws of the other modules, so that their rows stay as they are: new rows come behind them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString, MultiPolygon, Point

from pilot_build.county import _cut_road, _smooth, to_degrees, to_plane
from pilot_build.geodesy import from_plane, plane
from pilot_build.names import OPERATORS, TOWER_COMPANY
from pilot_build.telecom import judge
from pilot_build.terrain import cost_graph, grow, walk

FARMLAND, RED_LINE, TOWN = "永久基本农田", "生态保护红线", "城镇开发边界"
CORRIDOR_M, SITE_M = 25.0, 36.0  # half width of a road's corridor; half side of what is kept clear round a site
LIMIT_M, OUTSIDE_M = 500.0, 3000.0


@dataclass
class Plants:
    """What was planted: ids by the name of the case, and the layers that only the cases need."""

    cases: dict = field(default_factory=dict)
    planned_sites: list = field(default_factory=list)
    posts: list = field(default_factory=list)
    demands: list = field(default_factory=list)
    ducts: list = field(default_factory=list)
    works: list = field(default_factory=list)
    finished: list = field(default_factory=list)
    measurements: list = field(default_factory=list)


def plant_on_the_ground(rng, county, net, plants):
    """Plant what zones must be cleared for: a road, cables, sites; then clear the zones of accidents."""
    _close_circle(county, plants)
    _close_rings(county, net, plants)
    _plant_clusters(county, net, plants)
    _cross_farmland(county, net, plants)
    _cross_red_line(county, net, plants)
    _plan_sites(rng, county, net, plants)


# --- Roads and cables -------------------------------------------------------------------------------------------------


def _road_end(county, ref, end):
    return Point([r for r in county.roads if r["ref"] == ref][end]["line"].coords[end])


def _way(county, start, end, *, weight=90):
    """A least-cost way over the coarse grid between two places, smoothed; its ends are exact."""
    graph = cost_graph(county.coarse, weight)
    a, b = (int(county.coarse.index(*from_plane(p.x, p.y))) for p in (start, end))
    _, before, _ = grow(graph, [a])
    cells = walk(before, b)[::-1]
    x, y = plane(county.coarse.lon.ravel()[cells], county.coarse.lat.ravel()[cells])
    points = np.column_stack([x, y])
    points[0], points[-1] = (start.x, start.y), (end.x, end.y)
    return LineString(_smooth(points) if len(points) > 2 else points).simplify(4.0)


def _close_circle(county, plants):
    """One road joins the ends of two branches, so that roads make a circle."""
    line = _way(county, _road_end(county, "X0X36", 0), _road_end(county, "Y1X14", 0))
    _cut_road(county, "Y1X44", "银洲联络线", "等外公路", line)
    plants.cases["circle road"] = "Y1X44"


def _pylon_way(county, start, end, *, leave_m=0.0):
    """A way from pylon to pylon of the 110 kV lines; long leaps cost more than the same length in short ones.

    Near its start, where asked, the cable leaves out pylons, so that it shares no route with the other that leaves there.
    """
    pylons = [s for s in county.structures if s["kind"] == "输电杆塔" and s["volts"] == 110.0]
    xy = np.array([(s["x"], s["y"]) for s in pylons])
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    graph = csr_matrix(np.where(apart <= 1500.0, apart**2, 0.0))
    a, b = (int(np.argmin(np.hypot(*(xy - [p.x, p.y]).T))) for p in (start, end))
    _, before = dijkstra(graph, directed=False, indices=a, return_predecessors=True)
    clear = np.hypot(*(xy - [start.x, start.y]).T) > leave_m
    path = [i for i in walk(before, b)[::-1] if clear[i]]
    return LineString([(start.x, start.y), *xy[path], (end.x, end.y)])


def _room(net, operator, town):
    room = next(r for r in net.rooms if r["operator"] == operator and r["name"].startswith(town["name"]))
    return room, Point(room["x"], room["y"])


def _cable(net, name, line, ends, *, laying, role="本地骨干", cores=48, free=20):
    number = sum(c["operator"] == "中国电信" for c in net.cables) + 1
    cable = {"id": f"DXGL{number:05d}", "operator": "中国电信", "name": name, "from": ends[0], "to": ends[1],
             "cores": cores, "free": free, "km": round(line.length / 1000 * 1.03, 3), "line": line, "role": role,
             "laying": laying, "year": 2024}  # fmt: skip
    net.cables.append(cable)
    return cable["id"]


def _stops(net, operator):
    """Ends of cables that are sites: place by id."""
    sites = {t["id"] for t in net.towers}
    found = {}
    for c in (c for c in net.cables if c["operator"] == operator):
        for label, at in ((c["from"], c["line"].coords[0]), (c["to"], c["line"].coords[-1])):
            if label in sites:
                found.setdefault(label, Point(at))
    return found


def _nearest_stop(net, place):
    return min(_stops(net, "中国电信").items(), key=lambda stop: (stop[1].distance(place), stop[0]))


def _close_rings(county, net, plants):
    """中国电信 hangs cables on power lines from its core to two towns, and buries on to the trunk road: two rings."""
    seat, west, south = county.towns[0], county.towns[1], county.towns[2]
    core, at = _room(net, "中国电信", seat)
    trunk = min((c for c in net.cables if c["operator"] == "中国电信"), key=lambda c: (c["line"].distance(at), c["id"]))
    foot = trunk["line"].interpolate(trunk["line"].project(at))
    rings = [
        _cable(
            net,
            "核心机楼引接光缆",
            LineString([(at.x, at.y), (foot.x, foot.y)]),
            (core["id"], "桃亭接头"),
            laying="管道",
            cores=144,
            free=60,
        )
    ]
    for town, line in ((west, "乙线"), (south, "丙线")):
        room, there = _room(net, "中国电信", town)
        rings.append(
            _cable(
                net,
                f"110kV示范{line}OPGW光缆",
                _pylon_way(county, at, there, leave_m=0.0 if town is west else 1200.0),
                (core["id"], room["id"]),
                laying="架空",
            )
        )
        stop, place = _nearest_stop(net, there)
        rings.append(
            _cable(
                net,
                f"{town['name']}环网直埋光缆",
                _way(county, there, place, weight=20),
                (room["id"], stop),
                laying="直埋",
            )
        )
    plants.cases["ring cables"] = rings


def _cross_farmland(county, net, plants):
    """A cable crosses a plot of farmland, away from any road, from a site beside a trunk road to a settlement behind it."""
    roads = shapely.union_all([r["line"] for r in county.roads])
    zones = {z["id"]: to_plane(z["polygon"]) for z in county.zones if z["kind"] != TOWN}
    best = None
    for stop, place in sorted(_stops(net, "中国电信").items()):
        for zone, plot in zones.items():
            if not zone.startswith("YN") or not 200 < plot.distance(place) < 1500 or plot.distance(roads) < 60:
                continue
            middle = plot.representative_point()
            for s in county.settlements:
                end = Point(s["x"], s["y"])
                line = LineString([(place.x, place.y), (middle.x, middle.y), (end.x, end.y)])
                if plot.distance(end) < 60 or line.length > 4000 or line.intersection(plot).length < 200:
                    continue
                if (
                    any(line.intersects(z) for other, z in zones.items() if other != zone)
                    or line.intersection(roads.buffer(40)).length > 260
                ):
                    continue
                key = (round(line.length, 3), stop, zone, s["id"])
                best = min(best, (key, line, s), key=lambda one: one[0]) if best else (key, line, s)
    (_, stop, zone, _), line, settlement = best
    cable = _cable(
        net,
        f"{settlement['name']}接入光缆",
        line,
        (stop, f"{settlement['name']}分纤点"),
        laying="直埋",
        role="接入",
        cores=12,
        free=6,
    )
    plants.cases["cable in farmland"] = (cable, zone)


def _cross_red_line(county, net, plants):
    """A cable leaves the middle of another on the border road for a border institution, through the red line."""
    red = {z["id"]: to_plane(z["polygon"]) for z in county.zones if z["kind"] == RED_LINE}
    found = []
    for p in county.posts:
        at = Point(p["x"], p["y"])
        for zone in (z for z, polygon in red.items() if polygon.contains(at)):
            found += [
                (c["line"].distance(at), p["id"], c["id"], zone) for c in net.cables if c["operator"] == "中国电信"
            ]
    _, post_id, cable_id, zone = min(one for one in found if one[0] > 3 * CORRIDOR_M)
    post = next(p for p in county.posts if p["id"] == post_id)
    at, trunk = Point(post["x"], post["y"]), next(c for c in net.cables if c["id"] == cable_id)["line"]
    foot = trunk.interpolate(trunk.project(at))
    line = LineString([(foot.x, foot.y), (at.x, at.y)])
    cable = _cable(
        net,
        f"{post['name']}接入光缆",
        line,
        ("沿边公路接头", post["name"]),
        laying="直埋",
        role="接入",
        cores=12,
        free=4,
    )
    plants.cases["cable in red line"] = (cable, zone)


# --- Sites ------------------------------------------------------------------------------------------------------------


def _tower(net, owner, name, x, y, *, height, free=1, status="在建"):
    prefix = {"中国移动": "YD", "中国联通": "LT", "中国电信": "DX", TOWER_COMPANY: "TT"}[owner]
    number = sum(t["owner"] == owner for t in net.towers) + 1
    tower = {"id": f"659900{prefix}{number:05d}", "name": name, "owner": owner, "x": x, "y": y, "kind": "地面塔",
             "height": float(height), "status": status, "users": (owner,), "technologies": ("4G",), "where": "village",
             "platforms": 2, "free": free, "area": 64.0, "power": "直供电", "room": False}  # fmt: skip
    net.towers.append(tower)
    return tower["id"]


def _lonely(county, net, reach_m):
    """Settlements without a site in reach, the largest first; apart from each other by the same."""
    standing = np.array([(t["x"], t["y"]) for t in net.towers if t["status"] != "退网"])
    found = []
    for s in sorted(county.settlements, key=lambda s: (-s["households"], s["id"])):
        taken = np.vstack([standing, *[[(f["x"], f["y"])] for f in found]])
        if np.hypot(*(taken - [s["x"], s["y"]]).T).min() > reach_m:
            found.append(s)
    return found


def _plant_clusters(county, net, plants):
    """Three operators build in one settlement; in another two stand just farther apart than the limit."""
    first, second = _lonely(county, net, OUTSIDE_M + 900)[:2]
    sites = (("中国移动", 60, 20, 30), ("中国联通", -90, 40, 35), ("中国电信", 30, -120, 25))
    plants.cases["cluster"] = [
        _tower(net, owner, f"{first['name']}新建站", first["x"] + dx, first["y"] + dy, height=height)
        for owner, dx, dy, height in sites
    ]
    plants.cases["cluster keeper"] = plants.cases["cluster"][1]
    pair = (("中国移动", 100.0), ("中国联通", 100.0 - LIMIT_M - 14.0))
    plants.cases["pair outside the limit"] = [
        _tower(net, owner, f"{second['name']}新建站", second["x"] + dx, second["y"], height=30) for owner, dx in pair
    ]


def _plan_sites(rng, county, net, plants):
    """Planned sites of the plan to come: one in farmland, others where they may stand, all far from what stands."""
    plot = max(
        (z for z in county.zones if z["kind"] == FARMLAND and z["id"] != plants.cases["cable in farmland"][1]),
        key=lambda z: (to_plane(z["polygon"]).area, z["id"]),
    )
    middle = to_plane(plot["polygon"]).representative_point()
    zones = shapely.union_all([to_plane(z["polygon"]) for z in county.zones if z["kind"] != TOWN])
    spots = [("GH0001", middle.x, middle.y, "规划站一")]
    for s in _lonely(county, net, OUTSIDE_M + 300):
        spot = Point(s["x"] + 150.0, s["y"] + 80.0)
        if len(spots) < 4 and zones.distance(spot) > 60 and spot.distance(middle) > 4000:
            spots.append((f"GH{len(spots) + 1:04d}", spot.x, spot.y, f"{s['name']}规划站"))
    for number, x, y, name in spots:
        plants.planned_sites.append(
            {
                "id": number,
                "name": name,
                "x": x,
                "y": y,
                "height": float(rng.choice([25, 30, 35])),
                "year": 2027,
                "technology": "4G",
            }
        )
    plants.cases["planned site in farmland"] = ("GH0001", plot["id"])


def hide_clinic(county, net, plants):
    """A village that 中国移动 serves from a rise 6 km away; its clinic moves to where the hills hide it from all sites."""
    village = next(v for v in county.villages if v["name"] == "银洲")
    live = [
        c
        for c in net.cells
        if c["operator"] == "中国移动" and c["technology"] == "4G" and c["status"] == "在用" and c["coverage"] == "宏站"
    ]
    xy = np.array([(c["x"], c["y"]) for c in live])
    clinic = next(c for c in county.clinics if c["village"] == village["id"])
    best = None
    for dx, dy in ((dx, dy) for dx in range(-3500, 3501, 250) for dy in range(-3500, 3501, 250)):
        x, y = village["x"] + dx, village["y"] + dy
        near = np.flatnonzero(np.hypot(*(xy - [x, y]).T) < 20_000)
        antennas = np.array([[*from_plane(*xy[i]), live[i]["height"]] for i in near])
        strongest = float(_edge_power(county.terrain, antennas, [*from_plane(x, y), 1.5], live[0]["mhz"]).max())
        best = min(best or (strongest, dx, dy), (strongest, dx, dy))
    clinic["x"], clinic["y"] = village["x"] + best[1], village["y"] + best[2]
    judge(county, net)
    plants.cases["village without its clinic"] = (village["id"], "中国移动", clinic["id"])
    plants.cases["power at the clinic"] = best[0]


def _edge_power(terrain, antennas, target, mhz, eirp_dbm=26.0):
    """Power over one knife edge, the worst of the path, from each antenna, in dBm (ITU-R P.526, approximation of J(v))."""
    t = np.linspace(0, 1, 98)[None, 1:-1]
    ground = terrain.at(antennas[:, [0]] * (1 - t) + target[0] * t, antennas[:, [1]] * (1 - t) + target[1] * t)
    away_m = np.hypot(*(np.array(plane(antennas[:, 0], antennas[:, 1])) - np.array(plane(*target[:2]))[:, None]))[
        :, None
    ]
    ends = (
        terrain.at(antennas[:, 0], antennas[:, 1])[:, None] + antennas[:, [2]],
        float(terrain.at([target[0]], [target[1]])[0]) + target[2],
    )
    above_m = ground + t * (1 - t) * away_m**2 / (2 * 4 / 3 * 6_371_000) - (ends[0] * (1 - t) + ends[1] * t)
    v = (above_m * np.sqrt(2 * mhz / 299.792458 / (away_m * t * (1 - t)))).max(axis=1)
    edge_db = np.where(v > -0.78, 6.9 + 20 * np.log10(np.sqrt((v - 0.1) ** 2 + 1) + v - 0.1), 0.0)
    return eirp_dbm - 20 * np.log10(4 * np.pi * away_m[:, 0] * mhz / 299.792458) - edge_db


def mark_sharing(rng, county, net, plants):
    """Say of rooms who else uses them and whether they hang on one route, of structures who is on them and whether they are open."""
    for r in net.rooms:
        others = [o[2:] for o in OPERATORS if o != r["operator"]]
        r["shared"] = str(rng.choice(others)) if rng.random() < 0.2 else ""
        r["single"] = "是" if r["kind"] == "接入机房" else "否"
    given = {d["given"] for d in plants.demands}
    for s in county.structures:
        s["open"] = "是" if s["id"] in given or rng.random() < 0.6 else "否"
        s["tenants"] = "移动" if s["open"] == "是" and s["id"] not in given and rng.random() < 0.02 else ""


# --- Zones ------------------------------------------------------------------------------------------------------------


def clear_zones(county, net, plants):
    """Cut what stands and runs by accident out of farmland and red lines; keep what is planted there."""
    towers = {t["id"]: t for t in net.towers}
    plots = {z["id"]: to_plane(z["polygon"]) for z in county.zones if z["kind"] == FARMLAND}
    kept = next(t for t in net.towers if t["status"] == "在用" and any(p.buffer(-20).contains(Point(t["x"], t["y"])) for p in plots.values())
                and not any(p.distance(Point(t["x"], t["y"])) < 60 for p in _roads(county)))  # fmt: skip
    red_kept = _red_line_sites(county, net)
    plants.cases["site in farmland"] = (
        kept["id"],
        next(z for z, p in plots.items() if p.contains(Point(kept["x"], kept["y"]))),
    )
    plants.cases["sites in red line"] = red_kept
    planted = {kept["id"], *(tower for tower, _ in red_kept)}
    sites = [*(t for t in towers.values() if t["id"] not in planted), *net.rooms, *plants.planned_sites[1:]]
    corridors = [r["line"].buffer(CORRIDOR_M, quad_segs=2) for r in county.roads]
    corridors += [d["line"].buffer(CORRIDOR_M, quad_segs=2) for d in (*plants.ducts, *plants.works)]
    corridors += [c["line"].buffer(CORRIDOR_M, quad_segs=2) for c in net.cables]
    ways = {
        z: shapely.union_all([w for w, c in zip(corridors, _names(county, net, plants), strict=True) if c != z])
        for z in ("YN", "ST")
    }
    boxes = shapely.union_all(
        [shapely.box(s["x"] - SITE_M, s["y"] - SITE_M, s["x"] + SITE_M, s["y"] + SITE_M) for s in sites]
    )
    farmland = shapely.union_all([p.buffer(CORRIDOR_M, quad_segs=2) for p in plots.values()])
    for z in county.zones:
        if z["kind"] == TOWN:
            continue
        left = to_plane(z["polygon"]).difference(boxes).difference(ways[z["id"][:2]])
        if z["kind"] == RED_LINE:
            left = left.difference(farmland)
        parts = sorted(shapely.get_parts(left), key=lambda g: -g.area)
        parts = parts[:1] if z["kind"] == FARMLAND else [g for g in parts if g.area > 200_000]
        z["polygon"] = MultiPolygon([shapely.make_valid(to_degrees(g, 8)) for g in parts])


def _roads(county):
    return [r["line"] for r in county.roads]


def _names(county, net, plants):
    """The kind of zone that each corridor must not be cut out of, in the order of the corridors."""
    own = {plants.cases["cable in farmland"][0]: "YN", plants.cases["cable in red line"][0]: "ST"}
    cables = [c["id"] for c in net.cables]
    return [*[""] * (len(county.roads) + len(plants.ducts) + len(plants.works)), *(own.get(c, "") for c in cables)]


def _red_line_sites(county, net):
    """Two sites that stay in red lines: the first two that stand well inside."""
    found = []
    for z in (z for z in county.zones if z["kind"] == RED_LINE):
        polygon = to_plane(z["polygon"]).buffer(-80)
        for t in net.towers:
            at = Point(t["x"], t["y"])
            if t["status"] == "在用" and polygon.contains(at) and min(r.distance(at) for r in _roads(county)) > 45:
                found.append((t["id"], z["id"]))
    return found[:2]


def bow_place(county, net):
    """South-west corner of the polygon that crosses itself: on a plot with nothing near it."""
    lines = shapely.union_all([*[c["line"] for c in net.cables], *_roads(county)])
    points = shapely.multipoints([(t["x"], t["y"]) for t in (*net.towers, *net.rooms)])
    for z in (z for z in county.zones if z["kind"] == FARMLAND):
        lon, lat = z["polygon"].centroid.coords[0]
        box = to_plane(shapely.box(lon, lat, lon + 0.004, lat + 0.003)).buffer(60)
        if z["id"] != "YN0013" and not box.intersects(lines) and not box.intersects(points):
            return round(lon, 8), round(lat, 8), z["id"]
    raise ValueError("no plot is free")


__all__ = [
    "FARMLAND",
    "LIMIT_M",
    "OPERATORS",
    "OUTSIDE_M",
    "RED_LINE",
    "TOWN",
    "Plants",
    "bow_place",
    "clear_zones",
    "hide_clinic",
    "mark_sharing",
    "plant_on_the_ground",
]
