"""Ask the rules of layers: findings with true totals, at most so many samples a rule, and those that are waived.

A layer of a million rows can be wrong in every one of them. What is held is bounded: of each rule some findings of each
layer are made, the others only counted. Waivers are laid over the faults before samples are taken, so that they reach
every fault.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.delivery import rules as _rules  # noqa: F401  (registers the rules)
from onemap.delivery.checked import CheckContext, CheckedLayer
from onemap.delivery.contexts import contexts_of
from onemap.delivery.places import lonlat
from onemap.delivery.profile import Profile
from onemap.delivery.rules.registry import applies, layer_rules, package_rules, row_rules
from onemap.delivery.waivers import Waiver, waive
from onemap.errors import CRSError
from onemap.findings import Faults, Finding, Rule, run_rules

__all__ = ["MISSING_RULE", "MOST_SAMPLES", "Examined", "examine_layers", "rules_of_layers"]

MISSING_RULE = "OM-PKG-101"
MOST_SAMPLES = 1_000
"""Findings of one rule that are listed."""


@dataclass(slots=True)
class Examined:
    """What the rules found.

    Attributes
    ----------
    findings
        Findings, of each rule at most as many as were asked for.
    totals
        Rule and layer → number of findings, listed or not.
    checked
        Rule → number of features or layers that it looked at.
    waived
        Findings taken out by a waiver, of each rule at most as many as were asked for.
    waived_totals
        Waiver, by its place in the file → number of findings that it took out.
    """

    findings: list[Finding] = field(default_factory=list)
    totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    waived: list[tuple[Finding, Waiver]] = field(default_factory=list)
    waived_totals: Counter[int] = field(default_factory=Counter)

    def failed(self) -> dict[str, int]:
        """Give rule → number of its findings."""
        counted: Counter[str] = Counter()
        for (rule, _), number in self.totals.items():
            counted[rule] += number
        return dict(counted)


@dataclass(frozen=True, slots=True)
class _Examination:
    """What a check is asked to do, and what it has found so far."""

    waivers: Sequence[Waiver]
    today: dt.date | None
    most: int | None
    found: Examined

    def room(self, rule: str) -> int | None:
        """Give how many findings of a rule may still be listed."""
        if self.most is None:
            return None
        return max(self.most - sum(one.rule == rule for one in reversed(self.found.findings)), 0)


def examine_layers(
    layers: Mapping[str, CheckedLayer],
    profile: Profile,
    *,
    districts: gpd.GeoDataFrame | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    package: Sequence[str] | None = None,
    waivers: Sequence[Waiver] = (),
    today: dt.date | None = None,
    most: int | None = MOST_SAMPLES,
) -> Examined:
    """Ask every rule that the profile switches on.

    Parameters
    ----------
    layers, profile, districts, tables, package
        As for `check_layers`.
    waivers
        Findings that somebody accepts.
    today
        Day against which the ends of waivers are held; None leaves them aside.
    most
        Findings of one rule that are listed; None for all.

    Returns
    -------
    examined
        Findings in the order of layers and rules, with true totals.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> dict(examine_layers({}, load_profile("telecom-special-plan")).totals)
    {('OM-PKG-101', 'SZGYSSD'): 1}
    """
    work = _Examination(waivers, today, most, Examined())
    mandatory = [one for one in profile.layers if one.presence == "mandatory"]
    work.found.checked[MISSING_RULE] += len(mandatory)
    _take(
        work,
        [
            Finding(MISSING_RULE, one.code, values={"layer": one.code, "alias": one.alias})
            for one in mandatory
            if one.code not in layers
        ],
    )
    with np.errstate(all="ignore"):  # coordinates that are no numbers, or too large to square, are what rules look for
        _ask(contexts_of(layers, profile, districts=districts, tables=tables, package=package), work)
    return work.found


def rules_of_layers() -> list[str]:
    """Name the rules that count layers.

    Examples
    --------
    >>> "OM-CRS-101" in rules_of_layers()
    True
    """
    return [MISSING_RULE, *(one.rule_id for one in layer_rules()), *(one.rule_id for one in package_rules())]


def _ask(contexts: Sequence[CheckContext], work: _Examination) -> None:
    """Ask the rules over all layers, then those of each layer and of its rows."""
    for finding in _package_findings(contexts, work.found.checked):
        _take(work, [finding])
    for context in contexts:
        _take(work, _layer_findings(context, work.found.checked))
        _examine_rows(context, work)
        context.forget()


def _take(work: _Examination, findings: Sequence[Finding]) -> None:
    """Take findings of layers and files, as far as nobody waives them."""
    judged = waive(findings, work.waivers, today=work.today)
    for finding in judged.findings:
        work.found.totals[finding.rule, finding.layer] += 1
        if work.room(finding.rule) != 0:
            work.found.findings.append(finding)
    for finding, by in judged.waived:
        work.found.waived.append((finding, by))
        work.found.waived_totals[_place_of(by, work.waivers)] += 1


def _place_of(waiver: Waiver, waivers: Sequence[Waiver]) -> int:
    """Give the place of a waiver in its file."""
    return next(place for place, one in enumerate(waivers) if one is waiver)


def _package_findings(contexts: Sequence[CheckContext], checked: Counter[str]) -> Iterator[Finding]:
    """Run the rules over all layers together."""
    for one in package_rules():
        asked = [context for context in contexts if applies(one.rule_id, context)]
        checked[one.rule_id] += len(asked)
        for fault in one.check(asked):
            yield Finding(one.rule_id, fault.layer, file=fault.file, values=fault.values)


def _layer_findings(context: CheckContext, checked: Counter[str]) -> list[Finding]:
    """Run the rules over a whole layer."""
    asked = [one for one in layer_rules() if applies(one.rule_id, context)]
    checked.update(one.rule_id for one in asked)
    return [
        Finding(one.rule_id, context.checked.name, file=context.checked.file, values=values)
        for one in asked
        for values in one.check(context)
    ]


def _examine_rows(context: CheckContext, work: _Examination) -> None:
    """Run the rules over the rows of a layer."""
    layer = context.checked
    for one in row_rules():
        if not applies(one.rule_id, context):
            continue
        work.found.checked[one.rule_id] += len(layer.frame)
        if not layer.problem and not layer.frame.empty:
            _take_rows(one, context, work)


def _take_rows(one: Rule, context: CheckContext, work: _Examination) -> None:
    """Count the faults of one rule, and make findings of the first of them."""
    result = one.check(context.checked.frame, context)
    found = result if isinstance(result, Faults) else Faults(result, pd.DataFrame(index=result.index))
    left = found.mask.to_numpy(dtype=bool).copy()
    for place, waiver in enumerate(work.waivers):
        taken = left & _waived_rows(waiver, one.rule_id, context, work.today)
        if taken.any():
            work.found.waived_totals[place] += int(taken.sum())
            listed = _findings_at(taken, found, context, rule=one.rule_id, most=work.most)
            work.found.waived += [(finding, waiver) for finding in listed]
            left &= ~taken
    if left.any():
        work.found.totals[one.rule_id, context.checked.name] += int(left.sum())
        work.found.findings += _findings_at(left, found, context, rule=one.rule_id, most=work.room(one.rule_id))


def _waived_rows(waiver: Waiver, rule: str, context: CheckContext, today: dt.date | None) -> NDArray[np.bool_]:
    """Tell which rows of a layer a waiver is for."""
    frame, name = context.checked.frame, context.profile.fields[0].name
    rows = np.full(len(frame), waiver.holds_for_rule(rule, context.checked.name, today), dtype=bool)
    if waiver.bsm:
        rows &= context.text(name).eq(waiver.bsm).to_numpy(dtype=bool) if name in frame else False
    if waiver.row is not None:
        rows &= np.arange(1, len(frame) + 1) == waiver.row
    return rows


def _findings_at(
    rows: NDArray[np.bool_], found: Faults, context: CheckContext, *, rule: str, most: int | None
) -> list[Finding]:
    """Make findings of the first rows at fault."""
    layer = context.checked
    first = np.flatnonzero(rows)[:most]
    frame, name = layer.frame.iloc[first], context.profile.fields[0].name
    if name in frame:
        frame = frame.assign(**{name: context.text(name).iloc[first]})
    values = found.values.iloc[first]
    sample = Faults(pd.Series(data=True, index=frame.index, dtype=bool), values)
    asked = [Rule(rule, lambda _: sample)]
    made = run_rules({layer.name: frame}, asked, file=layer.file, id_field=name)
    numbered = [replace(one, row=int(row) + 1) for one, row in zip(made, first, strict=True)]
    return _placed(numbered, layer)


def _placed(found: Sequence[Finding], layer: CheckedLayer) -> list[Finding]:
    """Give findings of rows their places in degrees: the fault's own, else that of the feature."""
    if not found or not layer.has_geometry or not layer.crs:
        return list(found)
    geometry = layer.geometry()
    points = [
        shapely.Point(float(str(one.values["lon"])), float(str(one.values["lat"])))
        if _has_place(one)
        else geometry[(one.row or 1) - 1]
        for one in found
    ]
    try:
        places = lonlat(np.array(points, dtype=object), layer.crs)
    except CRSError:
        return list(found)
    return [
        one if not np.isfinite([lon, lat]).all() else replace(one, lon=float(lon), lat=float(lat))
        for one, (lon, lat) in zip(found, places, strict=True)
    ]


def _has_place(finding: Finding) -> bool:
    """Tell whether a rule gave the place of its fault."""
    return str(finding.values.get("lon", "-")) not in {"-", "nan"}
