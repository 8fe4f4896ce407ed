"""Tables of paths: cases and profiles read from CSV (plain or packed by gzip), and cases written with their losses."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from onemap.errors import LayerError, ReadError, RefusedError
from onemap.sources.guard import require_local
from onemap.workflows.file_staging import staged_file

__all__ = ["NO_PROFILE", "Cases", "Profile", "number_of", "read_cases", "read_profiles", "write_cases"]

PROFILE_COLUMNS = ("d_km", "h_m", "R_m", "zone")
MOST_BYTES = 1024**3
"""What a table may unpack to; it is held in memory."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Rows of a table as they are written: names of columns, and texts."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Profile:
    """Points of a path in order from the transmitter; arrays of shape (n,).

    Attributes
    ----------
    distance_km
        Distances from the transmitter; NaN where the cell holds no number, as everywhere here.
    height_m
        Heights of the ground above sea level.
    clutter_m
        Heights of what stands on the ground.
    zone
        1 sea, 3 coast, 4 inland.
    """

    distance_km: NDArray[np.float64]
    height_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]
    zone: NDArray[np.float64]


NO_PROFILE = Profile(np.empty(0), np.empty(0), np.empty(0), np.empty(0))


def number_of(word: str) -> float:
    """Read a number; NaN where the word is none."""
    try:
        return float(word)
    except ValueError:
        return float("nan")


def read_cases(path: Path, needed: Sequence[str]) -> Cases:
    """Read a table whole.

    Parameters
    ----------
    path
        `.csv` or `.csv.gz`, UTF-8, names of columns in the first row.
    needed
        Columns that must be there.

    Raises
    ------
    LayerError
        If columns are missing; all of them are named.
    ReadError, RefusedError
        If it cannot be read.
    """
    with _records(path) as records:
        columns = _header(path, records, needed)
        rows = [_fitted(row, len(columns)) for row in records if row]
    return Cases(columns, rows)


def read_profiles(path: Path, needed: Sequence[str]) -> dict[str, Profile]:
    """Read the points of all paths, and order those of each by `i` where there is such a column.

    Parameters
    ----------
    path
        As in `read_cases`.
    needed
        Columns that must be there besides `id`; others of `PROFILE_COLUMNS` are taken where they are.

    Returns
    -------
    profiles
        Profile of each `id`.
    """
    with _records(path) as records:
        columns = _header(path, records, ["id", *needed])
        places = [columns.index(name) if name in columns else -1 for name in ("i", *PROFILE_COLUMNS)]
        own = columns.index("id")
        points: dict[str, array[float]] = {}
        for row in records:
            if len(row) > own:
                values = [number_of(row[place]) if 0 <= place < len(row) else float("nan") for place in places]
                points.setdefault(row[own].strip(), array("d")).extend(values)
    return {name: _profile(np.frombuffer(values).reshape(-1, len(places))) for name, values in points.items()}


def write_cases(cases: Cases, added: Sequence[tuple[str, Sequence[str]]], out: Path) -> None:
    """Write cases with further columns; one that is there already is filled anew.

    Parameters
    ----------
    cases
        The table as read.
    added
        Names and cells of the further columns.
    out
        `.csv` or `.csv.gz`; an old one is replaced when the new one is whole.
    """
    kept = [place for place, name in enumerate(cases.columns) if name not in {name for name, _ in added}]
    with staged_file(out) as staged, _opened_for_text(staged) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*(cases.columns[place] for place in kept), *(name for name, _ in added)])
        for number, row in enumerate(cases.rows):
            writer.writerow([*(row[place] for place in kept), *(cells[number] for _, cells in added)])


def _profile(table: NDArray[np.float64]) -> Profile:
    """Order points and split them into columns."""
    order = table[:, 0]
    if np.isfinite(order).all() and (np.diff(order) < 0).any():
        table = table[np.argsort(order, kind="stable")]
    distance_km, height_m, clutter_m, zone = (np.ascontiguousarray(column) for column in table[:, 1:].T)
    return Profile(distance_km, height_m, clutter_m, zone)


def _fitted(row: list[str], count: int) -> list[str]:
    """Cut a row to the header, or fill it up with empty cells."""
    return [*row[:count], *[""] * (count - len(row))]


def _header(path: Path, records: Iterator[list[str]], needed: Sequence[str]) -> list[str]:
    """Read the names of columns, and refuse a table that lacks some."""
    columns = [name.strip() for name in next(records, [])]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise LayerError("path_columns_missing", path=path.name, columns=", ".join(missing))
    return columns


@contextmanager
def _records(path: Path) -> Iterator[Iterator[list[str]]]:
    """Open a table and give its records; whatever is wrong with the file is an error with a sentence."""
    require_local(path)
    if not path.exists():
        raise ReadError("file_missing", path=str(path))
    if not path.is_file():
        raise RefusedError("file_not_regular", path=str(path))
    try:
        with _unpacked(path) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text:
            yield csv.reader(_lines(text, path), strict=True)
    except UnicodeDecodeError as error:
        raise ReadError("text_not_utf8", path=str(path)) from error
    except csv.Error as error:
        raise ReadError("file_damaged", path=str(path), reason=str(error)) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ReadError("file_damaged", path=str(path), reason=str(error)) from error


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, packed or not."""
    if path.name.lower().endswith(".gz"):
        with gzip.open(path, "rb") as packed:
            yield cast("IO[bytes]", packed)
    else:
        with path.open("rb") as plain:
            yield plain


def _lines(text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    """Give lines until there are too many bytes of them; no line may be longer than a table's rows are."""
    taken = 0
    while line := text.readline(1_000_000):
        taken += len(line)
        if taken > MOST_BYTES or len(line) >= 1_000_000:
            raise ReadError("file_over_memory", path=str(path))
        yield line


@contextmanager
def _opened_for_text(path: Path) -> Iterator[IO[str]]:
    """Open a file to write, packed where its name says so; the same table gives the same bytes."""
    with path.open("wb") as plain:
        if path.name.lower().endswith(".gz"):
            with (
                gzip.GzipFile("", "wb", fileobj=plain, mtime=0) as packed,
                io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
            ):
                yield text
        else:
            with io.TextIOWrapper(plain, encoding="utf-8", newline="") as text:
                yield text
