"""Rules over the package: layers there, readable, of the profile, in the right system of coordinates."""

from __future__ import annotations

from collections.abc import Mapping

from pyproj import CRS
from pyproj.exceptions import CRSError as ProjCRSError

from onemap.delivery.checked import CheckContext
from onemap.delivery.rules.registry import layer_rule
from onemap.errors import CRSError
from onemap.layers.crs_names import crs_label, parse_crs

__all__ = ["crs_as_required", "crs_declared", "layer_known", "layer_not_empty", "layer_opens"]


@layer_rule("OM-PKG-102", when=lambda _: True)
def layer_opens(context: CheckContext) -> list[Mapping[str, object]]:
    """Require that a layer can be opened."""
    problem = context.checked.problem
    return [{"layer": context.checked.name, "problem": problem}] if problem else []


@layer_rule("OM-PKG-103", when=lambda context: context.layer is not None and not context.checked.problem)
def layer_not_empty(context: CheckContext) -> list[Mapping[str, object]]:
    """Require rows in a mandatory layer."""
    mandatory = context.layer is not None and context.layer.presence == "mandatory"
    return [{"layer": context.checked.name}] if mandatory and context.checked.frame.empty else []


@layer_rule("OM-PKG-104", when=lambda context: not context.checked.problem)
def layer_known(context: CheckContext) -> list[Mapping[str, object]]:
    """Say which layers are not the profile's: only general rules look at them."""
    values = {"layer": context.checked.name, "profile": context.profile.name}
    return [values] if context.layer is None else []


@layer_rule("OM-CRS-101", when=lambda context: context.layer is not None and bool(context.checked.crs))
def crs_as_required(context: CheckContext) -> list[Mapping[str, object]]:
    """Require the system of coordinates of the profile."""
    wanted = context.profile.crs.text
    if not wanted or _agrees(str(context.checked.crs), wanted):
        return []
    return [{"layer": context.checked.name, "found": _label(str(context.checked.crs)), "wanted": wanted}]


@layer_rule("OM-CRS-102", when=lambda context: context.checked.has_geometry)
def crs_declared(context: CheckContext) -> list[Mapping[str, object]]:
    """Require that a layer says its system of coordinates."""
    return [] if context.checked.crs else [{"layer": context.checked.name}]


def _agrees(found: str, wanted: str) -> bool:
    """Compare two systems, heights included."""
    try:
        left, right = CRS.from_user_input(found), CRS.from_user_input(wanted)
        if left.is_compound != right.is_compound:
            return False
        if left.is_compound and left.sub_crs_list[1].name != right.sub_crs_list[1].name:
            return False
        left, right = parse_crs(left), parse_crs(right)
    except (ProjCRSError, CRSError):
        return False
    return crs_label(left) == crs_label(right) or left.equals(right, ignore_axis_order=True)


def _label(crs: str) -> str:
    """Name a system briefly, as it stands if it cannot be read."""
    try:
        whole = CRS.from_user_input(crs)
        return str(whole.name) if whole.is_compound else crs_label(parse_crs(whole))
    except (ProjCRSError, CRSError):
        return crs[:80]
