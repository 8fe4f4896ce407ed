"""Commands on forms: template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onemap.cli.options import AsJson, Lang
from onemap.cli.output import talk

__all__ = ["register"]

Layers = Annotated[list[str] | None, typer.Argument(metavar="[LAYER]...", help="Layers, such as towers; all if none.")]
Forms = Annotated[Path, typer.Option("--out", help="Folder of the forms.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line.

    Parameters
    ----------
    app
        The command line.
    """
    app.command("template", rich_help_panel="Files")(template)


def template(
    layers: Layers = None,
    out: Forms = Path("templates"),
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Forms for the offices that submit (填报模板): one workbook a layer; a filled one needs no guessing.

    Example: onemap template towers cells --out forms --lang zh
    """
    from onemap.workflows.templates import write_templates

    talking = talk(lang, as_json=as_json)
    with talking.progress() as progress:
        paths = write_templates(layers or [], out, lang=talking.lang, progress=progress)
    talking.say("cli_written", path=out)
    for path in paths:
        talking.line(f"  {path}")
    talking.result({"paths": [str(path) for path in paths]})
