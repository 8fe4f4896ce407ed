"""What a drawing (DXF) makes of a layer: points, lines and a line of text each, on layers with names of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import shapely

from onemap.delivery.conversion.layer import Loss, PlainLayer, Plan

__all__ = ["LABELS", "plan_drawing"]

LABELS = "_注记"
"""What the name of a drawing's layer of text ends with."""

_LABEL_COLUMNS = ("MC", "name", "Name", "名称", "NAME", "BSM", "id")
_FORBIDDEN = re.compile(r"[<>/\\\":;?*|=,`\x00-\x1f]")
_SPECIAL = {"%": "％", "^": "＾", "\\": "＼"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ufffe\uffff]+")
_STAND_IN = "〓"
_LONGEST_TEXT = 250
_LONGEST_NAME = 100


def plan_drawing(layer: PlainLayer) -> list[Plan]:
    """Plan a layer for a drawing.

    Areas become the closed lines of their rings, parts stand alone, heights are left out. Of the attributes only the
    name stays, as text on a layer of its own; there is no system of coordinates. All this is listed.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    plans
        One plan; its rows are the entities, its columns the layer and the text of each.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> towers = plain_layer("towers", pd.DataFrame({"name": ["甲站"]}), np.array([shapely.Point(1, 2)]), crs=None)
    >>> plan_drawing(towers)[0].stored.table.to_pylist()
    [{'Layer': 'towers', 'Text': None}, {'Layer': 'towers_注记', 'Text': '甲站'}]
    """
    name = _in_gbk(_FORBIDDEN.sub("_", layer.name))[:_LONGEST_NAME].strip() or "layer"
    given = np.full(layer.rows, None, dtype=object) if layer.geometry is None else layer.geometry
    flat = shapely.force_2d(given)
    finite = np.array(
        [one is not None and not one.is_empty and bool(np.isfinite(one.bounds).all()) for one in flat], bool
    )
    flat = flat.copy()
    flat[~finite] = None
    shapes, changed = _entities(flat)
    texts, places, losses = _labels(layer, flat)
    said = [
        Loss("height", None, _rows(shapely.has_z(given))),
        Loss("empty-geometry", None, _rows(~finite)),
        Loss("geometry-kind", None, _rows(changed)),
    ]
    columns = ", ".join(layer.table.column_names)
    whole = [Loss("columns", None, _rows([]), columns, "Layer, Text")] if columns else []
    whole += [Loss("crs", None, _rows([]), layer.crs)] if layer.crs else []
    table = pa.table(
        {
            "Layer": pa.array([name] * len(shapes) + [name + LABELS] * len(texts), pa.string()),
            "Text": pa.array([None] * len(shapes) + texts, pa.string()),
        }
    )
    geometry = np.array([*shapes, *places, None], dtype=object)[:-1]
    stored = PlainLayer(name, table, geometry, None)
    kept = tuple(loss for loss in said if len(loss.positions))
    renamed = {} if name == layer.name else {layer.name: name}
    return [Plan(layer, stored, renamed, (*layer.losses, *kept, *whole, *losses), "Unknown")]


def _entities(geometry: np.ndarray) -> tuple[list[shapely.Geometry], np.ndarray]:
    """Give the parts and rings of shapes as points and lines, and tell which shapes are not as given."""
    entities: list[shapely.Geometry] = []
    changed = np.zeros(len(geometry), dtype=bool)
    for at, shape in enumerate(geometry):
        if shape is None:
            continue
        parts = list(_parts(shape))
        changed[at] = len(parts) != 1 or parts[0].geom_type != shape.geom_type
        entities += parts
    return entities, changed


def _parts(shape: shapely.Geometry) -> Iterable[shapely.Geometry]:
    """Give the points and lines that a shape is drawn with."""
    for part in shapely.get_parts(shape):
        if part.geom_type == "GeometryCollection" or part.geom_type.startswith("Multi"):
            yield from _parts(part)
        elif part.geom_type == "Polygon":
            yield from (shapely.LineString(ring.coords) for ring in (part.exterior, *part.interiors))
        elif not part.is_empty:
            yield shapely.LineString(part.coords) if part.geom_type == "LinearRing" else part


def _labels(layer: PlainLayer, geometry: np.ndarray) -> tuple[list[str], list[shapely.Geometry], list[Loss]]:
    """Give the texts that stand in a drawing, their places, and which are not as given."""
    column = next((name for name in _LABEL_COLUMNS if name in layer.table.column_names), None)
    if column is None:
        return [], [], []
    texts, places = [], []
    changed: dict[str, list[tuple[int, str, str]]] = {"text-cut": [], "characters": []}
    for at, (value, shape) in enumerate(zip(layer.table[column].to_pylist(), geometry, strict=True)):
        text = "" if value is None or shape is None else str(value)
        fresh = _in_gbk(_CONTROL.sub(" ", "".join(_SPECIAL.get(one, one) for one in text))).strip()
        if fresh != text:
            changed["characters"].append((at, text, fresh))
        if len(fresh) > _LONGEST_TEXT:
            changed["text-cut"].append((at, text, fresh[:_LONGEST_TEXT].strip()))
        if fresh:
            texts.append(fresh[:_LONGEST_TEXT].strip())
            places.append(_place(shape))
    losses = [
        Loss(kind, column, _at([row for row, _, _ in rows]), rows[0][1][:60], rows[0][2][:60])
        for kind, rows in changed.items()
        if rows
    ]
    return texts, places, losses


def _in_gbk(text: str) -> str:
    """Put a stand-in for each character that GBK lacks."""
    return "".join(one if _encodes(one) else _STAND_IN for one in text)


def _encodes(character: str) -> bool:
    """Tell whether GBK has a character."""
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _place(shape: shapely.Geometry) -> shapely.Geometry:
    """Give the place of a text: the point, the middle of the line, a point in the area."""
    if shape.geom_type == "LineString":
        return shape.interpolate(0.5, normalized=True)
    return shape if shape.geom_type == "Point" else shape.representative_point()


def _rows(mask: object) -> np.ndarray:
    """Give the numbers of rows that are marked."""
    return _at(np.flatnonzero(np.asarray(mask, dtype=bool)))


def _at(rows: object) -> np.ndarray:
    """Give numbers of rows as an array."""
    return np.asarray(rows, dtype=np.int64)
