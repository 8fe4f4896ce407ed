"""What may be opened at all: hostile and damaged input is turned away before any library sees it.

A file is taken for what its extension says only where its content agrees. Content that points elsewhere (virtual
datasets, web services, command lines) is refused whatever its extension, because GDAL opens files by content.
"""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

from onemap.errors import ReadError, RefusedError

__all__ = ["FORMATS", "require_local", "sniff"]

FORMATS = {
    ".shp": "ESRI Shapefile",
    ".gpkg": "GPKG",
    ".gdb": "OpenFileGDB",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".kml": "KML",
    ".csv": "CSV",
    ".txt": "CSV",
    ".tsv": "CSV",
    ".xlsx": "XLSX",
    ".xlsm": "XLSX",
    ".tif": "GTiff",
    ".tiff": "GTiff",
}

_NOT_A_FILE = re.compile(r"/vsi|[A-Za-z][A-Za-z0-9_+.-]+:|\\\\", re.IGNORECASE)
_HEAD_BYTES = 65536
_INDIRECT = (
    b"<ogrvrt",
    b"<vrtdataset",
    b"<ogrwfs",
    b"<gdal_wms",
    b"<gdal_wmts",
    b"<wms_",
    b"<wmts",
    b"<wcs_",
    b"<ogcapi",
    b"<gdaltileindex",
    b"<capabilities",
    b"_capabilities",
    b"<getcapabilities",
    b"<pamdataset",
    b"<csw:",
    b'"gdal_streamed_alg"',
    b'"stac_version"',
    b'"tilejson"',
)
_ZIP_ENTRIES = 2_000
_ZIP_BYTES = 2 * 1024**3
_ZIP_RATIO = 200  # a sheet of one repeated value packs some 100 : 1
_ZIP_RATIO_FROM_BYTES = 64 * 1024**2


def sniff(path: str | Path) -> str:
    """Tell the format of a file by its extension and content, or refuse it.

    Parameters
    ----------
    path
        File, or folder of a File GDB, on this machine.

    Returns
    -------
    driver
        A value of `FORMATS`.

    Raises
    ------
    RefusedError
        If the path is no plain path (a URL, `/vsi…`, a driver prefix), leads out of its folder by a link, is no regular
        file, or if the content points to other files or services.
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
    driver = FORMATS.get(path.suffix.lower())
    mode = _mode(path)
    _refuse_link_out(path)
    if stat.S_ISDIR(mode) and driver == "OpenFileGDB":
        _check_geodatabase(path)
        return driver
    if not stat.S_ISREG(mode):
        raise RefusedError("file_not_regular", path=_shown(path))
    head = _head(path)
    if any(mark in head.lower() for mark in _INDIRECT):
        raise RefusedError("file_indirect", path=_shown(path))
    if driver is None:
        raise ReadError("format_unknown", path=_shown(path), formats=" ".join(FORMATS))
    if not head:
        raise ReadError("file_empty", path=_shown(path))
    if not _LOOKS[driver](path, head):
        raise ReadError("format_disagrees", path=_shown(path), suffix=path.suffix)
    return driver


def require_local(path: str | Path) -> None:
    """Refuse a path that is no plain path on this machine: a URL, `/vsi…`, a driver prefix.

    Parameters
    ----------
    path
        As it was written; a `Path` has lost a slash of a URL.

    Raises
    ------
    RefusedError
        If it is none.

    Examples
    --------
    >>> require_local("https://example.org/towers.csv")
    Traceback (most recent call last):
    onemap.errors.RefusedError: a source must be a file on this machine, got https://example.org/towers.csv; ...
    """
    if _NOT_A_FILE.match(str(path)) or "\0" in str(path):
        raise RefusedError("path_not_local", path=_shown(path))


def _shown(path: str | Path) -> str:
    """Give a path as one short line."""
    return "".join(character if character.isprintable() else "?" for character in str(path))[:300]


def _mode(path: Path) -> int:
    """Give the kind of a file, following links."""
    try:
        return path.stat().st_mode
    except FileNotFoundError as error:
        raise ReadError("file_missing", path=_shown(path)) from error
    except OSError as error:
        raise ReadError("file_unreadable", path=_shown(path), reason=error.strerror or "") from error


def _refuse_link_out(path: Path) -> None:
    """Refuse a link to a file outside the folder that holds the link."""
    if path.is_symlink() and path.resolve().parent != path.parent.resolve():
        raise RefusedError("file_link_out", path=_shown(path))


def _head(path: Path) -> bytes:
    """Read the first bytes, as UTF-8 if they are UTF-16."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise ReadError("file_unreadable", path=_shown(path), reason=error.strerror or "") from error
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", errors="replace").encode()
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _check_geodatabase(path: Path) -> None:
    """Require the tables of a File GDB, all of them regular files that stay in the folder."""
    members = list(path.iterdir())
    for member in members:
        if member.is_symlink() or not stat.S_ISREG(_mode(member)):
            raise RefusedError("file_not_regular", path=_shown(member))
    if not any(member.name.lower() == "a00000001.gdbtable" for member in members):
        raise ReadError("format_disagrees", path=_shown(path), suffix=path.suffix)


def _is_shapefile(_: Path, head: bytes) -> bool:
    return head[:4] == b"\x00\x00\x27\x0a"


def _is_geopackage(_: Path, head: bytes) -> bool:
    return head.startswith(b"SQLite format 3\x00")


def _is_geojson(_: Path, head: bytes) -> bool:
    return head.startswith(b"{")


def _is_kml(_: Path, head: bytes) -> bool:
    return head.startswith(b"<") and re.search(rb"<(\w+:)?kml[\s>]", head) is not None


def _is_plain_text(_: Path, head: bytes) -> bool:
    return b"\0" not in head and not head.startswith((b"<?xml", b"PK\x03\x04", b"%PDF"))


def _is_geotiff(_: Path, head: bytes) -> bool:
    return head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def _is_workbook(path: Path, head: bytes) -> bool:
    """Tell a workbook, and refuse one that would unpack to far more than it shows."""
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    bloated = unpacked > _ZIP_RATIO_FROM_BYTES and unpacked / packed > _ZIP_RATIO
    if len(members) > _ZIP_ENTRIES or unpacked > _ZIP_BYTES or bloated:
        raise RefusedError("archive_too_big", path=_shown(path), megabytes=unpacked // 1_000_000)
    return any(member.filename == "xl/workbook.xml" for member in members)


_LOOKS: dict[str, Callable[[Path, bytes], bool]] = {
    "ESRI Shapefile": _is_shapefile,
    "GPKG": _is_geopackage,
    "OpenFileGDB": lambda _path, _head: False,  # a zipped or single-file geodatabase is not one of ours
    "GeoJSON": _is_geojson,
    "KML": _is_kml,
    "CSV": _is_plain_text,
    "XLSX": _is_workbook,
    "GTiff": _is_geotiff,
}
