"""Mend text: blanks around it, characters that nobody sees, full-width digits and letters in codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from onemap.delivery.fixes.layer import Change, MendableLayer

__all__ = ["codes_half_width", "text_visible", "text_without_blanks"]

_CODE_FILLS = ("identifier", "feature_code", "district_code", "kind_code", "land_use", "id")
_HALF = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}  # full-width ！ to ～ in the block of ASCII
# Controls, zero-width blank, word joiner and byte order mark. Joiners and marks of direction stay: some scripts need
# them; so do characters for private use, which may be names.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff]")
_BREAKS = re.compile("[\r\n\t\u2028\u2029]+")


def text_without_blanks(layer: MendableLayer) -> tuple[MendableLayer, list[Change]]:
    """Take blanks off both ends of text; text of blanks only stays.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    layer, changes
        A new layer, and what differs.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> frame = pd.DataFrame({"MC": pd.array([" 甲站 ", None], dtype="string")})
    >>> mended, changes = text_without_blanks(MendableLayer("SZGYSSD", frame, None, None, load_profile("generic")))
    >>> mended.frame["MC"].tolist()[0], len(changes)
    ('甲站', 1)
    """
    return _mapped(layer, layer.texts, "OM-ENC-104", lambda text: text.strip() or text)


def text_visible(layer: MendableLayer) -> tuple[MendableLayer, list[Change]]:
    r"""Take out controls and characters without width; line breaks and tabs become one blank.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    layer, changes
        A new layer, and what differs.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> frame = pd.DataFrame({"MC": pd.array(["甲\ufeff站\r\n旧址"], dtype="string")})
    >>> text_visible(MendableLayer("SZGYSSD", frame, None, None, load_profile("generic")))[0].frame["MC"].tolist()
    ['甲站 旧址']
    """
    return _mapped(layer, layer.texts, "OM-ENC-102", _seen)


def _seen(text: str) -> str:
    """Give a text without what nobody sees; one of nothing else stays as it is."""
    fresh = _BREAKS.sub(" ", _UNSEEN.sub("", text))
    return text if fresh == text else fresh.strip() or text


def codes_half_width(layer: MendableLayer) -> tuple[MendableLayer, list[Change]]:
    """Give full-width digits and letters of codes in half width; where two identifiers would become one, both stay.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    layer, changes
        A new layer, and what differs.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> frame = pd.DataFrame({"YSDM": pd.array(["１000600100"], dtype="string")})
    >>> layer = MendableLayer("SZGYSSD", frame, None, None, load_profile("telecom-special-plan"))
    >>> codes_half_width(layer)[0].frame["YSDM"].tolist()
    ['1000600100']
    """
    codes = [name for name in layer.field_filled_by(*_CODE_FILLS) if name in layer.texts]
    once = set(layer.field_filled_by("identifier", "id"))
    return _mapped(layer, codes, "OM-ENC-103", lambda text: text.translate(_HALF), once=once)


def _mapped(
    layer: MendableLayer, names: list[str], rule: str, mend: Callable[[str], str], *, once: set[str] | None = None
) -> tuple[MendableLayer, list[Change]]:
    """Mend the columns of text; in those whose values stand once, none that would then stand twice."""
    frame, changes = layer.frame.copy(), []
    for name in names:
        given = frame[name]
        fresh = given.map(mend, na_action="ignore").astype(given.dtype)
        differs = fresh.ne(given).fillna(value=False).astype(bool)
        if name in (once or ()):
            differs &= ~fresh.duplicated(keep=False)
        changes += [
            Change(rule, int(row) + 1, name, str(given.iloc[row]), str(fresh.iloc[row]))
            for row in differs.to_numpy().nonzero()[0]
        ]
        frame[name] = given.mask(differs, fresh)
    return replace(layer, frame=pd.DataFrame(frame)), changes
