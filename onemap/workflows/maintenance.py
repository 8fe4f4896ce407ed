"""Annual maintenance: two deliveries compared, and what changed between them written as a delivery of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from onemap.config import DeliverySettings, ProjectSettings
from onemap.delivery.changes import Changes, apply_changes, base_codes, compare_deliveries
from onemap.delivery.checked import CheckedLayer
from onemap.delivery.metadata import DeliveryFacts, write_metadata
from onemap.delivery.profile import Profile, load_profile
from onemap.delivery.writers.arrow import WrittenLayer
from onemap.errors import LayerError, ProjectError, ReadError, WriteError
from onemap.findings import Finding, findings_table
from onemap.progress import Progress, silent
from onemap.sources import Reader, open_reader
from onemap.workflows.checked_files import checked_files, read_checked
from onemap.workflows.delivery_formats import FORMATS, Job, loss_findings, name_of
from onemap.workflows.manifest import fingerprint, write_manifest
from onemap.workflows.plain_tables import write_csv
from onemap.workflows.staging import staged

__all__ = ["Maintained", "maintain"]

TABLE, FINDINGS = "changes.csv", "findings.csv"
METADATA, NOTE = "metadata.xml", "data_note.docx"
PROVEN_BY = ("gdb", "gpkg", "shp", "geojson", "vct")
_COUNTY_DIGITS = 6
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Maintained:
    """What came of comparing two deliveries.

    Attributes
    ----------
    folder
        Folder with the changes; None where they could not be compared, and nothing is written.
    counts
        Layer of the base → number of features added, changed, removed.
    findings
        Features that cannot be compared, identifiers that look given anew, what a format could not hold.
    """

    folder: Path | None
    counts: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Number of findings that are errors or worse."""
        return sum(one.severity in {"error", "fatal"} for one in self.findings)

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for JSON."""
        return {
            "folder": None if self.folder is None else str(self.folder),
            "changes": {name: dict(counts) for name, counts in self.counts.items()},
            "findings": [one.as_dict() for one in self.findings],
        }


def maintain(
    old: Path,
    new: Path,
    out: Path,
    *,
    date: dt.date,
    profile: str = "annual-maintenance",
    code: str = "",
    name: str = "",
    formats: Sequence[str] = ("gdb",),
    values: Mapping[str, str] = _NOTHING,
    progress: Progress = silent,
) -> Maintained:
    """Compare two deliveries and write the layers before, of change and after.

    What is written is read back, applied to the old delivery, and must give the new one.

    Parameters
    ----------
    old, new
        The deliveries: geodatabase, GeoPackage, VCT, Shapefile, or a folder of one.
    out
        Output folder; an earlier output there is replaced when everything is written.
    date
        Date of the changes.
    profile
        Name of a profile with a table `[changes]`, or its file.
    code
        The county's six digits; if empty, those that all identifiers begin with.
    name
        Name of the county, for the names of files.
    formats
        Formats to write, as for a delivery; the first must be one that holds whole layers (not KMZ, DXF or a workbook).
    values
        Values of fields that only whoever delivers can give.
    progress
        Told how far it is.

    Returns
    -------
    maintained
        Folder, counts and findings. Nothing is written where features cannot be compared.

    Raises
    ------
    ReadError
        If a delivery, or a layer of it, cannot be read.
    RefusedError
        If a file is hostile.
    LayerError
        If one of the deliveries holds none of the layers, or they differ in their system of coordinates.
    ProjectError
        If the profile, a value, a format or the county's code is wrong.
    WriteError
        If the changes cannot be written, or do not lead from the old delivery to the new.
    """
    rules = load_profile(Path(profile) if profile.endswith(".toml") else profile)
    _require_formats(formats)
    about = _about(name, code, date)
    with open_reader() as reader:
        with progress.step("step_reading", 2) as done:
            before = _layers_of(old, rules, reader)
            done(1)
            after = _layers_of(new, rules, reader)
            done(1)
        changes = compare_deliveries(before, after, rules, date=date, values=values)
        if not changes.layers:
            return Maintained(None, {}, changes.findings)
        about = about.model_copy(update={"code": code or _county(changes, rules)})
        with staged(out) as folder:
            settings = DeliverySettings.model_validate({"profile": profile, "formats": tuple(formats)})
            job = Job(about, settings, rules, tuple(changes.layers.values()), folder, reader)
            with progress.step("step_delivery", len(formats)) as done:
                written, lost = _write(job, done)
            _prove(written, (before, after), rules, reader)
            findings = (*changes.findings, *lost)
            _write_beside(job, changes, findings)
            write_manifest(
                folder,
                inputs={"old": fingerprint(old), "new": fingerprint(new)},
                operations=[],
                settings={
                    "profile": rules.name,
                    "date": date.isoformat(),
                    "formats": list(formats),
                    "values": dict(values),
                },
                findings=findings,
            )
    return Maintained(out, changes.counts(), findings)


def _require_formats(formats: Sequence[str]) -> None:
    """Require formats that there are, the first one that can be read back whole."""
    unknown = [one for one in formats if one not in FORMATS]
    if unknown or not formats or formats[0] not in PROVEN_BY:
        wrong = unknown[0] if unknown else (formats[0] if formats else "-")
        raise ProjectError("changes_format", format=wrong, formats=", ".join(FORMATS), first=", ".join(PROVEN_BY))


def _about(name: str, code: str, date: dt.date) -> ProjectSettings:
    """Give what the changes are of; the county's name may be empty."""
    try:
        about = ProjectSettings(name=name or "-", code=code, date=date)
    except ValidationError as error:
        problems = "; ".join(f"{one['loc'][0]}: {one['msg']}, got {one['input']}" for one in error.errors())
        raise ProjectError("changes_about", problems=problems) from error
    return about.model_copy(update={"name": name})


def _layers_of(path: Path, profile: Profile, reader: Reader) -> dict[str, CheckedLayer]:
    """Read the layers of a delivery that the profile compares."""
    wanted = base_codes(profile)
    layers: dict[str, CheckedLayer] = {}
    for file in checked_files(path):
        for layer in read_checked(file, reader):
            if layer.problem and (layer.name in wanted or layer.name == file.stem):
                raise ReadError("changes_unreadable", path=str(path), layer=layer.name, problem=layer.problem)
            if layer.name in wanted:
                layers[layer.name] = layer
    if not layers:
        raise LayerError("changes_no_layer", layers=", ".join(wanted[:6]), path=str(path))
    return layers


def _county(changes: Changes, profile: Profile) -> str:
    """Give the six digits that all identifiers begin with."""
    if not profile.bsm.pattern.startswith(("{county", "{district")):
        return ""
    starts = sorted({str(one)[:_COUNTY_DIGITS] for one in changes.table["identifier"]})
    if len(starts) > 1 or any(not one.isdecimal() or len(one) < _COUNTY_DIGITS for one in starts):
        raise ProjectError("changes_county", found=", ".join(starts[:5]))
    return starts[0] if starts else ""


def _write(job: Job, done: Callable[[int], None]) -> tuple[list[WrittenLayer], list[Finding]]:
    """Write each format; give the layers of the first, and what was lost."""
    first: list[WrittenLayer] = []
    lost: list[Finding] = []
    for name in job.settings.formats:
        written, losses = FORMATS[name](job)
        first = first or written
        lost += loss_findings(losses, job.settings)
        done(1)
    return first, lost


def _prove(
    written: Sequence[WrittenLayer],
    deliveries: tuple[Mapping[str, CheckedLayer], Mapping[str, CheckedLayer]],
    profile: Profile,
    reader: Reader,
) -> None:
    """Apply what was written to the old delivery and require the new one."""
    changes: dict[str, CheckedLayer] = {}
    for path in dict.fromkeys(one.path for one in written):
        changes |= {layer.name: layer for layer in read_checked(path, reader)}
    updated = {
        code: CheckedLayer(code, frame, (), None if frame.crs is None else str(frame.crs.to_wkt()))
        for code, frame in apply_changes(deliveries[0], changes, profile).items()
    }
    rest = compare_deliveries(updated, deliveries[1], profile, date=dt.date(2000, 1, 1))
    if len(rest.table) or not rest.layers:
        problem = f"{len(rest.table)} features differ from the new delivery"
        raise WriteError("delivery_read_back", path=written[0].path.name, layer=profile.name, problem=problem)


def _write_beside(job: Job, changes: Changes, findings: Sequence[Finding]) -> None:
    """Write the list of changes, the findings, the metadata and the data note."""
    from onemap.delivery.metadata_note import write_note

    names = job.profile.delivery
    write_csv(changes.table, job.target / TABLE)
    if findings:
        write_csv(findings_table(findings), job.target / FINDINGS)
    facts = DeliveryFacts(
        title=Path(name_of(names.vector, job.about)).stem,
        abstract="；".join(
            f"{layer}：新增 {one['added']}，变更 {one['changed']}，删除 {one['removed']}"
            for layer, one in changes.counts().items()
        ),
        date=job.about.date,
        classification=job.about.data_class,
        layers=job.layers,
        organisation=job.settings.organisation,
        contact=job.settings.contact,
        profile=job.profile.title_zh or job.profile.name,
        formats=job.settings.formats,
        quality=(),
        lineage=[],
        losses=[f"{one.file} {one.layer}：{one.message('zh')}" for one in findings if "allowed" in one.values],
        simulated=job.about.simulated,
    )
    write_metadata(facts, job.target / name_of(names.metadata or METADATA, job.about))
    write_note(facts, job.target / name_of(names.note or NOTE, job.about))
