"""How layers look: groups by theme, colours, sizes, and what a popup shows.

The ground is quiet, supply is modest, gaps are loud. Operators have colours of the palette of Okabe and Ito, which
people with any kind of colour vision tell apart; its warm colours are left to the gaps.

References
----------
M. Okabe, K. Ito, "Color Universal Design", 2008: palette of eight colours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["DEPENDS", "GAP", "GROUPS", "STYLES", "LayerStyle", "operator_color", "other_operators"]

GAP = "#d7301f"
DEPENDS = "#f9a66c"

GROUPS = ("gaps", "sharing", "routes", "measured", "supply", "people", "ground", "zones")

_OPERATORS = {
    "中国移动": "#0072b2",  # blue
    "中国联通": "#cc79a7",  # reddish purple
    "中国电信": "#009e73",  # bluish green
    "中国广电": "#b8a800",  # yellow, darkened to stand on white
    "中国铁塔": "#3d4650",  # black, softened
}
_OTHER_OPERATORS = ("#56b4e9", "#8a63d2", "#7a8b2c", "#5b6b7a")


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """How one layer is drawn.

    Attributes
    ----------
    layer
        Name in the catalogue.
    group
        One of `GROUPS`.
    mark
        How points are drawn: dot, square, diamond, triangle, ring; for lines and areas the dash ("" or "6 4").
    color
        Colour of the rows; those of a gap layer follow their verdict, those with `split` their operator.
    size
        Width of a mark or line in pixels.
    split
        Field whose values make one switch each: owner, operator, kind, target_layer, residual_class, verdict.
    fields
        What the popup shows between reason and source, in order.
    title
        Fields of which the first filled one names the row.
    shown
        On when the map opens.
    gap
        Filtered by technology and operator, coloured by verdict.
    clustered
        Points stand in clusters when far.
    fill
        Opacity of areas.
    """

    layer: str
    group: str
    color: str
    mark: str = "dot"
    size: float = 7
    split: str = ""
    fields: tuple[str, ...] = ()
    title: tuple[str, ...] = ("name",)
    shown: bool = False
    gap: bool = False
    clustered: bool = False
    fill: float = 0.0


_PLACE = ("technology", "operator", "verdict", "households", "population", "nearest_tower_id", "nearest_tower_m")
_VILLAGE = (
    "technology",
    "operator",
    "verdict",
    "households",
    "population",
    "nearest_station_id",
    "nearest_station_m",
    "places_covered",
    "places_total",
    "failing_places",
)
_STRETCH = ("technology", "operator", "verdict", "chainage_from", "chainage_to", "length_m", "is_border")
_TOWER = ("owner", "tenants", "kind", "height_agl_m", "platforms_free", "technologies", "status", "tower_id")
_CELL = ("operator", "shared_with", "technology", "coverage_type", "azimuth_deg", "height_agl_m", "status", "tower_id")
_CABLE = ("operator", "role", "laying", "sheath_km", "cores", "cores_free", "from_node", "to_node", "cable_id")
_ROOM = ("operator", "kind", "racks_total", "racks_free", "power_kw", "status", "room_id")
_MATCH = ("technology", "candidate_layer", "candidate_id", "candidate_owner", "distance_m", "clearance_m", "rank")
_CLUSTER = ("operators", "tower_count", "tower_ids", "span_m", "keeper_id")
_PAIR = ("tower_a", "owner_a", "tower_b", "owner_b", "distance_m", "limit_m")
_ROUTE = ("operator_a", "cable_b", "operator_b", "shared_km", "share_a", "share_b", "distance_m")
_DUCT = ("duct_owner", "bores_free", "beside_layer", "beside_id", "operator", "laying", "shared_km", "distance_m")
_NODE = ("operator", "node_id", "node_layer", "verdict", "cables", "cuts", "nearest_cut", "second_route_km")
_CUT = ("operator", "cable_ids", "isolated", "isolated_rooms", "length_km")
_RESIDUAL = (
    "residual_db",
    "measured_dbm",
    "predicted_dbm",
    "left_out_residual_db",
    "samples",
    "cell_id",
    "operator",
    "technology",
    "band",
    "distance_m",
    "line_of_sight",
    "road_or_block",
    "model",
)
_CONFLICT = (
    "verdict",
    "facility_layer",
    "facility_id",
    "stage",
    "zone_kind",
    "zone_ids",
    "area_m2",
    "length_m",
    "part_share",
    "basis",
)
_GIVEN = ("requester", "resource", "candidate_layer", "candidate_id", "candidate_owner", "distance_m", "direction")
_WORK = ("work_kind", "work_owner", "year", "need_layer", "need_ids", "need_count", "distance_m")
_POLES = ("operator", "beside_layer", "beside_id", "beside_owner", "bores_free", "length_m", "pole_km")
_STRUCTURE = ("kind", "owner", "height_agl_m", "voltage_kv", "load_spare_kg", "structure_id")

# From the bottom of the map to its top.
STYLES = (
    LayerStyle("zones", "zones", "#6f8f4e", size=1, split="kind", fields=("kind", "kind_code"), fill=0.16),
    LayerStyle("sea_areas", "ground", "#7fa3bd", size=1, fields=("code", "level"), fill=0.25),
    LayerStyle("districts", "ground", "#a186b3", size=1.2, fields=("code", "level"), shown=True),
    LayerStyle("works", "zones", "#8c6d46", size=2, fields=("kind", "owner", "stage", "year"), fill=0.2),
    LayerStyle(
        "roads", "ground", "#8d8a84", size=1.4, fields=("ref", "class", "is_border"), title=("name", "ref"), shown=True
    ),
    LayerStyle("ducts", "supply", "#7890a8", "2 4", 1.6, fields=("owner", "bores", "bores_free", "duct_id")),
    LayerStyle("cables", "supply", "#5f7f9e", size=1.3, split="operator", fields=_CABLE, title=("name", "cable_id")),
    LayerStyle(
        "structures",
        "sharing",
        "#8f7a5c",
        "triangle",
        6,
        split="kind",
        fields=_STRUCTURE,
        title=("name", "structure_id"),
        clustered=True,
    ),
    LayerStyle(
        "cells",
        "supply",
        "#7fa6c4",
        "ring",
        6,
        split="operator",
        fields=_CELL,
        title=("name", "cell_id"),
        clustered=True,
    ),
    LayerStyle("nodes", "supply", "#5f7f9e", "dot", 5, fields=("kind", "owner", "ports_free"), clustered=True),
    LayerStyle("rooms", "supply", "#3d5a80", "square", 8, fields=_ROOM, title=("name", "room_id"), fill=0.5),
    LayerStyle("data_centres", "supply", "#22405f", "square", 10, fields=("operator", "kind", "racks"), fill=0.5),
    LayerStyle(
        "fibre_distances",
        "people",
        "#8f7a5c",
        "dot",
        5,
        fields=("distance_m", "way", "distance_class", "supply_layer", "supply_id", "target_layer", "target_id"),
        title=("name", "target_id"),
        clustered=True,
    ),
    LayerStyle("villages", "people", "#6a51a3", "ring", 8, fields=("households", "population", "village_id"), fill=0.1),
    LayerStyle(
        "settlements", "people", "#807dba", "dot", 5, fields=("households", "population", "kind"), clustered=True
    ),
    LayerStyle("townships", "people", "#54278f", "square", 8, fields=("kind", "population"), shown=True),
    LayerStyle("schools", "people", "#2f7f79", "square", 7, fields=("kind", "pupils", "school_id")),
    LayerStyle("clinics", "people", "#4f8f4f", "diamond", 6, fields=("kind", "clinic_id")),
    LayerStyle("posts", "people", "#7a4b2a", "diamond", 8, fields=("kind", "post_id")),
    LayerStyle("places", "people", "#7a6a2a", "diamond", 6, fields=("kind", "population")),
    LayerStyle("demands", "sharing", "#8a63d2", "diamond", 7, fields=("requester", "kind", "technology", "year")),
    LayerStyle("planned_sites", "sharing", "#00a6d6", "triangle", 8, fields=("kind", "technology", "year")),
    LayerStyle(
        "towers",
        "supply",
        "#5b6b7a",
        "dot",
        8,
        split="owner",
        fields=_TOWER,
        title=("name", "tower_id"),
        shown=True,
        clustered=True,
    ),
    LayerStyle(
        "measurement_residuals",
        "measured",
        "#9a9a9a",
        "dot",
        5,
        split="residual_class",
        fields=_RESIDUAL,
        title=("road_or_block", "cell_id"),
    ),
    LayerStyle("colocation_pairs", "sharing", "#8a63d2", size=2.5, fields=_PAIR, title=("tower_a",)),
    LayerStyle("colocation_clusters", "sharing", "#8a63d2", "ring", 14, fields=_CLUSTER, title=("cluster_id",)),
    LayerStyle("duct_routes", "sharing", "#2b8a8a", "6 3", 3, fields=_DUCT, title=("duct_id",)),
    LayerStyle("shared_routes", "sharing", "#8a63d2", size=3.5, fields=_ROUTE, title=("cable_a",)),
    LayerStyle("network_cuts", "routes", "#b35806", size=3, fields=_CUT, title=("cut_id",)),
    LayerStyle(
        "network_nodes", "routes", "#5b6b7a", "ring", 7, split="verdict", fields=_NODE, title=("name", "node_id")
    ),
    LayerStyle("sharing_matches", "sharing", "#1f9bcf", "5 4", 1.6, fields=_MATCH, title=("place_name",)),
    LayerStyle(
        "sharing_unmatched",
        "sharing",
        "#4d4d4d",
        "diamond",
        8,
        fields=("place_layer", "technology"),
        title=("place_name",),
    ),
    LayerStyle("allowed_places", "zones", "#00a6d6", "5 4", 2, fields=("zone_ids", "distance_m", "clearance_m")),
    LayerStyle(
        "conflicts",
        "zones",
        "#8c2d04",
        "square",
        7,
        split="verdict",
        fields=_CONFLICT,
        title=("name", "facility_id"),
    ),
    LayerStyle("demand_matches", "sharing", "#8a63d2", "5 4", 1.6, fields=_GIVEN, title=("demand_id",)),
    LayerStyle("work_reservations", "sharing", "#8c6d46", size=3, fields=_WORK, title=("work_name",), fill=0.2),
    LayerStyle("pole_routes", "sharing", "#7a6a2a", size=3, fields=_POLES, title=("cable_id",)),
    LayerStyle(
        "gap_stretches",
        "gaps",
        GAP,
        size=5,
        fields=_STRETCH,
        title=("road_name", "ref", "road_id"),
        shown=True,
        gap=True,
    ),
    LayerStyle("gap_points", "gaps", GAP, size=9, split="target_layer", fields=_PLACE, shown=True, gap=True),
    LayerStyle("village_verdicts", "gaps", GAP, size=14, fields=_VILLAGE, shown=True, gap=True),
)

GAP_MARKS = {
    "settlements": ("dot", 9.0),
    "schools": ("square", 10.0),
    "posts": ("diamond", 12.0),
    "clinics": ("square", 8.0),
    "townships": ("square", 12.0),
    "places": ("diamond", 9.0),
    "villages": ("dot", 12.0),
}
ZONE_COLORS = {
    # measured less predicted: the diverging palette "PuOr" of ColorBrewer, which needs neither red nor green
    "much weaker": "#b35806",
    "weaker": "#f1a340",
    "as predicted": "#9a9a9a",
    "stronger": "#998ec3",
    "much stronger": "#542788",
    # nodes of the cable network: loud where one cut parts them
    "root": "#3d5a80",
    "protected": "#7f9fbf",
    "single route": "#b35806",
    "not connected": "#8a8a8a",
    "permanent basic farmland": "#a08a1f",
    "ecological red line": "#2e7d4f",
    "nature reserve core": "#14532d",
    "urban development boundary": "#7a4f9a",
    "land use": "#8a8a8a",
    "forbidden": "#8c2d04",
    "needs recognition": "#1b7837",
}


def other_operators(names: Iterable[str]) -> tuple[str, ...]:
    """Give the names without a colour of their own, in order: every view numbers them alike.

    Examples
    --------
    >>> other_operators(["乙公司", "中国移动", "甲公司", ""])
    ('乙公司', '甲公司')
    """
    return tuple(sorted({str(name) for name in names} - set(_OPERATORS) - {""}))


def operator_color(name: str, others: tuple[str, ...] = ()) -> str:
    """Give the colour of an operator or owner.

    Parameters
    ----------
    name
        Canonical name; one that is not known takes the colour of its place in `others`.
    others
        Names without a colour of their own, in order.

    Examples
    --------
    >>> operator_color("中国移动")
    '#0072b2'
    >>> operator_color("乙公司", ("甲公司", "乙公司"))
    '#8a63d2'
    """
    if name in _OPERATORS:
        return _OPERATORS[name]
    place = others.index(name) if name in others else 0
    return _OTHER_OPERATORS[place % len(_OTHER_OPERATORS)]
