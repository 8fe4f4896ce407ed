"""Look at a folder of files and write a first project file in which every guess carries its reason."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from onemap.config import PROJECT_FILE
from onemap.errors import CRSError, OnemapError, ProjectError, ReadError, WriteError
from onemap.findings import Finding
from onemap.layers.crs_area import lonlat_bounds
from onemap.layers.crs_names import is_offset_system, parse_crs
from onemap.layers.mapping import LayerMapping
from onemap.messages import text
from onemap.progress import Progress, silent
from onemap.sources import Reader, list_layers, open_reader, read_file
from onemap.sources.guard import FORMATS
from onemap.workflows.file_staging import staged_file
from onemap.workflows.form_text import form_text
from onemap.workflows.locating import Located, locate
from onemap.workflows.looking import Look, look_at, names_of
from onemap.workflows.project_text import comment, one_line, quoted, source_text, usable
from onemap.workflows.staging import MANIFEST
from onemap.workflows.templates import find_forms, form_findings

__all__ = ["GuessedSource", "Started", "start_project"]

log = logging.getLogger(__name__)

RASTER_ENDINGS = (".tif", ".tiff")
ELEVATION = re.compile(r"dem|dsm|dtm|elev|srtm|aster|alos|gdem|高程|地形|height", re.IGNORECASE)
PARTS = frozenset(
    suffix
    for line in (
        ".shx .dbf .prj .cpg .sbn .sbx .qix .qpj .qmd .fix .idm .ind .atx .tfw .tifw .ovr .aux .dat .map .id .mid",
        ".xsd .gfs .xml .tmp .lock .wal .gpkg-wal .gpkg-shm .gpkg-journal .csvt .vrtx",
    )
    for suffix in line.split()
)
"""Extensions of files that belong to another one."""
AREA_MARGIN_DEG = 0.5
CODES = (("districts", "code"), ("villages", "village_id"), ("settlements", "village_id"), ("schools", "village_id"))
CODE = re.compile(r"^\d{6}(\d{3}|\d{6}|\d{9})?$")


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
    is_used
        Whether it stands in the project; if not, it stands there as a comment that says why.
    toml
        The lines of the project file.
    """

    path: str
    source_layer: str
    layer: str
    score: float
    is_used: bool
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
                {
                    "path": one.path,
                    "source_layer": one.source_layer,
                    "layer": one.layer,
                    "score": one.score,
                    "is_used": one.is_used,
                }
                for one in self.sources
            ],
            "problems": [{"path": path, "problem": problem} for path, problem in self.problems],
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One layer that was looked at: its file as the project names it, and the layer in it."""

    path: str
    source_layer: str
    look: Look
    located: Located
    form: LayerMapping | None = None
    remarks: tuple[Finding, ...] = ()


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
    seen: list[_Seen] = []
    problems: list[tuple[str, str]] = []
    with open_reader() as reader, progress.step("step_reading", len(files)) as done:
        for file in files:
            name = file.relative_to(folder).as_posix()
            try:
                found, unread = _look_into(folder, file, reader, lang)
                seen += found
                problems += unread
            except OnemapError as error:
                if file.suffix.lower() not in RASTER_ENDINGS or error.text_id != "not_a_vector_file":
                    problems.append((name, f"{error.rule} {error.text(lang)}"))
            done(1)
    seen = _located_together(seen)
    sources = [_source(one, lang) for one in seen]
    if not sources:
        raise ReadError("folder_without_layers", path=str(folder), endings=" ".join(FORMATS))
    elevations = [item for item in files if item.suffix.lower() in RASTER_ENDINGS]
    elevations = [item for item in elevations if item.relative_to(folder).as_posix() not in dict(problems)]
    _write_whole(target, _project_text(folder, (seen, sources), elevations, problems, lang=lang))
    return Started(target, tuple(sources), tuple(problems))


def _files(folder: Path) -> list[Path]:
    """List files and geodatabases; not what lies inside a geodatabase, what belongs to another file, or an output."""
    found = []
    for place, folders, names in os.walk(folder):
        inside = Path(place)
        found += [inside / name for name in folders if name.lower().endswith(".gdb")]
        folders[:] = [name for name in folders if not name.startswith(".") and not _is_closed(inside / name)]
        found += [
            inside / name
            for name in names
            if not name.startswith((".", "~")) and Path(name).suffix.lower() not in PARTS | {""}
        ]
    return sorted(found)


def _is_closed(folder: Path) -> bool:
    """Tell a geodatabase, an output of onemap, or what a run has staged."""
    is_output = (folder / MANIFEST).is_file() and (folder / "layers.gpkg").is_file()
    return is_output or folder.name.lower().endswith(".gdb") or ".staging-" in folder.name


def _look_into(folder: Path, file: Path, reader: Reader, lang: str) -> tuple[list[_Seen], list[tuple[str, str]]]:
    """Look at every layer of a file; one that cannot be read is a problem and does not hide the others."""
    name = file.relative_to(folder).as_posix()
    seen: list[_Seen] = []
    problems: list[tuple[str, str]] = []
    infos = list_layers(file, reader=reader)
    if not infos:
        raise ReadError("file_without_layers", path=file)
    forms = find_forms(file, infos, reader=reader)
    for info in infos:
        if info.name in forms.passed_over:
            continue
        try:
            source = read_file(file, layer=info.name or None, reader=reader)
        except OnemapError as error:
            if error.text_id != "not_a_vector_file":
                problems.append((f"{name}#{info.name}" if info.name else name, f"{error.rule} {error.text(lang)}"))
            continue
        look = look_at(source, names_of(file, info.name, folder))
        needs_name = len(infos) > 1 or "/" in info.name
        form = forms.mapping_of(source)
        located = locate(look) if form is None or form.crs is None else Located(form.crs)
        remarks = () if form is None else (*forms.findings, *form_findings(source, form))
        seen.append(_Seen(name, info.name if needs_name else "", look, located, form, remarks))
    return seen, problems


def _located_together(seen: Sequence[_Seen]) -> list[_Seen]:
    """Find the systems again, now that it is known where the layers that are sure of theirs lie."""
    area = _area(seen)
    if area is None:
        return list(seen)
    return [
        one
        if one.located.declared and not one.located.contradicts
        else _Seen(one.path, one.source_layer, one.look, locate(one.look, expected=area))
        for one in seen
    ]


def _area(seen: Sequence[_Seen]) -> BaseGeometry | None:
    """Give the box of the layers whose declared system fits, districts before all others."""
    sure = [one for one in seen if one.located.declared and not one.located.contradicts and not one.located.is_doubtful]
    districts = [one for one in sure if one.look.proposal is not None and one.look.proposal.layer == "districts"]
    boxes = []
    for one in districts or sure:
        bounds, crs = one.look.bounds, one.located.declared
        if bounds is None or crs is None or is_offset_system(crs):
            continue
        with contextlib.suppress(CRSError):
            sides = lonlat_bounds(parse_crs(crs), bounds)
            if all(abs(side) <= 180 for side in sides):
                boxes.append(shapely.box(*sides).buffer(AREA_MARGIN_DEG))
    return shapely.box(*shapely.total_bounds(boxes)) if boxes else None


def _source(one: _Seen, lang: str) -> GuessedSource:
    """Write one source."""
    if one.form is not None:
        header_row = one.look.source.header_row
        lines = form_text(one.path, one.source_layer, one.form, header_row=header_row, findings=one.remarks, lang=lang)
        return GuessedSource(one.path, one.source_layer, one.form.layer, 1.0, is_used=True, toml=lines)
    best = one.look.guesses[0] if one.look.guesses else None
    return GuessedSource(
        path=one.path,
        source_layer=one.source_layer,
        layer=best.layer if best is not None else "",
        score=best.score if best is not None else 0.0,
        is_used=usable(one.look, one.located),
        toml=source_text(one.path, one.source_layer, one.look, one.located, lang=lang),
    )


def _project_text(
    folder: Path,
    seen: tuple[Sequence[_Seen], Sequence[GuessedSource]],
    elevations: Sequence[Path],
    problems: Sequence[tuple[str, str]],
    *,
    lang: str,
) -> str:
    """Put the project file together."""
    looked, sources = seen
    newest = max((item.stat().st_mtime for item in folder.rglob("*") if item.is_file()), default=0.0)
    code, count = _county_code(looked)
    head = [
        *comment("init_head", lang),
        "[project]",
        f"name = {quoted(folder.resolve().name or 'project')}   # {text('init_name', lang)}",
        f"code = {quoted(code)}   # {text('init_code_found' if code else 'init_code', lang, count=count)}",
        f"date = {dt.datetime.fromtimestamp(newest, tz=dt.UTC).date().isoformat()}   # {text('init_date', lang)}",
        f"language = {quoted(lang)}",
        "",
        *_elevation_lines(folder, elevations, lang),
        *_delivery_lines(code, lang),
    ]
    used = [one.toml for one in sources if one.is_used]
    rest = [one.toml for one in sources if not one.is_used]
    tail = ["", *comment("init_left_out", lang)] if rest or problems else []
    said = [f"# {one_line(text('init_problem', lang, path=path, problem=problem))}" for path, problem in problems]
    return "\n".join([*head, *used, *tail, *rest, *([""] if said else []), *said]).rstrip() + "\n"


def _elevation_lines(folder: Path, elevations: Sequence[Path], lang: str) -> list[str]:
    """Name the elevation model; without one coverage is by radius."""
    named = [item for item in elevations if ELEVATION.search(item.stem)] or list(elevations[:1])
    if not named:
        return ["[coverage]", f"# {text('init_no_elevation', lang)}", 'model = "radius"', ""]
    others = [item for item in elevations if item != named[0]]
    path = quoted(named[0].relative_to(folder).as_posix())
    lines = ["[elevation]", f"path = {path}   # {text('init_elevation', lang)}"]
    lines += [f"# path = {quoted(item.relative_to(folder).as_posix())}" for item in others]
    return [*lines, "", "[coverage]", f'model = "p1812"   # {text("init_sight", lang)}', ""]


def _delivery_lines(code: str, lang: str) -> list[str]:
    """Ask for a delivery where the code that its identifiers need is known."""
    lines = ["[delivery]", 'profile = "telecom-special-plan"', 'formats = ["gdb", "gpkg", "shp"]']
    said = f"# {text('init_delivery' if code else 'init_no_delivery', lang)}"
    return [said, *(lines if code else [f"# {line}" for line in lines])]


def _county_code(seen: Sequence[_Seen]) -> tuple[str, int]:
    """Give the six digits that nearly all codes of districts and villages begin with, and how many codes there are."""
    for layer, field in CODES:
        counts: Counter[str] = Counter()
        for one in seen:
            proposal = one.look.proposal
            column = proposal.fields.get(field) if proposal is not None and proposal.layer == layer else None
            if column is not None:
                counts.update(value[:6] for value in one.look.seen[column].texts if CODE.match(value))
        if counts:
            code, count = counts.most_common(1)[0]
            if count >= 0.8 * counts.total():
                return code, count
    return "", 0


def _write_whole(target: Path, content: str) -> None:
    """Write a file whole or not at all."""
    try:
        with staged_file(target) as staged:
            staged.write_text(content, encoding="utf-8")
    except WriteError as error:
        raise WriteError("project_unwritable", path=str(target), problem=error) from error
