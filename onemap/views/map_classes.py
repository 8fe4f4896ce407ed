"""Classes of the map: rows of one switch coloured by a share, a state or a distance, and named in the legend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.messages import catalogue as texts
from onemap.messages import entry
from onemap.views.escaping import plain

__all__ = ["Classes", "classes_of"]

_UNKNOWN = "#c9ccd0"
_BOUNDS = (0.0, 0.5, 0.8, 0.95, 1.0)
# From loud to calm, as gaps and supply are: warm where much lacks, blue where nothing does.
_SHARES = ("#d7301f", "#f48a52", "#fdd0a2", "#c3d8e6", "#7fa8c4")
_VALUES = {
    "met": "#7fa8c4",
    "undecided": "#f9a66c",
    "not met": "#d7301f",
    "no figure": "#dcdee1",
    "no data": "#c9ccd0",
    "shared": "#0072b2",
    "not shared": "#4d4d4d",
    "passed": "#0072b2",
    "failed": "#d7301f",
    "not measured": "#f9a66c",
    "not drawn": "#b4b8bd",
    "gained": "#0072b2",
    "lost": "#d7301f",
    "two routes": "#009e73",
    "one route": "#b35806",
    "not connected": "#8a8a8a",
    "not sought": "#c9ccd0",
    "new": "#8a63d2",
    "gone": "#8a8a8a",
}
# Shares of which neither end is good or bad: ColorBrewer "Purples", away from gaps and from operators.
_PLAIN = ("#efedf5", "#cbc9e2", "#9e9ac8", "#756bb1", "#54278f")
_PLAIN_FIELDS = ("known_share",)
_SILENT = frozenset({"no figure", "no data", ""})
# ColorBrewer "YlGnBu" without its palest, which the ground swallows.
_FAR = ("#a1dab4", "#41b6c4", "#2c7fb8", "#253494", "#0b1d51")


@dataclass(frozen=True, slots=True)
class Classes:
    """How the rows of a switch are told apart.

    Attributes
    ----------
    legend
        For each class that is met: its name in Chinese and English, and its colour.
    number
        Class of each row, as its position in the legend.
    """

    legend: tuple[tuple[str, str, str], ...]
    number: tuple[int, ...]


def classes_of(layer: gpd.GeoDataFrame, fields: Sequence[str]) -> Classes:
    """Put the rows of a layer in classes.

    Parameters
    ----------
    layer
        The rows.
    fields
        Fields that say how: shares 0-1, of which the first filled one counts; or a field of words, or of classes of
        distance such as 500-2000 (metres). Where the words say no more than that there is no figure, the next field
        counts. A layer without them is one class of which nothing is known.

    Returns
    -------
    classes
        In order from low to high, or as the words stand here; what is not known comes last.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame({"covered_share": [1.0, 0.3, None]}, geometry=gpd.points_from_xy([1, 2, 3], [1, 2, 3]))
    >>> classes_of(frame, ("covered_share",)).number
    (1, 0, 2)
    """
    there = [name for name in fields if name in layer]
    if len(there) > 1 and not there[0].endswith("_share") and _SILENT.issuperset(layer[there[0]].fillna("")):
        there = there[1:]
    unknown = (*_both("map_class_unknown"), _UNKNOWN)
    if not there:
        return Classes((unknown,), (0,) * len(layer))
    if there[0].endswith("_share"):
        colors = _PLAIN if there[0] in _PLAIN_FIELDS else _SHARES
        return _used(_of_shares(layer, there), [*_share_names(colors), unknown])
    words = layer[there[0]].astype("string").fillna("")
    known = _distances(words) if there[0] == "distance_class" else _named(words)
    order = {value: place for place, value in enumerate(known)}
    return _used(words.map(order).fillna(len(known)).to_numpy(dtype=np.int64), [*known.values(), unknown])


def _of_shares(layer: gpd.GeoDataFrame, fields: Sequence[str]) -> np.ndarray:
    """Give the class of each row by the first share that is filled."""
    shares = pd.Series(np.nan, index=layer.index)
    for name in fields:
        shares = shares.fillna(pd.to_numeric(layer[name], errors="coerce").astype("float64"))
    found = np.searchsorted(_BOUNDS, shares.to_numpy() + 1e-9, side="right") - 1
    return np.where(shares.isna(), len(_SHARES), np.clip(found, 0, len(_SHARES) - 1))


def _share_names(colors: Sequence[str]) -> list[tuple[str, str, str]]:
    """Name the classes of shares."""
    spans = [f"{low:.0%}–{high:.0%}" for low, high in pairwise(_BOUNDS)]
    return [(name, name, color) for name, color in zip([*spans, "100%"], colors, strict=True)]


def _named(words: pd.Series) -> dict[str, tuple[str, str, str]]:
    """Name the words that have a colour, then others met."""
    met = set(words) - {""}
    values = [*(value for value in _VALUES if value in met), *sorted(met - set(_VALUES))]
    return {value: (*_word(value), _VALUES.get(value, _UNKNOWN)) for value in values}


def _distances(words: pd.Series) -> dict[str, tuple[str, str, str]]:
    """Name the classes of distance, the nearest first; the last colour stands for all that are farther."""
    values = sorted(set(words) - {""}, key=_first_number)
    colors = [_FAR[min(place, len(_FAR) - 1)] for place in range(len(values))]
    return {
        value: (f"{plain(value)} m", f"{plain(value)} m", color) for value, color in zip(values, colors, strict=True)
    }


def _first_number(value: str) -> tuple[float, str]:
    """Give the first number in a text, to put classes in order; one that is beyond it comes after."""
    found = re.search(r"\d+(?:\.\d+)?", value)
    return (float(found.group()) + 0.5 * value.startswith(">") if found else float("inf"), value)


def _used(number: np.ndarray, names: Sequence[tuple[str, str, str]]) -> Classes:
    """Leave out the classes that no row is in."""
    met = np.unique(number)
    return Classes(tuple(names[int(place)] for place in met), tuple(np.searchsorted(met, number).tolist()))


def _word(value: str) -> tuple[str, str]:
    """Give the words for a canonical value; itself where there are none."""
    known = texts().get(f"word {value}", {"zh": plain(value), "en": plain(value)})
    return known["zh"], known["en"]


def _both(text_id: str) -> tuple[str, str]:
    """Give a text in both languages."""
    return entry(text_id)["zh"], entry(text_id)["en"]
