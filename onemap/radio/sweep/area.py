"""Losses from one mast to all cells of a grid round it, for several carriers at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.radio.p1812.path_geometry import effective_radius
from onemap.radio.sweep.median_loss import carrier_table, least_spread
from onemap.radio.sweep.ray_losses import new_desk, ray_losses
from onemap.terrain.plane import Plane
from onemap.terrain.profile import heights_at
from onemap.terrain.rays import cells_by_ray, rays_per_octant

__all__ = ["Air", "Ground", "Mast", "Window", "sweep_losses", "sweep_paths"]

Floats = NDArray[np.float64]
Window = tuple[int, int, int, int]
"""First row, first column, number of rows, number of columns."""

CellsOf = tuple[NDArray[np.int64], NDArray[np.int32], int, int]
"""Where the cells of each ray begin, the cells, their columns, and the most samples of a ray."""

_PIECES = 16  # pieces of the circle for each thread, so that none waits long for another


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The ground round masts, or a window of it.

    Attributes
    ----------
    height_m
        Heights above sea level, shape (rows, columns), in metres; NaN is a void.
    clutter_m
        Heights of what stands on it, same shape, in metres; None: nothing does.
    first_row, first_column
        Where the window begins, in the rows and columns that masts and cells are counted by.
    """

    height_m: NDArray[np.floating]
    clutter_m: NDArray[np.floating] | None = None
    first_row: int = 0
    first_column: int = 0

    def __post_init__(self) -> None:
        if self.height_m.ndim != 2 or not self.height_m.size:
            msg = f"height_m must have rows and columns, got shape {self.height_m.shape}"
            raise ValueError(msg)
        if self.clutter_m is not None and self.clutter_m.shape != self.height_m.shape:
            msg = f"clutter_m must have the shape of height_m, {self.height_m.shape}, got {self.clutter_m.shape}"
            raise ValueError(msg)

    @property
    def window(self) -> Window:
        """All of it."""
        rows, columns = self.height_m.shape
        return self.first_row, self.first_column, rows, columns


@dataclass(frozen=True, slots=True, eq=False)
class Mast:
    """Where a transmitter stands, how high, and how far it is followed.

    Attributes
    ----------
    plane
        Its place and the metres round it.
    height_agl_m
        Height of the antenna above the ground, in metres.
    reach_m
        Cells whose centres lie farther are left out, in metres.
    latitude_deg
        Latitude of the mast, in degrees.
    """

    plane: Plane
    height_agl_m: float
    reach_m: float
    latitude_deg: float

    def __post_init__(self) -> None:
        if not 0 < self.height_agl_m <= 3000:
            msg = f"height_agl_m must lie between 0 and 3000 m above the ground, got {self.height_agl_m:g} m"
            raise ValueError(msg)
        if not 0 < self.reach_m < math.inf:
            msg = f"reach_m must be more than zero, got {self.reach_m:g} m"
            raise ValueError(msg)
        if not -90 <= self.latitude_deg <= 90:
            msg = f"latitude_deg must lie between -90 and 90 degrees, got {self.latitude_deg:g}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Air:
    """The air, and the receiver in it.

    Attributes
    ----------
    receiver_agl_m
        Height of the receiver above the ground, in metres.
    time_percent
        Share of the time for which the loss is not exceeded, 1 to 50 percent.
    delta_n, n0
        Median lapse of refractivity in N-units per kilometre, refractivity at sea level in N-units.
    """

    receiver_agl_m: float = 1.5
    time_percent: float = 50.0
    delta_n: float = 45.0
    n0: float = 325.0

    def __post_init__(self) -> None:
        limits = {"receiver_agl_m": (0, 3000), "time_percent": (1, 50), "delta_n": (0, 156), "n0": (100, 500)}
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if not least <= value <= most or (name == "receiver_agl_m" and not value > 0):
                msg = f"{name} must lie between {least} and {most}, got {value:g}"
                raise ValueError(msg)


def sweep_losses(
    ground: Ground,
    mast: Mast,
    carriers: Floats,
    *,
    air: Air = Air(),
    window: Window | None = None,
    threads: int = 1,
) -> Floats:
    """Compute the basic transmission loss after P.1812 from a mast to the cells round it.

    Rays run from the mast to the rim of its reach, at most one cell apart there; each cell takes the ground along the
    nearest ray, at steps of one cell, and its own centre and height. What all carriers share is computed once.

    Parameters
    ----------
    ground
        The ground; it must reach from the mast to all cells of the window.
    mast
        The transmitter.
    carriers
        Frequency in gigahertz (0.03 to 6) and polarisation (1 horizontal, 2 vertical) of each, shape (n, 2).
    air
        Share of the time, refraction, height of the receiver.
    window
        The cells asked for; all of the ground if None.
    threads
        How many threads share the rays.

    Returns
    -------
    loss_db
        Shape (n, rows, columns), in dB, at the median of locations and all inland; NaN beyond the reach, in voids and
        where a void lies on the ray. Cells nearer than 250 m, or with fewer than three samples before them: free space.

    Raises
    ------
    ValueError
        If the mast stands off the known ground, the window lies off it, or a carrier is out of range.

    References
    ----------
    ITU-R P.1812-8. The search along hulls: `onemap.terrain.hull`.

    Examples
    --------
    >>> from onemap.terrain.plane import even_plane
    >>> ground = Ground(np.zeros((3, 400)))
    >>> mast = Mast(even_plane(0.0, 1.0, 30.0, 30.0), 30.0, 12_000.0, 40.0)
    >>> sweep_losses(ground, mast, np.array([[0.7, 2.0]]))[0, 1, [5, 100, 399]].round(1)
    array([ 73. , 105.8, 130.9])
    """
    return sweep_paths(ground, mast, carriers, air=air, window=window, threads=threads)[0]


def sweep_paths(
    ground: Ground,
    mast: Mast,
    carriers: Floats,
    *,
    air: Air = Air(),
    window: Window | None = None,
    threads: int = 1,
) -> tuple[Floats, Floats]:
    """Compute losses as `sweep_losses` does, and the angle at which the wave to each cell leaves the mast.

    Parameters
    ----------
    ground, mast, carriers, air, window, threads
        As those of `sweep_losses`.

    Returns
    -------
    loss_db
        As of `sweep_losses`.
    rise_mrad
        Angle above the horizontal, to the cell where it is in sight, otherwise to the horizon before it, shape (rows,
        columns), in milliradians; NaN where the loss is.

    Raises
    ------
    ValueError
        As `sweep_losses` does.

    Examples
    --------
    >>> from onemap.terrain.plane import even_plane
    >>> mast = Mast(even_plane(0.0, 1.0, 30.0, 30.0), 30.0, 12_000.0, 40.0)
    >>> _, rise_mrad = sweep_paths(Ground(np.zeros((3, 400))), mast, np.array([[0.7, 2.0]]))
    >>> rise_mrad[1, [50, 399]].round(1)
    array([-19.1,  -3.1])
    """
    carriers = checked_carriers(carriers)
    window = checked_window(ground, window)
    rises = np.full(window[2] * window[3], np.nan)
    losses = np.full((len(carriers), window[2] * window[3]), np.nan)

    waves = (carriers, carrier_table(carriers))
    terrain, frame, weather = kernel_ground(ground), kernel_frame(mast, window), kernel_air(ground, mast, air)

    def follow(piece: tuple[int, int], cells_of: CellsOf) -> None:
        _store_losses(piece, terrain, frame, cells_of, waves, weather, (losses, rises))

    over_rays(ground, mast, window, follow, threads=threads)
    shape = (window[2], window[3])
    return losses.reshape(len(carriers), *shape), rises.reshape(shape)


def over_rays(
    ground: Ground,
    mast: Mast,
    window: Window,
    follow: Callable[[tuple[int, int], CellsOf], None],
    *,
    threads: int,
) -> None:
    """Sort the cells of a window by rays and follow the rays, piece by piece of the circle."""
    require_ground(ground, mast)
    per_octant = rays_per_octant(mast.reach_m, mast.plane.cell_m)
    place = (mast.plane.column, mast.plane.row)
    starts, cells = cells_by_ray(place, mast.plane.to_metres, window, mast.reach_m, per_octant)
    order = (starts, cells, window[3], int(mast.reach_m / mast.plane.cell_m) + 2)
    edges = np.linspace(0, 8 * per_octant, max(1, min(_PIECES * threads, per_octant)) + 1).astype(int).tolist()
    pieces = list(pairwise(edges))
    if threads == 1:
        for piece in pieces:
            follow(piece, order)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(follow, piece, order) for piece in pieces]:
            done.result()


def checked_carriers(carriers: Floats) -> Floats:
    """Require frequencies and polarisations that P.1812 knows."""
    carriers = np.ascontiguousarray(carriers, dtype=float)
    if carriers.ndim != 2 or carriers.shape[1] != 2 or not len(carriers):
        msg = f"carriers must be one or more rows of frequency and polarisation, got shape {carriers.shape}"
        raise ValueError(msg)
    if not ((carriers[:, 0] >= 0.03) & (carriers[:, 0] <= 6.0) & np.isin(carriers[:, 1], (1, 2))).all():
        msg = f"carriers must have 0.03 to 6 GHz and polarisation 1 or 2, got {carriers.tolist()}"
        raise ValueError(msg)
    return carriers


def checked_window(ground: Ground, window: Window | None) -> Window:
    """Require a window on the ground."""
    whole = ground.window
    if window is None:
        return whole
    row, column, rows, columns = window
    inside = row >= whole[0] and column >= whole[1] and rows > 0 and columns > 0
    if not (inside and row + rows <= whole[0] + whole[2] and column + columns <= whole[1] + whole[3]):
        msg = f"window must lie on the ground {whole}, got {window}"
        raise ValueError(msg)
    return window


def require_ground(ground: Ground, mast: Mast) -> None:
    """Require that the mast stands on known ground."""
    column, row = mast.plane.column - ground.first_column, mast.plane.row - ground.first_row
    if math.isnan(heights_at(ground.height_m, np.array([column]), np.array([row]))[0]):
        msg = f"the mast must stand on known ground, got column {mast.plane.column:g}, row {mast.plane.row:g}"
        raise ValueError(msg)


def kernel_ground(ground: Ground) -> tuple[NDArray[np.floating], NDArray[np.floating], tuple[int, int]]:
    """Give the ground as kernels take it."""
    clutter_m = np.zeros((0, 0), dtype=np.float32) if ground.clutter_m is None else ground.clutter_m
    return (
        np.ascontiguousarray(ground.height_m),
        np.ascontiguousarray(clutter_m, dtype=np.float32),
        (ground.first_row, ground.first_column),
    )


def kernel_frame(mast: Mast, window: Window) -> tuple[tuple[float, float], Floats, Floats, tuple[int, int], float, int]:
    """Give the mast and the window as kernels take them."""
    plane = mast.plane
    per_octant = rays_per_octant(mast.reach_m, plane.cell_m)
    return (plane.column, plane.row), plane.to_metres, plane.to_cells, (window[0], window[1]), plane.cell_m, per_octant


def kernel_air(
    ground: Ground, mast: Mast, air: Air
) -> tuple[float, float, float, bool, float, float, float, float, float]:
    """Give the air as kernels take it."""
    return (
        float(mast.height_agl_m),
        float(air.receiver_agl_m),
        float(effective_radius(air.delta_n)),
        ground.clutter_m is not None,
        float(air.time_percent),
        float(air.delta_n),
        float(air.n0),
        float(mast.latitude_deg),
        least_spread(mast.latitude_deg, 0.001 * mast.reach_m),
    )


@numba.njit(cache=True, nogil=True)
def new_room(piece, starts, carriers, size):  # type: ignore[no-untyped-def]
    """Make room for the work on a piece of the circle: the order of a ray's cells, their losses, the desk."""
    most = 1
    for ray in range(piece[0], piece[1]):
        most = max(most, starts[ray + 1] - starts[ray])
    order = (np.empty(most, dtype=np.int64), np.empty(most), np.empty(most, dtype=np.int64))
    return order, np.empty((most, carriers)), np.empty(most), new_desk(size)


@numba.njit(cache=True, nogil=True)
def _store_losses(piece, terrain, frame, cells_of, carriers, air, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Follow the rays of a piece of the circle and store the losses of their cells."""
    starts, cells, columns, size = cells_of
    order, losses, rises, desk = new_room(piece, starts, carriers[0].shape[0], size)
    for ray in range(piece[0], piece[1]):
        own = cells[starts[ray] : starts[ray + 1]]
        if own.shape[0] > 0:
            ray_losses(desk, terrain, frame, ray, (own, columns), carriers, air, order, losses, rises)
            for place in range(own.shape[0]):
                found[1][order[0][place]] = rises[place]
                for carrier in range(carriers[0].shape[0]):
                    found[0][carrier, order[0][place]] = losses[place, carrier]
