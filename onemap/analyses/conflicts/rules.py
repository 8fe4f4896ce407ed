"""What zones mean for facilities: rules read from data, the package's or a project's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from onemap.errors import ProjectError
from onemap.messages import text

__all__ = ["NO_RULE", "VERDICTS", "ZoneKind", "ZoneRule", "ZoneRules", "package_rules", "read_rules"]

VERDICTS = ("forbidden", "needs recognition", "report only", "allowed")
"""What a rule can say, the gravest first."""

NO_RULE = "no-rule"
"""Id of the rule that stands for a kind of zone without one."""


@dataclass(frozen=True, slots=True)
class ZoneKind:
    """How a kind of zone is reported.

    Attributes
    ----------
    by_class
        Areas are summed by land use code; what no zone covers is a line of its own.
    outside
        What lies outside all zones of the kind is a line of its own.
    control_line
        One of the lines that must not overlap each other.
    """

    by_class: bool = False
    outside: bool = False
    control_line: bool = False


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """What a kind of zone means for some facilities.

    Attributes
    ----------
    id, zone_kind
        Name of the rule, and the kind of zone it is for.
    verdict
        One of `VERDICTS`.
    advice_zh, advice_en
        What to do with what is planned.
    existing_zh, existing_en
        What to do with what stands already; as for what is planned where empty.
    basis
        Document that says so; empty where none was found.
    layers
        Facility layers it is for; all if empty.
    codes
        Beginnings of the land use codes it is for; all if empty.
    outside
        Whether it is for what lies outside the zones.
    """

    id: str
    zone_kind: str
    verdict: str
    advice_zh: str
    advice_en: str
    existing_zh: str = ""
    existing_en: str = ""
    basis: str = ""
    layers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    outside: bool = False

    def advice(self, lang: str, *, planned: bool) -> str:
        """Say what to do."""
        plan, existing = (self.advice_zh, self.existing_zh) if lang == "zh" else (self.advice_en, self.existing_en)
        return plan if planned or not existing else existing


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """All rules, in the order in which they are tried, and the kinds of zones.

    Attributes
    ----------
    rules
        The first that fits counts.
    kinds
        How each kind is reported, by its name.
    """

    rules: tuple[ZoneRule, ...]
    kinds: Mapping[str, ZoneKind]

    def kind(self, name: str) -> ZoneKind:
        """Say how a kind is reported; an unknown one, each zone for itself."""
        return self.kinds.get(name, ZoneKind())

    def find(self, zone_kind: str, layer: str, *, code: str = "", outside: bool = False) -> ZoneRule:
        """Give the rule for a facility in a zone; one that only reports where there is none.

        Parameters
        ----------
        zone_kind
            Kind of the zone.
        layer
            Layer of the facility.
        code
            Land use code of the zone, empty if it has none.
        outside
            Whether the facility lies outside all zones of the kind.

        Examples
        --------
        >>> package_rules().find("ecological red line", "towers").verdict
        'needs recognition'
        """
        for one in self.rules:
            of_layer, of_code = not one.layers or layer in one.layers, not one.codes or code.startswith(one.codes)
            if one.zone_kind == zone_kind and one.outside == outside and of_layer and of_code:
                return one
        advice_zh, advice_en = (text("conflict_no_rule", lang) for lang in ("zh", "en"))
        return ZoneRule(NO_RULE, zone_kind, "report only", advice_zh, advice_en, outside=outside)


@cache
def package_rules() -> ZoneRules:
    """Give the rules of the package.

    Examples
    --------
    >>> package_rules().find("permanent basic farmland", "planned_sites").id
    'farmland'
    """
    return _rules((files("onemap.analyses.conflicts") / "zone_rules.toml").read_text(encoding="utf-8"), "package")


def read_rules(content: str, *, file: str = "rules") -> ZoneRules:
    """Read a project's own rules; those of the package follow them.

    Parameters
    ----------
    content
        TOML in the form of the package's `zone_rules.toml`.
    file
        What to call it in an error.

    Returns
    -------
    rules
        Own rules first, then the package's; a kind that both name is reported as the own file says.

    Raises
    ------
    ProjectError
        If it is not TOML, or a rule lacks a key, has one too many or a value that does not fit.

    Examples
    --------
    A province that does not count cables as occupation:

    >>> own = read_rules('''
    ... [[rule]]
    ... id = "own-cables"
    ... zone_kind = "permanent basic farmland"
    ... layers = ["cables"]
    ... verdict = "report only"
    ... advice_zh = "杆位避开田块"
    ... advice_en = "keep poles off the fields"
    ... ''')
    >>> own.find("permanent basic farmland", "cables").id, own.find("permanent basic farmland", "towers").id
    ('own-cables', 'farmland')
    """
    own, package = _rules(content, file), package_rules()
    return ZoneRules((*own.rules, *package.rules), MappingProxyType({**package.kinds, **own.kinds}))


def _rules(content: str, file: str) -> ZoneRules:
    """Read rules and kinds."""
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ProjectError("zone_rules_wrong", file=file, problem=str(error)) from error
    unknown = sorted(set(table) - {"kinds", "rule"})
    if unknown:
        raise ProjectError("zone_rules_wrong", file=file, problem=f"[{unknown[0]}]")
    kinds, listed = table.get("kinds", {}), table.get("rule", [])
    if not isinstance(kinds, dict) or not isinstance(listed, list):
        raise ProjectError("zone_rules_wrong", file=file, problem="[kinds] | [[rule]]")
    known = {str(name): ZoneKind(**_flags(name, one, file)) for name, one in kinds.items()}
    return ZoneRules(tuple(_rule(one, file) for one in listed), MappingProxyType(known))


def _flags(name: str, table: Any, file: str) -> dict[str, bool]:
    """Read how a kind is reported."""
    known = {field.name for field in fields(ZoneKind)}
    if not isinstance(table, dict) or not set(table) <= known or not all(isinstance(v, bool) for v in table.values()):
        problem = f"[kinds.{name!r}]: {', '.join(sorted(known))} = true | false"
        raise ProjectError("zone_rules_wrong", file=file, problem=problem)
    return dict(table)


def _rule(table: Any, file: str) -> ZoneRule:
    """Read one rule."""
    if not isinstance(table, dict):
        raise ProjectError("zone_rules_wrong", file=file, problem="[[rule]]")
    name = str(table.get("id", "[[rule]]"))
    for field in fields(ZoneRule):
        value = table.get(field.name)
        if value is None and field.name in _REQUIRED:
            raise ProjectError("zone_rules_wrong", file=file, problem=f"{name}: {field.name} = ?")
        if value is not None and not _fits(field.name, value):
            raise ProjectError("zone_rules_wrong", file=file, problem=f"{name}: {field.name} = {value!r}")
    unknown = sorted(set(table) - {field.name for field in fields(ZoneRule)})
    if unknown:
        raise ProjectError("zone_rules_wrong", file=file, problem=f"{name}: {unknown[0]}")
    values: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in table.items()}
    return ZoneRule(**values)


_REQUIRED = ("id", "zone_kind", "verdict", "advice_zh", "advice_en")


def _fits(name: str, value: object) -> bool:
    """Tell whether a value is of the kind that a key holds."""
    if name == "verdict":
        return value in VERDICTS
    if name == "outside":
        return isinstance(value, bool)
    if name in {"layers", "codes"}:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, str) and (bool(value) or name not in _REQUIRED)
