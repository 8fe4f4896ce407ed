"""Convert a layer between formats and coordinate systems: nothing is shifted, cut or dropped without a word.

What the format forces to be lost is planned and listed before a byte is written; the new file is read back, compared
cell by cell with the plan, and only then takes the place of an old one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.delivery.conversion.layer import LOSSES, Loss, PlainLayer, Plan, plain_layer
from onemap.errors import CRSError, ProjectError, RefusedError
from onemap.findings import Finding
from onemap.layers.crs import Operation, choose_operation, transform_geometry
from onemap.progress import Progress, silent
from onemap.sources import Reader, SourceLayer, list_layers, open_reader, read_file
from onemap.sources.guard import require_local
from onemap.workflows.file_staging import staged_file
from onemap.workflows.format_writing import Target, target_of, write_plain, write_together

__all__ = ["Converted", "Target", "convert_file", "require_kinds", "target_of", "write_plain"]

_EXAMPLES = 5


TABLE = "db:"
"""What the name of a table starts with, in place of a file."""


_Written = tuple[SourceLayer, Operation | None, tuple[Plan, tuple[Loss, ...]]]


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written, and what of it is not as given.

    Attributes
    ----------
    path
        The file written.
    layers
        Name of each layer → rows, and columns as given → as stored where they differ.
    findings
        What was met in reading, and each loss: rule, column, count, first rows.
    operations
        How each layer came to its system of coordinates.
    refused
        Kinds of loss that were met and not allowed.
    """

    path: str
    layers: Mapping[str, Mapping[str, object]]
    findings: tuple[Finding, ...]
    operations: tuple[Mapping[str, object], ...]
    refused: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for JSON."""
        return {
            "path": self.path,
            "layers": {name: dict(facts) for name, facts in self.layers.items()},
            "operations": [dict(one) for one in self.operations],
            "losses_not_allowed": list(self.refused),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def convert_file(
    source: str | Path,
    out: str | Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    to: str | None = None,
    encoding: str = "gbk",
    allow_loss: Sequence[str] = (),
    database: str | None = None,
    replace: bool = False,
    progress: Progress = silent,
) -> Converted:
    """Convert a file, or a table of a database.

    Parameters
    ----------
    source
        File of any format that onemap reads; "db:schema.table" for a table.
    out
        File to make: .shp, .gpkg, .gdb, .geojson, .parquet, .vct, .kmz or .dxf; "db:schema.table" for a table.
    layer
        Layer to take; all of them if not given and the format holds several, else the only one with rows.
    crs
        System of coordinates of the source, where it is silent or wrong.
    to
        System wanted; as it is if not given.
    encoding
        Encoding of a Shapefile.
    allow_loss
        Kinds of loss (keys of `LOSSES`, or "all") that do not count as errors.
    database
        Where the tables are: "host=… dbname=… user=…" or "service=…", without a password.
    replace
        Put a table in the place of an old one.
    progress
        Told of each layer.

    Raises
    ------
    ReadError, RefusedError
        As in `read_file`; if the output is the source.
    CRSError
        If coordinates cannot be brought to the wanted system without guessing.
    WriteError
        If it cannot be written, or does not read back as planned; an old output is untouched then.
    """
    require_kinds(allow_loss)
    _require_database(source, out, database)
    with open_reader() as reader:
        taken = _Taken(str(source), layer, crs, to, database, reader)
        if _is_table(out):
            converted = [_into_table(taken, str(out), database or "", replace=replace)]
        else:
            converted = _into_file(taken, Path(out), target_of(Path(out), encoding), progress)
    return _summed_up(Path(out), converted, allow_loss)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is taken: file or table, its layer, its system and the one wanted, the database, the worker."""

    source: str
    layer: str | None
    crs: str | None
    to: str | None
    database: str | None
    reader: Reader

    def read(self, layer: str | None) -> SourceLayer:
        """Read one layer."""
        if _is_table(self.source):
            from onemap.sources.postgis import read_postgis

            return read_postgis(self.database or "", table=self.source.removeprefix(TABLE))
        return read_file(self.source, layer=layer, reader=self.reader)

    def names(self, *, several: bool) -> list[str | None]:
        """Name the layers to convert; None for the only one."""
        if self.layer or not several or _is_table(self.source):
            return [self.layer]
        return [info.name or None for info in list_layers(self.source, reader=self.reader)] or [None]


def _require_database(source: str | Path, out: str | Path, database: str | None) -> None:
    """Require a database exactly where tables are named, and no file onto itself."""
    if (database is not None) != (_is_table(source) or _is_table(out)):
        raise ProjectError("database_name_wrong", name=str(source if database is not None else out))
    if _is_table(source) or _is_table(out):
        return
    require_local(source)
    if Path(source).resolve() == Path(out).resolve():
        raise RefusedError("convert_onto_itself", path=str(out))


def _is_table(name: str | Path) -> bool:
    """Tell whether a name means a table of a database."""
    return isinstance(name, str) and name.startswith(TABLE)


def _into_file(taken: _Taken, out: Path, target: Target, progress: Progress) -> list[_Written]:
    """Write all layers into one file."""
    names = taken.names(several=target.several)
    converted: list[_Written] = []
    with staged_file(out) as path, progress.step("step_converting", len(names)) as done:
        if target.together:
            read = [taken.read(name) for name in names]
            moved = [_moved(one, taken.crs, taken.to) for one in read]
            written = write_together([layer for layer, _ in moved], path, target=target, reader=taken.reader)
            done(len(names))
            return [(one, step, made) for one, (_, step), made in zip(read, moved, written, strict=True)]
        for name in names:
            one = taken.read(name)
            layer, operation = _moved(one, taken.crs, taken.to)
            converted.append((one, operation, write_plain(layer, path, target=target, reader=taken.reader)))
            done(1)
    return converted


def _into_table(taken: _Taken, out: str, database: str, *, replace: bool) -> _Written:
    """Write one layer into a database."""
    from onemap.workflows.database_writing import write_table

    schema, _, table = out.removeprefix(TABLE).rpartition(".")
    if not schema or not table:
        raise ProjectError("database_name_wrong", name=out)
    read = taken.read(taken.layer)
    moved, operation = _moved(read, taken.crs, taken.to)
    named = dataclasses.replace(moved, name=table)
    return read, operation, write_table(named, database, schema=schema, replace=replace)


def require_kinds(kinds: Iterable[str]) -> None:
    """Require kinds of loss that there are.

    Parameters
    ----------
    kinds
        Keys of `LOSSES`, or "all".

    Raises
    ------
    ProjectError
        If there is no such kind.
    """
    for kind in kinds:
        if kind not in LOSSES and kind != "all":
            raise ProjectError("convert_loss_unknown", kind=kind, kinds=" ".join(["all", *LOSSES]))


def _moved(read: SourceLayer, crs: str | None, to: str | None) -> tuple[PlainLayer, Operation | None]:
    """Bring a layer to the system wanted, by one declared operation."""
    declared = crs or read.crs
    geometry, operation = read.geometry, None
    if to is not None and geometry is not None:
        if declared is None:
            raise CRSError("crs_missing", layer=read.layer or read.path.name)
        operation = choose_operation(declared, to, _bounds(geometry))
        geometry = _transformed(operation, geometry)
    aliases = {field.name: field.alias for field in read.stored if field.alias}
    name = read.layer or read.path.stem
    return plain_layer(name, read.frame, geometry, crs=to or declared, aliases=aliases), operation


def _bounds(geometry: NDArray[np.object_]) -> tuple[float, float, float, float] | None:
    """Give the bounds of the shapes that have a place."""
    placed = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
    if not len(placed):
        return None
    west, south, east, north = (float(side) for side in shapely.total_bounds(placed))
    return west, south, east, north


def _transformed(operation: Operation, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Bring the shapes through the operation; missing and empty ones stay."""
    moved = geometry.copy()
    placed = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    moved[placed] = transform_geometry(operation, geometry[placed])
    return moved


def _summed_up(out: Path, converted: Sequence[_Written], allow_loss: Sequence[str]) -> Converted:
    """Put together what is to be said."""
    findings: list[Finding] = []
    operations: list[Mapping[str, object]] = []
    layers: dict[str, Mapping[str, object]] = {}
    met: list[str] = []
    for read, operation, (plan, losses) in converted:
        findings += [*read.findings, *(_finding(out.name, read, plan, loss) for loss in losses)]
        met += [loss.kind for loss in losses]
        renamed = {old: new for old, new in plan.names.items() if old != new}
        layers[plan.given.name] = {"rows": plan.stored.rows, "crs": plan.stored.crs, "renamed": renamed}
        if operation is not None:
            operations.append(_operation(plan.given.name, operation))
    is_error = {finding.rule for finding in findings if finding.severity in {"error", "fatal"}}
    refused = [
        kind
        for kind in dict.fromkeys(met)
        if LOSSES[kind] in is_error and kind not in allow_loss and "all" not in allow_loss
    ]
    return Converted(str(out), layers, tuple(findings), tuple(operations), tuple(refused))


def _finding(file: str, read: SourceLayer, plan: Plan, loss: Loss) -> Finding:
    """Tell one kind of loss in one column, with its first rows as a person counts them."""
    rows = [int(read.rows[position]) for position in loss.positions[:_EXAMPLES]]
    return Finding(
        LOSSES[loss.kind],
        layer=plan.given.name,
        file=file,
        row=rows[0] if rows else None,
        columns=() if loss.column is None else (loss.column,),
        sheet=read.layer,
        values={
            "kind": loss.kind,
            "column": "geometry" if loss.column is None else loss.column,
            "count": len(loss.positions),
            "rows": ", ".join(str(row) for row in rows) or "-",
            "before": loss.before,
            "after": loss.after,
        },
    )


def _operation(layer: str, operation: Operation) -> dict[str, object]:
    """Tell how a layer came to its system."""
    return {
        "layer": layer,
        "from": operation.source_crs,
        "to": operation.target_crs,
        "operation": operation.description,
        "pipeline": operation.pipeline,
        "accuracy_m": operation.accuracy_m,
        "PROJ": operation.proj_version,
    }
