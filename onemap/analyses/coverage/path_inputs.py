"""What the compiled judgement of paths is given: heights, masts on their pixels, settings as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.coverage.candidates import Network
from onemap.analyses.coverage.line_of_sight import pixels_of
from onemap.analyses.coverage.path_kernel import Pairs, Rules
from onemap.analyses.coverage.path_models import BONUS_DB, ENVIRONMENT_CODES, MODEL_CODES
from onemap.analyses.coverage.settings import CoverageSettings
from onemap.layers.grid import Grid
from onemap.radio.climate import refractivity_at

__all__ = ["PathGround", "longest_profile", "path_ground", "path_rules", "placed_network"]

Floats = NDArray[np.float64]

_POLARISATIONS = {"horizontal": 1, "vertical": 2}
_LOWEST_RECEIVER_M = 1.0  # ITU-R P.1812-8, section 1
_OPEN = np.empty((0, 0))


@dataclass(frozen=True, slots=True)
class PathGround:
    """Heights that the kernel reads, and where they lie.

    Attributes
    ----------
    grid
        The elevation model; None where there is none.
    heights, clutter
        Heights of the ground and of what stands on it, in metres; of shape (0, 0) where there are none.
    crs
        Geographic CRS of the places.
    """

    grid: Grid | None
    heights: NDArray[np.floating]
    clutter: NDArray[np.floating]
    crs: CRS

    def pixels(self, lon: Floats, lat: Floats) -> Floats:
        """Give the pixels of places; zeros where there is no grid."""
        return np.zeros((len(lon), 2)) if self.grid is None else pixels_of(lon, lat, self.grid, self.crs)


def path_ground(grid: Grid | None, clutter: Grid | None, crs: CRS) -> PathGround:
    """Give what is known of the ground.

    Parameters
    ----------
    grid
        Heights of the ground; None where there are none.
    clutter
        Heights of what stands on it, on the same cells; None: open land.
    crs
        Geographic CRS of the places.

    Raises
    ------
    ValueError
        If the clutter does not lie on the cells of the elevation model.

    Examples
    --------
    >>> path_ground(None, None, CRS("EPSG:4490")).pixels(np.array([75.0]), np.array([39.0]))
    array([[0., 0.]])
    """
    if grid is None:
        return PathGround(None, _OPEN.astype(np.float32), _OPEN.astype(np.float32), crs)
    if clutter is not None and (clutter.values.shape, clutter.transform) != (grid.values.shape, grid.transform):
        msg = f"clutter must lie on the cells of the elevation model, {grid.values.shape}, got {clutter.values.shape}"
        raise ValueError(msg)
    stands_m = _OPEN.astype(np.float32) if clutter is None else np.ascontiguousarray(clutter.values)
    return PathGround(grid, np.ascontiguousarray(grid.values), stands_m, crs)


def placed_network(network: Network, ground: PathGround, settings: CoverageSettings) -> Network:
    """Give the masts their pixels and the refractivity of the air over them.

    Parameters
    ----------
    network
        Masts and antennas; its arrays of pixels and refractivity are filled in.
    ground
        What is known of the ground.
    settings
        Refractivity, where the project gives it.

    Examples
    --------
    >>> from onemap.analyses.coverage.candidates import network_of
    >>> import pandas as pd
    >>> antennas = pd.DataFrame({"technology": "4G", "operators": [("A",)], "lon": 75.0, "lat": 39.0,
    ...     "height_agl_m": 30.0, "frequency_mhz": [1_850.0], "eirp_re_dbm": 34.0, "azimuth_deg": np.nan,
    ...     "beamwidth_deg": 360.0, "v_beamwidth_deg": 10.0, "tilt_deg": 4.0, "mech_tilt_deg": 0.0})
    >>> network = network_of(antennas, [("4G", "any")])
    >>> ground = path_ground(None, None, CRS("EPSG:4490"))
    >>> placed_network(network, ground, CoverageSettings(delta_n=45.0)).masts.delta_n
    array([45.])
    """
    masts = network.masts
    masts.pixel[:] = ground.pixels(network.lon, network.lat)
    if len(network.lon):
        air = refractivity_at(network.lon, network.lat)
        masts.delta_n[:] = air.delta_n if settings.delta_n is None else settings.delta_n
        masts.n0[:] = air.n0 if settings.n0 is None else settings.n0
    return network


def path_rules(settings: CoverageSettings, *, terrain: bool) -> Rules:
    """Give the settings as plain numbers.

    Parameters
    ----------
    settings
        What coverage is judged by; its model is one of field strength.
    terrain
        Whether there is an elevation model.

    Examples
    --------
    >>> path_rules(CoverageSettings(time_percent=50.0), terrain=True).bonus_db
    0.0
    """
    rare_db = -2.6 * float(np.log10(settings.time_percent / 50.0))  # ITU-R P.1812-8, equation 9: at most so much
    return Rules(
        model=MODEL_CODES[settings.model],
        environment=ENVIRONMENT_CODES[settings.environment],
        polarisation=_POLARISATIONS[settings.polarisation],
        receiver_m=max(float(settings.target_height_m), _LOWEST_RECEIVER_M),
        time_percent=float(settings.time_percent),
        step_cells=float(settings.profile_step_cells),
        location_area_m=float(settings.location_area_m),
        body_loss_db=float(settings.body_loss_db),
        bonus_db=BONUS_DB[settings.model] + rare_db,
        terrain=int(terrain),
    )


def longest_profile(start: Floats, end: Floats, pairs: Pairs, middle: Floats, *, step_cells: float) -> int:
    """Give the number of points that no profile exceeds.

    Parameters
    ----------
    start, end
        Pixels of masts and places, shape (m, 2) and (n, 2).
    pairs
        Masts in reach of each place.
    middle
        Pixels of the middles of the paths.
    step_cells
        Longest step, in pixels.

    Examples
    --------
    >>> pairs = Pairs(np.array([0, 1]), np.array([0]), np.array([900.0]), np.array([[5.0, 0.0]]))
    >>> longest_profile(np.zeros((1, 2)), np.array([[10.0, 0.0]]), pairs, pairs.middle, step_cells=1.0)
    22
    """
    place = np.repeat(np.arange(len(end)), np.diff(pairs.first))
    first, last = start[pairs.mast], end[place]
    reach = np.abs(last - first) + 4.0 * np.abs(middle - 0.5 * (first + last))
    pixels = np.hypot(reach[:, 0], reach[:, 1])
    return int(np.max(np.where(np.isfinite(pixels), pixels, 0.0)) / step_cells) + 12
