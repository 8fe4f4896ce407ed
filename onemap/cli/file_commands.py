"""Commands on files: init, inspect, check."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onemap.cli.options import AsJson, Database, Lang, Returns, Strict, day_of
from onemap.cli.output import SHOWN, Talk, talk

if TYPE_CHECKING:
    from onemap.workflows.checking import Checked
    from onemap.workflows.fixing import Fixed

__all__ = ["register"]

FIELD_TITLES = ("inspect_column", "inspect_field", "inspect_score", "inspect_reason")
FIX_TITLES = tuple(f"check_report_{name}" for name in ("rule", "layer", "row", "bsm", "field", "before", "after"))
Folder = Annotated[Path, typer.Argument(help="Folder of files as they came.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, geodatabases, folders or archives.")]
Delivery = Annotated[
    Path, typer.Argument(metavar="PATH", help="Geodatabase, GeoPackage, Shapefile, GeoJSON, VCT or a folder of them.")
]
ProfileName = Annotated[str, typer.Option("--profile", help="Delivery profile: a name or a file.")]
Districts = Annotated[
    Path | None, typer.Option("--districts", help="Layer of districts: codes and places are checked.")
]
Waivers = Annotated[
    Path | None, typer.Option("--waivers", help="File (.toml) of findings that somebody accepts, with name and reason.")
]
Reports = Annotated[
    list[Path] | None,
    typer.Option("--report", help="Write a report: .json .html .xlsx .docx .gpkg, by its ending; repeatable."),
]
Fix = Annotated[bool, typer.Option("--fix", help="Mend what is safe in a copy, PATH.fixed; list before and after.")]
People = Annotated[
    list[str] | None,
    typer.Option("--form", help="Who stands on the form: unit=, checker=, inspector= or reviewer=NAME; repeatable."),
]
ReportDate = Annotated[
    str, typer.Option("--date", help="Date of reports, YYYY-MM-DD; SOURCE_DATE_EPOCH or today if not given.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line.

    Parameters
    ----------
    app
        The command line.
    """
    for command in (init, inspect, check):
        app.command(command.__name__, rich_help_panel="Files")(command)


def init(
    folder: Folder,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Look at a folder of files and write a first project file, each guess with its reason.

    Example: onemap init incoming/
    """
    from onemap.workflows.starting import start_project

    talking = talk(lang, as_json=as_json)
    with talking.progress() as progress:
        started = start_project(folder, lang=talking.lang, progress=progress)
    for source in started.sources:
        talking.line(
            f"  {source.path}{'#' + source.source_layer if source.source_layer else ''} → {source.layer or '?'}"
        )
    for path, problem in started.problems:
        talking.say("cli_not_read", path=path, problem=problem)
    talking.say("cli_project_written", path=started.path)
    talking.result(started.as_dict())


def inspect(
    files: Files,
    returns: Returns = None,
    database: Database = None,
    strict: Strict = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """What a file is, and what looks wrong with it; ends with 3 or 4 if one cannot be read or is refused.

    Example: onemap inspect towers.shp cells.csv --json
    """
    from onemap.workflows.inspecting import inspect_files

    talking = talk(lang, as_json=as_json)
    with talking.progress() as progress:
        inspected = inspect_files(files, database=database, progress=progress)
    for one in inspected:
        talking.line()
        for label, value in one.lines(talking.lang):
            talking.line(f"{label}  {value}")
        talking.table(FIELD_TITLES, one.fields(talking.lang))
        talking.findings(one.findings)
    told: dict[str, object] = {}
    if returns is not None:
        from onemap.workflows.returns import return_files

        with talking.progress() as progress:
            told = talking.returned(return_files(files, returns, lang=talking.lang, progress=progress), returns)
    entries = [one.as_dict(talking.lang) for one in inspected]
    talking.result({"files": entries, **(entries[0] if len(files) == 1 and entries else {}), **told})
    faulty = strict and any(finding.severity in {"fatal", "error"} for one in inspected for finding in one.findings)
    code = max([one.exit_code for one in inspected], default=0) or int(faulty)
    if code:
        raise typer.Exit(code)


def check(
    path: Delivery,
    profile: ProfileName = "telecom-special-plan",
    districts: Districts = None,
    waivers: Waivers = None,
    report: Reports = None,
    fix: Fix = False,
    date: ReportDate = "",
    people: People = None,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Quality rules over a delivery or any layer; ends with 1 if there are error findings.

    Example: onemap check out/pilot/delivery --districts data/pilot/planning.gdb
    """
    from onemap.workflows.check_reports import people_of, report_of, require_reports, write_reports
    from onemap.workflows.checking import check_path

    talking, reports, day = talk(lang, as_json=as_json), report or [], day_of(date)
    named = people_of(people or ())
    require_reports(reports, path)
    with talking.progress() as progress:
        listed = {"most": None} if fix else {}  # what is not listed would not be mended
        checked = check_path(
            path, profile=profile, districts=districts, waivers=waivers, today=day, progress=progress, **listed
        )
    fixed = _fixed(talking, checked, profile, day) if fix else None
    reported = report_of(checked, date=day, mended=fixed.cells if fixed else (), people=named)
    write_reports(reported, reports, checked=path, lang=talking.lang)
    talking.findings(checked.findings, checked.counts)
    for line in checked.text_lines(talking.lang):
        talking.line(line)
    for one in reports:
        talking.say("check_report_written", path=one)
    told = {"fixed": fixed.as_dict()} if fixed else {}
    talking.result({**checked.as_dict(), "reports": [str(one) for one in reports], **told})
    if checked.errors:
        raise typer.Exit(1)


def _fixed(talking: Talk, checked: Checked, profile: str, day: dt.date) -> Fixed:
    """Mend a copy of what was checked, and show the first cells before and after."""
    from onemap.workflows.fixing import fix_checked

    with talking.progress() as progress:
        fixed = fix_checked(checked, profile=profile, date=day, progress=progress)
    rows = [
        [one.rule, one.layer, str(one.row or ""), one.feature, one.field, one.before, one.after]
        for one in fixed.cells[:SHOWN]
    ]
    talking.table(FIX_TITLES, rows)
    if fixed.folder is None:
        talking.say("fix_nothing")
    else:
        talking.say("fix_written", count=len(fixed.cells), path=fixed.folder)
    return fixed
