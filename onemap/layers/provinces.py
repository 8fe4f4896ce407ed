"""Where the provinces of China lie, roughly: enough to tell a likely central meridian from an unlikely one."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["Province", "province_named", "province_of_code", "provinces"]

_CODE = re.compile(r"^([1-8]\d)\d{4}(?:\d{3}|\d{6})?$")


@dataclass(frozen=True, slots=True)
class Province:
    """A province and the box that holds it.

    Attributes
    ----------
    code
        First two digits of the codes of its districts.
    zh, short_zh, en
        Full Chinese name, short one, English name.
    bounds
        West, south, east, north in whole degrees, rounded outwards; no boundary.
    """

    code: str
    zh: str
    short_zh: str
    en: str
    bounds: tuple[float, float, float, float]

    @property
    def box(self) -> BaseGeometry:
        """The box as a polygon."""
        return shapely.box(*self.bounds)


@cache
def provinces() -> tuple[Province, ...]:
    """Read the table of provinces, in order of code.

    Examples
    --------
    >>> len(provinces()), provinces()[0].zh
    (34, '北京市')
    """
    text = (files("onemap.layers") / "provinces.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Province(
            row["code"],
            row["zh"],
            row["short_zh"],
            row["en"],
            (float(row["west"]), float(row["south"]), float(row["east"]), float(row["north"])),
        )
        for row in rows
    )


def province_of_code(code: str) -> Province | None:
    """Give the province of a district code of 6, 9 or 12 digits; None where it is none.

    Examples
    --------
    >>> province_of_code("653130").en, province_of_code("12345"), province_of_code("990000")
    ('Xinjiang', None, None)
    """
    found = _CODE.match(code.strip())
    return None if found is None else next((one for one in provinces() if one.code == found[1]), None)


def province_named(texts: Iterable[str]) -> Province | None:
    """Give the province that district codes or names in texts speak of.

    Parameters
    ----------
    texts
        Cells of a table, names of files: "653130", "新疆喀什地区巴楚县", "Xinjiang towers.csv".

    Returns
    -------
    province
        The one that more than half of the texts that speak of any agree on; else None.

    Examples
    --------
    >>> province_named(["650102", "650103", "-"]).short_zh, province_named(["云南省站址.csv"]).en
    ('新疆', 'Yunnan')
    """
    counts: Counter[Province] = Counter()
    for text in texts:
        found = province_of_code(text) or _by_name(text)
        if found is not None:
            counts[found] += 1
    if not counts:
        return None
    best, count = counts.most_common(1)[0]
    return best if 2 * count > counts.total() else None


def _by_name(text: str) -> Province | None:
    """Give the one province whose name stands first in a text."""
    low = text.lower()
    places = [
        (low.find(name), -len(name), one.code, one)
        for one in provinces()
        for name in (one.short_zh, one.en.lower())
        if name in low
    ]
    return min(places)[3] if places else None
