"""Measured gaps over modelled coverage."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from onemap.analyses.measured_gaps import OverrideSettings, override_by_measurements
from onemap.errors import CRSError

GEOD = Geod(ellps="GRS80")
SETTINGS = OverrideSettings(radius_m=200, min_count=5, rsrp_min_dbm={"4G": -105.0, "5G": -100.0})


def verdicts(*rows: tuple[str, str, str], lon: float = 75.0, **columns: object) -> gpd.GeoDataFrame:
    """Give verdicts (technology, operator, verdict) of one place."""
    table = pd.DataFrame(rows, columns=["technology", "operator", "verdict"]).astype("string")
    table["target_layer"], table["target_id"] = (
        pd.array(["villages"] * len(rows), "string"),
        pd.array(["V1"] * len(rows), "string"),
    )
    table["model"] = pd.array(["p1812"] * len(rows), "string")
    table["reason_zh"], table["reason_en"] = (
        pd.array(["有覆盖"] * len(rows), "string"),
        pd.array(["has"] * len(rows), "string"),
    )
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy([lon] * len(rows), [39.0] * len(rows)), crs="EPSG:4490")


def drive(
    rsrp: list[float], *, operator: str | None = "甲", technology: str | None = "4G", at_m: float = 100.0
) -> gpd.GeoDataFrame:
    """Give samples east of the place."""
    east, north, _ = GEOD.fwd(75.0, 39.0, 90, at_m)
    count = len(rsrp)
    table = {
        "rsrp_dbm": rsrp,
        "operator": pd.array([operator] * count, "string"),
        "technology": pd.array([technology] * count, "string"),
    }
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy([east] * count, [north] * count), crs="EPSG:4490")


def judged(
    modelled: gpd.GeoDataFrame, *samples: gpd.GeoDataFrame, targets: dict[str, gpd.GeoDataFrame] | None = None
) -> list[str]:
    measured = gpd.GeoDataFrame(pd.concat(samples, ignore_index=True), crs="EPSG:4490")
    return override_by_measurements(modelled, targets or {}, measured, settings=SETTINGS)["verdict"].tolist()


@pytest.mark.parametrize(
    ("samples", "verdict"),
    [
        (drive([-110.0] * 5), "uncovered"),
        (drive([-110.0] * 4), "covered"),
        (drive([-110.0] * 3 + [-104.0] * 2), "uncovered"),
        (drive([-110.0] * 2 + [-104.0] * 3), "covered"),
        (drive([-105.0] * 9), "covered"),
        (drive([-110.0] * 9, at_m=199.9), "uncovered"),
        (drive([-110.0] * 9, at_m=200.1), "covered"),
        (drive([-110.0] * 9, operator="乙"), "covered"),
        (drive([-110.0] * 9, technology="5G"), "covered"),
        (drive([-110.0] * 9, technology=None), "covered"),
        (drive([-200.0] * 9), "covered"),
        (drive([-200.0] * 9 + [-80.0] * 5), "covered"),
    ],
)
def test_a_gap_needs_enough_samples_near_of_the_operator_and_technology(
    samples: gpd.GeoDataFrame, verdict: str
) -> None:
    assert judged(verdicts(("4G", "甲", "covered")), samples) == [verdict]


def test_measured_service_never_covers_a_modelled_gap() -> None:
    assert judged(verdicts(("4G", "甲", "uncovered"), ("4G", "甲", "depends")), drive([-70.0] * 50)) == [
        "uncovered",
        "depends",
    ]


def test_what_depends_is_settled_by_a_measured_gap() -> None:
    assert judged(verdicts(("4G", "甲", "depends")), drive([-120.0] * 50)) == ["uncovered"]


@pytest.mark.parametrize(
    ("any_before", "other", "any_after"),
    [("covered", "uncovered", "uncovered"), ("covered", "depends", "depends"), ("covered", "covered", "covered")],
)
def test_any_becomes_the_best_of_the_operators(any_before: str, other: str, any_after: str) -> None:
    rows = (("4G", "any", any_before), ("4G", "甲", "covered"), ("4G", "乙", other))
    assert judged(verdicts(*rows), drive([-120.0] * 9)) == [any_after, "uncovered", other]


def test_any_stays_where_an_operator_that_is_not_listed_covers() -> None:
    rows = (("4G", "any", "covered"), ("4G", "甲", "depends"))
    assert judged(verdicts(*rows), drive([-120.0] * 9)) == ["covered", "uncovered"]


def test_any_alone_is_judged_by_all_samples() -> None:
    modelled = verdicts(("4G", "any", "covered"))
    assert judged(modelled, drive([-120.0] * 3), drive([-120.0] * 2, operator=None)) == ["uncovered"]


def test_measurements_inside_a_polygon_are_of_it() -> None:
    village = gpd.GeoDataFrame({"village_id": ["V1"]}, geometry=[shapely.box(74.9, 38.9, 75.1, 39.1)], crs="EPSG:4490")
    far = drive([-120.0] * 9, at_m=5_000)
    assert judged(verdicts(("4G", "甲", "covered")), far) == ["covered"]
    assert judged(verdicts(("4G", "甲", "covered")), far, targets={"villages": village}) == ["uncovered"]


def test_reason_and_model_say_what_was_measured() -> None:
    rows = (("4G", "any", "covered"), ("4G", "甲", "covered"))
    before = verdicts(*rows)
    found = override_by_measurements(before, {}, drive([-120.0, -112.0, -110.0, -90.0, -118.0]), settings=SETTINGS)
    assert found["model"].tolist() == ["measured", "measured"]
    assert (
        found.loc[1, "reason_en"]
        == "measured gap: the median of 5 samples within 200 m is -112 dBm, -105 dBm are needed; the model says: has"
    )
    assert found.loc[1, "reason_zh"].startswith("实测无有效覆盖：200 米内 5 个样本")
    assert found.loc[0, "reason_en"].startswith("measured gap of the operators")
    assert found.dtypes.equals(before.dtypes)
    pd.testing.assert_frame_equal(before, verdicts(*rows))


def test_counts_and_medians_equal_a_plain_loop() -> None:
    rng = np.random.default_rng(2)
    lon, lat = 75 + rng.uniform(0, 0.02, 60), 39 + rng.uniform(0, 0.02, 60)
    table = pd.DataFrame(
        {
            "technology": rng.choice(["4G", "5G"], 60),
            "operator": rng.choice(["甲", "乙"], 60),
            "verdict": rng.choice(["covered", "depends"], 60),
            "model": "p1812",
        }
    )
    modelled = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4490")
    modelled.index = pd.RangeIndex(100, 160)
    s_lon, s_lat = 75 + rng.uniform(0, 0.02, 900), 39 + rng.uniform(0, 0.02, 900)
    facts = {
        "rsrp_dbm": rng.normal(-103, 4, 900),
        "operator": rng.choice(["甲", "乙"], 900),
        "technology": rng.choice(["4G", "5G"], 900),
    }
    samples = gpd.GeoDataFrame(facts, geometry=gpd.points_from_xy(s_lon, s_lat), crs="EPSG:4490")
    wanted = []
    for row in range(60):
        distance = GEOD.inv(np.full(900, lon[row]), np.full(900, lat[row]), s_lon, s_lat)[2]
        near = [
            rsrp
            for rsrp, operator, technology, metres in zip(*(samples[name] for name in facts), distance, strict=True)
            if metres <= 200 and operator == table["operator"][row] and technology == table["technology"][row]
        ]
        least = {"4G": -105.0, "5G": -100.0}[table["technology"][row]]
        wanted.append("uncovered" if len(near) >= 5 and np.median(near) < least else table["verdict"][row])
    found = override_by_measurements(modelled, {}, samples, settings=SETTINGS)
    assert found["verdict"].tolist() == wanted
    assert 0 < wanted.count("uncovered") < 60
    assert found.index.equals(modelled.index)


def test_nothing_measured_changes_nothing_and_wrong_input_is_refused() -> None:
    modelled = verdicts(("4G", "甲", "covered"))
    pd.testing.assert_frame_equal(override_by_measurements(modelled, {}, drive([]), settings=SETTINGS), modelled)
    with pytest.raises(ValueError, match="must be more than zero"):
        OverrideSettings(radius_m=0)
    with pytest.raises(CRSError, match="in degrees"):
        override_by_measurements(modelled.to_crs(4534), {}, drive([-100.0]).to_crs(4534), settings=SETTINGS)
