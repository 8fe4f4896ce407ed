"""Rules over geometry: there, valid, of the right kind, in single parts, not twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.delivery.checked import CheckContext
from onemap.delivery.rules.kinds import facility_of
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
    """Name points that lie on an earlier one of the same facility, within the tolerance of the profile.

    Points of several facilities may share a place: each facility counts for itself, so a pile of points costs no pairs.
    """
    metres = context.metres()
    rows = np.flatnonzero(shapely.get_type_id(metres) == 0)
    places, which = np.unique(shapely.get_coordinates(metres[rows]), axis=0, return_inverse=True)
    facility = facility_of(context).to_numpy(dtype=object)[rows]
    points = pd.DataFrame({"row": rows, "place": which.ravel(), "facility": facility})
    near = _near_places(places, context.profile.crs.xy_tolerance_m)
    first = points.groupby(["place", "facility"], as_index=False)["row"].min()
    beside = near.merge(first, left_on="other", right_on="place", suffixes=("", "_other"))
    earliest = pd.concat([first, beside[["place", "facility", "row"]]]).groupby(["place", "facility"])["row"].min()
    points = points.merge(earliest.rename("first").reset_index(), on=["place", "facility"])
    again = points[points["first"] < points["row"]]
    earlier = np.full(len(layer), -1, dtype=np.int64)
    earlier[again["row"]] = again["first"]
    return faults(pd.Series(earlier >= 0, index=layer.index), other=pd.Series(earlier + 1, index=layer.index))


def _near_places(places: NDArray[np.float64], tolerance_m: float) -> pd.DataFrame:
    """Give pairs of different places nearer than the tolerance, both ways."""
    single = shapely.points(places)
    left, right = shapely.STRtree(single).query(single, predicate="dwithin", distance=tolerance_m)
    apart = left != right
    return pd.DataFrame({"place": left[apart], "other": right[apart]})
