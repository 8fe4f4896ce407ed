"""How a rule of delivery is registered: over rows, or over a whole layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from onemap.delivery.checked import CheckContext
from onemap.findings import Faults, Rule, rule, rules

__all__ = ["LayerRule", "applies", "faults", "layer_rule", "layer_rules", "row_rule", "row_rules"]

RowCheck = Callable[[pd.DataFrame, CheckContext], Faults]
LayerCheck = Callable[[CheckContext], list[Mapping[str, object]]]
When = Callable[[CheckContext], bool]

_when: dict[str, When] = {}
_layer_rules: dict[str, LayerRule] = {}


@dataclass(frozen=True, slots=True)
class LayerRule:
    """A rule that looks at a layer as a whole and gives the values of each fault."""

    rule_id: str
    check: LayerCheck


def row_rule(rule_id: str, *, when: When) -> Callable[[RowCheck], RowCheck]:
    """Register a rule over rows.

    Parameters
    ----------
    rule_id
        Its id; texts and severity stand in the catalogue.
    when
        Tells whether the rule can be asked of a layer; where not, its rows do not count as checked.
    """

    def register(check: RowCheck) -> RowCheck:
        rule(rule_id)(check)
        _when[rule_id] = when
        return check

    return register


def layer_rule(rule_id: str, *, when: When) -> Callable[[LayerCheck], LayerCheck]:
    """Register a rule over whole layers; its check gives one mapping of values for each fault."""

    def register(check: LayerCheck) -> LayerCheck:
        _layer_rules[rule_id] = LayerRule(rule_id, check)
        _when[rule_id] = when
        return check

    return register


def row_rules() -> tuple[Rule, ...]:
    """Give the rules over rows, in order of id."""
    return tuple(one for one in rules() if one.rule_id in _when)


def layer_rules() -> tuple[LayerRule, ...]:
    """Give the rules over whole layers, in order of id."""
    return tuple(_layer_rules[rule_id] for rule_id in sorted(_layer_rules))


def applies(rule_id: str, context: CheckContext) -> bool:
    """Tell whether a rule can be asked of a layer."""
    return _when[rule_id](context)


def faults(mask: pd.Series[bool], **columns: object) -> Faults:
    """Give rows at fault with the values that the message names, as text.

    Examples
    --------
    >>> faults(pd.Series([True, False]), found=pd.Series(["a", "b"])).values["found"].tolist()
    ['a', 'b']
    """
    values = pd.DataFrame(columns, index=mask.index).astype("string").fillna("-").astype(object)
    return Faults(mask=mask.astype(bool), values=values)
