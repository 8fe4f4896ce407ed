"""A shift between two planes by four parameters, declared by the user or fitted to control points.

Offices give the turn in either sense, and a wrong sign is wrong by metres without a sign of it. So the sense must be
named; there is no default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from onemap.errors import CRSError

__all__ = ["ROTATION_SENSES", "PlaneShift"]

ROTATION_SENSES = {"counterclockwise": 1.0, "clockwise": -1.0}
"""Senses in which a positive rotation turns the points, seen with north up, and their signs."""


@dataclass(frozen=True, slots=True)
class PlaneShift:
    r"""Four parameters from one plane to another.

    .. math::
        E' = E_0 + (1 + m)(E \cos\alpha - N \sin\alpha), \quad N' = N_0 + (1 + m)(E \sin\alpha + N \cos\alpha)

    Attributes
    ----------
    east_m, north_m
        Where the origin of the source plane lies in the target plane, in metres.
    rotation_arcsec
        Turn of the points, in seconds of arc.
    scale_ppm
        Scale less one, in parts per million.
    positive_rotation
        Sense of a positive rotation, "counterclockwise" (:math:`\alpha` above) or "clockwise".
    target_crs
        Projected system of the target plane; empty where a fit names it.
    accuracy_m
        Accuracy as whoever gave the parameters states it, in metres; None where unknown.

    Raises
    ------
    CRSError
        If the sense is another, or a parameter is no finite number.

    References
    ----------
    IOGP 373-7-2, "Coordinate Conversions and Transformations including Formulas", similarity transformation (9621).

    Examples
    --------
    >>> PlaneShift(10.0, 20.0, rotation_arcsec=0.0, scale_ppm=0.0, positive_rotation="clockwise").step
    'proj=affine xoff=10.0 yoff=20.0 s11=1.0 s12=0.0 s21=-0.0 s22=1.0'
    """

    east_m: float
    north_m: float
    rotation_arcsec: float
    scale_ppm: float
    positive_rotation: str
    target_crs: str = ""
    accuracy_m: float | None = None

    def __post_init__(self) -> None:
        if self.positive_rotation not in ROTATION_SENSES:
            raise CRSError("plane_shift_sense", sense=self.positive_rotation)
        for name in ("east_m", "north_m", "rotation_arcsec", "scale_ppm"):
            if not math.isfinite(getattr(self, name)):
                raise CRSError("plane_shift_number", name=name, value=getattr(self, name))

    @property
    def step(self) -> str:
        """The shift as a step of a PROJ pipeline, between metres of either plane."""
        turn = ROTATION_SENSES[self.positive_rotation] * math.radians(self.rotation_arcsec / 3600.0)
        scale = 1.0 + self.scale_ppm * 1e-6
        along, across = scale * math.cos(turn), scale * math.sin(turn)
        return (
            f"proj=affine xoff={self.east_m!r} yoff={self.north_m!r} "
            f"s11={along!r} s12={0.0 - across!r} s21={across!r} s22={along!r}"
        )
