"""The tables of gaps, universal service and indicators reach their analyses."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from onemap.analyses.development import DevelopmentSettings
from onemap.analyses.gaps.fibre import FibreSettings
from onemap.analyses.gaps.priorities import PrioritySettings
from onemap.analyses.indicators import IndicatorSettings
from onemap.analyses.universal_service import UniversalServiceSettings
from onemap.config import load_project
from onemap.errors import ProjectError
from tests.factories import PROJECT, make_project


def test_defaults_are_those_of_the_analyses(tmp_path: Path) -> None:
    project = load_project(make_project(tmp_path / "project"))
    for settings, analysis in (
        (project.gaps.fibre, FibreSettings()),
        (project.gaps.priority, PrioritySettings()),
        (project.universal_service, UniversalServiceSettings()),
    ):
        assert set(type(settings).model_fields) == {field.name for field in fields(analysis)}
        for name, value in settings.model_dump().items():
            assert getattr(analysis, name) == value, name
    how = project.indicators
    assert (how.operator, how.fibre_reach_m) == (IndicatorSettings().operator, IndicatorSettings().fibre_reach_m)
    assert how.old_room_years == DevelopmentSettings().old_room_years


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[gaps.fibre]\nclass_edges_m = [500, 200]", "edges that rise"),
        ("[gaps.priority]\nweights = { people = 0 }", "at least one weight above zero"),
        ('[gaps]\ncarriageways = "both"', "carriageways"),
        ("[universal_service]\nsample_share = 3", "sample_share"),
        ("[indicators]\nwhat = 1", "what"),
    ],
)
def test_values_that_make_no_sense_are_named(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        load_project(make_project(tmp_path / "project", project=f"{PROJECT}\n{table}\n"))
