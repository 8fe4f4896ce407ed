"""What a delivery says of itself, and its metadata by ISO 19115 in the XML of ISO 19139."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.places import degrees
from onemap.delivery.quality import QualityLine

__all__ = ["CLASSIFICATIONS", "DeliveryFacts", "bounds_of", "write_metadata"]

_GMD, _GCO = "http://www.isotc211.org/2005/gmd", "http://www.isotc211.org/2005/gco"
_CODES = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NAMES = uuid.UUID("6f0c1b52-8a52-5c33-9f0e-0d1f3f6a7c11")
CLASSIFICATIONS = {
    "公开": "unclassified",
    "内部": "restricted",
    "秘密": "confidential",
    "机密": "secret",
    "绝密": "topSecret",
}
"""Class of data as offices write it → MD_ClassificationCode; another class is given in words only."""

_CONSISTENCY = {
    "PKG": "DQ_FormatConsistency",
    "ENC": "DQ_FormatConsistency",
    "FLD": "DQ_FormatConsistency",
    "ATT": "DQ_DomainConsistency",
    "TOP": "DQ_TopologicalConsistency",
    "GEO": "DQ_TopologicalConsistency",
}
_FORMATS = {
    "gdb": ("File Geodatabase", "10"),
    "gpkg": ("GeoPackage", "1.3"),
    "shp": ("ESRI Shapefile", "1998"),
    "geojson": ("GeoJSON", "2008"),
    "vct": ("VCT (GB/T 17798)", "3.0"),
    "kmz": ("KMZ", "2.3"),
    "dxf": ("DXF", "AC1015"),
    "xlsx": ("Office Open XML Workbook", "2007"),
}


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """What a delivery says of itself.

    Attributes
    ----------
    title, abstract, organisation, contact
        In words; empty where nothing is said.
    date
        Date of the data.
    classification
        Class of the data (密级), as the project says it.
    profile
        Title of the profile, and what it rests on.
    layers
        The layers as mapped, all in one system.
    formats
        Formats written, as `delivery.formats` names them.
    quality
        What each rule looked at.
    lineage
        How the layers came to be: a sentence each.
    losses
        What formats could not hold: a sentence each.
    simulated
        Whether the data are simulated.
    lang
        Language of what is written of the delivery: "zh" or "en".
    """

    title: str
    abstract: str
    date: dt.date
    classification: str
    layers: Sequence[DeliveryLayer]
    organisation: str = ""
    contact: str = ""
    profile: str = ""
    formats: Sequence[str] = ()
    quality: Sequence[QualityLine] = ()
    lineage: Sequence[str] = ()
    losses: Sequence[str] = ()
    simulated: bool = False
    lang: str = "zh"

    @property
    def crs(self) -> str:
        """System of coordinates of the layers, empty where there is none."""
        return next((layer.crs for layer in self.layers if layer.crs), "")

    @property
    def identifier(self) -> str:
        """Identifier of the metadata: the same for the same title and date."""
        return str(uuid.uuid5(_NAMES, f"{self.title}|{self.date.isoformat()}"))


def bounds_of(layers: Sequence[DeliveryLayer]) -> tuple[float, float, float, float] | None:
    """Give the extent of layers in degrees of their own datum.

    Parameters
    ----------
    layers
        The layers.

    Returns
    -------
    bounds
        West, south, east, north; None where nothing has a place.

    Examples
    --------
    >>> bounds_of([]) is None
    True
    """
    boxes = []
    for layer in layers:
        geometry = np.asarray(layer.frame.geometry.array, dtype=object)
        present = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
        if len(present) and layer.frame.crs is not None:
            box = shapely.total_bounds(degrees(present, layer.frame.crs))
            boxes += [box] if np.isfinite(box).all() else []
    if not boxes:
        return None
    west, south, east, north = (
        float(side(part)) for side, part in zip((min, min, max, max), np.array(boxes).T, strict=True)
    )
    return west, south, east, north


def write_metadata(facts: DeliveryFacts, path: Path) -> None:
    """Write the metadata of a delivery.

    Parameters
    ----------
    facts
        What it says of itself.
    path
        File to make (.xml).

    References
    ----------
    ISO 19115:2003, core metadata; ISO/TS 19139:2007, gmd and gco.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "metadata.xml"
    >>> write_metadata(DeliveryFacts("示范县", "", dt.date(2026, 1, 1), "公开", []), file)
    >>> "MD_Metadata" in file.read_text(encoding="utf-8")
    True
    """
    ET.register_namespace("gmd", _GMD)
    ET.register_namespace("gco", _GCO)
    root = ET.Element(f"{{{_GMD}}}MD_Metadata")
    _text(root, "fileIdentifier", facts.identifier)
    _language(root, facts.lang)
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    _code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    _party(root, "contact", facts)
    _value(root, "dateStamp", "Date", facts.date.isoformat())
    _text(root, "metadataStandardName", "ISO 19115:2003 Geographic information - Metadata")
    _text(root, "metadataStandardVersion", "ISO/TS 19139:2007")
    for code in _systems(facts.crs):
        _reference_system(root, code)
    _identification(root, facts)
    _distribution(root, facts.formats)
    _quality(root, facts)
    ET.indent(root, " ")
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    path.write_bytes(content + b"\n")


def _systems(crs: str) -> list[str]:
    """Give the codes of a system, the vertical one last; a system without a code as it is."""
    if not crs:
        return []
    return crs.removeprefix("EPSG:").split("+") if crs.startswith("EPSG:") else [crs]


def _reference_system(parent: ET.Element, code: str) -> None:
    """Name a system of coordinates."""
    system = _new(_new(parent, "referenceSystemInfo"), "MD_ReferenceSystem")
    identifier = _new(_new(system, "referenceSystemIdentifier"), "RS_Identifier")
    _text(identifier, "code", code)
    if code.isdecimal():
        _text(identifier, "codeSpace", "EPSG")


def _identification(parent: ET.Element, facts: DeliveryFacts) -> None:
    """Say what the data are."""
    data = _new(_new(parent, "identificationInfo"), "MD_DataIdentification")
    citation = _new(_new(data, "citation"), "CI_Citation")
    _text(citation, "title", facts.title)
    _date(citation, facts.date)
    _text(data, "abstract", facts.abstract or facts.title)
    _code(data, "status", "MD_ProgressCode", "completed")
    _party(data, "pointOfContact", facts)
    words = _new(_new(data, "descriptiveKeywords"), "MD_Keywords")
    for layer in facts.layers:
        _text(words, "keyword", f"{layer.code} {layer.alias}")
    if not facts.layers:
        _text(words, "keyword", facts.title)
    _security(data, facts.classification)
    _code(data, "spatialRepresentationType", "MD_SpatialRepresentationTypeCode", "vector")
    _language(data, facts.lang)
    _code(data, "characterSet", "MD_CharacterSetCode", "utf8")
    topic = _new(_new(data, "topicCategory"), "MD_TopicCategoryCode")
    topic.text = "utilitiesCommunication"
    _extent(data, facts.layers)
    if facts.simulated:
        _text(data, "supplementalInformation", "模拟数据 / simulated data")


def _security(parent: ET.Element, classification: str) -> None:
    """Say how far the data are restricted."""
    constraints = _new(_new(parent, "resourceConstraints"), "MD_SecurityConstraints")
    known = CLASSIFICATIONS.get(classification)
    if known is None:
        _new(constraints, "classification").set(f"{{{_GCO}}}nilReason", "unknown")
    else:
        _code(constraints, "classification", "MD_ClassificationCode", known)
    _text(constraints, "userNote", f"密级：{classification or '未填写'}")


def _extent(parent: ET.Element, layers: Sequence[DeliveryLayer]) -> None:
    """Say where the data lie."""
    bounds = bounds_of(layers)
    if bounds is None:
        return
    box = _new(_new(_new(_new(parent, "extent"), "EX_Extent"), "geographicElement"), "EX_GeographicBoundingBox")
    west, south, east, north = bounds
    sides = {
        "westBoundLongitude": west,
        "eastBoundLongitude": east,
        "southBoundLatitude": south,
        "northBoundLatitude": north,
    }
    for name, value in sides.items():
        _value(box, name, "Decimal", f"{value:.6f}")


def _distribution(parent: ET.Element, formats: Sequence[str]) -> None:
    """Say in which formats the data are."""
    if not formats:
        return
    distribution = _new(_new(parent, "distributionInfo"), "MD_Distribution")
    for one in formats:
        name, version = _FORMATS.get(one, (one, ""))
        form = _new(_new(distribution, "distributionFormat"), "MD_Format")
        _text(form, "name", name)
        _text(form, "version", version)


def _quality(parent: ET.Element, facts: DeliveryFacts) -> None:
    """Say what each rule of the check found, and how the layers came to be."""
    quality = _new(_new(parent, "dataQualityInfo"), "DQ_DataQuality")
    _code(_new(_new(quality, "scope"), "DQ_Scope"), "level", "MD_ScopeCode", "dataset")
    for line in facts.quality:
        kind = _CONSISTENCY.get(line.rule.split("-")[1], "DQ_ConceptualConsistency")
        report = _new(_new(quality, "report"), kind)
        _text(report, "nameOfMeasure", f"{line.rule} {line.title('zh')}")
        _text(report, "measureDescription", line.text("zh"))
        conform = _new(_new(report, "result"), "DQ_ConformanceResult")
        cited = _new(_new(conform, "specification"), "CI_Citation")
        _text(cited, "title", facts.profile or "onemap")
        _date(cited, facts.date)
        _text(conform, "explanation", line.text("zh"))
        _value(conform, "pass", "Boolean", "true" if not line.failed else "false")
        figures = _new(_new(report, "result"), "DQ_QuantitativeResult")
        _new(figures, "valueUnit").set(f"{{{_GCO}}}nilReason", "inapplicable")
        _value(figures, "value", "Record", str(line.failed))
    told = " ".join([*facts.lineage, *facts.losses]) or facts.title
    _text(_new(_new(quality, "lineage"), "LI_Lineage"), "statement", told)


def _party(parent: ET.Element, tag: str, facts: DeliveryFacts) -> None:
    """Say who answers for the data."""
    party = _new(_new(parent, tag), "CI_ResponsibleParty")
    if facts.contact:
        _text(party, "individualName", facts.contact)
    _text(party, "organisationName", facts.organisation)
    _code(party, "role", "CI_RoleCode", "pointOfContact")


def _date(parent: ET.Element, date: dt.date) -> None:
    """Give the date of a citation."""
    holder = _new(_new(parent, "date"), "CI_Date")
    _value(holder, "date", "Date", date.isoformat())
    _code(holder, "dateType", "CI_DateTypeCode", "publication")


def _language(parent: ET.Element, lang: str) -> None:
    """Say which language the words are of."""
    _code(
        parent,
        "language",
        "LanguageCode",
        {"zh": "zho", "en": "eng"}[lang],
        codes="http://www.loc.gov/standards/iso639-2/",
    )


def _code(parent: ET.Element, tag: str, kind: str, value: str, *, codes: str = "") -> None:
    """Add a value of a code list."""
    place: Mapping[str, str] = {"codeList": codes or f"{_CODES}#{kind}", "codeListValue": value}
    made = _new(_new(parent, tag), kind)
    for name, text in place.items():
        made.set(name, text)
    made.text = value


def _text(parent: ET.Element, tag: str, value: str) -> None:
    """Add words; none at all are said to be missing."""
    if value:
        _value(parent, tag, "CharacterString", _NOT_XML.sub("〓", value))
    else:
        _new(parent, tag).set(f"{{{_GCO}}}nilReason", "missing")


def _value(parent: ET.Element, tag: str, kind: str, value: str) -> None:
    """Add a value of a plain type."""
    ET.SubElement(_new(parent, tag), f"{{{_GCO}}}{kind}").text = value


def _new(parent: ET.Element, tag: str) -> ET.Element:
    """Add an element."""
    return ET.SubElement(parent, f"{{{_GMD}}}{tag}")
