"""Content that points to other files or services: virtual datasets, descriptions of web services, command lines."""

from __future__ import annotations

from pathlib import Path

from onemap.errors import RefusedError
from onemap.sources.guard.contents import plain_head
from onemap.sources.guard.paths import shown

__all__ = ["refuse_pointers"]

_INDIRECT = (
    b"<ogrvrt",
    b"<vrtdataset",
    b"<ogrwfs",
    b"<gdal_wms",
    b"<gdal_wmts",
    b"<wms_",
    b"<wmts",
    b"<wcs_",
    b"<ogcapi",
    b"<gdaltileindex",
    b"<capabilities",
    b"_capabilities",
    b"<getcapabilities",
    b"<pamdataset",
    b"<csw:",
    b'"gdal_streamed_alg"',
    b'"stac_version"',
    b'"tilejson"',
)


def refuse_pointers(path: Path, head: bytes) -> None:
    """Refuse content that is not data but says where data is.

    Parameters
    ----------
    path
        The file.
    head
        Its first bytes.

    Raises
    ------
    RefusedError
        If it is.

    Examples
    --------
    >>> refuse_pointers(Path("towers.shp"), b"<OGRVRTDataSource>")
    Traceback (most recent call last):
    onemap.errors.RefusedError: a source must hold the data itself, towers.shp points to other files or services; ...
    """
    lower = plain_head(head).lower()
    if any(mark in lower for mark in _INDIRECT):
        raise RefusedError("file_indirect", path=shown(path))
