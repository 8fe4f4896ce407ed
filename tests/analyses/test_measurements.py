"""A model held against measurements: synthetic truth with known offsets, and plain loops."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from onemap.analyses.calibration import class_offsets, left_out_offsets
from onemap.analyses.measurements import RESIDUAL_CLASSES, MeasurementSettings, measurement_residuals, model_errors
from onemap.errors import CRSError

GEOD = Geod(ellps="GRS80")
OFFSETS = {("B3", True): -4.0, ("B3", False): -11.0, ("n28", True): 2.5, ("n28", False): 7.0}


def synthetic(count: int = 400, noise_db: float = 0.0, seed: int = 5) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Make places 300 m apart along 8 parallels, with predictions that are off by a known offset of their class."""
    rng = np.random.default_rng(seed)
    lon, lat = 75.0 + 0.0035 * (np.arange(count) // 8), 39.0 + 0.02 * (np.arange(count) % 8)
    band, sight = rng.choice(["B3", "n28"], count), rng.random(count) < 0.5
    predicted = rng.uniform(-120, -80, count)
    offset = np.array([OFFSETS[key] for key in zip(band, sight.tolist(), strict=True)])
    measured = predicted + offset + rng.normal(0, noise_db, count)
    drive = gpd.GeoDataFrame({"rsrp_dbm": measured}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4490")
    predictions = pd.DataFrame(
        {
            "predicted_dbm": predicted,
            "model": "p1812",
            "cell_id": rng.choice(["C1", "C2"], count),
            "operator": rng.choice(["甲", "乙"], count),
            "technology": "4G",
            "band": band,
            "distance_m": rng.uniform(100, 14_000, count),
            "line_of_sight": sight,
        }
    )
    return drive, predictions


def roads() -> gpd.GeoDataFrame:
    """Give a road along the first four parallels."""
    lines = [shapely.LineString([(74.99, 39 + 0.02 * row), (75.3, 39 + 0.02 * row)]) for row in range(4)]
    names = {"road_id": ["R0", "R1", "R2", "R3"], "ref": ["G219", None, "S212", "G219"]}
    return gpd.GeoDataFrame(names, geometry=lines, crs="EPSG:4490")


def test_known_offsets_are_recovered_and_nothing_is_left() -> None:
    settings = MeasurementSettings(min_count=5)
    residuals = measurement_residuals(*synthetic(), roads(), settings=settings)
    assert len(residuals) == 400
    np.testing.assert_allclose(residuals["left_out_residual_db"], 0, atol=1e-9)
    errors = model_errors(residuals, settings=settings).set_index(["dimension", "value"])
    for (band, sight), offset in OFFSETS.items():
        row = errors.loc["calibration", f"4G / {band} / {'in' if sight else 'not in'} sight"]
        assert row["offset_db"] == pytest.approx(offset)
        assert row["mean_db"] == pytest.approx(offset)
        assert row["std_db"] == pytest.approx(0, abs=1e-9)
    assert errors.loc[("all", "all"), "left_out_rmse_db"] == pytest.approx(0, abs=1e-9)


def test_noise_stays_after_calibration_as_large_as_it_is() -> None:
    settings = MeasurementSettings()
    errors = model_errors(measurement_residuals(*synthetic(4000, 6.0), roads(), settings=settings), settings=settings)
    whole = errors.iloc[0]
    assert (whole["dimension"], whole["places"]) == ("all", 4000)
    assert whole["left_out_std_db"] == pytest.approx(6.0, rel=0.05)
    assert whole["left_out_mean_db"] == pytest.approx(0, abs=0.5)
    assert whole["rmse_db"] > whole["left_out_rmse_db"]


@pytest.mark.parametrize("min_count", [1, 6, 40, 1000])
def test_leaving_one_road_out_equals_a_plain_loop(min_count: int) -> None:
    rng = np.random.default_rng(9)
    residual = rng.normal(0, 8, 300)
    classes = pd.Series(rng.choice(["a", "b", "c", None], 300, p=[0.6, 0.3, 0.05, 0.05]))
    groups = pd.Series(rng.choice([f"road {one}" for one in range(7)], 300))
    wanted = []
    for place in range(300):
        others = [one for one in range(300) if groups[one] != groups[place]]
        same = [
            one
            for one in others
            if classes[one] == classes[place] or (pd.isna(classes[one]) and pd.isna(classes[place]))
        ]
        taken = same if len(same) >= min_count else others
        wanted.append(sum(residual[one] for one in taken) / len(taken))
    np.testing.assert_allclose(left_out_offsets(residual, classes, groups, min_count=min_count), wanted)


def test_offsets_of_small_classes_are_those_of_all() -> None:
    residual, classes = [2.0, 4.0, -9.0], pd.Series(["a", "a", "b"])
    assert class_offsets(residual, classes, min_count=1).tolist() == [3.0, 3.0, -9.0]
    assert class_offsets(residual, classes, min_count=2).tolist() == [3.0, 3.0, -1.0]
    assert class_offsets([], pd.Series([], dtype=object), min_count=1).tolist() == []
    assert left_out_offsets([], pd.Series([]), pd.Series([]), min_count=1).tolist() == []


def test_one_road_alone_validates_nothing() -> None:
    assert np.isnan(left_out_offsets([2.0, 4.0], pd.Series(["a", "a"]), pd.Series(["r", "r"]), min_count=1)).all()
    drive, predictions = synthetic(8)
    settings = MeasurementSettings(block_m=1e7)
    residuals = measurement_residuals(drive, predictions, settings=settings)
    assert residuals["left_out_residual_db"].isna().all()
    assert np.isnan(model_errors(residuals, settings=settings).loc[0, "left_out_rmse_db"])


def test_statistics_equal_plain_sums_for_each_dimension() -> None:
    drive, predictions = synthetic(400, 5.0)
    settings = MeasurementSettings()
    errors = model_errors(measurement_residuals(drive, predictions, roads(), settings=settings), settings=settings)
    residual = drive["rsrp_dbm"] - predictions["predicted_dbm"]
    for dimension, values in (
        ("operator", predictions["operator"]),
        ("band", predictions["band"]),
        ("technology", predictions["technology"]),
        ("line_of_sight", predictions["line_of_sight"].map({True: "in sight", False: "not in sight"})),
        ("distance_class", pd.cut(predictions["distance_m"], [0, 1e3, 3e3, 5e3, 1e4, 1e9], right=False).astype(str)),
    ):
        rows = errors[errors["dimension"] == dimension]
        assert rows["places"].sum() == 400
        found = sorted(zip(rows["places"], rows["mean_db"], rows["std_db"], rows["rmse_db"], strict=True))
        wanted = sorted(
            (len(part), part.mean(), part.std(), float(np.sqrt((part**2).mean())))
            for _, part in residual.groupby(values)
        )
        np.testing.assert_allclose(found, wanted)
    names = errors.loc[errors["dimension"] == "distance_class", "value"].tolist()
    assert names == ["0-1 km", "1-3 km", "3-5 km", "5-10 km", "≥10 km"]


def test_samples_of_one_cell_in_one_square_are_one_place() -> None:
    lon, lat = 75.0, 39.0
    east, north, _ = GEOD.fwd(lon, lat, 90, 3_000)
    drive = gpd.GeoDataFrame(
        {"rsrp_dbm": [-90.0] * 50 + [-100.0, -80.0, -110.0]},
        geometry=gpd.points_from_xy([lon] * 52 + [east], [lat] * 52 + [north]),
        crs="EPSG:4490",
    )
    predictions = pd.DataFrame({"cell_id": ["A"] * 51 + ["B", "A"], "predicted_dbm": [-95.0] * 53})
    found = measurement_residuals(drive, predictions, settings=MeasurementSettings())
    assert found["samples"].tolist() == [51, 1, 1]
    np.testing.assert_allclose(found["residual_db"], [(50 * 5 - 5) / 51, 15, -15])
    assert found["cell_id"].tolist() == ["A", "B", "A"]


def test_places_belong_to_the_road_beside_them_or_to_their_block() -> None:
    drive, predictions = synthetic(16)
    found = measurement_residuals(drive, predictions, roads(), settings=MeasurementSettings())
    near = found["road_or_block"].tolist()[:8]
    assert near[:4] == ["road G219", "road R1", "road S212", "road G219"]
    assert all(name.startswith("block ") for name in near[4:])
    assert len(set(near[4:])) == 4


def test_residual_classes_are_symmetric_about_nought() -> None:
    residual = np.array([-10.1, -10.0, -5.1, -5.0, 0.0, 5.0, 5.1, 10.0, 10.1])
    lon = 75 + 0.01 * np.arange(9)
    drive = gpd.GeoDataFrame({"rsrp_dbm": residual - 90}, geometry=gpd.points_from_xy(lon, [39] * 9), crs="EPSG:4490")
    predictions = pd.DataFrame({"predicted_dbm": np.full(9, -90.0)})
    found = measurement_residuals(drive, predictions, settings=MeasurementSettings())["residual_class"]
    assert [RESIDUAL_CLASSES.index(one) for one in found] == [0, 1, 1, 2, 2, 2, 3, 3, 4]


def test_rows_without_prediction_are_left_out_and_arguments_unchanged() -> None:
    drive, predictions = synthetic(40)
    predictions.loc[::2, "predicted_dbm"] = np.nan
    before = drive.copy(), predictions.copy()
    found = measurement_residuals(drive, predictions, roads(), settings=MeasurementSettings())
    assert len(found) == 20
    pd.testing.assert_frame_equal(drive, before[0])
    pd.testing.assert_frame_equal(predictions, before[1])
    none = measurement_residuals(drive, predictions.assign(predicted_dbm=np.nan), settings=MeasurementSettings())
    assert none.empty
    assert model_errors(none, settings=MeasurementSettings()).empty


def test_wrong_settings_and_projected_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="four rising numbers"):
        MeasurementSettings(residual_edges_db=(-5, 5))
    with pytest.raises(ValueError, match="calibrate_by must be of"):
        MeasurementSettings(calibrate_by=("weather",))
    with pytest.raises(ValueError, match="distance_edges_m must rise"):
        MeasurementSettings(distance_edges_m=(5.0, 5.0))
    drive, predictions = synthetic(4)
    with pytest.raises(CRSError, match="in degrees"):
        measurement_residuals(drive.to_crs(4534), predictions, settings=MeasurementSettings())
