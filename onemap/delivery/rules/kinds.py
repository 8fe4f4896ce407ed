"""What kind of layer a rule looks at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from onemap.delivery.checked import CheckContext

__all__ = ["facility_of", "first_of", "has_areas", "has_lines", "has_points", "row_mask"]


def has_points(context: CheckContext) -> bool:
    """Tell whether a layer of the profile holds points."""
    return _holds(context, "Point")


def has_lines(context: CheckContext) -> bool:
    """Tell whether a layer of the profile holds lines."""
    return _holds(context, "LineString")


def has_areas(context: CheckContext) -> bool:
    """Tell whether a layer of the profile holds areas."""
    return _holds(context, "Polygon")


def facility_of(context: CheckContext) -> pd.Series[str]:
    """Say of each row which facility it is: operator, and identifier of the source or else remark or name.

    Empty text in a layer that the profile does not know: nothing tells its rows apart.
    """
    frame = context.checked.frame
    which = pd.Series("", index=frame.index, dtype="string")
    for fill in ("id", "remark", "name"):
        column = context.column(fill)
        if column:
            which = which.where(which.ne(""), context.text(column))
    operator = context.column_from("operator", "owner")
    return which if not operator else context.text(operator) + "|" + which


def first_of(rows: np.ndarray, others: np.ndarray, size: int) -> np.ndarray:
    """Give for each of so many rows the smallest other of its pairs, -1 where it has none."""
    first = np.full(size, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, rows, others)
    return np.where(first == np.iinfo(np.int64).max, -1, first)


def row_mask(rows: np.ndarray, frame: pd.DataFrame) -> pd.Series[bool]:
    """Give a mask that is true in some rows."""
    mask = np.zeros(len(frame), dtype=bool)
    mask[rows] = True
    return pd.Series(mask, index=frame.index, dtype="bool")


def _holds(context: CheckContext, geometry: str) -> bool:
    """Tell whether a layer is the profile's, of a kind, and has geometries."""
    return context.checked.has_geometry and context.layer is not None and context.layer.geometry == geometry
