"""Names of coordinate systems: reading them, and telling which datum they rest on."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as ProjCRSError
from pyproj.exceptions import ProjError

from onemap.errors import CRSError, RefusedError

__all__ = [
    "OFFSET_SYSTEMS",
    "conversion",
    "crs_label",
    "datum_key",
    "geographic_of",
    "is_local_system",
    "is_offset_system",
    "parse_crs",
    "read_crs",
    "realisation",
]

OFFSET_SYSTEMS = {
    "GCJ-02": "GCJ-02",
    "GCJ02": "GCJ-02",
    "BD-09": "BD-09",
    "BD09": "BD-09",
    "BD09LL": "BD-09",
    "火星坐标": "GCJ-02",
    "火星坐标系": "GCJ-02",
    "百度坐标": "BD-09",
    "百度坐标系": "BD-09",
}
"""The shifted systems of web maps by their spellings, in capitals."""

_DATUMS = {
    "china 2000": "cgcs2000",
    "china geodetic coordinate system 2000": "cgcs2000",
    "cgcs2000": "cgcs2000",
    "cgcs 2000": "cgcs2000",
    "wgs 84": "wgs 84",
    "wgs84": "wgs 84",
    "wgs 1984": "wgs 84",
    **dict.fromkeys(("xian80", "xian 80", "xi an 1980", "xian1980", "xian geodetic 1980"), "xian 1980"),
    **dict.fromkeys(("beijing54", "beijing 54", "beijing1954", "peking 1954"), "beijing 1954"),
}
_LOCAL_NAMES = {"local", "地方坐标系", "独立坐标系"}
_LOCAL_WKT = (
    'ENGCRS["local plane",EDATUM["unknown"],CS[Cartesian,2],AXIS["easting",east],AXIS["northing",north],'
    'LENGTHUNIT["metre",1]]'
)
_CHINESE_NAMES = {
    **dict.fromkeys(("国家2000", "2000国家大地坐标系", "国家2000坐标系", "国家大地2000", "cgcs2000"), 4490),
    **dict.fromkeys(("西安80", "80西安", "1980西安坐标系", "西安80坐标系", "西安1980"), 4610),
    **dict.fromkeys(("北京54", "54北京", "1954北京坐标系", "北京54坐标系", "北京1954"), 4214),
    **dict.fromkeys(("wgs84", "wgs-84", "wgs84坐标系", "wgs-84坐标系"), 4326),
}
"""Names that people write for geographic systems, in small letters, and their EPSG codes."""
_ELLIPSOIDS_M = {"cgcs2000": 6378137.0, "wgs 84": 6378137.0, "xian 1980": 6378140.0, "beijing 1954": 6378245.0}
"""Semi-major axes of the datums whose names are known; a file that names another ellipsoid contradicts itself."""
_NAMES_A_FILE = re.compile(
    r"""(?:grids"?\s*[=,]|\b(?:init|file|model)\s*=|parameterfile\s*[\[(][^,]*,)\s*"?@?[^\s",\]]*[/\\:~]""",
    re.IGNORECASE,
)
"""What makes PROJ open a file by its place; a bare name is looked for in its own folders only."""
_NO_DATUM = ("unknown", "undefined", "not specified", "unnamed", "user defined", "custom")


def is_offset_system(crs: Any) -> bool:
    """Tell whether a name means a shifted system of web maps.

    Examples
    --------
    >>> is_offset_system("gcj-02"), is_offset_system("EPSG:4490")
    (True, False)
    """
    return isinstance(crs, str) and crs.strip().upper() in OFFSET_SYSTEMS


def is_local_system(crs: Any) -> bool:
    """Tell whether a system is a plane without a datum, such as that of one city.

    Examples
    --------
    >>> is_local_system("local"), is_local_system("EPSG:4490"), is_local_system("GCJ-02")
    (True, False, False)
    """
    return not is_offset_system(crs) and bool(parse_crs(crs).is_engineering)


def parse_crs(crs: Any) -> CRS:
    """Read a coordinate system and give its horizontal part.

    A shift to WGS 84 that a file carries along (TOWGS84) is left aside: who wants it declares it as a datum shift.

    Parameters
    ----------
    crs
        "EPSG:n", WKT, a PROJ string or a pyproj CRS; "local" for a plane that only control points tie to a datum.

    Returns
    -------
    crs
        Geographic, projected or local (engineering) CRS of two axes.

    Raises
    ------
    CRSError
        If it cannot be read, or is neither of these.
    RefusedError
        If it names a file that PROJ would open.

    Examples
    --------
    >>> parse_crs("EPSG:4490+5737").to_epsg()
    4490
    >>> parse_crs("EPSG:0")
    Traceback (most recent call last):
    onemap.errors.CRSError: the coordinate system must be "EPSG:n", WKT, "GCJ-02" or "BD-09", got EPSG:0...
    """
    if isinstance(crs, CRS):
        _refuse_files(crs.srs)
        return _horizontal(crs)
    return _parse_text(crs if isinstance(crs, (str, int)) else str(crs))


def read_crs(crs: Any) -> CRS:
    """Read a coordinate system as it is, heights and all, but let it name no files.

    Raises
    ------
    CRSError
        If it cannot be read.
    RefusedError
        If it names a file that PROJ would open.

    Examples
    --------
    >>> read_crs("EPSG:4490+5737").is_compound
    True
    >>> read_crs("+proj=longlat +ellps=GRS80 +nadgrids=/etc/passwd")
    Traceback (most recent call last):
    onemap.errors.RefusedError: a coordinate system must not name files, got +proj=longlat ...
    """
    _refuse_files(crs.srs if isinstance(crs, CRS) else str(crs))
    try:
        return CRS.from_user_input(crs)
    except ProjCRSError as error:
        raise CRSError("crs_unreadable", crs=crs) from error


def _refuse_files(definition: str) -> None:
    """Refuse a definition that names a file."""
    if _NAMES_A_FILE.search(definition):
        raise RefusedError("crs_with_file", crs=" ".join(definition.split())[:200])


def crs_label(crs: CRS) -> str:
    """Name a coordinate system briefly: "EPSG:n" where it has a code, else its own name.

    Examples
    --------
    >>> crs_label(parse_crs(4534))
    'EPSG:4534'
    """
    code = None if crs.is_engineering else crs.to_epsg()
    if code is not None and _plain_name(CRS.from_epsg(code)) == _plain_name(crs):
        return f"EPSG:{code}"
    return str(crs.name)


def datum_key(crs: CRS) -> str:
    """Give a word for the datum that a system rests on; equal words mean equal datums.

    Raises
    ------
    CRSError
        If the system does not say which datum it rests on, rests on none, or names a datum and another's ellipsoid.

    Examples
    --------
    >>> datum_key(parse_crs(4534)), datum_key(parse_crs(32643)), datum_key(parse_crs(4610))
    ('cgcs2000', 'wgs 84', 'xian 1980')
    """
    if crs.is_engineering:
        raise CRSError("crs_local", crs=crs.name)
    name = _plain_name(crs)
    if not name or name.startswith(_NO_DATUM):
        raise CRSError("crs_datum_unknown", crs=crs.name, datum=name or "-")
    key = "wgs 84" if name.startswith("world geodetic system 1984") else _DATUMS.get(name, name)
    ellipsoid = geographic_of(crs).ellipsoid
    wanted_m = _ELLIPSOIDS_M.get(key)
    if ellipsoid is not None and wanted_m is not None and abs(ellipsoid.semi_major_metre - wanted_m) > 0.5:
        axis_m = f"{ellipsoid.semi_major_metre:.10g}"
        raise CRSError("crs_datum_contradicts", crs=crs.name, datum=name, axis=axis_m, wanted=f"{wanted_m:.10g}")
    return key


def conversion(source: CRS, target: CRS) -> Transformer:
    """Give the conversion between a system and the geographic one it rests on, in the order easting, northing.

    Raises
    ------
    CRSError
        If PROJ knows the projection by name only.

    Examples
    --------
    >>> conversion(parse_crs(4490), parse_crs(4534)).transform(75.0, 0.0)
    (500000.0, 0.0)
    """
    try:
        return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        odd = source if source.is_projected else target
        raise CRSError("crs_unusable", crs=crs_label(odd)) from error


def realisation(crs: CRS) -> str:
    """Give which realisation of its datum a system rests on, empty where it does not say.

    Examples
    --------
    >>> realisation(parse_crs(9057)), realisation(parse_crs(4326))
    ('g1762', '')
    """
    return _plain_name(crs).partition("(")[2].rstrip(")").strip()


def geographic_of(crs: CRS) -> CRS:
    """Give the geographic system that a system rests on, itself if it is one.

    Raises
    ------
    CRSError
        If there is none.

    Examples
    --------
    >>> geographic_of(parse_crs(4534)).to_epsg()
    4490
    """
    found = crs.geodetic_crs
    if found is None:
        raise CRSError("crs_local", crs=crs.name)
    return found


def _plain_name(crs: CRS) -> str:
    """Give the name of the datum in small letters, without the marks of one program."""
    datum = geographic_of(crs).datum
    name = "" if datum is None else datum.name
    plain = name.lower().replace("_", " ").replace("'", "").strip().removeprefix("d ")
    return plain.removesuffix(" ensemble")


@lru_cache(maxsize=256)
def _parse_text(crs: str | int) -> CRS:
    """Read a system from text; kept, for it is asked again and again."""
    plain = crs.strip().lower() if isinstance(crs, str) else crs
    known = _LOCAL_WKT if plain in _LOCAL_NAMES else _CHINESE_NAMES.get(str(plain), crs)
    return _horizontal(read_crs(known))


def _horizontal(crs: CRS) -> CRS:
    """Strip heights and shifts that travel along."""
    while crs.is_compound or (crs.is_bound and crs.source_crs is not None):
        crs = crs.sub_crs_list[0] if crs.sub_crs_list else CRS(crs.source_crs)
    if len(crs.axis_info) == 3 and (crs.is_geographic or crs.is_projected):
        crs = crs.to_2d()
    if not (crs.is_geographic or crs.is_projected or crs.is_engineering):
        raise CRSError("crs_not_a_map", crs=crs.name)
    return crs
