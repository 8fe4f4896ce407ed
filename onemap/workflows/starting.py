"""Look at a folder of files and write a first project file in which every guess carries its reason."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onemap.config import PROJECT_FILE
from onemap.errors import OnemapError, ProjectError, ReadError, WriteError
from onemap.layers.catalogue import catalogue
from onemap.layers.guessing import LayerGuess, guess_layer, guess_value
from onemap.messages import text
from onemap.progress import Progress, silent
from onemap.sources import Reader, SourceLayer, list_layers, open_reader, read_file
from onemap.workflows.staging import MANIFEST

__all__ = ["GuessedSource", "Started", "start_project"]

log = logging.getLogger(__name__)

ENDINGS = (".shp", ".gpkg", ".gdb", ".geojson", ".json", ".kml", ".csv", ".xlsx")
RASTER_ENDINGS = (".tif", ".tiff")
HEADER_ROWS = 5
FEW_VALUES = 30


@dataclass(frozen=True, slots=True)
class GuessedSource:
    """One source as guessed.

    Attributes
    ----------
    path, source_layer
        File relative to the folder, layer in it.
    layer
        Canonical layer; empty where nothing fits.
    score
        Share of the evidence that speaks for it, 0–1.
    toml
        The lines of the project file.
    """

    path: str
    source_layer: str
    layer: str
    score: float
    toml: str


@dataclass(frozen=True, slots=True)
class Started:
    """A first project file.

    Attributes
    ----------
    path
        Where it was written.
    sources
        What was guessed of each file.
    problems
        Files that could not be read, and why.
    """

    path: Path
    sources: tuple[GuessedSource, ...]
    problems: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for JSON."""
        return {
            "project": str(self.path),
            "sources": [
                {"path": one.path, "source_layer": one.source_layer, "layer": one.layer, "score": one.score}
                for one in self.sources
            ],
            "problems": [{"path": path, "problem": problem} for path, problem in self.problems],
        }


def start_project(folder: Path, *, lang: str = "zh", progress: Progress = silent) -> Started:
    """Write `onemap.toml` for a folder of files.

    Parameters
    ----------
    folder
        Folder with files as they came.
    lang
        Language of the comments.
    progress
        Told of each file.

    Returns
    -------
    started
        What was written and guessed.

    Raises
    ------
    ReadError
        If the folder does not exist or holds no file that can be read.
    ProjectError
        If it has a project file already: it is never overwritten.
    """
    target = folder / PROJECT_FILE
    if not folder.is_dir():
        raise ReadError("folder_missing", path=str(folder))
    if target.exists():
        raise ProjectError("project_exists", path=str(target))
    files = _files(folder)
    sources: list[GuessedSource] = []
    problems: list[tuple[str, str]] = []
    with open_reader() as reader, progress.step("step_reading", len(files)) as done:
        for file in files:
            try:
                sources += list(_guess_file(folder, file, lang, reader))
            except OnemapError as error:
                problems.append((file.relative_to(folder).as_posix(), error.text(lang)))
            done(1)
    if not sources:
        raise ReadError("folder_without_layers", path=str(folder), endings=" ".join(ENDINGS))
    rasters = [item for item in _contents(folder) if item.suffix.lower() in RASTER_ENDINGS]
    content = _project_text(
        folder, sources, [item.relative_to(folder).as_posix() for item in rasters], problems, lang=lang
    )
    _write_whole(target, content)
    return Started(target, tuple(sources), tuple(problems))


def _write_whole(target: Path, content: str) -> None:
    """Write a file whole or not at all."""
    staged = target.with_name(f".{target.name}.staging-{os.getpid()}")
    try:
        staged.write_text(content, encoding="utf-8")
        staged.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            staged.unlink(missing_ok=True)
        raise WriteError("project_unwritable", path=str(target), problem=error.strerror or str(error)) from error


def _files(folder: Path) -> list[Path]:
    """List files and geodatabases that may hold layers."""
    return [path for path in _contents(folder) if path.name.lower().endswith(ENDINGS)]


def _contents(folder: Path) -> list[Path]:
    """List files and geodatabases; not what lies inside a geodatabase or an output of onemap, nor hidden files."""
    found = []
    for place, folders, names in os.walk(folder):
        inside = Path(place)
        found += [inside / name for name in folders if name.lower().endswith(".gdb")]
        folders[:] = [name for name in folders if not name.startswith(".") and not _is_closed(inside / name)]
        found += [inside / name for name in names if not name.startswith((".", "~"))]
    return sorted(found)


def _is_closed(folder: Path) -> bool:
    """Tell a geodatabase, an output of onemap, or what a run has staged."""
    is_output = (folder / MANIFEST).is_file() and (folder / "layers.gpkg").is_file()
    return is_output or folder.name.lower().endswith(".gdb") or ".staging-" in folder.name


def _guess_file(folder: Path, file: Path, lang: str, reader: Reader) -> Iterator[GuessedSource]:
    """Guess every layer of a file."""
    name = file.relative_to(folder).as_posix()
    infos = list_layers(file, reader=reader)
    for info in infos:
        source, header_row = _read_with_header(file, info.name or None, reader)
        kinds = {info.geometry_type} - {"", "None", "Unknown", None} if source.geometry is not None else set()
        guesses = guess_layer(
            list(source.frame.columns),
            {str(kind).removesuffix(" Z") for kind in kinds},
            name=f"{file.stem} {info.name}",
        )
        source_layer = info.name if len(infos) > 1 else ""
        yield _guessed(name, source_layer, source, guesses, header_row=header_row, lang=lang)


def _read_with_header(file: Path, layer: str | None, reader: Reader) -> tuple[SourceLayer, int | None]:
    """Read a layer; in a table take the first row whose cells are known headers as the header."""
    source = read_file(file, layer=layer, reader=reader)
    if source.geometry is not None or guess_layer(list(source.frame.columns)):
        return source, None
    for row in range(2, HEADER_ROWS + 1):
        try:
            again = read_file(file, layer=layer, header_row=row, reader=reader)
        except ReadError:  # no such row, or an empty one
            continue
        if guess_layer(list(again.frame.columns)):
            return again, row
    return source, None


def _guessed(
    name: str,
    source_layer: str,
    source: SourceLayer,
    guesses: list[LayerGuess],
    *,
    header_row: int | None,
    lang: str,
) -> GuessedSource:
    """Write one source."""
    if not guesses:
        lines = [
            "",
            f"# {name} {source_layer}".rstrip(),
            *_comment("init_unknown", lang, columns=", ".join(source.frame.columns)),
        ]
        return GuessedSource(name, source_layer, "", 0.0, "\n".join(lines))
    best = guesses[0]
    others = ", ".join(f"{guess.layer} {guess.score:.2f}" for guess in guesses[1:3]) or "-"
    lines = [
        "",
        "[[source]]",
        *_comment("init_layer", lang, layer=best.layer, score=f"{best.score:.2f}", others=others),
        f"layer = {_quoted(best.layer)}",
        f"path = {_quoted(name)}",
    ]
    if source_layer:
        lines.append(f"source_layer = {_quoted(source_layer)}")
    if source.encoding:
        lines.append(f"# {text('init_encoding', lang, encoding=source.encoding)}")
    if header_row:
        lines.append(f"header_row = {header_row}")
    lines += _crs_lines(source, best, lang)
    lines += _field_lines(best, source)
    lines += _value_lines(best, source, lang)
    return GuessedSource(name, source_layer, best.layer, best.score, "\n".join(lines))


def _crs_lines(source: SourceLayer, guess: LayerGuess, lang: str) -> list[str]:
    """Write coordinate columns and the coordinate system, with what is not known."""
    lines = [
        f"{axis} = {_quoted(guess.fields[axis])}"
        for axis in ("lon", "lat")
        if axis in guess.fields and source.geometry is None
    ]
    if source.crs:
        return [*lines, f"# {text('init_crs_declared', lang, crs=_one_line(source.crs))}"]
    return [*lines, f"# {text('init_crs_unknown', lang)}", 'crs = "EPSG:4490"']


def _field_lines(guess: LayerGuess, source: SourceLayer) -> list[str]:
    """Write the mapping of fields, and as comments the columns that nothing is mapped from."""
    schema = catalogue()[guess.layer]
    lines = ["[source.fields]"]
    for field in schema.fields.values():
        if field.name in guess.fields:
            lines.append(f"{field.name} = {_quoted(guess.fields[field.name])}")
        elif field.required:
            lines.append(f'# {field.name} = ""   # {field.alias_zh}: required')
    unused = [column for column in source.frame.columns if column not in guess.fields.values()]
    if unused:
        lines.append(f"# {_one_line(', '.join(unused))}")
    return lines


def _value_lines(guess: LayerGuess, source: SourceLayer, lang: str) -> list[str]:
    """Write the mapping of values where a field has a list of known ones."""
    lines: list[str] = []
    schema = catalogue()[guess.layer]
    for name, column in guess.fields.items():
        field = schema.fields.get(name)
        if field is None or not (field.values or name in {"owner", "operator", "tenants", "shared_with"}):
            continue
        found = [str(value) for value in source.frame[column].dropna().unique()]
        if not found or len(found) > FEW_VALUES or set(found) <= set(field.values):
            continue
        lines.append(f"[source.values.{name}]")
        for value in sorted(found):
            meant = guess_value(name, value)
            known = (
                f"{_quoted(value)} = {_quoted(meant)}"
                if meant
                else f'# {_quoted(value)} = ""   # {text("init_value", lang)}'
            )
            lines.append(known)
    return lines


def _project_text(
    folder: Path, sources: list[GuessedSource], rasters: list[str], problems: list[tuple[str, str]], *, lang: str
) -> str:
    """Put the project file together."""
    date = max((item.stat().st_mtime for item in _contents(folder) if item.is_file()), default=0.0)
    head = [
        *_comment("init_head", lang),
        "[project]",
        f"name = {_quoted(folder.resolve().name or 'project')}",
        f'code = ""            # {text("init_code", lang)}',
        f"date = {dt.datetime.fromtimestamp(date, tz=dt.UTC).date().isoformat()}   # {text('init_date', lang)}",
        "",
    ]
    if rasters:
        head += ["[elevation]", f"path = {_quoted(rasters[0])}", *(f"# {_one_line(name)}" for name in rasters[1:]), ""]
    else:
        head += ["[coverage]", f"# {text('init_no_elevation', lang)}", 'model = "radius"', ""]
    tail = [
        "",
        *(f"# {_one_line(text('init_problem', lang, path=path, problem=problem))}" for path, problem in problems),
    ]
    return "\n".join([*head, *(one.toml for one in sources), *tail]).rstrip() + "\n"


def _comment(text_id: str, lang: str, **values: object) -> list[str]:
    """Give a text as lines of comment."""
    return [f"# {line}" for line in text(text_id, lang, **values).splitlines()]


def _quoted(value: str) -> str:
    """Write a text as TOML does; what a file says stays a text."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(words: str) -> str:
    """Keep a text from a file inside its comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
