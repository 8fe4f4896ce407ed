"""Find shared routes, single routes and free ducts of a project's cables."""

from __future__ import annotations

import geopandas as gpd

from onemap.analyses.routes import (
    cable_network,
    cuts_by_operator,
    duct_routes,
    lay_cables,
    network_cuts,
    network_findings,
    network_nodes,
    path_delays,
    route_lengths,
    route_sections,
    second_routes,
    sections_of,
    shared_routes,
    trenches,
    two_routes,
)
from onemap.config import Project
from onemap.findings import Finding
from onemap.progress import Progress, silent
from onemap.workflows.reading import Inputs

__all__ = ["find_routes"]


def find_routes(
    project: Project, inputs: Inputs, *, progress: Progress = silent
) -> tuple[dict[str, gpd.GeoDataFrame], tuple[Finding, ...]]:
    """Find the routes of a project's cables.

    Parameters
    ----------
    project
        The project file; its table `routes` says how.
    inputs
        The layers.
    progress
        Told how far it is.

    Returns
    -------
    results
        Result layers: shared_routes, route_sections, route_lengths, network_nodes, network_cuts and two_routes where
        there are cables; duct_routes where there are ducts, path_delays where there are two data centres.
    findings
        Ends and names that disagree, networks in pieces.
    """
    layers, settings = inputs.layers, project.routes
    cables, ducts = layers.get("cables"), layers.get("ducts")
    results: dict[str, gpd.GeoDataFrame] = {}
    findings: list[Finding] = []
    with progress.step("step_routes", 2) as done:
        laid = None
        if cables is not None and len(cables):
            laid = lay_cables(cables, settings=settings)
            sections = sections_of(laid, settings=settings)
            results["shared_routes"] = shared_routes(laid, settings=settings)
            results["route_sections"] = route_sections(laid, sections)
            results["route_lengths"] = route_lengths(laid, sections)
        if ducts is not None and len(ducts):
            results["duct_routes"] = duct_routes(ducts, laid, layers.get("demands"), settings=settings)
        done(1)
        if laid is not None:
            network = cable_network(laid, layers, settings=settings)
            together = trenches(network, sections, settings=settings)
            judged = cuts_by_operator(network, together, settings=settings)
            roads = layers.get("roads")
            second = None if roads is None else second_routes(laid, network, judged, roads, settings=settings)
            results["network_nodes"] = network_nodes(laid, network, judged, settings=settings, second=second)
            results["network_cuts"] = network_cuts(laid, network, judged, sections)
            results["two_routes"] = two_routes(laid, network, judged, together, settings=settings)
            findings += network_findings(network, judged, settings=settings)
            if len(layers.get("data_centres", ())) > 1:
                results["path_delays"] = path_delays(laid, network, settings=settings)
        done(1)
    return results, tuple(findings)
