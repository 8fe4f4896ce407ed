"""What commands print: text for people, one JSON object for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from onemap import messages
from onemap.cli.options import default_lang
from onemap.progress import Progress, silent

if TYPE_CHECKING:
    from onemap.findings import Finding
    from onemap.workflows.returns import Returned

__all__ = ["Talk", "talk"]

SHOWN = 20
COLOURS = {"fatal": "bold red", "error": "red", "warning": "yellow", "info": "dim"}


@dataclass(frozen=True, slots=True)
class Talk:
    """How a command talks: in which language, to people or to scripts.

    Attributes
    ----------
    lang
        "zh" or "en".
    as_json
        True for one JSON object on standard output and nothing else there.
    asked_lang
        The language if it was asked for, else None: views then take that of the project.
    """

    lang: str
    as_json: bool
    asked_lang: str | None = None

    def text(self, text_id: str, /, **values: object) -> str:
        """Give a text in the language of this command."""
        return messages.text(text_id, self.lang, **values)

    def say(self, text_id: str, /, **values: object) -> None:
        """Print a line for people."""
        if not self.as_json:
            typer.echo(self.text(text_id, **values))

    def line(self, words: str = "") -> None:
        """Print a line that is no text of the catalogue: a path, a number."""
        if not self.as_json:
            typer.echo(words)

    def result(self, content: Mapping[str, object]) -> None:
        """Print the one JSON object, if that is asked for."""
        if self.as_json:
            typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False, default=str))

    def findings(self, findings: Sequence[Finding], counts: Mapping[str, int] | None = None) -> None:
        """Print the worst findings and how many there are of each severity, by counts where not all are listed."""
        if self.as_json:
            return
        from onemap.findings import SEVERITIES, severity_counts  # loads pandas, which help does not need

        worst = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
        if worst:
            Console(highlight=False).print(self._table(worst[:SHOWN]))
        if len(worst) > SHOWN:
            self.say("cli_more_findings", shown=SHOWN, total=sum((counts or severity_counts(findings)).values()))
        self.say("cli_severities", **(counts or severity_counts(findings)))

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table for people; the titles are ids of texts."""
        if self.as_json or not rows:
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in titles:
            table.add_column(self.text(title), overflow="fold")
        for row in rows:
            table.add_row(*map(escape, row))
        Console(highlight=False).print(table)

    def returned(self, returned: Returned, path: Path) -> dict[str, object]:
        """Say where the return lists are, or that there are none; give it for the JSON object too."""
        if not returned.paths:
            self.say("return_nothing")
        else:
            self.say("return_written", faults=returned.faults, lists=len(returned.paths), path=path)
        for workbook in returned.paths.values():
            self.line(f"  {workbook}")
        return {"returns": returned.as_dict()}

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Give bars on standard error where a person looks, else nothing."""
        if self.as_json or not (sys.stderr.isatty() or sys.stdout.isatty()):
            yield silent
            return
        from onemap.cli.bars import Bars

        with Bars(self.lang, Console(stderr=True)) as bars:
            yield bars

    def _table(self, findings: Sequence[Finding]) -> Table:
        """Lay findings out."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("severity", "rule", "place", "message"):
            table.add_column(self.text(f"cli_{column}"), overflow="fold")
        for finding in findings:
            places = (finding.file, "" if finding.row is None else str(finding.row))
            place = ":".join(part for part in places if part)
            place = f"{place} ({finding.layer})" if place and finding.layer else place or finding.layer
            colour = COLOURS[finding.severity]
            word = self.text(f"severity_{finding.severity}")
            table.add_row(
                f"[{colour}]{word}[/]",
                finding.rule,
                escape(place),
                escape(finding.message(self.lang)) + self._done(finding),
            )
        return table

    def _done(self, finding: Finding) -> str:
        """Say what was done about a row, where something was."""
        return "" if finding.action == "kept" else f" [bold]({self.text(f'action_{finding.action}')})[/]"


def talk(lang: str, *, as_json: bool) -> Talk:
    """Give the way a command talks.

    Parameters
    ----------
    lang
        "zh" or "en"; empty for that of the terminal; anything else is a wrong usage.
    as_json
        True for scripts.

    Examples
    --------
    >>> talk("en", as_json=False).text("severity_error")
    'error'
    """
    spoken = lang or default_lang()
    if spoken not in messages.LANGUAGES:
        msg = f"zh or en, got {lang}"
        raise typer.BadParameter(msg, param_hint="--lang")
    return Talk(spoken, as_json, asked_lang=lang or None)
