"""What a report of a check says, whatever its format: rules by check item, true totals, samples, the conclusion."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Protocol

from onemap import messages
from onemap.findings import SEVERITIES, Finding, severity_counts

__all__ = [
    "MOST_SAMPLES",
    "CheckItem",
    "CheckReport",
    "CountedRule",
    "MendedCell",
    "RuleResult",
    "WaivedFinding",
    "item_of",
    "rule_results",
    "sentence",
    "severest",
]

MOST_SAMPLES = 1_000
"""Findings of one rule that a report lists; totals are of all."""

_OF_ERROR = ("fatal", "error")


class CountedRule(Protocol):
    """What one rule looked at, and what failed."""

    @property
    def rule(self) -> str:
        """Id of the rule."""

    @property
    def of_layers(self) -> bool:
        """True where layers are counted, False where features are."""

    @property
    def checked(self) -> int:
        """How many were looked at."""

    @property
    def failed(self) -> int:
        """How many of them are at fault."""


@dataclass(frozen=True, slots=True)
class WaivedFinding:
    """A finding that somebody accepts, by name and with a reason."""

    finding: Finding
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MendedCell:
    """A cell that was mended: where, by which rule, and its text before and after; no row for the layer itself."""

    rule: str
    layer: str
    row: int | None
    feature: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found, to be reported.

    Attributes
    ----------
    name
        Name of what was checked, without the folders that it lies in.
    profile
        Name of the profile that it was checked by.
    layers
        Layer → number of features, in order.
    findings
        All faults.
    counted
        What each rule looked at, and what failed.
    date
        Date of the report.
    waived
        Findings that somebody accepts.
    mended
        Cells that were mended in a copy.
    totals
        Rule and layer → number of findings, where not all of them are listed.
    waived_total
        Number of findings that somebody accepts, where not all of them are listed.
    people
        Who stands on the form: "unit" that submits, "checker" that checks, "inspector", "reviewer"; one who is not
        named signs by hand.
    """

    name: str
    profile: str
    layers: Mapping[str, int]
    findings: Sequence[Finding]
    counted: Sequence[CountedRule]
    date: dt.date
    waived: Sequence[WaivedFinding] = ()
    mended: Sequence[MendedCell] = ()
    totals: Mapping[tuple[str, str], int] = field(default_factory=dict)
    waived_total: int = 0
    people: Mapping[str, str] = field(default_factory=dict)

    @property
    def severities(self) -> dict[str, int]:
        """Number of findings by severity, worst first, listed or not."""
        counts = severity_counts(self.findings)
        for rule, missing in self.unlisted().items():
            counts[messages.entry(rule)["severity"]] += missing.total()
        return counts

    @property
    def waived_count(self) -> int:
        """Number of findings that somebody accepts, listed or not."""
        return max(self.waived_total, len(self.waived))

    def unlisted(self) -> dict[str, Counter[str]]:
        """Give rule → layer → number of findings that are counted only."""
        listed = Counter((one.rule, one.layer) for one in self.findings)
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for (rule, layer), total in self.totals.items():
            if total > listed[rule, layer]:
                found[rule][layer] = total - listed[rule, layer]
        return found

    @property
    def passed(self) -> bool:
        """Whether nothing fatal and no error was found."""
        return not any(self.severities[severity] for severity in _OF_ERROR)

    def basis(self, lang: str) -> list[str]:
        """Name the documents that the check rests on, the profile first."""
        known = [one[lang] for one in _content()["basis"] if one["profile"] == self.profile]
        return [messages.text("check_report_basis_profile", lang, profile=self.profile), *known]

    def conclusion(self, lang: str) -> str:
        """Say in two sentences what was looked at, what was found, and whether it passes."""
        counted = messages.text(
            "check_report_counted",
            lang,
            layers=len(self.layers),
            features=sum(self.layers.values()),
            rules=len(self.counted),
            **self.severities,
        )
        verdict = messages.text("check_report_passes" if self.passed else "check_report_fails", lang)
        waived = messages.text("check_report_waived_too", lang, count=self.waived_count) if self.waived else ""
        return " ".join(filter(None, (counted, waived, verdict))) if lang == "en" else f"{counted}{waived}{verdict}"


@dataclass(frozen=True, slots=True)
class CheckItem:
    """A check item of a quality report.

    Attributes
    ----------
    code
        Code that published checkers print, empty where there is none.
    primary, secondary
        First and second level: language → words.
    place
        Place in the order of the report.
    """

    code: str
    primary: Mapping[str, str]
    secondary: Mapping[str, str]
    place: int


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule gave.

    Attributes
    ----------
    rule, severity
        Its id and severity.
    item
        The check item that it counts as.
    of_layers
        True where layers are counted, False where features are.
    checked
        How many were looked at; None for a rule that does not count.
    failed
        How many of them are at fault.
    total
        Number of its findings: one feature may have several faults.
    samples
        Findings listed, at most `MOST_SAMPLES`.
    rest
        Layer → number of findings that are not listed.
    """

    rule: str
    severity: str
    item: CheckItem
    of_layers: bool
    checked: int | None
    failed: int
    total: int
    samples: tuple[Finding, ...]
    rest: Mapping[str, int]

    @property
    def share(self) -> float | None:
        """Share of those at fault, 0-1; None where nothing was counted."""
        return self.failed / self.checked if self.checked else None

    def title(self, lang: str) -> str:
        """Give the short name of the rule."""
        return messages.text(self.rule, lang, "title")


def rule_results(report: CheckReport, *, most: int = MOST_SAMPLES) -> list[RuleResult]:
    """Put findings and counts together rule by rule, in the order of check items.

    Parameters
    ----------
    report
        What was found.
    most
        Findings of one rule that are listed.

    Returns
    -------
    results
        One a rule that was asked or found something.

    Examples
    --------
    >>> finding = Finding("OM-GEO-102", "SZGYSSM", row=1, values={"reason": "Self-intersection"})
    >>> report = CheckReport("x.gdb", "generic", {"SZGYSSM": 3}, [finding] * 3, [], dt.date(2026, 1, 1))
    >>> [(one.rule, one.total, len(one.samples), dict(one.rest)) for one in rule_results(report, most=2)]
    [('OM-GEO-102', 3, 2, {'SZGYSSM': 1})]
    """
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        found[finding.rule].append(finding)
    counted = {one.rule: one for one in report.counted}
    unlisted = report.unlisted()
    results = [
        _result(rule, counted.get(rule), found.get(rule, []), most=most, unlisted=unlisted.get(rule, Counter()))
        for rule in {**counted, **found, **unlisted}
    ]
    return sorted(results, key=lambda one: (one.item.place, one.rule))


def _result(
    rule: str, counted: CountedRule | None, found: Sequence[Finding], *, most: int, unlisted: Counter[str]
) -> RuleResult:
    """Put together what one rule gave."""
    distinct = len({(one.layer, one.row) for one in found})
    return RuleResult(
        rule=rule,
        severity=messages.entry(rule)["severity"],
        item=item_of(rule),
        of_layers=counted.of_layers if counted else all(one.row is None for one in found),
        checked=counted.checked if counted else None,
        failed=counted.failed if counted else distinct,
        total=max(len(found) + unlisted.total(), counted.failed if counted else 0),
        samples=tuple(found[:most]),
        rest=dict(Counter(one.layer for one in found[most:]) + unlisted),
    )


def item_of(rule: str) -> CheckItem:
    """Give the check item that a rule counts as.

    Parameters
    ----------
    rule
        Id of the rule.

    Raises
    ------
    KeyError
        If no item begins its id.

    Examples
    --------
    >>> item_of("OM-ATT-105").secondary["zh"]
    '标识码唯一性'
    """
    known = _items()
    starts = [start for start in known if rule.startswith(start)]
    if not starts:
        raise KeyError(rule)
    return known[max(starts, key=len)]


def sentence(result: RuleResult, lang: str) -> str:
    """Say what a rule counted, what passed and what failed, as receiving departments put it.

    Parameters
    ----------
    result
        What it gave.
    lang
        "zh" or "en".

    Examples
    --------
    >>> report = CheckReport("x", "p", {}, [Finding("OM-GEO-101", "SZGYSSD", row=1)], [], dt.date(2026, 1, 1))
    >>> sentence(rule_results(report)[0], "en")
    '1 findings: geometry present'
    """
    title = result.title(lang)
    if result.checked is None:
        return messages.text("check_report_found_only", lang, total=result.total, title=title)
    ending = f"{'layers_' if result.of_layers else ''}{'failed' if result.failed else 'passed'}"
    numbers = {"count": result.checked, "failed": result.failed, "passed": result.checked - result.failed}
    return messages.text(f"check_report_{ending}", lang, title=title, **numbers)


def severest(results: Iterable[RuleResult]) -> list[RuleResult]:
    """Give the rules that found something, the gravest first.

    Parameters
    ----------
    results
        From `rule_results`.

    Examples
    --------
    >>> severest([])
    []
    """
    return sorted((one for one in results if one.total), key=lambda one: SEVERITIES.index(one.severity))


@cache
def _content() -> Mapping[str, list[dict[str, str]]]:
    """Read the check items and documents."""
    return tomllib.loads((files("onemap.views.check_report") / "items.toml").read_text(encoding="utf-8"))


@cache
def _items() -> Mapping[str, CheckItem]:
    """Give the check items by the beginnings of the ids of their rules."""
    known = {}
    for place, one in enumerate(_content()["item"]):
        primary, secondary = (
            {lang: one[f"{level}_{lang}"] for lang in ("zh", "en")} for level in ("primary", "secondary")
        )
        known.update(dict.fromkeys(one["rules"], CheckItem(one["code"], primary, secondary, place)))
    return known
