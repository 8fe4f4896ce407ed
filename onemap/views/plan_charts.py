"""Pictures of the plan: where it builds, what it costs by part and year, and what more money would reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure
from numpy.typing import NDArray

from onemap.messages import entry
from onemap.views.charts import overview_picture
from onemap.views.drawing import SETTINGS, flat, lines_of, shapes_of, svg_address
from onemap.views.escaping import plain
from onemap.views.map_data import lonlat
from onemap.views.plan_gaps import gaps_with_plan
from onemap.views.relief import Relief
from onemap.views.style import GAP, PLAN, SERVED

__all__ = ["COST_PARTS", "cost_picture", "curve_picture", "plan_map"]

COST_PARTS = {  # part of the cost → colour, from the site to the road that leads to it
    "cost_site": "#3d5a80",
    "cost_radio": "#e0b800",
    "cost_connection": "#7fa8c4",
    "cost_power": "#b35806",
    "cost_access": "#9a9a9a",
}
_INK = "#22272d"
_SOFT = "#69717b"
_MARKS = {"existing tower": "o", "structure": "s", "room": "s", "planned": "D", "new site": "D", "satellite": "v"}
_SHARED = ("existing tower", "structure", "room")


def plan_map(
    layers: Mapping[str, gpd.GeoDataFrame],
    results: Mapping[str, gpd.GeoDataFrame],
    relief: Relief | None,
    *,
    simulated: bool = False,
    lang: str = "zh",
) -> str:
    """Draw the plan over quiet ground: sites with their number, connections, places it serves, places still without.

    Parameters
    ----------
    layers, results
        Layers by name, any CRS; any may be missing or empty.
    relief
        The ground; None for none.
    simulated
        Whether the corner says that the data are simulated.
    lang
        Language of the few words in it.

    Returns
    -------
    picture
        Data address of an SVG picture in Web Mercator; empty where nothing has a place.

    Examples
    --------
    >>> plan_map({}, {}, None)
    ''
    """

    def over(axes: Any) -> None:
        _gaps(axes, results)
        _connections(axes, results.get("plan_connections"))
        _sites(axes, results.get("plan_sites"))

    quiet = {name: layer for name, layer in layers.items() if name in {"districts", "roads"}} or layers
    return overview_picture(quiet, {}, relief, technology="", simulated=simulated, lang=lang, over=over)


def _gaps(axes: Any, results: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Draw what lacks service today: calm where the plan serves all of it, loud where something is left."""
    gaps = gaps_with_plan({name: lonlat(layer) for name, layer in results.items()})
    for stretch, parts in _stretches(gaps.get("gap_stretches")):
        for line in lines_of(stretch):
            axes.plot(*flat(line).T, color=GAP, linewidth=1.6, zorder=4)
        for part in parts:
            axes.plot(*flat(shapely.get_coordinates(part)).T, color=SERVED, linewidth=1.9, zorder=5)
    places, left = _places(gaps.get("gap_points"))
    for mask, color, size, order in ((~left, SERVED, 13, 6), (left, GAP, 17, 7)):
        if mask.any():
            axes.scatter(*places[mask].T, s=size, c=color, edgecolors="white", linewidths=0.5, zorder=order)


def _places(gaps: gpd.GeoDataFrame | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give each place without service once, and whether the plan leaves it so in any technology."""
    if gaps is None or gaps.empty or "plan_zh" not in gaps:
        return np.empty((0, 2)), np.empty(0, dtype=bool)
    rows = gaps[gaps["operator"].eq("any").fillna(value=False).to_numpy(dtype=bool)]
    rows = rows[~(rows.geometry.isna() | rows.geometry.is_empty)]
    left = rows["plan_zh"].isna().groupby([rows["target_layer"], rows["target_id"]]).transform("any")
    once = ~rows.duplicated(["target_layer", "target_id"]).to_numpy(dtype=bool)
    places = flat(shapely.get_coordinates(shapely.centroid(rows.geometry.to_numpy())))
    return places[once], left.to_numpy(dtype=bool)[once]


def _stretches(stretches: gpd.GeoDataFrame | None) -> list[tuple[shapely.Geometry, Sequence[shapely.LineString]]]:
    """Give the stretches of road without service for any operator, with the pieces that the plan serves."""
    if stretches is None or stretches.empty or "plan_lines" not in stretches:
        return []
    rows = stretches[stretches["operator"].eq("any").fillna(value=False).to_numpy(dtype=bool)]
    pairs = zip(rows.geometry, rows["plan_lines"], strict=True)
    return [(shape, parts) for shape, parts in pairs if shape is not None and not shape.is_empty]


def _connections(axes: Any, connections: gpd.GeoDataFrame | None) -> None:
    """Draw fibre as lines and microwave as dashes."""
    if connections is None or connections.empty:
        return
    ways = connections[~(connections.geometry.isna() | connections.geometry.is_empty)]["way"].astype(str)
    for way, shape in zip(ways, shapes_of(connections), strict=True):
        if shapely.get_dimensions(shape) != 1:
            continue
        dash = (0, (4, 2)) if way == "microwave" else "-"
        for line in lines_of(shape):
            axes.plot(*flat(line).T, color=_INK, linewidth=3.4, linestyle=dash, zorder=9)
            axes.plot(*flat(line).T, color=PLAN, linewidth=1.9, linestyle=dash, zorder=9.1)


def _sites(axes: Any, sites: gpd.GeoDataFrame | None) -> None:
    """Draw the sites by kind, with their number in the order of building."""
    if sites is None or sites.empty:
        return
    places = flat(shapely.get_coordinates(lonlat(sites).geometry.to_numpy()))
    for (east, north), kind, number in zip(places, sites["kind"].astype(str), sites["build_order"], strict=True):
        mark = _MARKS.get(kind, "o")
        size = 175 if mark == "D" else 190
        axes.scatter(east, north, s=size, c=PLAN, marker=mark, edgecolors=_INK, linewidths=1.2, zorder=10)
        if not pd.isna(number):
            style = {"ha": "center", "va": "center_baseline", "fontsize": 8, "fontweight": "bold", "color": _INK}
            axes.text(east, north, f"{int(number)}", zorder=11, **style)


def cost_picture(sites: gpd.GeoDataFrame, *, money: str, lang: str = "zh") -> str:
    """Draw the cost of each year, by part.

    Parameters
    ----------
    sites
        Result layer `plan_sites`.
    money
        Unit of the costs.
    lang
        Language of the labels.

    Returns
    -------
    picture
        Data address of an SVG picture.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame({"year": [2026], "cost_site": [4.0]}, geometry=gpd.points_from_xy([75.1], [39.6]))
    >>> cost_picture(sites, money="万元")[:26]
    'data:image/svg+xml;base64,'
    """
    parts = [part for part in COST_PARTS if part in sites]
    year = pd.to_numeric(sites["year"], errors="coerce") if "year" in sites else pd.Series(np.nan, sites.index)
    later = entry("report_plan_later")[lang]
    label = [later if pd.isna(value) else f"{int(value)}" for value in year]
    sums = pd.DataFrame(sites[parts]).astype("float64").fillna(0.0).groupby(np.array(label, dtype=object)).sum()
    sums = sums.loc[sorted(sums.index, key=lambda name: (name == later, name))]
    with mpl.rc_context(SETTINGS):
        height = 0.55 + 0.42 * len(sums)
        figure = Figure(figsize=(8.2, height))
        axes = figure.add_axes((0.11, 0.32 / height, 0.75, 1 - 0.38 / height))
        most = float(sums.sum(axis=1).max()) or 1.0
        for place, (name, row) in enumerate(sums.iterrows()):
            _cost_bar(axes, place, str(name), row, most=most, money=money)
        axes.set(xlim=(0, most), ylim=(len(sums) - 0.4, -0.6))
        _quiet(axes)
        axes.set_yticks([])
        axes.tick_params(axis="x", length=0, labelsize=8.5, labelcolor=_SOFT)
        axes.grid(axis="x", color="#e3e5e7", linewidth=0.7)
        return svg_address(figure)


def _cost_bar(axes: Any, place: int, label: str, row: pd.Series, *, most: float, money: str) -> None:
    """Draw the cost of one year with its parts."""
    left = 0.0
    for part, value in row.items():
        axes.barh(place, value, left=left, height=0.64, color=COST_PARTS[str(part)], linewidth=0)
        if value >= 0.06 * most:
            ink = _INK if part in {"cost_radio", "cost_connection", "cost_access"} else "white"
            axes.text(left + value / 2, place, f"{value:,.0f}", ha="center", va="center", fontsize=8.5, color=ink)
        left += value
    axes.text(-0.015 * most, place, plain(label), ha="right", va="center", fontsize=9.5, color=_INK)
    total = plain(f"{left:,.1f} {money}")
    axes.text(left + 0.012 * most, place, total, ha="left", va="center", fontsize=9.5, color=_INK, fontweight="bold")


def curve_picture(
    curve: gpd.GeoDataFrame, *, cost: float, share: float, target: float | None, money: str, lang: str = "zh"
) -> str:
    """Draw the share served against money, with the plan marked on it.

    Parameters
    ----------
    curve
        Result layer `plan_budget_curve`; shares 0-1.
    cost, share
        What the plan costs and reaches.
    target
        The share that was asked for, None where a budget was.
    money
        Unit of the costs.
    lang
        Language of the labels.

    Returns
    -------
    picture
        Data address of an SVG picture.

    Examples
    --------
    >>> curve = gpd.GeoDataFrame({"budget": [0.0, 9.0], "share": [0.5, 0.9], "nested_share": [0.5, 0.8]},
    ...     geometry=gpd.points_from_xy([75.1] * 2, [39.6] * 2))
    >>> curve_picture(curve, cost=8.0, share=0.9, target=0.9, money="万元")[:26]
    'data:image/svg+xml;base64,'
    """
    rows = curve.sort_values("budget", kind="stable")
    budget = rows["budget"].to_numpy(dtype=float)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(8.2, 3.4))
        axes = figure.add_axes((0.085, 0.15, 0.89, 0.8))
        if target is not None:
            axes.axhline(100 * target, color="#b4b8bd", linewidth=1, linestyle=(0, (2, 2)), zorder=1)
        nested = 100 * rows["nested_share"].to_numpy(dtype=float)
        axes.plot(budget, nested, color=_SOFT, linewidth=1.4, linestyle=(0, (4, 2)), zorder=2)
        axes.plot(budget, 100 * rows["share"].to_numpy(dtype=float), color="#0072b2", linewidth=2.2, marker="o",
                  markersize=4.5, zorder=3)  # fmt: skip
        axes.scatter([cost], [100 * share], s=150, c=PLAN, edgecolors=_INK, linewidths=1.4, zorder=5)
        words = f"{entry('report_plan_this')[lang]}: {100 * share:.1f} %, {cost:,.1f} {money}"
        span = float(budget.max()) or 1.0
        axes.text(cost + 0.018 * span, 100 * share - 0.7, plain(words), va="top", fontsize=10, color=_INK,
                  fontweight="bold", zorder=6)  # fmt: skip
        _quiet(axes)
        axes.set_xlim(0, 1.02 * span)
        axes.set_xlabel(plain(f"{entry('report_plan_money')[lang]} ({money})"), fontsize=9, color=_SOFT)
        axes.set_ylabel(f"{entry('report_plan_share')[lang]} (%)", fontsize=9, color=_SOFT)
        axes.tick_params(length=0, labelsize=8.5, labelcolor=_SOFT)
        axes.xaxis.set_major_formatter(lambda value, _place: f"{value:,.0f}")
        axes.grid(color="#e3e5e7", linewidth=0.7)
        return svg_address(figure)


def _quiet(axes: Any) -> None:
    """Leave out the frame."""
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)
