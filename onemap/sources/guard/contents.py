"""What a file really is, by its first bytes (and, for archives and compound files, by their tables of contents)."""

from __future__ import annotations

import re
from pathlib import Path

from onemap.sources.guard.entries import archive_names
from onemap.sources.guard.opening import Opening

__all__ = ["FOLDER", "FORMATS", "LOCKED_WORKBOOK", "REFUSED", "agrees", "content_of"]

FORMATS = {
    ".shp": "ESRI Shapefile",
    ".gpkg": "GPKG",
    ".gdb": "OpenFileGDB",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".geojsonl": "GeoJSON",
    ".ndjson": "GeoJSON",
    ".kml": "KML",
    ".ovkml": "KML",
    ".kmz": "KMZ",
    ".ovkmz": "KMZ",
    ".csv": "CSV",
    ".txt": "CSV",
    ".tsv": "CSV",
    ".xlsx": "XLSX",
    ".xlsm": "XLSX",
    ".xls": "XLS",
    ".dxf": "DXF",
    ".tab": "MapInfo File",
    ".mif": "MapInfo File",
    ".gml": "GML",
    ".fgb": "FlatGeobuf",
    ".vct": "VCT",
    ".parquet": "Parquet",
    ".geoparquet": "Parquet",
    ".gpx": "GPX",
    ".zip": "ZIP",
    ".tif": "GTiff",
    ".tiff": "GTiff",
}
"""Extension of a file that is read → name of its format."""

FOLDER = "Folder"
"""Name of the format of a plain folder of files."""

REFUSED = {
    ".dwg": "DWG",
    ".mdb": "MDB",
    ".accdb": "ACCDB",
    ".rar": "RAR",
    ".7z": "7z",
}
"""Extension of a file that is refused with a hint how to convert it → name of its format."""

LOCKED_WORKBOOK = "XLSX (password)"
"""What a workbook with a password is."""

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2
_SQLITE = b"SQLite format 3\x00"
_OTHER_SQLITE = {b"MPBX": "MBTiles"}  # application id, bytes 68 to 71
_BINARY_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x00\x00\x27\x0a", "ESRI Shapefile"),
    (b"II*\x00", "GTiff"),
    (b"MM\x00*", "GTiff"),
    (b"II+\x00", "GTiff"),
    (b"MM\x00+", "GTiff"),
    (b"AutoCAD Binary DXF\r\n\x1a\x00", "DXF"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "PDF"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"{\\rtf", "RTF"),
    (b"\x7fELF", "ELF"),
)
_JET = {b"Standard Jet DB": "MDB", b"Standard ACE DB": "ACCDB"}  # from the fifth byte on
_LETTERS = (
    (re.compile(rb"AC10\d\d|AC1\.\d\d|AC2\.\d\d|MC0\.0"), "DWG"),
    (re.compile(rb"fgb[\x01-\x7f]fgb", re.DOTALL), "FlatGeobuf"),
    (re.compile(rb"PAR1"), "Parquet"),
    (re.compile(rb"MZ"), "EXE"),
)
_ASCII_DXF = re.compile(rb"(\s*999[ \t]*\r?\n[^\r\n]*\r?\n)*\s*0[ \t]*\r?\n[ \t]*SECTION[ \t]*\r?\n", re.IGNORECASE)
_MIF = re.compile(rb"version\s+\d+.{0,4096}\bcolumns\b", re.IGNORECASE | re.DOTALL)
_XML_KINDS = {
    b"kml": "KML",
    b"gpx": "GPX",
    b"html": "HTML",
    b"table": "HTML",
    b"workbook": "XML (Excel 2003)",
}
_VCT = re.compile(rb"headbegin[ \t]*\r?\n", re.IGNORECASE)
_HTML = re.compile(rb"<(!doctype\s+html|html|head|meta|body|table|style)\b", re.IGNORECASE)
_GML = re.compile(rb"opengis\.net/(gml|wfs)|<(\w+:)?featurecollection[\s>]", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_STREAM_NAMES = {
    "Workbook": "XLS",
    "Book": "XLS",
    "WordDocument": "DOC",
    "EncryptedPackage": LOCKED_WORKBOOK,
    "PowerPoint Document": "PPT",
}


def agrees(driver: str, content: str) -> bool:
    """Tell whether the content of a file fits the format that its extension names.

    Parameters
    ----------
    driver
        A value of `FORMATS`.
    content
        As `content_of` says.

    Examples
    --------
    >>> agrees("KMZ", "ZIP"), agrees("CSV", "text"), agrees("GPKG", "KML")
    (False, True, False)
    """
    return content in {driver, *_ALSO.get(driver, ())}


_ALSO = {
    "CSV": ("text", "GeoJSON", "DXF", "MapInfo File"),
    "VCT": ("text",),
    "ZIP": ("KMZ", "XLSX"),
}
"""What a format may look like besides itself: any text may be delimited text, and an archive may hold anything."""


def content_of(path: Path, opening: Opening) -> str:
    """Tell what a file is by its content.

    Parameters
    ----------
    path
        The file, for formats that say what they are in their middle or at their end.
    opening
        How it begins.

    Returns
    -------
    content
        A value of `FORMATS` or `REFUSED`, "text" for other text, the name of another known format, or "" if nothing
        is known of it.

    Examples
    --------
    >>> content_of(Path("towers.xls"), Opening(b"<html><table>", b"<html><table>"))
    'HTML'
    """
    for look in (_by_first_bytes, _by_table_of_contents, _by_elements, _by_words):
        content = look(path, opening)
        if content:
            return content
    return ""


def _by_first_bytes(_path: Path, opening: Opening) -> str:
    """Tell formats that begin with bytes of their own."""
    head = opening.raw
    if head.startswith(_SQLITE):
        return _OTHER_SQLITE.get(head[68:72], "GPKG")
    if head[4:19] in _JET:
        return _JET[head[4:19]]
    if b"\0" in head:  # a table may begin with the same letters
        found = next((name for form, name in _LETTERS if form.match(head)), "")
        if found:
            return found
    return next((name for start, name in _BINARY_STARTS if head.startswith(start)), "")


def _by_table_of_contents(path: Path, opening: Opening) -> str:
    """Tell archives and compound files by what they hold."""
    head = opening.raw
    if head.startswith(_COMPOUND):
        return _compound_content(path)
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ""
    names = archive_names(path)
    return _archive_content(names) if names or head.startswith(b"PK\x05\x06") else "ZIP (damaged)"


def _archive_content(names: list[str]) -> str:
    """Tell a workbook, a document or a KMZ from an archive of files."""
    held = set(names)
    for member, name in (
        ("xl/workbook.xml", "XLSX"),
        ("xl/workbook.bin", "XLSB"),
        ("word/document.xml", "DOCX"),
        ("ppt/presentation.xml", "PPTX"),
        ("content.xml", "ODS"),
    ):
        if member in held:
            return name
    inside = [name.lower() for name in names if not name.endswith("/")]
    return "KMZ" if any(name.endswith((".kml", ".ovkml")) for name in inside) else "ZIP"


def _compound_content(path: Path) -> str:
    """Tell a workbook from other compound files by the names in the directory, [MS-CFB] 2.6.1."""
    with path.open("rb") as file:
        header = file.read(512)
        if len(header) < 512:
            return ""
        sector_bytes = 1 << min(int.from_bytes(header[30:32], "little"), 12)
        first = int.from_bytes(header[48:52], "little")
        file.seek((first + 1) * sector_bytes)
        directory = file.read(max(sector_bytes, 512) * 8)
    names = set()
    for at in range(0, len(directory) - 127, 128):
        length = int.from_bytes(directory[at + 64 : at + 66], "little")
        names.add(directory[at : at + min(max(length - 2, 0), 62)].decode("utf-16-le", "replace"))
    return next((content for name, content in _STREAM_NAMES.items() if name in names), "OLE")


def _by_elements(_path: Path, opening: Opening) -> str:
    """Tell mark-up by its outermost element, JSON by its first character."""
    text = opening.text
    if text.startswith((b"{", b"\x1e{")):
        return "GeoJSON"
    if not text.startswith(b"<"):
        return ""
    if _HTML.match(text):
        return "HTML"
    root = _ROOT.match(text)
    if root is None:
        return "" if b"\0" in text else "text"
    kind = _XML_KINDS.get(root[1].lower())
    return kind or ("GML" if _GML.search(text) else "XML")


def _by_words(_path: Path, opening: Opening) -> str:
    """Tell text formats by their first words, and text from bytes."""
    text = opening.text
    if text[:6].lower() == b"!table":
        return "MapInfo File"
    if _ASCII_DXF.match(text):
        return "DXF"
    if _MIF.match(text):
        return "MapInfo File"
    if _VCT.match(text):
        return "VCT"
    return "text" if text and b"\0" not in text else ""
