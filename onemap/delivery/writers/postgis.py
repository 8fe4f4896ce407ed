"""A table of PostGIS: written beside an old one and put in its place, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from psycopg import sql
from pyproj import CRS

from onemap.delivery.conversion.layer import Plan
from onemap.delivery.conversion.names import ROW_COLUMN, SHAPE_COLUMN
from onemap.errors import WriteError

__all__ = ["write_postgis"]

_ROWS_AT_ONCE = 20_000
_STAGING = "onemap_staging"
_TYPES = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
    pa.timestamp("us", "UTC"): "timestamptz",
}


def write_postgis(plan: Plan, connection: Any, *, schema: str, replace: bool = False) -> None:
    """Write a layer as a table with a primary key, aliases as comments, and an index over its shapes.

    Nothing is committed here: who opened the connection does that, once the table has been read back.

    Parameters
    ----------
    plan
        The layer as planned for "postgis".
    connection
        A psycopg connection in a transaction that may write.
    schema
        Schema of the table, made if it does not exist.
    replace
        Put the table in the place of an old one.

    Raises
    ------
    WriteError
        If the table exists and is not to be replaced, or its system of coordinates has no EPSG code.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> place = np.array([shapely.Point(75, 39)])
    >>> towers = plain_layer("towers", pd.DataFrame({"id": [1]}), place, crs='LOCAL_CS["grid"]')
    >>> write_postgis(plan_layer(towers, "postgis"), None, schema="planning")
    Traceback (most recent call last):
    onemap.errors.WriteError: the coordinate system LOCAL_CS["grid"] of towers must have an EPSG code ...
    """
    layer = plan.stored
    srid = _srid(plan)
    table, fresh = sql.Identifier(schema, layer.name), sql.Identifier(schema, _STAGING)
    exists = connection.execute("select to_regclass(%s) is not null", [table.as_string(connection)]).fetchone()[0]
    if exists and not replace:
        raise WriteError("database_table_exists", table=f"{schema}.{layer.name}")
    if connection.execute("select to_regnamespace(%s) is null", [sql.Identifier(schema).as_string()]).fetchone()[0]:
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
    _define_system(connection, srid)
    connection.execute(_create(plan, fresh, srid))
    _copy(plan, connection, fresh, srid)
    if exists:
        connection.execute(sql.SQL("drop table {}").format(table))
    connection.execute(sql.SQL("alter table {} rename to {}").format(fresh, sql.Identifier(layer.name)))
    connection.execute(sql.SQL("alter table {} add primary key ({})").format(table, sql.Identifier(ROW_COLUMN)))
    if layer.geometry is not None:
        connection.execute(sql.SQL("create index on {} using gist ({})").format(table, sql.Identifier(SHAPE_COLUMN)))
    _comment(plan, connection, table)


def _srid(plan: Plan) -> int:
    """Give the SRID of a layer; 0 where no system is known."""
    if plan.stored.geometry is None or plan.stored.crs is None:
        return 0
    try:
        code = CRS.from_user_input(plan.stored.crs).to_epsg()
    except ValueError:  # pyproj's own error is one
        code = None
    if code is None:
        raise WriteError("database_crs_unknown", crs=plan.stored.crs[:60], table=plan.stored.name)
    return int(code)


def _define_system(connection: Any, srid: int) -> None:
    """Insert the definition of a system that the database does not have."""
    if srid == 0 or connection.execute("select 1 from spatial_ref_sys where srid = %s", [srid]).fetchone():
        return
    connection.execute(
        "insert into spatial_ref_sys (srid, auth_name, auth_srid, srtext) values (%s, 'EPSG', %s, %s)",
        [srid, srid, CRS.from_epsg(srid).to_wkt("WKT1_GDAL")],
    )


def _create(plan: Plan, table: Any, srid: int) -> Any:
    """Say how the table is made."""
    columns = [sql.SQL("{} bigint not null").format(sql.Identifier(ROW_COLUMN))]
    columns += [
        sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(_TYPES[field.type]))
        for field in plan.stored.table.schema
    ]
    if plan.stored.geometry is not None:
        kind = sql.SQL(f"geometry({_shape_type(plan.stored.geometry)}, {srid})")  # both our own words
        columns.append(sql.SQL("{} {}").format(sql.Identifier(SHAPE_COLUMN), kind))
    return sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(columns))


def _shape_type(geometry: np.ndarray) -> str:
    """Name the one kind of the shapes, or the one that holds all; heights must be in all of them or none."""
    present = geometry[~shapely.is_missing(geometry)]
    kinds = {shape.geom_type for shape in present}
    measured, high = shapely.has_m(present), shapely.has_z(present)
    endings = {("Z" if z else "") + ("M" if m else "") for z, m in zip(high, measured, strict=True)}
    if len(endings) > 1:
        return "Geometry"
    return (kinds.pop() if len(kinds) == 1 else "Geometry") + (endings.pop() if endings else "")


def _copy(plan: Plan, connection: Any, table: Any, srid: int) -> None:
    """Send the rows."""
    names = [ROW_COLUMN, *plan.stored.table.column_names]
    names += [SHAPE_COLUMN] if plan.stored.geometry is not None else []
    statement = sql.SQL("copy {} ({}) from stdin").format(table, sql.SQL(", ").join(map(sql.Identifier, names)))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in _rows(plan, srid):
            copy.write_row(row)


def _rows(plan: Plan, srid: int) -> Iterator[tuple[Any, ...]]:
    """Give the rows as the table takes them, shapes as EWKB in hexadecimal digits."""
    layer = plan.stored
    for first in range(0, layer.rows, _ROWS_AT_ONCE):
        part = layer.table.slice(first, _ROWS_AT_ONCE)
        columns: list[Any] = [range(first + 1, min(first + _ROWS_AT_ONCE, layer.rows) + 1)]
        columns += [column.to_pylist() for column in part.columns]
        if layer.geometry is not None:
            shapes = layer.geometry[first : first + _ROWS_AT_ONCE]
            marked = shapely.set_srid(shapes, srid) if srid else shapes
            columns.append(shapely.to_wkb(marked, hex=True, include_srid=bool(srid)))
        yield from zip(*columns, strict=True)


def _comment(plan: Plan, connection: Any, table: Any) -> None:
    """Write down what people read."""
    given = {stored: name for name, stored in plan.names.items()}
    for name in plan.stored.table.column_names:
        alias = plan.given.aliases.get(given.get(name, name), "") or given.get(name, name)
        if alias != name:
            statement = sql.SQL("comment on column {}.{} is {}").format(
                table, sql.Identifier(name), sql.Literal(alias.replace("\0", ""))
            )
            connection.execute(statement)
