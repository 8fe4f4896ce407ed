"""Dated targets as rows of data: what, share, date, layer, rule, source."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["RULES", "Target", "read_targets", "targets"]

RULES = ("places", "roads", "areas", "none")
"""How a target is counted."""


@dataclass(frozen=True, slots=True)
class Target:
    """One target.

    Attributes
    ----------
    id
        What it is called inside.
    programme_zh, programme_en
        The programme that it is of.
    zh, en
        What is asked for.
    date
        By when.
    layer
        Canonical layer that is counted.
    rule
        One of `RULES`.
    services
        What counts: technologies and "fibre".
    need
        "any" of the services, or "all".
    share
        What is asked for, in [0, 1]; None where the document gives no figure.
    min_households
        Settlements below are left out.
    roads
        "border": roads along the border alone; empty: all.
    refs
        Route numbers begin with one of these; empty: any road.
    source, confidence
        Document, and how sure the row is.
    """

    id: str
    programme_zh: str
    programme_en: str
    zh: str
    en: str
    date: dt.date
    layer: str
    rule: str
    services: tuple[str, ...]
    need: str = "any"
    share: float | None = None
    min_households: int = 0
    roads: str = ""
    refs: tuple[str, ...] = ()
    source: str = ""
    confidence: str = ""


@cache
def targets() -> tuple[Target, ...]:
    """Give the national targets that onemap knows.

    Examples
    --------
    >>> [(one.date.year, one.share) for one in targets() if one.id == "frontier-2027-villages-5g"]
    [(2027, 0.95)]
    """
    return read_targets((files("onemap.analyses") / "targets.toml").read_text(encoding="utf-8"))


def read_targets(words: str) -> tuple[Target, ...]:
    """Read targets from TOML.

    Parameters
    ----------
    words
        Text with one table `[[target]]` for each; keys as the attributes of `Target`.

    Returns
    -------
    targets
        In the order of the text.

    Raises
    ------
    ValueError
        If a key is missing or unknown, an id stands twice, or a value is none of those it may be.

    Examples
    --------
    >>> read_targets("")
    ()
    """
    found = tuple(_target(table) for table in tomllib.loads(words).get("target", []))
    names = [one.id for one in found]
    again = [name for name in names if names.count(name) > 1]
    if again:
        msg = f"a target must have an id of its own, got {again[0]!r} twice"
        raise ValueError(msg)
    return found


def _target(table: Mapping[str, Any]) -> Target:
    """Make one target, and check it."""
    known = {one.name for one in fields(Target)}
    unknown = sorted(set(table) - known)
    if unknown:
        msg = f"a target must have keys of {', '.join(sorted(known))}, got {unknown[0]!r}"
        raise ValueError(msg)
    lists = {name: tuple(table.get(name, ())) for name in ("services", "refs")}
    try:
        target = Target(**{**table, **lists})
    except TypeError as error:
        msg = f"a target must have all its keys, {table.get('id', '?')!r} has not: {error}"
        raise ValueError(msg) from error
    share_fits = target.share is None or 0 <= target.share <= 1
    if target.rule not in RULES or target.need not in {"any", "all"} or not share_fits or not target.services:
        wanted = f"a rule of {', '.join(RULES)}, need any or all, services, and a share in [0, 1]"
        msg = f"a target must have {wanted}, got {target}"
        raise ValueError(msg)
    return target
