# ruff: noqa: E501 (rows of values read best unbroken; a place is x, y)
"""The truth: where each surviving row lies in EPSG:4490, computed from the rounded coordinates as they stand in the file."""

from __future__ import annotations

from functools import partial

import numpy as np
import shapely

from pilot_build import geodesy
from pilot_build.layers import degrees_of
from pilot_build.writers import write_lines


def _same(lon, lat):
    return np.asarray(lon, float), np.asarray(lat, float)


def _xian80(easting, northing):
    there = geodesy.gauss_kruger_inverse(easting, northing, 75, geodesy.IAG1975, false_easting=25_500_000.0)
    return geodesy.xian80_to_cgcs2000(*there)


_gcj02 = partial(geodesy.newton_inverse, geodesy.gcj02_forward)
TO_CGCS2000 = {
    "telecom_sites.csv": _gcj02,
    "telecom_cells.csv": _gcj02,
    "mobile_sites.shp": lambda e, n: geodesy.gauss_kruger_inverse(e, n, 75, geodesy.CGCS2000),
    "mobile_cells.shp": lambda e, n: geodesy.gauss_kruger_inverse(e, n, 75, geodesy.CGCS2000),
    "tower_company.xlsx": lambda lon, lat: ([degrees_of(t) for t in lon], [degrees_of(t) for t in lat]),
    "schools.xlsx": partial(geodesy.newton_inverse, geodesy.bd09_forward),
    "roads.shp": _xian80,
}


LINES = ("roads", "cables", "zones", "districts", "ducts", "works")


def _points(table):
    rows = table.survivors()
    first, second = zip(*(row.place for _, row in rows), strict=True)
    if table.file.endswith(".csv"):
        first, second = np.array(first, float), np.array(second, float)
    elif table.file != "tower_company.xlsx":
        first, second = np.array(first), np.array(second)
    lon, lat = TO_CGCS2000.get(table.file, _same)(first, second)
    return [
        {"file": table.file, "layer": table.layer, "row": n, "lon": f"{x:.10f}", "lat": f"{y:.10f}"}
        for (n, _), x, y in zip(rows, lon, lat, strict=True)
    ]


def _vertices(table):
    lines = []
    for n, row in table.survivors():
        coords = shapely.get_coordinates(row.place)
        kept = (
            range(len(coords))
            if table.canonical in ("roads", "districts", "ducts", "works")
            else sorted({0, len(coords) // 2, len(coords) - 1})
        )
        lon, lat = TO_CGCS2000.get(table.file, _same)(*coords[list(kept)].T)
        lines += [
            {"file": table.file, "layer": table.layer, "row": n, "vertex": v, "lon": f"{x:.10f}", "lat": f"{y:.10f}"}
            for v, x, y in zip(kept, lon, lat, strict=True)
        ]
    return lines


def write_truth(tables, folder):
    """Write one file of places for each canonical layer, the list of faults and the counts."""
    folder.mkdir(exist_ok=True)
    for canonical in dict.fromkeys(t.canonical for t in tables):
        own = [t for t in tables if t.canonical == canonical]
        lines = canonical in LINES
        rows = [line for t in own for line in (_vertices(t) if lines else _points(t))]
        columns = ["file", "layer", "row", *(["vertex"] if lines else []), "lon", "lat"]
        write_lines(folder / f"{canonical}.csv", rows, columns)
    faults = [f for t in tables for f in t.faults()]
    write_lines(
        folder / "faults.csv", faults, ["file", "layer", "row", "fault", "expected_action", "expected_rule", "note"]
    )
    counts = [
        {
            "canonical": t.canonical,
            "file": t.file,
            "layer": t.layer,
            "rows": len(t.rows),
            "rejected": len(t.rows) - len(t.survivors()),
            "accepted": len(t.survivors()),
        }
        for t in tables
    ]
    write_lines(folder / "counts.csv", counts, ["canonical", "file", "layer", "rows", "rejected", "accepted"])
    return faults, counts
