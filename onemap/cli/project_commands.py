"""Commands on a project: run, gaps, share, plan, deliver, map, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onemap.cli.kernels import keep_kernels
from onemap.cli.options import AsJson, Lang, Out, ProjectPath, Returns, Strict
from onemap.cli.output import Talk, talk

if TYPE_CHECKING:
    from onemap.workflows.run import Outcome

__all__ = ["register"]

AllowLoss = Annotated[
    list[str] | None,
    typer.Option("--allow-loss", help="Kind of loss that a format may force, or all; repeatable."),
]
HERE = Path()
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="Model of coverage in place of the project's: p1812, delta-bullington, itm, tr38901, hata, line of sight, "
        "radius. Given again: judged side by side.",
        show_default=False,
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only", help="One step: layers (read and conform only), gaps, share, conflicts, plan, deliver, map or report."
    ),
]

TargetShare = Annotated[
    float | None,
    typer.Option("--target-share", help="Share that is to be served, of (0, 1], in place of the project's aim."),
]
Budget = Annotated[
    float | None,
    typer.Option("--budget", help="What may be spent, in the money of the prices, in place of the project's aim."),
]
Publish = Annotated[
    bool,
    typer.Option(
        "--publish", help="A public copy in place of the delivery: allowed fields, coarse places, no sources."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line.

    Parameters
    ----------
    app
        The command line.
    """
    for command in (run, gaps, share, plan, deliver, map_, report):
        app.command(command.__name__.rstrip("_"), rich_help_panel="A project")(command)


def run(
    project: ProjectPath = HERE,
    out: Out = None,
    only: Only = None,
    returns: Returns = None,
    strict: Strict = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """The whole way: read, conform, gaps, sharing, conflicts with zones, delivery, map, report.

    Example: onemap run data/pilot --out out/pilot
    """
    talking = talk(lang, as_json=as_json)
    steps = None if only is None else (_known_step(only),)
    _do(project, out or project_folder(project) / "out", steps, talking, strict=strict, returns=returns)


def gaps(
    project: ProjectPath = HERE,
    out: Out = None,
    models: Models = None,
    strict: Strict = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Places, villages and road stretches without service.

    Example: onemap gaps data/pilot --model p1812 --model itm --out out/gaps
    """
    _do(
        project,
        out or project_folder(project) / "out-gaps",
        ("gaps",),
        talk(lang, as_json=as_json),
        strict=strict,
        models=tuple(models or ()),
    )


def share(
    project: ProjectPath = HERE,
    out: Out = None,
    strict: Strict = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Towers close enough to share, what could serve gaps and demands, cables on one route, facilities in zones.

    Example: onemap share data/pilot --out out/share
    """
    place = out or project_folder(project) / "out-share"
    _do(project, place, ("share", "conflicts"), talk(lang, as_json=as_json), strict=strict)


def plan(
    project: ProjectPath = HERE,
    out: Out = None,
    target_share: TargetShare = None,
    budget: Budget = None,
    strict: Strict = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """What to share, build and connect, where, why and for how much: for a share to be served, or for a budget.

    Example: onemap plan data/pilot --target-share 0.9 --out out/plan
    """
    _do(
        project,
        out or project_folder(project) / "out-plan",
        ("plan",),
        talk(lang, as_json=as_json),
        strict=strict,
        aim=(target_share, budget),
    )


def deliver(
    project: ProjectPath = HERE,
    out: Out = None,
    publish: Publish = False,
    allow_loss: AllowLoss = None,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Map to the delivery profile, check, and write; ends with 1 if the delivery has error findings.

    Example: onemap deliver data/pilot --out out/delivery
    """
    talking = talk(lang, as_json=as_json)
    if publish:
        _publish(project, out or project_folder(project) / "out-public", talking)
        return
    place = out or project_folder(project) / "out-deliver"
    outcome = _do(project, place, ("deliver",), talking, strict=False, allow_losses=tuple(allow_loss or ()))
    if outcome.delivery_errors:
        raise typer.Exit(1)


def map_(
    project: ProjectPath = HERE,
    out: Out = None,
    strict: Strict = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """The map (HTML, opens offline) and the KMZ of towers and gaps.

    Example: onemap map data/pilot --out out/map
    """
    _do(project, out or project_folder(project) / "out-map", ("map",), talk(lang, as_json=as_json), strict=strict)


def report(
    project: ProjectPath = HERE,
    out: Out = None,
    strict: Strict = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """The report (HTML) and the workbook of all lists (XLSX).

    Example: onemap report data/pilot --out out/report --lang en
    """
    _do(project, out or project_folder(project) / "out-report", ("report",), talk(lang, as_json=as_json), strict=strict)


def _publish(project: Path, out: Path, talking: Talk) -> None:
    """Make the public copy and say what came of it."""
    from onemap.config import load_project
    from onemap.workflows.publishing import publish_project
    from onemap.workflows.staging import recover

    recover(out)
    with talking.progress() as progress:
        outcome = publish_project(load_project(project), out, lang=talking.asked_lang, progress=progress)
    talking.findings(outcome.findings)
    talking.say("cli_written", path=out)
    for name, path in outcome.paths.items():
        talking.line(f"  {talking.text(f'cli_output_{name}'):<10} {path}")
    talking.result(outcome.as_dict())
    if outcome.delivery_errors:
        raise typer.Exit(1)


def project_folder(project: Path) -> Path:
    """Give the folder of a project file."""
    return project if project.is_dir() else project.parent


def _known_step(step: str) -> str:
    """Require a step that there is."""
    from onemap.workflows.run import STEPS

    if step not in STEPS:
        msg = f"one of {', '.join(STEPS)}, got {step}"
        raise typer.BadParameter(msg, param_hint="--only")
    return step


def _do(
    project: Path,
    out: Path,
    steps: tuple[str, ...] | None,
    talking: Talk,
    *,
    strict: bool,
    returns: Path | None = None,
    models: tuple[str, ...] = (),
    allow_losses: tuple[str, ...] = (),
    aim: tuple[float | None, float | None] = (None, None),
) -> Outcome:
    """Run steps of a project and say what came of it."""
    keep_kernels()
    from onemap.config import load_project, with_aim, with_allowed_losses, with_models
    from onemap.workflows.run import STEPS, run_project
    from onemap.workflows.staging import recover

    recover(out)
    settings = with_allowed_losses(with_models(load_project(project), models), allow_losses)
    settings = with_aim(settings, target_share=aim[0], budget=aim[1])
    with talking.progress() as progress:
        outcome = run_project(settings, out, steps=steps or STEPS, lang=talking.asked_lang, progress=progress)
    talking.findings(outcome.findings)
    for text_id, values in outcome.figures:
        talking.say(text_id, **values)
    talking.say("cli_written", path=out)
    for name, path in outcome.paths.items():
        talking.line(f"  {talking.text(f'cli_output_{name}'):<10} {path}")
    told: dict[str, object] = {}
    if returns is not None:
        from onemap.workflows.returns import return_project

        with talking.progress() as progress:
            returned = return_project(settings, outcome.findings, returns, lang=talking.lang, progress=progress)
        told = talking.returned(returned, returns)
    talking.result({**outcome.as_dict(), **told})
    if strict and outcome.errors:
        raise typer.Exit(1)
    return outcome
