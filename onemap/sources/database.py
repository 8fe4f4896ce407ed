"""Connections to PostgreSQL; a password is never in a text of ours.

It comes from where PostgreSQL's own programs take it, PGPASSWORD, ~/.pgpass, PGPASSFILE or a service file, and libpq
alone reads it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus

from onemap.errors import ReadError, RefusedError

__all__ = ["connect", "database_label", "require_no_password", "said", "source_label"]

_PASSWORD = re.compile(r"password|passwd|\bpwd\b|sslkey|://[^/@\s]*:[^/@\s]*@", re.IGNORECASE)
_TIMEOUT_S = 300
_CONNECT_TIMEOUT_S = 15
_LISTED = ("service", "host", "hostaddr", "port", "dbname", "user")


def require_no_password(database: str) -> None:
    """Refuse a connection text that holds a password; the message does not repeat it.

    Parameters
    ----------
    database
        "host=… dbname=… user=…", "service=…" or "postgresql://…".

    Raises
    ------
    RefusedError
        If it holds one.

    Examples
    --------
    >>> require_no_password("host=db dbname=planning password=x")
    Traceback (most recent call last):
    onemap.errors.RefusedError: the connection text must hold no password ...
    """
    if _PASSWORD.search(database):
        raise RefusedError("database_password")


def database_label(database: str) -> str:
    """Name a database for people: the parts of its connection text that say where it is.

    Examples
    --------
    >>> database_label("host=db.local port=5433 dbname=planning user=reader sslmode=require")
    'host=db.local port=5433 dbname=planning user=reader'
    """
    parts = _parts(database)
    return " ".join(f"{name}={parts[name]}" for name in _LISTED if name in parts)


def source_label(table: str | None, query: str | None) -> str:
    """Name a table or query as findings and manifests do.

    Examples
    --------
    >>> source_label("planning.towers", None)
    'postgis:planning.towers'
    """
    if table is not None:
        return f"postgis:{table}"
    return f"postgis:query-{hashlib.sha256((query or '').encode()).hexdigest()[:8]}"


@contextmanager
def connect(database: str, *, read_only: bool = True, timeout_s: float = _TIMEOUT_S) -> Iterator[Any]:
    """Open a connection and one transaction, which is committed if the block ends without an error.

    Parameters
    ----------
    database
        "host=… port=… dbname=… user=…", or "service=…"; without a password.
    read_only
        The transaction cannot write.
    timeout_s
        Longest time for one statement, in seconds.

    Yields
    ------
    connection
        A psycopg connection.

    Raises
    ------
    RefusedError
        If the text holds a password.
    ReadError
        If it cannot be read or the server does not let us in; nothing of the password is in it.

    Examples
    --------
    >>> with connect("host=127.0.0.1 port=1 dbname=planning user=reader") as connection:
    ...     pass
    Traceback (most recent call last):
    onemap.errors.ReadError: the database host=127.0.0.1 port=1 dbname=planning user=reader must be reachable, ...
    """
    psycopg = _psycopg()
    parts = _parts(database)
    problem = ""
    connection = None
    try:
        connection = psycopg.connect(**{"connect_timeout": _CONNECT_TIMEOUT_S, "application_name": "onemap", **parts})
    except psycopg.Error as error:
        problem = said(error)
    if connection is None:  # raised here, so that the library's own error is not in the chain
        raise ReadError("database_unreachable", database=database_label(database), problem=problem)
    try:
        with connection:
            connection.read_only = read_only
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute(
                "select set_config('statement_timeout', %s, true), set_config('TimeZone', 'UTC', true),"
                " set_config('DateStyle', 'ISO, YMD', true), set_config('extra_float_digits', '3', true)",
                [str(int(timeout_s * 1000))],
            )
            yield connection
    finally:
        connection.close()


def said(error: Exception) -> str:
    r"""Give what the server or its library said, on one line, without anything of a password.

    Parameters
    ----------
    error
        An error of psycopg.

    Examples
    --------
    >>> said(ValueError("no route\nto host"))
    'no route to host'
    """
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    words = " ".join(str(primary or str(error) or type(error).__name__).split())
    secret = os.environ.get("PGPASSWORD", "")
    for form in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]} - {""}:
        words = words.replace(form, "***")
    return words[:300]


def _parts(database: str) -> dict[str, Any]:
    """Take a connection text apart; a wrong one is not repeated, as its pieces may be anything."""
    require_no_password(database)
    psycopg = _psycopg()
    parts: dict[str, Any] | None = None
    try:
        parts = psycopg.conninfo.conninfo_to_dict(database)
    except psycopg.Error:
        parts = None
    if parts is None:
        raise ReadError("database_text_wrong")
    return parts


def _psycopg() -> Any:
    """Give the library, which is an extra."""
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        raise ReadError("database_library_missing") from error
    return psycopg
