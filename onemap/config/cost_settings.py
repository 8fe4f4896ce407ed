"""The table `[costs]` of a project file, as a frozen model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from onemap.config.strict_model import StrictModel

__all__ = ["CostItemSettings", "CostSettings"]

Word = Annotated[str, Field(min_length=1)]


class CostItemSettings(StrictModel):
    """One price; what is left out stays as it is.

    Attributes
    ----------
    value, unit, year
        Price of one unit, money over measure, year of the price level.
    source, certainty
        Whence it is, which a price needs, and how sure.
    part, zh, en
        The sum it belongs to and its names: a new item needs them.
    """

    value: float | None = Field(default=None, ge=0)
    unit: Word | None = None
    year: int | None = Field(default=None, ge=1950, le=2200)
    source: Word | None = None
    certainty: Literal["example", "estimate", "quote", "contract", "norm"] | None = None
    part: Word | None = None
    zh: Word | None = None
    en: Word | None = None


class CostSettings(StrictModel):
    """Prices of the project, over the examples of the package.

    Attributes
    ----------
    file
        TOML or CSV file of prices; none if empty.
    items
        Item → what differs; these come after the file.
    """

    file: str = ""
    items: Mapping[Word, CostItemSettings] = {}

    def tables(self) -> list[dict[str, object]]:
        """Give the items as tables for a cost book.

        Examples
        --------
        >>> CostSettings(items={"power_solar": {"value": 9, "source": "bid"}}).tables()
        [{'id': 'power_solar', 'value': 9.0, 'source': 'bid'}]
        """
        return [{"id": name, **item.model_dump(exclude_none=True)} for name, item in self.items.items()]
