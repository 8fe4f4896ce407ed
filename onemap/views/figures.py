"""Numbers of the report: how much is covered, and the five figures that it opens with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from onemap.views.view_settings import ViewSettings

__all__ = ["Figure", "Share", "headline_figures", "operator_table", "place_shares", "road_shares"]

_VERDICTS = ("covered", "depends", "uncovered")
_SERVICES = ("schools", "clinics", "posts", "townships", "places")


@dataclass(frozen=True, slots=True)
class Share:
    """How much of something is covered, depends or is uncovered: counts of places, or kilometres of road.

    Attributes
    ----------
    target
        Canonical layer that was judged.
    technology, operator
        For whom; operator "any" where it does not matter which.
    covered, depends, uncovered
        Counts, or kilometres.
    """

    target: str
    technology: str
    operator: str
    covered: float
    depends: float
    uncovered: float

    @property
    def total(self) -> float:
        """Give all of it.

        Examples
        --------
        >>> Share("schools", "4G", "any", 30, 2, 8).total
        40
        """
        return self.covered + self.depends + self.uncovered


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the five figures: a number with its unit and what it is a share of.

    Attributes
    ----------
    name
        villages, services, settlements, roads or shared.
    value, total
        The number and what it is part of.
    technology
        Technology that it speaks of.
    unit
        "km" for roads, else empty.
    """

    name: str
    value: float
    total: float
    technology: str
    unit: str = ""

    @property
    def share(self) -> float | None:
        """Give the number as a share of the total; None of nothing.

        Examples
        --------
        >>> Figure("roads", 12.0, 60.0, "4G", "km").share
        0.2
        """
        return self.value / self.total if self.total else None


def place_shares(results: Mapping[str, gpd.GeoDataFrame]) -> list[Share]:
    """Count places by verdict, for each kind of place, technology and operator.

    Parameters
    ----------
    results
        Of which `verdicts` and `village_verdicts` are counted; villages follow the official rule where both speak.

    Returns
    -------
    shares
        In the order of the rows.

    Examples
    --------
    >>> place_shares({})
    []
    """
    shares = []
    villages = results.get("village_verdicts")
    if villages is not None and len(villages):
        shares += _counted(villages.assign(target_layer="villages"))
    verdicts = results.get("verdicts")
    if verdicts is not None and len(verdicts):
        twice = verdicts["target_layer"].eq("villages").fillna(value=False) & bool(shares)
        shares += _counted(verdicts[~twice])
    return shares


def road_shares(results: Mapping[str, gpd.GeoDataFrame]) -> list[Share]:
    """Add up kilometres of road by verdict, for each technology and operator.

    Parameters
    ----------
    results
        Of which `road_summary` is read; lengths in it are metres.

    Examples
    --------
    >>> road_shares({})
    []
    """
    roads = results.get("road_summary")
    if roads is None or roads.empty:
        return []
    lengths = [f"{verdict}_m" for verdict in _VERDICTS]
    sums = roads.groupby(["technology", "operator"], sort=False)[lengths].sum() / 1000
    return [
        Share("roads", str(technology), str(operator), *(float(value) for value in row))
        for (technology, operator), row in zip(sums.index, sums.to_numpy(), strict=True)
    ]


def headline_figures(results: Mapping[str, gpd.GeoDataFrame], settings: ViewSettings) -> list[Figure]:
    """Give the five figures, for any operator and the first technology that was judged.

    Parameters
    ----------
    results
        Result layers by name; a figure about something that was not judged is left out.
    settings
        Order of the technologies.

    Examples
    --------
    >>> import datetime
    >>> headline_figures({}, ViewSettings("示范县", datetime.date(2026, 1, 1)))
    []
    """
    places, roads = place_shares(results), road_shares(results)
    judged = [share.technology for share in (*places, *roads) if share.operator == "any"]
    technology = next((one for one in (*settings.technologies, *judged) if one in judged), "")
    groups = {"villages": ("villages",), "services": _SERVICES, "settlements": ("settlements",)}
    figures = [_figure(name, places, targets, technology) for name, targets in groups.items()]
    figures.append(_figure("roads", roads, ("roads",), technology, unit="km"))
    return [figure for figure in (*figures, _shared(results, technology)) if figure.total]


def operator_table(results: Mapping[str, gpd.GeoDataFrame]) -> list[tuple[str, str, dict[str, Share]]]:
    """Give what each operator sees of every kind of place and of the roads.

    Parameters
    ----------
    results
        Result layers by name.

    Returns
    -------
    rows
        Technology, operator, and by target its share; in the order of the rows.

    Examples
    --------
    >>> operator_table({})
    []
    """
    rows: dict[tuple[str, str], dict[str, Share]] = {}
    for share in (*place_shares(results), *road_shares(results)):
        rows.setdefault((share.technology, share.operator), {})[share.target] = share
    return [(technology, operator, shares) for (technology, operator), shares in rows.items()]


def _counted(rows: pd.DataFrame) -> list[Share]:
    """Count rows by verdict."""
    keys = ["target_layer", "technology", "operator"]
    counts = rows.groupby([*keys, "verdict"], sort=False).size().unstack("verdict", fill_value=0)
    counts = counts.reindex(columns=list(_VERDICTS), fill_value=0)
    return [
        Share(str(target), str(technology), str(operator), *(int(value) for value in row))
        for (target, technology, operator), row in zip(counts.index, counts.to_numpy(), strict=True)
    ]


def _figure(name: str, shares: list[Share], targets: tuple[str, ...], technology: str, *, unit: str = "") -> Figure:
    """Add up what is uncovered of some targets."""
    chosen = [s for s in shares if s.target in targets and s.technology == technology and s.operator == "any"]
    return Figure(name, sum(s.uncovered for s in chosen), sum(s.total for s in chosen), technology, unit)


def _shared(results: Mapping[str, gpd.GeoDataFrame], technology: str) -> Figure:
    """Count the gaps that something that stands could serve."""
    found: dict[str, set[tuple[object, object]]] = {}
    for name in ("sharing_matches", "sharing_unmatched"):
        frame = results.get(name)
        if frame is None or frame.empty:
            found[name] = set()
            continue
        rows = frame[frame["technology"].eq(technology).fillna(value=False)]
        found[name] = set(zip(rows["place_layer"], rows["place_id"], strict=True))
    matched, unmatched = found["sharing_matches"], found["sharing_unmatched"]
    return Figure("shared", len(matched), len(matched | unmatched), technology)
