"""Points whose coordinates are exchanged beyond doubt, turned round where the project asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.layers.places import Places
from onemap.layers.row_faults import RowFault

__all__ = ["with_axes_exchanged"]

Geometry = NDArray[np.object_]

_SWAPPED = "OM-CRS-006"


def with_axes_exchanged(geometry: Geometry, placed: Places, place: Callable[[Geometry], Places]) -> Places:
    """Place rows again, with their coordinates exchanged, that were rejected because these are swapped.

    Parameters
    ----------
    geometry
        Shapely geometries in the CRS of the source, shape (n,).
    placed
        What came of them.
    place
        Brings such geometries to the working CRS.

    Returns
    -------
    places
        With the rows that lie where they may, now; each has a fault of action "repaired" with both writings.

    Examples
    --------
    >>> from functools import partial
    >>> from onemap.layers.places import place_rows
    >>> place = partial(place_rows, crs="EPSG:4326", working_crs="EPSG:4490", area=None, datum_shift=None)
    >>> sites = np.array([shapely.Point(75.2, 39.5), shapely.Point(39.5, 75.2)])
    >>> places = with_axes_exchanged(sites, place(sites), place)
    >>> places.geometry[1], places.faults[0].action
    (<POINT (75.2 39.5)>, 'repaired')
    """
    swapped = {fault.position: fault for fault in placed.faults if fault.rule == _SWAPPED}
    rows = np.array([row for row in swapped if row is not None], dtype=np.int64)
    if not len(rows):
        return placed
    turned = np.full(len(geometry), None, dtype=object)
    turned[rows] = shapely.transform(geometry[rows], lambda xy: xy[:, ::-1])
    again = place(turned)
    mended = rows[~shapely.is_missing(again.geometry[rows])]
    moved = placed.geometry.copy()
    moved[mended] = again.geometry[mended]
    kept = [fault for fault in placed.faults if fault.position not in set(mended.tolist())]
    return replace(placed, geometry=moved, faults=[*kept, *(_repaired(swapped[row]) for row in mended.tolist())])


def _repaired(fault: RowFault) -> RowFault:
    """Say both writings of a place that was turned round."""
    before = str(fault.values["value"])
    after = ", ".join(reversed(before.split(", ")))
    values = {**fault.values, "value": f"{before} → {after}", "before": before, "after": after}
    return replace(fault, values=values, action="repaired")
