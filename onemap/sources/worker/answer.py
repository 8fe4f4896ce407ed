"""What a reader in the worker answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

__all__ = ["Answer", "Remark", "Rows", "distinct_names"]


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding on its way to the parent process: rule, place and values as plain data."""

    rule: str
    values: Mapping[str, Any] = field(default_factory=dict)
    row: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give it as JSON knows it."""
        return {"rule": self.rule, "values": dict(self.values), "row": self.row}


@dataclass(frozen=True, slots=True)
class Rows:
    """A table whose rows are read as they are asked for."""

    schema: pa.Schema
    rows: Iterator[pa.RecordBatch]

    def to_batches(self, most: int) -> Iterator[pa.RecordBatch]:
        """Give the rows, so many at a time at most."""
        for batch in self.rows:
            for start in range(0, batch.num_rows, most):
                yield batch.slice(start, most)


@dataclass(frozen=True, slots=True)
class Answer:
    """Facts as JSON knows them, a body (a table, rows still to be read, or raw bytes), and remarks.

    Where rows are still to be read, the remarks are complete after the last of them.
    """

    facts: Mapping[str, Any]
    body: pa.Table | Rows | bytes | None = None
    remarks: Sequence[Remark] = ()


def distinct_names(names: Sequence[str]) -> tuple[list[str], list[Remark]]:
    """Give numbers to the second and later columns of one name, with a remark for each."""
    distinct: list[str] = []
    remarks = []
    for position, name in enumerate(names, start=1):
        fresh, number = name, 2
        while fresh in distinct or (fresh != name and fresh in names):
            fresh = f"{name}_{number}"
            number += 1
        distinct.append(fresh)
        if fresh != name:
            remarks.append(Remark("OM-PKG-003", {"column": position, "name": name, "fresh": fresh}))
    return distinct, remarks
