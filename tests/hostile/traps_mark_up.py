"""Mark-up, drawings and workbooks with entities, links and programs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import openpyxl

from tests.bad_inputs.making import CSV_HEAD, CSV_ROWS, write_text
from tests.hostile.registry import Goal, trap
from tests.hostile.traps_parts import GRID
from tests.hostile.traps_pointers import text, vrt

POINT = "<Placemark><name>{name}</name><Point><coordinates>75.2,39.6</coordinates></Point></Placemark>"
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
GML = (
    '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {root}>'
    '<gml:featureMember><ogr:towers fid="1"><ogr:geometryProperty><gml:Point srsName="EPSG:4326">'
    "<gml:coordinates>75.2,39.6</gml:coordinates></gml:Point></ogr:geometryProperty><ogr:name>{name}</ogr:name>"
    "{more}</ogr:towers></gml:featureMember></ogr:FeatureCollection>"
)
LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))


@trap("OM-SEC-006")
def kml_with_an_outer_entity(folder: Path, goal: Goal) -> Path:
    """A KML whose entity is a file of another folder (XXE)."""
    declared = f'<!DOCTYPE kml [<!ENTITY a SYSTEM "file://{goal.file("a.txt")}">]>'
    return text(folder / "towers.kml", declared + KML.format(body=POINT.format(name="&a;")))


@trap("OM-SEC-006")
def kml_with_a_remote_type(folder: Path, goal: Goal) -> Path:
    """A KML whose document type is on the network, behind comments of 200 kB."""
    comment = f"<!-- {'x' * 200_000} -->"
    declared = f'{comment}<!DOCTYPE kml SYSTEM "{goal.url("a.dtd")}">'
    return text(folder / "towers.kml", declared + KML.format(body=POINT.format(name="a")))


@trap("OM-SEC-006")
def kml_of_a_billion_laughs(folder: Path, goal: Goal) -> Path:
    """A KML whose entities unfold to a billion words."""
    declared = f'<!DOCTYPE kml [<!ENTITY l0 "ha">{LAUGHS}]>'
    return text(folder / "towers.kml", declared + KML.format(body=POINT.format(name="&l9;")))


@trap("OM-SEC-006")
def gml_with_an_outer_entity(folder: Path, goal: Goal) -> Path:
    """A GML whose entity is a file of another folder."""
    declared = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a SYSTEM "{goal.file("a.txt")}">]>'
    return text(folder / "towers.gml", declared + GML.format(root="", name="&a;", more=""))


@trap("OM-SEC-006")
def gml_of_a_billion_laughs(folder: Path, goal: Goal) -> Path:
    """A GML in UTF-16 whose entities unfold to a billion words."""
    declared = f'\ufeff<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]>'
    return text(folder / "towers.gml", declared + GML.format(root="", name="&l9;", more=""), "utf-16-le")


@trap("OM-SEC-006")
def gpx_with_an_outer_entity(folder: Path, goal: Goal) -> Path:
    """A GPX whose entity is an address."""
    declared = f'<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a SYSTEM "{goal.url()}">]>'
    point = '<wpt lat="39.6" lon="75.2"><name>&a;</name></wpt>'
    return text(folder / "towers.gpx", f'{declared}<gpx version="1.1" creator="a">{point}</gpx>')


@trap("OM-SEC-004")
def kml_of_links_only(folder: Path, goal: Goal) -> Path:
    """A KML that holds nothing but links to other KML."""
    link = f"<NetworkLink><Link><href>{goal.url('a.kml')}</href></Link></NetworkLink>"
    return text(folder / "towers.kml", KML.format(body=link))


@trap("OM-SEC-025", exit_code=0)
def kml_with_links_and_places(folder: Path, goal: Goal) -> Path:
    """A KML with a place, a link to another KML, a picture and a model: read, the links named and not followed."""
    body = (
        f"<NetworkLink><Link><href>{goal.url('a.kml')}</href></Link></NetworkLink>"
        f"<GroundOverlay><Icon><href>{goal.file('a.png')}</href></Icon></GroundOverlay>"
        f'<Schema name="a" id="a"/>{POINT.format(name="甲站")}'
        f'<Placemark><name>b</name><ExtendedData><SchemaData schemaUrl="{goal.url("a")}"/></ExtendedData>'
        f"<Model><Link><href>{goal.file('a.dae')}</href></Link></Model></Placemark>"
    )
    return text(folder / "towers.kml", KML.format(body=body))


@trap("OM-SEC-025", exit_code=0)
def gml_with_links(folder: Path, goal: Goal) -> Path:
    """A GML with a schema elsewhere and links: read, the links named and not followed."""
    root = f'xsi:schemaLocation="http://ogr.maptools.org/ {goal.file("a.xsd")}"'
    more = f'<ogr:owner xlink:href="{goal.url("owner.gml")}"/>'
    return text(folder / "towers.gml", GML.format(root=root, name="甲站", more=more))


@trap("OM-SEC-025", exit_code=0)
def drawing_with_an_outer_reference(folder: Path, goal: Goal) -> Path:
    """A DXF with a block that is another drawing: read, the reference named and not followed."""
    block = f"0\nBLOCK\n8\n0\n2\nbase\n70\n4\n10\n0.0\n20\n0.0\n3\nbase\n1\n{goal.file('base.dxf')}\n0\nENDBLK\n"
    point = "0\nPOINT\n8\ntowers\n10\n75.2\n20\n39.6\n"
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1009\n0\nENDSEC\n"
    words = f"{head}0\nSECTION\n2\nBLOCKS\n{block}0\nENDSEC\n0\nSECTION\n2\nENTITIES\n{point}0\nENDSEC\n0\nEOF\n"
    return text(folder / "towers.dxf", words)


@trap("OM-SEC-030")
def drawing_that_multiplies(folder: Path, goal: Goal) -> Path:
    """A DXF of a few lines that lays out one block ten billion times."""
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1009\n0\nENDSEC\n"
    insert = "0\nINSERT\n8\n0\n2\nA\n10\n75\n20\n39\n70\n100000\n71\n100000\n44\n1\n45\n1\n"
    return text(folder / "towers.dxf", f"{head}0\nSECTION\n2\nENTITIES\n{insert}0\nENDSEC\n0\nEOF\n")


def workbook(path: Path, *parts: tuple[str, str]) -> Path:
    """Write a workbook with parts of one's own."""
    book = openpyxl.Workbook()
    for row in (["站址编码", "经度", "纬度"], ["T1", 75.2, 39.6]):
        book.active.append(row)
    book.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return path


@trap("OM-SEC-006")
def workbook_with_an_outer_entity(folder: Path, goal: Goal) -> Path:
    """A workbook with a part whose entity is a file of another folder, behind 100 kB of comments."""
    words = f'<!--{"x" * 100_000}--><!DOCTYPE a [<!ENTITY a SYSTEM "file://{goal.file("a.txt")}">]><a>&a;</a>'
    return workbook(folder / "towers.xlsx", ("xl/comments1.xml", words))


@trap("OM-SEC-029")
def workbook_that_starts_programs(folder: Path, goal: Goal) -> Path:
    """A workbook with a DDE link."""
    link = f'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c type {goal.file("a.txt")}"/></externalLink>'
    return workbook(folder / "towers.xlsx", ("xl/externalLinks/externalLink1.xml", link))


@trap("OM-SEC-025", exit_code=0)
def workbook_with_other_workbooks(folder: Path, goal: Goal) -> Path:
    """A workbook that refers to another one: its stored values are read, the other is named and not opened."""
    relation = f'<Relationships><Relationship Id="r1" Type="t" Target="file://{goal.file("a.xlsx")}" TargetMode="External"/></Relationships>'
    return workbook(
        folder / "towers.xlsx",
        ("xl/externalLinks/externalLink1.xml", "<externalLink><externalBook/></externalLink>"),
        ("xl/externalLinks/_rels/externalLink1.xml.rels", relation),
    )


@trap("OM-PKG-075", exit_code=3)
def page_as_workbook(folder: Path, goal: Goal) -> Path:
    """A web page with a picture on the network, called .xls as old systems export it."""
    return text(
        folder / "towers.xls", f"<html><img src='{goal.url('a.png')}'><table><tr><td>T1</td></tr></table></html>"
    )


@trap("OM-ENC-001", exit_code=0)
def table_with_neighbours(folder: Path, goal: Goal) -> Path:
    """A CSV beside a .csvt, a .vrt and a .prj that name other files: read by itself, in GB 18030."""
    text(folder / "towers.csvt", str(goal.file("a.csv")))
    text(folder / "towers.vrt", vrt(goal.file("b.csv")))
    text(folder / "towers.prj", str(goal.file("a.prj")))
    return write_text(folder / "towers.csv", CSV_HEAD + CSV_ROWS, "gb18030")


def collection(folder: Path, crs: object) -> Path:
    """Write GeoJSON of one point with a member "crs"."""
    point = {"type": "Feature", "properties": {"id": 1}, "geometry": {"type": "Point", "coordinates": [75.2, 39.6]}}
    words = json.dumps({"type": "FeatureCollection", "crs": crs, "features": [point]})
    return text(folder / "towers.geojson", words)


@trap("OM-PKG-048", exit_code=0)
def geojson_with_a_linked_system(folder: Path, goal: Goal) -> Path:
    """A GeoJSON whose coordinate system is a link (GeoJSON of 2008): read, the system taken for unknown."""
    link = {"href": goal.url("a.prj"), "type": "esriwkt"}
    return collection(folder, {"type": "link", "properties": link})


@trap("OM-PKG-048", exit_code=0)
def geojson_with_an_address_as_system(folder: Path, goal: Goal) -> Path:
    """A GeoJSON whose coordinate system is named by an address: read, the system taken for unknown."""
    return collection(folder, {"type": "name", "properties": {"name": goal.url("a.prj")}})


@trap("OM-PKG-048", exit_code=0)
def geojson_with_a_file_as_system(folder: Path, goal: Goal) -> Path:
    """A GeoJSON whose coordinate system is named by a file of another folder: read, it is taken for unknown."""
    return collection(folder, {"type": "name", "properties": {"name": str(goal.file("a.prj", GRID))}})


@trap("OM-SEC-025", exit_code=0)
def gml_with_a_file_as_system(folder: Path, goal: Goal) -> Path:
    """A GML whose coordinate system is named by a file of another folder: read, it is taken for unknown."""
    words = GML.format(root="", name="a", more="").replace("EPSG:4326", str(goal.file("a.prj", GRID)))
    return text(folder / "towers.gml", words)


@trap("OM-SEC-025", exit_code=0)
def gml_with_an_address_as_system(folder: Path, goal: Goal) -> Path:
    """A GML whose coordinate system is named by an address: read, the system taken for unknown."""
    words = GML.format(root="", name="a", more="").replace("EPSG:4326", goal.url("a.gml"))
    return text(folder / "towers.gml", words)
