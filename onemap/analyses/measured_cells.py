"""Which measurements can be held against a model: levels that phones report, of known cells that serve outdoors."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids

__all__ = ["IMPOSSIBLE", "NOT_OUTDOORS", "NO_CELL", "REPORTED_DBM", "UNKNOWN_CELL", "USABLE", "measured_cells"]

REPORTED_DBM = (-156.0, -31.0)
"""Range of the RSRP that a phone reports, in dBm: of NR; that of LTE lies within (TS 36.133, -156 to -44 dBm).

References
----------
3GPP TS 38.133, table "Measurement report mapping of SS-RSRP": -156 to -31 dBm.
"""

USABLE = "usable"
IMPOSSIBLE = "impossible level"
NO_CELL = "no cell named"
UNKNOWN_CELL = "unknown cell"
NOT_OUTDOORS = "not serving outdoors"


def measured_cells(measurements: gpd.GeoDataFrame, cells: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Find the cell of each measurement, and say whether the measurement can be held against a model.

    Parameters
    ----------
    measurements
        Canonical layer `measurements`.
    cells
        Canonical layer `cells`; None where there is none, then every cell is unknown.

    Returns
    -------
    table
        On the index of the measurements: `row` of the cell in `cells` (-1 where there is none), and `state`:
        "impossible level" (outside `REPORTED_DBM`, or missing), else "no cell named", "unknown cell", "not serving
        outdoors" (an indoor cell or repeater, or one not in service), else "usable".

    Examples
    --------
    >>> cells = gpd.GeoDataFrame({"cell_id": ["A", "B"], "coverage_type": ["macro", "indoor"]})
    >>> drive = gpd.GeoDataFrame({"cell_id": ["A", "B", "C", None, "A"], "rsrp_dbm": [-95, -80, -90, -99, 20.0]})
    >>> measured_cells(drive, cells)["state"].tolist()
    ['usable', 'not serving outdoors', 'unknown cell', 'no cell named', 'impossible level']
    """
    rsrp = column(measurements, "rsrp_dbm", "number").to_numpy()
    cell_id = column(measurements, "cell_id")
    row = _rows(cell_id, cells)
    outdoors = np.zeros(0, dtype=bool) if cells is None else _serves_outdoors(cells)
    serves = np.append(outdoors, False)[row]
    possible = (rsrp >= REPORTED_DBM[0]) & (rsrp <= REPORTED_DBM[1])
    tests = [~possible, cell_id.isna().to_numpy(), row < 0, ~serves]
    state = np.select(tests, [IMPOSSIBLE, NO_CELL, UNKNOWN_CELL, NOT_OUTDOORS], default=USABLE)
    return pd.DataFrame({"row": row, "state": state}, index=measurements.index)


def _rows(cell_id: pd.Series, cells: gpd.GeoDataFrame | None) -> NDArray[np.intp]:
    """Find the first row of each cell id; -1 where there is none."""
    if cells is None or not len(cells):
        return np.full(len(cell_id), -1, dtype=np.intp)
    known = ids(cells, "cells")
    first = pd.Series(np.arange(len(known)), index=pd.Index(known.to_numpy(dtype=object)))
    first = first[~first.index.duplicated() & first.index.notna()]
    found: NDArray[np.intp] = first.index.get_indexer(pd.Index(cell_id.fillna("").to_numpy(dtype=object)))
    return np.where(found >= 0, np.append(first.to_numpy(), -1)[found], -1).astype(np.intp)


def _serves_outdoors(cells: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which cells are macro and in service; what is not stated counts as both."""
    kind, status = column(cells, "coverage_type").fillna("macro"), column(cells, "status").fillna("in service")
    serves: NDArray[np.bool_] = (kind.eq("macro") & status.eq("in service")).to_numpy(dtype=bool)
    return serves
