"""Microwave links: from new sites to where fibre is, over the elevation model, with the height that each asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.connection.supply import FarEnds
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.coverage.line_of_sight import pixels_of
from onemap.layers.grid import Grid
from onemap.layers.nearest import GEOD, Neighbours
from onemap.radio.link_clearance import needed_heights
from onemap.terrain.profile import heights_at

__all__ = ["Links", "Stands", "known_ground", "microwave_links", "site_links"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SHORTEST_M = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Stands:
    """Where new sites stand; arrays of shape (n,).

    Attributes
    ----------
    lon, lat
        In degrees.
    height_agl_m
        Height of the antenna that is planned anyway, above ground, in metres.
    fixed
        Whether the mast is somebody's that stands already and cannot be made higher; None where none is.
    """

    lon: Floats
    lat: Floats
    height_agl_m: Floats
    fixed: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Links that were looked at; arrays of shape (n,), ordered by site, then length.

    Attributes
    ----------
    site, far
        Positions of the site and of its far end.
    length_m
        Geodesic length, in metres.
    need_m
        Least height of the site's antenna above ground for a clear path, in metres; NaN where the ground of an end is
        not known.
    height_m
        Height at which it is built: the planned one, or what the link needs; NaN where the link cannot be.
    known
        Whether the ground is known along the whole path.
    """

    site: Integers
    far: Integers
    length_m: Floats
    need_m: Floats
    height_m: Floats
    known: NDArray[np.bool_]

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Whether the link can be built."""
        return np.isfinite(self.height_m)


def known_ground(sites: Stands, grid: Grid, crs: CRS) -> NDArray[np.bool_]:
    """Tell for which sites the elevation model knows the ground.

    Parameters
    ----------
    sites
        In the geographic CRS.
    grid
        Heights above sea level in metres, any CRS.
    crs
        The geographic CRS.

    Examples
    --------
    >>> from affine import Affine
    >>> plain = Grid(np.zeros((10, 40), dtype="float32"), Affine(0.001, 0, 75, 0, -0.001, 39.01), "EPSG:4490")
    >>> sites = Stands(np.array([75.001, 80.0]), np.array([39.005, 39.005]), np.array([30.0, 30.0]))
    >>> known_ground(sites, plain, CRS("EPSG:4490"))
    array([ True, False])
    """
    if not len(sites.lon):
        return np.zeros(0, dtype=bool)
    at = pixels_of(sites.lon, sites.lat, grid, crs)
    return np.isfinite(heights_at(grid.values, at[:, 0], at[:, 1]))


def microwave_links(sites: Stands, ends: FarEnds, grid: Grid, *, crs: CRS, settings: ConnectionSettings) -> Links:
    """Look from each site to the nearest far ends.

    Parameters
    ----------
    sites
        New sites, in the geographic CRS.
    ends
        Where fibre is.
    grid
        Heights of the ground in metres above sea level, in any CRS; NaN is a void.
    crs
        The geographic CRS.
    settings
        Frequency, clearance, longest link, heights.

    Returns
    -------
    links
        A link is clear if its share of the first Fresnel zone and the further room stay clear along the whole path with
        an antenna no higher than the settings allow. Rain and fading are in the longest link alone.

    Raises
    ------
    CRSError
        If there is no known operation between the two systems.

    Examples
    --------
    >>> from affine import Affine
    >>> plain = Grid(np.zeros((10, 40), dtype="float32"), Affine(0.001, 0, 75, 0, -0.001, 39.01), "EPSG:4490")
    >>> sites = Stands(np.array([75.001]), np.array([39.005]), np.array([30.0]))
    >>> ends = FarEnds(*(np.array([one]) for one in ("towers", "T", 75.031, 39.005, 30.0)))
    >>> links = microwave_links(sites, ends, plain, crs=CRS("EPSG:4490"), settings=ConnectionSettings())
    >>> links.length_m.round(-1), links.height_m, links.need_m.round(1)
    (array([2600.]), array([30.]), array([6.2]))
    """
    site, far, length_m = _nearest_pairs(sites, ends.lon, ends.lat, settings)
    far_side = Stands(ends.lon[far], ends.lat[far], ends.height_agl_m[far])
    return _judged((site, far, length_m), sites, far_side, (grid, crs), settings=settings)


def site_links(sites: Stands, grid: Grid, *, crs: CRS, settings: ConnectionSettings) -> Links:
    """Look from each site to the nearest other new sites, which keep their planned heights.

    Parameters
    ----------
    sites, grid, crs, settings
        As in `microwave_links`.

    Examples
    --------
    >>> from affine import Affine
    >>> plain = Grid(np.zeros((10, 40), dtype="float32"), Affine(0.001, 0, 75, 0, -0.001, 39.01), "EPSG:4490")
    >>> sites = Stands(np.array([75.001, 75.031]), np.array([39.005, 39.005]), np.array([30.0, 30.0]))
    >>> site_links(sites, plain, crs=CRS("EPSG:4490"), settings=ConnectionSettings()).far
    array([1, 0])
    """
    site, far, length_m = _nearest_pairs(sites, sites.lon, sites.lat, settings)
    far_side = Stands(sites.lon[far], sites.lat[far], sites.height_agl_m[far])
    return _judged((site, far, length_m), sites, far_side, (grid, crs), settings=settings)


def _nearest_pairs(
    sites: Stands, lon: Floats, lat: Floats, settings: ConnectionSettings
) -> tuple[Integers, Integers, Floats]:
    """Give the nearest far ends of each site within the longest link; what stands on the same spot is none."""
    site, far, length_m = Neighbours(lon, lat).within(sites.lon, sites.lat, distance_m=settings.max_link_m)
    apart = length_m > _SHORTEST_M
    site, far, length_m = site[apart], far[apart], length_m[apart]
    order = np.lexsort((far, length_m, site))
    site, far, length_m = site[order], far[order], length_m[order]
    turn = np.arange(len(site)) - np.searchsorted(site, site)
    kept = turn < settings.far_ends_per_site
    return site[kept], far[kept], length_m[kept]


def _judged(
    pairs: tuple[Integers, Integers, Floats],
    sites: Stands,
    ends: Stands,
    ground: tuple[Grid, CRS],
    *,
    settings: ConnectionSettings,
) -> Links:
    """Judge the links between sites and their far ends."""
    site, far, length_m = pairs
    none = np.zeros(len(site), dtype=bool)
    if not len(site):
        return Links(site, far, length_m, length_m.copy(), length_m.copy(), none)
    grid, crs = ground
    lon, lat = sites.lon[site], sites.lat[site]
    azimuth, _, _ = GEOD.inv(lon, lat, ends.lon, ends.lat)
    middle_lon, middle_lat, _ = GEOD.fwd(lon, lat, azimuth, length_m / 2.0)
    stops = [
        pixels_of(np.asarray(at_lon), np.asarray(at_lat), grid, crs)
        for at_lon, at_lat in ((lon, lat), (middle_lon, middle_lat), (ends.lon, ends.lat))
    ]
    needs = needed_heights(
        grid.values,
        np.stack(stops, axis=1),
        length_m,
        far_agl_m=ends.height_agl_m,
        frequency_mhz=settings.frequency_mhz,
        k_factor=settings.k_factor,
        zones=settings.clearance_zones,
        room_m=settings.obstacle_m + settings.clearance_margin_m,
    )
    known = ~needs.has_void
    height_m = np.maximum(sites.height_agl_m[site], needs.height_agl_m)
    highest_m = np.maximum(sites.height_agl_m[site], settings.highest_site_m)
    if sites.fixed is not None:
        highest_m = np.where(sites.fixed[site], sites.height_agl_m[site], highest_m)
    height_m = np.where(known & (needs.height_agl_m <= highest_m), height_m, np.nan)
    return Links(site, far, length_m, needs.height_agl_m, height_m, known)
