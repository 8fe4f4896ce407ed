"""VCT: speed and memory of writing (borders noded) and reading parcels; GML by GDAL and a plain program beside them.

Every part runs in a process of its own, in processor time, on one thread; compiled loops are loaded before.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely

from onemap.vct import Field, NewLayer, Options, open_vct, write_vct

FIELDS = [Field("BSM", "Char", 18), Field("DLBM", "Char", 5), Field("DLMC", "Char", 60), Field("TBMJ", "Float", 15, 2)]
LEAST_WRITE, LEAST_TEXT, LEAST_READ = 10.0, 40.0, 25.0  # MB/s
MOST_AREA_M2 = 0.01
MOST_WRITE, MOST_READ = 12.0, 12.0  # times the bytes of the coordinates of the layer


def parcels(side: int) -> NewLayer:
    """Make a coverage of side² parcels of eight corners each, given off the grid of the file."""
    chance = np.random.default_rng(1)
    xs, ys = np.meshgrid(np.arange(side + 1) * 30.0, np.arange(side + 1) * 30.0, indexing="ij")
    corners = np.stack([xs + 38_500_000, ys + 3_000_000], -1) + chance.uniform(-8, 8, (side + 1, side + 1, 2))
    across = (corners[1:] + corners[:-1]) / 2 + chance.uniform(-3, 3, (side, side + 1, 2))
    along = (corners[:, 1:] + corners[:, :-1]) / 2 + chance.uniform(-3, 3, (side + 1, side, 2))
    ring = [corners[:-1, :-1], along[:-1], corners[:-1, 1:], across[:, 1:], corners[1:, 1:], along[1:]]
    ring += [corners[1:, :-1], across[:, :-1], corners[:-1, :-1]]
    shapes = shapely.polygons(np.stack(ring, axis=2).reshape(side * side, 9, 2))
    count = len(shapes)
    columns = {
        "BSM": [f"{number:018d}" for number in range(count)],
        "DLBM": ["0101"] * count,
        "DLMC": ["水田"] * count,
        "TBMJ": np.round(shapely.area(shapes), 2).tolist(),
    }
    return NewLayer("DLTB", "2001010100", "Polygon", shapes, FIELDS, columns)


def timed(what: Callable[[], object]) -> tuple[float, int]:
    """Give seconds of processor time, and bytes of memory more than before at the worst."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    what()
    ended = time.process_time()
    return ended - started, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def write(folder: Path, side: int) -> dict[str, float]:
    from onemap.vct.coverage import shared_borders
    from onemap.vct.records_text import border_records

    write_vct(folder / "small.vct", [parcels(3)], Options(epsg=4526))  # loads the compiled loops
    layer = parcels(side)
    seconds, more = timed(lambda: write_vct(folder / "a.vct", [layer], Options(epsg=4526)))
    coverage = shared_borders(layer.geometry, 1e4)
    written: list[int] = []
    text_s, _ = timed(lambda: written.extend(len(part) for part in border_records(coverage, 1, 4)))
    layer_bytes = shapely.get_coordinates(layer.geometry).nbytes
    return {"seconds": seconds, "bytes": more, "layer_bytes": layer_bytes, "text_mb_s": sum(written) / 1e6 / text_s}


def read(folder: Path, side: int) -> dict[str, float]:
    with open_vct(folder / "small.vct") as file:
        file.read("DLTB")

    def batches() -> None:
        with open_vct(folder / "a.vct") as file:
            assert sum(len(batch.ids) for batch in file.batches("DLTB", rows=10_000)) == side * side

    seconds, more = timed(batches)
    return {"seconds": seconds, "bytes": more}


def check(folder: Path, side: int) -> dict[str, float]:
    layer = parcels(side)
    with open_vct(folder / "a.vct") as file:
        batch = file.read("DLTB")
        assert not file.problems
    assert batch.columns == layer.columns
    moved = np.abs(shapely.area(batch.geometry) - shapely.area(layer.geometry)).max()
    edges = (folder / "a.vct").read_bytes().split(b"PolygonBegin")[0].split(b"LineBegin")[1].split(b"\r\n")
    pairs = [tuple(sorted(pair)) for pair in itertools.pairwise(edges) if all(b"," in end for end in pair)]
    assert len(pairs) == len(set(pairs)) == 4 * side * (side + 1), "each edge of two parcels stands once"
    return {"moved_m2": float(moved)}


def plain(folder: Path, _side: int) -> dict[str, float]:
    """Read 3,600 parcels by one loop over their lines, as a plain program does."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tests.vct.naive_reader import read_naively

    path = folder / "few.vct"
    write_vct(path, [parcels(60)], Options(epsg=4526))
    seconds, _ = timed(lambda: read_naively(path))
    return {"seconds": seconds, "megabytes": path.stat().st_size / 1e6}


def gml(folder: Path, side: int) -> dict[str, float]:
    """Write and read the same layer as GML by GDAL: text of coordinates too, but no borders shared."""
    import geopandas as gpd
    import pyogrio

    layer = parcels(side)
    frame = gpd.GeoDataFrame(dict(layer.columns), geometry=layer.geometry, crs=4526)
    write_s, _ = timed(lambda: pyogrio.write_dataframe(frame, folder / "a.gml", driver="GML"))
    read_s, _ = timed(lambda: pyogrio.read_dataframe(folder / "a.gml"))
    return {"write_s": write_s, "read_s": read_s, "megabytes": (folder / "a.gml").stat().st_size / 1e6}


PARTS = {"write": write, "read": read, "check": check, "plain": plain, "gml": gml}


def run(part: str, folder: Path, side: int, rounds: int = 1) -> dict[str, float]:
    """Run a part in processes of its own; give the quickest."""
    command = [sys.executable, __file__, part, str(folder), str(side)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    ended = [subprocess.run(command, check=True, capture_output=True, env=environment).stdout for _ in range(rounds)]
    return min((json.loads(one) for one in ended), key=lambda found: found.get("seconds", 0))


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 317
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        done = {part: run(part, folder, side, 2 if part in {"write", "read"} else 1) for part in PARTS}
        megabytes = (folder / "a.vct").stat().st_size / 1e6
    layer = done["write"]["layer_bytes"]
    speeds = {
        "written": (megabytes / done["write"]["seconds"], LEAST_WRITE),
        "text of borders": (done["write"]["text_mb_s"], LEAST_TEXT),
        "read in batches": (megabytes / done["read"]["seconds"], LEAST_READ),
    }
    print(f"{side * side:,} parcels, {megabytes:.1f} MB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for what, (speed, least) in speeds.items():
        print(f"{what}: {speed:.1f} MB/s (at least {least:g})")
    taken = {part: done[part]["bytes"] / layer for part in ("write", "read")}
    print(f"memory, in times the {layer / 1e6:.0f} MB of the layer's coordinates: " + json.dumps(taken))
    print(f"areas differ by at most {done['check']['moved_m2']:.6f} m² (at most {MOST_AREA_M2})")
    beside, alone = done["gml"], done["plain"]["megabytes"] / done["plain"]["seconds"]
    for what, other in (("write", beside["write_s"]), ("read", beside["read_s"])):
        print(f"{what} the layer as GML by GDAL: {other:.1f} s, {other / done[what]['seconds']:.1f} times as long")
    print(f"a plain reader: {alone:.1f} MB/s, {speeds['read in batches'][0] / alone:.1f} times as long")
    assert all(speed >= least for speed, least in speeds.values()), "too slow"
    assert taken["write"] <= MOST_WRITE, "writing takes too much memory"
    assert taken["read"] <= MOST_READ, "reading takes too much memory"
    assert done["check"]["moved_m2"] <= MOST_AREA_M2, "areas are not kept"


if __name__ == "__main__":
    if len(sys.argv) > 3:
        print(json.dumps(PARTS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        main()
