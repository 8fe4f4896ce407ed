"""A shift between two datums by three or seven parameters, declared by the user.

The two conventions differ only in the sign of the rotations, and parameters from one read as the other are wrong by
metres without a sign of it. So the method must be named; there is no default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from onemap.errors import CRSError

__all__ = ["SHIFT_METHODS", "DatumShift"]

SHIFT_METHODS = {"position vector": "position_vector", "coordinate frame": "coordinate_frame", "translation": ""}
"""Names of the methods, and how PROJ writes the convention of their rotations."""

_TURNS = ("rx_arcsec", "ry_arcsec", "rz_arcsec", "scale_ppm")


@dataclass(frozen=True, slots=True)
class DatumShift:
    """Three or seven parameters from the datum of a source to the datum of the project.

    Attributes
    ----------
    method
        "position vector" (EPSG method 1033 and 9606), "coordinate frame" (1032 and 9607), or "translation" (1031 and
        9603) for three parameters.
    tx_m, ty_m, tz_m
        Translations along the geocentric axes, in metres.
    rx_arcsec, ry_arcsec, rz_arcsec
        Rotations about them, in seconds of arc, signed as the method has it.
    scale_ppm
        Scale less one, in parts per million.
    accuracy_m
        Accuracy as whoever gave the parameters states it, in metres; None where unknown.

    Raises
    ------
    CRSError
        If the method is another, a parameter is no finite number, or a translation turns or scales.

    References
    ----------
    IOGP 373-7-2, "Coordinate Conversions and Transformations including Formulas", section 4.3.3.

    Examples
    --------
    >>> DatumShift("position vector", tx_m=0, ty_m=0, tz_m=4.5, rz_arcsec=0.554, scale_ppm=0.219).step
    'proj=helmert x=0 y=0 z=4.5 rx=0 ry=0 rz=0.554 s=0.219 convention=position_vector'
    """

    method: str
    tx_m: float
    ty_m: float
    tz_m: float
    rx_arcsec: float = 0.0
    ry_arcsec: float = 0.0
    rz_arcsec: float = 0.0
    scale_ppm: float = 0.0
    accuracy_m: float | None = None

    def __post_init__(self) -> None:
        if self.method not in SHIFT_METHODS:
            raise CRSError("datum_shift_method", method=self.method)
        for name in ("tx_m", "ty_m", "tz_m", "rx_arcsec", "ry_arcsec", "rz_arcsec", "scale_ppm"):
            if not math.isfinite(getattr(self, name)):
                raise CRSError("datum_shift_number", name=name, value=getattr(self, name))
        if self.method == "translation" and any(getattr(self, name) for name in _TURNS):
            raise CRSError("datum_shift_turns")

    @property
    def step(self) -> str:
        """The shift as a step of a PROJ pipeline, between geocentric coordinates."""
        if self.method == "translation":
            return f"proj=helmert x={self.tx_m!r} y={self.ty_m!r} z={self.tz_m!r}"
        return (
            f"proj=helmert x={self.tx_m!r} y={self.ty_m!r} z={self.tz_m!r} "
            f"rx={self.rx_arcsec!r} ry={self.ry_arcsec!r} rz={self.rz_arcsec!r} s={self.scale_ppm!r} "
            f"convention={SHIFT_METHODS[self.method]}"
        ).replace(".0 ", " ")
