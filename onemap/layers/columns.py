"""Which column of a source a mapping means."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

from onemap.errors import LayerError

__all__ = ["find_column", "nearest_name"]

_DBF_NAME_BYTES = 10
_ENCODINGS = ("utf-8", "gb18030")


def find_column(name: str, columns: Sequence[str], *, layer: str, file: str) -> int:
    """Find the column that a mapping names.

    It is the column of that name; else the one that differs from it in blanks and full-width characters only; else
    the one that it was cut to, as a Shapefile keeps 10 bytes of a name.

    Parameters
    ----------
    name
        Name in the mapping.
    columns
        Names in the source.
    layer, file
        For the message.

    Returns
    -------
    position
        Position of the column.

    Raises
    ------
    LayerError
        If there is none, with the nearest spelling and all that there are; or if several fit.

    Examples
    --------
    >>> find_column("移动站址编码", ["移动站址编", "经度"], layer="towers", file="sites.shp")
    0
    >>> find_column("站址编号", ["站址编码", "经度"], layer="towers", file="sites.csv")
    Traceback (most recent call last):
    onemap.errors.LayerError: sites.csv must have the column '站址编号' that towers is mapped from; did you ...
    """
    for same in (_exactly, _loosely, _cut):
        found = [position for position, column in enumerate(columns) if same(name, column)]
        if len(found) == 1:
            return found[0]
        if found:
            known = ", ".join(columns[position] for position in found)
            raise LayerError("layer_ambiguous_column", file=file, column=name, known=known)
    known = ", ".join(columns) or "-"
    nearest = nearest_name(name, columns)
    raise LayerError("layer_missing_column", file=file, layer=layer, column=name, nearest=nearest, known=known)


def nearest_name(name: str, names: Iterable[str]) -> str:
    """Give the name that is spelled most alike, "-" if none is alike at all.

    Examples
    --------
    >>> nearest_name("heigth_agl_m", ["height_agl_m", "owner"])
    'height_agl_m'
    """
    plain = {_plain(one): one for one in names}
    found = difflib.get_close_matches(_plain(name), list(plain), n=1, cutoff=0.3)
    return plain[found[0]] if found else "-"


def _exactly(name: str, column: str) -> bool:
    """Tell whether a column has the very name."""
    return name == column


def _loosely(name: str, column: str) -> bool:
    """Tell whether a column has the name but for blanks, width and case."""
    return _plain(name) == _plain(column)


def _cut(name: str, column: str) -> bool:
    """Tell whether a column is what 10 bytes leave of a name, in UTF-8 or GB 18030."""
    stump = column.strip().rstrip("\ufffd")
    for encoding in _ENCODINGS:
        whole = name.encode(encoding, errors="ignore")
        if len(whole) > _DBF_NAME_BYTES and stump:
            kept = whole[:_DBF_NAME_BYTES].decode(encoding, errors="ignore")
            if stump == kept.strip():
                return True
    return False


def _plain(name: str) -> str:
    """Give a name without blanks, width and case."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
