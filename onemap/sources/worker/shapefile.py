"""The parts of a Shapefile: are they there, are they whole, in which encoding is their text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onemap.errors import ReadError
from onemap.sources.worker.answer import Remark
from onemap.sources.worker.encodings import Detected, detect, remarks_on

__all__ = ["TextEncoding", "check_parts", "field_sizes", "text_encoding"]

_NAME_BYTES = 10
_SAMPLE_VALUES = 50_000
_CODE_PAGES = {
    "936": "gbk",
    "950": "big5",
    "54936": "gb18030",
    "65001": "utf-8",
    "88591": "latin-1",
    "8859-1": "latin-1",
}
_LANGUAGE_BYTES = {0x4D: "gbk", 0x7A: "gbk", 0x4F: "big5", 0x78: "big5", 0x13: "cp932", 0x4E: "cp949"}
_SINGLE_BYTE = re.compile(r"ascii|iso8859|cp125|latin")


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """Encoding taken for a table, what speaks for it, and what there is to say about that."""

    name: str
    remarks: tuple[Remark, ...] = ()
    detected: Detected | None = None

    @property
    def facts(self) -> dict[str, object]:
        """Give what a reader answers about the encoding."""
        return {"encoding": self.name} if self.detected is None else self.detected.facts


def check_parts(path: Path) -> dict[str, Path]:
    """Require the parts .shp, .shx and .dbf, each as long as its header says and all of one number of rows."""
    parts = _parts(path)
    for suffix in (".shx", ".dbf"):
        if suffix not in parts:
            raise ReadError("shapefile_part_missing", path=path, part=path.with_suffix(suffix).name)
    for part in parts.values():
        if part.is_symlink():
            raise ReadError("shapefile_part_missing", path=path, part=part.name)
    shp_bytes = _whole_length(path)
    rows = (_whole_length(parts[".shx"]) - 100) // 8
    table_rows = _whole_table_rows(parts[".dbf"])
    if rows != table_rows:
        raise ReadError("shapefile_parts_disagree", path=path, shapes=rows, rows=table_rows)
    index = np.fromfile(parts[".shx"], dtype=">i4", offset=100, count=2 * rows).astype(np.int64).reshape(-1, 2)
    if rows and (2 * index.sum(axis=1) + 8).max() > shp_bytes:
        raise ReadError("file_truncated", path=path)
    return parts


def text_encoding(parts: dict[str, Path], asked: str | None) -> TextEncoding:
    """Choose the encoding of the table: as asked for, else as declared if the bytes bear it out, else as detected."""
    table = parts[".dbf"]
    values = list(_foreign_values(table))
    declared = _declared(parts)
    if asked is not None:
        name = _known(asked)
        if name is None:
            raise ReadError("encoding_unknown", path=table, encoding=asked)
        return TextEncoding(name, _undecodable(values, name), Detected(name, 1.0, "encoding_asked"))
    if declared is not None and (not values or _bears_out(values, declared)):
        return TextEncoding(declared, (), Detected(declared, 0.99, "encoding_declared"))
    found = detect(values)
    if not values:
        return TextEncoding("utf-8", (), found)
    said = _declaration_text(parts)
    remark = (
        Remark("OM-ENC-004", {"file": table.name, "declared": said, "encoding": found.name})
        if said
        else Remark("OM-ENC-001", {"file": table.name, "encoding": found.name})
    )
    doubts = [one for one in remarks_on(found, table.name) if one.rule == "OM-ENC-008"]
    return TextEncoding(found.name, (remark, *doubts, *_undecodable(values, found.name)), found)


def field_sizes(table: Path) -> list[tuple[int, int | None]]:
    """Give width in bytes and decimals (None for what is no number) of each field of a .dbf, in order."""
    _, header_bytes, _, header = _table_header(table)
    return [
        (_width(field), field[17] if field[11:12] in {b"N", b"F"} else None) for field in _fields(header, header_bytes)
    ]


def _parts(path: Path) -> dict[str, Path]:
    """Find the parts of a Shapefile by stem, whatever the case of their extensions."""
    found = {part.suffix.lower(): part for part in path.parent.iterdir() if part.stem == path.stem}
    return {suffix: found[suffix] for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg") if suffix in found}


def _whole_length(part: Path) -> int:
    """Give the length of a .shp or .shx in bytes; refuse one cut short."""
    with part.open("rb") as file:
        head = file.read(100)
    length = part.stat().st_size
    if len(head) < 100 or head[:4] != b"\x00\x00\x27\x0a" or 2 * int.from_bytes(head[24:28], "big") > length:
        raise ReadError("file_truncated", path=part)
    return 2 * int.from_bytes(head[24:28], "big")


def _table_header(part: Path) -> tuple[int, int, int, bytes]:
    """Give the number of rows, the length of the header and of a row, and the header of a .dbf."""
    with part.open("rb") as file:
        head = file.read(32)
        if len(head) < 32:
            raise ReadError("file_truncated", path=part)
        rows = int.from_bytes(head[4:8], "little")
        header_bytes, row_bytes = (int.from_bytes(head[at : at + 2], "little") for at in (8, 10))
        return rows, header_bytes, row_bytes, head + file.read(max(0, header_bytes - 32))


def _fields(header: bytes, header_bytes: int) -> list[bytes]:
    """Give what the header of a .dbf says of each field, 32 bytes each."""
    described = [header[at : at + 32] for at in range(32, header_bytes - 1, 32) if header[at : at + 1] != b"\r"]
    return [field for field in described if len(field) == 32]


def _width(field: bytes) -> int:
    """Give the width of a field in bytes; a text may use the byte of the decimals for more."""
    return field[16] if field[11:12] != b"C" else field[16] + 256 * field[17]


def _whole_table_rows(part: Path) -> int:
    """Give the number of rows of a .dbf; refuse one cut short."""
    rows, header_bytes, row_bytes, _ = _table_header(part)
    if header_bytes < 33 or row_bytes < 1 or part.stat().st_size < header_bytes + rows * row_bytes:
        raise ReadError("file_truncated", path=part)
    return rows


def _whole_name(name: bytes) -> bytes:
    """Leave out the part of a UTF-8 character at which ten bytes cut a name: it speaks against no encoding."""
    try:
        whole = codecs.getincrementaldecoder("utf-8")().decode(name)
    except UnicodeDecodeError:
        return name
    return whole.encode("utf-8") if len(name) == _NAME_BYTES else name


def _foreign_values(table: Path) -> Iterator[bytes]:
    """Give the field names and distinct text values that hold bytes beyond ASCII."""
    rows, header_bytes, row_bytes, header = _table_header(table)
    fields = _fields(header, header_bytes)
    yield from (_whole_name(name) for field in fields if max(name := field[:11].split(b"\0")[0], default=0) > 127)
    if not rows:
        return
    cells = np.memmap(table, dtype=np.uint8, mode="r", offset=header_bytes, shape=(rows, row_bytes))
    start = 1
    for field in fields:
        width = _width(field)
        if field[11:12] == b"C" and width:
            column = cells[:, start : start + width]
            foreign = column[(column > 127).any(axis=1)]
            yield from {value.tobytes().split(b"\0")[0].rstrip() for value in foreign[:_SAMPLE_VALUES]}
        start += width


def _declaration_text(parts: dict[str, Path]) -> str:
    """Give what the .cpg says, as one short line."""
    if ".cpg" not in parts:
        return ""
    with parts[".cpg"].open("rb") as file:
        return "".join(c for c in file.read(64).decode("ascii", "replace").strip() if c.isprintable())[:40]


def _declared(parts: dict[str, Path]) -> str | None:
    """Give the encoding that the .cpg, or else the language byte of the .dbf, declares."""
    if ".cpg" in parts:
        return _known(_declaration_text(parts))
    return _LANGUAGE_BYTES.get(_table_header(parts[".dbf"])[3][29])


def _known(name: str) -> str | None:
    """Give Python's name of an encoding as people write it, None if there is none."""
    bare = re.sub(r"^(ansi|oem|ldid/|cp)\s*", "", name.strip().lower())
    try:
        return codecs.lookup(_CODE_PAGES.get(bare, name.strip())).name
    except (LookupError, ValueError):
        return None


def _decodes(value: bytes, name: str) -> bool:
    """Tell whether bytes are text in an encoding."""
    try:
        value.decode(name)
    except UnicodeError:
        return False
    return True


def _bears_out(values: list[bytes], declared: str) -> bool:
    """Tell whether bytes are in a declared encoding; one of single bytes fits all, so Chinese must not fit better."""
    if _SINGLE_BYTE.search(declared):
        return not any(all(_decodes(value, name) for value in values) for name in ("utf-8", "gb2312"))
    return sum(_decodes(value, declared) for value in values) > 0.9 * len(values)


def _undecodable(values: list[bytes], name: str) -> tuple[Remark, ...]:
    """Remark on values that are not text in an encoding."""
    count = sum(not _decodes(value, name) for value in values)
    return (Remark("OM-ENC-002", {"count": count, "encoding": name}),) if count else ()
