"""Datums of heights: their names, and whether two heights may be compared.

Heights above the 1985 National Height Datum, the 1956 Yellow Sea datum and a geoid model differ by up to metres; those
above the ellipsoid by tens of metres. Nothing here converts between them: what differs is said.
"""

from __future__ import annotations

from typing import Any

from onemap.errors import CRSError
from onemap.layers.crs_names import read_crs

__all__ = ["VERTICAL_DATUMS", "vertical_datum", "vertical_datum_of"]

VERTICAL_DATUMS = {
    "EPSG:5737": ("1985国家高程基准", "1985 National Height Datum"),
    "EPSG:5736": ("1956年黄海高程系", "Yellow Sea 1956"),
    "EPSG:3855": ("EGM2008", "EGM2008"),
    "EPSG:5773": ("EGM96", "EGM96"),
    "ellipsoidal": ("大地高（椭球高）", "ellipsoidal height"),
}
"""Datums of heights by code: Chinese and English name."""

_SPELLINGS = {
    "1985国家高程基准": "EPSG:5737", "国家85高程": "EPSG:5737", "85国家高程": "EPSG:5737", "85高程": "EPSG:5737",
    "1985": "EPSG:5737", "1985nationalheightdatum": "EPSG:5737", "yellowsea1985": "EPSG:5737",
    "1985黄海高程": "EPSG:5737", "1985国家高程": "EPSG:5737",
    "1956年黄海高程": "EPSG:5736",
    "1956黄海高程系": "EPSG:5736", "1956年黄海高程系": "EPSG:5736", "56黄海高程": "EPSG:5736", "1956": "EPSG:5736",
    "1956黄海高程": "EPSG:5736", "yellowsea1956": "EPSG:5736", "yellowsea": "EPSG:5736",
    "egm2008": "EPSG:3855", "egm08": "EPSG:3855", "egm96": "EPSG:5773",
    "大地高": "ellipsoidal", "椭球高": "ellipsoidal", "ellipsoidal": "ellipsoidal", "wgs84ellipsoid": "ellipsoidal",
}  # fmt: skip


def vertical_datum(name: str) -> str:
    """Give the code of a datum of heights.

    Parameters
    ----------
    name
        A code such as "EPSG:5737", or a usual Chinese or English name.

    Returns
    -------
    code
        "EPSG:n", or "ellipsoidal".

    Raises
    ------
    ValueError
        If no such datum is known.

    Examples
    --------
    >>> vertical_datum("1985国家高程基准"), vertical_datum("epsg:3855"), vertical_datum("大地高")
    ('EPSG:5737', 'EPSG:3855', 'ellipsoidal')
    """
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    if plain in _SPELLINGS:
        return _SPELLINGS[plain]
    code = vertical_datum_of(name.strip())
    if code is None:
        msg = (
            f"a datum of heights, such as EPSG:5737 (1985国家高程基准), EPSG:5736, EPSG:3855 or ellipsoidal, got {name}"
        )
        raise ValueError(msg)
    return code


def vertical_datum_of(crs: Any) -> str | None:
    """Give the datum of heights that a coordinate system declares.

    Parameters
    ----------
    crs
        "EPSG:n", WKT or a pyproj CRS; None where a file declares none.

    Returns
    -------
    code
        "EPSG:n", the name of a datum without a code, "ellipsoidal" for a system of three axes, None without heights.

    Examples
    --------
    >>> vertical_datum_of("EPSG:4490+5737"), vertical_datum_of("EPSG:4480"), vertical_datum_of("EPSG:4490")
    ('EPSG:5737', 'ellipsoidal', None)
    """
    try:
        known = read_crs(crs)
    except CRSError:
        return None
    if known.is_bound and known.source_crs is not None:
        known = known.source_crs
    if known.is_compound:
        return next((code for code in map(vertical_datum_of, known.sub_crs_list) if code), None)
    if known.is_vertical:
        code = known.to_epsg()
        return f"EPSG:{code}" if code else str(known.name)
    return "ellipsoidal" if len(known.axis_info) == 3 and not known.is_geocentric else None
