"""Definitions of coordinate systems: words of their own that make PROJ open a file or call a server."""

from __future__ import annotations

import re

from onemap.errors import RefusedError
from onemap.sources.guard.paths import shown

__all__ = ["refuse_definition"]

_NAMES_GRID = re.compile(
    rb"""(?:proj4_grids"?\s*,\s*"|(?:nad|geoid)grids\s*=|\+(?:grids|init|file|model)\s*=|parameterfile\s*[\[(]\s*"[^"]*"\s*,\s*"
    |\bfile"\s*,\s*"value"\s*:\s*"|"value"\s*:\s*"(?=[^"]*"\s*,\s*"name"\s*:\s*"[^"]*\bfile"))
    \s*(?P<name>[^"\s\]}]*)""",
    re.IGNORECASE | re.VERBOSE,
)
_LEADS_SOMEWHERE = re.compile(rb"[/\\~]|^@?[a-z]:|://|\.\.", re.IGNORECASE)


def refuse_definition(path: str, definition: bytes | str) -> None:
    """Refuse a definition of a coordinate system that names a grid file by its place.

    A bare name is looked for in PROJ's own folders only, and stays allowed.

    Parameters
    ----------
    path
        File that holds the definition.
    definition
        The definition, or bytes that hold it: WKT, PROJJSON or a PROJ string.

    Raises
    ------
    RefusedError
        If it does.

    Examples
    --------
    >>> refuse_definition("towers.prj", 'GEOGCS["x",DATUM["y",EXTENSION["PROJ4_GRIDS","/etc/passwd"]]]')
    Traceback (most recent call last):
    onemap.errors.RefusedError: a coordinate system must not name files, that of towers.prj names /etc/passwd; ...
    """
    words = definition.encode("utf-8", "replace") if isinstance(definition, str) else definition
    for found in _NAMES_GRID.finditer(words):
        for name in found["name"].split(b","):
            if _LEADS_SOMEWHERE.search(name):
                raise RefusedError("crs_names_file", path=shown(path), name=shown(name.decode("utf-8", "replace")))
