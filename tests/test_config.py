"""A project file is read as a whole, and each wrong key is named."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from onemap.analyses.coverage import CoverageSettings
from onemap.analyses.gaps import GapSettings
from onemap.analyses.sharing import SharingSettings
from onemap.config import Project, load_project
from onemap.errors import ProjectError, ReadError
from onemap.workflows.coverage_gaps import coverage_settings
from tests.factories import PROJECT, make_project

WRONG = {
    "unknown key": (("simulated", "simulatd"), "project.simulatd: no such key"),
    "missing key": (('name = "示范县"\n', ""), "project.name is missing"),
    "code of five digits": (('code = "659900"', 'code = "65990"'), "project.code must be"),
    "unknown layer": (('layer = "towers"', 'layer = "masts"'), "source[1].layer must be one of towers"),
    "unknown field": (("height_agl_m =", "height ="), "got height"),
    "half a pair of columns": (('lat = "纬度"\n', "", 1), "lon and lat together"),
    "no CRS at all": (("simulated = true", 'working_crs = "EPSG:4549"'), "a geographic coordinate system"),
    "no elevation for sight": (('[elevation]\npath = "dem.tif"\n', ""), "[elevation] table"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_key_is_named(case: str, tmp_path: Path) -> None:
    change, named = WRONG[case]
    folder = make_project(tmp_path / "project", project=PROJECT.replace(*change))
    with pytest.raises(ProjectError) as caught:
        load_project(folder)
    assert named in str(caught.value)
    assert caught.value.text("zh") != str(caught.value)


def test_all_wrong_keys_are_named_at_once(tmp_path: Path) -> None:
    project = PROJECT.replace("simulated", "simulatd").replace('layer = "towers"', 'layer = "masts"')
    with pytest.raises(ProjectError, match=r"simulatd.*masts"):
        load_project(make_project(tmp_path / "project", project=project))


def test_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="onemap init"):
        load_project(tmp_path / "onemap.toml")


def test_defaults_are_those_of_the_analyses(tmp_path: Path) -> None:
    project = load_project(make_project(tmp_path / "project"))
    for settings, analysis in (
        (project.coverage, CoverageSettings()),
        (project.gaps, GapSettings()),
        (project.sharing, SharingSettings()),
    ):
        own = {"presets", "default_bands"} if settings is project.coverage else set()
        own |= {"areas_step_m", "fibre", "priority"} if settings is project.gaps else set()
        own |= {"demands", "works", "poles"} if settings is project.sharing else set()  # taken as they are
        assert set(type(settings).model_fields) - own == {field.name for field in fields(analysis)} - own
        for name, value in settings.model_dump(exclude=own).items():
            assert getattr(analysis, name) == value, name
    assert project.coverage.band_presets() == CoverageSettings().presets


def test_presets_of_a_project_reach_the_analysis(tmp_path: Path) -> None:
    own = '\n[coverage]\nmodel = "radius"\n[coverage.presets.n28]\neirp_re_dbm = 35.0\n[coverage.default_bands]\n5G = "n28"\n'
    settings = coverage_settings(load_project(make_project(tmp_path / "project", project=PROJECT + own)))
    assert settings.presets.by_band["n28"].eirp_re_dbm == 35.0
    assert settings.presets.defaults["5G"] == "n28"
    wrong = own.replace("n28", "n999", 1)
    with pytest.raises(ProjectError, match="a band of 3GPP, such as n78 or B3, got n999"):
        load_project(make_project(tmp_path / "wrong", project=PROJECT + wrong))


def test_pilot_project_is_read(pilot: Path) -> None:
    project: Project = load_project(pilot)
    assert project.project.code == "659900"
    assert {source.layer for source in project.source} >= {"towers", "cells", "roads", "districts", "zones"}
    assert project.resolve("dem.tif").is_file()


def test_a_wrong_source_is_not_also_a_missing_one(tmp_path: Path) -> None:
    wrong = PROJECT.replace('layer = "towers"', 'layer = "masts"')
    with pytest.raises(ProjectError, match="masts") as caught:
        load_project(make_project(tmp_path / "project", project=wrong))
    assert "1 or more" not in str(caught.value)
    assert ";" not in str(caught.value)


def test_a_project_without_elevation_is_told_in_its_own_language(tmp_path: Path) -> None:
    without = PROJECT.replace('[elevation]\npath = "dem.tif"\n', "")
    with pytest.raises(ProjectError) as caught:
        load_project(make_project(tmp_path / "project", project=without))
    assert "缺少 [elevation] 表" in caught.value.text("zh")
    assert "elevation model" not in caught.value.text("zh")


def test_pages_name_every_key_of_rasters_and_measurements(root: Path) -> None:
    from onemap.config.clutter_settings import BuildingSettings, LandCoverSettings
    from onemap.config.measurement_settings import MeasurementSettings

    for name in ("project-file.md", "project-file.zh.md"):
        page = (root / "docs" / name).read_text(encoding="utf-8")
        for table, model in (
            ("land_cover.", LandCoverSettings),
            ("buildings.", BuildingSettings),
            ("", MeasurementSettings),
        ):
            for key in model.model_fields:
                assert f"`{table}{key}`" in page, f"{name}: {table}{key}"
