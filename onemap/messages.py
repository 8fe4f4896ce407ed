"""The one catalogue of texts for people, Chinese and English.

The texts are data: TOML files in `onemap/texts`, one a part of the package, in one flat name space of ids.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType

__all__ = ["LANGUAGES", "Told", "catalogue", "entry", "text"]

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Told:
    """A text as a value in another one: it is told in the language of that one; in English as a plain value.

    Attributes
    ----------
    text_id
        Id in the catalogue.
    values
        What its placeholders stand for.
    """

    text_id: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Give the English text."""
        return text(self.text_id, "en", **self.values)


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Read all texts: id → keys (`en`, `zh` and, for rules, title, hint and severity).

    The sentence of an error about an input is a rule too: it names the id of the rule, and is found by both.

    Returns
    -------
    catalogue
        Read-only mapping over all files of `onemap/texts`.

    Raises
    ------
    ValueError
        If an id stands in two files.

    Examples
    --------
    >>> sorted(catalogue()["cli_interrupted"])
    ['en', 'zh']
    >>> catalogue()["OM-PKG-011"] is catalogue()["file_missing"]
    True
    """
    found: dict[str, Mapping[str, str]] = {}
    folder = files("onemap") / "texts"
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".toml"):
            continue
        for text_id, keys in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for name in (text_id, *([keys["rule"]] if "rule" in keys else [])):
                if name in found:
                    msg = f"text ids must be unique, {name!r} stands again in {file.name}"
                    raise ValueError(msg)
                found[name] = keys
    return MappingProxyType(found)


def entry(text_id: str) -> Mapping[str, str]:
    """Give all keys of one text.

    Raises
    ------
    KeyError
        If no such text is in the catalogue.

    Examples
    --------
    >>> entry("file_missing")["zh"]
    '文件 {path} 不存在'
    """
    return catalogue()[text_id]


def text(text_id: str, lang: str = "zh", key: str = "", /, **values: object) -> str:
    """Give one text in a language, with its values filled in.

    Parameters
    ----------
    text_id
        Id in the catalogue.
    lang
        "zh" or "en".
    key
        Which text of the entry, such as "title" or "hint" of a rule; its message if empty.
    **values
        What the placeholders stand for. They are text: braces in them stay braces; a `Told` is told in this language.

    Raises
    ------
    KeyError
        If the id, the language or a value is missing.

    Examples
    --------
    >>> text("file_missing", "en", path="towers.csv")
    'the file towers.csv must exist'
    """
    template = entry(text_id)[f"{key}_{lang}" if key else lang]
    told = {
        name: text(value.text_id, lang, **value.values) if isinstance(value, Told) else value
        for name, value in values.items()
    }
    return string.Formatter().vformat(template, (), told)
