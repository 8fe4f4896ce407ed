"""Which coordinate system a table or layer is in, with the province, header or name that tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from onemap.cli.app import run

CITIES = {
    "110105": (116.4, 39.9, 4548, 4527),
    "310101": (121.5, 31.2, 4549, 4528),
    "120101": (117.2, 39.1, 4548, 4527),
}


def asked(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Inspect one file."""
    assert run(["inspect", str(path), "--json", "--lang", "en"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def places(code: str, crs: int) -> tuple[np.ndarray, np.ndarray]:
    """Give some places near a city in a projection."""
    lon, lat, *_ = CITIES[code]
    rng = np.random.default_rng(1)
    across, up = lon + rng.uniform(-0.1, 0.1, 12), lat + rng.uniform(-0.1, 0.1, 12)
    east, north = Transformer.from_crs(4490, crs, always_xy=True).transform(across, up)
    return np.asarray(east), np.asarray(north)


def table(path: Path, columns: dict[str, Any]) -> Path:
    """Write a table of towers."""
    frame = pd.DataFrame({"站址编码": [f"T{at}" for at in range(12)], "塔高(m)": 30, **columns})
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("code", CITIES)
def test_zone_without_number_is_told_by_the_province(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    east, north = places(code, CITIES[code][2])
    path = table(tmp_path / "t.csv", {"区县代码": code, "X坐标": north, "Y坐标": east})
    answer = asked(path, capsys)
    assert answer["crs_likely"] == f"EPSG:{CITIES[code][2]}"
    assert not answer["crs_is_doubtful"]
    assert {one["column"]: one["field"] for one in answer["fields"]}["Y坐标"] == "easting"


@pytest.mark.parametrize("code", CITIES)
def test_zone_with_number_needs_no_province(code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    east, north = places(code, CITIES[code][3])
    answer = asked(table(tmp_path / "t.csv", {"X": north, "Y": east}), capsys)
    assert answer["crs_likely"] == f"EPSG:{CITIES[code][3]}"


def test_zone_without_number_and_province_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    east, north = places("110105", 4548)
    answer = asked(table(tmp_path / "t.csv", {"东坐标": east, "北坐标": north}), capsys)
    assert answer["crs_is_doubtful"]
    assert "OM-CRS-052" in {one["rule"] for one in answer["findings"]}


@pytest.mark.parametrize(
    ("headers", "crs"),
    [
        (("百度经度", "百度纬度"), "BD-09"),
        (("高德经度", "高德纬度"), "GCJ-02"),
        (("经度_WGS84", "纬度_WGS84"), "EPSG:4326"),
    ],
)
def test_header_that_names_the_system_is_believed(
    headers: tuple[str, str], crs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    across, up = headers
    columns = {across: np.linspace(116.2, 116.4, 12), up: np.linspace(39.8, 39.9, 12)}
    answer = asked(table(tmp_path / "t.csv", columns), capsys)
    assert answer["crs_likely"] == crs
    assert across in answer["crs_reason"] or up in answer["crs_reason"]


@pytest.mark.parametrize("name", ["站址_CM117.csv", "站址（中央经线117度）.csv", "sites_117E.csv"])
def test_name_that_tells_the_meridian_is_believed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    east, north = places("110105", 4548)
    answer = asked(table(tmp_path / name, {"东坐标": east, "北坐标": north}), capsys)
    assert (answer["crs_likely"], answer["crs_is_doubtful"]) == ("EPSG:4548", False)
