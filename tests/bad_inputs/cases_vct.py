"""VCT files that depart from the format, and what the format forces to be lost."""

from __future__ import annotations

from pathlib import Path

from tests.bad_inputs.cases_convert import layer, words
from tests.bad_inputs.registry import bad, good
from tests.vct.writing_by_hand import HEAD_3, SQUARES_3, document, saved


@bad(rule="OM-OUT-020", exit_code=1, ask="convert")
def comma_in_a_text_into_vct(folder: Path) -> Path:
    """A text with a comma goes into a VCT file, which has no way to write one."""
    return words(layer(folder, {"note": ["a,b"]}), "out.vct")


@good(rule="OM-OUT-020", ask="convert")
def plain_text_into_vct(folder: Path) -> Path:
    """A text that a VCT file holds whole."""
    return words(layer(folder, {"note": ["ab"]}), "out.vct")


@bad(rule="OM-PKG-080", ask="inspect")
def polygon_that_counts_wrong(folder: Path) -> Path:
    """A VCT file whose polygons count more lines than they list."""
    return saved(folder, document(HEAD_3, SQUARES_3).replace("21\n2\n11,12", "21\n5\n11,12"))


@good(rule="OM-PKG-080", ask="inspect")
def two_squares_in_vct(folder: Path) -> Path:
    """A VCT file of two squares that share a line."""
    return saved(folder, document(HEAD_3, SQUARES_3))
