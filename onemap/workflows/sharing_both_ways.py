"""Meet the demands of a project, and list what to reserve in works and which pole routes could go."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
from pyproj import CRS

from onemap.analyses.columns import column
from onemap.analyses.sharing import SharingSettings
from onemap.analyses.sharing.demands import match_demands
from onemap.analyses.sharing.poles import pole_routes
from onemap.analyses.sharing.stock import wants_of
from onemap.analyses.sharing.works import reserve_in_works
from onemap.config import Project
from onemap.findings import Finding
from onemap.workflows.ground_sight import sight_over, view_over
from onemap.workflows.reading import Inputs

__all__ = ["demand_findings", "share_both_ways", "sharing_settings"]


def sharing_settings(project: Project) -> SharingSettings:
    """Give the settings of sharing as the analyses take them.

    Parameters
    ----------
    project
        The project file.
    """
    return SharingSettings(**project.sharing.model_dump(exclude={"demands", "works", "poles"}))


def share_both_ways(
    project: Project, inputs: Inputs, results: Mapping[str, gpd.GeoDataFrame]
) -> dict[str, gpd.GeoDataFrame]:
    """Find what the demands of all parties can be given, what to reserve, and which pole routes could go.

    Parameters
    ----------
    project
        The project file; its tables `sharing.demands`, `sharing.works` and `sharing.poles` say how.
    inputs
        The layers; without demands, works or cables the lists of these are not made. With an elevation model masts must
        see what they are to serve or to watch.
    results
        Result layers of `find_gaps`: works are held against them.

    Returns
    -------
    results
        As far as the layers are there: demand_outcomes, demand_matches, demand_rejections, work_reservations,
        pole_routes.
    """
    layers, settings = inputs.layers, project.sharing
    found: dict[str, gpd.GeoDataFrame] = {}
    if "demands" in layers:
        crs, grid, target_m = CRS(project.project.working_crs), inputs.elevation, settings.demands.target_height_m
        optics = {"k_factor": project.coverage.k_factor, "margin_m": project.coverage.clearance_margin_m}
        met = match_demands(
            layers["demands"],
            layers,
            settlements=layers.get("settlements"),
            zones=layers.get("zones"),
            settings=settings.demands,
            spots=sharing_settings(project),
            sight=None if grid is None else sight_over(crs, grid, target_m, **optics),
            view=None if grid is None else view_over(crs, grid, target_m),
        )
        found |= {
            "demand_outcomes": met.outcomes,
            "demand_matches": met.matches,
            "demand_rejections": met.rejections,
        }
    if "works" in layers:
        needs = {name: results[name] for name in ("gap_points", "gap_stretches") if name in results}
        needs |= {"demands": found["demand_outcomes"]} if found else {}
        needs |= {"cables": layers["cables"]} if "cables" in layers else {}
        year = project.project.date.year
        found["work_reservations"] = reserve_in_works(layers["works"], needs, from_year=year, settings=settings.works)
    if "cables" in layers:
        found["pole_routes"] = pole_routes(layers["cables"], layers.get("ducts"), settings=settings.poles)
    return found


def demand_findings(project: Project, layers: Mapping[str, gpd.GeoDataFrame]) -> list[Finding]:
    """Say which demands ask for a kind of resource that is not known.

    Parameters
    ----------
    project
        The project file.
    layers
        Canonical layers.
    """
    demands = layers.get("demands")
    if demands is None or demands.empty:
        return []
    wants = wants_of(demands, project.sharing.demands)
    wants = wants[wants["resource"].isna().to_numpy()]
    return [
        _unknown_kind(source, demand=str(demand), kind=str(kind), lon=float(lon), lat=float(lat))
        for source, demand, kind, lon, lat in zip(
            column(demands, "source").fillna("").iloc[wants["row"]], wants["id"], wants["said"], wants["lon"],
            wants["lat"], strict=True,
        )
    ]  # fmt: skip


def _unknown_kind(source: str, *, demand: str, kind: str, lon: float, lat: float) -> Finding:
    """Name a demand whose kind of resource is not known, where its source has it."""
    file, _, rest = source.partition("|")
    sheet, _, row = rest.partition("|")
    return Finding(
        "OM-BIZ-228",
        layer="demands",
        file=file,
        row=int(row) if row.isdigit() else None,
        feature=demand,
        values={"kind": kind, "demand": demand},
        sheet=sheet,
        lon=lon,
        lat=lat,
    )
