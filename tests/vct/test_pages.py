"""The example of the pages runs."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["vct.md", "vct.zh.md"])
def test_example_of_the_page_runs(root: Path, name: str) -> None:
    failed, tried = doctest.testfile(
        str(root / "docs" / name), module_relative=False, encoding="utf-8", optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert (failed, tried > 8) == (0, True)
