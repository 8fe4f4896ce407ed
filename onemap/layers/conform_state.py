"""What goes from batch to batch while one source is conformed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from onemap.layers.crs import Operation
from onemap.layers.place_checks import Precision
from onemap.layers.places import Extent, Places
from onemap.layers.row_faults import RowFault

__all__ = ["ConformState"]

_NO_PLACES = Places(np.empty(0, dtype=object), [], None)


@dataclass(slots=True)
class ConformState:
    """What is kept between the batches of one source.

    Attributes
    ----------
    extent
        Where all rows lie, from `survey`; None where the rows at hand are all there are.
    operation
        How coordinates come to the working CRS.
    rows
        Rows conformed so far.
    places
        Counts of rows placed and outside so far, without geometries.
    notes
        Notes on the layer as a whole so far, by rule and fields; their counts are added up.
    above
        Field → text that 同上 stands for in the next row, None for an empty one.
    surveyed
        The same of the columns of coordinates while the extent is surveyed.
    precision
        Decimals of the places, where they are degrees.
    """

    extent: Extent | None = None
    operation: Operation | None = None
    rows: int = 0
    places: Places = _NO_PLACES
    notes: dict[tuple[str, tuple[str, ...]], RowFault] = field(default_factory=dict)
    above: dict[str, str | None] = field(default_factory=dict)
    surveyed: dict[str, str | None] = field(default_factory=dict)
    precision: Precision | None = None

    def note(self, fault: RowFault) -> None:
        """Keep a note on the whole layer; what an earlier batch counted is added.

        Parameters
        ----------
        fault
            Fault without a position.
        """
        key = (fault.rule, fault.fields)
        known = self.notes.get(key)
        if known is not None and "count" in known.values:
            counted = int(str(known.values["count"])) + int(str(fault.values["count"]))
            fault = replace(known, values={**known.values, "count": counted})
        self.notes[key] = fault

    def count(self, places: Places) -> None:
        """Add what came of a batch.

        Parameters
        ----------
        places
            Places of the batch.
        """
        self.operation = places.operation
        self.rows += len(places.geometry)
        self.places = replace(
            _NO_PLACES,
            placed=self.places.placed + places.placed,
            outside=self.places.outside + places.outside,
            first_outside=self.places.first_outside or places.first_outside,
        )
