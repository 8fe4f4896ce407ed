"""A model held against measurements: residuals by place, their statistics, and what calibration leaves of them.

A residual is measured less predicted, in dB: negative where the model promises too much. Samples of one cell within one
small square are one place, with the mean of their levels in dB: a car that waits at a gate counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from onemap.analyses.calibration import class_offsets, left_out_offsets
from onemap.analyses.columns import column, ids, places, require_geographic, result_layer
from onemap.layers.crs import metric_crs, to_crs

__all__ = ["RESIDUAL_CLASSES", "MeasurementSettings", "measurement_residuals", "model_errors"]

RESIDUAL_CLASSES = ("much weaker", "weaker", "as predicted", "stronger", "much stronger")
"""Classes of the map of residuals, from measured far below the prediction to far above it."""

_DIMENSIONS = ("operator", "technology", "band", "distance_class", "line_of_sight")


@dataclass(frozen=True, slots=True)
class MeasurementSettings:
    """How a model is held against measurements.

    Attributes
    ----------
    place_m
        Side of the squares whose samples of one cell are one place, in metres.
    distance_edges_m
        Edges of the distance classes, in metres, rising.
    residual_edges_db
        Four edges of the classes of residuals on the map, in dB, rising.
    road_distance_m
        A place this near to a road belongs to it, in metres.
    block_m
        Side of the blocks that stand in for roads elsewhere, in metres.
    calibrate_by
        Fields that make the classes of calibration: of operator, technology, band, distance_class, line_of_sight.
    min_count
        Fewest places of a class of calibration; a smaller one takes the offset of all.

    Examples
    --------
    >>> MeasurementSettings().calibrate_by
    ('technology', 'band', 'line_of_sight')
    """

    place_m: float = 50.0
    distance_edges_m: tuple[float, ...] = (1_000.0, 3_000.0, 5_000.0, 10_000.0)
    residual_edges_db: tuple[float, ...] = (-10.0, -5.0, 5.0, 10.0)
    road_distance_m: float = 100.0
    block_m: float = 2_000.0
    calibrate_by: tuple[str, ...] = ("technology", "band", "line_of_sight")
    min_count: int = 20

    def __post_init__(self) -> None:
        if len(self.residual_edges_db) != 4 or np.any(np.diff(self.residual_edges_db) <= 0):
            msg = f"residual_edges_db must be four rising numbers, got {self.residual_edges_db}"
            raise ValueError(msg)
        if np.any(np.diff(self.distance_edges_m) <= 0):
            msg = f"distance_edges_m must rise, got {self.distance_edges_m}"
            raise ValueError(msg)
        unknown = set(self.calibrate_by) - set(_DIMENSIONS)
        if unknown:
            msg = f"calibrate_by must be of {', '.join(_DIMENSIONS)}, got {sorted(unknown)[0]}"
            raise ValueError(msg)


def measurement_residuals(
    measurements: gpd.GeoDataFrame,
    predictions: pd.DataFrame,
    roads: gpd.GeoDataFrame | None = None,
    *,
    settings: MeasurementSettings,
) -> gpd.GeoDataFrame:
    """Compare measured and predicted levels, place by place, before and after calibration.

    Parameters
    ----------
    measurements
        Canonical layer `measurements` in a geographic CRS.
    predictions
        On its index: `predicted_dbm` (NaN: left out), and as far as known `model`, `cell_id`, `operator`, `technology`,
        `band`, `distance_m`, `line_of_sight`.
    roads
        Canonical layer; None where there is none, then blocks stand in.
    settings
        How to compare.

    Returns
    -------
    measurement_residuals
        Result layer, a row for each place of each cell, in the order of their first samples. `offset_db` is that of all
        other roads or blocks, missing where there is only one; `left_out_residual_db` is the residual less that.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> drive = gpd.GeoDataFrame(
    ...     {"cell_id": ["C1"] * 3, "rsrp_dbm": [-90.0, -94.0, -100.0]},
    ...     geometry=gpd.points_from_xy([75.0, 75.0, 75.2], [39.0] * 3), crs="EPSG:4490")
    >>> predictions = pd.DataFrame({"predicted_dbm": [-95.0, -95.0, -97.0], "distance_m": [800.0, 800.0, 4000.0]})
    >>> residuals = measurement_residuals(drive, predictions, settings=MeasurementSettings(min_count=1))
    >>> residuals[["samples", "residual_db", "distance_class", "left_out_residual_db"]].values.tolist()
    [[2, 3.0, '0-1 km', 6.0], [1, -3.0, '3-5 km', -6.0]]
    """
    crs = require_geographic(measurements=measurements, roads=roads)
    samples = _samples(measurements, predictions)
    if samples.empty:
        return result_layer("measurement_residuals", {}, np.empty(0, dtype=object), crs)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(samples["lon"], samples["lat"]), crs=crs)
    plane = metric_crs(float(samples["lon"].mean()), float(samples["lat"].mean()))
    found = _in_places(samples, to_crs(points, plane), settings.place_m)
    found["residual_db"] = found["measured_dbm"] - found["predicted_dbm"]
    found["residual_class"] = _residual_class(found["residual_db"], settings.residual_edges_db)
    found["distance_class"] = _distance_class(found["distance_m"], settings.distance_edges_m)
    found["road_or_block"] = _groups(found, None if roads is None else to_crs(roads, plane), settings)
    classes = _classes(found, settings.calibrate_by)
    found["offset_db"] = left_out_offsets(
        found["residual_db"], classes, found["road_or_block"], min_count=settings.min_count
    )
    found["left_out_residual_db"] = found["residual_db"] - found["offset_db"]
    values = {str(name): found[name] for name in found}
    return result_layer("measurement_residuals", values, np.asarray(shapely.points(found["lon"], found["lat"])), crs)


def model_errors(residuals: gpd.GeoDataFrame, *, settings: MeasurementSettings) -> gpd.GeoDataFrame:
    """Give number, mean, standard deviation and root mean square of the residuals, by what they may depend on.

    Parameters
    ----------
    residuals
        Result layer `measurement_residuals`.
    settings
        How they were made; `calibrate_by` and `min_count` make the offsets.

    Returns
    -------
    model_errors
        Result layer: a row for all places, one for each operator, technology, band, class of distance and of line of
        sight, and one for each class of calibration, whose `offset_db` is what to add to predictions. The standard
        deviation is that of a sample (n − 1). Columns `left_out_…` are of residuals after the offsets of other roads.

    Examples
    --------
    >>> drive = gpd.GeoDataFrame(
    ...     {"rsrp_dbm": [-90.0, -100.0]}, geometry=gpd.points_from_xy([75.0, 75.2], [39.0] * 2), crs="EPSG:4490")
    >>> predictions = pd.DataFrame({"predicted_dbm": [-95.0, -97.0], "technology": ["4G", "5G"]})
    >>> residuals = measurement_residuals(drive, predictions, settings=MeasurementSettings())
    >>> model_errors(residuals, settings=MeasurementSettings())[["dimension", "value", "mean_db"]].values.tolist()[:3]
    [['all', 'all', 1.0], ['technology', '4G', 5.0], ['technology', '5G', -3.0]]
    """
    if residuals.empty:
        return result_layer("model_errors", {}, np.empty(0, dtype=object), residuals.crs)
    tables = [("all", pd.Series("all", index=residuals.index))]
    tables += [(name, _labels(residuals[name])) for name in _DIMENSIONS]
    classes = _classes(residuals, settings.calibrate_by)
    offset_db = class_offsets(residuals["residual_db"], classes, min_count=settings.min_count)
    tables.append(("calibration", classes))
    order = {name: place for place, name in enumerate(_distance_names(settings.distance_edges_m))}
    rows = []
    lon, lat = places(residuals, "measurement_residuals")
    known = pd.DataFrame(residuals.drop(columns="geometry")).assign(lon=lon, lat=lat)
    for dimension, labels in tables:
        for value in sorted(labels.dropna().unique(), key=lambda value: (order.get(value, 0), value)):
            chosen = labels.eq(value).fillna(value=False).to_numpy(dtype=bool)
            row = {"dimension": dimension, "value": value, **_statistics(known[chosen])}
            if dimension == "calibration":
                row["offset_db"] = float(offset_db[chosen][0])
            rows.append(row)
    table = pd.DataFrame(rows)
    values = {str(name): table[name] for name in table}
    return result_layer("model_errors", values, np.asarray(shapely.points(table["lon"], table["lat"])), residuals.crs)


def _samples(measurements: gpd.GeoDataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Put together what is known of the samples with a prediction."""
    lon, lat = places(measurements, "measurements")
    table = pd.DataFrame(
        {
            "lon": lon,
            "lat": lat,
            "measured_dbm": column(measurements, "rsrp_dbm", "number").to_numpy(),
            "predicted_dbm": predictions["predicted_dbm"].to_numpy(dtype=float),
        }
    )
    known = gpd.GeoDataFrame(predictions)
    for name in ("model", "cell_id", "operator", "technology", "band"):
        table[name] = column(known, name).astype(object).where(lambda values: values.notna(), None).to_numpy()
    table["distance_m"] = column(known, "distance_m", "number").to_numpy()
    table["line_of_sight"] = (
        column(known, "line_of_sight", "boolean").astype("Float64").to_numpy(float, na_value=np.nan)
    )
    return table[np.isfinite(table["measured_dbm"] + table["predicted_dbm"])].reset_index(drop=True)


def _in_places(samples: pd.DataFrame, plane: gpd.GeoDataFrame, place_m: float) -> pd.DataFrame:
    """Take the samples of one cell within one square together."""
    table = samples.assign(east=plane.geometry.x.to_numpy(), north=plane.geometry.y.to_numpy())
    square = [np.floor(table[side] / place_m) for side in ("east", "north")]
    words = ["model", "cell_id", "operator", "technology", "band"]
    grouped = table.groupby([*(table[name].fillna("") for name in words), *square], sort=False)
    numbers = ["lon", "lat", "east", "north", "measured_dbm", "predicted_dbm", "distance_m", "line_of_sight"]
    found = grouped[numbers].mean().reset_index(drop=True)
    found["samples"] = grouped.size().to_numpy()
    for name in words:
        found[name] = grouped[name].first().to_numpy()
    in_sight = pd.array(found["line_of_sight"].to_numpy() >= 0.5, dtype="boolean")
    in_sight[found["line_of_sight"].isna().to_numpy()] = pd.NA
    return found.assign(line_of_sight=in_sight)


def _groups(found: pd.DataFrame, roads: gpd.GeoDataFrame | None, settings: MeasurementSettings) -> NDArray[np.object_]:
    """Name the road that each place lies at, else the block that it lies in."""
    east, north = found["east"].to_numpy(), found["north"].to_numpy()
    columns, rows = (np.floor(side / settings.block_m).astype(int) for side in (east, north))
    names = np.array([f"block {column} {row}" for column, row in zip(columns, rows, strict=True)], dtype=object)
    if roads is None or not len(roads):
        return names
    labels = column(roads, "ref").fillna(column(roads, "name")).fillna(ids(roads, "roads")).to_numpy(dtype=object)
    tree = shapely.STRtree(np.asarray(roads.geometry.array, dtype=object))
    near = tree.query_nearest(shapely.points(east, north), max_distance=settings.road_distance_m, all_matches=False)
    names[near[0]] = [f"road {labels[one]}" for one in near[1]]
    return names


def _classes(table: pd.DataFrame, fields: Sequence[str]) -> pd.Series:
    """Join the fields that make the classes of calibration."""
    parts = [_labels(table[name]).fillna("?") for name in fields]
    if not parts:
        return pd.Series("all", index=table.index)
    joined = parts[0].astype(object)
    for part in parts[1:]:
        joined = joined + " / " + part.astype(object)
    return pd.Series(joined, index=table.index, dtype="string")


def _labels(values: pd.Series) -> pd.Series:
    """Give values as texts; yes and no of sight in words."""
    if values.dtype == "boolean":
        return values.map({True: "in sight", False: "not in sight"}).astype("string")
    return values.astype("string")


def _distance_class(distance_m: pd.Series, edges_m: Sequence[float]) -> list[str | None]:
    """Name the class of each distance; the lower edge belongs to it."""
    names = _distance_names(edges_m)
    place = np.searchsorted(np.asarray(edges_m), distance_m.to_numpy(), side="right")
    return [None if np.isnan(one) else names[at] for one, at in zip(distance_m, place, strict=True)]


def _distance_names(edges_m: Sequence[float]) -> list[str]:
    """Name the classes of distance, near ones first."""
    marks = [f"{edge / 1000:g}" for edge in (0.0, *edges_m)]
    return [*(f"{low}-{high} km" for low, high in pairwise(marks)), f"≥{marks[-1]} km"]


def _residual_class(residual_db: pd.Series, edges_db: Sequence[float]) -> NDArray[np.str_]:
    """Name the class of each residual; an edge belongs to the class nearer to nought."""
    value = residual_db.to_numpy()
    low, high = np.asarray(edges_db[:2]), np.asarray(edges_db[2:])
    place = 2 - (value[:, None] < low).sum(axis=1) + (value[:, None] > high).sum(axis=1)
    return np.asarray(np.array(RESIDUAL_CLASSES)[place], dtype=np.str_)


def _statistics(residuals: pd.DataFrame) -> dict[str, object]:
    """Sum up some residuals."""
    found: dict[str, object] = {
        "model": residuals["model"].iloc[0],
        "places": len(residuals),
        "samples": int(residuals["samples"].sum()),
        "groups": int(residuals["road_or_block"].nunique()),
    }
    found |= {side: float(residuals[side].mean()) for side in ("lon", "lat")}
    for stem, name in (("", "residual_db"), ("left_out_", "left_out_residual_db")):
        found |= {f"{stem}{key}": value for key, value in _spread(residuals[name]).items()}
    return found


def _spread(values: ArrayLike) -> dict[str, float]:
    """Give mean, standard deviation of the sample, and root mean square of what is known."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return {"mean_db": np.nan, "std_db": np.nan, "rmse_db": np.nan}
    deviation = float(known.std(ddof=1)) if len(known) > 1 else np.nan
    return {"mean_db": float(known.mean()), "std_db": deviation, "rmse_db": float(np.sqrt(np.mean(known**2)))}
