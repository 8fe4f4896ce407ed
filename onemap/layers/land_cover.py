"""Classes of land cover: their P.1812 category, clutter height and zone, by presets and by what a project changes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["LandCoverClass", "category_heights", "land_cover_table", "presets"]

Zone = Literal["inland", "sea"]


@dataclass(frozen=True, slots=True)
class LandCoverClass:
    """What one code of a land cover raster stands for.

    Attributes
    ----------
    code
        Value of the cells.
    category
        Category of P.1812: water, open, suburban, urban, forest, dense-urban.
    height_m
        Representative height of the clutter above ground, in metres.
    zone
        Radio-climatic zone of P.1812, "inland" or "sea".
    is_assumed
        Whether the height is the default of its category, not one that the project gave.
    """

    code: int
    category: str
    height_m: float
    zone: Zone = "inland"
    is_assumed: bool = True


def category_heights() -> Mapping[str, float]:
    """Give the default height of each category of clutter, in metres.

    References
    ----------
    ITU-R P.1812, "Terrain profile": default representative clutter heights.

    Examples
    --------
    >>> category_heights()["forest"]
    15.0
    """
    return MappingProxyType({name: float(one["height_m"]) for name, one in _content()["categories"].items()})


def presets() -> tuple[str, ...]:
    """Name the presets.

    Examples
    --------
    >>> presets()
    ('esa-worldcover', 'none')
    """
    return tuple(_content()["presets"])


def land_cover_table(
    preset: str = "esa-worldcover", changes: Mapping[int, Mapping[str, Any]] = MappingProxyType({})
) -> Mapping[int, LandCoverClass]:
    """Give the classes of a land cover raster by code: those of a preset, with what a project says otherwise.

    Parameters
    ----------
    preset
        One of `presets`.
    changes
        Code → `category`, `height_m`, `zone`, any of them: what is not said stays as in the preset, and a height that
        is not said follows the category.

    Returns
    -------
    table
        Code → class.

    Raises
    ------
    ValueError
        If there is no such preset or category, or a new code has no category.

    References
    ----------
    ESA WorldCover, Product User Manual: codes of the classes.

    Examples
    --------
    >>> land_cover_table()[10].height_m, land_cover_table(changes={10: {"height_m": 22}})[10].height_m
    (15.0, 22.0)
    """
    if preset not in _content()["presets"]:
        msg = f"preset must be one of {', '.join(presets())}, got {preset!r}"
        raise ValueError(msg)
    known = {int(code): _class(int(code), one) for code, one in _content()["presets"][preset].items()}
    for code, change in changes.items():
        said = {key: value for key, value in change.items() if value is not None}
        before = known.get(code)
        category = said.get("category", before.category if before else None)
        if category is None:
            msg = f"a code that the preset does not know needs a category, got none for {code}"
            raise ValueError(msg)
        known[code] = _class(code, {"zone": before.zone if before else "inland", **said, "category": category})
    return MappingProxyType(known)


def _class(code: int, table: Mapping[str, Any]) -> LandCoverClass:
    """Read one class."""
    heights = category_heights()
    category = str(table["category"])
    if category not in heights:
        msg = f"category must be one of {', '.join(heights)}, got {category!r}"
        raise ValueError(msg)
    given = table.get("height_m")
    return LandCoverClass(
        code,
        category,
        heights[category] if given is None else float(given),
        table.get("zone", "inland"),
        is_assumed=given is None,
    )


@cache
def _content() -> Mapping[str, Any]:
    """Read the data file."""
    return tomllib.loads((files("onemap.layers") / "land_cover.toml").read_text(encoding="utf-8"))
