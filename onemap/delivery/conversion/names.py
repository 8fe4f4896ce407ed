"""Names of columns that a format takes as they are; planned, so that no library changes them without a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = [
    "ROW_COLUMN",
    "SHAPE_COLUMN",
    "database_names",
    "geodatabase_names",
    "same_names",
    "server_names",
    "table_names",
    "vct_names",
]

SHAPE_COLUMN, ROW_COLUMN = "geom", "onemap_row"
"""Columns of a table in a database that onemap writes: the shapes, and the primary key that keeps the order of rows."""

_SERVER_BYTES = 63

_TABLE_BYTES = 10
_ROW_NUMBER = "OGC_FID"  # GDAL takes a column of this name for the numbers of rows and leaves it empty
_GEODATABASE_LENGTH = 64
_RESERVED = frozenset(
    [
        "ADD",
        "ALTER",
        "AND",
        "BETWEEN",
        "BY",
        "COLUMN",
        "CREATE",
        "DELETE",
        "DROP",
        "EXISTS",
        "FOR",
        "FROM",
        "GROUP",
        "IN",
        "INSERT",
        "INTO",
        "IS",
        "LIKE",
        "NOT",
        "NULL",
        "OBJECTID",
        "OR",
        "ORDER",
        "SELECT",
        "SET",
        "SHAPE",
        "SHAPE_AREA",
        "SHAPE_LENGTH",
        "TABLE",
        "UPDATE",
        "VALUES",
        "WHERE",
    ]
)


def same_names(names: Iterable[str]) -> dict[str, str]:
    """Take names as they are.

    Examples
    --------
    >>> same_names(["k", "K"])
    {'k': 'k', 'K': 'K'}
    """
    return _planned(names, lambda name, room: name.partition("\0")[0][:room] or "field", len_of=len, fold=str)


def database_names(names: Iterable[str]) -> dict[str, str]:
    """Plan names that differ in more than the case of Latin letters, as SQLite wants them.

    Examples
    --------
    >>> database_names(["k", "K", ""])
    {'k': 'k', 'K': 'K_1', '': 'field'}
    """
    return _planned(names, lambda name, room: name.partition("\0")[0][:room] or "field", len_of=len, fold=_lower)


def geodatabase_names(names: Iterable[str]) -> dict[str, str]:
    """Plan names of letters, digits and "_" that start with a letter and are no word of SQL.

    Examples
    --------
    >>> geodatabase_names(["塔高(m)", "1abc", "select"])
    {'塔高(m)': '塔高_m_', '1abc': '_1abc', 'select': 'select_'}
    """

    def plain(name: str, room: int) -> str:
        name = re.sub(r"[^A-Za-z0-9_\u0080-\uffff]", "_", name.partition("\0")[0])
        name = re.sub(r"^(?=[0-9])|^$", "_", name)
        return name[: min(room, _GEODATABASE_LENGTH - 1)] + ("_" if name.upper() in _RESERVED else "")

    return _planned(names, plain, len_of=len, fold=str.lower, limit=_GEODATABASE_LENGTH)


def server_names(names: Iterable[str]) -> dict[str, str]:
    """Plan names of at most 63 bytes, as PostgreSQL takes them, none of them one that onemap needs itself.

    Examples
    --------
    >>> server_names(["geom", "塔高"])
    {'geom': 'geom_', '塔高': '塔高'}
    """

    def short(name: str, room: int) -> str:
        plain = name.partition("\0")[0].encode()[:room].decode("utf-8", "ignore") or "field"
        return f"{plain}_" if plain in {SHAPE_COLUMN, ROW_COLUMN} else plain

    return _planned(names, short, len_of=lambda name: len(name.encode()), fold=str, limit=_SERVER_BYTES)


def table_names(names: Iterable[str], encoding: str) -> dict[str, str]:
    """Plan names of at most ten bytes, cut between characters, as a dBASE table wants them.

    Examples
    --------
    >>> table_names(["行政区代码表", "行政区代码级", "吉𠮷"], "gbk")
    {'行政区代码表': '行政区代码', '行政区代码级': '行政区代_1', '吉𠮷': '吉_'}
    """

    def short(name: str, room: int) -> str:
        known = "".join(one if _has(one, encoding) and one != ":" else "_" for one in name.partition("\0")[0])
        plain = known.encode(encoding)[:room].decode(encoding, "ignore").strip() or "field"[:room]
        return plain if plain.upper() != _ROW_NUMBER else plain[:-1]

    return _planned(names, short, len_of=lambda name: len(name.encode(encoding)), fold=str.upper, limit=_TABLE_BYTES)


def vct_names(names: Iterable[str]) -> dict[str, str]:
    """Plan names without commas, line ends, blanks at their ends and characters outside GBK.

    Examples
    --------
    >>> vct_names(["a,b", " 塔高", "0"])
    {'a,b': 'a_b', ' 塔高': '塔高', '0': '0_'}
    """

    def plain(name: str, room: int) -> str:
        known = "".join(one if _has(one, "gbk") and one.isprintable() and one != "," else "_" for one in name)
        fresh = known[:room].strip() or "field"
        return f"{fresh}_" if fresh == "0" or fresh.lower().endswith(("begin", "end")) else fresh

    return _planned(names, plain, len_of=len, fold=str)


def _planned(
    names: Iterable[str],
    shape: Callable[[str, int], str],
    *,
    len_of: Callable[[str], int],
    fold: Callable[[str], str],
    limit: int = 1_000,
) -> dict[str, str]:
    """Give each name its form, then a number where that form is taken; a name that needs no change keeps its own."""
    listed = list(dict.fromkeys(names))
    planned: dict[str, str] = {}
    used: set[str] = set()
    for name in sorted(listed, key=lambda one: shape(one, limit) != one):
        number, fresh = 0, shape(name, limit)
        while fold(fresh) in used:
            number += 1
            ending = f"_{number}"
            fresh = shape(name, limit - len_of(ending)) + ending
        used.add(fold(fresh))
        planned[name] = fresh
    return {name: planned[name] for name in listed}


def _has(character: str, encoding: str) -> bool:
    """Tell whether an encoding has a character."""
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _lower(name: str) -> str:
    """Put the Latin letters of a name in lower case, as SQLite compares them."""
    return "".join(one.lower() if one.isascii() else one for one in name)
