"""What becomes of one column in a format: the values as they will read back, and which cells are changed by that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = [
    "Stored",
    "as_date_time",
    "as_number_of_yes_no",
    "as_text",
    "in_seconds",
    "in_utc",
    "in_utc_milliseconds",
    "kind_of",
    "marked_text",
    "plain_text",
    "same",
    "small_whole",
    "table_number",
    "table_text",
    "table_whole",
    "whole",
    "whole_of_json",
    "without_infinity",
]

Mask = NDArray[np.bool_]
Ticks = NDArray[np.int64]

_TEXT_BYTES = 254  # the widest text of a dBASE table
_NUMBER_WIDTH = 19  # the widest number that GDAL and older programs take there, sign and point counted
_WHOLE_DIGITS = 18  # a wider whole number of a dBASE table is read as a double
_NOT_IN_XML = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
_STAND_IN = "〓"  # stands for a character that is not to be had, in print as in GBK
_SECOND_US, _LAST_SECOND = 1_000_000, 59


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A column as it will read back, the kinds of loss with their cells, and the width of a text."""

    array: pa.Array
    losses: Sequence[tuple[str, Mask]] = ()
    width: int = 0
    decimals: int | None = None


Step = Callable[[pa.Array], Stored]


def kind_of(kind: pa.DataType) -> str:
    """Name the kind of an Arrow type: text, whole, number, yes-no, date, date-time or time.

    Examples
    --------
    >>> kind_of(pa.int64()), kind_of(pa.timestamp("us", "UTC"))
    ('whole', 'date-time')
    """
    tests = {
        "text": pa.types.is_string,
        "whole": pa.types.is_integer,
        "number": pa.types.is_floating,
        "yes-no": pa.types.is_boolean,
        "date": pa.types.is_date,
        "date-time": pa.types.is_timestamp,
        "time": pa.types.is_time,
    }
    return next(name for name, test in tests.items() if test(kind))


def same(array: pa.Array) -> Stored:
    """Take a column as it is.

    Examples
    --------
    >>> same(pa.array([1])).losses
    ()
    """
    return Stored(array)


def plain_text(array: pa.Array) -> Stored:
    r"""Cut text at a zero byte, which ends it for GDAL.

    Examples
    --------
    >>> plain_text(pa.array(["a\0b", "c"])).array.to_pylist()
    ['a', 'c']
    """
    cut = _mask(pc.match_substring(array, "\0"))
    fresh = _mapped(array, cut, lambda text: text.partition("\0")[0])
    return Stored(fresh, [("text-cut", cut)], width=max(1, pc.max(pc.utf8_length(fresh)).as_py() or 1))


def table_text(array: pa.Array, encoding: str) -> Stored:
    """Fit text into a dBASE table: 254 bytes, no blanks at the ends, none that is empty, no character outside.

    Examples
    --------
    >>> stored = table_text(pa.array(["𠮷村", ""]), "gbk")
    >>> stored.array.to_pylist(), [kind for kind, mask in stored.losses if mask.any()]
    (['〓村', None], ['characters', 'empty-text'])
    """
    foreign = _mask(pc.invert(pc.string_is_ascii(array)))
    outside = foreign & _mapped_mask(array, foreign, lambda text: not _encodes(text, encoding))
    fresh = _mapped(array, outside, lambda text: _stand_in(text, encoding))
    long = _mask(pc.greater(pc.multiply(pc.utf8_length(fresh), 4), _TEXT_BYTES))
    ended = _mask(pc.match_substring_regex(fresh, r"^ | $|\x00"))
    shorter = _mapped(fresh, long | ended, lambda text: _table_cut(text, encoding))
    emptied = _mask(pc.equal(pc.binary_length(shorter), 0))
    was_empty = _mask(pc.equal(pc.binary_length(array), 0))
    cut = (_mask(pc.not_equal(fresh, shorter))) | (emptied & ~was_empty)
    shorter = pc.if_else(pa.array(emptied), pa.scalar(None, pa.string()), shorter)
    sizes = pc.binary_length(shorter) if encoding == "utf-8" else _sizes(shorter, encoding)
    width = max(1, pc.max(sizes).as_py() or 1)
    return Stored(shorter, [("characters", outside), ("text-cut", cut), ("empty-text", was_empty)], width=width)


def marked_text(array: pa.Array) -> Stored:
    r"""Put a stand-in for characters that XML does not know; empty text becomes none.

    Examples
    --------
    >>> stored = marked_text(pa.array(["a\x01b", ""]))
    >>> stored.array.to_pylist(), [kind for kind, mask in stored.losses if mask.any()]
    (['a〓b', None], ['characters', 'empty-text'])
    """
    outside = _mask(pc.match_substring_regex(array, _NOT_IN_XML))
    fresh = pc.replace_substring_regex(array, _NOT_IN_XML, _STAND_IN)
    empty = _mask(pc.equal(pc.binary_length(array), 0))
    fresh = pc.if_else(pa.array(empty), pa.scalar(None, pa.string()), fresh)
    return Stored(fresh, [("characters", outside), ("empty-text", empty)])


def whole(array: pa.Array) -> Stored:
    """Give whole numbers over the largest of 64 bits with a sign as text.

    Examples
    --------
    >>> whole(pa.array([2**63], pa.uint64())).array.to_pylist()
    ['9223372036854775808']
    """
    return as_text(array, "number-as-text") if array.type == pa.uint64() else Stored(array)


def small_whole(array: pa.Array) -> Stored:
    """Give whole numbers in 32 bits, as text if one of them needs more.

    Examples
    --------
    >>> small_whole(pa.array([2**31])).array.to_pylist()
    ['2147483648']
    """
    low, high = pc.min_max(array).values()
    if (low.as_py() or 0) < -(2**31) + 1 or (high.as_py() or 0) >= 2**31:
        return as_text(array, "number-as-text")
    return Stored(array.cast(pa.int32()))


def whole_of_json(array: pa.Array) -> Stored:
    """Give whole numbers, as text if one is at the very end of 64 bits, which readers take for one beyond.

    Examples
    --------
    >>> whole_of_json(pa.array([2**63 - 1])).array.to_pylist()
    ['9223372036854775807']
    """
    low, high = (value.as_py() or 0 for value in pc.min_max(array).values())
    if low <= -(2**63) + 1 or high >= 2**63 - 1:
        return as_text(array, "number-as-text")
    return Stored(array)


def table_whole(array: pa.Array) -> Stored:
    """Give whole numbers of up to 18 characters, as text if one needs more.

    Examples
    --------
    >>> table_whole(pa.array([10**18])).array.to_pylist()
    ['1000000000000000000']
    """
    low, high = (value.as_py() or 0 for value in pc.min_max(array).values())
    if max(len(str(low)), len(str(high))) > _WHOLE_DIGITS:
        return as_text(array, "number-as-text")
    return Stored(array, width=_WHOLE_DIGITS)


def table_number(array: pa.Array) -> Stored:
    """Fit numbers into a dBASE table: as many decimals as they need, 19 characters at most.

    Numbers too large for that, or without end, are stored as text.

    Examples
    --------
    >>> stored = table_number(pa.array([1.5, 1e-30]))
    >>> stored.array.to_pylist(), stored.losses[0][1].tolist()
    ([1.5, 0.0], [False, True])
    """
    values = array.to_numpy(zero_copy_only=False).astype(np.float64)
    present = values[~np.isnan(values)]
    largest = float(np.abs(present).max(initial=0.0))
    if not np.isfinite(largest) or largest >= 1e16:
        return as_text(array, "number-as-text")
    room = _NUMBER_WIDTH - 2 - len(str(int(largest)))
    decimals = min(room, _decimals(present, room))
    rounded = np.array([float(f"{value:.{decimals}f}") for value in values]) if decimals == room else values
    with np.errstate(invalid="ignore"):
        changed = np.isfinite(values) & (rounded != values)
    return Stored(
        pa.array(rounded, from_pandas=True), [("number-rounded", changed)], width=_NUMBER_WIDTH, decimals=decimals
    )


def without_infinity(array: pa.Array) -> Stored:
    """Give numbers as text if one of them has no end, which JSON does not know.

    Examples
    --------
    >>> without_infinity(pa.array([float("inf"), 1.0])).array.to_pylist()
    ['inf', '1.0']
    """
    return as_text(array, "number-as-text") if pc.any(pc.is_inf(array)).as_py() else Stored(array)


def as_number_of_yes_no(array: pa.Array) -> Stored:
    """Give yes and no as 1 and 0.

    Examples
    --------
    >>> as_number_of_yes_no(pa.array([True, None])).array.to_pylist()
    [1, None]
    """
    return Stored(array.cast(pa.int16()), [("yes-no-as-number", _mask(array.is_valid()))])


def as_text(array: pa.Array, loss: str = "date-as-other") -> Stored:
    """Give values as text: numbers as Python writes them, dates and times as ISO 8601 does.

    Examples
    --------
    >>> as_text(pa.array([dt.date(2026, 1, 2)])).array.to_pylist()
    ['2026-01-02']
    """
    texts = pa.array([None if value is None else _as_written(value) for value in array.to_pylist()], pa.string())
    return Stored(texts, [(loss, _mask(array.is_valid()))], width=max(1, pc.max(pc.utf8_length(texts)).as_py() or 1))


def as_date_time(array: pa.Array) -> Stored:
    """Give dates as the midnight they start with.

    Examples
    --------
    >>> as_date_time(pa.array([dt.date(2026, 1, 2)])).array.to_pylist()
    [datetime.datetime(2026, 1, 2, 0, 0)]
    """
    return Stored(array.cast(pa.timestamp("us")), [("date-as-other", _mask(array.is_valid()))])


def in_utc_milliseconds(array: pa.Array) -> Stored:
    """Give date-times in UTC and milliseconds; one without a zone is taken for UTC, and listed.

    Before 1970, GDAL writes parts of the last second of a minute as no time at all; there the whole second is kept.

    Examples
    --------
    >>> in_utc_milliseconds(pa.array([dt.datetime(2026, 1, 2)])).losses[0][0]
    'time-zone'
    >>> in_utc_milliseconds(pa.array([dt.datetime(1969, 1, 2, 3, 4, 59, 700_000)])).array[0].as_py().isoformat()
    '1969-01-02T03:04:59+00:00'
    """
    rounded, changed = _rounded(array, 1_000, whole=_lost_by_gdal)
    zone = array.type.tz
    moved = _mask(array.is_valid()) & (zone not in {"UTC", "+00:00"})
    return Stored(rounded.cast(pa.timestamp("us", "UTC")), [("time-zone", moved), ("time-rounded", changed)])


def in_utc(array: pa.Array) -> Stored:
    """Give date-times that have a zone in UTC; the instant is the same.

    Examples
    --------
    >>> in_utc(pa.array([dt.datetime(2026, 1, 2)])).losses
    []
    """
    zone = array.type.tz
    if zone is None:
        return Stored(array, [])
    moved = _mask(array.is_valid()) & (zone not in {"UTC", "+00:00"})
    return Stored(array.cast(pa.timestamp("us", "UTC")), [("time-zone", moved)])


def in_seconds(array: pa.Array) -> Stored:
    """Give date-times in whole seconds without a zone, those with one in UTC.

    Examples
    --------
    >>> in_seconds(pa.array([dt.datetime(2026, 1, 2, 3, 4, 5, 700_000)])).array.to_pylist()
    [datetime.datetime(2026, 1, 2, 3, 4, 6)]
    """
    rounded, changed = _rounded(array, 1_000_000)
    zoned = _mask(array.is_valid()) & (array.type.tz is not None)
    return Stored(rounded, [("time-zone", zoned), ("time-rounded", changed)])


def _rounded(array: pa.Array, step_us: int, *, whole: Callable[[Ticks], Mask] | None = None) -> tuple[pa.Array, Mask]:
    """Round instants, half up, to a number of microseconds, some down to the whole second; without a zone."""
    ticks = array.cast(pa.int64())
    valid = _mask(array.is_valid())
    values = ticks.fill_null(0).to_numpy(zero_copy_only=False)
    rounded = (values + step_us // 2) // step_us * step_us
    if whole is not None:
        rounded = np.where(whole(rounded), rounded // _SECOND_US * _SECOND_US, rounded)
    return pa.array(rounded, mask=~valid).cast(pa.timestamp("us")), valid & (rounded != values)


def _lost_by_gdal(ticks: Ticks) -> Mask:
    """Tell which instants before 1970 lie within the last second of a minute."""
    lost: Mask = (ticks < 0) & (ticks // _SECOND_US % 60 == _LAST_SECOND) & (ticks % _SECOND_US != 0)
    return lost


def _as_written(value: Any) -> str:
    """Write one value."""
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)


def _mask(values: Any) -> Mask:
    """Give an Arrow array of truth values as a mask; what is missing is not so."""
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False).astype(bool)  # noqa: FBT003
    return mask


def _mapped(array: pa.Array, where: Mask, change: Callable[[str], str]) -> pa.Array:
    """Change the texts of some rows."""
    if not where.any():
        return array
    chosen = pa.array(where)
    changed = pa.array([change(text) for text in array.filter(chosen).to_pylist()], pa.string())
    return pc.replace_with_mask(array, chosen, changed)


def _mapped_mask(array: pa.Array, where: Mask, test: Callable[[str], bool]) -> Mask:
    """Test the texts of some rows."""
    found = np.zeros(len(where), dtype=bool)
    found[where] = [test(text) for text in array.filter(pa.array(where)).to_pylist()]
    return found


def _encodes(text: str, encoding: str) -> bool:
    """Tell whether an encoding has all characters of a text."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _stand_in(text: str, encoding: str) -> str:
    """Put a stand-in for each character that an encoding lacks."""
    return "".join(one if _encodes(one, encoding) else _STAND_IN for one in text)


def _table_cut(text: str, encoding: str) -> str:
    """Cut a text as a dBASE table does: at a zero byte, between characters to 254 bytes, without blanks at its ends."""
    text = text.partition("\0")[0]
    return text.encode(encoding)[:_TEXT_BYTES].decode(encoding, "ignore").strip(" ")


def _sizes(array: pa.Array, encoding: str) -> pa.Array:
    """Give the bytes that texts take."""
    return pa.array([None if text is None else len(text.encode(encoding)) for text in array.to_pylist()], pa.int64())


def _decimals(values: NDArray[np.float64], most: int) -> int:
    """Tell how many decimals bring numbers back exactly, at most so many."""
    left = values
    for decimals in range(most):
        text_exact = np.round(left, decimals) == left
        if text_exact.all():
            return decimals
        left = left[~text_exact]
        if decimals >= 6 and len(left) > 1_000:
            break
    return most
