"""Checking 1,000,000 points and 100,000 areas by every rule, and how topology grows: seconds, memory, seconds per rule.

Layers are made without a fault but a few that are planted, and the check must find those and no other; memory is the
largest of a process of its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.delivery.areas import ellipsoidal_areas
from onemap.delivery.checked import CheckedField, CheckedLayer
from onemap.delivery.contexts import contexts_of
from onemap.delivery.examining import examine_layers
from onemap.delivery.profile import Profile, ProfileLayer, load_profile
from onemap.delivery.rules.registry import applies, layer_rules, must_be_named, package_rules, row_rules

CRS = "EPSG:4490"
MOST_POINT_SECONDS, MOST_POINT_MB = 60.0, 2_000.0
MOST_GROWTH = 2.0
"""How much longer a feature may take in a layer of ten times as many; near-linear: n log n gives 1.2 to 1.3."""
PLANTED = 20
SIZES = (10_000, 100_000, 1_000_000)
ALWAYS = {"OM-ATT-104", "OM-ATT-108", "OM-PKG-101"}
DISTRICTS = gpd.GeoDataFrame(
    {"code": [f"6599001{i:02d}" for i in range(100)], "name": [f"镇{i}" for i in range(100)]},
    geometry=[
        shapely.box(75 + i % 10 / 10, 39 + i // 10 / 10, 75.1 + i % 10 / 10, 39.1 + i // 10 / 10) for i in range(100)
    ],
    crs=CRS,
)


def every_rule(code: str, profile: Profile) -> Profile:
    """Ask every rule of a layer."""
    layers = tuple(
        one.model_copy(update={"rules": tuple(sorted(must_be_named() - {"OM-PKG-108"}))}) if one.code == code else one
        for one in profile.layers
    )
    changed = profile.model_copy(update={"layers": layers})
    changed._code_lists = profile.code_lists  # noqa: SLF001
    return changed


def with_fields(one: ProfileLayer, profile: Profile, shapes: np.ndarray) -> CheckedLayer:
    """Give shapes the fields of the profile, filled as it wants."""
    count = len(shapes)
    centre = shapely.centroid(shapes)
    row, column = (np.clip(np.floor(np.nan_to_num(axis)).astype(int), 0, 9) for axis in
                   ((shapely.get_y(centre) - 39) * 10, (shapely.get_x(centre) - 75) * 10))  # fmt: skip
    district = row * 10 + column
    number = np.char.zfill(np.arange(1, count + 1).astype(str), 8)
    made: dict[str, object] = {
        "BSM": np.char.add(f"659900{one.number:04d}", number),
        "YSDM": one.ysdm,
        "XZQDM": np.char.add(DISTRICTS["code"].to_numpy(dtype=str)[district], "000"),
        "XZQMC": DISTRICTS["name"].to_numpy(dtype=str)[district],
        "MC": np.char.add("设施", number),
        "LX": "11",
        "YDYHFLDM": one.land_use,
        "BZ": np.char.add("通信塔 T", number),
    }
    frame = gpd.GeoDataFrame({}, geometry=shapes, crs=CRS)
    for field in profile.fields_of(one):
        is_area = field.filled_by == "area"
        value = ellipsoidal_areas(frame.geometry).round(2) if is_area else made[field.name]
        frame[field.name] = value if is_area else pd.Series(value, index=frame.index, dtype="string")
    stored = tuple(
        CheckedField(field.name, field.type, field.length, field.decimals if field.type == "number" else None)
        for field in profile.fields_of(one)
    )
    return CheckedLayer(one.code, frame, stored, CRS, "OpenFileGDB", "659900示范县通信基础设施专项规划矢量数据.gdb")


def points(count: int) -> tuple[np.ndarray, Counter[str]]:
    """Towers all over the county, and twenty without a place."""
    rng = np.random.default_rng(5)
    shapes = shapely.points(rng.uniform(75.001, 75.999, count), rng.uniform(39.001, 39.999, count))
    shapes[rng.choice(count, PLANTED, replace=False)] = None
    return shapes, Counter({"OM-GEO-101": PLANTED})


def areas(count: int) -> tuple[np.ndarray, Counter[str]]:
    """Parcels that leave no gap, with sixteen vertices; twenty reach over the border to the next."""
    side = int(np.sqrt(count))
    step = 0.9 / side
    rng = np.random.default_rng(6)
    nodes = np.stack(np.meshgrid(75.05 + step * np.arange(side + 1), 39.05 + step * np.arange(side + 1)), axis=-1)
    nodes += rng.uniform(-0.2, 0.2, nodes.shape) * step
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    corners = [nodes[row + j, column + i].reshape(-1, 2) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
    ring = [
        a * (1 - part) + b * part
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)
        for part in (0.0, 0.25, 0.5, 0.75)
    ]
    outline = np.round(np.stack(ring, axis=1), 9)
    chosen = (np.arange(PLANTED) * (side * side // PLANTED // side) * side + side // 2)[:PLANTED]
    for one in chosen:  # the vertex in the middle of its eastern side goes into the neighbour
        outline[one, 6] += (step / 4, 0.0)
    return shapely.polygons(outline), Counter({"OM-TOP-101": PLANTED})


def roads(count: int) -> tuple[np.ndarray, Counter[str]]:
    """Roads between the nodes of a grid."""
    side = int(np.sqrt(count / 2))
    step = 0.9 / side
    lon, lat = np.meshgrid(75.05 + step * np.arange(side + 1), 39.05 + step * np.arange(side + 1))
    nodes = np.stack([lon, lat], axis=-1)
    nodes += np.random.default_rng(7).uniform(-0.2, 0.2, nodes.shape) * step
    east = np.stack([nodes[:, :-1], nodes[:, 1:]], axis=2).reshape(-1, 2, 2)
    north = np.stack([nodes[:-1], nodes[1:]], axis=2).reshape(-1, 2, 2)
    return shapely.linestrings(np.concatenate([east, north])), Counter()


LAYERS: dict[str, tuple[str, Callable[[int], tuple[np.ndarray, Counter[str]]]]] = {
    "points": ("SZGYSSD", points),
    "areas": ("SZGYSSM", areas),
    "lines": ("SZGYSSX", roads),
}


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Add the processor time of a block."""
    start = time.process_time()
    yield
    seconds[name] = seconds.get(name, 0.0) + time.process_time() - start


def measure(kind: str, count: int, *, rules: str) -> dict[str, object]:
    """Check one layer in this process: by all rules, or by those whose ids begin so, each alone."""
    code, make = LAYERS[kind]
    profile = every_rule(code, load_profile("telecom-special-plan"))
    one = profile.layer(code)
    assert one is not None
    shapes, expected = make(count)
    layer = with_fields(one, profile, shapes)
    del shapes
    gc.collect()
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds: dict[str, float] = {}
    wall, cpu = time.perf_counter(), time.process_time()
    if rules:
        (context,) = contexts_of({code: layer}, profile, districts=DISTRICTS)
        with timed(seconds, "metres"):
            context.metres()
        asked = [(one.rule_id, lambda one=one: one.check(layer.frame, context)) for one in row_rules()]
        asked += [(one.rule_id, lambda one=one: one.check(context)) for one in layer_rules()]
        asked += [(one.rule_id, lambda one=one: one.check([context])) for one in package_rules()]
        for rule_id, ask in asked:
            if rule_id.startswith(rules) and applies(rule_id, context):
                with timed(seconds, rule_id):
                    ask()
        counts: Counter[str] = Counter()
    else:
        found = examine_layers({code: layer}, profile, districts=DISTRICTS)
        counts = Counter({rule: count for rule, count in found.failed().items() if rule not in ALWAYS})
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "mb_before": before_mb,
        "rules": seconds,
        "found": dict(counts),
        "expected": dict(expected),
        "features": len(layer.frame),
    }


def apart(kind: str, count: int, *, rules: str = "") -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--one", kind, str(count), "--rules", rules]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def whole(kind: str, count: int) -> bool:
    """Check a layer by every rule, and say what it takes; True if all is found and nothing else."""
    all_rules, each = apart(kind, count), apart(kind, count, rules="OM-")
    print(f"{all_rules['features']:,} {kind}: {all_rules['wall_s']:.1f} s ({all_rules['cpu_s']:.1f} s of processor),"
          f" {all_rules['mb']:.0f} MB, {all_rules['mb_before']:.0f} of them before")  # fmt: skip
    for rule, seconds in sorted(each["rules"].items(), key=lambda item: -item[1]):
        if seconds >= 0.01:
            print(f"  {rule} {seconds:.2f} s")
    print(f"  found {all_rules['found']}, planted {all_rules['expected']}")
    fast = kind != "points" or (all_rules["cpu_s"] <= MOST_POINT_SECONDS and all_rules["mb"] <= MOST_POINT_MB)
    return bool(fast and all_rules["found"] == all_rules["expected"])


def grows(kind: str) -> bool:
    """Ask the rules of topology of ever larger layers; True if none of them grows faster than allowed."""
    per_feature: dict[str, list[float]] = {}
    for size in SIZES:
        measured = apart(kind, size, rules="OM-TOP-")
        for rule, seconds in measured["rules"].items():
            per_feature.setdefault(rule, []).append(1e6 * seconds / measured["features"])
    near_linear = True
    for rule, times in per_feature.items():
        growth = times[-1] / times[-2]
        near_linear &= growth <= MOST_GROWTH
        print(f"{rule} {kind}: {' '.join(f'{one:.1f}' for one in times)} µs a feature for {SIZES}, last {growth:.2f}")
    return near_linear


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=[], help="points, areas, growth; all if none is named")
    parser.add_argument("--one", nargs=2, metavar=("KIND", "COUNT"), help="measure one layer in this process")
    parser.add_argument("--rules", default="", help="measure each rule alone whose id begins so")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one[0], int(asked.one[1]), rules=asked.rules)))
        return
    programs = {
        "points": lambda: whole("points", 1_000_000),
        "areas": lambda: whole("areas", 100_000),
        "growth": lambda: all([grows("areas"), grows("lines")]),
    }
    results = {part: programs[part]() for part in asked.parts or programs}
    if not all(results.values()):
        sys.exit(f"missed: {', '.join(part for part, good in results.items() if not good)}")


if __name__ == "__main__":
    main()
