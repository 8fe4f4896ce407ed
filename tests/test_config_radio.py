"""Wrong keys of the tables of radio, rasters and measurements are named, each in a sentence of either language."""

from __future__ import annotations

from pathlib import Path

import pytest

from onemap.config import load_project
from onemap.errors import ProjectError
from onemap.messages import LANGUAGES

HEAD = """
[project]
name = "示范县"
date = 2026-01-01
[[source]]
layer = "towers"
path = "towers.csv"
[elevation]
path = "dem.tif"
"""
COVERAGE = [
    ('model = "p1546"', "model"), ('compare = ["itm", "itm"]', "compare"), ('compare = "itm"', "compare"),
    ("reach_m = -1", "reach_m"), ("reach_m = nan", "reach_m"), ("location_percent = 100", "location_percent"),
    ("location_area_m = inf", "location_area_m"), ("time_percent = 0.5", "time_percent"), ("delta_n = nan", "delta_n"),
    ("model_sigma_db = -1", "model_sigma_db"), ("n0 = 1", "n0"), ("body_loss_db = nan", "body_loss_db"),
    ("profile_step_cells = 0", "profile_step_cells"), ("target_height_m = nan", "target_height_m"),
    ("road_step_m = inf", "road_step_m"), ("default_tower_height_m = 1e9", "default_tower_height_m"),
    ("default_tower_height_m = -3", "default_tower_height_m"), ('polarisation = "slant"', "polarisation"),
    ('environment = "open"', "environment"), ('rsrp_min_dbm = {"4G" = nan}', "rsrp_min_dbm"),
    ('rsrp_min_dbm = {"4G" = 105}', "rsrp_min_dbm.4G"), ('rsrp_min_dbm = {"4G" = -105}', "got none for 5G"),
    ('rsrp_min_dbm = {"6G" = -105}', "rsrp_min_dbm.6G"), ('operators = ["any"]', "operators"),
]  # fmt: skip
RADIO = [
    ("presets.B99", "eirp_re_dbm = 30", "got B99"), ("presets.4G", "eirp_re_dbm = 30", "got 4G"),
    ("presets.B3", "eirp_re_dbm = 300", "presets.B3.eirp_re_dbm"), ("presets.B3", "eirp_re_dbm = nan", "eirp_re_dbm"),
    ("presets.B3", "power = 30", "presets.B3.power"), ("presets.B3", 'tilt_deg = "steep"', "presets.B3.tilt_deg"),
    ("default_bands", '4G = "x"', "got x"), ("default_bands", '4G = "4G"', "got 4G"),
    ("default_bands", '6G = "n78"', "default_bands.6G"),
]  # fmt: skip
LAND_COVER = [
    ('path = ""', "path"), ('rule = "nearest"', "land_cover.path is missing"), ('path = "a.tif"\npreset = "x"', "preset"),
    ('path = "a.tif"\nclasses = {7 = {height_m = 3}}', "got none for 7"),
    ('path = "a.tif"\nclasses = {7 = {category = "forest", height_m = nan}}', "classes.7.height_m"),
    ('path = "a.tif"\nclasses = {7 = {category = "jungle"}}', "classes.7.category"),
    ('path = "a.tif"\nclasses = {x = {category = "forest"}}', "classes.x"), ('path = "a.tif"\nrule = "mean"', "rule"),
    ('path = "a.tif"\nclasses = {7 = {category = "forest", zone = "coast"}}', "classes.7.zone"),
]  # fmt: skip
BUILDINGS = [
    ('path = "a.gpkg"', "height_field is missing"), ('path = "a.gpkg"\nheight_field = ""', "height_field"),
    ('path = "a.gpkg"\nheight_field = "h"\ndefault_height_m = -1', "default_height_m"),
    ('path = "a.gpkg"\nheight_field = "h"\ndefault_height_m = nan', "default_height_m"),
    ('path = "a.gpkg"\nheight_field = "h"\nrule = "x"', "rule"),
]  # fmt: skip
MEASUREMENTS = [
    ("place_m = 0", "place_m"), ("place_m = nan", "place_m"), ("distance_edges_m = [5, 3]", "distance_edges_m"),
    ("distance_edges_m = [1, inf]", "distance_edges_m[2]"), ("residual_edges_db = [1, 2, 3]", "residual_edges_db[4]"),
    ("residual_edges_db = [1, nan, 3, 4]", "residual_edges_db[2]"), ('calibrate_by = ["colour"]', "calibrate_by[1]"),
    ('calibrate_by = ["band", "band"]', "calibrate_by"), ('override = "perhaps"', "override"),
    ("override_radius_m = 0", "override_radius_m"), ("override_min_count = 0", "override_min_count"),
    ("block_m = nan", "block_m"), ("road_distance_m = -1", "road_distance_m"), ("min_count = 0.5", "min_count"),
]  # fmt: skip
RASTERS = [
    ('write = "x"', "write"), ("class_edges_dbm = []", "class_edges_dbm"), ("class_edges_dbm = [-105, -95]", "that fall"),
    ("class_edges_dbm = [nan]", "class_edges_dbm[1]"), ("tile_cells = 0", "tile_cells"),
    ("tile_cells = 1.5", "tile_cells"), ('colour = "x"', "coverage_rasters.colour: no such key"),
]  # fmt: skip
WRONG = [
    *(("coverage", *one) for one in COVERAGE), *((f"coverage.{table}", *rest) for table, *rest in RADIO),
    *(("rasters.land_cover", *one) for one in LAND_COVER), *(("rasters.buildings", *one) for one in BUILDINGS),
    *(("measurements", *one) for one in MEASUREMENTS), *(("coverage_rasters", *one) for one in RASTERS),
    ("rasters.trees", 'path = "a.tif"', "rasters.trees: no such key"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "lines", "named"), WRONG)
def test_wrong_key_is_named_in_a_sentence(table: str, lines: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "onemap.toml").write_text(f"{HEAD}[{table}]\n{lines}\n", encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        load_project(tmp_path)
    assert named in str(caught.value)
    for lang in LANGUAGES:
        sentence = caught.value.text(lang)
        assert table.split(".", maxsplit=1)[0] in sentence
        assert "got a table" not in sentence
        assert sentence.count(", got ") <= 1
