"""Mend what is safe to mend in a copy of what was checked: `NAME.fixed` beside it, files of the same names within.

The input is only read. Whatever a repair does not name is the same value in the copy, or nothing is written at all.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from onemap import __version__
from onemap.delivery.conversion.comparison import compare
from onemap.delivery.conversion.layer import Plan, plain_layer
from onemap.delivery.conversion.plans import plan_layer
from onemap.delivery.fixes import FIXES, Change, MendableLayer, mend_layer
from onemap.delivery.profile import Profile, load_profile
from onemap.delivery.writers.geojson import write_geojson
from onemap.delivery.writers.planned import write_geodatabase, write_geopackage, write_shapefile
from onemap.errors import ProjectError, ReadError, RefusedError, WriteError
from onemap.progress import Progress, silent
from onemap.sources import Reader, SourceLayer, list_layers, open_reader, read_file
from onemap.sources.files import StoredField
from onemap.views.check_report import MendedCell
from onemap.workflows.checked_files import checked_files
from onemap.workflows.checking import Checked
from onemap.workflows.staging import MANIFEST, staged

__all__ = ["Fixed", "fix_checked", "fixed_folder"]

_HARMLESS = {"coordinates-rounded", "rings", "empty-text"}  # the grid of a geodatabase, order of rings, blank = none


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was mended.

    Attributes
    ----------
    folder
        Folder with the copy; None where there was nothing to mend, and none is written.
    cells
        Each cell that was changed.
    """

    folder: Path | None
    cells: tuple[MendedCell, ...]

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for JSON."""
        return {
            "folder": None if self.folder is None else str(self.folder),
            "mended": [dataclasses.asdict(cell) for cell in self.cells],
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Mended:
    """A layer as read, as mended, and what differs."""

    source: SourceLayer
    layer: MendableLayer
    changes: tuple[Change, ...]

    def cells(self) -> list[MendedCell]:
        """Give what differs with the identifiers of features, those before mending."""
        given = dataclasses.replace(self.layer, frame=self.source.frame).identifiers
        return [
            MendedCell(
                rule=one.rule,
                layer=self.layer.name,
                row=one.row or None,
                feature=str(given.iloc[one.row - 1]) if one.row else "",
                field=one.field,
                before=one.before,
                after=one.after,
            )
            for one in self.changes
        ]


_SIGN_AND_POINT = 2  # GDAL gives a number of so many digits a field that is wider by these
_WIDEST_NUMBER = 19  # characters; GDAL takes no wider one
_ENDINGS = (".gdb", ".gpkg", ".shp", ".geojson")


def fixed_folder(path: Path) -> Path:
    """Give the folder that the copy stands in: beside what is checked, with its name.

    Parameters
    ----------
    path
        What is checked.
    """
    place = path.resolve()
    name = place.stem if place.suffix.lower() in _ENDINGS else place.name
    return place.with_name(f"{name}.fixed")


def fix_checked(checked: Checked, *, profile: str, date: dt.date, progress: Progress = silent) -> Fixed:
    """Mend what a check found, where that is safe, in a copy beside the input.

    Parameters
    ----------
    checked
        What the check found; each rule is mended in the layers where it found something.
    profile
        Name of the delivery profile, or its file.
    date
        Date that the files are given.
    progress
        Told of each file.

    Returns
    -------
    fixed
        The folder, and every cell with its text before and after.

    Raises
    ------
    ProjectError
        If a file is of a format that is not written again.
    RefusedError
        If the folder holds something that onemap did not make.
    WriteError
        If the copy cannot be written, or would not hold every other value as it is.
    """
    asked: dict[str, set[str]] = {}
    for finding in checked.findings:
        if finding.rule in FIXES:
            asked.setdefault(finding.layer, set()).add(finding.rule)
    if not asked:
        return Fixed(None, ())
    files = checked_files(checked.path)
    for file in files:
        if file.suffix.lower() not in _ENDINGS:
            raise ProjectError("fix_format", path=file.name, formats=" ".join(_ENDINGS))
    rules = load_profile(Path(profile) if profile.endswith(".toml") else profile)
    with open_reader() as reader:
        mended = {file: [_mended(layer, file, rules, asked) for layer in _all_layers(file, reader)] for file in files}
        cells = tuple(cell for layers in mended.values() for one in layers for cell in one.cells())
        if not cells:
            return Fixed(None, ())
        out = fixed_folder(checked.path)
        with staged(out) as folder, progress.step("step_writing", len(files)) as done:
            for file, layers in mended.items():
                for one in layers:
                    _write(one, folder / file.name, date=date, reader=reader)
                done(1)
            (folder / MANIFEST).write_bytes(_manifest(checked, date, cells))
    return Fixed(out, cells)


def _all_layers(file: Path, reader: Reader) -> Iterator[SourceLayer]:
    """Read all layers of a file, tables of styles too: the copy lacks nothing."""
    for info in list_layers(file, reader=reader):
        yield read_file(file, layer=info.name or None, reader=reader)


def _mended(source: SourceLayer, file: Path, profile: Profile, asked: Mapping[str, Collection[str]]) -> _Mended:
    """Mend a layer by the rules that found something in it."""
    name = source.layer or file.stem
    given = MendableLayer(name, source.frame, source.geometry, source.crs, profile)
    layer, changes = mend_layer(given, asked.get(name, ()))
    return _Mended(source, layer, tuple(changes))


def _write(mended: _Mended, path: Path, *, date: dt.date, reader: Reader) -> None:
    """Write a layer into a copy, read it back, and require every value as it was meant."""
    ending, source, layer = path.suffix.lower(), mended.source, mended.layer
    encoding = "gbk" if (source.encoding or "").lower() in {"gbk", "gb2312", "gb18030", "cp936"} else "utf-8"
    form = f"shp-{encoding}" if ending == ".shp" else ending.removeprefix(".")
    aliases = {one.name: one.alias for one in source.stored if one.alias}
    plain = plain_layer(layer.name, layer.frame, layer.geometry, crs=layer.crs, aliases=aliases)
    plan = _as_stored(plan_layer(plain, form), source, digits=ending == ".shp")
    if ending == ".gpkg":
        write_geopackage(plan, path, date=date)
    elif ending == ".gdb":
        write_geodatabase(plan, path, date=date)
    elif ending == ".shp":
        write_shapefile(plan, path, date=date, encoding=encoding)
    else:
        write_geojson(plan, path)
    _require_same(plan, path, reader, several=ending in {".gpkg", ".gdb"})


def _as_stored(plan: Plan, source: SourceLayer, *, digits: bool) -> Plan:
    """Keep the widths of the fields as the file has them, in a Shapefile the digits of its numbers too."""
    widths, decimals = dict(plan.widths), dict(plan.decimals)
    for one in source.stored:
        name = plan.names.get(one.name, one.name)
        if name not in plan.stored.table.column_names:
            continue
        if pa.types.is_string(plan.stored.table.schema.field(name).type):
            widths[name] = max(one.width, widths.get(name, 0)) if one.width else 0
        elif digits and name in decimals and one.decimals and _fits(plan.stored.table[name], one):
            widths[name], decimals[name] = (one.width or 0) - _SIGN_AND_POINT, one.decimals
    return dataclasses.replace(plan, widths=widths, decimals=decimals)


def _fits(numbers: pa.ChunkedArray, field: StoredField) -> bool:
    """Tell whether numbers can be written again in the width of their field, with room for sign and point."""
    digits = (field.width or 0) - _SIGN_AND_POINT - (field.decimals or 0)
    largest = max((abs(one) for one in numbers.to_pylist() if one is not None), default=0.0)
    return digits > 0 and (field.width or 0) <= _WIDEST_NUMBER and largest < 10.0**digits


def _require_same(plan: Plan, path: Path, reader: Reader, *, several: bool) -> None:
    """Require that the copy holds what was meant, and that the format changed no other value."""
    name = plan.stored.name
    try:
        found = read_file(path, layer=name if several else None, reader=reader)
    except (ReadError, RefusedError) as error:
        raise WriteError("delivery_read_back", path=path.name, layer=name, problem=error) from error
    proof = compare(plan, plain_layer(found.layer, found.frame, found.geometry, crs=found.crs))
    if proof.problem:
        raise WriteError("delivery_read_back", path=path.name, layer=name, problem=proof.problem)
    lost = sorted({loss.kind for loss in (*plan.losses, *proof.losses)} - _HARMLESS)
    if lost:
        raise WriteError("fix_not_exact", path=path.name, layer=name, kinds=", ".join(lost))


def _manifest(checked: Checked, date: dt.date, cells: Sequence[MendedCell]) -> bytes:
    """Say what the copy is of, and list every cell that was mended, before and after."""
    content = {
        "made_by": f"onemap {__version__}",
        "date": date.isoformat(),
        "mended_copy_of": checked.path.resolve().name,
        "profile": checked.profile,
        "mended": [dataclasses.asdict(cell) for cell in cells],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
