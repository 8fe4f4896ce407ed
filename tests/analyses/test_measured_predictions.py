"""Predictions for the cell that was measured, held against Hata's formula and against free space."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import Geod

from onemap.analyses.coverage import CoverageSettings, serving_antennas
from onemap.analyses.measured_predictions import predict_measurements
from onemap.layers.grid import Grid

GEOD = Geod(ellps="GRS80")
SETTINGS = CoverageSettings(model="hata", technologies=("4G",), operators=(), environment="rural", target_height_m=1.5)


def cells() -> gpd.GeoDataFrame:
    """Give a strong and a weak cell on one mast, an indoor one, and one that is planned."""
    return gpd.GeoDataFrame(
        {
            "cell_id": ["strong", "weak", "indoor", "planned"],
            "operator": ["甲", "乙", "甲", "甲"],
            "technology": ["4G", "2G", "4G", "4G"],
            "band": ["B8", None, "B3", "B3"],
            "frequency_mhz": [940.0, 950.0, 1850.0, 1850.0],
            "eirp_re_dbm": [36.0, 20.0, 10.0, 30.0],
            "beamwidth_deg": [360.0] * 4,
            "height_agl_m": [40.0] * 4,
            "coverage_type": ["macro", "macro", "indoor", "macro"],
            "status": ["in service", "in service", "in service", "planned"],
        },
        geometry=gpd.points_from_xy([75.0] * 4, [39.0] * 4),
        crs="EPSG:4490",
    )


def drive(cell_ids: list[str | None], distance_m: list[float], azimuth: float = 90.0) -> gpd.GeoDataFrame:
    """Give samples at distances from the mast."""
    count = len(cell_ids)
    lon, lat, _ = GEOD.fwd(np.full(count, 75.0), np.full(count, 39.0), np.full(count, azimuth), distance_m)
    table = {"cell_id": cell_ids, "rsrp_dbm": [-95.0] * count}
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4490", index=range(50, 50 + count))


def hata_open_db(mhz: float, km: float, mast_m: float = 40.0, phone_m: float = 1.5) -> float:
    """Give the loss by Hata (1980), open area, as published."""
    of_phone = (1.1 * np.log10(mhz) - 0.7) * phone_m - (1.56 * np.log10(mhz) - 0.8)
    city = 69.55 + 26.16 * np.log10(mhz) - 13.82 * np.log10(mast_m) - of_phone
    city += (44.9 - 6.55 * np.log10(mast_m)) * np.log10(km)
    return float(city - 4.78 * np.log10(mhz) ** 2 + 18.33 * np.log10(mhz) - 40.94)


def predicted(samples: gpd.GeoDataFrame, settings: CoverageSettings = SETTINGS, grid: Grid | None = None):
    antennas = serving_antennas(cells(), None, default_height_m=30.0)
    return predict_measurements(samples, cells(), antennas, settings=settings, grid=grid)


def test_each_sample_is_predicted_for_its_own_cell() -> None:
    samples = drive(["strong", "weak", "weak", "strong"], [2_000.0, 2_000.0, 5_000.0, 9_000.0])
    found = predicted(samples)
    wanted = [
        36 - hata_open_db(940, 2), 20 - hata_open_db(950, 2), 20 - hata_open_db(950, 5), 36 - hata_open_db(940, 9),
    ]  # fmt: skip
    np.testing.assert_allclose(found["predicted_dbm"], wanted, atol=1e-4)
    np.testing.assert_allclose(found["distance_m"], [2_000, 2_000, 5_000, 9_000], atol=0.01)
    assert found["operator"].tolist() == ["甲", "乙", "乙", "甲"]
    assert found["technology"].tolist() == ["4G", "2G", "2G", "4G"]
    assert found["band"].tolist() == ["B8", "950 MHz", "950 MHz", "B8"]
    assert found["model"].tolist() == ["hata"] * 4
    assert found.index.equals(samples.index)


def test_weak_levels_far_below_any_threshold_are_predicted_too() -> None:
    found = predicted(drive(["weak"], [19_000.0]))
    assert found["predicted_dbm"].iloc[0] == pytest.approx(20 - hata_open_db(950, 19), abs=1e-4)


def test_what_cannot_be_predicted_is_missing() -> None:
    samples = drive(["indoor", "planned", "nobody", None, "strong", "strong"], [2_000.0] * 4 + [120_000.0, 2_000.0])
    samples.iloc[5, samples.columns.get_loc("rsrp_dbm")] = 20.0
    assert predicted(samples)["predicted_dbm"].isna().all()


def test_operator_of_the_measurement_counts_before_that_of_the_cell() -> None:
    samples = drive(["strong"], [2_000.0]).assign(operator="丙")
    assert predicted(samples)["operator"].tolist() == ["丙"]


def test_voids_and_what_lies_beyond_the_grid_are_not_predicted() -> None:
    heights = np.zeros((120, 120), dtype="float32")
    heights[:, 60:62] = np.nan
    grid = Grid(heights, Affine(0.001, 0, 74.97, 0, -0.001, 39.06), "EPSG:4490")
    settings = CoverageSettings(model="p1812", technologies=("4G",), operators=())
    found = predicted(drive(["strong"] * 3, [1_000.0, 4_000.0, 60_000.0]), settings, grid)
    assert found["predicted_dbm"].notna().tolist() == [True, False, False]
    assert found["line_of_sight"].iloc[0]
    assert found["predicted_dbm"].iloc[0] < 36 - 92.4 - 20 * np.log10(0.94)


def test_a_place_behind_a_ridge_is_weaker_and_out_of_sight() -> None:
    heights = np.zeros((120, 120), dtype="float32")
    heights[:, 55:57] = 300.0
    grid = Grid(heights, Affine(0.001, 0, 74.97, 0, -0.001, 39.06), "EPSG:4490")
    settings = CoverageSettings(model="p1812", technologies=("4G",), operators=())
    east, west = (predicted(drive(["strong"], [2_550.0], way), settings, grid).iloc[0] for way in (90.0, 270.0))
    assert not east["line_of_sight"]
    assert west["line_of_sight"]
    assert east["predicted_dbm"] < west["predicted_dbm"] - 20
