"""Tables and queries of PostGIS, read in one read-only transaction, in batches, into Arrow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.errors import LayerError, OnemapError, ReadError
from onemap.findings import Finding
from onemap.sources.database import connect, database_label, said, source_label
from onemap.sources.database_columns import ColumnKind, finished, kind_of_type
from onemap.sources.files import LayerInfo, SourceLayer, StoredField
from onemap.sources.sql_guard import require_select

__all__ = ["ROW_COLUMN", "list_tables", "read_connected", "read_postgis"]

ROW_COLUMN = "onemap_row"
"""Primary key of the tables that onemap writes: it keeps the order of the rows, and is no column of the layer."""

_BATCH_ROWS = 20_000
_NAME = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^".]+))\s*(?:\.\s*(?:"((?:[^"]|"")+)"|([^".]+))\s*)?')
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "view", "f": "table"}


def read_postgis(
    database: str, *, table: str | None = None, query: str | None = None, timeout_s: float = 300.0
) -> SourceLayer:
    """Read one table, view or query of a PostGIS database.

    Rows come in the order of the primary key; where there is none, a finding says so.

    Parameters
    ----------
    database
        "host=… port=… dbname=… user=…" or "service=…". The password comes from PGPASSWORD, ~/.pgpass or a service file.
    table
        "schema.table" or "table".
    query
        One SELECT, in place of a table.
    timeout_s
        Longest time for one statement, in seconds.

    Returns
    -------
    source
        What the table holds: `driver` "PostGIS", `path` "postgis:schema.table", CRS by the SRID of its shapes.

    Raises
    ------
    ReadError
        If the server cannot be reached, the table is missing, or reading fails.
    RefusedError
        If the text holds a password, or the query is not one SELECT.
    LayerError
        If there are several columns of shapes, or shapes of several systems.

    Examples
    --------
    >>> read_postgis("host=127.0.0.1 port=1 dbname=planning", table="towers")
    Traceback (most recent call last):
    onemap.errors.ReadError: the database host=127.0.0.1 port=1 dbname=planning must be reachable, ...
    """
    if (table is None) == (query is None):
        msg = "table or query must be given, and not both"
        raise ValueError(msg)
    if query is not None:
        query = require_select(query)
    with connect(database, timeout_s=timeout_s) as connection:
        return read_connected(connection, database_label(database), table=table, query=query)


def list_tables(database: str) -> list[LayerInfo]:
    """List the tables and views of a database that the role may read.

    Parameters
    ----------
    database
        As in `read_postgis`.

    Returns
    -------
    tables
        Name "schema.table", kind of geometry, rows as the server estimates them, columns.

    Raises
    ------
    ReadError, RefusedError
        As in `read_postgis`.

    Examples
    --------
    >>> list_tables("host=127.0.0.1 port=1 dbname=planning")
    Traceback (most recent call last):
    onemap.errors.ReadError: the database host=127.0.0.1 port=1 dbname=planning must be reachable, ...
    """
    asked = """
        select n.nspname, c.relname, greatest(c.reltuples, 0)::int8,
               array_agg(a.attname order by a.attnum)::text[],
               max(case when t.typname in ('geometry', 'geography') then format_type(a.atttypid, a.atttypmod) end)
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        join pg_catalog.pg_type t on t.oid = a.atttypid
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
          and n.nspname not like 'pg\\_toast%' and has_table_privilege(c.oid, 'select')
          and c.relname not in ('spatial_ref_sys', 'geometry_columns', 'geography_columns')
        group by 1, 2, 3 order by 1, 2"""
    with connect(database) as connection, _reading(database_label(database)):
        rows = connection.execute(asked).fetchall()
    return [
        LayerInfo(
            name=f"{_quoted(schema)}.{_quoted(name)}",
            driver="PostGIS",
            geometry_type=None if kind is None else (re.findall(r"\((\w+)", kind) or ["Unknown"])[0],
            rows=count,
            crs=None,
            fields=tuple(columns),
            encoding="utf-8",
        )
        for schema, name, count, columns, kind in rows
    ]


@dataclass(frozen=True, slots=True)
class _Relation:
    """What is read: its SQL, the columns it is ordered by, its label, name and schema (empty for a query)."""

    sql: Any
    key: tuple[str, ...]
    label: str
    name: str
    schema: str = ""


def read_connected(
    connection: Any, database: str, *, table: str | None = None, query: str | None = None
) -> SourceLayer:
    """Read a table or query through an open connection.

    Parameters
    ----------
    connection
        From `onemap.sources.database.connect`.
    database
        Label of the database for messages.
    table, query
        One of them.

    Returns
    -------
    source
        As in `read_postgis`.

    Examples
    --------
    >>> read_connected(None, "planning", table="a.b.c")
    Traceback (most recent call last):
    onemap.errors.ReadError: the database planning must hold the table a.b.c ...
    """
    with _reading(database, label=source_label(table, query)):
        relation = _query(query) if query is not None else _table(connection, table or "", database)
        columns = _columns(connection, relation)
        shapes = [column for column in columns if column.is_shape]
        if len(shapes) > 1:
            names = "、".join(column.name for column in shapes)
            raise LayerError("geometry_columns_several", layer=relation.name, columns=names)
        batches = list(_batches(connection, relation, columns))
        is_superuser = connection.execute(
            "select rolsuper from pg_catalog.pg_roles where rolname = current_user"
        ).fetchone()
        return _source(
            connection, relation, columns, batches=batches, is_superuser=bool(is_superuser and is_superuser[0])
        )


@contextmanager
def _reading(database: str, *, label: str = "") -> Iterator[None]:
    """Say what the server said when reading fails."""
    import psycopg

    try:
        yield
    except OnemapError:
        raise
    except psycopg.Error as error:
        raise ReadError("database_reading_failed", database=database, table=label, problem=said(error)) from None


def _table(connection: Any, name: str, database: str) -> _Relation:
    """Find a table and its primary key."""
    from psycopg import sql

    match = _NAME.fullmatch(name)
    found = None
    if match is not None and "\0" not in name:
        first, second = (_part(match, at) for at in (1, 3))
        path = [part for part in (first, second) if part]
        identifier = sql.Identifier(*path)
        found = connection.execute(
            "select c.oid, n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n"
            " on n.oid = c.relnamespace where c.oid = to_regclass(%s) and c.relkind in ('r', 'p', 'v', 'm', 'f')",
            [identifier.as_string(connection)],
        ).fetchone()
    if found is None:
        raise ReadError("database_table_missing", database=database, table=name[:120])
    key = connection.execute(
        "select a.attname from pg_catalog.pg_index i, unnest(i.indkey) with ordinality k(attnum, place)"
        " join pg_catalog.pg_attribute a on a.attnum = k.attnum"
        " where i.indrelid = %s and a.attrelid = %s and i.indisprimary order by k.place",
        [found[0], found[0]],
    ).fetchall()
    _, schema, table = found
    key_names = tuple(row[0] for row in key)
    return _Relation(sql.Identifier(schema, table), key_names, f"postgis:{schema}.{table}", table, schema)


def _part(match: re.Match[str], at: int) -> str:
    """Give one part of a name: as it stands within quotes, or without."""
    quoted, bare = match[at], match[at + 1]
    return quoted.replace('""', '"') if quoted else (bare or "").strip()


def _quoted(name: str) -> str:
    """Write a name as `read_postgis` takes it."""
    return name if re.fullmatch(r'[^".\s]+', name) else '"' + name.replace('"', '""') + '"'


def _query(query: str) -> _Relation:
    """Give a query as something to select from."""
    from psycopg import sql

    text = sql.SQL("(\n{}\n)").format(sql.SQL(query))  # it was screened
    label = source_label(None, query)
    return _Relation(text, (), label, label.removeprefix("postgis:"))


def _columns(connection: Any, relation: _Relation) -> list[ColumnKind]:
    """Describe the columns, in order; refuse two of one name."""
    from psycopg import sql

    cursor = connection.execute(sql.SQL("select * from {} as onemap_source limit 0").format(relation.sql))
    described = [(column.name, column.type_code) for column in cursor.description]
    names = [name for name, _ in described]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise LayerError("query_column_repeated", layer=relation.name, column=repeated[0])
    oids = [oid for _, oid in described]
    types = {
        oid: (name, category)
        for oid, name, category in connection.execute(
            "select oid, typname, typcategory from pg_catalog.pg_type where oid = any(%s)",
            [oids],
        ).fetchall()
    }
    kinds = [kind_of_type(name, *types.get(oid, ("text", "S"))) for name, oid in described]
    return [kind for kind in kinds if not (kind.name == ROW_COLUMN and relation.key == (ROW_COLUMN,))]


def _batches(connection: Any, relation: _Relation, columns: Sequence[ColumnKind]) -> Iterator[list[list[Any]]]:
    """Give the cells column by column, some thousands of rows at a time."""
    from psycopg import sql

    taken = [column for column in columns if not column.left_out]
    parts: list[Any] = [sql.SQL(column.expression).format(sql.Identifier(column.name)) for column in taken]
    order = sql.SQL(" order by {}").format(sql.SQL(", ").join(map(sql.Identifier, relation.key)))
    statement = sql.SQL("select {} from {} as onemap_source{}").format(
        sql.SQL(", ").join(parts or [sql.SQL("1")]), relation.sql, order if relation.key else sql.SQL("")
    )
    with connection.cursor(name="onemap_read", binary=True) as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(_BATCH_ROWS):
            yield [list(cells) for cells in zip(*rows, strict=True)]


def _source(
    connection: Any,
    relation: _Relation,
    columns: Sequence[ColumnKind],
    *,
    batches: Sequence[list[list[Any]]],
    is_superuser: bool,
) -> SourceLayer:
    """Put the cells together."""
    notes: list[tuple[str, dict[str, object]]] = [
        ("OM-PKG-005", {"column": column.name}) for column in columns if column.left_out
    ]
    if not relation.key:
        notes.append(("OM-PKG-066", {"table": relation.name}))
    if is_superuser:
        notes.append(("OM-SEC-044", {"database": "PostGIS"}))
    taken = [column for column in columns if not column.left_out]
    count = sum(len(batch[0]) for batch in batches) if batches else 0
    series: dict[str, Any] = {}
    geometry: NDArray[np.object_] | None = None
    crs, stored = None, []
    for at, column in enumerate(taken):
        cells = [value for batch in batches for value in batch[at]]
        if column.is_shape:
            geometry, srid = _shapes(cells, relation)
            crs = _crs(connection, relation, column, srid=srid)
            continue
        series[column.name], kind, changed = finished(column, cells)
        notes += [("OM-PKG-067", {"column": column.name, "type": column.type})] if changed else []
        stored.append(StoredField(column.name, kind, None, None))
    findings = tuple(Finding(rule, layer=relation.name, file=relation.label, values=values) for rule, values in notes)
    return SourceLayer(
        path=Path(relation.label),
        layer=relation.name,
        frame=pd.DataFrame(series, index=pd.RangeIndex(count)),
        geometry=geometry,
        crs=crs,
        driver="PostGIS",
        encoding="utf-8",
        rows=np.arange(1, count + 1, dtype=np.int64),
        findings=findings,
        stored=tuple(stored),
    )


def _shapes(cells: list[bytes | None], relation: _Relation) -> tuple[NDArray[np.object_], int]:
    """Turn EWKB into shapes, and give the one SRID that they share; 0 where there is none."""
    wkb = np.empty(len(cells), dtype=object)
    wkb[:] = [None if cell is None else bytes(cell) for cell in cells]
    try:
        shapes: NDArray[np.object_] = shapely.from_wkb(wkb)
    except (shapely.errors.GEOSException, NotImplementedError) as error:
        raise ReadError("database_shape_unreadable", table=relation.label, problem=str(error)[:120]) from error
    present = shapes[~shapely.is_missing(shapes)]
    srids = {int(srid) for srid in np.unique(shapely.get_srid(present))}
    if len(srids) > 1:
        raise LayerError("geometry_systems_several", layer=relation.name, systems="、".join(map(str, sorted(srids))))
    if srids - {0}:
        shapes = shapely.set_srid(shapes, 0)
    return shapes, srids.pop() if srids else -1


def _crs(connection: Any, relation: _Relation, column: ColumnKind, *, srid: int) -> str | None:
    """Give the system of an SRID as the database defines it; that of the column where no row has a shape."""
    from psycopg import sql

    home = connection.execute(
        "select n.nspname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace"
        " where e.extname = 'postgis'"
    ).fetchone()
    schema = sql.Identifier(home[0] if home else "public")
    if srid < 0:
        statement = sql.SQL(
            "select srid from {}.geometry_columns where f_table_schema = %s and f_table_name = %s"
            " and f_geometry_column = %s"
        ).format(schema)
        found = connection.execute(statement, [relation.schema, relation.name, column.name]).fetchone()
        srid = found[0] if found else 0
    if srid <= 0:
        return None
    statement = sql.SQL("select auth_name, auth_srid, srtext from {}.spatial_ref_sys where srid = %s").format(schema)
    row = connection.execute(statement, [srid]).fetchone()
    if row is None:
        raise LayerError("geometry_system_unknown", layer=relation.name, srid=srid)
    authority, code, text = row
    return f"EPSG:{code}" if (authority or "").upper() == "EPSG" else (text or None)
