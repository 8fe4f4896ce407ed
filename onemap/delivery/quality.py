"""Quality rules over a delivery, ours or anybody's, and the summary that a quality report opens with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np

from onemap import messages
from onemap.delivery import rules as _rules  # noqa: F401  (registers the rules)
from onemap.delivery.checked import CheckContext, CheckedLayer
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.places import lonlat
from onemap.delivery.profile import Profile
from onemap.delivery.rules.registry import applies, layer_rules, row_rules
from onemap.errors import CRSError
from onemap.findings import Finding, run_rules
from onemap.layers.crs import to_crs
from onemap.layers.crs_names import parse_crs

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
    layers: Mapping[str, CheckedLayer], profile: Profile, *, districts: gpd.GeoDataFrame | None = None
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
    for context in _contexts(layers, profile, districts):
        findings += _layer_findings(context)
        findings += _row_findings(context)
    return findings


def rule_counts(
    layers: Mapping[str, CheckedLayer], profile: Profile, *, districts: gpd.GeoDataFrame | None = None
) -> dict[str, int]:
    """Count what each rule looks at: features for rules over rows, layers for rules over layers.

    Parameters
    ----------
    layers, profile, districts
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
    for context in _contexts(layers, profile, districts):
        for of_layer in layer_rules():
            counts[of_layer.rule_id] += applies(of_layer.rule_id, context)
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
    of_layers = {one.rule_id for one in layer_rules()} | {_MISSING}
    return [
        QualityLine(rule, of_layers=rule in of_layers, checked=counts[rule], failed=len(failed.get(rule, ())))
        for rule in sorted(counts)
    ]


def _contexts(
    layers: Mapping[str, CheckedLayer], profile: Profile, districts: gpd.GeoDataFrame | None
) -> Iterator[CheckContext]:
    """Give the context of each layer, those of the profile first and in its order."""
    order = [one.code for one in profile.layers if one.code in layers]
    order += [name for name in layers if name not in order]
    identifiers = _identifiers([layers[name] for name in order], profile)
    for name in order:
        yield CheckContext(
            checked=layers[name],
            profile=profile,
            layer=profile.layer(name),
            districts=_districts_for(layers[name], districts),
            identifiers=identifiers,
        )


def _identifiers(layers: Sequence[CheckedLayer], profile: Profile) -> dict[str, tuple[int, str, int]]:
    """Count identifiers over all layers, and remember where each stands first."""
    field = profile.field_filled_by("identifier")
    seen: dict[str, tuple[int, str, int]] = {}
    for layer in layers:
        if field is None or profile.layer(layer.name) is None or field.name not in layer.frame:
            continue
        for row, value in enumerate(layer.frame[field.name].astype("string").fillna("").str.strip()):
            count, name, first = seen.get(value, (0, layer.name, row))
            seen[value] = (count + 1, name, first)
    return seen


def _districts_for(layer: CheckedLayer, districts: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Bring the districts to a layer's system; None where that cannot be done without guessing."""
    if districts is None or not layer.crs:
        return districts
    try:
        return to_crs(districts, parse_crs(layer.crs)).reset_index(drop=True)
    except CRSError:
        return None


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
    found = run_rules(
        {checked.name: checked.frame.reset_index(drop=True)},
        selected,
        context=replace(context, checked=replace(checked, frame=checked.frame.reset_index(drop=True))),
        file=checked.file,
        id_field=identifier,
    )
    places = _places(checked, sorted({one.row - 1 for one in found if one.row is not None}))
    return [
        replace(one, lon=places[one.row - 1][0], lat=places[one.row - 1][1])
        if one.row is not None and one.row - 1 in places
        else one
        for one in found
    ]


def _places(checked: CheckedLayer, rows: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Give the places of rows in degrees; none where the system is not known."""
    if not rows or not checked.has_geometry or not checked.crs:
        return {}
    try:
        places = lonlat(checked.geometry()[list(rows)], checked.crs)
    except CRSError:
        return {}
    return {row: (float(lon), float(lat)) for row, (lon, lat) in zip(rows, places, strict=True) if not np.isnan(lon)}
