"""Small projects, as a department would send them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

PROJECT = """
[project]
name = "示范县"
code = "659900"
date = 2026-01-01
simulated = true

[elevation]
path = "dem.tif"

[[source]]
layer = "towers"
path = "towers.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
tower_id = "站址编码"
name = "站址名称"
height_agl_m = "塔高"
technologies = "制式"
[source.constants]
owner = "中国移动"
status = "in service"

[[source]]
layer = "schools"
path = "schools.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
school_id = "学校代码"
name = "学校名称"
"""

TOWERS = "站址编码,站址名称,塔高,制式,经度,纬度\nT1,甲站,35,4G,75.20,39.60\nT2,乙站,30,4G/5G,75.25,39.62\n"
SCHOOLS = "学校代码,学校名称,经度,纬度\nS1,甲小学,75.21,39.61\nS2,乙小学,75.45,39.75\n"


def make_project(folder: Path, *, project: str = PROJECT, towers: str = TOWERS, schools: str = SCHOOLS) -> Path:
    """Write a project of two towers and two schools on a plain at 1,200 m, and give its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "onemap.toml").write_text(project, encoding="utf-8")
    (folder / "towers.csv").write_text(towers, encoding="utf-8-sig")
    (folder / "schools.csv").write_text(schools, encoding="utf-8")
    write_plain(folder / "dem.tif")
    return folder


def write_plain(path: Path, *, west: float = 75.0, north: float = 40.0, elevation_m: float = 1_200.0) -> Path:
    """Write an elevation model of a plain, 0.6 × 0.6 degrees."""
    heights = np.full((1, 600, 600), elevation_m, dtype="int16")
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=600,
        height=600,
        count=1,
        dtype="int16",
        crs="EPSG:4490",
        transform=from_origin(west, north, 0.001, 0.001),
    ) as file:
        file.write(heights)
    return path
