"""Rules over values: required, width, codes, identifiers, areas."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

import numpy as np
import pandas as pd

from onemap.delivery.cells import numbers_of
from onemap.delivery.checked import CheckContext
from onemap.delivery.profile import Profile, ProfileField, ProfileLayer
from onemap.delivery.rules.registry import faults, layer_rule, row_rule
from onemap.findings import Faults

__all__ = [
    "area_agrees",
    "code_in_list",
    "code_list_published",
    "feature_code_is_the_layers",
    "feature_code_known",
    "identifier_form",
    "identifier_unique",
    "numbers_not_negative",
    "required_filled",
    "text_fits",
]

_COUNTY_DIGITS = 6


def _fields(context: CheckContext) -> tuple[ProfileField, ...]:
    """Give the fields of the profile that the layer has."""
    if context.layer is None:
        return ()
    return tuple(one for one in context.profile.fields_of(context.layer) if one.name in context.checked.frame)


def _any_field(context: CheckContext) -> bool:
    """Tell whether the layer has any field of the profile."""
    return bool(_fields(context))


def _first_field(layer: pd.DataFrame, wrong: Mapping[str, pd.Series[bool]]) -> tuple[pd.Series[bool], pd.Series[str]]:
    """Join masks of several fields: rows at fault, and the names of the fields."""
    mask = np.zeros(len(layer), dtype=bool)
    names = np.full(len(layer), "", dtype=object)
    for name, column in wrong.items():
        here = column.to_numpy(dtype=bool)
        names[here & mask] += ", "
        names[here] += name
        mask |= here
    return pd.Series(mask, index=layer.index, dtype="bool"), pd.Series(names, index=layer.index, dtype="string")


@row_rule("OM-ATT-101", when=_any_field)
def required_filled(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require a value, not blank, in every required field."""
    wrong = {}
    for one in _fields(context):
        if one.required:
            wrong[one.name] = context.text(one.name).eq("") if one.type == "text" else layer[one.name].isna()
    mask, names = _first_field(layer, wrong)
    return faults(mask, field=names)


@row_rule("OM-ATT-102", when=_any_field)
def text_fits(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require that no value is longer than its field."""
    wrong = {
        one.name: context.text(one.name).str.len().gt(one.length) for one in _fields(context) if one.type == "text"
    }
    mask, names = _first_field(layer, wrong)
    return faults(mask, field=names)


@row_rule("OM-ATT-103", when=lambda context: any(one.code_list for one in _fields(context)))
def code_in_list(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require that coded values stand in their list; an empty value is not a code."""
    wrong, values = {}, pd.Series("", index=layer.index, dtype="string")
    for one in _fields(context):
        if one.code_list:
            text = context.text(one.name)
            wrong[one.name] = text.ne("") & ~text.isin(list(context.profile.code_lists[one.code_list].codes))
            values = values.where(~wrong[one.name].astype(bool), text)
    mask, names = _first_field(layer, wrong)
    return faults(mask, field=names, value=values)


@layer_rule("OM-ATT-104", when=lambda context: any(one.code_list for one in _fields(context)))
def code_list_published(context: CheckContext) -> list[Mapping[str, object]]:
    """Warn where codes come from a list that is an example."""
    lists = context.profile.code_lists
    return [
        {"layer": context.checked.name, "field": one.name, "code_list": one.code_list}
        for one in _fields(context)
        if one.code_list and lists[one.code_list].example
    ]


@row_rule("OM-ATT-105", when=lambda context: bool(context.column("identifier")))
def identifier_unique(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require that an identifier stands once in all layers together; the first row that has it is not at fault."""
    text = context.text(context.column("identifier"))
    first = text.map({value: f"{name} {row + 1}" for value, (_, name, row) in context.identifiers.items() if value})
    here = f"{context.checked.name} " + pd.Series(np.arange(1, len(layer) + 1).astype(str), index=layer.index)
    return faults(first.notna() & first.ne(here), value=text, other=first)


@row_rule("OM-ATT-106", when=lambda context: bool(context.column("identifier") and context.profile.bsm.pattern))
def identifier_form(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require the form of the profile: county, number of the layer, sequence."""
    text = context.text(context.column("identifier"))
    pattern = _identifier_pattern(context.profile, context.layer)
    counties = set() if context.districts is None else {str(code)[:6] for code in context.districts["code"]}

    def is_wrong(value: str) -> bool:
        match = pattern.fullmatch(value)
        county = "" if match is None else match.groupdict().get("county", "")
        return match is None or bool(county and counties and county not in counties)

    wrong = [bool(value) and is_wrong(value) for value in text]
    mask = pd.Series(wrong, index=layer.index, dtype=bool)
    return faults(mask, value=text, pattern=pd.Series(context.profile.bsm.pattern, index=layer.index))


def _identifier_pattern(profile: Profile, layer: ProfileLayer | None) -> re.Pattern[str]:
    """Turn the pattern of identifiers into an expression to match."""
    expression, named = "", False
    for literal, name, spec, _ in string.Formatter().parse(profile.bsm.pattern):
        digits = int("".join(filter(str.isdigit, spec or "")) or 0)
        expression += re.escape(literal)
        if name == "layer":
            expression += re.escape(format(0 if layer is None else layer.number, spec or ""))
        elif name == "county" and not named:
            expression, named = expression + rf"(?P<county>[0-9]{{{digits or 6}}})", True
        elif name == "district":
            more = (digits or profile.districts.code_level) - _COUNTY_DIGITS
            county = f"[0-9]{{{_COUNTY_DIGITS}}}" if named else f"(?P<county>[0-9]{{{_COUNTY_DIGITS}}})"
            expression, named = expression + rf"{county}[0-9]{{{more}}}", True
        elif name is not None:
            expression += rf"[0-9]{{{digits},}}" if not digits else rf"[0-9]{{{digits}}}"
    return re.compile(expression)


@row_rule(
    "OM-ATT-107", when=lambda context: bool(context.column("feature_code") and context.layer and context.layer.ysdm)
)
def feature_code_is_the_layers(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require the layer's feature code in each row."""
    wanted = "" if context.layer is None else context.layer.ysdm
    text = context.text(context.column("feature_code"))
    return faults(text.ne(wanted) & text.ne(""), value=text, wanted=pd.Series(wanted, index=layer.index))


@layer_rule("OM-ATT-108", when=lambda context: bool(context.column("feature_code")))
def feature_code_known(context: CheckContext) -> list[Mapping[str, object]]:
    """Warn where the feature code is a placeholder: the receiving department must give it."""
    layer = context.layer
    is_made_up = layer is not None and layer.ysdm_placeholder
    return [{"layer": context.checked.name, "value": layer.ysdm}] if is_made_up and layer is not None else []


@row_rule("OM-ATT-110", when=lambda context: any(one.type != "text" for one in _fields(context)))
def numbers_not_negative(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require numbers of zero or more, finite; areas of more than zero."""
    wrong, values = {}, pd.Series("", index=layer.index, dtype="string")
    for one in _fields(context):
        if one.type != "text":
            number = numbers_of(layer[one.name])
            is_low = number.le(0) if one.filled_by == "area" else number.lt(0)
            wrong[one.name] = is_low | np.isinf(number)
            values = values.where(~wrong[one.name], number.astype("string"))
    mask, names = _first_field(layer, wrong)
    return faults(mask, field=names, value=values)


@row_rule(
    "OM-ATT-112",
    when=lambda context: bool(context.column("area")) and context.checked.has_geometry and bool(context.checked.crs),
)
def area_agrees(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require an area that agrees with the geometry, by the share and the square metres of the profile."""
    stated = numbers_of(layer[context.column("area")])
    computed = pd.Series(context.areas_m2(), index=layer.index)
    difference = (stated - computed).abs()
    limits = context.profile.area_check
    by_share, by_size = difference.gt(limits.share * computed), difference.gt(limits.m2)
    mask = (by_share & by_size) if limits.fault_when == "both" else (by_share | by_size)
    return faults(mask, stated=stated.map("{:.2f}".format), computed=computed.map("{:.2f}".format))
