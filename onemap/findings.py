"""Findings: faults met in data, and the rules that find them.

Bad data is not an exception. Whatever is wrong with a row, a layer or a file becomes a `Finding`: which rule, where,
with which values, and what was done about it. Texts and severities of the rules are data (`onemap/texts/rules_*.toml`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from onemap import messages

__all__ = [
    "SEVERITIES",
    "Action",
    "Faults",
    "Finding",
    "Rule",
    "findings_table",
    "rule",
    "rules",
    "run_rules",
    "severity_counts",
]

SEVERITIES = ("fatal", "error", "warning", "info")
Action = Literal["kept", "rejected", "repaired"]
Check = Callable[..., "pd.Series[bool] | Faults"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the rule that found it, the place, the values, and what was done.

    Attributes
    ----------
    rule
        Id of the rule, such as "OM-CRS-006".
    layer
        Canonical layer, or layer of a delivery, that the fault is in.
    file
        File as named in the project, empty where there is none.
    row
        Row as a person sees it in that file, None for a fault of a whole layer.
    feature
        Identifier of the feature, empty if it has none.
    values
        What the placeholders of the rule's message stand for.
    action
        "rejected" (the row is not in the output), "repaired" or "kept".
    lon, lat
        Place on the map in degrees, None where unknown.
    sheet
        Layer or sheet of the file, empty where the format has none.
    columns
        Names, as the file has them, of the columns whose cells are at fault; empty for a fault of a row or a file.
    """

    rule: str
    layer: str
    file: str = ""
    row: int | None = None
    feature: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    action: Action = "kept"
    lon: float | None = None
    lat: float | None = None
    sheet: str = ""
    columns: tuple[str, ...] = ()

    @property
    def severity(self) -> str:
        """Severity of the rule: fatal, error, warning or info; info where `values["allowed"]` is true."""
        return "info" if self.values.get("allowed") is True else messages.entry(self.rule)["severity"]

    def title(self, lang: str = "zh") -> str:
        """Give the short name of the rule."""
        return messages.text(self.rule, lang, "title")

    def message(self, lang: str = "zh") -> str:
        """Say what must hold and what was found."""
        return messages.text(self.rule, lang, **self.values)

    def hint(self, lang: str = "zh") -> str:
        """Say what to do."""
        return messages.text(self.rule, lang, "hint", **self.values)

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for JSON."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "layer": self.layer,
            "file": self.file,
            "row": self.row,
            "feature": self.feature,
            "action": self.action,
            "lon": self.lon,
            "lat": self.lat,
            "sheet": self.sheet,
            "columns": list(self.columns),
            "message_zh": self.message("zh"),
            "message_en": self.message("en"),
            "values": {name: _plain(value) for name, value in self.values.items()},
        }


@dataclass(frozen=True, slots=True)
class Faults:
    """A mask of rows at fault, with the values that their messages name.

    Attributes
    ----------
    mask
        True where a row is at fault, on the index of the layer.
    values
        Columns named as the placeholders of the message, on the same index; rows without fault are not looked at.
    """

    mask: pd.Series[bool]
    values: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Rule:
    """A check with its id and the layer it is for ("*": any).

    Attributes
    ----------
    rule_id
        Stable id, a key of the catalogue of texts.
    check
        Function of the layer (and the context, if it takes a second argument) that gives a mask or `Faults`.
    layer
        Name of the layer it looks at, or "*".
    """

    rule_id: str
    check: Check
    layer: str = "*"

    @property
    def severity(self) -> str:
        """Severity of the rule: fatal, error, warning or info."""
        return messages.entry(self.rule_id)["severity"]


_registry: dict[str, Rule] = {}


def rule(rule_id: str, *, layer: str = "*") -> Callable[[Check], Check]:
    """Register a function as the check of a rule.

    Parameters
    ----------
    rule_id
        Id of the rule; its texts and severity must be in the catalogue.
    layer
        Layer that the rule is for, "*" for any.

    Raises
    ------
    ValueError
        If the id is taken, or has no texts.

    Examples
    --------
    >>> decorate = rule("OM-XXX-000")
    Traceback (most recent call last):
    ValueError: a rule needs texts in the catalogue, got 'OM-XXX-000'
    """
    if rule_id not in messages.catalogue():
        msg = f"a rule needs texts in the catalogue, got {rule_id!r}"
        raise ValueError(msg)

    def register(check: Check) -> Check:
        if rule_id in _registry and _registry[rule_id].check.__qualname__ != check.__qualname__:
            msg = f"a rule id must be unique, {rule_id!r} is taken"
            raise ValueError(msg)
        _registry[rule_id] = Rule(rule_id, check, layer)
        return check

    return register


def rules(prefix: str = "OM-") -> tuple[Rule, ...]:
    """Give the registered rules whose id starts with a prefix, in order of id.

    Examples
    --------
    >>> rules("OM-NONE-")
    ()
    """
    return tuple(_registry[rule_id] for rule_id in sorted(_registry) if rule_id.startswith(prefix))


def run_rules(
    layers: Mapping[str, pd.DataFrame],
    selected: Sequence[Rule],
    *,
    context: object = None,
    file: str = "",
    id_field: str | None = None,
) -> list[Finding]:
    """Run rules over layers and give a finding for each row at fault.

    Parameters
    ----------
    layers
        Layers by name.
    selected
        Rules to run; one with a named layer runs over that layer only.
    context
        Second argument for the checks; checks get the layer alone where it is None.
    file
        File named in the findings.
    id_field
        Column that identifies a feature in the findings.

    Raises
    ------
    TypeError
        If the mask of a rule is not boolean or holds NA: a missing value must be decided, not passed on.

    Examples
    --------
    >>> run_rules({}, rules())
    []
    """
    found: list[Finding] = []
    for one in selected:
        for name, layer in layers.items():
            if one.layer in {"*", name}:
                result = one.check(layer) if context is None else one.check(layer, context)
                found += _findings_of(result, layer, one, name=name, file=file, id_field=id_field)
    return found


def _findings_of(
    result: pd.Series[bool] | Faults, layer: pd.DataFrame, one: Rule, *, name: str, file: str, id_field: str | None
) -> list[Finding]:
    """Turn the mask of one rule into findings."""
    mask = result.mask if isinstance(result, Faults) else result
    if mask.isna().any() or mask.dtype not in (np.dtype(bool), pd.BooleanDtype()):
        msg = f"the mask of {one.rule_id} must be boolean without NA, got {mask.dtype} with {int(mask.isna().sum())} NA"
        raise TypeError(msg)
    at_fault = np.flatnonzero(mask.to_numpy(dtype=bool))
    values = result.values.iloc[at_fault] if isinstance(result, Faults) else pd.DataFrame(index=at_fault)
    features = layer[id_field].iloc[at_fault] if id_field in layer else [""] * len(at_fault)
    return [
        Finding(
            rule=one.rule_id,
            layer=name,
            file=file,
            row=int(position) + 1,
            feature="" if pd.isna(feature) else str(feature),
            values=MappingProxyType({str(key): value for key, value in record.items()}),
        )
        for position, feature, record in zip(at_fault, features, values.to_dict("records"), strict=True)
    ]


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Give findings as a table, one row each, with the texts in both languages.

    Returns
    -------
    table
        Columns rule, severity, layer, file, row, feature, action, lon, lat, message_zh, message_en, hint_zh, hint_en.

    Examples
    --------
    >>> findings_table([]).columns[:4].tolist()
    ['rule', 'severity', 'layer', 'file']
    """
    columns = ["rule", "severity", "layer", "file", "row", "feature", "action", "lon", "lat"]
    texts = ["message_zh", "message_en", "hint_zh", "hint_en"]
    records = [
        {
            **{name: getattr(finding, name) for name in columns},
            **{f"message_{lang}": finding.message(lang) for lang in messages.LANGUAGES},
            **{f"hint_{lang}": finding.hint(lang) for lang in messages.LANGUAGES},
        }
        for finding in findings
    ]
    table = pd.DataFrame.from_records(records, columns=[*columns, *texts])
    return table.astype({"row": "Int64", "lon": "float64", "lat": "float64"})


def severity_counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings by severity, worst first, zeros included.

    Examples
    --------
    >>> severity_counts([])
    {'fatal': 0, 'error': 0, 'warning': 0, 'info': 0}
    """
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts.get(severity, 0) for severity in SEVERITIES}


def _plain(value: Any) -> object:  # numpy scalars, dates, whatever a file held
    """Give a value as JSON knows it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return value.item() if isinstance(value, np.generic) else str(value)
