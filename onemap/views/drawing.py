"""What pictures share: degrees made flat, geometries as coordinates, a figure as SVG, the same on every machine."""

from __future__ import annotations

import base64
import io
import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from onemap.views.map_data import lonlat

__all__ = ["SETTINGS", "flat", "lines_of", "shapes_of", "svg_address"]

_FONTS = "'Noto Sans CJK SC','Microsoft YaHei','PingFang SC','Hiragino Sans GB','WenQuanYi Micro Hei',sans-serif"
_OWN_FONT = "DejaVu Sans"  # comes with matplotlib: the layout is the same on every machine
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "onemap",
    "text.parse_math": False,
    "font.family": [_OWN_FONT],
    "font.size": 10,
    "axes.unicode_minus": False,
}
"""Settings of matplotlib under which pictures are drawn."""


def shapes_of(layer: gpd.GeoDataFrame | None) -> list[shapely.Geometry]:
    """Give the geometries of a layer in degrees, without the empty ones.

    Parameters
    ----------
    layer
        Any layer, any CRS; None for none.

    Examples
    --------
    >>> shapes_of(None)
    []
    """
    if layer is None or layer.empty:
        return []
    return [shape for shape in lonlat(layer).geometry if shape is not None and not shape.is_empty]


def lines_of(shape: shapely.Geometry) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """Give the coordinates of each part of a line.

    Parameters
    ----------
    shape
        A line of one or several parts, any unit.

    Examples
    --------
    >>> [part.tolist() for part in lines_of(shapely.LineString([(75, 39), (76, 39)]))]
    [[[75.0, 39.0], [76.0, 39.0]]]
    """
    return [shapely.get_coordinates(part) for part in getattr(shape, "geoms", [shape])]


def flat(lonlat_deg: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give degrees as degrees of Web Mercator: longitude stays, latitude is stretched.

    Parameters
    ----------
    lonlat_deg
        Longitude and latitude in degrees, shape (n, 2).

    Examples
    --------
    >>> flat(np.array([[75.0, 60.0]])).round(2).tolist()
    [[75.0, 75.46]]
    """
    lat = np.degrees(np.arctanh(np.sin(np.radians(lonlat_deg[:, 1]))))
    return np.column_stack([lonlat_deg[:, 0], lat])


def svg_address(figure: Figure) -> str:
    """Give a figure as the data address of an SVG picture, the same on every machine and day.

    Parameters
    ----------
    figure
        A figure made under `SETTINGS`.

    Examples
    --------
    >>> svg_address(Figure())[:26]
    'data:image/svg+xml;base64,'
    """
    FigureCanvasSVG(figure)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    content = stream.getvalue().decode("utf-8").replace(f"'{_OWN_FONT}'", _FONTS)
    return "data:image/svg+xml;base64," + base64.b64encode(content.encode()).decode("ascii")
