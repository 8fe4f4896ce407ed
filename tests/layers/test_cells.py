"""Columns read at once: what each cell gives is what the exact functions give for it alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.layers.angles import parse_angle
from onemap.layers.casting import PARSERS, Asked, cast_words, plain_word
from onemap.layers.catalogue import schema
from onemap.layers.cells import cell_texts, words_like
from onemap.layers.coordinates import points_of_columns
from onemap.layers.numbers import parse_number
from onemap.layers.values import cell_text

WRITTEN = st.one_of(
    st.sampled_from(
        [
            "35", "35.0", "-0", "+5", "5.", ".5", "00123", "3５", "35米", " 35", "1,234", "1e5", "1E5", "4.6E+14", "12345.00", "9" * 14, "9" * 17,
            "9" * 45, "2024-01-05", "2024-01-05 10:20:30", "2024-01-05T10:20Z", "2024-02-30 10:20", "20240105", "46027", "是", "√", "0", "1", "4G、5G",
            "在网", "in service", "IN SERVICE", "-", "--", "NULL", "ＮＵＬＬ", "nan", "<空>", "－", "北山  站", "\ufeff站", "站\u3000", "", " ", "75.2",
            "75°12′", "E75.2", "北纬39度", "-75.2", "999", "-5", "1234567890123456789",
        ]
    ),
    st.text(max_size=9),
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
)  # fmt: skip
CELL = st.one_of(
    st.none(), WRITTEN, st.floats(), st.integers(-(10**18), 10**18), st.booleans(), st.dates(), st.datetimes()
)
FIELDS = [
    schema("towers").fields[name]
    for name in ("tenants", "status", "height_agl_m", "platforms_total", "has_room", "data_date")
]


@settings(max_examples=200, deadline=None)
@given(st.lists(CELL, max_size=12))
def test_texts_of_a_column_are_those_of_its_cells(cells):
    column = pd.Series(cells, dtype=object)
    assert list(cell_texts(column)) == [cell_text(value) for value in column]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), WRITTEN), max_size=40))
def test_texts_of_a_text_column_are_those_of_its_cells(cells):
    column = pd.Series(cells, dtype="string")
    texts = cell_texts(column)
    assert list(texts) == [cell_text(value) for value in column]
    assert [texts[row] for row in range(len(texts))] == list(texts)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.5, 2.0, np.nan, 1e20, -0.0, np.inf, 1e-7]), pd.Series([35.2, np.nan], dtype="float32"), pd.Series([1.5, pd.NA], dtype="Float64"),
        pd.Series([1, None, 2**60], dtype="Int64"), pd.Series([2**63 + 1, None], dtype="UInt64"), pd.Series([3, -3], dtype="int16"),
        pd.Series([True, None, False], dtype="boolean"), pd.Series([True, False]), pd.Series([], dtype="string"), pd.Series([None, None], dtype=object),
        pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02 10:20:30.5", None], format="mixed")),
        pd.Series(["甲", "甲", "乙"], dtype="category"),
    ],
    ids=lambda column: str(column.dtype),
)  # fmt: skip
def test_texts_of_any_kind_of_column_are_those_of_its_cells(column):
    assert list(cell_texts(column)) == [cell_text(value) for value in column]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@pytest.mark.parametrize("factor", [1.0, 0.001])
@pytest.mark.parametrize(
    "translated", [{}, {"在网": "in service", "35米": "12", "4g": "5G;4G"}], ids=["plain", "mapped"]
)
@settings(max_examples=40, deadline=None)
@given(words=st.lists(WRITTEN.map(cell_text).filter(bool), max_size=20))
def test_words_mean_what_the_exact_parser_says(field, factor, translated, words):
    if factor != 1.0 and field.kind not in {"number", "integer"}:
        factor = 1.0
    known = {plain_word(value): value for value in field.values}
    asked = Asked(field, field.unit, factor, known, {plain_word(one): other for one, other in translated.items()})
    cast = cast_words(words_like(words), asked)
    alone = [PARSERS[field.kind](_translated(word, asked), asked) for word in words]
    assert {row: one.rule for row, one in cast.wrong.items()} == {
        row: one.rule for row, one in enumerate(alone) if one.rule
    }
    assert [None if pd.isna(value) else value for value in cast.values] == [one.value for one in alone]


def _translated(word, asked):
    return word if asked.field.kind == "list" else asked.translated.get(plain_word(word), word)


@pytest.mark.parametrize("angular", [True, False])
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), WRITTEN), st.one_of(st.none(), WRITTEN)), max_size=15))
def test_points_are_those_of_their_cells(angular, pairs):
    across, up = (cell_texts(pd.Series([pair[side] for pair in pairs], dtype="string")) for side in (0, 1))
    points, faults = points_of_columns(across, up, angular=angular)
    rules = {fault.position: fault.rule for fault in faults}
    for row, (east, north) in enumerate(zip(across, up, strict=True)):
        (x, lon), (y, lat) = (_read_alone(text, angular=angular) for text in (east, north))
        if x is None or y is None:
            assert rules[row] == "OM-GEO-001"
        elif lon == "lat" or lat == "lon":
            assert rules[row] == "OM-CRS-006"
        else:
            assert (points[row].x, points[row].y) == (x, y)
            assert row not in rules


def _read_alone(text, *, angular):
    found = None if text is None else parse_angle(text) if angular else (parse_number(text, "m"), "")
    return (None, "") if found is None else found
