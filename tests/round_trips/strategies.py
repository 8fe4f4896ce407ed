"""Random layers as departments send them, and worse."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from onemap.delivery.conversion.layer import PlainLayer, plain_layer

MOMENT = "datetime64[us]"
CRSS = ["EPSG:4490", "EPSG:4528", "EPSG:4326", "EPSG:4549", None]

NAMES = [
    "站址编码", "塔高(m)", "经度", "name", "Name", "NAME", "k", "K", "fid", "FID", "geom", "geometry", "OBJECTID", "Shape",
    "select", "order", "1abc", "a b-c", "名称与所在行政村的全称", "名称与所在行政村的简称", "identifier_long_one",
    "identifier_long_two", "𠮷村", "field", "a.b", "x'y", 'q"q', "é", "ß", "rowid", "id", "OGC_FID", "，", "_", "%", "a\\b",
    "长" * 70, "n" * 80,
]  # fmt: skip

TEXTS = [
    "", " ", "甲村", "中国移动", "㵘𠮷村", "😀 tower", "a\"b'c", "line\nbreak", "tab\t", "\r\n", " lead", "trail ", "NULL", "NaN",
    "0012", "1e5", "2026-01-02", "2026/01/02 03:04:05", "12:30:00", "true", "=1+1", "<b>", "{\"a\": 1}", "[1, 2]", "长" * 90,
    "长" * 127, "长" * 128, "x" * 254, "x" * 255, "x" * 300, "㵘" * 130, "a\0b", "\0", "é", "〓", "？", "\u3000", "\ufeff", "\u0085",
]  # fmt: skip

texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text(alphabet="甲乙丙丁村镇县塔站长", max_size=140),
)
floats = st.one_of(
    st.sampled_from(
        [0.0, 1e-20, 1e300, -1e300, 5e-324, 0.1 + 0.2, 1 / 3, 35.5, 1e15 + 0.3, 2.0**60, 123456.789, -1e-7]
    ),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)),
)
days = st.dates(dt.date(1800, 1, 1), dt.date(2200, 12, 31))
moments = st.one_of(
    st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001
    st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2200, 1, 1)).map(lambda value: value.replace(microsecond=0)),  # noqa: DTZ001
)
zones = st.sampled_from(["UTC", "Asia/Shanghai", "+05:30"])


def whole(bits: int) -> st.SearchStrategy[int]:
    largest = 2 ** (bits - 1) - 1
    return st.one_of(st.integers(-largest - 1, largest), st.sampled_from([0, 1, -1, largest, -largest - 1]))


@st.composite
def columns(draw: st.DrawFn, rows: int) -> pd.Series:
    kind = draw(
        st.sampled_from(["text", "text", "whole", "number", "number", "yes-no", "date", "moment", "zoned", "none"])
    )

    def drawn(values: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(st.one_of(st.none(), values, values, values), min_size=rows, max_size=rows))

    instants = pd.Series(pd.to_datetime(drawn(moments)) if kind in {"moment", "zoned"} and rows else [], dtype=MOMENT)
    make = {
        "text": lambda: pd.Series(drawn(texts), dtype="string"),
        "whole": lambda: pd.Series(pd.array(drawn(whole(draw(st.sampled_from([8, 16, 32, 54, 64])))), dtype="Int64")),
        "number": lambda: pd.Series(drawn(floats), dtype="float64"),
        "yes-no": lambda: pd.Series(pd.array(drawn(st.booleans()), dtype="boolean")),
        "date": lambda: pd.Series(drawn(days), dtype="object"),
        "moment": lambda: instants,
        "zoned": lambda: instants.dt.tz_localize("UTC").dt.tz_convert(draw(zones)),
        "none": lambda: pd.Series([None] * rows, dtype="string"),
    }
    return make[kind]()


@st.composite
def places(draw: st.DrawFn, *, metric: bool, tame: bool = True) -> tuple[float, float]:
    if not tame and draw(st.integers(0, 30)) == 0:
        bad = st.sampled_from([float("nan"), float("inf"), -float("inf"), 0.0])
        return draw(bad), draw(bad)
    if metric:
        return draw(st.floats(4e5, 4.1e7).map(lambda v: round(v, 3))), draw(st.floats(2e6, 6e6))
    return draw(st.floats(73, 135)), draw(st.floats(3, 54).map(lambda v: round(v, 6)))


@st.composite
def shapes(draw: st.DrawFn, kind: str, *, metric: bool, high: bool) -> shapely.Geometry:
    place = places(metric=metric, tame=kind.endswith("Polygon"))  # a ring with such a coordinate is no ring

    def points(least: int) -> list[tuple[float, ...]]:
        found = draw(st.lists(place, min_size=least, max_size=least + 4))
        return [(*one, draw(st.floats(-100, 8849))) for one in found] if high else found

    def ring() -> list[tuple[float, ...]]:
        corner = points(1)[0]
        size = draw(st.floats(0.001, 0.01)) * (1e5 if metric else 1)
        steps = [(0, 0), (1, 0), (1, 1), (0, 1)]
        return [(corner[0] + size * a, corner[1] + size * b, *corner[2:]) for a, b in steps]

    if kind == "Point":
        return shapely.Point(points(1)[0])
    if kind == "MultiPoint":
        return shapely.MultiPoint(points(1))
    if kind == "LineString":
        return shapely.LineString(points(2))
    if kind == "MultiLineString":
        return shapely.MultiLineString([points(2) for _ in range(draw(st.integers(1, 3)))])
    if kind == "Polygon":
        return shapely.Polygon(draw(st.sampled_from([ring, lambda: points(3)]))())
    return shapely.MultiPolygon([shapely.Polygon(ring()) for _ in range(draw(st.integers(1, 3)))])


FAMILIES = [["Point"], ["Point"], ["Point", "MultiPoint"], ["LineString"], ["LineString", "MultiLineString"], ["Polygon"],
            ["Polygon", "MultiPolygon"]]  # fmt: skip
MIXED = [["Point", "LineString", "Polygon"], ["MultiPoint", "Polygon"]]


@st.composite
def layers(draw: st.DrawFn, *, mixed: bool) -> PlainLayer:
    """Draw a layer of 0 to 30 rows."""
    rows = draw(st.one_of(st.integers(0, 5), st.integers(0, 30)))
    names = draw(
        st.lists(st.one_of(st.sampled_from(NAMES), texts.filter(lambda t: len(t) < 100)), max_size=6, unique=True)
    )
    frame = pd.DataFrame({name: draw(columns(rows)) for name in names}, index=pd.RangeIndex(rows))
    crs = draw(st.sampled_from(CRSS))
    if draw(st.integers(0, 11)) == 0:
        return plain_layer("towers", frame, None, crs=None)
    kinds = draw(st.sampled_from([*FAMILIES, *MIXED] if mixed else FAMILIES))
    heights = draw(st.sampled_from(["no", "no", "yes", "some"]))
    geometry = np.full(rows, None, dtype=object)
    for row in range(rows):
        kind = draw(st.sampled_from([*kinds, *kinds, *kinds, "none", "empty"]))
        if kind == "none":
            continue
        high = heights == "yes" or (heights == "some" and draw(st.booleans()))
        with np.errstate(invalid="ignore"):
            geometry[row] = (
                getattr(shapely, kinds[0])()
                if kind == "empty"
                else draw(shapes(kind, metric=crs in {"EPSG:4528", "EPSG:4549"}, high=high))
            )
    return plain_layer("towers", frame, geometry, crs=crs)
