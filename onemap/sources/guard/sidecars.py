"""The other files of a source: what libraries open beside the file that is named."""

from __future__ import annotations

import re
from pathlib import Path

from onemap.errors import RefusedError
from onemap.sources.guard.contents import content_of
from onemap.sources.guard.definitions import refuse_definition
from onemap.sources.guard.opening import read_opening
from onemap.sources.guard.paths import refuse_strange_kind, shown
from onemap.sources.guard.pointers import refuse_pointers

__all__ = ["refuse_sidecars"]

_IN_PLACE_OF_SUFFIX = {
    "ESRI Shapefile": (".shx", ".dbf", ".prj", ".cpg", ".cst", ".qpj", ".qix", ".sbn", ".sbx", ".idm", ".ind", ".xml"),
    "MapInfo File": (".dat", ".map", ".id", ".ind", ".dbf", ".mid", ".mif", ".tab", ".cpg"),
    "GML": (".gfs", ".xsd", ".resolved.gml"),
    "GTiff": (".tfw", ".tifw", ".tiffw", ".wld", ".prj", ".tab", ".ovr", ".aux", ".rrd", ".aux.xml", ".xml", ".imd"),
}
_AFTER_NAME = {
    "ESRI Shapefile": (".xml",),
    "GPKG": ("-wal", "-shm", "-journal", ".aux.xml"),
    "GTiff": (".ovr", ".msk", ".aux.xml"),
}
_MARK_UP = (".xml", ".gfs", ".xsd")
_RASTERS = (".ovr", ".msk")
_SYSTEMS = (".prj", ".qpj")
_MOST_DEFINITION_BYTES = 1024**2
_MOST_MARK_UP_BYTES = 16 * 1024**2
_POINTS = re.compile(
    rb"overview_file|<sourcefilename|<sourcedataset|<(ogr)?vrt|<ogrwfs|<gdal_w|<([\w.-]+:)?(include|redefine|override)\b",
    re.IGNORECASE,
)


def refuse_sidecars(path: Path, driver: str) -> None:
    """Refuse a source of which another part leads out of its folder, is no file, or points elsewhere.

    Parameters
    ----------
    path
        The file that is named.
    driver
        Its format.

    Raises
    ------
    RefusedError
        If it has such a part.

    Examples
    --------
    >>> refuse_sidecars(Path("towers.gpkg"), "GPKG")
    """
    for part in _parts(path, driver):
        refuse_strange_kind(part)
        suffix = part.suffix.lower()
        if suffix in _MARK_UP:
            _refuse_mark_up(part)
        elif suffix in _RASTERS:
            _refuse_other_raster(part)
        elif suffix in _SYSTEMS:
            with part.open("rb") as file:
                refuse_definition(str(part), file.read(_MOST_DEFINITION_BYTES))


def _parts(path: Path, driver: str) -> list[Path]:
    """List the parts that are there, in lower, upper or title case."""
    stem = path.with_suffix("")
    names = {
        *(f"{stem.name}{written}" for suffix in _IN_PLACE_OF_SUFFIX.get(driver, ()) for written in _cases(suffix)),
        *(f"{path.name}{written}" for suffix in _AFTER_NAME.get(driver, ()) for written in _cases(suffix)),
    } - {path.name}
    parts = (path.with_name(name) for name in sorted(names))
    return [part for part in parts if part.is_symlink() or part.exists()]


def _cases(suffix: str) -> tuple[str, str, str]:
    """Give the ways in which an extension is written."""
    return suffix, suffix.upper(), suffix.title()


def _refuse_mark_up(part: Path) -> None:
    """Refuse a description that includes other files."""
    if read_opening(part).declares_type:
        raise RefusedError("xml_entities", path=shown(part))
    if part.stat().st_size > _MOST_MARK_UP_BYTES:
        raise RefusedError("sidecar_too_big", path=shown(part), megabytes=_MOST_MARK_UP_BYTES // 1024**2)
    if _POINTS.search(part.read_bytes()):
        raise RefusedError("file_indirect", path=shown(part))


def _refuse_other_raster(part: Path) -> None:
    """Refuse overviews and masks that are not rasters themselves."""
    opening = read_opening(part)
    refuse_pointers(part, opening)
    if content_of(part, opening) != "GTiff":
        raise RefusedError("sidecar_other", path=shown(part))
