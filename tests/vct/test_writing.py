"""Files written, looked at as text and read back."""

from __future__ import annotations

import itertools
import os
import re
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onemap.errors import WriteError
from onemap.vct import AUXILIARY, Batch, Field, NewLayer, Options, Writer, open_vct, write_vct
from tests.vct.layers import EAST, NORTH, coverages, layers, plain, unclean
from tests.vct.naive_reader import Naive, read_naively

EXAMPLES = int(os.environ.get("ONEMAP_EXAMPLES", "40"))
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="ONEMAP_EXAMPLES" not in os.environ,
)


def plots(shapes: object, **more: object) -> NewLayer:
    return NewLayer("DLTB", "2001010100", "Polygon", np.array(shapes, dtype=object), **more)


def written(folder: Path, *made: NewLayer, options: Options | None = None) -> str:
    write_vct(folder / "a.vct", made, options or Options(epsg=4526))
    return (folder / "a.vct").read_bytes().decode("gb18030")


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def borders(text: str) -> dict[int, list[str]]:
    """The lines of a file, by a reader of ten words of its own."""
    body = text.split("LineBegin\r\n")[1].split("LineEnd", maxsplit=1)[0]
    found = {}
    for record in body.split("\r\n\r\n"):
        rows = record.split("\r\n")
        if len(rows) > 7:
            assert rows[1:6] == [AUXILIARY, "Unknown", "1", "1", "11"]
            assert int(rows[6]) == len(rows) - 8
            assert rows[-1] == "0"
            found[int(rows[0])] = rows[7:-1]
    return found


def polygons(text: str) -> dict[int, list[int]]:
    """What polygons are made of, zeros included."""
    body = text.split("PolygonBegin\r\n")[1].split("PolygonEnd", maxsplit=1)[0]
    found = {}
    for record in body.split("\r\n\r\n"):
        rows = record.split("\r\n")
        if len(rows) > 6:
            assert (rows[3], rows[5]) == ("100", "21")
            items = [int(item) for row in rows[7:-1] for item in row.split(",")]
            assert all(len(row.split(",")) == 8 for row in rows[7:-2])
            assert (int(rows[6]), rows[-1]) == (len(items), "0")
            found[int(rows[0])] = items
    return found


def rings_of(items: list[int], lines: dict[int, list[str]]) -> list[list[str]]:
    """Follow the lines of each ring."""
    rings: list[list[str]] = [[]]
    for item in items:
        if item == 0:
            rings.append([])
            continue
        way = lines[abs(item)][:: 1 if item > 0 else -1]
        assert not rings[-1] or rings[-1][-1] == way[0], "ends of successive lines are textually equal"
        rings[-1] += way[1:] if rings[-1] else way
    return rings


@BOUNDED
@given(coverages())
def test_every_shared_edge_is_written_once_and_polygons_follow_from_the_text_alone(shapes: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = written(Path(folder), plots(shapes))
    lines, made = borders(text), polygons(text)
    edges = Counter(frozenset(pair) for line in lines.values() for pair in itertools.pairwise(line))
    assert all(count == 1 for count in edges.values())
    uses = Counter(item for items in made.values() for item in items if item)
    assert all(count == 1 for count in uses.values()), "each side of a line belongs to one polygon"
    assert {abs(item) for item in uses} == set(lines)
    given_shapes = [shape for shape in shapes if shape is not None]
    assert len(made) == len(given_shapes)
    for items, shape in zip(made.values(), given_shapes, strict=True):
        rings = rings_of(items, lines)
        assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in rings)
        drawn = [shapely.Polygon([[float(part) for part in place.split(",")] for place in ring]) for ring in rings]
        area = drawn[0]
        for other in drawn[1:]:
            area = area.symmetric_difference(other)
        assert area.equals(shape)


@BOUNDED
@given(layers(), st.booleans())
def test_layers_come_back_equal_and_a_second_reader_agrees(made: list[NewLayer], direct: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.vct"
        problems = write_vct(path, made, Options(epsg=4526, direct=direct))
        assert {one.text_id for one in problems} <= {"vct_text_replaced", "vct_text_long"}
        naive = read_naively(path)
        with open_vct(path) as file:
            assert (file.crs, file.encoding, file.problems) == ("EPSG:4526", "gb18030", ())
            assert [layer.name for layer in file.layers] == [layer.table for layer in made]
            for layer in made:
                batch = file.read(layer.table)
                assert_columns_equal(layer, batch)
                if layer.geometry is None:
                    assert batch.geometry is None
                else:
                    assert_shapes_equal(layer, batch)
                    assert_second_reader_agrees(layer, batch, naive)


def assert_columns_equal(layer: NewLayer, batch: Batch) -> None:
    expected = {
        name: [plain(value) if name in {"MC", "BZ"} else value for value in values]
        for name, values in layer.columns.items()
    }
    assert batch.columns == expected
    if layer.kind == "Annotation":
        there = [shape is not None for shape in layer.geometry]
        texts = [(plain(text) or "").strip() or None for text in layer.texts]
        texts = [text.replace("CommentBegin", "Comment Begin") if text else None for text in texts]
        assert list(batch.texts) == [text if here else None for text, here in zip(texts, there, strict=True)]
        assert list(batch.angles) == [angle if here else None for angle, here in zip(layer.angles, there, strict=True)]


def assert_shapes_equal(layer: NewLayer, batch: Batch) -> None:
    for before, after in zip(layer.geometry, batch.geometry, strict=True):
        if before is None:
            assert after is None
        elif layer.kind == "Polygon":
            assert before.equals(after)
            assert abs(before.area - after.area) < 0.01
        else:
            assert before == after


def assert_second_reader_agrees(layer: NewLayer, batch: Batch, naive: Naive) -> None:
    shapes = naive.shapes.get(layer.code, {})
    assert set(shapes) == {one for one, shape in zip(batch.ids.tolist(), batch.geometry, strict=True) if shape}
    for at, identifier in enumerate(batch.ids.tolist()):
        row, shape, other = naive.rows[layer.table][identifier], batch.geometry[at], shapes.get(identifier)
        assert row[0] == (batch.columns["MC"][at] or "")
        assert row[1] == ("" if batch.columns["N"][at] is None else str(batch.columns["N"][at]))
        if shape is None:
            continue
        if layer.kind == "Point":
            assert shape == other
        elif layer.kind == "Polygon":
            assert shape.equals(other)
            assert shape.contains(naive.shapes[f"{layer.code} label"][identifier])
        elif layer.kind == "Annotation":
            assert (batch.texts[at] or "", shape.x, shape.y, batch.angles[at]) == other
        else:
            parts = [[tuple(map(float, one.split(","))) for one in piece] for piece in other]
            assert [list(part.coords) for part in shapely.get_parts(shape)] == parts


@BOUNDED
@given(st.lists(unclean, min_size=1, max_size=6), st.booleans())
def test_polygons_that_are_no_coverage_come_back_as_they_are(shapes: list[shapely.Geometry], direct: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.vct"
        problems = {
            one.text_id: one.count for one in write_vct(path, [plots(shapes)], Options(epsg=4526, direct=direct))
        }
        with open_vct(path) as file:
            read = file.read("DLTB").geometry
            assert file.problems == ()
    for before, after in zip(shapes, read, strict=True):
        assert after.hausdorff_distance(before) < 0.001, "corners move by less than the grid and the snapping"
        assert abs(after.area - before.area) < 0.01
    meets = {
        at for a, b in itertools.combinations(range(len(shapes)), 2) for at in (a, b) if overlap(shapes[a], shapes[b])
    }
    assert direct or problems.get("vct_polygon_overlap", 0) == len(meets)


def overlap(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return one.relate_pattern(other, "T********")


def test_polygons_that_cross_themselves_are_said_and_come_back(tmp_path: Path) -> None:
    bow = shapely.Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])
    problems = write_vct(tmp_path / "a.vct", [plots([bow, box(20, 0, 30, 10)])], Options(epsg=4526))
    assert [(one.text_id, one.count) for one in problems] == [("vct_polygon_invalid", 1)]
    assert "自相交" in problems[0].text("zh")
    with open_vct(tmp_path / "a.vct") as file:
        assert file.read("DLTB").geometry[0].normalize() == bow.normalize()


def test_overlapping_plots_slivers_and_gaps_are_said_or_kept(tmp_path: Path) -> None:
    shapes = [box(0, 0, 10, 10), box(9.999, 0, 20, 10), box(20.001, 0, 30, 10), box(2, 2, 3, 3)]
    problems = write_vct(tmp_path / "a.vct", [plots(shapes)], Options(epsg=4526))
    assert [(one.text_id, one.count) for one in problems] == [("vct_polygon_overlap", 3)]
    with open_vct(tmp_path / "a.vct") as file:
        assert [a.equals(b) for a, b in zip(file.read("DLTB").geometry, shapes, strict=True)] == [True] * 4


def test_texts_that_are_no_dates_are_counted(tmp_path: Path) -> None:
    layer = NewLayer("SJ", "", "", None, [Field("GXSJ", "Date", 8)], {"GXSJ": ["20260102", "x", "20261301", None]})
    assert [(one.text_id, one.count) for one in write_vct(tmp_path / "a.vct", [layer])] == [("vct_text_untyped", 2)]


def test_no_height_datum_is_made_up(tmp_path: Path) -> None:
    layer = NewLayer("SJ", "", "", None, [Field("N", "Int", 4)], {"N": [1]})
    for epsg, datum in ((None, ""), (4490, "1985国家高程基准")):
        write_vct(tmp_path / "a.vct", [layer], Options(epsg=epsg))
        assert f"VerticalDatum:{datum}\r\n" in (tmp_path / "a.vct").read_bytes().decode("gb18030")


def test_rings_that_vanish_numbers_that_are_rounded_and_long_texts_are_counted(tmp_path: Path) -> None:
    holed = shapely.box(0, 0, 9, 9) - shapely.box(5, 5, 5.00001, 5.00001)
    fields = [Field("MJ", "Float", 15, 2), Field("MC", "Char", 2)]
    layer = plots(
        [holed, shapely.force_3d(box(0, 0, 1, 1))],
        fields=fields,
        columns={"MJ": [1.005, 2.5], "MC": ["水浇地", "水田"]},
    )
    assert {one.text_id: one.count for one in write_vct(tmp_path / "a.vct", [layer])} == {
        "vct_ring_vanished": 1, "vct_number_rounded": 1, "vct_text_long": 1, "vct_height": 1,
    }  # fmt: skip
    with open_vct(tmp_path / "a.vct") as file:
        assert file.read("DLTB").columns == {"MJ": [1.0, 2.5], "MC": ["水浇地", "水田"]}


@pytest.mark.parametrize("kind", ["Point", "Line", "Polygon", "Annotation", ""])
def test_layers_in_pieces_give_the_same_bytes(tmp_path: Path, kind: str) -> None:
    shapes = {
        "Point": [shapely.Point(1, 2), None, shapely.Point(3, 4)],
        "Line": [shapely.LineString([(0, 0), (1, 1)]), shapely.LineString([(5, 5), (6, 6)]), None],
        "Polygon": [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 0, 3, 1)],
        "Annotation": [shapely.Point(1, 2), None, shapely.Point(3, 4)],
        "": None,
    }[kind]

    def piece(part: slice) -> NewLayer:
        geometry = None if shapes is None else np.array(shapes, dtype=object)[part]
        said = {"texts": ["a", "b", "c"][part], "angles": [1.0, 2.0, 3.0][part]} if kind == "Annotation" else {}
        return NewLayer(
            "T", "7" if kind else "", kind, geometry, [Field("N", "Int", 4)], {"N": [1, 2, 3][part]}, **said
        )

    for direct in (False, True):
        write_vct(tmp_path / "whole.vct", [piece(slice(None))], Options(direct=direct))
        with Writer(tmp_path / "pieces.vct", Options(direct=direct)) as writer:
            writer.add_batches(piece(slice(at, at + 1)) for at in range(3))
        if kind == "Polygon" and direct:  # rings begin where neighbours meet, which pieces do not know
            with open_vct(tmp_path / "pieces.vct") as file:
                assert [a.equals(b) for a, b in zip(file.read("T").geometry, shapes, strict=True)] == [True] * 3
        else:
            assert (tmp_path / "whole.vct").read_bytes() == (tmp_path / "pieces.vct").read_bytes()


def test_columns_of_another_length_are_a_wrong_call(tmp_path: Path) -> None:
    field = [Field("N", "Int", 4)]
    with pytest.raises(ValueError, match="2 values of each field, got 1 of N"):
        write_vct(tmp_path / "a.vct", [plots([box(0, 0, 1, 1), None], fields=field, columns={"N": [1]})])
    with pytest.raises(ValueError, match="1 values, got 0 and 0"):
        write_vct(tmp_path / "a.vct", [NewLayer("Z", "5", "Annotation", np.array([shapely.Point(0, 0)]))])


def test_holes_islands_and_parts_share_lines(tmp_path: Path) -> None:
    island = box(40, 40, 60, 60)
    around = box(0, 0, 100, 100) - island
    two = shapely.MultiPolygon([box(100, 0, 150, 100), box(200, 0, 210, 10)])
    text = written(tmp_path, plots([around, island, two]))
    made = list(polygons(text).values())
    assert [sorted(abs(item) for item in items if item) for items in made] == [[4, 5, 6], [6], [4, 7, 8]]
    assert set(made[0]) & {-item for item in made[1]}
    assert set(made[0]) & {-item for item in made[2]}


def test_corner_on_the_edge_of_a_neighbour_is_put_into_it(tmp_path: Path) -> None:
    text = written(tmp_path, plots([box(0, 0, 10, 20), box(10, 0, 20, 7), box(10, 7, 20, 20)]))
    uses = Counter(abs(item) for items in polygons(text).values() for item in items if item)
    assert sorted(uses.values()) == [1, 1, 1, 2, 2, 2]
    slanted = [
        shapely.Polygon([(0, 0), (10, 3.3333), (0, 10)]),
        shapely.Polygon([(0, 0), (3.0001, 1), (5, -5)]),
        shapely.Polygon([(3.0001, 1), (10, 3.3333), (5, -5)]),
    ]
    uses = Counter(
        abs(item) for items in polygons(written(tmp_path, plots(slanted))).values() for item in items if item
    )
    assert sorted(uses.values()) == [1, 1, 1, 2, 2, 2]


def test_overlapping_and_equal_polygons_come_back(tmp_path: Path) -> None:
    shapes = [
        box(0, 0, 10, 10),
        box(0, 0, 10, 10),
        box(5, 5, 15, 15),
        shapely.Polygon([(0, 0), (9, 0), (0.00001, 0.00001), (0, 9)]),
    ]
    written(tmp_path, plots(shapes))
    with open_vct(tmp_path / "a.vct") as file:
        assert [round(shape.area, 2) for shape in file.read("DLTB").geometry] == [
            round(shape.area, 2) for shape in shapes
        ]


def test_head_is_true_and_in_order(tmp_path: Path) -> None:
    text = written(
        tmp_path, plots([box(0, 0, 10, 10)]), NewLayer("D", "7", "Point", np.array([shapely.Point(EAST - 5, NORTH)]))
    )
    head = dict(line.split(":", 1) for line in text.split("HeadEnd")[0].splitlines()[1:])
    assert list(head) == [
        "DataMark", "Version", "CoordinateSystemType", "Dim", "XAxisDirection", "YAxisDirection", "XYUnit", "ZUnit", "Spheroid",
        "PrimeMeridian", "Projection", "Parameters", "VerticalDatum", "TemporalReferenceSystem", "ExtentMin", "ExtentMax", "MapScale",
        "Offset", "Date", "Separator",
    ]  # fmt: skip
    assert (head["ExtentMin"], head["ExtentMax"]) == ("38499995.0000,3000000.0000", "38500010.0000,3000010.0000")
    assert head["Parameters"] == "114,1,38500000,0,3,38"
    sections = re.findall(r"^(\w+)Begin", text, re.MULTILINE)
    assert sections == ["Head", "FeatureCode", "TableStructure", "Point", "Line", "Polygon", "Annotation", "Attribute"]
    assert "\r\n" in text
    assert not re.search(r"(?<!\r)\n", text)


def test_identifiers_are_unique_and_refer_to_rows(tmp_path: Path) -> None:
    layer = plots([box(0, 0, 1, 1), box(1, 0, 2, 1)], fields=[Field("MC", "Char", 4)], columns={"MC": ["甲", "乙"]})
    text = written(tmp_path, layer)
    ids = [*borders(text), *polygons(text)]
    assert len(ids) == len(set(ids)) == 5
    assert "DLTB\r\n1,甲\r\n2,乙\r\nTableEnd" in text


def test_degrees_take_nine_decimals_and_other_systems_are_refused(tmp_path: Path) -> None:
    text = written(
        tmp_path, NewLayer("D", "7", "Point", np.array([shapely.Point(114.123456789, -1)])), options=Options(epsg=4490)
    )
    assert "114.123456789,-1.000000000" in text
    with open_vct(tmp_path / "a.vct") as file:
        assert (file.crs, file.read("D").geometry[0].x) == ("EPSG:4490", 114.123456789)
    with pytest.raises(WriteError, match="not in EPSG:4326"):
        written(tmp_path, options=Options(epsg=4326))


def test_separators_are_replaced_and_counted(tmp_path: Path) -> None:
    layer = NewLayer("FB", "", "", None, [Field("A", "Char", 9)], {"A": ["a,b", "c\nd", "e"]})
    problems = write_vct(tmp_path / "a.vct", [layer])
    assert [(one.text_id, one.count) for one in problems] == [("vct_text_replaced", 2)]
    assert "2" in problems[0].text("zh")
    with open_vct(tmp_path / "a.vct") as file:
        assert file.read("FB").columns == {"A": ["a，b", "c d", "e"]}


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8"])
def test_characters_outside_gbk(tmp_path: Path, encoding: str) -> None:
    layer = NewLayer("FB", "", "", None, [Field("A", "Char", 9)], {"A": ["𠮷村"]})
    if encoding == "gbk":
        with pytest.raises(WriteError, match="lacks the character 𠮷"):
            write_vct(tmp_path / "a.vct", [layer])
        assert not (tmp_path / "a.vct").exists()
        return
    write_vct(tmp_path / "a.vct", [layer], Options(encoding=encoding))
    with open_vct(tmp_path / "a.vct") as file:
        assert (file.encoding, file.read("FB").columns) == (encoding, {"A": ["𠮷村"]})


def test_annotations_come_back(tmp_path: Path) -> None:
    shapes = np.array([shapely.Point(1, 2), None, shapely.Point(3, 4)], dtype=object)
    layer = NewLayer(
        "ZJ",
        "5",
        "Annotation",
        shapes,
        [Field("N", "Int", 4)],
        {"N": [1, 2, 3]},
        texts=["水田", None, "0"],
        angles=[30.5, None, None],
    )
    write_vct(tmp_path / "a.vct", [layer])
    with open_vct(tmp_path / "a.vct") as file:
        batch = file.read("ZJ")
    assert (batch.texts, batch.angles) == (["水田", None, "0"], [30.5, None, 0.0])
    assert batch.columns == {"N": [1, 2, 3]}


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (NewLayer("A,B", "7", "Point", np.array([shapely.Point(0, 0)])), "no comma"),
        (NewLayer("A", AUXILIARY, "Point", np.array([shapely.Point(0, 0)])), "a name"),
        (NewLayer("A", "7", "Line", np.array([shapely.Point(0, 0)])), "shapes of the kind Line"),
        (NewLayer("A", "7", "Point", np.array([shapely.Point()])), "none of them empty"),
        (NewLayer("A", "7", "Point", np.array([shapely.Point(np.inf, 0)])), "must be finite"),
        (NewLayer("A", "7", "Polygon", np.array([shapely.box(0, 0, 1e-6, 1e-6)])), "three corners"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path: Path, layer: NewLayer, says: str) -> None:
    with pytest.raises(WriteError, match=says):
        write_vct(tmp_path / "a.vct", [layer])
    with pytest.raises(WriteError, match="table and code of its own"):
        write_vct(tmp_path / "a.vct", [NewLayer("A", "", "", None)] * 2)
    assert list(tmp_path.iterdir()) == []


def test_same_layers_give_the_same_bytes(tmp_path: Path) -> None:
    layer = plots([box(0, 0, 10, 10), box(10, 0, 20, 10)])
    assert written(tmp_path, layer) == written(tmp_path, layer)
