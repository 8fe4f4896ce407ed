"""Say what files are: driver, encoding, coordinate system, layer and fields, what looks wrong; all with reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from onemap.errors import CRSError, LayerError, OnemapError, ReadError, without_passwords
from onemap.findings import SEVERITIES, Finding
from onemap.layers.catalogue import catalogue
from onemap.layers.conform import LayerMapping, conform
from onemap.layers.crs_names import geographic_of, is_local_system, is_offset_system, parse_crs
from onemap.layers.guessing import FieldGuess, LayerGuess, Proposal
from onemap.layers.mapping import AXES
from onemap.messages import text
from onemap.progress import Progress, silent
from onemap.sources import Reader, SourceLayer, list_layers, open_reader, read_file
from onemap.workflows.column_findings import column_findings
from onemap.workflows.comparing import compared_findings, spots_of
from onemap.workflows.locating import Located, locate, raster_facts
from onemap.workflows.looking import Look, look_at, names_of
from onemap.workflows.shift_hints import Spots
from onemap.workflows.submissions import form_faults
from onemap.workflows.templates import FilledForms, find_forms

__all__ = ["Inspected", "inspect_files"]

SAMPLES = 200
"""Findings of one rule that are listed for one layer; their number is given whole."""
_LIST_OF_COLUMNS = 12
_NOWHERE, _NO_FORM = Located(None), FilledForms()
_STAND_IN = "?"
_BY_GEOMETRY = {"Point": "places", "LineString": "works", "Polygon": "works"}
_OF_PROJECTS = ("OM-CRS-003", "OM-ATT-009", "OM-ATT-004")
"""Rules that speak of what a project says, or that analyses assume: no fault of a file by itself."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """One layer of one file, looked at.

    Attributes
    ----------
    path, layer
        File, and layer in it.
    driver, encoding, crs_declared
        As read; empty or None where the file does not say.
    rows
        Number of rows; None where the file cannot be read.
    columns
        Names of the columns.
    encoding_confidence, encoding_reason
        How sure the encoding is, 0–1, None where the format leaves no choice; why, by language.
    located
        Coordinate system: declared, likely, candidates.
    guesses
        Canonical layers it may be, best first.
    proposal
        How it becomes the best of them; None if it looks like none.
    bounds
        West, south, east, north in the file's own coordinates; None without places.
    findings
        What looks wrong, at most `SAMPLES` of a rule.
    totals
        Number of all findings by rule.
    exit_code
        0, or what the command line ends with because of a file that cannot be read (3) or is refused (4).
    spots
        Its places in degrees, to hold files against each other.
    """

    path: str
    layer: str = ""
    driver: str = ""
    encoding: str | None = None
    rows: int | None = None
    columns: tuple[str, ...] = ()
    encoding_confidence: float | None = None
    encoding_reason: tuple[str, str] = ("", "")
    located: Located = _NOWHERE
    guesses: tuple[LayerGuess, ...] = ()
    proposal: Proposal | None = None
    bounds: tuple[float, float, float, float] | None = None
    findings: tuple[Finding, ...] = ()
    totals: tuple[tuple[str, int], ...] = ()
    exit_code: int = 0
    spots: Spots | None = field(default=None, compare=False, repr=False)

    def lines(self, lang: str) -> list[tuple[str, str]]:
        """Give it as lines for people: label and value."""
        values = {"file": self.path + (f"#{self.layer}" if self.layer else "")}
        if not self.exit_code:
            values |= self._lines(lang)
        return [(text(f"inspect_{name}", lang), value) for name, value in values.items()]

    def fields(self, lang: str) -> list[tuple[str, str, str, str]]:
        """Give its columns for people: column, field, score, reason."""
        if self.proposal is None:
            return []
        return [
            (match.column, match.field, f"{match.score:.2f}", match.reason(lang))
            for match in _all_matches(self.proposal)
        ]

    def as_dict(self, lang: str = "en") -> dict[str, object]:
        """Give all of it as plain values, for JSON; reasons and messages in a language."""
        return {
            "path": self.path,
            "layer": self.layer,
            "driver": self.driver,
            "encoding": self.encoding,
            "encoding_confidence": self.encoding_confidence,
            "encoding_reason": self._encoding_reason(lang),
            "crs_declared": self.located.declared,
            "crs_likely": self.located.likely,
            "crs_reason": self.located.reason(lang),
            "crs_is_doubtful": self.located.is_doubtful,
            "crs_candidates": [
                {"crs": one.crs, "score": one.score, "reason": one.why(lang), "swapped": one.swapped}
                for one in self.located.guesses[:6]
            ],
            "rows": self.rows,
            "columns": list(self.columns),
            "layer_kind": self.guesses[0].layer if self.guesses else None,
            "layer_kinds": [
                {"layer": one.layer, "score": one.score, "fields": dict(one.fields)} for one in self.guesses
            ],
            "fields": self._fields(lang),
            "bounds": self.bounds,
            "findings": [
                {**finding.as_dict(), "message": finding.message(lang), "hint": finding.hint(lang)}
                for finding in self.findings
            ],
            "finding_totals": dict(self.totals),
            "exit_code": self.exit_code,
        }

    def _lines(self, lang: str) -> dict[str, str]:
        """Give what there is to say of a layer that was read."""
        best = ", ".join(f"{guess.layer} ({guess.score:.2f})" for guess in self.guesses[:3]) or "?"
        known = "" if self.encoding_confidence is None else f" ({self.encoding_confidence:.2f})"
        shown = list(self.columns) if self.proposal is None else self._unknown()
        many = f" … ({len(shown)})" if len(shown) > _LIST_OF_COLUMNS else ""
        lines = {
            "driver": self.driver,
            "rows": "-" if self.rows is None else str(self.rows),
            "encoding": f"{self.encoding or '-'}{known}",
            "crs": f"{_brief(self.located.declared)} / {_brief(self.located.likely)}",
            "crs_reason": self.located.reason(lang),
            "bounds": "-" if self.bounds is None else ", ".join(f"{value:.6f}" for value in self.bounds),
            "kind": best,
            "columns" if self.proposal is None else "unknown": ", ".join(shown[:_LIST_OF_COLUMNS]) + many,
        }
        return {name: value for name, value in lines.items() if value}

    def _unknown(self) -> list[str]:
        """Give the columns that nothing is known of."""
        known = {match.column for match in _all_matches(self.proposal)} if self.proposal is not None else set()
        return [column for column in self.columns if column not in known]

    def _encoding_reason(self, lang: str) -> str:
        """Say why that encoding."""
        return self.encoding_reason[("zh", "en").index(lang)]

    def _fields(self, lang: str) -> list[dict[str, object]]:
        """Give the columns for JSON."""
        matches = _all_matches(self.proposal) if self.proposal is not None else ()
        units = self.proposal.units if self.proposal is not None else {}
        return [
            {
                "column": match.column,
                "field": None if match.field.startswith("(") else match.field,
                "known_as": match.field.strip("()"),
                "score": match.score,
                "reason": match.reason(lang),
                "unit": units[match.field].value if match.field in units else None,
                "is_doubtful": match.is_doubtful,
            }
            for match in matches
        ]


def inspect_files(
    files: Sequence[Path], *, database: str | None = None, progress: Progress = silent
) -> list[Inspected]:
    """Look at files; one that cannot be read, or is refused, becomes an entry with a fatal finding.

    Parameters
    ----------
    files
        Files, geodatabases, folders or archives; with a database also "db:schema.table".
    database
        PostGIS database of these tables, without a password.
    progress
        Told of each file.

    Returns
    -------
    inspected
        One entry a layer of each file.
    """
    inspected: list[Inspected] = []
    with open_reader() as reader, progress.step("step_reading", len(files)) as done:
        for file in files:
            is_table = database is not None and str(file).startswith("db:")
            inspected += _inspect_table(file, database or "") if is_table else _inspect_file(file, reader)
            done(1)
    return _compared(inspected)


def _compared(inspected: Sequence[Inspected]) -> list[Inspected]:
    """Hold files that are looked at together against each other."""
    entries = list(inspected)
    found = compared_findings([(Path(one.path).name, one.layer, one.spots) for one in entries])
    for at, finding in found.items():
        one = entries[at]
        totals = tuple(sorted({**dict(one.totals), finding.rule: 1}.items()))
        entries[at] = replace(one, findings=(*one.findings, finding), totals=totals)
    return entries


def _inspect_file(file: Path, reader: Reader) -> list[Inspected]:
    """Look at each layer of one file; a layer that cannot be read does not hide the others."""
    try:
        if (raster := raster_facts(file, reader)) is not None:
            return [Inspected(str(file), **raster)]
        infos = list_layers(file, reader=reader)
        if not infos:
            raise ReadError("file_without_layers", path=file)
        forms = find_forms(file, infos, reader=reader)
    except OnemapError as error:
        return [_unread(file, "", error)]
    inspected = []
    for info in (one for one in infos if one.name not in forms.passed_over):
        try:
            source = read_file(file, layer=info.name or None, reader=reader)
            inspected.append(_inspected(file, source, forms))
        except OnemapError as error:
            inspected.append(_unread(file, info.name, error))
    return inspected


def _inspect_table(name: Path, database: str) -> list[Inspected]:
    """Look at one table of a database."""
    from onemap.sources.postgis import read_postgis

    try:
        return [_inspected(name, read_postgis(database, table=str(name).removeprefix("db:")))]
    except OnemapError as error:
        return [_unread(name, "", error)]


def _unread(file: Path, layer: str, error: OnemapError) -> Inspected:
    """Give what is known of a file or layer that cannot be read: why."""
    finding = _finding_of(error, without_passwords(file.name), layer)
    shown, totals = without_passwords(str(file)), ((finding.rule, 1),)
    return Inspected(shown, layer, findings=(finding,), totals=totals, exit_code=error.exit_code)


def _finding_of(error: OnemapError, file: str, sheet: str) -> Finding:
    """Give an error about an input as a finding."""
    cause = _cause(error)
    if not cause.rule:
        cause = ReadError("file_damaged", path=file, reason=str(cause)[:160])
    values = {name: value if isinstance(value, (int, float)) else str(value) for name, value in cause.values.items()}
    return Finding(cause.rule, layer="", file=file, values=values, sheet=sheet)


def _cause(error: OnemapError) -> OnemapError:
    """Give the innermost error: the one about the input itself."""
    inner = next((value for value in error.values.values() if isinstance(value, OnemapError)), None)
    return error if inner is None else _cause(inner)


def _inspected(file: Path, source: SourceLayer, forms: FilledForms = _NO_FORM) -> Inspected:
    """Put together what is known of one layer; a filled form says by its own headers what it is."""
    look = look_at(source, names_of(file, source.layer))
    form = forms.mapping_of(source)
    if form is not None:
        places = {axis: column for axis in AXES if (column := getattr(form, axis))}
        look = replace(look, guesses=(LayerGuess(form.layer, 1.0, {**form.fields, **places}),), proposal=None)
        located, met = Located(form.crs or source.crs), form_faults(source, form, forms)
    else:
        located, layer = locate(look), look.proposal.layer if look.proposal is not None else ""
        met = [replace(finding, layer=layer, file=file.name) for finding in source.findings]
        met += [*located.findings, *column_findings(look), *_row_findings(look, located)]
    findings = list({(one.rule, one.row, one.columns, one.action): one for one in met}.values())
    totals = Counter(finding.rule for finding in findings)
    return Inspected(
        path=str(file),
        layer=source.layer,
        driver=source.driver,
        encoding=source.encoding,
        rows=len(source.rows),
        columns=tuple(look.seen),
        encoding_confidence=source.encoding_confidence,
        encoding_reason=_encoding_reason(source),
        located=located,
        guesses=look.guesses,
        proposal=look.proposal,
        bounds=look.bounds,
        findings=tuple(_sampled(findings)),
        totals=tuple(sorted(totals.items())),
        spots=spots_of(look, located),
    )


def _sampled(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Give at most some of each rule, the worst rules first."""
    counts: Counter[str] = Counter()
    for finding in sorted(findings, key=lambda one: SEVERITIES.index(one.severity)):
        counts[finding.rule] += 1
        if counts[finding.rule] <= SAMPLES:
            yield finding


def _encoding_reason(source: SourceLayer) -> tuple[str, str]:
    """Say why an encoding was taken, in Chinese and English."""
    if not source.encoding_reason:
        return "", ""
    zh, en = (text(source.encoding_reason, lang, **source.encoding_values) for lang in ("zh", "en"))
    return zh, en


def _row_findings(look: Look, located: Located) -> list[Finding]:
    """Conform by the guessed mapping, for what it finds; nothing of the result is kept."""
    likely = located.likely
    if not len(look.source.rows) or not look.has_places or likely is None or is_local_system(likely):
        return []
    found: list[Finding] = []
    for crs in dict.fromkeys((None if located.declared else likely, likely)):
        try:
            working = "EPSG:4490" if is_offset_system(likely) else geographic_of(parse_crs(likely)).to_wkt()
            mapping = _mapping(look, crs)
            conformed = conform(look.source, mapping, working_crs=working, file=look.source.path.name)
        except (CRSError, LayerError) as error:
            found.append(_finding_of(error, look.source.path.name, look.source.layer))
            continue
        return [*found, *(finding for finding in conformed.findings if finding.rule not in _OF_PROJECTS)]
    return found


def _mapping(look: Look, crs: str | None) -> LayerMapping:
    """Map a source so that it conforms; what is required and not there is stood in for."""
    proposal = look.proposal
    if proposal is None:
        layer = next((_BY_GEOMETRY[kind] for kind in look.kinds if kind in _BY_GEOMETRY), "places")
        mapping = LayerMapping(layer, crs=crs)
        missing: Sequence[str] = [one.name for one in catalogue()[layer].fields.values() if one.required]
    else:
        mapping = proposal.mapping(crs, with_places=not look.has_geometry)
        missing = proposal.missing
    fields = catalogue()[mapping.layer].fields
    stand_ins = {name: fields[name].values[0] if fields[name].values else _STAND_IN for name in missing}
    numbers = {name: fields[name].minimum or 0.0 for name in missing if fields[name].kind in {"number", "integer"}}
    return replace(mapping, constants={**mapping.constants, **stand_ins, **numbers})


def _all_matches(proposal: Proposal) -> tuple[FieldGuess, ...]:
    """Give columns of coordinates and yes/no columns beside the others."""
    places = proposal.coordinates
    axes = places.fields.items() if places is not None else ()
    extra = [FieldGuess(column, key, places.score, places.how) for key, column in axes if places is not None]
    for name, members in proposal.members.items():
        extra += [FieldGuess(column, name, 0.95, "guess_member", member) for column, member in members.items()]
    return (*proposal.matches, *extra)


def _brief(crs: str | None) -> str:
    """Name a system on one line."""
    return "-" if crs is None else crs.split('"')[1] if crs.count('"') > 1 else crs[:60]
