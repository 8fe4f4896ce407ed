"""Which coordinate system coordinates probably are in, with a score and a reason for each.

Bare numbers do not say their system, but they leave few: degrees and metres differ in size, an easting may carry the
number of its zone, northings of China exceed its eastings. What stays open (the meridian of an easting without zone
number, the datum, a web map's offset) is listed, and ranked by the place where the data ought to lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Proj
from shapely.geometry.base import BaseGeometry

from onemap.errors import CRSError
from onemap.layers.crs_area import DATUM_KEYS, chinese_zones, in_area_of_use, to_lonlat
from onemap.layers.crs_names import crs_label, datum_key, is_local_system, is_offset_system, parse_crs
from onemap.messages import text

__all__ = ["CRSGuess", "likely_crs"]

Floats = NDArray[np.float64]

_CHINA = (73.0, 3.0, 136.0, 54.0)
_CHINA_NORTHING_M = (300_000.0, 6_100_000.0)
_HALF_WIDTH_M = {"GK 3deg": 170_000.0, "GK 6deg": 340_000.0}
_FARTHEST_M = 340_000.0
_ASTRIDE = 0.8  # what is left of a score where the points lie beyond their zone, as of a county astride two zones
_MOST_POINTS = 500
_MOST_GUESSES = 40  # all zones of CGCS2000 that an easting without zone number may be of, and some more
_ELSEWHERE = 0.3  # what is left of a score where the points would not lie in the place expected
_LIKE_DEGREES = {"EPSG:4490": 0.9, "EPSG:4326": 0.6, "GCJ-02": 0.45, "BD-09": 0.4, "EPSG:4610": 0.3, "EPSG:4214": 0.3}
_OF_DATUM = {"cgcs2000": 1.0, "xian 1980": 0.6, "beijing 1954": 0.6}
_MERCATOR_M = 6378137.0


@dataclass(frozen=True, slots=True)
class CRSGuess:
    """A system that coordinates may be in.

    Attributes
    ----------
    crs
        "EPSG:n", "GCJ-02", "BD-09", or the declared system as it was given.
    score
        From 0 to 1; 1 is certain.
    reason
        Id of the text that says why.
    values
        What its placeholders stand for.
    swapped
        Whether the first coordinate is the northing (or latitude).
    scale
        What the numbers must be multiplied by to be degrees or metres: 1e-6 for microdegrees, 1000 for kilometres.
    placed
        Whether most points then lie in the place expected; None where no place was given.
    """

    crs: str
    score: float
    reason: str
    values: Mapping[str, object] = field(default_factory=dict)
    swapped: bool = False
    scale: float = 1.0
    placed: bool | None = None

    def why(self, lang: str) -> str:
        """Give the whole reason in a language, "zh" or "en"."""
        parts = [text(self.reason, lang, **self.values)]
        if self.swapped:
            parts.append(text("crs_guess_swapped", lang))
        if self.scale != 1.0:
            parts.append(text("crs_guess_scaled", lang, scale=f"{self.scale:g}"))
        if self.placed is not None:
            parts.append(text("crs_guess_placed" if self.placed else "crs_guess_displaced", lang))
        return {"zh": "；", "en": "; "}[lang].join(parts)


def likely_crs(
    easting: ArrayLike, northing: ArrayLike, declared: Any = None, *, expected: BaseGeometry | None = None
) -> list[CRSGuess]:
    """Rank the systems that coordinates may be in.

    Parameters
    ----------
    easting, northing
        First and second coordinate as the file has them, shape (n,); values that are not finite are passed over.
    declared
        System that the file declares; None if it does not.
    expected
        Where the data ought to lie, in degrees: a county, a province's box, the extent of another layer.

    Returns
    -------
    guesses
        The likeliest first, at most forty; empty where nothing fits.

    Examples
    --------
    >>> [(guess.crs, guess.swapped) for guess in likely_crs([4_374_000.0], [40_500_000.0])][:1]
    [('EPSG:4528', True)]
    >>> guesses = likely_crs([500_000.0], [4_374_000.0], expected=shapely.box(116, 39, 118, 40))
    >>> guesses[0].crs, guesses[0].why("en")[:34]
    ('EPSG:4548', 'metres without zone number: centra')
    """
    first, second = _sample(easting, northing)
    if not len(first):
        return []
    found = [*_declared(first, second, declared)]
    for swapped, (east, north) in ((False, (first, second)), (True, (second, first))):
        for scale, crs, score, reason, values, place in _readings(east, north):
            guess = CRSGuess(crs, score, reason, values, swapped, scale)
            found.append((guess, place))
    preferred = _datum(declared)
    ranked = [_weighed(guess, place, expected, preferred) for guess, place in found]
    best: dict[tuple[str, bool, float], CRSGuess] = {}
    for guess in sorted(ranked, key=lambda one: -one.score):
        best.setdefault((guess.crs, guess.swapped, guess.scale), guess)
    return list(best.values())[:_MOST_GUESSES]


_Place = tuple[Floats, Floats]
_Reading = tuple[float, str, float, str, Mapping[str, object], _Place]


def _sample(easting: ArrayLike, northing: ArrayLike) -> _Place:
    """Take up to some hundred finite points, evenly."""
    first, second = np.asarray(easting, dtype=np.float64), np.asarray(northing, dtype=np.float64)
    finite = np.flatnonzero(np.isfinite(first) & np.isfinite(second) & ~((first == 0.0) & (second == 0.0)))
    rows = finite[:: max(1, len(finite) // _MOST_POINTS)]
    return first[rows], second[rows]


def _declared(first: Floats, second: Floats, declared: Any) -> Iterator[tuple[CRSGuess, _Place]]:
    """Take the declared system at its word, in either order of the axes, where the points fit it."""
    if declared is None:
        return
    try:
        name = str(declared) if is_offset_system(declared) else crs_label(parse_crs(declared))
        if is_local_system(declared):
            yield CRSGuess(name, 0.9, "crs_guess_declared", {"crs": name}), (first, second)
            return
        code = name if name.startswith(("EPSG:", "GCJ", "BD")) else str(declared)
        for swapped, (east, north) in ((False, (first, second)), (True, (second, first))):
            share = float(np.mean(in_area_of_use(declared, east, north)))
            if share > 0.5:
                score = (0.9 if swapped else 0.98) * share
                guess = CRSGuess(code, score, "crs_guess_declared", {"crs": name}, swapped)
                yield guess, to_lonlat(declared, east, north)
    except CRSError:  # a system that cannot be read, or has no datum, speaks for nothing
        return


def _readings(east: Floats, north: Floats) -> Iterator[_Reading]:
    """List what two coordinates may be, in this order: degrees, metres with and without zone number, of web maps."""
    yield from _degrees(east, north)
    for scale in (1.0, 1000.0):
        easting, northing = east * scale, north * scale
        low, high = _CHINA_NORTHING_M
        if low <= float(np.median(northing)) <= high:
            yield from _zones(easting, northing, scale)
            yield from _utm(easting, northing, scale)
    yield from _mercator(east, north)


def _degrees(east: Floats, north: Floats) -> Iterator[_Reading]:
    """Read degrees, and whole numbers that are degrees times a power of ten."""
    whole = bool(np.all(east == np.rint(east)) and np.all(north == np.rint(north)))
    for scale in (1.0, 1e-5, 1e-6, 1e-7) if whole else (1.0,):
        lon, lat = east * scale, north * scale
        if _share_in(_CHINA, lon, lat) > 0.5:
            for crs, score in _LIKE_DEGREES.items():
                reason = "crs_guess_degrees" if crs == "EPSG:4490" else "crs_guess_degrees_too"
                yield scale, crs, score * _share_in(_CHINA, lon, lat), reason, {"crs": crs}, (lon, lat)
        elif scale == 1.0 and _share_in((-180, -90, 180, 90), lon, lat) > 0.5:
            yield scale, "EPSG:4326", 0.5, "crs_guess_degrees_abroad", {}, (lon, lat)


def _zones(easting: Floats, northing: Floats, scale: float) -> Iterator[_Reading]:
    """Read Gauss-Krüger metres of every Chinese zone whose easting fits."""
    middle_m = float(np.median(easting))
    for row in chinese_zones():
        if not row["false_easting"]:
            continue
        origin_m, meridian = float(row["false_easting"]), float(row["central_meridian"])
        away_m = abs(middle_m - origin_m)
        if away_m > _FARTHEST_M:
            continue
        width = {"GK 3deg": "3", "GK 6deg": "6"}[row["kind"]]
        numbered = origin_m > 1_000_000
        score = (0.9 if numbered else 0.5) * (1.0 if width == "3" else 0.85) * _OF_DATUM[DATUM_KEYS[row["datum"]]]
        score *= 1.0 if away_m <= _HALF_WIDTH_M[row["kind"]] else (_ASTRIDE if numbered else _ASTRIDE**2)
        off, lat = _geographic(easting - origin_m, northing)
        values = {"width": width, "zone": row["zone"] or "-", "meridian": f"{meridian:g}", "name": row["name"]}
        reason = "crs_guess_zone" if numbered else "crs_guess_meridian"
        yield scale, f"EPSG:{row['epsg']}", score, reason, values, (off + meridian, lat)


def _utm(easting: Floats, northing: Floats, scale: float) -> Iterator[_Reading]:
    """Read metres of the UTM zones of China."""
    if abs(float(np.median(easting)) - 500_000.0) > _HALF_WIDTH_M["GK 6deg"]:
        return
    off, lat = _geographic((easting - 500_000.0) / 0.9996, northing / 0.9996)
    for zone in range(43, 54):
        values = {"zone": zone}
        yield scale, f"EPSG:326{zone}", 0.35, "crs_guess_utm", values, (off + zone * 6.0 - 183.0, lat)


def _mercator(east: Floats, north: Floats) -> Iterator[_Reading]:
    """Read metres of web maps."""
    if float(np.median(np.abs(east))) < 1_000_000.0:
        return
    lon = np.degrees(east / _MERCATOR_M)
    lat = np.degrees(2.0 * np.arctan(np.exp(np.clip(north / _MERCATOR_M, -20, 20))) - np.pi / 2.0)
    if _share_in(_CHINA, lon, lat) > 0.5:
        yield 1.0, "EPSG:3857", 0.6, "crs_guess_mercator", {}, (lon, lat)


def _weighed(guess: CRSGuess, place: _Place, expected: BaseGeometry | None, datum: str) -> CRSGuess:
    """Weigh a guess by the place expected, and by the datum that the file declares."""
    score = guess.score
    if datum and guess.reason in {"crs_guess_zone", "crs_guess_meridian"}:
        own = datum_key(parse_crs(guess.crs))
        score *= (1.0 if own == datum else 0.6) / _OF_DATUM[own]
    if expected is None:
        return replace(guess, score=round(score, 3))
    shapely.prepare(expected)
    placed = bool(np.mean(shapely.intersects_xy(expected, *place)) > 0.5)
    if placed and guess.reason == "crs_guess_meridian":
        score = min(1.0, score * 1.7)
    return replace(guess, score=round(score if placed else score * _ELSEWHERE, 3), placed=placed)


def _datum(declared: Any) -> str:
    """Give the Chinese datum that a file declares, empty where it declares none of them."""
    if declared is None or is_offset_system(declared):
        return ""
    try:
        key = datum_key(parse_crs(declared))
    except CRSError:
        return ""
    return key if key in _OF_DATUM else ""


def _share_in(box: Sequence[float], lon: Floats, lat: Floats) -> float:
    """Give the share of the points in a box."""
    west, south, east, north = box
    return float(np.mean((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)))


def _geographic(across_m: Floats, northing: Floats) -> _Place:
    """Give the longitude from the central meridian, and the latitude, of Gauss-Krüger metres from that meridian."""
    off, lat = _gauss_krueger()(across_m, northing, inverse=True)
    return np.asarray(off, dtype=np.float64), np.asarray(lat, dtype=np.float64)


@cache
def _gauss_krueger() -> Proj:
    """Give the projection of a zone with its meridian at 0; the ellipsoids differ by less than matters here."""
    return Proj(proj="tmerc", lon_0=0, lat_0=0, k=1, x_0=0, y_0=0, ellps="GRS80")
