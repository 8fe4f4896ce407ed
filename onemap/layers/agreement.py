"""Cells of one row that must agree: the code of a district and its name, the operator and the number of its network."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import pandas as pd

__all__ = ["is_same_name", "network_operator", "odd_names"]

_KINDS_OF_PLACES = re.compile(
    r"(?:村民委员会|居民委员会|村委会|居委会|街道办事处|人民政府)$"
    r"|(?:行政村|社区|街道|苏木|村|镇|乡|县|市|区|旗)$"
)
_CELL = re.compile(r"^460[-_ ]?(?P<network>\d{2})(?=[-_ ]|\d{5,})")
_NETWORKS = {
    "00": "中国移动", "02": "中国移动", "04": "中国移动", "07": "中国移动", "08": "中国移动", "01": "中国联通",
    "06": "中国联通", "09": "中国联通", "03": "中国电信", "05": "中国电信", "11": "中国电信", "15": "中国广电",
}  # fmt: skip
_ENOUGH_ROWS = 3
_MOST = 0.75


def odd_names(codes: Sequence[str | None], names: Sequence[str | None]) -> Mapping[int, str]:
    """Find rows whose name is another than the one that most rows of the same code have.

    Parameters
    ----------
    codes, names
        Code and name of each row, shape (n,).

    Returns
    -------
    odd
        Position of a row → name that three of four rows with its code have; of three rows at least.

    Examples
    --------
    >>> odd_names(["659900001"] * 4, ["桃亭镇", "桃亭镇", "桃亭", "梨湾镇"])
    {3: '桃亭镇'}
    """
    pairs = pd.DataFrame({"code": codes, "name": names}, dtype=object).dropna()
    mixed = pairs[pairs.groupby("code", sort=False)["name"].transform("nunique") > 1]
    odd: dict[int, str] = {}
    for _, group in mixed.groupby("code", sort=False)["name"]:
        counts = group.value_counts()
        usual = str(counts.index[0])
        same = {name for name in counts.index if is_same_name(str(name), usual)}
        share = counts[counts.index.isin(same)].sum() / len(group)
        if len(group) > _ENOUGH_ROWS and _MOST <= share < 1.0:
            odd |= {int(row): usual for row in group.index[~group.isin(same)]}
    return dict(sorted(odd.items()))


def is_same_name(one: str, other: str) -> bool:
    """Tell whether two names of places are one but for the word of their kind, width and blanks.

    Examples
    --------
    >>> is_same_name("桃亭镇", "桃亭"), is_same_name("桃亭镇", "梨湾镇")
    (True, False)
    """
    return _stem(one) == _stem(other)


def network_operator(cell_id: str) -> str:
    """Name the operator whose network the id of a cell begins with, empty if that is not known.

    Parameters
    ----------
    cell_id
        Id with the country and network codes of China in front, such as 460-00-….

    References
    ----------
    ITU-T E.212, annex "Mobile network codes (MNC)", country code 460.

    Examples
    --------
    >>> network_operator("460-01-690001-1"), network_operator("4600012345678"), network_operator("A-1")
    ('中国联通', '中国移动', '')
    """
    found = _CELL.match(cell_id)
    return "" if found is None else _NETWORKS.get(found["network"], "")


def _stem(name: str) -> str:
    """Give a name without the word of its kind."""
    plain = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
    stem = _KINDS_OF_PLACES.sub("", plain)
    return stem if len(stem) >= 2 else plain
