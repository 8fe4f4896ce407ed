"""Coordinate reference systems: one declared operation per layer, never a silent guess.

PROJ answers a question without a known answer (Xi'an 1980 to CGCS2000, say) with a "ballpark" step that changes nothing
and says nothing, and may use an operation outside the area it was made for. So nothing in onemap calls `to_crs` of a
library. An `Operation` is chosen once per layer: within one datum a conversion; between WGS 84 and CGCS2000 nothing,
and it says so; for GCJ-02 and BD-09 the inverse of the public formula; otherwise what the user declared (three, four or
seven parameters, control points, a pipeline, a published operation by its code), or an operation published for an area
that contains the whole layer; else `CRSError`. Between the old Chinese datums nothing is taken that was not declared.

Coordinates are always in the order easting, northing or lon, lat, whatever the system declares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

from onemap.errors import CRSError
from onemap.layers.crs_area import check_bounds, lonlat_bounds
from onemap.layers.crs_names import OFFSET_SYSTEMS, crs_label, geographic_of, is_offset_system, parse_crs
from onemap.layers.datum_shift import DatumShift
from onemap.layers.declared_steps import DatumStep, declared_operation
from onemap.layers.operations import Operation, is_taken_as_it_is, known_operation, published_operation
from onemap.layers.webmap_offsets import bd09_to_wgs84, gcj02_to_wgs84

__all__ = [
    "DatumShift",
    "DatumStep",
    "Operation",
    "choose_operation",
    "metric_crs",
    "require_crs",
    "require_metric_crs",
    "to_crs",
    "transform",
    "transform_geometry",
]

Floats = NDArray[np.float64]

_INVERSE: dict[str, Callable[[ArrayLike, ArrayLike], tuple[Floats, Floats]]] = {
    "GCJ-02": gcj02_to_wgs84,
    "BD-09": bd09_to_wgs84,
}
_CHINA = (73.62, 16.7, 134.77, 53.56)  # area of use of EPSG:4490


def choose_operation(
    source: Any,
    target: Any,
    bounds: Sequence[float] | None,
    datum_shift: DatumStep | None = None,
) -> Operation:
    """Choose the one operation that brings a layer from its system to another.

    Parameters
    ----------
    source
        System of the layer: "EPSG:n", WKT, a pyproj CRS, "GCJ-02" or "BD-09".
    target
        System wanted, likewise, but not an offset one.
    bounds
        West, south, east, north of the layer in its own system and unit (degrees lon, lat or easting, northing); None
        for an empty layer: then nothing is checked, and no operation made for a part of the world is found.
    datum_shift
        What the user declared to cross from the source's datum to the target's: three or seven parameters
        (`DatumShift`), four (`PlaneShift`), `ControlPoints`, a `DeclaredPipeline` or a `NamedOperation`.

    Returns
    -------
    operation
        The operation, with its accuracy.

    Raises
    ------
    CRSError
        If a system cannot be read or its datum is unknown; if the bounds lie outside the area of use of the source; if
        the datums differ and nothing is declared, nor an operation published for an area that contains the bounds; if
        what is declared is not needed or not usable, see `declared_operation`.

    Examples
    --------
    >>> choose_operation("EPSG:4326", "EPSG:4490", (75.0, 39.4, 75.6, 39.9)).accuracy_m
    1.0
    >>> choose_operation("EPSG:4610", "EPSG:4490", (75.0, 39.4, 75.6, 39.9))
    Traceback (most recent call last):
    onemap.errors.CRSError: EPSG:4610 → EPSG:4490 is a step between datums that must be declared: ...
    """
    target_crs = parse_crs(target)
    if bounds is not None:
        check_bounds(source, bounds)
    if is_offset_system(source):
        return _from_offset_system(str(source), target_crs, datum_shift)
    source_crs = parse_crs(source)
    if datum_shift is not None:
        return declared_operation(source_crs, target_crs, bounds, datum_shift)
    if bounds is not None and is_taken_as_it_is(source_crs, target_crs):
        check_bounds(geographic_of(target_crs), lonlat_bounds(source_crs, bounds))
    return known_operation(source_crs, target_crs) or published_operation(source_crs, target_crs, bounds)


def transform(operation: Operation, easting: ArrayLike, northing: ArrayLike) -> tuple[Floats, Floats]:
    """Bring coordinates through an operation.

    Parameters
    ----------
    operation
        Operation from `choose_operation`.
    easting, northing
        Coordinates in the source's system and unit, shape (n,); lon, lat for a geographic one.

    Returns
    -------
    easting, northing
        Coordinates in the target's system, shape (n,).

    Raises
    ------
    CRSError
        If a coordinate is not finite, before or after.

    Examples
    --------
    >>> operation = choose_operation("EPSG:4490", "EPSG:4534", (75.0, 39.4, 75.6, 39.9))
    >>> [round(float(value[0]), 3) for value in transform(operation, [75.0], [39.5])]
    [500000.0, 4374014.113]
    """
    easting, northing = np.asarray(easting, dtype=np.float64), np.asarray(northing, dtype=np.float64)
    if operation.source_crs in _INVERSE:
        moved = _INVERSE[operation.source_crs](easting, northing)
    else:
        moved = (easting, northing)
    out_east, out_north = Transformer.from_pipeline(operation.pipeline).transform(*moved)
    bad = ~(np.isfinite(out_east) & np.isfinite(out_north))
    if np.any(bad):
        first = int(np.flatnonzero(bad)[0])
        raise CRSError(
            "crs_not_finite",
            source=operation.source_crs,
            target=operation.target_crs,
            count=int(np.sum(bad)),
            easting=f"{np.atleast_1d(easting)[first]:g}",
            northing=f"{np.atleast_1d(northing)[first]:g}",
        )
    return np.asarray(out_east, dtype=np.float64), np.asarray(out_north, dtype=np.float64)


def transform_geometry(operation: Operation, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Bring geometries through an operation; heights stay as they are.

    Parameters
    ----------
    operation
        Operation from `choose_operation`.
    geometry
        Shapely geometries, shape (n,); None stays None.

    Returns
    -------
    geometry
        New geometries, shape (n,).

    Raises
    ------
    CRSError
        If a coordinate is not finite, before or after.

    Examples
    --------
    >>> operation = choose_operation("EPSG:4490", "EPSG:4534", (75.0, 39.4, 75.6, 39.9))
    >>> transform_geometry(operation, np.array([shapely.Point(75, 39.5)]))[0].x
    500000.0
    """
    moved = np.asarray(geometry, dtype=object).copy()
    has_z = shapely.has_z(moved)

    def move(coordinates: Floats) -> Floats:
        east, north = transform(operation, coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([east, north, *coordinates.T[2:]])

    for group, include_z in ((~has_z, False), (has_z, True)):
        if group.any():
            moved[group] = shapely.transform(moved[group], move, include_z=include_z)
    return moved


def to_crs(
    layer: gpd.GeoDataFrame,
    crs: Any,
    *,
    datum_shift: DatumStep | None = None,
) -> gpd.GeoDataFrame:
    """Reproject a layer through one declared operation.

    Parameters
    ----------
    layer
        Layer with a CRS.
    crs
        System wanted.
    datum_shift
        What the user declared, where the datums differ.

    Returns
    -------
    layer
        New layer on the same index, in `crs`.

    Raises
    ------
    CRSError
        If the layer has no CRS, or `choose_operation` finds no operation.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame(geometry=[shapely.Point(75, 39.5)], crs="EPSG:4490")
    >>> to_crs(sites, "EPSG:4534").geometry.iloc[0].x
    500000.0
    """
    if layer.crs is None:
        raise CRSError("crs_missing", layer="layer")
    geometry = np.asarray(layer.geometry.array, dtype=object)
    placed = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    known = np.asarray(shapely.total_bounds(geometry[placed])).tolist() if placed.any() else None
    operation = choose_operation(layer.crs, crs, known, datum_shift)
    moved = gpd.GeoSeries(transform_geometry(operation, geometry), index=layer.index, crs=parse_crs(crs))
    return layer.set_geometry(moved)


def metric_crs(lon: float, lat: float) -> CRS:
    """Choose a projected system in metres for work around a place.

    In China a 3-degree Gauss-Krüger zone of CGCS2000 without zone number in the easting; elsewhere UTM on WGS 84, near
    the poles UPS. Scale errors stay below 0.04 % (UTM) and 0.02 % (3-degree zone) within the zone.

    Parameters
    ----------
    lon, lat
        The place, in degrees.

    Returns
    -------
    crs
        Projected CRS, axes in metres.

    Raises
    ------
    ValueError
        If the place is not on the globe.

    Examples
    --------
    >>> metric_crs(75.2, 39.5).to_epsg(), metric_crs(1.5, 42.5).to_epsg()
    (4534, 32631)
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        msg = f"lon must lie in [-180, 180] and lat in [-90, 90] degrees, got {lon:g}, {lat:g}"
        raise ValueError(msg)
    west, south, east, north = _CHINA
    if west <= lon <= east and south <= lat <= north:
        return CRS.from_epsg(4534 + round(lon / 3) - 25)
    if not -80 <= lat <= 84:
        return CRS.from_epsg(5041 if lat > 0 else 5042)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def require_crs(**layers: Any) -> CRS:
    """Require that layers have a CRS, and the same one.

    Parameters
    ----------
    **layers
        Layers or grids by name, each with an attribute `crs`.

    Returns
    -------
    crs
        The CRS that they share.

    Raises
    ------
    CRSError
        If one has none, or they differ; the message names each with its own.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame(geometry=[shapely.Point(75, 39.5)], crs="EPSG:4490")
    >>> require_crs(sites=sites).to_epsg()
    4490
    """
    systems = {name: None if layer.crs is None else parse_crs(layer.crs) for name, layer in layers.items()}
    found = list(systems.values())
    if not found or found[0] is None or any(one is None or not found[0].equals(one) for one in found[1:]):
        raise CRSError("crs_must_agree", found=_listed(systems))
    return found[0]


def require_metric_crs(**layers: Any) -> CRS:
    """Require that layers share one projected CRS in metres.

    Parameters
    ----------
    **layers
        Layers or grids by name, each with an attribute `crs`.

    Returns
    -------
    crs
        The CRS that they share.

    Raises
    ------
    CRSError
        If one has none, they differ, or it is not projected in metres.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame(geometry=[shapely.Point(75, 39.5)], crs="EPSG:4490")
    >>> require_metric_crs(sites=sites)
    Traceback (most recent call last):
    onemap.errors.CRSError: layers must share one projected CRS in metres, got sites EPSG:4490; use to_crs() first
    """
    try:
        shared: CRS | None = require_crs(**layers)
    except CRSError:
        shared = None
    if shared is None or not shared.is_projected or any(axis.unit_name != "metre" for axis in shared.axis_info):
        systems = {name: None if layer.crs is None else parse_crs(layer.crs) for name, layer in layers.items()}
        raise CRSError("crs_must_be_metric", found=_listed(systems))
    return shared


def _listed(systems: dict[str, CRS | None]) -> str:
    """Name layers with their systems."""
    return ", ".join(f"{name} {'none' if crs is None else crs_label(crs)}" for name, crs in systems.items())


def _from_offset_system(name: str, target: CRS, datum_shift: DatumStep | None) -> Operation:
    """Give the operation from GCJ-02 or BD-09, whose plain form is WGS 84."""
    if datum_shift is not None:
        raise CRSError("datum_shift_needless", source=name, target=crs_label(target))
    system = OFFSET_SYSTEMS[name.strip().upper()]
    after = choose_operation("EPSG:4326", target, None)
    words = (
        f"inverse of the public {system} formula by iteration to below 1e-6 m; the official formula is not published"
    )
    return Operation(
        description=f"{words}; then {after.description}",
        accuracy_m=None,
        source_crs=system,
        target_crs=after.target_crs,
        proj_version=after.proj_version,
        pipeline=after.pipeline,
    )
