"""KML, read by its own elements: GDAL turns Chinese names of extended data into underscores, so that columns merge."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET  # no entities get this far: `xml_text` refuses their declarations

import pyarrow as pa
import shapely

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, Remark, distinct_names
from onemap.sources.worker.ovital import ovital_crs
from onemap.sources.worker.xml_text import xml_text

__all__ = ["describe", "read"]

_CONTAINERS = {"Document", "Folder", "kml"}
_NOT_READ = ("GroundOverlay", "ScreenOverlay", "PhotoOverlay", "Model", "Tour", "Style", "StyleMap")
_KINDS: Mapping[str, tuple[pa.DataType, Any]] = {
    **dict.fromkeys(("int", "uint", "short", "ushort"), (pa.int64(), int)),
    **dict.fromkeys(("float", "double"), (pa.float64(), float)),
    "bool": (pa.bool_(), lambda text: {"1": True, "true": True, "0": False, "false": False}[text.lower()]),
}
_PLAIN = (
    ("Name", "name"),
    ("description", "description"),
    ("address", "address"),
    ("timestamp", "when"),
    ("begin", "begin"),
    ("end", "end"),
)


@dataclass(slots=True)
class _Folder:
    """The placemarks that stand directly in one folder: attributes, shapes and what is wrong with them."""

    attributes: list[dict[str, str]] = field(default_factory=list)
    shapes: list[shapely.Geometry | None] = field(default_factory=list)
    faults: list[Remark] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)


def describe(path: Path, driver: str, _options: Mapping[str, Any]) -> Answer:
    """List the folders that hold placemarks."""
    root, encoding, remarks = _parsed(path)
    layers = [
        {
            "name": name,
            "driver": driver,
            "geometry_type": _kind(folder),
            "rows": len(folder.shapes),
            "crs": ovital_crs(path, root, folder.marks)[0],
            "fields": _columns(folder),
            "encoding": encoding,
        }
        for name, folder in _folders(root, path.stem).items()
    ]
    return Answer({"layers": layers}, remarks=remarks)


def read(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read one folder: names, descriptions, times and extended data, then the shapes, then the row numbers."""
    root, encoding, remarks = _parsed(path)
    folders = _folders(root, path.stem)
    layer = _choose(path, list(folders), options.get("layer"))
    folder = folders[layer]
    columns = _columns(folder)
    names, repeated = distinct_names(columns)
    types = _field_types(root)
    arrays = [_array([row.get(name) for row in folder.attributes], types.get(name)) for name in columns]
    shapes = pa.array([None if shape is None else shapely.to_wkb(shape) for shape in folder.shapes], pa.binary())
    rows = pa.array(list(range(1, len(folder.shapes) + 1)), pa.int64())
    table = pa.Table.from_arrays([*arrays, shapes, rows], names=[*names, "geometry", "row"])
    crs, asked = ovital_crs(path, root, folder.marks, is_told=bool(options.get("is_ovital")))
    facts = {"layer": layer, "crs": crs, "encoding": encoding, "has_geometry": True}
    return Answer(facts, table, (*remarks, *asked, *_passed_over(root), *folder.faults, *repeated))


def _passed_over(root: ET.Element) -> list[Remark]:
    """Remark on what a file holds beside placemarks and what is not read of them, by kind."""
    counts = Counter(tag for element in root.iter() if (tag := _tag(element)) in _NOT_READ)
    if not counts:
        return []
    told = "、".join(f"{tag} {counts[tag]}" for tag in _NOT_READ if counts[tag])
    return [Remark("OM-PKG-037", {"count": counts.total(), "kinds": told})]


def _parsed(path: Path) -> tuple[ET.Element, str, tuple[Remark, ...]]:
    """Give the elements, the encoding and what is to be said of it."""
    text, encoding, remarks = xml_text(path)
    try:
        return ET.fromstring(text), encoding, remarks  # noqa: S314
    except (ET.ParseError, ValueError) as error:
        raise ReadError("file_damaged", path=path, reason=str(error)[:160]) from error


def _folders(root: ET.Element, file_name: str) -> dict[str, _Folder]:
    """Gather the placemarks by the folder that they stand in; folders of one name are one layer."""
    found: dict[str, _Folder] = {}
    for name, placemark, mark in _placemarks(root, file_name):
        folder = found.setdefault(name, _Folder())
        folder.marks.add(mark)
        folder.attributes.append(_attributes(placemark))
        try:
            folder.shapes.append(_shape_of(placemark))
        except (ValueError, shapely.errors.GEOSException):
            folder.shapes.append(None)
            folder.faults.append(Remark("OM-PKG-008", row=len(folder.shapes)))
    return found


def _placemarks(root: ET.Element, file_name: str) -> Iterator[tuple[str, ET.Element, str]]:
    """Give each placemark with the name of its folder and Ovital's mark of its system, in the order of the file."""
    waiting = [(root, file_name, "")]
    while waiting:
        element, name, mark = waiting.pop()
        if _tag(element) == "Placemark":
            yield name, element, _text_of(element, "OvCoordType") or mark
        elif _tag(element) in _CONTAINERS:
            own, marked = _text_of(element, "name") or name, _text_of(element, "OvCoordType") or mark
            waiting.extend((child, own, marked) for child in reversed(element))


def _attributes(placemark: ET.Element) -> dict[str, str]:
    """Give what a placemark says of itself, empty values left out."""
    found: dict[str, str | None] = {"id": placemark.get("id")}
    for name, tag in _PLAIN:
        inner = placemark if tag in {"name", "description", "address"} else _time_of(placemark)
        found[name] = _text_of(inner, tag)
    for element in placemark.iter():
        if _tag(element) == "Data":
            found[element.get("name") or "Data"] = _text_of(element, "value")
        elif _tag(element) == "SimpleData":
            found[element.get("name") or "SimpleData"] = element.text
    return {name: value for name, value in found.items() if value}


def _time_of(placemark: ET.Element) -> ET.Element | None:
    """Give the time of a placemark."""
    return next((child for child in placemark if _tag(child) in {"TimeStamp", "TimeSpan"}), None)


def _columns(folder: _Folder) -> list[str]:
    """List the columns of a folder in order of appearance, the name first."""
    return list(dict.fromkeys(["Name", *(name for row in folder.attributes for name in row)]))


def _choose(path: Path, names: list[str], asked: str | None) -> str:
    """Take the folder asked for, or the only one."""
    if not names:
        raise ReadError("file_without_layers", path=path)
    if asked and asked not in names:
        raise ReadError("layer_missing", path=path, layer=asked, layers="、".join(names))
    if not asked and len(names) > 1:
        raise ReadError("layer_not_chosen", path=path, layers="、".join(names))
    return asked or names[0]


def _field_types(root: ET.Element) -> dict[str, str]:
    """Give the types that schemas declare for extended data."""
    return {
        element.get("name", ""): element.get("type", "") for element in root.iter() if _tag(element) == "SimpleField"
    }


def _array(values: list[str | None], declared: str | None) -> pa.Array:
    """Give a column in its declared type where all its values are of it, else as text."""
    if declared is not None and declared in _KINDS:
        kind, convert = _KINDS[declared]
        try:
            return pa.array([None if value is None else convert(value.strip()) for value in values], kind)
        except (ValueError, KeyError, OverflowError, pa.ArrowInvalid):
            pass  # the schema is wrong about this column: its text is the truth
    return pa.array(values, pa.string())


def _shape_of(element: ET.Element) -> shapely.Geometry | None:
    """Give the shape among the children of an element, None if there is none."""
    return next((_SHAPES[_tag(child)](child) for child in element if _tag(child) in _SHAPES), None)


def _point(element: ET.Element) -> shapely.Geometry:
    return shapely.Point(_coordinates(element)[0])


def _line(element: ET.Element) -> shapely.Geometry:
    return shapely.LineString(_coordinates(element))


def _polygon(element: ET.Element) -> shapely.Geometry:
    rings: dict[str, list[list[tuple[float, ...]]]] = {"outerBoundaryIs": [], "innerBoundaryIs": []}
    for boundary in element:
        if _tag(boundary) in rings:
            rings[_tag(boundary)] += [_coordinates(ring) for ring in boundary if _tag(ring) == "LinearRing"]
    return shapely.Polygon(rings["outerBoundaryIs"][0] if rings["outerBoundaryIs"] else [], rings["innerBoundaryIs"])


def _many(element: ET.Element) -> shapely.Geometry:
    parts = [_SHAPES[_tag(child)](child) for child in element if _tag(child) in _SHAPES]
    kinds = {part.geom_type for part in parts}
    many = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
    return many[kinds.pop()](parts) if len(kinds) == 1 and kinds <= set(many) else shapely.GeometryCollection(parts)


def _track(element: ET.Element) -> shapely.Geometry:
    places = [tuple(float(part) for part in (c.text or "").split()) for c in element if _tag(c) == "coord"]
    return shapely.LineString(places)


_SHAPES = {
    "Point": _point,
    "LineString": _line,
    "LinearRing": _line,
    "Polygon": _polygon,
    "MultiGeometry": _many,
    "Track": _track,
    "MultiTrack": _many,
}


def _coordinates(element: ET.Element) -> list[tuple[float, ...]]:
    """Read "lon,lat[,height] …"; a missing height among others is zero."""
    text = re.sub(r"\s*,\s*", ",", _text_of(element, "coordinates") or "")
    places = [tuple(float(part) for part in place.rstrip(",").split(",")) for place in text.split()]
    if not places or not all(len(place) in {2, 3} for place in places):
        msg = "coordinates must be pairs or triples"
        raise ValueError(msg)
    if any(len(place) == 3 for place in places):
        return [(*place, 0.0)[:3] for place in places]
    return places


def _kind(folder: _Folder) -> str:
    """Name the kind of geometry of a folder, "Unknown" where it holds several."""
    kinds = {shape.geom_type for shape in folder.shapes if shape is not None}
    return str(kinds.pop()) if len(kinds) == 1 else "Unknown"


def _tag(element: ET.Element) -> str:
    """Give the name of an element without its name space."""
    return element.tag.rpartition("}")[2]


def _text_of(element: ET.Element | None, tag: str) -> str | None:
    """Give the text of a child, without the space around it."""
    child = next((child for child in element if _tag(child) == tag), None) if element is not None else None
    return child.text.strip() if child is not None and child.text else None
