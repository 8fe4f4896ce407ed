"""The report of a check as JSON, for other programs; `report.schema.json` beside this module says what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from onemap import __version__, messages
from onemap.findings import Finding
from onemap.messages import LANGUAGES
from onemap.views.check_report.facts import CheckReport, MendedCell, RuleResult, WaivedFinding, rule_results

__all__ = ["report_as_dict", "report_schema", "write_json"]

_FORMAT = "onemap-check-report"
_VERSION = 1


def report_schema() -> dict[str, object]:
    """Give the JSON Schema of the report.

    Returns
    -------
    schema
        Of draft 2020-12.

    Examples
    --------
    >>> report_schema()["title"]
    'Report of a check'
    """
    content: dict[str, object] = json.loads(
        (files("onemap.views.check_report") / "report.schema.json").read_text(encoding="utf-8")
    )
    return content


def write_json(report: CheckReport, path: Path, *, lang: str = "zh") -> None:
    """Write the report as JSON; texts stand in both languages.

    Parameters
    ----------
    report
        What was found.
    path
        File to write.
    lang
        Taken by all formats; not used here.

    Examples
    --------
    >>> import datetime, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "report.json"
    >>> write_json(CheckReport("x.gdb", "generic", {}, [], [], datetime.date(2026, 1, 1)), path)
    >>> json.loads(path.read_text(encoding="utf-8"))["summary"]["passed"]
    True
    """
    del lang
    content = json.dumps(report_as_dict(report), ensure_ascii=False, allow_nan=False, indent=1)
    path.write_bytes((content + "\n").encode("utf-8", "replace"))


def report_as_dict(report: CheckReport) -> dict[str, object]:
    """Give the report as plain values.

    Parameters
    ----------
    report
        What was found.

    Returns
    -------
    content
        As the schema says; the counts of the findings of a rule add up to its total, listed or not.

    Examples
    --------
    >>> import datetime
    >>> report = CheckReport("x.gdb", "generic", {"SZGYSSD": 2}, [], [], datetime.date(2026, 1, 1))
    >>> report_as_dict(report)["layers"]
    [{'layer': 'SZGYSSD', 'features': 2}]
    """
    results = rule_results(report)
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "generator": f"onemap {__version__}",
        "date": report.date.isoformat(),
        "checked": report.name,
        "profile": report.profile,
        "summary": {
            "passed": report.passed,
            "layers": len(report.layers),
            "features": sum(report.layers.values()),
            "rules": len(results),
            **report.severities,
            "waived": report.waived_count,
            "mended": len(report.mended),
            **{f"conclusion_{lang}": report.conclusion(lang) for lang in LANGUAGES},
        },
        "layers": [{"layer": layer, "features": count} for layer, count in report.layers.items()],
        "rules": [_rule(one) for one in results],
        "findings": [entry for one in results for entry in _findings(one)],
        "waived": [_waived(one) for one in report.waived],
        "mended": [_mended(one) for one in report.mended],
    }


def _rule(result: RuleResult) -> dict[str, object]:
    """Give what a rule gave."""
    return {
        "rule": result.rule,
        "severity": result.severity,
        **{f"title_{lang}": result.title(lang) for lang in LANGUAGES},
        "item_code": result.item.code,
        **{f"primary_{lang}": result.item.primary[lang] for lang in LANGUAGES},
        **{f"secondary_{lang}": result.item.secondary[lang] for lang in LANGUAGES},
        "counts": "layers" if result.of_layers else "features",
        "checked": result.checked,
        "failed": result.failed,
        "findings": result.total,
        "listed": len(result.samples),
    }


def _findings(result: RuleResult) -> Iterator[dict[str, object]]:
    """Give the findings of a rule: those listed, then for each layer how many are not."""
    for finding in result.samples:
        yield _finding(finding)
    for layer, count in result.rest.items():
        texts = {f"message_{lang}": messages.text("check_report_rest", lang, count=count) for lang in LANGUAGES}
        empty = Finding(result.rule, layer)
        yield {**_placed(empty), **texts, "count": count}


def _finding(finding: Finding) -> dict[str, object]:
    """Give one finding."""
    return {**_placed(finding), **{f"message_{lang}": finding.message(lang) for lang in LANGUAGES}, "count": 1}


def _placed(finding: Finding) -> dict[str, object]:
    """Give rule and place of a finding."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "layer": finding.layer,
        "file": finding.file,
        "row": finding.row,
        "feature": finding.feature,
        "lon": finding.lon,
        "lat": finding.lat,
    }


def _waived(one: WaivedFinding) -> dict[str, object]:
    """Give a finding that somebody accepts."""
    return {**_finding(one.finding), "by": one.by, "reason": one.reason}


def _mended(one: MendedCell) -> dict[str, object]:
    """Give a cell that was mended."""
    names = ("rule", "layer", "row", "feature", "field", "before", "after")
    return {name: getattr(one, name) for name in names}
