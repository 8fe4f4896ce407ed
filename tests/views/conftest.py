"""A small made-up county with everything that views show."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine

from onemap.layers.grid import Grid
from onemap.views.view_settings import ViewSettings
from tests.views.plans import make_plan

WEST, SOUTH, EAST, NORTH = 74.9, 39.35, 75.6, 39.95
CHROMIUM = "/usr/bin/chromium"
OPERATORS = ("中国移动", "中国联通", "中国电信")


def frame(columns: dict, geometry, crs: str = "EPSG:4490") -> gpd.GeoDataFrame:
    """Make a layer."""
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=crs)


def make_county(rng: np.random.Generator) -> tuple[dict, dict]:
    """Make layers and results of a county of some 60 × 66 km."""
    layers = _supply(rng) | _people(rng) | _ground()
    return layers, _results(layers, rng)


def _points(rng: np.random.Generator, count: int) -> np.ndarray:
    places = np.column_stack(
        [rng.uniform(WEST + 0.03, EAST - 0.03, count), rng.uniform(SOUTH + 0.03, NORTH - 0.03, count)]
    )
    return shapely.points(places)


def _supply(rng: np.random.Generator) -> dict:
    owners = rng.choice([*OPERATORS, "中国铁塔"], 120)
    towers = frame(
        {
            "tower_id": [f"T{n:04d}" for n in range(120)],
            "name": [f"{n}号站" for n in range(120)],
            "owner": pd.array(owners, dtype="string"),
            "tenants": pd.array(["中国移动;中国电信"] * 120, dtype="string"),
            "height_agl_m": rng.uniform(15, 50, 120).round(),
            "platforms_free": pd.array([1, None] * 60, dtype="Int64"),
            "has_room": pd.array([True, None] * 60, dtype="boolean"),
            "status": "in service",
            "source": [f"telecom_sites.csv||{n + 2}" for n in range(120)],
        },
        _points(rng, 120),
    )
    cells = frame(
        {
            "cell_id": [f"C{n}" for n in range(120)],
            "tower_id": towers["tower_id"],
            "operator": pd.array(rng.choice(OPERATORS, 120), dtype="string"),
            "technology": "4G",
            "azimuth_deg": 120.0,
            "source": "cells.gpkg|cells|1",
        },
        towers.geometry,
    )
    structures = frame(
        {
            "structure_id": [f"P{n}" for n in range(300)],
            "kind": ["power tower", "light pole"] * 150,
            "owner": "某供电公司",
            "height_agl_m": 32.0,
            "source": "power.kml|线路|1",
        },
        _points(rng, 300),
    )
    line = shapely.LineString([(WEST + 0.05, SOUTH + 0.1), (75.2, 39.6), (EAST - 0.05, NORTH - 0.1)])
    cables = frame(
        {
            "cable_id": ["L1", "L2"],
            "operator": ["中国移动", "中国联通"],
            "sheath_km": [55.2, 54.9],
            "source": ["cables.gdb|trunk|1", "cables.gdb|trunk|2"],
        },
        [line, shapely.transform(line, lambda places: places + np.array([0.001, 0]))],
    )
    rooms = frame(
        {"room_id": ["R1"], "name": ["汇聚机房"], "operator": ["中国电信"], "kind": ["aggregation"]}, _points(rng, 1)
    )
    return {"towers": towers, "cells": cells, "structures": structures, "cables": cables, "rooms": rooms}


def _people(rng: np.random.Generator) -> dict:
    villages = frame(
        {
            "village_id": [f"6599001{n:05d}" for n in range(20)],
            "name": [f"第{n}村" for n in range(20)],
            "households": pd.array([120] * 20, dtype="Int64"),
            "population": pd.array([480] * 20, dtype="Int64"),
        },
        _points(rng, 20),
    )
    settlements = frame(
        {
            "settlement_id": [f"S{n}" for n in range(80)],
            "name": [f"{n}组" for n in range(80)],
            "village_id": [f"6599001{n % 20:05d}" for n in range(80)],
            "households": pd.array([30] * 80, dtype="Int64"),
        },
        _points(rng, 80),
    )
    schools = frame(
        {
            "school_id": [f"X{n}" for n in range(10)],
            "name": [f"第{n}小学" for n in range(10)],
            "pupils": pd.array([90] * 10, dtype="Int64"),
        },
        _points(rng, 10),
    )
    posts = frame({"post_id": ["B1", "B2"], "name": ["一号检查站", "互市点"], "kind": "检查站"}, _points(rng, 2))
    return {"villages": villages, "settlements": settlements, "schools": schools, "posts": posts}


def _ground() -> dict:
    middle = (WEST + EAST) / 2
    districts = frame(
        {"code": ["659900101", "659900102"], "name": ["东镇", "西乡"], "level": "town"},
        [shapely.box(WEST, SOUTH, middle, NORTH), shapely.box(middle, SOUTH, EAST, NORTH)],
    )
    roads = frame(
        {
            "road_id": ["D1", "D2"],
            "ref": ["G999", "S201"],
            "name": ["边境路", None],
            "is_border": pd.array([True, False], dtype="boolean"),
        },
        [
            shapely.LineString([(WEST + 0.02, SOUTH + 0.05), (75.1, 39.7), (EAST - 0.02, NORTH - 0.02)]),
            shapely.MultiLineString([[(75.0, 39.9), (75.2, 39.6)], [(75.2, 39.6), (75.5, 39.4)]]),
        ],
    )
    zones = frame(
        {
            "zone_id": ["Z1", "Z2", "Z3"],
            "kind": ["permanent basic farmland", "ecological red line", "urban development boundary"],
        },
        [
            shapely.box(75.0, 39.5, 75.1, 39.58),
            shapely.box(75.3, 39.7, 75.5, 39.9),
            shapely.box(75.15, 39.55, 75.25, 39.62),
        ],
    )
    return {"districts": districts, "roads": roads, "zones": zones}


def _gap_rows(places: gpd.GeoDataFrame, layer: str, chosen: range) -> list[dict]:
    id_field = {"settlements": "settlement_id", "schools": "school_id", "posts": "post_id"}[layer]
    return [
        {
            "target_layer": layer,
            "target_id": places[id_field].iloc[n],
            "name": places["name"].iloc[n],
            "village_id": "659900100001",
            "households": 30,
            "technology": technology,
            "operator": operator,
            "verdict": "depends" if n % 5 == 0 else "uncovered",
            "nearest_tower_id": "T0001",
            "nearest_tower_m": 6234.5,
            "reason_zh": "8 个小区都被地形挡住；最近的站址 T0001 在 6.2 km 外。",
            "reason_en": "terrain blocks all 8 cells; the nearest tower T0001 is 6.2 km away.",
            "source": f"places.xlsx|Sheet1|{n + 3}",
            "geometry": places.geometry.iloc[n],
        }
        for n in chosen
        for technology in ("4G", "5G")
        for operator in ("any", "中国移动")
        if technology == "5G" or n % 2 == 0
    ]


def _results(layers: dict, rng: np.random.Generator) -> dict:
    rows = _gap_rows(layers["settlements"], "settlements", range(0, 60, 3))
    rows += _gap_rows(layers["schools"], "schools", range(0, 8, 2)) + _gap_rows(layers["posts"], "posts", range(1))
    gap_points = gpd.GeoDataFrame(rows, crs="EPSG:4490").astype({"households": "Int64"})
    gap_points["population"] = pd.array([None] * len(gap_points), dtype="Int64")
    results = {"gap_points": gap_points, "verdicts": _verdicts(layers)}
    return results | _village_results(layers) | _road_results(layers) | _sharing_results(layers)


def _verdicts(layers: dict) -> gpd.GeoDataFrame:
    rows = [
        {
            "target_layer": layer,
            "target_id": str(n),
            "name": name,
            "technology": technology,
            "operator": operator,
            "verdict": verdict,
            "geometry": place,
        }
        for layer in ("settlements", "schools", "posts")
        for n, (name, place) in enumerate(zip(layers[layer]["name"], layers[layer].geometry, strict=True))
        for technology in ("4G", "5G")
        for operator in ("any", *OPERATORS)
        for verdict in (["covered", "covered", "depends", "uncovered"][(n + len(operator)) % 4],)
    ]
    return gpd.GeoDataFrame(rows, crs="EPSG:4490")


def _village_results(layers: dict) -> dict:
    villages = layers["villages"]
    rows = [
        {
            "village_id": villages["village_id"].iloc[n],
            "name": villages["name"].iloc[n],
            "households": 120,
            "population": 480,
            "technology": technology,
            "operator": operator,
            "verdict": ["covered", "covered", "uncovered", "depends"][n % 4],
            "near_station": n % 4 < 2,
            "nearest_station_m": 5800.0,
            "places_total": 6,
            "places_covered": 4,
            "failing_places": "3组;5组",
            "reason_zh": "村委会 5 km 内没有基站，且 2 个自然村未覆盖。",
            "reason_en": "no station within 5 km of the committee, and 2 settlements are uncovered.",
            "source": f"villages.csv||{n + 2}",
            "geometry": villages.geometry.iloc[n],
        }
        for n in range(20)
        for technology in ("4G", "5G")
        for operator in ("any", "中国移动")
    ]
    return {"village_verdicts": gpd.GeoDataFrame(rows, crs="EPSG:4490")}


def _road_results(layers: dict) -> dict:
    road = layers["roads"].geometry.iloc[0]
    shared = {"road_id": "D1", "ref": "G999", "road_name": "边境路", "is_border": True}
    stretches = [
        {
            **shared,
            "technology": technology,
            "operator": operator,
            "verdict": verdict,
            "from_m": start * 1000.0,
            "to_m": start * 1000.0 + 6000,
            "chainage_from": f"K{start}+000",
            "chainage_to": f"K{start + 6}+000",
            "length_m": 6000.0,
            "reason_zh": "K 段无信号",
            "reason_en": "no service along the stretch",
            "geometry": shapely.LineString(
                [road.interpolate(f, normalized=True) for f in np.linspace(start / 60, start / 60 + 0.1, 8)]
            ),
        }
        for technology in ("4G", "5G")
        for operator in ("any", "中国移动")
        for start, verdict in ((8, "uncovered"), (30, "depends"), (44, "uncovered"))
    ]
    summary = [
        {
            **shared,
            "technology": technology,
            "operator": operator,
            "length_m": 60_000.0,
            "covered_m": 42_000.0,
            "depends_m": 6_000.0,
            "uncovered_m": 12_000.0,
            "covered_share": 0.7,
            "longest_gap_m": 6_000.0,
            "meets_target": False,
            "geometry": road,
        }
        for technology in ("4G", "5G")
        for operator in ("any", *OPERATORS)
    ]
    return {
        "gap_stretches": gpd.GeoDataFrame(stretches, crs="EPSG:4490"),
        "road_summary": gpd.GeoDataFrame(summary, crs="EPSG:4490"),
    }


def _sharing_results(layers: dict) -> dict:
    place, tower = layers["settlements"].geometry.iloc[0], layers["towers"].geometry.iloc[0]
    reasons = {
        "reason_zh": "站址 T0000 可见，还有 1 个空闲平台。",
        "reason_en": "tower T0000 sees it and has 1 free platform.",
    }
    match = {
        "place_layer": ["settlements"],
        "place_id": ["S0"],
        "place_name": ["0组"],
        "technology": ["4G"],
        "candidate_layer": ["towers"],
        "candidate_id": ["T0000"],
        "candidate_owner": ["中国铁塔"],
        "distance_m": [3210.4],
        "clearance_m": [12.5],
        "height_agl_m": [35.0],
        "platforms_free": pd.array([1], dtype="Int64"),
        "rank": pd.array([1], dtype="Int64"),
        **{key: [value] for key, value in reasons.items()},
    }
    pair = {
        "tower_a": ["T0000"],
        "tower_b": ["T0001"],
        "owner_a": ["中国移动"],
        "owner_b": ["中国联通"],
        "distance_m": [45.2],
        "limit_m": [500.0],
    }
    cluster = {
        "cluster_id": ["K1"],
        "tower_ids": ["T0000;T0001"],
        "operators": ["中国移动;中国联通"],
        "tower_count": [2],
        "span_m": [45.2],
        "keeper_id": ["T0000"],
    }
    near = shapely.LineString([tower, layers["towers"].geometry.iloc[1]])
    return {
        "sharing_matches": frame(match, [shapely.LineString([place, tower])]),
        "colocation_pairs": frame(pair | {key: [value] for key, value in reasons.items()}, [near]),
        "colocation_clusters": frame(cluster | {key: [value] for key, value in reasons.items()}, [tower]),
    }


def make_elevation() -> Grid:
    """Make hills over the county and its rim."""
    step = 0.0025
    lon, lat = np.meshgrid(np.arange(WEST - 0.2, EAST + 0.2, step), np.arange(NORTH + 0.2, SOUTH - 0.2, -step))
    values = 2500 + 500 * np.sin(lon * 40) * np.cos(lat * 55) + 180 * np.sin(lon * 130 + lat * 90)
    values[:10, :10] = np.nan
    return Grid(values, Affine(step, 0, WEST - 0.2, 0, -step, NORTH + 0.2), "EPSG:4490")


@pytest.fixture(scope="session")
def county() -> tuple[dict, dict]:
    return make_county(np.random.default_rng(7))


@pytest.fixture(scope="session")
def elevation() -> Grid:
    return make_elevation()


@pytest.fixture(scope="session")
def settings() -> ViewSettings:
    return ViewSettings("示范县", dt.date(2026, 1, 1), simulated=True, technologies=("4G", "5G"), operators=OPERATORS)


@pytest.fixture(scope="session")
def english(settings: ViewSettings) -> ViewSettings:
    return replace(settings, lang="en")


PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "${alert(4)}",
    "`+alert(5)+`",
    '" onmouseover="alert(6)',
    "'-alert(7)-'",
    "{{7*7}}<svg onload=alert(8)>\\",
)
KEPT = ("technology", "operator", "verdict", "target_layer", "place_layer", "candidate_layer", "code", "geometry")


def hostile(layer: gpd.GeoDataFrame, start: int) -> gpd.GeoDataFrame:
    """Put a payload in the place of every text."""
    changed = layer.copy()
    for place, column in enumerate(changed.columns):
        if column in KEPT or not all(
            isinstance(value, str) or value is None for value in changed[column].astype(object)
        ):
            continue
        changed[column] = [PAYLOADS[(start + place + n) % len(PAYLOADS)] for n in range(len(changed))]
    return changed


@pytest.fixture(scope="session")
def planned(county: tuple[dict, dict]) -> dict:
    """Results with those of a small plan."""
    return {**county[1], **make_plan(county[1])}


@pytest.fixture(scope="session")
def hostile_planned(planned: dict) -> dict:
    """The same with a payload in the place of every text but those that a view is chosen by."""
    kept = {"plan_sites": ["kind", "technologies"], "plan_served": ["state", "target_id"], "plan_connections": ["way"]}
    own = [name for name in planned if name.startswith("plan_") or name == "satellite_looks"]
    bad = {name: hostile(planned[name], n) for n, name in enumerate(own)}
    for name, columns in kept.items():
        bad[name] = bad[name].assign(**{column: planned[name][column] for column in columns})
    return {**planned, **bad}


@pytest.fixture(scope="session")
def hostile_county(county: tuple[dict, dict]) -> tuple[dict, dict]:
    layers, results = county
    return (
        {name: hostile(layer, n) for n, (name, layer) in enumerate(layers.items())},
        {name: hostile(layer, n) for n, (name, layer) in enumerate(results.items())},
    )


@pytest.fixture(scope="session")
def hostile_settings(settings: ViewSettings) -> ViewSettings:
    return replace(
        settings,
        county_name=PAYLOADS[1],
        data_class=PAYLOADS[2],
        title_zh=PAYLOADS[1] + PAYLOADS[3],
        title_en=PAYLOADS[0] + PAYLOADS[7],
    )


def pytest_collection_modifyitems(items):
    """Leave what needs a browser out of the quick tests, but for two pages that must open."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()) and "opens_offline" not in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def browser():
    """Chromium, or a skip with a message."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"chromium is not at {CHROMIUM}")
    flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


class Visit:
    """A page opened from disk with the network off, and what it did that it should not."""

    def __init__(self, browser, path: Path) -> None:
        self.context = browser.new_context(viewport={"width": 1400, "height": 900})
        self.context.set_offline(True)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("dialog", self._dialog)
        self.page.goto(path.as_uri())

    def _console(self, message) -> None:
        self.faults.append(message.text)

    def _dialog(self, dialog) -> None:
        self.faults.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def elsewhere(self) -> list[str]:
        """Give the requests that left the disk."""
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]


@pytest.fixture
def visit(browser):
    visits: list[Visit] = []

    def go(path: Path) -> Visit:
        visits.append(Visit(browser, path))
        return visits[-1]

    yield go
    for one in visits:
        one.context.close()
