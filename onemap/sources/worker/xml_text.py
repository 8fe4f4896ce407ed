"""The text of an XML file, in the encoding that it says or, failing that, the one that its bytes speak for."""

from __future__ import annotations

import re
from pathlib import Path

from onemap.errors import ReadError, RefusedError
from onemap.sources.worker.answer import Remark

__all__ = ["xml_text"]

_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")
_CHINESE = {"gb2312", "gbk", "gb18030", "cp936", "gb_2312-80", "hz-gb-2312"}


def xml_text(path: Path) -> tuple[str, str, tuple[Remark, ...]]:
    """Give text without XML declaration, encoding, remarks; refuse one that declares a document type or entities."""
    content = path.read_bytes()
    said = re.search(rb"""^[^>]{0,80}encoding=["']([\w.-]{1,20})["']""", content[:200])
    is_utf16 = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    asked = "utf-16" if is_utf16 else said[1].decode().lower() if said else "utf-8"
    chosen = "gb18030" if asked in _CHINESE else asked
    remarks: tuple[Remark, ...] = ()
    try:
        text = content.decode("utf-8-sig" if chosen in {"utf-8", "utf8"} else chosen)
    except (UnicodeError, LookupError):
        text, chosen = _otherwise(path, content)
        remarks = (Remark("OM-ENC-004", {"file": path.name, "declared": asked, "encoding": chosen}),)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise RefusedError("xml_entities", path=path)
    return _DECLARED.sub("", text.lstrip("\ufeff"), count=1), chosen, remarks


def _otherwise(path: Path, content: bytes) -> tuple[str, str]:
    """Decode bytes that are not in the encoding they declare."""
    for name in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(name), name.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise ReadError("text_not_utf8", path=path)
