"""A small project to plan for: towers, hamlets, a school, a post, a road, a room; and what can be wrong with it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine

CRS = "EPSG:4490"
HEAD = """
[project]
name = "示范县"
title_en = "Shifan"
code = "659900"
date = 2026-01-01
simulated = true
{elevation}
"""
RADIO = """
[coverage]
model = "{model}"
technologies = ["4G"]
range_m = {{ "4G" = 5000 }}
"""
PLAN = """
[plan.connection]
towers_have_fibre = "all"
road_reach_m = 3000
satellite = "last resort"
"""
FIELDS = {
    "towers": ("tower_id", "name", "owner", "height_agl_m", "platforms_free", "technologies", "status"),
    "settlements": ("settlement_id", "name", "population", "households"),
    "schools": ("school_id", "name", "pupils"),
    "posts": ("post_id", "name"),
    "roads": ("road_id", "ref", "name"),
    "rooms": ("room_id", "name", "operator"),
    "structures": ("structure_id", "kind", "owner", "height_agl_m", "load_spare_kg", "status"),
    "districts": ("code", "name", "level"),
    "planned_sites": ("site_id", "name", "technology", "wanted_height_m", "year"),
}


def layers() -> dict[str, gpd.GeoDataFrame]:
    """Give the layers of the project: the west is served, the east is not."""

    def at(*places: tuple[float, float]) -> list[shapely.Point]:
        return [shapely.Point(place) for place in places]

    towers = gpd.GeoDataFrame(
        {"tower_id": ["T1", "T2"], "name": ["甲站", "乙站"], "owner": "中国铁塔", "height_agl_m": 30.0,
         "platforms_free": 2, "technologies": ["4G", None], "status": ["in service", "in service"]},
        geometry=at((75.00, 39.50), (75.20, 39.50)), crs=CRS,
    )  # fmt: skip
    hamlets = gpd.GeoDataFrame(
        {"settlement_id": ["H1", "H2", "H3", "H4"], "name": ["一村", "二村", "三村", "四村"],
         "population": [100, 200, 300, 50], "households": [25, 50, 75, 12]},
        geometry=at((75.01, 39.51), (75.21, 39.51), (75.30, 39.52), (75.60, 39.90)), crs=CRS,
    )  # fmt: skip
    school = gpd.GeoDataFrame(
        {"school_id": ["S1"], "name": ["小学"], "pupils": [80]}, geometry=at((75.22, 39.50)), crs=CRS
    )
    post = gpd.GeoDataFrame({"post_id": ["P1"], "name": ["派出所"]}, geometry=at((75.31, 39.50)), crs=CRS)
    road = gpd.GeoDataFrame(
        {"road_id": ["R1"], "ref": ["G581"], "name": ["沿边公路"]},
        geometry=[shapely.LineString([(75.00, 39.50), (75.32, 39.50)])], crs=CRS,
    )  # fmt: skip
    room = gpd.GeoDataFrame(
        {"room_id": ["M1"], "name": ["机房"], "operator": ["中国电信"]}, geometry=at((75.00, 39.503)), crs=CRS
    )
    pylon = gpd.GeoDataFrame(
        {"structure_id": ["Y1"], "kind": ["power tower"], "owner": ["电力"], "height_agl_m": [28.0],
         "load_spare_kg": [300.0], "status": ["in service"]},
        geometry=at((75.29, 39.505)), crs=CRS,
    )  # fmt: skip
    planned = gpd.GeoDataFrame(
        {"site_id": ["N1"], "name": ["规划一"], "technology": ["4G"], "wanted_height_m": [35.0], "year": [2026]},
        geometry=at((75.27, 39.502)), crs=CRS,
    )  # fmt: skip
    return {"towers": towers, "settlements": hamlets, "schools": school, "posts": post, "roads": road, "rooms": room,
            "structures": pylon, "planned_sites": planned}  # fmt: skip


def write_plan(
    folder: Path,
    *,
    plan: str = "[plan]\n",
    connection: str = PLAN,
    without: tuple[str, ...] = (),
    changed: dict[str, gpd.GeoDataFrame] | None = None,
    model: str = "radius",
    more: str = "",
    elevation: bool = False,
    relief_m: float = 0.0,
) -> Path:
    """Write the project and give its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {**layers(), **(changed or {})}
    if elevation:
        heights = np.full((520, 740), 1200.0, dtype="float32")
        heights += relief_m * np.sin(np.arange(740) / 9.0)[None, :].astype("float32")
        profile = {"crs": CRS, "transform": Affine(0.001, 0, 74.93, 0, -0.001, 39.95), "dtype": "float32", "count": 1}
        with rasterio.open(folder / "dem.tif", "w", driver="GTiff", width=740, height=520, **profile) as out:
            out.write(heights, 1)
    text = HEAD.format(elevation='[elevation]\npath = "dem.tif"\n' if elevation else "")
    for name, layer in found.items():
        if name in without:
            continue
        layer.to_file(folder / f"{name}.gpkg", layer=name, driver="GPKG")
        mapped = "\n".join(f'{field} = "{field}"' for field in FIELDS[name] if field in layer)
        text += f'[[source]]\nlayer = "{name}"\npath = "{name}.gpkg"\n[source.fields]\n{mapped}\n'
    (folder / "onemap.toml").write_text(text + RADIO.format(model=model) + plan + connection + more, encoding="utf-8")
    return folder
