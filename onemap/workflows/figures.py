"""The figures that a run ends with."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from onemap.analyses.columns import column
from onemap.analyses.conflicts import FACILITY_LAYERS
from onemap.analyses.coverage import ANY_OPERATOR

__all__ = ["Figure", "key_figures"]

Figure = tuple[str, Mapping[str, object]]


def key_figures(layers: Mapping[str, gpd.GeoDataFrame], results: Mapping[str, gpd.GeoDataFrame]) -> tuple[Figure, ...]:
    """Give the key figures of a run, for any operator.

    Parameters
    ----------
    layers
        Canonical layers.
    results
        Result layers; figures of those that are missing are left out.

    Returns
    -------
    figures
        Id of a text and the values in it: villages, places by layer, roads by technology; universal service and
        targets; what could be shared; routes; facilities in zones to avoid; the plan.

    Examples
    --------
    >>> key_figures({}, {})
    ()
    """
    planned = _plan(results)
    judged = (*_villages(results), *_places(results), *_models(results), *_roads(results), *_service(results))
    return (*judged, *_sharing(layers, results), *_routes(results), *_conflicts(layers, results), *planned)


def _plan(results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Give what the plan builds, costs and reaches."""
    if "plan_summary" not in results:
        return []
    row = results["plan_summary"].iloc[0]
    values = {
        "sites": int(row["sites"]), "shared": int(row["shared_sites"]), "new": int(row["new_sites"]),
        "cost": round(float(row["cost"]), 2), "money": "" if pd.isna(row["money"]) else str(row["money"]),
        "before": f"{row['share_before']:.1%}", "after": f"{row['reached_share']:.1%}",
        "gap": "-" if pd.isna(row["optimality_gap"]) else f"{row['optimality_gap']:.1%}",
    }  # fmt: skip
    return [("figure_plan", values)]


def _of_any(results: Mapping[str, gpd.GeoDataFrame], name: str) -> gpd.GeoDataFrame | None:
    """Give the rows of a result layer for any operator; None if it is missing or empty."""
    if name not in results:
        return None
    rows = results[name][results[name]["operator"].eq(ANY_OPERATOR).to_numpy(dtype=bool)]
    return rows if len(rows) else None


def _counted(rows: gpd.GeoDataFrame) -> dict[str, object]:
    """Count verdicts."""
    counts = rows["verdict"].value_counts()
    total = len(rows)
    values = {verdict: int(counts.get(verdict, 0)) for verdict in ("covered", "depends", "uncovered")}
    return {
        **values,
        "total": total,
        "share": round(values["covered"] / total, 4),
        "percent": f"{values['covered'] / total:.1%}",
    }


def _villages(results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Count administrative villages by the official rule."""
    rows = _of_any(results, "village_verdicts")
    if rows is None:
        return []
    return [
        ("figure_villages", {"technology": str(technology), **_counted(part)})
        for technology, part in rows.groupby("technology", sort=True)
    ]


def _places(results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Count places of each layer."""
    rows = _of_any(results, "verdicts")
    if rows is None:
        return []
    return [
        ("figure_places", {"layer": str(layer), "technology": str(technology), **_counted(part)})
        for (layer, technology), part in rows.groupby(["target_layer", "technology"], sort=True)
    ]


def _models(results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Count the places by each model where several are compared, and those where they disagree."""
    rows = _of_any(results, "verdicts")
    if rows is None or "compared" not in rows or rows["compared"].isna().all():
        return []
    figures: list[Figure] = []
    for technology, part in rows.groupby("technology", sort=True):
        outcomes = part["compared"].str.split("; ", expand=True)
        verdicts = outcomes.apply(lambda column: column.str.extract(r"^[^:]*: (\w+)")[0])
        models = outcomes.iloc[0].str.extract(r"^([^:]*)")[0]
        for number, model in enumerate(models):
            counts = verdicts.iloc[:, number].value_counts()
            values = {name: int(counts.get(name, 0)) for name in ("covered", "depends", "uncovered")}
            told = {"technology": str(technology), "model": str(model), "total": len(part), **values}
            figures.append(("figure_models", told))
        count = int((verdicts.nunique(axis=1) > 1).sum())
        disagree = {"technology": str(technology), "count": count, "total": len(part)}
        figures.append(("figure_models_disagree", disagree))
    return figures


def _roads(results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Sum lengths of roads."""
    rows = _of_any(results, "road_summary")
    if rows is None:
        return []
    figures: list[Figure] = []
    for technology, part in rows.groupby("technology", sort=True):
        total_km, covered_km = (float(part[name].sum()) / 1000.0 for name in ("length_m", "covered_m"))
        share = covered_km / total_km if total_km else 0.0
        values = {
            "technology": str(technology),
            "total_km": round(total_km, 1),
            "covered_km": round(covered_km, 1),
            "share": round(share, 4),
            "percent": f"{share:.1%}",
            "longest_gap_km": round(float(part["longest_gap_m"].max()) / 1000.0, 2),
        }
        figures.append(("figure_roads", values))
    return figures


def _service(results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Count what is applied for, what the draw found, and the targets that the county meets."""
    figures: list[Figure] = []
    if len(results.get("application_list", ())):
        figures.append(("figure_applications", {"count": len(results["application_list"])}))
    if len(results.get("acceptance", ())):
        outcomes = results["acceptance"]["outcome"].value_counts()
        counts = {name.replace(" ", "_"): int(outcomes.get(name, 0)) for name in ("passed", "failed", "not measured")}
        total = len(results["acceptance"])
        figures.append(("figure_acceptance", {**counts, "drawn": sum(counts.values()), "total": total}))
    if len(results.get("indicators", ())):
        rows = results["indicators"]
        states = rows.loc[rows["district_code"].fillna("").eq("").to_numpy(dtype=bool), "state"].value_counts()
        counts = {name.replace(" ", "_"): int(states.get(name, 0)) for name in ("met", "not met", "undecided")}
        figures.append(("figure_indicators", {**counts, "total": int(states.sum())}))
    return figures


def _sharing(layers: Mapping[str, gpd.GeoDataFrame], results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Count what could be shared."""
    figures: list[Figure] = []
    if "colocation_clusters" in results and "towers" in layers:
        clusters = results["colocation_clusters"]
        towers = int(clusters["tower_count"].sum()) if len(clusters) else 0
        figures.append(
            ("figure_clusters", {"clusters": len(clusters), "towers": towers, "total": len(layers["towers"])})
        )
    if {"sharing_matches", "sharing_unmatched"} <= set(results):
        keys = ["place_layer", "place_id", "technology"]
        matched = len(results["sharing_matches"][keys].drop_duplicates())
        unmatched = len(results["sharing_unmatched"][keys].drop_duplicates())
        figures.append(("figure_matches", {"matched": matched, "total": matched + unmatched}))
    if len(results.get("demand_outcomes", ())):
        outcomes = results["demand_outcomes"]
        met = int(outcomes["conclusion"].eq("shared").sum())
        figures.append(("figure_demands", {"met": met, "total": len(outcomes)}))
    if len(results.get("work_reservations", ())):
        lines = results["work_reservations"]
        figures.append(("figure_works", {"lines": len(lines), "works": int(lines["work_id"].nunique())}))
    if len(results.get("pole_routes", ())):
        pole_km = round(float(results["pole_routes"]["pole_km"].sum()), 1)
        figures.append(("figure_poles", {"pole_km": pole_km, "lines": len(results["pole_routes"])}))
    return figures


def _conflicts(layers: Mapping[str, gpd.GeoDataFrame], results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Count facilities in zones that forbid them, and in those that need recognition; one in both counts for both."""
    if "conflicts" not in results:
        return []
    rows = results["conflicts"]
    keys = ["facility_layer", "facility_id"]
    counts = {
        name: len(rows.loc[rows["verdict"].eq(verdict).to_numpy(dtype=bool), keys].drop_duplicates())
        for name, verdict in (("forbidden", "forbidden"), ("recognition", "needs recognition"))
    }
    total = sum(
        int(column(layers[name], "status").fillna("").ne("retired").sum()) for name in FACILITY_LAYERS if name in layers
    )
    return [("figure_conflicts", {**counts, "total": total})]


def _routes(results: Mapping[str, gpd.GeoDataFrame]) -> list[Figure]:
    """Sum routes, and count the nodes on a single one."""
    figures: list[Figure] = []
    every = _of_any(results, "route_lengths")
    if every is not None:
        names = ("route_km", "sheath_km", "shared_km")
        figures.append(("figure_routes", {name: round(float(every[name].iloc[0]), 1) for name in names}))
    if "network_nodes" in results:
        verdicts = results["network_nodes"]["verdict"].value_counts()
        counts = {name: int(verdicts.get(name.replace("_", " "), 0)) for name in ("single_route", "not_connected")}
        judged = int(verdicts.reindex(["single route", "protected"]).fillna(0).sum())
        figures.append(("figure_single_routes", {**counts, "total": judged}))
    if len(results.get("two_routes", ())):
        rows = results["two_routes"]
        figures.append(("figure_two_routes", {"two": int(rows["verdict"].eq("two routes").sum()), "total": len(rows)}))
    return figures
