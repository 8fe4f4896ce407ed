"""The report of a check as one page: the conclusion first, check items, then findings by rule; nothing is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from onemap import __version__, messages
from onemap.findings import Finding
from onemap.views.check_report.facts import (
    MOST_SAMPLES,
    CheckReport,
    MendedCell,
    RuleResult,
    WaivedFinding,
    rule_results,
    sentence,
    severest,
)
from onemap.views.escaping import plain

__all__ = ["write_html"]

_OPEN_ROWS = 50  # lists up to this long stand open


def write_html(report: CheckReport, path: Path, *, lang: str = "zh") -> None:
    """Write the report as one page in one language.

    Parameters
    ----------
    report
        What was found.
    path
        File to write.
    lang
        "zh" or "en".

    Examples
    --------
    >>> import datetime, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "report.html"
    >>> write_html(CheckReport("x.gdb", "generic", {}, [], [], datetime.date(2026, 1, 1)), path, lang="en")
    >>> "it passes" in path.read_text(encoding="utf-8")
    True
    """
    results = rule_results(report)
    content = _template().render(
        t=lambda text_id, **values: messages.text(f"check_report_{text_id}", lang, **values),
        lang=lang,
        style=(files("onemap.views") / "assets" / "report.css").read_text(encoding="utf-8"),
        report=report,
        name=plain(report.name),
        profile=plain(report.profile),
        generator=f"onemap {__version__}",
        conclusion=plain(report.conclusion(lang)),
        basis=[plain(one) for one in report.basis(lang)],
        layers=[(plain(layer), count) for layer, count in report.layers.items()],
        figures=_figures(report, results, lang),
        items=_items(results, lang),
        groups=[_group(one, lang) for one in severest(results)],
        waived=[_waived(one, lang) for one in report.waived[:MOST_SAMPLES]],
        mended=[[plain(cell) for cell in _mended_cells(one)] for one in report.mended[:MOST_SAMPLES]],
        most=f"{MOST_SAMPLES:,}",
    )
    path.write_bytes(content.encode("utf-8", "replace"))


def _template() -> jinja2.Template:
    """Give the page's template; whatever is put into it is escaped."""
    source = (files("onemap.views") / "templates" / "check_report.html").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)


def _figures(report: CheckReport, results: Sequence[RuleResult], lang: str) -> list[dict[str, str]]:
    """Give the figures that the page opens with."""
    counts = report.severities
    failed = sum(one.total > 0 and one.severity in {"fatal", "error"} for one in results)
    numbers = [
        (messages.text("severity_error", lang), counts["fatal"] + counts["error"], True),
        (messages.text("severity_warning", lang), counts["warning"], False),
        (messages.text("check_report_figure_failed", lang), failed, True),
        (messages.text("check_report_figure_layers", lang), len(report.layers), False),
        (messages.text("check_report_figure_features", lang), sum(report.layers.values()), False),
    ]
    return [
        {"label": label, "number": f"{number:,}", "calm": "" if loud and number else "calm"}
        for label, number, loud in numbers
    ]


def _items(results: Sequence[RuleResult], lang: str) -> list[dict[str, Any]]:
    """Give the rows of the table of check items; equal neighbours of the first and second level are joined."""
    rows: list[dict[str, Any]] = []
    for one in results:
        first, second = one.item.primary[lang], one.item.secondary[lang]
        rows.append(
            {
                "primary": first,
                "secondary": second,
                "rule": one.rule,
                "title": one.title(lang),
                "severity": one.severity,
                "word": messages.text(f"severity_{one.severity}", lang),
                "unit": messages.text(f"check_report_counts_{'layers' if one.of_layers else 'features'}", lang),
                "checked": "—" if one.checked is None else f"{one.checked:,}",
                "failed": f"{one.failed:,}",
                "share": "—" if one.share is None else f"{one.share:.2%}",
                "bad": bool(one.total),
            }
        )
    for level, above in (("primary", ()), ("secondary", ("primary",))):
        _span(rows, level, above)
    return rows


def _span(rows: list[dict[str, Any]], level: str, above: tuple[str, ...]) -> None:
    """Note in the first of equal neighbours how many rows it covers, 0 in the others."""
    first: dict[str, Any] = {}
    for row in rows:
        if first and all(row[name] == first[name] for name in (level, *above)):
            row[f"{level}_rows"] = 0
            first[f"{level}_rows"] += 1
        else:
            first, row[f"{level}_rows"] = row, 1


def _group(result: RuleResult, lang: str) -> dict[str, Any]:
    """Give what the page shows of a rule with findings."""
    shown = len(result.samples)
    first = result.samples[0] if result.samples else Finding(result.rule, "")
    cut = messages.text("check_report_cut", lang, total=f"{result.total:,}", shown=f"{shown:,}")
    return {
        "rule": result.rule,
        "title": result.title(lang),
        "severity": result.severity,
        "word": messages.text(f"severity_{result.severity}", lang),
        "total": f"{result.total:,}",
        "sentence": sentence(result, lang),
        "hint": plain(first.hint(lang)) if result.samples else "",
        "rows": [_cells(one, lang) for one in result.samples],
        "is_open": shown <= _OPEN_ROWS,
        "cut": cut if shown < result.total else "",
    }


def _cells(finding: Finding, lang: str) -> dict[str, str]:
    """Give the cells of a finding."""
    placed = finding.lon is not None and finding.lat is not None
    return {
        "layer": plain(finding.layer),
        "row": "" if finding.row is None else str(finding.row),
        "feature": plain(finding.feature),
        "place": f"{finding.lon:.6f}, {finding.lat:.6f}" if placed else "",
        "message": plain(finding.message(lang)),
    }


def _waived(one: WaivedFinding, lang: str) -> dict[str, str]:
    """Give the cells of a finding that somebody accepts."""
    return {**_cells(one.finding, lang), "rule": one.finding.rule, "by": plain(one.by), "reason": plain(one.reason)}


def _mended_cells(one: MendedCell) -> list[object]:
    """Give the cells of what was mended."""
    return [one.rule, one.layer, "" if one.row is None else one.row, one.feature, one.field, one.before, one.after]
