# ruff: noqa: E501 (rows of values read best unbroken; a place is x, y)
"""The tables of the pilot's files: columns and words as each department writes them, coordinates as each file holds them."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from pilot_build import geodesy
from pilot_build.county import to_degrees
from pilot_build.geodesy import from_plane
from pilot_build.names import OPERATORS, TOWER_COMPANY
from pilot_build.tables import Table

ELSEWHERE = (94.661234, 40.142345)  # in the next province
_DX_STATUS = {"在用": "在网", "在建": "在建", "规划": "规划", "退网": "退网"}
_YD_STATUS = {"在用": "入网", "在建": "工程", "规划": "规划", "退网": "退服"}
_LT_STATUS = {"在用": "1-在用", "在建": "2-在建", "规划": "3-规划", "退网": "4-停用"}
_LT_KIND = {"地面塔": "落地塔", "楼面塔": "屋面塔", "景观塔": "美化景观塔", "抱杆": "支撑杆"}
_YD_TECH = {"4G": "LTE", "5G": "NR", "NB-IoT": "NB"}
_YES = {True: "是", False: "否"}


def lonlat(item, digits=7):
    """Place of an item in degrees, rounded as files are."""
    lon, lat = from_plane(item["x"], item["y"])
    return round(float(lon), digits), round(float(lat), digits)


def gcj02_text(item):
    """Place as GCJ-02 text with six decimals."""
    lon, lat = geodesy.gcj02_forward(*from_plane(item["x"], item["y"]))
    return f"{lon:.6f}", f"{lat:.6f}"


def projected(item):
    """Place in CGCS2000 / 3-degree Gauss-Kruger CM 75E, to the millimetre."""
    easting, northing = geodesy.gauss_kruger_forward(*from_plane(item["x"], item["y"]), 75, geodesy.CGCS2000)
    return round(float(easting), 3), round(float(northing), 3)


def dms_text(value):
    """Degrees, minutes and seconds to a thousandth, as text."""
    thousandths = round(value * 3_600_000)
    degrees, rest = divmod(thousandths, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{degrees}°{minutes:02d}′{rest / 1000:06.3f}″"


def degrees_of(text):
    """Read degrees, minutes and seconds back."""
    degrees, rest = text.split("°")
    minutes, seconds = rest.split("′")
    return int(degrees) + int(minutes) / 60 + float(seconds.rstrip("NE″")) / 3600


def _own(net, owner):
    return [t for t in net.towers if t["owner"] == owner]


def telecom_sites(net):
    """China Telecom's sites: CSV, GCJ-02."""
    table = Table("telecom_sites.csv", "", "towers", first_row=2)
    for t in _own(net, "中国电信"):
        place = gcj02_text(t)
        table.add(
            {
                "站址编码": t["id"],
                "站址名称": t["name"],
                "产权单位": "电信自有",
                "经度": place[0],
                "纬度": place[1],
                "塔型": t["kind"],
                "塔高(m)": f"{t['height']:g}",
                "平台总数": t["platforms"],
                "空闲平台数": t["free"],
                "占地面积": f"{t['area']:g}",
                "外市电": t["power"],
                "是否有机房": _YES[t["room"]],
                "网络制式": ";".join(t["technologies"]),
                "状态": _DX_STATUS[t["status"]],
            },
            place,
        )
    table.spoil(6, "OM-ATT-004", "塔高为空", "height missing", **{"塔高(m)": ""})
    table.spoil(17, "OM-ATT-003", "状态“待核实”不在取值表中", "unknown status value", 状态="待核实")
    lon, lat = table.rows[11].place
    table.insert(
        14,
        11,
        "OM-CRS-006",
        "经纬度填反",
        "longitude and latitude swapped",
        place=(lat, lon),
        站址编码="659900DX90001",
        站址名称="填反站",
        经度=lat,
        纬度=lon,
    )
    table.insert(25, 3, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
    return table


def telecom_cells(net):
    """China Telecom's cells: CSV, GCJ-02."""
    table = Table("telecom_cells.csv", "", "cells", first_row=2)
    for c in (c for c in net.cells if c["list"] == "中国电信"):
        place = gcj02_text(c)
        table.add(
            {
                "小区标识": c["id"],
                "小区名称": c["name"],
                "站址编码": c["tower"],
                "运营商": "电信",
                "共享方": {"": "", "中国联通": "中国联通"}[c["shared"]],
                "制式": c["technology"],
                "频段": c["band"],
                "下行频率(MHz)": f"{c['mhz']:g}",
                "参考信号功率(dBm)": f"{c['power']:g}",
                "天线增益(dBi)": f"{c['gain']:g}",
                "馈线损耗(dB)": f"{c['loss']:g}",
                "经度": place[0],
                "纬度": place[1],
                "方位角": f"{c['azimuth'] % 360:g}",
                "水平半功率角": f"{c['width']:g}",
                "垂直半功率角": f"{c['v_width']:g}",
                "机械下倾角": f"{c['mech']:g}",
                "电子下倾角": f"{c['elec']:g}",
                "天线挂高": f"{c['height']:g}",
                "覆盖类型": c["coverage"],
                "状态": _DX_STATUS[c["status"]],
            },
            place,
        )
    table.spoil(9, "OM-ATT-002", "挂高填成“约30米左右”", "text where a number must stand", 天线挂高="约30米左右")
    table.insert(21, 20, "OM-ATT-001", "小区标识为空", "cell id missing", 小区标识="")
    table.insert(
        48,
        40,
        "OM-ATT-006",
        "小区标识重复而内容不同",
        "same id again with other content",
        小区名称="重复编号小区",
        方位角="77",
    )
    return table


def mobile_sites(net):
    """China Mobile's sites: Shapefile, GBK, EPSG:4534, names cut at ten bytes."""
    table = Table("mobile_sites.shp", "", "towers")
    for t in _own(net, "中国移动"):
        table.add(
            {
                "站址编码": t["id"],
                "站址名称": t["name"],
                "产权单位": "移动自建",
                "铁塔产品类": t["kind"],
                "塔桅高度米": t["height"],
                "平台总数": t["platforms"],
                "空闲平台数": t["free"],
                "占地面积平": t["area"],
                "外市电引入": t["power"],
                "有无机房": {True: "有", False: "无"}[t["room"]],
                "网络制式": ";".join(t["technologies"]),
                "建设状态": _YD_STATUS[t["status"]],
            },
            projected(t),
        )
    table.spoil(8, "OM-ATT-004", "塔高为空", "height missing", 塔桅高度米=None)
    far = geodesy.gauss_kruger_forward(76.4512, 38.9123, 75, geodesy.CGCS2000)
    table.insert(
        19,
        18,
        "OM-GEO-003",
        "点位在县域及缓冲范围之外",
        "outside the county and its margin",
        place=(round(float(far[0]), 3), round(float(far[1]), 3)),
        站址编码="659900YD90001",
        站址名称="外地站",
    )
    table.insert(
        33, 32, "OM-GEO-001", "没有几何", "no geometry", place=None, 站址编码="659900YD90002", 站址名称="无坐标站"
    )
    table.insert(41, 5, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
    return table


def mobile_cells(net):
    """China Mobile's cells: Shapefile, GBK, EPSG:4534."""
    table = Table("mobile_cells.shp", "", "cells")
    for c in (c for c in net.cells if c["list"] == "中国移动"):
        table.add(
            {
                "CGI": c["id"],
                "小区名称": c["name"],
                "所属站址编": c["tower"],
                "网络制式": _YD_TECH[c["technology"]],
                "频段": c["band"],
                "下行频率": c["mhz"],
                "RS功率": c["power"],
                "天线增益": c["gain"],
                "馈线损耗": c["loss"],
                "方位角": c["azimuth"] % 360,
                "水平波瓣角": c["width"],
                "垂直波瓣角": c["v_width"],
                "机械下倾角": c["mech"],
                "电子下倾角": c["elec"],
                "天线挂高米": c["height"],
                "室内外": {"宏站": "室外宏站", "室分": "室内分布", "直放站": "直放站"}[c["coverage"]],
                "状态": _YD_STATUS[c["status"]],
            },
            projected(c),
        )
    table.spoil(30, "OM-ATT-007", "方位角725度超出合理范围", "azimuth out of the plausible range", 方位角=725.0)
    table.spoil(77, "OM-ATT-003", "覆盖类型“地铁”不在取值表中", "unknown coverage type", 室内外="地铁")
    table.insert(120, 119, "OM-ATT-001", "制式为空", "technology missing", CGI="460-00-690001-1-9001", 网络制式=None)
    return table


def unicom_sites(net):
    """China Unicom's sites: GeoPackage, WGS 84."""
    table = Table("unicom.gpkg", "sites", "towers")
    for t in _own(net, "中国联通"):
        table.add(
            {
                "site_id": t["id"],
                "site_name": t["name"],
                "tower_type": _LT_KIND[t["kind"]],
                "tower_height": t["height"],
                "slots_total": t["platforms"],
                "slots_free": t["free"],
                "site_area": t["area"],
                "mains": t["power"],
                "has_room": int(t["room"]),
                "rat": ";".join(t["technologies"]),
                "status": _LT_STATUS[t["status"]],
            },
            lonlat(t),
        )
    table.spoil(7, "OM-ATT-007", "塔高980米超出合理范围", "height out of the plausible range", tower_height=980.0)
    lon, lat = table.rows[3].place
    table.insert(
        12,
        9,
        "OM-ATT-006",
        "站址编码重复而内容不同",
        "same id again with other content",
        place=(round(lon + 0.004, 7), lat),
        site_name="重复编码站",
        tower_height=22.0,
    )
    table.insert(
        18,
        3,
        "OM-CRS-006",
        "经纬度填反",
        "longitude and latitude swapped",
        place=(lat, lon),
        site_id="659900LT90001",
        site_name="填反站",
    )
    return table


def unicom_cells(net):
    """China Unicom's cells: GeoPackage, WGS 84."""
    table = Table("unicom.gpkg", "cells", "cells")
    for c in (c for c in net.cells if c["list"] == "中国联通"):
        table.add(
            {
                "cell_id": c["id"],
                "cell_name": c["name"],
                "site_id": c["tower"],
                "rat": c["technology"],
                "band": c["band"],
                "freq_mhz": c["mhz"],
                "rs_power": c["power"],
                "gain": c["gain"],
                "feeder_loss": c["loss"],
                "azimuth": c["azimuth"] % 360,
                "hbw": c["width"],
                "vbw": c["v_width"],
                "mech_tilt": c["mech"],
                "elec_tilt": c["elec"],
                "ant_height": c["height"],
                "cover": {"宏站": "macro", "室分": "indoor", "直放站": "repeater"}[c["coverage"]],
                "status": _LT_STATUS[c["status"]],
            },
            lonlat(c),
        )
    table.insert(44, 13, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
    table.insert(
        61,
        60,
        "OM-GEO-001",
        "没有几何",
        "no geometry",
        place=None,
        cell_id="460-01-690001-1-9002",
        cell_name="无坐标小区",
    )
    return table


def tower_company(net):
    """The tower company's sites: workbook, degrees-minutes-seconds as text, tenants as yes/no columns."""
    table = Table("tower_company.xlsx", "站址台账", "towers", first_row=2)
    for n, t in enumerate(_own(net, TOWER_COMPANY)):
        lon, lat = from_plane(t["x"], t["y"])
        place = dms_text(float(lon)), dms_text(float(lat))
        tenants = {o[2:]: _YES[o in t["users"]] for o in OPERATORS}
        table.add(
            {
                "序号": n + 1,
                "站址编码": t["id"],
                "站址名称": t["name"],
                "塔型": {"地面塔": "普通地面塔"}[t["kind"]],
                "塔身高度": t["height"],
                "东经": place[0],
                "北纬": place[1],
                **tenants,
                "平台总数": t["platforms"],
                "空闲平台": t["free"],
                "占地面积(㎡)": t["area"],
                "供电方式": t["power"],
                "机房": {True: "有", False: "无"}[t["room"]],
                "网络制式": ";".join(t["technologies"]),
                "站址状态": {"在用": "交付使用", "在建": "建设中", "规划": "需求受理", "退网": "拆除"}[t["status"]],
            },
            place,
        )
    table.spoil(10, "OM-ATT-004", "塔高为空", "height missing", 塔身高度=None)
    table.spoil(29, "OM-ATT-002", "占地面积填成“一百”", "text where a number must stand", **{"占地面积(㎡)": "一百"})
    table.insert(
        22,
        21,
        "OM-GEO-001",
        "经度写成文字，无法识别",
        "longitude cannot be read",
        place=None,
        站址编码="659900TT90001",
        站址名称="坐标待补站",
        东经="以现场为准",
    )
    table.insert(
        51,
        50,
        "OM-GEO-003",
        "点位在邻省",
        "in the next province",
        place=None,
        站址编码="659900TT90002",
        站址名称="邻省站",
        东经=dms_text(ELSEWHERE[0]),
        北纬=dms_text(ELSEWHERE[1]),
    )
    return table


def cables(net, operator):
    """Cable sections of one operator: File GDB, EPSG:4490."""
    telecom = operator == "中国电信"
    table = Table("cables.gdb", "DX_GLD" if telecom else "YD_GLD", "cables")
    for c in (c for c in net.cables if c["operator"] == operator):
        if telecom:
            values = {
                "光缆段编码": c["id"],
                "光缆段名称": c["name"],
                "产权单位": "中国电信",
                "光缆级别": c["role"],
                "敷设方式": c["laying"],
                "A端": c["from"],
                "Z端": c["to"],
                "皮长公里": c["km"],
                "纤芯数": c["cores"],
                "空闲芯数": c["free"],
                "投产年份": c["year"],
                "状态": "在用",
            }
        else:
            values = {
                "GLDBH": c["id"],
                "GLDMC": c["name"],
                "QSDW": "移动",
                "WLCJ": {"本地骨干": "骨干层", "接入": "接入层"}[c["role"]],
                "FSFS": {"架空": "1", "直埋": "2", "管道": "3"}[c["laying"]],
                "QD": c["from"],
                "ZD": c["to"],
                "CD_M": round(c["km"] * 1000, 1),
                "XS": str(c["cores"]),
                "KXXS": str(c["free"]),
                "TCNF": c["year"],
                "SYZT": "ZY",
            }
        table.add(values, to_degrees(c["line"]))
    if telecom:
        table.insert(20, 4, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
        table.spoil(33, "OM-ATT-003", "敷设方式“其他”不在取值表中", "unknown way of laying", 敷设方式="其他")
    else:
        table.spoil(12, "OM-ATT-002", "芯数填成“四十八芯”", "text where a number must stand", XS="四十八芯")
        table.insert(27, 26, "OM-GEO-001", "没有几何", "no geometry", place=None, GLDBH="YDGL90001", GLDMC="无几何光缆")
        table.insert(40, 39, "OM-ATT-001", "光缆段编号为空", "cable id missing", GLDBH=None)
    return table


def rooms(net):
    """Rooms of all operators: GeoJSON."""
    table = Table("rooms.geojson", "", "rooms")
    for r in net.rooms:
        table.add(
            {
                "机房编码": r["id"],
                "机房名称": r["name"],
                "运营商": r["operator"][2:],
                "机房类型": r["kind"],
                "机架总数": r["racks"],
                "空闲机架": r["free"],
                "机房面积": r["area"],
                "外市电容量kW": r["power"],
                "PUE": r["pue"],
                "产权性质": r["tenure"],
                "启用年份": r["year"],
                "共用单位": r["shared"],
                "是否单路由": r["single"],
            },
            lonlat(r),
        )
    table.insert(
        8, 7, "OM-ATT-001", "运营商为空", "operator missing", 机房编码="JF9001", 机房名称="无主机房", 运营商=None
    )
    table.insert(
        16,
        15,
        "OM-GEO-003",
        "点位在邻省",
        "in the next province",
        place=ELSEWHERE,
        机房编码="JF9002",
        机房名称="邻省机房",
    )
    table.spoil(25, "OM-ATT-003", "机房类型“临时”不在取值表中", "unknown kind of room", 机房类型="临时")
    return table


def schools(county):
    """Schools: workbook with a title row above the header, BD-09."""
    table = Table("schools.xlsx", "学校名录", "schools", first_row=3)
    for n, s in enumerate(sorted(county.schools, key=lambda s: s["id"])):
        lon, lat = geodesy.bd09_forward(*from_plane(s["x"], s["y"]))
        place = round(float(lon), 6), round(float(lat), 6)
        table.add(
            {
                "序号": n + 1,
                "学校标识码": s["id"],
                "学校名称": s["name"],
                "办学类型": s["kind"],
                "所属行政村代码": s["village"],
                "在校生数": s["pupils"],
                "百度经度": place[0],
                "百度纬度": place[1],
            },
            place,
        )
    table.spoil(
        13, "OM-ATT-002", "在校生数填成“一百二十余人”", "text where a number must stand", 在校生数="一百二十余人"
    )
    lon, lat = table.rows[5].place
    table.insert(
        9,
        5,
        "OM-CRS-006",
        "经纬度填反",
        "longitude and latitude swapped",
        place=None,
        学校标识码="3659900901",
        学校名称="填反小学",
        百度经度=lat,
        百度纬度=lon,
    )
    table.insert(20, 18, "OM-ATT-001", "学校标识码为空", "school id missing", 学校标识码=None, 学校名称="无码教学点")
    table.insert(
        31,
        30,
        "OM-GEO-001",
        "坐标为空",
        "coordinates missing",
        place=None,
        学校标识码="3659900902",
        学校名称="无坐标教学点",
        百度经度=None,
        百度纬度=None,
    )
    return table


def roads(county):
    """Roads: Shapefile, Xi'an 1980 / 3-degree Gauss-Kruger zone 25 (EPSG:2349: the zone number in the easting)."""
    table = Table("roads.shp", "", "roads")
    for r in county.roads:
        lon, lat = np.array(to_degrees(r["line"]).coords).T
        there = geodesy.inverse_of(geodesy.xian80_to_cgcs2000, lon, lat)
        easting, northing = geodesy.gauss_kruger_forward(*there, 75, geodesy.IAG1975, false_easting=25_500_000.0)
        line = shapely.LineString(np.column_stack([easting, northing]).round(3))
        table.add(
            {
                "路段编码": r["road_id"],
                "路线编号": r["ref"],
                "路线名称": r["name"],
                "技术等级": r["class"],
                "是否沿边": _YES[r["is_border"]],
                "起点桩号": r["from_km"],
                "里程公里": round(line.length / 1000, 3),
                "上下行": "上行" if r["ref"][0] in "GS" else None,
            },
            line,
        )
    table.insert(14, 12, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
    table.insert(
        22,
        21,
        "OM-GEO-001",
        "没有几何",
        "no geometry",
        place=None,
        路段编码="659900Y1X9901",
        路线编号="Y1X99",
        路线名称="无几何乡道",
    )
    table.insert(30, 29, "OM-ATT-001", "路段编码为空", "road id missing", 路段编码=None)
    return table


def structures(county, kind):
    """Power towers or light poles: KML, one folder each."""
    power = kind == "输电杆塔"
    table = Table("power.kml", "电力杆塔" if power else "路灯杆", "structures")
    for s in (s for s in county.structures if s["kind"] == kind):
        values = {
            "杆塔编号": s["id"],
            "所属线路": s["line"],
            "产权单位": s["owner"],
            "杆塔类型": kind,
            "电压等级kV": f"{s['volts']:g}" if s["volts"] else "",
            "全高m": f"{s['height']:g}",
            "可承重kg": f"{s['spare']:g}",
            "运行状态": "在运",
            "搭载单位": s["tenants"],
            "是否向通信开放": s["open"],
        }
        if not power:
            values.pop("电压等级kV")
        table.add(values, lonlat(s))
    if power:
        table.insert(120, 77, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
        table.insert(
            400, 399, "OM-GEO-003", "点位在邻省", "in the next province", place=ELSEWHERE, 杆塔编号="邻省线001"
        )
        table.spoil(512, "OM-ATT-007", "全高980米超出合理范围", "height out of the plausible range", 全高m="980")
        table.spoil(700, "OM-ATT-003", "运行状态“不详”不在取值表中", "unknown status value", 运行状态="不详")
    else:
        table.insert(60, 59, "OM-ATT-001", "产权单位为空", "owner missing", 杆塔编号="LD9010001", 产权单位="")
        table.spoil(200, "OM-ATT-002", "可承重填成“较少”", "text where a number must stand", 可承重kg="较少")
    return table


def zones(county):
    """Zones of the spatial plan: File GDB, EPSG:4490."""
    table = Table("planning.gdb", "zones", "zones")
    code = {"永久基本农田": "YJJBNT", "生态保护红线": "STBHHX", "城镇开发边界": "CZKFBJ"}
    for z in county.zones:
        table.add(
            {"BSM": f"6599008801{z['id']}", "GKLX": z["kind"], "GKLXDM": code[z["kind"]], "MC": z["name"]}, z["polygon"]
        )
    lon, lat = county.bow
    bow = Polygon([(lon, lat), (lon + 0.004, lat + 0.003), (lon + 0.004, lat), (lon, lat + 0.003)])
    bow = MultiPolygon([shapely.transform(bow, lambda c: c.round(8))])
    table.spoil(12, "OM-GEO-004", "多边形自相交", "self-intersecting polygon", place=bow)
    table.insert(24, 7, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
    table.insert(36, 35, "OM-GEO-001", "没有几何", "no geometry", place=None, BSM="6599008801YN9001", MC="无几何图斑")
    return table


def districts(county):
    """Towns of the county: File GDB, EPSG:4490."""
    table = Table("planning.gdb", "districts", "districts")
    for t in county.towns:
        land = t["land"]
        table.add(
            {"XZQDM": t["code"], "XZQMC": t["name"], "XZJB": "乡级"},
            MultiPolygon(list(land.geoms) if land.geom_type == "MultiPolygon" else [land]),
        )
    return table


def places(county, layer):
    """Villages, settlements, clinics, border institutions: GeoPackage, EPSG:4490."""
    table = Table("places.gpkg", layer, layer)
    for p in sorted(getattr(county, layer), key=lambda p: p["id"]):
        if layer == "villages":
            values = {
                "村代码": p["id"],
                "村名": p["name"] + "村",
                "户数": p["households"],
                "人口": p["population"],
                "乡镇": county.towns[p["town"]]["name"],
            }
        elif layer == "settlements":
            values = {
                "自然村编码": p["id"],
                "自然村名称": p["name"],
                "所属行政村代码": county.villages[p["village"]]["id"],
                "户数": str(p["households"]),
                "人口": p["population"],
            }
        else:
            values = {"编号": p["id"], "机构名称": p["name"], "机构类别": p["kind"], "所属行政村代码": p["village"]}
        table.add(values, lonlat(p))
    if layer == "villages":
        table.spoil(23, "OM-ATT-007", "人口为负数", "population out of the plausible range", 人口=-35)
        table.insert(50, 49, "OM-ATT-006", "村代码重复而内容不同", "same id again with other content", 村名="重码村")
        table.insert(66, 65, "OM-ATT-001", "村名为空", "village name missing", 村代码="659900001999", 村名=None)
    elif layer == "settlements":
        table.spoil(101, "OM-ATT-002", "户数填成“约三十户”", "text where a number must stand", 户数="约三十户")
        table.insert(180, 90, "OM-ATT-005", "与前面一行完全相同", "exact duplicate of an earlier row")
        lon, lat = table.rows[210].place
        table.insert(
            220,
            210,
            "OM-CRS-006",
            "经纬度填反",
            "longitude and latitude swapped",
            place=(lat, lon),
            自然村编码="659900001999001",
            自然村名称="填反庄",
        )
    elif layer == "clinics":
        table.insert(15, 14, "OM-GEO-001", "没有几何", "no geometry", place=None, 编号="WS901", 机构名称="无坐标卫生室")
    else:
        table.insert(
            4,
            3,
            "OM-GEO-003",
            "点位在邻省",
            "in the next province",
            place=ELSEWHERE,
            编号="BJ91",
            机构名称="邻省检查站",
        )
    return table


def all_tables(county, net):
    """Every table of the pilot, in the order of the README."""
    return [
        telecom_sites(net),
        telecom_cells(net),
        mobile_sites(net),
        mobile_cells(net),
        unicom_sites(net),
        unicom_cells(net),
        tower_company(net),
        cables(net, "中国电信"),
        cables(net, "中国移动"),
        rooms(net),
        schools(county),
        roads(county),
        structures(county, "输电杆塔"),
        structures(county, "路灯杆"),
        zones(county),
        districts(county),
        *[places(county, layer) for layer in ("villages", "settlements", "clinics", "posts")],
    ]
