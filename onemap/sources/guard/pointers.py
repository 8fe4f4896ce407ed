"""Content that points to other files or services: virtual datasets, descriptions of web services, command lines."""

from __future__ import annotations

import re
from pathlib import Path

from onemap.errors import RefusedError
from onemap.sources.guard.opening import Opening
from onemap.sources.guard.paths import shown

__all__ = ["refuse_pointers"]

_IN_XML = (b"<ogrvrt", b"<vrtdataset", b"<ogrwfs", b"<gdal_wm", b"<gdaltileindex")
_OUTERMOST = re.compile(rb"<(csw:|([\w.-]+:)?(wms_|wmts|wcs_|ogcapi|pamdataset|([\w.-]*_)?(get)?capabilities\b))")
_IN_JSON = (b'"gdal_streamed_alg"', b'"stac_version"', b'"tilejson"')


def refuse_pointers(path: Path, opening: Opening) -> None:
    """Refuse content that is not data but says where data is, or that declares entities.

    Parameters
    ----------
    path
        The file.
    opening
        How it begins.

    Raises
    ------
    RefusedError
        If it is.

    Examples
    --------
    >>> refuse_pointers(Path("towers.shp"), Opening(b"", b"<OGRVRTDataSource>"))
    Traceback (most recent call last):
    onemap.errors.RefusedError: a source must hold the data itself, towers.shp points to other files or services; ...
    """
    if opening.declares_type:
        raise RefusedError("xml_entities", path=shown(path))
    text = opening.text.lower()
    in_xml = text.startswith(b"<") and (any(mark in text for mark in _IN_XML) or _OUTERMOST.match(text))
    if in_xml or (text.startswith(b"{") and any(mark in text for mark in _IN_JSON)):
        raise RefusedError("file_indirect", path=shown(path))
