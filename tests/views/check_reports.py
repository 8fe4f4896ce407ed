"""Small made-up reports of checks, with hostile text."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from onemap.findings import Finding
from onemap.views.check_report import CheckReport, MendedCell, WaivedFinding

DATE = dt.date(2026, 3, 1)
HOSTILE = "=cmd|'/c calc'!A1</td><script>alert(1)</script>&\"\x01"


@dataclass(frozen=True)
class Counted:
    """What a rule counted."""

    rule: str
    of_layers: bool
    checked: int
    failed: int


def invalid(row: int, **changes: object) -> Finding:
    """A shape that is not valid."""
    feature = f"6599000201{row:08d}"
    values = {"rule": "OM-GEO-102", "layer": "SZGYSSM", "row": row, "feature": feature}
    place = {"lon": 75.0 + row / 10_000, "lat": 39.5, "file": "示范县.gdb", "values": {"reason": "Self-intersection"}}
    return Finding(**{**values, **place, **changes})  # type: ignore[arg-type]


def hostile_finding() -> Finding:
    """A fault whose every text is hostile."""
    return Finding(
        "OM-ATT-103",
        HOSTILE,
        file=HOSTILE,
        row=4,
        feature=HOSTILE,
        values={"field": "LX", "value": HOSTILE, "code_list": "facility_kind"},
    )


def make_report(**changes: object) -> CheckReport:
    """297 of 300 areas are valid; one layer is missing; one value is hostile; one code list is an example."""
    findings = [
        Finding("OM-PKG-101", "SZGYSSX", values={"layer": "SZGYSSX", "alias": "市政公用设施线"}),
        *(invalid(row) for row in (7, 8, 9)),
        hostile_finding(),
        Finding("OM-ATT-104", "SZGYSSM", values={"layer": "SZGYSSM", "field": "LX", "code_list": "facility_kind"}),
    ]
    counted = [
        Counted("OM-PKG-101", of_layers=True, checked=3, failed=1),
        Counted("OM-CRS-101", of_layers=True, checked=2, failed=0),
        Counted("OM-GEO-102", of_layers=False, checked=300, failed=3),
        Counted("OM-ATT-103", of_layers=False, checked=300, failed=1),
        Counted("OM-ATT-105", of_layers=False, checked=320, failed=0),
        Counted("OM-ATT-104", of_layers=True, checked=2, failed=1),
    ]
    values = {
        "name": "示范县.gdb",
        "profile": "telecom-special-plan",
        "layers": {"SZGYSSD": 20, "SZGYSSM": 300},
        "findings": findings,
        "counted": counted,
        "date": DATE,
        "waived": [WaivedFinding(invalid(12), "张三", "两家机房上下两层")],
        "mended": [MendedCell("OM-ATT-112", "SZGYSSM", 3, "659900020100000003", "MJ", "100.00", "102.50")],
    }
    return CheckReport(**{**values, **changes})  # type: ignore[arg-type]
