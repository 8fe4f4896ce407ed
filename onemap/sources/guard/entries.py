"""The table of contents of a ZIP archive: names, sizes and kinds of its members, checked before any is unpacked."""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from onemap.errors import ReadError, RefusedError
from onemap.sources.guard.paths import shown

__all__ = ["MOST_RATIO", "WORKBOOK_RATIO", "Entry", "archive_entries", "archive_names"]

_MOST_ENTRIES = 2_000
_MOST_BYTES = 2 * 1024**3
MOST_RATIO = 100
WORKBOOK_RATIO = 200  # a sheet of one repeated value packs some 100 : 1
_RATIO_FROM_BYTES = 32 * 1024**2  # what is smaller may be packed as tightly as it likes
_CONTENTS_BYTES = 4 * 1024**2  # 2,000 entries of long names stay well below
_END = struct.Struct("<4s4H2LH")  # end of central directory record, APPNOTE 4.3.16
_LOCATOR_BYTES, _WIDE_END_BYTES = 20, 56  # ZIP64 records before it, APPNOTE 4.3.14 and 4.3.15
_TAIL_BYTES = 65535 + _END.size + _LOCATOR_BYTES + _WIDE_END_BYTES
_LOCAL_BYTES = 30  # fixed part of a local header, APPNOTE 4.3.7
_UTF8_FLAG, _ENCRYPTED_FLAG, _STRONG_FLAG = 0x800, 0x1, 0x40  # APPNOTE 4.4.4
_UNICODE_PATH = 0x7075  # APPNOTE 4.6.9
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = re.compile(r"[A-Za-z]:")
_STEERING = re.compile(r"[\x00-\x1f\x7f\u0085\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST_PART_BYTES = 255
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive.

    Attributes
    ----------
    name
        Its name, decoded, with "/" between folders.
    info
        What the table of contents says of it.
    """

    name: str
    info: zipfile.ZipInfo


def archive_entries(path: Path, *, ratio: int = MOST_RATIO) -> list[Entry]:
    """List the files of a ZIP archive, or refuse it.

    Names without the UTF-8 mark are read as UTF-8 where they are that, else as GB 18030, as Chinese Windows packs them.

    Parameters
    ----------
    path
        The archive.
    ratio
        How much more than its packed size it may unpack to.

    Returns
    -------
    entries
        Its files in the order of the table of contents, without folders.

    Raises
    ------
    RefusedError
        If it holds too many or too big files, names that lead out of a folder or stand twice, links, encrypted or
        overlapping members.
    ReadError
        If it is damaged or packed by a method other than deflate.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "towers.zip"
    >>> with zipfile.ZipFile(path, "w") as archive:
    ...     archive.writestr("县/towers.csv", "id")
    >>> [entry.name for entry in archive_entries(path)]
    ['县/towers.csv']
    """
    contents_at = _contents_at(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise ReadError("file_damaged", path=shown(path), reason=type(error).__name__) from error
    if len(members) > _MOST_ENTRIES:
        raise RefusedError("archive_too_many", path=shown(path), count=len(members), most=_MOST_ENTRIES)
    entries = [Entry(_name(member), member) for member in members]
    for entry in entries:
        _refuse_kind(path, entry)
        _refuse_name(path, entry)
    _refuse_twice(path, entries)
    _refuse_overlap(path, members, contents_at)
    _refuse_sizes(path, members, ratio)
    return [entry for entry in entries if not entry.info.is_dir()]


def archive_names(path: Path) -> list[str]:
    """List the names in a ZIP archive as they stand, none where it is damaged.

    Raises
    ------
    RefusedError
        If the table of contents is longer than any honest one.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "towers.zip"
    >>> with zipfile.ZipFile(path, "w") as archive:
    ...     archive.writestr("towers.csv", "id")
    >>> archive_names(path)
    ['towers.csv']
    """
    try:
        _contents_at(path)
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (ReadError, zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return []


def _contents_at(path: Path) -> int:
    """Give where the table of contents begins; refuse one that is longer than any honest one."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise ReadError("file_damaged", path=shown(path), reason="BadZipFile")
    length = int(_END.unpack_from(tail, at)[5])
    wide = at - _LOCATOR_BYTES - _WIDE_END_BYTES
    if wide >= 0 and tail[at - _LOCATOR_BYTES :].startswith(b"PK\x06\x07") and tail[wide:].startswith(b"PK\x06\x06"):
        at, length = wide, int.from_bytes(tail[wide + 40 : wide + 48], "little")  # ZIP64: its own record counts
    if length > _CONTENTS_BYTES:
        raise RefusedError("archive_too_many", path=shown(path), count=f"> {_MOST_ENTRIES}", most=_MOST_ENTRIES)
    return size - len(tail) + at - length


def _name(member: zipfile.ZipInfo) -> str:
    """Decode the name of a member: as marked, else by its extra field, else as UTF-8 or GB 18030 bytes."""
    if member.flag_bits & _UTF8_FLAG:
        return member.orig_filename
    raw = member.orig_filename.encode("cp437")
    said = _unicode_path(member.extra, raw)
    if said is not None:
        return said
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.orig_filename


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Give the name in the extra field for it, if it was made for this very name."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + length]
        if kind == _UNICODE_PATH and len(field) > 5 and int.from_bytes(field[1:5], "little") == zlib.crc32(raw):
            return field[5:].decode("utf-8", "replace")
        at += 4 + length
    return None


def _refuse_kind(path: Path, entry: Entry) -> None:
    """Refuse links, devices, encrypted members and methods of packing that are not read."""
    mode = entry.info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise RefusedError("archive_link", path=shown(path), member=shown(entry.name))
    if entry.info.flag_bits & (_ENCRYPTED_FLAG | _STRONG_FLAG):
        raise RefusedError("archive_encrypted", path=shown(path), member=shown(entry.name))
    if entry.info.compress_type not in _METHODS:
        raise ReadError("archive_method", path=shown(path), member=shown(entry.name), method=entry.info.compress_type)


def _refuse_name(path: Path, entry: Entry) -> None:
    """Refuse a name that leads out of the folder it is unpacked to, or that no file should bear."""
    name = entry.name
    parts = name.removesuffix("/").split("/")
    if name.startswith(("/", "\\")) or "\\" in name or ".." in parts or _DRIVE.match(name):
        raise RefusedError("archive_name_out", path=shown(path), member=shown(name))
    is_long = any(len(part.encode("utf-8", "replace")) > _LONGEST_PART_BYTES for part in parts)
    if _STEERING.search(name) or is_long or len(parts) > _DEEPEST or not all(part.strip(" .") for part in parts):
        raise RefusedError("archive_name_strange", path=shown(path), member=shown(name))


def _refuse_twice(path: Path, entries: Sequence[Entry]) -> None:
    """Refuse names that are one file on some system, and files that are folders of others."""
    files: set[str] = set()
    folders: set[str] = set()
    for entry in entries:
        plain = unicodedata.normalize("NFC", entry.name).casefold().removesuffix("/")
        if entry.info.is_dir():
            folders.add(plain)
            continue
        if plain in files:
            raise RefusedError("archive_name_twice", path=shown(path), member=shown(entry.name))
        files.add(plain)
        parts = plain.split("/")
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    if files & folders:
        raise RefusedError("archive_name_twice", path=shown(path), member=shown(min(files & folders)))


def _refuse_overlap(path: Path, members: Sequence[zipfile.ZipInfo], contents_at: int) -> None:
    """Refuse members that share bytes: one kernel of zeros then unpacks a thousand times."""
    ordered = sorted(members, key=lambda member: member.header_offset)
    if not ordered:
        return
    ends = [member.header_offset + _LOCAL_BYTES + member.compress_size for member in ordered]
    starts = [*(member.header_offset for member in ordered[1:]), contents_at]
    for member, end, start in zip(ordered, ends, starts, strict=True):
        if end > start:
            raise RefusedError("archive_overlap", path=shown(path), member=shown(member.filename))


def _refuse_sizes(path: Path, members: Sequence[zipfile.ZipInfo], ratio: int) -> None:
    """Refuse what unpacks to too much, as a whole or in one member."""
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > _MOST_BYTES:
        raise RefusedError("archive_too_big", path=shown(path), megabytes=unpacked // 1_000_000)
    pairs = [(unpacked, packed), *((member.file_size, member.compress_size) for member in members)]
    for whole, small in pairs:
        if whole > _RATIO_FROM_BYTES and whole > ratio * max(1, small):
            raise RefusedError("archive_ratio", path=shown(path), ratio=whole // max(1, small), most=ratio)
