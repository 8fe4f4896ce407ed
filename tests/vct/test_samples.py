"""The three samples, read to what their text says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import shapely

from onemap.vct import open_vct

DATA = Path(__file__).with_name("data")
E, N = 38_500_000, 3_000_000


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(E + west, N + south, E + east, N + north)


def test_sample_of_version_3() -> None:
    with open_vct(DATA / "landuse_vct_3_0.vct") as file:
        assert (file.crs, file.problems) == ("EPSG:4526", ())
        assert [(one.name, one.kind, one.rows) for one in file.layers] == [
            ("CLKZD", "Point", 1), ("XZQJX", "Line", 1), ("DLTB", "Polygon", 3), ("ZJ", "Annotation", 1),
        ]  # fmt: skip
        plots = file.read("DLTB")
        assert file.read("CLKZD").geometry[0] == shapely.Point(E + 5, N + 5)
        assert file.read("XZQJX").geometry[0] == shapely.LineString([(E, N), (E + 100, N)])
        texts = file.read("ZJ")
        point, line = file.read("CLKZD"), file.read("XZQJX")
        assert (file.head.get("MapScale"), file.head.get("Date"), file.encoding) == ("2000", "20260101", "gb18030")
        assert [one.title for one in file.layers] == ["测量控制点", "行政区界线", "地类图斑", "地类图斑注记"]
    assert (point.ids.tolist(), line.ids.tolist(), plots.ids.tolist(), texts.ids.tolist()) == (
        [1], [11], [1001, 1002, 1003], [2001],
    )  # fmt: skip
    assert point.columns == {"BSM": ["430000000000000001"], "YSDM": ["1000119000"]}
    assert line.columns == {"BSM": ["430000000000000011"], "YSDM": ["1000600200"]}
    assert texts.columns == {"BSM": ["430000000000000201"], "YSDM": ["2001010200"], "ZJNR": ["水田"]}
    assert texts.geometry[0] == shapely.Point(E + 10, N + 50)
    assert plots.columns["BSM"] == ["430000000000000101", "430000000000000102", "430000000000000103"]
    assert (plots.columns["YSDM"], plots.columns["DLBM"]) == (["2001010100"] * 3, ["0101", "0103", "1104"])
    meant = [
        box(0, 0, 60, 100) - box(20, 40, 40, 60),
        shapely.MultiPolygon([box(60, 0, 100, 100), box(120, 40, 140, 60)]),
        box(20, 40, 40, 60),
    ]
    assert [a.equals(b) for a, b in zip(plots.geometry, meant, strict=True)] == [True] * 3
    assert plots.columns["TBMJ"] == [shape.area for shape in meant]
    assert plots.columns["BZ"] == ["有一个洞", "两个部分", None]
    assert plots.columns["GXSJ"] == [dt.date(2026, 1, 1), dt.date(2026, 1, 1), None]
    assert (texts.texts, texts.angles) == (["水田"], [0.0])


def test_sample_of_version_2() -> None:
    with open_vct(DATA / "landuse_vct_2_0.vct") as file:
        assert file.crs == "EPSG:2362"
        area = file.read("XZQ")
        assert area.geometry[0].equals(box(0, 0, 100, 100))
        assert area.columns == {"BSM": [20], "YSDM": ["1000600100"], "KZMJ": [10000.0]}
        line = file.read("XZQJX")
        assert line.columns == {"BSM": [1], "YSDM": ["1000600200"]}
        corners = [(E, N), (E, N + 100), (E + 100, N + 100), (E + 100, N), (E, N)]
        assert line.geometry[0] == shapely.LineString(corners)
        assert [(one.code, one.title, one.rows) for one in file.layers] == [
            ("1000600200", "行政区界线", 1), ("1000600100", "行政区", 1),
        ]  # fmt: skip
        assert file.problems == ()


def test_sample_of_version_1() -> None:
    with open_vct(DATA / "landuse_dat_1_0_topo0.vct") as file:
        plot = file.read("TB")
        assert (file.crs, file.problems, file.layers[0].code) == (None, (), "2001")
    assert plot.ids.tolist() == [7]
    assert plot.geometry[0].equals(shapely.box(0, 0, 100, 100) - shapely.box(20, 20, 40, 40))
    assert plot.columns == {"DLBM": ["0101"]}


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.vct")))
def test_samples_cut_anywhere_are_refused_or_read(name: str, tmp_path: Path) -> None:
    from onemap.errors import ReadError

    whole = (DATA / name).read_bytes()
    refused = 0
    for size in range(0, len(whole), 7):
        path = tmp_path / "cut.vct"
        path.write_bytes(whole[:size])
        try:
            with open_vct(path) as file:
                for layer in file.layers:
                    file.read(layer)
        except ReadError:
            refused += 1
    assert refused > 50
