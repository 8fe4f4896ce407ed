"""The rule of administrative villages: its whole truth table, against the rule written out anew."""

from __future__ import annotations

import itertools

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from onemap.analyses.coverage import CoverageSettings, serving_antennas
from onemap.analyses.gaps import GapSettings, household_findings, village_verdicts

CRS = "EPSG:4490"
GEOD = Geod(ellps="GRS80")
SETTINGS = CoverageSettings(model="radius", technologies=("4G",), operators=("中国移动",))
WORDS = ("covered", "depends", "uncovered")
STATES = (*WORDS, None)  # None: the village has no such place
HOUSEHOLDS = (20, 19, None)
KINDS = {"schools": "school_id", "clinics": "clinic_id", "settlements": "settlement_id"}


def cases() -> pd.DataFrame:
    table = itertools.product([True, False], WORDS, STATES, STATES, STATES, HOUSEHOLDS)
    names = ["near", "villages", "schools", "clinics", "settlements", "households"]
    return pd.DataFrame(list(table), columns=names, dtype=object)


def expected(case: pd.Series, treatment: str) -> tuple[str, str, bool]:
    """Say by the text of the rule what a village is, what its places are, and whether part (b) fails."""
    ranks = [WORDS.index(case[kind]) for kind in ("villages", "schools", "clinics") if case[kind] is not None]
    if case["settlements"] is not None:
        rank = WORDS.index(case["settlements"])
        if case["households"] is None:
            ranks += {"open": [min(rank, 1)], "count": [rank], "skip": []}[treatment]
        elif case["households"] >= 20:
            ranks.append(rank)
    worst = WORDS[max(ranks)]
    return ("covered" if case["near"] else worst), worst, worst != "covered"


def planted(
    table: pd.DataFrame,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame, dict[str, gpd.GeoDataFrame]]:
    """Make a village a case, 20 km apart, with a station 4,999 m or 5,001 m from the committee."""
    lon = [75 + 0.25 * (number % 80) for number in range(len(table))]
    lat = [30 + 0.2 * (number // 80) for number in range(len(table))]
    points = gpd.points_from_xy(lon, lat)
    ids = [f"V{number}" for number in range(len(table))]
    villages = gpd.GeoDataFrame({"village_id": ids, "name": ids}, geometry=points, crs=CRS)
    layers, verdicts = {}, [(*one, "villages") for one in zip(ids, table["villages"], points, strict=True)]
    for name, key in KINDS.items():
        there = table[name].notna().to_numpy()
        rows = {key: [f"{name}-{one}" for one, here in zip(ids, there, strict=True) if here]}
        rows["village_id"] = [one for one, here in zip(ids, there, strict=True) if here]
        if name == "settlements":
            rows["households"] = table.loc[there, "households"].tolist()
        layers[name] = gpd.GeoDataFrame(rows, geometry=points[there], crs=CRS)
        verdicts += [(*one, name) for one in zip(rows[key], table.loc[there, name], points[there], strict=True)]
    rows = [{"target_layer": layer, "target_id": one, "verdict": verdict} for one, verdict, _, layer in verdicts]
    frame = gpd.GeoDataFrame(rows, geometry=[point for _, _, point, _ in verdicts], crs=CRS)
    spots = [
        GEOD.fwd(x, y, 90.0, 4_999.0 if near else 5_001.0)[:2]
        for x, y, near in zip(lon, lat, table["near"], strict=True)
    ]
    cells = gpd.GeoDataFrame(
        {"cell_id": [f"C{n}" for n in range(len(spots))], "operator": "中国移动", "technology": "4G"},
        geometry=[shapely.Point(spot) for spot in spots], crs=CRS,
    )  # fmt: skip
    antennas = serving_antennas(cells, None, default_height_m=30)
    return villages, frame.assign(technology="4G", operator="any"), antennas, layers


@pytest.mark.parametrize("treatment", ["open", "count", "skip"])
def test_the_whole_truth_table(treatment: str) -> None:
    table = cases()
    assert len(table) == 2 * 3 * 4 * 4 * 4 * 3
    villages, verdicts, antennas, layers = planted(table)
    settings = GapSettings(unknown_households=treatment)  # type: ignore[arg-type]
    found = village_verdicts(villages, verdicts, antennas, targets=layers, settings=settings)
    wanted = pd.DataFrame(
        [expected(case, treatment) for _, case in table.iterrows()], columns=["verdict", "b", "fails"]
    )
    assert found["verdict"].tolist() == wanted["verdict"].tolist()
    assert found["places_verdict"].tolist() == wanted["b"].tolist()
    assert found["near_station"].tolist() == table["near"].tolist()
    parts = [
        ";".join([*(["a"] if not near else []), *(["b"] if fails else [])]) or None
        for near, fails in zip(table["near"], wanted["fails"], strict=True)
    ]
    assert found["failing_parts"].astype(object).where(found["failing_parts"].notna(), None).tolist() == parts
    assert found["committee_verdict"].tolist() == table["villages"].tolist()
    for column, kind in (("school_verdict", "schools"), ("clinic_verdict", "clinics")):
        assert found[column].astype(object).where(found[column].notna(), None).tolist() == table[kind].tolist()
    unknown = table["households"].isna() & table["settlements"].notna() & (treatment == "open")
    assert found["households_unknown"].tolist() == unknown.astype(int).tolist()


def test_what_fails_is_named() -> None:
    row = (False, "covered", "covered", "uncovered", "depends", 20)
    table = pd.DataFrame([row], columns=cases().columns, dtype=object)
    villages, verdicts, antennas, layers = planted(table)
    found = village_verdicts(villages, verdicts, antennas, targets=layers).iloc[0]
    assert found["failing_places"] == "clinics-V0;settlements-V0"
    assert found["failing_parts"] == "a;b"
    assert "（a）不符合" in found["reason_zh"]
    assert "（b）不符合" in found["reason_zh"]


def test_missing_households_are_found_with_their_treatment() -> None:
    settlements = gpd.GeoDataFrame({"settlement_id": ["A", "B", "C"], "households": [30, None, None]})
    (found,) = household_findings(settlements, settings=GapSettings(unknown_households="skip"))
    assert (found.rule, found.values["count"], found.values["settlement"]) == ("OM-BIZ-227", 2, "B")
    assert "they do not count" in found.message("en")
    assert "不计入判定" in found.message("zh")
    assert household_findings(settlements.iloc[:1]) == household_findings(None) == ()


@pytest.mark.parametrize(("far_m", "near"), [(5_000.0, True), (5_000.01, False)])
@pytest.mark.parametrize("azimuth_deg", [17.0, 90.0, 211.0])
def test_a_station_at_just_the_distance_of_the_rule_is_near(far_m: float, near: bool, azimuth_deg: float) -> None:
    villages, verdicts, _, layers = planted(pd.DataFrame([cases().iloc[-1]]))
    spot = shapely.Point(GEOD.fwd(75.0, 30.0, azimuth_deg, far_m)[:2])
    cells = gpd.GeoDataFrame({"cell_id": ["C"], "operator": "中国移动", "technology": "4G"}, geometry=[spot], crs=CRS)
    antennas = serving_antennas(cells, None, default_height_m=30)
    found = village_verdicts(villages, verdicts, antennas, targets=layers)
    assert found["near_station"].tolist() == [near]


def test_a_village_without_school_or_clinic_says_so() -> None:
    row = (False, "covered", "covered", None, "covered", 20)
    villages, verdicts, antennas, layers = planted(pd.DataFrame([row], columns=cases().columns, dtype=object))
    found = village_verdicts(villages, verdicts, antennas, targets=layers).iloc[0]
    assert found["places_verdict"] == "covered"
    assert found["reason_en"].endswith("not counted, as the layers have none in it: clinic")
    assert found["reason_zh"].endswith("图层中该村无卫生室，未计入")
