"""Sites that two owners report under similar names: perhaps one tower, counted twice."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz

from onemap.layers.nearest import pairs_within
from onemap.layers.whole_layer import WholeLayer, whole_of

__all__ = ["RepeatedSite", "name_stem", "repeated_sites"]

FARTHEST_M = 50.0
"""Sites farther from each other than this are two, in metres: the error of a handheld receiver, twice."""
LEAST_LIKENESS = 85.0
"""Names less alike than this, of 100, are two."""

_OWNERS = re.compile(r"中国|移动|联通|电信|铁塔|广电|公司|集团|\bcmcc\b|\bcucc\b|\bctcc\b")
_KINDS = re.compile(r"(?:基站|站址|站点|机房|铁塔|通信塔|信号塔|站|塔)+$")
_MARKS = re.compile(r"[\s\-_—·.,，、()（）\[\]【】#]+")


_PAIRS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class RepeatedSite:
    """Two rows that may be one site.

    Attributes
    ----------
    row, first
        Positions of the later and of the earlier row.
    distance_m
        Geodesic distance between them, in metres.
    """

    row: int
    first: int
    distance_m: float


def repeated_sites(sites: gpd.GeoDataFrame | WholeLayer) -> list[RepeatedSite]:
    """Find sites of different owners that lie close to each other under similar names.

    Parameters
    ----------
    sites
        Points in degrees with `name` and `owner`; rows without either are passed over.

    Returns
    -------
    repeated
        One entry a later row, with the nearest earlier one, in the order of the rows.

    Examples
    --------
    >>> import shapely
    >>> sites = gpd.GeoDataFrame(
    ...     {"name": ["桃亭镇东基站", "桃亭镇东站（移动）", "梨湾基站"], "owner": ["中国铁塔", "中国移动", "中国移动"]},
    ...     geometry=shapely.points([[75.2, 39.6], [75.2001, 39.6001], [75.2, 39.6]]), crs="EPSG:4490",
    ... )
    >>> [(one.row, one.first, round(one.distance_m)) for one in repeated_sites(sites)]
    [(1, 0, 14)]
    """
    whole = whole_of(sites)
    if not {"name", "owner"} <= set(whole.columns) or not whole.crs.is_geographic or len(whole) < 2:
        return []
    owner = whole["owner"]
    if owner.nunique() < 2:
        return []
    names, owners = whole["name"], pd.factorize(owner)[0]
    lon, lat = whole.coordinates()
    rows = np.flatnonzero(names.notna().to_numpy(dtype=bool) & (owners >= 0) & ~np.isnan(lon))
    one, two, distance_m = pairs_within(lon[rows], lat[rows], distance_m=FARTHEST_M)
    differ = owners[rows[one]] != owners[rows[two]]
    found = _alike(names, rows[one[differ]], rows[two[differ]], distance_m[differ])
    nearest: dict[int, RepeatedSite] = {}
    for pair in sorted(found, key=lambda pair: pair.distance_m):
        nearest.setdefault(pair.row, pair)
    return [nearest[row] for row in sorted(nearest)]


def name_stem(name: str) -> str:
    """Give the name of a site without the words for its owner and its kind.

    Examples
    --------
    >>> name_stem("桃亭镇东-移动基站"), name_stem("移动基站")
    ('桃亭镇东', '')
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _KINDS.sub("", _MARKS.sub("", _OWNERS.sub("", plain)))


def _alike(
    names: pd.Series, one: NDArray[np.int64], two: NDArray[np.int64], distance_m: NDArray[np.float64]
) -> list[RepeatedSite]:
    """Keep the pairs whose names are alike; texts are taken for some pairs at a time."""
    found = []
    for start in range(0, len(one), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        listed = zip(one[some].tolist(), two[some].tolist(), distance_m[some].tolist(), strict=True)
        stems = [[name_stem(str(name)) for name in names.array.take(rows[some])] for rows in (one, two)]
        for (first, row, apart), here, there in zip(listed, *stems, strict=True):
            if min(len(here), len(there)) >= 2 and fuzz.ratio(here, there) >= LEAST_LIKENESS:
                found.append(RepeatedSite(max(first, row), min(first, row), apart))
    return found
