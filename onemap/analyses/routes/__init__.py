"""Routes: cables on one route, route kilometres, the cable network, single and second routes."""

from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.delays import path_delays
from onemap.analyses.routes.disjoint import DisjointRoutes, disjoint_routes
from onemap.analyses.routes.ducts import duct_routes
from onemap.analyses.routes.network import CableNetwork, cable_network, trenches
from onemap.analyses.routes.operator_cuts import OperatorCuts, cuts_by_operator
from onemap.analyses.routes.second_routes import second_routes
from onemap.analyses.routes.sections import Sections, route_lengths, route_sections, sections_of
from onemap.analyses.routes.shared import LaidCables, lay_cables, shared_routes
from onemap.analyses.routes.single_routes import backhoe, network_cuts, network_findings, network_nodes
from onemap.analyses.routes.two_routes import routes_between, two_routes

__all__ = [
    "CableNetwork",
    "DisjointRoutes",
    "LaidCables",
    "OperatorCuts",
    "RouteSettings",
    "Sections",
    "backhoe",
    "cable_network",
    "cuts_by_operator",
    "disjoint_routes",
    "duct_routes",
    "lay_cables",
    "network_cuts",
    "network_findings",
    "network_nodes",
    "path_delays",
    "route_lengths",
    "route_sections",
    "routes_between",
    "second_routes",
    "sections_of",
    "shared_routes",
    "trenches",
    "two_routes",
]
