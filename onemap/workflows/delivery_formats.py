"""The formats of a delivery: each is given the mapped layers, and tells what it wrote and what it could not hold."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.config import DeliverySettings
from onemap.config.models import ProjectSettings
from onemap.delivery.conversion.drawing import plan_drawing
from onemap.delivery.conversion.globe import plan_globe
from onemap.delivery.conversion.layer import LOSSES, Loss, Plan, plain_layer
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.profile import OutputNames, Profile
from onemap.delivery.writers import gdb, gpkg, shapefile
from onemap.delivery.writers.arrow import StoredField, WrittenLayer
from onemap.delivery.writers.fitting import as_plain, fit, with_profile_widths
from onemap.delivery.writers.geojson import write_geojson
from onemap.delivery.writers.vct import write_exchange
from onemap.errors import WriteError
from onemap.findings import Finding
from onemap.layers.crs import to_crs
from onemap.layers.crs_names import crs_label, parse_crs, read_crs
from onemap.sources import Reader, read_file
from onemap.workflows.format_reading import read_drawing, read_globe
from onemap.workflows.format_writing import Target, write_planned

__all__ = ["FORMATS", "FormatLoss", "Job", "Outcome", "loss_findings", "name_of", "places_of", "remove"]

_EXAMPLES = 5
_SHAPEFILE_FOLDER, _GEOJSON_FOLDER = "shapefile", "geojson"
_CELLS = "小区"
_CELL_COLUMNS = (
    "cell_id",
    "tower_id",
    "operator",
    "technology",
    "azimuth_deg",
    "beamwidth_deg",
    "height_agl_m",
    "status",
)


@dataclass(frozen=True, slots=True)
class Job:
    """What a format is given.

    Attributes
    ----------
    about, settings, profile
        What the project is, its table of the delivery, and the profile.
    layers
        The mapped layers.
    target
        Folder of the delivery.
    reader
        Worker that reads back.
    cells
        Canonical cells, whose sectors a globe program shows; None where there are none.
    """

    about: ProjectSettings
    settings: DeliverySettings
    profile: Profile
    layers: Sequence[DeliveryLayer]
    target: Path
    reader: Reader
    cells: gpd.GeoDataFrame | None = None


@dataclass(frozen=True, slots=True)
class FormatLoss:
    """What a format could not hold.

    Attributes
    ----------
    file
        Name of the file or folder that lacks it.
    layer
        The layer as mapped.
    loss
        Kind, column and rows.
    """

    file: str
    layer: DeliveryLayer
    loss: Loss


Outcome = tuple[list[WrittenLayer], list[FormatLoss]]


def loss_findings(losses: Sequence[FormatLoss], settings: DeliverySettings) -> list[Finding]:
    """Tell each kind of loss in each column, and whether the project allows it.

    Parameters
    ----------
    losses
        What the formats could not hold.
    settings
        The table of the delivery, which names the kinds that are allowed.

    Returns
    -------
    findings
        One for each loss; `values["allowed"]` is true where it is no error: the project allows it, or the layer has no
        rows whose values it could concern.
    """
    known = {_key(one): one for one in reversed(losses)}
    told = [known.pop(_key(one)) for one in losses if _key(one) in known]
    allowed = set(settings.allow_losses)
    return [_finding(one, allowed=bool({one.loss.kind, "all"} & allowed) or one.layer.frame.empty) for one in told]


def _key(lost: FormatLoss) -> tuple[object, ...]:
    """Give what a loss is told by: one that two steps of a format meet is told once."""
    loss = lost.loss
    return lost.file, lost.layer.code, loss.kind, loss.column, tuple(loss.positions), str(loss.before), str(loss.after)


def _finding(lost: FormatLoss, *, allowed: bool) -> Finding:
    """Tell one loss."""
    loss, identifier = lost.loss, lost.layer.frame[lost.layer.fields[0].name]
    features = [str(identifier.iloc[int(at)]) for at in loss.positions[:_EXAMPLES]]
    return Finding(
        LOSSES[loss.kind],
        layer=lost.layer.code,
        file=lost.file,
        row=int(loss.positions[0]) + 1 if len(loss.positions) else None,
        feature=features[0] if features else "",
        columns=() if loss.column is None else (loss.column,),
        values={
            "kind": loss.kind,
            "column": "geometry" if loss.column is None else loss.column,
            "count": len(loss.positions),
            "rows": ", ".join(features) or "-",
            "before": loss.before,
            "after": loss.after,
            "allowed": allowed,
        },
    )


def name_of(pattern: str, about: ProjectSettings, *, suffix: str = "") -> str:
    """Name a file as a pattern of the profile wants it.

    Parameters
    ----------
    pattern
        With {code6}, {name} and {year}, as the keys of `[delivery]` in a profile.
    about
        Whose code, name and date they are.
    suffix
        Ending to put in the place of the pattern's.
    """
    name = OutputNames(vector=pattern).vector_name(about.code, about.name, about.date.year)
    return Path(name).with_suffix(suffix).name if suffix else name


def places_of(name: str, job: Job) -> list[Path]:
    """List what a format may have written.

    Parameters
    ----------
    name
        The format.
    job
        What it was given.
    """
    folders = {"shp": _SHAPEFILE_FOLDER, "geojson": _GEOJSON_FOLDER}
    if name in folders:
        return [place] if (place := job.target / folders[name]).exists() else []
    pattern = job.profile.delivery.tables if name == "xlsx" else job.profile.delivery.vector
    return [place] if (place := job.target / name_of(pattern, job.about, suffix=f".{name}")).exists() else []


def _vector(job: Job, suffix: str) -> Path:
    """Name a file of all layers."""
    return job.target / name_of(job.profile.delivery.vector, job.about, suffix=suffix)


def _fitted(job: Job, file: str, encoding: str = "") -> tuple[list[DeliveryLayer], list[FormatLoss]]:
    """Fit all layers to a format."""
    fitted, losses = [], []
    for layer in job.layers:
        fresh, lost = fit(layer, encoding=encoding)
        fitted.append(fresh)
        losses += [FormatLoss(file, layer, one) for one in lost]
    return fitted, losses


def _gdb(job: Job) -> Outcome:
    """Write a file geodatabase."""
    path = _vector(job, ".gdb")
    layers, losses = _fitted(job, path.name)
    written = gdb.write(layers, path, date=job.about.date, feature_dataset=job.settings.feature_dataset)
    return written, losses


def _gpkg(job: Job) -> Outcome:
    """Write a GeoPackage."""
    path = _vector(job, ".gpkg")
    layers, losses = _fitted(job, path.name)
    return gpkg.write(layers, path, date=job.about.date), losses


def _shapefiles(job: Job) -> Outcome:
    """Write Shapefiles, in a folder of their own; their names are the codes of the layers."""
    encoding = job.settings.shapefile_encoding
    layers, losses = _fitted(job, _SHAPEFILE_FOLDER, encoding)
    path = job.target / _SHAPEFILE_FOLDER
    plain = [_without_heights(one) for one in layers]
    nothing = np.array([], dtype=np.int64)
    losses += [
        FormatLoss(path.name, one, Loss("crs", None, nothing, one.crs, flat.crs))
        for one, flat in zip(layers, plain, strict=True)
        if one.crs != flat.crs
    ]
    written = shapefile.write(plain, path, date=job.about.date, encoding=encoding)
    for layer, one in zip(job.layers, written, strict=True):
        renamed = [field for field in one.fields if field.name != field.stored_name]
        losses += [
            FormatLoss(path.name, layer, Loss("names", field.name, nothing, field.name, field.stored_name))
            for field in renamed
        ]
    return written, losses


def _without_heights(layer: DeliveryLayer) -> DeliveryLayer:
    """Give a layer in the system of its coordinates alone, for a format that states no vertical one beside it."""
    if layer.frame.crs is None or not read_crs(layer.crs).is_compound:
        return layer
    return dataclasses.replace(layer, crs=crs_label(parse_crs(layer.frame.crs)))


def _planned(job: Job, path: Path, target: Target, layers: Sequence[DeliveryLayer]) -> Outcome:
    """Write layers in a format that is planned column by column, into one file."""
    planned = []
    for layer in layers:
        plans = list(target.plans(as_plain(layer)))
        if target.form == "vct":
            plans[0] = with_profile_widths(plans[0], layer)
        planned.append(plans)
    if target.together:
        results = write_planned(planned, path, target=target, reader=job.reader)
    else:
        results = [write_planned([plans], path, target=target, reader=job.reader)[0] for plans in planned]
    written, losses = [], []
    name = path.relative_to(job.target).as_posix()
    for layer, (plan, lost) in zip(layers, results, strict=True):
        held = [field for field in layer.fields if field.name in plan.names]
        fields = tuple(
            StoredField(one.name, plan.names[one.name], plan.widths.get(plan.names[one.name], 0)) for one in held
        )
        written.append(WrittenLayer(layer.code, path, len(layer.frame), fields))
        losses += [FormatLoss(name, layer, loss) for loss in lost]
    return written, losses


def _geojson(job: Job) -> Outcome:
    """Write GeoJSON, one file a layer, in a folder of their own."""
    folder = job.target / _GEOJSON_FOLDER
    folder.mkdir()
    target = Target("geojson", lambda plans, path: write_geojson(plans[0], path))
    written: list[WrittenLayer] = []
    losses: list[FormatLoss] = []
    for layer in job.layers:
        more, lost = _planned(job, folder / f"{layer.code}.geojson", target, [layer])
        written, losses = written + more, losses + lost
    return written, losses


def _vct(job: Job) -> Outcome:
    """Write VCT."""
    date = job.about.date
    target = Target("vct", lambda plans, path: write_exchange(plans[0], path, date=date), several=True)
    return _planned(job, _vector(job, ".vct"), target, job.layers)


def _kmz(job: Job) -> Outcome:
    """Write a KMZ, with the sectors of cells beside the layers."""
    from onemap.delivery.writers.kmz import write_globe

    date, sectors = job.about.date, _sectors(job)
    path = _vector(job, ".kmz")

    def write(plans: Sequence[Plan], place: Path) -> None:
        write_globe([*plans, *sectors], place, date=date, title=path.stem)

    target = Target("kmz", write, several=True, together=True, plan=plan_globe, read=read_globe)
    outcome = _planned(job, path, target, job.layers)
    for plan in sectors:
        found = read_globe(path, plan, plan.stored.name, job.reader)
        if found.rows != plan.stored.rows:
            problem = f"{found.rows} rows, not {plan.stored.rows}"
            raise WriteError("delivery_read_back", path=path.name, layer=plan.stored.name, problem=problem)
    return outcome


def _sectors(job: Job) -> list[Plan]:
    """Plan the wedges of the project's cells, those that the profile skips left out."""
    if job.cells is None or job.cells.empty or "azimuth_deg" not in job.cells:
        return []
    cells = job.cells
    if "status" in cells:
        cells = cells[~cells["status"].astype("string").isin(job.profile.skip_status).to_numpy(dtype=bool)]
    shown = pd.DataFrame({name: cells[name] for name in _CELL_COLUMNS if name in cells})
    geometry = np.asarray(cells.geometry.array, dtype=object)
    layer = plain_layer(_CELLS, shown, geometry, crs=crs_label(parse_crs(cells.crs)))
    return plan_globe(layer)[1:]


def _dxf(job: Job) -> Outcome:
    """Write a drawing, in the system that the project wants it in."""
    from onemap.delivery.writers.dxf import write_drawing

    date, wanted = job.about.date, job.settings.drawing_crs
    layers = [
        dataclasses.replace(layer, frame=to_crs(layer.frame, wanted), crs=wanted) if wanted and layer.crs else layer
        for layer in job.layers
    ]
    target = Target(
        "dxf",
        lambda plans, path: write_drawing(plans, path, date=date),
        several=True,
        together=True,
        plan=plan_drawing,
        read=read_drawing,
    )
    return _planned(job, _vector(job, ".dxf"), target, layers)


def _xlsx(job: Job) -> Outcome:
    """Write the tables as a workbook, and count the rows of each sheet."""
    from onemap.delivery.writers import workbook

    path = job.target / name_of(job.profile.delivery.tables, job.about, suffix=".xlsx")
    written = workbook.write(job.layers, path, date=job.about.date, title=path.stem)
    for layer, one in zip(job.layers, written, strict=True):
        if one.rows and (problem := _sheet_problem(job, path, layer)):
            raise WriteError("delivery_read_back", path=path.name, layer=layer.code, problem=problem)
    return written, []


def _sheet_problem(job: Job, path: Path, layer: DeliveryLayer) -> str:
    """Say where a sheet differs from its layer, in rows or text; empty if nowhere."""
    found = read_file(path, layer=layer.code, reader=job.reader).frame
    if len(found) != len(layer.frame):
        return f"{len(found)} rows, not {len(layer.frame)}"
    for field in layer.fields:
        if field.type == "text" and layer.frame[field.name].notna().any():
            meant = _plain_texts(layer.frame[field.name])
            if field.alias not in found or _plain_texts(found[field.alias]) != meant:
                return f"column {field.name} differs"
    return ""


def _plain_texts(values: pd.Series[Any]) -> list[str]:
    """Give a column as text, missing ones empty."""
    return [str(one).strip() for one in values.astype("string").fillna("")]


FORMATS: Mapping[str, Callable[[Job], Outcome]] = MappingProxyType(
    {
        "gdb": _gdb,
        "gpkg": _gpkg,
        "shp": _shapefiles,
        "geojson": _geojson,
        "vct": _vct,
        "kmz": _kmz,
        "dxf": _dxf,
        "xlsx": _xlsx,
    }
)
"""Name of each format → what writes it."""


def remove(places: Sequence[Path]) -> None:
    """Remove files and folders.

    Parameters
    ----------
    places
        What is to go.
    """
    for item in places:
        shutil.rmtree(item, ignore_errors=True) if item.is_dir() else item.unlink()
