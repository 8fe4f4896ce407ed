"""Expressions of a profile that fill a field ("join('-', operator, right(tower_id, 4))"): data, never run.

The text is parsed to a syntax tree of which only fields, literals, arithmetic and the functions of this module are
known; anything else (another call, an attribute, an index) is refused. A value that is missing stays missing on the
way, but for the functions that are there for it.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.delivery.areas import ellipsoidal_areas, ellipsoidal_lengths
from onemap.delivery.conditions import LONGEST, Condition, parse_condition, syntax_tree
from onemap.delivery.places import lonlat
from onemap.errors import ProjectError

__all__ = ["FUNCTIONS", "Expression", "parse_expression"]

Values = pd.Series  # of text, numbers or both, missing ones None

_WIDEST = 4000  # characters: no field is wider
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = MappingProxyType(
    {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
)


@dataclass(frozen=True, slots=True)
class _Function:
    """A function: the kinds of its arguments, one letter each, and what it does with them.

    Kinds: v value, t literal text, n literal whole number, c condition, m literal {text: text}; "*" repeats the last.
    """

    kinds: str
    optional: int
    work: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    text
        As it stands in the profile.
    names
        Fields that it asks for.
    """

    text: str
    names: frozenset[str]
    tree: ast.expr

    def values(self, rows: gpd.GeoDataFrame) -> Values[Any]:
        """Compute the value of each row.

        Parameters
        ----------
        rows
            Rows with the fields that they have; a field that is not there is missing in all of them.

        Returns
        -------
        values
            Text and numbers on the index of the rows, None where there is none.

        Examples
        --------
        >>> towers = gpd.GeoDataFrame(
        ...     {"tower_id": ["12", None], "kind": ["pole", "rooftop"]},
        ...     geometry=gpd.points_from_xy([75.5, 75.6], [39.5, 39.5]),
        ...     crs=4490,
        ... )
        >>> parse_expression("join('-', kind, pad(tower_id, 4))").values(towers).tolist()
        ['pole-0012', 'rooftop']
        >>> parse_expression("round(lon() * 2, 1)").values(towers).tolist()
        [151.0, 151.2]
        """
        return _evaluate(self.tree, rows)


def parse_expression(text: str, *, fields: Collection[str] | None = None) -> Expression:
    """Parse an expression.

    Parameters
    ----------
    text
        Fields, texts, numbers, `+ - * /`, parentheses, and the functions named in `FUNCTIONS`.
    fields
        Fields that it may ask for; None for any.

    Returns
    -------
    expression
        The expression; nothing of its text is ever run.

    Raises
    ------
    ProjectError
        If it holds anything else, a function gets other arguments than it takes, or a field is not known.

    Examples
    --------
    >>> sorted(parse_expression("when(kind == 'pole', operator, owner)").names)
    ['kind', 'operator', 'owner']
    >>> parse_expression("open('x')")
    Traceback (most recent call last):
    onemap.errors.ProjectError: the expression "open('x')" must be made of fields, literals, + - * / and the ...
    """
    try:
        tree = syntax_tree(text)
        names = frozenset(_names(tree, text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refused(text[:LONGEST], text[:80]) from error
    unknown = sorted(names - set(fields)) if fields is not None else []
    if unknown:
        raise ProjectError(
            "expression_field_unknown", expression=text, field=unknown[0], fields=", ".join(sorted(fields or ()))
        )
    return Expression(text, names, tree)


def _refused(text: str, part: str) -> ProjectError:
    """Say what an expression may hold."""
    return ProjectError("expression_refused", expression=text, part=part, functions=", ".join(FUNCTIONS))


def _names(node: ast.expr, text: str) -> set[str]:
    """Check a part of the tree that gives a value, and give the fields in it."""
    if isinstance(node, ast.Name) and not node.id.startswith("__"):
        return {node.id}
    if _is_value(node):
        return set()
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _names(node.left, text) | _names(node.right, text)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        return _names_of_call(node, FUNCTIONS[node.func.id], text)
    raise _refused(text, ast.unparse(node))


def _names_of_call(node: ast.Call, function: _Function, text: str) -> set[str]:
    """Check the arguments of a function, and give the fields in them."""
    kinds = _kinds(function, len(node.args))
    if node.keywords or kinds is None:
        raise _refused(text, ast.unparse(node))
    found: set[str] = set()
    for kind, given in zip(kinds, node.args, strict=True):
        if kind == "v":
            found |= _names(given, text)
        elif kind == "c":
            found |= _condition(given).names
        elif not _fits(kind, given):
            raise _refused(text, ast.unparse(node))
    return found


def _kinds(function: _Function, count: int) -> str | None:
    """Give the kinds of so many arguments, None if the function does not take as many."""
    kinds = function.kinds
    if kinds.endswith("*"):
        plain = kinds[:-1]
        return plain + plain[-1] * (count - len(plain)) if count >= len(plain) else None
    return kinds[:count] if len(kinds) - function.optional <= count <= len(kinds) else None


def _is_value(node: ast.expr) -> bool:
    """Tell whether a part is a literal text or number."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant) and type(node.operand.value) in {int, float}
    return isinstance(node, ast.Constant) and type(node.value) in {str, int, float}


def _fits(kind: str, node: ast.expr) -> bool:
    """Tell whether a literal is of the kind that a function takes."""
    if kind == "m":
        return isinstance(node, ast.Dict) and all(
            isinstance(one, ast.Constant) and isinstance(one.value, str) for one in (*node.keys, *node.values)
        )
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, str) if kind == "t" else type(value) is int and 0 <= value <= _WIDEST


def _condition(node: ast.expr) -> Condition:
    """Give a part of the tree as a condition of the profile."""
    return parse_condition(ast.unparse(node))


def _evaluate(node: ast.expr, rows: gpd.GeoDataFrame) -> Values[Any]:
    """Compute a checked part of the tree on all rows."""
    if isinstance(node, ast.Name):
        return _known(rows[node.id]) if node.id in rows else _all(None, rows)
    if isinstance(node, ast.BinOp):
        left, right = _numbers(_evaluate(node.left, rows)), _numbers(_evaluate(node.right, rows))
        with np.errstate(divide="ignore", invalid="ignore"):
            return _known(_ARITHMETIC[type(node.op)](left, right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _call(FUNCTIONS[node.func.id], node.args, rows)
    return _all(ast.literal_eval(node), rows)


def _call(function: _Function, given: list[ast.expr], rows: gpd.GeoDataFrame) -> Values[Any]:
    """Compute a function on all rows."""
    arguments: list[Any] = []
    for kind, node in zip(_kinds(function, len(given)) or "", given, strict=True):
        if kind == "v":
            arguments.append(_evaluate(node, rows))
        else:
            arguments.append(_condition(node).mask(rows) if kind == "c" else ast.literal_eval(node))
    if not function.kinds:  # of the geometry
        return _known(pd.Series(function.work(rows), index=rows.index))
    return _known(pd.Series(function.work(*arguments), index=rows.index, dtype=object))


def _known(values: pd.Series[Any]) -> Values[Any]:
    """Give values with None for what is missing or no number."""
    plain = values.astype(object)
    empty = plain.map(lambda one: isinstance(one, str) and not one.strip()).astype(bool)
    infinite = plain.map(lambda one: isinstance(one, float) and not np.isfinite(one)).astype(bool)
    return plain.where(plain.notna() & ~empty & ~infinite, None)


def _all(value: object, rows: gpd.GeoDataFrame) -> Values[Any]:
    """Give one value to every row."""
    return pd.Series([value] * len(rows), index=rows.index, dtype=object)


def _numbers(values: Values[Any]) -> pd.Series[float]:
    """Read values as numbers, NaN for what is none."""
    return pd.to_numeric(values, errors="coerce").astype("float64")


def _text(value: object) -> str:
    """Give a value as text, whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _each(work: Callable[..., object]) -> Callable[..., list[object]]:
    """Make a function of a row's text one of all rows; a missing value stays missing."""

    def of_all(values: Values[Any], *more: object) -> list[object]:
        return [None if one is None else work(_text(one), *more) for one in values]

    return of_all


def _first(*columns: Values[Any]) -> Values[Any]:
    """Give the first value that there is."""
    found = columns[0]
    for column in columns[1:]:
        found = found.where(found.notna(), column)
    return found


def _join(between: str, *columns: Values[Any]) -> list[object]:
    """Put texts together, those that are missing left out."""
    joined = [between.join(_text(one) for one in row if one is not None) for row in zip(*columns, strict=True)]
    return [one or None for one in joined]


def _when(holds: np.ndarray, then: Values[Any], otherwise: Values[Any]) -> Values[Any]:
    """Choose one of two values."""
    return then.where(holds, otherwise)


def _code(values: Values[Any], codes: Mapping[str, str], otherwise: str = "") -> list[object]:
    """Give the code of a value."""
    return [codes.get("" if one is None else _text(one), otherwise) or None for one in values]


def _rounded(values: Values[Any], digits: int) -> Values[Any]:
    """Round numbers."""
    return _numbers(values).round(digits)


def _day(values: Values[Any]) -> Values[Any]:
    """Give dates as eight digits."""
    days: Values[Any] = pd.to_datetime(values, errors="coerce", format="mixed").dt.strftime("%Y%m%d")
    return days


def _places(axis: int) -> Callable[[gpd.GeoDataFrame], np.ndarray]:
    """Give longitude or latitude of the middle, in degrees on the layer's own datum."""
    return lambda rows: lonlat(np.asarray(rows.geometry.array, dtype=object), rows.crs)[:, axis]


def _right(text: str, count: int) -> str:
    """Give the last characters."""
    return text[-count:] if count else ""


def _replaced(text: str, old: str, new: str) -> str:
    """Replace a part of a text; what is longer than any field, and says so, is long enough."""
    return text.replace(old, new)[: _WIDEST + 1] if old else text


FUNCTIONS: Mapping[str, _Function] = MappingProxyType(
    {
        "first": _Function("v*", 0, _first),
        "join": _Function("tv*", 0, _join),
        "when": _Function("cvv", 0, _when),
        "code": _Function("vmt", 1, _code),
        "text": _Function("v", 0, _each(_text)),
        "left": _Function("vn", 0, _each(lambda text, count: text[:count])),
        "right": _Function("vn", 0, _each(_right)),
        "part": _Function("vnn", 0, _each(lambda text, start, count: text[max(start - 1, 0) :][:count])),
        "pad": _Function("vnt", 1, _each(lambda text, count, filler="0": text.rjust(count, filler[:1] or "0"))),
        "replace": _Function("vtt", 0, _each(_replaced)),
        "upper": _Function("v", 0, _each(str.upper)),
        "lower": _Function("v", 0, _each(str.lower)),
        "number": _Function("v", 0, _numbers),
        "round": _Function("vn", 0, _rounded),
        "day": _Function("v", 0, _day),
        "length_m": _Function("", 0, lambda rows: ellipsoidal_lengths(rows.geometry)),
        "area_m2": _Function("", 0, lambda rows: ellipsoidal_areas(rows.geometry)),
        "lon": _Function("", 0, _places(0)),
        "lat": _Function("", 0, _places(1)),
        "points": _Function("", 0, lambda rows: shapely.get_num_coordinates(np.asarray(rows.geometry.array, object))),
    }
)
"""Name → function. `docs/profiles.md` explains each."""
