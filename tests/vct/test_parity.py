"""What is read many records at once is what is read line by line; what is compiled is what plain Python writes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onemap.vct import Batch, NewLayer, Options, open_vct, write_vct
from onemap.vct.digits import coordinate_lines
from onemap.vct.even import even_numbers
from tests.vct.layers import layers


def all_of(path: Path) -> dict[str, Batch]:
    with open_vct(path) as file:
        return {layer.name: file.read(layer) for layer in file.layers}


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(layers(), st.booleans())
def test_quick_and_careful_reading_agree(made: list[NewLayer], direct: bool) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.vct"
        write_vct(path, made, Options(epsg=4526, direct=direct))
        quick = all_of(path)
        patch.setattr("onemap.vct.index.QUICK", {})
        patch.setattr("onemap.vct.index.quick_rows", lambda *_: None)
        patch.setattr("onemap.vct.coordinates.even_numbers", lambda *_, **__: None)
        patch.setattr("onemap.vct.rows._is_even", lambda *_: False)
        careful = all_of(path)
    assert list(quick) == list(careful)
    for name, one in quick.items():
        other = careful[name]
        assert np.array_equal(one.ids, other.ids)
        assert (one.columns, list(one.texts), list(one.angles)) == (
            other.columns,
            list(other.texts),
            list(other.angles),
        )
        if one.geometry is not None:
            assert shapely.to_wkb(one.geometry).tolist() == shapely.to_wkb(other.geometry).tolist()


decimals = st.integers(0, 9)
wholes = st.integers(-(2**52), 2**52)


@given(st.lists(st.tuples(wholes, wholes), max_size=8), decimals)
def test_coordinates_are_written_as_decimal_numbers_are(grid: list[tuple[int, int]], places: int) -> None:
    from decimal import Decimal

    def said(number: int) -> str:
        return f"{Decimal(number).scaleb(-places):.{places}f}"

    text, ends = coordinate_lines(np.array(grid, dtype=np.int64).reshape(len(grid), 2), places)
    lines = [f"{said(east)},{said(north)}\r\n" for east, north in grid]
    assert text.decode() == "".join(lines)
    assert ends.tolist() == np.cumsum([len(line) for line in lines]).astype(int).tolist()


digits = st.text("0123456789", min_size=3, max_size=3)


@given(st.lists(st.tuples(digits, digits, digits, digits), min_size=1, max_size=9), st.sampled_from(["\n", "\r\n"]))
def test_even_coordinates_are_read_as_python_reads_them(lines: list[tuple[str, ...]], end: str) -> None:
    text = end.join(f"{a}.{b},{c}.{d}" for a, b, c, d in lines).encode()
    numbers = even_numbers(
        np.frombuffer(text, np.uint8), np.array([0]), np.array([len(text)]), np.array([len(lines)]), separator=b","
    )
    assert numbers is not None
    assert numbers.tolist() == [[float(f"{a}.{b}"), float(f"{c}.{d}")] for a, b, c, d in lines]


@pytest.mark.parametrize(
    "text",
    [
        "1.0,2.0\n-1.0,2.",
        "1.0,2.0\n1.0,2e0",
        "1.0,2.0\n1.0;2.0",
        "1.0,2.0\n10,.2.0",
        "1.0,2.0 \n1.0,2.0",
        "1.0\n2.0",
        "1.0,2.0\n1.0,nan",
    ],
)
def test_uneven_coordinates_are_left_to_others(text: str) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    assert even_numbers(data, np.array([0]), np.array([len(data)]), np.array([2]), separator=b",") is None


def test_compiled_loops_give_what_they_give_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    from onemap.vct import digits as kernels

    grid = np.array([[385_000_001_234, -5], [0, 7]])
    labels, tokens, bounds, ids = grid, np.arange(-5, 13), np.array([[0, 8], [8, 18]]), np.array([1, 2**62])

    def texts() -> list[bytes]:
        return [
            coordinate_lines(grid, 4)[0],
            bytes(kernels.line_records(grid, np.array([0, 1, 2]), ids, middle=b"x", decimals=3)),
            bytes(kernels.listed_records(labels, tokens, bounds, ids=ids, middle=b"x", decimals=0)),
        ]

    compiled = texts()
    for name in (
        "_number",
        "_fixed",
        "_end",
        "_coordinate",
        "_coordinates",
        "_begin",
        "_finish",
        "_line_records",
        "_listed_records",
    ):
        monkeypatch.setattr(kernels, name, getattr(kernels, name).py_func)
    assert texts() == compiled


def test_the_library_reads_without_gdal_frames_or_compiling() -> None:
    code = "import sys, onemap.vct; print([one for one in ('osgeo', 'pyogrio', 'geopandas', 'pandas', 'numba', 'fiona', 'pyarrow') if one in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
