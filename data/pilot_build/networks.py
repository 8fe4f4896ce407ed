# ruff: noqa: E501, PLR0917 (rows of values read best unbroken)
"""The networks of cables as the generator sees them: its own nodes, links and search; which nodes one cut takes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely.geometry import Point

from pilot_build import geodesy

SNAP_M, ROOM_REACH_M, SAME_NAME_M, ROAD_REACH_M, ROAD_SNAP_M = 20.0, 200.0, 100.0, 500.0, 5.0

BRANCH = (
    "659900Y1X2801起",
    "659900X0X3601起",
)  # ends of cables beyond the second ring, which the circle of roads reaches


@dataclass
class Net:
    """Nodes (name, place, kind) and links (two nodes and the cable)."""

    names: list
    places: list
    roots: set
    rooms_without_cable: list
    links: list
    lines: dict
    connected: set = field(default_factory=set)


def make_net(net, operator, on_ground, spot):
    """Nodes are ends of cables and rooms; rooms near a cable that no cable names are entered by it."""
    cables = [c for c in net.cables if c["operator"] == operator]
    lines = {c["id"]: on_ground(c["line"]) for c in cables}
    rooms = {r["id"]: r for r in net.rooms if r["operator"] == operator}
    ends = [
        (label, np.array(line.coords[k]), c)
        for c in net.cables
        for line in [on_ground(c["line"])]
        for label, k in ((c["from"], 0), (c["to"], -1))
    ]
    number = _gather([end[:2] for end in ends], {t["id"] for t in net.towers})
    own = {
        n: i
        for i, n in enumerate(
            dict.fromkeys(int(n) for n, end in zip(number, ends, strict=True) if end[2]["operator"] == operator)
        )
    }
    names = [next(end[0] for end, of in zip(ends, number, strict=True) if of == n) for n in own]
    places = [np.mean([end[1] for end, of in zip(ends, number, strict=True) if of == n], axis=0) for n in own]
    at = {c["id"]: [] for c in cables}
    for k, (_, _, c) in enumerate(ends):
        if c["id"] in at:
            at[c["id"]].append((lines[c["id"]].length * (k % 2), own[int(number[k])]))
    for n, name in enumerate(names):
        if name not in rooms:
            _join(at, lines, n, Point(places[n]), SNAP_M)
    idle = []
    for room in (r for r in rooms if r not in names):
        names.append(room)
        places.append(spot(rooms[room]))
        if not _join(at, lines, len(names) - 1, Point(places[-1]), ROOM_REACH_M):
            idle.append(room)
    links = [
        (a, b, c) for c, stops in at.items() for (_, a), (_, b) in zip(sorted(stops), sorted(stops)[1:], strict=False)
    ]
    roots = {n for n, name in enumerate(names) if name in rooms and rooms[name]["kind"] == "核心机楼"}
    return Net(names, places, roots, idle, links, lines)


def _gather(ends, sites):
    """Number the nodes of ends: of one site, of one name within 100 m, or within 20 m."""
    links = [
        (i, k)
        for i in range(len(ends))
        for k in range(i)
        if (apart := np.hypot(*(ends[i][1] - ends[k][1]))) <= SNAP_M
        or (ends[i][0] == ends[k][0] and (ends[i][0] in sites or apart <= SAME_NAME_M))
    ]
    ones = np.ones(len(links))
    return connected_components(
        csr_matrix((ones, tuple(zip(*links, strict=True))), shape=(len(ends),) * 2), directed=False
    )[1]


def _join(at, lines, node, place, reach_m):
    """Enter a node in the middle of the cables in reach that do not end at it."""
    found = False
    for cable, line in lines.items():
        if line.distance(place) <= reach_m:
            found = True
            if node not in (at[cable][0][1], at[cable][1][1]):
                at[cable].append((min(max(line.project(place), 1e-6), line.length - 1e-6), node))
    return found


def _lost(net, without):
    """Nodes that are not connected to a root without some links."""
    kept = [link for i, link in enumerate(net.links) if i not in without]
    pairs = np.array([(a, b) for a, b, _ in kept]).T
    label = connected_components(
        csr_matrix((np.ones(len(kept)), tuple(pairs)), shape=(len(net.names),) * 2), directed=False
    )[1]
    return set(np.flatnonzero(~np.isin(label, label[sorted(net.roots)])))


def judge_net(net):
    """Give nodes that are away from the roots, and for each other node the cables whose cut takes it."""
    away = _lost(net, set())
    cuts = {n: set() for n in range(len(net.names)) if n not in away}
    lost_by = []
    for i, (_, _, cable) in enumerate(net.links):
        lost = _lost(net, {i}) - away
        lost_by.append((cable, lost))
        for n in lost:
            cuts[n].add(cable)
    return away, cuts, lost_by


def second_route(roads, net, node, cuts, lost_by):
    """Kilometres along roads beside none of the cut cables to the nearest node that no such cut takes; None without one."""
    taken = set().union(*(lost for cable, lost in lost_by if node in lost))
    closed = shapely.union_all([net.lines[c].buffer(SNAP_M) for c in cuts])
    targets = [n for n in range(len(net.names)) if n not in taken and n in net.connected]
    start, size = _attached(roads, net.places[node])
    if start is None:
        return None
    points, edges = roads.cut(
        [start, *(a for a in (_attached(roads, net.places[t])[0] for t in targets) if a is not None)]
    )
    length = np.array([e[2] for e in edges])
    is_open = ~shapely.contains(closed, np.array([e[3] for e in edges])) | (length < 60.0)  # at a junction one may turn
    graph = csr_matrix(
        (
            np.maximum(length, 0.01)[is_open],
            (np.array([e[0] for e in edges])[is_open], np.array([e[1] for e in edges])[is_open]),
        ),
        shape=(points, points),
    )
    far = dijkstra(graph, directed=False, indices=roads.position(start))
    best = [far[roads.position(a)] + m for a, m in (_attached(roads, net.places[t]) for t in targets) if a is not None]
    metres = min(best, default=np.inf) + size
    return metres / 1000 if np.isfinite(metres) else None


def _attached(roads, place):
    """The nearest road and the distance along it, and how far it is; None beyond 500 m."""
    away = shapely.distance(roads.lines, Point(place))
    road = int(away.argmin())
    if away[road] > ROAD_REACH_M:
        return None, 0.0
    return (road, round(float(roads.lines[road].project(Point(place))), 3)), float(away[road])


class Roads:
    """Roads joined where one ends at another."""

    def __init__(self, lines):
        self.lines = np.array(lines, dtype=object)
        self.joints = []
        for i, line in enumerate(lines):
            for offset, end in ((0.0, line.coords[0]), (line.length, line.coords[-1])):
                for k, other in enumerate(lines):
                    if k != i and other.distance(Point(end)) <= ROAD_SNAP_M:
                        self.joints.append(((i, round(offset, 3)), (k, round(float(other.project(Point(end))), 3))))

    def cut(self, asked):
        """Cut roads at joints and asked places: number of points, and edges as start, end, metres, middle."""
        stops = {i: {0.0, round(line.length, 3)} for i, line in enumerate(self.lines)}
        for road, offset in (*asked, *(side for joint in self.joints for side in joint)):
            stops[road].add(offset)
        self.number = {
            key: n for n, key in enumerate((road, offset) for road in stops for offset in sorted(stops[road]))
        }
        edges = []
        for road, offsets in stops.items():
            ordered = sorted(offsets)
            for a, b in itertools.pairwise(ordered):
                edges.append(
                    (self.number[road, a], self.number[road, b], b - a, self.lines[road].interpolate((a + b) / 2))
                )
        edges += [(self.number[a], self.number[b], 0.0, Point(0, 0)) for a, b in self.joints]
        return len(self.number), edges

    def position(self, key):
        """Number of a place that was asked for."""
        return self.number[key]


def network_rows(county, net, row, on_ground, spot):
    """Each node of both networks with how safely it is connected; second routes of those on a single one."""
    roads, rows = Roads([on_ground(r["line"]) for r in county.roads]), []
    for operator in ("中国电信", "中国移动"):
        own = make_net(net, operator, on_ground, spot)
        away, cuts, lost_by = judge_net(own)
        own.connected = set(cuts)
        for n, name in enumerate(own.names):
            verdict = (
                "no cable"
                if name in own.rooms_without_cable
                else "not connected"
                if n in away
                else "root"
                if n in own.roots
                else "single route"
                if cuts[n]
                else "protected"
            )
            km = second_route(roads, own, n, cuts[n], lost_by) if verdict == "single route" else None
            branch = name in BRANCH and operator == "中国电信"
            notes = ("单路由支线", "on a branch of one route") if branch else ("节点路由", "routes of a node")
            rows.append(_row(row, own, "network_nodes", (operator, name, n), verdict, notes, planted=branch))
            if km is not None:
                rows.append(
                    _row(
                        row,
                        own,
                        "second_routes",
                        (operator, name, n),
                        "along roads",
                        ("沿道路有第二路由", "a second route along roads"),
                        value=f"{km:.3f}",
                    )
                )
    return rows


def _row(row, own, analysis, node, expected, notes, *, value="", planted=True):
    operator, name, n = node
    made = row(analysis, expected, f"{operator};{name}", expected, notes, value=value, planted=planted)
    lon, lat = geodesy.gauss_kruger_inverse(*own.places[n], 75, geodesy.CGCS2000)
    return {**made, "lon": f"{float(lon):.7f}", "lat": f"{float(lat):.7f}"}


__all__ = ["Net", "Roads", "judge_net", "make_net", "network_rows", "second_route"]
