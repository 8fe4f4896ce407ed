"""A second reader of 3.0 files, written from the description of the format alone: one loop over the lines, dicts, text.

It shares nothing with `onemap.vct`: no index, no arrays, no batches. Polygons are the even-odd sum of their rings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import shapely


@dataclass
class Naive:
    head: dict[str, str] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    shapes: dict[str, dict[int, object]] = field(default_factory=dict)
    rows: dict[str, dict[int, list[str]]] = field(default_factory=dict)


def read_naively(path: Path, encoding: str = "gb18030") -> Naive:
    found, queue = Naive(), []
    lines = path.read_bytes().decode(encoding).split("\r\n")
    section = ""
    for line in lines:
        if not section:
            section = line.removesuffix("Begin")
            queue = []
        elif line == f"{section}End":
            TAKE[section](found, queue)
            section = ""
        else:
            queue.append(line)
    return found


def take_head(found: Naive, lines: list[str]) -> None:
    found.head = dict(line.split(":", 1) for line in lines)


def take_codes(found: Naive, lines: list[str]) -> None:
    for line in lines:
        code, *rest = line.split(",")
        found.codes[code] = rest


def take_tables(found: Naive, lines: list[str]) -> None:
    while lines:
        name, count = lines.pop(0).split(",")[:2]
        found.tables[name] = [lines.pop(0).split(",") for _ in range(int(count))]
        assert lines.pop(0) == "0"
        assert lines.pop(0) == ""


def records(lines: list[str]) -> list[list[str]]:
    """Cut at the 0 and the blank line behind it."""
    made: list[list[str]] = []
    first = 0
    while first < len(lines):
        at = next(at for at in range(first + 3, len(lines)) if lines[at] == "0" and lines[at + 1] == "")
        made.append(lines[first:at])
        first = at + 2
    return made


def place(line: str) -> tuple[float, float]:
    east, north = line.split(",")
    return float(east), float(north)


def pieces(rows: list[str]) -> list[list[str]]:
    """Lists that are each a 11, a count, and so many coordinates."""
    made = []
    for _ in range(int(rows.pop(0))):
        assert rows.pop(0) == "11"
        count = int(rows.pop(0))
        made.append([rows.pop(0) for _ in range(count)])
    assert not rows
    return made


def take_points(found: Naive, lines: list[str]) -> None:
    for identifier, code, _style, kind, count, *places in records(lines):
        assert len(places) == int(count)
        points = [shapely.Point(place(one)) for one in places]
        found.shapes.setdefault(code, {})[int(identifier)] = points[0] if kind == "1" else shapely.MultiPoint(points)


def take_lines(found: Naive, lines: list[str]) -> None:
    for identifier, code, _style, kind, *rows in records(lines):
        assert kind == "1"
        found.shapes.setdefault(code, {})[int(identifier)] = pieces(rows)


def take_polygons(found: Naive, lines: list[str]) -> None:
    for identifier, code, _style, kind, label, *rows in records(lines):
        rings = pieces(rows) if kind == "1" else followed(found.shapes["1099000000"], rows)
        area: shapely.Geometry = shapely.Polygon()
        for ring in rings:
            assert ring[0] == ring[-1]
            area = area.symmetric_difference(shapely.Polygon([place(one) for one in ring]))
        found.shapes.setdefault(code, {})[int(identifier)] = area
        found.shapes.setdefault(f"{code} label", {})[int(identifier)] = shapely.Point(place(label))


def followed(borders: dict[int, object], rows: list[str]) -> list[list[str]]:
    assert rows.pop(0) == "21"
    count = int(rows.pop(0))
    assert all(row.count(",") == 7 for row in rows[:-1])
    items = [int(one) for row in rows for one in row.split(",")]
    assert len(items) == count
    rings: list[list[str]] = [[]]
    for item in items:
        if item == 0:
            rings.append([])
            continue
        (border,) = borders[abs(item)]  # type: ignore[misc]
        rings[-1] += border if item > 0 else border[::-1]
    return rings


def take_annotations(found: Naive, lines: list[str]) -> None:
    while lines:
        identifier, code, _style, kind, text, line, end, blank = lines[:8]
        del lines[:8]
        assert (kind, end, blank) == ("1", "0", "")
        east, north, angle = line.split(",")
        found.shapes.setdefault(code, {})[int(identifier)] = (text, float(east), float(north), float(angle))


def take_rows(found: Naive, lines: list[str]) -> None:
    left = iter(lines)
    for table in left:
        while (line := next(left)) != "TableEnd":
            identifier, *values = line.split(",")
            assert len(values) == len(found.tables[table])
            found.rows.setdefault(table, {})[int(identifier)] = values
        assert next(left) == ""


TAKE = {
    "Head": take_head,
    "FeatureCode": take_codes,
    "TableStructure": take_tables,
    "Point": take_points,
    "Line": take_lines,
    "Polygon": take_polygons,
    "Annotation": take_annotations,
    "Attribute": take_rows,
    "": lambda _found, _lines: None,
}
