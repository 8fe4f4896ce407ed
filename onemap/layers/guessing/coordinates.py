"""Which columns hold coordinates: degrees or metres, and which of two is east, decided by the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onemap.layers.angles import parse_angle
from onemap.layers.guessing.meanings import AXES, meanings
from onemap.layers.guessing.profiles import Profile

__all__ = ["CoordinateGuess", "guess_coordinates"]

_CHINA_LON = (70.0, 140.0)
_CHINA_LAT = (0.0, 58.0)
_NORTHING_M = (300_000.0, 6_200_000.0)
_EASTING_M = (100_000.0, 1_000_000.0)
_ZONED_EASTING_M = (12_000_000.0, 47_000_000.0)
_WEB_EASTING_M = (7_800_000.0, 15_600_000.0)
_NAMED = ("lon", "lat")
_MIN_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class CoordinateGuess:
    """The two columns of coordinates.

    Attributes
    ----------
    across, up
        Columns of longitude or easting, and of latitude or northing.
    angular
        Whether they are degrees; metres if not.
    score
        How sure the guess is, 0–1.
    how
        Id of the text that says why.
    is_against_headers
        True where the headers say the contrary of the values.
    """

    across: str
    up: str
    angular: bool
    score: float
    how: str
    is_against_headers: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """Keys of a source → columns."""
        keys = ("lon", "lat") if self.angular else ("easting", "northing")
        return dict(zip(keys, (self.across, self.up), strict=True))


def guess_coordinates(columns: Sequence[str], seen: Mapping[str, Profile]) -> CoordinateGuess | None:
    """Find the two columns of coordinates.

    Surveyors write X for north and Y for east, programs the contrary, so X and Y are told by their values.

    Parameters
    ----------
    columns
        Headers.
    seen
        Values by column; headers alone decide where there are none.

    Returns
    -------
    guess
        None if no two columns are coordinates.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.layers.guessing.profiles import profiles_of
    >>> frame = pd.DataFrame({"X坐标": [4373012.1, 4373100.0], "Y坐标": [516012.2, 516100.0]})
    >>> guess = guess_coordinates(list(frame.columns), profiles_of(frame))
    >>> guess.fields
    {'easting': 'Y坐标', 'northing': 'X坐标'}
    """
    scores = {column: _axes(column) for column in columns}
    likely = {column: axes for column, axes in scores.items() if axes}
    pairs = [
        pair
        for one in likely
        for other in likely
        if one != other and (pair := _pair(one, other, likely, seen)) is not None
    ]
    if not pairs:
        return None
    return max(pairs, key=lambda pair: pair.score)


def _axes(column: str) -> dict[str, float]:
    """Give the axes that a header may name."""
    found = {field: meaning.score for (_, field), meaning in meanings(column).items() if field in AXES}
    return {axis: score for axis, score in found.items() if score >= _MIN_SCORE}


def _pair(
    across: str, up: str, likely: Mapping[str, Mapping[str, float]], seen: Mapping[str, Profile]
) -> CoordinateGuess | None:
    """Judge two columns as east and north."""
    kind = _kind(seen.get(across, Profile()), seen.get(up, Profile()))
    first, second = likely[across], likely[up]
    straight = _said(first, second)
    crossed = _said(second, first)
    if not max(straight, crossed):
        return None
    if kind is None:
        return _odd(across, up, straight, seen) if "lon" in first and "lat" in second else None
    by_header = straight >= crossed
    likeness = 0.02 * _same_words(across, up)
    if kind == "unknown":
        angular = max(first.get("lon", 0.0), second.get("lat", 0.0)) >= max(
            first.get("x_axis", 0.0), first.get("easting", 0.0)
        )
        score = straight * (1.0 if by_header else 0.4) + likeness
        return CoordinateGuess(across, up, angular, round(score * 0.8, 3), "guess_axes_by_header")
    named = "lon" in second and "lat" in first and straight < crossed
    how = "guess_axes_by_header" if by_header and "lon" in first and "lat" in second else "guess_axes_by_value"
    score = max(straight, 0.9 * crossed) + likeness
    return CoordinateGuess(across, up, kind == "degrees", round(min(1.0, score), 3), how, named)


def _odd(across: str, up: str, score: float, seen: Mapping[str, Profile]) -> CoordinateGuess | None:
    """Take columns at their headers' word whose numbers are no degrees here: microdegrees, or wrong ones."""
    likely = min(seen.get(name, Profile()).numeric_share for name in (across, up)) > 0.5
    return (
        CoordinateGuess(across, up, angular=True, score=round(score * 0.6, 3), how="guess_axes_odd") if likely else None
    )


def _said(across: Mapping[str, float], up: Mapping[str, float]) -> float:
    """Say how well headers name these two as east and north."""
    pairs = (("lon", "lat"), ("easting", "northing"), ("x_axis", "y_axis"))
    return max(min(across.get(east, 0.0), up.get(north, 0.0)) for east, north in pairs)


def _kind(across: Profile, up: Profile) -> str | None:
    """Tell degrees from metres; None where the values cannot be these two axes."""
    if not across.filled or not up.filled:
        return "unknown"
    if _degrees(across, _CHINA_LON) > 0.5 and _degrees(up, _CHINA_LAT) > 0.5:
        return "degrees"
    is_north = up.share_within(*_NORTHING_M) > 0.5
    eastings = (_EASTING_M, _ZONED_EASTING_M, _WEB_EASTING_M)
    if is_north and any(across.share_within(*limits) > 0.5 for limits in eastings):
        return "metres"
    if _degrees(across, (-180.0, 180.0)) > 0.5 and _degrees(up, (-90.0, 90.0)) > 0.5:
        swapped = _degrees(across, _CHINA_LAT) > 0.5 and _degrees(up, _CHINA_LON) > 0.5
        return None if swapped else "degrees"
    return None


def _degrees(seen: Profile, limits: tuple[float, float]) -> float:
    """Give the share of values that are degrees within limits, however written."""
    if seen.numeric_share > 0.5:
        return seen.share_within(*limits)
    read = [angle[0] for text in seen.texts if (angle := parse_angle(text)) is not None]
    return sum(limits[0] <= value <= limits[1] for value in read) / max(1, len(seen.texts))


def _same_words(one: str, other: str) -> float:
    """Say how much two headers have in common, so that pairs stay together."""
    shared = sum(a == b for a, b in zip(one[::-1], other[::-1], strict=False))
    shared += sum(a == b for a, b in zip(one, other, strict=False))
    return shared / max(len(one), len(other), 1)
