"""Days as people write them into cells, and why a text is none."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["DateReading", "parse_date", "read_date"]

_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
)}  # fmt: skip
_TIME = r"(?:(?:[T\s]\s*|(?<=[日号]))(?:上午|下午|[AP]M)?\s*\d{1,2}\s*[:时点].*)?"
_YEAR_FIRST = re.compile(
    rf"^(?P<year>\d{{4}})\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*(?:[-/.月]\s*(?P<day>\d{{1,2}})\s*[日号]?|月)?{_TIME}$"
)
_PACKED = re.compile(r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:\d{6})?$")
_NAMED = re.compile(
    rf"^(?:(?P<d1>\d{{1,2}})[-\s/.]*(?P<m1>[a-z]{{3,9}})|(?P<m2>[a-z]{{3,9}})[-\s/.]*(?P<d2>\d{{1,2}}),?)"
    rf"[-\s/.,]+(?P<year>\d{{4}}|\d{{2}}){_TIME}$",
    re.IGNORECASE,
)
_YEAR_LAST = re.compile(rf"^(?P<one>\d{{1,2}})\s*([-/.])\s*(?P<two>\d{{1,2}})\s*\2\s*(?P<year>\d{{4}}){_TIME}$")
_SHORT_YEAR = re.compile(
    rf"^(?P<year>\d{{2}})\s*([-/.年])\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}})日?{_TIME}$"
)
_SHORT_LAST = re.compile(rf"^\d{{1,2}}\s*([-/.])\s*\d{{1,2}}\s*\1\s*\d{{2}}{_TIME}$")
_ZONE = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\s*$", re.IGNORECASE)
_YEAR_ALONE = re.compile(r"^(?:19|20)\d{2}\s*年?$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
_EXCEL_DAYS = (18264, 73415)  # 1950-01-01 to 2100-12-31
_CENTURY_TURN = 60  # a year of two digits below it lies in this century


@dataclass(frozen=True, slots=True)
class DateReading:
    """What a text says as a day.

    Attributes
    ----------
    day
        ISO text, None where the text is no day, or two.
    why
        Id of the text that says why it is none, or, beside a day, what was taken for granted; empty for a plain day.
    meant
        Days that it may mean, under the repair that takes them: "day_first", "month_first", "two_digit_years".
    """

    day: str | None
    why: str = ""
    meant: Mapping[str, str] = field(default_factory=dict)


def parse_date(text: str) -> str | None:
    """Read a day and give it as ISO text; a month alone is its first day; None if the text is no date, or doubtful.

    Days of a workbook (a bare number of days since 1899-12-30) are read too, between 1950 and 2100.

    Examples
    --------
    >>> [parse_date(text) for text in ("2026年1月5日", "2026/1/5", "20260105", "46027", "2026.1", "5-Jan-2026")]
    ['2026-01-05', '2026-01-05', '2026-01-05', '2026-01-05', '2026-01-01', '2026-01-05']
    """
    return read_date(text).day


def read_date(text: str) -> DateReading:
    """Read a day, or say why it is none and which days it may mean.

    Parameters
    ----------
    text
        What stands in the cell.

    Returns
    -------
    reading
        The day, or the reason.

    Examples
    --------
    >>> read_date("05.03.2024").meant
    {'day_first': '2024-03-05', 'month_first': '2024-05-03'}
    >>> read_date("25.03.2024").day, read_date("24-3-5").why, read_date("2024-02-30").why
    ('2024-03-25', 'why_two_digit_year', 'why_no_such_day')
    """
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("'")
    for pattern, give in _WRITINGS.items():
        found = pattern.match(plain)
        if found is not None:
            reading = give(found)
            return _zoned(reading, plain)
    return DateReading(None, "why_words")


def _iso(year: int, month: int, day: int) -> str | None:
    """Give a day as ISO text, None where there is no such day."""
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


def _year_first(found: re.Match[str]) -> DateReading:
    """Read year, month and day; without a day its first is taken, and said so."""
    parts = found.groupdict()
    day = _iso(int(parts["year"]), int(parts["month"]), int(parts["day"] or 1))
    if day is None:
        return DateReading(None, "why_no_such_day")
    if parts["day"] is not None:
        return DateReading(day)
    lost_zero = re.fullmatch(r"\d{4}\.1", found[0]) is not None
    return DateReading(day, "why_lost_zero" if lost_zero else "why_month_alone")


def _named(found: re.Match[str]) -> DateReading:
    """Read a month by its English name."""
    parts = found.groupdict()
    month = _MONTHS.get((parts["m1"] or parts["m2"])[:3].casefold())
    day = int(parts["d1"] or parts["d2"])
    if month is None:
        return DateReading(None, "why_words")
    whole = _iso(_full_year(parts["year"]), month, day)
    if whole is None:
        return DateReading(None, "why_no_such_day")
    if len(parts["year"]) == 2:
        return DateReading(None, "why_two_digit_year", {"two_digit_years": whole})
    return DateReading(whole)


def _year_last(found: re.Match[str]) -> DateReading:
    """Read day and month before the year, where only one order makes a day."""
    one, two, year = int(found["one"]), int(found["two"]), int(found["year"])
    day_first, month_first = _iso(year, two, one), _iso(year, one, two)
    if day_first is None or month_first is None or day_first == month_first:
        day = day_first or month_first
        return DateReading(day, "" if day else "why_no_such_day")
    return DateReading(None, "why_day_or_month", {"day_first": day_first, "month_first": month_first})


def _short_year(found: re.Match[str]) -> DateReading:
    """Give what a year of two digits probably means."""
    day = _iso(_full_year(found["year"]), int(found["month"]), int(found["day"]))
    return DateReading(None, "why_two_digit_year", {} if day is None else {"two_digit_years": day})


def _short_last(_found: re.Match[str]) -> DateReading:
    """Mean nothing where the year may stand last and has two digits."""
    return DateReading(None, "why_two_digit_year")


def _full_year(digits: str) -> int:
    """Give the year that two digits probably stand for."""
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < _CENTURY_TURN else 1900)


def _serial(found: re.Match[str]) -> DateReading:
    """Read the number of a day in a workbook."""
    number = int(float(found[0]))
    if not _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1]:
        return DateReading(None, "why_words")
    return DateReading((_EXCEL_DAY_ZERO + dt.timedelta(days=number)).isoformat())


def _year_alone(_found: re.Match[str]) -> DateReading:
    """Read nothing from a year alone."""
    return DateReading(None, "why_year_alone")


def _zoned(reading: DateReading, plain: str) -> DateReading:
    """Say where the clock of a time is another than the one of the place."""
    if (
        reading.day is None
        or reading.why
        or _ZONE.search(plain) is None
        or plain.rstrip().endswith(("+08:00", "+0800"))
    ):
        return reading
    return DateReading(reading.day, "why_other_clock")


_WRITINGS: Mapping[re.Pattern[str], Callable[[re.Match[str]], DateReading]] = {
    _PACKED: _year_first,
    _YEAR_FIRST: _year_first,
    _YEAR_LAST: _year_last,
    _SHORT_YEAR: _short_year,
    _SHORT_LAST: _short_last,
    _NAMED: _named,
    _SERIAL: _serial,
    _YEAR_ALONE: _year_alone,
}
