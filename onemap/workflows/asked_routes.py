"""Answer what a planner asks of the cable network: two routes between nodes, what one cut takes, the worst cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from onemap.analyses.routes import (
    backhoe,
    cable_network,
    cuts_by_operator,
    lay_cables,
    network_cuts,
    path_delays,
    routes_between,
    sections_of,
    trenches,
    two_routes,
)
from onemap.config import Project
from onemap.errors import LayerError
from onemap.progress import Progress, silent
from onemap.workflows.reading import read_layers

__all__ = ["RouteAnswer", "ask_routes"]


@dataclass(frozen=True, slots=True, eq=False)
class RouteAnswer:
    """What was found, as result layers.

    Attributes
    ----------
    routes
        Layer `two_routes`: of all rooms and data centres, or between the two nodes asked for.
    cuts
        Layer `network_cuts`: what takes most nodes first, or what the cut asked for takes.
    delays
        Layer `path_delays`; None without two data centres.
    """

    routes: gpd.GeoDataFrame
    cuts: gpd.GeoDataFrame
    delays: gpd.GeoDataFrame | None

    def as_dict(self) -> dict[str, list[Mapping[str, Any]]]:
        """Give it as plain values, for JSON."""
        found = {"two_routes": _plain(self.routes), "cuts": _plain(self.cuts)}
        return found if self.delays is None else {**found, "delays": _plain(self.delays)}


def ask_routes(
    project: Project,
    *,
    between: tuple[str, str] | None = None,
    dig: tuple[float, float] | None = None,
    operator: str | None = None,
    progress: Progress = silent,
) -> RouteAnswer:
    """Ask the cable network of a project.

    Parameters
    ----------
    project
        The project file; its table `routes` says how.
    between
        Two nodes, by id or name; None for every room and data centre to its core room.
    dig
        Longitude and latitude of a cut, in degrees; None for the worst cuts.
    operator
        Whose cables; None for those of all.
    progress
        Told how far it is.

    Returns
    -------
    answer
        The cuts of all operators together stand with the most nodes first.

    Raises
    ------
    LayerError
        If there are no cables, or a node is not known.
    """
    layers, settings = read_layers(project, progress=progress).layers, project.routes
    with progress.step("step_routes", 1) as done:
        laid = lay_cables(_cables(layers, operator), settings=settings)
        sections = sections_of(laid, settings=settings)
        network = cable_network(laid, layers, settings=settings)
        together = trenches(network, sections, settings=settings)
        judged = cuts_by_operator(network, together, settings=settings)
        if between is None:
            routes = two_routes(laid, network, judged, together, settings=settings)
        else:
            routes = routes_between(laid, network, _ends(network.nodes, between), together, operator=operator)
        if dig is None:
            cuts = network_cuts(laid, network, judged, sections)
            cuts = cuts.sort_values(["isolated", "cut_id"], ascending=[False, True], kind="stable", ignore_index=True)
        else:
            cuts = backhoe(laid, network, dig, settings=settings)
        delays = path_delays(laid, network, settings=settings) if len(layers.get("data_centres", ())) > 1 else None
        done(1)
    return RouteAnswer(routes, cuts, delays)


def _cables(layers: Mapping[str, gpd.GeoDataFrame], operator: str | None) -> gpd.GeoDataFrame:
    """Give the cables asked for."""
    cables = layers.get("cables")
    if cables is None or cables.empty:
        raise LayerError("routes_no_cables")
    if operator is None:
        return cables
    own = cables[cables["operator"].eq(operator).to_numpy(dtype=bool)]
    if own.empty:
        raise LayerError("routes_no_operator", operator=operator)
    return own


def _ends(nodes: pd.DataFrame, asked: tuple[str, str]) -> tuple[str, str]:
    """Find two nodes."""
    first, second = (_node(nodes, one) for one in asked)
    if first == second:
        raise LayerError("routes_same_node", node=first)
    return first, second


def _node(nodes: pd.DataFrame, asked: str) -> str:
    """Find a node by its id, else by its name."""
    for column in ("node_id", "name"):
        found = nodes.loc[nodes[column].eq(asked).to_numpy(dtype=bool), "node_id"]
        if len(found):
            return str(found.iloc[0])
    raise LayerError("routes_no_node", node=asked)


def _plain(frame: gpd.GeoDataFrame) -> list[Mapping[str, Any]]:
    """Give rows without geometry, missing values as None."""
    rows = pd.DataFrame(frame.drop(columns="geometry")).astype(object)
    return [
        {str(key): value for key, value in row.items()} for row in rows.where(rows.notna(), None).to_dict("records")
    ]
