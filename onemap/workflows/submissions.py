"""What offices have sent, file by file: tables with their mappings, and everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from onemap.config import Project
from onemap.errors import CRSError, LayerError, OnemapError, ReadError
from onemap.findings import Finding
from onemap.layers.conform import Conformed, LayerMapping, conform
from onemap.layers.crs_names import crs_label, parse_crs
from onemap.layers.join import join_layers
from onemap.progress import Progress, silent
from onemap.sources import LayerInfo, Reader, SourceLayer, list_layers, open_reader, read_file
from onemap.sources.guard import FORMATS
from onemap.workflows.locating import locate
from onemap.workflows.looking import look_at, names_of
from onemap.workflows.project_text import usable
from onemap.workflows.reading import mapping_of
from onemap.workflows.templates import FilledForms, find_forms, form_findings

__all__ = ["Submission", "form_faults", "submitted_files", "submitted_project"]

WORKING_CRS = "EPSG:4490"
_LACKING = "OM-FLD-032"
_DATUM_STEPS = frozenset({"OM-CRS-004", "OM-CRS-014"})
"""Rules that ask for parameters of a datum: no fault of the office, whose cells can be looked at without them."""


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """One table that was sent.

    Attributes
    ----------
    file, sheet
        File as findings name it, layer or sheet in it.
    source
        The table as read; None where it cannot be read.
    mapping
        How it is conformed; None where it is not known what it is.
    submitter
        Who sent it, as it says of all its rows; empty where it does not.
    """

    file: str
    sheet: str
    source: SourceLayer | None
    mapping: LayerMapping | None
    submitter: str = ""


def submitted_files(files: Sequence[Path], *, progress: Progress = silent) -> tuple[list[Submission], list[Finding]]:
    """Read files as they were sent, conform what can be, and note everything that is wrong.

    A filled form is conformed by its own headers, any other table by what its headers and values speak for. Nothing is
    asked of the place of rows but that their coordinates fit their system.

    Parameters
    ----------
    files
        Files, folders or archives.
    progress
        Told of each file.

    Returns
    -------
    submissions
        The tables.
    findings
        What is wrong with them, in the order of files, sheets and rows; a file that cannot be read is a finding.
    """
    single = [one for file in files for one in _files_in(file)]
    with open_reader() as reader, progress.step("step_reading", len(single)) as done:
        intake = _Intake(reader)
        for file, label in zip(single, _labels(single), strict=True):
            intake.take_file(file, label)
            done(1)
    return intake.submissions, [*intake.findings, *intake.standing_again()]


def submitted_project(
    project: Project, findings: Sequence[Finding], *, progress: Progress = silent
) -> list[Submission]:
    """Read again those files of a project that something is wrong with.

    Parameters
    ----------
    project
        The project file.
    findings
        What a run has found.
    progress
        Told of each file.

    Returns
    -------
    submissions
        The tables, as the project names and maps them.
    """
    at_fault = {finding.file for finding in findings}
    wanted = [source for source in project.source if source.path in at_fault]
    submissions = []
    with open_reader() as reader, progress.step("step_reading", len(wanted)) as done:
        for one in wanted:
            table = read_file(
                project.resolve(one.path),
                layer=one.source_layer or None,
                encoding=one.encoding,
                header_row=one.header_row,
                reader=reader,
            )
            submitter = str(one.constants.get("submitter", ""))
            submissions.append(Submission(one.path, table.layer, table, mapping_of(one), submitter))
            done(1)
    return submissions


def form_faults(source: SourceLayer, mapping: LayerMapping, forms: FilledForms) -> list[Finding]:
    """Say everything that is wrong with one filled form by itself.

    Parameters
    ----------
    source
        The sheet as read.
    mapping
        Its mapping, from `FilledForms.mapping_of`.
    forms
        What the file says of itself.

    Returns
    -------
    findings
        Of the reading, the submission, the headers and the rows.
    """
    label = source.path.name
    remarks = form_findings(source, mapping)
    found = [replace(one, file=label, sheet=source.layer, layer=mapping.layer) for one in source.findings]
    found += [*forms.findings, *remarks]
    if any(one.rule == _LACKING for one in remarks):
        return found
    try:
        return [*found, *_conformed(source, mapping, label).findings]
    except (CRSError, LayerError) as error:
        return [*found, _unread(error, label, source.layer)]


Part = tuple[str, Conformed]


@dataclass(slots=True)
class _Intake:
    """What has come in so far."""

    reader: Reader
    submissions: list[Submission] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def take_file(self, file: Path, label: str) -> None:
        """Take in all tables of a file."""
        try:
            infos = list_layers(file, reader=self.reader)
            forms = find_forms(file, infos, reader=self.reader)
        except OnemapError as error:
            self.give_up(error, label, "")
            return
        submitter = str(forms.constants.get("submitter", ""))
        self.submissions += [Submission(label, sheet.layer, sheet, None, submitter) for sheet in forms.stated]
        self.findings += [replace(finding, file=label) for finding in forms.findings]
        for info in infos:
            if info.name in forms.passed_over:
                continue
            try:
                source = read_file(file, layer=info.name or None, reader=self.reader)
            except OnemapError as error:
                self.give_up(error, label, info.name)
            else:
                mapping, remarks = _mapping(file, info, source, forms)
                self.take_table(source, mapping, remarks, label=label, constants=forms.constants)

    def take_table(
        self,
        source: SourceLayer,
        mapping: LayerMapping | None,
        remarks: Sequence[Finding],
        *,
        label: str,
        constants: Mapping[str, str | float | int | bool],
    ) -> None:
        """Take in one table, and conform it if it is known what it is."""
        layer = source.layer if mapping is None else mapping.layer
        if mapping is not None:
            mapping = replace(mapping, constants={**mapping.constants, **constants})
        submitter = str(({} if mapping is None else mapping.constants).get("submitter", ""))
        self.submissions.append(Submission(label, source.layer, source, mapping, submitter))
        self.findings += [
            replace(one, file=label, sheet=source.layer, layer=layer) for one in (*source.findings, *remarks)
        ]
        if mapping is None or any(one.rule == _LACKING for one in remarks):
            return
        try:
            conformed = _conformed(source, mapping, label)
        except (CRSError, LayerError) as error:
            self.findings.append(_unread(error, label, source.layer))
            return
        self.findings += conformed.findings
        self.parts.append((mapping.layer, conformed))

    def give_up(self, error: OnemapError, label: str, sheet: str) -> None:
        """Note a file or table that cannot be read."""
        self.submissions.append(Submission(label, sheet, None, None))
        self.findings.append(_unread(error, label, sheet))

    def standing_again(self) -> list[Finding]:
        """Find the rows that stand again, in one table or in several."""
        groups: dict[tuple[str, str], list[Conformed]] = {}
        for layer, conformed in self.parts:
            groups.setdefault((layer, crs_label(parse_crs(conformed.layer.crs))), []).append(conformed)
        return [
            finding
            for (layer, _), together in groups.items()
            for finding in join_layers(layer, together).findings[sum(len(part.findings) for part in together) :]
        ]


def _files_in(path: Path) -> list[Path]:
    """Give the files of a folder that may hold tables, each sent by its own office; any other path as it is."""
    if not path.is_dir() or path.suffix.lower() == ".gdb":
        return [path]
    inside = sorted(path.rglob("*"))
    return [
        one
        for one in inside
        if FORMATS.get(one.suffix.lower(), "GTiff") != "GTiff"
        and not one.name.startswith((".", "~"))
        and not any(parent.suffix.lower() == ".gdb" for parent in one.relative_to(path).parents)
    ]


def _labels(files: Sequence[Path]) -> list[str]:
    """Name files as their offices know them; by their whole path where two have one name."""
    names = [file.name for file in files]
    return [name if names.count(name) == 1 else str(file) for file, name in zip(files, names, strict=True)]


def _mapping(
    file: Path, info: LayerInfo, source: SourceLayer, forms: FilledForms
) -> tuple[LayerMapping | None, Sequence[Finding]]:
    """Give the exact mapping of a filled form, else the one that headers and values speak for; None if none does.

    With it comes what is wrong with the headers of a form, or with the system of the coordinates of any other table.
    """
    exact = forms.mapping_of(source)
    if exact is not None:
        return exact, form_findings(source, exact)
    look = look_at(source, names_of(file, info.name))
    located = locate(look)
    if look.proposal is None or not usable(look, located):
        return None, located.findings
    crs = located.likely if located.declared is None or located.contradicts else None
    return look.proposal.mapping(crs, with_places=not look.has_geometry), located.findings


def _conformed(source: SourceLayer, mapping: LayerMapping, label: str) -> Conformed:
    """Conform a table; where parameters of a datum would be needed, in its own datum."""
    try:
        return conform(source, mapping, working_crs=WORKING_CRS, file=label)
    except CRSError as error:
        crs = mapping.crs or source.crs
        if error.rule not in _DATUM_STEPS or crs is None:
            raise
        own = parse_crs(crs).geodetic_crs
        if own is None:
            raise
        return conform(source, mapping, working_crs=own.to_wkt(), file=label)


def _unread(error: OnemapError, label: str, sheet: str) -> Finding:
    """Give an error about a file or table as a finding."""
    cause: OnemapError = error
    while inner := next((value for value in cause.values.values() if isinstance(value, OnemapError)), None):
        cause = inner
    if not cause.rule:
        cause = ReadError("file_damaged", path=label, reason=str(cause)[:160])
    values = {name: label if name == "path" else str(value) for name, value in cause.values.items()}
    return Finding(cause.rule, layer="", file=label, values=values, sheet=sheet)
