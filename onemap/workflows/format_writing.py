"""Formats that any layer can be written in: planned, written, read back, and compared with the plan."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from onemap.delivery.conversion.comparison import compare
from onemap.delivery.conversion.drawing import plan_drawing
from onemap.delivery.conversion.globe import plan_globe
from onemap.delivery.conversion.layer import Loss, PlainLayer, Plan
from onemap.delivery.conversion.names import geodatabase_names, vct_names
from onemap.delivery.conversion.plans import plan_layer
from onemap.delivery.writers.geojson import write_geojson
from onemap.delivery.writers.parquet import write_parquet
from onemap.delivery.writers.planned import write_geodatabase, write_geopackage, write_shapefile
from onemap.delivery.writers.vct import write_exchange
from onemap.errors import ProjectError, ReadError, RefusedError, WriteError
from onemap.sources import Reader
from onemap.workflows.format_reading import read_drawing, read_globe, read_plain

__all__ = ["ENCODINGS", "Target", "target_of", "write_plain", "write_planned", "write_together"]

_DATE = dt.date(2000, 1, 1)  # the same input gives the same bytes: no clock
_LAYER_NAMES = {"gdb": geodatabase_names, "vct": vct_names}
ENCODINGS = {"gbk": "gbk", "gb2312": "gbk", "cp936": "gbk", "utf-8": "utf-8", "utf8": "utf-8"}


@dataclass(frozen=True, slots=True)
class Target:
    """A format to convert to.

    Attributes
    ----------
    form
        Key of the plans: what the format can hold.
    write
        Writes plans into a path: one at a time, or all of them where the format is written together.
    several
        One file holds several layers.
    together
        All layers of a file are written at once.
    plan
        Gives the plans of a layer; that of `plan_layer` where none is given.
    read
        Reads a layer back as it was planned.
    """

    form: str
    write: Callable[[Sequence[Plan], Path], None]
    several: bool = False
    together: bool = False
    plan: Callable[[PlainLayer], Sequence[Plan]] | None = None
    read: Callable[[Path, Plan, str | None, Reader | None], PlainLayer] = read_plain

    def plans(self, layer: PlainLayer) -> Sequence[Plan]:
        """Plan a layer; the first plan is of the layer itself, others of what goes with it."""
        if self.plan is not None:
            return self.plan(layer)
        plan = plan_layer(layer, self.form)
        if self.form not in _LAYER_NAMES:
            return [plan]
        fresh = _LAYER_NAMES[self.form]([layer.name])[layer.name]
        return [dataclasses.replace(plan, stored=dataclasses.replace(plan.stored, name=fresh))]


def _shapefile(encoding: str) -> Target:
    """Give the target of a Shapefile."""
    return Target(f"shp-{encoding}", lambda plans, path: write_shapefile(plans[0], path, date=_DATE, encoding=encoding))


def _globe(plans: Sequence[Plan], path: Path) -> None:
    """Write a KMZ."""
    from onemap.delivery.writers.kmz import write_globe

    write_globe(plans, path, date=_DATE, title=path.stem)


def _drawing(plans: Sequence[Plan], path: Path) -> None:
    """Write a drawing."""
    from onemap.delivery.writers.dxf import write_drawing

    write_drawing(plans, path, date=_DATE)


_TARGETS: Mapping[str, Callable[[str], Target]] = MappingProxyType(
    {
        ".shp": _shapefile,
        ".gpkg": lambda _: Target(
            "gpkg", lambda plans, path: write_geopackage(plans[0], path, date=_DATE), several=True
        ),
        ".gdb": lambda _: Target(
            "gdb", lambda plans, path: write_geodatabase(plans[0], path, date=_DATE), several=True
        ),
        ".geojson": lambda _: Target("geojson", lambda plans, path: write_geojson(plans[0], path)),
        ".parquet": lambda _: Target("parquet", lambda plans, path: write_parquet(plans[0], path)),
        ".vct": lambda _: Target("vct", lambda plans, path: write_exchange(plans[0], path, date=_DATE), several=True),
        ".kmz": lambda _: Target("kmz", _globe, several=True, together=True, plan=plan_globe, read=read_globe),
        ".dxf": lambda _: Target("dxf", _drawing, several=True, together=True, plan=plan_drawing, read=read_drawing),
    }
)
"""Extension of the output → the target, given the encoding asked for."""


def target_of(out: Path, encoding: str = "gbk") -> Target:
    """Give the format that an output is to have, by its extension.

    Parameters
    ----------
    out
        Path wanted.
    encoding
        Encoding of a Shapefile, "gbk" or "utf-8".

    Raises
    ------
    ProjectError
        If the extension or the encoding is none that can be written.
    """
    if encoding.lower() not in ENCODINGS:
        raise ProjectError("convert_encoding_unknown", encoding=encoding)
    if out.suffix.lower() not in _TARGETS:
        raise ProjectError("convert_format_unknown", path=out.name, formats=" ".join(_TARGETS))
    return _TARGETS[out.suffix.lower()](ENCODINGS[encoding.lower()])


def write_plain(
    layer: PlainLayer, path: Path, *, target: Target, reader: Reader | None = None
) -> tuple[Plan, tuple[Loss, ...]]:
    """Write a layer, read it back, and require what was planned.

    Parameters
    ----------
    layer
        The layer as given.
    path
        File to write into.
    target
        The format.
    reader
        Worker that reads it back; one is started if not given.

    Returns
    -------
    plan, losses
        The plan, and all that is not as given.

    Raises
    ------
    WriteError
        If it cannot be written, or does not read back.
    """
    return write_together([layer], path, target=target, reader=reader)[0]


def write_together(
    layers: Sequence[PlainLayer], path: Path, *, target: Target, reader: Reader | None = None
) -> list[tuple[Plan, tuple[Loss, ...]]]:
    """Write layers into one file, all at once, read them back, and require what was planned.

    Parameters
    ----------
    layers
        The layers as given.
    path, target, reader
        As for `write_plain`.

    Returns
    -------
    written
        The plan of each layer, and all of it that is not as given.

    Raises
    ------
    WriteError
        If they cannot be written, or do not read back.
    """
    return write_planned([target.plans(layer) for layer in layers], path, target=target, reader=reader)


def write_planned(
    planned: Sequence[Sequence[Plan]], path: Path, *, target: Target, reader: Reader | None = None
) -> list[tuple[Plan, tuple[Loss, ...]]]:
    """Write layers as planned, read them back, and require what was planned.

    Parameters
    ----------
    planned
        For each layer its plan, and those of what goes with it.
    path, target, reader
        As for `write_plain`.

    Returns
    -------
    written
        The plan of each layer, and all of it that is not as given.

    Raises
    ------
    WriteError
        If they cannot be written, or do not read back.
    """
    target.write([plan for plans in planned for plan in plans], path)
    written = []
    for plans in planned:
        moved = [loss for plan in plans for loss in _proven(plan, path, target, reader)]
        written.append((plans[0], (*plans[0].losses, *moved)))
    return written


def _proven(plan: Plan, path: Path, target: Target, reader: Reader | None) -> tuple[Loss, ...]:
    """Read a layer back and hold it against its plan."""
    name = plan.stored.name
    try:
        found = target.read(path, plan, name if target.several else None, reader)
    except (ReadError, RefusedError) as error:
        raise WriteError("delivery_read_back", path=path.name, layer=plan.given.name, problem=error) from error
    proof = compare(plan, found)
    if proof.problem:
        raise WriteError("delivery_read_back", path=path.name, layer=plan.given.name, problem=proof.problem)
    return proof.losses
