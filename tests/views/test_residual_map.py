"""The map of residuals: a switch for each class, from far below the prediction to far above it."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd

from onemap.analyses.measurements import RESIDUAL_CLASSES, MeasurementSettings, measurement_residuals
from onemap.views.lists import office_lists
from onemap.views.map_data import map_data
from onemap.views.style import ZONE_COLORS
from onemap.views.view_settings import ViewSettings


def test_map_has_a_switch_for_each_class_in_order_with_its_colour() -> None:
    places = gpd.points_from_xy([75.0, 75.01, 75.02, 75.03, 75.04], [39.0] * 5)
    drive = gpd.GeoDataFrame({"rsrp_dbm": [-70.0, -84.0, -90.0, -97.0, -120.0]}, geometry=places, crs="EPSG:4490")
    predictions = pd.DataFrame({"predicted_dbm": [-90.0] * 5, "technology": "4G", "line_of_sight": True})
    residuals = measurement_residuals(drive, predictions, settings=MeasurementSettings())
    data = map_data({}, {"measurement_residuals": residuals}, ViewSettings("示范县", dt.date(2026, 1, 1)))
    switches = [one for one in data["layers"] if one["group"] == "measured"]
    assert [one["id"] for one in switches] == [f"measurement_residuals:{one}" for one in RESIDUAL_CLASSES]
    assert [one["color"] for one in switches] == [ZONE_COLORS[one] for one in RESIDUAL_CLASSES]
    assert len({one["color"] for one in switches}) == 5
    assert switches[0]["label"][1] == "measured much weaker than predicted"
    assert [one["rows"][0]["v"][0] for one in switches] == [-30.0, -7.0, 0.0, 6.0, 20.0]
    assert ["measured", "实测、抽检与变化", "Measured, checked, changed"] in data["groups"]
    assert not any(one["on"] for one in switches)


def test_lists_say_how_wrong_the_model_is_once_somebody_measured() -> None:
    settings = ViewSettings("示范县", dt.date(2026, 1, 1))
    errors = gpd.GeoDataFrame(
        {
            "model": "p1812", "dimension": ["all", "distance_class", "calibration"],
            "value": ["all", "≥10 km", "4G / 1850 MHz / not in sight"], "places": [118, 23, 40],
            "samples": [120, 24, 41], "mean_db": [-4.2, -3.8, -0.02], "offset_db": [None, None, -4.2],
        },
        geometry=gpd.points_from_xy([75.0] * 3, [39.0] * 3), crs="EPSG:4490",
    )  # fmt: skip
    for lang, values in (
        ("zh", ("全部", "≥10 km", "4G / 1850 MHz / 非视距")),
        ("en", ("all", "≥10 km", "4G / 1850 MHz / not in sight")),
    ):
        lists = {one.name: one for one in office_lists({}, {"model_errors": errors}, [], settings, lang=lang)}
        columns = {column.en: column.cells for column in lists["model_errors"].columns}
        assert columns["value"] == values
        assert columns["places"] == (118, 23, 40)
        assert columns["mean, measured less predicted (dB)"] == (-4.2, -3.8, -0.02)
    assert "model_errors" not in {one.name for one in office_lists({}, {}, [], settings)}
