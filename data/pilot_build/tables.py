# ruff: noqa: E501, PLR0917 (rows of values read best unbroken; a place is x, y)
"""A table as it goes into a file, with the faults planted in it and the truth of each row that must survive."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

REJECTED = {"OM-ATT-001", "OM-ATT-005", "OM-ATT-006", "OM-GEO-001", "OM-GEO-003", "OM-CRS-006"}


@dataclass
class Row:
    """Values by column, the place or geometry as the file holds it, and the fault planted in the row."""

    values: dict
    place: object = None  # (lon, lat) or (easting, northing) as in the file, text or numbers; or a shapely geometry
    fault: tuple | None = None  # rule, note in Chinese, note in English


@dataclass
class Table:
    """One layer of one file."""

    file: str
    layer: str
    canonical: str
    first_row: int = 1  # number of the first row as a person sees it
    rows: list = field(default_factory=list)

    def add(self, values, place=None):
        """Append an honest row."""
        self.rows.append(Row(values, place))

    def spoil(self, position, rule, note_zh, note_en, place=..., **values):
        """Plant a fault in a new row (a changed copy of the row at `position`) or, where the row survives, in the row itself."""
        row = self.rows[position]
        if row.fault:
            raise ValueError(f"{self.file}: row {position} has a fault already")
        row.values.update(values)
        if place is not ...:
            row.place = place
        row.fault = (rule, note_zh, note_en)

    def insert(self, position, like, rule, note_zh, note_en, place=..., **values):
        """Insert a spoilt row: a copy of the row at `like` with other values."""
        row = Row(copy.copy(self.rows[like].values), self.rows[like].place)
        row.values.update(values)
        if place is not ...:
            row.place = place
        row.fault = (rule, note_zh, note_en)
        self.rows.insert(position, row)

    def numbered(self):
        """Give each row with its number."""
        return ((self.first_row + n, row) for n, row in enumerate(self.rows))

    def survivors(self):
        """Rows that conforming must keep."""
        return [(n, row) for n, row in self.numbered() if not (row.fault and row.fault[0] in REJECTED)]

    def faults(self):
        """Lines of the list of faults."""
        return [
            {
                "file": self.file,
                "layer": self.layer,
                "row": n,
                "fault": row.fault[2],
                "expected_action": "rejected" if row.fault[0] in REJECTED else "kept",
                "expected_rule": row.fault[0],
                "note": row.fault[1],
            }
            for n, row in self.numbered()
            if row.fault
        ]
