"""Every layer of the map in its group by theme: how it is drawn, and what its popup shows."""

from __future__ import annotations

from onemap.views.style import GAP, PLAN, LayerStyle

__all__ = ["GROUPS", "STYLES"]

GROUPS = ("gaps", "plan", "areas", "sharing", "routes", "measured", "supply", "people", "ground", "zones")

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
_ALLOWED = ("facility_layer", "facility_id", "zone_ids", "distance_m", "clearance_m", "radius_m")
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
_SECTION = ("cables", "operators", "cable_ids", "length_km")
_TWO = ("verdict", "operator", "root_id", "first_km", "second_km", "cut_cables", "kind", "node_id")
_DELAY = ("centre_a", "centre_b", "delay_us", "length_km", "rooms_passed", "cable_ids")
_AREA = (
    "technology",
    "operator",
    "covered_share",
    "depends_share",
    "uncovered_share",
    "area_km2",
    "population",
    "covered_population_share",
    "basis",
)
_INDICATOR = (
    "state",
    "covered_share",
    "required_share",
    "covered",
    "depends",
    "uncovered",
    "total",
    "unit",
    "missing",
    "deadline",
    "confidence",
)
_MEASURE = ("measure", "known_share", "value", "total", "mean", "unknown")
_FIBRE = ("distance_m", "way", "straight_m", "supply_layer", "supply_id", "capacity_known", "households", "population")
_RANK = ("rank", "score", "lacks", "households", "population", "unknown_parts", "target_layer", "target_id")
_BUILD = ("rank", "technology", "households", "fibre_m", "chainage_from", "chainage_to", "length_m", "target_layer")
_ACCEPTED = ("outcome", "good_share", "samples", "technology", "operator", "drawn", "county", "finished_id")
_CHANGED = ("change", "technology", "operator", "verdict_before", "verdict_after", "target_layer", "target_id")
_ASKED = ("conclusion", "requester", "resource", "units", "wanted_height_m", "year", "candidate_id", "candidate_owner")
_STRUCTURE = ("kind", "owner", "height_agl_m", "voltage_kv", "load_spare_kg", "structure_id")

_PLANNED = (
    "build_order",
    "year",
    "what",
    "cost",
    "cost_site",
    "cost_radio",
    "cost_connection",
    "cost_power",
    "cost_access",
    "agree",
    "served",
    "indicators",
    "certainty",
    "site_id",
)
_LINKED = (
    "site_id",
    "to_layer",
    "to_id",
    "route_m",
    "shared_with",
    "trench_m",
    "leg_m",
    "hung_m",
    "bore_m",
    "spare_m",
    "link_m",
    "cost_fibre",
    "cost_microwave",
    "cost",
)
_SERVED = (
    "technology",
    "operator",
    "site_id",
    "distance_m",
    "margin_db",
    "cheapest",
    "cheapest_cost",
    "weight",
    "must",
)
_LEFT_OUT = ("cause", "kind", "owner", "equipment", "zone_ids", "facility_id")
_LOOK = ("satellite", "elevation_deg", "horizon_deg", "margin_deg", "azimuth_deg", "sky_share", "target_layer")

# From the bottom of the map to its top.
STYLES = (
    LayerStyle("zones", "zones", "#6f8f4e", size=1, split="kind", fields=("kind", "kind_code"), fill=0.16),
    LayerStyle("sea_areas", "ground", "#7fa3bd", size=1, fields=("code", "level"), fill=0.25),
    LayerStyle(
        "area_coverage",
        "areas",
        "#8fb7cf",
        size=1,
        split="area_layer",
        fields=_AREA,
        fill=0.6,
        classes=("covered_share", "covered_population_share"),
        alone=True,
    ),
    LayerStyle(
        "indicators",
        "areas",
        "#8fb7cf",
        size=1,
        split="target_id",
        fields=_INDICATOR,
        title=("district_name",),
        fill=0.6,
        classes=("state", "covered_share"),
        alone=True,
    ),
    LayerStyle(
        "development",
        "areas",
        "#8fb7cf",
        size=1,
        split="measure",
        fields=_MEASURE,
        title=("district_name",),
        fill=0.6,
        classes=("known_share",),
        alone=True,
    ),
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
        "routes",
        "#2c7fb8",
        "dot",
        7,
        fields=_FIBRE,
        title=("name", "target_id"),
        classes=("distance_class",),
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
    LayerStyle("route_sections", "routes", "#7f9fbf", size=2.5, fields=_SECTION, title=("cable_ids",)),
    LayerStyle("two_routes", "routes", "#009e73", size=3, fields=_TWO, title=("name", "node_id"), classes=("verdict",)),
    LayerStyle("path_delays", "routes", "#22405f", "6 3", 2.5, fields=_DELAY, title=("centre_a",)),
    LayerStyle("network_cuts", "routes", "#b35806", size=3, fields=_CUT, title=("cut_id",)),
    LayerStyle(
        "network_nodes", "routes", "#5b6b7a", "ring", 7, split="verdict", fields=_NODE, title=("name", "node_id")
    ),
    LayerStyle("sharing_matches", "sharing", "#1f9bcf", "5 4", 1.6, fields=_MATCH, title=("place_name",), ended=True),
    LayerStyle(
        "sharing_unmatched",
        "sharing",
        "#4d4d4d",
        "diamond",
        8,
        fields=("place_layer", "technology"),
        title=("place_name",),
    ),
    LayerStyle("allowed_places", "zones", "#00a6d6", "5 4", 2, fields=_ALLOWED, ended=True),
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
    LayerStyle(
        "demand_matches", "sharing", "#8a63d2", "5 4", 2, fields=_GIVEN, title=("demand_name", "demand_id"), ended=True
    ),
    LayerStyle(
        "demand_outcomes",
        "sharing",
        "#8a63d2",
        "diamond",
        10,
        fields=_ASKED,
        title=("demand_name", "demand_id"),
        classes=("conclusion",),
    ),
    LayerStyle("work_reservations", "sharing", "#8c6d46", size=3, fields=_WORK, title=("work_name",), fill=0.2),
    LayerStyle("pole_routes", "sharing", "#7a6a2a", size=3, fields=_POLES, title=("cable_id",)),
    LayerStyle(
        "verdict_changes",
        "measured",
        "#0072b2",
        "dot",
        8,
        fields=_CHANGED,
        title=("name", "target_id"),
        classes=("change",),
    ),
    LayerStyle(
        "acceptance",
        "measured",
        "#0072b2",
        "square",
        8,
        fields=_ACCEPTED,
        title=("name", "finished_id"),
        classes=("outcome",),
    ),
    LayerStyle("application_list", "gaps", "#b8860b", "diamond", 9, fields=_BUILD, title=("name", "target_id")),
    LayerStyle(
        "gap_priorities", "gaps", "#22272d", "number", 17, fields=_RANK, title=("name", "target_id"), number="rank"
    ),
    LayerStyle(
        "plan_rejected_candidates",
        "plan",
        "#8a8a8a",
        "dot",
        5,
        fields=_LEFT_OUT,
        title=("name", "facility_id"),
        clustered=True,
    ),
    LayerStyle("satellite_looks", "plan", "#5b6b7a", "triangle", 8, split="verdict", fields=_LOOK),
    LayerStyle("plan_served", "plan", PLAN, "dot", 6, split="state", fields=_SERVED, title=("name", "target_id")),
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
    LayerStyle("plan_connections", "plan", PLAN, split="way", fields=_LINKED, title=("site_id",), shown=True),
    LayerStyle(
        "plan_sites",
        "plan",
        PLAN,
        "dot",
        20,
        split="kind",
        fields=_PLANNED,
        title=("name", "site_id"),
        shown=True,
        number="build_order",
    ),
)
