"""How a rule of delivery is registered: over rows, over a whole layer, or over all layers; and where it is asked.

A rule is asked of a layer unless it is registered as one that must be named. The keys `rules` and `skip` of the profile
and of its layers name rules to ask and not to ask, by their ids or the beginnings of ids: a layer's word goes before
the profile's, a longer name before a shorter one, and of two alike `skip` holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from onemap.delivery.cells import text_of
from onemap.delivery.checked import CheckContext
from onemap.findings import Faults, Rule, rule, rules

__all__ = [
    "LayerFault",
    "LayerRule",
    "PackageRule",
    "applies",
    "faults",
    "is_switched_on",
    "layer_rule",
    "layer_rules",
    "must_be_named",
    "package_rule",
    "package_rules",
    "row_rule",
    "row_rules",
]

RowCheck = Callable[[pd.DataFrame, CheckContext], Faults]
LayerCheck = Callable[[CheckContext], "list[Mapping[str, object]]"]
PackageCheck = Callable[[Sequence[CheckContext]], "list[LayerFault]"]
When = Callable[[CheckContext], bool]

_when: dict[str, When] = {}
_named_only: set[str] = set()
_layer_rules: dict[str, LayerRule] = {}
_package_rules: dict[str, PackageRule] = {}


@dataclass(frozen=True, slots=True)
class LayerRule:
    """A rule that looks at a layer as a whole and gives the values of each fault."""

    rule_id: str
    check: LayerCheck


@dataclass(frozen=True, slots=True)
class LayerFault:
    """A fault of a layer, or of the file it is in, that a rule over all layers found."""

    layer: str
    file: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PackageRule:
    """A rule that looks at all layers together."""

    rule_id: str
    check: PackageCheck


def row_rule(rule_id: str, *, when: When, named: bool = False) -> Callable[[RowCheck], RowCheck]:
    """Register a rule over rows.

    Parameters
    ----------
    rule_id
        Its id; texts and severity stand in the catalogue.
    when
        Tells whether the rule can be asked of a layer; where not, its rows do not count as checked.
    named
        Whether it is asked only where the profile names it.
    """

    def register(check: RowCheck) -> RowCheck:
        rule(rule_id)(check)
        _remember(rule_id, when, named=named)
        return check

    return register


def layer_rule(rule_id: str, *, when: When, named: bool = False) -> Callable[[LayerCheck], LayerCheck]:
    """Register a rule over whole layers; its check gives one mapping of values for each fault."""

    def register(check: LayerCheck) -> LayerCheck:
        _layer_rules[rule_id] = LayerRule(rule_id, check)
        _remember(rule_id, when, named=named)
        return check

    return register


def package_rule(rule_id: str, *, when: When, named: bool = False) -> Callable[[PackageCheck], PackageCheck]:
    """Register a rule over all layers together; its check gets the layers that it can be asked of."""

    def register(check: PackageCheck) -> PackageCheck:
        _package_rules[rule_id] = PackageRule(rule_id, check)
        _remember(rule_id, when, named=named)
        return check

    return register


def _remember(rule_id: str, when: When, *, named: bool) -> None:
    """Keep when a rule is asked."""
    _when[rule_id] = when
    if named:
        _named_only.add(rule_id)


def row_rules() -> tuple[Rule, ...]:
    """Give the rules over rows, in order of id."""
    return tuple(one for one in rules() if one.rule_id in _when)


def package_rules() -> tuple[PackageRule, ...]:
    """Give the rules over all layers, in order of id."""
    return tuple(_package_rules[rule_id] for rule_id in sorted(_package_rules))


def must_be_named() -> frozenset[str]:
    """Give the rules that are asked only where the profile names them."""
    return frozenset(_named_only)


def layer_rules() -> tuple[LayerRule, ...]:
    """Give the rules over whole layers, in order of id."""
    return tuple(_layer_rules[rule_id] for rule_id in sorted(_layer_rules))


def applies(rule_id: str, context: CheckContext) -> bool:
    """Tell whether a rule is asked of a layer: switched on, and there is what it looks at."""
    return is_switched_on(rule_id, context) and _when[rule_id](context)


def is_switched_on(rule_id: str, context: CheckContext) -> bool:
    """Tell whether the profile wants a rule for a layer."""
    for keys in (context.layer, context.profile):
        if keys is not None:
            asked, left = _longest(rule_id, keys.rules), _longest(rule_id, keys.skip)
            if asked or left:
                return asked > left
    return rule_id not in _named_only


def _longest(rule_id: str, names: Sequence[str]) -> int:
    """Give the length of the longest name that a rule's id begins with; 0 if none does."""
    return max((len(name) for name in names if rule_id.startswith(name)), default=0)


def faults(mask: pd.Series[bool], **columns: object) -> Faults:
    """Give rows at fault with the values that the message names, as text.

    A rule that knows the place of its fault gives it in the columns `lon` and `lat`, in the coordinates of the layer.

    Examples
    --------
    >>> faults(pd.Series([True, False]), found=pd.Series(["a", "b"])).values["found"].tolist()
    ['a', nan]
    """
    at_fault = mask.astype(bool)
    if not at_fault.any():
        return Faults(mask=at_fault, values=pd.DataFrame(index=mask.index))
    values = pd.DataFrame({name: _of_rows(column, at_fault) for name, column in columns.items()}, index=mask.index)
    return Faults(mask=at_fault, values=values)


def _of_rows(column: object, at_fault: pd.Series[bool]) -> pd.Series[str]:
    """Give a column as text in the rows at fault, nothing in the others: most rows have no fault."""
    whole = pd.Series(column, index=at_fault.index)
    text = text_of(whole[at_fault].where(whole[at_fault].notna(), "-"), strip=False).astype(object)
    return text.reindex(at_fault.index)
