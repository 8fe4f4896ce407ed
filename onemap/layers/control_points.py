"""Control points: places known in two systems, and what a transformation fitted to them leaves over.

Surveying offices keep such tables (公共点, 重合点). What is fitted to them is only as good as its residuals, so each of
them is kept, the worst point is named, and a limit must be stated: there is no default for what is good enough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.errors import CRSError

__all__ = ["CONTROL_METHODS", "ControlPoints", "ControlReport", "ControlResidual"]

Floats = NDArray[np.float64]
Pairs = tuple[tuple[float, float], ...]

CONTROL_METHODS = ("4-parameter", "7-parameter")
"""A similarity between two planes; or one between two geocentric systems."""


@dataclass(frozen=True, slots=True)
class ControlPoints:
    """Points known in the system of a source and in another one.

    Attributes
    ----------
    names
        Names of the points.
    source, target
        Easting and northing, or lon and lat, of each point in either system, in its unit.
    method
        "4-parameter" or "7-parameter".
    max_residual_m
        Largest residual of a point that is still accepted, in metres.
    crs
        System of the source coordinates, empty for that of the layer.
    target_crs
        System of the target coordinates, empty for the one that the layer is wanted in.
    source_height_m, target_height_m
        Ellipsoidal heights for seven parameters, in metres; empty where they are not known: then 0 in both.

    Raises
    ------
    CRSError
        If the method is another, a number is not finite, or the lists differ in length.

    Examples
    --------
    >>> ControlPoints(("P1",), ((500_000, 4_370_000),), ((500_100, 4_370_050),), "6-parameter", 0.1)
    Traceback (most recent call last):
    onemap.errors.CRSError: control_points.method must be "4-parameter" or "7-parameter", got '6-parameter'
    """

    names: tuple[str, ...]
    source: Pairs
    target: Pairs
    method: str
    max_residual_m: float
    crs: str = ""
    target_crs: str = ""
    source_height_m: tuple[float, ...] = ()
    target_height_m: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.method not in CONTROL_METHODS:
            raise CRSError("control_points_method", method=self.method)
        counts = {len(self.names), len(self.source), len(self.target)}
        counts |= {len(one) for one in (self.source_height_m, self.target_height_m) if one}
        if len(counts) > 1 or bool(self.source_height_m) != bool(self.target_height_m):
            raise CRSError("control_points_unequal")
        numbers = [self.max_residual_m, *(value for pair in (*self.source, *self.target) for value in pair)]
        if not all(math.isfinite(value) for value in (*numbers, *self.source_height_m, *self.target_height_m)):
            raise CRSError("control_points_number")

    def heights(self) -> tuple[Floats, Floats]:
        """Give the heights of either system in metres, 0 where they are not known, shape (n,) each."""
        unknown = (0.0,) * len(self.names)
        return (
            np.array(self.source_height_m or unknown, dtype=np.float64),
            np.array(self.target_height_m or unknown, dtype=np.float64),
        )


@dataclass(frozen=True, slots=True)
class ControlResidual:
    """What a fit leaves over at one point: given less computed.

    Attributes
    ----------
    name
        Name of the point.
    east_m, north_m
        The difference, in metres.
    """

    name: str
    east_m: float
    north_m: float

    @property
    def length_m(self) -> float:
        """Length of the difference, in metres."""
        return math.hypot(self.east_m, self.north_m)


@dataclass(frozen=True, slots=True)
class ControlReport:
    """How well a transformation fits its control points.

    Attributes
    ----------
    method
        "4-parameter" or "7-parameter".
    parameters
        Names and values of the fitted parameters.
    residuals
        One a point, in the order of the table: of the operation as layers go through it, at height 0.
    max_residual_m
        The limit that was stated, in metres.
    places
        Lon and lat of the points in the system that the layer ends in.

    Examples
    --------
    >>> report = ControlReport("4-parameter", (), (ControlResidual("P1", 0.03, 0.04),), 0.1, ((75.2, 39.5),))
    >>> report.rms_m, report.worst.name
    (0.05, 'P1')
    """

    method: str
    parameters: tuple[tuple[str, float], ...]
    residuals: tuple[ControlResidual, ...]
    max_residual_m: float
    places: Pairs

    @property
    def worst(self) -> ControlResidual:
        """The point with the largest residual."""
        return max(self.residuals, key=lambda one: one.length_m)

    @property
    def rms_m(self) -> float:
        """Root of the mean of the squared lengths of all residuals, in metres."""
        return math.sqrt(sum(one.length_m**2 for one in self.residuals) / len(self.residuals))

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for the manifest; metres to a tenth of a millimetre."""
        return {
            "method": self.method,
            "parameters": dict(self.parameters),
            "points": len(self.residuals),
            "rms_m": round(self.rms_m, 4),
            "worst_point": self.worst.name,
            "worst_residual_m": round(self.worst.length_m, 4),
            "max_residual_m": self.max_residual_m,
            "residuals": [_rounded(one) for one in self.residuals],
        }


def _rounded(residual: ControlResidual) -> dict[str, object]:
    """Give one residual as plain values."""
    numbers: Sequence[tuple[str, float]] = (
        ("east_m", residual.east_m),
        ("north_m", residual.north_m),
        ("length_m", residual.length_m),
    )
    return {"name": residual.name, **{name: round(value, 4) + 0.0 for name, value in numbers}}
