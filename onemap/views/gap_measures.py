"""拟采取措施: what sharing and the way to fibre propose for each gap; who does it and until when the office says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd

from onemap.messages import text
from onemap.views.list_columns import Cell, plain_cell, spoken

__all__ = ["Measures"]

_NEAR_M = 1_000.0  # above it a way is given in kilometres


class Measures:
    """Proposed measures by place, of result layers that may be missing.

    Parameters
    ----------
    layers
        Of which structures tell of what kind they are.
    results
        Of which `sharing_matches`, `sharing_unmatched` and `fibre_distances` are read.
    lang
        Language of the texts.

    Examples
    --------
    >>> Measures({}, {}, "en").of({"layer": "schools", "id": "X1", "4G": "depends"}, ["4G"])
    '4G: test on the spot'
    """

    def __init__(
        self, layers: Mapping[str, gpd.GeoDataFrame], results: Mapping[str, gpd.GeoDataFrame], lang: str
    ) -> None:
        self._lang = lang
        self._matched = "sharing_matches" in results
        self._best = _best(results.get("sharing_matches"))
        self._none = _keys(results.get("sharing_unmatched"))
        self._fibre = _ways(results.get("fibre_distances"))
        structures = layers.get("structures")
        self._kind: dict[str, object] = {}
        if structures is not None and {"structure_id", "kind"} <= set(structures):
            self._kind = dict(zip(structures["structure_id"], structures["kind"], strict=True))

    def of(self, record: Mapping[str, Cell], technologies: Sequence[str]) -> str:
        """Propose what to do at a place.

        Parameters
        ----------
        record
            The place: `layer`, `id`, and its verdict by technology.
        technologies
            In the order in which to name them.
        """
        told: dict[str, list[str]] = {}
        for technology in technologies:
            proposal = self._proposal(record, technology)
            if proposal:
                told.setdefault(proposal, []).append(technology)
        between = "、" if self._lang == "zh" else ", "
        parts = [
            text("list_measure_of", self._lang, technologies=between.join(those), measure=proposal)
            for proposal, those in told.items()
        ]
        if any(record.get(technology) == "uncovered" for technology in technologies):
            parts.append(self._way(record))
        return ("；" if self._lang == "zh" else "; ").join(part for part in parts if part)

    def _proposal(self, record: Mapping[str, Cell], technology: str) -> str:
        """Say how a place could get a technology; empty where it has it or nobody looked."""
        key = (str(record["layer"]), str(record["id"]), technology)
        if record.get(technology) == "depends":
            return text("list_measure_test", self._lang)
        if record.get(technology) != "uncovered":
            return ""
        if key in self._best:
            return self._shared(self._best[key])
        if key in self._none:
            return text("list_measure_new", self._lang)
        return text("list_measure_places", self._lang) if record["layer"] == "villages" and self._matched else ""

    def _shared(self, match: Mapping[str, object]) -> str:
        """Name what stands already and could carry it."""
        layer, one = str(match["candidate_layer"]), str(plain_cell(match["candidate_id"]))
        kind = plain_cell(self._kind.get(one)) if layer == "structures" else None
        named = spoken([kind or layer], self._lang)[0]
        owner = spoken([plain_cell(match["candidate_owner"])], self._lang)[0]
        text_id = "list_measure_share" if layer == "towers" else "list_measure_use"
        values = {"id": one, "kind": named, "owner": owner or "—", "km": _km(match["distance_m"])}
        return text(text_id, self._lang, **values)

    def _way(self, record: Mapping[str, Cell]) -> str:
        """Say how fibre gets there; empty where nobody looked."""
        found = self._fibre.get((str(record["layer"]), str(record["id"])))
        if found is None:
            return ""
        way, distance_m = found
        if way is None:
            return text("list_measure_no_fibre", self._lang)
        distance = f"{distance_m:,.0f} m" if distance_m < _NEAR_M else f"{distance_m / 1000.0:,.1f} km"
        return text(f"list_measure_fibre_{way}", self._lang, distance=distance)


def _km(distance_m: object) -> str:
    """Give metres as kilometres."""
    return f"{float(str(distance_m)) / 1000.0:.1f}"


def _best(matches: gpd.GeoDataFrame | None) -> dict[tuple[str, str, str], dict[str, object]]:
    """Give the first match of each place and technology, that for any operator before others."""
    if matches is None or matches.empty:
        return {}
    wanted = ("place_layer", "place_id", "technology", "candidate_layer", "candidate_id", "candidate_owner")
    rows = pd.DataFrame(matches.drop(columns="geometry")).reindex(columns=[*wanted, "distance_m", "rank", "operator"])
    rows["one"] = ~rows["operator"].isin(["any"]) & rows["operator"].notna()
    rows = rows.sort_values(["one", "rank", "distance_m", "candidate_id"], kind="stable")
    first = rows.drop_duplicates(["place_layer", "place_id", "technology"])
    records = ({str(name): value for name, value in row.items()} for row in first.to_dict("records"))
    return {(str(row["place_layer"]), str(row["place_id"]), str(row["technology"])): row for row in records}


def _keys(unmatched: gpd.GeoDataFrame | None) -> set[tuple[str, str, str]]:
    """Give place and technology of what nothing can serve."""
    if unmatched is None or unmatched.empty:
        return set()
    names = ("place_layer", "place_id", "technology")
    return set(zip(*(unmatched[name].astype(str) for name in names), strict=True))


def _ways(distances: gpd.GeoDataFrame | None) -> dict[tuple[str, str], tuple[str | None, float]]:
    """Give way and length of each place to fibre."""
    if distances is None or distances.empty:
        return {}
    rows = distances[["target_layer", "target_id", "way", "distance_m"]].itertuples(index=False)
    return {(str(layer), str(one)): (None if pd.isna(way) else str(way), float(far)) for layer, one, way, far in rows}
