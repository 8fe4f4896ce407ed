"""Similarity transformations fitted by least squares: four parameters in a plane, seven in space.

Both models are linear in the unknowns that are solved for, so one least-squares solution is the answer, without
iteration. Coordinates are taken from their mean and scaled first: geocentric coordinates of one county differ in their
last digits only, and the rotations would drown in the rounding of the raw ones.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.errors import CRSError
from onemap.layers.datum_shift import DatumShift
from onemap.layers.plane_shift import PlaneShift

__all__ = ["FEWEST_POINTS", "fit_plane", "fit_space", "require_spread"]

Floats = NDArray[np.float64]

FEWEST_POINTS = 3
"""With two points a plane fit has no residual, so nothing shows a wrong one; seven parameters need three."""

_LEAST_WIDTH_SHARE = 0.02  # points in a strip narrower than this share of its length are taken to lie on a line
_ARCSEC = math.degrees(1.0) * 3600.0


def require_spread(points: ArrayLike) -> None:
    """Require at least three different points that do not lie on a line.

    Parameters
    ----------
    points
        Coordinates in metres, shape (n, 2) or (n, 3).

    Raises
    ------
    CRSError
        If there are fewer than three different points, or they lie on a line.

    Examples
    --------
    >>> require_spread([[0, 0], [1000, 0], [0, 1000]])
    >>> require_spread([[0, 0], [1000, 1000], [2000, 2001]])
    Traceback (most recent call last):
    onemap.errors.CRSError: control points must spread over the area, got 3 that lie on a line; ...
    """
    points = np.asarray(points, dtype=np.float64)
    different = np.unique(points.round(3), axis=0)
    if len(different) < FEWEST_POINTS:
        raise CRSError("control_points_few", count=len(different), least=FEWEST_POINTS)
    along, across, *_ = np.linalg.svd(different - different.mean(axis=0), compute_uv=False)
    if across < _LEAST_WIDTH_SHARE * along:
        raise CRSError("control_points_line", count=len(different))


def fit_plane(source: ArrayLike, target: ArrayLike) -> PlaneShift:
    r"""Fit a shift, a turn and a scale between two planes.

    .. math:: E' = E_0 + aE - bN, \quad N' = N_0 + bE + aN

    Parameters
    ----------
    source, target
        Easting and northing of the same points in either plane, in metres, shape (n, 2).

    Returns
    -------
    shift
        The four parameters.

    Raises
    ------
    CRSError
        As `require_spread`.

    References
    ----------
    Wolf, Ghilani, "Adjustment Computations", two-dimensional conformal coordinate transformation.

    Examples
    --------
    >>> shift = fit_plane([[0, 0], [1000, 0], [0, 1000]], [[50, 60], [50, 1060], [-950, 60]])
    >>> round(shift.east_m), round(shift.north_m), round(shift.rotation_arcsec), abs(round(shift.scale_ppm))
    (50, 60, 324000, 0)
    """
    source, target = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    require_spread(source)
    require_spread(target)
    plane, image = (one[:, 0] + 1j * one[:, 1] for one in (source, target))
    middle, image_middle = plane.mean(), image.mean()
    turned = np.vdot(plane - middle, image - image_middle) / np.vdot(plane - middle, plane - middle)
    origin = image_middle - turned * middle
    return PlaneShift(
        east_m=float(origin.real),
        north_m=float(origin.imag),
        rotation_arcsec=float(np.angle(turned)) * _ARCSEC,
        scale_ppm=(float(np.abs(turned)) - 1.0) * 1e6,
        positive_rotation="counterclockwise",
    )


def fit_space(source: ArrayLike, target: ArrayLike) -> DatumShift:
    r"""Fit the seven parameters of Bursa and Wolf between two geocentric systems.

    .. math:: X' = T + (1 + s)(X + r \times X)

    Parameters
    ----------
    source, target
        Geocentric coordinates of the same points in either system, in metres, shape (n, 3).

    Returns
    -------
    shift
        The seven parameters, as position vector; small angles, as PROJ applies them.

    Raises
    ------
    CRSError
        As `require_spread`.

    References
    ----------
    IOGP 373-7-2, "Coordinate Conversions and Transformations including Formulas", section 4.3.3.

    Examples
    --------
    >>> corners = np.array([[4e6, 1e5, 4.9e6], [4.1e6, 1e5, 4.8e6], [4e6, 2e5, 4.9e6], [4.1e6, 2e5, 4.8e6]])
    >>> shift = fit_space(corners, corners + [10.0, 20.0, 30.0])
    >>> round(shift.tx_m, 4), round(shift.ty_m, 4), round(shift.tz_m, 4)
    (10.0, 20.0, 30.0)
    """
    source, target = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    require_spread(source)
    require_spread(target)
    middle, moved_m = source.mean(axis=0), target - source
    spread_m = float(np.abs(source - middle).max())
    x, y, z = ((source - middle) / spread_m).T
    none, one = np.zeros_like(x), np.ones_like(x)
    rows = np.stack(  # unknowns: shift of the middle, (1 + s) - 1, (1 + s) r
        [
            np.column_stack([one, none, none, x, none, z, -y]),
            np.column_stack([none, one, none, y, -z, none, x]),
            np.column_stack([none, none, one, z, y, -x, none]),
        ],
        axis=1,
    ).reshape(-1, 7)
    solved = np.linalg.lstsq(rows, moved_m.ravel(), rcond=None)[0]
    scale, turns = solved[3] / spread_m, solved[4:] / spread_m
    tx_m, ty_m, tz_m = solved[:3] - scale * middle - np.cross(turns, middle)
    rx, ry, rz = (float(turn / (1.0 + scale)) * _ARCSEC for turn in turns)
    return DatumShift(
        "position vector",
        tx_m=float(tx_m),
        ty_m=float(ty_m),
        tz_m=float(tz_m),
        rx_arcsec=rx,
        ry_arcsec=ry,
        rz_arcsec=rz,
        scale_ppm=float(scale) * 1e6,
    )
