# ruff: noqa: E501, PLR0917 (rows of values read best unbroken; a place is x, y)
"""The list of cases: what each analysis must find, computed by the generator's own plane geometry; nothing else may be found."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import Polygon

from pilot_build import geodesy
from pilot_build.geodesy import from_plane
from pilot_build.names import TOWER_COMPANY
from pilot_build.networks import network_rows
from pilot_build.planting import LIMIT_M, OUTSIDE_M
from pilot_build.writers import write_lines

COLUMNS = ("analysis", "case", "ids", "expected", "value", "lon", "lat", "planted", "note", "note_en")
_TOLERANCE_M, _LEAST_SHARED_M, _DOUBT_M = 20.0, 100.0, 15.0
_LAYING = {"1": "架空", "2": "直埋", "3": "管道"}


def ground(lon, lat):
    """Easting and northing of degrees, in metres."""
    return np.column_stack(geodesy.gauss_kruger_forward(lon, lat, 75, geodesy.CGCS2000))


def laid_out(geometry):
    """A geometry in degrees as metres, its edges still straight in degrees."""
    return shapely.transform(shapely.segmentize(geometry, 0.0005), lambda c: ground(c[:, 0], c[:, 1]))


def on_ground(line):
    """A line of the layout plane in metres of the ground."""
    return shapely.transform(line, lambda c: ground(*np.round(from_plane(c[:, 0], c[:, 1]), 9)))


def spot(item):
    """The place of an item on the ground."""
    return ground(*(np.atleast_1d(v) for v in from_plane(item["x"], item["y"])))[0]


def row(analysis, case, ids, expected, notes, *, value="", item=None, planted=True):
    """One line of the list; `notes` in Chinese and English."""
    lon, lat = ("", "") if item is None else (f"{float(v):.7f}" for v in from_plane(item["x"], item["y"]))
    return dict(
        zip(COLUMNS, (analysis, case, ids, expected, value, lon, lat, "yes" if planted else "no", *notes), strict=True)
    )


# --- Lines side by side -----------------------------------------------------------------------------------------------


def side_by_side(lines):
    """Metres that each pair of lines runs within 20 m of each other, by buffers, in stretches of at least 100 m; doubtful ones are refused."""
    names, shapes = list(lines), np.array(list(lines.values()), dtype=object)
    found = {}
    for one, two in shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOLERANCE_M).T:
        if names[one] < names[two]:
            metres = float(np.mean([sum(_stretches(shapes[a], shapes[b])) for a, b in ((one, two), (two, one))]))
            if metres > 0:
                found[names[one], names[two]] = metres
    return found


def _stretches(line, other):
    """Lengths of the stretches of a line near another, gaps of 50 m bridged, without the 20 m past both ends; crossings left out."""
    near = shapely.get_parts(line.intersection(other.buffer(_TOLERANCE_M)))
    ends = sorted(
        sorted(line.project(shapely.Point(p.coords[k])) for k in (0, -1))
        for p in near
        if p.geom_type == "LineString" and p.length > 0
    )
    runs = []
    for start, stop in ends:
        if runs and start - runs[-1][1] < 50.0 - 2 * _TOLERANCE_M:
            runs[-1][1] = max(stop, runs[-1][1])
        else:
            runs.append([start, stop])
    lengths = [stop - start for start, stop in runs]
    if any(abs(m - _LEAST_SHARED_M - 2 * _TOLERANCE_M) < _DOUBT_M for m in lengths):
        raise ValueError(f"a stretch of {lengths} m is too near to the limit to judge")
    return [m for m in lengths if m > _LEAST_SHARED_M + 2 * _TOLERANCE_M]


def route_rows(cables, tables):
    """Shared routes of cables, aerial cables side by side, ducts beside cables."""
    lines = {c["id"]: on_ground(c["line"]) for c in cables}
    laying = _laying(tables)
    rows = []
    for (one, two), metres in sorted(side_by_side(lines).items()):
        notes = (
            "两家光缆同路由，各自数字化" if one[:2] != two[:2] else "同一运营商两条光缆同路由",
            "cables on one route, drawn separately",
        )
        rows.append(row("shared_routes", "shared route", f"{one};{two}", "shared", notes, value=f"{metres / 1000:.3f}"))
        if laying[one] == laying[two] == "架空":
            rows.append(
                row(
                    "pole_routes",
                    "poles side by side",
                    f"{one};{two}",
                    "join",
                    ("杆路并行", "pole routes side by side"),
                    value=f"{metres / 1000:.3f}",
                    planted=False,
                )
            )
    return rows


def _laying(tables):
    """How each cable is laid, as its row says; what no list knows is left out."""
    found = {}
    for t in (t for t in tables if t.canonical == "cables"):
        for _, r in t.survivors():
            word = str(r.values.get("敷设方式", r.values.get("FSFS")))
            found[r.values.get("光缆段编码", r.values.get("GLDBH"))] = _LAYING.get(word, word)
    return found


# --- Towers -----------------------------------------------------------------------------------------------------------


def _towers(net, tables):
    """Towers as their rows say: heights that are missing are 0, statuses that no list knows count as in service."""
    by_id = {t["id"]: t for t in net.towers}
    found = []
    for t in (t for t in tables if t.canonical == "towers"):
        for _, r in t.survivors():
            tower = dict(by_id[r.values.get("站址编码", r.values.get("site_id"))])
            height = next(r.values[k] for k in ("塔高(m)", "塔桅高度米", "tower_height", "塔身高度") if k in r.values)
            tower["height"] = float(height) if height not in ("", None) else 0.0
            if r.fault and r.fault[0] == "OM-ATT-003":
                tower["status"] = "在用"
            found.append(tower)
    return [t for t in found if t["status"] != "退网"]


def cluster_rows(county, net, plants, tables):
    """Pairs too near to each other and the clusters that they make, by the order of the rules."""
    towers = _towers(net, tables)
    standing = [
        *towers,
        *(
            {**s, "owner": "", "users": (), "status": "规划", "free": 0, "room": False, "power": "", "new": True}
            for s in plants.planned_sites
        ),
    ]
    xy = np.array([spot(t) for t in standing])
    settled = np.array([spot(s) for s in county.settlements])
    towns = shapely.union_all([laid_out(z["polygon"]) for z in county.zones if z["kind"] == "城镇开发边界"])
    inside = np.array([np.hypot(*(settled - p).T).min() <= LIMIT_M for p in xy]) | shapely.contains_xy(towns, xy)
    paired, rows = {}, []
    for i in range(len(standing)):
        for k in range(i + 1, len(standing)):
            metres, limit = float(np.hypot(*(xy[i] - xy[k]))), LIMIT_M if inside[i] or inside[k] else OUTSIDE_M
            if _differ(standing[i], standing[k]) and metres <= limit:
                if limit - metres < 0.5:
                    raise ValueError(
                        f"{standing[i]['id']} and {standing[k]['id']} stand too near to the limit to judge"
                    )
                paired.setdefault(i, set()).add(k)
                paired.setdefault(k, set()).add(i)
                own = {standing[i]["id"], standing[k]["id"]} <= set(plants.cases["cluster"])
                rows.append(
                    row(
                        "colocation_pairs",
                        "pair",
                        ";".join(sorted((standing[i]["id"], standing[k]["id"]))),
                        "pair",
                        ("站址间距小于限值", "sites nearer than the limit"),
                        value=f"{metres:.1f}",
                        planted=own,
                    )
                )
    order = sorted(paired, key=lambda i: _merit(standing[i]))
    taken = set()
    for keeper in order:
        joining = sorted((i for i in paired[keeper] if i not in taken), key=lambda i: _merit(standing[i]))
        if keeper not in taken and joining:
            taken |= {keeper, *joining}
            names = [standing[i]["id"] for i in (keeper, *joining)]
            own = set(names) == set(plants.cases["cluster"])
            note = (
                ("三家在同一居民点各建一站，保留最高者", "three operators build in one settlement; the highest stays")
                if own
                else ("站址群", "cluster")
            )
            rows.append(
                row(
                    "colocation_clusters",
                    "cluster",
                    ";".join(names),
                    names[0],
                    note,
                    item=standing[keeper],
                    planted=own,
                )
            )
    apart = plants.cases["pair outside the limit"]
    return [
        *rows,
        row(
            "colocation_pairs",
            "pair outside the limit",
            ";".join(apart),
            "none",
            ("间距略大于限值，不成对", "just farther apart than the limit: no pair"),
        ),
    ]


def _differ(one, other):
    if one.get("new") or other.get("new"):
        return bool(one.get("new")) != bool(other.get("new"))
    return one["owner"] != other["owner"] or set(one["users"]) != set(other["users"])


def _merit(t):
    return (
        t["owner"] != TOWER_COMPANY,
        t["status"] != "在用",
        -t["height"],
        -t["free"],
        not t["room"],
        not t["power"],
        t["id"],
    )


# --- Zones ------------------------------------------------------------------------------------------------------------


def conflict_rows(net, plants, tables):
    """Facilities in farmland and red lines, with the area or length inside."""
    zones = [
        (r.values["BSM"], r.values["GKLX"], laid_out(shapely.make_valid(r.place)))
        for t in tables
        if t.canonical == "zones"
        for _, r in t.survivors()
        if r.values["GKLX"] != "城镇开发边界"
    ]
    areas = {
        r.values["站址编码"]: r.values["占地面积(㎡)"]
        for t in tables
        if t.file == "tower_company.xlsx"
        for _, r in t.survivors()
    }
    shapes = []
    for layer, items in (("towers", net.towers), ("rooms", net.rooms), ("planned_sites", plants.planned_sites)):
        for item in (i for i in items if i.get("status") != "退网"):
            area = (
                areas.get(item["id"], item.get("area", 100.0))
                if layer == "towers"
                else {"rooms": 60.0}.get(layer, 100.0)
            )
            half = np.sqrt(area if isinstance(area, float) else 100.0) / 2
            (x, y) = spot(item)
            shapes.append((layer, item["id"], shapely.box(x - half, y - half, x + half, y + half)))
    shapes += [
        (layer, i["id"], on_ground(i["line"]))
        for layer, items in (("cables", net.cables), ("ducts", plants.ducts), ("works", plants.works))
        for i in items
    ]
    planted = {
        plants.cases[k][0]
        for k in ("cable in farmland", "cable in red line", "planned site in farmland", "site in farmland")
    } | {t for t, _ in plants.cases["sites in red line"]}
    rows = []
    for layer, number, shape in shapes:
        for zone, kind, polygon in zones:
            part = shape.intersection(polygon)
            size = part.area if isinstance(shape, Polygon) else part.length
            if size > 0.01:
                expected = "forbidden" if kind == "永久基本农田" else "needs recognition"
                notes = (
                    ("位于永久基本农田", "in permanent basic farmland")
                    if expected == "forbidden"
                    else ("位于生态保护红线，需认定", "in an ecological red line: needs recognition")
                )
                rows.append(
                    row(
                        "conflicts",
                        f"{layer} in a zone",
                        f"{number};{zone}",
                        expected,
                        notes,
                        value=f"{size:.2f}",
                        planted=number in planted,
                    )
                )
    return rows


# --- The rest: as planted ---------------------------------------------------------------------------------------------

_DEMANDS = {
    "fit power tower": ("电力塔可用", "a power tower that fits"),
    "power tower without spare load": (
        "最近电力塔无剩余承载，改用邻塔",
        "the nearest power tower bears nothing more, its neighbour does",
    ),
    "light pole too low": ("路灯杆过低、承载不足，无可用资源", "light poles too low and too weak, nothing else"),
    "police camera": ("公安摄像头用通信塔空闲平台", "a police camera on a free platform of ours"),
    "forest fire watch": ("森林防火用通信塔空闲平台", "forest fire watch on a free platform of ours"),
    "bores of a duct": ("交通部门用空闲管孔", "transport takes free bores"),
    "cores of a cable": ("公安用空闲纤芯", "police takes free cores"),
    "racks in a room": ("联通用他家机房机位", "racks in another operator's room"),
    "nothing in reach": ("范围内无资源", "nothing in reach"),
}


def need_rows(plants):
    """Demands with what they are given, unfit structures, ducts, works, posts, finished places, the village."""
    cases, by_id, rows = plants.cases, {d["id"]: d for d in plants.demands}, []
    for case, notes in _DEMANDS.items():
        d = by_id[cases[case][0]]
        rows.append(
            row(
                "demands",
                case,
                ";".join(filter(None, (d["id"], d["given"]))),
                "shared" if d["given"] else "not shared",
                notes,
                item=d,
            )
        )
    for case, why in (("power tower without spare load", "load"), ("light pole too low", "low")):
        rows.append(row("demand_rejections", case, ";".join(cases[case][:2]), why, _DEMANDS[case]))
    duct, cable = cases["duct with free bores"]
    beside = ("架空光缆旁有空闲管孔", "free bores beside an aerial cable")
    rows += [
        row("duct_routes", "duct with free bores", f"{duct};{i}", "listed", beside)
        for i in (cable, cases["bores of a duct"][0])
    ]
    rows.append(
        row(
            "duct_routes",
            "duct without free bores",
            ";".join(cases["duct without free bores"]),
            "none",
            ("无空闲管孔", "no free bores"),
        )
    )
    rows.append(row("pole_routes", "poles beside a duct", f"{cable};{duct}", "into the duct", beside))
    rows.append(
        row(
            "works",
            "work near a demand",
            ";".join(cases["work near a demand"]),
            "reserve",
            ("工程临近需求，应预留", "a work near a demand: reserve"),
        )
    )
    rows.append(
        row(
            "works",
            "work that is done",
            ";".join(cases["work that is done"]),
            "none",
            ("工程已完工", "the work is done"),
        )
    )
    rows.append(
        row(
            "chainage",
            "post out of order",
            ";".join(cases["post out of order"]),
            "OM-BIZ-221",
            ("公里桩桩号次序错误", "a kilometre post out of order"),
        )
    )
    village = cases["village without its clinic"]
    rows.append(
        row(
            "villages",
            "village without its clinic",
            ";".join(village),
            "clinics",
            (
                "仅卫生室无4G信号；村委会5公里内无该企业基站",
                "only the clinic lacks 4G; no station of the operator within 5 km of the committee",
            ),
        )
    )
    rows += [
        row("acceptance", "finished place", f["id"], f["outcome"], ("完工点位抽检", "finished place, checked"), item=f)
        for f in plants.finished
    ]
    return rows


def write_cases(county, net, plants, tables, folder):
    """Write the list and give it."""
    rows = [
        *need_rows(plants),
        *conflict_rows(net, plants, tables),
        *cluster_rows(county, net, plants, tables),
        *route_rows(net.cables, tables),
        *network_rows(county, net, row, on_ground, spot),
    ]
    write_lines(folder / "cases.csv", rows, list(COLUMNS))
    return rows
