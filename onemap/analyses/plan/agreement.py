"""Whose leave a site of a plan needs: owners of what is used, of where it connects, of its power; authorities."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from onemap.analyses.columns import column, ids
from onemap.analyses.plan.alternatives import SHARED_KINDS
from onemap.analyses.plan.choosing import Chosen, Ground
from onemap.messages import Told

__all__ = ["owners_to_ask"]

_OWNER = {"cables": "operator", "rooms": "operator", "ducts": "owner", "nodes": "owner", "towers": "owner",
          "structures": "owner"}  # fmt: skip
_LEANS = (("plan_agree_connection", "to_layer", "to_id"), ("plan_agree_power", "power_layer", "power_id"))


def owners_to_ask(chosen: Chosen, ground: Ground) -> list[list[Told]]:
    """List who has to agree to each site.

    Parameters
    ----------
    chosen, ground
        The plan, and the layers that name owners.

    Returns
    -------
    asked
        In the order of building, each with what is asked for: the owner of the tower, structure or roof; of the room,
        node, cable or tower that it is connected to; of the pylon or tower that gives power; the holder of the land of
        what is built; the authority where a zone asks for recognition.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> [[str(one) for one in asked] for asked in owners_to_ask(*example_plan())]
    [['铁塔公司 (owner)'], ['the holder of the land (to be found out)']]
    """
    owners = {name: _owners(ground.layers.get(name), name) for name in _OWNER}
    ways = _ways(chosen)
    sites = chosen.sites
    columns = ("candidate_id", "kind", "facility_layer", "facility_id", "owner", "zone_status", "zone_ids")
    asked = []
    for name, kind, place, own, owner, zone, zones in zip(*(column(sites, one) for one in columns), strict=True):
        parts = [_of_site(str(kind), owner)] if kind != "satellite" else []
        if not pd.isna(zone) and zone == "needs recognition":
            parts.append(Told("plan_agree_zone", {"zones": "-" if pd.isna(zones) else zones}))
        way = ways.get(str(name), {})
        for what, layer, row in _LEANS:
            if pd.isna(own) or (str(way.get(layer)), str(way.get(row))) != (
                str(place),
                str(own),
            ):  # whose leave is asked for the site itself
                parts += _of_facility(what, way.get(layer), way.get(row), owners)
        asked.append(parts)
    return asked


def _owners(layer: gpd.GeoDataFrame | None, name: str) -> Mapping[str, str]:
    """Give the owners of a layer by id."""
    if layer is None or layer.empty:
        return {}
    table = pd.DataFrame({"id": ids(layer, name), "owner": column(layer, _OWNER[name])}).dropna()
    return dict(zip(table["id"], table["owner"], strict=True))


def _ways(chosen: Chosen) -> Mapping[str, Mapping[str, object]]:
    """Give where each site is connected, and what gives it power."""
    if chosen.connections is None:
        return {}
    rows = chosen.connections.sites
    columns = ["site_id", "to_layer", "to_id", "power_layer", "power_id"]
    table = pd.DataFrame({one: column(rows, one) for one in columns})
    return {str(row["site_id"]): row for row in table.to_dict("records")}  # type: ignore[misc]


def _of_site(kind: str, owner: object) -> Told:
    """Say who owns what a site stands on."""
    if kind in SHARED_KINDS:
        if pd.isna(owner):  # type: ignore[call-overload]
            return Told("plan_agree_owner_unknown")
        return Told("plan_agree_owner", {"owner": owner})
    return Told("plan_agree_land")


def _of_facility(text_id: str, layer: object, name: object, owners: Mapping[str, Mapping[str, str]]) -> list[Told]:
    """Say who owns a facility that a site leans on; nothing where that is not known."""
    if pd.isna(layer) or pd.isna(name):  # type: ignore[call-overload]
        return []
    owner = owners.get(str(layer), {}).get(str(name))
    return [] if owner is None else [Told(text_id, {"owner": owner, "id": name})]
