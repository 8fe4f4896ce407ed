"""Random layers for the writer: coverages with holes, islands and parts, points, lines, texts and nulls."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import shapely
from hypothesis import strategies as st

from onemap.vct import Field, NewLayer

EAST, NORTH = 38_500_000.0, 3_000_000.0
TEXTS = [
    "水田", "有一个洞", "a b", " 首尾 ", "0", "TableEnd", "联通", "x", "PolygonEnd", "-", "1099000000", "CommentBegin", '"引号"', "it's",
    "甲,乙", "两\n行", "三\r\n行", "，", "水" * 3_000, ",", "\t表", "；|\\",
]  # fmt: skip
FIELDS = [
    Field("MC", "Char", 60), Field("N", "Int", 20), Field("MJ", "Float", 15, 2), Field("RQ", "Date", 8), Field("BZ", "Varchar"),
    Field("F", "Boolean"), Field("T", "Time"), Field("D", "Double"), Field("S", "Datetime"), Field("H", "Numeric", 20, 6),
]  # fmt: skip

gbk = st.characters(codec="gbk", exclude_characters="\0\x7f\x80")
texts = st.one_of(st.none(), st.sampled_from(TEXTS), st.text(gbk, max_size=12))
VALUES = {
    "MC": texts,
    "N": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "MJ": st.one_of(st.none(), st.integers(-(10**9), 10**9).map(lambda number: number / 100)),
    "RQ": st.one_of(st.none(), st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))),
    "BZ": texts,
    "F": st.one_of(st.none(), st.booleans()),
    "T": st.one_of(st.none(), st.times().map(lambda time: time.replace(tzinfo=None))),
    "D": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    "S": st.one_of(st.none(), st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))),  # noqa: DTZ001
    "H": st.one_of(st.none(), st.integers(-(10**12), 10**12).map(lambda number: number / 10**6)),
}


@st.composite
def columns(draw: st.DrawFn, count: int) -> dict[str, list[object]]:
    return {name: draw(st.lists(value, min_size=count, max_size=count)) for name, value in VALUES.items()}


@st.composite
def coverages(draw: st.DrawFn) -> np.ndarray:
    """A raster of regions, turned into polygons: shared borders, holes, islands, parts that touch at corners."""
    width, height = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    regions = draw(st.lists(st.integers(0, 4), min_size=width * height, max_size=width * height))
    step = draw(st.sampled_from([10.0, 7.3, 0.01]))
    warp = draw(st.booleans())
    xs, ys = np.meshgrid(np.arange(width + 1) * step, np.arange(height + 1) * step, indexing="ij")
    if warp:
        seed = np.random.default_rng(draw(st.integers(0, 99)))
        xs, ys = xs + seed.uniform(-step / 4, step / 4, xs.shape), ys + seed.uniform(-step / 4, step / 4, ys.shape)
    xs, ys = np.round(xs + EAST, 4), np.round(ys + NORTH, 4)
    cells: dict[int, list[shapely.Geometry]] = {}
    for at, region in enumerate(regions):
        i, j = divmod(at, height)
        if region:
            corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
            cells.setdefault(region, []).append(shapely.Polygon([(xs[c], ys[c]) for c in corners]))
    shapes = [shapely.coverage_union_all(parts) for parts in cells.values()]
    if draw(st.booleans()):
        shapes.append(None)
    return np.array(shapes, dtype=object) if shapes else np.empty(0, dtype=object)


places = st.tuples(st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7)).map(
    lambda pair: (round(EAST + pair[0] / 1e4, 4), round(NORTH + pair[1] / 1e4, 4))
)
points = st.one_of(
    st.none(), places.map(shapely.Point), st.lists(places, min_size=2, max_size=4).map(shapely.MultiPoint)
)


@st.composite
def unclean_polygons(draw: st.DrawFn) -> shapely.Polygon:
    """A valid triangle, box or star on whole tenths of a metre; several overlap, touch or meet along parts of edges."""
    west, south = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    width, height = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    lean, kind = draw(st.integers(-20, 20)), draw(st.sampled_from(["box", "triangle", "kite"]))
    corners = {
        "box": [(0, 0), (width, 0), (width, height), (0, height)],
        "triangle": [(0, 0), (width, lean), (lean, height + 21)],
        "kite": [(0, 0), (width, -height), (2 * width, 0), (width, 3 * height)],
    }[kind]
    places = [(EAST + (west + x) / 10, NORTH + (south + y) / 10) for x, y in corners]
    return shapely.Polygon([(round(x, 4), round(y, 4)) for x, y in places])


unclean = unclean_polygons().filter(lambda shape: shape.is_valid and shape.area > 0.01)
points_only = st.one_of(st.none(), places.map(shapely.Point))
single_lines = st.lists(places, min_size=2, max_size=6, unique=True).map(shapely.LineString)


def apart(lines: list[shapely.LineString]) -> shapely.Geometry:
    """Parts that follow each other end to start would be read as one."""
    meets = any(a.coords[-1] == b.coords[0] for a, b in itertools.pairwise(lines))
    return lines[0] if meets else shapely.MultiLineString(lines)


lines = st.one_of(st.none(), single_lines, st.lists(single_lines, min_size=2, max_size=3).map(apart))


def plain(text: str | None) -> str | None:
    """A text as the format can hold it: full-width commas, no line ends, none where it was empty."""
    for end in ("\r\n", "\n", "\r"):
        text = text.replace(end, " ") if text else None
    return text.replace(",", "，") if text else None


@st.composite
def layers(draw: st.DrawFn) -> list[NewLayer]:
    """One layer of each kind that is drawn."""
    made = []
    kinds = {"Point": points, "Line": lines, "Polygon": coverages(), "Annotation": points_only, "": None}
    for number, (kind, shapes) in enumerate(kinds.items()):
        if not draw(st.booleans()):
            continue
        if shapes is None:
            count = draw(st.integers(0, 4))
            geometry = None
        else:
            drawn = draw(shapes) if kind == "Polygon" else draw(st.lists(shapes, max_size=5))
            count = len(drawn)
            geometry = np.full(count, None, dtype=object)
            geometry[:] = drawn
        code = f"{2001010100 + number}" if kind else ""
        said = {}
        if kind == "Annotation":
            angles = st.integers(-360, 360).map(lambda angle: angle / 2)
            said = {
                name: draw(st.lists(what, min_size=count, max_size=count))
                for name, what in (("texts", texts), ("angles", angles))
            }
        made.append(NewLayer(f"T{number}", code, kind, geometry, FIELDS, draw(columns(count)), "图层", **said))
    return made
