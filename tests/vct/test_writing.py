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
from onemap.vct import AUXILIARY, Field, NewLayer, Options, open_vct, write_vct
from tests.vct.layers import EAST, NORTH, coverages, layers

EXAMPLES = int(os.environ.get("ONEMAP_EXAMPLES", "60"))
BOUNDED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


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
def test_layers_come_back_equal(made: list[NewLayer], direct: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.vct"
        assert write_vct(path, made, Options(epsg=4526, direct=direct)) == ()
        with open_vct(path) as file:
            assert file.crs == "EPSG:4526"
            assert file.encoding == "gb18030"
            assert [layer.name for layer in file.layers] == [layer.table for layer in made]
            for layer in made:
                batch = file.read(layer.table)
                assert batch.columns == {
                    name: [value or None if name in {"MC", "BZ"} else value for value in values]
                    for name, values in layer.columns.items()
                }
                if layer.geometry is None:
                    assert batch.geometry is None
                    continue
                for before, after in zip(layer.geometry, batch.geometry, strict=True):
                    if before is None:
                        assert after is None
                    elif layer.kind == "Polygon":
                        assert before.equals(after)
                        assert abs(before.area - after.area) < 0.001
                    else:
                        assert before == after


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
