"""Land cover and buildings of a project, from the file to the manifest."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from onemap.config import load_project
from onemap.errors import CRSError, LayerError, ProjectError
from onemap.workflows.reading import read_layers
from onemap.workflows.run import run_project
from tests.factories import PROJECT, make_project

COVER = '[rasters.land_cover]\npath = "cover.tif"\n'
HOUSES = '[rasters.buildings]\npath = "houses.gpkg"\nheight_field = "高度"\n'


def with_cover(folder: Path, tables: str = COVER, *, code: int = 10, crs: str = "EPSG:4326") -> Path:
    """Write a project whose plain is forest west of 75.3 and grassland east of it."""
    make_project(folder, project=PROJECT.replace("[[source]]", f"{tables}\n[[source]]", 1))
    codes = np.full((600, 600), 30, dtype="uint8")
    codes[:, :300] = code
    profile = {"crs": crs, "transform": from_origin(75.0, 40.0, 0.001, 0.001), "dtype": "uint8", "count": 1}
    with rasterio.open(folder / "cover.tif", "w", driver="GTiff", width=600, height=600, **profile) as file:
        file.write(codes, 1)
    return folder


def houses(folder: Path, crs: str | None = "EPSG:4490", **columns: list[object]) -> None:
    shape = shapely.box(75.4, 39.7, 75.41, 39.71)
    layer = gpd.GeoDataFrame(columns or {"高度": [12.0]}, geometry=[shape], crs=crs)
    layer.to_file(folder / "houses.gpkg", driver="GPKG")


def test_land_cover_and_buildings_come_on_the_cells_of_the_elevation_model(tmp_path: Path) -> None:
    folder = with_cover(tmp_path, COVER + HOUSES)
    houses(folder)
    inputs = read_layers(load_project(folder))
    assert inputs.clutter is not None
    assert inputs.elevation is not None
    assert inputs.clutter.transform == inputs.elevation.transform
    assert inputs.clutter.values.shape == inputs.elevation.values.shape
    assert inputs.clutter.sample([75.25, 75.35, 75.405], [39.65, 39.65, 39.705]).tolist() == [15.0, 0.0, 12.0]
    assert {"cover.tif", "houses.gpkg"} <= set(inputs.files)


def test_manifest_says_what_stands_on_the_ground(tmp_path: Path) -> None:
    run_project(load_project(with_cover(tmp_path / "in")), tmp_path / "out", steps=("layers",))
    said = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["clutter"]
    assert said["basis"] == "land cover"
    forest = said["land_cover"]["classes"]["10"]
    assert (forest["category"], forest["height_m"], forest["height_assumed"]) == ("forest", 15.0, True)
    assert sum(one["share"] for one in said["land_cover"]["classes"].values()) == pytest.approx(1)


def test_manifest_says_open_land_where_nothing_is_named(tmp_path: Path) -> None:
    project = load_project(make_project(tmp_path / "in"))
    assert read_layers(project).clutter is None
    run_project(project, tmp_path / "out", steps=("layers",))
    said = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["clutter"]
    assert said == {"basis": "open land", "height_m": 0.0}


def test_classes_of_the_project_count(tmp_path: Path) -> None:
    table = f'{COVER}preset = "none"\n[rasters.land_cover.classes]\n1 = {{ category = "urban", height_m = 30 }}\n'
    inputs = read_layers(load_project(with_cover(tmp_path, table, code=1)))
    assert inputs.clutter is not None
    assert inputs.clutter.sample(75.25, 39.65).item() == 30
    unknown = [one for one in inputs.findings if one.rule == "OM-PKG-077"]
    assert unknown[0].values["codes"] == "30"


def test_land_cover_without_elevation_model_is_not_used_and_said_so(tmp_path: Path) -> None:
    folder = with_cover(tmp_path, f'{COVER}[coverage]\nmodel = "radius"\n')
    text = (folder / "onemap.toml").read_text(encoding="utf-8").replace('[elevation]\npath = "dem.tif"\n', "")
    (folder / "onemap.toml").write_text(text, encoding="utf-8")
    inputs = read_layers(load_project(folder))
    assert inputs.clutter is None
    assert inputs.clutter_record == {"basis": "not used: no elevation model", "files": ["cover.tif"]}


def test_wrong_rasters_are_refused(tmp_path: Path) -> None:
    folder = with_cover(tmp_path, COVER + HOUSES)
    houses(folder, 层高=[3.0])
    with pytest.raises(LayerError, match="must have the field 高度"):
        read_layers(load_project(folder))
    folder = with_cover(tmp_path, f"{COVER}[rasters.land_cover.classes]\n7 = {{ height_m = 3 }}\n")
    with pytest.raises(ProjectError, match="needs a category"):
        load_project(folder)
    folder = with_cover(tmp_path, crs="EPSG:4214")
    with pytest.raises(CRSError, match="must be declared"):
        read_layers(load_project(folder))
