"""Every error that a caller may catch, under `OnemapError`.

An error carries the id of its text and the values in it; `str(error)` is the English sentence, `error.text("zh")` the
Chinese one. `exit_code` is what the command line ends with.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import ClassVar

__all__ = [
    "CRSError",
    "LayerError",
    "OnemapError",
    "ProjectError",
    "ReadError",
    "RefusedError",
    "WriteError",
    "without_passwords",
]

_PASSWORD = re.compile(
    r"(?P<key>(?:password|passwd|pwd)\s*=).*|(?P<user>:/{1,2}[^/@\s:]*:)[^/\s]*(?=@)", re.IGNORECASE | re.DOTALL
)


def without_passwords(text: str) -> str:
    """Put *** for a password that somebody wrote into a connection text or address, and for all that follows it.

    Examples
    --------
    >>> without_passwords("PG:host=db password=secret"), without_passwords("postgresql://reader:secret@db/planning")
    ('PG:host=db password=***', 'postgresql://reader:***@db/planning')
    """
    return _PASSWORD.sub(lambda found: f"{found['key'] or found['user']}***", text)


class OnemapError(Exception):
    """What onemap raises when it cannot go on.

    Parameters
    ----------
    text_id
        Id of the sentence in the catalogue of texts.
    **values
        What the placeholders of the sentence stand for; another error stands for its sentence.

    Examples
    --------
    >>> error = ReadError("file_missing", path="towers.csv")
    >>> str(error)
    'the file towers.csv must exist; check the path'
    >>> error.text("zh")
    '文件 towers.csv 不存在；请检查路径'
    >>> error.rule
    'OM-PKG-011'
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, text_id: str, /, **values: object) -> None:
        shown = {
            key: without_passwords(str(value)) if isinstance(value, (str, PurePath)) else value
            for key, value in values.items()
        }
        super().__init__(text_id, shown)
        self.text_id = text_id
        self.values = shown

    def text(self, lang: str) -> str:
        """Give the sentence in a language, "zh" or "en"."""
        from onemap.messages import entry, text  # messages may raise nothing, errors may be raised before it is read

        said = {
            key: value.text(lang) if isinstance(value, OnemapError) else value for key, value in self.values.items()
        }
        sentence = text(self.text_id, lang, **said)
        if f"hint_{lang}" not in entry(self.text_id):
            return sentence
        return sentence + {"en": "; ", "zh": "；"}[lang] + text(self.text_id, lang, "hint", **said)

    @property
    def rule(self) -> str:
        """Id of the rule that an input broke, such as "OM-SEC-004"; that of the cause if there is one; else empty."""
        from onemap.messages import entry

        causes = [value.rule for value in self.values.values() if isinstance(value, OnemapError)]
        return entry(self.text_id).get("rule", next(iter(causes), ""))

    def __str__(self) -> str:
        return self.text("en")


class ProjectError(OnemapError):
    """A project file, profile or setting is wrong."""

    exit_code = 2


class CRSError(OnemapError):
    """Coordinates cannot be brought to the wanted system without guessing."""

    exit_code = 2


class LayerError(OnemapError):
    """A layer lacks what a step needs: a column, a kind of geometry, an extent."""

    exit_code = 2


class ReadError(OnemapError):
    """A file cannot be read: missing, damaged, of another format."""

    exit_code = 3


class WriteError(OnemapError):
    """An output cannot be written, or did not read back as written."""

    exit_code = 3


class RefusedError(OnemapError):
    """An input is refused for safety."""

    exit_code = 4
