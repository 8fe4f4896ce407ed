"""The last look at a file, in the worker, before a library opens it: what only its inside can tell."""

from __future__ import annotations

import base64
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from onemap.errors import ReadError, RefusedError
from onemap.sources.guard.definitions import refuse_definition
from onemap.sources.guard.opening import Opening, opening_of
from onemap.sources.worker.answer import Remark

__all__ = ["screen", "screen_facts"]

_PIECE_BYTES = 4 * 1024**2
_OVERLAP_BYTES = 4096
_MODULES = frozenset({"rtree", "rtree_i32", "geopoly", "fts3", "fts4", "fts5"})  # SQLite's own, which hold data
_VIRTUAL = re.compile(r"create\s+virtual\s+table\b.*?\busing\s+[\"'`\[]?(\w+)", re.IGNORECASE | re.DOTALL)
_SQL_ASIDE = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_REACHING = re.compile(
    r"""\b(load_extension|readfile|writefile|fsdir|lsdir|zipfile|fts3_tokenizer|gdal_get_\w+|ogr_(?:geocode|layer)\w*
    |blob(?:from|to)file|xb_\w+|(?:im|ex)port(?:shp|dbf|dxf|xls|wfs|kml|geojson|zip\w*)\w*|http_\w+)["'`\]]?\s*\(
    |\bwith\s+recursive\b""",
    re.IGNORECASE | re.VERBOSE,
)
_TABLE_NAME = re.compile(r"^\s*create\s+(?:temp\w*\s+)?table\s+(?:\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|\w+)", re.IGNORECASE)
_EXTENSION_TYPE = b"py_extension_type"  # a type of pyarrow before 14 that was unpickled from the schema
_NOTED_LINKS = 3
_LINKS: Mapping[str, re.Pattern[bytes]] = {
    "KML": re.compile(
        rb"<(?:\w+:)?(?:NetworkLink|Model|GroundOverlay|PhotoOverlay)\b.{0,2000}?<(?:\w+:)?href>\s*([^<]{1,400})", re.S
    ),
    "GML": re.compile(
        rb"""(?:xlink:href\s*=\s*["'](?!\#)|srsName\s*=\s*["'](?=/|\\|\.|file:|https?://(?!www\.opengis\.net/)))
        ([^"']{1,400})""",
        re.VERBOSE,
    ),
    "DXF": re.compile(
        rb"\n *0\r?\nBLOCK\r?\n(?: *(?!0\r?\n)\d+\r?\n[^\n]{0,400}\n){1,40}? *1\r?\n([^\r\n]*[./\\][^\r\n]*)"
    ),
}
_LINKED_KML = re.compile(rb"<(?:\w+:)?NetworkLink\b")
_PLACEMARK = re.compile(rb"<(?:\w+:)?Placemark\b")


_INSERT = re.compile(rb"\n *0\r?\nINSERT\r?\n((?: *(?!0\r?\n)\d+\r?\n[^\n]{0,400}\n){1,80})")
_COPIES = re.compile(rb"^ *7([01])\r?\n *(\d{1,9})\r?$", re.MULTILINE)
_BINARY_COPIES = re.compile(rb"INSERT\0.{0,400}?\x46\0(..)\x47\0(..)", re.DOTALL)
_MOST_COPIES = 100_000  # of one block in rows and columns; GDAL makes every one of them


def screen(path: Path, driver: str) -> list[Remark]:
    """Refuse what points elsewhere from within; remark on links that are harmless as nobody follows them."""
    look = _LOOKS.get(driver)
    return [] if look is None else look(path, driver)


def screen_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Refuse coordinate systems that name files, wherever in the file they stood."""
    for layer in (facts, *facts.get("layers", ())):
        crs = layer.get("crs")
        if isinstance(crs, str):
            refuse_definition(str(path), crs)


def _screen_database(path: Path, _driver: str) -> list[Remark]:
    """Refuse a GeoPackage with tables that live elsewhere, or with SQL that reaches out when a view is read."""
    try:
        with sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True) as base:
            base.execute("pragma writable_schema = on")  # the schema is read even where a part of it is not valid
            objects = base.execute("select type, name, sql from sqlite_master where sql is not null").fetchall()
            systems = _definitions(base, {name for _, name, _ in objects})
        base.close()
    except (sqlite3.Error, UnicodeDecodeError):
        return []  # damaged: the reader says so
    for kind, name, sql in objects:
        plain = _SQL_ASIDE.sub(" ", str(sql))
        virtual = _VIRTUAL.search(plain)
        words = "" if kind == "index" else _TABLE_NAME.sub("", plain)  # an index names its table before a bracket
        if (virtual is not None and virtual[1].lower() not in _MODULES) or _REACHING.search(words):
            raise RefusedError("database_reaches_out", path=path, name=str(name)[:80])
    for definition in systems:
        refuse_definition(str(path), definition)
    return []


def _definitions(base: sqlite3.Connection, names: set[str]) -> list[str]:
    """Give the definitions of coordinate systems in a GeoPackage."""
    if "gpkg_spatial_ref_sys" not in names:
        return []
    base.execute("pragma trusted_schema = off")
    columns = [row[1] for row in base.execute("pragma table_info(gpkg_spatial_ref_sys)")]
    wanted = [name for name in ("definition", "definition_12_063") if name in columns]
    rows = base.execute(f"select {', '.join(wanted)} from gpkg_spatial_ref_sys limit 20000") if wanted else ()  # noqa: S608
    return [str(value) for row in rows for value in row if value]


def _screen_start(path: Path, _driver: str) -> list[Remark]:
    """Refuse a file whose header defines a coordinate system by other files."""
    with path.open("rb") as file:
        refuse_definition(str(path), file.read(_PIECE_BYTES))
    return []


def _screen_parquet(path: Path, _driver: str) -> list[Remark]:
    """Refuse a footer that is longer than the file, holds types to be unpickled, or names files."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        length = int.from_bytes(file.read(4), "little")
        if file.read(4) != b"PAR1" or length + 12 > size:
            raise ReadError("file_truncated", path=path)
        file.seek(size - 8 - length)
        footer = file.read(length)
    if any(_EXTENSION_TYPE in words for words in (footer, *_unfolded(footer))):
        raise RefusedError("file_with_code", path=path)
    refuse_definition(str(path), footer)
    return []


def _unfolded(footer: bytes) -> Iterator[bytes]:
    """Give what stands in base 64 in a footer; a letter before it may be the length of the text."""
    for encoded in re.findall(rb"[A-Za-z0-9+/]{64,}", footer):
        for start in range(4):
            yield base64.b64decode(encoded[start : start + (len(encoded) - start) // 4 * 4])


def _screen_workbook(path: Path, _driver: str) -> list[Remark]:
    """Refuse a workbook with entities or DDE; remark on one that refers to other workbooks."""
    targets = []
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                lower = name.lower()
                if lower.endswith((".xml", ".rels", ".vml")):
                    if _member_opening(path, archive, name).declares_type:
                        raise RefusedError("xml_entities", path=path)
                    if "externallinks/" in lower:
                        content = archive.read(name)
                        if b"<ddeLink" in content:
                            raise RefusedError("workbook_dde", path=path)
                        targets += re.findall(rb'Target="([^"]{1,400})"[^>]*TargetMode="External"', content)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise ReadError("file_damaged", path=path, reason=type(error).__name__) from error
    return _linked(path, [target.decode("utf-8", "replace") for target in targets])


def _member_opening(path: Path, archive: zipfile.ZipFile, name: str) -> Opening:
    """Tell how a member of an archive begins."""
    with archive.open(name) as member:
        return opening_of(path, iter(lambda: member.read(65536), b""))


def _screen_links(path: Path, driver: str) -> list[Remark]:
    """Remark on links in mark-up and drawings; refuse KML that holds nothing but links to other KML."""
    targets: list[str] = []
    has_links = has_places = False
    for piece in _pieces(path):
        targets += [found.decode("utf-8", "replace").strip() for found in _LINKS[driver].findall(piece)]
        has_links = has_links or (driver == "KML" and _LINKED_KML.search(piece) is not None)
        has_places = has_places or _PLACEMARK.search(piece) is not None
        if driver == "DXF" and sum(_copies(piece)) > _MOST_COPIES:
            raise RefusedError("drawing_multiplies", path=path, most=_MOST_COPIES)
    if has_links and not has_places:
        raise RefusedError("file_indirect", path=path)
    return _linked(path, targets)


def _copies(piece: bytes) -> Iterator[int]:
    """Give how often each insert of a drawing that has rows and columns is drawn."""
    for entity in _INSERT.findall(piece):
        counts = {axis: int(count) for axis, count in _COPIES.findall(entity)}
        if counts:
            yield counts.get(b"0", 1) * counts.get(b"1", 1)
    for columns, rows in _BINARY_COPIES.findall(piece):
        yield int.from_bytes(columns, "little") * int.from_bytes(rows, "little")


def _linked(path: Path, targets: list[str]) -> list[Remark]:
    """Remark on targets, once for all of them."""
    distinct = list(dict.fromkeys(target for target in targets if target))
    if not distinct:
        return []
    named = "、".join("".join(c for c in target if c.isprintable())[:80] for target in distinct[:_NOTED_LINKS])
    return [Remark("OM-SEC-025", {"file": path.name, "count": len(distinct), "targets": named})]


def _pieces(path: Path) -> Iterator[bytes]:
    """Give a file in pieces that overlap, as UTF-8 if it is UTF-16."""
    with path.open("rb") as file:
        head = file.read(2)
        file.seek(0)
        if head in {b"\xff\xfe", b"\xfe\xff"}:
            yield file.read().decode("utf-16", "replace").encode("utf-8", "replace")
            return
        kept = b""
        while piece := file.read(_PIECE_BYTES):
            yield kept + piece
            kept = piece[-_OVERLAP_BYTES:]


_LOOKS: Mapping[str, Callable[[Path, str], list[Remark]]] = {
    "GPKG": _screen_database,
    "Parquet": _screen_parquet,
    "FlatGeobuf": _screen_start,
    "GTiff": _screen_start,
    "XLSX": _screen_workbook,
    "KML": _screen_links,
    "GML": _screen_links,
    "DXF": _screen_links,
}
