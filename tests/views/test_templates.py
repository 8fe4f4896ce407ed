"""A form as an office sees it, and what a filled one becomes."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from onemap.errors import ProjectError, WriteError
from onemap.layers.catalogue import schema
from onemap.layers.conform import conform
from onemap.layers.template_columns import template_columns, template_layers
from onemap.layers.templates import example_marks, required_columns, template_layer, template_mapping
from onemap.sources import list_layers, open_reader, read_file
from onemap.views.templates import HEADER_ROW, write_template
from onemap.workflows.templates import find_forms, write_templates

LAYERS = template_layers()


@pytest.fixture(scope="module")
def reader():
    with open_reader() as worker:
        yield worker


def filled_with_its_example(path: Path, lang: str) -> None:
    """Give the example another identifier, so that it is a row like any other."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for cell in sheet[HEADER_ROW + 1]:
        if cell.value in example_marks():
            cell.value = "653101201200"
    book.save(path)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("layer", LAYERS)
def test_the_example_of_every_form_conforms_without_a_fault(layer: str, lang: str, tmp_path: Path, reader) -> None:
    path = write_template(tmp_path / "form.xlsx", layer, lang=lang)
    filled_with_its_example(path, lang)
    forms = find_forms(path, list_layers(path, reader=reader), reader=reader)
    alias = schema(layer).alias_zh if lang == "zh" else schema(layer).alias_en
    source = read_file(path, layer=alias[:31], reader=reader)
    mapping = forms.mapping_of(source)
    assert forms.marked == layer
    assert mapping is not None
    conformed = conform(source, mapping, working_crs="EPSG:4490", file="form.xlsx")
    assert [one for one in conformed.findings if one.severity != "info"] == []
    assert len(conformed.layer) == 1
    asked = {column.name for column in template_columns(layer) if not column.is_place}
    assert conformed.layer[sorted(asked)].notna().all(axis=None)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_example_row_is_no_data(layer: str, tmp_path: Path, reader) -> None:
    path = write_template(tmp_path / "form.xlsx", layer)
    source = read_file(path, layer=schema(layer).alias_zh, reader=reader)
    mapping = template_mapping(layer, list(source.frame.columns))
    conformed = conform(source, mapping, working_crs="EPSG:4490", file="form.xlsx")
    assert len(conformed.layer) == 0
    assert [one.rule for one in conformed.findings if one.severity != "info"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("layer", LAYERS)
def test_headers_alone_tell_the_layer_in_any_order(layer: str, lang: str) -> None:
    headers = [column.header(lang) for column in reversed(template_columns(layer))]
    assert len(set(headers)) == len(headers)
    assert template_layer([*headers, "自用编号"]) == layer
    assert required_columns(template_mapping(layer, headers)) == ()


def test_no_ordinary_table_is_taken_for_a_form() -> None:
    assert template_layer(["站址编码", "站址名称", "经度", "纬度", "塔高（米）", "状态"]) == ""
    assert template_layer([]) == ""


def test_drop_downs_offer_the_words_of_offices(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write_template(tmp_path / "towers.xlsx", "towers")).worksheets[0]
    columns = {cell.value: cell.column_letter for cell in sheet[HEADER_ROW]}
    lists = {
        str(one.sqref).split(":")[0].rstrip("0123456789"): one.formula1
        for one in sheet.data_validations.dataValidation
        if one.type == "list"
    }
    assert lists[columns["状态"]] == '"在网,在建,规划,退网"'
    assert lists[columns["共享运营商-中国移动（是/否）"]] == '"是,否"'
    assert "中国铁塔" in lists[columns["产权单位"]]


def test_numbers_have_their_range_and_identifiers_are_text(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write_template(tmp_path / "towers.xlsx", "towers")).worksheets[0]
    columns = {cell.value: cell.column_letter for cell in sheet[HEADER_ROW]}
    height = next(one for one in sheet.data_validations.dataValidation if f"{columns['塔高（米）']}4" in str(one.sqref))
    assert (height.type, float(height.formula1), float(height.formula2)) == ("decimal", 2.0, 200.0)
    assert sheet.column_dimensions["A"].number_format == "@"
    assert sheet.freeze_panes == "C4"


def test_the_page_of_notes_explains_every_column(tmp_path: Path) -> None:
    for layer in LAYERS:
        book = openpyxl.load_workbook(write_template(tmp_path / f"{layer}.xlsx", layer))
        rows = list(book["填报说明"].iter_rows(values_only=True))
        explained = {row[1]: row for row in rows if row[1]}
        for column in template_columns(layer):
            letter, _, required, meaning, _, allowed, example = explained[column.zh]
            assert meaning
            assert allowed
            assert example
            assert (required == "是") == column.required
            assert book.worksheets[0][f"{letter}{HEADER_ROW}"].value == column.zh


def test_the_same_form_is_the_same_bytes(tmp_path: Path) -> None:
    one, two = (write_template(tmp_path / f"{name}.xlsx", "cells").read_bytes() for name in "ab")
    assert one == two


def test_a_form_that_may_be_filled_in_is_not_overwritten(tmp_path: Path) -> None:
    first, second = write_templates(["towers", "cells"], tmp_path)
    filled_with_its_example(second, "zh")
    before = second.read_bytes()
    with pytest.raises(WriteError, match="cells"):
        write_templates(["towers", "cells", "roads"], tmp_path)
    assert second.read_bytes() == before
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted([first.name, second.name])
    assert write_templates(["towers"], tmp_path) == (first,)


def test_an_unknown_layer_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="got masts"):
        write_templates(["masts"], tmp_path)


def test_a_result_layer_has_no_form() -> None:
    with pytest.raises(ValueError, match="got 'verdicts'"):
        template_columns("verdicts")
