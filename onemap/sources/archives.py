"""Archives: ZIP and KMZ, unpacked to a folder of their own before anything in them is read."""

from __future__ import annotations

import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from onemap.errors import ReadError, RefusedError
from onemap.sources.guard.contents import content_of
from onemap.sources.guard.entries import Entry, archive_entries
from onemap.sources.guard.opening import read_opening
from onemap.sources.guard.paths import shown
from onemap.sources.guard.pointers import refuse_pointers

__all__ = ["unpacked"]

_LIMIT_S = 120.0
_PIECE_BYTES = 1024**2
_PASSED_OVER = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")
_ARCHIVES = (".zip", ".kmz", ".ovkmz", ".rar", ".7z", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".zst", ".cab", ".iso")
_ARCHIVE_CONTENTS = frozenset({"ZIP", "ZIP (damaged)", "KMZ", "RAR", "7z", "gzip"})
_UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)
_KMZ_SUFFIXES = (".kml", ".ovkml")


@dataclass(frozen=True, slots=True)
class _Limit:
    """When unpacking an archive must have ended."""

    path: Path
    end: float
    seconds: float

    def check(self) -> None:
        """Give up when it is too late."""
        if time.monotonic() > self.end:
            raise ReadError("read_too_long", path=shown(self.path), seconds=f"{self.seconds:g}")


@contextmanager
def unpacked(path: str | Path, driver: str, *, limit_s: float = _LIMIT_S) -> Iterator[Path]:
    """Unpack an archive to a folder that is gone afterwards.

    Every name, size and kind is checked before the first byte is unpacked, each member is looked at again after. Sniff
    a member before opening it.

    Parameters
    ----------
    path
        The archive.
    driver
        "ZIP", or "KMZ", of which only the .kml is unpacked.
    limit_s
        Longest time for it, in seconds.

    Yields
    ------
    folder
        The members under their own names, without what macOS and Windows add.

    Raises
    ------
    RefusedError
        If it is a trap: see `onemap.sources.guard.entries`; if it holds archives or files that point elsewhere.
    ReadError
        If it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "towers.zip"
    >>> with zipfile.ZipFile(path, "w") as archive:
    ...     archive.writestr("县/towers.csv", "id")
    >>> with unpacked(path, "ZIP") as folder:
    ...     (folder / "县" / "towers.csv").read_text()
    'id'
    """
    path = Path(path)
    entries = [entry for entry in archive_entries(path) if _is_wanted(entry.name, driver)]
    for entry in entries:
        if entry.name.lower().endswith(_ARCHIVES):
            raise RefusedError("archive_nested", path=shown(path), member=shown(entry.name))
    with TemporaryDirectory(prefix="onemap-") as place:
        folder = Path(place)
        end = time.monotonic() + limit_s
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in entries:
                    _unpack(archive, entry, folder / entry.name, _Limit(path, end, limit_s))
        except _UNREADABLE as error:
            raise ReadError("file_damaged", path=shown(path), reason=type(error).__name__) from error
        except OSError as error:
            raise ReadError("file_unreadable", path=shown(path), reason=error.strerror or str(error)) from error
        yield folder


def _is_wanted(name: str, driver: str) -> bool:
    """Tell whether a member is data."""
    lower = name.lower()
    if lower.startswith(_PASSED_OVER[0]) or lower.rpartition("/")[2] in _PASSED_OVER:
        return False
    return driver != "KMZ" or lower.endswith(_KMZ_SUFFIXES)


def _unpack(archive: zipfile.ZipFile, entry: Entry, target: Path, limit: _Limit) -> None:
    """Unpack one member, no further than it says, and look at what it is."""
    path = limit.path
    target.parent.mkdir(parents=True, exist_ok=True)
    left = entry.info.file_size
    with archive.open(entry.info) as packed, target.open("xb") as file:
        while piece := packed.read(_PIECE_BYTES):
            left -= len(piece)
            if left < 0:
                raise RefusedError("archive_too_big", path=shown(path), megabytes=f"> {entry.info.file_size // 10**6}")
            limit.check()
            file.write(piece)
    opening = read_opening(target)
    if content_of(target, opening) in _ARCHIVE_CONTENTS:
        raise RefusedError("archive_nested", path=shown(path), member=shown(entry.name))
    try:
        refuse_pointers(target, opening)
    except RefusedError as error:
        raise RefusedError(error.text_id, path=f"{shown(path)}/{shown(entry.name)}") from error
