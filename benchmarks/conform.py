"""Time reading, conforming and checking a million points against a bare read, reprojection and write; measure memory.

Synthetic towers (seeded) with eight columns as offices send them: codes, Chinese names, owners, heights of which some
say "35米", states, platforms, dates, towns; in CGCS2000 zone 40 (EPSG:4528), wanted in EPSG:4490. As GeoPackage, as
Shapefile in GBK, as CSV in GB 18030 with degrees as text.

Bare: `pyogrio.read_dataframe` (`pandas.read_csv` for the CSV), `to_crs`, `pyogrio.write_dataframe` to a GeoPackage, all
by Arrow, which is their fastest way. Ours: `read_file`, `conform`, `join_layers`. Each in a process of its own, whose
memory is that of it and all its children together, looked at every 20 ms. Then 5 million points of the GeoPackage by
`spool_batches` and `join_parts`, and by `onemap run --only layers` with all that it writes.
Run: `python benchmarks/conform.py [POINTS] [MANY]`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

POINTS, MANY, SAMPLE = 1_000_000, 5_000_000, 2_000
LARGEST_RATIO, LARGEST_MB, LARGEST_MANY_MB = 3.0, 2_000, 3_000
FORMATS = ("gpkg", "shp", "csv")
FIELDS = {
    "tower_id": "编码", "name": "站名", "owner": "产权", "height_agl_m": "塔高",
    "status": "状态", "platforms_total": "平台", "data_date": "日期", "town": "乡镇",
}  # fmt: skip
STATES = {"在网": "in service", "在建": "building", "规划": "planned", "拆除": "retired"}
AREA = (118.0, 29.0, 122.0, 33.0)


def towers(count: int):
    """Make towers in degrees, with their columns."""
    import pandas as pd

    rng = np.random.default_rng(20260101)
    heights = pd.Series(rng.integers(15, 60, count).astype(str))
    numbers = pd.Series(np.arange(count).astype(str))
    days = np.datetime64("2010-01-01") + rng.integers(0, 5_000, count)
    chosen = {
        "产权": ["中国铁塔", "中国移动", "中国联通", "中国电信"],
        "状态": list(STATES),
        "乡镇": ["城关镇", "太平乡", "新华街道", "东风镇"],
    }
    picked = {name: pd.Series(np.array(words)[rng.integers(0, len(words), count)]) for name, words in chosen.items()}
    frame = pd.DataFrame(
        {
            "编码": "3205000000" + numbers.str.zfill(8),
            "站名": picked["乡镇"] + "第" + numbers + "基站",
            "产权": picked["产权"],
            "塔高": heights.where(rng.random(count) > 0.02, heights + "米"),
            "状态": picked["状态"],
            "平台": rng.integers(0, 6, count),
            "日期": np.datetime_as_string(days),
            "乡镇": picked["乡镇"],
        }
    )
    return frame, rng.uniform(119, 121, count), rng.uniform(30, 32, count)


def make(folder: Path, count: int, formats: tuple[str, ...]) -> None:
    """Write the towers in each format."""
    import geopandas as gpd
    import pyogrio
    from pyproj import Transformer

    frame, lon, lat = towers(count)
    if "csv" in formats:
        degrees = frame.assign(经度=np.char.mod("%.7f", lon), 纬度=np.char.mod("%.7f", lat))
        degrees.to_csv(folder / "towers.csv", index=False, encoding="gb18030")
    projected = Transformer.from_crs(4490, 4528, always_xy=True).transform(lon, lat)
    layer = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*projected), crs=4528)
    if "gpkg" in formats:
        pyogrio.write_dataframe(layer, folder / "towers.gpkg", layer="站址", use_arrow=True)
    if "shp" in formats:
        pyogrio.write_dataframe(layer, folder / "towers.shp", encoding="GBK")


def bare(path: Path, out: Path) -> dict[str, float]:
    """Read, reproject, write with the libraries alone."""
    import geopandas as gpd
    import pandas as pd
    import pyogrio

    started = time.perf_counter()
    if path.suffix == ".csv":
        frame = pd.read_csv(path, encoding="gb18030", dtype=str)
        places = gpd.points_from_xy(frame["经度"].astype(float), frame["纬度"].astype(float))
        layer = gpd.GeoDataFrame(frame, geometry=places, crs=4490)
    else:
        layer = pyogrio.read_dataframe(path, use_arrow=True)
    read = time.perf_counter()
    layer = layer.to_crs(4490)
    pyogrio.write_dataframe(layer, out, layer="towers", use_arrow=True)
    return {"seconds": time.perf_counter() - started, "read": read - started}


def mapping(path: Path):
    """Say how the towers become the canonical layer."""
    from onemap.layers.conform import LayerMapping

    columns = {"crs": "EPSG:4490", "lon": "经度", "lat": "纬度"} if path.suffix == ".csv" else {}
    return LayerMapping("towers", fields=FIELDS, values={"status": STATES}, **columns)


def ours(path: Path, out: Path) -> dict[str, float]:
    """Read, conform and check with onemap; keep a sample of the result."""
    import shapely

    from onemap.layers.conform import conform
    from onemap.layers.join import join_layers
    from onemap.sources import read_file

    started = time.perf_counter()
    source = read_file(path)
    read = time.perf_counter()
    one = conform(source, mapping(path), working_crs="EPSG:4490", area=shapely.box(*AREA).buffer(0.3), file=path.name)
    conformed = time.perf_counter()
    joined = join_layers("towers", [one])
    ended = time.perf_counter()
    write_sample(joined.layer.iloc[chosen_rows(len(joined.layer))], out)
    return {
        "seconds": ended - started,
        "read": read - started,
        "conform": conformed - read,
        "join": ended - conformed,
        "rows": len(joined.layer),
    }


def many(path: Path, out: Path) -> dict[str, float]:
    """Conform in batches by way of disk, and check."""
    import geopandas as gpd
    import shapely

    from onemap.workflows.streamed_layers import join_parts, spool_batches

    started = time.perf_counter()
    area = shapely.box(*AREA).buffer(0.3)
    spool = out.with_suffix(".arrow")
    _, part, _ = spool_batches(path, mapping(path), spool, working_crs="EPSG:4490", area=area, file=path.name)
    layer, _ = join_parts("towers", [part])
    seconds = time.perf_counter() - started
    rows = chosen_rows(len(layer))
    columns = {name: layer[name].iloc[rows].reset_index(drop=True) for name in layer.columns}
    write_sample(gpd.GeoDataFrame(columns, geometry=layer.shapes(rows), crs=layer.crs), out)
    spool.unlink()
    return {"seconds": seconds, "rows": len(layer)}


def chosen_rows(count: int):
    """Choose some rows, to compare."""
    return np.sort(np.random.default_rng(1).choice(count, min(SAMPLE, count), replace=False))


def write_sample(rows, out: Path) -> None:
    """Write rows, to compare."""
    table = rows.drop(columns="geometry").assign(x=rows.geometry.x, y=rows.geometry.y)
    table.to_json(out, orient="records", force_ascii=False)


def wrong_rows(sample: Path, count: int) -> int:
    """Count rows of a sample that are not those that were made."""
    frame, lon, lat = towers(count)
    wrong = 0
    for row in json.loads(sample.read_text(encoding="utf-8")):
        at = int(row["tower_id"][10:])
        made = frame.iloc[at]
        same = (
            row["name"] == made["站名"]
            and row["owner"] == made["产权"]
            and row["height_agl_m"] == float(made["塔高"].rstrip("米"))
            and row["status"] == STATES[made["状态"]]
            and row["data_date"] == made["日期"]
            and row["source"].endswith(str(at + (2 if ".csv" in row["source"] else 1)))
            and abs(row["x"] - lon[at]) < 1e-6
            and abs(row["y"] - lat[at]) < 1e-6
        )
        wrong += not same
    return wrong


def measured(*words: str) -> tuple[dict[str, float], float]:
    """Run a part of this program, or a command, alone; give what it prints last, and the most memory, in MB."""
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE)
    most = [0]

    def watch() -> None:
        while process.poll() is None:
            most[0] = max(most[0], sum(resident(pid) for pid in with_children(process.pid)))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    printed = process.communicate()[0].decode()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    return json.loads(printed.strip().splitlines()[-1]), most[0] / 1e6


def with_children(pid: int) -> list[int]:
    """Give a process and all below it."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += with_children(int(child))
    except OSError:
        pass
    return found


def resident(pid: int) -> int:
    """Give the memory of a process, in bytes."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0


def write_project(folder: Path) -> Path:
    """Write the project of the long run."""
    fields = "\n".join(f'{name} = "{column}"' for name, column in FIELDS.items())
    values = "\n".join(f'"{said}" = "{meant}"' for said, meant in STATES.items())
    head = '[project]\nname = "很多站址"\ncode = "320500"\ndate = 2026-01-01\n\n[coverage]\nmodel = "radius"\n'
    source = f'[[source]]\npath = "towers.gpkg"\nlayer = "towers"\n\n[source.fields]\n{fields}\n'
    text = f"{head}\n{source}\n[source.values.status]\n{values}\n"
    (folder / "onemap.toml").write_text(text, encoding="utf-8")
    return folder


def compare(folder: Path, count: int) -> bool:
    """Compare ours with the bare way in each format; tell whether all is well."""
    is_well = True
    for kind in FORMATS:
        path = str(folder / f"towers.{kind}")
        plain, plain_mb = measured(__file__, "bare", path, str(folder / f"bare-{kind}.gpkg"))
        found, most_mb = measured(__file__, "ours", path, str(folder / "sample.json"))
        ratio, wrong = found["seconds"] / plain["seconds"], wrong_rows(folder / "sample.json", count)
        is_well &= ratio <= LARGEST_RATIO and most_mb <= LARGEST_MB and not wrong and found["rows"] == count
        parts = ", ".join(f"{name} {found[name]:.1f}" for name in ("read", "conform", "join"))
        print(
            f"{kind:<5} bare {plain['seconds']:6.1f} s {plain_mb:6.0f} MB   "
            f"onemap {found['seconds']:6.1f} s ({parts}) {most_mb:6.0f} MB   ratio {ratio:.2f}   wrong rows {wrong}",
            flush=True,
        )
    return is_well


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else POINTS
    most = int(sys.argv[2]) if len(sys.argv) > 2 else MANY
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, count, FORMATS)
        print(f"{count:,} points; load {os.getloadavg()[0]:.1f}", flush=True)
        is_well = compare(folder, count)
        make(folder, most, ("gpkg",))
        found, most_mb = measured(__file__, "many", str(folder / "towers.gpkg"), str(folder / "sample.json"))
        wrong = wrong_rows(folder / "sample.json", most)
        print(f"{most:,} points in batches: {found['seconds']:.1f} s, {most_mb:.0f} MB, wrong rows {wrong}", flush=True)
        words = ("-m", "onemap", "run", str(write_project(folder)), "--only", "layers", "--json")
        started = time.perf_counter()
        _, run_mb = measured(*words)
        print(f"onemap run --only layers: {time.perf_counter() - started:.1f} s, {run_mb:.0f} MB")
        if not is_well or wrong or found["rows"] != most or max(most_mb, run_mb) > LARGEST_MANY_MB:
            raise SystemExit(1)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        part = {"bare": bare, "ours": ours, "many": many}[sys.argv[1]]
        print(json.dumps(part(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main()
