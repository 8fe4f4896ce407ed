"""The data note of a delivery (数据说明): what it holds, in which system, how it was checked, what it lacks."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.shared import Pt

from onemap.delivery.metadata import DeliveryFacts, bounds_of
from onemap.layers.crs_names import parse_crs

__all__ = ["write_note"]

_FONT = "宋体"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_KINDS = {"Point": "点", "LineString": "线", "Polygon": "面"}
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
    document.add_heading(_plain(f"{facts.title}数据说明"), level=0)
    _add_overview(document, facts)
    _add_layers(document, facts)
    _add_fields(document, facts)
    _add_quality(document, facts)
    _add_origin(document, facts)
    document.add_paragraph()
    document.add_paragraph("编制人：＿＿＿＿＿＿　　复核人：＿＿＿＿＿＿　　单位（盖章）：＿＿＿＿＿＿")
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


def _add_overview(document: Any, facts: DeliveryFacts) -> None:
    """Say what the delivery is."""
    document.add_heading("一、概况", level=1)
    bounds = bounds_of(facts.layers)
    extent = "" if bounds is None else "东经 {0:.6f}°–{2:.6f}°，北纬 {1:.6f}°–{3:.6f}°".format(*bounds)
    system = "" if not facts.crs else f"{parse_crs(facts.crs).name}（{facts.crs}）"
    rows = [
        ("成果名称", facts.title),
        ("摘要", facts.abstract),
        ("编制单位", facts.organisation or "未填写"),
        ("联系人", facts.contact or "未填写"),
        ("数据日期", facts.date.isoformat()),
        ("密级", facts.classification or "未填写"),
        ("成果规格", facts.profile),
        ("坐标系", system),
        ("范围", extent),
        ("格式", "、".join(facts.formats)),
    ]
    if facts.simulated:
        rows.append(("说明", "模拟数据"))
    _add_table(document, ("项目", "内容"), rows)


def _add_layers(document: Any, facts: DeliveryFacts) -> None:
    """List the layers."""
    document.add_heading("二、图层", level=1)
    rows = [(one.code, one.alias, _KINDS[one.geometry], str(len(one.frame))) for one in facts.layers]
    rows.append(("合计", "", "", str(sum(len(one.frame) for one in facts.layers))))
    _add_table(document, ("图层代码", "图层名称", "几何类型", "要素数"), rows)


def _add_fields(document: Any, facts: DeliveryFacts) -> None:
    """List the fields, each once."""
    document.add_heading("三、字段", level=1)
    fields = {field.name: field for layer in facts.layers for field in layer.fields}
    rows = [
        (one.name, one.alias, _TYPES[one.type], str(one.length), str(one.decimals), "是" if one.required else "否")
        for one in fields.values()
    ]
    _add_table(document, ("字段代码", "字段名称", "类型", "长度", "小数位", "必填"), rows)


def _add_quality(document: Any, facts: DeliveryFacts) -> None:
    """Say what the check found."""
    document.add_heading("四、质量检查", level=1)
    if not facts.quality:
        document.add_paragraph("未进行检查。")
    for line in facts.quality:
        document.add_paragraph(_plain(f"{line.rule}　{line.text('zh')}"), style="List Bullet")


def _add_origin(document: Any, facts: DeliveryFacts) -> None:
    """Say how the layers came to be, and what formats could not hold."""
    document.add_heading("五、数据来源与处理", level=1)
    for sentence in facts.lineage or ("未填写。",):
        document.add_paragraph(_plain(sentence), style="List Bullet")
    document.add_heading("六、格式造成的损失", level=1)
    for sentence in facts.losses[:_MOST_LOSSES] or ("无。",):
        document.add_paragraph(_plain(sentence), style="List Bullet")
    if len(facts.losses) > _MOST_LOSSES:
        document.add_paragraph(f"共 {len(facts.losses)} 条，其余见 findings.csv。")


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
