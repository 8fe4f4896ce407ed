"""Reading in batches: the same rows, numbers and remarks as reading the whole, whatever the size of a batch."""

from __future__ import annotations

import csv
import io
import os
import signal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onemap.errors import ReadError
from onemap.sources import open_reader, read_file
from onemap.sources.batches import read_batches
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
        found = {name: [] for name in answer.body.schema.names}
        for batch in answer.body.to_batches(3):
            for name, column in batch.to_pydict().items():
                found[name] += column
    else:
        answer = delimited.read(path, "CSV", {"encoding": "utf-8"})
        found = answer.body.to_pydict()
    rows = found.pop("row")
    assert (list(found), list(found.values()), rows, [one.as_dict() for one in answer.remarks]) == _whole(path, text)


ROWS = 25


def written(folder, kind):
    """Write a layer of points with Chinese text, a null place, and numbers with gaps, as one format."""
    places = [None if n == 7 and kind != "fgb" else shapely.Point(75 + n / 100, 39.5) for n in range(ROWS)]
    layer = gpd.GeoDataFrame(
        {
            "编码": [f"T{n}" for n in range(ROWS)],
            "名称": [f"第{n}塔" if n % 5 else None for n in range(ROWS)],
            "高度": pd.array([n if n % 3 else None for n in range(ROWS)], dtype="Int32"),
        },
        geometry=places,
        crs="EPSG:4490",
    )
    suffix, _, encoding = kind.partition("-")
    path = folder / f"layer.{suffix}"
    if kind == "csv":
        pd.DataFrame(layer.drop(columns="geometry")).to_csv(path, index=False, encoding="gb18030")
    elif kind == "parquet":
        layer.to_parquet(path)
    else:
        pyogrio.write_dataframe(layer, path, encoding=encoding or None, driver="OpenFileGDB" if kind == "gdb" else None)
    return path


def joined(batches):
    """Put batches under each other."""
    batches = list(batches)
    frame = pd.concat([batch.frame for batch in batches], ignore_index=True)
    shapes = None if batches[0].geometry is None else np.concatenate([batch.geometry for batch in batches])
    return frame, shapes, np.concatenate([batch.rows for batch in batches]), batches[-1]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("kind", ["gpkg", "shp-GBK", "shp-UTF-8", "gdb", "geojson", "fgb", "csv", "parquet"])
def test_batches_of_any_size_are_the_file(tmp_path, kind, size):
    path = written(tmp_path, kind)
    with open_reader() as reader:
        whole = read_file(path, reader=reader)
        frame, shapes, rows, last = joined(read_batches(path, reader=reader, batch_rows=size))
        assert reader.pid is not None
    pd.testing.assert_frame_equal(frame, whole.frame)
    assert rows.tolist() == whole.rows.tolist()
    assert shapes is None or shapely.to_wkt(shapes).tolist() == shapely.to_wkt(whole.geometry).tolist()
    known = ("path", "layer", "crs", "driver", "encoding", "findings", "stored", "positions", "header_row")
    assert {name: getattr(last, name) for name in known} == {name: getattr(whole, name) for name in known}


def test_text_of_a_shapefile_that_breaks_off_in_a_character_is_decoded_batch_by_batch(tmp_path):
    path = written(tmp_path, "shp-GBK")
    table = path.with_suffix(".dbf")
    content = bytearray(table.read_bytes())
    at = content.index("第13塔".encode("gbk"))
    content[at : at + 8] = "第".encode("gbk") + b"\xb5     "  # half a character before the blanks
    table.write_bytes(bytes(content))
    whole = read_file(path)
    frame, _, rows, _ = joined(read_batches(path, batch_rows=4))
    assert frame["名称"].tolist() == whole.frame["名称"].tolist()
    assert rows.tolist() == list(range(1, ROWS + 1))


def test_an_empty_layer_is_one_empty_batch(tmp_path):
    path = tmp_path / "empty.gpkg"
    pyogrio.write_dataframe(gpd.GeoDataFrame({"编码": []}, geometry=[], crs="EPSG:4490"), path)
    (batch,) = read_batches(path)
    assert (batch.frame.columns.tolist(), len(batch.rows), len(batch.geometry)) == (["编码"], 0, 0)


def test_a_file_that_turns_out_damaged_raises_after_its_good_batches(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes("编码\n".encode() + b"T1\n" * 5 + b'"T2\n')
    with open_reader() as reader:
        with pytest.raises(ReadError, match="quotation mark"):
            list(read_batches(path, reader=reader, batch_rows=2))
        path.write_text("编码\nT1\n", encoding="utf-8")
        assert read_file(path, reader=reader).frame["编码"].tolist() == ["T1"]


def test_who_stops_half_way_can_go_on_with_the_reader(tmp_path):
    path = written(tmp_path, "gpkg")
    with open_reader() as reader:
        batches = read_batches(path, reader=reader, batch_rows=2)
        assert next(batches).rows.tolist() == [1, 2]
        batches.close()
        assert len(read_file(path, reader=reader).rows) == ROWS


def test_a_worker_that_is_killed_between_batches_is_an_error(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("编码\n" + "T1\n" * 3_000_000, encoding="utf-8")
    with open_reader() as reader:
        batches = read_batches(path, reader=reader, batch_rows=1000)
        next(batches)
        os.kill(reader.pid, signal.SIGKILL)
        with pytest.raises(ReadError, match="ended"):
            list(batches)


def test_a_size_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="batch_rows must be 1 or more"):
        next(read_batches(tmp_path / "a.csv", batch_rows=0))
