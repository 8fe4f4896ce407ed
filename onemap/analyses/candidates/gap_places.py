"""Places that lack service, as new sites are looked for by: places of their own, in squares, in clusters."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import column, places
from onemap.layers.nearest import Neighbours

__all__ = ["clusters_of", "gap_places", "in_squares", "squares_at"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_METRES_PER_DEGREE = 111_320.0


def gap_places(targets: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give each place that is not served once, with the most that any technology lacks there.

    Parameters
    ----------
    targets
        Table of `plan_targets`, geographic CRS.

    Returns
    -------
    gaps
        lon, lat, weight; by latitude, then longitude. Places without weight are left out.

    Examples
    --------
    >>> import shapely
    >>> targets = gpd.GeoDataFrame({"technology": ["4G", "5G"], "weight": [120.0, 120.0], "served_before": False},
    ...     geometry=[shapely.Point(75, 39)] * 2, crs="EPSG:4490")
    >>> gap_places(targets).values.tolist()
    [[75.0, 39.0, 120.0]]
    """
    lacking = targets[~targets["served_before"].to_numpy(dtype=bool)]
    lon, lat = places(lacking, "targets")
    table = pd.DataFrame(
        {"lat": lat, "lon": lon, "technology": column(lacking, "technology").fillna("").array,
         "weight": column(lacking, "weight", "number").to_numpy()}
    )  # fmt: skip
    sums = table.groupby(["lat", "lon", "technology"], sort=True)["weight"].sum()
    most = sums.groupby(level=["lat", "lon"], sort=True).max().reset_index()
    return most.loc[most["weight"] > 0, ["lon", "lat", "weight"]].reset_index(drop=True)


def squares_at(lon: Floats, lat: Floats, side_m: float) -> Integers:
    """Give the squares of about a side that places lie in, laid from the equator and the first meridian.

    Parameters
    ----------
    lon, lat
        Places, shape (n,), in degrees.
    side_m
        Side of a square, in metres.

    Returns
    -------
    square
        Shape (n, 2): row and column of the square; the same place lies in the same square in every call.

    Examples
    --------
    >>> squares_at(np.array([75.0, 75.001, 75.02]), np.array([39.001, 39.001, 39.001]), 1_000.0)[:, 1]
    array([6488, 6488, 6490])
    """
    high = side_m / _METRES_PER_DEGREE
    row = np.floor(lat / high).astype(np.int64)
    narrow = np.maximum(np.cos(np.radians((row + 0.5) * high)), 0.01)
    return np.column_stack([row, np.floor(lon * narrow / high).astype(np.int64)])


def in_squares(gaps: pd.DataFrame, side_m: float) -> pd.DataFrame:
    """Take the places of one square together at the heaviest of them.

    Parameters
    ----------
    gaps
        Table of `gap_places`.
    side_m
        Side of a square, in metres.

    Returns
    -------
    samples
        lon, lat (of the heaviest, the first of equal ones), weight (of all), places (how many), in the order of the
        squares.

    Examples
    --------
    >>> gaps = pd.DataFrame({"lon": [75.0, 75.001], "lat": [39.001, 39.001], "weight": [5.0, 20.0]})
    >>> in_squares(gaps, 1_000.0).values.tolist()
    [[75.001, 39.001, 25.0, 2.0]]
    """
    square = squares_at(gaps["lon"].to_numpy(), gaps["lat"].to_numpy(), side_m)
    table = gaps.assign(row=square[:, 0], column=square[:, 1])
    table = table.sort_values(["row", "column", "weight", "lat", "lon"], ascending=[True, True, False, True, True])
    groups = table.groupby(["row", "column"], sort=True)
    found = groups[["lon", "lat"]].first()
    return found.assign(weight=groups["weight"].sum(), places=groups.size()).reset_index(drop=True)


def clusters_of(samples: pd.DataFrame, distance_m: float) -> Integers:
    """Put places into clusters: the heaviest not yet taken takes what lies near it, and so on.

    Parameters
    ----------
    samples
        lon, lat, weight.
    distance_m
        How far a cluster reaches from its heaviest place, in metres.

    Returns
    -------
    leader
        For each place the position of the heaviest of its cluster, shape (n,).

    Examples
    --------
    >>> samples = pd.DataFrame({"lon": [75.0, 75.01, 76.0], "lat": 39.0, "weight": [1.0, 9.0, 2.0]})
    >>> clusters_of(samples, 3_000.0)
    array([1, 1, 2])
    """
    lon, lat, weight = (samples[name].to_numpy(dtype=float) for name in ("lon", "lat", "weight"))
    leader = np.full(len(samples), -1, dtype=np.int64)
    if not len(samples):
        return leader
    point, other, _ = Neighbours(lon, lat).within(lon, lat, distance_m=distance_m)
    starts = np.searchsorted(point, np.arange(len(samples) + 1))
    for place in np.lexsort((lon, lat, -weight)).tolist():
        if leader[place] < 0:
            near = other[starts[place] : starts[place + 1]]
            leader[near[leader[near] < 0]] = place
    return leader
