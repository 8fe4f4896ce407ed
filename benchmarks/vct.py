"""VCT: megabytes a second of writing (borders noded) and reading 100,000 parcels, and memory of reading in batches."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import shapely

from onemap.vct import Field, NewLayer, Options, open_vct, write_vct
from onemap.vct.digits import coordinate_lines

FIELDS = [Field("BSM", "Char", 18), Field("DLBM", "Char", 5), Field("DLMC", "Char", 60), Field("TBMJ", "Float", 15, 2)]


def parcels(side: int) -> NewLayer:
    """Make a coverage of side² parcels of eight corners each."""
    chance = np.random.default_rng(1)
    xs, ys = np.meshgrid(np.arange(side + 1) * 30.0, np.arange(side + 1) * 30.0, indexing="ij")
    corners = np.stack([xs + 38_500_000, ys + 3_000_000], -1) + chance.uniform(-8, 8, (side + 1, side + 1, 2))
    across = (corners[1:] + corners[:-1]) / 2 + chance.uniform(-3, 3, (side, side + 1, 2))
    along = (corners[:, 1:] + corners[:, :-1]) / 2 + chance.uniform(-3, 3, (side + 1, side, 2))
    ring = [
        corners[:-1, :-1],
        along[:-1],
        corners[:-1, 1:],
        across[:, 1:],
        corners[1:, 1:],
        along[1:],
        corners[1:, :-1],
    ]
    ring += [across[:, :-1], corners[:-1, :-1]]
    shapes = shapely.polygons(np.stack(ring, axis=2).reshape(side * side, 9, 2))
    count = len(shapes)
    columns = {
        "BSM": [f"{number:018d}" for number in range(count)],
        "DLBM": ["0101"] * count,
        "DLMC": ["水田"] * count,
        "TBMJ": np.round(shapely.area(shapes), 2).tolist(),
    }
    return NewLayer("DLTB", "2001010100", "Polygon", shapes, FIELDS, columns)


def seconds(what: object) -> tuple[float, object]:
    started = time.process_time()
    result = what()  # type: ignore[operator]
    return time.process_time() - started, result


def read_batches(path: Path) -> int:
    with open_vct(path) as file:
        return sum(len(batch.ids) for batch in file.batches("DLTB"))


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 316
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.vct"
        layer = parcels(side)
        write_s, _ = seconds(lambda: write_vct(path, [layer], Options(epsg=4526)))
        megabytes = path.stat().st_size / 1e6
        grid = np.rint(shapely.get_coordinates(layer.geometry) * 1e4).astype(np.int64)
        text_s, text = seconds(lambda: coordinate_lines(grid, 4))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        read_s, count = seconds(lambda: read_batches(path))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with open_vct(path) as file:
            moved = np.abs(shapely.area(file.read("DLTB").geometry) - shapely.area(layer.geometry)).max()
    print(f"{count:,} parcels, {megabytes:.1f} MB")
    text_mb = len(text[0]) / 1e6
    print(
        f"written at {megabytes / write_s:.1f} MB/s ({write_s:.1f} s); coordinates as text {text_mb / text_s:.0f} MB/s"
    )
    print(f"read in batches at {megabytes / read_s:.1f} MB/s ({read_s:.1f} s)")
    print(f"memory: {(after - before) / 1024:.0f} MB more than writing took")
    print(f"areas differ by at most {moved:.6f} m²")


if __name__ == "__main__":
    main()
