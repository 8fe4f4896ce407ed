"""Options and arguments that several commands share."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["AsJson", "Database", "Lang", "Out", "ProjectPath", "Returns", "Strict", "day_of", "default_lang"]


def default_lang() -> str:
    """Give the language of the terminal: zh where the locale is Chinese, else en."""
    environment = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if environment.lower().startswith("zh") else "en"


def day_of(date: str) -> dt.date:
    """Give the date that outputs bear: the one asked for, else that of SOURCE_DATE_EPOCH, else today.

    Parameters
    ----------
    date
        A day as YYYY-MM-DD, empty if none is asked for.

    Raises
    ------
    ProjectError
        If it is no day, or SOURCE_DATE_EPOCH no number of seconds.
    """
    from onemap.errors import ProjectError

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        if date:
            return dt.date.fromisoformat(date)
        return dt.datetime.fromtimestamp(int(epoch), dt.UTC).date() if epoch else dt.datetime.now().astimezone().date()
    except (ValueError, OverflowError, OSError) as error:
        raise ProjectError("check_report_date_wrong", date=date or f"SOURCE_DATE_EPOCH={epoch}") from error


ProjectPath = Annotated[Path, typer.Argument(metavar="[PROJECT]", help="Project file, or the folder of onemap.toml.")]
Out = Annotated[Path | None, typer.Option("--out", help="Output folder; PROJECT/out-COMMAND if not given.")]
Lang = Annotated[str, typer.Option("--lang", help="zh or en; that of the terminal if not given.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="PostGIS of db:SCHEMA.TABLE: 'host=… dbname=… user=…' or service=…; password by PGPASSWORD or ~/.pgpass.",
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="End with 1 if there are error findings.")]
Returns = Annotated[
    Path | None,
    typer.Option("--returns", help="Write what submitters must mend: a folder of workbooks, or one workbook (.xlsx)."),
]
