"""Satellites as the last resort: where they stand in the sky of a place, and whether the ground hides them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from onemap.analyses.candidate_settings import SatelliteSettings
from onemap.analyses.candidates.result_tables import candidates_layer
from onemap.analyses.columns import column, places, require_geographic, result_layer
from onemap.analyses.coverage.rasters import plane_at
from onemap.analyses.coverage.settings import ANY_OPERATOR
from onemap.errors import LayerError
from onemap.layers.grid import Grid
from onemap.layers.nearest import in_space
from onemap.messages import LANGUAGES, text
from onemap.progress import Progress, silent
from onemap.terrain.horizon import Horizon, horizon_of, open_sky_share

__all__ = ["GEOSTATIONARY_RADIUS_M", "look_angles", "satellite_candidates", "satellite_looks"]

Floats = NDArray[np.float64]

GEOSTATIONARY_RADIUS_M = 42_164_170.0
"""Radius of the orbit: (mu T² / 4 pi²)^(1/3) with mu = 398,600.4418 km³/s² and a sidereal day of 86,164.09 s."""


def look_angles(
    lon: ArrayLike, lat: ArrayLike, satellite_lon: ArrayLike, *, height_m: ArrayLike = 0.0
) -> tuple[Floats, Floats]:
    r"""Compute where geostationary satellites stand in the sky.

    With the place :math:`P` on the ellipsoid, the satellite :math:`S = r (\cos\lambda_s, \sin\lambda_s, 0)` and the
    unit vectors east, north and up at the place,

    .. math:: A = \operatorname{atan2}(e \cdot (S - P),\; n \cdot (S - P)), \quad
        E = \operatorname{atan2}(u \cdot (S - P),\; \sqrt{(e \cdot (S - P))^2 + (n \cdot (S - P))^2}).

    Parameters
    ----------
    lon, lat
        Places in degrees (CGCS2000 or WGS 84); arrays that broadcast with `satellite_lon`.
    satellite_lon
        Longitudes of the satellites, in degrees.
    height_m
        Heights of the places above the ellipsoid, in metres; the elevation changes by less than 0.02 degrees in 9 km.

    Returns
    -------
    azimuth_deg, elevation_deg
        Clockwise from north in [0, 360), and above the horizontal; negative where the earth itself is in the way. The
        air is not reckoned with: it lifts what stands at 10 degrees by about 0.1 degrees.

    References
    ----------
    D. Roddy, "Satellite Communications", 4th edition (2006), section 3.2: azimuth and elevation on a spherical earth;
    here the place stands on the ellipsoid.

    Examples
    --------
    Below the satellite it stands overhead; 40 degrees north of there, 43.8 degrees above the southern horizon:

    >>> [angle.round(1).tolist() for angle in look_angles([100.0, 100.0], [0.0, 40.0], 100.0)]
    [[0.0, 180.0], [90.0, 43.8]]
    """
    lon, lat, orbit, height_m = np.broadcast_arrays(
        *(np.asarray(values, dtype=float) for values in (lon, lat, satellite_lon, height_m))
    )
    east_rad, north_rad, angle = np.radians(lon), np.radians(lat), np.radians(orbit)
    zero = np.zeros(lon.shape)
    up = np.stack([np.cos(north_rad) * np.cos(east_rad), np.cos(north_rad) * np.sin(east_rad), np.sin(north_rad)], -1)
    east = np.stack([-np.sin(east_rad), np.cos(east_rad), zero], -1)
    place = in_space(lon.ravel(), lat.ravel()).reshape(*lon.shape, 3) + height_m[..., None] * up
    ray = GEOSTATIONARY_RADIUS_M * np.stack([np.cos(angle), np.sin(angle), zero], -1) - place
    to_east, to_north, to_up = ((axis * ray).sum(axis=-1) for axis in (east, np.cross(up, east), up))
    level = np.hypot(to_east, to_north)
    overhead = level < 1e-6 * to_up  # there every azimuth is as good
    azimuth = np.where(overhead, 0.0, np.degrees(np.arctan2(to_east, to_north)) % 360.0)
    return np.asarray(azimuth), np.asarray(np.degrees(np.arctan2(to_up, level)))


def satellite_looks(
    targets: gpd.GeoDataFrame,
    grid: Grid | None,
    *,
    settings: SatelliteSettings | None = None,
    progress: Progress = silent,
) -> gpd.GeoDataFrame:
    """Tell which satellites places see over the ground, and how much of the sky is free for low orbits.

    Parameters
    ----------
    targets
        Table of `plan_targets`, geographic CRS: what stays out of reach.
    grid
        Heights of the ground.
    settings
        Satellites, mask, margin; the defaults, whose satellites are an example, if not given.
    progress
        Told how many places are done.

    Returns
    -------
    looks
        Result layer `satellite_looks`: a row for each target and satellite, in the order of the targets. "visible": not
        below the lowest useful elevation, and above the ground by the margin. "depends": within the margin of the
        ground, or of what the ground could be at most where it is not known. "blocked" otherwise. `best` marks the best
        verdict, and of equal ones the largest margin over the ground.

    Raises
    ------
    CRSError
        If the targets are not in degrees.
    LayerError
        If there is no elevation model, or the settings name no satellite.

    Examples
    --------
    >>> from affine import Affine
    >>> plain = Grid(np.zeros((80, 80), dtype="float32"), Affine(0.01, 0, 74.6, 0, -0.01, 39.4), "EPSG:4490")
    >>> school = gpd.GeoDataFrame({"target_layer": ["schools"], "target_id": "S1"},
    ...     geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> looks = satellite_looks(school, plain, settings=SatelliteSettings(satellites={"A": 100.0, "B": 179.0}))
    >>> looks[["satellite", "elevation_deg", "verdict", "best"]].round(1).values.tolist()
    [['A', 37.9, 'visible', True], ['B', -19.0, 'blocked', False]]
    """
    settings = settings or SatelliteSettings()
    crs = require_geographic(targets=targets)
    if grid is None:
        raise LayerError("plan_satellite_elevation_needed")
    if not settings.satellites:
        raise LayerError("plan_satellite_none_named")
    lon, lat = places(targets, "targets")
    parts = []
    with progress.step("plan_satellite_step", total=len(lon)) as done:
        for spot, rows in _same_places(lon, lat).items():
            table = _of_place(spot, grid, crs, settings)
            parts += [table.assign(row=row) for row in rows]
            done(len(rows))
    if not parts:
        return result_layer("satellite_looks", {}, np.empty(0, dtype=object), crs)
    looks = pd.concat(parts, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
    return _layer(looks, targets, settings, crs)


def _same_places(lon: Floats, lat: Floats) -> dict[tuple[float, float], list[int]]:
    """Group rows by their place."""
    groups: dict[tuple[float, float], list[int]] = {}
    for row, spot in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
        groups.setdefault(spot, []).append(row)
    return groups


def _of_place(spot: tuple[float, float], grid: Grid, crs: CRS, settings: SatelliteSettings) -> pd.DataFrame:
    """Judge all satellites at one place."""
    orbits = np.array(list(settings.satellites.values()))
    count = len(orbits)
    horizon = _horizon(spot, orbits, grid, crs, settings=settings)
    height_m = 0.0 if np.isnan(horizon.eye_m) else horizon.eye_m
    azimuth, elevation = look_angles(*spot, orbits, height_m=height_m)
    ground, could_be = horizon.elevation_deg[:count], horizon.could_be_deg[:count]
    margin = elevation - ground
    over = np.nan_to_num(margin, nan=np.inf)  # no ground is known: nothing that is known hides it
    blocked = (elevation < settings.min_elevation_deg) | (over <= -settings.margin_deg)
    visible = ~blocked & (over >= settings.margin_deg) & (elevation - could_be >= settings.margin_deg)
    verdict = np.select([visible, blocked], ["visible", "blocked"], "depends").astype(object)
    best = np.zeros(count, dtype=bool)
    best[np.lexsort((np.arange(count), -over, np.select([visible, blocked], [0, 2], 1)))[0]] = True
    sky_share = open_sky_share(horizon.elevation_deg[count:], settings.mask_deg)
    edge_deg = np.fmax(horizon.elevation_deg[count:], horizon.could_be_deg[count:])
    low = "visible" if open_sky_share(edge_deg, settings.mask_deg) >= settings.min_sky_share else "depends"
    return pd.DataFrame(
        {
            "satellite": list(settings.satellites),
            "satellite_lon": orbits,
            "azimuth_deg": azimuth,
            "elevation_deg": elevation,
            "horizon_deg": ground,
            "horizon_distance_m": horizon.distance_m[:count],
            "margin_deg": margin,
            "verdict": verdict,
            "sky_share": sky_share,
            "low_orbit_verdict": low if sky_share >= settings.min_sky_share else "blocked",
            "best": best,
        }
    )


def _horizon(
    spot: tuple[float, float], orbits: Floats, grid: Grid, crs: CRS, *, settings: SatelliteSettings
) -> Horizon:
    """Take the horizon towards the satellites, then all round."""
    all_round = np.arange(settings.azimuths) * (360.0 / settings.azimuths)
    return horizon_of(
        grid.values,
        plane_at(grid, *spot, crs=crs, reach_m=settings.horizon_m),
        np.concatenate([look_angles(*spot, orbits)[0], all_round]),
        height_agl_m=settings.dish_m,
        reach_m=settings.horizon_m,
        k_factor=settings.k_factor,
    )


def _layer(looks: pd.DataFrame, targets: gpd.GeoDataFrame, settings: SatelliteSettings, crs: CRS) -> gpd.GeoDataFrame:
    """Give the result layer."""
    row = looks["row"].to_numpy(dtype=np.int64)
    values: dict[str, object] = {name: looks[name].array for name in looks.columns if name != "row"}
    values |= {name: column(targets, name).iloc[row].array for name in ("target_layer", "target_id", "name")}
    records = looks.to_dict("records")
    for lang in LANGUAGES:
        values[f"reason_{lang}"] = [_reason(record, settings, lang) for record in records]
    lon, lat = places(targets, "targets")
    return result_layer("satellite_looks", values, np.asarray(shapely.points(lon, lat), dtype=object)[row], crs)


def _reason(record: Mapping[Any, Any], settings: SatelliteSettings, lang: str) -> str:
    """Say how a satellite stands over the ground."""
    names = ("azimuth_deg", "elevation_deg", "horizon_deg", "margin_deg")
    figures = {name: "-" if np.isnan(record[name]) else f"{record[name]:.1f}" for name in names}
    figures |= {"satellite": str(record["satellite"]), "least_deg": f"{settings.min_elevation_deg:g}"}
    distance_m = record["horizon_distance_m"]
    figures["distance_m"] = "-" if np.isnan(distance_m) else f"{distance_m:,.0f}"
    key = "plan_satellite_low" if record["elevation_deg"] < settings.min_elevation_deg else "plan_satellite_look"
    verdict = text(f"plan_satellite_{record['verdict']}", lang)
    if record["verdict"] == "depends" and not abs(record["margin_deg"]) < settings.margin_deg:
        verdict = text("plan_satellite_unknown", lang) + verdict
    sky = text("plan_satellite_sky", lang, share=f"{record['sky_share']:.0%}", mask_deg=f"{settings.mask_deg:g}")
    return text(key, lang, **figures) + verdict + sky


def satellite_candidates(targets: gpd.GeoDataFrame, looks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """List a dish for each place that sees a satellite, or enough of the sky: a candidate that serves that place alone.

    Parameters
    ----------
    targets
        Table of `plan_targets` that the looks are of.
    looks
        Result layer `satellite_looks`.

    Returns
    -------
    candidates
        Result layer `plan_candidates`, one row a place, in the order of the targets; `satellite` names the best one, or
        "low orbit" where no geostationary one is visible.

    Raises
    ------
    CRSError
        If the two are not in one geographic CRS.

    Examples
    --------
    >>> place = {"target_layer": ["schools"], "target_id": "S1"}
    >>> looks = gpd.GeoDataFrame({**place, "satellite": "A", "verdict": "visible", "low_orbit_verdict": "blocked",
    ...     "best": True}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> targets = gpd.GeoDataFrame(place, geometry=looks.geometry)
    >>> satellite_candidates(targets, looks)[["candidate_id", "satellite"]].values.tolist()
    [['satellite:schools:S1', 'A']]
    """
    crs = require_geographic(targets=targets, satellite_looks=looks)
    best = looks[column(looks, "best", "boolean").fillna(value=False).to_numpy(dtype=bool)]
    sees = column(best, "verdict").eq("visible").to_numpy(dtype=bool)
    low = column(best, "low_orbit_verdict").eq("visible").to_numpy(dtype=bool)
    lon, lat = places(best, "satellite_looks")
    named = np.where(sees, column(best, "satellite").astype(object), "low orbit")
    table = pd.DataFrame({"lon": lon, "lat": lat, "satellite": named})
    for name in ("target_layer", "target_id", "name"):
        table[name] = column(best, name).array
    table = table[sees | low].drop_duplicates(["lon", "lat"], ignore_index=True)
    spot = "satellite:" + table["target_layer"].fillna("-") + ":" + table["target_id"].fillna("-")
    again = spot.groupby(spot).cumcount()  # points of one road
    spot = spot.where(again.eq(0), spot + "@" + again.astype("string"))
    return candidates_layer(
        table.assign(
            candidate_id=spot.array,
            spot_id=spot.array,
            kind="satellite",
            facility_layer=table["target_layer"].array,
            facility_id=table["target_id"].array,
            operators=ANY_OPERATOR,
        ),
        crs,
    )
