"""Files nested a hundred thousand deep, or growing by the power, end soon: read, or turned away by a rule."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from onemap.errors import ReadError
from onemap.sources import Reader, open_reader, read_file

DEEP = 100_000
LONGEST_S = 30.0  # a tenth of it where nothing else runs
HEADER = "0\nSECTION\n2\nHEADER\n0\nENDSEC\n"


def insert(block: str) -> str:
    """Give the lines of an inserted block."""
    return f"0\nINSERT\n8\n0\n2\n{block}\n10\n75\n20\n39\n"


def block(name: str, content: str) -> str:
    """Give the lines of a block."""
    return f"0\nBLOCK\n8\n0\n2\n{name}\n10\n0\n20\n0\n{content}0\nENDBLK\n"


def drawing(blocks: str) -> str:
    """Give a drawing of blocks, the first of which is inserted once."""
    entities = f"0\nSECTION\n2\nENTITIES\n{insert('B0')}0\nENDSEC\n0\nEOF\n"
    return f"{HEADER}0\nSECTION\n2\nBLOCKS\n{blocks}0\nENDSEC\n{entities}"


POINT = "<Placemark><Point><coordinates>75.2,39.6</coordinates></Point></Placemark>"
READ = {
    "folders.kml": f"<kml>{'<Folder>' * DEEP}{POINT}{'</Folder>' * DEEP}</kml>",
    "itself.dxf": drawing(block("B0", insert("B0") * 20)),
    "power.dxf": drawing("".join(block(f"B{at}", insert(f"B{at + 1}") * 10) for at in range(12))),
}
TURNED_AWAY = {
    "arrays.geojson": '{"type":"FeatureCollection","features":' + "[" * DEEP + "]" * DEEP + "}",
    "objects.geojson": '{"type":"Feature","properties":' + '{"a":' * DEEP + "1" + "}" * DEEP + ',"geometry":null}',
    "unfinished.kml": f"<kml>{'<Folder>' * DEEP}{POINT}",
    "unfinished.gml": f'<a:FeatureCollection xmlns:a="a" xmlns:gml="http://www.opengis.net/gml">{"<a:b>" * DEEP}',
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with open_reader(timeout_s=60) as opened:
        yield opened


@pytest.mark.parametrize("name", READ)
def test_depth_that_means_nothing_is_read(name: str, tmp_path: Path, reader: Reader) -> None:
    (tmp_path / name).write_text(READ[name], encoding="utf-8")
    begun = time.monotonic()
    assert len(read_file(tmp_path / name, reader=reader).rows) == 1
    assert time.monotonic() - begun < LONGEST_S


@pytest.mark.parametrize("name", TURNED_AWAY)
def test_depth_without_end_is_turned_away(name: str, tmp_path: Path, reader: Reader) -> None:
    (tmp_path / name).write_text(TURNED_AWAY[name], encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(ReadError) as caught:
        read_file(tmp_path / name, reader=reader)
    assert caught.value.rule in {"OM-PKG-014", "OM-PKG-017"}
    assert time.monotonic() - begun < LONGEST_S
