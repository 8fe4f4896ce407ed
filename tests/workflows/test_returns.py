"""Every planted bad cell comes back at its own file, sheet, row and column, and nothing else does."""

from __future__ import annotations

import random
from pathlib import Path

import openpyxl
import pytest

from onemap.layers.template_columns import template_layers
from onemap.views.templates import write_template
from onemap.workflows.returns import return_files
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
