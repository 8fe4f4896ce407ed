"""Reads the published and the random paths into profiles and terms."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np

from onemap.radio.p1812 import Cases, Profiles, centre_latitude

ORACLE = Path(__file__).resolve().parents[1] / "reference" / "oracle"
PUBLISHED = (
    [(name, case) for name in ("b2iseac", "b2iseac_eqdist", "b2iseac_rural_land_100km", "b2iseac_rural_land_10km") for case in (1, 2, 3)]
    + [(name, case) for name in ("b2iseac_rural_land_1km", "rburg", "rburg_rural_noclutter", "rburg_rural_noclutter_los") for case in (1, 2, 3)]
    + [("rburg_urban_with_clutter", case) for case in range(1, 7)]
)  # fmt: skip


def one_profile(columns: np.ndarray) -> Profiles:
    """Take distance, height, clutter and zone, shape (n, 4)."""
    distance_km, height_m, clutter_m, zone = np.ascontiguousarray(columns.T)
    return Profiles(distance_km, height_m, clutter_m, zone.astype(np.int64), np.array([0, len(columns)]))


@cache
def published_path(shared: Path, name: str, case: int) -> tuple[Profiles, Cases, dict[str, float], float]:
    """Give one published path, its terms, its intermediate quantities by name, its loss."""
    folder = shared / "radio" / "validation" / "p1812"
    lines = (folder / "profiles" / f"{name}.csv").read_text(encoding="utf-8-sig").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("Number of Points")) + 1
    count = int(lines[first - 1].split(",")[1])
    points = np.array([[float(cell) for cell in line.split(",")[:5]] for line in lines[first : first + count]])
    measured = lines[lines.index("{Begin of Measurements}") + case].split(",")
    values = {}
    for row in csv.reader(
        (folder / "intermediates" / f"{name}_{case}.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    ):
        if len(row) > 3 and row[3]:
            label = row[0].strip().split(" (")[0] if "w.r.t." not in row[0] else "Ep Ptx"
            twice = label in {"hst", "hsr"}
            values[f"{label} ({row[1].strip()[4:-1]})" if twice else label] = float(row[3])
    ends = (values["phi_t"], values["lam_t"], values["phi_r"], values["lam_r"])
    terms = Cases(
        frequency_ghz=float(measured[0]) / 1000,
        htg_m=float(measured[1]),
        hrg_m=float(measured[3]),
        polarisation=int(measured[4]),
        time_percent=float(measured[14]),
        latitude_deg=centre_latitude(ends, points[-1, 0]),
        delta_n=values["DN"],
        n0=values["N0"],
    )
    return one_profile(points[:, [0, 1, 3, 4]]), terms, values, float(measured[17])


@cache
def oracle_paths() -> tuple[Profiles, Cases, np.ndarray]:
    """Give the random paths, their terms and the losses that they should have."""
    points = defaultdict(list)
    with gzip.open(ORACLE / "profiles.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            points[row["id"]].append([float(row[name]) for name in ("d_km", "h_m", "R_m", "zone")])
    with (ORACLE / "cases.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    each = [np.array(points[row["id"]]) for row in rows]
    columns = one_profile(np.concatenate(each))
    starts = np.cumsum([0, *(len(path) for path in each)])
    profiles = Profiles(columns.distance_km, columns.height_m, columns.clutter_m, columns.zone, starts)
    of = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "itm_warn"}
    latitude_deg = [
        centre_latitude(tuple(float(row[name]) for name in ("phi_t", "lam_t", "phi_r", "lam_r")), path[-1, 0])
        for row, path in zip(rows, each, strict=True)
    ]
    terms = Cases(
        frequency_ghz=of["f_GHz"], htg_m=of["htg_m"], hrg_m=of["hrg_m"], polarisation=of["pol"],
        time_percent=of["p_pct"], location_percent=of["pL_pct"], location_sigma_db=of["sigmaL_dB"],
        latitude_deg=latitude_deg, delta_n=of["DN"], n0=of["N0"], coast_t_km=of["dct_km"], coast_r_km=of["dcr_km"],
    )  # fmt: skip
    return profiles, terms, of["Lb_P1812_dB"]
