"""Read a layer that was just written, as its plan sees it: some formats tell less than they hold, or more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from onemap.delivery.conversion.drawing import LABELS
from onemap.delivery.conversion.layer import PlainLayer, Plan, plain_layer
from onemap.errors import ReadError
from onemap.sources import Reader, read_file

__all__ = ["read_drawing", "read_globe", "read_plain"]


def read_plain(path: Path, _plan: Plan, layer: str | None, reader: Reader | None) -> PlainLayer:
    """Read a layer as it is.

    Parameters
    ----------
    path, layer
        What was written.
    reader
        Worker that reads; one is started if not given.
    """
    found = read_file(path, layer=layer, reader=reader)
    return plain_layer(found.layer, found.frame, found.geometry, crs=found.crs)


def read_globe(path: Path, plan: Plan, layer: str | None, reader: Reader | None) -> PlainLayer:
    """Read a folder of a KMZ: the names of its marks are no column, a column without a value is not told.

    Parameters
    ----------
    path, plan, layer, reader
        What was written, its plan, the folder, and the worker that reads.
    """
    if not plan.stored.rows:  # a folder without marks is no layer
        return plan.stored
    found = read_plain(path, plan, layer, reader)
    meant = plan.stored.table
    extra = [name for name in found.table.column_names if name not in meant.column_names and name != "Name"]
    table = pa.Table.from_arrays(
        [
            found.table[name] if name in found.table.column_names else pa.nulls(found.rows, meant[name].type)
            for name in [*meant.column_names, *extra]
        ],
        names=[*meant.column_names, *extra],
    )
    if not table.num_columns:
        table = meant
    return PlainLayer(found.name, table, found.geometry, found.crs)


def read_drawing(path: Path, plan: Plan, layer: str | None, reader: Reader | None) -> PlainLayer:
    """Read the shapes and the text of a layer of a drawing, heights of zero taken for none.

    Parameters
    ----------
    path, plan, layer, reader
        What was written, its plan, the layer of the drawing, and the worker that reads.
    """
    if not plan.stored.rows:  # a layer without entities is not told
        return plan.stored
    wanted = set(plan.stored.table["Layer"].to_pylist())
    parts = [read_plain(path, plan, name, reader) for name in (layer, f"{layer}{LABELS}") if name in wanted]
    shapes = [one.geometry for one in parts if one.geometry is not None]
    if len(shapes) != len(parts):
        raise ReadError("file_without_layers", path=path)
    names = [name for part in parts for name in part.table["Layer"].to_pylist()]
    texts = [
        text
        for part in parts
        for text in (part.table["Text"].to_pylist() if "Text" in part.table.column_names else [None] * part.rows)
    ]
    table = pa.table({"Layer": pa.array(names, pa.string()), "Text": pa.array(texts, pa.string())})
    return PlainLayer(plan.stored.name, table, shapely.force_2d(np.concatenate(shapes)), None)
