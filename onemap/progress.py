"""How a long step tells how far it is.

A step takes a `Progress` and reports to it; who shows it (the command line: bars) is not the step's concern.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Something that can show how far a step is."""

    def step(
        self, text_id: str, /, total: int | None = None, **values: object
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Open a step; call what it gives with the number of further items done.

        Parameters
        ----------
        text_id
            Id of the step's name in the catalogue of texts.
        total
            How many items there are; None where nobody knows.
        **values
            What the placeholders of the name stand for.
        """


class _Silent:
    """Shows nothing."""

    def step(
        self, _text_id: str, /, total: int | None = None, **_values: object
    ) -> AbstractContextManager[Callable[[int], None]]:
        del total
        return nullcontext(_ignore)


def _ignore(_done: int) -> None:
    """Take a number and do nothing."""


silent: Progress = _Silent()
