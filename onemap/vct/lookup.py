"""Places of identifiers: found at once where they run on, as most writers number them, else by halving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lookup"]

Integers = NDArray[np.int64]

_SPARSE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Tells where identifiers stand.

    Attributes
    ----------
    ids
        The identifiers, ascending, shape (n,).
    order
        Place of each, shape (n,).
    table
        Where identifiers run on: place of each number from the first identifier on, -1 where there is none; else empty.
    """

    ids: Integers
    order: Integers
    table: Integers

    @classmethod
    def of(cls, ids: Integers) -> Lookup:
        """Make a lookup.

        Examples
        --------
        >>> Lookup.of(np.array([7, 5, 7])).find(np.array([7, 5, 1])).tolist()
        [0, 1, -1]
        """
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        table = np.empty(0, dtype=np.int64)
        if len(ids) and ordered[0] >= 0 and int(ordered[-1]) - int(ordered[0]) < _SPARSE * len(ids):
            table = np.full(int(ordered[-1] - ordered[0]) + 1, -1, dtype=np.int64)
            table[ordered[::-1] - ordered[0]] = order[::-1]  # the first of several is written last
        return cls(ordered, order, table)

    def find(self, ids: Integers) -> Integers:
        """Give the place of each identifier, the first where there are several; -1 where there is none."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        if len(self.table):
            at = np.clip(ids, self.ids[0], self.ids[-1])
            return np.where(at == ids, self.table[at - self.ids[0]], -1)
        at = np.searchsorted(self.ids, ids)
        at[at == len(self.ids)] = 0
        return np.where(self.ids[at] == ids, self.order[at], -1)
