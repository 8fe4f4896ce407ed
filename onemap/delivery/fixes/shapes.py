"""Mend shapes and what is computed from them: heights that say nothing, areas that disagree a little."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.delivery.areas import ellipsoidal_areas
from onemap.delivery.fixes.layer import Change, MendableLayer

__all__ = ["MOST_AREA_SHARE", "areas_agree", "no_heights", "vertices_once"]

MOST_AREA_SHARE = 0.05
"""An area that differs by more of the computed one is left to a person; chosen here, no published figure was found."""


def no_heights(layer: MendableLayer) -> tuple[MendableLayer, list[Change]]:
    """Take heights off shapes where all of them are 0 or missing: they say nothing.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    layer, changes
        A new layer, and the shapes that differ.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> shapes = np.array([shapely.Point(75, 39, 0), shapely.Point(75, 39, 1200)])
    >>> layer = MendableLayer("x", pd.DataFrame(index=range(2)), shapes, "EPSG:4490", load_profile("generic"))
    >>> [shape.wkt for shape in no_heights(layer)[0].geometry]
    ['POINT (75 39)', 'POINT Z (75 39 1200)']
    """
    if layer.geometry is None:
        return layer, []
    coordinates, feature = shapely.get_coordinates(layer.geometry, include_z=True, return_index=True)
    says = np.zeros(len(layer.geometry), dtype=bool)
    says[feature[np.nan_to_num(coordinates[:, 2]) != 0]] = True
    mend = shapely.has_z(layer.geometry) & ~says
    geometry = layer.geometry.copy()
    geometry[mend] = shapely.force_2d(layer.geometry[mend])
    return replace(layer, geometry=geometry), shape_changes("OM-GEO-117", layer.geometry, geometry, mend)


def vertices_once(layer: MendableLayer) -> tuple[MendableLayer, list[Change]]:
    """Take out vertices that stand exactly where the one before does; nothing moves by that.

    Vertices that are near but not equal stay: of two neighbours that share a border, each might keep another one.

    Parameters
    ----------
    layer
        The layer; shapes with heights stay.

    Returns
    -------
    layer, changes
        A new layer, and the shapes that differ.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> shapes = shapely.from_wkt(["LINESTRING (75 39, 75 39, 75.1 39)"])
    >>> layer = MendableLayer("x", pd.DataFrame(index=range(1)), shapes, "EPSG:4490", load_profile("generic"))
    >>> vertices_once(layer)[0].geometry[0].wkt
    'LINESTRING (75 39, 75.1 39)'
    """
    if layer.geometry is None:
        return layer, []
    whole = shapely.is_valid(layer.geometry) & ~shapely.has_z(layer.geometry)
    geometry = layer.geometry.copy()
    geometry[whole] = shapely.remove_repeated_points(layer.geometry[whole], 0.0)
    changed = shapely.get_num_coordinates(geometry) != shapely.get_num_coordinates(layer.geometry)
    return replace(layer, geometry=geometry), shape_changes("OM-GEO-110", layer.geometry, geometry, changed)


def areas_agree(layer: MendableLayer) -> tuple[MendableLayer, list[Change]]:
    """Compute areas anew where the profile's check finds them wrong by at most `MOST_AREA_SHARE` of the shape's.

    Parameters
    ----------
    layer
        The layer; without a known system, or with areas that are no numbers, it stays.

    Returns
    -------
    layer, changes
        A new layer, and the areas that differ, in square metres.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> frame, shape = pd.DataFrame({"MJ": [930_000.0]}), np.array([shapely.box(75, 39, 75.01, 39.01)])
    >>> layer = MendableLayer("SZGYSSM", frame, shape, "EPSG:4490", load_profile("telecom-special-plan"))
    >>> [(one.before, one.after) for one in areas_agree(layer)[1]]
    [('930000.00', '961620.33')]
    """
    names = [name for name in layer.field_filled_by("area") if pd.api.types.is_float_dtype(layer.frame[name].dtype)]
    if not names or layer.geometry is None or not layer.crs:
        return layer, []
    name, limits = names[0], layer.profile.area_check
    field = layer.fields[name]
    computed = ellipsoidal_areas(gpd.GeoSeries(layer.geometry, crs=layer.crs))
    stated = layer.frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    difference = np.abs(stated - computed)
    by_share, by_size = difference > limits.share * computed, difference > limits.m2
    wrong = by_share & by_size if limits.fault_when == "both" else by_share | by_size
    mend = wrong & (difference <= MOST_AREA_SHARE * computed) & shapely.is_valid(layer.geometry)
    fresh = layer.frame[name].mask(mend, pd.Series(np.round(computed, field.decimals), index=layer.frame.index))
    form = f"{{:.{field.decimals}f}}".format
    changes = [
        Change("OM-ATT-112", int(row) + 1, name, form(stated[row]), form(computed[row])) for row in mend.nonzero()[0]
    ]
    return replace(layer, frame=layer.frame.assign(**{name: fresh.astype(layer.frame[name].dtype)})), changes


def shape_changes(
    rule: str,
    before: np.ndarray[tuple[int], np.dtype[np.object_]],
    after: np.ndarray[tuple[int], np.dtype[np.object_]],
    changed: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> list[Change]:
    """List the shapes that were changed, as text cut to a readable length."""
    return [Change(rule, int(row) + 1, "", _cut(before[row]), _cut(after[row])) for row in changed.nonzero()[0]]


def _cut(shape: shapely.Geometry) -> str:
    """Give a shape as text: its kind, how many vertices it has, and how it begins."""
    text = shapely.to_wkt(shape, rounding_precision=9)
    count = shapely.count_coordinates(shape)
    return text if len(text) <= 200 else f"{text[:200]}… ({count})"
