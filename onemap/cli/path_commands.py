"""The command that computes losses of given paths."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onemap.cli.kernels import keep_kernels
from onemap.cli.options import AsJson, Lang
from onemap.cli.output import talk

__all__ = ["register"]

CasesFile = Annotated[Path, typer.Argument(metavar="CASES", help="Table of paths (.csv or .csv.gz), one row a path.")]
ProfilesFile = Annotated[
    Path, typer.Option("--profiles", help="Table of their points (.csv or .csv.gz): id, d_km, h_m, R_m, zone.")
]
OutFile = Annotated[Path, typer.Option("--out", help="Table to write: the cases with loss_db and note.")]
Model = Annotated[
    str,
    typer.Option(
        "--model", help="p1812, itm, delta-bullington, free-space, rma, uma, umi (TR 38.901), hata or cost231."
    ),
]
Environment = Annotated[
    str, typer.Option("--environment", help="What Hata and COST 231 take the place for: open, suburban, small, large.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line.

    Parameters
    ----------
    app
        The command line.
    """
    app.command("path", rich_help_panel="Radio")(path)


def path(
    cases: CasesFile,
    profiles: ProfilesFile,
    out: OutFile,
    model: Model = "p1812",
    environment: Environment = "open",
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Losses of given paths by a radio model, to hold it against another program.

    Example: onemap path cases.csv --profiles profiles.csv.gz --model p1812 --out losses.csv
    """
    keep_kernels()
    from onemap.workflows.paths import compute_paths

    talking = talk(lang, as_json=as_json)
    computed = compute_paths(cases, profiles, out, model=model, environment=environment)
    talking.table(("path_note", "path_note_count"), [(note, str(count)) for note, count in computed.notes.items()])
    talking.say("path_computed", paths=computed.paths, model=computed.model, without_loss=computed.without_loss)
    talking.say("cli_written", path=computed.path)
    talking.result(computed.as_dict())
