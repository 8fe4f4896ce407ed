"""The system of coordinates that a head means, and the head that states a system: those of China by their codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from onemap.vct.grammar import Head

__all__ = ["Datum", "System", "crs_of", "head_entries", "system_of"]


@dataclass(frozen=True, slots=True)
class Datum:
    """A datum: its name in heads, its axis and flattening, and the codes of its systems.

    Attributes
    ----------
    name, semi_major_m, inverse_flattening
        As the head states them.
    geographic
        Code of latitude and longitude.
    six, six_plain, three, three_plain
        Codes of the Gauss-Krüger zones 13 of 6 degrees and 25 of 3 degrees, with and without the zone in the easting.
    """

    name: str
    semi_major_m: float
    inverse_flattening: float
    geographic: int
    six: int
    six_plain: int
    three: int
    three_plain: int


@dataclass(frozen=True, slots=True)
class System:
    """A system of coordinates: datum; width and number of a zone, None for degrees; whether eastings bear the zone."""

    datum: Datum
    zone_width: int | None = None
    zone: int = 0
    has_prefix: bool = True

    @property
    def meridian(self) -> int:
        """Central meridian, degrees east."""
        return self.zone * 3 if self.zone_width == 3 else self.zone * 6 - 3

    @property
    def false_easting_m(self) -> int:
        """Easting of the central meridian, metres."""
        return 500_000 + (self.zone * 1_000_000 if self.has_prefix else 0)

    @property
    def epsg(self) -> int:
        """Its code."""
        if self.zone_width is None:
            return self.datum.geographic
        if self.zone_width == 6:
            return (self.datum.six if self.has_prefix else self.datum.six_plain) + self.zone - 13
        return (self.datum.three if self.has_prefix else self.datum.three_plain) + self.zone - 25


_DATUMS = (
    Datum("CGCS2000", 6378137.0, 298.257222101, 4490, 4491, 4502, 4513, 4534),
    Datum("IAG75", 6378140.0, 298.257, 4610, 2327, 2338, 2349, 2370),
    Datum("Krasovsky", 6378245.0, 298.3, 4214, 21413, 21453, 2401, 2422),
)
"""CGCS2000, Xi'an 1980 and Beijing 1954. References: EPSG Dataset, as PROJ carries it."""

_WGS84_FLATTENING = "298.2572235"

_ZONES = {6: range(13, 24), 3: range(25, 46)}
_NAMES: Mapping[str, Datum] = MappingProxyType(
    {
        **dict.fromkeys(("cgcs2000", "2000国家大地", "国家2000"), _DATUMS[0]),
        **dict.fromkeys(("iag75", "iag-75", "iag1975", "1975", "xian", "西安"), _DATUMS[1]),
        **dict.fromkeys(("krasov", "krassov", "beijing", "北京", "克拉索夫"), _DATUMS[2]),
    }
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def crs_of(head: Head, first_east: float | None = None) -> str | None:
    """Tell the system of coordinates that a head means.

    Parameters
    ----------
    head
        The head.
    first_east
        Easting of some coordinate, whose first digits may name the zone.

    Returns
    -------
    crs
        "EPSG:n"; None where datum or zone cannot be told.

    Examples
    --------
    >>> crs_of(Head({"CoordinateSystemType": "P", "Spheroid": "CGCS2000,6378137.0,298.257222101",
    ...              "Parameters": "114,1,38500000,0,3,38"}))
    'EPSG:4526'
    >>> crs_of(Head({"CoordinateSystemType": "D", "Spheroid": "WGS84,6378137.0,298.257223563"}))
    'EPSG:4326'
    """
    if _is_wgs84(head):  # its axis is that of CGCS2000
        return "EPSG:4326" if head.kind == "D" else None
    datum = _datum(head)
    if datum is None:
        return None
    if head.kind == "D":
        return f"EPSG:{datum.geographic}"
    system = _by_parameters(head, datum, first_east) or _by_prefix(datum, first_east)
    return None if system is None else f"EPSG:{system.epsg}"


def system_of(epsg: int) -> System | None:
    """Give the system of a code, if it is one that a head can state.

    Examples
    --------
    >>> system_of(4526).meridian, system_of(4490).zone_width, system_of(4326)
    (114, None, None)
    """
    for datum in _DATUMS:
        if epsg == datum.geographic:
            return System(datum)
        for width, has_prefix in ((6, True), (6, False), (3, True), (3, False)):
            for zone in _ZONES[width]:
                system = System(datum, width, zone, has_prefix)
                if system.epsg == epsg:
                    return system
    return None


def head_entries(system: System | None, *, is_degrees: bool = False) -> dict[str, str]:
    """Give the entries of a 3.0 head that state a system; those of a plane, or of degrees, where it is not known.

    Examples
    --------
    >>> head_entries(system_of(4526))["Parameters"]
    '114,1,38500000,0,3,38'
    """
    projected = system is not None and system.zone_width is not None
    is_degrees = system.zone_width is None if system is not None else is_degrees
    datum = None if system is None else system.datum
    spheroid = "" if datum is None else f"{datum.name},{datum.semi_major_m},{datum.inverse_flattening}"
    parameters = ""
    if projected and system is not None:
        parameters = f"{system.meridian},1,{system.false_easting_m},0,{system.zone_width},{system.zone}"
    return {
        "CoordinateSystemType": "D" if is_degrees else "P" if projected else "C",
        "XYUnit": "D" if is_degrees else "M",
        "Spheroid": spheroid,
        "PrimeMeridian": "Greenwich",
        "Projection": "高斯-克吕格投影" if projected else "",
        "Parameters": parameters,
    }


def _is_wgs84(head: Head) -> bool:
    """Tell whether a head names the system of satellites, or its flattening, and none of China's."""
    words = head.get("Spheroid").lower()
    if any(name in words for name in _NAMES):
        return False
    return bool(re.search(r"wgs[\s_-]*(19)?84", words)) or _WGS84_FLATTENING in words


def _datum(head: Head) -> Datum | None:
    """Tell the datum by the name of its spheroid, or by the axis, in the spheroid or (old model) the parameters."""
    words = head.get("Spheroid").lower()
    named = [datum for name, datum in _NAMES.items() if name in words]
    if named:
        return named[0]
    numbers = [float(number) for number in _NUMBER.findall(f"{words} {head.get('Parameters')}")]
    return next((datum for datum in _DATUMS if datum.semi_major_m in numbers), None)


def _by_parameters(head: Head, datum: Datum, first_east: float | None) -> System | None:
    """Tell the zone by central meridian, false easting, and width and number where they are given."""
    numbers = [_number(part) for part in head.get("Parameters").split(head.separator)]
    said = [number for number in numbers if number is not None]
    meridian = next((number for number in said if 73 <= number <= 136), None)
    meridian = meridian if head.is_new else _number(head.get("Meridian", "Meridinan"))
    if meridian is None:
        return None
    eastings = [number for number in said if number > 136 and number % 1_000_000 == 500_000]
    has_prefix = eastings[0] > 500_000 if eastings else first_east is not None and first_east > 10_000_000
    prefix = int(eastings[0] // 1_000_000) if eastings else int((first_east or 0) // 1_000_000)
    last = [int(number) for number in numbers[-2:] if number is not None]
    widths = [(last[0], last[1])] if head.is_new and len(last) == 2 and len(numbers) > 5 else []
    for width, zone in [*widths, (3, round(meridian / 3)), (6, round((meridian + 3) / 6))]:
        fits = zone in _ZONES.get(width, ()) and System(datum, width, zone).meridian == meridian
        if fits and (not has_prefix or prefix == zone):
            return System(datum, width, zone, has_prefix)
    return None


def _by_prefix(datum: Datum, first_east: float | None) -> System | None:
    """Tell the zone by the digits before the six of an easting."""
    zone = int((first_east or 0) // 1_000_000)
    width = next((width for width, zones in _ZONES.items() if zone in zones), None)
    return None if width is None else System(datum, width, zone)


def _number(text: str) -> float | None:
    """Read a number."""
    found = _NUMBER.fullmatch(text.strip())
    return float(found[0]) if found else None
