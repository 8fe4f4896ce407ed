"""Findings say what, where and what was done; a rule's mask decides every row."""

from __future__ import annotations

import pandas as pd
import pytest

from onemap.findings import Faults, Finding, Rule, findings_table, run_rules, severity_counts

HEIGHTS = pd.DataFrame({"tower_id": ["T1", "T2", "T3"], "height_agl_m": [30.0, -1.0, None]})


def test_finding_speaks_both_languages() -> None:
    finding = Finding("OM-ATT-001", "towers", file="a.csv", row=7, values={"field": "tower_id", "alias": "站址编码"})
    assert finding.severity == "error"
    assert finding.message("en") != finding.message("zh")
    assert finding.title("zh")
    assert finding.as_dict()["row"] == 7


def test_mask_with_missing_values_is_refused() -> None:
    undecided = Rule(
        "OM-ATT-004", lambda layer: layer["height_agl_m"].convert_dtypes().gt(0).map({True: False, False: True})
    )
    with pytest.raises(TypeError, match="boolean without NA"):
        run_rules({"towers": HEIGHTS}, [undecided])


def test_rows_at_fault_become_findings_with_their_values() -> None:
    def check(layer: pd.DataFrame) -> Faults:
        mask = ~layer["height_agl_m"].gt(0)
        return Faults(mask, pd.DataFrame({"value": layer["height_agl_m"].fillna(0.0)}))

    found = run_rules({"towers": HEIGHTS, "rooms": HEIGHTS}, [Rule("OM-ATT-004", check, "towers")], id_field="tower_id")
    assert [(one.layer, one.row, one.feature) for one in found] == [("towers", 2, "T2"), ("towers", 3, "T3")]
    assert [one.values["value"] for one in found] == [-1.0, 0.0]


def test_table_and_counts_hold_every_finding() -> None:
    findings = [Finding("OM-ATT-001", "towers", values={"field": "a", "alias": "b"}, row=row) for row in (1, None)]
    table = findings_table(findings)
    assert table["row"].isna().tolist() == [False, True]
    assert severity_counts(findings)["error"] == 2
