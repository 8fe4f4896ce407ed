"""Small deliveries with known faults, written by geopandas."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CRS = "EPSG:4490"
BOWTIE = shapely.Polygon([(75.30, 39.50), (75.301, 39.501), (75.301, 39.50), (75.30, 39.501)])


def head(count: int, number: int, ysdm: str) -> dict[str, object]:
    """The header fields, in order."""
    return {
        "BSM": [f"659900{number:04d}{row:08d}" for row in range(1, count + 1)],
        "YSDM": [ysdm] * count,
        "XZQDM": ["659900101"] * count,
        "XZQMC": ["甲镇"] * count,
        "MC": [f"设施{row}" for row in range(1, count + 1)],
        "LX": ["01"] * count,
    }


def layer(columns: dict[str, object], shapes: list[object]) -> gpd.GeoDataFrame:
    """A layer with its remark last."""
    return gpd.GeoDataFrame({**columns, "BZ": [""] * len(shapes)}, geometry=shapes, crs=CRS)


def faulty_layers() -> dict[str, gpd.GeoDataFrame]:
    """Areas (the second is crossed), points (the third stands twice in one place) and a table's worth of faults."""
    boxes = [shapely.box(75.2 + 0.01 * n, 39.5, 75.201 + 0.01 * n, 39.501) for n in range(3)]
    areas = layer({**head(3, 3, "0000000103"), "MJ": np.array([9500.0, 1.0, 9400.0])}, [boxes[0], BOWTIE, boxes[2]])
    points = layer(
        {**head(3, 1, "0000000101"), "MC": ["设施1", "设施2", "设施1"]},
        [shapely.Point(75.4, 39.6), shapely.Point(75.41, 39.6), shapely.Point(75.4, 39.6)],
    )
    return {"SZGYSSM": areas, "SZGYSSD": points}


def write_faulty(path: Path) -> Path:
    """Write the layers as a GeoPackage or geodatabase."""
    driver = "OpenFileGDB" if path.suffix == ".gdb" else "GPKG"
    for name, frame in faulty_layers().items():
        frame.to_file(path, layer=name, driver=driver)
    return path


def values_of(path: Path, name: str) -> pd.DataFrame:
    """The attributes of a layer."""
    return pd.DataFrame(gpd.read_file(path, layer=name).drop(columns="geometry"))
