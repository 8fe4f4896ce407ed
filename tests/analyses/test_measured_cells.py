"""Which measurements can be held against a model."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from onemap.analyses.measured_cells import measured_cells

CELLS = gpd.GeoDataFrame(
    {
        "cell_id": ["A", "B", "C", "D", "A", None],
        "coverage_type": ["macro", "indoor", None, "macro", "indoor", "macro"],
        "status": ["in service", "in service", None, "planned", "in service", None],
    }
)


@pytest.mark.parametrize(
    ("cell", "rsrp", "state", "row"),
    [
        ("A", -95.0, "usable", 0),
        ("C", -95.0, "usable", 2),
        ("A", -156.0, "usable", 0),
        ("A", -31.0, "usable", 0),
        ("B", -95.0, "not serving outdoors", 1),
        ("D", -95.0, "not serving outdoors", 3),
        ("Z", -95.0, "unknown cell", -1),
        (None, -95.0, "no cell named", -1),
        ("A", 20.0, "impossible level", 0),
        ("A", 0.0, "impossible level", 0),
        ("A", -200.0, "impossible level", 0),
        ("Z", np.nan, "impossible level", -1),
    ],
)
def test_each_measurement_has_one_state(cell: str | None, rsrp: float, state: str, row: int) -> None:
    drive = gpd.GeoDataFrame({"cell_id": [cell], "rsrp_dbm": [rsrp]}, index=[7])
    table = measured_cells(drive, CELLS)
    assert table.loc[7].to_dict() == {"row": row, "state": state}


def test_without_cells_every_cell_is_unknown() -> None:
    drive = gpd.GeoDataFrame({"cell_id": ["A"], "rsrp_dbm": [-90.0]})
    assert measured_cells(drive, None)["state"].tolist() == ["unknown cell"]
    assert measured_cells(drive.iloc[:0], CELLS).empty
