"""Conditions of a profile ("kind in ('core', 'hub')"): read as data, never run as code.

The text is parsed to a syntax tree of which only comparisons of fields with literals, joined by and, or and not, are
known; anything else (a call, an attribute, an index, arithmetic) is refused.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.errors import ProjectError

__all__ = ["LONGEST", "Condition", "parse_condition", "syntax_tree"]

Mask = NDArray[np.bool_]
Literal = str | int | float | bool

LONGEST = 2000
"""Characters of a condition or an expression, at most."""
_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_EQUAL = (ast.Eq, ast.NotEq)
_MEMBER = (ast.In, ast.NotIn)


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition.

    Attributes
    ----------
    text
        As it stands in the profile; empty means always true.
    names
        Fields that it asks for.
    """

    text: str
    names: frozenset[str]
    tree: ast.expr | None = None

    def mask(self, layer: pd.DataFrame) -> Mask:
        """Tell which rows fulfil the condition.

        A field that is missing, or empty in a row, equals nothing: `==`, `in` and order are false there, `!=` and
        `not in` true.

        Parameters
        ----------
        layer
            Layer with the fields that it has.

        Returns
        -------
        mask
            True where the condition holds, shape (rows,).

        Examples
        --------
        >>> rooms = pd.DataFrame({"kind": ["core", "access", None]})
        >>> parse_condition("kind in ('core', 'hub')").mask(rooms).tolist()
        [True, False, False]
        >>> parse_condition("not kind == 'core'").mask(rooms).tolist()
        [False, True, True]
        """
        if self.tree is None:
            return np.ones(len(layer), dtype=bool)
        return _evaluate(self.tree, layer)


def parse_condition(text: str, *, fields: Collection[str] | None = None) -> Condition:
    """Parse a condition.

    Parameters
    ----------
    text
        Comparisons `==`, `!=`, `in`, `not in`, and `<`, `<=`, `>`, `>=` with a number, of a field (left) with literals
        (right), joined by `and`, `or`, `not`. Empty text is always true.
    fields
        Fields that it may ask for; None for any.

    Returns
    -------
    condition
        The condition; nothing of its text is ever run.

    Raises
    ------
    ProjectError
        If it holds anything else, or a field that is not known.

    Examples
    --------
    >>> sorted(parse_condition("role == 'backbone' and status != 'planned'").names)
    ['role', 'status']
    >>> parse_condition("open('x') == 'y'")
    Traceback (most recent call last):
    onemap.errors.ProjectError: the condition "open('x') == 'y'" must compare fields with literals ...
    """
    if not text.strip():
        return Condition(text, frozenset())
    try:
        tree = syntax_tree(text)
        names = frozenset(_names(tree, text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ProjectError("condition_refused", condition=text[:LONGEST], part=text[:80]) from error
    unknown = sorted(names - set(fields)) if fields is not None else []
    if unknown:
        raise ProjectError(
            "condition_field_unknown", condition=text, field=unknown[0], fields=", ".join(sorted(fields or ()))
        )
    return Condition(text, names, tree)


def syntax_tree(text: str) -> ast.expr:
    """Read a text by Python's grammar; nothing of it is run.

    Parameters
    ----------
    text
        A condition or an expression.

    Raises
    ------
    SyntaxError, RecursionError, MemoryError
        If it is none that Python can read.
    ValueError
        If it is longer than `LONGEST`, or holds a null.

    Examples
    --------
    >>> ast.unparse(syntax_tree(" a  ==1"))
    'a == 1'
    """
    if len(text) > LONGEST:
        raise ValueError(text[:80])
    return ast.parse(text.strip(), mode="eval").body


def _names(node: ast.expr, text: str) -> set[str]:
    """Check a part of the tree and give the fields in it."""
    if isinstance(node, ast.BoolOp):
        return set().union(*(_names(part, text) for part in node.values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _names(node.operand, text)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and _is_comparison(node):
        return {_field(node)}
    raise ProjectError("condition_refused", condition=text, part=ast.unparse(node))


def _is_comparison(node: ast.Compare) -> bool:
    """Tell whether a comparison is one of a field with literals that fit its operator."""
    if not isinstance(node.left, ast.Name) or node.left.id.startswith("__"):
        return False
    right = node.comparators[0]
    if isinstance(node.ops[0], _MEMBER):
        return isinstance(right, (ast.Tuple, ast.List, ast.Set)) and all(_is_literal(item) for item in right.elts)
    if isinstance(node.ops[0], _EQUAL):
        return _is_literal(right)
    return type(node.ops[0]) in _ORDER and _is_literal(right) and isinstance(_literal(right), (int, float))


def _is_literal(node: ast.expr) -> bool:
    """Tell whether a part is a text, a number or a truth value."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant) and type(node.operand.value) in {int, float}
    return isinstance(node, ast.Constant) and type(node.value) in {str, int, float, bool}


def _literal(node: ast.expr) -> Literal:
    """Give the value of a literal."""
    value: Literal = ast.literal_eval(node)
    return value


def _field(node: ast.Compare) -> str:
    """Give the field on the left of a comparison."""
    return node.left.id if isinstance(node.left, ast.Name) else ""


def _evaluate(node: ast.expr, layer: pd.DataFrame) -> Mask:
    """Compute a checked part of the tree on all rows."""
    if isinstance(node, ast.BoolOp):
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return np.asarray(join.reduce([_evaluate(part, layer) for part in node.values]), dtype=bool)
    if isinstance(node, ast.UnaryOp):
        return ~_evaluate(node.operand, layer)
    return _compare(node, layer) if isinstance(node, ast.Compare) else np.zeros(len(layer), dtype=bool)


def _compare(node: ast.Compare, layer: pd.DataFrame) -> Mask:
    """Compute one comparison; a missing value equals nothing."""
    sort, right = node.ops[0], node.comparators[0]
    name = _field(node)
    column = layer[name] if name in layer else pd.Series(pd.NA, index=layer.index, dtype="string")
    if type(sort) in _ORDER:
        number = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        return np.asarray(_ORDER[type(sort)](number, _literal(right)), dtype=bool)
    wanted = [_literal(item) for item in right.elts] if isinstance(right, (ast.Tuple, ast.List, ast.Set)) else None
    wanted = [_literal(right)] if wanted is None else wanted
    is_one = column.astype(object).map(lambda value: bool(pd.notna(value)) and value in wanted).to_numpy(dtype=bool)
    return ~is_one if isinstance(sort, (ast.NotEq, ast.NotIn)) else is_one
