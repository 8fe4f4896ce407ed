# ruff: noqa: PLR0917 (rows of values read best unbroken; a place is x, y)
"""What the operators and the tower company have in the county: sites, cells, rooms, cables; and who is served."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry import LineString, Point

from pilot_build.geodesy import from_plane
from pilot_build.names import OPERATORS, TOWER_COMPANY
from pilot_build.terrain import in_sight

RANGE_M = {"4G": 8000.0, "5G": 3000.0}
BANDS = {  # operator and technology: band, downlink frequency in MHz, reference power in dBm, gain in dBi
    ("中国移动", "4G"): ("Band 8", 942.5, 15.2, 14.5),
    ("中国联通", "4G"): ("Band 3", 1840.0, 15.2, 17.0),
    ("中国电信", "4G"): ("Band 5", 875.0, 15.2, 14.0),
    ("中国移动", "5G"): ("n28", 768.0, 17.0, 15.0),
    ("中国联通", "5G"): ("n78", 3500.0, 17.8, 24.0),
    ("中国电信", "5G"): ("n78", 3400.0, 17.8, 24.0),
    ("中国移动", "NB-IoT"): ("Band 8", 950.0, 20.0, 14.5),
}
_PREFIX = {"中国移动": "YD", "中国联通": "LT", "中国电信": "DX", TOWER_COMPANY: "TT"}
_MNC = {"中国移动": "00", "中国联通": "01", "中国电信": "11"}


@dataclass
class Telecom:
    """Sites, cells, rooms and cables as lists of plain dicts; places in plane metres."""

    towers: list = field(default_factory=list)
    cells: list = field(default_factory=list)
    rooms: list = field(default_factory=list)
    cables: list = field(default_factory=list)


class _Builder:
    def __init__(self, rng, county):
        self.rng, self.county, self.net = rng, county, Telecom()
        self.count = dict.fromkeys(_PREFIX, 0)
        self.names = set()

    def tower(self, owner, name, x, y, *, kind, height, users, technologies, where, status="在用"):
        """Enter a site and say which operators use it with what."""
        self.count[owner] += 1
        full, n = name, 1
        while (owner, full) in self.names:
            n += 1
            full = f"{name}{n}"
        self.names.add((owner, full))
        platforms = int(self.rng.integers(2, 5)) if kind != "抱杆" else 1
        tower = {
            "id": f"659900{_PREFIX[owner]}{self.count[owner]:05d}",
            "name": full,
            "owner": owner,
            "x": x,
            "y": y,
            "kind": kind,
            "height": float(height),
            "status": status,
            "users": tuple(users),
            "technologies": technologies,
            "where": where,
            "platforms": platforms,
            "free": max(0, platforms - len(users)),
            "area": float(self.rng.choice([36, 64, 100, 144])) if kind != "抱杆" else 9.0,
            "power": str(self.rng.choice(["直供电", "转供电", "太阳能"], p=[0.6, 0.3, 0.1])),
            "room": bool(self.rng.random() < 0.55),
        }
        self.net.towers.append(tower)
        return tower


def build_telecom(rng, county):
    """Place the sites where such sites stand, then their cells, rooms and cables, and judge who is served."""
    builder = _Builder(rng, county)
    _town_sites(builder)
    _village_sites(builder)
    _road_sites(builder)
    _unbuilt_sites(builder)
    _make_cells(builder)
    judge(county, builder.net)
    _make_rooms(builder)
    _make_cables(builder)
    return builder.net


def _around(rng, x, y, near, far):
    turn, reach = rng.uniform(0, 6.283), rng.uniform(near, far)
    return x + reach * np.cos(turn), y + reach * np.sin(turn)


def _rise(rng, county, x, y, reach):
    """The highest of sixty tries within the reach: where a mast for a road would stand."""
    turn, away = rng.uniform(0, 6.283, 60), reach * np.sqrt(rng.random(60))
    px, py = x + away * np.cos(turn), y + away * np.sin(turn)
    best = int(np.argmax(county.terrain.at(*from_plane(px, py))))
    return float(px[best]), float(py[best])


def _town_sites(b):
    """Each operator builds its own in the towns, so that sites of different owners stand close together."""
    for n, town in enumerate(b.county.towns):
        v = b.county.villages[town["seat"]]
        for operator in OPERATORS:
            sites = (
                {"中国移动": 4, "中国联通": 3, "中国电信": 3}[operator] + 2
                if n == 0
                else {"中国移动": 2, "中国联通": 1, "中国电信": 1}[operator]
            )
            for k in range(sites):
                x, y = _around(b.rng, v["x"], v["y"], 60, 1300 if n == 0 else 520)
                kind, height = [("地面塔", 35), ("楼面塔", 18), ("景观塔", 30), ("抱杆", 12)][
                    int(b.rng.integers(0, 4)) if k else 0
                ]
                five = n == 0 or (k == 0 and (n < 5 if operator != "中国联通" else n < 2))
                side = ("中心", "东", "西", "南", "北", "老街", "新区")[k]
                b.tower(
                    operator,
                    f"{town['name']}{side}基站",
                    x,
                    y,
                    kind=kind,
                    height=height + int(b.rng.integers(0, 4)),
                    users=(operator,),
                    technologies=("4G", "5G") if five else ("4G",),
                    where="town",
                )
        for k in range(3 if n == 0 else 1):
            x, y = _around(b.rng, v["x"], v["y"], 250, 1500 if n == 0 else 700)
            b.tower(
                TOWER_COMPANY,
                f"{town['name']}{('共享塔', '工业园', '客运站')[k]}",
                x,
                y,
                kind="地面塔",
                height=40,
                users=OPERATORS if n < 4 else OPERATORS[:2],
                technologies=("4G", "5G") if n < 4 else ("4G",),
                where="town",
            )


def _village_sites(b):
    """Villages nearer to the county's seat have a site; the remotest third have none."""
    seats = {t["seat"] for t in b.county.towns}
    ranked = sorted(b.county.villages, key=lambda v: v["road_cost"] * b.rng.uniform(0.75, 1.3))
    for rank, v in enumerate(ranked):
        if v["index"] in seats or rank > 50:
            continue
        share = rank / 50
        x, y = _around(b.rng, v["x"], v["y"], 120, 600)
        users = [OPERATORS[0]] + [
            o for o, p in (("中国电信", 0.95 - 0.55 * share), ("中国联通", 0.8 - 0.7 * share)) if b.rng.random() < p
        ]
        own = b.rng.random()
        if own < 0.6:
            b.tower(
                TOWER_COMPANY,
                v["name"] + "村",
                x,
                y,
                kind="地面塔",
                height=int(b.rng.choice([30, 35, 40])),
                users=[o for o in OPERATORS if o in users],
                technologies=("4G", "5G") if rank < 12 else ("4G",),
                where="village",
            )
        else:
            owner = "中国移动" if own < 0.82 else "中国电信"
            b.tower(
                owner,
                v["name"] + "村基站",
                x,
                y,
                kind=str(b.rng.choice(["地面塔", "抱杆"], p=[0.8, 0.2])),
                height=int(b.rng.choice([20, 25, 30, 35])),
                users=(owner,),
                technologies=("4G",),
                where="village",
            )
        if rank < 34 and b.rng.random() < 0.62:
            owner = str(b.rng.choice(["中国移动", "中国联通", "中国电信"], p=[0.3, 0.4, 0.3]))
            x, y = _around(b.rng, x, y, 90, 700)
            b.tower(
                owner,
                v["name"] + "村二基站",
                x,
                y,
                kind="地面塔",
                height=int(b.rng.choice([20, 25, 30])),
                users=(owner,),
                technologies=("4G",),
                where="village",
            )


def _road_sites(b):
    """Masts on rises along the trunk roads; the border road has long stretches without."""
    spacing = {"G581X": 11_500, "S3X1": 5200, "S3X2": 6500, "S3X3": 8200}
    for ref, step in spacing.items():
        parts = [r for r in b.county.roads if r["ref"] == ref]
        owner = 0
        for r in parts:
            at = step * 0.5
            while at < r["line"].length:
                p = r["line"].interpolate(at)
                x, y = _rise(b.rng, b.county, p.x, p.y, 550)
                owner += 1
                name = f"{ref}线K{int(r['from_km'] + at / 1000)}"
                if owner % 2:
                    users = [
                        OPERATORS[0],
                        *(o for o in OPERATORS[1:] if b.rng.random() < (0.55 if ref[0] == "S" else 0.25)),
                    ]
                    b.tower(
                        TOWER_COMPANY,
                        name,
                        x,
                        y,
                        kind="地面塔",
                        height=int(b.rng.choice([35, 40, 45])),
                        users=users,
                        technologies=("4G",),
                        where="road",
                    )
                else:
                    own = str(b.rng.choice(OPERATORS, p=[0.5, 0.2, 0.3]))
                    b.tower(
                        own,
                        name + "基站",
                        x,
                        y,
                        kind="地面塔",
                        height=int(b.rng.choice([25, 30, 35])),
                        users=(own,),
                        technologies=("4G",),
                        where="road",
                    )
                at += step


def _unbuilt_sites(b):
    """Some sites planned, in building or retired: they serve nobody."""
    spots = sorted(b.county.villages, key=lambda v: (-v["road_cost"], v["id"]))[4:64:4]
    for n, v in enumerate(spots):
        owner = ("中国移动", TOWER_COMPANY, "中国电信", "中国联通")[n % 4]
        x, y = _around(b.rng, v["x"], v["y"], 150, 500)
        status = ("规划", "在建", "退网")[n % 3]
        users = OPERATORS[:2] if owner == TOWER_COMPANY else (owner,)
        b.tower(
            owner,
            f"{v['name']}{status}站",
            x,
            y,
            kind="地面塔",
            height=30,
            users=users,
            technologies=("4G",),
            where="village",
            status=status,
        )


def _make_cells(b):
    """One omnidirectional cell or a few sectors for each operator on each site."""
    sector = dict.fromkeys(OPERATORS, 0)
    for t in b.net.towers:
        for operator in t["users"]:
            for technology in t["technologies"]:
                if technology == "5G" and t["owner"] == TOWER_COMPANY and operator == "中国联通":
                    continue  # served by the cell that 中国电信 shares
                azimuths = (
                    (40, 160, 280)
                    if t["where"] == "town" and technology == "4G" and t["owner"] == operator
                    else ((20, 200) if t["where"] == "road" and operator == "中国移动" else (0,))
                )
                for azimuth in azimuths:
                    sector[operator] += 1
                    _cell(b, t, operator, technology, azimuth, 65.0 if len(azimuths) > 1 else 360.0, sector[operator])
    for n, v in enumerate(b.county.towns):
        tower = next(t for t in b.net.towers if t["owner"] == "中国移动" and t["name"].startswith(v["name"]))
        sector["中国移动"] += 1
        _cell(
            b,
            tower,
            "中国移动",
            "NB-IoT" if n % 2 else "4G",
            0,
            360.0,
            sector["中国移动"],
            coverage="宏站" if n % 2 else "室分",
        )
        operator = ("中国联通", "中国电信")[n % 2]
        tower = next(t for t in b.net.towers if t["owner"] == operator and t["name"].startswith(v["name"]))
        sector[operator] += 1
        _cell(b, tower, operator, "4G", 0, 360.0, sector[operator], coverage=("室分", "直放站")[n // 2 % 2])


def _cell(b, tower, operator, technology, azimuth, width, number, coverage="宏站"):
    band, mhz, power, gain = BANDS[operator, technology]
    indoor = coverage == "室分"
    status = tower["status"]
    if status == "在用" and b.rng.random() < 0.03:
        status = "退网"
    site = number // 3 + 1
    shared = operator == "中国电信" and technology == "5G"
    turn = 0 if width == 360.0 else int(b.rng.integers(-15, 16))
    b.net.cells.append(
        {
            "id": f"460-{_MNC[operator]}-{600000 + site}-{number % 250 + 1}-{number}",
            "name": f"{tower['name']}-{technology}-{number % 100:02d}",
            "tower": tower["id"],
            "operator": operator,
            "technology": technology,
            "band": band,
            "mhz": mhz,
            "power": 0.0 if indoor else power,
            "gain": 3.0 if indoor else (11.0 if width == 360.0 else gain),
            "loss": 0.5,
            "azimuth": float(azimuth + turn),
            "width": width,
            "v_width": 7.0 if technology == "5G" else 10.0,
            "mech": float(b.rng.integers(0, 4)),
            "elec": float(b.rng.integers(0, 7)),
            "height": 4.0 if indoor else tower["height"] - float(b.rng.integers(1, 4)),
            "coverage": coverage,
            "status": status,
            "shared": "中国联通" if shared else "",
            "x": tower["x"] + b.rng.uniform(-1.5, 1.5),
            "y": tower["y"] + b.rng.uniform(-1.5, 1.5),
            "list": operator,
        }
    )


def judge(county, net):
    """Say for each place by line of sight which operators serve it with what (the generator's own, simple model)."""
    live = [c for c in net.cells if c["status"] == "在用" and c["coverage"] == "宏站" and c["technology"] in RANGE_M]
    x, y = (np.array([c[k] for c in live]) for k in "xy")
    antennas = np.column_stack([*from_plane(x, y), [c["height"] for c in live]])
    reach = np.array([RANGE_M[c["technology"]] for c in live])
    for place in (*county.villages, *county.settlements, *county.schools, *county.clinics, *county.posts):
        near = np.flatnonzero(np.hypot(x - place["x"], y - place["y"]) <= reach)
        served = set()
        if len(near):
            target = np.tile([*from_plane(place["x"], place["y"]), 1.5], (len(near), 1))
            seen, _ = in_sight(county.terrain, antennas[near], target)
            for i in near[seen]:
                who = [live[i]["operator"], *([live[i]["shared"]] if live[i]["shared"] else [])]
                served |= {(operator, live[i]["technology"]) for operator in who}
        place["served"] = served


def _make_rooms(b):
    """Core rooms in the county's seat, aggregation in the towns, access rooms in larger villages."""
    rng, county = b.rng, b.county
    number = 0
    for n, town in enumerate(county.towns):
        v = county.villages[town["seat"]]
        for operator in OPERATORS if n < 5 else OPERATORS[::2]:
            number += 1
            x, y = _around(rng, v["x"], v["y"], 40, 380)
            _room(
                b,
                number,
                operator,
                f"{town['name']}{operator[2:]}" + ("核心机楼" if n == 0 else "汇聚机房"),
                "核心机楼" if n == 0 else "汇聚机房",
                x,
                y,
            )
    for v in sorted(county.villages, key=lambda v: v["road_cost"])[3:60:3]:
        number += 1
        x, y = _around(rng, v["x"], v["y"], 40, 250)
        operator = OPERATORS[number % 3]
        _room(b, number, operator, f"{v['name']}村{operator[2:]}接入机房", "接入机房", x, y)


def _room(b, number, operator, name, kind, x, y):
    racks, area, power, pue = {
        "核心机楼": (120, 900.0, 480.0, 1.45),
        "汇聚机房": (24, 110.0, 90.0, 1.62),
        "接入机房": (4, 25.0, 12.0, 1.8),
    }[kind]
    racks += int(b.rng.integers(0, 3))
    b.net.rooms.append(
        {
            "id": f"JF{number:04d}",
            "operator": operator,
            "name": name,
            "kind": kind,
            "racks": racks,
            "free": int(b.rng.integers(0, racks // 2 + 1)),
            "area": area + float(b.rng.integers(0, 20)),
            "power": power,
            "pue": pue,
            "tenure": str(b.rng.choice(["自有", "租赁"])),
            "year": int(b.rng.integers(2004, 2024)),
            "x": x,
            "y": y,
        }
    )


def _make_cables(b):
    """Cables of two operators along roads between their sites; on most trunk roads both, digitised apart."""
    for operator, side, skip in (("中国电信", 7.0, {"S3X3"}), ("中国移动", 11.5, {"S3X2"})):
        number = 0
        for r in b.county.roads:
            trunk = r["ref"][0] in "GS"
            both = int(r["ref"][-2:]) % 3 == 0 if not trunk else r["ref"] not in skip
            only = not trunk and int(r["ref"][-2:]) % 3 == (1 if operator == "中国电信" else 2)
            if not (both or only):
                continue
            number = _string_cables(b, operator, r, side, number, trunk=trunk)


def _string_cables(b, operator, road, side, number, *, trunk):
    line = road["line"]
    own = [t for t in b.net.towers if operator in t["users"] and line.distance(Point(t["x"], t["y"])) < 1500]
    stops = sorted({round(line.project(Point(t["x"], t["y"])), 1): t["id"] for t in own}.items())
    stops = [
        (0.0, f"{road['road_id']}起"),
        *[s for s in stops if 400 < s[0] < line.length - 400],
        (line.length, f"{road['road_id']}止"),
    ]
    joined = [stops[0]]
    for stop in stops[1:]:
        if stop[0] - joined[-1][0] > 900 or stop is stops[-1]:
            joined.append(stop)
    for (start, a_end), (end, z_end) in pairwise(joined):
        number += 1
        length = end - start
        at = np.linspace(start, end, max(2, int(length / b.rng.uniform(70, 130))))
        middle = np.array([line.interpolate(d).coords[0] for d in at])
        ahead = np.array([line.interpolate(min(d + 15, line.length)).coords[0] for d in at])
        behind = np.array([line.interpolate(max(d - 15, 0)).coords[0] for d in at])
        way = ahead - behind
        way /= np.hypot(*way.T)[:, None]
        points = middle + side * np.column_stack([way[:, 1], -way[:, 0]]) + b.rng.uniform(-1.6, 1.6, middle.shape)
        drawn = LineString(points).simplify(0.8)
        cores = int(b.rng.choice([48, 96, 144] if trunk else [12, 24, 48]))
        b.net.cables.append(
            {
                "id": f"{_PREFIX[operator]}GL{number:05d}",
                "operator": operator,
                "name": f"{road['name']}{operator[2:]}光缆{number}",
                "from": a_end,
                "to": z_end,
                "cores": cores,
                "free": int(b.rng.integers(0, cores // 2)),
                "km": round(drawn.length / 1000 * 1.03, 3),
                "line": drawn,
                "role": "本地骨干" if trunk else "接入",
                "laying": str(b.rng.choice(["架空", "直埋", "管道"], p=[0.6, 0.3, 0.1])),
                "year": int(b.rng.integers(2008, 2025)),
            }
        )
    return number


def shared_kilometres(net):
    """Length of one operator's cables within 12 m of the other's: for the README."""
    lines = {
        o: shapely.union_all([c["line"] for c in net.cables if c["operator"] == o]) for o in ("中国电信", "中国移动")
    }
    return lines["中国电信"].intersection(lines["中国移动"].buffer(12)).length / 1000


__all__ = ["RANGE_M", "Telecom", "build_telecom", "judge", "shared_kilometres"]
