"""Quality rules over a delivery, ours or anybody's, and the summary that a quality report opens with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap import messages
from onemap.delivery import rules as _rules  # noqa: F401  (registers the rules)
from onemap.delivery.checked import CheckContext, CheckedLayer
from onemap.delivery.contexts import contexts_of
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.places import lonlat
from onemap.delivery.profile import Profile
from onemap.delivery.rules.registry import applies, layer_rules, package_rules, row_rules
from onemap.errors import CRSError
from onemap.findings import Finding, run_rules

__all__ = ["QualityLine", "check_delivery", "check_layers", "quality_summary", "rule_counts"]

_MISSING = "OM-PKG-101"


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
    findings = [
        Finding(_MISSING, one.code, values={"layer": one.code, "alias": one.alias})
        for one in profile.layers
        if one.presence == "mandatory" and one.code not in layers
    ]
    contexts = contexts_of(layers, profile, districts=districts, tables=tables, package=package)
    findings += _package_findings(contexts)
    for context in contexts:
        findings += _layer_findings(context)
        findings += _row_findings(context)
        context.forget()
    return findings


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
        counts[_MISSING] = mandatory
    for context in contexts_of(layers, profile, districts=districts, tables=tables, package=package):
        for rule_id in _of_layers():
            counts[rule_id] += applies(rule_id, context)
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
    failed: dict[str, set[tuple[str, int | None]]] = {}
    for finding in findings:
        failed.setdefault(finding.rule, set()).add((finding.layer, finding.row))
    of_layers = {*_of_layers(), _MISSING}
    return [
        QualityLine(rule, of_layers=rule in of_layers, checked=counts[rule], failed=len(failed.get(rule, ())))
        for rule in sorted(counts)
    ]


def _of_layers() -> list[str]:
    """Name the rules that count layers."""
    return [*(one.rule_id for one in layer_rules()), *(one.rule_id for one in package_rules())]


def _package_findings(contexts: Sequence[CheckContext]) -> list[Finding]:
    """Run the rules over all layers together."""
    return [
        Finding(one.rule_id, fault.layer, file=fault.file, values=fault.values)
        for one in package_rules()
        for fault in one.check([context for context in contexts if applies(one.rule_id, context)])
    ]


def _layer_findings(context: CheckContext) -> list[Finding]:
    """Run the rules over a whole layer."""
    return [
        Finding(one.rule_id, context.checked.name, file=context.checked.file, values=values)
        for one in layer_rules()
        if applies(one.rule_id, context)
        for values in one.check(context)
    ]


def _row_findings(context: CheckContext) -> list[Finding]:
    """Run the rules over the rows of a layer, and give each finding its place on the map."""
    checked = context.checked
    selected = [one for one in row_rules() if applies(one.rule_id, context)]
    if checked.problem or checked.frame.empty or not selected:
        return []
    identifier = context.profile.fields[0].name
    found = run_rules({checked.name: checked.frame}, selected, context=context, file=checked.file, id_field=identifier)
    return _placed(found, checked)


def _placed(found: Sequence[Finding], checked: CheckedLayer) -> list[Finding]:
    """Give findings of rows their places in degrees: the fault's own, else that of the feature."""
    if not found or not checked.has_geometry or not checked.crs:
        return list(found)
    geometry = checked.geometry()
    points = [
        shapely.Point(float(str(one.values["lon"])), float(str(one.values["lat"])))
        if _has_place(one)
        else geometry[(one.row or 1) - 1]
        for one in found
    ]
    try:
        places = lonlat(np.array(points, dtype=object), checked.crs)
    except CRSError:
        return list(found)
    return [
        one if np.isnan(lon) else replace(one, lon=float(lon), lat=float(lat))
        for one, (lon, lat) in zip(found, places, strict=True)
    ]


def _has_place(finding: Finding) -> bool:
    """Tell whether a rule gave the place of its fault."""
    return "lon" in finding.values and finding.values["lon"] != "-"
