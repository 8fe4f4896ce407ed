"""The data note of a delivery (数据说明): what it holds, in which system, how it was checked, what it lacks."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.shared import Pt

from onemap import messages
from onemap.delivery.metadata import DeliveryFacts, bounds_of
from onemap.layers.crs_names import parse_crs

__all__ = ["write_note"]

_FONT = "宋体"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TYPES = {"text": "Char", "integer": "Int", "number": "Float"}
_MOST_LOSSES = 60


def write_note(facts: DeliveryFacts, path: Path) -> None:
    """Write the data note.

    Parameters
    ----------
    facts
        What the delivery says of itself.
    path
        Document to make (.docx); the same facts give the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "note.docx"
    >>> write_note(DeliveryFacts("示范县", "", dt.date(2026, 1, 1), "公开", []), file)
    >>> docx.Document(str(file)).paragraphs[0].text
    '示范县数据说明'
    """
    document = docx.Document()
    _set_font(document)
    said = _said(facts)
    document.add_heading(_plain(said("title", title=facts.title)), level=0)
    _add_overview(document, facts)
    _add_layers(document, facts)
    _add_fields(document, facts)
    _add_quality(document, facts)
    _add_origin(document, facts)
    document.add_paragraph()
    document.add_paragraph(said("signed"))
    made = dt.datetime.combine(facts.date, dt.time())
    document.core_properties.title = _plain(facts.title)
    document.core_properties.author = _plain(facts.organisation)
    document.core_properties.created = document.core_properties.modified = made
    document.core_properties.last_modified_by = ""
    held = io.BytesIO()
    document.save(held)
    path.write_bytes(_packed(held, facts.date))


def _packed(held: io.BytesIO, date: dt.date) -> bytes:
    """Pack the parts of a document again, each with the date of the data."""
    fresh = io.BytesIO()
    with zipfile.ZipFile(held) as given, zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, date_time=(date.year, date.month, date.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, given.read(name))
    return fresh.getvalue()


def _set_font(document: Any) -> None:
    """Set a font that has Chinese."""
    for name, size in (("Normal", 10.5), ("Title", 20), ("Heading 1", 14)):
        style = document.styles[name]
        style.font.name = _FONT
        style.font.size = Pt(size)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)


def _said(facts: DeliveryFacts) -> Callable[..., str]:
    """Give the texts of the note in its language, by their short names."""
    return lambda text_id, **values: messages.text(f"note_{text_id}", facts.lang, **values)


def _add_overview(document: Any, facts: DeliveryFacts) -> None:
    """Say what the delivery is."""
    said = _said(facts)
    document.add_heading(said("overview"), level=1)
    bounds, none = bounds_of(facts.layers), said("not_given")
    corners = dict(zip(("west", "south", "east", "north"), (f"{one:.6f}" for one in bounds or ()), strict=False))
    rows = [
        ("name", facts.title),
        ("abstract", facts.abstract),
        ("organisation", facts.organisation or none),
        ("contact", facts.contact or none),
        ("date", facts.date.isoformat()),
        ("class", facts.classification or none),
        ("profile", facts.profile),
        ("system", said("system_value", name=parse_crs(facts.crs).name, code=facts.crs) if facts.crs else ""),
        ("extent", said("extent_value", **corners) if bounds else ""),
        ("formats", ", ".join(facts.formats)),
    ]
    if facts.simulated:
        rows.append(("remark", said("simulated")))
    _add_table(document, (said("item"), said("content")), [(said(key), value) for key, value in rows])


def _add_layers(document: Any, facts: DeliveryFacts) -> None:
    """List the layers."""
    said = _said(facts)
    document.add_heading(said("layers"), level=1)
    rows = [(one.code, one.alias, said(one.geometry.lower()), str(len(one.frame))) for one in facts.layers]
    rows.append((said("total"), "", "", str(sum(len(one.frame) for one in facts.layers))))
    _add_table(document, [said(key) for key in ("layer", "layer_name", "geometry", "features")], rows)


def _add_fields(document: Any, facts: DeliveryFacts) -> None:
    """List the fields, each once."""
    said = _said(facts)
    document.add_heading(said("fields"), level=1)
    fields = {field.name: field for layer in facts.layers for field in layer.fields}
    answers = {True: said("yes"), False: said("no")}
    rows = [
        (one.name, one.alias, _TYPES[one.type], str(one.length), str(one.decimals), answers[one.required])
        for one in fields.values()
    ]
    heads = ("field", "field_name", "type", "length", "decimals", "required")
    _add_table(document, [said(key) for key in heads], rows)


def _add_quality(document: Any, facts: DeliveryFacts) -> None:
    """Say what the check found."""
    said = _said(facts)
    document.add_heading(said("quality"), level=1)
    if not facts.quality:
        document.add_paragraph(said("not_checked"))
    for line in facts.quality:
        document.add_paragraph(_plain(f"{line.rule}　{line.text(facts.lang)}"), style="List Bullet")


def _add_origin(document: Any, facts: DeliveryFacts) -> None:
    """Say how the layers came to be, and what formats could not hold."""
    said = _said(facts)
    document.add_heading(said("origin"), level=1)
    for sentence in facts.lineage or (said("not_given"),):
        document.add_paragraph(_plain(sentence), style="List Bullet")
    document.add_heading(said("losses"), level=1)
    for sentence in facts.losses[:_MOST_LOSSES] or (said("none"),):
        document.add_paragraph(_plain(sentence), style="List Bullet")
    if len(facts.losses) > _MOST_LOSSES:
        document.add_paragraph(said("more_losses", count=len(facts.losses)))


def _add_table(document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Add a table with a row of heads."""
    table = document.add_table(rows=1, cols=len(heads))
    table.style = "Table Grid"
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.text = ""
        cell.paragraphs[0].add_run(head).bold = True
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = _plain(value)


def _plain(text: str) -> str:
    """Give text that a document can hold."""
    return _NOT_XML.sub("〓", text)
