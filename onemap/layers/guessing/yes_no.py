"""Columns that answer yes or no for one member of a list: 移动, 联通, 电信; 4G, 5G."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from onemap.layers.guessing.headers import parse_header
from onemap.layers.guessing.profiles import Profile
from onemap.layers.schema import LayerSchema

__all__ = ["member_columns"]

_OPERATORS = {
    "中国移动": re.compile(r"移动|cmcc|china mobile"),
    "中国联通": re.compile(r"联通|cucc|unicom"),
    "中国电信": re.compile(r"电信|ctcc|china telecom"),
    "中国广电": re.compile(r"广电|\bcbn\b"),
    "中国铁塔": re.compile(r"^铁塔$|铁塔公司"),
}
_TECHNOLOGIES = {
    "2G": re.compile(r"2g|\bgsm"),
    "3G": re.compile(r"3g"),
    "4G": re.compile(r"4g|\blte\b"),
    "5G": re.compile(r"5g|\bnr$"),
    "NB-IoT": re.compile(r"\bnb"),
}
_MEMBERS: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "tenants": _OPERATORS,
    "shared_with": _OPERATORS,
    "technologies": _TECHNOLOGIES,
}
_OTHER_MATTERS = re.compile(r"机房|市电|数|高|编码|编号|名称|时间|日期|挂|平台|覆盖|信号|费|天线|产权")
_LEAST_YES_NO = 0.8


def member_columns(
    schema: LayerSchema, columns: Sequence[str], seen: Mapping[str, Profile]
) -> dict[str, dict[str, str]]:
    """Find the columns that answer yes or no for a member of a list.

    Parameters
    ----------
    schema
        Layer whose list fields are looked for.
    columns
        Headers.
    seen
        Values by column: a column without yes and no is none.

    Returns
    -------
    members
        List field → column → member.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.layers.catalogue import schema
    >>> from onemap.layers.guessing.profiles import profiles_of
    >>> frame = pd.DataFrame({"移动": ["是", "否"], "是否联通共享": ["√", ""], "电信": ["中国电信", ""]})
    >>> member_columns(schema("towers"), list(frame.columns), profiles_of(frame))
    {'tenants': {'移动': '中国移动', '是否联通共享': '中国联通'}}
    """
    found: dict[str, dict[str, str]] = {}
    for field, members in _MEMBERS.items():
        known = schema.fields.get(field)
        if known is None or known.kind != "list":
            continue
        taken: set[str] = set()
        for column in columns:
            member = _member(column, members)
            if member and member not in taken and seen.get(column, Profile()).yes_no_share >= _LEAST_YES_NO:
                taken.add(member)
                found.setdefault(field, {})[column] = member
    return found


def _member(column: str, members: Mapping[str, re.Pattern[str]]) -> str:
    """Give the one member that a header names, empty if it names none, several, or something else besides."""
    header = parse_header(column)
    texts = {header.core, " ".join(header.words)}
    named = [member for member, pattern in members.items() if any(pattern.search(text) for text in texts)]
    return named[0] if len(named) == 1 and not _OTHER_MATTERS.search(header.core) else ""
