"""Check a delivery, or any layers, by the rules of a profile."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd

from onemap import messages
from onemap.delivery.checked import CheckedLayer
from onemap.delivery.examining import MISSING_RULE, MOST_SAMPLES, Examined, examine_layers
from onemap.delivery.profile import load_profile
from onemap.delivery.quality import QualityLine, quality_lines
from onemap.delivery.waivers import Waiver, load_waivers
from onemap.findings import SEVERITIES, Finding
from onemap.layers.conform import LayerMapping, conform
from onemap.layers.guessing import guess_fields
from onemap.progress import Progress, silent
from onemap.sources import Reader, list_layers, open_reader, read_file
from onemap.workflows.checked_files import checked_files, files_left, read_checked, read_tables

__all__ = ["Checked", "check_path"]

SINGLE_LAYER_ENDINGS = {".shp", ".geojson", ".json", ".csv"}
WORKING_CRS = "EPSG:4490"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    path
        What was checked.
    profile
        Name of the profile.
    findings
        Faults, of each rule at most a thousand.
    lines
        What each rule looked at, and what failed.
    layers
        Layer → number of features.
    totals
        Rule and layer → number of findings, listed or not.
    waived
        Findings that a file of waivers took out.
    waivers
        The waivers of that file, each with the number of findings that it took out.
    left
        Files of the folder, in the format that was checked, whose layers were not looked at.
    """

    path: Path
    profile: str
    findings: tuple[Finding, ...]
    lines: tuple[QualityLine, ...]
    layers: tuple[tuple[str, int], ...]
    totals: Mapping[tuple[str, str], int] = field(default_factory=dict)
    waived: tuple[tuple[Finding, Waiver], ...] = ()
    waivers: tuple[tuple[Waiver, int], ...] = ()
    left: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings by severity, worst first, listed or not."""
        counts = dict.fromkeys(SEVERITIES, 0)
        for (rule, _), number in self.totals.items():
            counts[messages.entry(rule)["severity"]] += number
        return counts

    @property
    def errors(self) -> int:
        """Number of findings that are errors or worse."""
        return self.counts["fatal"] + self.counts["error"]

    def summary(self, lang: str) -> list[str]:
        """Give one line a rule, in the words that receiving departments use."""
        return [line.text(lang) for line in self.lines]

    def text_lines(self, lang: str) -> list[str]:
        """Say which files were left, which rules list some findings only, what each counted, and what is waived."""
        left = [messages.text("check_file_left", lang, file=file) for file in self.left]
        return [*left, *self.unlisted_lines(lang), *self.summary(lang), *self.waiver_lines(lang)]

    def waiver_lines(self, lang: str) -> list[str]:
        """Say of each waiver how many findings it took out, by whom and why; and how many all together."""
        lines = [
            messages.text(
                "waiver_used" if number else "waiver_unused",
                lang,
                rule=one.rule,
                layer=one.layer or "*",
                feature=one.bsm or one.row or "*",
                count=number,
                by=one.by,
                reason=one.reason,
            )
            for one, number in self.waivers
        ]
        total = sum(number for _, number in self.waivers)
        return [*lines, messages.text("waivers_counted", lang, count=total)] if lines else []

    def unlisted_lines(self, lang: str) -> list[str]:
        """Say of which rules only some findings are listed."""
        listed, found = Counter(one.rule for one in self.findings), Counter[str]()
        for (rule, _), number in self.totals.items():
            found[rule] += number
        return [
            messages.text("findings_unlisted", lang, rule=rule, listed=listed[rule], count=number)
            for rule, number in sorted(found.items())
            if number > listed[rule]
        ]

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for JSON."""
        return {
            "path": str(self.path),
            "profile": self.profile,
            "layers": dict(self.layers),
            "left": list(self.left),
            "counts": self.counts,
            "rules": [{"rule": line.rule, "checked": line.checked, "failed": line.failed} for line in self.lines],
            "findings": [finding.as_dict() for finding in self.findings],
            "totals": [
                {"rule": rule, "layer": layer, "count": number} for (rule, layer), number in self.totals.items()
            ],
            "waived": [{**finding.as_dict(), "waived_by": by.by, "reason": by.reason} for finding, by in self.waived],
            "waivers": [{**one.model_dump(mode="json"), "count": number} for one, number in self.waivers],
        }


def check_path(
    path: Path,
    *,
    profile: str = "telecom-special-plan",
    districts: Path | None = None,
    waivers: Path | None = None,
    today: dt.date | None = None,
    most: int | None = MOST_SAMPLES,
    progress: Progress = silent,
) -> Checked:
    """Check a geodatabase, GeoPackage, Shapefile, GeoJSON or VCT file, or the first of these in a folder.

    Parameters
    ----------
    path
        What to check. Of a folder with a delivery in several formats the geodatabase is checked, else the GeoPackage,
        else all Shapefiles.
    profile
        Name of a delivery profile, or its file.
    districts
        File with a layer of districts (of that name, or its only one); places and codes are checked against it.
    waivers
        File of waivers: what it names is taken out of the findings and stands in `waived`.
    today
        Day of the check, after which waivers may have ended; None leaves their ends aside.
    most
        Findings of one rule that are listed; None for all. Totals are true in any case.
    progress
        Told of each layer.

    Returns
    -------
    checked
        Findings and summary.

    Raises
    ------
    ReadError
        If there is nothing to check, or the districts cannot be read.
    RefusedError
        If a file is hostile.
    ProjectError
        If the profile or the file of waivers is wrong.
    """
    accepted = () if waivers is None else load_waivers(waivers)
    rules = load_profile(Path(profile) if profile.endswith(".toml") else profile)
    files = checked_files(path)
    is_folder = path.is_dir() and path.suffix.lower() != ".gdb"
    with open_reader() as reader:
        county = None if districts is None else _districts(districts, reader)
        with progress.step("step_reading", len(files)) as done:
            layers, again = _layers_of(files, reader, done)
        package = tuple(item.name for item in path.iterdir()) if is_folder else None
        tables, unreadable = read_tables(path, rules, reader) if is_folder else ({}, [])
        layers |= {layer.name: layer for layer in unreadable}
    found = examine_layers(
        layers, rules, districts=county, tables=tables, package=package, waivers=accepted, today=today, most=most
    )
    if path.suffix.lower() in SINGLE_LAYER_ENDINGS:  # a layer on its own need not bring the others
        found = _without_presence(found)
    return Checked(
        path,
        rules.name,
        findings=tuple(found.findings),
        lines=tuple(quality_lines(found.checked, found.failed())),
        layers=tuple((name, len(layer.frame)) for name, layer in layers.items()),
        totals=dict(found.totals),
        waived=tuple(found.waived),
        waivers=tuple((one, found.waived_totals[place]) for place, one in enumerate(accepted)),
        left=tuple(
            file.name if file == path else file.relative_to(path).as_posix()
            for file in sorted({*files_left(path, files), *again})
        ),
    )


def _layers_of(
    files: Sequence[Path], reader: Reader, done: Callable[[int], None]
) -> tuple[dict[str, CheckedLayer], list[Path]]:
    """Read the layers of files by name; of two with one name the first, and tell the files that bring a name again."""
    layers: dict[str, CheckedLayer] = {}
    again: list[Path] = []
    for file in files:
        for layer in read_checked(file, reader):
            if layer.name in layers:
                again.append(file)
            else:
                layers[layer.name] = layer
        done(1)
    return layers, again


def _without_presence(found: Examined) -> Examined:
    """Leave out what is said of layers that are not there."""
    return replace(
        found,
        findings=[finding for finding in found.findings if finding.rule != MISSING_RULE],
        totals=Counter({key: number for key, number in found.totals.items() if key[0] != MISSING_RULE}),
        checked=Counter({rule: number for rule, number in found.checked.items() if rule != MISSING_RULE}),
    )


def _districts(path: Path, reader: Reader) -> gpd.GeoDataFrame:
    """Read a layer of districts in whatever spelling."""
    names = [info.name for info in list_layers(path, reader=reader)]
    name = next((one for one in names if one in {"districts", "XZQ", "行政区"}), names[0] if names else None)
    source = read_file(path, layer=name or None, reader=reader)
    guessed = guess_fields("districts", list(source.frame.columns))
    fields = {key: column for key, column in guessed.items() if key in {"code", "name"}}
    mapping = LayerMapping("districts", fields=fields)
    return conform(source, mapping, working_crs=WORKING_CRS, file=path.name).layer
