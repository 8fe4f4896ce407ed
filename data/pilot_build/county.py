# ruff: noqa: E501, PLR0917 (rows of values read best unbroken; a place is x, y)
"""The county itself: outline, settlements in valleys, roads by least cost, towns, facilities, zones, power lines."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from rasterio.features import rasterize, shapes
from rasterio.transform import from_origin
from scipy import ndimage
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, shape
from shapely.ops import substring

from pilot_build import names
from pilot_build.geodesy import METRES_PER_DEGREE_LAT, from_plane, plane
from pilot_build.terrain import CELL, NORTH, STEP, WEST, accumulation, coarsen, cost_graph, grow, value_noise, walk

VILLAGES, SETTLEMENTS, TOWNS, SCHOOLS, CLINICS, POSTS = 80, 300, 8, 40, 46, 8
ROAD_KM = 400
METRE_COARSE = CELL * STEP * METRES_PER_DEGREE_LAT


@dataclass
class County:
    """Everything that stands on the ground, in degrees of CGCS2000; lists of plain dicts."""

    terrain: object
    coarse: object
    outline: Polygon
    towns: list = field(default_factory=list)
    villages: list = field(default_factory=list)
    settlements: list = field(default_factory=list)
    roads: list = field(default_factory=list)
    schools: list = field(default_factory=list)
    clinics: list = field(default_factory=list)
    posts: list = field(default_factory=list)
    zones: list = field(default_factory=list)
    structures: list = field(default_factory=list)
    bow: tuple = ()  # south-west corner of the polygon that crosses itself


def to_plane(geometry):
    """Lay a geometry in degrees out in plane metres."""
    return shapely.transform(geometry, lambda c: np.column_stack(plane(c[:, 0], c[:, 1])))


def to_degrees(geometry, digits=9):
    """Bring a plane geometry back to degrees, rounded."""
    return shapely.transform(geometry, lambda c: np.round(np.column_stack(from_plane(c[:, 0], c[:, 1])), digits))


def draw_outline(rng):
    """A fictional county of about 70 by 60 km: a rounded box with a wavering edge."""
    turn = np.linspace(0, 2 * np.pi, 181)[:-1]
    c, s = np.cos(turn), np.sin(turn)
    reach = (np.abs(c) ** 5 + np.abs(s) ** 5) ** (-1 / 5)
    waver = 1 + sum(
        a * np.sin(n * turn + p)
        for n, a, p in zip((3, 5, 9, 17), (0.02, 0.02, 0.015, 0.01), rng.uniform(0, 6.28, 4), strict=True)
    )
    return Polygon(np.column_stack([75.2125 + 0.402 * reach * waver * c, 39.7075 + 0.268 * reach * waver * s]).round(6))


# --- Settlements ------------------------------------------------------------------------------------------------------


def suitability(coarse, outline):
    """How readily people settle in a coarse cell: flat, low against its surroundings, near a stream, not too high."""
    z = coarse.z
    dz_dy, dz_dx = np.gradient(z, METRE_COARSE)
    slope = np.hypot(dz_dx, dz_dy)
    above = np.maximum(z - ndimage.uniform_filter(z, 17), 0)
    stream = ndimage.distance_transform_edt(accumulation(z) < 120) * METRE_COARSE
    score = (
        np.exp(-((slope / 0.09) ** 2))
        * np.exp(-above / 40)
        * np.exp(-stream / 700)
        * np.exp(-np.maximum(z - 2300, 0) / 700)
    )
    inside = rasterize([to_degrees(to_plane(outline).buffer(-1500))], z.shape, transform=_transform(), fill=0)
    return score * (inside == 1)


def _transform():
    return from_origin(WEST, NORTH, CELL * STEP, CELL * STEP)


def scatter(rng, coarse, score, count, spacing_m, taken=()):
    """Draw points by score, none nearer to another than the spacing; each somewhere in its coarse cell."""
    score = score.ravel().copy()
    x, y = (v.ravel() for v in plane(coarse.lon, coarse.lat))
    for px, py in taken:
        score[np.hypot(x - px, y - py) < spacing_m] = 0
    points = []
    while len(points) < count:
        total = np.cumsum(score)
        cell = int(np.searchsorted(total, rng.random() * total[-1]))
        px, py = x[cell] + rng.uniform(-90, 90), y[cell] + rng.uniform(-90, 90)
        score[np.hypot(x - px, y - py) < spacing_m] = 0
        points.append((px, py))
    return points


def settle(rng, county):
    """Place the villages, then their natural villages round them; the first of each is the seat."""
    score = suitability(county.coarse, county.outline)
    seats = scatter(rng, county.coarse, np.sqrt(score), VILLAGES, 2900)
    x, y = plane(county.coarse.lon, county.coarse.lat)
    inside = rasterize([county.outline], county.coarse.z.shape, transform=_transform(), fill=0)
    taken = list(seats)
    extra = np.bincount(np.concatenate([np.arange(VILLAGES), rng.integers(0, VILLAGES, SETTLEMENTS - 2 * VILLAGES)]))
    while (extra > 6).any():
        extra[extra.argmax()] -= 1
        extra[extra.argmin()] += 1
    for seat, (sx, sy), name, more in zip(
        range(VILLAGES), seats, names.village_names(rng, VILLAGES), extra, strict=True
    ):
        near = np.hypot(x - sx, y - sy)
        ring = score * (near > 600) * np.exp(-((near / 2300) ** 2)) * (near < 5500) + 1e-9 * (near < 3000) * (
            near > 800
        )
        parts = scatter(rng, county.coarse, ring * inside, int(more), 480, taken)
        taken += parts
        county.villages.append({"name": name, "x": sx, "y": sy, "index": seat})
        for n, (px, py) in enumerate([(sx, sy), *parts]):
            part = "" if n == 0 else names.part_names(rng, 9)[0]
            used = {s["name"] for s in county.settlements}
            while name + (part or "中心庄") in used:
                part = names.part_names(rng, 9)[0]
            households = int(rng.integers(60, 240)) if n == 0 else int(np.clip(rng.lognormal(3.3, 0.7), 6, 160))
            county.settlements.append(
                {"name": name + (part or "中心庄"), "x": px, "y": py, "village": seat, "households": households}
            )


# --- Roads ------------------------------------------------------------------------------------------------------------


def _smooth(points):
    """Round the corners of a cell path (Chaikin, twice), ends kept."""
    points = np.asarray(points, float)
    for _ in range(2):
        q, r = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.vstack([points[:1], np.stack([q, r], axis=1).reshape(-1, 2)[1:-1], points[-1:]])
    return points


class Network:
    """Roads laid so far: their cells (to branch off from) and their smoothed lines in plane metres."""

    def __init__(self, rng, county):
        self.rng, self.coarse = rng, county.coarse
        inside = rasterize(
            [to_degrees(to_plane(county.outline).buffer(-700))], county.coarse.z.shape, transform=_transform(), fill=0
        )
        rough = sum(
            value_noise(rng, inside.shape, w) for w in (5, 11, 23)
        )  # soft ground, owners, habit: no road is straight
        self.inside = np.where(inside == 1, 1.0, 40.0) * np.clip(1 + 0.55 * rough, 0.35, 2.6)
        self.graph = cost_graph(county.coarse, 90, self.inside)
        self.cells, self.lines = [], []

    def line(self, cells):
        """Draw the line of a path of cells and keep it; its end is joined to the road it leaves from."""
        x, y = plane(self.coarse.lon.ravel()[cells], self.coarse.lat.ravel()[cells])
        points = np.column_stack([x, y])
        points[1:-1] += self.rng.uniform(-45, 45, points[1:-1].shape)
        points = _smooth(points) if len(points) > 2 else points
        if self.lines:
            end = Point(points[-1])
            road = min(self.lines, key=end.distance)
            if road.distance(end) < 600:
                points[-1] = road.interpolate(road.project(end)).coords[0]
        line = LineString(points).simplify(4.0)
        self.cells += list(cells)
        self.lines.append(line)
        return line


def lay_roads(rng, county):
    """The border road along the western edge, two trunk roads, then the cheapest branch to the next village, over and over."""
    net = Network(rng, county)
    coarse = county.coarse
    seat = min(
        county.villages, key=lambda v: np.hypot(v["x"] - plane(75.27, 39.69)[0], v["y"] - plane(75.27, 39.69)[1])
    )
    laid = [
        ("G581X", "示范沿边公路", "二级公路", net.line(_border_path(net, county))),
    ]
    ends = {"S3X1": (75.60, 39.66), "S3X2": (75.36, 39.45), "S3X3": (75.17, 39.965)}
    start = coarse.index(*from_plane(seat["x"], seat["y"]))
    for ref, end in ends.items():
        if ref == "S3X1":
            cost, before, _ = grow(net.graph, net.cells)
            west = walk(before, start)
            cost, before, _ = grow(net.graph, [start])
            cells = walk(before, coarse.index(*end))[:-1] + west
            laid.append((ref, "示范东西干线", "二级公路", net.line(cells)))
            continue
        _, before, _ = grow(net.graph, net.cells)
        laid.append(
            (ref, {"S3X2": "示范南线", "S3X3": "示范北线"}[ref], "三级公路", net.line(walk(before, coarse.index(*end))))
        )
    todo = {v["index"]: int(coarse.index(*from_plane(v["x"], v["y"]))) for v in county.villages}
    number = 0
    while todo and sum(line.length for *_, line in laid) < ROAD_KM * 1000:
        cost, before, _ = grow(net.graph, net.cells)
        village = min(todo, key=lambda v: cost[todo[v]])
        cells = walk(before, todo.pop(village))
        if len(cells) < 5:
            continue
        number += 1
        line = net.line(cells)
        kind = ("X0X", "县道", "四级公路") if line.length > 6000 else ("Y1X", "乡道", "等外公路")
        laid.append((f"{kind[0]}{number:02d}", f"{county.villages[village]['name']}{kind[1]}", kind[2], line))
    for v in county.villages:
        v["road_cost"] = 0.0
    cost, _, _ = grow(net.graph, [start])
    for v in county.villages:
        v["road_cost"] = float(cost[coarse.index(*from_plane(v["x"], v["y"]))])
    county.seat = seat["index"]
    for ref, name, kind, line in laid:
        _cut_road(county, ref, name, kind, line)


def _border_path(net, county):
    """Least-cost path down the western edge, within a strip 0.9 to 4 km inside it."""
    edge = to_plane(county.outline)
    x, y = plane(net.coarse.lon, net.coarse.lat)
    depth = shapely.distance(edge.exterior, shapely.points(x, y))
    strip = np.where((depth > 900) & (depth < 4000) & (net.inside < 3) & (x < plane(75.05, 39.7)[0]), net.inside, 60.0)
    _, before, _ = grow(cost_graph(net.coarse, 60, strip), [net.coarse.index(74.93, 39.945)])
    return walk(before, net.coarse.index(74.93, 39.475))


def _cut_road(county, ref, name, kind, line):
    """Enter a road as sections of at most 25 km, their chainage running on."""
    pieces = max(1, int(np.ceil(line.length / 25_000)))
    step = line.length / pieces
    run_km = 0.0
    for n in range(pieces):
        part = substring(line, n * step, (n + 1) * step)
        road_id = f"{names.COUNTY_CODE}{ref}{n + 1:02d}"
        county.roads.append(
            {
                "road_id": road_id,
                "ref": ref,
                "name": name,
                "class": kind,
                "is_border": ref == "G581X",
                "from_km": round(run_km, 3),
                "line": part,
            }
        )
        run_km += part.length / 1000


# --- Towns, codes, facilities --------------------------------------------------------------------------------------------


def found_towns(county):
    """Choose the towns' seats far from one another, give each its land by travel cost, and number everything."""
    cost_to_seat = np.array([v["road_cost"] for v in county.villages])
    roads = shapely.union_all([r["line"] for r in county.roads])
    on_road = np.array([roads.distance(Point(v["x"], v["y"])) < 800 for v in county.villages])
    xy = np.array([(v["x"], v["y"]) for v in county.villages])
    apart = np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1))
    neighbours = np.minimum((apart < 9000).sum(axis=1), 8)
    chosen = [county.seat]
    while len(chosen) < TOWNS:
        gap = np.min([np.hypot(*(xy - xy[c]).T) for c in chosen], axis=0)
        chosen.append(int(np.argmax(on_road * gap * neighbours / (1 + cost_to_seat / 200_000))))
    coarse = county.coarse
    cells = [int(coarse.index(*from_plane(*xy[c]))) for c in chosen]
    _, _, source = grow(cost_graph(coarse, 15), cells)
    label = np.zeros(coarse.z.size, np.int32)
    for n, cell in enumerate(cells):
        label[source == cell] = n + 1
    label = _connected(label.reshape(coarse.z.shape))
    lands = _share_out(label.astype(np.int32), county.outline)
    for n, (seat, land) in enumerate(zip(chosen, lands, strict=True)):
        kind = "镇" if n < 3 else "乡"
        name = county.villages[seat]["name"]
        county.towns.append(
            {"code": f"{names.COUNTY_CODE}{n + 1:03d}", "name": name + kind, "seat": seat, "land": land}
        )
    county.land = shapely.union_all(lands)
    _number(county)


def _share_out(label, outline):
    """Turn labels into polygons that share their edges exactly, smoothed, and cut them by the county's outline."""
    cells = [(to_plane(shape(g)), int(v)) for g, v in shapes(label, connectivity=4, transform=_transform())]
    noded = _faces([g.exterior for g, _ in cells])
    owner = shapely.STRtree([g for g, _ in cells])
    towns = [[] for _ in range(label.max())]
    for face in noded:
        towns[cells[owner.query(face.representative_point(), "within")[0]][1] - 1].append(face)
    smooth = shapely.coverage_simplify([shapely.coverage_union_all(t) for t in towns], 360)
    edge = to_plane(outline)
    rounded = [to_degrees(g, 7) for g in [*smooth, edge]]
    faces = [f for f in _faces([g.boundary for g in rounded]) if rounded[-1].contains(f.representative_point())]
    return [shapely.union_all([f for f in faces if g.contains(f.representative_point())]) for g in rounded[:-1]]


def _faces(edges):
    """Faces between edges that are noded first."""
    return list(shapely.get_parts(shapely.polygonize([shapely.union_all(edges)])))


def _connected(label):
    """Give stray pieces of a town to the town round them."""
    keep = np.zeros(label.shape, bool)
    for n in range(1, label.max() + 1):
        pieces, count = ndimage.label(label == n)
        if count:
            keep |= pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
    nearest = ndimage.distance_transform_edt(~keep, return_distances=False, return_indices=True)
    return label[tuple(nearest)]


def _number(county):
    """Codes of villages (12 digits) and settlements (15), by the town they lie in; households and people."""
    lands = [to_plane(t["land"]) for t in county.towns]
    running = [200] * TOWNS
    for v in county.villages:
        town = int(np.argmin([land.distance(Point(v["x"], v["y"])) for land in lands]))
        running[town] += 1
        v["town"], v["id"] = town, f"{county.towns[town]['code']}{running[town]:03d}"
    count = [0] * VILLAGES
    for s in county.settlements:
        count[s["village"]] += 1
        s["id"] = f"{county.villages[s['village']]['id']}{count[s['village']]:03d}"
        s["population"] = round(s["households"] * 3.6)
    for v in county.villages:
        own = [s for s in county.settlements if s["village"] == v["index"]]
        v["households"], v["population"] = sum(s["households"] for s in own), sum(s["population"] for s in own)


def add_facilities(rng, county):
    """Schools and clinics in villages, border institutions along the border road."""
    by_size = sorted(county.villages, key=lambda v: (-v["households"], v["id"]))
    seats = {t["seat"] for t in county.towns}
    for n, v in enumerate(sorted(by_size[: SCHOOLS - TOWNS + 4], key=lambda v: v["id"])):
        middle = v["index"] in seats
        _facility(
            rng,
            county.schools,
            v,
            3659900000 + 101 + n,
            v["name"] + ("中心小学" if middle else "小学"),
            "小学",
            pupils=int(rng.integers(35, 420)),
        )
    for t in county.towns:
        if len(county.schools) < SCHOOLS:
            v = county.villages[t["seat"]]
            _facility(
                rng,
                county.schools,
                v,
                3659900000 + 201 + len(county.schools),
                v["name"] + "中学",
                "初级中学",
                pupils=int(rng.integers(240, 900)),
            )
    for n, v in enumerate(sorted(by_size[:CLINICS], key=lambda v: v["id"])):
        kind = "乡镇卫生院" if v["index"] in seats else "村卫生室"
        _facility(rng, county.clinics, v, f"WS{n + 1:03d}", v["name"] + kind[-3:], kind)
    border = [r["line"] for r in county.roads if r["is_border"]]
    line = LineString(np.vstack([np.array(part.coords)[(n > 0) :] for n, part in enumerate(border)]))
    kinds = ("边境派出所", "边境检查站", "护边员执勤点", "边民互市点")
    for n, at in enumerate(np.linspace(0.05, 0.96, POSTS)):
        p = line.interpolate(float(at), normalized=True)
        x, y = p.x - rng.uniform(80, 350), p.y + rng.uniform(-60, 60)
        nearest = min(county.villages, key=lambda v: np.hypot(v["x"] - x, v["y"] - y))
        kind = kinds[n % 4]
        county.posts.append(
            {
                "id": f"BJ{n + 1:02d}",
                "name": f"示范{'一二三四五六七八'[n]}号{kind}",
                "kind": kind,
                "x": x,
                "y": y,
                "village": nearest["id"],
            }
        )


def _facility(rng, into, village, number, name, kind, **more):
    turn, reach = rng.uniform(0, 6.283), rng.uniform(90, 420)
    x, y = village["x"] + reach * np.cos(turn), village["y"] + reach * np.sin(turn)
    into.append({"id": str(number), "name": name, "kind": kind, "x": x, "y": y, "village": village["id"], **more})


def draw_zones(rng, county):
    """Farmland on flat valley floor, ecological red lines over high ground, a development boundary round each town."""
    land = to_plane(county.land)
    near = sorted(county.settlements, key=lambda s: -s["households"])[:60]
    farmland = []
    for s in near:
        turn, reach = rng.uniform(0, 6.283), rng.uniform(350, 700)
        blob = _blob(rng, s["x"] + reach * np.cos(turn), s["y"] + reach * np.sin(turn), rng.uniform(160, 420), 14)
        blob = blob.intersection(land.buffer(-50))
        if blob.geom_type == "Polygon" and not any(blob.intersects(o) for o in farmland) and len(farmland) < 44:
            farmland.append(blob)
    towns = [(county.villages[t["seat"]]["x"], county.villages[t["seat"]]["y"]) for t in county.towns]
    growth = [
        _blob(rng, x, y, 1500 if n == 0 else rng.uniform(600, 850), 20).intersection(land)
        for n, (x, y) in enumerate(towns)
    ]
    farmland = [
        f
        for f in (f.difference(shapely.union_all(growth)) for f in farmland)
        if f.geom_type == "Polygon" and f.area > 20_000
    ]
    high = ndimage.gaussian_filter(county.coarse.z, 6) > 3020
    pieces, _ = ndimage.label(high)
    red = []
    for geometry, value in shapes(pieces.astype(np.int32), high, connectivity=4, transform=_transform()):
        polygon = to_plane(shape(geometry)).simplify(260).buffer(0).intersection(land.buffer(-200))
        largest = max(shapely.get_parts(polygon), key=lambda g: g.area, default=None)
        if largest is not None and largest.area > 6e6 and value:
            red.append(Polygon(largest.exterior))
    for kind, polygons, code in (
        ("永久基本农田", farmland, "YN"),
        ("生态保护红线", red, "ST"),
        ("城镇开发边界", growth, "CZ"),
    ):
        for n, polygon in enumerate(polygons):
            county.zones.append(
                {
                    "id": f"{code}{n + 1:04d}",
                    "kind": kind,
                    "name": f"{kind}{n + 1}",
                    "polygon": MultiPolygon([to_degrees(polygon, 8)]),
                }
            )


def _blob(rng, x, y, radius, corners):
    turn = np.sort(rng.uniform(0, 2 * np.pi / corners * 0.8, corners) + np.arange(corners) * 2 * np.pi / corners)
    reach = radius * rng.uniform(0.72, 1.2, corners)
    return Polygon(np.column_stack([x + reach * np.cos(turn), y + reach * np.sin(turn)]))


# --- Power lines and lamps -----------------------------------------------------------------------------------------------


def build_power(rng, county, power_towers=1020, light_poles=480):
    """Lines of 110 and 35 kV, straighter than roads and not afraid of ridges; lamps along the towns' streets."""
    graph = cost_graph(county.coarse, 14)
    coarse = county.coarse
    cells = [
        int(coarse.index(*from_plane(county.villages[t["seat"]]["x"], county.villages[t["seat"]]["y"])))
        for t in county.towns
    ]
    far = sorted(county.villages, key=lambda v: -v["road_cost"])[:78:2]
    routes = [("示范甲线", 110.0, cells[0], int(coarse.index(75.585, 39.60)))]
    routes += [(f"示范{'乙丙丁戊己庚辛'[n]}线", 110.0 if n < 3 else 35.0, cells[0], c) for n, c in enumerate(cells[1:])]
    routes += [(f"{v['name']}支线", 35.0, None, int(coarse.index(*from_plane(v["x"], v["y"])))) for v in far]
    grid_cells = [cells[0]]
    for name, volts, _, end in routes:
        if sum(s["kind"] == "输电杆塔" for s in county.structures) >= power_towers:
            break
        _, before, _ = grow(graph, grid_cells)
        path = walk(before, end)
        grid_cells += path
        _string_line(rng, county, name, volts, path, power_towers)
    lamps = 0
    shares = [0.34] + [0.66 / (TOWNS - 1)] * (TOWNS - 1)
    roads = shapely.union_all([r["line"] for r in county.roads])
    for t, share in zip(county.towns, shares, strict=True):
        v = county.villages[t["seat"]]
        wanted = light_poles - lamps if t is county.towns[-1] else round(light_poles * share)
        street = _street(roads, v)
        for n in range(wanted):
            p = street.interpolate(min(n // 2 * 38.0, street.length))
            x, y = p.x + (9 if n % 2 else -9) + rng.uniform(-1, 1), p.y + rng.uniform(-1, 1)
            code = t["code"][-3:]
            county.structures.append(
                {
                    "id": f"LD{code}{n + 1:04d}",
                    "kind": "路灯杆",
                    "owner": "示范县市政管理所",
                    "line": t["name"] + "主街",
                    "volts": None,
                    "height": float(rng.choice([8, 10, 12])),
                    "spare": float(rng.integers(20, 60)),
                    "x": x,
                    "y": y,
                }
            )
        lamps += wanted


def _street(roads, village):
    """The main street: the roads within 3.5 km of the seat, the longest run of them."""
    near = roads.intersection(Point(village["x"], village["y"]).buffer(3500))
    run = shapely.line_merge(near) if near.geom_type == "MultiLineString" else near
    return max(shapely.get_parts(run), key=lambda g: g.length)


def _string_line(rng, county, name, volts, path, most):
    x, y = plane(county.coarse.lon.ravel()[path], county.coarse.lat.ravel()[path])
    line = LineString(np.column_stack([x, y])).simplify(260) if len(path) > 1 else None
    have = sum(s["kind"] == "输电杆塔" for s in county.structures)
    if line is None:
        return
    at, n = 150.0, 0
    while at < line.length and have + n < most:
        p = line.interpolate(at)
        n += 1
        height = float(rng.integers(27, 46)) if volts > 100 else float(rng.integers(15, 25))
        county.structures.append(
            {
                "id": f"{name}{n:03d}",
                "kind": "输电杆塔",
                "owner": "示范供电公司",
                "line": f"{volts:g}kV{name}",
                "volts": volts,
                "height": height,
                "spare": float(rng.integers(0, 9) * 100),
                "x": p.x + rng.uniform(-6, 6),
                "y": p.y + rng.uniform(-6, 6),
            }
        )
        at += rng.uniform(280, 360) if volts > 100 else rng.uniform(150, 215)


def build_county(rng, terrain):
    """Lay the whole county out, step by step."""
    county = County(terrain, coarsen(terrain), draw_outline(rng))
    settle(rng, county)
    lay_roads(rng, county)
    found_towns(county)
    add_facilities(rng, county)
    draw_zones(rng, county)
    build_power(rng, county)
    return county
