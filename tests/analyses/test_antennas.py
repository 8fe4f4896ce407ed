"""Antennas: who serves, what they radiate, and what had to be assumed of them."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from onemap.analyses.coverage import assumptions_text, serving_antennas
from onemap.radio.presets import shipped_presets, with_overrides

PRESETS = shipped_presets().by_band
WHOLE = {
    "cell_id": "C1", "tower_id": "T1", "operator": "中国移动", "technology": "4G", "frequency_mhz": 1850.0,
    "eirp_re_dbm": 33.0, "azimuth_deg": 120.0, "beamwidth_deg": 65.0, "v_beamwidth_deg": 8.0,
    "mech_downtilt_deg": 2.0, "elec_downtilt_deg": 3.0, "height_agl_m": 35.0,
}  # fmt: skip
FILLED = ["frequency_mhz", "eirp_re_dbm", "beamwidth_deg", "v_beamwidth_deg", "tilt_deg", "mech_tilt_deg",
          "height_agl_m", "lon", "lat"]  # fmt: skip


def cells(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    table = [{**WHOLE, "cell_id": f"C{number}", **row} for number, row in enumerate(rows)]
    return gpd.GeoDataFrame(table, geometry=[shapely.Point(75, 39)] * len(rows), crs="EPSG:4490")


def bare(**fields: object) -> dict[str, object]:
    return {**dict.fromkeys(WHOLE), "operator": "中国移动", "technology": "4G", "height_agl_m": 35.0, **fields}


def one(**fields: object) -> pd.Series:
    row = bare(**fields)
    table = gpd.GeoDataFrame([{**row, "cell_id": "C1"}], geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    return serving_antennas(table, None, default_height_m=30).iloc[0]


def test_what_a_cell_says_is_taken_and_nothing_assumed() -> None:
    antenna = serving_antennas(cells({}), None, default_height_m=30).iloc[0]
    assert antenna[FILLED[:6]].tolist() == [1850.0, 33.0, 65.0, 8.0, 5.0, 2.0]
    assert (antenna["azimuth_deg"], antenna["assumed"], antenna["height_assumed"]) == (120.0, "", False)


@pytest.mark.parametrize(
    ("fields", "frequency_mhz", "assumed"),
    [
        ({"arfcn": 1850}, 1870.0, None),
        ({"arfcn": 1850, "frequency_mhz": 1855.0}, 1855.0, None),
        ({"arfcn": 504990, "technology": "5G"}, 2524.95, None),
        ({"arfcn": 3590, "technology": "NB-IoT"}, 939.0, None),
        ({"arfcn": 62, "technology": "2G"}, 947.4, None),
        ({"arfcn": 10_700, "technology": "3G"}, 2140.0, None),
        ({"band": "n28", "technology": "5G"}, 773.0, "frequency_mhz=preset n28"),
        ({"band": "Band 8"}, 942.5, "frequency_mhz=preset B8"),
        ({"band": "B41"}, 2593.0, "frequency_mhz=band B41"),
        ({"band": "B20", "arfcn": 6300}, 806.0, None),
        ({}, 1842.5, "frequency_mhz=preset B3"),
        ({"technology": "5G"}, 2565.0, "frequency_mhz=preset n41"),
        ({"technology": "5G", "shared_with": "中国广电"}, 3500.0, "frequency_mhz=preset n78"),
        ({"arfcn": 1_000_000}, 1842.5, "arfcn=ignored 1000000"),
        ({"arfcn": 0, "technology": "5G"}, 2565.0, "arfcn=ignored 0"),
        ({"arfcn": 3_000_000, "technology": "5G"}, 2565.0, "arfcn=ignored 3000000"),
        ({"band": "B999"}, 1842.5, "band=ignored B999"),
        ({"frequency_mhz": 1.8}, 1842.5, "frequency_mhz=ignored 1.8"),
        ({"frequency_mhz": math.inf}, 1842.5, "frequency_mhz=ignored inf"),
    ],
)
def test_where_the_frequency_comes_from(fields: dict[str, object], frequency_mhz: float, assumed: str | None) -> None:
    antenna = one(**fields)
    assert antenna["frequency_mhz"] == frequency_mhz
    codes = antenna["assumed"].split(";")
    if assumed:
        assert assumed in codes
    else:
        assert not any(code.startswith(("frequency_mhz", "arfcn", "band")) for code in codes)


@pytest.mark.parametrize(
    ("fields", "eirp_re_dbm", "assumed"),
    [
        ({"eirp_re_dbm": 31.0, "rs_power_dbm": 15.0}, 31.0, set()),
        ({"rs_power_dbm": 15.2, "gain_dbi": 15.0, "feeder_loss_db": 0.5}, 29.7, set()),
        ({"rs_power_dbm": 15.2, "band": "B8"}, 30.2, {"gain_dbi=preset B8", "feeder_loss_db=preset B8"}),
        ({"band": "B8"}, 34.5, {"eirp_re_dbm=preset B8"}),
        ({"band": "n79", "technology": "5G"}, 40.0, {"eirp_re_dbm=preset n78"}),
        ({"eirp_re_dbm": 300.0}, 35.5, {"eirp_re_dbm=ignored 300", "eirp_re_dbm=preset B3"}),
        ({"rs_power_dbm": 49.0, "gain_dbi": 35.0}, 35.5, {"rs_power_dbm=ignored 49", "eirp_re_dbm=preset B3"}),
        ({"rs_power_dbm": -99.0, "gain_dbi": 99.0}, 35.5,
         {"rs_power_dbm=ignored -99", "gain_dbi=ignored 99", "eirp_re_dbm=preset B3"}),
    ],
)  # fmt: skip
def test_where_the_power_comes_from(fields: dict[str, object], eirp_re_dbm: float, assumed: set[str]) -> None:
    antenna = one(**fields)
    assert antenna["eirp_re_dbm"] == pytest.approx(eirp_re_dbm)
    named = ("eirp_re", "rs_power", "gain", "feeder")
    assert {code for code in antenna["assumed"].split(";") if code.startswith(named)} == assumed


@pytest.mark.parametrize(
    ("fields", "azimuth_deg", "assumed"),
    [
        ({"azimuth_deg": 400.0}, math.nan, ["azimuth_deg=ignored 400", "azimuth_deg=omni"]),
        ({"azimuth_deg": None}, math.nan, ["azimuth_deg=omni"]),
        ({"azimuth_deg": -90.0}, math.nan, ["azimuth_deg=ignored -90", "azimuth_deg=omni"]),
        ({"azimuth_deg": 360.0}, 0.0, []),
        ({"azimuth_deg": 0.0, "beamwidth_deg": 360.0}, math.nan, []),
        ({"beamwidth_deg": 0.0}, 120.0, ["beamwidth_deg=ignored 0", "beamwidth_deg=preset B3"]),
        ({"v_beamwidth_deg": None}, 120.0, ["v_beamwidth_deg=preset B3"]),
        ({"mech_downtilt_deg": None, "elec_downtilt_deg": 99.0}, 120.0,
         ["elec_downtilt_deg=ignored 99", "tilt_deg=preset B3"]),
        ({"height_agl_m": None}, 120.0, ["height_agl_m=default"]),
        ({"height_agl_m": -5.0}, 120.0, ["height_agl_m=ignored -5", "height_agl_m=default"]),
    ],
)  # fmt: skip
def test_where_the_beam_and_the_height_come_from(
    fields: dict[str, object], azimuth_deg: float, assumed: list[str]
) -> None:
    antenna = serving_antennas(cells(fields), None, default_height_m=30).iloc[0]
    assert antenna["azimuth_deg"] == pytest.approx(azimuth_deg, nan_ok=True)
    assert antenna["assumed"] == ";".join(assumed)
    assert np.isfinite(antenna[FILLED].astype(float)).all()
    for lang in ("zh", "en"):
        assert bool(assumptions_text(antenna["assumed"], lang)) == bool(assumed)


def test_one_tilt_that_is_given_is_the_whole_tilt() -> None:
    antennas = serving_antennas(
        cells({"mech_downtilt_deg": None}, {"elec_downtilt_deg": None}, {"azimuth_deg": None}),
        None, default_height_m=30,
    )  # fmt: skip
    assert antennas["tilt_deg"].tolist() == [3.0, 2.0, 5.0]
    assert antennas["mech_tilt_deg"].tolist() == [0.0, 2.0, 0.0]


def test_only_macro_cells_in_service_serve() -> None:
    antennas = serving_antennas(
        cells({"coverage_type": "indoor"}, {"coverage_type": "repeater"}, {"status": "planned"}, {"status": "building"},
              {"status": "retired"}, {"coverage_type": "macro", "status": "in service"}, {}),
        None, default_height_m=30,
    )  # fmt: skip
    assert antennas["cell_id"].tolist() == ["C5", "C6"]


def test_a_shared_cell_serves_all_that_share_it() -> None:
    antennas = serving_antennas(cells({"shared_with": "中国电信;中国联通;中国移动"}), None, default_height_m=30)
    assert antennas["operators"].tolist() == [("中国移动", "中国电信", "中国联通")]


def test_a_tower_that_stands_in_has_the_preset_of_its_technology() -> None:
    towers = gpd.GeoDataFrame(
        {"tower_id": ["T1", "T2", "T3"], "technologies": ["4G;5G", "5G", "2G;3G;NB-IoT"], "height_agl_m": [40.0, 999.0, None],
         "tenants": ["中国移动;中国联通", "中国移动", "中国电信"]},
        geometry=[shapely.Point(75, 39)] * 3, crs="EPSG:4490",
    )  # fmt: skip
    antennas = serving_antennas(None, towers, default_height_m=30)
    assert antennas["frequency_mhz"].tolist() == [1842.5, 3500.0, 2565.0, 942.5, 2130.0, 942.5]
    assert antennas["eirp_re_dbm"].tolist() == [35.5, 40.0, 41.0, 34.5, 32.0, 34.5]
    assert antennas["azimuth_deg"].isna().all()
    assert antennas["height_agl_m"].tolist() == [40.0, 40.0, 30.0, 30.0, 30.0, 30.0]
    assert antennas["assumed"].str.contains("azimuth_deg=omni").all()
    assert antennas["assumed"].tolist()[2].startswith("height_agl_m=ignored 999;height_agl_m=default;")


def test_presets_of_a_project_stand_in() -> None:
    own = with_overrides(shipped_presets(), {"B3": {"eirp_re_dbm": 30.0, "tilt_deg": 6.0}})
    antenna = serving_antennas(cells(bare(cell_id="C1", band="B3")), None, default_height_m=30, presets=own).iloc[0]
    assert (antenna["eirp_re_dbm"], antenna["tilt_deg"]) == (30.0, 6.0)


def test_no_antennas_make_an_empty_table_of_the_same_columns() -> None:
    full = serving_antennas(cells({}), None, default_height_m=30)
    for empty in (serving_antennas(None, None, default_height_m=30),
                  serving_antennas(cells({"status": "planned"}), None, default_height_m=30)):  # fmt: skip
        assert sorted(empty.columns) == sorted(full.columns)
        assert empty.empty
        assert empty["eirp_re_dbm"].dtype == np.float64


def test_arguments_are_not_changed() -> None:
    given_cells = cells({"azimuth_deg": 400.0}, {"band": "B8", "frequency_mhz": None})
    before = given_cells.copy()
    serving_antennas(given_cells, None, default_height_m=30)
    pd.testing.assert_frame_equal(pd.DataFrame(given_cells), pd.DataFrame(before))


NUMBERS = st.one_of(
    st.none(), st.sampled_from([0.0, -1.0, 360.0, 1e9, -1e9, math.inf, -math.inf]), st.floats(-500, 70_000)
)
TEXTS = st.one_of(st.none(), st.sampled_from(["n78", "B3", "D频段", "n999", "=;", ""]), st.text(max_size=5))


@given(st.fixed_dictionaries({
    "technology": st.sampled_from(["2G", "3G", "4G", "5G", "NB-IoT"]), "band": TEXTS,
    **dict.fromkeys(("frequency_mhz", "arfcn", "eirp_re_dbm", "rs_power_dbm", "gain_dbi", "feeder_loss_db", "azimuth_deg", "beamwidth_deg", "v_beamwidth_deg", "mech_downtilt_deg", "elec_downtilt_deg", "height_agl_m"), NUMBERS),
}))  # fmt: skip
def test_whatever_a_cell_says_all_is_filled_and_possible(fields: dict[str, object]) -> None:
    antenna = one(**fields)
    assert np.isfinite(antenna[FILLED].astype(float)).all()
    assert 30 <= antenna["frequency_mhz"] <= 60_000
    assert -30 <= antenna["eirp_re_dbm"] <= 70
    assert math.isnan(antenna["azimuth_deg"]) or 0 <= antenna["azimuth_deg"] < 360
    assert antenna["beamwidth_deg"] > 0
    assert antenna["v_beamwidth_deg"] > 0
    assert 1 <= antenna["height_agl_m"] <= 200
    for lang in ("zh", "en"):
        assert isinstance(assumptions_text(antenna["assumed"], lang), str)
