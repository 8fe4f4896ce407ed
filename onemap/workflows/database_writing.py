"""Write a layer into a database in one transaction: written, read back, compared, and only then committed."""

from __future__ import annotations

import psycopg

from onemap.delivery.conversion.comparison import compare
from onemap.delivery.conversion.layer import Loss, PlainLayer, Plan, plain_layer
from onemap.delivery.conversion.plans import plan_layer
from onemap.delivery.writers.postgis import write_postgis
from onemap.errors import WriteError
from onemap.sources.database import connect, database_label, said
from onemap.sources.postgis import read_connected

__all__ = ["write_table"]


def write_table(
    layer: PlainLayer, database: str, *, schema: str, replace: bool = False
) -> tuple[Plan, tuple[Loss, ...]]:
    """Write a layer as a table of PostGIS and require what was planned.

    Parameters
    ----------
    layer
        The layer; its name is that of the table.
    database
        "host=… dbname=… user=…" or "service=…", without a password.
    schema
        Schema of the table.
    replace
        Put it in the place of an old one.

    Returns
    -------
    plan, losses
        The plan, and all that is not as given.

    Raises
    ------
    ReadError, RefusedError
        If the database cannot be reached, or the text holds a password.
    WriteError
        If it cannot be written, or does not read back; the database is as it was.
    """
    plan = plan_layer(layer, "postgis")
    name = f"{_quoted(schema)}.{_quoted(layer.name)}"
    problem = ""
    try:
        with connect(database, read_only=False) as connection:
            write_postgis(plan, connection, schema=schema, replace=replace)
            found = read_connected(connection, database_label(database), table=name)
            proof = compare(plan, plain_layer(found.layer, found.frame, found.geometry, crs=found.crs))
            if proof.problem:
                raise WriteError("delivery_read_back", path=name, layer=layer.name, problem=proof.problem)
    except psycopg.Error as error:
        problem = said(error)
    if problem:
        raise WriteError("database_write_failed", database=database_label(database), table=name, problem=problem)
    return plan, (*plan.losses, *proof.losses)


def _quoted(name: str) -> str:
    """Write a name as it is, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
