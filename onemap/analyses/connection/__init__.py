"""How new sites are connected: fibre along roads and existing cables, microwave, power, access; grown from one module.

plan.py        all parts together
ways.py        roads, bores, poles and spare cores as one graph     supply.py   where fibre is
fibre.py       trees over it for all sites at once                  choice.py   fibre or not, site by site
steiner.py     cheapest trees over graphs                           relays.py   links to other new sites
microwave.py   links over the elevation model                       power.py, access.py
alone.py       the price of each site as if it were the only one
table.py       the list                                             reasons.py, findings.py   its words
"""

from onemap.analyses.connection.alone import alone_costs
from onemap.analyses.connection.steiner import SteinerTree, WeightedGraph, exact_tree, steiner_tree, weighted_graph
from onemap.analyses.connection.table import Connections, connections
from onemap.analyses.connection_settings import ConnectionSettings

__all__ = [
    "ConnectionSettings",
    "Connections",
    "SteinerTree",
    "WeightedGraph",
    "alone_costs",
    "connections",
    "exact_tree",
    "steiner_tree",
    "weighted_graph",
]
