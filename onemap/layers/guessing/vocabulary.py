"""What the values of a column mean: spellings of known values, as offices write them (`vocabulary.toml`)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

__all__ = ["guess_value", "has_vocabulary"]

_SAME: Mapping[str, str] = MappingProxyType(
    {
        "owner": "operator",
        "tenants": "operator",
        "shared_with": "operator",
        "technologies": "technology",
    }
)
"""Fields whose values are spelled as those of another."""

_CODE_BEFORE = re.compile(r"^[0-9a-z]{1,3}[-.、:：_\s]+(?=\D)")
_MARKS = str.maketrans("", "", " \t\r\n()[]（）【】_-")


def guess_value(field: str, value: str, *, layer: str = "") -> str | None:
    """Guess which known value of a field a spelling means; None if it is not known.

    Parameters
    ----------
    field
        Canonical field.
    value
        Value as the source has it; a code before it ("1-在用") is passed over.
    layer
        Canonical layer, for fields such as `kind` whose values differ from layer to layer.

    Examples
    --------
    >>> guess_value("status", "1-在网"), guess_value("status", "不详")
    ('in service', None)
    >>> guess_value("kind", "普通地面塔", layer="towers")
    'ground tower'
    """
    spellings = _spellings(f"{layer}.{field}") or _spellings(_SAME.get(field, field))
    if not spellings:
        return None
    plain = unicodedata.normalize("NFKC", value).strip().casefold()
    for spelled in dict.fromkeys((_fold(plain), _fold(_CODE_BEFORE.sub("", plain)))):
        for meant, (equal, _) in spellings.items():
            if spelled == _fold(meant) or spelled in equal:
                return meant
    folded = _fold(plain)
    parts = [(folded.rfind(part), len(part), meant) for meant, (_, held) in spellings.items() for part in held]
    inside = [found for found in parts if found[0] >= 0]
    return None if not inside or _denies(folded) else max(inside, key=lambda found: found[1])[2]


def has_vocabulary(field: str, *, layer: str = "") -> bool:
    """Tell whether spellings of a field's values are known.

    Examples
    --------
    >>> has_vocabulary("status"), has_vocabulary("name")
    (True, False)
    """
    return bool(_spellings(f"{layer}.{field}") or _spellings(_SAME.get(field, field)))


def _denies(folded: str) -> bool:
    """Tell a value that says what it is not."""
    return folded.startswith(("非", "不", "未", "not", "无", "其他", "其它"))


def _fold(value: str) -> str:
    """Write a value without the differences that mean nothing."""
    return unicodedata.normalize("NFKC", value).casefold().translate(_MARKS)


@cache
def _spellings(name: str) -> Mapping[str, tuple[frozenset[str], tuple[str, ...]]]:
    """Give known value → spellings that equal it, and parts that tell it, folded."""
    table = _vocabulary().get(name, {})
    return MappingProxyType(
        {
            meant: (frozenset(map(_fold, known["is"])), tuple(map(_fold, known.get("has", ()))))
            for meant, known in table.items()
        }
    )


@cache
def _vocabulary() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    """Read the spellings."""
    content = (files("onemap.layers.guessing") / "vocabulary.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(content))
