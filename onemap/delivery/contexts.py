"""What rules are told of each layer: the profile's word on it, the districts in its system, the other layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.delivery.cells import text_of
from onemap.delivery.checked import CheckContext, CheckedLayer
from onemap.delivery.profile import Profile
from onemap.errors import CRSError
from onemap.layers.crs import to_crs
from onemap.layers.crs_names import parse_crs

__all__ = ["contexts_of"]


def contexts_of(
    layers: Mapping[str, CheckedLayer],
    profile: Profile,
    *,
    districts: gpd.GeoDataFrame | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    package: Sequence[str] | None = None,
) -> list[CheckContext]:
    """Give the context of each layer, those of the profile first and in its order.

    Parameters
    ----------
    layers
        Layers by name.
    profile
        The profile to check by.
    districts
        Canonical layer of districts.
    tables
        Tables beside the layers; layers without geometry count as tables too.
    package
        Names of the files of the delivery.

    Returns
    -------
    contexts
        One a layer; the rows are numbered from 0.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> contexts_of({}, load_profile("generic"))
    []
    """
    order = [one.code for one in profile.layers if one.code in layers]
    order += [name for name in layers if name not in order]
    renumbered = {name: _renumbered(layers[name]) for name in order}
    identifiers = _identifiers(list(renumbered.values()), profile)
    all_tables = {name: one.frame for name, one in renumbered.items() if not one.has_geometry} | dict(tables or {})
    return [
        CheckContext(
            checked=renumbered[name],
            profile=profile,
            layer=profile.layer(name),
            districts=_districts_for(renumbered[name], districts),
            identifiers=identifiers,
            layers=renumbered,
            tables=all_tables,
            package=None if package is None else tuple(package),
        )
        for name in order
    ]


def _renumbered(layer: CheckedLayer) -> CheckedLayer:
    """Give a layer whose rows are numbered from 0."""
    is_plain = isinstance(layer.frame.index, pd.RangeIndex) and layer.frame.index.equals(
        pd.RangeIndex(len(layer.frame))
    )
    return layer if is_plain else replace(layer, frame=layer.frame.reset_index(drop=True))


def _identifiers(layers: Sequence[CheckedLayer], profile: Profile) -> dict[str, tuple[int, str, int]]:
    """Count identifiers that stand more than once in all layers, and tell where each stands first."""
    field = profile.field_filled_by("identifier")
    if field is None:
        return {}
    having = [one for one in layers if profile.layer(one.name) is not None and field.name in one.frame]
    if not having:
        return {}
    values = pd.concat([text_of(one.frame[field.name]) for one in having])
    names = np.repeat(np.arange(len(having)), [len(one.frame) for one in having])
    rows = np.concatenate([np.arange(len(one.frame)) for one in having])
    again = values.duplicated(keep=False).to_numpy(dtype=bool)
    seen: dict[str, tuple[int, str, int]] = {}
    for value, layer, row in zip(values[again], names[again], rows[again], strict=True):
        count, name, first = seen.get(value, (0, having[layer].name, int(row)))
        seen[value] = (count + 1, name, first)
    return seen


def _districts_for(layer: CheckedLayer, districts: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Bring the districts to a layer's system; None where that cannot be done without guessing."""
    if districts is None:
        return None
    known = districts[districts["code"].notna()].reset_index(drop=True)
    for name in {"code", "name"} & set(known.columns):
        known[name] = text_of(known[name])
    if not layer.crs:
        return known
    try:
        return to_crs(known, parse_crs(layer.crs)).reset_index(drop=True)
    except CRSError:
        return None
