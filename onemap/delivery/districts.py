"""Districts: the codes of 6, 9 and 12 digits, and which district a feature lies in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.errors import LayerError
from onemap.layers.crs import to_crs

__all__ = ["code_level", "districts_of_level", "locate", "pad_code"]

_LEVELS = (6, 9, 12)


def code_level(code: str) -> int:
    """Tell the level of a district's code: 6 county, 9 town, 12 village; trailing zeros are padding.

    Examples
    --------
    >>> code_level("659900"), code_level("659900101000"), code_level("659900101201")
    (6, 9, 12)
    """
    stripped = code.strip()
    for level in _LEVELS:
        if len(stripped) >= level and not stripped[level:].strip("0"):
            return level
    return len(stripped)


def pad_code(code: str, digits: int) -> str:
    """Give a district's code with a number of digits: padded with zeros as the official 12-digit form is, or cut.

    Examples
    --------
    >>> pad_code("659900101", 12), pad_code("659900101000", 9)
    ('659900101000', '659900101')
    """
    return code.strip().ljust(digits, "0")[:digits]


def districts_of_level(districts: gpd.GeoDataFrame, digits: int) -> gpd.GeoDataFrame:
    """Choose districts of one level, the finest that codes of some digits can tell apart.

    A delivery with codes of mixed levels is turned down, so that one level serves for all features.

    Parameters
    ----------
    districts
        Canonical layer `districts` (code, name), any CRS.
    digits
        Digits of the codes to deliver: 6, 9 or 12.

    Returns
    -------
    chosen
        The districts of that level in order of code, `code` with as many digits as wanted.

    Raises
    ------
    LayerError
        If no district has a code of at most so many digits.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"code": ["659900101"], "name": ["甲镇"]}, geometry=[shapely.box(75, 39, 76, 40)])
    >>> districts_of_level(towns, 12)["code"].tolist()
    ['659900101000']
    """
    present = districts.geometry.notna() & ~districts.geometry.is_empty & districts["code"].notna()
    known = districts[present.to_numpy(dtype=bool)]
    levels = known["code"].astype(str).map(code_level)
    fitting = levels[levels <= digits]
    if fitting.empty:
        raise LayerError("districts_no_level", digits=digits, found=", ".join(map(str, sorted(set(levels)))) or "-")
    chosen = known[(levels == fitting.max()).to_numpy(dtype=bool)]
    codes = chosen["code"].astype(str).map(lambda code: pad_code(code, digits))
    return chosen.assign(code=codes).sort_values("code", kind="stable").reset_index(drop=True)


def locate(layer: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Find the district that each feature lies in, by its representative point.

    Parameters
    ----------
    layer
        Features with a CRS.
    districts
        Districts with a CRS; they are brought to that of the layer.

    Returns
    -------
    positions
        Position of the district, shape (rows,); -1 where there is none. On a shared boundary the first one counts.

    Raises
    ------
    CRSError
        If one has no CRS, or they cannot be brought together.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame(geometry=[shapely.box(75, 39, 76, 40)], crs=4490)
    >>> locate(gpd.GeoDataFrame(geometry=gpd.points_from_xy([75.5, 80], [39.5, 39.5]), crs=4490), towns).tolist()
    [0, -1]
    """
    areas = np.asarray(to_crs(districts, layer.crs).geometry.array, dtype=object)
    geometry = np.asarray(layer.geometry.array, dtype=object)
    points = shapely.point_on_surface(geometry)
    rows, found = shapely.STRtree(areas).query(points, predicate="intersects")
    first = pd.Series(found).groupby(rows).min()
    positions = np.full(len(layer), -1, dtype=np.int64)
    positions[first.index.to_numpy(dtype=np.int64)] = first.to_numpy(dtype=np.int64)
    return positions
