"""Forms that offices fill in: write them, and know them again when they come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from onemap.errors import ProjectError, WriteError
from onemap.findings import Finding
from onemap.layers.catalogue import schema
from onemap.layers.conform import LayerMapping
from onemap.layers.dates import parse_date
from onemap.layers.template_columns import template_layers
from onemap.layers.templates import (
    MARK_SHEET,
    SUBMISSION_ITEMS,
    TEMPLATE_VERSION,
    required_columns,
    template_layer,
    template_mapping,
)
from onemap.layers.values import cell_text
from onemap.messages import LANGUAGES, entry, text
from onemap.progress import Progress, silent
from onemap.sources import LayerInfo, Reader, SourceLayer, read_file
from onemap.workflows.file_staging import staged_file

__all__ = ["FilledForms", "find_forms", "form_findings", "write_templates"]


@dataclass(frozen=True, slots=True)
class FilledForms:
    """What a file says of itself as a filled form; nothing, for any other file.

    Attributes
    ----------
    marked
        Layer that the file is marked as a form of; empty if it is not.
    passed_over
        Sheets that hold no rows of data: the mark, the submission, the notes.
    constants
        Canonical field → value for all rows, from the sheet of the submission.
    findings
        What is wrong with that sheet.
    stated
        That sheet, as read.
    """

    marked: str = ""
    passed_over: frozenset[str] = frozenset()
    constants: Mapping[str, str | float | int | bool] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    stated: tuple[SourceLayer, ...] = ()

    def mapping_of(self, source: SourceLayer) -> LayerMapping | None:
        """Give the exact mapping of a table that is a filled form, None for any other.

        Parameters
        ----------
        source
            A layer or sheet of the file.
        """
        columns = [str(column) for column in source.frame.columns]
        has_places = source.geometry is not None
        layer = template_layer(columns, marked="" if has_places else self.marked, has_places=has_places)
        return template_mapping(layer, columns, constants=self.constants) if layer else None


def write_templates(
    layers: Sequence[str], out: Path, *, lang: str = "zh", progress: Progress = silent
) -> tuple[Path, ...]:
    """Write the forms of layers into a folder, a workbook each.

    Parameters
    ----------
    layers
        Canonical layers; all that offices submit if empty.
    out
        Folder; it is made if it is not there.
    lang
        Language of the forms, "zh" or "en".
    progress
        Told of each form.

    Returns
    -------
    paths
        The workbooks written. One that is there already, with the same content, stays as it is.

    Raises
    ------
    ProjectError
        If there is no such layer.
    WriteError
        If a file of that name is there and differs: it may be filled in, so nothing at all is written.
    """
    from onemap.views.templates import write_template

    known = template_layers()
    for layer in layers:
        if layer not in known:
            raise ProjectError("template_unknown_layer", layer=layer, known=", ".join(known))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError("output_unwritable", path=str(out), problem=error.strerror or str(error)) from error
    wanted = list(dict.fromkeys(layers)) or list(known)
    targets = []
    with ExitStack() as stack, progress.step("step_writing", len(wanted)) as done:
        for layer in wanted:
            target = out / f"{_file_name(layer, lang)}.xlsx"
            written = write_template(stack.enter_context(staged_file(target)), layer, lang=lang)
            if target.exists() and target.read_bytes() != written.read_bytes():
                raise WriteError("template_exists", path=str(target))
            targets.append(target)
            done(1)
    return tuple(targets)


def find_forms(file: Path, infos: Sequence[LayerInfo], *, reader: Reader) -> FilledForms:
    """Look for the mark and the submission of a filled form in a file.

    Parameters
    ----------
    file
        The file.
    infos
        Its layers or sheets.
    reader
        Worker to read with.

    Returns
    -------
    forms
        What the file says of itself; a table without any mark is still known by its headers.

    Raises
    ------
    ReadError, RefusedError
        If a sheet cannot be read.
    """
    names = {info.name for info in infos}
    submissions = names & {text("template_sheet_submission", lang) for lang in LANGUAGES}
    notes = names & {text("template_sheet_notes", lang) for lang in LANGUAGES}
    marks = _marks(file, reader) if MARK_SHEET in names else {}
    layer = marks.get("layer", "")
    if not (marks or submissions):
        return FilledForms()
    findings = _version_findings(marks, file, layer)
    constants: dict[str, str] = {}
    sheets = tuple(read_file(file, layer=name, header_row=1, reader=reader) for name in sorted(submissions))
    for sheet in sheets:
        stated, found = _submission(sheet, layer)
        constants |= stated
        findings += found
    passed_over = frozenset({*submissions, *notes, *([MARK_SHEET] if marks else [])})
    return FilledForms(layer, passed_over, constants, tuple(findings), sheets)


def form_findings(source: SourceLayer, mapping: LayerMapping) -> tuple[Finding, ...]:
    """Say what the headers and rows of a filled form lack, or hold besides.

    Parameters
    ----------
    source
        The sheet as read.
    mapping
        Its mapping, from `FilledForms.mapping_of`.

    Returns
    -------
    findings
        Columns that are not of the form, required ones that were taken out, no row but the example.
    """
    columns = [str(column) for column in source.frame.columns]
    places = (mapping.lon, mapping.lat, mapping.shape)
    taken = {*mapping.fields.values(), *(name for named in mapping.yes_no.values() for name in named), *places}

    def found(rule: str, *, column: str = "") -> Finding:
        is_there = column in columns
        return Finding(
            rule,
            layer=mapping.layer,
            file=source.path.name,
            row=source.header_row if is_there else None,
            values={"column": column} if column else {},
            sheet=source.layer,
            columns=(column,) if is_there else (),
        )

    extra = [found("OM-FLD-031", column=column) for column in columns if column not in taken]
    lost = required_columns(mapping, has_places=source.geometry is not None)
    findings = [*extra, *(found("OM-FLD-032", column=column) for column in lost)]
    for column, marks in mapping.leave_out.items():
        if all(cell_text(cell) in marks for cell in source.frame[column]):
            findings.append(found("OM-PKG-063"))
    return tuple(findings)


def _file_name(layer: str, lang: str) -> str:
    """Name the workbook of a form, without its ending."""
    name = f"{layer}_{schema(layer).alias_zh}" if lang == "zh" else layer
    return text("template_file", lang, name=name)


def _marks(file: Path, reader: Reader) -> dict[str, str]:
    """Read the hidden sheet of a form; empty if it does not say a known layer."""
    frame = read_file(file, layer=MARK_SHEET, header_row=1, reader=reader).frame
    if frame.shape[1] < 2:
        return {}
    keys, values = ([cell_text(cell) or "" for cell in frame.iloc[:, at]] for at in (0, 1))
    marks = dict(zip(keys, values, strict=True))
    return marks if marks.get("layer") in template_layers() else {}


def _version_findings(marks: Mapping[str, str], file: Path, layer: str) -> list[Finding]:
    """Remark on a form of another version."""
    if not marks or marks.get("version") == str(TEMPLATE_VERSION):
        return []
    values = {"wanted": TEMPLATE_VERSION, "value": marks.get("version", "")}
    return [Finding("OM-PKG-062", layer=layer, file=file.name, values=values)]


def _submission(source: SourceLayer, layer: str) -> tuple[dict[str, str], list[Finding]]:
    """Read the sheet of the submission: what it states for all rows, and what is missing or wrong."""
    if source.frame.shape[1] < 2:
        return {}, []
    labels, contents = ([cell_text(cell) or "" for cell in source.frame.iloc[:, at]] for at in (0, 1))
    constants: dict[str, str] = {}
    findings: list[Finding] = []

    def note(rule: str, at: int, **values: object) -> None:
        findings.append(
            Finding(
                rule,
                layer=layer,
                file=source.path.name,
                row=int(source.rows[at]),
                values={"item": labels[at].removesuffix("*"), **values},
                sheet=source.layer,
                columns=(str(source.frame.columns[1]),),
            )
        )

    for at, (label, content) in enumerate(zip(labels, contents, strict=True)):
        item = _item_of(label)
        if not content:
            if label.endswith("*"):
                note("OM-PKG-060", at)
        elif item in _READ:
            value, wanted = _READ[item](content)
            if value is None:
                note("OM-PKG-061", at, wanted=wanted, value=content)
            elif item != "crs":
                constants[item] = value
    return constants, findings


def _item_of(label: str) -> str:
    """Give the item that a label of the submission asks for; empty for any other."""
    plain = label.removesuffix("*")
    asked = {
        entry(f"template_info_{item}")[lang].removesuffix("*"): item for item in SUBMISSION_ITEMS for lang in LANGUAGES
    }
    return asked.get(plain, "")


def _as_text(content: str) -> tuple[str | None, str]:
    """Take a text."""
    return content, ""


def _as_date(content: str) -> tuple[str | None, str]:
    """Read a day."""
    return parse_date(content), "YYYY-MM-DD"


def _as_crs(content: str) -> tuple[str | None, str]:
    """Require the system of all templates."""
    is_known = "4490" in content or "2000" in content
    return content if is_known else None, "CGCS2000 (EPSG:4490)"


_READ: Mapping[str, Callable[[str], tuple[str | None, str]]] = {
    "submitter": _as_text,
    "security_class": _as_text,
    "data_date": _as_date,
    "crs": _as_crs,
}
"""How the items that concern the data are read: the value, and what is wanted; None: cannot be read."""
