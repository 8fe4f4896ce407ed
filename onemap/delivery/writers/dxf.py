"""Drawings (DXF) for planners' CAD: points, lines and text on named layers, Chinese text in GBK.

UTF-8 would need a drawing of 2007 or later, of which GDAL believes the code page although CAD programs do not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ezdxf.filemanagement
import numpy as np
import shapely
from ezdxf._options import options as ezdxf_options
from ezdxf.enums import TextEntityAlignment

from onemap.delivery.conversion.layer import Plan

__all__ = ["write_drawing"]

_VERSION, _ENCODING = "R2000", "gbk"
_STYLE, _FONT = "ONEMAP", "simsun.ttc"
_TEXT_M, _DEGREE_M = 25.0, 111_320.0  # 2.5 mm on a sheet of 1:10 000
_MOST_DEGREES = 400.0
_COLOURS = {"Point": 1, "LineString": 5, "text": 7}
_POINT_SIGN = 34  # a circle with a cross
_WRITTEN_BY = "onemap"


def write_drawing(plans: Sequence[Plan], path: Path, *, date: dt.date) -> None:
    """Write layers as one drawing.

    Parameters
    ----------
    plans
        The layers as planned by `plan_drawing`.
    path
        File to make.
    date
        Date that the drawing is given.

    References
    ----------
    Autodesk, DXF Reference, AutoCAD 2000: $DWGCODEPAGE, POINT, LWPOLYLINE, TEXT, $PDMODE.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from onemap.delivery.conversion.drawing import plan_drawing
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> towers = plain_layer("towers", pd.DataFrame({"name": ["甲站"]}), np.array([shapely.Point(1, 2)]), crs=None)
    >>> file = Path(tempfile.mkdtemp()) / "towers.dxf"
    >>> write_drawing(plan_drawing(towers), file, date=dt.date(2026, 1, 1))
    >>> "甲站" in file.read_text(encoding="gbk")
    True
    """
    before = ezdxf_options.write_fixed_meta_data_for_testing
    ezdxf_options.write_fixed_meta_data_for_testing = True  # no clock, no chance: $TDCREATE and the GUIDs
    try:
        drawing = ezdxf.filemanagement.new(_VERSION)
        drawing.encoding = _ENCODING
        drawing.styles.add(_STYLE, font=_FONT)
        height = _text_height(plans)
        drawing.header["$PDMODE"] = _POINT_SIGN
        drawing.header["$PDSIZE"] = height
        drawing.header["$INSUNITS"] = 6
        drawing.header.custom_vars.append("Made by", _WRITTEN_BY)
        drawing.header.custom_vars.append("Date", date.isoformat())
        for plan in plans:
            _draw(drawing, plan, height)
        _state_extent(drawing, plans)
        _sort_classes(drawing)
        drawing.saveas(path)
    finally:
        ezdxf_options.write_fixed_meta_data_for_testing = before


def _state_extent(drawing: Any, plans: Sequence[Plan]) -> None:
    """State where the entities are, by which programs choose the first view."""
    shapes = [plan.stored.geometry for plan in plans if plan.stored.geometry is not None]
    every = np.concatenate(shapes) if shapes else np.array([])
    bounds = shapely.total_bounds(every) if len(every) else np.full(4, np.nan)
    if np.isfinite(bounds).all():
        west, south, east, north = (float(one) for one in bounds)
        drawing.modelspace().reset_extents((west, south, 0.0), (east, north, 0.0))
        drawing.header["$EXTMIN"], drawing.header["$EXTMAX"] = (west, south, 0.0), (east, north, 0.0)
        middle, height = ((west + east) / 2, (south + north) / 2), max(north - south, (east - west) / 2)
        drawing.set_modelspace_vport(height=height * 1.1 or 1.0, center=middle)


def _sort_classes(drawing: Any) -> None:
    """Put the classes of a drawing in order: ezdxf keeps them in that of a set, which differs from run to run."""
    drawing.classes.add_required_classes(drawing.dxfversion)
    drawing.classes.classes = dict(sorted(drawing.classes.classes.items()))


def _draw(drawing: Any, plan: Plan, height: float) -> None:
    """Draw the entities of a layer."""
    space = drawing.modelspace()
    names = plan.stored.table["Layer"].to_pylist() or [plan.stored.name]
    kinds = dict.fromkeys(names, "text")
    texts = plan.stored.table["Text"].to_pylist()
    shapes = [] if plan.stored.geometry is None else list(plan.stored.geometry)
    kinds |= {name: shape.geom_type for name, text, shape in zip(names, texts, shapes, strict=False) if text is None}
    for name, kind in kinds.items():
        if name not in drawing.layers:
            drawing.layers.add(name, color=_COLOURS.get(kind, 7))
    for name, text, shape in zip(names, texts, shapes, strict=False):
        held: Mapping[str, object] = {"layer": name}
        if text is not None:
            place = (shape.x, shape.y)
            label = space.add_text(text, height=height, dxfattribs={**held, "style": _STYLE})
            label.set_placement(place, align=TextEntityAlignment.LEFT)
        elif shape.geom_type == "Point":
            space.add_point((shape.x, shape.y), dxfattribs=held)
        else:
            space.add_lwpolyline(shapely.get_coordinates(shape).tolist(), format="xy", dxfattribs=held)


def _text_height(plans: Sequence[Plan]) -> float:
    """Give a height of text in the unit of the coordinates."""
    shapes = [plan.stored.geometry for plan in plans if plan.stored.geometry is not None and len(plan.stored.geometry)]
    farthest = max((float(np.abs(shapely.total_bounds(one)).max()) for one in shapes), default=0.0)
    return _TEXT_M / _DEGREE_M if farthest < _MOST_DEGREES else _TEXT_M
