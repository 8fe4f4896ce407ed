"""Write what a check found in the formats asked for, each by the ending of its file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from onemap.errors import ProjectError, RefusedError
from onemap.messages import LANGUAGES
from onemap.views.check_report import CheckReport, MendedCell, WaivedFinding
from onemap.workflows.checking import Checked
from onemap.workflows.file_staging import staged_file

__all__ = ["PEOPLE", "people_of", "report_of", "require_reports", "write_reports"]

PEOPLE = ("unit", "checker", "inspector", "reviewer")
"""Who can stand on the form of a report."""

_WRITERS: Mapping[str, str] = MappingProxyType(
    {
        ".json": "onemap.views.check_report.as_json.write_json",
        ".html": "onemap.views.check_report.as_html.write_html",
        ".xlsx": "onemap.views.check_report.as_xlsx.write_xlsx",
        ".docx": "onemap.views.check_report.as_docx.write_docx",
        ".gpkg": "onemap.workflows.finding_shapes.write_gpkg",
    }
)
"""Ending → the function that writes it; the module is loaded when it is wanted."""

_WITH_SHAPES = {".gpkg"}


def require_reports(paths: Sequence[Path], checked: Path) -> None:
    """Require endings that there are and places that hold nothing else, before anything is checked.

    Parameters
    ----------
    paths
        Reports wanted.
    checked
        What is to be checked.

    Raises
    ------
    ProjectError
        If an ending is none that can be written, or two reports are one file.
    RefusedError
        If a report would take the place of what is checked.
    """
    seen: set[Path] = set()
    for path in paths:
        if path.suffix.lower() not in _WRITERS:
            raise ProjectError("check_report_ending", path=path.name, endings=" ".join(_WRITERS))
        place = path.resolve()
        if place in seen:
            raise ProjectError("check_report_twice", path=path.name)
        seen.add(place)
        inside = checked.suffix.lower() == ".gdb" and checked.resolve() in place.parents
        if place == checked.resolve() or inside:
            raise RefusedError("check_report_onto_input", path=str(path))


def people_of(given: Iterable[str]) -> dict[str, str]:
    """Read who stands on the form.

    Parameters
    ----------
    given
        Texts "WHO=NAME".

    Raises
    ------
    ProjectError
        If one has another form, or names nobody of `PEOPLE`.

    Examples
    --------
    >>> people_of(["inspector=张三"])
    {'inspector': '张三'}
    """
    people = {}
    for one in given:
        who, _, name = (part.strip() for part in one.partition("="))
        if who not in PEOPLE or not name:
            raise ProjectError("check_report_people", given=one, people=" ".join(PEOPLE))
        people[who] = name
    return people


def report_of(
    checked: Checked,
    *,
    date: dt.date,
    mended: Iterable[MendedCell] = (),
    people: Mapping[str, str] = MappingProxyType({}),
) -> CheckReport:
    """Give what a report of a check says.

    Parameters
    ----------
    checked
        What the check found.
    date
        Date of the report.
    mended
        Cells that were mended in a copy.
    people
        Who stands on the form, as from `people_of`.
    """
    return CheckReport(
        name=checked.path.resolve().name,
        profile=checked.profile,
        layers=dict(checked.layers),
        findings=checked.findings,
        counted=checked.lines,
        date=date,
        waived=_waived(checked),
        mended=tuple(mended),
        totals=checked.totals,
        waived_total=sum(number for _, number in checked.waivers),
        people=people,
    )


def write_reports(report: CheckReport, paths: Sequence[Path], *, checked: Path, lang: str) -> None:
    """Write the reports; each takes the place of an old one when it is whole.

    Parameters
    ----------
    report
        What they say.
    paths
        Files, by whose endings the formats are chosen; `NAME.zh.html` and `NAME.en.html` choose the language too.
    checked
        What was checked, from which the shapes of faults are taken.
    lang
        Language of those that do not.

    Raises
    ------
    WriteError
        If a file cannot be written; an old one is unchanged then.
    """
    for path in paths:
        write = _writer(path.suffix.lower())
        source = {"checked": checked} if path.suffix.lower() in _WITH_SHAPES else {}
        with staged_file(path) as staged:
            write(report, staged, lang=_language(path, lang), **source)


def _writer(ending: str) -> Callable[..., Any]:
    """Give the function that writes a format."""
    module, _, name = _WRITERS[ending].rpartition(".")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def _language(path: Path, lang: str) -> str:
    """Give the language of a report: that of its name, else the one asked for."""
    named = Path(path.stem).suffix.lower().removeprefix(".")
    return named if named in LANGUAGES else lang


def _waived(checked: Checked) -> list[WaivedFinding]:
    """Give the findings that somebody accepts."""
    return [WaivedFinding(finding, by.by, by.reason) for finding, by in checked.waived]
