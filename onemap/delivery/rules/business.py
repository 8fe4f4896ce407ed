"""Rules of the trade: towers with operators, tables with the totals of their layers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from onemap.delivery.cells import numbers_of, text_of
from onemap.delivery.checked import CheckContext
from onemap.delivery.profile_parts import TableTotal
from onemap.delivery.rules.registry import faults, layer_rule, row_rule
from onemap.findings import Faults

__all__ = ["tables_agree", "towers_have_operators"]


@row_rule(
    "OM-BIZ-109",
    when=lambda context: (
        context.layer is not None
        and "towers" in context.layer.sources
        and bool(context.column_from("operator", "owner"))
    ),
)
def towers_have_operators(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require the operator or owner of each tower."""
    empty = context.text(context.column_from("operator", "owner")).eq("")
    of_layer = context.column("layer")
    is_tower = context.text(of_layer).eq("towers") if of_layer else empty
    return faults(empty & is_tower, field=pd.Series(context.column_from("operator", "owner"), index=layer.index))


@layer_rule("OM-BIZ-112", when=lambda context: any(_is_of(one, context) for one in context.profile.totals))
def tables_agree(context: CheckContext) -> list[Mapping[str, object]]:
    """Require tables whose totals are those of the layer."""
    return [values for one in context.profile.totals if _is_of(one, context) for values in _differences(one, context)]


def _is_of(total: TableTotal, context: CheckContext) -> bool:
    """Tell whether a total is of this layer, and there is a table with it."""
    frame, table = context.checked.frame, context.tables.get(total.table)
    if total.layer != context.checked.name or table is None:
        return False
    of_layer, of_table = {total.field, total.layer_key} - {""}, {total.value, total.key} - {""}
    return of_layer <= set(frame.columns) and of_table <= set(table.columns)


def _differences(total: TableTotal, context: CheckContext) -> list[Mapping[str, object]]:
    """Give the lines of a table whose total is not that of the layer, and those that it lacks."""
    frame, table = context.checked.frame, context.tables[total.table]
    number = numbers_of(frame[total.field]) if total.field else pd.Series(1.0, index=frame.index)
    keys = _text(frame[total.layer_key]) if total.layer_key else pd.Series("", index=frame.index)
    lines = _text(table[total.key]) if total.key else pd.Series("", index=table.index)
    computed = number.astype("float64").groupby(keys).sum()
    stated = numbers_of(table[total.value]).groupby(lines).sum()
    both = pd.DataFrame({"computed": computed, "stated": stated}).fillna(0.0)
    wrong = both[(both["computed"] - both["stated"]).abs() > context.profile.tolerances.table_m2]
    return [
        {
            "layer": context.checked.name,
            "table": total.table,
            "column": total.value,
            "key": str(key) or "-",
            "stated": f"{line.stated:.2f}",
            "computed": f"{line.computed:.2f}",
        }
        for key, line in zip(wrong.index, wrong.itertuples(), strict=True)
    ]


def _text(column: pd.Series[str]) -> pd.Series[str]:
    """Give keys as text."""
    return text_of(column)
