"""Faults of rows named as a person sees them: file, sheet, row, column, feature, place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.findings import Finding
from onemap.layers.mapping import AXES, LayerMapping
from onemap.layers.row_faults import RowFault

__all__ = ["name_faults"]


class Rows(Protocol):
    """What is looked at of a source."""

    @property
    def layer(self) -> str:
        """Layer or sheet in the file."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Row numbers as a person sees them."""


Place = tuple[float | None, float | None]


def name_faults(
    faults: Sequence[RowFault],
    source: Rows,
    mapping: LayerMapping,
    *,
    file: str,
    features: pd.Series | None,
    geometry: NDArray[np.object_],
) -> list[Finding]:
    """Turn faults into findings.

    Parameters
    ----------
    faults
        Faults at positions of the source.
    source, mapping
        The source and its mapping.
    file
        Name of the file, relative to the project.
    features
        Identifier of each row, None where the layer has none.
    geometry
        Geometry of each row in the working CRS, None where it has none.

    Returns
    -------
    findings
        One a fault, in their order.

    Examples
    --------
    >>> name_faults([], None, LayerMapping("towers"), file="sites.csv", features=None, geometry=np.empty(0, object))
    []
    """
    positions = np.array([-1 if fault.position is None else fault.position for fault in faults], dtype=np.int64)
    names = _features(features, positions)
    places = _places(faults, geometry, positions)
    rows = [None if at < 0 else int(source.rows[at]) for at in positions.tolist()]
    values = _shared_values(faults)
    columns = {fields: _columns(fields, mapping) for fields in {fault.fields for fault in faults}}
    return [
        Finding(
            rule=fault.rule,
            layer=mapping.layer,
            file=file,
            row=row,
            feature=name,
            values=values[id(fault.values)],
            action=fault.action,
            lon=lon,
            lat=lat,
            sheet=source.layer,
            columns=fault.columns or columns[fault.fields],
        )
        for fault, row, name, (lon, lat) in zip(faults, rows, names, places, strict=True)
    ]


def _features(features: pd.Series | None, positions: NDArray[np.int64]) -> list[str]:
    """Name the features at positions."""
    if features is None or not len(positions):
        return [""] * len(positions)
    found = pd.api.extensions.take(features.array, positions, allow_fill=True)
    return ["" if missing else str(one) for one, missing in zip(found, pd.isna(found), strict=True)]


def _places(faults: Sequence[RowFault], geometry: NDArray[np.object_], positions: NDArray[np.int64]) -> list[Place]:
    """Give the places of faults in degrees, where there are any: of the geometry, else as the values say."""
    shapes = np.full(len(positions), None, dtype=object)
    at_rows = positions >= 0
    shapes[at_rows] = geometry[positions[at_rows]]
    centres = shapely.centroid(shapes)
    lon, lat = shapely.get_x(centres), shapely.get_y(centres)
    on_globe = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    return [
        (x, y) if known else _said(fault) if fault.position is not None else (None, None)
        for fault, x, y, known in zip(faults, lon.tolist(), lat.tolist(), on_globe.tolist(), strict=True)
    ]


def _said(fault: RowFault) -> Place:
    """Give the place that the values of a fault say."""
    lon, lat = fault.values.get("lon"), fault.values.get("lat")
    return (lon, lat) if isinstance(lon, float) and isinstance(lat, float) else (None, None)


def _shared_values(faults: Sequence[RowFault]) -> dict[int, Mapping[str, object]]:
    """Give the values for readers only; faults that share theirs go on sharing them."""
    return {
        key: MappingProxyType(dict(values)) for key, values in {id(one.values): one.values for one in faults}.items()
    }


def _columns(fields: Sequence[str], mapping: LayerMapping) -> tuple[str, ...]:
    """Name the columns of the source whose cells are at fault."""
    spelled = {**mapping.fields, **{axis: getattr(mapping, axis) for axis in AXES}}
    return tuple(dict.fromkeys(spelled[name] for name in fields if spelled.get(name)))
