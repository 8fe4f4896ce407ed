"""A delivery without a fault, large enough to plant one of every kind, and the profile that asks every rule of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from onemap.delivery.checked import CheckedField, CheckedLayer
from onemap.delivery.profile import Profile, load_profile

GEOD = Geod(a=6378137.0, rf=298.257222101)
FILE = "659900示范县数据.gpkg"
PACKAGE = ("659900示范县表格.xlsx", "元数据.xml", FILE)
GRID = 12
ISLANDS, CABLES, JOINTED, TRIANGLES = 100, 60, 20, 40
STEP = 0.001
METRE_LAT, METRE_LON = 1 / 111_000, 1 / 86_000

HEAD = """
name = "every-rule"
control_lines = ["YJJBNT"]
rules = ["OM-OUT-102", "OM-OUT-103", "OM-PKG-108"]
[crs]
delivered_in = "EPSG:4490"
[bsm]
pattern = "{county:6}{layer:04d}{sequence:08d}"
[delivery]
vector = "{code6}{name}数据.gdb"
tables = "{code6}{name}表格.xlsx"
metadata = "元数据.xml"
[[total]]
table = "汇总"
key = "XZQDM"
value = "MJ_HJ"
layer = "DK"
layer_key = "XZQDM"
field = "MJ"
"""
FIELDS = (
    ("BSM", "length = 18\nrequired = true"),
    ("YSDM", "length = 10\nrequired = true"),
    ("XZQDM", "length = 12\nrequired = true"),
    ("XZQMC", "length = 100\nrequired = true"),
    ("MC", "length = 100\nrequired = true"),
    ("LX", 'length = 2\nrequired = true\ncode_list = "kinds"'),
    ("DW", 'length = 100\nfrom_fields = ["operator", "owner"]'),
    ("BH", 'length = 20\nfrom_fields = ["operator_site_code"]\nunique = "district"'),
    (
        "GD",
        'type = "number"\nlength = 8\ndecimals = 2\nmaximum = 200\nfrom_fields = ["height_agl_m"]\ngeometry = ["Point"]',
    ),
    ("SL", 'type = "integer"\nlength = 12\nfrom_fields = ["cores"]\ngeometry = ["LineString"]'),
    ("LB", 'length = 2\ncode_list = "facility_kind"\nfrom_fields = ["kind"]\ngeometry = ["Polygon"]'),
    ("YDYHFLDM", 'length = 6\ncode_list = "land_use_2023"\ngeometry = ["Polygon"]'),
    ("MJ", 'type = "number"\nlength = 15\ndecimals = 2\nrequired = true\ngeometry = ["Polygon"]'),
    ("BZ", "length = 255"),
)
LAYERS = (
    ("TA", "Point", 1, 'from = ["towers"]\ninside = ["DK"]\npresence = "mandatory"'),
    ("JF", "Point", 2, 'from = ["rooms"]'),
    ("JT", "Point", 3, 'from = ["nodes"]\non_lines = ["GL"]'),
    ("GL", "LineString", 4, 'from = ["cables"]\nends_at = ["JF"]'),
    ("DL", "LineString", 5, 'from = ["roads"]\nrules = ["OM-TOP-", "OM-GEO-118"]'),
    ("DK", "Polygon", 6, 'from = ["zones"]\nland_use = "130600"\nrules = ["OM-TOP-102"]\ninside = ["FQ"]'),
    ("FQ", "Polygon", 7, 'from = ["zones"]\nskip = ["OM-BIZ-111"]'),
    ("YJJBNT", "Polygon", 8, 'from = ["zones"]'),
    ("BX", "Point", 9, 'from = ["posts"]\npresence = "mandatory"'),
    ("BY", "Point", 13, 'from = ["posts"]\npresence = "mandatory"'),
    ("KX", "Point", 10, 'from = ["posts"]'),
    ("KY", "Point", 11, 'from = ["posts"]'),
    ("KZ", "Point", 12, 'from = ["posts"]'),
)


@dataclass
class Delivery:
    """Everything that a check is given; plants change it."""

    layers: dict[str, CheckedLayer]
    profile: Profile
    districts: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    package: tuple[str, ...] = PACKAGE
    taken: dict[str, int] = field(default_factory=dict)

    def set(self, layer: str, row: int, **values: object) -> None:
        """Change values of a row, counted from 1."""
        for name, value in values.items():
            self.layers[layer].frame[name] = self.layers[layer].frame[name].astype(object)
            self.layers[layer].frame.at[row - 1, name] = value

    def shape(self, layer: str, row: int, geometry: shapely.Geometry | None) -> None:
        """Change the geometry of a row, counted from 1, and its area with it."""
        frame = self.layers[layer].frame
        frame.loc[[row - 1], "geometry"] = gpd.GeoSeries([geometry], index=[row - 1], crs=frame.crs)
        if "MJ" in frame and geometry is not None:
            frame.loc[row - 1, "MJ"] = area_m2(geometry)

    def get(self, layer: str, row: int) -> pd.Series:
        """Give a row, counted from 1."""
        return self.layers[layer].frame.loc[row - 1]

    def add(self, layer: str, geometry: shapely.Geometry, **values: object) -> int:
        """Add a row like the first of the layer, and give its number, counted from 1."""
        one = self.layers[layer]
        row = one.frame.iloc[[0]].copy()
        number = len(one.frame) + 1
        row["BSM"] = f"{one.frame['BSM'].iloc[0][:10]}{number:08d}"
        row["MC"] = f"新增{number}"
        row["geometry"] = [geometry]
        for name, value in values.items():
            row[name] = value
        frame = gpd.GeoDataFrame(pd.concat([one.frame, row], ignore_index=True), crs=one.frame.crs)
        self.layers[layer] = CheckedLayer(one.name, frame, one.fields, one.crs, one.driver, one.file)
        return number

    def finish(self) -> None:
        """Make the table of totals from the layer as it is."""
        areas = self.layers["DK"].frame
        totals = areas["MJ"].astype(float).groupby(areas["XZQDM"].astype(str).str.strip()).sum()
        stated = self.tables.get("汇总", pd.DataFrame({"XZQDM": totals.index, "MJ_HJ": 0.0}))
        stated["MJ_HJ"] += totals.to_numpy()
        self.tables["汇总"] = stated


def area_m2(geometry: shapely.Geometry) -> float:
    """Give the area on the ellipsoid."""
    if shapely.get_dimensions(geometry) < 2:
        return 1000.0
    return round(abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]), 2)


def make_profile(folder: Path, *, head: str = HEAD, placeholders: Collection[str] = ()) -> Profile:
    """Write the profile with its list of kinds, and read it; some layers have no feature code of their own."""
    parts = [head]
    parts += [f'[[field]]\nname = "{name}"\nalias = "{name}"\n{keys}\n' for name, keys in FIELDS]
    parts += [
        f'[[layer]]\ncode = "{code}"\nalias = "{code}"\ngeometry = "{kind}"\nnumber = {number}\n'
        f'ysdm = "20900{number:05d}"\nysdm_placeholder = {str(code in placeholders).lower()}\n{keys}\n'
        for code, kind, number, keys in LAYERS
    ]
    (folder / "every-rule.toml").write_text("".join(parts), encoding="utf-8")
    (folder / "kinds.csv").write_text("code,name_zh\n01,甲类\n02,乙类\n", encoding="utf-8")
    return load_profile(folder / "every-rule.toml")


def make_delivery(profile: Profile, districts: gpd.GeoDataFrame) -> Delivery:
    """Make a delivery without a fault but those of the profile: an example list."""
    shapes = {
        "TA": [shapely.centroid(cell) for cell in grid()],
        "JF": [end for line in cables() for end in (shapely.get_point(line, 0), shapely.get_point(line, -1))],
        "JT": [shapely.get_point(line, 1) for line in cables()[:JOINTED]],
        "GL": cables(),
        "DL": [side for number in range(TRIANGLES) for side in triangle(number)],
        "DK": [*grid(), *(island(number) for number in range(ISLANDS))],
        "FQ": [shapely.box(75.05, 39.05, 75.4, 39.4)],
        "YJJBNT": [control(number) for number in range(10)],
        "BX": [shapely.Point(75.02, 39.5)],
        "BY": [shapely.Point(75.02, 39.6)],
    }
    numbers = {code: number for code, _, number, _ in LAYERS}
    layers = {code: _layer(profile, code, numbers[code], geometry) for code, geometry in shapes.items()}
    return Delivery(layers, profile, districts)


def _layer(profile: Profile, code: str, number: int, geometry: list[shapely.Geometry]) -> CheckedLayer:
    """Make a layer with all fields filled."""
    fields = profile.fields_of(profile.layer(code))
    east = np.array([shapely.bounds(one)[0] for one in geometry]) >= 75.5
    rows = np.arange(1, len(geometry) + 1)
    made = {
        "BSM": [f"659900{number:04d}{row:08d}" for row in rows],
        "YSDM": f"20900{number:05d}",
        "XZQDM": np.where(east, "659900102000", "659900101000"),
        "XZQMC": np.where(east, "乙乡", "甲镇"),
        "MC": [f"{code}第{row}号" for row in rows],
        "LX": "01",
        "DW": "中国铁塔",
        "BH": "" if code == "DL" else [f"{code}-{row}" for row in rows],
        "GD": 30.5,
        "SL": 48,
        "LB": "11",
        "YDYHFLDM": "130600",
        "MJ": [area_m2(one) for one in geometry],
        "BZ": [f"{code} {row}" for row in rows],
    }
    frame = pd.DataFrame({one.name: made[one.name] for one in fields}, index=range(len(geometry)))
    stored = tuple(
        CheckedField(one.name, one.type, one.length, one.decimals if one.type == "number" else None) for one in fields
    )
    return CheckedLayer(
        code, gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4490"), stored, "EPSG:4490", "GPKG", FILE
    )


def grid() -> list[shapely.Polygon]:
    """Give a grid of parcels that leave no gap, row by row from the south."""
    lon, lat = 75.1 + STEP * np.arange(GRID + 1), 39.1 + STEP * np.arange(GRID + 1)
    return [shapely.box(lon[i], lat[j], lon[i + 1], lat[j + 1]) for j in range(GRID) for i in range(GRID)]


def island(number: int) -> shapely.Polygon:
    """Give a parcel of its own."""
    west, south = 75.2 + 0.003 * (number % 10), 39.1 + 0.003 * (number // 10)
    return shapely.box(west, south, west + STEP, south + STEP)


def control(number: int) -> shapely.Polygon:
    """Give an area of a control line."""
    south = 39.1 + 0.003 * number
    return shapely.box(75.3, south, 75.301, south + STEP)


def cables() -> list[shapely.LineString]:
    """Give cables with a vertex in the middle, each between two rooms of its own."""
    lats = 39.5 + 0.005 * np.arange(CABLES)
    return [shapely.LineString([(75.1, lat), (75.105, lat + 0.001), (75.11, lat)]) for lat in lats]


def triangle(number: int) -> list[shapely.LineString]:
    """Give three roads that form a triangle, one above the other."""
    south = 39.2 + 0.01 * number
    a, b, c = (75.6, south), (75.606, south), (75.603, south + 0.004)
    return [shapely.LineString(side) for side in ((a, b), (b, c), (c, a))]
