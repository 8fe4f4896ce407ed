"""Read a database without leaving a trace beside it.

SQLite in write-ahead mode, as QGIS leaves a GeoPackage that is still open, makes files beside the database even when it
only reads, and keeps the newest rows in one of them. Such a GeoPackage is read from a copy into which these rows are
brought; a process of its own does that, as nothing here opens what may be hostile.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from onemap.errors import ReadError

__all__ = ["untouched"]

_VERSIONS_AT = slice(18, 20)  # SQLite file format, section 1.3: write and read version, 2 for write-ahead logging
_WRITE_AHEAD = bytes((2, 2))
_LOG_SUFFIX = "-wal"
_BRING_IN = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('pragma journal_mode = delete').fetchall()"
_LIMIT_S = 300


@contextmanager
def untouched(path: Path, driver: str) -> Iterator[Path]:
    """Give the path to read: the file itself, or a copy where reading would leave files beside it.

    Parameters
    ----------
    path
        The file.
    driver
        Name of its format.

    Yields
    ------
    readable
        Path that holds the same rows.

    Raises
    ------
    ReadError
        If the copy cannot be made.

    Examples
    --------
    >>> with untouched(Path("towers.csv"), "CSV") as readable:
    ...     readable.name
    'towers.csv'
    """
    if driver != "GPKG" or not _is_write_ahead(path):
        yield path
        return
    with TemporaryDirectory(prefix="onemap-") as folder:
        copy = Path(folder) / path.name
        log = path.with_name(path.name + _LOG_SUFFIX)
        try:
            shutil.copyfile(path, copy)
            if log.is_file() and not log.is_symlink():
                shutil.copyfile(log, copy.with_name(log.name))
            subprocess.run(
                [sys.executable, "-I", "-c", _BRING_IN, copy], check=True, capture_output=True, timeout=_LIMIT_S
            )
        except OSError as error:
            raise ReadError("file_unreadable", path=path, reason=error.strerror or str(error)) from error
        except subprocess.SubprocessError as error:
            raise ReadError("file_damaged", path=path, reason=type(error).__name__) from error
        yield copy


def _is_write_ahead(path: Path) -> bool:
    """Tell whether a SQLite database is in write-ahead mode."""
    with path.open("rb") as file:
        return file.read(_VERSIONS_AT.stop)[_VERSIONS_AT] == _WRITE_AHEAD
