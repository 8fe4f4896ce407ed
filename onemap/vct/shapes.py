"""Geometries of a VCT file, built from their stretches some thousand at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.vct.areas import areas_of_rings, joined_lines
from onemap.vct.borders import Chains, rebuilt
from onemap.vct.coordinates import Stretches
from onemap.vct.index import Index
from onemap.vct.lookup import Lookup
from onemap.vct.records import BY_AREAS, BY_LINES, DIRECTED, LINE, LINES, POINTS, RINGS, TEXT

__all__ = ["Records", "Shapes"]

Geometries = NDArray[np.object_]
Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Places of the geometries of a section, as arrays: see `onemap.vct.records.Places`; and the same by codes."""

    ids: Integers
    codes: NDArray[np.int32]
    forms: NDArray[np.int8]
    first: Integers
    starts: Integers
    ends: Integers
    counts: Integers
    order: Integers
    tally: Integers

    @classmethod
    def of(cls, index: Index, section: str) -> Records:
        """Take the places of a section."""
        places = index.places.get(section)
        if places is None or not places.ids:
            none = np.empty(0, dtype=np.int64)
            codes, forms = none.astype(np.int32), none.astype(np.int8)
            return cls(none, codes, forms, np.zeros(1, np.int64), none, none, none, none, np.zeros(1, np.int64))
        whole = [np.frombuffer(one, np.int64) for one in (places.ids, places.starts, places.ends, places.counts)]
        first = np.append(np.frombuffer(places.first, np.int64), len(places.starts))
        codes, forms = np.frombuffer(places.codes, np.int32), np.frombuffer(places.forms, np.int8)
        order = np.argsort(codes, kind="stable")
        tally = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(index.codes)))])
        return cls(whole[0], codes, forms, first, whole[1], whole[2], whole[3], order, tally)

    def of_code(self, number: int) -> Integers:
        """Give the records of a code, in the order of the file."""
        if not 0 <= number < len(self.tally) - 1:
            return self.order[:0]
        return self.order[self.tally[number] : self.tally[number + 1]]

    def count(self, number: int) -> int:
        """Count the records of a code."""
        return len(self.of_code(number))

    def pieces(self, records: Integers) -> tuple[Integers, Integers]:
        """Give the pieces of some records, and for each the place of its record among them."""
        sizes = self.first[records + 1] - self.first[records]
        owners = np.repeat(np.arange(len(records)), sizes)
        within = np.arange(len(owners)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.first[records][owners] + within, owners


@dataclass(slots=True)
class Shapes:
    """Builds geometries.

    Attributes
    ----------
    stretches
        Reads the file.
    sections
        Section → its records.
    note
        Told of departures: id of the text, place in the file, and how often.
    """

    stretches: Stretches
    sections: dict[str, Records]
    note: Callable[[str, int, int], None]
    _lookup: tuple[Lookup, Integers] | None = None

    def build(self, section: str, records: Integers) -> Geometries:
        """Build the geometries of some records; None where a reference leads nowhere.

        Raises
        ------
        ReadError
            If a line of the file holds no coordinate.
        """
        places = self.sections[section]
        shapes: Geometries = np.full(len(records), None, dtype=object)
        forms = places.forms[records]
        for form in np.unique(forms).tolist():
            at = np.flatnonzero(forms == form)
            shapes[at] = _BUILD[form](self, places, records[at])
        return shapes

    def texts(self, records: Integers) -> tuple[list[str | None], list[float | None]]:
        """Give texts and angles of annotations."""
        places = self.sections["annotation"]
        first = places.first[records]
        encoding, separator = self.stretches.encoding, self.stretches.head.separator
        said = self.stretches.bytes_of(places.starts[first], places.ends[first])
        placed = self.stretches.bytes_of(places.starts[first + 1], places.ends[first + 1])
        angles: list[float | None] = []
        for at, line in zip(records.tolist(), placed, strict=True):
            parts = line.decode(encoding, "replace").strip().split("\n")[0].split(separator)
            apart = places.first[at + 1] - places.first[at] > 2
            words = self._words(places, at) if apart else parts[2] if len(parts) == 3 else ""
            angles.append(float(words) if words.strip() else None)
        return [one.decode(encoding, "replace").strip(" \t\r") or None for one in said], angles

    def _words(self, places: Records, record: int) -> str:
        """Give the angle of an annotation that stands in a line of its own."""
        at = places.first[record] + 2
        return self.stretches.bytes_of(places.starts[at : at + 1], places.ends[at : at + 1])[0].decode(
            "ascii", "replace"
        )

    def _coordinates(self, places: Records, pieces: Integers) -> tuple[Numbers, Integers]:
        """Read the coordinates of pieces, and where each begins in them."""
        counts = places.counts[pieces]
        firsts = np.concatenate([[0], np.cumsum(counts)])
        return self.stretches.coordinates(places.starts[pieces], places.ends[pieces], counts), firsts

    def _points(self, places: Records, records: Integers) -> Geometries:
        """Build points, and groups of them."""
        pieces, owners = places.pieces(records)
        coordinates, firsts = self._coordinates(places, pieces)
        points = shapely.points(coordinates)
        if len(points) == len(records):
            return np.asarray(points, dtype=object)
        shapes: Geometries = np.full(len(records), None, dtype=object)
        for at, owner in enumerate(owners.tolist()):
            part = points[firsts[at] : firsts[at + 1]]
            shapes[owner] = part[0] if len(part) == 1 else shapely.MultiPoint(part)
        return shapes

    def _directed(self, places: Records, records: Integers) -> Geometries:
        """Build points whose second coordinate is a direction, which is not kept."""
        pieces, _ = places.pieces(records)
        coordinates, firsts = self._coordinates(places, pieces)
        self.note("vct_direction", int(places.starts[pieces[0]]), len(records))
        return np.asarray(shapely.points(coordinates[firsts[:-1]]), dtype=object)

    def _lines(self, places: Records, records: Integers) -> Geometries:
        """Build lines of one piece at once, others one by one; a line of one point is none."""
        pieces, owners = places.pieces(records)
        coordinates, firsts = self._coordinates(places, pieces)
        shapes: Geometries = np.full(len(records), None, dtype=object)
        short = np.diff(firsts) < 2
        if short.any():
            self.note("vct_line_short", int(places.starts[pieces[short]][0]), int(short.sum()))
        per_record = np.bincount(owners, minlength=len(records))
        single = (per_record[owners] == 1) & ~short
        vertices = np.repeat(single, np.diff(firsts))
        numbers = np.repeat(np.cumsum(single) - 1, np.diff(firsts))[vertices]
        if single.any():
            shapes[owners[single]] = shapely.linestrings(coordinates[vertices], indices=numbers)
        begins = np.concatenate([[0], np.cumsum(per_record)])
        for record in np.flatnonzero(per_record > 1).tolist():
            numbers = np.arange(begins[record], begins[record + 1])
            parts = [coordinates[firsts[at] : firsts[at + 1]] for at in numbers[~short[numbers]]]
            shapes[record] = joined_lines(parts) if parts else None
        return shapes

    def _rings(self, places: Records, records: Integers) -> Geometries:
        """Build polygons from rings of coordinates."""
        pieces, owners = places.pieces(records)
        coordinates, firsts = self._coordinates(places, pieces)
        sizes = np.diff(firsts)
        is_short = sizes < 3
        if is_short.any():
            self.note("vct_ring_short", int(places.starts[pieces[is_short]][0]), int(is_short.sum()))
        vertices = np.repeat(~is_short, sizes)
        numbers = np.repeat(np.cumsum(~is_short) - 1, sizes)[vertices]
        rings = shapely.linearrings(coordinates[vertices], indices=numbers) if vertices.any() else np.empty(0, object)
        return areas_of_rings(rings, owners[~is_short], len(records))

    def _by_lines(self, places: Records, records: Integers) -> Geometries:
        """Build polygons from the lines that bound them."""
        pieces, owners = places.pieces(records)
        counts = places.counts[pieces]
        items = self.stretches.identifiers(places.starts[pieces], places.ends[pieces], counts)
        owners = np.repeat(owners, counts)
        found = self._found(np.abs(items))
        missing = (found < 0) & (items != 0)
        if missing.any():
            at = int(places.starts[pieces[np.searchsorted(np.cumsum(counts), np.flatnonzero(missing)[0], "right")]])
            self.note("vct_line_missing", at, int(missing.sum()))
        used, line = np.unique(found[found >= 0], return_inverse=True)
        numbers = np.full(len(items), -1, dtype=np.int64)
        numbers[found >= 0] = line
        coordinates, firsts = self._line_coordinates(used)
        chains = Chains(numbers, items < 0, owners, len(records), coordinates, firsts)
        shapes, broken = rebuilt(chains)
        broken = np.setdiff1d(broken, owners[missing])
        if len(broken):
            self.note("vct_ring_open", int(places.starts[pieces[broken[0]]]), len(broken))
        shapes[np.unique(owners[missing])] = None
        return shapes

    def _found(self, ids: Integers) -> Integers:
        """Find lines by their identifiers; -1 where there is none."""
        if self._lookup is None:
            lines = self.sections["line"]
            usable = np.flatnonzero(lines.forms == LINE)
            self._lookup = Lookup.of(lines.ids[usable]), usable
        lookup, usable = self._lookup
        found = lookup.find(ids)
        return found if len(usable) in {0, len(self.sections["line"].ids)} else np.where(found < 0, -1, usable[found])

    def _line_coordinates(self, lines: Integers) -> tuple[Numbers, Integers]:
        """Read the coordinates of whole lines, and where each begins in them."""
        places = self.sections["line"]
        pieces, owners = places.pieces(lines)
        coordinates, _ = self._coordinates(places, pieces)
        sizes = np.bincount(owners, weights=places.counts[pieces], minlength=len(lines)).astype(np.int64)
        return coordinates, np.concatenate([[0], np.cumsum(sizes)])

    def _of_lines(self, places: Records, records: Integers) -> Geometries:
        """Build lines that are made of other lines."""
        shapes: Geometries = np.full(len(records), None, dtype=object)
        for at, record in enumerate(records.tolist()):
            pieces, _ = places.pieces(np.array([record]))
            items = self.stretches.identifiers(places.starts[pieces], places.ends[pieces], places.counts[pieces])
            items = items[items != 0]
            found = self._found(np.abs(items))
            if (found < 0).any():
                self.note("vct_line_missing", int(places.starts[pieces[0]]), int((found < 0).sum()))
                continue
            ways = [
                way for line, item in zip(found, items, strict=True) for way in self._way(line, is_backward=item < 0)
            ]
            shapes[at] = joined_lines(ways) if ways else None
        return shapes

    def _way(self, line: np.int64, *, is_backward: bool) -> list[Numbers]:
        """Read the pieces of a line in the order in which it is followed."""
        places = self.sections["line"]
        pieces, _ = places.pieces(np.array([line]))
        coordinates, firsts = self._coordinates(places, pieces)
        parts = [coordinates[firsts[at] : firsts[at + 1]] for at in range(len(pieces))]
        return [part[::-1] for part in parts[::-1]] if is_backward else parts

    def _by_areas(self, places: Records, records: Integers) -> Geometries:
        """Leave out polygons that are made of polygons."""
        self.note("vct_by_areas", int(places.starts[places.first[records[0]]]), len(records))
        return np.full(len(records), None, dtype=object)

    def _text_places(self, places: Records, records: Integers) -> Geometries:
        """Build the places of texts, the angle left aside."""
        pieces = places.first[records] + 1
        shapes: Geometries = np.full(len(records), None, dtype=object)
        separator = self.stretches.head.separator.encode()
        read = self.stretches.bytes_of(places.starts[pieces], places.ends[pieces])
        for at, (start, lines) in enumerate(zip(places.starts[pieces].tolist(), read, strict=True)):
            rows = [line.strip().split(separator)[:2] for line in lines.split(b"\n") if line.strip()]
            try:
                points = [[float(part) for part in row] for row in rows]
                placed = self.stretches.placed(np.array(points, dtype=float).reshape(len(rows), 2))
            except ValueError:
                raise self.stretches.error(
                    "vct_coordinate_expected", start, found=lines[:40].decode("latin-1")
                ) from None
            shapes[at] = shapely.Point(placed[0]) if len(placed) == 1 else shapely.MultiPoint(placed)
        return shapes


_BUILD: dict[int, Callable[[Shapes, Records, Integers], Geometries]] = {
    POINTS: Shapes._points,  # noqa: SLF001
    DIRECTED: Shapes._directed,  # noqa: SLF001
    LINE: Shapes._lines,  # noqa: SLF001
    LINES: Shapes._of_lines,  # noqa: SLF001
    RINGS: Shapes._rings,  # noqa: SLF001
    BY_LINES: Shapes._by_lines,  # noqa: SLF001
    BY_AREAS: Shapes._by_areas,  # noqa: SLF001
    TEXT: Shapes._text_places,  # noqa: SLF001
}
