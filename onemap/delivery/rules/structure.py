"""Rules over the structure of a layer: its fields, their types, widths and order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onemap.delivery.checked import CheckContext, CheckedField
from onemap.delivery.profile import ProfileField
from onemap.delivery.rules.registry import layer_rule

__all__ = [
    "decimals_as_required",
    "fields_in_order",
    "fields_known",
    "fields_present",
    "type_as_required",
    "width_as_required",
]

_SHAPEFILE = "ESRI Shapefile"
_SHAPEFILE_BYTES = 254
_BYTES_PER_CHARACTER = 3
_ROW_IDS = {"fid", "objectid", "ogc_fid", "shape_length", "shape_area", "shape_leng"}


def _known(context: CheckContext) -> bool:
    """Tell whether the layer is the profile's and was opened."""
    return context.layer is not None and not context.checked.problem


def _pairs(context: CheckContext) -> Iterator[tuple[ProfileField, CheckedField]]:
    """Give the fields that are both wanted and there."""
    there = {one.name.upper(): one for one in context.checked.fields}
    for field in _wanted(context):
        if field.name.upper() in there:
            yield field, there[field.name.upper()]


def _wanted(context: CheckContext) -> tuple[ProfileField, ...]:
    """Give the fields that the profile wants in this layer."""
    return () if context.layer is None else context.profile.fields_of(context.layer)


@layer_rule("OM-FLD-101", when=_known)
def fields_present(context: CheckContext) -> list[Mapping[str, object]]:
    """Require every field of the profile, spelt as there."""
    there = {one.name for one in context.checked.fields}
    return [
        {"layer": context.checked.name, "field": one.name, "alias": one.alias}
        for one in _wanted(context)
        if one.name not in there
    ]


@layer_rule("OM-FLD-102", when=_known)
def type_as_required(context: CheckContext) -> list[Mapping[str, object]]:
    """Require the type of the profile; a whole number may stand in a number field without decimals."""
    return [
        {"layer": context.checked.name, "field": wanted.name, "found": found.kind, "wanted": wanted.type}
        for wanted, found in _pairs(context)
        if found.kind != wanted.type
        and not (wanted.type == "number" and found.kind == "integer" and wanted.decimals == 0)
        and not (wanted.type == "integer" and found.kind == "number" and found.decimals == 0)
    ]


@layer_rule("OM-FLD-103", when=_known)
def width_as_required(context: CheckContext) -> list[Mapping[str, object]]:
    """Require the width of the profile for text; in a Shapefile, whose widths are bytes, one to three a character."""
    return [
        {"layer": context.checked.name, "field": wanted.name, "found": found.width or "-", "wanted": wanted.length}
        for wanted, found in _pairs(context)
        if wanted.type == "text" and found.kind == "text" and not _width_fits(wanted.length, found.width, context)
    ]


@layer_rule("OM-FLD-104", when=_known)
def decimals_as_required(context: CheckContext) -> list[Mapping[str, object]]:
    """Require the decimals of the profile where the format has decimals."""
    return [
        {"layer": context.checked.name, "field": wanted.name, "found": found.decimals, "wanted": wanted.decimals}
        for wanted, found in _pairs(context)
        if wanted.type == "number" and found.kind == "number" and found.width and found.decimals is not None
        and found.decimals != wanted.decimals
    ]  # fmt: skip


@layer_rule("OM-FLD-105", when=_known)
def fields_in_order(context: CheckContext) -> list[Mapping[str, object]]:
    """Require the order of the profile among its fields."""
    wanted = [one.name for one in _wanted(context)]
    found = [one.name for one in context.checked.fields if one.name in wanted]
    expected = [name for name in wanted if name in found]
    if found == expected:
        return []
    return [{"layer": context.checked.name, "found": ", ".join(found), "wanted": ", ".join(expected)}]


@layer_rule("OM-FLD-106", when=_known)
def fields_known(context: CheckContext) -> list[Mapping[str, object]]:
    """Name fields that the profile does not have."""
    wanted = {one.name for one in _wanted(context)}
    extra = [one.name for one in context.checked.fields if one.name not in wanted and one.name.lower() not in _ROW_IDS]
    return [{"layer": context.checked.name, "found": ", ".join(extra)}] if extra else []


def _width_fits(wanted: int, found: int | None, context: CheckContext) -> bool:
    """Compare two widths by what the format counts."""
    if context.checked.driver != _SHAPEFILE:
        return found == wanted
    return min(wanted, _SHAPEFILE_BYTES) <= (found or 0) <= min(wanted * _BYTES_PER_CHARACTER, _SHAPEFILE_BYTES)
