"""Facilities against zones: hand-made splits, brute force, what parts must add up to, bad zones."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from onemap.analyses.conflicts import ConflictSettings, find_conflicts, package_rules, read_rules
from onemap.analyses.conflicts.footprints import facilities_of, square_round
from onemap.analyses.conflicts.places import nearest_allowed_place
from onemap.errors import CRSError, LayerError, ProjectError
from onemap.layers.surface import surface_areas, surface_lengths

GEOD = Geod(a=6378137.0, rf=298.257222101)
FARM, RED, CORE = "permanent basic farmland", "ecological red line", "nature reserve core"
TOWN, LAND = "urban development boundary", "land use"
CRS = "EPSG:4490"


def zones_of(*rows: tuple, **more: list) -> gpd.GeoDataFrame:
    """Give zones from (id, kind, shape) or (id, kind, shape, code)."""
    table = {
        "zone_id": [row[0] for row in rows],
        "kind": [row[1] for row in rows],
        "kind_code": [row[3] if len(row) > 3 else None for row in rows],
        **more,
    }
    return gpd.GeoDataFrame(table, geometry=[row[2] for row in rows], crs=CRS)


def sites_at(*places: tuple[float, float], area_m2: float = 100.0) -> gpd.GeoDataFrame:
    ids = [f"P{number}" for number in range(1, len(places) + 1)]
    areas = [area_m2] * len(places)
    shapes = gpd.points_from_xy(*zip(*places, strict=True)) if places else []
    return gpd.GeoDataFrame({"site_id": ids, "site_area_m2": areas}, geometry=shapes, crs=CRS)


def towers_at(
    *places: tuple[float, float], area_m2: float | None = 100.0, status: str = "in service"
) -> gpd.GeoDataFrame:
    layer = sites_at(*places).rename(columns={"site_id": "tower_id"})
    return layer.assign(site_area_m2=area_m2, status=status)


def lines_of(*shapes: shapely.Geometry, layer_id: str = "cable_id") -> gpd.GeoDataFrame:
    ids = [f"L{number}" for number in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({layer_id: ids, "operator": "中国电信"}, geometry=list(shapes), crs=CRS)


def karney_m2(shape: shapely.Geometry, step_deg: float = 1e-5) -> float:
    if shape.is_empty or shapely.get_dimensions(shape) < 2:
        return 0.0
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    dense = shapely.orient_polygons(shapely.segmentize(shapely.MultiPolygon(parts), step_deg))
    return abs(GEOD.geometry_area_perimeter(dense)[0])


def blob(rng: np.random.Generator, lon: float, lat: float, reach: float, *, vertices: int = 12) -> shapely.Polygon:
    turn = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    radius = reach * rng.uniform(0.5, 1.0, vertices)
    shape = shapely.Polygon(np.column_stack([lon + radius * np.cos(turn), lat + radius * np.sin(turn)]))
    return shapely.make_valid(shape, method="structure")


# ------------------------------------------------------------------------------------------------ areas and lengths


@pytest.mark.parametrize("area_m2", [1.0, 60.0, 400.0, 10_000.0])
def test_a_point_takes_exactly_its_area_round_itself(area_m2: float) -> None:
    square = square_round([75.3], [39.4], [area_m2])[0]
    assert karney_m2(square, 1e-6) == pytest.approx(area_m2, rel=1e-7)
    west, south, east, north = square.bounds
    assert GEOD.inv(west, 39.4, east, 39.4)[2] == pytest.approx(GEOD.inv(75.3, south, 75.3, north)[2], rel=1e-6)


def test_a_site_on_the_boundary_of_a_zone_has_half_its_ground_there() -> None:
    zones = zones_of(("Z1", FARM, shapely.box(75, 39, 75.5, 40)))
    found = find_conflicts({"towers": towers_at((75.5, 39.5))}, zones).found
    assert found["area_m2"].tolist() == pytest.approx([50.0], abs=1e-6)
    assert found["part_share"].tolist() == pytest.approx([0.5])


def test_ground_that_only_touches_a_zone_is_not_in_it() -> None:
    square = square_round([75.5], [39.5], [100.0])[0]
    zones = zones_of(("Z1", FARM, shapely.box(square.bounds[2], 39, 76, 40)))
    assert find_conflicts({"towers": towers_at((75.5, 39.5))}, zones).found.empty


def test_an_area_split_by_hand_agrees_with_karney() -> None:
    """A polygon of works of 1.1 × 0.9 km across three zones, one with a hole, one of two parts."""
    work = shapely.Polygon([(75, 39), (75.011, 39.001), (75.0125, 39.0095), (75.0005, 39.008)])
    holed = shapely.box(74.99, 38.99, 75.004, 39.02).difference(shapely.box(75.001, 39.002, 75.002, 39.004))
    parts = shapely.MultiPolygon([shapely.box(75.005, 38.9, 75.006, 39.1), shapely.box(75.007, 38.9, 75.008, 39.003)])
    zones = zones_of(("Z1", FARM, holed), ("Z2", FARM, parts), ("Z3", RED, shapely.box(75.009, 38, 76, 40)))
    works = gpd.GeoDataFrame({"work_id": ["W1"]}, geometry=[work], crs=CRS)
    found = find_conflicts({"works": works}, zones).found.set_index("zone_ids")
    for zone_id, zone in (("Z1", holed), ("Z2", parts), ("Z3", shapely.box(75.009, 38, 76, 40))):
        assert found.loc[zone_id, "area_m2"] == pytest.approx(karney_m2(work.intersection(zone)), abs=0.005)
        assert found.loc[zone_id, "footprint_m2"] == pytest.approx(karney_m2(work), abs=0.005)
    assert found["verdict"].tolist() == ["forbidden", "forbidden", "needs recognition"]


def test_a_line_is_measured_inside_holes_left_out() -> None:
    zone = shapely.box(75, 39, 75.3, 40).difference(shapely.box(75.1, 39, 75.2, 40))
    cable = shapely.LineString([(74.9, 39.5), (75.4, 39.5)])
    found = find_conflicts({"cables": lines_of(cable)}, zones_of(("Z1", RED, zone))).found
    expected = 2 * GEOD.inv(75.0, 39.5, 75.1, 39.5)[2]
    assert found["length_m"].tolist() == pytest.approx([expected], abs=0.01)
    assert found["part_share"].tolist() == pytest.approx([0.4], abs=1e-6)
    assert pd.isna(found["area_m2"][0]) or found["area_m2"][0] == 0


def test_a_strip_has_its_width_times_its_length() -> None:
    cable = shapely.LineString([(75.0, 39.0), (75.05, 39.04)])
    how = ConflictSettings(corridor_width_m=4.0)
    zones = zones_of(("Z1", FARM, shapely.box(74, 38, 76, 40)))
    found = find_conflicts({"cables": lines_of(cable)}, zones, settings=how).found
    length_m = GEOD.line_length([75.0, 75.05], [39.0, 39.04])
    assert found["length_m"][0] == pytest.approx(length_m, abs=0.01)
    assert found["area_m2"][0] == pytest.approx(4.0 * length_m, rel=1e-5)


@pytest.mark.slow
def test_each_pair_agrees_with_brute_force() -> None:
    rng = np.random.default_rng(11)
    zones = zones_of(
        *(
            (f"Z{n:03d}", [FARM, RED, CORE][n % 3], blob(rng, *rng.uniform((75, 39), (75.2, 39.2)), 0.008))
            for n in range(60)
        )
    )
    sites = sites_at(*rng.uniform((75, 39), (75.2, 39.2), (300, 2)), area_m2=40_000.0)
    cables = lines_of(*(shapely.LineString(rng.uniform((75, 39), (75.2, 39.2), (4, 2))) for _ in range(40)))
    how = ConflictSettings(search_radius_m=1.0)
    found = find_conflicts({"planned_sites": sites, "cables": cables}, zones, settings=how).found
    area_of = {
        (a, z): size
        for a, z, size in zip(
            found["facility_id"], found["zone_ids"], found["area_m2"] + found["length_m"], strict=True
        )
    }
    squares = square_round(sites.geometry.x, sites.geometry.y, [40_000.0] * len(sites))
    expected: dict[tuple[str, str], float] = {}
    for kind in (FARM, RED, CORE):
        of_kind = zones[zones["kind"] == kind].sort_values("zone_id")
        for name, shape in [
            *zip(sites["site_id"], squares, strict=True),
            *zip(cables["cable_id"], cables.geometry, strict=True),
        ]:
            before = shapely.Polygon()
            for zone_id, zone in zip(of_kind["zone_id"], of_kind.geometry, strict=True):
                part = shape.intersection(zone).difference(before)
                size = karney_m2(part, 1e-4) if shape.geom_type == "Polygon" else GEOD.geometry_length(part)
                before = before.union(zone)
                if size > 1e-3:
                    expected[name, zone_id] = size
    assert {key for key, size in area_of.items() if size > 1e-3} == set(expected)
    for key, size in expected.items():
        assert area_of[key] == pytest.approx(size, abs=0.005, rel=1e-7), key
    assert len(expected) > 100


# -------------------------------------------------------------------------------------- what parts must add up to


def _land(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    """Part a square of 2 km into classes that lie side by side, some overlapping, some missing."""
    seeds = shapely.MultiPoint(rng.uniform((75, 39), (75.02, 39.02), (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=shapely.box(75, 39, 75.02, 39.02)))
    codes = rng.choice(["0101", "010300", "1306", "0301", "9999"], len(cells))
    rows = [(f"D{n:03d}", LAND, cell, code) for n, (cell, code) in enumerate(zip(cells, codes, strict=True)) if n % 7]
    rows += [(f"E{n}", LAND, blob(rng, *rng.uniform((75, 39), (75.02, 39.02)), 0.003), "0101") for n in range(2)]
    return zones_of(*rows)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(8, 60), area_m2=st.floats(1.0, 200_000.0))
def test_classes_and_what_has_none_sum_to_the_ground(seed: int, count: int, area_m2: float) -> None:
    rng = np.random.default_rng(seed)
    town = ("C1", TOWN, blob(rng, 75.01, 39.01, 0.008), None)
    land = _land(rng, count)
    zones = pd.concat([land, zones_of(town)], ignore_index=True)
    layers = {
        "towers": towers_at(*rng.uniform((75.001, 39.001), (75.019, 39.019), (12, 2)), area_m2=area_m2),
        "ducts": lines_of(
            *(shapely.LineString(rng.uniform((75, 39), (75.02, 39.02), (3, 2))) for _ in range(6)), layer_id="duct_id"
        ),
        "works": gpd.GeoDataFrame({"work_id": ["W"]}, geometry=[blob(rng, 75.01, 39.01, 0.009)], crs=CRS),
    }
    found = find_conflicts(layers, zones).found
    for _, rows in found.groupby(["facility_id", "zone_kind"]):
        assert rows["area_m2"].sum() == pytest.approx(rows["footprint_m2"].iloc[0], abs=0.01)
        assert rows["length_m"].sum() == pytest.approx(rows["total_length_m"].iloc[0], abs=0.01)
        assert rows["part_share"].sum() == pytest.approx(1.0, abs=1e-6)
    parts = np.asarray(found.geometry, dtype=object)
    assert surface_areas(parts) == pytest.approx(found["area_m2"].fillna(0).to_numpy(), abs=0.01)
    assert surface_lengths(parts) == pytest.approx(found["length_m"].fillna(0).to_numpy(), abs=0.01)
    assert found.groupby(["facility_id", "zone_kind"]).ngroups == 2 * (12 + 6 + 1)


def test_a_line_along_the_border_of_two_classes_counts_once() -> None:
    border = shapely.LineString([(75.1, 39.0), (75.1, 39.1)])
    zones = zones_of(
        ("A", LAND, shapely.box(75, 39, 75.1, 39.1), "0101"), ("B", LAND, shapely.box(75.1, 39, 75.2, 39.1), "0301")
    )
    found = find_conflicts({"cables": lines_of(border)}, zones).found
    assert found["class_code"].tolist() == ["0101"]
    assert found["length_m"][0] == pytest.approx(GEOD.line_length([75.1, 75.1], [39.0, 39.1]), abs=1e-3)


def test_a_line_along_the_cut_of_a_large_zone_counts_once() -> None:
    large = shapely.Point(75, 39).buffer(0.1, quad_segs=512)
    middle = (large.bounds[0] + large.bounds[2]) / 2
    along = shapely.LineString([(middle, 38.95), (middle, 39.05)])
    found = find_conflicts({"cables": lines_of(along)}, zones_of(("Z", RED, large))).found
    assert found["length_m"].tolist() == pytest.approx([GEOD.line_length([middle] * 2, [38.95, 39.05])], abs=1e-3)


def test_a_zone_of_many_vertices_gives_what_one_overlay_gives() -> None:
    rng = np.random.default_rng(5)
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    waves = sum(rng.normal(0, 0.3 / n) * np.cos(n * turn + rng.uniform(0, 6)) for n in range(1, 400))
    radius = 0.3 * (1 + 0.2 * waves / np.abs(waves).max())
    large = shapely.Polygon(np.column_stack([75 + radius * np.cos(turn), 39 + radius * np.sin(turn)]))
    works = gpd.GeoDataFrame(
        {"work_id": ["W1", "W2"]},
        geometry=[blob(rng, 75.1, 39, 0.15, vertices=30), shapely.box(75, 39, 75.2, 39.2)],
        crs=CRS,
    )
    found = find_conflicts({"works": works}, zones_of(("Z", FARM, large))).found
    expected = surface_areas(shapely.intersection(np.asarray(works.geometry, dtype=object), large))
    assert found["area_m2"].tolist() == pytest.approx(expected.tolist(), abs=0.01, rel=1e-11)


# ----------------------------------------------------------------------------------------------- verdicts and rules


def test_every_kind_of_zone_says_what_the_plan_says() -> None:
    box = shapely.box(75, 39, 75.1, 39.1)
    verdicts = {}
    for kind in (FARM, RED, CORE, TOWN, LAND):
        found = find_conflicts({"towers": towers_at((75.05, 39.05))}, zones_of(("Z", kind, box, "0101"))).found
        verdicts[kind] = found["verdict"].tolist()
    assert verdicts == {
        FARM: ["forbidden"], RED: ["needs recognition"], CORE: ["forbidden"], TOWN: ["report only"], LAND: ["report only"],
    }  # fmt: skip


def test_the_boundary_of_urban_development_says_inside_outside_or_both() -> None:
    zones = zones_of(("C", TOWN, shapely.box(75, 39, 75.1, 39.1)))
    found = find_conflicts({"towers": towers_at((75.05, 39.05), (75.2, 39.05), (75.1, 39.05))}, zones).found
    told = found.groupby("facility_id")["position"].apply(lambda part: "+".join(sorted(part))).tolist()
    assert told == ["inside", "outside", "inside+outside"]
    assert set(found["verdict"]) == {"report only"}
    assert found.loc[found["facility_id"] == "P3", "area_m2"].tolist() == pytest.approx([50.0, 50.0], abs=1e-5)


def test_land_for_communications_is_allowed_and_codes_are_made_alike() -> None:
    zones = zones_of(
        ("A", LAND, shapely.box(75, 39, 75.1, 39.1), "130600"),
        ("B", LAND, shapely.box(75.1, 39, 75.2, 39.1), "1306 通信用地"),
    )
    found = find_conflicts({"rooms": _room(shapely.box(75.0999, 39.05, 75.1001, 39.0501))}, zones).found
    assert found[["class_code", "class_name", "zone_ids", "verdict"]].to_numpy().tolist() == [
        ["1306", "通信用地", "A;B", "allowed"]
    ]


def _room(shape: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"room_id": ["R1"], "operator": ["中国移动"]}, geometry=[shape], crs=CRS)


def test_what_is_assumed_or_without_a_document_is_said() -> None:
    layers = {"towers": towers_at((75.05, 39.05), (75.06, 39.05), area_m2=None)}
    zones = zones_of(("Z", FARM, shapely.box(75, 39, 75.055, 39.1)), ("C", TOWN, shapely.box(75, 39, 75.1, 39.1)))
    found = find_conflicts(layers, zones).found
    assert found["area_assumed"].all()
    assert (
        found["reason_zh"][0]
        == "位于永久基本农田（Z）：100.00 平方米，占其占地 100.00 平方米的 100.0%；占地面积为假定值"
    )
    assert (
        found["reason_en"][0] == "100.00 m² of 100.00 m² (100.0%) in Z (permanent basic farmland); the area is assumed"
    )
    assert found["basis"][0].startswith("《中华人民共和国土地管理法》")
    town = found[found["zone_kind"] == TOWN]
    assert town["basis"].isna().all()
    assert town["reason_en"].str.endswith("no document found for this rule").all()


def test_the_retired_is_left_out_and_what_stands_gets_other_advice() -> None:
    zones = zones_of(("Z", FARM, shapely.box(75, 39, 75.1, 39.1)))
    assert find_conflicts({"towers": towers_at((75.05, 39.05), status="retired")}, zones).found.empty
    advice = [
        find_conflicts({"towers": towers_at((75.05, 39.05), status=status)}, zones).found["advice_en"][0]
        for status in ("in service", "planned")
    ]
    assert advice[0].startswith("check the land approval")
    assert advice[1].startswith("choose another place")


def test_rules_of_a_project_come_first() -> None:
    own = read_rules(
        """
        [kinds."scenic area"]
        [[rule]]
        id = "scenic"
        zone_kind = "scenic area"
        layers = ["towers"]
        verdict = "needs recognition"
        advice_zh = "采用美化塔"
        advice_en = "camouflage it"
        basis = "《风景名胜区条例》"
        """
    )
    zones = zones_of(
        ("S", "scenic area", shapely.box(75, 39, 75.1, 39.1)), ("Z", FARM, shapely.box(75, 39, 75.1, 39.1))
    )
    conflicts = find_conflicts({"towers": towers_at((75.05, 39.05))}, zones, rules=own)
    assert conflicts.found[["rule_id", "verdict"]].to_numpy().tolist() == [
        ["farmland", "forbidden"],
        ["scenic", "needs recognition"],
    ]
    assert not conflicts.findings


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("rule = 3 =", "Expected newline"),
        ("[rules]", r"\[rules\]"),
        ('[[rule]]\nid = "a"', "a: zone_kind"),
        (
            '[[rule]]\nid = "a"\nzone_kind = "b"\nverdict = "maybe"\nadvice_zh = "c"\nadvice_en = "d"',
            "verdict = 'maybe'",
        ),
        (
            '[[rule]]\nid = "a"\nzone_kind = "b"\nverdict = "allowed"\nadvice_zh = "c"\nadvice_en = "d"\nlayer = 1',
            "a: layer",
        ),
        (
            '[[rule]]\nid = "a"\nzone_kind = "b"\nverdict = "allowed"\nadvice_zh = "c"\nadvice_en = "d"\nlayers = [1]',
            "a: layers",
        ),
        ('[kinds.x]\nby_class = "yes"', "kinds"),
        ("rule = [3]", r"\[\[rule\]\]"),
        ("rule = 3", r"\[\[rule\]\]"),
        ("kinds = 3", r"\[kinds\]"),
    ],
)
def test_wrong_rules_are_refused(content: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        read_rules(content, file="own.toml")


def test_every_rule_of_the_package_has_advice_and_a_kind_of_the_catalogue() -> None:
    rules = package_rules()
    assert len({one.id for one in rules.rules}) == len(rules.rules)
    for one in rules.rules:
        assert one.zone_kind in {FARM, RED, CORE, TOWN, LAND}
        assert all(one.advice(lang, planned=planned) for lang in ("zh", "en") for planned in (True, False))


# ------------------------------------------------------------------------------------------------------ bad zones


def test_bad_zones_are_findings_and_do_not_stop_the_rest() -> None:
    bow = shapely.Polygon([(75, 39), (75.1, 39.1), (75.1, 39), (75, 39.1)])
    box = shapely.box(75, 39, 75.1, 39.1)
    zones = zones_of(
        ("BOW", FARM, bow), ("NOKIND", None, box), ("BLANK", " ", box), ("STRANGE", "军事禁区", box), ("EMPTY", RED, shapely.Polygon()),
        ("NONE", RED, None), ("FLAT", RED, shapely.Polygon([(75, 39), (76, 39), (75, 39)])), ("CODE", LAND, box, "77"),
        source=[f"plan.gdb|zones|{row}" for row in range(1, 9)],
    )  # fmt: skip
    conflicts = find_conflicts({"towers": towers_at((75.01, 39.05))}, zones)
    told = sorted((finding.rule, finding.feature, finding.row) for finding in conflicts.findings)
    assert told == [
        ("OM-ATT-261", "BLANK", 3), ("OM-ATT-261", "NOKIND", 2), ("OM-ATT-262", "STRANGE", 4), ("OM-ATT-263", "CODE", 8),
        ("OM-GEO-261", "BOW", 1), ("OM-GEO-261", "EMPTY", 5), ("OM-GEO-261", "FLAT", 7), ("OM-GEO-261", "NONE", 6),
    ]  # fmt: skip
    assert all(finding.message("zh") and finding.hint("en") for finding in conflicts.findings)
    assert sorted(conflicts.found["zone_ids"]) == ["BOW", "CODE", "STRANGE"]
    strange = conflicts.found[conflicts.found["zone_ids"] == "STRANGE"].iloc[0]
    assert (strange["verdict"], strange["rule_id"]) == ("report only", "no-rule")


def test_zones_of_one_kind_that_overlap_count_once_and_are_a_finding() -> None:
    zones = zones_of(
        ("B", FARM, shapely.box(75, 39, 75.1, 39.1)),
        ("A", FARM, shapely.box(75.05, 39, 75.15, 39.1)),
        ("A2", FARM, shapely.box(75.15, 39, 75.2, 39.1)),
    )
    conflicts = find_conflicts({"towers": towers_at((75.07, 39.05), (75.05, 39.05))}, zones)
    rows = conflicts.found[["facility_id", "zone_ids"]].to_numpy().tolist()
    assert rows == [["P1", "A"], ["P2", "A"], ["P2", "B"]]
    assert conflicts.found["area_m2"].tolist() == pytest.approx([100.0, 50.0, 50.0], abs=1e-5)
    assert [(finding.rule, finding.feature, finding.values["other"]) for finding in conflicts.findings] == [
        ("OM-TOP-261", "B", "A")
    ]
    shared = karney_m2(shapely.box(75.05, 39, 75.1, 39.1), 1e-4)
    assert float(str(conflicts.findings[0].values["area_m2"])) == pytest.approx(shared, rel=1e-6)


def test_the_same_zone_twice_is_one_finding_and_one_row() -> None:
    box = shapely.box(75, 39, 75.1, 39.1)
    conflicts = find_conflicts({"towers": towers_at((75.05, 39.05))}, zones_of(("A", RED, box), ("A", RED, box)))
    assert conflicts.found["area_m2"].tolist() == pytest.approx([100.0])
    assert [finding.rule for finding in conflicts.findings] == ["OM-TOP-261"]


def test_control_lines_that_overlap_are_a_finding_and_count_for_both() -> None:
    box = shapely.box(75, 39, 75.1, 39.1)
    conflicts = find_conflicts(
        {"towers": towers_at((75.05, 39.05))}, zones_of(("A", RED, box), ("B", FARM, box), ("C", CORE, box))
    )
    assert conflicts.found["verdict"].tolist() == ["forbidden", "forbidden", "needs recognition"]
    assert [finding.rule for finding in conflicts.findings] == ["OM-TOP-262"]
    assert "永久基本农田" in conflicts.findings[0].message("zh")


def test_borders_and_corners_in_common_are_no_overlap() -> None:
    zones = zones_of(
        *(
            (f"Z{i}{j}", FARM, shapely.box(75 + i / 10, 39 + j / 10, 75.1 + i / 10, 39.1 + j / 10))
            for i in range(3)
            for j in range(3)
        )
    )
    assert not find_conflicts({}, zones).findings


def test_nothing_to_hold_or_no_zone_gives_nothing() -> None:
    zones = zones_of(("Z", FARM, shapely.box(75, 39, 75.1, 39.1)))
    for layers, against in (
        ({}, zones),
        ({"towers": towers_at((75.05, 39.05))}, zones.iloc[:0]),
        ({"towers": towers_at((75.05, 39.05)).iloc[:0]}, zones),
    ):
        conflicts = find_conflicts(layers, against)
        assert len(conflicts.found) == len(conflicts.places) == len(conflicts.findings) == 0
        assert "verdict" in conflicts.found


def test_arguments_stay_as_they_are_and_crs_is_required() -> None:
    zones, towers = zones_of(("Z", FARM, shapely.box(75, 39, 75.1, 39.1))), towers_at((75.05, 39.05))
    before = zones.copy(), towers.copy()
    find_conflicts({"towers": towers}, zones)
    pd.testing.assert_frame_equal(zones, before[0])
    pd.testing.assert_frame_equal(towers, before[1])
    with pytest.raises(CRSError, match="EPSG:4326"):
        find_conflicts({"towers": towers}, zones.to_crs(4326))
    with pytest.raises(LayerError, match="towers"):
        find_conflicts({"towers": towers.set_geometry([None], crs=CRS)}, zones)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="tower_area_m2 must be more than zero"):
        ConflictSettings(tower_area_m2=0)
    with pytest.raises(ValueError, match="clearance_m must not be negative"):
        ConflictSettings(clearance_m=-1)


def test_room_polygons_stay_as_they_are_and_points_use_their_own_default() -> None:
    shape = shapely.box(75, 39, 75.0002, 39.0001)
    rooms = pd.concat([_room(shape), _room(shapely.Point(75.1, 39)).assign(room_id="R2")], ignore_index=True)
    table = facilities_of({"rooms": rooms}, ConflictSettings()).table
    assert table["area_m2"].tolist() == pytest.approx([karney_m2(shape), 60.0], rel=1e-6)
    assert table["area_assumed"].tolist() == [False, True]


# -------------------------------------------------------------------------------------------- nearest allowed place


@pytest.mark.parametrize("azimuth", [0, 90, 180, 270])
def test_the_place_lies_straight_across_the_boundary(azimuth: int) -> None:
    """A zone of 0.2 degrees, the site 300 m inside one of its sides."""
    west, south, east, north = 75.0, 39.0, 75.2, 39.2
    start = {0: (75.1, north), 90: (east, 39.1), 180: (75.1, south), 270: (west, 39.1)}[azimuth]
    lon, lat, _ = GEOD.fwd(*start, (azimuth + 180) % 360, 300.0)
    zones = zones_of(("Z", FARM, shapely.box(west, south, east, north)))
    places = find_conflicts({"planned_sites": sites_at((lon, lat), area_m2=200.0)}, zones).places
    offset_m = 10.0 + 10.0  # clearance, half the diagonal of 200 m²
    assert places["distance_m"][0] == pytest.approx(300.0 + offset_m, abs=0.1)
    assert abs((places["azimuth_deg"][0] - azimuth + 180) % 360 - 180) < 0.2
    assert places.geometry[0].geom_type == "LineString"


def test_the_place_agrees_with_a_search_of_all_places() -> None:
    rng = np.random.default_rng(23)
    how = ConflictSettings(search_radius_m=1500.0, clearance_m=15.0)
    scale = math.cos(math.radians(39.1))
    for _ in range(12):
        forbidden = np.array(
            [blob(rng, *rng.normal((75.1, 39.1), 0.003), 0.006, vertices=15) for _ in range(4)], dtype=object
        )
        site = shapely.point_on_surface(forbidden[0])
        place = nearest_allowed_place((site.x, site.y), 400.0, forbidden, settings=how)
        need_m = math.sqrt(200.0) + 15.0
        azimuth, reach = np.meshgrid(np.arange(0, 360, 2.0), np.arange(0, 1500, 10.0))
        lon, lat, _ = GEOD.fwd(
            np.full(azimuth.size, site.x), np.full(azimuth.size, site.y), azimuth.ravel(), reach.ravel()
        )
        union = shapely.union_all(forbidden)
        flat = shapely.transform(union, lambda xy: xy * (111_317 * scale, 111_030))
        clear_m = shapely.distance(flat, shapely.points(lon * 111_317 * scale, lat * 111_030))
        allowed = reach.ravel()[clear_m >= need_m * 1.01]
        if place is None:
            assert not len(allowed)
            continue
        assert place.distance_m <= allowed.min() + 1.0
        at = shapely.points(place.lon * 111_317 * scale, place.lat * 111_030)
        assert shapely.distance(flat, at) >= need_m * 0.998


def test_the_square_at_the_place_is_wholly_allowed_however_it_is_turned() -> None:
    rng = np.random.default_rng(2)
    zones = zones_of(
        *((f"Z{n}", [FARM, RED][n % 2], blob(rng, *rng.normal((75.1, 39.1), 0.002), 0.004)) for n in range(6))
    )
    conflicts = find_conflicts(
        {"planned_sites": sites_at(*rng.normal((75.1, 39.1), 0.002, (20, 2)), area_m2=900.0)}, zones
    )
    assert conflicts.places["found"].any()
    union = shapely.union_all(zones.geometry.to_numpy())
    for line in conflicts.places[conflicts.places["found"]].geometry:
        lon, lat = line.coords[-1]
        radius = math.sqrt(450.0)
        turns = np.arange(0, 360, 5.0)
        around = GEOD.fwd(np.full(72, lon), np.full(72, lat), turns, np.full(72, radius + 9.9))
        assert not union.intersects(shapely.Polygon(np.column_stack(around[:2])))


def test_a_hole_of_a_zone_serves_if_it_is_wide_enough() -> None:
    lon, lat = 75.1, 39.1
    hole = square_round([lon], [lat], [60.0**2])[0]
    site = GEOD.fwd(lon, lat, 90.0, 60.0)[:2]
    for hole_shape, near in ((hole, True), (square_round([lon], [lat], [30.0**2])[0], False)):
        zone = shapely.Point(lon, lat).buffer(0.01).difference(hole_shape)
        places = find_conflicts({"planned_sites": sites_at(site, area_m2=200.0)}, zones_of(("Z", FARM, zone))).places
        assert (places["distance_m"][0] < 60.0) == near


def test_no_place_within_the_radius_is_said() -> None:
    zones = zones_of(("Z", CORE, shapely.box(75, 39, 75.2, 39.2)))
    conflicts = find_conflicts({"planned_sites": sites_at((75.1, 39.1))}, zones)
    assert conflicts.places["found"].tolist() == [False]
    assert conflicts.places.geometry[0].geom_type == "Point"
    assert conflicts.found["reason_en"][0].endswith("no allowed place within 2,000 m")
    assert conflicts.found["place_lon"].isna().all()


def test_a_place_lies_within_the_districts() -> None:
    zones = zones_of(("Z", FARM, shapely.box(75, 39, 75.01, 39.2)))
    county = gpd.GeoDataFrame(
        {"code": ["659900"], "name": ["示范县"]}, geometry=[shapely.box(75.0005, 39, 75.2, 39.2)], crs=CRS
    )
    site = sites_at((75.002, 39.1))
    west = find_conflicts({"planned_sites": site}, zones).places
    east = find_conflicts({"planned_sites": site}, zones, districts=county).places
    assert west["reason_en"][0].split(", ")[0].endswith("to the west")
    assert east["reason_en"][0].split(", ")[0].endswith("to the east")


def test_a_place_avoids_zones_that_need_recognition_too_but_not_a_boundary() -> None:
    zones = zones_of(
        ("F", FARM, shapely.box(75.0, 39.0, 75.01, 39.1)), ("R", RED, shapely.box(74.9, 39.0, 75.0, 39.1)),
        ("C", TOWN, shapely.box(75.01, 39.0, 75.1, 39.1)),
    )  # fmt: skip
    conflicts = find_conflicts({"planned_sites": sites_at((75.001, 39.05))}, zones)
    assert conflicts.places["azimuth_deg"][0] == pytest.approx(90, abs=0.5)
    assert conflicts.places["zone_ids"].tolist() == ["F"]


def test_what_stands_gets_no_place_and_a_planned_tower_does() -> None:
    zones = zones_of(("F", FARM, shapely.box(75.0, 39.0, 75.01, 39.1)))
    towers = pd.concat(
        [towers_at((75.001, 39.05)), towers_at((75.001, 39.06), status="planned").assign(tower_id="P2")],
        ignore_index=True,
    )
    assert find_conflicts({"towers": towers}, zones).places["facility_id"].tolist() == ["P2"]


def test_rows_come_in_the_same_order_whatever_the_order_of_zones() -> None:
    rng = np.random.default_rng(4)
    zones = zones_of(*((f"Z{n:02d}", [FARM, RED, LAND][n % 3], blob(rng, 75.1, 39.1, 0.01), "0101") for n in range(9)))
    sites = sites_at(*rng.normal((75.1, 39.1), 0.004, (15, 2)))
    one = find_conflicts({"planned_sites": sites}, zones).found
    other = find_conflicts({"planned_sites": sites}, zones.iloc[::-1].reset_index(drop=True)).found
    same = ["facility_id", "zone_ids", "verdict", "reason_zh"]
    pd.testing.assert_frame_equal(one[same], other[same])


def test_a_border_drawn_twice_is_no_overlap() -> None:
    """One millimetre along eleven kilometres."""
    zones = zones_of(
        ("A", FARM, shapely.box(75, 39, 75.1, 39.1)),
        ("B", FARM, shapely.box(75.1 - 1e-8, 39, 75.2, 39.1)),
    )
    assert not find_conflicts({}, zones).findings


def test_a_stretch_that_a_line_runs_there_and_back_counts_once() -> None:
    spur = shapely.LineString(
        [(75.0, 39.0), (75.1, 39.0), (75.1, 39.05), (75.1, 39.0), (75.2, 39.0), (75.15, 38.9), (75.05, 39.04)]
    )
    zones = zones_of(("Z", LAND, shapely.box(74, 38, 75.12, 40), "0101"))
    found = find_conflicts({"cables": lines_of(spur)}, zones).found
    route_m = GEOD.line_length(*np.array(spur.coords).T) - GEOD.line_length([75.1, 75.1], [39.0, 39.05])
    assert found["total_length_m"][0] == pytest.approx(route_m, abs=0.01)
    assert found["length_m"].sum() == pytest.approx(route_m, abs=0.01)
