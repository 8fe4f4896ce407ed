"""A small delivery in every format; run as a script, it tells the hashes of all files."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd

from onemap.config import DeliverySettings, Project, load_project
from onemap.workflows.delivery import Delivered, deliver
from tests.delivery.conftest import CRS, three_layers, two_towns

FORMATS = ("gdb", "gpkg", "shp", "geojson", "vct", "kmz", "dxf", "xlsx")
ROOT = Path(__file__).resolve().parents[2]


def small_layers() -> dict[str, gpd.GeoDataFrame]:
    cells = gpd.GeoDataFrame(
        {
            "cell_id": ["C1", "C2"],
            "operator": ["中国移动"] * 2,
            "azimuth_deg": [0.0, None],
            "beamwidth_deg": [65.0, 65.0],
        },
        geometry=gpd.points_from_xy([75.2, 75.7], [39.5, 39.5]),
        crs=CRS,
    )
    return {**three_layers(), "cells": cells, "districts": two_towns()}


def deliver_small(folder: Path, layers: dict[str, gpd.GeoDataFrame] | None = None, **settings: object) -> Delivered:
    pilot = load_project(ROOT / "data" / "pilot")
    wanted = DeliverySettings(**{"formats": FORMATS, "feature_dataset": "TXJCSS", **settings})
    project: Project = pilot.model_copy(update={"delivery": wanted})
    inputs = SimpleNamespace(layers=layers or small_layers(), operations=())
    return deliver(project, inputs, folder)


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    deliver_small(Path(sys.argv[1]))
    sys.stdout.write(json.dumps(hashes(Path(sys.argv[1]))))
