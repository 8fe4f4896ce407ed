# ruff: noqa: E501 (rows of values read best unbroken)
"""The tables of the files that the planted cases need: demands, ducts, works, planned sites, posts, finished places, samples."""

from __future__ import annotations

from pilot_build.county import to_degrees
from pilot_build.layers import ELSEWHERE, lonlat
from pilot_build.tables import Table

_STATUS = "在用"


def demands(plants):
    """Demands of all parties: workbook, decimal degrees."""
    table = Table("demands.xlsx", "共享需求汇总", "demands", first_row=2)
    for n, d in enumerate(plants.demands):
        lon, lat = lonlat(d)
        table.add(
            {
                "需求编号": d["id"],
                "需求单位": d["requester"],
                "资源类型": d["kind"],
                "需求数量": d["quantity"],
                "需求挂高(m)": d.get("height"),
                "设备重量(kg)": d.get("load"),
                "监控半径(m)": d.get("radius"),
                "需求年份": 2026 + n % 2,
                "经度": lon,
                "纬度": lat,
                "联系人": f"模拟联系人{n + 1}",
            },
            (lon, lat),
        )
    table.spoil(8, "OM-ATT-002", "设备重量填成“较轻”", "text where a number must stand", **{"设备重量(kg)": "较轻"})
    table.insert(4, 3, "OM-ATT-001", "需求编号为空", "demand id missing", 需求编号=None, 需求单位="示范县应急管理局")
    return table


def ducts(plants):
    """Ducts of the town: GeoPackage, EPSG:4490."""
    table = Table("municipal.gpkg", "管道段", "ducts")
    for d in plants.ducts:
        table.add(
            {
                "管道段编码": d["id"],
                "管道段名称": d["name"],
                "权属单位": d["owner"],
                "管孔总数": d["bores"],
                "空闲管孔数": d["free"],
                "管材": d["material"],
                "状态": _STATUS,
            },
            to_degrees(d["line"]),
        )
    table.insert(
        2, 1, "OM-GEO-001", "没有几何", "no geometry", place=None, 管道段编码="GD9001", 管道段名称="无几何管道"
    )
    return table


def works(plants):
    """Works planned and done: GeoPackage, EPSG:4490."""
    table = Table("municipal.gpkg", "建设工程", "works")
    for w in plants.works:
        table.add(
            {
                "项目编号": w["id"],
                "项目名称": w["name"],
                "工程类型": w["kind"],
                "建设单位": w["owner"],
                "建设阶段": w["stage"],
                "实施年度": w["year"],
            },
            to_degrees(w["line"]),
        )
    table.insert(2, 1, "OM-ATT-001", "项目编号为空", "work id missing", 项目编号=None)
    return table


def planned_sites(plants):
    """Sites of the plan to come: CSV, CGCS2000."""
    table = Table("planned_sites.csv", "", "planned_sites", first_row=2)
    for s in plants.planned_sites:
        lon, lat = lonlat(s)
        table.add(
            {
                "规划站址编码": s["id"],
                "规划站名": s["name"],
                "规划制式": s["technology"],
                "规划挂高": f"{s['height']:g}",
                "规划年份": s["year"],
                "经度": f"{lon:.7f}",
                "纬度": f"{lat:.7f}",
            },
            (f"{lon:.7f}", f"{lat:.7f}"),
        )
    table.insert(3, 1, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
    return table


def kilometre_posts(plants):
    """Kilometre posts of one road: CSV in GBK, CGCS2000."""
    table = Table("kilometre_posts.csv", "", "kilometre_posts", first_row=2)
    for p in plants.posts:
        lon, lat = lonlat(p)
        table.add(
            {
                "公里桩编号": p["id"],
                "路线编号": p["ref"],
                "路段编码": p["road"],
                "桩号": f"{p['km']:g}",
                "经度": f"{lon:.7f}",
                "纬度": f"{lat:.7f}",
            },
            (f"{lon:.7f}", f"{lat:.7f}"),
        )
    table.insert(7, 6, "OM-ATT-001", "桩号为空", "chainage missing", 公里桩编号="S3X2-K901", 桩号="")
    return table


def finished_places(plants):
    """Finished places of universal service: GeoJSON."""
    table = Table("finished.geojson", "", "finished_places")
    for f in plants.finished:
        table.add(
            {
                "完工点位编码": f["id"],
                "点位名称": f["name"],
                "行政村代码": f["village"],
                "网络制式": f["technology"],
                "承建企业": f["operator"][2:],
                "批次": "2025年第一批",
                "完工日期": f["finished"],
            },
            lonlat(f),
        )
    table.insert(
        5,
        4,
        "OM-GEO-003",
        "点位在邻省",
        "in the next province",
        place=ELSEWHERE,
        完工点位编码="PF901",
        点位名称="邻省村",
    )
    return table


def measurements(plants):
    """Samples of a drive test: CSV, CGCS2000."""
    table = Table("drive_test.csv", "", "measurements", first_row=2)
    for m in plants.measurements:
        lon, lat = lonlat(m)
        table.add(
            {
                "测试时间": m["time"],
                "运营商": m["operator"][2:],
                "网络制式": m["technology"],
                "RSRP(dBm)": f"{m['rsrp']:.1f}",
                "经度": f"{lon:.7f}",
                "纬度": f"{lat:.7f}",
            },
            (f"{lon:.7f}", f"{lat:.7f}"),
        )
    table.insert(40, 39, "OM-ATT-001", "RSRP为空", "power missing", 测试时间="2025-11-11 11:11:11", **{"RSRP(dBm)": ""})
    return table


def office_tables(plants):
    """Every table of this module, in the order of the README."""
    makers = (demands, ducts, works, planned_sites, kilometre_posts, finished_places, measurements)
    return [make(plants) for make in makers]
