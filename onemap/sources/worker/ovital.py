"""Ovital (奥维): KML that says of each placemark in which system its coordinates are.

From version 9.3 on Ovital exports .ovkml and .ovkmz with shifted coordinates (GCJ-02) unless asked otherwise; the
element OvCoordType says which: CGCS2000, WGS84, GCJ02, BD09. A file of Ovital without it may be either.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from xml.etree import ElementTree as ET

from onemap.sources.worker.answer import Remark

__all__ = ["ovital_crs"]

_KNOWN = {"CGCS2000": "EPSG:4490", "WGS84": "EPSG:4326"}
_SHIFTED = {"GCJ02": "GCJ-02", "BD09": "BD-09"}


def ovital_crs(
    path: Path, root: ET.Element, marks: AbstractSet[str], *, is_told: bool = False
) -> tuple[str | None, list[Remark]]:
    """Give the system of a layer by the marks of its placemarks; None and a question where they leave it open."""
    if not is_told and not _is_ovital(path, root):
        return "EPSG:4326", []
    told = {_plain(mark) for mark in marks}
    if len(told) == 1 and told <= set(_KNOWN):
        return _KNOWN[told.pop()], []
    if len(told) == 1 and told <= set(_SHIFTED):
        return None, [Remark("OM-PKG-039", {"file": path.name, "marks": _SHIFTED[told.pop()]})]
    shown = "、".join(sorted(mark or "-" for mark in told))
    return None, [Remark("OM-PKG-039", {"file": path.name, "marks": shown[:80] or "-"})]


def _is_ovital(path: Path, root: ET.Element) -> bool:
    """Tell whether Ovital wrote a file."""
    return path.suffix.lower() == ".ovkml" or any(
        element.tag.rpartition("}")[2].startswith("Ov") for element in root.iter()
    )


def _plain(mark: str) -> str:
    """Give a mark without the ways it is written in."""
    return mark.upper().replace("-", "").replace("_", "").replace(" ", "")
