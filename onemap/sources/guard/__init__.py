"""What may be opened at all: hostile and damaged input is turned away before any library sees it.

A file is taken for what its extension says only where its content agrees. Content that points elsewhere (virtual
datasets, web services, command lines) is refused whatever its extension, because GDAL opens files by content.
"""

from __future__ import annotations

import stat
from pathlib import Path

from onemap.errors import ReadError, RefusedError
from onemap.sources.guard.contents import FOLDER, FORMATS, LOCKED_WORKBOOK, REFUSED, agrees, content_of
from onemap.sources.guard.entries import MOST_RATIO, WORKBOOK_RATIO, archive_entries
from onemap.sources.guard.formats import refuse_named_files
from onemap.sources.guard.opening import read_opening
from onemap.sources.guard.paths import file_mode, refuse_link_out, require_local, shown
from onemap.sources.guard.pointers import refuse_pointers
from onemap.sources.guard.sidecars import refuse_sidecars

__all__ = ["FOLDER", "FORMATS", "require_local", "sniff"]


def sniff(path: str | Path) -> str:
    """Tell the format of a file by its extension and content, or refuse it.

    Parameters
    ----------
    path
        File, folder of a File GDB, or plain folder of files, on this machine.

    Returns
    -------
    driver
        A value of `FORMATS`, or `FOLDER`.

    Raises
    ------
    RefusedError
        If the path is no plain path (a URL, `/vsi…`, a driver prefix), leads out of its folder by a link, is no regular
        file, if the content points to other files or services, or if it is of a format that must be converted first.
    ReadError
        If the file is missing, empty, of an unknown format, or its content is not what its extension says.

    Examples
    --------
    >>> sniff("PG:dbname=towers")
    Traceback (most recent call last):
    onemap.errors.RefusedError: a source must be a file on this machine, got PG:dbname=towers; ...
    """
    require_local(path)
    path = Path(path)
    suffix = path.suffix.lower()
    mode = file_mode(path)
    refuse_link_out(path)
    if stat.S_ISDIR(mode):
        return _sniff_folder(path, suffix)
    if not stat.S_ISREG(mode):
        raise RefusedError("file_not_regular", path=shown(path))
    opening = read_opening(path)
    refuse_pointers(path, opening)
    content = content_of(path, opening)
    if content in REFUSED.values() or suffix in REFUSED:
        raise RefusedError(_CONVERT[content if content in REFUSED.values() else REFUSED[suffix]], path=shown(path))
    return _agreed(path, FORMATS.get(suffix), content)


def _sniff_folder(path: Path, suffix: str) -> str:
    """Tell a File GDB from a plain folder; a folder that bears the extension of a file is neither."""
    if suffix == ".gdb":
        _check_geodatabase(path)
        return "OpenFileGDB"
    if suffix in FORMATS or suffix in REFUSED:
        raise RefusedError("file_not_regular", path=shown(path))
    return FOLDER


def _agreed(path: Path, driver: str | None, content: str) -> str:
    """Give the format that extension and content agree on."""
    if driver is None:
        raise ReadError("format_unknown", path=shown(path), formats=" ".join(FORMATS))
    if path.stat().st_size == 0:
        raise ReadError("file_empty", path=shown(path))
    if not content:
        raise ReadError("format_disagrees", path=shown(path), suffix=path.suffix)
    if (driver, content) == ("XLSX", LOCKED_WORKBOOK):
        raise ReadError("workbook_locked", path=shown(path))
    if not agrees(driver, content):
        raise ReadError("format_other", path=shown(path), suffix=path.suffix, content=content)
    if content in _PACKED:
        archive_entries(path, ratio=_PACKED[content])
    refuse_named_files(path, driver)
    refuse_sidecars(path, driver)
    return driver


def _check_geodatabase(path: Path) -> None:
    """Require the tables of a File GDB, all of them regular files that stay in the folder."""
    members = list(path.iterdir())
    for member in members:
        if member.is_symlink() or not stat.S_ISREG(file_mode(member)):
            raise RefusedError("file_not_regular", path=shown(member))
    if not any(member.name.lower() == "a00000001.gdbtable" for member in members):
        raise ReadError("format_disagrees", path=shown(path), suffix=path.suffix)


_PACKED = {"ZIP": MOST_RATIO, "KMZ": MOST_RATIO, "XLSX": WORKBOOK_RATIO}
_CONVERT = {
    "DWG": "format_dwg",
    "MDB": "format_access",
    "ACCDB": "format_access",
    "RAR": "format_archive",
    "7z": "format_archive",
}
