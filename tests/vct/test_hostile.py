"""Wrong, damaged and hostile files end in one sentence that names the line."""

from __future__ import annotations

import os
import random
import re
import time
import tracemalloc
from pathlib import Path

import pytest

from onemap.errors import ReadError
from onemap.vct import open_vct
from tests.vct.writing_by_hand import HEAD_2, HEAD_3, SQUARES_3, document, saved

WHOLE = document(HEAD_3, SQUARES_3)
MANGLED = int(os.environ.get("ONEMAP_EXAMPLES", "120"))


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


@pytest.mark.parametrize(
    ("found", "put", "says"),
    [
        ("1\n1\n11\n2\n10,10", "1\n1\n12\n2\n10,10", "curve of type 12"),
        ("1\n1\n11\n2\n10,10", "5\n1\n11\n2\n10,10", "LineType"),
        ("1\n1\n11\n2\n10,10", "1\n1\n11\nmany\n10,10", "whole number"),
        ("1\n1\n11\n2\n10,10", "1\n1\n11\n3\n10,10", "must be the 0"),
        ("1\n1\n11\n2\n10,10", "1\n1\n11\n1\n10,10", "must be the 0"),
        ("1\n1\n11\n2\n10,10", "1\n1\n11\n0\n10,10", "one coordinate or more"),
        ("1\n1\n11\n2\n10,10", "1\n1\n11\n9223372036854775808\n10,10", "whole number"),
        ("1\n1\n11\n2\n10,10", "1\n1\n11\n9223372036854775807\n10,10", "ends at line"),
        ("100\n5,5\n21", "100\n5,5\n23", "ComposeType"),
        ("11,12", "11,twelve", "whole number"),
        ("\nPolygonBegin", "\nanything", "must begin a section"),
        ("TB,2\n", "TB,3\n", "must declare a field"),
        ("TB,2\n", "TB,99999999\n", "number of fields"),
        ("2001,图斑,Polygon,TB", "2001", "must declare a layer"),
        ("Dim:2", "Dim 2", "a keyword, a colon"),
        ("TB\n1,甲", "1,甲", "must name the table"),
        ("HeadBegin", "Head", "must begin with HeadBegin"),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, found: str, put: str, says: str) -> None:
    assert found in WHOLE
    with pytest.raises(ReadError, match=says), open_vct(saved(tmp_path, WHOLE.replace(found, put, 1))) as file:
        file.read("TB")


@pytest.mark.parametrize(
    "put", ["10,ten", "10", "10,10,10,10", "nan,10", "inf,1", "1e999,1", "0x10,1", "--1,2", "1_0,1"]
)
def test_wrong_coordinates_are_named_with_their_line(tmp_path: Path, put: str) -> None:
    text = WHOLE.replace("\n10,10\n", f"\n{put}\n", 1)
    with open_vct(saved(tmp_path, text)) as file, pytest.raises(ReadError, match="coordinate") as error:
        file.read("TB")
    assert error.value.values["line"] == line_of(text, f"\n{put}\n") + 1
    assert "坐标" in error.value.text("zh")


def test_topology_of_the_old_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="Topo 1"):
        open_vct(saved(tmp_path, HEAD_2.replace("Topo: 1", "Topo: 2")))


def test_zero_bytes_and_endless_lines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="zero bytes"):
        open_vct(saved(tmp_path, WHOLE.replace("甲", "\0")))
    with pytest.raises(ReadError, match="must have at most"):
        open_vct(saved(tmp_path, HEAD_3 + "PointBegin\n" + "1" * 20_000_000))


def test_no_byte_changed_gives_anything_but_a_sentence(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311
    whole = WHOLE.encode("gb18030")
    said = []
    for _ in range(600):
        bad = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(bad))
            bad[at : at + chance.choice([0, 1, 1, 9])] = chance.choice(
                [b"", b"0", b"9" * 25, b"\n", b",", b"-", b"\xff", b"\xe4"]
            )
        path = tmp_path / "bad.vct"
        path.write_bytes(bytes(bad))
        try:
            with open_vct(path) as file:
                for layer in file.layers:
                    file.read(layer)
                assert all(problem.text("zh") and problem.text("en") for problem in file.problems)
        except ReadError as error:
            said.append(error.text("zh"))
    assert said
    assert all("bad.vct" in sentence for sentence in said)


ODD = (
    b"", b"0", b"9" * 25, b"\n", b",", b"-", b"\xff", b"\r", b"1000000000", b"-1", b"1099000000", b"nan", b"1e308", b"CommentBegin\n",
    b"100", b"22", b"12", b"\t", b"PolygonEnd\n", b"TableEnd\n", b"\xef\xbb\xbf", b"1", b"2", b"11", b"1001", b"-102",
)  # fmt: skip
DATA = Path(__file__).with_name("data")


def mangled(whole: bytes, chance: random.Random) -> bytes:
    """Leave out, repeat, exchange or replace lines and numbers, or cut the end."""
    lines = whole.split(b"\n")
    for _ in range(chance.randint(1, 4)):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        what = chance.randrange(8)
        if what == 0 and len(lines) > 2:
            del lines[at]
        elif what == 1:
            lines.insert(at, lines[other])
        elif what == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif what == 3:
            lines[at] = lines[at].lower()
        elif what == 4 and len(lines) > 40:
            del lines[-chance.randrange(1, 20) :]
        elif what == 5:
            lines[at] = chance.choice(ODD)
        else:
            lines[at] = re.sub(rb"-?\d+", chance.choice(ODD), lines[at], count=1)
    return b"\n".join(lines)


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.vct")))
def test_mangled_samples_give_findings_or_a_sentence(name: str, tmp_path: Path) -> None:
    chance, whole, path = random.Random(name), (DATA / name).read_bytes(), tmp_path / "bad.vct"  # noqa: S311
    read = refused = 0
    for _ in range(MANGLED):
        path.write_bytes(mangled(whole, chance))
        try:
            with open_vct(path) as file:
                for layer in file.layers:
                    assert sum(len(batch.ids) for batch in file.batches(layer, rows=2)) == len(file.read(layer).ids)
                assert all(problem.text("zh") and problem.text("en") for problem in file.problems)
            read += 1
        except ReadError as error:
            assert "bad.vct" in error.text("zh")  # noqa: PT017
            refused += 1
    assert read > MANGLED / 30
    assert refused > MANGLED / 3


@pytest.mark.parametrize("newline", ["\n", "\r\n", "mixed"])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
def test_ends_of_lines_blanks_and_letters_make_no_difference(tmp_path: Path, newline: str, encoding: str) -> None:
    text = (
        WHOLE.replace("PolygonBegin", " polygonbegin").replace("TableEnd", "TABLEEND\t").replace("HeadEnd", "headend ")
    )
    if newline == "mixed":
        text, newline = text.replace("0\n", "0\r\n"), "\n"
    with open_vct(saved(tmp_path, text, encoding=encoding, newline=newline)) as file:
        batch = file.read("TB")
        assert [shape.area for shape in batch.geometry] == [100.0, 100.0]
        assert batch.columns == {"MC": ["甲", None], "MJ": [100.0, None]}
        assert file.problems == ()


def test_a_missing_table_and_empty_layers_are_layers(tmp_path: Path) -> None:
    text = document(
        HEAD_3,
        {**SQUARES_3, "TableStructure": "", "Attribute": "", "FeatureCode": "2001,图斑,Polygon,TB\n3,空,Point,KD\n"},
    )
    with open_vct(saved(tmp_path, text)) as file:
        assert [(one.name, one.rows, one.fields) for one in file.layers] == [("TB", 2, ()), ("KD", 0, ())]
        assert [shape.area for shape in file.read("TB").geometry] == [100.0, 100.0]
        assert len(file.read("KD").ids) == 0
        assert file.read("KD").columns == {}


def test_repeated_identifiers_are_noted_with_their_line(tmp_path: Path) -> None:
    text = WHOLE.replace("\n13\n1099", "\n12\n1099").replace("-11,13", "-11,12")
    with open_vct(saved(tmp_path, text)) as file:
        problems = {one.text_id: (one.line, one.count) for one in file.problems}
        assert problems["vct_id_repeated"][1] == 1
        assert file.read("TB").geometry[0].area == 100.0, "the first line of the name is meant"


def test_polygons_whose_lines_are_polygons_or_themselves_have_no_shape(tmp_path: Path) -> None:
    circle = "21\n1099000000\nUnknown\n100\n1\n22\n0\n\n22\n1099000000\nUnknown\n100\n1\n21\n0\n\n"
    text = WHOLE.replace("LineEnd", circle + "LineEnd").replace("\n11,12\n", "\n21,22\n").replace("-11,13", "-1,2")
    with open_vct(saved(tmp_path, text)) as file:
        assert list(file.read("TB").geometry) == [None, None]
        assert ("vct_line_missing", 4) in [(one.text_id, one.count) for one in file.problems]


def test_many_layers_and_many_open_rings_take_no_long_time(tmp_path: Path) -> None:
    codes = "".join(f"{number},层,Point,T{number}\n" for number in range(5_000))
    lines = "".join(
        f"{number}\n1099000000\nUnknown\n1\n1\n11\n2\n{number},0\n{number},9\n0\n" for number in range(1, 5_000)
    )
    areas = "".join(f"{10**6 + number}\n7\nUnknown\n100\n1,1\n21\n1\n{number}\n0\n" for number in range(1, 5_000))
    sections = {"FeatureCode": codes, "Line": lines, "Polygon": areas}
    started = time.process_time()
    with open_vct(saved(tmp_path, document(HEAD_3, sections))) as file:
        assert len(file.layers) == 5_001
        assert not any(file.read("7").geometry)
        assert [(one.text_id, one.count) for one in file.problems] == [
            ("vct_code_unknown", 1),
            ("vct_ring_open", 4_999),
        ]
    assert time.process_time() - started < 10


def test_large_counts_take_no_memory(tmp_path: Path) -> None:
    text = WHOLE.replace("21\n2\n11,12", "21\n9000000000000000000\n11,12").replace(
        "\n11\n4\n10,0", "\n11\n800000000000\n10,0"
    )
    tracemalloc.start()
    with pytest.raises(ReadError, match="ends at line"):
        open_vct(saved(tmp_path, text))
    assert tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()
