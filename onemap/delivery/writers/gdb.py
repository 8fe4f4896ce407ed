"""File geodatabase: exact widths, aliases and NOT NULL, aliases of layers, tolerance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from pyproj import CRS

from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.writers.arrow import (
    StoredField,
    WrittenLayer,
    build_table,
    check_values,
    read_back,
    refuse_existing,
    write_table,
)

__all__ = ["write"]

_METRES_PER_DEGREE = 111_320.0
_TOLERANCE_M = 0.0001


def write(
    layers: Sequence[DeliveryLayer], path: Path, *, date: dt.date, feature_dataset: str = ""
) -> list[WrittenLayer]:
    """Write layers as one file geodatabase and read them back.

    Numbers become doubles, integers 32-bit: 64-bit ones are turned into doubles by this format or hidden from older
    readers. The tolerance is 0.0001 m, for geographic systems in degrees along a meridian. Code lists stand in the
    workbook: pyogrio, fiona and rasterio have no call that gives a geodatabase its domains.

    Parameters
    ----------
    layers
        Layers with a CRS.
    path
        Folder to make, ending in `.gdb`; it must not exist.
    date
        Date that the file is given.
    feature_dataset
        Feature dataset that holds the layers, all in one system; empty means none.

    Returns
    -------
    written
        One entry a layer.

    Raises
    ------
    WriteError
        If a value does not fit its field, the path exists, or what was written does not read back.

    Examples
    --------
    >>> import datetime
    >>> from pathlib import Path
    >>> write([], Path("empty.gdb"), date=datetime.date(2026, 1, 1))
    []
    """
    refuse_existing(path)
    written = []
    dataset = {"FEATURE_DATASET": feature_dataset} if feature_dataset else {}
    for layer in layers:
        check_values(layer)
        stored = tuple(StoredField(one.name, one.name, one.length) for one in layer.fields)
        table, geometry_type = build_table(layer, stored=stored, as_decimal=False, multi=True)
        write_table(
            table,
            path,
            layer=layer.code,
            driver="OpenFileGDB",
            geometry_type=geometry_type,
            crs=layer.crs,
            date=date,
            layer_options={"LAYER_ALIAS": layer.alias, "XYTOLERANCE": _tolerance(layer.crs), **dataset},
        )
        rows = read_back(path, layer.code, table, crs=layer.crs)
        written.append(WrittenLayer(layer.code, path, rows, stored))
    return written


def _tolerance(crs: str) -> str:
    """Give the tolerance in the unit of the system."""
    geographic = CRS.from_user_input(crs).is_geographic
    return f"{_TOLERANCE_M / _METRES_PER_DEGREE if geographic else _TOLERANCE_M:.12f}"
