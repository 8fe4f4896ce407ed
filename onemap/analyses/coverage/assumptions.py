"""What was assumed of an antenna: short codes in a table, sentences for people.

A code names a field and where its value comes from: `eirp_re_dbm=preset B3`, `frequency_mhz=band n28`,
`azimuth_deg=omni`, `height_agl_m=default`, or what was found and left out: `azimuth_deg=ignored 400`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.layers.catalogue import schema
from onemap.messages import text

__all__ = ["Notes", "assumptions_text", "in_limits"]

_BETWEEN = ";"
_TEXTS = {"preset": "radio_assumed_preset", "band": "radio_assumed_band", "omni": "radio_assumed_omni",
          "default": "radio_assumed_default", "ignored": "radio_assumed_ignored"}  # fmt: skip


class Notes:
    """Codes of what was assumed, gathered column by column for n antennas.

    Examples
    --------
    >>> notes = Notes(2)
    >>> notes.add("azimuth_deg", "omni", np.array([True, False]))
    >>> notes.add("eirp_re_dbm", "preset", np.array([True, True]), ["B3", "n78"])
    >>> notes.joined()
    ['azimuth_deg=omni;eirp_re_dbm=preset B3', 'eirp_re_dbm=preset n78']
    """

    def __init__(self, count: int) -> None:
        self._parts: list[list[str]] = [[] for _ in range(count)]

    def add(self, field: str, source: str, at: NDArray[np.bool_], details: Sequence[object] | None = None) -> None:
        """Note for some rows where the value of a field comes from."""
        code = f"{field}={source}"
        for row in np.flatnonzero(at).tolist():
            self._parts[row].append(code if details is None else f"{code} {_plain(details[row])}")

    def joined(self) -> list[str]:
        """Give the codes of each row as one text, empty where nothing was assumed."""
        return [_BETWEEN.join(parts) for parts in self._parts]


def assumptions_text(assumed: str, lang: str) -> str:
    """Say in words what was assumed of an antenna.

    Parameters
    ----------
    assumed
        Its value in the column `assumed` of `serving_antennas`.
    lang
        "zh" or "en".

    Returns
    -------
    sentence
        Empty where nothing was assumed.

    Examples
    --------
    >>> assumptions_text("azimuth_deg=ignored 400;azimuth_deg=omni", "en")
    'assumed: azimuth 400 is not possible and left out, azimuth unknown: full gain all round, ...'
    >>> assumptions_text("", "zh")
    ''
    """
    if not assumed:
        return ""
    told = []
    for code in assumed.split(_BETWEEN):
        name, _, rest = code.partition("=")
        source, _, detail = rest.partition(" ")
        told.append(text(_TEXTS[source], lang, field=_alias(name, lang), detail=detail))
    return text("radio_assumed", lang, told=("，" if lang == "zh" else ", ").join(told))


def _alias(name: str, lang: str) -> str:
    """Give what people call a field; the tilt is the sum of two."""
    if name == "tilt_deg":
        return text("radio_tilt", lang)
    found = schema("cells").field(name)
    return found.alias_zh if lang == "zh" else found.alias_en


def _plain(detail: object) -> str:
    """Write a detail without the signs that part codes."""
    if isinstance(detail, float):
        return f"{detail:.10g}"
    said = str(detail)
    return said if said.isalnum() else " ".join(said.replace(_BETWEEN, " ").replace("=", " ").split())


def in_limits(values: pd.Series, layer: str, field: str) -> NDArray[np.bool_]:
    """Tell which values lie in the range that the catalogue holds possible; what is missing does not.

    Examples
    --------
    >>> in_limits(pd.Series([0.0, 400.0, np.nan]), "cells", "azimuth_deg").tolist()
    [True, False, False]
    """
    known = schema(layer).field(field)
    least = -np.inf if known.minimum is None else known.minimum
    most = np.inf if known.maximum is None else known.maximum
    return np.asarray(values.ge(least).fillna(value=False) & values.le(most).fillna(value=False), dtype=bool)
