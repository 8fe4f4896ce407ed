"""What may be asked of a database: one SELECT, and nothing that reads files, writes or leads elsewhere.

This is the first fence; the second is the transaction, which is read-only, and the third the rights of the role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from onemap.errors import RefusedError

__all__ = ["require_select"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*(?:\n|$))
    |(?P<open>/\*)
    |(?P<dollar>\$(?P<tag>[A-Za-z_\u0080-\uffff][\w]*)?\$.*?\$(?(tag)(?P=tag))\$)
    |(?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
    |(?P<unicode>[uU]&['"])
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<word>[A-Za-z_\u0080-\uffff][\w$]*)
    |(?P<number>\d[\w.]*)
    |(?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_STATEMENTS = frozenset(
    {
        "alter", "call", "checkpoint", "cluster", "comment", "copy", "create", "deallocate", "delete", "discard", "do",
        "drop", "execute", "grant", "insert", "into", "listen", "load", "lock", "merge", "notify", "prepare", "refresh",
        "reindex", "reset", "revoke", "set", "truncate", "unlisten", "update", "vacuum",
    }
)  # fmt: skip
_FUNCTIONS = re.compile(
    r"pg_|lo_|lo(import|export)|dblink|set_config|setval|nextval|(query|cursor|table|schema|database)_to_xml|http|"
    r"plpy|currtid|binary_upgrade|st_(asgdalraster|fromgdalraster)|postgis_(gdal|extensions)|ts_stat",
    re.IGNORECASE,
)


def require_select(query: str) -> str:
    """Require one SELECT (or WITH … SELECT) that names no statement or function that could do more than read tables.

    Parameters
    ----------
    query
        The text of the query.

    Returns
    -------
    query
        The same text without blanks and a semicolon at its end.

    Raises
    ------
    RefusedError
        If it is anything else.

    Examples
    --------
    >>> require_select("select a, b from planning.towers where kind = 'pole';")
    "select a, b from planning.towers where kind = 'pole'"
    >>> require_select("select 1; drop table towers")
    Traceback (most recent call last):
    onemap.errors.RefusedError: the query must be one SELECT that only reads tables, ... (;); ...
    """
    plain = query.strip().removesuffix(";").rstrip()
    tokens = list(_tokens(plain))
    first = tokens[0][1].lower() if tokens and tokens[0][0] == "word" else ""
    if first not in {"select", "with"}:
        raise RefusedError("query_not_select", found=first or "?")
    for at, (kind, word) in enumerate(tokens):
        name = word.strip('"').replace('""', '"').lower()
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        is_call = following == "(" and kind in {"word", "quoted"}
        if word == ";" or (kind == "word" and name in _STATEMENTS) or (is_call and _FUNCTIONS.match(name)):
            raise RefusedError("query_not_select", found=name[:40])
    return plain


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Give kind and text of each token, without blanks and comments; what is not closed is refused."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise RefusedError("query_not_select", found=text[at : at + 10])
        kind, token = _kind(match), match[0]
        if kind == "unicode" or token in {"'", '"', "\\", "\0"}:
            raise RefusedError("query_not_select", found=token[:10])
        at = _after_comment(text, at) if kind == "open" else match.end()
        if kind not in {"space", "open"}:
            yield kind, token


def _kind(match: re.Match[str]) -> str:
    """Name the group that matched."""
    return next(name for name, value in match.groupdict().items() if value is not None and name != "tag")


def _after_comment(text: str, at: int) -> int:
    """Give where a comment ends, with those inside it."""
    depth, place = 1, at + 2
    while depth:
        mark = re.search(r"/\*|\*/", text[place:])
        if mark is None:
            raise RefusedError("query_not_select", found="/*")
        depth += 1 if mark[0] == "/*" else -1
        place += mark.end()
    return place
