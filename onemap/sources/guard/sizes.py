"""Files that unpack to far more than they show."""

from __future__ import annotations

import zipfile
from pathlib import Path

from onemap.errors import RefusedError
from onemap.sources.guard.paths import shown

__all__ = ["refuse_bloated"]

_ZIP_ENTRIES = 2_000
_ZIP_BYTES = 2 * 1024**3
_ZIP_RATIO = 200  # a sheet of one repeated value packs some 100 : 1
_ZIP_RATIO_FROM_BYTES = 64 * 1024**2


def refuse_bloated(path: Path, content: str) -> None:
    """Refuse a workbook that would unpack to far more than it shows.

    Parameters
    ----------
    path
        The file, which is an archive that can be opened where its content is "XLSX".
    content
        What it is.

    Raises
    ------
    RefusedError
        If it is.

    Examples
    --------
    >>> refuse_bloated(Path("towers.csv"), "text")
    """
    if content != "XLSX":
        return
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    bloated = unpacked > _ZIP_RATIO_FROM_BYTES and unpacked / packed > _ZIP_RATIO
    if len(members) > _ZIP_ENTRIES or unpacked > _ZIP_BYTES or bloated:
        raise RefusedError("archive_too_big", path=shown(path), megabytes=unpacked // 1_000_000)
