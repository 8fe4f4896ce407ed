"""Map the layers of a project to a delivery profile, check them, write them in each format."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from onemap import messages
from onemap.config import DeliverySettings, Project
from onemap.delivery.checked import CheckedLayer
from onemap.delivery.mapping import map_to_profile
from onemap.delivery.metadata import DeliveryFacts, write_metadata
from onemap.delivery.profile import Profile, load_profile
from onemap.delivery.quality import QualityLine, check_layers, quality_summary, rule_counts
from onemap.delivery.writers.arrow import WrittenLayer
from onemap.errors import WriteError
from onemap.findings import Finding, findings_table, severity_counts
from onemap.progress import Progress, silent
from onemap.sources import open_reader
from onemap.workflows.converting import require_kinds
from onemap.workflows.delivery_formats import FORMATS, Job, loss_findings, name_of, places_of, remove
from onemap.workflows.disk_space import disk_full
from onemap.workflows.identifiers_before import TRACE_FILE, identifiers_before
from onemap.workflows.plain_tables import write_csv
from onemap.workflows.reading import Inputs

__all__ = ["Delivered", "deliver"]

log = logging.getLogger(__name__)

QUALITY_FILE = "quality.json"
FIELDS_FILE = "fields.csv"
FINDINGS_FILE = "findings.csv"
METADATA_FILE, NOTE_FILE, REPORT_FILE = "metadata.xml", "data_note.docx", "quality_report.docx"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of a delivery.

    Attributes
    ----------
    findings
        Findings of mapping and checking.
    summary
        What each rule looked at, and what failed.
    """

    findings: tuple[Finding, ...] = ()
    summary: tuple[QualityLine, ...] = ()

    @property
    def errors(self) -> int:
        """Number of findings that are errors or worse; losses that the project allows are none."""
        counts = severity_counts(self.findings)
        return counts["fatal"] + counts["error"]


def deliver(project: Project, inputs: Inputs, folder: Path, *, progress: Progress = silent) -> Delivered:
    """Write the delivery of a project into `folder/delivery`.

    Parameters
    ----------
    project
        The project file; its table `delivery` names the profile and the formats.
    inputs
        The layers.
    folder
        Folder of the output, staged.
    progress
        Told how far it is.

    Returns
    -------
    delivered
        Findings and the summary of the quality check. A delivery with error findings is written all the same, with the
        findings beside it: whoever delivers decides. A format that cannot hold the data is left out, which is an error
        finding; the others are delivered.

    Raises
    ------
    ProjectError
        If the profile is wrong or needs what the project does not say, or a kind of loss is not known.
    LayerError
        If the profile needs a layer that the project lacks.
    """
    settings = project.delivery or DeliverySettings()
    require_kinds(settings.allow_losses)
    profile = _profile(project, settings).in_language(project.project.language)
    with progress.step("step_delivery", len(settings.formats) + 1) as done:
        districts = inputs.layers.get("districts")
        mapped = map_to_profile(
            inputs.layers,
            profile,
            county_code=project.project.code,
            county_name=project.project.name,
            districts=districts,
            cut_long_text=True,
            before=identifiers_before(project),
        )
        checked = {code: CheckedLayer.from_delivery(layer) for code, layer in mapped.layers.items()}
        found = check_layers(checked, profile, districts=districts)
        summary = quality_summary(found, rule_counts(checked, profile, districts=districts))
        done(1)
        target = folder / "delivery"
        target.mkdir()
        with open_reader() as reader:
            job = Job(
                project.project,
                settings,
                profile,
                tuple(mapped.layers.values()),
                target,
                reader,
                inputs.layers.get("cells"),
            )
            written, lost = _write_formats(job, done)
        findings = (*mapped.findings, *found, *lost)
        _write_beside(target, findings, mapped.trace, summary=summary, written=written)
        _describe(job, inputs, summary, lost)
        _report(job, found, summary)
    return Delivered(findings, tuple(summary))


def _describe(job: Job, inputs: Inputs, summary: Sequence[QualityLine], lost: Sequence[Finding]) -> None:
    """Write the metadata and the data note, named as the profile wants."""
    from onemap.delivery.metadata_note import write_note

    names, project = job.profile.delivery, job.about
    title = Path(name_of(names.vector, job.about)).stem.removesuffix("矢量数据")
    lang = project.language
    comma, colon = ("、", "：") if lang == "zh" else (", ", ": ")
    codes = comma.join(layer.alias or layer.code for layer in job.layers if len(layer.frame))
    facts = DeliveryFacts(
        title=title,
        abstract=job.settings.abstract or (f"{project.name}{colon}{codes}" if codes else ""),
        date=project.date,
        classification=project.data_class,
        layers=job.layers,
        organisation=job.settings.organisation,
        contact=job.settings.contact,
        profile=("，" if lang == "zh" else "; ").join(filter(None, (job.profile.title(lang), job.profile.based_on))),
        formats=job.settings.formats,
        quality=summary,
        lineage=[_came(one, lang) for one in inputs.operations],
        losses=[f"{one.file} {one.layer}{colon}{one.message(lang)}" for one in lost],
        simulated=project.simulated,
        lang=lang,
    )
    write_metadata(facts, job.target / name_of(names.metadata or METADATA_FILE, job.about))
    write_note(facts, job.target / name_of(names.note or NOTE_FILE, job.about))


def _report(job: Job, found: Sequence[Finding], summary: Sequence[QualityLine]) -> None:
    """Write the quality report in the form that departments use, named as the profile wants."""
    from onemap.views.check_report import CheckReport
    from onemap.views.check_report.as_docx import write_docx

    names = job.profile.delivery
    report = CheckReport(
        name=name_of(names.vector, job.about),
        profile=job.profile.name,
        layers={layer.code: len(layer.frame) for layer in job.layers},
        findings=found,
        counted=summary,
        date=job.about.date,
    )
    write_docx(report, job.target / name_of(names.report or REPORT_FILE, job.about), lang=job.about.language)


def _came(operation: Mapping[str, object], lang: str) -> str:
    """Tell how a source came to the working system."""
    known = operation.get("accuracy_m") is not None
    return messages.text("note_came" if known else "note_came_unknown", lang, **operation)


def _write_formats(job: Job, done: Callable[[int], None]) -> tuple[list[WrittenLayer], list[Finding]]:
    """Write each format; give what was written, what was lost, and the formats that are left out."""
    written: list[WrittenLayer] = []
    findings: list[Finding] = []
    for name in job.settings.formats:
        try:
            more, losses = FORMATS[name](job)
        except WriteError as error:
            if disk_full(error, job.target, out=job.target) is not None:
                raise
            findings.append(_not_written(name, error, job))
        else:
            written += more
            findings += loss_findings(losses, job.settings)
        done(1)
    return written, findings


def _not_written(name: str, error: WriteError, job: Job) -> Finding:
    """Leave out a format that cannot hold the data, and say so; the others are delivered."""
    log.warning("format %s is not delivered: %s", name, error)
    remove(places_of(name, job))
    values = {"format": name, "problem": str(error), "problem_zh": error.text("zh")}
    return Finding("OM-OUT-101", "delivery", file=name, values=values)


def _profile(project: Project, settings: DeliverySettings) -> Profile:
    """Load the profile: one that comes with onemap, or a file named relative to the project."""
    file = project.resolve(settings.profile)
    return load_profile(file if file.suffix == ".toml" else settings.profile)


def _write_beside(
    target: Path,
    findings: Sequence[Finding],
    trace: pd.DataFrame,
    *,
    summary: Sequence[QualityLine],
    written: Sequence[WrittenLayer],
) -> None:
    """Write what belongs to a delivery beside its layers: quality, origin of each row, fields as stored."""
    quality = {
        "summary": [
            {
                "rule": line.rule,
                "severity": line.severity,
                "checked": line.checked,
                "failed": line.failed,
                "zh": line.text("zh"),
                "en": line.text("en"),
            }
            for line in summary
        ],
        "findings": [finding.as_dict() for finding in findings],
    }
    content = json.dumps(quality, ensure_ascii=False, indent=1, allow_nan=False)
    (target / QUALITY_FILE).write_text(content + "\n", encoding="utf-8")
    write_csv(trace, target / TRACE_FILE)
    stored = [
        {
            "file": layer.path.relative_to(target).as_posix(),
            "layer": layer.code,
            "rows": layer.rows,
            "field": field.name,
            "stored_as": field.stored_name,
            "width": field.width or None,
        }
        for layer in written
        for field in layer.fields
    ]
    write_csv(pd.DataFrame(stored).astype({"width": "Int64"}) if stored else pd.DataFrame(), target / FIELDS_FILE)
    if findings:
        write_csv(findings_table(findings), target / FINDINGS_FILE)
