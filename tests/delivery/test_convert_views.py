"""Convert to KMZ and DXF: what comes back, and what is listed as lost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.delivery.conversion.layer import plain_layer
from onemap.errors import WriteError
from onemap.sources import list_layers, read_file
from onemap.workflows.converting import convert_file, target_of, write_plain

BAD = pd.DataFrame(
    {
        "name": ["甲站", "乙\x01站", None, "😀塔\r\n x "],
        "whole": pd.array([1, None, 2**40, -4], dtype="Int64"),
        "number": [1.5, np.nan, 0.1 + 0.2, 1e300],
        "yes": pd.array([True, None, False, True], dtype="boolean"),
        "day": [dt.date(1850, 1, 2), None, None, dt.date(2026, 1, 1)],
        "nothing": pd.array([None] * 4, dtype="string"),
        "Name": ["a", None, "b", "c"],
    }
)
MIXED = np.array(
    [
        shapely.Point(75, 39.123456789012),
        shapely.box(75, 39, 75.1, 39.1).difference(shapely.box(75.02, 39.02, 75.03, 39.03)),
        shapely.MultiLineString([[(75, 39), (75.1, 39)], [(75.2, 39), (75.3, 39.1)]]),
        shapely.Point(),
    ],
    dtype=object,
)


def test_kmz_brings_back_every_value_but_those_listed(tmp_path: Path) -> None:
    layer = plain_layer("towers", BAD, MIXED, crs="EPSG:4490")
    _, losses = write_plain(layer, tmp_path / "a.kmz", target=target_of(tmp_path / "a.kmz"))
    assert {(one.kind, one.column, tuple(one.positions)) for one in losses} == {
        ("crs", None, ()),
        ("characters", "name", (1,)),
        ("date-as-other", "day", (0, 3)),
        ("empty-geometry", None, (3,)),
    }
    found = read_file(tmp_path / "a.kmz", layer="towers")
    assert found.frame["name"].fillna("-").tolist() == ["甲站", "乙〓站", "-", "😀塔\r\n x "]
    assert found.frame["whole"].tolist()[2] == 2**40
    assert found.frame["number"].tolist()[2:] == [0.1 + 0.2, 1e300]
    assert found.frame["day"].fillna("-").tolist() == ["1850-01-02", "-", "-", "2026-01-01"]
    assert found.crs == "EPSG:4326"
    assert shapely.equals_exact(found.geometry[:3], MIXED[:3], tolerance=0, normalize=True).all()


def test_drawing_lists_what_it_does_not_hold(tmp_path: Path) -> None:
    layer = plain_layer("towers", BAD, MIXED, crs="EPSG:4490")
    plan, losses = write_plain(layer, tmp_path / "a.dxf", target=target_of(tmp_path / "a.dxf"))
    assert {(one.kind, tuple(one.positions)) for one in losses} == {
        ("empty-geometry", (3,)),
        ("geometry-kind", (1, 2)),
        ("columns", ()),
        ("crs", ()),
        ("characters", (1,)),
    }
    found = read_file(tmp_path / "a.dxf")
    assert (
        sorted(found.frame["Layer"]) == ["towers"] * 5 + ["towers_注记"] * 2
    )  # point, two rings, two parts, two names
    assert sorted(found.frame["Text"].dropna()) == ["乙 站", "甲站"]
    assert plan.stored.rows == 7


@pytest.mark.parametrize("ending", ["kmz", "dxf"])
def test_all_layers_of_a_file_go_into_one(ending: str, tmp_path: Path) -> None:
    for name, shape in (("towers", shapely.Point(75, 39)), ("roads", shapely.LineString([(75, 39), (76, 40)]))):
        frame = gpd.GeoDataFrame({"name": [name]}, geometry=[shape], crs="EPSG:4326")
        frame.to_file(tmp_path / "in.gpkg", layer=name, driver="GPKG")
    out = tmp_path / f"out.{ending}"
    converted = convert_file(tmp_path / "in.gpkg", out)
    assert converted.refused == (() if ending == "kmz" else ("columns", "crs"))
    if ending == "kmz":
        assert {one.name for one in list_layers(out)} == {"towers", "roads"}
    else:
        assert set(read_file(out).frame["Layer"]) == {"towers", "towers_注记", "roads", "roads_注记"}
    before = out.read_bytes()
    convert_file(tmp_path / "in.gpkg", out)
    assert out.read_bytes() == before


def test_other_datum_is_refused_for_kmz(tmp_path: Path) -> None:
    layer = plain_layer("towers", BAD[["name"]].iloc[:1], MIXED[:1], crs="EPSG:4214")
    with pytest.raises(WriteError, match="towers must be in WGS 84 or CGCS2000 for KMZ"):
        write_plain(layer, tmp_path / "a.kmz", target=target_of(tmp_path / "a.kmz"))
