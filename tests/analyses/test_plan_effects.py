"""What a plan changes, against villages and roads worked by hand, and against coverage judged anew with the sites."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from onemap.analyses.candidates import TargetSettings, plan_targets, reach_of
from onemap.analyses.candidates.target_keys import place_keys, road_keys
from onemap.analyses.coverage import CoverageSettings, coverage, coverage_along, serving_antennas
from onemap.analyses.gaps import GapSettings, village_verdicts
from onemap.analyses.indicators import IndicatorSettings, indicators
from onemap.analyses.plan.effects import PlanEffects, plan_effects
from onemap.analyses.targets import Target
from onemap.errors import CRSError, LayerError

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"
DATE = dt.date(2026, 1, 1)
RADIUS = CoverageSettings(model="radius", technologies=("4G",), operators=())
RANK = {"covered": 0, "depends": 1, "uncovered": 2}


def target(**changes: Any) -> Target:
    shared = {
        "id": "t", "programme_zh": "行动", "programme_en": "programme", "zh": "指标", "en": "target",
        "date": dt.date(2025, 12, 31), "layer": "villages", "rule": "places", "services": ("4G",), "share": 0.95,
    }  # fmt: skip
    return Target(**{**shared, **changes})


def east(distance_m: float, *, lat: float = 39.0) -> shapely.Point:
    return shapely.Point(GEOD.fwd(75.0, lat, 90.0, distance_m)[:2])


def sites_of(
    *spots: tuple[str, shapely.Point], kind: str = "new site", operators: str = "any", technologies: str = "4G"
) -> gpd.GeoDataFrame:
    bands = ";".join({"4G": "B8", "5G": "n78"}[one] for one in technologies.split(";"))
    columns = {"kind": kind, "technologies": technologies, "operators": operators, "bands": bands, "height_agl_m": 30.0}
    names = [name for name, _ in spots]
    return gpd.GeoDataFrame({"candidate_id": names, **columns}, geometry=[spot for _, spot in spots], crs=CRS)


def served_of(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["target_key", "site_id", "margin_db"]).astype({"margin_db": "float64"})


def effects(
    results: Mapping[str, gpd.GeoDataFrame],
    sites: gpd.GeoDataFrame,
    served: pd.DataFrame,
    *,
    layers: Mapping[str, gpd.GeoDataFrame] | None = None,
    targets: tuple[Target, ...] = (),
    judged_by: CoverageSettings = RADIUS,
) -> PlanEffects:
    return plan_effects(
        results,
        layers or {},
        sites,
        served,
        date=DATE,
        gaps=GapSettings(),
        coverage=judged_by,
        indicators=IndicatorSettings(targets=targets),
    )


def villages_of(*metres: float) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, gpd.GeoDataFrame]]:
    """Give villages along a parallel, and their verdicts where nothing stands yet."""
    names = [f"V{number}" for number in range(len(metres))]
    layer = gpd.GeoDataFrame({"village_id": names, "name": names}, geometry=[east(one) for one in metres], crs=CRS)
    return {"villages": layer}, judged({"villages": layer}, None, RADIUS)


def judged(
    layers: Mapping[str, gpd.GeoDataFrame], towers: gpd.GeoDataFrame | None, by: CoverageSettings
) -> dict[str, gpd.GeoDataFrame]:
    """Judge everything from the start."""
    places = {name: layer for name, layer in layers.items() if name in {"villages", "schools", "settlements"}}
    verdicts = coverage(places, None, towers, settings=by)
    antennas = serving_antennas(None, towers, default_height_m=by.default_tower_height_m, presets=by.presets)
    villages = village_verdicts(layers["villages"], verdicts, antennas, targets=places, settings=GapSettings())
    results = {"verdicts": verdicts, "village_verdicts": villages}
    if "roads" in layers:
        results["road_verdicts"] = coverage_along(layers["roads"], None, towers, settings=by)
    return results


# ---------------------------------------------------------------------------------------------- worked by hand


def test_a_site_covers_whom_it_serves_and_every_committee_within_five_kilometres() -> None:
    layers, results = villages_of(0.0, 4_999.0, 5_001.0, 30_000.0)
    site = sites_of(("N1:4G", east(0.0)))
    served = served_of(("villages:V0|4G|any", "N1:4G", 7.25))
    found = effects(results, site, served, layers=layers, targets=(target(),))
    assert found.results["verdicts"]["verdict"].tolist() == ["covered", "uncovered", "uncovered", "uncovered"]
    villages = found.results["village_verdicts"]
    assert villages["verdict"].tolist() == ["covered", "covered", "uncovered", "uncovered"]
    assert villages["near_station"].tolist() == [True, True, False, False]
    assert villages["places_verdict"].tolist() == ["covered", "uncovered", "uncovered", "uncovered"]
    assert villages["nearest_station_id"].tolist() == ["N1:4G"] * 4
    assert villages["nearest_station_m"].tolist() == pytest.approx([0.0, 4_999.0, 5_001.0, 30_000.0], abs=0.01)
    row = found.layer.iloc[0]
    figures = ["total", "covered_before", "covered_after", "gained", "missing_before", "missing_after"]
    assert row[figures].tolist() == [4, 0, 2, 2, 4, 2]
    assert row[["share_before", "share_after", "state_before", "state_after"]].tolist() == [
        0,
        0.5,
        "not met",
        "not met",
    ]
    assert row["judged"]
    assert row["reason_en"] == "from 0.0% to 50.0%, +2 villages; 2 villages missing to the target 95%"
    assert row["reason_zh"] == "由 0.0% 提高到 50.0%，新增 2 个行政村；距 95% 的要求尚缺 2 个行政村"


def test_the_row_that_is_covered_says_by_which_site_how_far_and_how_well() -> None:
    _, results = villages_of(1_234.0)
    before = results["verdicts"].assign(cell_id="C9", tower_id="T9", rsrp_dbm=-120.0, line_of_sight=False, compared="x")
    served = served_of(("villages:V0|4G|any", "N1:4G", 7.25))
    row = effects({"verdicts": before}, sites_of(("N1:4G", east(0.0))), served).results["verdicts"].iloc[0]
    assert row[["verdict", "tower_id", "margin_db", "model"]].tolist() == ["covered", "N1:4G", 7.25, "radius"]
    assert row["distance_m"] == pytest.approx(1_234.0, abs=0.001)
    assert row[["cell_id", "rsrp_dbm", "line_of_sight", "compared"]].isna().all()
    assert row["reason_en"] == (
        "the planned site N1:4G, 1,234 m away, would serve it with a margin of 7.2 dB over the threshold"
    )
    assert row["reason_zh"] == "规划站址 N1:4G 距 1,234 米，建成后可覆盖，高于门限 7.2 dB"
    bare = (
        effects({"verdicts": before}, sites_of(("N1:4G", east(0.0))), served.assign(margin_db=np.nan))
        .results["verdicts"]
        .iloc[0]
    )
    assert bare["reason_en"] == "the planned site N1:4G, 1,234 m away, would serve it"
    assert bare["reason_zh"] == "规划站址 N1:4G 距 1,234 米，建成后可覆盖"


def test_a_point_of_a_road_counts_for_half_the_way_to_its_neighbours() -> None:
    points = [east(one) for one in (0.0, 1_000.0, 2_000.0, 3_000.0)]
    road = gpd.GeoDataFrame(
        {"road_id": "R1", "offset_m": [0.0, 1_000.0, 2_000.0, 3_000.0], "technology": "4G", "operator": "any"},
        geometry=points, crs=CRS,
    ).assign(verdict=["uncovered", "uncovered", "depends", "uncovered"])  # fmt: skip
    served = served_of(("roads:R1@1000.0|4G|any", "N1:4G", 3.0), ("roads:R1@2000.0|4G|any", "N1:4G", 1.0))
    asked = target(layer="roads", rule="roads", share=0.5)
    found = effects({"road_verdicts": road}, sites_of(("N1:4G", east(1_500.0))), served, targets=(asked,))
    assert found.results["road_verdicts"]["verdict"].tolist() == ["uncovered", "covered", "covered", "uncovered"]
    row = found.layer.iloc[0]
    names = ["total", "covered_before", "covered_after", "depends_before", "depends_after", "gained"]
    assert row[names].tolist() == [3.0, 0.0, 2.0, 1.0, 0.0, 2.0]
    assert row[["state_before", "state_after"]].tolist() == ["not met", "met"]
    assert row["reason_en"] == "from 0.0% to 66.7%, +2 km; target 50% met"
    assert row["reason_zh"] == "由 0.0% 提高到 66.7%，新增 2 公里；达到 50% 的要求"


def test_the_row_of_all_operators_follows_whichever_operator_is_served() -> None:
    by = CoverageSettings(model="radius", technologies=("4G", "5G"), operators=("中国移动", "中国电信"))
    layers, _ = villages_of(0.0)
    results = {"verdicts": coverage(layers, None, None, settings=by)}
    served = served_of(("villages:V0|4G|中国移动", "N1", 5.0))
    site = sites_of(("N1", east(0.0)), operators="中国移动", technologies="4G;5G")
    found = effects(results, site, served, judged_by=by).results["verdicts"].set_index(["technology", "operator"])
    assert found["verdict"].to_dict() == {
        ("4G", "any"): "covered",
        ("4G", "中国移动"): "covered",
        ("4G", "中国电信"): "uncovered",
        ("5G", "any"): "uncovered",
        ("5G", "中国移动"): "uncovered",
        ("5G", "中国电信"): "uncovered",
    }
    assert found.loc[("4G", "any"), "tower_id"] == "N1"


@pytest.mark.parametrize(
    ("margins", "best"),
    [
        ((3.0, 9.0, 5.0), "N2"),  # the largest margin
        ((9.0, 5.0, 9.0), "N3"),  # of equal ones the nearest
        ((np.nan, np.nan, 1.0), "N3"),  # a margin that is known before one that is not
        ((np.nan, np.nan, np.nan), "N3"),
        ((4.0, 4.0, np.nan), "N1"),  # as far: in the order of the sites
    ],
)
def test_of_several_sites_the_best_is_named(margins: tuple[float, float, float], best: str) -> None:
    _, results = villages_of(0.0)
    site = sites_of(("N1", east(2_000.0)), ("N2", east(2_000.0)), ("N3", east(1_000.0)))
    rows = [("villages:V0|4G|any", f"N{number}", margin) for number, margin in enumerate(margins, start=1)]
    for order in (rows, rows[::-1]):
        found = effects(results, site, served_of(*order)).results["verdicts"]
        assert found["tower_id"].tolist() == [best]


def test_what_was_covered_stays_as_it_was() -> None:
    _, results = villages_of(0.0, 10_000.0)
    before = results["verdicts"].assign(verdict=["covered", "depends"], tower_id=["T1", None])
    served = served_of(("villages:V0|4G|any", "N1", 9.0), ("villages:V1|4G|any", "N1", 9.0))
    found = effects({"verdicts": before}, sites_of(("N1", east(0.0))), served).results["verdicts"]
    assert_geodataframe_equal(found.iloc[:1], before.iloc[:1], check_dtype=False)
    assert found["tower_id"].tolist() == ["T1", "N1"]
    assert found["verdict"].tolist() == ["covered", "covered"]


# -------------------------------------------------------------------------------- what leaves things as they were


def test_an_empty_plan_changes_nothing() -> None:
    layers, results = villages_of(0.0, 9_000.0)
    nothing = gpd.GeoDataFrame({"candidate_id": []}, geometry=[])
    found = effects(results, nothing, served_of(), layers=layers)
    for name, frame in results.items():
        assert_geodataframe_equal(found.results[name], frame)
    assert_geodataframe_equal(found.before, found.after)
    assert found.layer["gained"].dropna().eq(0).all()
    assert len(found.layer) == len(found.before)
    assert found.layer.set_index("target_id").loc["universal-2020-villages-4g", "reason_en"].startswith("stays at 0.0%")
    assert found.layer.set_index("target_id").loc["signal-2024-roads", "reason_en"] == "nothing to count"


def test_a_satellite_changes_nothing() -> None:
    layers, results = villages_of(0.0, 9_000.0)
    dish = sites_of(("S1", east(0.0)), kind="satellite")
    found = effects(results, dish, served_of(("villages:V0|4G|any", "S1", np.nan)), layers=layers)
    for name, frame in results.items():
        assert_geodataframe_equal(found.results[name], frame)
    assert_geodataframe_equal(found.before, found.after)


def test_areas_and_fibre_are_not_judged_and_say_so() -> None:
    area = gpd.GeoDataFrame(
        {"area_layer": ["districts"], "area_id": ["D"], "technology": "4G", "operator": "any", "area_km2": 10.0,
         "covered_share": 0.5, "depends_share": 0.0, "uncovered_share": 0.5},
        geometry=[shapely.box(74, 38, 76, 40)], crs=CRS,
    )  # fmt: skip
    layers, results = villages_of(0.0)
    fibre = gpd.GeoDataFrame(
        {"target_layer": ["villages"], "target_id": ["V0"], "distance_m": 9_000.0}, geometry=[east(0.0)], crs=CRS
    )
    asked = (
        target(id="area", layer="districts", rule="areas"),
        target(id="fibre", services=("fibre",)),
        target(id="both", services=("4G", "fibre"), need="all"),
        target(id="either", services=("4G", "fibre")),
    )
    served = served_of(("villages:V0|4G|any", "N1", 2.0))
    given_results = {**results, "area_coverage": area, "fibre_distances": fibre}
    found = effects(given_results, sites_of(("N1", east(0.0))), served, layers=layers, targets=asked)
    table = found.layer.set_index("target_id")
    assert table["judged"].to_dict() == {"area": False, "fibre": False, "both": False, "either": True}
    assert table["gained"].to_dict() == {"area": 0.0, "fibre": 0.0, "both": 0.0, "either": 1.0}
    assert table.loc["area", "reason_zh"] == (
        "保持 50.0%；距 95% 的要求尚缺 4.5 平方公里；按面积统计，未按规划重新判定"
    )
    assert table.loc["area", "reason_en"].endswith("; the plan was not judged for it, as it rests on areas")
    assert table.loc["fibre", "reason_zh"].endswith("；光纤按现状计，未按规划重新判定")
    assert found.results["area_coverage"] is area


def test_nothing_given_is_changed() -> None:
    layers, results = villages_of(0.0, 9_000.0)
    copies = {name: frame.copy() for name, frame in {**results, **layers}.items()}
    site, served = sites_of(("N1", east(0.0))), served_of(("villages:V0|4G|any", "N1", 2.0))
    site_before, served_before = site.copy(), served.copy()
    effects(results, site, served, layers=layers)
    for name, frame in {**results, **layers}.items():
        assert_geodataframe_equal(frame, copies[name])
    assert_geodataframe_equal(site, site_before)
    pd.testing.assert_frame_equal(served, served_before)


# ------------------------------------------------------------------------------------------------- refusals


def test_rows_of_another_plan_are_refused() -> None:
    _, results = villages_of(0.0)
    site = sites_of(("N1", east(0.0)))
    with pytest.raises(LayerError, match=r"1 are not or do not, the first is villages:V0\|4G\|any by N2"):
        effects(results, site, served_of(("villages:V0|4G|any", "N2", 1.0)))
    with pytest.raises(LayerError, match=r"2 are not or do not, the first is villages:V7\|4G\|any by N1"):
        effects(results, site, served_of(("villages:V7|4G|any", "N1", 1.0), ("roads:R1@0.0|4G|any", "N1", 1.0)))
    with pytest.raises(LayerError, match="margin_db"):
        effects(results, site, served_of().drop(columns="margin_db"))
    with pytest.raises(CRSError, match="EPSG:4326"):
        effects(results, site.to_crs("EPSG:4326"), served_of())


# --------------------------------------------------------------------------------------------- properties


def test_keys_are_those_of_the_targets() -> None:
    world, _ = a_world(3)
    results = judged(world, None, RADIUS)
    targets = plan_targets(results["verdicts"], world, road_verdicts=results["road_verdicts"])
    keys = [*place_keys(results["verdicts"]), *road_keys(results["road_verdicts"])]
    assert targets["target_key"].tolist() == keys
    assert targets["target_key"].is_unique


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_nothing_is_ever_lost(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    layers, results = villages_of(*(7_000.0 * number for number in range(count)))
    words = data.draw(st.lists(st.sampled_from(sorted(RANK)), min_size=count, max_size=count))
    verdicts = results["verdicts"].assign(verdict=words)
    antennas = serving_antennas(None, None, default_height_m=30.0)
    before = {
        "verdicts": verdicts,
        "village_verdicts": village_verdicts(layers["villages"], verdicts, antennas, targets={}),
    }
    spots = data.draw(st.lists(st.floats(0.0, 60_000.0), min_size=1, max_size=3))
    sites = sites_of(*((f"N{number}", east(spot)) for number, spot in enumerate(spots)))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, len(spots) - 1), st.floats(-5.0, 40.0))
    pairs = data.draw(st.lists(pair, max_size=10))
    served = served_of(*((f"villages:V{village}|4G|any", f"N{site}", margin) for village, site, margin in pairs))
    found = effects(before, sites, served, layers=layers, targets=(target(), target(id="u", share=None)))
    for name, frame in before.items():
        late = found.results[name]["verdict"].map(RANK).to_numpy()
        assert (late <= frame["verdict"].map(RANK).to_numpy()).all()
    changed = np.flatnonzero(found.results["verdicts"]["verdict"].ne(verdicts["verdict"]))
    assert set(changed) == {village for village, _, _ in pairs if words[village] != "covered"}
    assert (found.layer["gained"] >= 0).all()
    assert (found.layer["share_after"] >= found.layer["share_before"]).all()
    best = [found.layer[f"covered_{when}"] + found.layer[f"depends_{when}"] for when in ("before", "after")]
    assert (best[1] >= best[0]).all()


def a_world(seed: int) -> tuple[dict[str, gpd.GeoDataFrame], gpd.GeoDataFrame]:
    """Strew villages, settlements, schools, a road and towers over a square of 60 km."""
    rng = np.random.default_rng(seed)

    def strewn(field: str, count: int, **columns: object) -> gpd.GeoDataFrame:
        points = gpd.points_from_xy(rng.uniform(75.0, 75.7, count), rng.uniform(39.0, 39.55, count))
        names = [f"{field[0]}{number}" for number in range(count)]
        return gpd.GeoDataFrame({field: names, **columns}, geometry=points, crs=CRS)

    way = shapely.LineString([(75.0, 39.3), (75.3, 39.2), (75.7, 39.4)])
    square = gpd.GeoDataFrame(
        {"code": ["650001", "650002"], "name": ["甲县", "乙县"]},
        geometry=[shapely.box(74, 38, 75.35, 40), shapely.box(75.35, 38, 77, 40)], crs=CRS,
    )  # fmt: skip
    layers = {
        "villages": strewn("village_id", 12),
        "settlements": strewn("settlement_id", 25, households=rng.integers(5, 60, 25)),
        "schools": strewn("school_id", 8),
        "roads": gpd.GeoDataFrame({"road_id": ["R1"], "is_border": [True]}, geometry=[way], crs=CRS),
        "districts": square,
    }
    return layers, strewn("tower_id", 3, technologies="4G", tenants="中国移动")


@pytest.mark.parametrize("operators", ["any", "中国移动", "中国电信"])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_coverage_judged_anew_with_a_tower_at_each_site(seed: int, operators: str) -> None:
    by = CoverageSettings(model="radius", technologies=("4G",), operators=("中国移动", "中国电信"), road_step_m=500.0)
    world, towers = a_world(seed)
    world["towers"] = towers
    before = judged(world, towers, by)
    sites = sites_of(("N1:4G", shapely.Point(75.2, 39.25)), ("N2:4G", shapely.Point(75.5, 39.4)), operators=operators)
    targets = pd.concat(
        [
            plan_targets(
                before["verdicts"],
                world,
                road_verdicts=before["road_verdicts"],
                settings=TargetSettings(operator=operator),
            )
            for operator in ("any", *by.operators)
        ],
        ignore_index=True,
    )
    serves = reach_of(sites, targets, coverage=by).serves().tocoo()
    assert serves.nnz > 20
    served = pd.DataFrame(
        {
            "target_key": targets["target_key"].array[serves.row],
            "site_id": sites["candidate_id"].array[serves.col],
            "margin_db": np.nan,
        }
    )
    found = effects(before, sites, served, layers=world, judged_by=by)
    built = gpd.GeoDataFrame(
        {"tower_id": sites["candidate_id"], "technologies": "4G", "tenants": None if operators == "any" else operators},
        geometry=sites.geometry, crs=CRS,
    )  # fmt: skip
    anew = judged(world, gpd.GeoDataFrame(pd.concat([towers, built], ignore_index=True), crs=CRS), by)
    for name in ("verdicts", "road_verdicts"):
        gained = before[name]["verdict"].ne("covered") & found.results[name]["verdict"].eq("covered")
        assert gained.any()
        assert found.results[name]["verdict"].tolist() == anew[name]["verdict"].tolist()
        columns = ["tower_id", "distance_m", "model"]
        pd.testing.assert_frame_equal(found.results[name].loc[gained, columns], anew[name].loc[gained, columns])
    assert_geodataframe_equal(found.results["village_verdicts"], anew["village_verdicts"])
    wanted = indicators(anew, world["districts"], date=DATE, settings=IndicatorSettings())
    assert_geodataframe_equal(found.after, wanted)
    assert found.layer["covered_after"].sum() > found.layer["covered_before"].sum()
