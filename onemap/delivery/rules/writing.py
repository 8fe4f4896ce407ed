"""Rules over text as it is written: broken characters, blanks, widths of digits, what a format can hold."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from onemap.delivery.cells import numbers_of, text_of
from onemap.delivery.checked import CheckContext
from onemap.delivery.rules.registry import faults, row_rule
from onemap.findings import Faults

__all__ = [
    "codes_half_width",
    "text_fits_shapefile",
    "text_in_gbk",
    "text_not_broken",
    "text_visible",
    "text_without_blanks",
    "whole_numbers_fit",
]

_BROKEN = "\ufffd|锟斤拷|烫烫|屯屯|ï»¿|Ã[\x80-\xbf]|â€|\\?{3,}"
_INVISIBLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ue000-\uf8ff]|[\r\n\t]"
_FULL_WIDTH = "[\uff01-\uff5e\u3000]"
_CODE_FILLS = {"identifier", "feature_code", "district_code", "kind_code", "land_use", "id"}
_SHAPEFILE_BYTES = 254
_LARGEST = 2**31 - 1


def _has_text(context: CheckContext) -> bool:
    """Tell whether the layer has text."""
    return bool(_texts(context))


def _texts(context: CheckContext) -> list[str]:
    """Give the columns of text as stored."""
    return [one.name for one in context.checked.fields if one.kind == "text" and one.name in context.checked.frame]


def _codes(context: CheckContext) -> list[str]:
    """Give the columns with codes."""
    if context.layer is None:
        return []
    fields = [one.name for one in context.profile.fields_of(context.layer) if one.filled_by in _CODE_FILLS]
    return [name for name in fields if name in context.checked.frame]


@row_rule("OM-ENC-101", when=_has_text)
def text_not_broken(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require text that was not read or written in a wrong encoding."""
    return _found_in(layer, context, lambda text: text.str.contains(_BROKEN, regex=True))


@row_rule("OM-ENC-102", when=_has_text)
def text_visible(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require text without control characters, characters of no width, or ones that no standard defines."""
    return _found_in(layer, context, lambda text: text.str.contains(_INVISIBLE, regex=True))


@row_rule("OM-ENC-103", when=lambda context: bool(_codes(context)))
def codes_half_width(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require half-width digits and letters in codes, without blanks inside."""
    wrong = pd.Series("", index=layer.index, dtype="string")
    for name in _codes(context):
        wrong = wrong.mask(context.text(name).str.contains(_FULL_WIDTH + r"|\s", regex=True), name)
    return faults(wrong.ne(""), field=wrong)


@row_rule("OM-ENC-104", when=_has_text)
def text_without_blanks(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require text without blanks before and after it."""
    wrong = pd.Series("", index=layer.index, dtype="string")
    for name in _texts(context):
        text = context.text(name)
        stored = text_of(layer[name], strip=False)
        wrong = wrong.mask(text.ne("") & stored.str.len().ne(text.str.len()), name)
    return faults(wrong.ne(""), field=wrong)


@row_rule("OM-OUT-102", when=_has_text, named=True)
def text_in_gbk(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require text that GBK can hold, as Shapefiles in GBK need it."""
    return _found_in(layer, context, lambda text: text.map(_gbk_bytes).lt(0))


@row_rule("OM-OUT-103", when=_has_text, named=True)
def text_fits_shapefile(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require text of at most 254 bytes of GBK, as wide as a field of a Shapefile can be."""
    return _found_in(layer, context, lambda text: text.map(_gbk_bytes).gt(_SHAPEFILE_BYTES))


@row_rule("OM-OUT-104", when=lambda context: any(one.kind == "integer" for one in context.checked.fields))
def whole_numbers_fit(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require whole numbers of 32 bits: a geodatabase turns longer ones into floats."""
    wrong = pd.Series("", index=layer.index, dtype="string")
    for one in context.checked.fields:
        if one.kind == "integer" and one.name in layer:
            number = numbers_of(layer[one.name])
            wrong = wrong.mask(number.abs().gt(_LARGEST), one.name)
    return faults(wrong.ne(""), field=wrong)


def _found_in(
    layer: pd.DataFrame, context: CheckContext, is_wrong: Callable[[pd.Series[str]], pd.Series[bool]]
) -> Faults:
    """Join what is wrong in each column of text; each text that stands often is looked at once."""
    wrong, values = pd.Series("", index=layer.index, dtype="string"), pd.Series("", index=layer.index, dtype="string")
    for name in _texts(context):
        text = context.text(name)
        distinct = pd.Series(text.unique(), dtype="string")
        at_fault = text.isin(list(distinct[is_wrong(distinct).astype(bool)]))
        if at_fault.any():
            wrong, values = wrong.mask(at_fault, name), values.mask(at_fault, text.str[:40])
    return faults(wrong.ne(""), field=wrong, value=values)


def _gbk_bytes(text: str) -> int:
    """Give the length of a text in GBK, -1 where it cannot be written so."""
    try:
        return len(text.encode("gbk"))
    except UnicodeEncodeError:
        return -1
