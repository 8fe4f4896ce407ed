"""Rules over the structure of a layer: its fields, their types, widths and order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from onemap.delivery.cells import numbers_of
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
_TEXT_ONLY = "CSV"
_VALUES_ONLY = {"GeoJSON", _TEXT_ONLY}
"""Formats without a list of fields: kinds are those of the values, there are no widths, and no rows have no fields."""
_SHAPEFILE_BYTES = 254
_BYTES_PER_CHARACTER = 3
_ROW_IDS = {"fid", "objectid", "ogc_fid", "shape_length", "shape_area", "shape_leng"}


def _known(context: CheckContext) -> bool:
    """Tell whether the layer is the profile's and was opened."""
    return context.layer is not None and not context.checked.problem


def _has_fields(context: CheckContext) -> bool:
    """Tell whether the layer's fields can be known."""
    return _known(context) and not (context.checked.driver in _VALUES_ONLY and context.checked.frame.empty)


def _has_widths(context: CheckContext) -> bool:
    """Tell whether the layer's fields can have widths."""
    return _known(context) and context.checked.driver not in _VALUES_ONLY


def _pairs(context: CheckContext) -> Iterator[tuple[ProfileField, CheckedField]]:
    """Give the fields that are both wanted and there."""
    there = {one.name.upper(): one for one in context.checked.fields}
    for field in _wanted(context):
        if field.name.upper() in there:
            yield field, there[field.name.upper()]


def _wanted(context: CheckContext) -> tuple[ProfileField, ...]:
    """Give the fields that the profile wants in this layer."""
    return () if context.layer is None else context.profile.fields_of(context.layer)


@layer_rule("OM-FLD-101", when=_has_fields)
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
        if found.kind != wanted.type and not _may_stand(wanted, found, context)
    ]


@layer_rule("OM-FLD-103", when=_has_widths)
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


def _may_stand(wanted: ProfileField, found: CheckedField, context: CheckContext) -> bool:
    """Tell whether a field of another kind holds what is wanted all the same."""
    if context.checked.driver in _VALUES_ONLY:
        column = context.checked.frame.get(found.name)
        if column is None or column.isna().all():  # nothing tells the kind
            return True
        if context.checked.driver == _TEXT_ONLY:
            column = numbers_of(column.dropna())
            return wanted.type in {"number", "integer"} and bool(column.notna().all()) and _holds(column, wanted.type)
        return {wanted.type, found.kind} == {"number", "integer"} and _holds(column, wanted.type)
    if wanted.type == "number":
        return found.kind == "integer" and wanted.decimals == 0
    return wanted.type == "integer" and found.kind == "number" and found.decimals == 0


def _holds(column: pd.Series[Any], kind: str) -> bool:
    """Tell whether numbers of a format that has one kind of them are of a kind."""
    return kind == "number" or bool(column.dropna().mod(1).eq(0).all())


def _width_fits(wanted: int, found: int | None, context: CheckContext) -> bool:
    """Compare two widths by what the format counts."""
    if context.checked.driver != _SHAPEFILE:
        return found == wanted
    return min(wanted, _SHAPEFILE_BYTES) <= (found or 0) <= min(wanted * _BYTES_PER_CHARACTER, _SHAPEFILE_BYTES)
