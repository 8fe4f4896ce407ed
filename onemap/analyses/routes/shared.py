"""Cables on one route though each was drawn on its own: pairs with their shared kilometres, and places with all."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, require_geographic, result_layer
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.doubled_back import Doubled, doubled_back, doubled_within
from onemap.analyses.routes.measured_lines import MeasuredLines, measure_lines
from onemap.analyses.routes.side_by_side import Stretches, near_pairs, stretches_beside
from onemap.messages import text

__all__ = ["LaidCables", "lay_cables", "shared_routes"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LaidCables:
    """Cables in the ground, measured, with all stretches that they share.

    Attributes
    ----------
    cables
        Those that lie there, ordered by id, with a plain index.
    lines
        Their lines, measured.
    stretches
        Of each cable beside each other one, so each pair twice.
    doubled
        Of each cable beside an earlier part of itself.
    """

    cables: gpd.GeoDataFrame
    lines: MeasuredLines
    stretches: Stretches
    doubled: Doubled


def lay_cables(cables: gpd.GeoDataFrame, *, settings: RouteSettings | None = None) -> LaidCables:
    """Measure cables and find where they lie on one route.

    Parameters
    ----------
    cables
        Canonical layer, geographic CRS; a cable whose status is left out by the settings is.
    settings
        Tolerance and lengths; the defaults if not given.

    Returns
    -------
    laid
        What all other answers about routes start from.

    Raises
    ------
    CRSError
        If the layer is not in a geographic CRS.
    LayerError
        If it lacks its id.

    Examples
    --------
    >>> cables = gpd.GeoDataFrame({"cable_id": ["B", "A"], "operator": ["电信", "移动"]}, crs="EPSG:4490", geometry=[
    ...     shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75.1, 39.0001), (75, 39.0001)])])
    >>> laid = lay_cables(cables)
    >>> laid.cables["cable_id"].tolist(), (laid.stretches.to_m - laid.stretches.from_m).round(-1)
    (['A', 'B'], array([8660., 8660.]))
    """
    require_geographic(cables=cables)
    settings = settings or RouteSettings()
    there = ~column(cables, "status").isin(settings.left_out).to_numpy(dtype=bool)
    laid = cables[there].iloc[np.argsort(ids(cables, "cables").fillna("").to_numpy(dtype=str)[there], kind="stable")]
    laid = laid.reset_index(drop=True)
    lines = measure_lines(laid)
    shapes = lines.shapes(laid)
    pairs = near_pairs(shapes, None, settings.tolerance_m)
    beside = stretches_beside(lines, lines, pairs, settings=settings)
    return LaidCables(laid, lines, beside, doubled_back(lines, settings=settings))


def shared_routes(laid: LaidCables, *, settings: RouteSettings | None = None) -> gpd.GeoDataFrame:
    """List pairs of cables on one route with the kilometres that they share.

    Parameters
    ----------
    laid
        Cables of `lay_cables`.
    settings
        What they were laid with, for the reason.

    Returns
    -------
    shared_routes
        Result layer `shared_routes`, the longest first, pairs of different operators before those of one. The shared
        length is the mean of the lengths along both cables, as neither drawing is better than the other; where a cable
        doubles back on itself it counts once there.

    Examples
    --------
    >>> cables = gpd.GeoDataFrame({"cable_id": ["B", "A"], "operator": ["电信", "移动"]}, crs="EPSG:4490", geometry=[
    ...     shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75.1, 39.0001), (75, 39.0001)])])
    >>> pairs = shared_routes(lay_cables(cables))
    >>> pairs[["cable_a", "cable_b", "shared_km", "opposite"]].round(2).values.tolist()
    [['A', 'B', 8.66, True]]
    """
    settings = settings or RouteSettings()
    table = _pairs(laid)
    operator = column(laid.cables, "operator").fillna("")
    cable_id = ids(laid.cables, "cables")
    a, b = table["a"].to_numpy(dtype=np.int64), table["b"].to_numpy(dtype=np.int64)
    length_km = laid.lines.length_m / 1000.0
    values: dict[str, object] = {
        "cable_a": cable_id.iloc[a].array,
        "operator_a": operator.iloc[a].array,
        "cable_b": cable_id.iloc[b].array,
        "operator_b": operator.iloc[b].array,
        "same_operator": operator.to_numpy()[a] == operator.to_numpy()[b],
        "shared_km": table["shared_m"].to_numpy() / 1000.0,
        "share_a": np.minimum(table["on_a_m"].to_numpy() / 1000.0 / np.maximum(length_km[a], 1e-9), 1.0),
        "share_b": np.minimum(table["on_b_m"].to_numpy() / 1000.0 / np.maximum(length_km[b], 1e-9), 1.0),
        "stretches": table["stretches"].to_numpy(),
        "distance_m": table["distance_m"].to_numpy(),
        "opposite": table["opposite"].to_numpy(dtype=bool),
    }
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [
            text("route_shared", lang, km=f"{km:.2f}", apart=f"{apart:.1f}", tolerance=f"{settings.tolerance_m:g}")
            for km, apart in zip(table["shared_m"] / 1000.0, table["distance_m"], strict=True)
        ]
    layer = result_layer("shared_routes", values, _shapes(laid, table), laid.cables.crs)
    order = np.lexsort((-layer["shared_km"].to_numpy(), layer["same_operator"].to_numpy(dtype=bool)))
    return layer.iloc[order].reset_index(drop=True)


def _pairs(laid: LaidCables) -> pd.DataFrame:
    """Sum the stretches of each pair, a before b."""
    found = laid.stretches
    length_m = found.to_m - found.from_m
    once_m = length_m - doubled_within(laid.doubled, found.line, found.from_m, found.to_m)
    on_a = found.line < found.other
    table = pd.DataFrame(
        {
            "a": np.minimum(found.line, found.other),
            "b": np.maximum(found.line, found.other),
            "on_a_m": np.where(on_a, length_m, 0.0),
            "on_b_m": np.where(on_a, 0.0, length_m),
            "shared_m": once_m / 2.0,
            "stretches": on_a.astype(np.int64),
            "weighted": found.distance_m * length_m,
            "length_m": length_m,
            "back_m": np.where(found.other_to_m < found.other_from_m, length_m, 0.0),
        }
    )
    sums = table.groupby(["a", "b"], sort=True).sum().reset_index()
    # A pair so near the least length that one side alone reaches it counts with that side's half.
    sums["stretches"] = sums["stretches"].clip(lower=1)
    sums["distance_m"] = sums["weighted"] / sums["length_m"]
    sums["opposite"] = sums["back_m"] > sums["length_m"] / 2.0
    return sums


def _shapes(laid: LaidCables, table: pd.DataFrame) -> NDArray[np.object_]:
    """Give the shared stretches of each pair on its first cable; on the second where the first has none."""
    found = laid.stretches
    if not len(table):
        return np.empty(0, dtype=object)
    key = pd.MultiIndex.from_frame(table[["a", "b"]])
    pair = key.get_indexer(
        pd.MultiIndex.from_arrays([np.minimum(found.line, found.other), np.maximum(found.line, found.other)])
    )
    on_a = found.line < found.other
    has_a = np.bincount(pair[on_a], minlength=len(table)) > 0
    used = np.flatnonzero(on_a == has_a[pair])
    used = used[np.argsort(pair[used], kind="stable")]
    pieces = laid.lines.pieces(found.line[used], found.from_m[used], found.to_m[used])
    parts, of_piece = shapely.get_parts(pieces, return_index=True)
    of_pair = pair[used][of_piece]
    single = np.bincount(of_pair, minlength=len(table)) == 1
    shapes = np.asarray(shapely.multilinestrings(parts, indices=of_pair), dtype=object)
    shapes[single] = parts[single[of_pair]]
    return shapes
