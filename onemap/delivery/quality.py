"""Quality rules over a delivery, ours or anybody's, and the summary that a quality report opens with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from onemap import messages
from onemap.delivery.checked import CheckedLayer
from onemap.delivery.contexts import contexts_of
from onemap.delivery.examining import MISSING_RULE, examine_layers, rules_of_layers
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.profile import Profile
from onemap.delivery.rules.registry import applies, row_rules
from onemap.findings import Finding

__all__ = ["QualityLine", "check_delivery", "check_layers", "quality_lines", "quality_summary", "rule_counts"]


@dataclass(frozen=True, slots=True)
class QualityLine:
    """What one rule looked at, and what failed.

    Attributes
    ----------
    rule
        Id of the rule.
    of_layers
        True where layers are counted, False where features are.
    checked, failed
        How many were looked at, and how many of them are at fault.
    """

    rule: str
    of_layers: bool
    checked: int
    failed: int

    @property
    def severity(self) -> str:
        """Severity of the rule."""
        return messages.entry(self.rule)["severity"]

    def title(self, lang: str = "zh") -> str:
        """Give the short name of the rule."""
        return messages.text(self.rule, lang, "title")

    def text(self, lang: str = "zh") -> str:
        """Say it in the words that receiving departments use.

        Examples
        --------
        >>> QualityLine("OM-GEO-102", of_layers=False, checked=300, failed=0).text("zh")
        '共检查300个要素，其中300个要素通过：几何有效'
        """
        text_id = f"quality_{'layers_' if self.of_layers else ''}{'counted' if self.failed else 'passed'}"
        numbers = {"count": self.checked, "failed": self.failed, "passed": self.checked - self.failed}
        return messages.text(text_id, lang, title=self.title(lang), **numbers)


def check_delivery(
    layers: Iterable[DeliveryLayer], profile: Profile, *, districts: gpd.GeoDataFrame | None = None
) -> list[Finding]:
    """Check delivery layers before they are written.

    Parameters
    ----------
    layers
        Layers from `map_to_profile`.
    profile
        Their profile.
    districts
        Canonical layer of districts.

    Returns
    -------
    findings
        All faults, in the order of layers and rules.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> [finding.rule for finding in check_delivery([], load_profile("telecom-special-plan"))]
    ['OM-PKG-101']
    """
    checked = {one.code: CheckedLayer.from_delivery(one) for one in layers}
    return check_layers(checked, profile, districts=districts)


def check_layers(
    layers: Mapping[str, CheckedLayer],
    profile: Profile,
    *,
    districts: gpd.GeoDataFrame | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    package: Sequence[str] | None = None,
) -> list[Finding]:
    """Check layers as they are stored, whoever wrote them.

    Parameters
    ----------
    layers
        Layers by name; those that are not the profile's meet the general rules only.
    profile
        The profile to check by.
    districts
        Canonical layer of districts: without it no place is checked.
    tables
        Tables beside the layers by name, whose totals the profile compares with layers.
    package
        Names of the files of the delivery; None where they are not known.

    Returns
    -------
    findings
        All faults; `row` is the number of the feature from 1, `feature` its identifier.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> check_layers({}, load_profile("generic"))
    []
    """
    examined = examine_layers(layers, profile, districts=districts, tables=tables, package=package, most=None)
    return examined.findings


def rule_counts(
    layers: Mapping[str, CheckedLayer],
    profile: Profile,
    *,
    districts: gpd.GeoDataFrame | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    package: Sequence[str] | None = None,
) -> dict[str, int]:
    """Count what each rule looks at: features for rules over rows, layers for rules over layers.

    Parameters
    ----------
    layers, profile, districts, tables, package
        As for `check_layers`.

    Returns
    -------
    counts
        Rule → number; rules that could not be asked of any layer are left out.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> rule_counts({}, load_profile("telecom-special-plan"))
    {'OM-PKG-101': 1}
    """
    counts: Counter[str] = Counter()
    mandatory = sum(one.presence == "mandatory" for one in profile.layers)
    if mandatory:
        counts[MISSING_RULE] = mandatory
    for context in contexts_of(layers, profile, districts=districts, tables=tables, package=package):
        for rule_id in rules_of_layers():
            counts[rule_id] += rule_id != MISSING_RULE and applies(rule_id, context)
        for of_rows in row_rules():
            counts[of_rows.rule_id] += len(context.checked.frame) if applies(of_rows.rule_id, context) else 0
    return {rule: counts[rule] for rule in sorted(counts) if counts[rule]}


def quality_summary(findings: Iterable[Finding], counts: Mapping[str, int]) -> list[QualityLine]:
    """Say of each rule how many features or layers it looked at and how many failed.

    Parameters
    ----------
    findings
        From `check_layers` or `check_delivery`; others are left aside.
    counts
        From `rule_counts` on the same layers.

    Returns
    -------
    lines
        One a rule, in order of id; a feature with two faults of one rule counts once.

    Examples
    --------
    >>> [line.text("en") for line in quality_summary([], {"OM-ATT-101": 12})]
    ['12 features checked in all, 12 of them pass: required values']
    """
    places: dict[str, set[tuple[str, int | None]]] = {}
    for finding in findings:
        places.setdefault(finding.rule, set()).add((finding.layer, finding.row))
    return quality_lines(counts, {rule: len(found) for rule, found in places.items()})


def quality_lines(counts: Mapping[str, int], failed: Mapping[str, int]) -> list[QualityLine]:
    """Put together how many features or layers each rule looked at and how many failed.

    Parameters
    ----------
    counts, failed
        Rule → number looked at, and number of them at fault.

    Returns
    -------
    lines
        One a rule that was asked of something, in order of id.

    Examples
    --------
    >>> [line.text("en") for line in quality_lines({"OM-CRS-102": 2}, {})]
    ['2 layers checked in all, 2 of them pass: coordinate system declared']
    """
    of_layers = set(rules_of_layers())
    return [
        QualityLine(
            rule, of_layers=rule in of_layers, checked=counts[rule], failed=min(failed.get(rule, 0), counts[rule])
        )
        for rule in sorted(counts)
        if counts[rule]
    ]
