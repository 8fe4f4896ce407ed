"""From what cells say to verdicts: what must hold however much is known of their radio."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.analyses.coverage import CoverageSettings, coverage
from onemap.layers.grid import Grid
from onemap.radio.presets import with_overrides

CRS_NAME = "EPSG:4490"
RANK = {"uncovered": 0, "depends": 1, "covered": 2}
SETTINGS = CoverageSettings(model="p1812", technologies=("4G",), operators=("中国移动",))


def hills() -> Grid:
    rows, columns = np.mgrid[0:120, 0:160]
    heights = 150 * np.sin(rows / 9.0) * np.cos(columns / 13.0) + 3 * (columns % 7)
    return Grid(heights.astype(np.float32), Affine(0.001, 0, 74.95, 0, -0.001, 39.06), CRS_NAME)


HILLS = hills()
RNG = np.random.default_rng(4)
SCHOOLS = gpd.GeoDataFrame(
    {"school_id": [f"S{number}" for number in range(25)]},
    geometry=shapely.points(RNG.uniform(74.96, 75.1, 25), RNG.uniform(38.95, 39.05, 25)),
    crs=CRS_NAME,
)


def cells(**fields: object) -> gpd.GeoDataFrame:
    row = {"cell_id": "C1", "operator": "中国移动", "technology": "4G", "height_agl_m": 30.0, **fields}
    return gpd.GeoDataFrame([row], geometry=[shapely.Point(75.03, 39.0)], crs=CRS_NAME)


def judged(layer: gpd.GeoDataFrame, with_settings: CoverageSettings = SETTINGS) -> gpd.GeoDataFrame:
    result = coverage({"schools": SCHOOLS}, layer, None, settings=with_settings, grid=HILLS)
    return result[result["operator"].eq("中国移动")].reset_index(drop=True)


def ranks(result: gpd.GeoDataFrame) -> np.ndarray:
    assert result["verdict"].notna().all()
    return result["verdict"].map(RANK).to_numpy()


@settings(max_examples=6)
@given(st.floats(0, 40), st.floats(0, 25))
def test_more_power_never_makes_a_verdict_worse(eirp_re_dbm: float, more_db: float) -> None:
    less, more = (judged(cells(eirp_re_dbm=power, azimuth_deg=90.0)) for power in (eirp_re_dbm, eirp_re_dbm + more_db))
    assert (ranks(more) >= ranks(less)).all()
    gained_db = (more["rsrp_dbm"] - less["rsrp_dbm"]).to_numpy(dtype=float)
    assert np.abs(gained_db - more_db).max() < 1e-6


@settings(max_examples=6)
@given(st.floats(-125, -70), st.floats(0, 30))
def test_a_lower_threshold_never_makes_a_verdict_worse(threshold: float, lower_db: float) -> None:
    high, low = (
        judged(cells(), dataclasses.replace(SETTINGS, rsrp_min_dbm={"4G": power}))
        for power in (threshold, threshold - lower_db)
    )
    assert (ranks(low) >= ranks(high)).all()


@settings(max_examples=6)
@given(st.floats(0, 359), st.floats(0, 10))
def test_a_sector_never_beats_the_same_antenna_all_round(azimuth_deg: float, tilt_deg: float) -> None:
    tilts = {"mech_downtilt_deg": 0.0, "elec_downtilt_deg": tilt_deg}
    sector, round_about = judged(cells(azimuth_deg=azimuth_deg, **tilts)), judged(cells(azimuth_deg=None, **tilts))
    assert (sector["rsrp_dbm"] <= round_about["rsrp_dbm"] + 1e-9).all()
    assert (ranks(sector) <= ranks(round_about)).all()


def test_the_ways_to_say_the_same_carrier_and_power_agree() -> None:
    said = [
        {"frequency_mhz": 1870.0, "eirp_re_dbm": 29.7},
        {"arfcn": 1850, "eirp_re_dbm": 29.7},
        {"arfcn": 1850, "rs_power_dbm": 15.2, "gain_dbi": 15.0, "feeder_loss_db": 0.5},
    ]
    first, *others = (judged(cells(band="B3", azimuth_deg=90.0, **fields)) for fields in said)
    for other in others:
        assert other["rsrp_dbm"].to_numpy() == pytest.approx(first["rsrp_dbm"].to_numpy(), abs=1e-6)


def test_a_preset_counts_for_cells_that_do_not_say_and_for_no_others() -> None:
    own = dataclasses.replace(SETTINGS, presets=with_overrides(SETTINGS.presets, {"B3": {"eirp_re_dbm": 25.5}}))
    assumed, told = cells(band="B3"), cells(band="B3", eirp_re_dbm=30.0)
    lost_db = judged(assumed)["rsrp_dbm"] - judged(assumed, own)["rsrp_dbm"]
    assert lost_db.to_numpy() == pytest.approx(np.full(len(lost_db), 10.0), abs=1e-6)
    assert judged(told)["rsrp_dbm"].equals(judged(told, own)["rsrp_dbm"])


@pytest.mark.parametrize("fields", [{"coverage_type": "indoor"}, {"coverage_type": "repeater"}, {"status": "planned"},
                                    {"status": "building"}, {"status": "retired"}])  # fmt: skip
def test_what_does_not_serve_outdoors_covers_nothing(fields: dict[str, object]) -> None:
    assert (ranks(judged(cells(**fields))) == 0).all()


def test_a_shared_cell_covers_for_all_that_share_it() -> None:
    shared = judged(cells(operator="中国电信", shared_with="中国移动"))
    assert shared["rsrp_dbm"].equals(judged(cells())["rsrp_dbm"])


@settings(max_examples=12)
@given(st.fixed_dictionaries({}, optional={
    "frequency_mhz": st.sampled_from([0.0, 1.8, 26_000.0, 1e6]), "arfcn": st.sampled_from([-1, 0, 504990, 10**9]),
    "band": st.sampled_from(["?", "n78", "B20"]), "eirp_re_dbm": st.sampled_from([-1e3, 33.0, 1e3]),
    "rs_power_dbm": st.sampled_from([15.2, 152.0]), "gain_dbi": st.sampled_from([0.0, 99.0]),
    "azimuth_deg": st.sampled_from([-90.0, 0.0, 400.0]), "beamwidth_deg": st.sampled_from([0.0, 65.0, 360.0]),
    "v_beamwidth_deg": st.sampled_from([0.0, 7.0]), "mech_downtilt_deg": st.sampled_from([-99.0, 3.0]),
    "height_agl_m": st.sampled_from([None, -3.0, 0.0, 1.0, 999.0]), "technology": st.just("4G"),
}))  # fmt: skip
def test_whatever_a_cell_says_there_is_a_verdict_and_a_power(fields: dict[str, object]) -> None:
    result = judged(cells(**fields))
    ranks(result)
    assert np.isfinite(result["rsrp_dbm"].to_numpy(dtype=float)[result["cell_id"].notna()]).all()
    for column in ("reason_zh", "reason_en"):
        assert result[column].str.len().gt(0).all()
        assert not result[column].str.contains("nan").any()
