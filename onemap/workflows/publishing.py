"""Make the public copy of a delivery: what may be known of it, in the formats of the project, and a map.

Nothing is taken over but what is allowed: the manifest of a public copy names no input, no path, no row and no setting
beside the table `publish`, and there is no log.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from onemap.config import DeliverySettings, Project
from onemap.config.publish_settings import DEFAULT_GRID_M, PublishSettings
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.mapping import Mapped, map_to_profile
from onemap.delivery.profile import Profile, load_profile
from onemap.findings import Finding, severity_counts
from onemap.layers.catalogue import schema
from onemap.messages import text
from onemap.progress import Progress, silent
from onemap.sources import open_reader
from onemap.workflows.delivery_formats import FORMATS, Job, loss_findings
from onemap.workflows.identifiers_before import identifiers_before
from onemap.workflows.manifest import fingerprint, versions
from onemap.workflows.public_layers import public_grid, public_layers, require_public, require_public_fields
from onemap.workflows.reading import Inputs, read_layers
from onemap.workflows.run import Outcome
from onemap.workflows.staging import MANIFEST, staged
from onemap.workflows.viewing import view_settings

__all__ = ["publish_project"]


def publish_project(project: Project, out: Path, *, lang: str | None = None, progress: Progress = silent) -> Outcome:
    """Write the public copy of a project's delivery, and swap it in as a whole.

    Parameters
    ----------
    project
        The project file; its table `publish` says what may be public.
    out
        Output folder; an earlier output there is replaced when everything is written.
    lang
        Language that the map shows first, that of the project if None.
    progress
        Told how far it is.

    Returns
    -------
    outcome
        Paths and findings.

    Raises
    ------
    RefusedError
        If the project or a layer is of a secret class.
    ProjectError
        If a field to publish is unknown or may not be published.
    WriteError
        If a format cannot be written. What was in `out` before is still there, as after any error.
    """
    settings = project.publish
    profile = _profile(project)
    require_public_fields(profile, settings)
    with staged(out) as folder:
        inputs = read_layers(project, progress=progress)
        wanted = list(dict.fromkeys(name for layer in profile.layers for name in layer.sources))
        found = require_public(inputs.layers, wanted, project_class=project.project.data_class, settings=settings)
        mapped = _mapped(project, profile, inputs)
        layers, origins, left_out = public_layers(mapped, settings)
        with progress.step("step_delivery"):
            lost = _write_formats(project, profile, layers, folder / "delivery")
        found += [*left_out, *_remarks(settings), *lost]
        has_map = _write_map(project, layers, origins, folder, lang=lang or project.project.language)
        _write_manifest(folder, layers, found, publish=_about(mapped, settings))
    findings = (*inputs.findings, *mapped.findings, *found)
    paths = {"delivery": out / "delivery", **({"public_map": out / "map" / "index.html"} if has_map else {})}
    errors = sum(one.severity in {"error", "fatal"} for one in lost)
    return Outcome({**paths, "manifest": out / MANIFEST}, findings, errors, ())


def _profile(project: Project) -> Profile:
    """Load the profile of the delivery."""
    name = (project.delivery or DeliverySettings()).profile
    file = project.resolve(name)
    return load_profile(file if file.suffix == ".toml" else name)


def _mapped(project: Project, profile: Profile, inputs: Inputs) -> Mapped:
    """Map the layers as for the delivery itself."""
    return map_to_profile(
        inputs.layers,
        profile,
        county_code=project.project.code,
        county_name=project.project.name,
        districts=inputs.layers.get("districts"),
        cut_long_text=True,
        before=identifiers_before(project),
    )


def _remarks(settings: PublishSettings) -> list[Finding]:
    """Say what the project leaves open."""
    findings = []
    if not settings.review_number:
        findings.append(Finding("OM-OUT-153", "delivery"))
    if settings.grid_m is None:
        findings.append(Finding("OM-OUT-155", "delivery", values={"grid_m": f"{DEFAULT_GRID_M:g}"}))
    return findings


def _write_formats(project: Project, profile: Profile, layers: Sequence[DeliveryLayer], target: Path) -> list[Finding]:
    """Write the layers in each format of the delivery; without the cells, whose sectors tell more than is public."""
    settings = project.delivery or DeliverySettings()
    target.mkdir()
    found = []
    with open_reader() as reader:
        job = Job(project.project, settings, profile, tuple(layers), target, reader, cells=None)
        for name in settings.formats:
            found += loss_findings(FORMATS[name](job)[1], settings)
    return found


def _write_map(
    project: Project, layers: Sequence[DeliveryLayer], origins: Mapping[str, pd.DataFrame], folder: Path, *, lang: str
) -> bool:
    """Write a map of the published places, each with a running number; False if there is nothing to show."""
    from onemap.views.web_map import write_map

    shown = _shown(layers, origins)
    if not shown:
        return False
    (folder / "map").mkdir()
    county = {"zh": project.project.name, "en": project.project.title_en or project.project.name}
    settings = dataclasses.replace(
        view_settings(project, lang=lang, review_number=project.publish.review_number),
        title_zh=text("public_map_title", "zh", county=county["zh"]),
        title_en=text("public_map_title", "en", county=county["en"]),
    )
    write_map(folder / "map" / "index.html", layers=shown, results={}, elevation=None, settings=settings)
    return True


def _shown(layers: Sequence[DeliveryLayer], origins: Mapping[str, pd.DataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Give the published places by canonical layer, with numbers for identifiers."""
    rows = [origins[layer.code].assign(place=layer.frame.geometry.to_numpy()) for layer in layers]
    once = pd.concat(rows, ignore_index=True).drop_duplicates(["canonical_layer", "id", "part"])
    crs = next((layer.frame.crs for layer in layers if layer.frame.crs is not None), None)
    shown = {}
    for name, of_layer in once.groupby("canonical_layer", sort=True):
        numbers = [str(number) for number in range(1, len(of_layer) + 1)]
        identifier = schema(str(name)).id_field
        columns = {identifier: numbers} if identifier else {}
        shown[str(name)] = gpd.GeoDataFrame(columns, geometry=of_layer["place"].to_list(), crs=crs)
    return shown


def _about(mapped: Mapped, settings: PublishSettings) -> dict[str, object]:
    """Say what is allowed, and how coarse the places are."""
    grid = public_grid(mapped, settings)
    steps = {} if grid is None else {"step_x": grid.step_x, "step_y": grid.step_y, "unit": grid.unit}
    return {
        "fields": list(settings.fields),
        "original_ids": settings.original_ids,
        "review_number": settings.review_number,
        "grid": {"metres_at_least": settings.grid_m or DEFAULT_GRID_M, **steps},
    }


def _write_manifest(
    folder: Path, layers: Sequence[DeliveryLayer], found: Sequence[Finding], *, publish: Mapping[str, object]
) -> None:
    """Say what the copy holds, and nothing of where it comes from."""
    by_rule = {rule: sum(one.rule == rule for one in found) for rule in sorted({one.rule for one in found})}
    files = [item for item in sorted(folder.rglob("*")) if item.is_file()]
    content = {
        "format": 1,
        "public": True,
        "versions": versions(),
        "publish": publish,
        "layers": {
            layer.code: {"rows": len(layer.frame), "fields": [field.name for field in layer.fields]} for layer in layers
        },
        "findings": {"by_severity": severity_counts(found), "by_rule": by_rule},
        "outputs": {item.relative_to(folder).as_posix(): fingerprint(item) for item in files},
    }
    words = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / MANIFEST).write_text(words + "\n", encoding="utf-8")
