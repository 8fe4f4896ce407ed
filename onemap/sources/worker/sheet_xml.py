"""What the cells of an XLSX hold that their values do not show: formulas without result, errors, long numbers.

The values come from calamine, which gives an empty cell for a formula without result and for an error, and a 64-bit
float for any number, so that a code of 18 digits would lose its last ones.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import join, normpath
from xml.etree import ElementTree as ET  # no entities get this far: `refuse_entities` refuses their declarations

from onemap.errors import ReadError, RefusedError
from onemap.sources.worker.answer import Remark

__all__ = ["Unseen", "refuse_entities", "unseen_cells"]

Place = tuple[int, int]

_HEAD_BYTES = 4096
_ENTITY = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_UNREADABLE = (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, NotImplementedError, ET.ParseError)
_CELL = rb"""<(?:\w+:)?c\b(?=[^>]*\sr=["']([A-Z]{1,3})(\d{1,7})["'])"""
_FORMULA = rb"(?:<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>))"
_NO_RESULT = re.compile(_CELL + rb"[^>]*>" + _FORMULA + rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</")
_ERROR = re.compile(_CELL + rb"""[^>]*\st=["']e["'][^>]*>""" + _FORMULA + rb"?<(?:\w+:)?v>([^<]{1,20})</")
_LONG = re.compile(_CELL + rb"""(?![^>]*\st=["'][a-mo-z])[^>]*>""" + _FORMULA + rb"?<(?:\w+:)?v>(-?\d{16,40})</")
_HAS_LONG = re.compile(rb"v>-?\d{16,40}<")


@dataclass(slots=True)
class Unseen:
    """Places of cells, as (row, column) from 0, whose value does not show what they hold."""

    no_result: list[Place] = field(default_factory=list)
    errors: dict[Place, str] = field(default_factory=dict)
    long_numbers: dict[Place, int] = field(default_factory=dict)

    def remarks(self, rows: set[int]) -> Iterator[Remark]:
        """Remark on each cell in some rows (from 1) that is read as empty though it holds something."""
        for row, column in self.no_result:
            if row + 1 in rows:
                yield Remark("OM-PKG-007", {"column": column + 1}, row=row + 1)
        for (row, column), said in self.errors.items():
            if row + 1 in rows:
                yield Remark("OM-PKG-036", {"column": column + 1, "value": said}, row=row + 1)


def refuse_entities(path: Path) -> None:
    """Refuse a workbook whose parts declare a document type or entities."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if member.endswith((".xml", ".rels")) and _ENTITY.search(archive.open(member).read(_HEAD_BYTES)):
                    raise RefusedError("xml_entities", path=path)
    except _UNREADABLE as error:
        raise ReadError("file_damaged", path=path, reason=type(error).__name__) from error


def unseen_cells(path: Path, sheet: str) -> Unseen:
    """Find the cells of a sheet that hold more than their values show."""
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part_of(archive, sheet)
            content = archive.read(part) if part else b""
    except _UNREADABLE as error:
        raise ReadError("file_damaged", path=path, reason=type(error).__name__) from error
    found = Unseen()
    if b"<f" in content or b":f" in content:
        found.no_result = [_place(match) for match in _NO_RESULT.finditer(content)]
    if b't="e"' in content or b"t='e'" in content:
        found.errors = {_place(match): match[3].decode("ascii", "replace") for match in _ERROR.finditer(content)}
    if _HAS_LONG.search(content):
        found.long_numbers = {_place(match): int(match[3]) for match in _LONG.finditer(content)}
    return found


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Give the member that holds a sheet."""
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    named = next((one for one in book.iter() if _tag(one) == "sheet" and one.get("name") == sheet), None)
    if named is None:
        return None
    wanted = next((value for name, value in named.items() if name.endswith("}id")), None)
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = next((link.get("Target", "") for link in links if link.get("Id") == wanted), "")
    part = target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
    return part if part in archive.namelist() else None


def _tag(element: ET.Element) -> str:
    """Give the name of an element without its name space."""
    return element.tag.rpartition("}")[2]


def _place(match: re.Match[bytes]) -> Place:
    """Give the row and column of a cell, from 0."""
    column = 0
    for letter in match[1]:
        column = 26 * column + letter - 64
    return int(match[2]) - 1, column - 1
