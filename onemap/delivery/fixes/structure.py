"""Mend structure: the order of fields."""

from __future__ import annotations

from dataclasses import replace

from onemap.delivery.fixes.layer import Change, MendableLayer

__all__ = ["fields_in_order"]


def fields_in_order(layer: MendableLayer) -> tuple[MendableLayer, list[Change]]:
    """Put the fields of the profile into its order; other fields keep their places.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    layer, changes
        A new layer, and the two orders where they differ.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.delivery.profile import load_profile
    >>> frame = pd.DataFrame({"YSDM": ["1"], "own": ["a"], "BSM": ["2"]})
    >>> layer = MendableLayer("SZGYSSD", frame, None, None, load_profile("telecom-special-plan"))
    >>> list(fields_in_order(layer)[0].frame)
    ['BSM', 'own', 'YSDM']
    """
    wanted = iter(layer.fields)
    found = [str(name) for name in layer.frame]
    ordered = [next(wanted) if name in layer.fields else name for name in found]
    if ordered == found:
        return layer, []
    change = Change("OM-FLD-105", 0, "", ", ".join(found), ", ".join(ordered))
    return replace(layer, frame=layer.frame[ordered]), [change]
