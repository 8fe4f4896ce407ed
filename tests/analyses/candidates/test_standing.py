"""What stands and could carry equipment, and what is to be served."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.analyses.candidates import (
    KINDS,
    RANKS,
    Equipment,
    StandingRules,
    StandingSettings,
    TargetSettings,
    joined_candidates,
    plan_targets,
    standing_candidates,
)
from onemap.analyses.candidates.equipment import candidate_antennas
from onemap.analyses.conflicts import ConflictSettings, find_conflicts, point_zones, read_rules
from onemap.analyses.coverage import CoverageSettings, coverage, coverage_along, serving_antennas
from onemap.analyses.gaps.priorities import gap_priorities
from onemap.analyses.sharing.demand_settings import DemandSettings
from onemap.errors import CRSError, LayerError
from onemap.layers.catalogue import schema
from onemap.radio.presets import shipped_presets

CRS_NAME = "EPSG:4490"
RADIO = CoverageSettings(technologies=("4G", "5G"), operators=("A", "B"))
NONE = serving_antennas(None, None, default_height_m=30.0)


def layer(**columns: object) -> gpd.GeoDataFrame:
    count = max(len(values) for values in columns.values() if isinstance(values, list))
    at = gpd.points_from_xy(75.0 + 0.01 * np.arange(count), np.full(count, 39.0))
    return gpd.GeoDataFrame(columns, geometry=at, crs=CRS_NAME)


def only(*equipment: Equipment, **settings: object) -> StandingRules:
    sharing = settings.pop("sharing", DemandSettings())
    return StandingRules(StandingSettings(equipment=equipment, **settings), sharing, coverage=RADIO)


FOUR = Equipment(name="4G", technologies=("4G",))


def test_each_spot_and_equipment_is_a_candidate_with_its_preset() -> None:
    layers = {
        "planned_sites": layer(site_id=["P1"], technology=["5G"], wanted_height_m=[40.0], year=[2027]),
        "towers": layer(
            tower_id=["T2", "T1"], owner=["中国铁塔", "A"], height_agl_m=[45.0, None], platforms_free=[2, None]
        ),
        "structures": layer(
            structure_id=["X1"], owner=["电网"], kind=["power tower"], height_agl_m=[28.0], load_spare_kg=[90.0]
        ),
        "rooms": layer(room_id=["R1"], operator=["B"], racks_free=[3]),
    }
    found = standing_candidates(layers, antennas=NONE, rules=StandingRules(coverage=RADIO)).found
    assert found["candidate_id"].tolist() == [
        *(f"towers:{name}:{kind}" for name in ("T1", "T2") for kind in ("4G", "5G", "4G+5G")),
        *(f"structures:X1:{kind}" for kind in ("4G", "5G", "4G+5G")),
        *(f"rooms:R1:{kind}" for kind in ("4G", "5G", "4G+5G")),
        "planned_sites:P1:5G", "planned_sites:P1:4G+5G",
    ]  # fmt: skip
    assert found["spot_id"].nunique() == 5
    assert set(found["kind"]) <= set(KINDS) == set(RANKS)
    by_id = found.set_index("candidate_id")
    assert by_id.loc["towers:T1:4G", "height_agl_m"] == 30.0
    assert by_id.loc["towers:T1:4G", "height_assumed"]
    assert "挂高按 30 米" in by_id.loc["towers:T1:4G", "assumed_zh"]
    assert not by_id.loc["towers:T2:4G", "height_assumed"]
    assert by_id.loc["structures:X1:4G", "load_spare_kg"] == 90.0
    assert by_id.loc["planned_sites:P1:5G", ["height_agl_m", "year"]].tolist() == [40.0, 2027]
    assert list(found.columns[:-1]) == list(schema("plan_candidates").fields)
    antennas = candidate_antennas(found, RADIO)
    assert len(antennas) == 4 * 4 + 3
    presets = shipped_presets().by_band
    for antenna in antennas.itertuples():
        bands = found["bands"].iloc[antenna.candidate].split(";")
        names = found["technologies"].iloc[antenna.candidate].split(";")
        band = presets[bands[names.index(antenna.technology)]]
        assert (antenna.frequency_mhz, antenna.eirp_re_dbm) == (band.frequency_mhz, band.eirp_re_dbm)
        assert np.isnan(antenna.azimuth_deg)


def test_what_a_tower_radiates_already_is_no_candidate() -> None:
    towers = layer(tower_id=["T1", "T2"], technologies=["4G", "4G;5G"], tenants=["A", "A;B"])
    antennas = serving_antennas(None, towers, default_height_m=30.0)
    found = standing_candidates({"towers": towers}, antennas=antennas, rules=StandingRules(coverage=RADIO)).found
    assert found["candidate_id"].tolist() == ["towers:T1:5G"]
    for_b = Equipment(name="B4", technologies=("4G",), operators=("B",))
    found = standing_candidates({"towers": towers}, antennas=antennas, rules=only(for_b)).found
    assert found["candidate_id"].tolist() == ["towers:T1:B4"]
    both = Equipment(name="AB", technologies=("4G",), operators=("A", "B"))
    found = standing_candidates({"towers": towers}, antennas=antennas, rules=only(both)).found
    assert found["candidate_id"].tolist() == ["towers:T1:AB"]


def test_every_cause_of_rejection_is_told_in_both_languages() -> None:
    heavy = Equipment(name="4G", technologies=("4G",), load_kg=80.0, min_height_m=12.0, operators=("A",))
    layers = {
        "towers": layer(tower_id=["t-full", "t-gone", "t-ok"], platforms_free=[0, 2, 1], status=[None, "retired", "building"], height_agl_m=30.0),
        "structures": layer(
            structure_id=["s-closed", "s-load", "s-low", "s-none", "s-ok", "s-owner"], owner=["电网"] * 5 + ["公安"],
            kind="power tower", height_agl_m=[30.0, 30.0, 9.0, 30.0, 30.0, 30.0],
            load_spare_kg=[200.0, 50.0, 200.0, 0.0, 200.0, 200.0], open_to_telecom=[False, True, None, True, True, True],
        ),
        "rooms": layer(room_id=["r-full"], operator=["B"], racks_free=[0]),
        "planned_sites": layer(site_id=["p-other"], technology=["5G"]),
    }  # fmt: skip
    sharing = DemandSettings(refused_pairs=(("A", "公安"),))
    told = standing_candidates(layers, antennas=NONE, rules=only(heavy, sharing=sharing))
    assert told.found["facility_id"].tolist() == ["t-ok", "s-ok"]
    assert dict(zip(told.rejected["facility_id"], told.rejected["cause"], strict=True)) == {
        "t-full": "full", "t-gone": "status", "s-closed": "closed", "s-load": "load", "s-low": "low", "s-none": "load",
        "s-owner": "owners", "r-full": "full", "p-other": "technology",
    }  # fmt: skip
    reasons = told.rejected.set_index("facility_id")
    assert reasons.loc["s-load", "reason_en"] == "bears 50 kg more, 80 kg are wanted"
    assert reasons.loc["s-owner", "reason_zh"] == "按设置 公安 不与 A 共享"
    assert reasons.loc["r-full", "reason_en"] == "no rack is free"
    assert reasons["reason_zh"].notna().all()
    strict = standing_candidates(
        {"towers": layer(tower_id=["T1"])}, antennas=NONE, rules=only(FOUR, unknown_platforms=False)
    )
    assert strict.rejected["cause"].tolist() == ["full"]


def zones() -> gpd.GeoDataFrame:
    boxes = [shapely.box(74.995, 38.99, 75.005, 39.01), shapely.box(75.005, 38.99, 75.015, 39.01)]
    return gpd.GeoDataFrame(
        {"zone_id": ["F1", "R1"], "kind": ["permanent basic farmland", "ecological red line"]},
        geometry=boxes,
        crs=CRS_NAME,
    )


def test_forbidden_land_is_left_out_and_the_red_line_needs_recognition() -> None:
    layers = {"towers": layer(tower_id=["a", "b", "c"]), "planned_sites": layer(site_id=["a", "b", "c"])}
    told = standing_candidates(layers, antennas=NONE, rules=only(FOUR), zones=point_zones(zones()))
    assert told.found["facility_id"].tolist() == ["b", "c", "b", "c"]
    assert told.found["zone_status"].tolist() == ["needs recognition", "clear"] * 2
    assert told.found["zone_ids"].iloc[0] == "R1"
    assert "有限人为活动认定" in told.found["reason_zh"].iloc[0]
    assert told.rejected["reason_en"].tolist() == ["building is forbidden in F1 (permanent basic farmland)"] * 2
    may = only(FOUR, standing_in_forbidden=True)
    told = standing_candidates(layers, antennas=NONE, rules=may, zones=point_zones(zones()))
    assert told.found["facility_id"].tolist() == ["a", "b", "c", "b", "c"]
    assert "takes no new ground" in told.found["reason_en"].iloc[0]
    unchecked = standing_candidates(layers, antennas=NONE, rules=only(FOUR)).found
    assert unchecked["zone_status"].eq("not checked").all()


def test_points_are_judged_as_the_conflicts_judge_planned_sites() -> None:
    rng = np.random.default_rng(8)
    corners = rng.uniform([75.0, 39.0], [75.02, 39.02], (40, 2))
    kinds = ["permanent basic farmland", "ecological red line", "nature reserve core", "urban development boundary"]
    areas = gpd.GeoDataFrame(
        {"zone_id": [f"Z{n}" for n in range(40)], "kind": rng.choice(kinds, 40)},
        geometry=[
            shapely.box(x, y, x + rng.uniform(0.0005, 0.004), y + rng.uniform(0.0005, 0.004)) for x, y in corners
        ],
        crs=CRS_NAME,
    )
    where = rng.uniform([75.0, 39.0], [75.024, 39.024], (200, 2))
    sites = gpd.GeoDataFrame({"site_id": [f"P{n}" for n in range(200)]}, geometry=shapely.points(where), crs=CRS_NAME)
    found = find_conflicts({"planned_sites": sites}, areas, settings=ConflictSettings(search_radius_m=1.0)).found
    verdicts = found.groupby("facility_id")["verdict"].agg(set)
    told = point_zones(areas).at(*where.T, np.full(200, 100.0), layer="planned_sites")
    for site, verdict in zip(sites["site_id"], told.verdict, strict=True):
        said = verdicts.get(site, set())
        grave = next((one for one in ("forbidden", "needs recognition") if one in said), "clear")
        assert verdict == grave
    assert {"forbidden", "needs recognition", "clear"} == set(told.verdict)


def test_nothing_stands_and_wrong_systems_are_told() -> None:
    told = standing_candidates({}, antennas=NONE)
    assert told.found.empty
    assert told.rejected.empty
    with pytest.raises(CRSError, match="EPSG:4527"):
        standing_candidates({"towers": layer(tower_id=["T1"]).to_crs("EPSG:4527")}, antennas=NONE)
    one = standing_candidates({"towers": layer(tower_id=["T1"])}, antennas=NONE, rules=only(FOUR)).found
    assert len(joined_candidates(one, told.found, one)) == 2
    with pytest.raises(ValueError, match="names of its own"):
        StandingSettings(equipment=(FOUR, FOUR))
    with pytest.raises(ValueError, match="bands must be of its technologies"):
        Equipment(name="x", technologies=("4G",), bands={"5G": "n78"})


def judged() -> tuple[gpd.GeoDataFrame, dict[str, gpd.GeoDataFrame]]:
    radius = CoverageSettings(model="radius", technologies=("4G",), operators=("A",), range_m={"4G": 1_500.0})
    layers = {
        "villages": layer(village_id=["V1", "V2"], population=[500, 80]),
        "settlements": layer(
            settlement_id=["S1", "S2", "S3"],
            village_id=["V1", "V1", "V2"],
            households=[100, None, 30],
            population=[None, 150, 80],
        ),
        "schools": layer(school_id=["C1"], pupils=[60]),
    }
    towers = layer(tower_id=["T1"], technologies=["4G"], tenants=["B"])
    return coverage(layers, None, towers, settings=radius), layers


def test_nobody_counts_twice_and_what_is_not_known_is_marked() -> None:
    verdicts, layers = judged()
    targets = plan_targets(verdicts, layers).set_index("target_key")
    weight = targets["weight"].to_dict()
    assert weight == {
        "villages:V1|4G|any": 1.0, "villages:V2|4G|any": 1.0, "settlements:S1|4G|any": 350.0,
        "settlements:S2|4G|any": 150.0, "settlements:S3|4G|any": 80.0, "schools:C1|4G|any": 60.0,
    }  # fmt: skip
    assert targets.loc[targets["served_before"], "target_id"].tolist() == ["V1", "V2", "S1", "S2", "C1"]
    homes = plan_targets(verdicts, layers, settings=TargetSettings(weight="households")).set_index("target_key")[
        "weight"
    ]
    assert homes["settlements:S2|4G|any"] == pytest.approx(150 / 3.5)
    own = plan_targets(verdicts, layers, settings=TargetSettings(operator="A", weight="places"))
    assert own["weight"].tolist() == [1.0] * 6
    assert not own["served_before"].any()


def test_roads_weigh_what_their_length_does() -> None:
    line = shapely.LineString([(75.0, 39.0), (75.0317, 39.01)])
    roads = gpd.GeoDataFrame({"road_id": ["R1"]}, geometry=[line], crs=CRS_NAME)
    radius = CoverageSettings(model="radius", technologies=("4G", "5G"), operators=())
    verdicts = coverage_along(roads, None, None, settings=radius)
    targets = plan_targets(None, {}, road_verdicts=verdicts, settings=TargetSettings(road_weight_per_km=7.0))
    assert targets["target_key"].is_unique
    for _, part in targets.groupby("technology"):
        assert part["length_m"].sum() == pytest.approx(verdicts["offset_m"].max())
        assert part["weight"].sum() == pytest.approx(verdicts["offset_m"].max() / 1_000 * 7.0)
    assert plan_targets(None, {}, road_verdicts=verdicts, settings=TargetSettings(road_weight_per_km=0)).empty


def test_scores_weigh_gaps_and_need_the_priorities() -> None:
    verdicts, layers = judged()
    with pytest.raises(LayerError, match="need the priorities of the gaps"):
        plan_targets(verdicts, layers, settings=TargetSettings(weight="score"))
    gaps = verdicts[verdicts["verdict"].eq("uncovered")].assign(
        population=pd.array([80] * int(verdicts["verdict"].eq("uncovered").sum()), dtype="Int64")
    )
    ranked = gap_priorities(gaps.assign(nearest_tower_m=9_000.0))
    targets = plan_targets(verdicts, layers, priorities=ranked, settings=TargetSettings(weight="score"))
    assert targets["target_id"].tolist() == ["S3"]
    assert targets["weight"].tolist() == ranked["score"].tolist()


def test_rules_for_ground_outside_a_boundary_are_asked_too() -> None:
    own = read_rules("""
[[rule]]
id = "inside-only"
zone_kind = "urban development boundary"
outside = true
verdict = "forbidden"
advice_zh = "移入边界"
advice_en = "move inside"
""")
    city = zones().iloc[:1].assign(kind="urban development boundary")
    told = point_zones(city, rules=own).at(
        np.array([75.0, 75.005, 75.1]), np.full(3, 39.0), np.full(3, 100.0), layer="towers"
    )
    assert told.verdict.tolist() == ["clear", "forbidden", "forbidden"]
    assert told.zone_ids.tolist() == ["", "", ""]
    sites = layer(site_id=["a", "b"])
    found = find_conflicts({"planned_sites": sites}, city, rules=own).found
    assert found.loc[found["verdict"].eq("forbidden"), "facility_id"].tolist() == ["b"]
