"""The command that compiles all kernels at once."""

from __future__ import annotations

import typer

from onemap.cli.kernels import keep_kernels
from onemap.cli.options import AsJson, Lang
from onemap.cli.output import talk

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line.

    Parameters
    ----------
    app
        The command line.
    """
    app.command("kernels", rich_help_panel="Radio")(kernels)


def kernels(
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Compile all radio models once, so that no later command waits for it.

    Example: onemap kernels
    """
    folder = keep_kernels()
    from onemap.workflows.kernels import compile_kernels

    talking = talk(lang, as_json=as_json)
    with talking.progress() as progress:
        compile_kernels(progress=progress)
    talking.say("kernels_compiled", path=folder)
    talking.result({"path": str(folder)})
