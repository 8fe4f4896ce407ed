"""Tables that are never held as a whole: they come some rows at a time, as often as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

__all__ = ["ROWS_AT_ONCE", "RowsInOrder", "TablePieces"]

ROWS_AT_ONCE = 100_000
"""Rows that are written, and read back, at a time."""


@dataclass(frozen=True, slots=True)
class TablePieces:
    """A table that is never held as a whole.

    Attributes
    ----------
    schema
        Its fields.
    num_rows
        Number of rows.
    pieces
        Gives its rows in order, some at a time, from the first at each call.
    """

    schema: pa.Schema
    num_rows: int
    pieces: Callable[[], Iterator[pa.Table]]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the rows as a stream of Arrow, so many at a time as of a table that is held: bytes depend on it."""
        rows = RowsInOrder.of(self)
        equal = iter(lambda: rows.take(ROWS_AT_ONCE).combine_chunks().to_batches(), [])
        batches = (batch for one in equal for batch in one)
        return pa.RecordBatchReader.from_batches(self.schema, batches).__arrow_c_stream__(requested_schema)


@dataclass(slots=True)
class RowsInOrder:
    """Rows of a table, taken up one after another.

    Attributes
    ----------
    rest
        Rows that are at hand.
    pieces
        Gives those that are not.
    """

    rest: pa.Table
    pieces: Iterator[pa.Table]

    @classmethod
    def of(cls, table: pa.Table | TablePieces) -> RowsInOrder:
        """Begin with the first row.

        Parameters
        ----------
        table
            The table.

        Examples
        --------
        >>> rows = RowsInOrder.of(pa.table({"tower_id": ["T1", "T2", "T3"]}))
        >>> [rows.take(2).num_rows for _ in range(3)]
        [2, 1, 0]
        """
        return cls(table.schema.empty_table(), table.pieces() if isinstance(table, TablePieces) else iter([table]))

    def take(self, count: int) -> pa.Table:
        """Give so many more rows, fewer where there are no more.

        Parameters
        ----------
        count
            Number of rows wanted.
        """
        while self.rest.num_rows < count and (piece := next(self.pieces, None)) is not None:
            self.rest = pa.concat_tables([self.rest, piece])
        some, self.rest = self.rest.slice(0, count), self.rest.slice(count)
        return some
