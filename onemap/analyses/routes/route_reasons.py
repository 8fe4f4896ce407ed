"""What the lists of a network say of its nodes and cuts, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.columns import ids
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.network import CableNetwork
from onemap.analyses.routes.shared import LaidCables
from onemap.messages import LANGUAGES, catalogue, text

__all__ = ["Wording", "root_kinds", "wording"]

Integers = NDArray[np.int64]

_MOST_NAMED = 100
_FEW = 3
_REASONS = {
    "root": "route_root",
    "protected": "route_protected",
    "single route": "route_single",
    "not connected": "route_not_connected",
    "no root": "route_no_root",
    "no cable": "route_no_cable",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """Names of what an operator has, and what all its reasons say.

    Attributes
    ----------
    operator
        Whose.
    cable_id, node_id, is_room
        Of all cables and nodes, by position.
    constant
        Language → values of the texts.
    """

    operator: str
    cable_id: NDArray[np.object_]
    node_id: NDArray[np.object_]
    is_room: NDArray[np.bool_]
    constant: Mapping[str, Mapping[str, object]]

    def cables_of(self, network: CableNetwork, links: Integers) -> list[str]:
        """Name the cables of links, each once."""
        return [str(self.cable_id[cable]) for cable in np.unique(network.cable[links])]

    def of_node(self, row: Mapping[str, object], said: Mapping[str, object], *, asked: bool) -> dict[str, str]:
        """Say why a node is judged so, and where its second route leads if that was asked."""
        reasons = {}
        for lang in LANGUAGES:
            reason = text(_REASONS[str(row["verdict"])], lang, **{**self.constant[lang], **said})
            if row["verdict"] == "single route" and asked:
                km, to = row["second_route_km"], row["second_route_to"]
                text_id = "route_single_no_second" if to is None else "route_single_second"
                reason = text(text_id, lang, reason=reason, km=f"{km:.1f}", to=to)
            reasons[f"reason_{lang}"] = reason
        return reasons

    def of_cut(self, network: CableNetwork, links: Integers, lost: Integers) -> dict[str, object]:
        """Describe what the loss of links takes."""
        cables = self.cables_of(network, links)
        rooms = int(self.is_room[lost].sum())
        more = ["…"] if len(lost) > _MOST_NAMED else []
        row: dict[str, object] = {
            "operator": self.operator,
            "cable_ids": ";".join(cables),
            "isolated": len(lost),
            "isolated_rooms": rooms,
            "node_ids": ";".join([*map(str, self.node_id[lost[:_MOST_NAMED]]), *more]),
        }
        said = {"cables": ", ".join(cables), "isolated": len(lost), "rooms": rooms}
        text_id = "route_cut" if len(lost) else "route_cut_none"
        return row | {f"reason_{lang}": text(text_id, lang, **{**self.constant[lang], **said}) for lang in LANGUAGES}


def wording(
    laid: LaidCables, network: CableNetwork, owner: tuple[str, Integers], *, settings: RouteSettings
) -> Wording:
    """Gather the names that the reasons of an operator need.

    Parameters
    ----------
    laid, network
        Of `lay_cables` and `cable_network`.
    owner
        The operator, and the nodes that its others must stay connected to.
    settings
        What was judged by.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"]}, geometry=[way], crs="EPSG:4490"))
    >>> said = wording(laid, cable_network(laid, {}), ("甲", np.array([0])), settings=RouteSettings())
    >>> said.constant["en"]["roots"]
    'N00001'
    """
    operator, roots = owner
    table = network.nodes
    constant: dict[str, dict[str, object]] = {}
    for lang in LANGUAGES:
        named = [str(table["name"].iloc[node] or table["node_id"].iloc[node]) for node in roots[:_FEW]]
        names = ("、" if lang == "zh" else ", ").join(named)
        all_of_them = text("route_roots", lang, count=len(roots), names=names) if len(roots) > _FEW else names
        constant[lang] = {"operator": operator, "roots": all_of_them, "kinds": root_kinds(settings, lang)}
        constant[lang]["reach"] = f"{settings.room_reach_m:g}"
    cable_id = ids(laid.cables, "cables").fillna("").to_numpy(dtype=object)
    is_room = table["layer"].eq("rooms").to_numpy(dtype=bool)
    return Wording(operator, cable_id, table["node_id"].to_numpy(dtype=object), is_room, constant)


def root_kinds(settings: RouteSettings, lang: str) -> str:
    """Name the kinds of rooms that nodes must stay connected to.

    Examples
    --------
    >>> root_kinds(RouteSettings(root_kinds=("core", "hall")), "en")
    'core, hall'
    """
    known = catalogue()
    words = [known.get(f"word {kind}", {lang: kind})[lang] for kind in settings.root_kinds]
    return ("、" if lang == "zh" else ", ").join(words)
