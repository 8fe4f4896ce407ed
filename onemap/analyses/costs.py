"""Costs as rows of data: what one unit of a thing costs, whence the price is, and how sure it is.

Nothing without a price is free: a quantity whose item has none is an error that says where to set it.
"""

from __future__ import annotations

import csv
import io
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.errors import ProjectError

__all__ = ["CERTAINTIES", "CostBook", "CostItem", "CostSum", "package_costs", "read_costs"]

CERTAINTIES = ("example", "estimate", "quote", "contract", "norm")
"""How sure a price is, the least sure first; "example" is not for use."""

_TEXTS = ("id", "part", "zh", "en", "unit", "source", "certainty")


@dataclass(frozen=True, slots=True)
class CostItem:
    """What one unit of a thing costs.

    Attributes
    ----------
    id
        What it is called inside.
    part
        The sum that it belongs to: fibre, microwave, satellite, power, access, site, …
    zh, en
        What people call it.
    unit
        Money over measure, such as 万元/km.
    value
        Price of one unit, in the money of `unit`; None where there is none.
    year
        Year of the price level; None where it is not known.
    source
        Document, contract or person that the price is from.
    certainty
        One of `CERTAINTIES`.
    """

    id: str
    part: str
    zh: str
    en: str
    unit: str
    value: float | None = None
    year: int | None = None
    source: str = ""
    certainty: str = "estimate"

    @property
    def money(self) -> str:
        """The money that the price is in."""
        return self.unit.partition("/")[0].strip()

    @property
    def measure(self) -> str:
        """What is counted."""
        return self.unit.partition("/")[2].strip()


@dataclass(frozen=True, slots=True)
class CostSum:
    """What quantities cost.

    Attributes
    ----------
    items
        Item → cost; numbers or arrays, as the quantities were.
    parts
        Part → cost.
    total
        Sum of the parts.
    money
        What the costs are in; empty where nothing has a quantity.
    certainty
        The least sure price among those used; empty where none is.
    """

    items: Mapping[str, NDArray[np.float64]]
    parts: Mapping[str, NDArray[np.float64]]
    total: NDArray[np.float64]
    money: str
    certainty: str


@dataclass(frozen=True, slots=True)
class CostBook:
    """All prices of a project.

    Attributes
    ----------
    items
        Id → item.
    """

    items: Mapping[str, CostItem]

    def price(self, name: str) -> float:
        """Give the price of one unit.

        Raises
        ------
        ProjectError
            If there is no such item, or it has no price.

        Examples
        --------
        >>> package_costs().price("fibre_trench")
        12.0
        """
        item = self.items.get(name)
        if item is None:
            raise ProjectError("cost_item_unknown", item=name)
        if item.value is None:
            raise ProjectError("cost_price_missing", item=name, zh_name=item.zh, en_name=item.en, unit=item.unit)
        return item.value

    def money(self, names: Iterable[str]) -> str:
        """Give the money that items are priced in; empty where none is named.

        Raises
        ------
        ProjectError
            If an item is not known, or two are priced in different money.

        Examples
        --------
        >>> package_costs().money(["fibre_trench", "power_solar"])
        '万元'
        """
        found: dict[str, str] = {}
        for name in names:
            self.price(name)
            found.setdefault(self.items[name].money, name)
        if len(found) > 1:
            (one, first), (other, second) = list(found.items())[:2]
            raise ProjectError("cost_money_mixed", item=first, money=one, other_item=second, other_money=other)
        return next(iter(found), "")

    def certainty(self, names: Iterable[str]) -> str:
        """Give the least sure certainty among items; empty where none is named.

        Examples
        --------
        >>> package_costs().certainty(["power_solar"])
        'example'
        """
        found = [CERTAINTIES.index(self.items[name].certainty) for name in names]
        return CERTAINTIES[min(found)] if found else ""

    def of(self, quantities: Mapping[str, ArrayLike]) -> CostSum:
        """Sum up what quantities cost.

        Parameters
        ----------
        quantities
            Item → how much of it, in the measure of its unit; a number, or an array of one shape for all. An item
            without any quantity needs no price.

        Returns
        -------
        costs
            By item, by part and in all.

        Raises
        ------
        ValueError
            If a quantity is negative or not a number.
        ProjectError
            If an item is not known or has no price, or prices are in different money.

        Examples
        --------
        >>> costs = package_costs().of({"fibre_trench": 2.0, "fibre_tap": 1, "power_solar": 0})
        >>> costs.total.item(), costs.money, sorted(costs.parts)
        (24.5, '万元', ['fibre'])
        """
        amounts = {name: np.asarray(amount, dtype=float) for name, amount in quantities.items()}
        for name, amount in amounts.items():
            if not np.all(np.isfinite(amount) & (amount >= 0)):
                msg = f"quantities must be numbers from 0 on, got {name}: {amount[~(amount >= 0)].ravel()[:1]}"
                raise ValueError(msg)
        used = {name: amount for name, amount in amounts.items() if np.any(amount > 0)}
        money = self.money(used)
        shape = np.broadcast_shapes(*(amount.shape for amount in amounts.values()))
        items, parts = {}, dict[str, NDArray[np.float64]]()
        for name, amount in used.items():
            items[name] = np.broadcast_to(amount * self.price(name), shape)
            part = self.items[name].part
            parts[part] = parts.get(part, np.zeros(shape)) + items[name]
        total = sum(parts.values(), np.zeros(shape))
        return CostSum(MappingProxyType(items), MappingProxyType(parts), total, money, self.certainty(used))

    def with_items(self, tables: Iterable[Mapping[str, Any]], *, file: str = "costs") -> CostBook:
        """Give a book in which items have other values, and further items.

        Parameters
        ----------
        tables
            Keys as the attributes of `CostItem`. An item that the book has needs its id and what differs, and a price
            needs its own source; a new one needs id, part, zh, en and unit.
        file
            What to call them in an error.

        Returns
        -------
        book
            A new one. An item whose price is changed is an "estimate" unless it says more.

        Raises
        ------
        ProjectError
            If a key is not known, missing or of the wrong kind, an item stands twice, or counts in another measure.

        Examples
        --------
        >>> own = {"id": "power_solar", "value": 18, "year": 2026, "source": "contract", "certainty": "contract"}
        >>> package_costs().with_items([own]).items["power_solar"].value
        18.0
        """
        items, seen = dict(self.items), set[str]()
        for table in tables:
            name = str(table.get("id", "")).strip()
            if not name or name in seen:
                raise ProjectError("costs_wrong", file=file, problem=f"id = {name!r}" if not name else f"{name}: 2 ×")
            seen.add(name)
            items[name] = _item(table, items.get(name), file)
        return CostBook(MappingProxyType(items))


@cache
def package_costs() -> CostBook:
    """Give the items of the package; their prices are examples (示例价格) and not for use.

    Examples
    --------
    >>> {item.certainty for item in package_costs().items.values()}
    {'example'}
    """
    empty = CostBook(MappingProxyType({}))
    return read_costs(
        (files("onemap.analyses") / "costs.toml").read_text(encoding="utf-8"), file="costs.toml", over=empty
    )


def read_costs(content: str, *, file: str = "costs.toml", over: CostBook | None = None) -> CostBook:
    r"""Read prices from TOML, or from CSV if the file is called so, over those of another book.

    Parameters
    ----------
    content
        TOML with one table `[[item]]` for each, or CSV with a header; keys as the attributes of `CostItem`.
    file
        Name of the file, for its ending and for errors.
    over
        The book that it changes; that of the package if not given.

    Returns
    -------
    book
        All items of both.

    Raises
    ------
    ProjectError
        As for `CostBook.with_items`; or if it is not TOML or CSV of that form.

    Examples
    --------
    >>> own = "id,value,year,source,certainty\nfibre_hung,3.6,2026,annual bid,quote"
    >>> read_costs(own, file="prices.csv").price("fibre_hung")
    3.6
    """
    over = package_costs() if over is None else over
    tables = _csv_tables(content, file) if file.lower().endswith(".csv") else _toml_tables(content, file)
    return over.with_items(tables, file=file)


def _toml_tables(content: str, file: str) -> list[Mapping[str, Any]]:
    """Read the tables of a TOML file."""
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ProjectError("costs_wrong", file=file, problem=str(error)) from error
    listed = table.get("item", [])
    if set(table) - {"item"} or not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        problem = ", ".join(sorted(set(table) - {"item"})) or "[[item]]"
        raise ProjectError("costs_wrong", file=file, problem=problem)
    return listed


def _csv_tables(content: str, file: str) -> list[Mapping[str, Any]]:
    """Read the rows of a CSV file; an empty cell says nothing."""
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), strict=True)
    tables: list[Mapping[str, Any]] = []
    try:
        for row in rows:
            if None in row or None in row.values():
                raise ProjectError("costs_wrong", file=file, problem=f"line {rows.line_num}")
            given = {str(key).strip(): value.strip() for key, value in row.items() if value.strip()}
            tables.append({key: _number(value) if key in {"value", "year"} else value for key, value in given.items()})
    except csv.Error as error:
        raise ProjectError("costs_wrong", file=file, problem=str(error)) from error
    return tables


def _number(value: str) -> object:
    """Read a number, or leave the text that is none."""
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


def _item(table: Mapping[str, Any], known: CostItem | None, file: str) -> CostItem:
    """Make an item of a table, over the one that is known."""
    name = str(table["id"]).strip()
    unknown = sorted(set(table) - {field.name for field in fields(CostItem)})
    wrong = unknown or [key for key, value in table.items() if not _fits(key, value)]
    if wrong:
        raise ProjectError("costs_wrong", file=file, problem=f"{name}: {wrong[0]} = {table[wrong[0]]!r}")
    values: dict[str, Any] = {key: value.strip() if isinstance(value, str) else value for key, value in table.items()}
    if "value" in values:
        values["value"] = float(values["value"])
    if known is None:
        missing = [key for key in ("part", "zh", "en", "unit") if not values.get(key)]
        if missing:
            raise ProjectError("costs_wrong", file=file, problem=f"{name}: {missing[0]} = ?")
        return CostItem(**values)
    return _changed(known, values, file)


def _changed(known: CostItem, values: dict[str, Any], file: str) -> CostItem:
    """Change an item; a new price does not keep the source of the old one."""
    if "value" in values:
        values = {"year": None, "source": "", "certainty": "estimate", **values}
        if not values["source"]:
            raise ProjectError("costs_wrong", file=file, problem=f"{known.id}: source = ?")
    found = replace(known, **values)
    if found.measure != known.measure:
        raise ProjectError("cost_unit_wrong", file=file, item=known.id, unit=found.unit, wanted=known.unit)
    return found


def _fits(key: str, value: object) -> bool:
    """Tell whether a value is of the kind that a key holds."""
    if key == "value":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value) and value >= 0  # type: ignore[operator,arg-type]
    if key == "year":
        return isinstance(value, int) and not isinstance(value, bool) and 1950 <= value <= 2200
    if key == "certainty":
        return value in CERTAINTIES
    if key == "unit":
        return isinstance(value, str) and all(part.strip() for part in value.partition("/"))
    return key in _TEXTS and isinstance(value, str) and (bool(value.strip()) or key == "source")
