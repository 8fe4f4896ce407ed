"""DXF drawings: brought to UTF-8, inserted blocks as points, and what GDAL passes over counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from onemap.errors import ReadError
from onemap.sources.worker.answer import Remark
from onemap.sources.worker.prepared import Content, Prepared

__all__ = ["prepare_dxf"]

_BINARY = b"AutoCAD Binary DXF"
_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+([\w.-]{1,20})")
_CODE_PAGES = {"ansi_936": "gb18030", "gb2312": "gb18030", "gbk": "gb18030", "ansi_950": "big5", "big5": "big5"}
_ENTITIES = re.compile(r"\n[ \t]*2[ \t]*\r?\n[ \t]*ENTITIES[ \t]*\r?\n(.*?)\n[ \t]*0[ \t]*\r?\n[ \t]*ENDSEC", re.DOTALL)
_END = re.compile(r"(^|\n)[ \t]*0[ \t]*\r?\n[ \t]*EOF\b")
_END_CHARACTERS = 400
_PARTS = {"VERTEX", "SEQEND", "ATTRIB", "ENDSEC", "EOF"}
_READ = {
    *("POINT", "TEXT", "MTEXT", "LINE", "LWPOLYLINE", "POLYLINE", "CIRCLE", "ELLIPSE", "ARC", "SPLINE", "HELIX"),
    *("DIMENSION", "HATCH", "SOLID", "TRACE", "3DFACE", "LEADER", "MLEADER", "MULTILEADER", "MLINE", "INSERT"),
}
_TEXTS = {"TEXT", "MTEXT"}
_PLACING = {"BlockScale", "BlockOCSNormal", "BlockOCSCoords"}


def prepare_dxf(path: Path, options: Mapping[str, Any]) -> Prepared:
    """Make a drawing ready: a layer named is one of the drawing's own, "entities" are all of them."""
    content = path.read_bytes()
    if content.startswith(_BINARY):
        return Prepared(path)
    text, encoding, remarks = _text(path, content, options.get("encoding"))
    section = _ENTITIES.search(text)
    if section is None or not _END.search(text[-_END_CHARACTERS:]):
        raise ReadError("file_truncated", path=path)
    kinds = _kinds(section[1])
    skipped = {kind: count for kind, count in kinds.items() if kind not in _READ | _PARTS}
    if skipped:
        told = "、".join(f"{kind} {count}" for kind, count in sorted(skipped.items())[:8])
        remarks.append(Remark("OM-PKG-042", {"count": sum(skipped.values()), "kinds": told}))
    counts = {"inserts": kinds["INSERT"], "texts": sum(kinds[kind] for kind in _TEXTS)}
    return Prepared(
        text.encode(),
        encoding,
        options={"INLINE_BLOCKS": "NO", "ENCODING": "UTF-8"},
        remarks=remarks,
        finish=lambda layer: _finished(layer, path, options.get("layer"), counts),
        passed_over=frozenset({"blocks"}),
    )


def _kinds(section: str) -> Counter[str]:
    """Count the entities of a section by kind: lines come in pairs, a code and a value, and code 0 begins an entity."""
    lines = section.split("\n")
    return Counter(value.strip() for code, value in zip(lines[::2], lines[1::2], strict=False) if code.strip() == "0")


def _text(path: Path, content: bytes, asked: str | None) -> tuple[str, str, list[Remark]]:
    """Decode a drawing: as asked, else UTF-8 where that fits, else by its code page, else as Chinese."""
    said = _CODE_PAGE.search(content[:65536])
    declared = said[1].decode("ascii", "replace").lower() if said else ""
    page = _CODE_PAGES.get(declared) or declared.replace("ansi_", "cp") or "gb18030"
    is_chinese = page in {"gb18030", "big5"}
    names = [asked] if asked else ["utf-8-sig", page, "gb18030"] if is_chinese else ["utf-8-sig", "gb18030", page]
    for name in names:
        try:
            text = content.decode(name)
        except (UnicodeError, LookupError):
            continue
        found = name.removesuffix("-sig")
        is_open = asked or text.isascii() or found == page
        if is_open or (found == "utf-8" and not is_chinese and not declared):
            return text, found, []
        if found == "utf-8" and re.search(r"\$ACADVER\s+1\s+AC10(2[1-9]|3\d)", text[:65536]):
            return text, found, []  # from 2007 on a drawing is in UTF-8, whatever its code page says
        return text, found, [_unsaid(path, declared, found)]
    raise ReadError("encoding_unknown" if asked else "text_not_utf8", path=path, encoding=asked)


def _unsaid(path: Path, declared: str, found: str) -> Remark:
    """Remark on an encoding that is not the one declared."""
    values = {"file": path.name, "encoding": found}
    return Remark("OM-ENC-004", {**values, "declared": declared}) if declared else Remark("OM-ENC-001", values)


def _finished(layer: Content, path: Path, asked: str | None, counts: Mapping[str, int]) -> Content:
    """Keep the drawing layer that was asked for, and say what stands for what."""
    layer = _plain(layer)
    place = layer.names.index("Layer") if "Layer" in layer.names else None
    if place is None or layer.geometry is None:
        return layer
    drawn = Counter(layer.columns[place].to_pylist())
    if asked and asked not in {"entities", "blocks"}:
        if asked not in drawn:
            raise ReadError("layer_missing", path=path, layer=asked, layers="、".join(str(name) for name in drawn))
        wanted = pc.equal(layer.columns[place], asked)
        layer.columns = [column.filter(wanted) for column in layer.columns]
        layer.geometry = layer.geometry.filter(wanted)
        layer.rows = layer.rows.filter(wanted.combine_chunks())
    elif len(drawn) > 1:
        told = "、".join(f"{name} {count}" for name, count in drawn.most_common(8))
        layer.remarks.append(Remark("OM-PKG-041", {"count": len(drawn), "layers": told}))
    if counts["inserts"] or counts["texts"]:
        layer.remarks.append(Remark("OM-FLD-012", dict(counts)))
    return layer


def _plain(layer: Content) -> Content:
    """Leave out how blocks are placed and the columns that this drawing fills nowhere; give attributes as text."""
    kept = [
        at
        for at, (name, column) in enumerate(zip(layer.names, layer.columns, strict=True))
        if name == "Layer" or (name not in _PLACING and column.null_count < len(column))
    ]
    layer.names = [layer.names[at] for at in kept]
    layer.columns = [_joined(column) if pa.types.is_list(column.type) else column for column in layer.columns]
    layer.columns = [layer.columns[at] for at in kept]
    return layer


def _joined(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give lists of texts as one text each."""
    values = [None if value is None else ";".join(map(str, value)) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(values, pa.string())])
