"""The command on the cable network of a project: routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from onemap.cli.options import AsJson, Lang, ProjectPath
from onemap.cli.output import Talk, talk

Rows = Sequence[Mapping[str, object]]
__all__ = ["register"]

HERE = Path()
Between = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--between", metavar="FROM TO", help="Two nodes, rooms or data centres, by id or name.", show_default=False
    ),
]
Dig = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--dig", metavar="LON LAT", help="Place of a cut: what it takes, of all operators.", show_default=False
    ),
]
Operator = Annotated[str | None, typer.Option("--operator", help="Whose cables to use; those of all if not given.")]
Top = Annotated[int, typer.Option("--top", min=1, help="How many rows of a list to print; --json has all.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line.

    Parameters
    ----------
    app
        The command line.
    """
    app.command("routes", rich_help_panel="A project")(routes)


def routes(
    project: ProjectPath = HERE,
    between: Between = None,
    dig: Dig = None,
    operator: Operator = None,
    top: Top = 15,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Two routes from every room to the core or what prevents them, and the worst cuts; or between nodes, at a place.

    Example: onemap routes data/pilot --between JF0006 JF0003

    Example: onemap routes data/pilot --dig 75.2784 39.6990
    """
    from onemap.config import load_project
    from onemap.workflows.asked_routes import ask_routes

    talking = talk(lang, as_json=as_json)
    with talking.progress() as progress:
        answer = ask_routes(load_project(project), between=between, dig=dig, operator=operator, progress=progress)
    found = answer.as_dict()
    if between is not None or dig is None:
        _say_routes(found["two_routes"], talking, top)
    if dig is not None or between is None:
        _say_cuts(found["cuts"], talking, top, nothing="routes_no_cut" if dig is None else "routes_no_cable")
    _say_delays(found.get("delays", ()), talking, top)
    talking.result(found)


def _say_routes(rows: Rows, talking: Talk, top: int) -> None:
    """Print routes, those that lack a second first."""
    turns = {"one route": 0, "not connected": 1, "not sought": 2}
    shown = sorted(rows, key=lambda row: turns.get(str(row["verdict"]), 3))[:top]
    talking.say("routes_two", shown=len(shown), total=len(rows))
    titles = ("routes_node", "routes_operator", "routes_root", "routes_reason")
    names = [{**row, "node": " ".join(str(row[one]) for one in ("node_id", "name") if row[one])} for row in shown]
    talking.table(titles, _cells(names, "node", "operator", "root_id", f"reason_{talking.lang}"))


def _say_cuts(rows: Rows, talking: Talk, top: int, *, nothing: str) -> None:
    """Print what cuts take, the worst first."""
    if not rows:
        talking.say(nothing)
        return
    talking.say("routes_cuts", shown=min(top, len(rows)), total=len(rows))
    titles = ("routes_operator", "routes_isolated", "routes_isolated_rooms", "routes_reason")
    talking.table(titles, _cells(rows[:top], "operator", "isolated", "isolated_rooms", f"reason_{talking.lang}"))


def _say_delays(rows: Rows, talking: Talk, top: int) -> None:
    """Print delays between data centres."""
    titles = ("routes_centre_a", "routes_centre_b", "routes_delay", "routes_reason")
    talking.table(titles, _cells(rows[:top], "centre_a", "centre_b", "delay_us", f"reason_{talking.lang}"))


def _cells(rows: Rows, *names: str) -> list[list[str]]:
    """Give values as text, empty where there is none."""
    return [["" if row[name] is None else str(row[name]) for name in names] for row in rows]
