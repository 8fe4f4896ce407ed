"""Tables as CSV that spreadsheets open rightly."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

__all__ = ["write_csv"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table that spreadsheets open with its Chinese text, and in which no text is taken for a formula.

    Parameters
    ----------
    table
        The table.
    path
        File to make, in UTF-8 with its mark.
    """
    texts = table.select_dtypes(exclude="number").columns
    safe = table.assign(**{str(name): table[name].map(_no_formula, na_action="ignore") for name in texts})
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _no_formula(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet would calculate."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
