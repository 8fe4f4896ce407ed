"""Return lists (退改清单): what an office must mend, at its own file, sheet, row and column; a workbook a submitter."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from onemap.config import Project
from onemap.errors import LayerError, WriteError
from onemap.findings import Finding
from onemap.layers.catalogue import schema
from onemap.layers.columns import find_column
from onemap.layers.values import cell_text
from onemap.messages import text
from onemap.progress import Progress, silent
from onemap.views.returns import ReturnLine, ReturnTable, write_returns
from onemap.workflows.file_staging import staged_file
from onemap.workflows.staging import MANIFEST, staged
from onemap.workflows.submissions import Submission, submitted_files, submitted_project

__all__ = ["Returned", "return_files", "return_lines", "return_project"]

RETURNED = frozenset({"fatal", "error", "warning"})
"""Severities that an office must act on."""
_NO_CONCERN_OF_OFFICES = frozenset({"OM-ENC-001", "OM-CRS-051"})
"""Rules about what onemap has settled by itself: encoding and system that are found where the format names none."""
_AT_IDENTIFIER = frozenset({"OM-ATT-005", "OM-ATT-006"})
"""Rules about the identifier of a row, found only where all sources are together."""
_MISSING = "OM-ATT-001"
_NAME_BYTES = 80
_MARKED_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Returned:
    """What was written.

    Attributes
    ----------
    paths
        Submitter → its workbook; empty where nothing has to be mended.
    faults
        Number of lines in all of them.
    """

    paths: Mapping[str, Path]
    faults: int

    def as_dict(self) -> dict[str, object]:
        """Give it as plain values, for JSON."""
        return {"faults": self.faults, "lists": {name: str(path) for name, path in self.paths.items()}}


def return_files(files: Sequence[Path], out: Path, *, lang: str = "zh", progress: Progress = silent) -> Returned:
    """Write the return lists of files as they were sent.

    Parameters
    ----------
    files
        Files, folders or archives; filled forms above all.
    out
        Folder of the lists, or one workbook (.xlsx) for all of them.
    lang
        Language of the texts.
    progress
        Told of each file.

    Returns
    -------
    returned
        Where they are. Nothing is written where there is nothing to mend.

    Raises
    ------
    RefusedError
        If the folder holds something that onemap did not make.
    WriteError
        If it cannot be written; what was there before is still there.
    """
    submissions, findings = submitted_files(files, progress=progress)
    return _written(submissions, findings, out, lang)


def return_project(
    project: Project, findings: Sequence[Finding], out: Path, *, lang: str = "zh", progress: Progress = silent
) -> Returned:
    """Write the return lists of what a run of a project has found in its sources.

    Parameters
    ----------
    project
        The project file.
    findings
        What the run has found.
    out, lang, progress
        As in `return_files`.

    Returns
    -------
    returned
        Where they are.

    Raises
    ------
    RefusedError, WriteError
        As in `return_files`.
    """
    known = {source.path for source in project.source}
    about = [finding for finding in findings if finding.file in known and finding.severity in RETURNED]
    return _written(submitted_project(project, about, progress=progress), about, out, lang)


def return_lines(submissions: Sequence[Submission], findings: Sequence[Finding]) -> list[tuple[str, ReturnLine]]:
    """Give what must be mended, one line a cell: the submitter and the line.

    A fault of two cells, such as coordinates that are swapped, has a line for each of them.

    Parameters
    ----------
    submissions
        The tables.
    findings
        What is wrong with them.

    Returns
    -------
    lines
        In the order of submitters, files, sheets, rows and columns.
    """
    tables = {(one.file, one.sheet): _Table.of(one) for one in submissions}
    senders = {one.file: one.submitter for one in submissions if one.submitter}
    gone = {(one.file, one.sheet, one.row) for one in findings if one.action == "rejected"}
    lines = []
    for finding in findings:
        if finding.severity in RETURNED and finding.rule not in _NO_CONCERN_OF_OFFICES:
            place = (finding.file, finding.sheet)
            table = tables.get(place) or _Table(Submission(*place, None, None, senders.get(finding.file, "")), (), {})
            is_gone = (*place, finding.row) in gone
            lines += [(table.submitter(finding.row), line) for line in table.lines(finding, is_rejected=is_gone)]
    lines.sort(key=lambda one: (one[0], *_place(one[1])))
    twice = _twice_said(lines)
    return [one for at, one in enumerate(lines) if at not in twice]


@dataclass(frozen=True, slots=True)
class _Table:
    """One table with what is needed to find a cell in it."""

    submission: Submission
    names: tuple[str, ...]
    at_row: Mapping[int, int]
    who_at: int | None = None

    @classmethod
    def of(cls, submission: Submission) -> _Table:
        """Prepare a table."""
        source = submission.source
        if source is None:
            return cls(submission, (), {})
        names = tuple(str(name) for name in source.frame.columns)
        table = cls(submission, names, {row: at for at, row in enumerate(source.rows.tolist())})
        column = None if submission.mapping is None else submission.mapping.fields.get("submitter")
        return table if column is None else replace(table, who_at=table.position(column))

    def submitter(self, row: int | None) -> str:
        """Say who sent a row: what it says itself, what is said for all, else the name of the file."""
        return self.value(row, self.who_at) or self.submission.submitter or Path(self.submission.file).stem

    def position(self, column: str) -> int | None:
        """Find a column by its name; None if it is not there."""
        try:
            return find_column(column, self.names, layer="", file=self.submission.file)
        except LayerError:
            return None

    def value(self, row: int | None, position: int | None) -> str:
        """Give what stands in a cell, empty if nothing does."""
        source, at = self.submission.source, None if row is None else self.at_row.get(row)
        if source is None or position is None:
            return ""
        if at is None:
            return self.names[position] if row is not None and row == source.header_row else ""
        return cell_text(source.frame.iloc[at, position]) or ""

    def lines(self, finding: Finding, *, is_rejected: bool) -> list[ReturnLine]:
        """Give the lines of one finding."""
        positions = self.positions(finding)
        letters = () if self.submission.source is None else self.submission.source.positions
        return [
            ReturnLine(
                file=self.submission.file,
                sheet=self.submission.sheet,
                row=finding.row,
                column=letters[position] if position is not None and letters else None,
                header="" if position is None else self.names[position],
                value=self.value(finding.row, position)
                if position is not None
                else str(finding.values.get("value", "")),
                finding=finding,
                is_rejected=is_rejected,
            )
            for position in positions
        ]

    def positions(self, finding: Finding) -> list[int | None]:
        """Find the columns that a finding is about; [None] for a whole row or table."""
        mapping, columns = self.submission.mapping, finding.columns
        if not columns and mapping is not None and finding.rule in _AT_IDENTIFIER:
            columns = tuple(filter(None, [mapping.fields.get(schema(mapping.layer).id_field)]))
        found = [at for at in map(self.position, columns) if at is not None]
        counted = finding.values.get("column")
        if not found and isinstance(counted, int) and self.submission.source is not None:
            letters = self.submission.source.positions
            found = [letters.index(counted - 1)] if counted - 1 in letters else []
        return list(found) or self.holding(finding)

    def holding(self, finding: Finding) -> list[int | None]:
        """Find the one cell of a row that holds the value a finding names; [None] for the whole row."""
        source, value = self.submission.source, finding.values.get("value")
        at = None if finding.row is None else self.at_row.get(finding.row)
        if source is None or at is None or not isinstance(value, str) or not value:
            return [None]
        places = [place for place, cell in enumerate(source.frame.iloc[at]) if cell_text(cell) == value]
        return [places[0]] if len(places) == 1 else [None]


def _place(line: ReturnLine) -> tuple[str, str, int, int, str]:
    """Give the order of a line."""
    row, column = line.row, line.column
    return line.file, line.sheet, -1 if row is None else row, -1 if column is None else column, line.finding.rule


def _twice_said(lines: Sequence[tuple[str, ReturnLine]]) -> set[int]:
    """Find cells that are called missing only because what stands in them cannot be read, which another line says."""
    unread = {_cell(line) for _, line in lines if line.finding.rule != _MISSING}
    return {
        at
        for at, (_, line) in enumerate(lines)
        if line.finding.rule == _MISSING and line.value and _cell(line) in unread
    }


def _cell(line: ReturnLine) -> tuple[str, str, int | None, str]:
    """Name the cell of a line."""
    return line.file, line.sheet, line.row, line.header


def _written(submissions: Sequence[Submission], findings: Sequence[Finding], out: Path, lang: str) -> Returned:
    """Write the lines: a workbook a submitter into a folder, or one workbook for all."""
    lines = return_lines(submissions, findings)
    by_submitter: dict[str, list[ReturnLine]] = {}
    for submitter, line in lines:
        by_submitter.setdefault(submitter, []).append(line)
    if out.suffix.lower() == ".xlsx":
        return _written_as_one(submissions, by_submitter, out, lang)
    if not lines and not (out / MANIFEST).is_file():
        return Returned({}, 0)
    names = _file_names(by_submitter, lang)
    with staged(out) as folder:
        for submitter, found in by_submitter.items():
            tables = _tables(submissions, found, {submitter})
            write_returns(folder / names[submitter], submitter, found, tables, lang=lang)
        told = {"returns": {names[submitter]: len(found) for submitter, found in by_submitter.items()}}
        (folder / MANIFEST).write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return Returned({submitter: out / name for submitter, name in names.items()}, len(lines))


def _written_as_one(
    submissions: Sequence[Submission], by_submitter: Mapping[str, list[ReturnLine]], out: Path, lang: str
) -> Returned:
    """Write the lines of all submitters into one workbook."""
    lines = [line for found in by_submitter.values() for line in found]
    if not lines:
        return Returned({}, 0)
    who = ("、" if lang == "zh" else ", ").join(by_submitter)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError("output_unwritable", path=str(out), problem=error.strerror or str(error)) from error
    with staged_file(out) as staged_workbook:
        write_returns(staged_workbook, who, lines, _tables(submissions, lines, set(by_submitter)), lang=lang)
    return Returned({who: out}, len(lines))


def _tables(
    submissions: Sequence[Submission], lines: Sequence[ReturnLine], submitters: AbstractSet[str]
) -> list[ReturnTable]:
    """Give the tables of submitters as their list counts and marks them: their own rows, and nobody else's."""
    at_fault = {(line.file, line.sheet) for line in lines}
    tables = []
    for one in submissions:
        source, table = one.source, _Table.of(one)
        if source is None or (one.file, one.sheet) not in at_fault:
            continue
        rows = source.rows.tolist()
        own = [at for at, row in enumerate(rows) if table.submitter(row) in submitters]
        places = range(len(table.names)) if source.positions and len(own) <= _MARKED_ROWS else ()
        cells = [[cell_text(cell) for cell in source.frame.iloc[own, place]] for place in places]
        tables.append(
            ReturnTable(
                file=one.file,
                sheet=one.sheet,
                rows=tuple(rows[at] for at in own),
                header_row=source.header_row,
                names=table.names,
                positions=source.positions,
                cells=tuple(map(tuple, cells)),
            )
        )
    return tables


def _file_names(submitters: Iterable[str], lang: str) -> dict[str, str]:
    """Name the workbooks after their submitters: letters, digits and hanzi only, no name twice."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for submitter in submitters:
        signs = unicodedata.normalize("NFKC", submitter)
        plain = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in signs).strip("_")
        short = plain.encode()[:_NAME_BYTES].decode(errors="ignore") or "_"
        name, number = short, 2
        while name.casefold() in taken:
            name, number = f"{short}_{number}", number + 1
        taken.add(name.casefold())
        names[submitter] = f"{text('return_file', lang, name=name)}.xlsx"
    return names
