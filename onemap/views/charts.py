"""Pictures of the report as SVG: shares as bars, and one map. Text stays text: no font is needed to make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.figure import Figure

from onemap.messages import text
from onemap.views.drawing import SETTINGS, flat, lines_of, shapes_of, svg_address
from onemap.views.escaping import plain
from onemap.views.figures import Share
from onemap.views.map_data import lonlat, words
from onemap.views.relief import Relief
from onemap.views.style import DEPENDS, GAP, operator_color, other_operators

__all__ = ["degrees_bounds", "overview_picture", "share_bars"]

_COVERED = "#8fb7cf"


def share_bars(shares: Sequence[Share], *, lang: str = "zh", by: str = "target") -> str:
    """Draw one bar a row: covered, depends and uncovered as shares of the whole.

    Parameters
    ----------
    shares
        What to draw, from top to bottom.
    lang
        Language of the labels.
    by
        Field of a share that labels its bar before the technology: "target" or "operator".

    Returns
    -------
    picture
        Data address of an SVG picture.

    Examples
    --------
    >>> share_bars([Share("schools", "4G", "any", 30, 2, 8)])[:26]
    'data:image/svg+xml;base64,'
    """
    with mpl.rc_context(SETTINGS):
        height = 0.5 + 0.34 * len(shares)
        figure = Figure(figsize=(8.2, height))
        axes = figure.add_axes((0.25, 0.3 / height, 0.6, 1 - 0.36 / height))
        for place, share in enumerate(shares):
            _bar(axes, place, share, _row_label(share, by, lang))
        axes.set(xlim=(0, 100), ylim=(len(shares) - 0.4, -0.6))
        axes.set_yticks([])
        axes.set_xticks(range(0, 101, 20), [f"{tick} %" for tick in range(0, 101, 20)], color="#69717b", fontsize=8.5)
        axes.tick_params(length=0)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.grid(axis="x", color="#e3e5e7", linewidth=0.7)
        axes.set_axisbelow(True)
        return svg_address(figure)


def _bar(axes: Any, place: int, share: Share, label: str) -> None:
    """Draw one bar with its label on the left and its numbers on the right."""
    total = share.total or 1.0
    left = 0.0
    parts = ((share.covered, _COVERED, "#173a52"), (share.depends, DEPENDS, "#5a2f08"), (share.uncovered, GAP, "white"))
    for value, color, ink in parts:
        width = 100 * value / total
        axes.barh(place, width, left=left, height=0.66, color=color, linewidth=0)
        if width >= 7:
            axes.text(left + width / 2, place, f"{width:.0f}", ha="center", va="center", fontsize=8.5, color=ink)
        left += width
    axes.text(-2, place, plain(label), ha="right", va="center", fontsize=9.5, color="#22272d")
    kilometres = share.target == "roads"
    numbers = (
        f"{share.uncovered:,.1f} / {share.total:,.1f} km"
        if kilometres
        else f"{share.uncovered:.0f} / {share.total:.0f}"
    )
    axes.text(102, place, numbers, ha="left", va="center", fontsize=9, color=GAP if share.uncovered else "#69717b")


def _row_label(share: Share, by: str, lang: str) -> str:
    """Name a bar."""
    value = getattr(share, by)
    pair = words([value]).get(value, (value, value))
    return f"{pair[0 if lang == 'zh' else 1]} · {share.technology}"


def overview_picture(
    layers: Mapping[str, gpd.GeoDataFrame],
    results: Mapping[str, gpd.GeoDataFrame],
    relief: Relief | None,
    *,
    technology: str,
    simulated: bool = False,
    lang: str = "zh",
    over: Callable[[Any], None] | None = None,
) -> str:
    """Draw the county: grey ground, thin roads, towers by owner, gaps of one technology for any operator.

    Parameters
    ----------
    layers, results
        Layers by name, any CRS; any may be missing or empty.
    relief
        The ground; None for none.
    technology
        Technology whose gaps are shown.
    simulated
        Whether the corner says that the data are simulated.
    lang
        Language of the few words in it.
    over
        Draws more on the axes, in degrees of Web Mercator (`drawing.flat`); None for no more.

    Returns
    -------
    picture
        Data address of an SVG picture in Web Mercator with a scale bar; empty where nothing has a place.

    Examples
    --------
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=gpd.points_from_xy([75.1], [39.6]), crs=4490)
    >>> overview_picture({"towers": towers}, {}, None, technology="4G").startswith("data:image/svg+xml")
    True
    """
    bounds = _bounds(layers, results)
    if bounds is None:
        return ""
    with mpl.rc_context(SETTINGS):
        ratio = (bounds[3] - bounds[1]) / (bounds[2] - bounds[0])
        figure = Figure(figsize=(8.2, min(9.5, max(3.0, 8.2 * ratio))))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        figure.patch.set_facecolor("#e9e9e7")
        _ground(axes, layers, relief)
        _supply(axes, layers)
        _gaps(axes, results, technology)
        if over is not None:
            over(axes)
        axes.set(xlim=(bounds[0], bounds[2]), ylim=(bounds[1], bounds[3]))
        axes.set_aspect("equal", adjustable="box")
        _scale_bar(axes, bounds, lang)
        if simulated:
            _simulated(axes, lang)
        return svg_address(figure)


def _ground(axes: Any, layers: Mapping[str, gpd.GeoDataFrame], relief: Relief | None) -> None:
    """Draw relief, districts and roads."""
    if relief is not None:
        corners = flat(np.array([[relief.west, relief.south], [relief.east, relief.north]]))
        grey = np.where(relief.known, relief.shade, 233).astype(np.uint8)
        extent = (corners[0, 0], corners[1, 0], corners[0, 1], corners[1, 1])
        axes.imshow(grey, extent=extent, cmap="gray", vmin=0, vmax=255, interpolation="bilinear", zorder=0)
    for district in shapes_of(layers.get("districts")):
        for ring in lines_of(district.boundary):
            axes.plot(*flat(ring).T, color="#a186b3", linewidth=1.0, zorder=1)
    for road in shapes_of(layers.get("roads")):
        for line in lines_of(road):
            axes.plot(*flat(line).T, color="#8d8a84", linewidth=0.9, zorder=2)


def _supply(axes: Any, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Draw towers, small."""
    towers = layers.get("towers")
    if towers is None or towers.empty:
        return
    shown = lonlat(towers)
    shown = shown[~(shown.geometry.isna() | shown.geometry.is_empty)]
    owners = shown["owner"].astype("string").fillna("") if "owner" in shown else ["" for _ in range(len(shown))]
    others = other_operators(owners)
    colors = [operator_color(owner, others) for owner in owners]
    places = flat(shapely.get_coordinates(shapely.centroid(shown.geometry.to_numpy())))
    axes.scatter(*places.T, s=11, c=colors, edgecolors="white", linewidths=0.35, zorder=3)


def _gaps(axes: Any, results: Mapping[str, gpd.GeoDataFrame], technology: str) -> None:
    """Draw gaps, loud; what depends lies below what is uncovered."""
    for verdict, color, order in (("depends", DEPENDS, 4), ("uncovered", GAP, 6)):
        for stretch in shapes_of(_chosen(results.get("gap_stretches"), technology, verdict)):
            for line in lines_of(stretch):
                axes.plot(*flat(line).T, color=color, linewidth=3, solid_capstyle="round", zorder=order)
        for name, size in (("gap_points", 34), ("village_verdicts", 90)):
            points = [
                shape.representative_point() for shape in shapes_of(_chosen(results.get(name), technology, verdict))
            ]
            if points:
                places = flat(shapely.get_coordinates(points))
                axes.scatter(*places.T, s=size, c=color, edgecolors="white", linewidths=0.9, zorder=order + 1)


def _chosen(frame: gpd.GeoDataFrame | None, technology: str, verdict: str) -> gpd.GeoDataFrame | None:
    """Keep the gaps of a technology for any operator."""
    if frame is None or frame.empty:
        return None
    wanted = frame["technology"].eq(technology) & frame["operator"].eq("any") & frame["verdict"].eq(verdict)
    return frame[wanted.fillna(value=False)]


def degrees_bounds(layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[float, float, float, float] | None:
    """Give west, south, east, north of the districts in degrees, or of all layers where there are no districts.

    Parameters
    ----------
    layers
        Layers by name, any CRS.

    Returns
    -------
    bounds
        None where nothing has a place.

    Examples
    --------
    >>> degrees_bounds({}) is None
    True
    """
    shapes = shapes_of(layers.get("districts")) or [shape for layer in layers.values() for shape in shapes_of(layer)]
    if not shapes:
        return None
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(shapes))
    return west, south, east, north


def _bounds(
    layers: Mapping[str, gpd.GeoDataFrame], results: Mapping[str, gpd.GeoDataFrame]
) -> tuple[float, float, float, float] | None:
    """Give the window in degrees of Web Mercator, with a rim."""
    box = degrees_bounds(layers) or degrees_bounds(results)
    if box is None:
        return None
    west, south, east, north = flat(np.array(box).reshape(2, 2)).ravel()
    rim = max(0.03 * max(east - west, north - south), 1e-3)
    return west - rim, south - rim, east + rim, north + rim


def _scale_bar(axes: Any, bounds: tuple[float, float, float, float], lang: str) -> None:
    """Draw a bar of a round length, true in the middle of the picture."""
    middle = np.arcsin(np.tanh(np.radians((bounds[1] + bounds[3]) / 2)))
    km_per_degree = 111.195 * np.cos(middle)  # sphere of 6 371 km
    wanted_km = (bounds[2] - bounds[0]) * km_per_degree / 5
    length_km = max(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if step <= max(wanted_km, 0.1))
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    left, low = bounds[0] + 0.04 * width, bounds[1] + 0.035 * height
    axes.plot([left, left + length_km / km_per_degree], [low, low], color="#22272d", linewidth=2.4, zorder=9)
    axes.text(left, low + 0.012 * height, f"{length_km:g} km", fontsize=9, color="#22272d", zorder=9)
    axes.text(
        bounds[2] - 0.03 * width, low, text("report_north", lang), ha="right", fontsize=10, color="#22272d", zorder=9
    )


def _simulated(axes: Any, lang: str) -> None:
    """Say in the corner that the data are simulated."""
    frame = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "#a3261a", "linewidth": 1.3}
    axes.text(
        0.895,
        0.975,
        text("view_simulated", lang),
        transform=axes.transAxes,
        ha="center",
        va="top",
        fontsize=11,
        fontweight="bold",
        color="#a3261a",
        bbox=frame,
        zorder=9,
    )
