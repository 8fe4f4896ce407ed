"""Progress bars on the terminal, for people; nothing where nobody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from onemap import messages

__all__ = ["Bars"]


class Bars:
    """Shows each step as a bar on standard error.

    Parameters
    ----------
    lang
        Language of the names of the steps, "zh" or "en".
    console
        Where to draw.
    """

    def __init__(self, lang: str, console: Console) -> None:
        self._lang = lang
        self._bars = RichProgress(
            TextColumn("[progress.description]{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @contextmanager
    def step(self, text_id: str, /, total: int | None = None, **values: object) -> Iterator[Callable[[int], None]]:
        """Open a step; a step without a total counts as one.

        Parameters
        ----------
        text_id
            Id of the step's name in the catalogue of texts.
        total
            How many items there are.
        **values
            What the placeholders of the name stand for.
        """
        size = 1 if total is None else total
        task = self._bars.add_task(messages.text(text_id, self._lang, **values), total=size)
        yield lambda done: self._bars.advance(task, done)
        self._bars.update(task, completed=size)
