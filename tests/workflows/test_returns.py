"""Every planted bad cell comes back at its own file, sheet, row and column, and nothing else does."""

from __future__ import annotations

import json
import random
from pathlib import Path

import openpyxl
import pytest

from onemap.cli.app import run
from onemap.config import load_project
from onemap.errors import RefusedError
from onemap.layers.template_columns import template_layers
from onemap.views.templates import write_template
from onemap.workflows.reading import read_layers
from onemap.workflows.returns import return_files, return_project
from onemap.workflows.starting import start_project
from tests.workflows.planted_forms import Cell, fill

SEEDS = (1, 2, 3)


def planted(folder: Path, seed: int) -> tuple[list[Path], dict[Cell, str]]:
    """Fill in ten forms; give the files and every cell that is at fault in them."""
    rng = random.Random(seed)  # noqa: S311
    files, truth = [], set()
    for number in range(10):
        layer = rng.choice(template_layers())
        path = write_template(folder / f"{number}_{layer}.xlsx", layer)
        file, cells = fill(path, layer, rng.randrange(1 << 30), number)
        files.append(file)
        truth |= cells
    return files, truth


def returned_cells(folder: Path) -> set[Cell]:
    """Read the return lists as an office does."""
    found = set()
    for path in sorted(folder.glob("*.xlsx")):
        rows = openpyxl.load_workbook(path)["退改清单"].iter_rows(min_row=3, values_only=True)
        for _, file, sheet, row, letter, *_ in rows:
            found.add((file, sheet or "", row, letter))
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_every_planted_cell_of_ten_forms_is_returned_and_nothing_else(tmp_path: Path, seed: int) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    files, truth = planted(sent, seed)
    assert len(truth) > 50
    return_files(files, tmp_path / "returns")
    assert returned_cells(tmp_path / "returns") == truth


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    """Send a table of towers that is no form."""
    book = openpyxl.Workbook()
    sheet = book.active
    headers = list(rows[0])
    sheet.append(headers)
    for row in rows:
        sheet.append([row[header] for header in headers])
    book.save(path)
    return path


def towers(**wrong: object) -> dict[str, object]:
    return {
        "站址编码": "T-1", "站址名称": "甲站", "报送单位": "甲公司", "塔高(m)": 35, "状态": "在网",
        "经度": 75.981234, "纬度": 39.461234, **wrong,
    }  # fmt: skip


def listed(path: Path) -> list[tuple[object, ...]]:
    """Read the list of one workbook: sheet, row, letter, header, value, the row's fate, rule."""
    rows = openpyxl.load_workbook(path)["退改清单"].iter_rows(min_row=3, values_only=True)
    return [(row[2], row[3], row[4], row[6], row[7], row[11], row[12]) for row in rows]


def test_each_submitter_gets_the_rows_of_its_own(tmp_path: Path) -> None:
    rows = [
        towers(站址编码="T-1", 状态="不详"),
        towers(站址编码="T-2", 报送单位="乙公司", 经度=76.1, 纬度=39.5),
        towers(站址编码="T-3", 报送单位="乙公司", 经度=76.212345, 纬度=39.512345, **{"塔高(m)": "约35"}),
        towers(站址编码="T-4", 经度=76.312345, 纬度=39.612345),
    ]
    sent = written(tmp_path / "towers.xlsx", rows)
    returned = return_files([sent], tmp_path / "returns")
    assert set(returned.paths) == {"甲公司", "乙公司"}
    assert [row[1:5] for row in listed(returned.paths["甲公司"])] == [(2, "E", "状态", "不详")]
    assert (4, "D", "塔高(m)", "约35") in [row[1:5] for row in listed(returned.paths["乙公司"])]
    marked = openpyxl.load_workbook(returned.paths["乙公司"]).worksheets[-1]
    assert [marked.cell(row, 1).value for row in (1, 2, 3, 4, 5)] == ["站址编码", None, "T-2", "T-3", None]
    assert "约35" in marked["D4"].comment.text


def test_swapped_coordinates_are_a_line_for_each_cell(tmp_path: Path) -> None:
    rows = [towers(), towers(站址编码="T-2", 经度=39.512345, 纬度=76.112345)]
    returned = return_files([written(tmp_path / "towers.xlsx", rows)], tmp_path / "returns")
    assert [(row[1], row[2], row[5], row[6]) for row in listed(returned.paths["甲公司"])] == [
        (3, "F", "未采用", "OM-CRS-006"),
        (3, "G", "未采用", "OM-CRS-006"),
    ]


def test_what_a_file_says_is_text_and_no_path(tmp_path: Path) -> None:
    evil = '=HYPERLINK("http://127.0.0.1/","x")'
    rows = [
        towers(报送单位="../=cmd|x", 状态=f"'{evil}"),
        towers(站址编码="T-2", 经度=76.1, 纬度=39.5, 报送单位="../=cmd|x"),
    ]
    returned = return_files([written(tmp_path / "towers.xlsx", rows)], tmp_path / "returns")
    path = returned.paths["../=cmd|x"]
    assert path.parent == tmp_path / "returns"
    assert {sheet.title for sheet in openpyxl.load_workbook(path)} >= {"汇总", "退改清单"}
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet for cell in row if cell.value is not None]
    assert any(evil in str(cell.value) for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)


def test_nothing_is_written_where_nothing_is_wrong(tmp_path: Path) -> None:
    returned = return_files([written(tmp_path / "towers.xlsx", [towers()])], tmp_path / "returns")
    assert returned.faults == 0
    assert not (tmp_path / "returns").exists()
    assert return_files([tmp_path / "towers.xlsx"], tmp_path / "one.xlsx").paths == {}
    assert not (tmp_path / "one.xlsx").exists()


def test_the_lists_of_an_earlier_round_give_way(tmp_path: Path) -> None:
    sent = written(tmp_path / "towers.xlsx", [towers(状态="不详")])
    return_files([sent], tmp_path / "returns")
    assert len(list((tmp_path / "returns").glob("*.xlsx"))) == 1
    written(sent, [towers()])
    return_files([sent], tmp_path / "returns")
    assert list((tmp_path / "returns").glob("*.xlsx")) == []


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    sent = written(tmp_path / "towers.xlsx", [towers(状态="不详")])
    with pytest.raises(RefusedError, match="mine"):
        return_files([sent], tmp_path / "mine")
    assert [item.name for item in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_one_workbook_holds_all_where_a_file_is_asked_for(tmp_path: Path) -> None:
    rows = [towers(状态="不详"), towers(站址编码="T-2", 报送单位="乙公司", 状态="不详", 经度=76.1, 纬度=39.5)]
    returned = return_files([written(tmp_path / "towers.xlsx", rows)], tmp_path / "all.xlsx")
    assert list(returned.paths.values()) == [tmp_path / "all.xlsx"]
    assert {row[1] for row in listed(tmp_path / "all.xlsx")} == {2, 3}


def test_a_table_in_an_unknown_system_is_returned_as_a_whole(tmp_path: Path) -> None:
    rows = [towers(站址编码=f"T-{at}", 经度=4_367_000.5 + at * 731, 纬度=512_000.5 + at * 577) for at in range(6)]
    returned = return_files([written(tmp_path / "towers.xlsx", rows)], tmp_path / "returns")
    lists = [row for path in returned.paths.values() for row in listed(path)]
    assert any(row[1] == "整表" and row[6].startswith("OM-CRS") for row in lists)


def test_the_forms_of_a_folder_are_returned_to_their_offices(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    files, truth = planted(sent, 11)
    returned = return_files([sent], tmp_path / "returns")
    assert returned_cells(tmp_path / "returns") == truth
    assert "sent" not in returned.paths
    assert len(files) >= len(returned.paths) > 5


def test_a_file_that_cannot_be_read_is_returned_as_a_whole(tmp_path: Path) -> None:
    broken = tmp_path / "towers.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    returned = return_files([broken], tmp_path / "returns")
    assert [row[1] for row in listed(returned.paths["towers"])] == ["整表"]
    assert str(tmp_path) not in str(listed(returned.paths["towers"]))


def test_a_project_of_filled_forms_runs_as_written_and_returns_the_same(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    files, truth = planted(sent, 7)
    started = start_project(sent)
    assert {source.score for source in started.sources} == {1.0}
    text = started.path.read_text(encoding="utf-8").replace('# crs = "EPSG:4490"', 'crs = "EPSG:4490"')
    started.path.write_text(text, encoding="utf-8")
    project = load_project(sent)
    inputs = read_layers(project)
    return_project(project, inputs.findings, tmp_path / "returns")
    in_rows = {cell for cell in truth if cell[1] != "填报信息"}
    assert returned_cells(tmp_path / "returns") == in_rows
    assert len(files) == len(project.source)


def test_the_command_line_writes_forms_and_return_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["template", "schools", "--out", str(tmp_path / "forms"), "--lang", "zh", "--json"]) == 0
    paths = json.loads(capsys.readouterr().out)["paths"]
    assert [Path(path).name for path in paths] == ["schools_学校填报模板.xlsx"]
    sent = written(tmp_path / "towers.xlsx", [towers(状态="不详")])
    assert run(["inspect", str(sent), "--returns", str(tmp_path / "returns"), "--lang", "zh", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["returns"]
    assert told["faults"] == 1
    assert Path(told["lists"]["甲公司"]).is_file()
    assert run(["inspect", str(written(sent, [towers()])), "--returns", str(tmp_path / "none"), "--lang", "zh"]) == 0
    assert "没有需要退改的内容" in capsys.readouterr().out
