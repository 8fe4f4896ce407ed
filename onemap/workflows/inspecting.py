"""Say what files are: driver, encoding, coordinate system, likely layer, and what looks wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from onemap.errors import OnemapError, ReadError
from onemap.findings import Finding
from onemap.layers.guessing import LayerGuess, guess_layer
from onemap.messages import text
from onemap.progress import Progress, silent
from onemap.sources import Reader, SourceLayer, list_layers, open_reader, read_file

__all__ = ["Inspected", "inspect_files"]

CHINA = (73.0, 3.0, 136.0, 54.0)


@dataclass(frozen=True, slots=True)
class Inspected:
    """One layer of one file, looked at.

    Attributes
    ----------
    path, layer
        File, and layer in it.
    driver, encoding, crs_declared
        As read; empty or None where the file does not say.
    crs_likely
        What the coordinates speak for; None where they say nothing.
    rows
        Number of rows.
    columns
        Names of the columns.
    guesses
        Canonical layers it may be, best first.
    bounds
        West, south, east, north in the file's own coordinates; None without geometry.
    findings
        What looks wrong.
    exit_code
        0, or what the command line ends with because of a file that cannot be read (3) or is refused (4).
    """

    path: str
    layer: str = ""
    driver: str = ""
    encoding: str | None = None
    crs_declared: str | None = None
    crs_likely: str | None = None
    rows: int | None = None
    columns: tuple[str, ...] = ()
    guesses: tuple[LayerGuess, ...] = ()
    bounds: tuple[float, float, float, float] | None = None
    findings: tuple[Finding, ...] = ()
    exit_code: int = 0

    def lines(self, lang: str) -> list[tuple[str, str]]:
        """Give it as lines for people: label and value."""
        best = ", ".join(f"{guess.layer} ({guess.score:.2f})" for guess in self.guesses[:3]) or "?"
        values = {"file": self.path + (f"#{self.layer}" if self.layer else "")}
        if not self.exit_code:
            values |= {
                "driver": self.driver,
                "rows": "-" if self.rows is None else str(self.rows),
                "encoding": self.encoding or "-",
                "crs": " / ".join(dict.fromkeys([self.crs_declared or "-", self.crs_likely or "-"])),
                "bounds": "-" if self.bounds is None else ", ".join(f"{value:.6f}" for value in self.bounds),
                "kind": best,
                "columns": ", ".join(self.columns),
            }
        return [(text(f"inspect_{name}", lang), value) for name, value in values.items()]

    def as_dict(self, lang: str = "en") -> dict[str, object]:
        """Give all of it as plain values, for JSON; the messages in a language."""
        return {
            "path": self.path,
            "layer": self.layer,
            "driver": self.driver,
            "encoding": self.encoding,
            "crs_declared": self.crs_declared,
            "crs_likely": self.crs_likely,
            "rows": self.rows,
            "columns": list(self.columns),
            "layer_kind": self.guesses[0].layer if self.guesses else None,
            "layer_kinds": [
                {"layer": one.layer, "score": one.score, "fields": dict(one.fields)} for one in self.guesses
            ],
            "bounds": self.bounds,
            "findings": [
                {**finding.as_dict(), "message": finding.message(lang), "hint": finding.hint(lang)}
                for finding in self.findings
            ],
            "exit_code": self.exit_code,
        }


def inspect_files(files: Sequence[Path], *, progress: Progress = silent) -> list[Inspected]:
    """Look at files; one that cannot be read, or is refused, becomes an entry with a fatal finding.

    Parameters
    ----------
    files
        Files, geodatabases, folders or archives.
    progress
        Told of each file.

    Returns
    -------
    inspected
        One entry a layer of each file.
    """
    inspected: list[Inspected] = []
    with open_reader() as reader, progress.step("step_reading", len(files)) as done:
        for file in files:
            inspected += _inspect_file(file, reader)
            done(1)
    return inspected


def _inspect_file(file: Path, reader: Reader) -> list[Inspected]:
    """Look at each layer of one file; a layer that cannot be read does not hide the others."""
    try:
        infos = list_layers(file, reader=reader)
    except OnemapError as error:
        return [_unread(file, "", error)]
    inspected = []
    for info in infos:
        try:
            inspected.append(_inspected(file, read_file(file, layer=info.name or None, reader=reader)))
        except OnemapError as error:
            inspected.append(_unread(file, info.name, error))
    return inspected


def _unread(file: Path, layer: str, error: OnemapError) -> Inspected:
    """Give what is known of a file or layer that cannot be read: why."""
    cause = _cause(error)
    if not cause.rule:
        cause = ReadError("file_damaged", path=file, reason=str(cause)[:160])
    values = {name: str(value) for name, value in cause.values.items()}
    finding = Finding(cause.rule, layer="", file=file.name, values=values, sheet=layer)
    return Inspected(str(file), layer, findings=(finding,), exit_code=error.exit_code)


def _cause(error: OnemapError) -> OnemapError:
    """Give the innermost error: the one about the input itself."""
    inner = next((value for value in error.values.values() if isinstance(value, OnemapError)), None)
    return error if inner is None else _cause(inner)


def _inspected(file: Path, source: SourceLayer) -> Inspected:
    """Put together what is known of one layer."""
    columns = tuple(str(column) for column in source.frame.columns)
    bounds = None
    if source.geometry is not None and len(source.geometry):
        west, south, east, north = (float(side) for side in shapely.total_bounds(source.geometry))
        bounds = (west, south, east, north) if np.isfinite([west, south, east, north]).all() else None
    return Inspected(
        path=str(file),
        layer=source.layer,
        driver=source.driver,
        encoding=source.encoding,
        crs_declared=source.crs,
        crs_likely=source.crs or _likely_crs(bounds),
        rows=len(source.rows),
        columns=columns,
        guesses=tuple(guess_layer(columns, _kinds(source), name=f"{file.stem} {source.layer}")),
        bounds=bounds,
        findings=source.findings,
    )


def _kinds(source: SourceLayer) -> set[str]:
    """Give the kinds of geometry of a layer."""
    if source.geometry is None:
        return set()
    found = {shape.geom_type for shape in source.geometry if shape is not None}
    return {kind for kind in found if kind != "GeometryCollection"}


def _likely_crs(bounds: tuple[float, float, float, float] | None) -> str | None:
    """Guess the coordinate system of a layer that declares none."""
    if bounds is None:
        return None
    west, south, east, north = bounds
    if CHINA[0] <= west and CHINA[1] <= south and east <= CHINA[2] and north <= CHINA[3]:
        return "EPSG:4490"
    zone = int(west // 1_000_000)
    if zone == int(east // 1_000_000) and 25 <= zone <= 45:  # 3-degree zones 25-45 carry their number in the easting
        return f"EPSG:{4513 + zone - 25}"
    return None
