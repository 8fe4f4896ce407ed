"""Wrong, damaged and hostile files end in one sentence that names the line."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest

from onemap.errors import ReadError
from onemap.vct import open_vct
from tests.vct.writing_by_hand import HEAD_2, HEAD_3, SQUARES_3, document, saved

WHOLE = document(HEAD_3, SQUARES_3)


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


def test_large_counts_take_no_memory(tmp_path: Path) -> None:
    text = WHOLE.replace("21\n2\n11,12", "21\n9000000000000000000\n11,12").replace(
        "\n11\n4\n10,0", "\n11\n800000000000\n10,0"
    )
    tracemalloc.start()
    with pytest.raises(ReadError, match="ends at line"):
        open_vct(saved(tmp_path, text))
    assert tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()
