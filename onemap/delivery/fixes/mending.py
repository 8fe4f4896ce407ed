"""Which rules can be mended, in which order, and mending a layer by those that found something in it.

Safe is what changes only how a value is written (blanks, widths of digits, the order of fields), takes away what says
nothing (heights of zero, vertices that stand twice), or is computed from the rest of the row (areas, and only where
they differ a little). A code is never guessed, a shape never moved, a row never dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from onemap.delivery.fixes.layer import Change, MendableLayer
from onemap.delivery.fixes.shapes import areas_agree, no_heights, vertices_once
from onemap.delivery.fixes.structure import fields_in_order
from onemap.delivery.fixes.texts import codes_half_width, text_visible, text_without_blanks

__all__ = ["FIXES", "mend_layer"]

Fix = Callable[[MendableLayer], tuple[MendableLayer, list[Change]]]

FIXES: Mapping[str, Fix] = MappingProxyType(
    {
        "OM-ENC-102": text_visible,
        "OM-ENC-103": codes_half_width,
        "OM-ENC-104": text_without_blanks,
        "OM-GEO-117": no_heights,
        "OM-GEO-110": vertices_once,
        "OM-ATT-112": areas_agree,
        "OM-FLD-105": fields_in_order,
    }
)
"""Rule → what mends its faults, in the order in which they are mended: areas after shapes."""


def mend_layer(layer: MendableLayer, rules: Collection[str]) -> tuple[MendableLayer, list[Change]]:
    """Mend a layer by some rules.

    Parameters
    ----------
    layer
        The layer.
    rules
        Rules that found something in it; those that cannot be mended are passed over.

    Returns
    -------
    layer, changes
        A new layer, and all that differs.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.delivery.profile import load_profile
    >>> frame = pd.DataFrame({"MC": pd.array(["甲站 "], dtype="string")})
    >>> layer = MendableLayer("SZGYSSD", frame, None, None, load_profile("generic"))
    >>> [(one.before, one.after) for one in mend_layer(layer, {"OM-ENC-104", "OM-TOP-101"})[1]]
    [('甲站 ', '甲站')]
    """
    changes: list[Change] = []
    for rule, fix in FIXES.items():
        if rule in rules:
            layer, more = fix(layer)
            changes += more
    return layer, changes
