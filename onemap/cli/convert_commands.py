"""The command that converts between formats and coordinate systems."""

from __future__ import annotations

from typing import Annotated

import typer

from onemap.cli.kernels import keep_kernels
from onemap.cli.options import AsJson, Database, Lang
from onemap.cli.output import talk

__all__ = ["register"]

Source = Annotated[
    str, typer.Argument(metavar="IN", help="Any file that onemap reads; with --database, db:SCHEMA.TABLE.")
]
Wanted = Annotated[
    str,
    typer.Argument(
        metavar="OUT", help="File to make: .shp .gpkg .gdb .geojson .parquet .vct .kmz .dxf; with --database, db:…"
    ),
]
Layer = Annotated[str | None, typer.Option("--layer", help="Layer or sheet of IN; all of them if OUT holds several.")]
SourceCrs = Annotated[
    str | None,
    typer.Option("--crs", help="Coordinate system of IN where it is silent or wrong: EPSG:n, GCJ-02, BD-09."),
]
To = Annotated[str | None, typer.Option("--to", help="Coordinate system wanted; that of IN if not given.")]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of a Shapefile: gbk or utf-8.")]
AllowLoss = Annotated[
    list[str] | None,
    typer.Option("--allow-loss", help="Kind of loss that is no error, as the findings name it, or all; repeatable."),
]
Replace = Annotated[bool, typer.Option("--replace", help="Put a table in the place of an old one.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line.

    Parameters
    ----------
    app
        The command line.
    """
    app.command("convert", rich_help_panel="Files")(convert)


def convert(
    source: Source,
    out: Wanted,
    layer: Layer = None,
    crs: SourceCrs = None,
    to: To = None,
    encoding: Encoding = "gbk",
    allow_loss: AllowLoss = None,
    database: Database = None,
    replace: Replace = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Between formats and coordinate systems; ends with 1 if something is lost that --allow-loss does not name.

    Example: onemap convert towers.xlsx towers.shp --encoding gbk --allow-loss names
    """
    keep_kernels()
    from onemap.workflows.converting import convert_file

    talking = talk(lang, as_json=as_json)
    with talking.progress() as progress:
        converted = convert_file(
            source,
            out,
            layer=layer,
            crs=crs,
            to=to,
            encoding=encoding,
            allow_loss=allow_loss or (),
            database=database,
            replace=replace,
            progress=progress,
        )
    talking.findings(converted.findings)
    talking.say("cli_written", path=converted.path)
    if converted.refused:
        talking.say("cli_losses", kinds=" ".join(converted.refused))
    talking.result(converted.as_dict())
    if converted.refused:
        raise typer.Exit(1)
