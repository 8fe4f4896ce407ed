"""Single values in the writings that offices use: angles, numbers, yes and no, dates, lists, units, columns."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.errors import LayerError
from onemap.layers.angles import parse_angle
from onemap.layers.columns import find_column
from onemap.layers.dates import parse_date, read_date
from onemap.layers.numbers import parse_number, read_number
from onemap.layers.units import unit_factor
from onemap.layers.values import cell_text, parse_yes_no, split_list

DMS = 75 + 12 / 60 + 34.5 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "75°12′34.5″", "75°12'34.5\"", "75°12'34.5\"E", "E75°12'34.5\"", "75-12-34.5", "东经75度12分34.5秒", "75度12分34.5秒",
        "75 12 34.5", "75:12:34.5", "75° 12′ 34.5″ E", "７５°１２′３４．５″", "75º12’34.5”", "75°12´34.5´´",
        "75°12′34.5′′", "经度75°12′34.5″", "e 75 12 34.5", "75˚12′34.5″", "东经：75°12′34.5″", "75 - 12 - 34.5", "+75°12′34.5″",
        "75°12′34.5", "75 12 34.5 E", "东75°12′34.5″",
    ],
)  # fmt: skip
def test_writings_of_one_angle_are_read_alike(text):
    found = parse_angle(text)
    assert found is not None
    assert found[0] == pytest.approx(DMS, abs=1e-12)
    assert found[1] in {"", "lon"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("75.5", (75.5, "")), ("75.5°", (75.5, "")), ("E75.5°", (75.5, "lon")), ("75.5E", (75.5, "lon")), ("-75.5", (-75.5, "")),
        ("−75.5", (-75.5, "")), ("75.5W", (-75.5, "lon")), ("北纬39度", (39.0, "lat")), ("39°30′N", (39.5, "lat")),
        ("S33°30'", (-33.5, "lat")), ("39 30", (39.5, "")), ("75°", (75.0, "")), ("0", (0.0, "")), ("１１６．４", (116.4, "")),
    ],
)  # fmt: skip
def test_decimals_letters_and_signs_are_read(text, expected):
    value, axis = parse_angle(text)
    assert (round(value, 12), axis) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "abc",
        "75°60′",
        "75°12′61″",
        "-75W",
        "E75N",
        "75,5",
        "75.5.5",
        "75..5",
        "12 34 56 78",
        "75.5 12",
        "N/A",
        "东经",
    ],
)
def test_what_is_no_angle_is_not_guessed(text):
    assert parse_angle(text) is None


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59_999))
def test_angles_come_back_from_their_writing(degrees, minutes, thousandths):
    written = f"{degrees}°{minutes:02d}′{thousandths // 1000:02d}.{thousandths % 1000:03d}″"
    expected = degrees + minutes / 60 + thousandths / 3_600_000
    assert parse_angle(written)[0] == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("35", 35.0), ("３５．５", 35.5), ("1,234.5", 1234.5), ("1，234", 1234.0), ("35米", 35.0), ("35 m", 35.0), ("35M", 35.0),
        ("35公尺", 35.0), (" 35 ", 35.0), ("-3.5", -3.5), ("−3.5", -3.5), ("+7", 7.0), (".5", 0.5), ("1e3", 1000.0), ("12.", 12.0),
        ("1 234", 1234.0), ("12 345 678.5", 12345678.5), ("0.5km", 500.0), ("2公里", 2000.0), ("35 cm", 0.35), ("35(m)", 35.0),
        ("1.2万米", 12000.0), ("'35", 35.0), ("1\u202f234", 1234.0),
    ],
)  # fmt: skip
def test_numbers_are_read(text, number):
    assert parse_number(text, "m") == number


@pytest.mark.parametrize(
    "text",
    [
        "约35",
        "35-40",
        "35~40",
        "35左右",
        "三十五",
        "12,5",
        "1,23,456",
        "35kW",
        "1e999",
        "--5",
        "5G",
        "35米5",
        "0x10",
        "1 23",
    ],
)
def test_what_is_no_number_is_not_guessed(text):
    assert parse_number(text, "m") is None


@pytest.mark.parametrize(
    ("text", "unit", "why", "meant"),
    [
        ("约35", "m", "why_about", 35.0), ("35米左右", "m", "why_about", 35.0), ("~35", "m", "why_about", 35.0), ("35?", "m", "why_about", 35.0),
        ("35-40", "m", "why_range", None), ("35～40米", "m", "why_range", None), ("35至40", "m", "why_range", None),
        ("＞30", "m", "why_bound", None), ("30以上", "m", "why_bound", None), ("35+", "m", "why_bound", None),
        ("35/40", "m", "why_choice", None), ("35或40", "m", "why_choice", None), ("三十五", "m", "why_numeral", 35.0),
        ("四十八芯", "", "why_numeral", 48.0), ("三百二十", "", "why_numeral", 320.0), ("二〇二四", "", "why_numeral", 2024.0),
        ("一万二千", "", "why_numeral", 12000.0), ("三点五", "m", "why_numeral", 3.5), ("12,5", "m", "why_comma", 12.5),
        ("1.234,5", "m", "why_comma", 1234.5), ("85%", "", "why_percent", None), ("35层", "m", "why_unit", None), ("35kW", "m", "why_unit", None),
        ("1e999", "m", "why_infinite", None), ("较少", "m", "why_words", None), ("万", "", "why_words", None), ("3.5.1", "m", "why_words", None),
    ],
)  # fmt: skip
def test_a_number_in_doubt_says_why_and_what_it_may_mean(text, unit, why, meant):
    reading = read_number(text, unit)
    assert (reading.value, reading.why, reading.meant) == (None, why, meant)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("-85dBm", "dBm", -85.0), ("2100M", "MHz", 2100.0), ("3.5G", "MHz", 3500.0), ("48芯", "", 48.0), ("120人", "", 120.0), ("1.2万人", "", 12000.0),
    ],
)  # fmt: skip
def test_units_and_counting_words_behind_a_number_are_read(text, unit, number):
    assert read_number(text, unit).value == number


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_a_plain_number_is_never_in_doubt(number):
    assert read_number(repr(number)).value == number
    assert read_number(f"{round(number):,}").value == round(number)


def test_unit_behind_a_number_without_unit_is_refused():
    assert parse_number("35米") is None


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("km", "m", 1000), ("公里", "m", 1000), ("皮长公里", "km", 1), ("cm", "m", 0.01), ("亩", "m²", 2000 / 3), ("公顷", "m²", 10_000),
        ("W", "kW", 0.001), ("千伏", "kV", 1), ("GHz", "MHz", 1000), ("吨", "kg", 1000), ("平方米", "m²", 1), ("m2", "m²", 1),
    ],
)  # fmt: skip
def test_units_turn_into_each_other(given, wanted, factor):
    assert unit_factor(given, wanted) == pytest.approx(factor)


@pytest.mark.parametrize(("given", "wanted"), [("kW", "m"), ("furlong", "m"), ("dBi", "dBm"), ("mW", "kW")])
def test_units_of_other_things_do_not(given, wanted):
    assert unit_factor(given, wanted) is None


@pytest.mark.parametrize("text", ["是", "有", "Y", "yes", "1", "1.0", "√", "✓", "true", "TRUE", "Ｙ"])
def test_yes(text):
    assert parse_yes_no(text) is True


@pytest.mark.parametrize("text", ["否", "无", "N", "no", "0", "0.0", "×", "x", "false"])
def test_no(text):
    assert parse_yes_no(text) is False


@pytest.mark.parametrize("text", ["2", "可能", "?", "是否"])
def test_neither(text):
    assert parse_yes_no(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026/1/5",
        "2026.1.5",
        "20260105",
        "2026年1月5日",
        "2026-01-05 10:30:00",
        "2026-01-05T10:30",
        "46027",
        "２０２６－１－５",
    ],
)
def test_days_are_read(text):
    assert parse_date(text) == "2026-01-05"


@pytest.mark.parametrize(
    ("text", "day", "why"),
    [
        ("5-Mar-2024", "2024-03-05", ""), ("March 5, 2024", "2024-03-05", ""), ("25.03.2024", "2024-03-25", ""), ("3/25/2024", "2024-03-25", ""),
        ("45356", "2024-03-05", ""), ("20240305103000", "2024-03-05", ""), ("2024年3月5日 10时20分", "2024-03-05", ""),
        ("2024-03-05 下午3:20", "2024-03-05", ""), ("2024-03-05T00:00:00+08:00", "2024-03-05", ""),
        ("2024-03-05T16:00:00Z", "2024-03-05", "why_other_clock"), ("2024.3", "2024-03-01", "why_month_alone"),
        ("2024年3月", "2024-03-01", "why_month_alone"), ("2024.1", "2024-01-01", "why_lost_zero"), ("05.03.2024", None, "why_day_or_month"),
        ("3/4/2024", None, "why_day_or_month"), ("24-3-5", None, "why_two_digit_year"), ("5-Mar-24", None, "why_two_digit_year"),
        ("3/5/24", None, "why_two_digit_year"), ("2024-02-30", None, "why_no_such_day"), ("2024年", None, "why_year_alone"), ("昨天", None, "why_words"),
    ],
)  # fmt: skip
def test_a_day_in_doubt_says_why(text, day, why):
    reading = read_date(text)
    assert (reading.day, reading.why) == (day, why)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 12, 31)))
def test_a_day_comes_back_from_each_of_its_writings(day):
    serial = str((day - dt.date(1899, 12, 30)).days)
    for text in (
        f"{day:%Y/%m/%d}",
        f"{day:%Y-%m-%d}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%d-%b-%Y}",
        serial,
    ):
        assert read_date(text).day == day.isoformat()


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "昨天", "5/1/2026", "12"])
def test_what_is_no_day_is_not_guessed(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (659900001.0, "659900001"), (np.float64(12), "12"), (np.int32(5), "5"), (1.5, "1.5"), (4.6e14, "460000000000000"),
        (1e17, "1e+17"), (True, "true"), (dt.datetime(2026, 1, 5), "2026-01-05"), (dt.date(2026, 1, 5), "2026-01-05"),  # noqa: DTZ001
        (pd.Timestamp("2026-01-05 10:30"), "2026-01-05 10:30:00"), ("\u3000东 塔\xa0", "东 塔"), (["a", "b"], "a;b"), ("a\nb", "a b"),
        (np.datetime64("2026-01-05"), "2026-01-05"),
    ],
)  # fmt: skip
def test_cells_become_text(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize(
    "value",
    [
        None,
        float("nan"),
        pd.NA,
        pd.NaT,
        np.datetime64("NaT"),
        "",
        "  ",
        "\u3000",
        "-",
        "/",
        "NULL",
        "nan",
        "－",
        [],
    ],
)
def test_cells_that_hold_nothing(value):
    assert cell_text(value) is None


def test_lists_are_split_on_all_usual_marks():
    assert split_list("移动、联通,电信；铁塔/广电|其他;末") == ["移动", "联通", "电信", "铁塔", "广电", "其他", "末"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("name", ["移动站址编码", "共享运营商名称", "站址A编码信息", "OperatorSiteCode"])
def test_name_that_a_shapefile_cut_is_found(name, encoding):
    cut = name.encode(encoding)[:10].decode(encoding, errors="ignore")
    assert find_column(name, ["其他", cut], layer="towers", file="a.shp") == 1


def test_name_cut_inside_a_character_is_found():
    cut = "移动站址编码".encode()[:10].decode(errors="replace")
    assert cut.endswith("\ufffd")
    assert find_column("移动站址编码", [cut], layer="towers", file="a.shp") == 0


def test_exact_name_goes_before_a_cut_one():
    assert find_column("移动站址编码", ["移动站址编", "移动站址编码"], layer="towers", file="a.shp") == 1


def test_blanks_width_and_case_of_a_name_do_not_matter():
    assert find_column("塔高(m)", ["编码", " 塔高（M） "], layer="towers", file="a.csv") == 1


def test_name_that_fits_twice_is_refused():
    with pytest.raises(LayerError, match="several columns"):
        find_column("塔高", ["塔高", "塔高"], layer="towers", file="a.csv")


def test_missing_name_lists_what_there_is_and_the_nearest():
    with pytest.raises(LayerError, match=r"did you mean 塔高米\? The columns are 编码, 塔高米"):
        find_column("塔高", ["编码", "塔高米"], layer="towers", file="a.csv")
