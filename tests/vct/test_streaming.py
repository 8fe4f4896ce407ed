"""Reading in batches takes memory for a batch, not for the file."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from onemap.vct import open_vct
from tests.vct.writing_by_hand import HEAD_3

POINTS = 2_000


def generated(path: Path, lines: int) -> Path:
    """Write lines of 2,000 points each, borders of one square per line, and rows of attributes."""
    steps = POINTS // 4
    ring = [(at, 0) for at in range(steps)] + [(steps, at) for at in range(steps)]
    ring += [(steps - at, steps) for at in range(steps)] + [(0, steps - at) for at in range(steps)]
    with path.open("w", encoding="gb18030", newline="\r\n") as file:
        file.write(HEAD_3 + "FeatureCodeBegin\n2001,图斑,Polygon,TB\nFeatureCodeEnd\n")
        file.write("TableStructureBegin\nTB,1\nMC,Char,10\n0\nTableStructureEnd\nPointBegin\nPointEnd\nLineBegin\n")
        for number in range(lines):
            places = "\n".join(
                f"{38_500_000 + number * 1000 + x}.0000,{3_000_000 + y}.0000" for x, y in [*ring, ring[0]]
            )
            file.write(f"{number + 1}\n1099000000\nUnknown\n1\n1\n11\n{len(ring) + 1}\n{places}\n0\n\n")
        file.write("LineEnd\nPolygonBegin\n")
        for number in range(lines):
            file.write(f"{10_000 + number}\n2001\nUnknown\n100\n1,1\n21\n1\n{number + 1}\n0\n\n")
        file.write("PolygonEnd\nAttributeBegin\nTB\n")
        file.writelines(f"{10_000 + number},水田{number}\n" for number in range(lines))
        file.write("TableEnd\nAttributeEnd\n")
    return path


def peak_bytes(path: Path) -> int:
    tracemalloc.start()
    with open_vct(path) as file:
        for batch in file.batches("TB", rows=10):
            assert {shape.area for shape in batch.geometry} == {(POINTS // 4) ** 2}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, large = generated(tmp_path / "a.vct", 200), generated(tmp_path / "b.vct", 800)
    assert large.stat().st_size > 30e6
    peaks = peak_bytes(small), peak_bytes(large)
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < large.stat().st_size * 1.5


@pytest.mark.slow
def test_a_file_larger_than_the_memory_allowed_is_read(tmp_path: Path) -> None:
    path = generated(tmp_path / "a.vct", 4_000)
    assert path.stat().st_size > 200e6
    script = f"""
import resource
from onemap.vct import open_vct
import shapely, numpy
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open_vct({str(path)!r}) as file:
    count = sum(len(batch.ids) for batch in file.batches("TB", rows=20))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    count, kilobytes = map(int, ended.stdout.split())
    assert count == 4_000
    assert kilobytes < 100_000
