"""Every model against everything that may be wrong with a path: a verdict, a power and a reason without gaps."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine

from onemap.analyses.coverage import CoverageSettings, coverage, coverage_along
from onemap.analyses.coverage.settings import FIELD_STRENGTH_MODELS, CoverageModel
from onemap.layers.grid import Grid

CRS_NAME = "EPSG:4490"
MODELS = get_args(CoverageModel)
MAST, NEAR, FAR = (75.05, 39.05), (75.08, 39.05), (75.45, 39.05)
MACRO = {
    "cell_id": "C1", "tower_id": "T1", "operator": "A", "technology": "4G", "frequency_mhz": 900.0, "eirp_re_dbm": 34.0,
    "azimuth_deg": 90.0, "height_agl_m": 35.0,
}  # fmt: skip


@dataclasses.dataclass
class Case:
    """One mast, one place, and the ground between."""

    cell: dict[str, object]
    tower: dict[str, object]
    mast: tuple[float, float]
    place: tuple[float, float]
    heights: np.ndarray


def plain() -> Case:
    tower = {"tower_id": "T1", "height_agl_m": 40.0, "ground_elev_m": 1_200.0, "technologies": "4G", "tenants": "A"}
    return Case(dict(MACRO), tower, MAST, NEAR, np.full((100, 200), 1_200.0, dtype=np.float32))


def beyond(case: Case) -> None:
    case.place = (75.21, 39.05)


def mast_beyond(case: Case) -> None:
    case.mast = (74.99, 39.05)


def all_beyond(case: Case) -> None:
    case.mast, case.place = (70.0, 30.0), (70.02, 30.0)


def void_on_path(case: Case) -> None:
    case.heights[:, 65] = np.nan


def void_at_place(case: Case) -> None:
    case.heights[45:55, 75:85] = np.nan


def void_at_mast(case: Case) -> None:
    case.heights[45:55, 45:55] = np.nan


def void_everywhere(case: Case) -> None:
    case.heights[:] = np.nan


def endless_ground(case: Case) -> None:
    case.heights[:, 65] = np.inf


def below_ground(case: Case) -> None:
    case.cell["height_agl_m"] = case.tower["height_agl_m"] = -30.0


def no_height(case: Case) -> None:
    case.cell["height_agl_m"] = case.tower["height_agl_m"] = None


def endless_height(case: Case) -> None:
    case.cell["height_agl_m"] = case.tower["height_agl_m"] = np.inf


def ground_of_the_list_below_the_model(case: Case) -> None:
    case.tower["ground_elev_m"] = 100.0


def ground_of_the_list_unknown(case: Case) -> None:
    case.tower["ground_elev_m"] = None


def same_place(case: Case) -> None:
    case.place = case.mast


def a_hand_away(case: Case) -> None:
    case.place = (case.mast[0] + 1e-6, case.mast[1])


def frequency(mhz: float) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.cell["frequency_mhz"] = mhz

    change.__name__ = f"frequency_of_{mhz:g}_mhz"
    return change


def nothing_said(case: Case) -> None:
    case.cell.update(dict.fromkeys(("frequency_mhz", "eirp_re_dbm", "azimuth_deg", "height_agl_m")))


def wall(case: Case) -> None:
    case.heights[:, 64:67] = 8_800.0


CASES = [
    beyond, mast_beyond, all_beyond, void_on_path, void_at_place, void_at_mast, void_everywhere, endless_ground,
    below_ground, no_height, endless_height, ground_of_the_list_below_the_model, ground_of_the_list_unknown, same_place,
    a_hand_away, nothing_said, wall,
    *(frequency(mhz) for mhz in (0.1, 30.0, 450.0, 1_750.0, 3_500.0, 6_500.0, 28_000.0, 1e6, -900.0, np.nan, np.inf)),
]  # fmt: skip
LEFT_OUT = {"zh": " inf 不合理，未采用", "en": " inf is not possible and left out"}
GROUND_UNKNOWN = {"beyond", "mast_beyond", "all_beyond", "void_on_path", "void_at_place", "void_at_mast",
                  "void_everywhere", "endless_ground"}  # fmt: skip


def layers(case: Case) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    at = [shapely.Point(case.mast)]
    return (
        gpd.GeoDataFrame([case.cell], geometry=at, crs=CRS_NAME),
        gpd.GeoDataFrame([case.tower], geometry=at, crs=CRS_NAME),
    )


def asked(case: Case, model: str, *, compare: tuple[str, ...] = (), by_tower: bool = False) -> pd.Series:
    cells, towers = layers(case)
    grid = Grid(case.heights, Affine(0.001, 0, 75.0, 0, -0.001, 39.1), CRS_NAME)
    place = gpd.GeoDataFrame({"school_id": ["S1"]}, geometry=[shapely.Point(case.place)], crs=CRS_NAME)
    settings = CoverageSettings(model=model, compare=compare, technologies=("4G",), operators=(), reach_m=20_000.0)
    settings = dataclasses.replace(settings, range_m={"4G": 20_000.0})
    return coverage({"schools": place}, None if by_tower else cells, towers, settings=settings, grid=grid).iloc[0]


def require_whole(row: pd.Series, model: str) -> None:
    """Require a verdict with a power, a margin and reasons, of which none is missing or no number."""
    assert row["verdict"] in {"covered", "depends", "uncovered"}
    for lang in ("zh", "en"):
        said = row[f"reason_{lang}"]
        words = re.findall(r"[a-z<>]+", said.replace(LEFT_OUT[lang], "").lower())
        assert len(said) > 8
        assert not {"nan", "inf", "none", "<na>", "nat"}.intersection(words)
    if pd.notna(row["cell_id"]) or pd.notna(row["tower_id"]):
        assert np.isfinite(row["distance_m"])
        if model in FIELD_STRENGTH_MODELS:
            assert np.isfinite(row[["rsrp_dbm", "margin_db", "sigma_db", "loss_db"]].astype(float)).all()


@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("model", MODELS)
def test_there_is_a_verdict_whatever_is_wrong(model: str, change: Callable[[Case], None]) -> None:
    case = plain()
    change(case)
    row = asked(case, model)
    require_whole(row, model)
    if change.__name__ in GROUND_UNKNOWN and model not in {"radius", "hata"}:
        assert row["verdict"] == "depends"
        assert "elevation model" in row["reason_en"]
        assert pd.isna(row["line_of_sight"])


@pytest.mark.parametrize("change", [below_ground, no_height, beyond, same_place], ids=lambda change: change.__name__)
@pytest.mark.parametrize("model", MODELS)
def test_a_tower_that_stands_in_has_a_verdict_too(model: str, change: Callable[[Case], None]) -> None:
    case = plain()
    change(case)
    require_whole(asked(case, model, by_tower=True), model)


@pytest.mark.parametrize("model", FIELD_STRENGTH_MODELS)
def test_a_wall_of_the_himalaya_is_no_loss_that_cannot_be_told(model: str) -> None:
    case = plain()
    free = asked(case, model)
    wall(case)
    behind = asked(case, model)
    assert behind["loss_db"] >= free["loss_db"]
    assert not behind["line_of_sight"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("change", [below_ground, no_height], ids=lambda change: change.__name__)
def test_a_height_that_is_assumed_is_said(model: str, change: Callable[[Case], None]) -> None:
    case = plain()
    change(case)
    row = asked(case, model)
    if model != "radius":
        assert "height is not known, 30 m is assumed" in row["reason_en"]
        assert "30 米" in row["reason_zh"]
    if change is below_ground and model in FIELD_STRENGTH_MODELS:
        assert "-30 is not possible" in row["reason_en"]


@pytest.mark.parametrize("model", MODELS)
def test_the_ground_is_that_of_the_model_whatever_a_list_says(model: str) -> None:
    case = plain()
    same = asked(case, model)
    ground_of_the_list_below_the_model(case)
    pd.testing.assert_series_equal(asked(case, model), same)


@pytest.mark.parametrize(
    ("model", "mhz"),
    [("p1812", 28_000.0), ("itm", 28_000.0), ("tr38901", 450.0), ("hata", 3_500.0), ("hata", 28_000.0)],
)
def test_a_frequency_out_of_range_is_said(model: str, mhz: float) -> None:
    case = plain()
    frequency(mhz)(case)
    row = asked(case, model)
    assert row["model"] == "delta-bullington"
    assert "does not hold for this frequency, height or distance, delta-Bullington stands in" in row["reason_en"]
    assert "不适用" in row["reason_zh"]


@pytest.mark.parametrize("model", FIELD_STRENGTH_MODELS)
def test_a_frequency_that_cannot_be_is_left_out_and_said(model: str) -> None:
    case = plain()
    frequency(-900.0)(case)
    assert "-900 is not possible and left out" in asked(case, model)["reason_en"]


@pytest.mark.parametrize("change", [same_place, a_hand_away], ids=lambda change: change.__name__)
@pytest.mark.parametrize("model", MODELS)
def test_at_the_foot_of_the_mast_there_is_service(model: str, change: Callable[[Case], None]) -> None:
    case = plain()
    change(case)
    row = asked(case, model)
    assert row["verdict"] == "covered"
    if model in {"p1812", "itm", "delta-bullington"}:
        assert "nearer than 250 m the free space is taken" in row["reason_en"]


@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
def test_models_side_by_side_and_roads_have_a_verdict_too(change: Callable[[Case], None]) -> None:
    case = plain()
    change(case)
    others = tuple(model for model in MODELS if model != "p1812")
    require_whole(asked(case, "p1812", compare=others), "p1812")
    cells, towers = layers(case)
    grid = Grid(case.heights, Affine(0.001, 0, 75.0, 0, -0.001, 39.1), CRS_NAME)
    end = (case.place[0] + 0.002, case.place[1] + 0.001)
    road = gpd.GeoDataFrame({"road_id": ["R1"]}, geometry=[shapely.LineString([case.place, end])], crs=CRS_NAME)
    settings = CoverageSettings(compare=others, technologies=("4G",), operators=(), reach_m=20_000.0, road_step_m=100.0)
    along = coverage_along(road, cells, towers, settings=settings, grid=grid)
    assert along["verdict"].isin(["covered", "depends", "uncovered"]).all()
    served = along["cell_id"].notna()
    assert np.isfinite(along.loc[served, ["rsrp_dbm", "margin_db"]].to_numpy(dtype=float)).all()
