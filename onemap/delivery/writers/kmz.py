"""KMZ of any layers, as planned: folders, typed attributes with their aliases, nothing loaded from elsewhere."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import shapely

from onemap.delivery.conversion.globe import WEDGES
from onemap.delivery.conversion.layer import PlainLayer, Plan

__all__ = ["write_globe"]

_SPACE = "http://www.opengis.net/kml/2.2"
_COLOURS = ("d55e00", "0072b2", "009e73", "cc79a7", "e69f00", "56b4e9", "999933", "882255")
_LABEL_COLUMNS = ("Name", "MC", "name", "名称", "BSM", "cell_id", "tower_id")
_LINE_BREAKS = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def write_globe(plans: Sequence[Plan], path: Path, *, date: dt.date, title: str) -> None:
    """Write layers as one KMZ, a folder each.

    Parameters
    ----------
    plans
        The layers as planned for "kmz".
    path
        File to make.
    date
        Date that the entry of the archive is given.
    title
        Name of the document.

    References
    ----------
    OGC 12-007r2, KML 2.3: colours are aabbggrr; SimpleField declares the type of an attribute.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from onemap.delivery.conversion.globe import plan_globe
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> places = np.array([shapely.Point(75, 39.5)])
    >>> towers = plain_layer("towers", pd.DataFrame({"name": ["甲站"]}), places, crs="EPSG:4326")
    >>> file = Path(tempfile.mkdtemp()) / "towers.kmz"
    >>> write_globe(plan_globe(towers), file, date=dt.date(2026, 1, 1), title="towers")
    >>> file.stat().st_size > 300
    True
    """
    entry = zipfile.ZipInfo("doc.kml", date_time=(date.year, date.month, date.day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    with zipfile.ZipFile(path, "w") as archive, archive.open(entry, mode="w") as raw:
        file = io.TextIOWrapper(raw, encoding="utf-8", newline="\n", write_through=False)
        for piece in _document(plans, title):
            file.write(piece)
        file.flush()
        file.detach()


def _document(plans: Sequence[Plan], title: str) -> Iterator[str]:
    """Give the text of the document."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{_SPACE}">\n<Document>\n'
    yield f"<name>{_text(title)}</name>\n"
    for number, plan in enumerate(plans):
        yield _style(number, plan.stored)
        yield _schema(number, plan)
    for number, plan in enumerate(plans):
        yield f"<Folder>\n<name>{_text(plan.stored.name)}</name>\n"
        yield from _placemarks(number, plan.stored)
        yield "</Folder>\n"
    yield "</Document>\n</kml>\n"


def _style(number: int, layer: PlainLayer) -> str:
    """Give the style of a layer: a globe program's own drawing, tinted."""
    colour = _COLOURS[number % len(_COLOURS)]
    signed = f"{colour[4:6]}{colour[2:4]}{colour[0:2]}"
    filled = "80" if layer.name.endswith(WEDGES) else "50"
    return (
        f'<Style id="s{number}"><IconStyle><color>ff{signed}</color><scale>0.8</scale></IconStyle>'
        f"<LabelStyle><scale>0.7</scale></LabelStyle><LineStyle><color>ff{signed}</color><width>2</width></LineStyle>"
        f"<PolyStyle><color>{filled}{signed}</color></PolyStyle></Style>\n"
    )


def _schema(number: int, plan: Plan) -> str:
    """Declare the attributes of a layer, with what people read."""
    given = {stored: name for name, stored in plan.names.items()}
    fields = []
    for field in plan.stored.table.schema:
        alias = plan.stored.aliases.get(given.get(field.name, field.name), "")
        shown = f"<displayName>{_text(alias)}</displayName>" if alias else ""
        fields.append(f"<SimpleField type={_kind(field.type)} name={_quoted(field.name)}>{shown}</SimpleField>")
    return f"<Schema name={_quoted(plan.stored.name)} id={quoteattr(f'f{number}')}>{''.join(fields)}</Schema>\n"


def _kind(kind: pa.DataType) -> str:
    """Name the type of an attribute."""
    name = "string"
    if pa.types.is_boolean(kind):
        name = "bool"
    elif pa.types.is_integer(kind):
        name = "int"
    elif pa.types.is_floating(kind):
        name = "double"
    return f'"{name}"'


def _placemarks(number: int, layer: PlainLayer) -> Iterator[str]:
    """Give the placemarks of a layer."""
    label = next((name for name in _LABEL_COLUMNS if name in layer.table.column_names), None)
    geometry = np.full(layer.rows, None, dtype=object) if layer.geometry is None else layer.geometry
    names = [_quoted(name) for name in layer.table.column_names]
    at = 0
    for batch in layer.table.to_batches(10_000) if names else ():
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            data = "".join(
                f"<SimpleData name={name}>{_value(value)}</SimpleData>"
                for name, value in zip(names, values, strict=True)
                if value is not None
            )
            shown = values[layer.table.column_names.index(label)] if label else None
            yield _placemark(number, geometry[at], shown, data)
            at += 1
    if not names:
        yield from (_placemark(number, shape, None, "") for shape in geometry)


def _placemark(number: int, shape: shapely.Geometry | None, label: object, data: str) -> str:
    """Give one placemark."""
    name = "" if label is None else f"<name>{_text(str(label))}</name>"
    held = f'<ExtendedData><SchemaData schemaUrl="#f{number}">{data}</SchemaData></ExtendedData>' if data else ""
    return f"<Placemark>{name}<styleUrl>#s{number}</styleUrl>{held}{_shape(shape)}</Placemark>\n"


def _shape(shape: shapely.Geometry | None) -> str:
    """Give a shape as KML."""
    if shape is None:
        return ""
    kind = shape.geom_type
    if kind == "Point":
        return f"<Point><coordinates>{_places(shape)}</coordinates></Point>"
    if kind in {"LineString", "LinearRing"}:
        return f"<LineString><tessellate>1</tessellate><coordinates>{_places(shape)}</coordinates></LineString>"
    if kind == "Polygon":
        inner = "".join(f"<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>" for ring in shape.interiors)
        return f"<Polygon><outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>{inner}</Polygon>"
    return f"<MultiGeometry>{''.join(_shape(part) for part in shape.geoms)}</MultiGeometry>"


def _ring(ring: shapely.Geometry) -> str:
    """Give a ring as KML."""
    return f"<LinearRing><coordinates>{_places(ring)}</coordinates></LinearRing>"


def _places(shape: shapely.Geometry) -> str:
    """Give coordinates in their shortest exact form."""
    places = shapely.get_coordinates(shape, include_z=bool(shape.has_z)).tolist()
    return " ".join(",".join(map(repr, place)) for place in places)


def _value(value: object) -> str:
    """Give a value as text that reads back exactly."""
    return ("1" if value else "0") if isinstance(value, bool) else _text(str(value))


def _text(text: str) -> str:
    """Write text into XML; line ends as they are."""
    return escape(text, _LINE_BREAKS)


def _quoted(text: str) -> str:
    """Write text as an attribute of XML."""
    return quoteattr(text, _LINE_BREAKS)
