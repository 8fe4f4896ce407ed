"""The pilot, read and conformed, against the truth that its generator computed by formulas of its own."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from onemap.config import load_project
from onemap.layers.catalogue import catalogue
from onemap.workflows.reading import Inputs, read_layers

GEOD = Geod(a=6378137.0, rf=298.257222101)
POINT_LAYERS = (
    "towers", "cells", "rooms", "villages", "settlements", "schools", "clinics", "posts", "structures", "demands",
    "planned_sites", "kilometre_posts", "finished_places", "measurements",
)  # fmt: skip
OUTLINE_LAYERS = ("cables", "roads", "zones", "districts", "ducts", "works")


@pytest.fixture(scope="module")
def inputs(root: Path) -> Inputs:
    return read_layers(load_project(root / "data" / "pilot"))


def truth_of(pilot: Path, layer: str) -> pd.DataFrame:
    table = pd.read_csv(pilot / "truth" / f"{layer}.csv", dtype={"layer": str}, keep_default_na=False)
    table["source"] = table["file"] + "|" + table["layer"] + "|" + table["row"].astype(str)
    return table


@pytest.mark.parametrize("layer", POINT_LAYERS)
def test_points_agree_with_the_truth_within_a_millimetre(inputs: Inputs, pilot: Path, layer: str) -> None:
    truth = truth_of(pilot, layer).set_index("source")
    found = inputs.layers[layer].set_index("source")
    assert sorted(found.index) == sorted(truth.index)
    truth = truth.loc[found.index]
    _, _, distance_m = GEOD.inv(found.geometry.x, found.geometry.y, truth["lon"], truth["lat"])
    assert np.max(distance_m) < 0.001


@pytest.mark.parametrize("layer", OUTLINE_LAYERS)
def test_lines_and_polygons_agree_with_the_truth_within_a_millimetre(inputs: Inputs, pilot: Path, layer: str) -> None:
    truth = truth_of(pilot, layer)
    found = inputs.layers[layer].set_index("source")
    assert sorted(found.index) == sorted(truth["source"].unique())
    for source, vertices in truth.groupby("source"):
        outline = shapely.get_coordinates(found.geometry[source])[vertices["vertex"].to_numpy()]
        _, _, distance_m = GEOD.inv(outline[:, 0], outline[:, 1], vertices["lon"], vertices["lat"])
        assert np.max(distance_m) < 0.001, source


def test_every_planted_fault_is_found_and_nothing_else_is(inputs: Inputs, pilot: Path) -> None:
    with (pilot / "truth" / "faults.csv").open(encoding="utf-8-sig") as file:
        planted = [
            (row["file"], int(row["row"]), row["expected_rule"], row["expected_action"]) for row in csv.DictReader(file)
        ]
    found = [(finding.file, finding.row, finding.rule, finding.action) for finding in inputs.findings]
    assert Counter(found) == Counter(planted)


def test_every_row_goes_on_or_is_rejected_once(inputs: Inputs, pilot: Path) -> None:
    counts = pd.read_csv(pilot / "truth" / "counts.csv", dtype={"layer": str}, keep_default_na=False)
    rejected = Counter(finding.file for finding in inputs.findings if finding.action == "rejected")
    assert sum(rejected.values()) == counts["rejected"].sum()
    for canonical, part in counts.groupby("canonical"):
        layer = inputs.layers[str(canonical)]
        assert layer["source"].is_unique
        assert len(layer) == part["accepted"].sum()


def test_each_source_says_how_it_came_to_the_working_system(inputs: Inputs) -> None:
    operations = {record["file"]: record for record in inputs.operations}
    assert "coordinate" in str(operations["roads.shp"]["pipeline"])
    assert "GCJ-02" in str(operations["telecom_sites.csv"]["operation"])
    assert "BD-09" in str(operations["schools.xlsx"]["operation"])
    assert operations["unicom.gpkg"]["accuracy_m"] == 1.0
    assert all(record["PROJ"] for record in inputs.operations)


def test_layers_hold_the_fields_of_the_catalogue_in_its_kinds(inputs: Inputs) -> None:
    for name, layer in inputs.layers.items():
        schema = catalogue()[name]
        for column in layer.columns.drop(["source", "geometry"]):
            kind = schema.field(column).kind
            expected = {"integer": "Int64", "number": "float64", "boolean": "boolean"}.get(kind, "string")
            assert str(layer[column].dtype) == expected, (name, column)
