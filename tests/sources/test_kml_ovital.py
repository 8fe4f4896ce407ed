"""KML of Ovital says in which system its places are; what it leaves open is asked for, never assumed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import shapely

from onemap.sources import Reader, SourceLayer, list_layers, read_file


def kml(*placemarks: str, more: str = "") -> str:
    inner = "".join(f"<Placemark><name>站{at}</name>{one}</Placemark>" for at, one in enumerate(placemarks))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>奥维</name>{more}<Folder><name>站址</name>{inner}</Folder></Document></kml>"
    )


def point(mark: str = "") -> str:
    marked = f"<OvCoordType>{mark}</OvCoordType>" if mark else ""
    return f"<OvAttr><OvIcon>4</OvIcon></OvAttr>{marked}<Point><coordinates>75.1,39.5,1200</coordinates></Point>"


def rules(source: SourceLayer) -> list[str]:
    return sorted(finding.rule for finding in source.findings)


@pytest.mark.parametrize(
    ("marks", "crs", "said"),
    [
        (["CGCS2000", "CGCS2000"], "EPSG:4490", []),
        (["WGS84"], "EPSG:4326", []),
        (["GCJ02"], None, ["OM-PKG-039"]),
        (["GCJ-02"], None, ["OM-PKG-039"]),
        (["BD09"], None, ["OM-PKG-039"]),
        (["CGCS2000", "GCJ02"], None, ["OM-PKG-039"]),
        (["CGCS2000", ""], None, ["OM-PKG-039"]),
        ([""], None, ["OM-PKG-039"]),
    ],
)
def test_marks_decide_and_what_they_leave_open_is_asked(
    tmp_path: Path, reader: Reader, *, marks: list[str], crs: str | None, said: list[str]
) -> None:
    path = tmp_path / "a.ovkml"
    path.write_text(kml(*(point(mark) for mark in marks)), encoding="utf-8")
    source = read_file(path, reader=reader)
    assert (source.crs, rules(source), source.driver) == (crs, said, "KML")
    assert source.geometry is not None
    assert shapely.get_coordinates(source.geometry, include_z=True).tolist() == [[75.1, 39.5, 1200]] * len(marks)
    assert list_layers(path, reader=reader)[0].crs == crs


@pytest.mark.parametrize("place", [point("GCJ02"), "<Point><coordinates>75.1,39.5</coordinates></Point>"])
def test_an_ovkmz_is_an_ovkml_packed(tmp_path: Path, reader: Reader, place: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.ovkmz", "w") as archive:
        archive.writestr("doc.kml", kml(place))
    source = read_file(tmp_path / "a.ovkmz", reader=reader)
    assert (source.crs, rules(source), source.driver, source.layer) == (None, ["OM-PKG-039"], "KMZ", "站址")


def test_a_mark_of_a_folder_holds_for_its_placemarks(tmp_path: Path, reader: Reader) -> None:
    text = kml(point()).replace("<name>站址</name>", "<name>站址</name><OvCoordType>CGCS2000</OvCoordType>")
    (tmp_path / "a.ovkml").write_text(text, encoding="utf-8")
    assert read_file(tmp_path / "a.ovkml", reader=reader).crs == "EPSG:4490"


def test_plain_kml_is_wgs_84_and_what_is_not_read_is_counted(tmp_path: Path, reader: Reader) -> None:
    plain = "<Point><coordinates>75.1,39.5</coordinates></Point>"
    more = "<Style id='a'/><Style id='b'/><ScreenOverlay/>"
    (tmp_path / "a.kml").write_text(kml(plain, more=more), encoding="utf-8")
    source = read_file(tmp_path / "a.kml", reader=reader)
    assert (source.crs, rules(source)) == ("EPSG:4326", ["OM-PKG-037"])
    assert source.findings[0].values["kinds"] == "ScreenOverlay 1、Style 2"


def test_tracks_of_several_parts_are_read(tmp_path: Path, reader: Reader) -> None:
    track = "<gx:Track xmlns:gx='http://www.google.com/kml/ext/2.2'><gx:coord>75 39 1</gx:coord><gx:coord>76 39 1</gx:coord></gx:Track>"
    both = f"<gx:MultiTrack xmlns:gx='http://www.google.com/kml/ext/2.2'>{track}{track}</gx:MultiTrack>"
    (tmp_path / "a.kml").write_text(kml(both), encoding="utf-8")
    source = read_file(tmp_path / "a.kml", reader=reader)
    assert source.geometry is not None
    assert source.geometry[0].geom_type == "MultiLineString"
