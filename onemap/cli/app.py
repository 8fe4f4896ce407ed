"""The command line: parses words, calls one workflow, prints, and turns errors into exit codes."""

from __future__ import annotations

import json
import os
import sys

import typer

from onemap import __version__, messages
from onemap.cli import (
    convert_commands,
    file_commands,
    kernel_commands,
    path_commands,
    profile_commands,
    project_commands,
    route_commands,
    template_commands,
)
from onemap.cli.options import default_lang
from onemap.errors import OnemapError

__all__ = ["app", "main"]

INTERNAL_EXIT = 3
USAGE_EXIT = 2
INTERRUPTED_EXIT = 130

app = typer.Typer(
    name="onemap",
    help=(
        "Coverage gaps, sharing and a checked delivery for the land-spatial planning one map.\n\n"
        "通信基础设施“一张图”：覆盖缺口、共建共享、经过检查的成果。\n\n"
        "Start with: onemap init FOLDER, then onemap run FOLDER."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
project_commands.register(app)
route_commands.register(app)
file_commands.register(app)
template_commands.register(app)
convert_commands.register(app)
path_commands.register(app)
profile_commands.register(app)
kernel_commands.register(app)


@app.callback(invoke_without_command=True)
def _options(
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    if version:
        typer.echo(f"onemap {__version__}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run a command and end the process with its exit code.

    0 done; 1 error findings; 2 wrong usage or project file; 3 input/output or internal; 4 refused for safety.

    Parameters
    ----------
    arguments
        Words of the command line; those of the process if None.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command and give its exit code; errors become one line on standard error, and an object with --json."""
    lang, as_json = _language(arguments), "--json" in arguments
    try:
        code = int(app(arguments, standalone_mode=False) or 0)
    except typer.Exit as ended:
        return ended.exit_code
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (nobody sees a traceback unasked)
        return _told(_problem_of(error, lang), lang, as_json=as_json)
    if code == INTERRUPTED_EXIT:  # typer turns an interrupt into its code
        return _told(("", messages.text("cli_interrupted", lang), code), lang, as_json=as_json)
    return code


def _problem_of(error: BaseException, lang: str) -> tuple[str, str, int]:
    """Give the rule, the sentence and the exit code of an error."""
    if isinstance(error, OnemapError):
        return error.rule, error.text(lang), error.exit_code
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return "", messages.text("cli_interrupted", lang), INTERRUPTED_EXIT
    if isinstance(error, OSError):
        return "", _os_problem(error), INTERNAL_EXIT
    if hasattr(error, "format_message"):  # typer's own errors: wrong words on the command line
        return "", str(error.format_message()), USAGE_EXIT
    if os.environ.get("ONEMAP_DEBUG"):
        raise error
    problem = f"{type(error).__name__}: {error}"
    return "", messages.text("cli_internal", lang, problem=problem), INTERNAL_EXIT


def _told(problem: tuple[str, str, int], lang: str, *, as_json: bool) -> int:
    """Say what went wrong: one line on standard error, with --json one object on standard output too."""
    rule, words, code = problem
    sentence = " ".join(words.split())
    if as_json:
        typer.echo(json.dumps({"error": {"rule": rule, "message": sentence, "exit_code": code}}, ensure_ascii=False))
    typer.echo(f"{messages.text('cli_error', lang)}{rule + ' ' if rule else ''}{sentence}", err=True)
    return code


def _os_problem(error: OSError) -> str:
    """Say what the operating system refused, and where."""
    where = f" {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{where}"


def _language(arguments: list[str]) -> str:
    """Find the language asked for before anything is parsed; errors need it."""
    for at, word in enumerate(arguments):
        if word.startswith("--lang="):
            return word.removeprefix("--lang=") if word.removeprefix("--lang=") in messages.LANGUAGES else "en"
        if word == "--lang" and arguments[at + 1 : at + 2] and arguments[at + 1] in messages.LANGUAGES:
            return arguments[at + 1]
    return default_lang()
