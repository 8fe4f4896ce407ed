"""Towers, gaps and the plan for any globe program: a KMZ with styles, names and escaped descriptions."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as ET

import geopandas as gpd

from onemap.errors import WriteError
from onemap.messages import text
from onemap.views.escaping import plain, safe
from onemap.views.map_data import map_data
from onemap.views.style import DEPENDS
from onemap.views.view_settings import ViewSettings

__all__ = ["write_kmz"]

_LAYERS = ("towers", "gap_points", "village_verdicts", "gap_stretches", "plan_sites", "plan_connections")
_SPACE = "http://www.opengis.net/kml/2.2"
_DEPENDS = "depends"


def write_kmz(
    path: Path,
    *,
    layers: Mapping[str, gpd.GeoDataFrame],
    results: Mapping[str, gpd.GeoDataFrame],
    settings: ViewSettings,
) -> int:
    """Write towers and gaps, one folder a layer and owner, and read the file back.

    Parameters
    ----------
    path
        The file to write (.kmz); its folder must exist.
    layers, results
        Layers by name, any CRS; written in degrees of their own datum, as KML wants degrees.
    settings
        Title, date, class, language.

    Returns
    -------
    placemarks
        How many placemarks the file holds. The same arguments give the same bytes.

    Raises
    ------
    WriteError
        If the file does not read back with as many placemarks as were written.

    References
    ----------
    OGC 12-007r2, KML 2.3, clauses 9 (Placemark), 12 (Style): colours are aabbggrr.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=gpd.points_from_xy([75.1], [39.6]), crs=4490)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_kmz(
    ...         Path(folder) / "towers.kmz",
    ...         layers={"towers": towers},
    ...         results={},
    ...         settings=ViewSettings("示范县", dt.date(2026, 1, 1)),
    ...     )
    1
    """
    chosen = {name: layer for name, layer in layers.items() if name in _LAYERS}
    gaps = {name: layer for name, layer in results.items() if name in _LAYERS}
    data = map_data(chosen, gaps, settings)
    root = _document(data, settings)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    entry = zipfile.ZipInfo(
        "doc.kml", date_time=(settings.data_date.year, settings.data_date.month, settings.data_date.day, 0, 0, 0)
    )
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, content)
    return _read_back(path, sum(len(switch["rows"]) for switch in data["layers"]))


def _document(data: Mapping[str, Any], settings: ViewSettings) -> ET.Element:
    """Make the document: styles, then a folder for each switch of the map."""
    place = 0 if settings.lang == "zh" else 1
    root = ET.Element("kml", xmlns=_SPACE)
    document = ET.SubElement(root, "Document")
    simulated = f" · {text('view_simulated', settings.lang)}" if settings.simulated else ""
    _add(document, "name", settings.title(settings.lang) + simulated)
    _add(document, "description", safe(settings.facts(settings.lang) + simulated))
    for number, switch in enumerate(data["layers"]):
        _style(document, f"s{number}", switch["color"], switch["size"])
        _style(document, f"d{number}", DEPENDS if switch["gap"] else switch["color"], switch["size"])
        folder = ET.SubElement(document, "Folder")
        _add(folder, "name", switch["label"][place])
        for row in switch["rows"]:
            style = f"d{number}" if row.get("c") == _DEPENDS else f"s{number}"
            folder.append(_placemark(row, switch, style, lambda value: _say(value, data["words"], place), place))
    return root


def _add(parent: ET.Element, tag: str, value: str) -> ET.Element:
    """Add an element that holds text."""
    made = ET.SubElement(parent, tag)
    made.text = plain(value)
    return made


def _style(document: ET.Element, style_id: str, color: str, size: float) -> None:
    """Add a style: icons of a globe program's own drawing, tinted, nothing loaded from elsewhere."""
    style = ET.SubElement(document, "Style", id=style_id)
    signed = f"ff{color[5:7]}{color[3:5]}{color[1:3]}"
    icon = ET.SubElement(style, "IconStyle")
    _add(icon, "color", signed)
    _add(icon, "scale", f"{0.5 + size / 20:.2f}")
    line = ET.SubElement(style, "LineStyle")
    _add(line, "color", signed)
    _add(line, "width", f"{size:g}")


def _say(value: str, known: Mapping[str, Sequence[str]], place: int) -> str:
    """Give the words for a canonical value."""
    return "、".join(known[part][place] if part in known else part for part in value.split(";"))


def _placemark(row: Mapping[str, Any], switch: Mapping[str, Any], style: str, say: Any, place: int) -> ET.Element:  # noqa: PLR0917
    """Describe one row: name, reason first, values, source last."""
    mark = ET.Element("Placemark")
    _add(mark, "name", row.get("n") or switch["family"][place])
    _add(mark, "description", _description(row, switch, say, place))
    _add(mark, "styleUrl", f"#{style}")
    coordinates = row["g"]
    if isinstance(coordinates[0], float):
        point = ET.SubElement(mark, "Point")
        _add(point, "coordinates", f"{coordinates[0]},{coordinates[1]}")
        return mark
    parts = ET.SubElement(mark, "MultiGeometry")
    for part in coordinates:
        line = ET.SubElement(parts, "LineString")
        _add(line, "tessellate", "1")
        _add(line, "coordinates", " ".join(f"{lon},{lat}" for lon, lat in part))
    return mark


def _description(row: Mapping[str, Any], switch: Mapping[str, Any], say: Any, place: int) -> str:
    """Give the balloon's text as HTML; every word of a file is escaped."""
    lines = [row.get("rz" if place == 0 else "re")]
    for (zh, en, unit), value in zip(switch["fields"], row["v"], strict=True):
        if value is not None:
            own = value[place] if isinstance(value, list) else value  # in both languages
            shown = say(own) if isinstance(own, str) else f"{own:,g} {unit}".strip()
            lines.append(f"{(zh, en)[place]}: {shown}")
    lines.append(row.get("s"))
    return "<br>".join(safe(line) for line in lines if line)


def _read_back(path: Path, expected: int) -> int:
    """Count the placemarks that the written file holds."""
    found = sum(1 for _ in _placemarks(path))
    if found != expected:
        raise WriteError("view_kmz_incomplete", path=path.name, expected=expected, found=found)
    return found


def _placemarks(path: Path) -> Iterator[ET.Element]:
    """Read the placemarks of a file that was just written here."""
    with zipfile.ZipFile(path) as archive:
        root = ET.fromstring(archive.read("doc.kml"))  # noqa: S314  # our own file, not an input
    return cast("Iterator[ET.Element]", root.iter(f"{{{_SPACE}}}Placemark"))
