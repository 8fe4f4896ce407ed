"""Rules over values, beyond their form: parents and names of districts, ranges, uniqueness, widths, double rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import shapely

from onemap.delivery.cells import numbers_of
from onemap.delivery.checked import CheckContext
from onemap.delivery.districts import code_level, pad_code
from onemap.delivery.profile import ProfileField
from onemap.delivery.rules.registry import LayerFault, faults, layer_rule, package_rule, row_rule
from onemap.findings import Faults

__all__ = [
    "county_of_identifier",
    "district_name_of_the_code",
    "feature_code_of_one_layer",
    "land_use_is_the_layers",
    "numbers_fit",
    "numbers_in_range",
    "parents_known",
    "rows_once",
    "values_mean_something",
    "values_unique",
]

_EMPTY_WORDS = frozenset(
    {"无", "空", "未知", "不详", "待定", "暂无", "null", "none", "nan", "n/a", "na", "-", "--", "/", "?"}
)


def _fields(context: CheckContext) -> tuple[ProfileField, ...]:
    """Give the fields of the profile that the layer has."""
    if context.layer is None:
        return ()
    return tuple(one for one in context.profile.fields_of(context.layer) if one.name in context.checked.frame)


def _known_codes(context: CheckContext) -> set[str]:
    """Give the codes of districts that are known, with twelve digits."""
    codes = set() if context.districts is None else {str(code) for code in context.districts["code"].dropna()}
    if context.profile.districts.code_list:
        codes |= set(context.profile.code_lists[context.profile.districts.code_list].codes)
    return {pad_code(code, 12) for code in codes}


@package_rule("OM-ATT-114", when=lambda context: bool(context.column("feature_code")))
def feature_code_of_one_layer(contexts: Sequence[CheckContext]) -> list[LayerFault]:
    """Require that no feature code stands in two layers: it is of those that the profile says, else of the first."""
    owners: dict[str, list[str]] = {}
    for one in contexts:
        if one.layer is not None and one.layer.ysdm:
            owners.setdefault(one.layer.ysdm, []).append(one.checked.name)
    found = []
    for context in contexts:
        for code in sorted(set(context.text(context.column("feature_code"))) - {""}):
            of_code = owners.setdefault(code, [context.checked.name])
            if context.checked.name not in of_code:
                values = {"layer": context.checked.name, "value": code, "other": of_code[0]}
                found.append(LayerFault(context.checked.name, context.checked.file, values))
    return found


@layer_rule("OM-ATT-115", when=lambda context: bool(context.column("district_code") and _known_codes(context)))
def parents_known(context: CheckContext) -> list[Mapping[str, object]]:
    """Require that towns and counties of codes stand in the list, where it has codes of their level."""
    known = _known_codes(context)
    levels = {code_level(code) for code in known}
    wrong: list[Mapping[str, object]] = []
    for code in sorted(set(context.text(context.column("district_code"))) - {""}):
        for digits in (9, 6):
            parent = pad_code(code[:digits], 12)
            if digits in levels and digits < code_level(code) and parent not in known:
                wrong.append({"layer": context.checked.name, "value": code, "parent": parent})
    return wrong


@row_rule(
    "OM-ATT-116",
    when=lambda context: (
        bool(context.column("district_code") and context.column("district_name"))
        and context.districts is not None
        and "name" in context.districts
    ),
)
def district_name_of_the_code(_: pd.DataFrame, context: CheckContext) -> Faults:
    """Require the name that the district of the code has."""
    code, name = context.text(context.column("district_code")), context.text(context.column("district_name"))
    districts = context.districts
    known = (
        {}
        if districts is None
        else {pad_code(str(a), 12): str(b) for a, b in zip(districts["code"], districts["name"], strict=True)}
    )
    wanted = code.map({one: known.get(pad_code(one, 12), "") for one in code.unique()}).astype("string")
    return faults(wanted.ne("") & name.ne("") & name.ne(wanted), value=name, wanted=wanted)


@row_rule("OM-ATT-117", when=lambda context: bool(context.column("identifier") and context.column("district_code")))
def county_of_identifier(_: pd.DataFrame, context: CheckContext) -> Faults:
    """Require an identifier of the county that the district lies in."""
    identifier, code = context.text(context.column("identifier")), context.text(context.column("district_code"))
    wrong = identifier.ne("") & code.ne("") & identifier.str[:6].ne(code.str[:6])
    starts_with_county = context.profile.bsm.pattern.startswith(("{county", "{district"))
    return faults(wrong & starts_with_county, value=identifier, code=code)


@row_rule(
    "OM-ATT-118",
    when=lambda context: any(one.minimum is not None or one.maximum is not None for one in _fields(context)),
)
def numbers_in_range(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require numbers between the smallest and largest of their field."""
    wrong, values = pd.Series("", index=layer.index, dtype="string"), pd.Series(np.nan, index=layer.index)
    for one in _fields(context):
        if one.type != "text":
            number = numbers_of(layer[one.name])
            low = number.lt(-np.inf if one.minimum is None else one.minimum)
            high = number.gt(np.inf if one.maximum is None else one.maximum)
            wrong, values = wrong.mask(low | high, one.name), values.mask(low | high, number)
    return faults(wrong.ne(""), field=wrong, value=values)


@row_rule("OM-ATT-119", when=lambda context: any(one.unique for one in _fields(context)))
def values_unique(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require values that stand once in the layer or in a district; the first is not at fault."""
    wrong, values = pd.Series("", index=layer.index, dtype="string"), pd.Series("", index=layer.index, dtype="string")
    district = context.column("district_code")
    for one in _fields(context):
        if one.unique:
            text = context.text(one.name)
            within = context.text(district) if one.unique == "district" and district else text.str[:0]
            again = pd.DataFrame({"value": text, "within": within}).duplicated() & text.ne("")
            wrong, values = wrong.mask(again, one.name), values.mask(again, text)
    return faults(wrong.ne(""), field=wrong, value=values)


@row_rule("OM-ATT-120", when=lambda context: any(one.required and one.type == "text" for one in _fields(context)))
def values_mean_something(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Name required values that are words for nothing."""
    wrong, values = pd.Series("", index=layer.index, dtype="string"), pd.Series("", index=layer.index, dtype="string")
    for one in _fields(context):
        if one.required and one.type == "text":
            text = context.text(one.name)
            empty = text.str.lower().isin(list(_EMPTY_WORDS))
            wrong, values = wrong.mask(empty, one.name), values.mask(empty, text)
    return faults(wrong.ne(""), field=wrong, value=values)


@row_rule("OM-ATT-121", when=lambda context: len(_fields(context)) > 1)
def rows_once(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require rows that differ in more than their identifier; the later of two is at fault."""
    names = [one.name for one in _fields(context) if one.filled_by != "identifier"]
    keys = pd.DataFrame({name: context.text(name).astype(object) for name in names})
    shape = shapely.to_wkb(context.checked.geometry()) if context.checked.has_geometry else None
    keys["geometry of the row"] = shape
    hashed = pd.util.hash_pandas_object(keys.fillna(""), index=False)
    again = hashed.duplicated()
    number = pd.Series(np.arange(1, len(layer) + 1), index=layer.index)
    return faults(again, other=number.groupby(hashed).transform("first"))


@row_rule(
    "OM-ATT-122", when=lambda context: bool(context.column("land_use") and context.layer and context.layer.land_use)
)
def land_use_is_the_layers(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require the land use code that the profile gives the layer."""
    wanted = "" if context.layer is None else context.layer.land_use
    text = context.text(context.column("land_use"))
    return faults(text.ne("") & text.ne(wanted), value=text, wanted=pd.Series(wanted, index=layer.index))


@row_rule("OM-ATT-123", when=lambda context: any(one.type != "text" for one in _fields(context)))
def numbers_fit(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require numbers with no more digits and decimals than their field."""
    wrong, values = pd.Series("", index=layer.index, dtype="string"), pd.Series(np.nan, index=layer.index)
    for one in _fields(context):
        if one.type != "text":
            number = numbers_of(layer[one.name]).replace([np.inf, -np.inf], np.nan)
            places = one.length - one.decimals - bool(one.decimals)
            finer = (number - number.round(one.decimals)).abs().gt(number.abs() * 1e-12 + 1e-9)
            bad = number.abs().ge(10.0**places) | finer
            wrong, values = wrong.mask(bad, one.name), values.mask(bad, number)
    return faults(wrong.ne(""), field=wrong, value=values)
