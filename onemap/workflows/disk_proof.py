"""Require that what was written stands on the disk, to its last byte.

Writers of layers read their rows back themselves. What holds for any file is done here: it is whole as its format says,
it is flushed, forgotten by the cache of the system and read again with the same hash.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from onemap.errors import WriteError

__all__ = ["keep", "require_whole", "sync_folder"]

_TAIL = 64  # bytes, enough for the last words of any format


def keep(path: Path) -> None:
    """Have a folder with all in it on the disk, and read every file again.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    WriteError
        If a file is not whole, or is not on the disk what it was in memory.
    OSError
        If the system cannot write it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "index.html").write_text("<html><body>cut he", encoding="utf-8")
    >>> keep(folder)
    Traceback (most recent call last):
    onemap.errors.WriteError: index.html does not read back as written: ...
    """
    items = sorted(path.rglob("*"))
    for file in items:
        if file.is_file():
            require_whole(file)
            _keep_file(file)
    for folder in [*(item for item in items if item.is_dir()), path]:
        sync_folder(folder)


def require_whole(path: Path) -> None:
    """Require a file to end as its format wants: a library may report success on one that the system cut short.

    Parameters
    ----------
    path
        The file. One that begins as its format does must end as it does; of a format that says nothing about its end,
        nothing is required.

    Raises
    ------
    WriteError
        If it is cut.

    Examples
    --------
    >>> import tempfile
    >>> page = Path(tempfile.mkdtemp()) / "index.html"
    >>> _ = page.write_text("<html></html>", encoding="utf-8")
    >>> require_whole(page)
    """
    start, is_whole = _WHOLE.get(path.suffix.lower(), (b"", _anything))
    head = _head(path, len(start))
    if start and not head:
        raise WriteError("output_cut", path=path.name, bytes=0)
    if head == start and not is_whole(path):
        raise WriteError("output_cut", path=path.name, bytes=path.stat().st_size)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep_file(path: Path) -> None:
    """Flush a file, drop it from the cache, and compare."""
    with path.open("rb") as file:
        meant = hashlib.file_digest(file, "sha256").digest()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        file.seek(0)
        if hashlib.file_digest(file, "sha256").digest() != meant:
            raise WriteError("output_cut", path=path.name, bytes=path.stat().st_size)


def _anything(_path: Path) -> bool:
    """Require nothing."""
    return True


def _tail(path: Path) -> bytes:
    """Read the end of a file, without white space."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _TAIL, 0))
        return file.read().rstrip()


def _head(path: Path, size: int) -> bytes:
    """Read the start of a file."""
    with path.open("rb") as file:
        return file.read(size)


def _ends_with(ending: bytes) -> Callable[[Path], bool]:
    """Require last words."""
    return lambda path: _tail(path).endswith(ending)


def _ends_a_line(path: Path) -> bool:
    """Require a table of text to end with a whole line."""
    with path.open("rb") as file:
        size = path.stat().st_size
        file.seek(max(size - 1, 0))
        return size == 0 or file.read() == b"\n"


def _is_whole_zip(path: Path) -> bool:
    """Require an archive whose parts have the sums that it states."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, EOFError):
        return False


def _is_whole_database(path: Path) -> bool:
    """Require as many pages as an SQLite file counts (its format, section 1.3)."""
    head = _head(path, 100)
    page, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    return path.stat().st_size == pages * (65536 if page == 1 else page)


def _is_whole_shape(path: Path) -> bool:
    """Require the length that the head of a Shapefile or its index states, in words of two bytes."""
    stated: int = struct.unpack(">i", _head(path, 28)[24:].ljust(4, b"\0"))[0]
    return path.stat().st_size == 2 * stated


def _is_whole_table(path: Path) -> bool:
    """Require room for the rows that the head of a dBASE table counts."""
    rows, start, width = struct.unpack("<IHH", _head(path, 12)[4:].ljust(8, b"\0"))
    return bool(path.stat().st_size >= start + rows * width > 0)


_SQLITE, _PAGE, _ZIP, _SHAPE = b"SQLite format 3\0", b"<", b"PK", b"\0\0\x27\x0a"
_WHOLE: Mapping[str, tuple[bytes, Callable[[Path], bool]]] = MappingProxyType(
    {
        ".html": (_PAGE, _ends_with(b"</html>")),
        ".kml": (_PAGE, _ends_with(b"</kml>")),
        ".xml": (_PAGE, _ends_with(b">")),
        ".json": (b"{", _ends_with(b"}")),
        ".geojson": (b"{", _ends_with(b"}")),
        ".csv": (b"", _ends_a_line),
        ".png": (b"\x89PNG", _ends_with(b"IEND\xaeB`\x82")),
        ".kmz": (_ZIP, _is_whole_zip),
        ".xlsx": (_ZIP, _is_whole_zip),
        ".docx": (_ZIP, _is_whole_zip),
        ".gpkg": (_SQLITE, _is_whole_database),
        ".parquet": (b"PAR1", _ends_with(b"PAR1")),
        ".shp": (_SHAPE, _is_whole_shape),
        ".shx": (_SHAPE, _is_whole_shape),
        ".dbf": (b"\x03", _is_whole_table),
    }
)
"""Ending of a file → how it begins, and whether it is whole."""
