"""Classes of land and sea use: their codes, however written, and names."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

__all__ = ["class_code", "class_name", "land_use_classes"]

_CODE = re.compile(r"\d{2,6}")


@cache
def land_use_classes() -> Mapping[str, str]:
    """Give the names of all classes by code, two, four or six digits long.

    References
    ----------
    Ministry of Natural Resources, 《国土空间调查、规划、用途管制用地用海分类指南》 (2023).

    Examples
    --------
    >>> land_use_classes()["1306"]
    '通信用地'
    """
    content = (files("onemap.layers") / "land_use_2023.csv").read_text(encoding="utf-8-sig")
    return MappingProxyType({row["code"]: row["name_zh"] for row in csv.DictReader(content.splitlines())})


def class_code(written: str) -> str:
    """Give the code of a class as the list has it: from a code padded with zeros, with a name behind, or from the name.

    Parameters
    ----------
    written
        What a file has.

    Returns
    -------
    code
        Code of the list; what is written, without blanks around it, where the list has nothing like it.

    Examples
    --------
    >>> class_code("130600"), class_code("0101 水田"), class_code("通信用地"), class_code("9999")
    ('1306', '0101', '1306', '9999')
    """
    words = written.strip()
    found = _CODE.match(words)
    if found is None:
        return _codes_by_name().get(words, words)
    code = found[0]
    while code not in land_use_classes() and code.endswith("00"):
        code = code[:-2]
    return code if code in land_use_classes() else words


def class_name(code: str) -> str | None:
    """Give the name of a class; None for a code that the list does not have.

    Examples
    --------
    >>> class_name("01"), class_name("9999")
    ('耕地', None)
    """
    return land_use_classes().get(code)


@cache
def _codes_by_name() -> Mapping[str, str]:
    """Give codes by name; of classes of one name the broadest."""
    return MappingProxyType({name: code for code, name in reversed(list(land_use_classes().items()))})
