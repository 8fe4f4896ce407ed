"""Three folders as offices send them, with what each column means: Chinese with units, English only, pinyin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import shapely
from pyproj import Transformer

COUNT = 24
Column = tuple[str | None, Any]
Truth = dict[tuple[str, str], dict[str, object]]

FAMILY = np.array(list("桃梨杨柳松柏梅兰竹菊枫榆"), dtype=object)


def ids(prefix: str) -> list[str]:
    return [f"{prefix}{number:04d}" for number in range(1, COUNT + 1)]


def names(rng: np.random.Generator, suffix: str) -> list[str]:
    return [f"{first}{number}{suffix}" for number, first in enumerate(rng.choice(FAMILY, COUNT))]


def some(rng: np.random.Generator, *values: object) -> list[object]:
    return [values[at] for at in rng.integers(0, len(values), COUNT)]


class Office:
    """A folder in the making: its county, and what is true of each file."""

    def __init__(self, folder: Path, west: float, south: float, seed: int) -> None:
        self.folder, self.truth, self.rng = folder, Truth(), np.random.default_rng(seed)
        folder.mkdir(parents=True)
        self.lon = np.round(west + 0.1 + self.rng.uniform(0, 0.4, COUNT), 6)
        self.lat = np.round(south + 0.1 + self.rng.uniform(0, 0.3, COUNT), 6)
        self.box = (west, south, west + 0.6, south + 0.5)

    def frame(self, file: str, layer: str, columns: Mapping[str, Column], source_layer: str = "") -> pd.DataFrame:
        """Remember what the columns mean and give the table."""
        said: dict[str, object] = {"layer": layer}
        for column, (field, _) in columns.items():
            if field is not None and "=" in field:  # tenants=中国移动: a yes/no column
                name, member = field.split("=")
                said.setdefault(f"yes_no.{name}", {})[column] = member  # type: ignore[index]
            elif field is not None:
                said[field if field in {"lon", "lat", "easting", "northing"} else f"fields.{field}"] = column
        self.truth[file, source_layer] = said
        return pd.DataFrame({column: values for column, (_, values) in columns.items()})

    def points(self) -> np.ndarray:
        return shapely.points(self.lon, self.lat)

    def lines(self) -> list[shapely.LineString]:
        steps = self.rng.uniform(0.01, 0.03, (COUNT, 2))
        return [
            shapely.LineString([(x, y), (x + dx, y + dy)])
            for x, y, (dx, dy) in zip(self.lon, self.lat, steps, strict=True)
        ]

    def districts(self) -> list[shapely.Polygon]:
        west, south, east, north = self.box
        step = (east - west) / 4
        return [shapely.box(west + at * step, south, west + (at + 1) * step, north) for at in range(4)]

    def metres(self, crs: int) -> tuple[np.ndarray, np.ndarray]:
        east, north = Transformer.from_crs(4490, crs, always_xy=True).transform(self.lon, self.lat)
        return np.round(east, 2), np.round(north, 2)


def titled_workbook(path: Path, sheets: Mapping[str, tuple[str, pd.DataFrame]]) -> None:
    """Write sheets with a merged title above the header, and one of notes."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, (title, frame) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append([title])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(frame.columns))
        sheet.append([f"填报单位：{name}", *[None] * 3])
        sheet.append(list(frame.columns))
        for row in frame.itertuples(index=False):
            sheet.append([value.item() if isinstance(value, np.generic) else value for value in row])
    notes = book.create_sheet("填写说明")
    for line in ("一、本表由各单位填写。", "二、坐标采用 2000 国家大地坐标系。"):
        notes.append([line])
    book.save(path)


def chinese_office(folder: Path) -> Truth:
    """Chinese headers with units and marks; XLSX with titles, GBK CSV, GBK Shapefile with cut names, GeoPackage."""
    office = Office(folder, 101.2, 25.1, 1)
    rng = office.rng
    sites = office.frame(
        "铁塔站址.xlsx",
        "towers",
        {
            "序号": (None, list(range(1, COUNT + 1))),
            "*站址编号（必填）": ("tower_id", ids("532301T")),
            "站址全称": ("name", names(rng, "基站")),
            "资产归属单位": ("owner", some(rng, "中国铁塔", "移动公司")),
            "塔桅类型": ("kind", some(rng, "角钢塔", "单管塔", "楼面抱杆")),
            "铁塔总高(米)": ("height_agl_m", rng.integers(18, 55, COUNT)),
            "平台总数（个）": ("platforms_total", rng.integers(2, 5, COUNT)),
            "剩余平台（个）": ("platforms_free", rng.integers(0, 2, COUNT)),
            "用地面积(平方米)": ("site_area_m2", rng.integers(30, 200, COUNT)),
            "是否移动使用": ("tenants=中国移动", some(rng, "是", "否")),
            "是否联通使用": ("tenants=中国联通", some(rng, "是", "否")),
            "是否电信使用": ("tenants=中国电信", some(rng, "是", "否")),
            "网络制式": ("technologies", some(rng, "4G", "4G、5G")),
            "建设状态": ("status", some(rng, "已建", "在建")),
            "经度(东经)": ("lon", office.lon),
            "纬度(北纬)": ("lat", office.lat),
        },
    )
    schools = office.frame(
        "铁塔站址.xlsx",
        "schools",
        {
            "学校（机构）代码": ("school_id", ids("3153")),
            "学校（机构）名称": ("name", names(rng, "小学")),
            "办学层次": ("kind", some(rng, "小学", "教学点")),
            "在校学生人数(人)": ("pupils", rng.integers(10, 600, COUNT)),
            "东经": ("lon", office.lon),
            "维度": ("lat", office.lat),
        },
        "学校",
    )
    office.truth["铁塔站址.xlsx", "站址"] = office.truth.pop(("铁塔站址.xlsx", ""))
    titled_workbook(
        folder / "铁塔站址.xlsx", {"站址": ("云岭县通信铁塔站址统计表", sites), "学校": ("云岭县学校统计表", schools)}
    )
    office.frame(
        "移动小区工参.csv",
        "cells",
        {
            "小区CGI": ("cell_id", [f"460-00-{700000 + at}-{at % 3 + 1}" for at in range(COUNT)]),
            "小区名": ("name", names(rng, "小区")),
            "所在站址编码": ("tower_id", ids("532301T")),
            "制式": ("technology", some(rng, "LTE", "NR")),
            "工作频段": ("band", some(rng, "B8", "n28")),
            "中心频点频率（MHz）": ("frequency_mhz", some(rng, 942.5, 768.0)),
            "SSB/RS功率(dBm)": ("rs_power_dbm", np.round(rng.uniform(12, 18, COUNT), 1)),
            "天线增益（dBi）": ("gain_dbi", np.round(rng.uniform(14, 17, COUNT), 1)),
            "方向角（度）": ("azimuth_deg", rng.integers(0, 359, COUNT)),
            "水平波束宽度(度)": ("beamwidth_deg", some(rng, 65, 90)),
            "机械下倾(度)": ("mech_downtilt_deg", rng.integers(0, 6, COUNT)),
            "电子下倾(度)": ("elec_downtilt_deg", rng.integers(0, 8, COUNT)),
            "天线挂高（m）": ("height_agl_m", rng.integers(20, 50, COUNT)),
            "室内/室外": ("coverage_type", some(rng, "室外", "室内")),
            "小区状态": ("status", some(rng, "在网", "退网")),
            "站点经度": ("lon", office.lon),
            "站点纬度": ("lat", office.lat),
        },
    ).to_csv(folder / "移动小区工参.csv", index=False, encoding="gb18030")
    cables = {
        "光缆段编号": ("cable_id", ids("GL")),
        "光缆段名称": ("name", names(rng, "光缆")),
        "产权单位": ("operator", some(rng, "电信", "移动")),
        "敷设方式": ("laying", some(rng, "架空", "管道")),
        "光缆长度(": ("sheath_km", np.round(rng.uniform(1, 4, COUNT), 3)),
        "光缆总芯": ("cores", some(rng, 24, 48)),
        "空闲纤芯": ("cores_free", rng.integers(0, 20, COUNT)),
        "竣工年份": ("built_year", rng.integers(2005, 2023, COUNT)),
    }
    frame = office.frame("光缆.shp", "cables", cables)
    shape = gpd.GeoDataFrame(frame, geometry=office.lines(), crs=4490).to_crs(4543)
    shape.to_file(folder / "光缆.shp", encoding="gb18030")
    frame = office.frame(
        "行政村.gpkg",
        "villages",
        {
            "行政村编码": ("village_id", [f"5323011{number:05d}" for number in range(COUNT)]),
            "村委会名称": ("name", names(rng, "村")),
            "户籍户数": ("households", rng.integers(50, 900, COUNT)),
            "户籍人口": ("population", rng.integers(200, 3000, COUNT)),
            "所属乡镇": ("town", some(rng, "东山镇", "西河乡")),
        },
    )
    gpd.GeoDataFrame(frame, geometry=office.points(), crs=4490).to_file(folder / "行政村.gpkg")
    frame = office.frame(
        "乡镇界线.gpkg",
        "districts",
        {
            "乡镇代码": ("code", ["532301101", "532301102", "532301201", "532301202"]),
            "乡镇名称": ("name", ["东山镇", "西河镇", "南坪乡", "北岭乡"]),
        },
    )
    gpd.GeoDataFrame(frame, geometry=office.districts(), crs=4490).to_file(folder / "乡镇界线.gpkg")
    (folder / "联系人.docx").write_bytes(b"PK\x03\x04 not a layer")
    return office.truth


def english_office(folder: Path) -> Truth:
    """English headers only; GeoJSON, GeoPackage, CSV, KML."""
    office = Office(folder, 98.4, 24.2, 2)
    rng = office.rng
    frame = office.frame(
        "towers.geojson",
        "towers",
        {
            "TowerRef": (None, ids("r")),
            "Site Code": ("tower_id", ids("BS")),
            "Site Name": ("name", [f"Site {number}" for number in range(COUNT)]),
            "Ownership": ("owner", some(rng, "China Tower", "China Mobile")),
            "Structure Type": ("kind", some(rng, "monopole", "lattice", "rooftop")),
            "Tower Height (m)": ("height_agl_m", rng.integers(18, 55, COUNT)),
            "Elevation_m": ("ground_elev_m", rng.integers(900, 1900, COUNT)),
            "Available Platforms": ("platforms_free", rng.integers(0, 3, COUNT)),
            "Total Platforms": ("platforms_total", rng.integers(3, 5, COUNT)),
            "Has Shelter": ("has_room", some(rng, "Yes", "No")),
            "Site Status": ("status", some(rng, "existing", "planned")),
            "Technologies": ("technologies", some(rng, "4G", "4G;5G")),
        },
    )
    gpd.GeoDataFrame(frame, geometry=office.points(), crs=4326).to_file(folder / "towers.geojson", driver="GeoJSON")
    office.frame(
        "unicom_cell_data.csv",
        "cells",
        {
            "Cell Identity": ("cell_id", [f"460-01-{710000 + at}-{at % 3 + 1}" for at in range(COUNT)]),
            "CellName": ("name", [f"Cell {number}" for number in range(COUNT)]),
            "Host Site ID": ("tower_id", ids("BS")),
            "Network Type": ("technology", some(rng, "LTE", "5G NR")),
            "Frequency Band": ("band", some(rng, "B3", "n78")),
            "Carrier Freq (MHz)": ("frequency_mhz", some(rng, 1840.0, 3500.0)),
            "RS Power (dBm)": ("rs_power_dbm", np.round(rng.uniform(12, 18, COUNT), 1)),
            "Antenna Gain (dBi)": ("gain_dbi", np.round(rng.uniform(14, 17, COUNT), 1)),
            "Bearing": ("azimuth_deg", rng.integers(0, 359, COUNT)),
            "Horizontal Beamwidth": ("beamwidth_deg", some(rng, 65, 90)),
            "Vertical Beamwidth": ("v_beamwidth_deg", some(rng, 7, 10)),
            "Mechanical Tilt": ("mech_downtilt_deg", rng.integers(0, 6, COUNT)),
            "Electrical Tilt": ("elec_downtilt_deg", rng.integers(0, 8, COUNT)),
            "Antenna Height (m)": ("height_agl_m", rng.integers(20, 50, COUNT)),
            "Coverage": ("coverage_type", some(rng, "outdoor", "indoor")),
            "Longitude_WGS84": ("lon", office.lon),
            "Latitude_WGS84": ("lat", office.lat),
        },
    ).to_csv(folder / "unicom_cell_data.csv", index=False)
    frame = office.frame(
        "network.gpkg",
        "cables",
        {
            "CableNo": ("cable_id", ids("C")),
            "CableName": ("name", [f"Cable {number}" for number in range(COUNT)]),
            "Carrier": ("operator", some(rng, "China Telecom", "China Unicom")),
            "Installation": ("laying", some(rng, "aerial", "duct")),
            "CableLength_m": ("sheath_km", rng.integers(900, 4000, COUNT)),
            "FiberCount": ("cores", some(rng, 24, 48)),
            "SpareFibers": ("cores_free", rng.integers(0, 20, COUNT)),
            "From_Site": ("from_node", ids("a")),
            "To_Site": ("to_node", ids("b")),
            "YearBuilt": ("built_year", rng.integers(2005, 2023, COUNT)),
        },
        "fibre_routes",
    )
    gpd.GeoDataFrame(frame, geometry=office.lines(), crs=4326).to_file(folder / "network.gpkg", layer="fibre_routes")
    office.truth["network.gpkg", "fibre_routes"]["units.sheath_km"] = "m"
    frame = office.frame(
        "network.gpkg",
        "districts",
        {"Area Code": ("code", ["533103100", "533103101"]), "Area Name": ("name", ["East Town", "West Town"])},
        "admin_boundaries",
    )
    halves = [shapely.union_all(office.districts()[:2]), shapely.union_all(office.districts()[2:])]
    gpd.GeoDataFrame(frame, geometry=halves, crs=4326).to_file(folder / "network.gpkg", layer="admin_boundaries")
    office.frame(
        "poles.kml",
        "structures",
        {
            "Pole ID": ("structure_id", ids("P")),
            "Line Name": ("name", some(rng, "Line A", "Line B")),
            "Pole Type": ("kind", some(rng, "power tower", "light pole")),
            "Owner": ("owner", some(rng, "Power Company", "City")),
            "Height (m)": ("height_agl_m", rng.integers(8, 30, COUNT)),
            "Voltage (kV)": ("voltage_kv", some(rng, 35, 110)),
        },
    ).pipe(kml, folder / "poles.kml", office)
    frame = office.frame(
        "schools.geojson",
        "schools",
        {
            "School Code": ("school_id", ids("S")),
            "School Name": ("name", [f"School {number}" for number in range(COUNT)]),
            "Enrolment": ("pupils", rng.integers(10, 900, COUNT)),
        },
    )
    gpd.GeoDataFrame(frame, geometry=office.points(), crs=4326).to_file(folder / "schools.geojson", driver="GeoJSON")
    return office.truth


def pinyin_office(folder: Path) -> Truth:
    """Initials of pinyin; GBK Shapefiles, CSV with X for north in a zone that nobody names, GeoPackage."""
    office = Office(folder, 102.3, 27.6, 3)
    rng = office.rng
    east, north = office.metres(4543)
    office.frame(
        "DX_JZ.csv",
        "towers",
        {
            "ZZBM": ("tower_id", ids("DX")),
            "ZZMC": ("name", names(rng, "站")),
            "CQDW": ("owner", some(rng, "电信", "铁塔")),
            "TWLX": ("kind", some(rng, "单管塔", "角钢塔")),
            "TGD_M": (None, rng.integers(1, 9, COUNT)),
            "TG": ("height_agl_m", rng.integers(18, 55, COUNT)),
            "PTZS": ("platforms_total", rng.integers(3, 5, COUNT)),
            "SYPTS": ("platforms_free", rng.integers(0, 2, COUNT)),
            "ZDMJ": ("site_area_m2", rng.integers(30, 200, COUNT)),
            "WLZS": ("technologies", some(rng, "4G", "4G;5G")),
            "YXZT": ("status", some(rng, "在用", "停用")),
            "XZB": ("northing", north),
            "YZB": ("easting", east),
        },
    ).to_csv(folder / "DX_JZ.csv", index=False, encoding="gb18030")
    frame = office.frame(
        "GDD.shp",
        "ducts",
        {
            "GDDBH": ("duct_id", ids("G")),
            "GDDMC": ("name", names(rng, "管道")),
            "QSDW": ("owner", some(rng, "移动", "住建局")),
            "GKS": ("bores", rng.integers(4, 12, COUNT)),
            "KXGKS": ("bores_free", rng.integers(0, 4, COUNT)),
            "GC": ("material", some(rng, "PVC", "硅芯管")),
            "SYZT": ("status", some(rng, "在用", "在建")),
        },
    )
    gpd.GeoDataFrame(frame, geometry=office.lines(), crs=4490).to_crs(4522).to_file(
        folder / "GDD.shp", encoding="gb18030"
    )
    frame = office.frame(
        "XZC.shp",
        "villages",
        {
            "XZCDM": ("village_id", [f"5134311{number:05d}" for number in range(COUNT)]),
            "XZCMC": ("name", names(rng, "村")),
            "ZHS": ("households", rng.integers(50, 900, COUNT)),
            "ZRK": ("population", rng.integers(200, 3000, COUNT)),
        },
    )
    gpd.GeoDataFrame(frame, geometry=office.points(), crs=4490).to_file(folder / "XZC.shp", encoding="gb18030")
    frame = office.frame(
        "XZQ.shp",
        "districts",
        {
            "XZQDM": ("code", ["513431100", "513431101", "513431200", "513431201"]),
            "XZQMC": ("name", ["甲镇", "乙镇", "丙乡", "丁乡"]),
            "XZJB": ("level", ["乡级"] * 4),
        },
    )
    gpd.GeoDataFrame(frame, geometry=office.districts(), crs=4490).to_file(folder / "XZQ.shp", encoding="gb18030")
    frame = office.frame(
        "ghkj.gpkg",
        "zones",
        {
            "BSM": ("zone_id", ids("Z")[:4]),
            "HXMC": ("name", ["红线一", "红线二", "红线三", "红线四"]),
            "HXLX": ("kind", ["生态保护红线"] * 4),
        },
        "STBHHX",
    )
    shrunk = [shape.buffer(-0.05) for shape in office.districts()]
    gpd.GeoDataFrame(frame, geometry=shrunk, crs=4490).to_file(folder / "ghkj.gpkg", layer="STBHHX")
    frame = office.frame(
        "ghkj.gpkg",
        "roads",
        {
            "LDBM": ("road_id", ids("L")),
            "LXBH": ("ref", some(rng, "G245", "S307")),
            "LXMC": ("name", names(rng, "路")),
            "JSDJ": ("class", some(rng, "二级", "三级")),
            "QDZH": ("chainage_from_km", np.round(rng.uniform(0, 90, COUNT), 3)),
        },
        "DL",
    )
    gpd.GeoDataFrame(frame, geometry=office.lines(), crs=4490).to_file(folder / "ghkj.gpkg", layer="DL")
    return office.truth


def kml(frame: pd.DataFrame, path: Path, office: Office) -> None:
    """Write points with extended data, as map programs do."""
    places = []
    for row, lon, lat in zip(frame.to_dict("records"), office.lon, office.lat, strict=True):
        data = "".join(f'<Data name="{key}"><value>{value}</value></Data>' for key, value in row.items())
        point = f"<Point><coordinates>{lon},{lat},0</coordinates></Point>"
        places.append(f"<Placemark><ExtendedData>{data}</ExtendedData>{point}</Placemark>")
    head = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    path.write_text(f"{head}{''.join(places)}</Document></kml>", encoding="utf-8")


OFFICES: Mapping[str, Callable[[Path], Truth]] = {
    "chinese": chinese_office,
    "english": english_office,
    "pinyin": pinyin_office,
}
