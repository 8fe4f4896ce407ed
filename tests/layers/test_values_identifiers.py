"""Identifiers and codes that a spreadsheet spoiled, and those that only look so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.layers.identifiers import (
    rounded_identifiers,
    scientific_identifiers,
    shortened_codes,
    tidy_identifiers,
)


def column(*texts):
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def spoiled(*texts):
    return sorted(
        fault.row for check in (scientific_identifiers, rounded_identifiers) for fault in check(column(*texts))
    )


def shortened(*texts, field="operator_site_code"):
    return {fault.row: fault.meant for fault in shortened_codes(column(*texts), field=field)}


@pytest.mark.parametrize(
    "text", ["4.6E+14", "4.60001E+14", "4.6e14", "4,6E+14", "5E+12", "460001234567890000", "659900012345678000"]
)
def test_identifiers_that_lost_digits_are_found(text):
    assert spoiled(text) == [0]


@pytest.mark.parametrize(
    "text",
    [
        "2E05",
        "1E10",
        "E4.6",
        "460001234567891234",
        "659900001201000000",
        "1000000000000000",
        "T4.6E+14",
        "123456789012345",
        "460-00-1-1",
        "G3012",
    ],
)
def test_identifiers_that_only_look_so_are_left_alone(text):
    assert spoiled(text) == []


def test_a_column_of_long_identifiers_that_all_end_in_zeros_is_rounded():
    assert spoiled("6599000123456780", "6599000123456790", "6599000123456810", "6599000123456820") == [0, 1, 2, 3]
    assert spoiled("6599000123456780", "6599000123456791", "6599000123456812", "6599000123456823") == []


def test_random_long_identifiers_are_seldom_called_rounded():
    rng = np.random.default_rng(7)
    for digits in (16, 17, 18):
        texts = [str(number) for number in rng.integers(10 ** (digits - 1), 10**digits, 20_000)]
        assert len(spoiled(*texts)) < 40


def test_tails_of_floats_and_apostrophes_come_off():
    texts, rows = tidy_identifiers(column("659900001.0", "12.0", "'0012", "’0013", "T1.0", "'quoted'", None, ""))
    assert texts.tolist() == ["659900001", "12", "0012", "0013", "T1.0", "'quoted'", None, ""]
    assert rows.tolist() == [0, 1, 2, 3]


def test_codes_whose_zeros_others_kept_are_found():
    assert shortened("0101", "0102", "103", "0104", "1105") == {2: "0103"}
    assert shortened("00012", "00013", "14", "00015", "00016") == {2: "00014"}


def test_one_short_code_among_long_ones_is_found():
    assert shortened(
        "659900001", "659900002", "65990003", "659900004", "659900005", "659900006", field="district_code"
    ) == {2: "065990003"}


@pytest.mark.parametrize(
    "texts",
    [
        [str(number) for number in range(1, 1200)],
        [str(number) for number in range(99_500, 100_900)],
        [str(number) for number in np.random.default_rng(1).integers(1, 1_000_000, 3000)],
        [str(number) for number in np.random.default_rng(2).integers(1, 10_000_000_000, 3000)],
        ["T1", "T22", "T333"],
        ["659900", "659900001", "659900001201"] * 5,
        ["12", "345"],
        [],
    ],
    ids=[
        "counting",
        "over a hundred thousand",
        "random",
        "random ids of maps",
        "with letters",
        "three levels",
        "two",
        "none",
    ],
)
def test_numbers_of_free_length_are_left_alone(texts):
    assert shortened(*texts, field="tower_id") == {}


@given(st.lists(st.integers(0, 10**9).map(str), max_size=60))
def test_what_was_meant_is_as_long_as_the_others(texts):
    widths = {len(text) for text in texts}
    assert all(len(meant) in widths for meant in shortened(*texts).values())
