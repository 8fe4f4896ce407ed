"""Files of every version, written by hand, read to what their text says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import shapely

from onemap.vct import open_vct
from tests.vct.writing_by_hand import HEAD_1, HEAD_2, HEAD_3, SQUARES_3, document, saved

SQUARES = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]


def polygons_of(tmp_path: Path, text: str, **how: str) -> list[shapely.Geometry]:
    with open_vct(saved(tmp_path, text, **how)) as file:
        return list(file.read("TB").geometry)


def test_two_squares_share_a_line_that_one_follows_backwards(tmp_path: Path) -> None:
    with open_vct(saved(tmp_path, document(HEAD_3, SQUARES_3))) as file:
        batch = file.read("TB")
        assert [shape.normalize() for shape in batch.geometry] == [shape.normalize() for shape in SQUARES]
        assert batch.columns == {"MC": ["甲", None], "MJ": [100.0, None]}
        assert batch.ids.tolist() == [1, 2]
        assert (file.crs, file.encoding, file.problems) == ("EPSG:4526", "gb18030", ())
        assert [layer.name for layer in file.layers] == ["TB"], "lines that are only borders are no layer"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
def test_encodings_and_ends_of_lines(tmp_path: Path, encoding: str, newline: str) -> None:
    path = saved(tmp_path, document(HEAD_3, SQUARES_3), encoding=encoding, newline=newline)
    with open_vct(path) as file:
        assert file.read("TB").columns["MC"] == ["甲", None]
        assert file.layers[0].title == "图斑"


def test_keywords_in_any_letters_blanks_and_comments_are_taken(tmp_path: Path) -> None:
    text = document(HEAD_3, SQUARES_3).replace("DataMark:", " Datamark: ").replace("PolygonBegin", "POLYGONBEGIN")
    text = text.replace("10,10\n10,0\n", "10,10 \n\t\nCommentBegin\nanything, 0\nCommentEnd\n\n  10,0\n")
    assert [shape.area for shape in polygons_of(tmp_path, text)] == [100.0, 100.0]


def test_version_is_told_by_the_keywords_not_by_the_number(tmp_path: Path) -> None:
    text = document(HEAD_3.replace("Version:3.0", "Version:2.0"), SQUARES_3)
    assert [shape.area for shape in polygons_of(tmp_path, text)] == [100.0, 100.0]
    plain = "HeadBegin\nDataMark:CNSDTF-VCT\nVersion:GB/T 17798-2007\nHeadEnd\n"
    assert [shape.area for shape in polygons_of(tmp_path, document(plain, SQUARES_3))] == [100.0, 100.0]


def test_holes_and_further_parts_are_told_by_what_holds_what(tmp_path: Path) -> None:
    rings = {1: (0, 0, 90, 90), 2: (10, 10, 40, 40), 3: (20, 20, 30, 30), 4: (200, 0, 210, 10)}
    lines = ""
    for number, (w, s, e, n) in rings.items():
        lines += f"{number}\n1099000000\nUnknown\n1\n1\n11\n5\n{w},{s}\n{e},{s}\n{e},{n}\n{w},{n}\n{w},{s}\n0\n"
    body = "9\n2001\nUnknown\n100\n1,1\n21\n7\n3,0,-2,0,4,0,1\n0\n"
    (area,) = polygons_of(tmp_path, document(HEAD_3, {**SQUARES_3, "Line": lines, "Polygon": body, "Attribute": ""}))
    assert area.area == 8100 - 900 + 100 + 100
    assert sorted(len(part.interiors) for part in area.geoms) == [0, 0, 1]


def many_lines(rows: list[str], count: int) -> dict[str, str]:
    """One polygon of a border in 17 pieces, listed in these rows."""
    corners = [(place, 0) for place in range(17)] + [(8, 9)]
    lines = "".join(
        f"{at + 1}\n1099000000\nUnknown\n1\n1\n11\n2\n{a[0]},{a[1]}\n{b[0]},{b[1]}\n0\n"
        for at, (a, b) in enumerate(zip(corners, [*corners[1:], corners[0]], strict=True))
    )
    listed = "\n".join(rows)
    return {
        **SQUARES_3,
        "Line": lines,
        "Attribute": "",
        "Polygon": f"99\n2001\nUnknown\n100\n8,1\n21\n{count}\n{listed}\n0\n\n",
    }


@pytest.mark.parametrize(
    "rows",
    [
        ["1,2,3,4,5,6,7,8", "9,10,11,12,13,14,15,16", "17,18"],
        ["1,2,3,4,5,6,7,8,", "9,10,11,12,13,14,15,16,", "17,18,"],
        [str(number) for number in range(1, 19)],
        ["1,2,3,4,5", "6,7,8,9,10", "11,12,13,14,15", "16,17,18"],
    ],
)
def test_identifiers_stand_in_rows_of_any_length(tmp_path: Path, rows: list[str]) -> None:
    (area,) = polygons_of(tmp_path, document(HEAD_3, many_lines(rows, 18)))
    assert area.area == 16 * 9 / 2


def test_wrong_count_of_identifiers_is_noted(tmp_path: Path) -> None:
    text = document(HEAD_3, SQUARES_3).replace("21\n2\n11,12", "21\n5\n11,12")
    with open_vct(saved(tmp_path, text)) as file:
        assert [shape.area for shape in file.read("TB").geometry] == [100.0, 100.0]
        assert [problem.text_id for problem in file.problems] == ["vct_items_differ"]


@pytest.mark.parametrize("ids", ["11,0,12", "11\n0\n12"])
def test_rows_of_one_identifier_with_a_zero_between(tmp_path: Path, ids: str) -> None:
    lines = "".join(
        f"{n}\n1099000000\nUnknown\n1\n1\n11\n4\n{w},0\n{w + 4},0\n{w + 4},4\n{w},0\n0\n"
        for n, w in ((11, 0), (12, 50))
    )
    body = f"1\n2001\nUnknown\n100\n3,1\n21\n3\n{ids}\n0\n"
    (area,) = polygons_of(tmp_path, document(HEAD_3, {**SQUARES_3, "Line": lines, "Polygon": body, "Attribute": ""}))
    assert (area.geom_type, area.area) == ("MultiPolygon", 16.0)


def test_direct_polygons_are_read(tmp_path: Path) -> None:
    body = "1\n2001\nUnknown\n1\n5,5\n2\n11\n4\n0,0\n0,10\n10,10\n10,0\n11\n4\n2,2\n4,2\n4,4\n2,2\n0\n"
    (area,) = polygons_of(tmp_path, document(HEAD_3, {**SQUARES_3, "Line": "", "Polygon": body, "Attribute": ""}))
    assert area.area == 98.0


@pytest.mark.parametrize("body", ["1\n1\n5,6\n", "1\n5,6\n", "2\n1\n5,6\n"])
def test_points_with_and_without_a_count(tmp_path: Path, body: str) -> None:
    sections = {"FeatureCode": "7,点,Point,DD\n", "Point": f"3\n7\nUnknown\n{body}0\n\n"}
    with open_vct(saved(tmp_path, document(HEAD_3, sections))) as file:
        assert file.read("DD").geometry[0] == shapely.Point(5, 6)


def test_directed_points_and_groups(tmp_path: Path) -> None:
    points = "3\n7\nUnknown\n3\n5,6\n1,0\n0\n4\n7\nUnknown\n4\n2\n1,1\n2,2\n0\n"
    sections = {"FeatureCode": "7,点,Point,DD\n", "Point": points}
    with open_vct(saved(tmp_path, document(HEAD_3, sections))) as file:
        assert [shape.wkt for shape in file.read("DD").geometry] == ["POINT (5 6)", "MULTIPOINT ((1 1), (2 2))"]
        assert file.problems[0].text_id == "vct_direction"


def test_lines_of_several_pieces_and_of_other_lines(tmp_path: Path) -> None:
    lines = (
        "1\n8\nUnknown\n1\n2\n11\n2\n0,0\n1,1\n11\n2\n1,1\n2,0\n0\n"
        "2\n8\nUnknown\n1\n2\n11\n2\n0,0\n1,1\n11\n2\n5,5\n6,6\n0\n"
        "3\n9\nUnknown\n1\n1\n11\n2\n2,0\n3,3\n0\n"
        "4\n8\nUnknown\n100\n2\n1,3\n0\n"
    )
    sections = {"FeatureCode": "8,线,Line,XX\n9,边,Line,BB\n", "Line": lines}
    with open_vct(saved(tmp_path, document(HEAD_3, sections))) as file:
        shapes = file.read("XX").geometry
    assert [shape.wkt for shape in shapes] == [
        "LINESTRING (0 0, 1 1, 2 0)",
        "MULTILINESTRING ((0 0, 1 1), (5 5, 6 6))",
        "LINESTRING (0 0, 1 1, 2 0, 3 3)",
    ]


@pytest.mark.parametrize(
    ("body", "angle"),
    [
        ("1\n水田\n5,6,45\n0\n", 45.0),
        ("1\n水田\n5,6\n45\n0\n", 45.0),
        ("1\n水田\n5,6\n0\n0\n", 0.0),
        ("1\n水田\n5,6\n0\n", None),
    ],
)
def test_annotations_with_the_angle_in_either_place(tmp_path: Path, body: str, angle: float | None) -> None:
    sections = {"FeatureCode": "5,注记,Annotation,ZJ\n", "Annotation": f"3\n5\nUnknown\n{body}\n4\n5\nUnknown\n{body}"}
    with open_vct(saved(tmp_path, document(HEAD_3, sections))) as file:
        batch = file.read("ZJ")
    assert (list(batch.texts), list(batch.angles)) == (["水田"] * 2, [angle] * 2)
    assert batch.geometry[1] == shapely.Point(5, 6)


def test_values_of_every_type(tmp_path: Path) -> None:
    table = "TB,9\nA,Char,4\nB,Int4\nC,Int,12\nD,Float,15\nE,Date\nF,Time\nG,Datetime\nH,Boolean\nI,Blob\n0\n"
    row = "1,甲 乙,7,123456789012,1.50,20260102,03:04:05,2026010203:04:05.5,T,x\n2,,,,,,,,,\n"
    with open_vct(
        saved(tmp_path, document(HEAD_3, {**SQUARES_3, "TableStructure": table, "Attribute": f"TB\n{row}TableEnd\n"}))
    ) as file:
        columns = file.read("TB").columns
    first = {name: values[0] for name, values in columns.items()}
    assert first == {
        "A": "甲 乙", "B": 7, "C": 123456789012, "D": 1.5, "E": dt.date(2026, 1, 2), "F": dt.time(3, 4, 5),
        "G": dt.datetime.fromisoformat("2026-01-02T03:04:05.5"), "H": True, "I": "x",
    }  # fmt: skip
    assert all(values[1] is None for values in columns.values())


def test_rows_that_do_not_fit_are_kept_and_noted(tmp_path: Path) -> None:
    rows = "TB\n1,甲,1,5\n2,乙\n77,丙,3\nTableEnd\n"
    with open_vct(saved(tmp_path, document(HEAD_3, {**SQUARES_3, "Attribute": rows}))) as file:
        batch = file.read("TB")
        noted = {problem.text_id: problem.line for problem in file.problems}
    assert batch.columns["MC"] == ["甲", "乙", "丙"]
    assert batch.columns["MJ"] == [None, None, 3.0]
    assert (batch.ids.tolist(), batch.geometry[2]) == ([1, 2, 77], None)
    assert set(noted) == {"vct_row_long", "vct_row_short", "vct_row_alone", "vct_value"}


def test_missing_lines_and_open_rings_are_noted(tmp_path: Path) -> None:
    text = document(HEAD_3, SQUARES_3).replace("11,12", "11,-12").replace("-11,13", "-11,14")
    with open_vct(saved(tmp_path, text)) as file:
        batch = file.read("TB")
        assert [problem.text_id for problem in file.problems] == ["vct_line_missing", "vct_ring_open"]
    assert batch.geometry[0].equals(SQUARES[0])
    assert batch.geometry[1] is None


def test_undeclared_codes_are_layers_and_shared_tables_are_told_apart(tmp_path: Path) -> None:
    sections = {
        "FeatureCode": "7,甲,Point,DD\n8,乙,Point,DD\n",
        "TableStructure": "DD,1\nMC,Char,4\n0\nFB,1,NoneGeometry\nN,Int,4\n0\n",
        "Point": "1\n7\nUnknown\n1\n1\n1,1\n0\n2\n8\nUnknown\n1\n1\n2,2\n0\n3\n9\nUnknown\n1\n1\n3,3\n0\n",
        "Attribute": "DD\n1,a\n2,b\n5,alone\nTableEnd\nFB\n1,4\nTableEnd\n",
    }
    with open_vct(saved(tmp_path, document(HEAD_3, sections))) as file:
        assert [layer.name for layer in file.layers] == ["DD_7", "DD_8", "9", "FB"]
        assert file.read("DD_7").columns["MC"] == ["a", "alone"]
        assert file.read("DD_8").columns["MC"] == ["b"]
        assert file.read("9").geometry[0] == shapely.Point(3, 3)
        assert file.read("FB").geometry is None
        assert file.read("FB").columns == {"N": [4]}


def test_unknown_sections_are_kept(tmp_path: Path) -> None:
    style = "RepresentationBegin\n任何\nRepresentationEnd\n"
    with open_vct(saved(tmp_path, document(HEAD_3, {**SQUARES_3, "Style": style, "Aggregation": ""}))) as file:
        assert sorted(file.kept) == ["aggregation", "style"]
        assert "任何" in file.kept_text("style")


def test_axes_units_and_offset(tmp_path: Path) -> None:
    sections = {"FeatureCode": "7,点,Point,DD\n", "Point": "3\n7\nUnknown\n1\n1\n6,5\n0\n"}
    swapped = HEAD_3.replace("XAxisDirection:E", "XAxisDirection:N").replace("Offset:0,0", "Offset:100,200")
    with open_vct(saved(tmp_path, document(swapped, sections))) as file:
        assert file.read("DD").geometry[0] == shapely.Point(105, 206)
        assert file.problems[0].text_id == "vct_offset"
    old = {"FeatureCode": "7,点,Point,0,DD\n", "Point": "3\n7\n点\n1\n1143000.0,303000\n"}
    with open_vct(saved(tmp_path, document(HEAD_1.replace("Unit: M", "Unit: S"), old))) as file:
        assert file.read("DD").geometry[0] == shapely.Point(114.5, 30.5)
    heights = document(HEAD_3.replace("Dim:2", "Dim:3"), {**sections, "Point": "3\n7\nUnknown\n1\n1\n6,5,4\n0\n"})
    with open_vct(saved(tmp_path, heights)) as file:
        assert file.read("DD").geometry[0].z == 4


def test_batches_give_what_the_whole_gives(tmp_path: Path) -> None:
    with open_vct(saved(tmp_path, document(HEAD_3, SQUARES_3))) as file:
        batches = list(file.batches("TB", rows=1))
    assert [batch.columns["MC"] for batch in batches] == [["甲"], [None]]
    assert [batch.geometry[0].equals(shape) for batch, shape in zip(batches, SQUARES, strict=True)] == [True, True]


def test_old_model_by_lines(tmp_path: Path) -> None:
    sections = {
        "FeatureCode": "1006,界线,Line,0,0,0,JX\n2001,图斑,Polygon,0,0,0,TB\n",
        "TableStructure": "JX,1\nBSM,Integer,10\n\nTB,2\nBSM,Integer,10\nMC,Char,10\n",
        "Line": (
            "11\n1006\n界线\n1\n2\n10,10\n10,0\n12\n1006\n界线\n1\n4\n10,0\n0,0\n0,10\n10,10\n"
            "13\n1006\n界线\n1\n4\n10,10\n20,10\n20,0\n10,0\n"
        ),
        "Polygon": "1\n2001\n图斑\n5,5\n2\n11,12\n2\n2001\n图斑\n15,5\n2\n-11,13\n",
        "Annotation": "5\n3001\n注记\n宋体\n0\n400,0,F\n10\n2\n水田\n1\n5,6\n",
        "Attribute": "JX\n11\n12\n13\nTableEnd\nTB\n1,甲\n2,\nTableEnd\n",
    }  # fmt: skip
    with open_vct(saved(tmp_path, document(HEAD_2, sections))) as file:
        batch = file.read("TB")
        assert [a.equals(b) for a, b in zip(batch.geometry, SQUARES, strict=True)] == [True, True]
        assert batch.columns == {"BSM": [1, 2], "MC": ["甲", None]}
        assert file.read("JX").columns == {"BSM": [11, 12, 13]}
        assert file.read("3001").texts == ["水田"]
        assert file.read("3001").geometry[0] == shapely.Point(5, 6)


@pytest.mark.parametrize("extra", ["", "1\n"])
def test_old_model_by_coordinates(tmp_path: Path, extra: str) -> None:
    sections = {
        "FeatureCode": "2001, 图斑, Polygon, 0, TB\n",
        "TableStructure": "TB,1\nMC,Char,10\n",
        "Polygon": f"1\n2001\n图斑\n{extra}5,5\n5\n0,0\n0,10\n10,10\n10,0\n0,0\n4\n2,2\n4,2\n4,4\n2,2\n0\n",
        "Attribute": "TB\n1,甲\nTableEnd\n",
    }
    with open_vct(saved(tmp_path, document(HEAD_1, sections))) as file:
        assert file.read("TB").geometry[0].area == 98
        assert file.read("TB").columns == {"MC": ["甲"]}


def test_identifiers_of_64_bits(tmp_path: Path) -> None:
    large = 2**63 - 1
    text = document(HEAD_3, SQUARES_3).replace("\n11\n1099", f"\n{large}\n1099").replace("11,12", f"{large},12")
    with open_vct(saved(tmp_path, text.replace("-11,13", f"-{large},13"))) as file:
        assert [shape.area for shape in file.read("TB").geometry] == [100, 100]


def test_records_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, document(HEAD_3, SQUARES_3))
    with open_vct(path) as file:
        whole = file.read("TB")
    for size in (1, 7, 64):
        monkeypatch.setattr("onemap.vct.lines._BLOCK_BYTES", size)
        with open_vct(path) as file:
            again = file.read("TB")
        assert again.columns == whole.columns
        assert np.array_equal(again.ids, whole.ids)
        assert list(again.geometry) == list(whole.geometry)
