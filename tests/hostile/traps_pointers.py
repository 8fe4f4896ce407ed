"""Files that hold no data but say where data is, under many extensions and disguises."""

from __future__ import annotations

import json
from pathlib import Path

from tests.hostile.registry import Goal, trap

VRT = '<OGRVRTDataSource><OGRVRTLayer name="towers"><SrcDataSource>{target}</SrcDataSource>{more}</OGRVRTLayer></OGRVRTDataSource>'


def vrt(target: object, more: str = "") -> str:
    """Give a virtual dataset over a target."""
    return VRT.format(target=target, more=more)


def text(path: Path, words: str, encoding: str = "utf-8") -> Path:
    """Write a text."""
    path.write_bytes(words.encode(encoding))
    return path


@trap("OM-SEC-004")
def virtual_dataset_as_geojson(folder: Path, goal: Goal) -> Path:
    """A virtual dataset (OGR VRT) over another file, called .geojson."""
    return text(folder / "towers.geojson", vrt(goal.file("a.csv")))


@trap("OM-SEC-004")
def virtual_dataset_as_geopackage(folder: Path, goal: Goal) -> Path:
    """A virtual dataset over another file, called .gpkg."""
    return text(folder / "towers.gpkg", vrt(goal.file("a.csv")))


@trap("OM-SEC-004")
def virtual_dataset_as_shapefile(folder: Path, goal: Goal) -> Path:
    """A virtual dataset over another file, called .shp."""
    return text(folder / "towers.shp", vrt(goal.file("a.csv")))


@trap("OM-SEC-004")
def virtual_dataset_as_dxf(folder: Path, goal: Goal) -> Path:
    """A virtual dataset over another file, called .dxf."""
    return text(folder / "towers.dxf", vrt(goal.file("a.csv")))


@trap("OM-SEC-004")
def virtual_dataset_as_xls(folder: Path, goal: Goal) -> Path:
    """A virtual dataset over another file, called .xls."""
    return text(folder / "towers.xls", vrt(goal.file("a.csv")))


@trap("OM-SEC-004")
def virtual_dataset_with_a_driver_prefix(folder: Path, goal: Goal) -> Path:
    """A virtual dataset that has the system's list of users read as a table."""
    return text(folder / "towers.kml", vrt(f"CSV:{goal.file('passwd')}"))


@trap("OM-SEC-004")
def virtual_dataset_with_sql(folder: Path, goal: Goal) -> Path:
    """A virtual dataset that joins another file by OGR SQL."""
    join = f"left join '{goal.file('b.csv')}'.b on a.id = b.id"
    return text(folder / "towers.gml", vrt(goal.file("a.csv"), f"<SrcSQL>select * from a {join}</SrcSQL>"))  # noqa: S608


@trap("OM-SEC-004")
def virtual_dataset_on_the_network(folder: Path, goal: Goal) -> Path:
    """A virtual dataset over an address, by /vsicurl."""
    return text(folder / "towers.geojson", vrt(f"/vsicurl/{goal.url()}"))


@trap("OM-SEC-004")
def virtual_dataset_in_utf16(folder: Path, goal: Goal) -> Path:
    """A virtual dataset in UTF-16 with its mark."""
    return text(folder / "towers.kml", "\ufeff" + vrt(goal.file("a.csv")), "utf-16-le")


@trap("OM-SEC-004")
def virtual_dataset_in_utf16_without_mark(folder: Path, goal: Goal) -> Path:
    """A virtual dataset in UTF-16 without a mark."""
    return text(folder / "towers.gml", vrt(goal.file("a.csv")), "utf-16-be")


@trap("OM-SEC-004")
def virtual_dataset_behind_a_mark(folder: Path, goal: Goal) -> Path:
    """A virtual dataset behind the mark of UTF-8."""
    return text(folder / "towers.csv", "\ufeff" + vrt(goal.file("a.csv")))


@trap("OM-SEC-004")
def virtual_dataset_behind_blanks(folder: Path, goal: Goal) -> Path:
    """A virtual dataset behind 300,000 line ends."""
    return text(folder / "towers.shp", "\r\n" * 150_000 + vrt(goal.file("a.csv")))


@trap("OM-SEC-004")
def virtual_dataset_behind_comments(folder: Path, goal: Goal) -> Path:
    """A virtual dataset behind comments of 2 MB that speak of KML."""
    comment = f"<!-- <kml xmlns='http://www.opengis.net/kml/2.2'> {'x' * 100_000} -->\n"
    return text(folder / "towers.kml", '<?xml version="1.0"?>' + comment * 20 + vrt(goal.file("a.csv")))


@trap("OM-SEC-022")
def virtual_dataset_behind_endless_padding(folder: Path, goal: Goal) -> Path:
    """A virtual dataset behind 70 MB of blanks."""
    path = folder / "towers.kml"
    with path.open("wb") as file:
        for _ in range(70):
            file.write(b" " * 1024**2)
        file.write(vrt(goal.file("a.csv")).encode())
    return path


@trap("OM-SEC-004")
def feature_service(folder: Path, goal: Goal) -> Path:
    """The description of a web feature service, called .geojson."""
    return text(folder / "towers.geojson", f"<OGRWFSDataSource><URL>{goal.url('wfs')}</URL></OGRWFSDataSource>")


@trap("OM-SEC-004")
def capabilities_of_a_service(folder: Path, goal: Goal) -> Path:
    """What a web feature service says it can do, called .gml."""
    words = f'<?xml version="1.0"?><wfs:WFS_Capabilities xmlns:wfs="http://www.opengis.net/wfs"><a>{goal.url()}</a></wfs:WFS_Capabilities>'
    return text(folder / "towers.gml", words)


@trap("OM-SEC-004")
def map_service_as_raster(folder: Path, goal: Goal) -> Path:
    """The description of a web map service, called .tif."""
    words = f'<GDAL_WMS><Service name="WMS"><ServerUrl>{goal.url()}</ServerUrl></Service></GDAL_WMS>'
    return text(folder / "dem.tif", words)


@trap("OM-SEC-004")
def virtual_raster(folder: Path, goal: Goal) -> Path:
    """A virtual raster over another one, called .tif."""
    words = (
        '<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Int16" band="1"><SimpleSource>'
        f"<SourceFilename>{goal.file('dem.tif')}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    return text(folder / "dem.tif", words)


@trap("OM-SEC-004")
def command_line_as_geojson(folder: Path, goal: Goal) -> Path:
    """A stored command line of GDAL, called .geojson."""
    command = f"gdal vector pipeline ! read {goal.file('a.csv')} ! write {folder / 'written.csv'}"
    return text(folder / "towers.geojson", json.dumps({"type": "gdal_streamed_alg", "command_line": command}))


@trap("OM-SEC-004")
def tiles_as_json(folder: Path, goal: Goal) -> Path:
    """A description of tiles on the network (TileJSON), called .json."""
    return text(folder / "towers.json", json.dumps({"tilejson": "2.2.0", "tiles": [goal.url("{z}/{x}/{y}.pbf")]}))


@trap("OM-SEC-004")
def catalogue_as_json(folder: Path, goal: Goal) -> Path:
    """A catalogue of rasters on the network (STAC), called .json."""
    item = {"type": "Feature", "stac_version": "1.0.0", "assets": {"data": {"href": goal.url("dem.tif")}}}
    return text(folder / "towers.json", json.dumps(item))
