"""What to reserve in subways, tunnels, bridges and roads that are built near demands, gaps or planned cables."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from onemap.analyses.columns import column, ids, require_geographic, result_layer
from onemap.analyses.sharing.demand_settings import WorkSettings
from onemap.analyses.sharing.near_lines import metres_per_degree
from onemap.messages import LANGUAGES, text

__all__ = ["reserve_in_works"]

_NEEDS = {"demands": "demand_id", "gap_points": "target_id", "gap_stretches": "road_id", "cables": "cable_id"}
_WIRED = ("cables",)  # what needs a way for cables; the rest needs a place for radio
_WIRED_RESOURCES = ("bore", "fibre")
_KINDS = ("subway", "tunnel", "bridge", "road")
_ROOM = 1.05


def reserve_in_works(
    works: gpd.GeoDataFrame,
    needs: Mapping[str, gpd.GeoDataFrame],
    *,
    from_year: int | None = None,
    settings: WorkSettings | None = None,
) -> gpd.GeoDataFrame:
    """List what should be reserved in works, whom to ask and when.

    Parameters
    ----------
    works
        Canonical layer, geographic CRS.
    needs
        What needs it, any may be missing: result layers `demand_outcomes` as "demands", `gap_points` and
        `gap_stretches` (of which "any" operator is taken), and planned "cables".
    from_year
        Works of an earlier year are left out: they are done. A work without year stays.
    settings
        How near a work must be; the defaults if not given.

    Returns
    -------
    reservations
        Result layer `work_reservations`, in the order of the works, then of the needs: a row for each work and kind of
        need near it. `length_m` is how much of the lines lies near the work. Distances are measured in an azimuthal
        equidistant projection round the middle of the work: within 50 km of it to 1 in 100,000.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> works = gpd.GeoDataFrame({"work_id": ["W1"], "kind": ["bridge"], "owner": ["交通局"], "year": [2027]},
    ...     geometry=[shapely.LineString([(75, 39), (75.01, 39)])], crs="EPSG:4490")
    >>> cables = gpd.GeoDataFrame({"cable_id": ["C1"], "status": ["planned"]},
    ...     geometry=[shapely.LineString([(75, 39.0005), (75.01, 39.0005)])], crs="EPSG:4490")
    >>> reserve_in_works(works, {"cables": cables})[["work_owner", "need_ids", "reserve_en"]].values.tolist()
    [['交通局', 'C1', 'bores and a cable rack in the bridge deck']]
    """
    crs = require_geographic(works=works, **needs)
    settings = settings or WorkSettings()
    year = column(works, "year", "integer")
    current = year.isna() | year.ge(from_year if from_year is not None else 0).fillna(value=True)
    works = works[current.to_numpy(dtype=bool)].reset_index(drop=True)
    wanted = _wanted(needs)
    rows = _near(works, wanted, crs.get_geod() or Geod(ellps="GRS80"), settings)
    values = _fields(works, wanted, rows, settings)
    at = np.array([row["work"] for row in rows], dtype=np.int64)
    return result_layer("work_reservations", values, np.asarray(works.geometry.to_numpy(), dtype=object)[at], crs)


def _wanted(needs: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Put everything that needs something into one table: layer, id, wired, geometry."""
    parts = []
    for name, key in _NEEDS.items():
        layer = needs.get(name)
        if layer is None or layer.empty:
            continue
        if "operator" in layer and name.startswith("gap_"):
            layer = layer[layer["operator"].eq("any").fillna(value=False).to_numpy(dtype=bool)]
        if name == "cables":
            layer = layer[column(layer, "status").eq("planned").fillna(value=False).to_numpy(dtype=bool)]
        wired = column(layer, "resource").isin(_WIRED_RESOURCES).to_numpy(dtype=bool) | (name in _WIRED)
        table = {"layer": name, "id": layer[key].astype("string").array, "wired": wired}
        parts.append(pd.DataFrame({**table, "shape": np.asarray(layer.geometry.to_numpy(), dtype=object)}))
    if not parts:
        return pd.DataFrame({"layer": [], "id": [], "wired": [], "shape": []})
    return pd.concat(parts, ignore_index=True)


def _near(works: gpd.GeoDataFrame, wanted: pd.DataFrame, geod: Geod, settings: WorkSettings) -> list[dict[str, object]]:
    """Find what lies near each work."""
    tree = shapely.STRtree(wanted["shape"].to_numpy(dtype=object))
    rows: list[dict[str, object]] = []
    for number, work in enumerate(works.geometry):
        if work is None or work.is_empty:
            continue
        west, south, east, north = work.bounds
        widest = max(abs(south), abs(north))
        east_m, north_m = (float(part[0]) for part in metres_per_degree(np.array([widest])))
        wide, high = _ROOM * settings.distance_m / east_m, _ROOM * settings.distance_m / north_m
        found = np.sort(tree.query(shapely.box(west - wide, south - high, east + wide, north + high)))
        if not len(found):
            continue
        flat = _flattened(((west + east) / 2.0, (south + north) / 2.0), geod)
        here = shapely.transform(work, flat)
        there = shapely.transform(wanted["shape"].to_numpy(dtype=object)[found], flat)
        distance_m = shapely.distance(here, there)
        close = distance_m <= settings.distance_m
        found, there, distance_m = found[close], there[close], distance_m[close]
        along_m = shapely.length(shapely.intersection(there, shapely.buffer(here, settings.distance_m)))
        for (layer, wired), group in wanted.iloc[found].groupby(["layer", "wired"], sort=False):
            chosen = np.flatnonzero(np.isin(found, group.index))
            chosen = chosen[np.argsort(distance_m[chosen], kind="stable")]
            rows.append(
                {
                    "work": number,
                    "layer": layer,
                    "wired": wired,
                    "needs": found[chosen],
                    "distance_m": float(distance_m[chosen].min()),
                    "along_m": float(along_m[chosen].sum()),
                }
            )
    return rows


def _flattened(middle: tuple[float, float], geod: Geod):  # type: ignore[no-untyped-def]
    """Give the function that lays coordinates into a plane round a place."""
    lon, lat = middle
    plane = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +a={geod.a} +rf={1.0 / geod.f} +units=m +type=crs"
    degrees = f"+proj=longlat +a={geod.a} +rf={1.0 / geod.f} +type=crs"
    lay = Transformer.from_crs(degrees, plane, always_xy=True)

    def flat(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(lay.transform(places[:, 0], places[:, 1]))

    return flat


def _fields(
    works: gpd.GeoDataFrame, wanted: pd.DataFrame, rows: list[dict[str, object]], settings: WorkSettings
) -> dict[str, object]:
    """Give the fields of the list."""
    work = np.array([row["work"] for row in rows], dtype=np.int64)
    values: dict[str, object] = {"work_id": ids(works, "works").iloc[work].array}
    for name, source in (("work_name", "name"), ("work_kind", "kind"), ("stage", "stage"), ("work_owner", "owner")):
        values[name] = column(works, source).iloc[work].array
    values["year"] = column(works, "year", "integer").iloc[work].array
    names = wanted["id"].astype("string").fillna("-").to_numpy(dtype=object)
    each = [list(dict.fromkeys(names[np.asarray(row["needs"], dtype=np.int64)])) for row in rows]
    values["need_layer"] = [row["layer"] for row in rows]
    values["need_ids"] = [";".join(named[: settings.named]) for named in each]
    values["need_count"] = [len(named) for named in each]
    values["distance_m"] = [row["distance_m"] for row in rows]
    values["length_m"] = [row["along_m"] or np.nan for row in rows]
    kinds = column(works, "kind").iloc[work].tolist()
    for lang in LANGUAGES:
        values[f"reserve_{lang}"] = [
            text(f"reserve_{kind if kind in _KINDS else 'work'}_{'cable' if row['wired'] else 'radio'}", lang)
            for kind, row in zip(kinds, rows, strict=True)
        ]
        values[f"reason_{lang}"] = [
            text("reserve_reason", lang, count=len(named), distance_m=f"{row['distance_m']:.0f}",
                 limit_m=f"{settings.distance_m:.0f}")
            for named, row in zip(each, rows, strict=True)
        ]  # fmt: skip
    return values
