"""Routes counted once: where cables lie together, which of them, and how long the trench is.

Each cable is cut where the company it keeps changes. A section belongs to the first cable, in the order of ids, of
those that lie there; on the others it is not counted again. So the kilometres of all sections that are counted are the
length of the trenches and pole lines (沟公里), where those of all cables are the length of their sheaths (皮长公里).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, result_layer
from onemap.analyses.coverage.settings import ANY_OPERATOR
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.doubled_back import doubled_within
from onemap.analyses.routes.shared import LaidCables

__all__ = ["Sections", "route_lengths", "route_sections", "sections_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sections:
    """Pieces of cables along each of which the same cables lie side by side.

    Attributes
    ----------
    cable, from_m, to_m
        The piece, shape (n,): position of its cable, distances along it in metres.
    first
        The companions of section i are those from first[i] to first[i + 1], shape (n + 1,).
    other, other_m
        Positions of the companions, and where on them the middle of the section is, in metres.
    again
        Whether an earlier part of the same cable lies there, shape (n,).
    """

    cable: Integers
    from_m: Floats
    to_m: Floats
    first: Integers
    other: Integers
    other_m: Floats
    again: NDArray[np.bool_]

    def counted(self, group: NDArray[np.int64] | None = None) -> NDArray[np.bool_]:
        """Tell which sections are counted: no cable that comes before lies there, nor an earlier part of its own.

        Within groups, if these are given.
        """
        section = np.repeat(np.arange(len(self.cable)), np.diff(self.first))
        earlier = self.other < self.cable[section]
        if group is not None:
            earlier &= group[self.other] == group[self.cable[section]]
        counted = ~self.again
        counted[section[earlier]] = False
        return counted


def sections_of(laid: LaidCables, *, settings: RouteSettings | None = None) -> Sections:
    """Cut cables where the company they keep changes.

    Parameters
    ----------
    laid
        Cables of `lay_cables`.
    settings
        What they were laid with: changes nearer to each other than a step are one.

    Returns
    -------
    sections
        Ordered by cable, then along it; together they are all cables.

    Examples
    --------
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> cables = gpd.GeoDataFrame({"cable_id": ["A", "B"]}, crs="EPSG:4490", geometry=[
    ...     shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75.05, 39.0001), (75.2, 39.0001)])])
    >>> found = sections_of(lay_cables(cables))
    >>> found.cable, np.diff(found.first), found.counted()
    (array([0, 0, 1, 1]), array([0, 1, 1, 0]), array([ True,  True, False,  True]))
    """
    settings = settings or RouteSettings()
    cable, edge_m = _edges(laid, settings.step_m)
    within = cable[1:] == cable[:-1]
    cable, from_m, to_m = cable[:-1][within], edge_m[:-1][within], edge_m[1:][within]
    section, stretch = _covered(laid, cable, (from_m + to_m) / 2.0)
    found = laid.stretches
    middle_m = (from_m + to_m)[section] / 2.0
    share = (middle_m - found.from_m[stretch]) / (found.to_m - found.from_m)[stretch]
    other_m = found.other_from_m[stretch] + share * (found.other_to_m - found.other_from_m)[stretch]
    order = np.lexsort((found.other[stretch], section))
    first = np.searchsorted(section[order], np.arange(len(cable) + 1)).astype(np.int64)
    again = doubled_within(laid.doubled, cable, from_m, to_m) > (to_m - from_m) / 2.0
    return Sections(cable, from_m, to_m, first, found.other[stretch][order], other_m[order], again)


def route_sections(laid: LaidCables, sections: Sections) -> gpd.GeoDataFrame:
    """List the sections of routes, each once with all its cables.

    Parameters
    ----------
    laid
        Cables of `lay_cables`.
    sections
        Of `sections_of`.

    Returns
    -------
    route_sections
        Result layer `route_sections`, ordered by the cable that each is drawn along, then along it.

    Examples
    --------
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> cables = gpd.GeoDataFrame({"cable_id": ["A", "B"]}, crs="EPSG:4490", geometry=[
    ...     shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75.05, 39.0001), (75.2, 39.0001)])])
    >>> laid = lay_cables(cables)
    >>> route_sections(laid, sections_of(laid))[["cable_ids", "length_km"]].round(2).values.tolist()
    [['A', 4.33], ['A;B', 4.34], ['B', 8.66]]
    """
    kept = np.flatnonzero(sections.counted())
    cable_id = ids(laid.cables, "cables").fillna("").to_numpy(dtype=object)
    operator = column(laid.cables, "operator").fillna("").to_numpy(dtype=object)
    companies = [
        [sections.cable[one], *np.unique(sections.other[sections.first[one] : sections.first[one + 1]])] for one in kept
    ]
    values: dict[str, object] = {
        "cable_ids": [";".join(cable_id[company]) for company in companies],
        "operators": [";".join(sorted(set(operator[company]) - {""})) for company in companies],
        "cables": [len(company) for company in companies],
        "length_km": (sections.to_m - sections.from_m)[kept] / 1000.0,
    }
    shapes = laid.lines.pieces(sections.cable[kept], sections.from_m[kept], sections.to_m[kept])
    return result_layer("route_sections", values, shapes, laid.cables.crs)


def route_lengths(laid: LaidCables, sections: Sections) -> gpd.GeoDataFrame:
    """Sum routes and sheaths by operator and over all.

    Parameters
    ----------
    laid
        Cables of `lay_cables`.
    sections
        Of `sections_of`.

    Returns
    -------
    route_lengths
        Result layer `route_lengths`: a row for each operator, in order of name, and one for all, "any", at a point
        amid the cables. Sheath kilometres are those given, or as drawn where none are; route kilometres are counted
        once within the row; those shared lie beside a cable of another operator.

    Examples
    --------
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> cables = gpd.GeoDataFrame({"cable_id": ["A", "B"], "operator": ["甲", "乙"]}, crs="EPSG:4490", geometry=[
    ...     shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75.05, 39.0001), (75.2, 39.0001)])])
    >>> laid = lay_cables(cables)
    >>> lengths = route_lengths(laid, sections_of(laid))
    >>> lengths[["operator", "route_km", "shared_km", "sheath_km"]].round(2).values.tolist()
    [['乙', 12.99, 4.34, 12.99], ['甲', 8.66, 4.34, 8.66], ['any', 17.32, 4.34, 21.66]]
    """
    operator = column(laid.cables, "operator").fillna("")
    names, group = np.unique(operator.to_numpy(dtype=str), return_inverse=True)
    given_km = column(laid.cables, "sheath_km", "number").to_numpy(dtype=float)
    drawn_km = laid.lines.length_m / 1000.0
    known = given_km > 0
    section_km = (sections.to_m - sections.from_m) / 1000.0
    shared = _beside_another(sections, group)
    own, all_of_them = sections.counted(group), sections.counted()
    rows = []
    for place, name in [*enumerate(names), (-1, ANY_OPERATOR)]:
        mine = np.ones(len(group), dtype=bool) if place < 0 else group == place
        once = all_of_them if place < 0 else own & mine[sections.cable]
        rows.append(
            {
                "operator": name,
                "cables": int(mine.sum()),
                "sheath_km": float(np.where(known, given_km, drawn_km)[mine].sum()),
                "sheath_given_share": float(known[mine].mean()) if mine.any() else np.nan,
                "drawn_km": float(drawn_km[mine].sum()),
                "route_km": float(section_km[once].sum()),
                "shared_km": float(section_km[once & shared].sum()),
                "amid": _amid(laid, mine),
            }
        )
    table = pd.DataFrame(rows if len(laid.cables) else [], columns=[*rows[0]])
    shapes = table.pop("amid").to_numpy(dtype=object)
    return result_layer("route_lengths", {str(name): table[name] for name in table}, shapes, laid.cables.crs)


def _edges(laid: LaidCables, step_m: float) -> tuple[Integers, Floats]:
    """Give the distances at which cables are cut, ends included, those nearer than a step to one before left out."""
    found, own, length_m = laid.stretches, laid.doubled, laid.lines.length_m
    filled = np.flatnonzero(length_m > 0)
    cable = np.concatenate([filled, filled, found.line, found.line, own.line, own.line])
    ends_m = [np.zeros(len(filled)), length_m[filled]]
    edge_m = np.concatenate([*ends_m, found.from_m, found.to_m, own.from_m, own.to_m])
    # An inner edge this near to an end is that end.
    inner = np.arange(len(cable)) >= 2 * len(filled)
    at_end = inner & ((edge_m < step_m) | (edge_m > length_m[cable] - step_m))
    cable, edge_m, inner = cable[~at_end], edge_m[~at_end], inner[~at_end]
    order = np.lexsort((edge_m, cable))
    cable, edge_m, inner = cable[order], edge_m[order], inner[order]
    # Of a row of edges each within a step of the one before, the first stands for all.
    close = np.zeros(len(cable), dtype=bool)
    close[1:] = inner[1:] & inner[:-1] & (cable[1:] == cable[:-1]) & (edge_m[1:] - edge_m[:-1] < step_m)
    return cable[~close], edge_m[~close]


def _covered(laid: LaidCables, cable: Integers, middle_m: Floats) -> tuple[Integers, Integers]:
    """Pair sections with the stretches that cover their middle."""
    found = laid.stretches
    # Sections and stretches of one cable after the other on one axis.
    start_m = np.concatenate([[0.0], np.cumsum(laid.lines.length_m + 1.0)])
    axis_m = middle_m + start_m[cable]
    low = np.searchsorted(axis_m, found.from_m + start_m[found.line])
    high = np.searchsorted(axis_m, found.to_m + start_m[found.line])
    count = high - low
    stretch = np.repeat(np.arange(len(count)), count)
    section = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + low[stretch]
    return section.astype(np.int64), stretch.astype(np.int64)


def _beside_another(sections: Sections, group: Integers) -> NDArray[np.bool_]:
    """Tell which sections lie beside a cable of another operator."""
    section = np.repeat(np.arange(len(sections.cable)), np.diff(sections.first))
    other = group[sections.other] != group[sections.cable[section]]
    beside = np.zeros(len(sections.cable), dtype=bool)
    beside[section[other]] = True
    return beside


def _amid(laid: LaidCables, mine: NDArray[np.bool_]) -> shapely.Point:
    """Give the middle of the box round some cables; an empty point if they have no lines."""
    boxes = laid.lines.boxes()[mine]
    if not np.isfinite(boxes).any():
        return shapely.Point()
    low, high = np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)
    return shapely.Point((low + high) / 2.0)
