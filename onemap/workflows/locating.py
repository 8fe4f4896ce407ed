"""Say in which coordinate system a layer is: declared, likely, or to be asked for; and what is wrong about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from onemap.errors import CRSError
from onemap.findings import Finding
from onemap.layers.crs_area import to_lonlat
from onemap.layers.crs_detection import CRSGuess, likely_crs
from onemap.layers.crs_names import crs_label, is_local_system, is_offset_system, parse_crs
from onemap.layers.provinces import Province, province_named
from onemap.messages import text
from onemap.sources import Reader, describe_raster
from onemap.workflows.looking import Look

__all__ = ["Located", "expected_province", "locate", "raster_facts"]

_SURE, _LEAD = 0.6, 0.12
_HINTED_SCORE = 0.95
_CODE_FIELDS = ("district_code", "code", "village_id", "settlement_id", "township_id", "school_id", "(village_id)")
_PLACE_FIELDS = ("(province)", "(city)", "(county_name)", "(address)")
_HINTS: Mapping[str, re.Pattern[str]] = {
    "BD-09": re.compile(r"百度|bd-?_?09|baidu", re.IGNORECASE),
    "GCJ-02": re.compile(r"高德|腾讯|火星|国测局|gcj-?_?02|amap|tencent|mars", re.IGNORECASE),
    "EPSG:4326": re.compile(r"wgs[-_ ]?(?:19)?84|gps|天地图", re.IGNORECASE),
    "EPSG:4490": re.compile(r"cgcs|2000|国家大地", re.IGNORECASE),
    "EPSG:4610": re.compile(r"西安|xi'?an[-_ ]?(?:19)?80|80坐标", re.IGNORECASE),
    "EPSG:4214": re.compile(r"北京|beijing[-_ ]?(?:19)?54|54坐标", re.IGNORECASE),
}
_DEGREES_SAID = re.compile(r"经度|纬度|维度|东经|北纬|longitude|latitude", re.IGNORECASE)
_MERIDIAN = re.compile(r"(?:cm|中央经线|中央子午线)\D{0,2}(\d{2,3})|(?<!\d)(\d{2,3})\s?°?e(?![a-z])", re.IGNORECASE)
_DATUM_ONLY = ("EPSG:4490", "EPSG:4610", "EPSG:4214")


@dataclass(frozen=True, slots=True)
class Located:
    """The coordinate system of a layer.

    Attributes
    ----------
    declared
        What the file declares, None if nothing.
    guesses
        Systems that the coordinates may be in, the likeliest first.
    is_doubtful
        True where the likeliest is not far ahead, so that a person must say.
    hinted
        Header or name that names the system, empty if none.
    findings
        What is wrong about the system or the order of the axes.
    """

    declared: str | None
    guesses: tuple[CRSGuess, ...] = ()
    is_doubtful: bool = False
    hinted: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def likely(self) -> str | None:
        """The likeliest system; the declared one where the coordinates fit it or say nothing."""
        if not self.guesses:
            return self.declared
        best = self.guesses[0]
        return self.declared if best.reason == "crs_guess_declared" else best.crs

    @property
    def contradicts(self) -> bool:
        """Whether the coordinates fit another system than the declared one."""
        return bool(self.declared and self.guesses) and self.guesses[0].reason != "crs_guess_declared"

    def reason(self, lang: str = "zh") -> str:
        """Say why that system, in a language; empty where nothing is known."""
        if not self.guesses:
            return ""
        said = self.guesses[0].why(lang)
        return f"{text('crs_hinted', lang, name=self.hinted)}{said}" if self.hinted else said


def locate(look: Look, *, expected: BaseGeometry | None = None) -> Located:
    """Say in which system a layer is.

    Parameters
    ----------
    look
        What is seen of the layer.
    expected
        Where it ought to lie, in degrees; where the layer itself names a province, its box if not given.

    Returns
    -------
    located
        System, candidates and findings; without guesses where the layer has no places.
    """
    declared = look.source.crs
    if not len(look.points):
        return Located(declared, findings=tuple(_undeclared(look)))
    place = expected
    province = expected_province(look)
    if place is None and province is not None:
        place = shapely.box(*province.bounds)
    hint, hinted = ("", "") if declared else _hint(look)
    east, north = look.points.T
    said = declared or (hint if hint in _DATUM_ONLY and np.median(np.abs(look.points)) > 1000 else None)
    guesses = [
        guess
        for guess in likely_crs(east, north, said, expected=place)
        if declared or guess.reason != "crs_guess_declared"
    ]
    guesses = _with_hint(guesses, hint) if hint and said is None else guesses
    guesses, named = (guesses, "") if declared else _with_meridian(guesses, look.names)
    hinted = named or hinted
    ways = _distinct(guesses)
    doubtful = bool(ways) and (ways[0].score < _SURE or (len(ways) > 1 and ways[0].score - ways[1].score < _LEAD))
    located = Located(declared, tuple(guesses), doubtful, hinted if guesses else "")
    return replace(located, findings=tuple(_findings(look, located, place, province)))


def expected_province(look: Look) -> Province | None:
    """Give the province that codes, place names or the names of a file speak of; None if they do not.

    Parameters
    ----------
    look
        What is seen of the layer.
    """
    matches = look.proposal.matches if look.proposal is not None else ()
    for fields in (_CODE_FIELDS, _PLACE_FIELDS):
        texts = [value for match in matches if match.field in fields for value in look.seen[match.column].texts]
        codes = [value[:6] if value.isdigit() and len(value) > 6 else value for value in texts]
        if found := province_named(codes):
            return found
    return province_named(look.names)


def raster_facts(file: Path, reader: Reader) -> dict[str, Any] | None:
    """Say what a raster is, by the names of what is said of layers; None of a file that is none.

    Parameters
    ----------
    file
        The file.
    reader
        Worker that looks at it.

    Raises
    ------
    ReadError, RefusedError
        If it cannot be read, or is hostile.
    """
    if reader.driver_of(file) != "GTiff":
        return None
    info = describe_raster(file, reader=reader)
    return {
        "driver": info.driver,
        "located": Located(info.crs),
        "bounds": info.bounds,
        "findings": info.findings,
        "totals": tuple((finding.rule, 1) for finding in info.findings),
    }


def _hint(look: Look) -> tuple[str, str]:
    """Find the system that headers of coordinates, or else names, speak of."""
    best = look.proposal.coordinates if look.proposal is not None else None
    named = [*((best.across, best.up) if best is not None else ()), *reversed(look.names)]
    for name in named:
        for system, pattern in _HINTS.items():
            if pattern.search(name):
                return system, name
    return "", ""


def _with_hint(guesses: Sequence[CRSGuess], hint: str) -> list[CRSGuess]:
    """Put the system first that a header names, if the coordinates may be in it."""
    named = [replace(guess, score=_HINTED_SCORE) for guess in guesses if guess.crs == hint and not guess.swapped][:1]
    return [*named, *(guess for guess in guesses if guess.crs != hint or guess.swapped)]


def _with_meridian(guesses: Sequence[CRSGuess], names: Sequence[str]) -> tuple[list[CRSGuess], str]:
    """Put the 3-degree zone first whose central meridian a name tells ("CM117"), if the coordinates may be in it."""
    for name in reversed(names):
        found = _MERIDIAN.search(name)
        meridian = "" if found is None else (found[1] or found[2]).lstrip("0")
        for guess in guesses:
            if meridian and guess.values.get("meridian") == meridian and guess.values.get("width") == "3":
                return [replace(guess, score=_HINTED_SCORE), *(one for one in guesses if one is not guess)], name
    return list(guesses), ""


def _distinct(guesses: Sequence[CRSGuess]) -> list[CRSGuess]:
    """Leave out systems that put the points where the best one does, or nearly: other datums of the same degrees."""
    if not guesses:
        return []
    first = guesses[0]
    is_degrees = first.reason.startswith("crs_guess_degrees")
    return [first, *(one for one in guesses[1:] if not (is_degrees and one.reason.startswith("crs_guess_degrees")))]


def _findings(look: Look, located: Located, place: BaseGeometry | None, province: Province | None) -> Iterator[Finding]:
    """Say what is wrong about the system."""
    yield from _undeclared(look)
    yield from _order_of_axes(look)
    best = located.guesses[0] if located.guesses else None
    if best is None:
        box = ", ".join(f"{value:.8g}" for value in look.bounds or ())
        yield _finding(look, "OM-CRS-056", bounds=box)
        return
    rest = {
        guess.crs: guess.score for guess in reversed(located.guesses) if guess.crs != best.crs and not guess.swapped
    }
    others = ", ".join(f"{crs} ({score:.2f})" for crs, score in [*reversed(rest.items())][:3]) or "-"
    if located.declared is None:
        rule = "OM-CRS-052" if located.is_doubtful else "OM-CRS-051"
        yield _reasoned(look, rule, located, crs=best.crs, others=others)
    elif located.contradicts:
        yield _reasoned(look, "OM-CRS-050", located, said=_label(located.declared), crs=best.crs, others=others)
    elif place is not None and best.placed is False:
        where = _middle(located.declared, look)
        name = province.en if province is not None else "-"
        yield _finding(look, "OM-CRS-057", said=_label(located.declared), where=where, place=name, others=others)
    if best.scale != 1.0:
        yield _finding(look, "OM-CRS-055", scale=f"{best.scale:g}")


def _undeclared(look: Look) -> Iterator[Finding]:
    """Say that a file of geometries declares no system."""
    if look.has_geometry and not look.source.crs:
        yield _finding(look, "OM-CRS-001", layer=look.source.path.name)


def _order_of_axes(look: Look) -> Iterator[Finding]:
    """Say what the columns of coordinates are, where the headers do not."""
    known = look.proposal.coordinates if look.proposal is not None and not look.has_geometry else None
    if known is None:
        return
    if known.is_against_headers:
        yield _finding(look, "OM-CRS-053", (known.across, known.up), across=known.across, up=known.up)
    elif known.how == "guess_axes_by_value" and not known.angular:
        yield _finding(look, "OM-CRS-058", (known.across, known.up), across=known.across, up=known.up)
    names = look.seen.keys() & {known.across, known.up}
    if not known.angular and any(_DEGREES_SAID.search(name) for name in names):
        yield _finding(look, "OM-CRS-059", (known.across, known.up), across=known.across, up=known.up)
    if known.angular and min(look.seen[name].angle_share for name in (known.across, known.up)) > 0.5:
        value = look.seen[known.across].texts[0]
        yield _finding(look, "OM-CRS-054", (known.across, known.up), across=known.across, up=known.up, value=value)


def _middle(crs: str, look: Look) -> str:
    """Give the middle of a layer in degrees, as its declared system puts it."""
    try:
        middle = np.median(look.points, axis=0)
        lon, lat = to_lonlat(crs, [middle[0]], [middle[1]])
    except CRSError:
        return "-"
    return f"{lon[0]:.3f}, {lat[0]:.3f}"


def _label(crs: str) -> str:
    """Name a system briefly, whatever it is."""
    try:
        return crs if is_offset_system(crs) or is_local_system(crs) else crs_label(parse_crs(crs))
    except CRSError:
        return crs[:60]


def _finding(look: Look, rule: str, columns: tuple[str, ...] = (), /, **values: object) -> Finding:
    """Name a fault of a layer."""
    layer = look.proposal.layer if look.proposal is not None else ""
    file = look.source.path.name
    return Finding(rule, layer=layer, file=file, values=values, sheet=look.source.layer, columns=columns)


def _reasoned(look: Look, rule: str, located: Located, **values: object) -> Finding:
    """Name a fault with the reason in both languages."""
    return _finding(look, rule, (), reason_zh=located.reason("zh"), reason_en=located.reason("en"), **values)
