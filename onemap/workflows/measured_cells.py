"""Question measurements as they are read: levels that no phone reports, cells not listed or serving indoors."""

from __future__ import annotations

from collections.abc import Mapping

from onemap.analyses.columns import column
from onemap.analyses.measured_cells import IMPOSSIBLE, NOT_OUTDOORS, REPORTED_DBM, UNKNOWN_CELL, measured_cells
from onemap.findings import Finding
from onemap.layers.whole_layer import FrameLayer, WholeLayer

__all__ = ["measurement_findings"]

_RULES = {UNKNOWN_CELL: "OM-BIZ-001", NOT_OUTDOORS: "OM-BIZ-002", IMPOSSIBLE: "OM-BIZ-003"}


def measurement_findings(layers: Mapping[str, WholeLayer]) -> list[Finding]:
    """Give one finding for each reason why measurements are left out, with their number and the first of them.

    Parameters
    ----------
    layers
        Canonical layers by name. Measurements that are too many to be held are not looked at: no analysis uses them
        then.
    """
    measurements, cells = layers.get("measurements"), layers.get("cells")
    if not isinstance(measurements, FrameLayer) or not len(measurements):
        return []
    known = cells.frame if isinstance(cells, FrameLayer) else None
    table = measured_cells(measurements.frame, known)
    cell_id = column(measurements.frame, "cell_id").fillna("").to_numpy(dtype=object)
    rsrp = column(measurements.frame, "rsrp_dbm", "number").to_numpy()
    findings = []
    for state, rule in _RULES.items():
        left_out = (table["state"] == state).to_numpy()
        if not left_out.any() or (known is None and state == UNKNOWN_CELL):
            continue
        first = int(left_out.argmax())
        values: dict[str, object] = {"count": int(left_out.sum()), "total": len(table)}
        if state == IMPOSSIBLE:
            values |= {"value": f"{rsrp[first]:g}", "least": f"{REPORTED_DBM[0]:g}", "most": f"{REPORTED_DBM[1]:g}"}
        else:
            values |= {"cell": str(cell_id[first]), "cells": len(set(cell_id[left_out]))}
        findings.append(Finding(rule, layer="measurements", values=values))
    return findings
