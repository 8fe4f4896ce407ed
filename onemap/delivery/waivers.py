"""Waivers: findings that a person with a name accepts, for a reason. They are taken out, but never in silence.

A file of waivers is TOML; each table `[[waiver]]` names a rule, who waives it and why, and as narrowly as wanted what:

    [[waiver]]
    rule = "OM-TOP-101"
    layer = "SZGYSSM"                # any layer if left out
    bsm = "659900010300000007"       # any feature if left out; or row = 7
    reason = "两家机房上下两层"
    by = "张三"
    until = 2026-12-31               # holds for ever if left out
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from onemap import messages
from onemap.delivery.profile_keys import Part
from onemap.errors import ProjectError
from onemap.findings import Finding

__all__ = ["Waived", "Waiver", "load_waivers", "waive"]

_LARGEST_BYTES = 1_000_000


class Waiver(Part):
    """One waiver.

    Attributes
    ----------
    rule
        Id of the rule.
    reason, by
        Why, and who answers for it; neither may be blank.
    layer, bsm, row
        What it is for: any layer or feature where empty.
    until
        Last day that it holds, None for ever.
    """

    rule: Annotated[str, Field(pattern=r"^OM-[A-Z]{3}-[0-9]{3}$")]
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    by: Annotated[str, Field(min_length=1, max_length=100)]
    layer: str = ""
    bsm: str = ""
    row: Annotated[int, Field(ge=1)] | None = None
    until: dt.date | None = None

    def holds_for(self, finding: Finding, today: dt.date | None) -> bool:
        """Tell whether a finding is waived; one that is fatal never is, nor one after the last day."""
        return (
            self.holds_for_rule(finding.rule, finding.layer, today)
            and self.bsm in {"", finding.feature}
            and self.row in {None, finding.row}
        )

    def holds_for_rule(self, rule: str, layer: str, today: dt.date | None) -> bool:
        """Tell whether findings of a rule in a layer are waived, of whatever features the waiver names."""
        if rule != self.rule or self.layer not in {"", layer} or messages.entry(rule)["severity"] == "fatal":
            return False
        return self.until is None or today is None or today <= self.until


@dataclass(frozen=True, slots=True)
class Waived:
    """What is left of findings, and what was waived.

    Attributes
    ----------
    findings
        Findings that nobody waives.
    waived
        Findings taken out, each with the waiver that did it.
    unused
        Waivers that met no finding: the fault is mended, or the waiver is wrong.
    """

    findings: tuple[Finding, ...]
    waived: tuple[tuple[Finding, Waiver], ...]
    unused: tuple[Waiver, ...]


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers.

    Parameters
    ----------
    path
        TOML file with tables `[[waiver]]`.

    Returns
    -------
    waivers
        In the order of the file.

    Raises
    ------
    ProjectError
        If the file is missing or no TOML, or a key is unknown, missing or wrong; the message names the key.

    Examples
    --------
    >>> load_waivers(Path("none.toml"))
    Traceback (most recent call last):
    onemap.errors.ProjectError: the waivers in none.toml cannot be used: ...
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ProjectError("waivers_invalid", path=str(path), problem=f"> {_LARGEST_BYTES} bytes")
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError("waivers_invalid", path=str(path), problem=str(error)) from error
    tables = content.pop("waiver", [])
    if content or not isinstance(tables, list):
        raise ProjectError("waivers_invalid", path=str(path), problem=", ".join(content) or "waiver")
    return tuple(_waiver(number, table, path) for number, table in enumerate(tables))


def waive(findings: Iterable[Finding], waivers: Sequence[Waiver], *, today: dt.date | None = None) -> Waived:
    """Take out the findings that are waived; the first waiver that holds counts.

    Parameters
    ----------
    findings
        From a check.
    waivers
        From `load_waivers`.
    today
        Day of the check, against which `until` is held; None leaves it aside.

    Returns
    -------
    waived
        What is left, what was taken out, and waivers that met nothing.

    Examples
    --------
    >>> accepted = Waiver(rule="OM-TOP-101", reason="上下两层", by="张三")
    >>> left = waive([Finding("OM-TOP-101", "SZGYSSM", row=2), Finding("OM-GEO-101", "SZGYSSM", row=3)], [accepted])
    >>> [one.rule for one in left.findings], [(one.rule, by.by) for one, by in left.waived]
    (['OM-GEO-101'], [('OM-TOP-101', '张三')])
    """
    kept: list[Finding] = []
    taken: list[tuple[Finding, Waiver]] = []
    used: set[int] = set()
    for finding in findings:
        number = next((place for place, one in enumerate(waivers) if one.holds_for(finding, today)), None)
        if number is None:
            kept.append(finding)
        else:
            taken.append((finding, waivers[number]))
            used.add(number)
    unused = tuple(one for place, one in enumerate(waivers) if place not in used)
    return Waived(tuple(kept), tuple(taken), unused)


def _waiver(number: int, table: object, path: Path) -> Waiver:
    """Read one waiver."""
    try:
        return Waiver.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, (f"waiver[{number}]", *first["loc"])))
        raise ProjectError("waivers_invalid", path=str(path), problem=f"{key}: {first['msg']}") from error
