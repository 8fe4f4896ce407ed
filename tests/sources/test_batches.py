"""Reading in batches: the same rows, numbers and remarks as reading the whole, whatever the size of a batch."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onemap.errors import ReadError
from onemap.sources.worker import delimited, text_blocks
from onemap.sources.worker.sheet import sheet_of


def _written(cells):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


CELL = st.one_of(
    st.sampled_from(
        ["", " ", "\u3000", "甲站", "75.2", "a,b", 'say "x"', "two\nlines", "注：以上", "合计", '5"', "\ufeff"]
    ),
    st.text(alphabet='ab,"\n\r;中 \t', max_size=4),
)
LINE = st.one_of(
    st.lists(CELL, max_size=5).map(_written),
    st.sampled_from(["", ",,", "甲,乙,丙", 'x"y,2,3', '"a"b,c', "1,2,3,4", "备注：无"]),
)


def _whole(path, text):
    """Give what the whole text is to Python's csv and to the reader of sheets."""
    rows = list(csv.reader(io.StringIO(text if text.endswith(("\n", "\r")) else f"{text}\n", newline=""), strict=False))
    records = [[cell or None for cell in row] for row in rows]
    sheet = sheet_of(path, records, None)
    return sheet.names, [list(column) for column in sheet.columns], sheet.rows, [one.as_dict() for one in sheet.remarks]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(LINE, min_size=1, max_size=14),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    block=st.sampled_from([1, 7, 40, 8_000_000]),
    in_batches=st.booleans(),
)
def test_a_table_in_blocks_is_the_table_as_a_whole(tmp_path, monkeypatch, *, lines, ending, block, in_batches):
    text = "编码,名称,经度" + ending + ending.join(lines)
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    monkeypatch.setattr(text_blocks, "_BLOCK_BYTES", block)
    monkeypatch.setattr(delimited, "_delimiter", lambda *_: ",")
    if list(csv.reader(io.StringIO(f"{text}\n\0", newline="")))[-1] != ["\0"]:  # a quotation mark is not closed
        with pytest.raises(ReadError, match="quotation mark"):
            delimited.read(path, "CSV", {})
        return
    if in_batches:
        answer = delimited.batches(path, "CSV", {"encoding": "utf-8"})
        found = {name: [] for name in answer.schema.names}
        for batch in answer.rows:
            for name, column in batch.to_pydict().items():
                found[name] += column
    else:
        answer = delimited.read(path, "CSV", {"encoding": "utf-8"})
        found = answer.body.to_pydict()
    rows = found.pop("row")
    assert (list(found), list(found.values()), rows, [one.as_dict() for one in answer.remarks]) == _whole(path, text)
