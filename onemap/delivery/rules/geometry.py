"""Rules over geometry: there, valid, of the right kind, in single parts, not twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjCRSError

from onemap.delivery.checked import CheckContext
from onemap.delivery.rules.registry import faults, row_rule
from onemap.findings import Faults

__all__ = ["geometry_of_the_layer", "geometry_present", "geometry_valid", "point_once", "single_part"]

_KINDS = {"Point": (0, 4), "LineString": (1, 5), "Polygon": (3, 6)}
_NAMES = np.array(
    [
        "Point",
        "LineString",
        "LinearRing",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ]
)
_METRES_PER_DEGREE = 111_320.0


def _has_geometry(context: CheckContext) -> bool:
    """Tell whether the layer has geometries."""
    return context.checked.has_geometry


@row_rule("OM-GEO-101", when=_has_geometry)
def geometry_present(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require a geometry, not empty."""
    geometry = context.checked.geometry()
    return faults(pd.Series(shapely.is_missing(geometry) | shapely.is_empty(geometry), index=layer.index))


@row_rule("OM-GEO-102", when=_has_geometry)
def geometry_valid(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require a geometry that is valid (OGC) with finite coordinates; the reason tells where not."""
    geometry = context.checked.geometry()
    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    wrong = present & ~(shapely.is_valid(geometry) & np.isfinite(shapely.bounds(geometry)).all(axis=-1))
    reasons = np.full(len(geometry), "-", dtype=object)
    reasons[wrong] = shapely.is_valid_reason(geometry[wrong])
    return faults(pd.Series(wrong, index=layer.index), reason=pd.Series(reasons, index=layer.index))


@row_rule("OM-GEO-103", when=lambda context: context.checked.has_geometry and context.layer is not None)
def geometry_of_the_layer(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require the kind of geometry that the layer has."""
    wanted = "" if context.layer is None else context.layer.geometry
    kinds = shapely.get_type_id(context.checked.geometry())
    wrong = (kinds >= 0) & ~np.isin(kinds, _KINDS.get(wanted, ()))
    found = pd.Series(np.where(kinds >= 0, _NAMES[kinds], "-"), index=layer.index)
    return faults(pd.Series(wrong, index=layer.index), found=found, wanted=pd.Series(wanted, index=layer.index))


@row_rule("OM-GEO-104", when=lambda context: context.checked.has_geometry and context.layer is not None)
def single_part(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require features of one part."""
    geometry = context.checked.geometry()
    parts = shapely.get_num_geometries(geometry)
    return faults(pd.Series(parts > 1, index=layer.index), parts=pd.Series(parts, index=layer.index))


@row_rule("OM-GEO-105", when=_has_geometry)
def point_once(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Name points that lie on an earlier one of the layer, within the tolerance of the profile."""
    geometry = context.checked.geometry()
    is_point = (shapely.get_type_id(geometry) == 0) & np.isfinite(shapely.bounds(geometry)).all(axis=-1)
    points = geometry[is_point]
    earlier = np.full(len(geometry), -1, dtype=np.int64)
    if len(points):
        tree = shapely.STRtree(points)
        left, right = tree.query(points, predicate="dwithin", distance=_tolerance(context))
        first = pd.Series(right[right < left]).groupby(left[right < left]).min()
        rows = np.flatnonzero(is_point)
        earlier[rows[first.index.to_numpy(dtype=np.int64)]] = rows[first.to_numpy(dtype=np.int64)]
    return faults(pd.Series(earlier >= 0, index=layer.index), other=pd.Series(earlier + 1, index=layer.index))


def _tolerance(context: CheckContext) -> float:
    """Give the tolerance in the unit of the layer."""
    try:
        geographic = CRS.from_user_input(context.checked.crs or "EPSG:4490").is_geographic
    except ProjCRSError:
        geographic = True
    tolerance_m = context.profile.crs.xy_tolerance_m
    return tolerance_m / _METRES_PER_DEGREE if geographic else tolerance_m
