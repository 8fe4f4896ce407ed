"""Guess from the names of columns what a source is: its layer, and which column is which field.

The spellings are data: `synonyms.csv` lists headers as offices really write them. A guess is a proposal with a score,
for a person to confirm; nothing is conformed by a guess alone.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from onemap.layers.catalogue import catalogue

__all__ = ["LAYERS_RENAMED", "LayerGuess", "guess_fields", "guess_layer"]

ANY_LAYER = "*"
CUT_BYTES = 10
COORDINATES = ("lon", "lat")
NAME_WEIGHT = 2.0

RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "towers.slots_free": "platforms_free",
        "towers.slots_total": "platforms_total",
        "cells.antenna_gain_dbi": "gain_dbi",
        "cells.cell_name": "name",
        "cables.from_facility": "from_node",
        "cables.to_facility": "to_node",
        "ducts.holes": "bores",
        "ducts.holes_free": "bores_free",
        "ducts.from_facility": "from_node",
        "ducts.to_facility": "to_node",
        "roads.chainage_from": "chainage_from_km",
        "demands.height_wanted_m": "wanted_height_m",
        "demands.due": "year",
        "*.town_name": "town",
        "*.village_name": "village",
    }
)
"""Fields that the list of spellings and the catalogue name differently."""

LAYERS_RENAMED: Mapping[str, str] = MappingProxyType({"fibre_nodes": "nodes", "manholes": "nodes"})


@dataclass(frozen=True, slots=True)
class LayerGuess:
    """What a source may be.

    Attributes
    ----------
    layer
        Canonical layer.
    score
        Share of the evidence in the headers that speaks for it, 0–1.
    fields
        Canonical field → column.
    """

    layer: str
    score: float
    fields: Mapping[str, str]


def guess_layer(columns: Sequence[str], geometry: Iterable[str] = (), *, name: str = "") -> list[LayerGuess]:
    """Guess which canonical layer columns belong to.

    A header that only one layer uses says more than one that many use. The name of a file or of a layer in it counts as
    two such headers.

    Parameters
    ----------
    columns
        Names as they stand in the source, also cut to 10 bytes.
    geometry
        Kinds of geometry in the source ("Point", ...); layers that hold none of them are left out. Empty: not known.
    name
        Name of the file, or of the layer in it.

    Returns
    -------
    guesses
        Best first; empty if no header is known.

    Examples
    --------
    >>> guess_layer(["站址编码", "站址名称", "塔高(m)", "经度", "纬度"])[0].layer
    'towers'
    >>> guess_layer(["a", "b"])
    []
    """
    kinds = {kind.removeprefix("Multi") for kind in geometry}
    weights: dict[str, float] = {}
    for column in columns:
        owners = {layer for layer, _ in _meanings(column) if layer != ANY_LAYER}
        for layer in owners:
            weights[layer] = weights.get(layer, 0.0) + 1.0 / len(owners)
    for layer in _named_in(name).intersection(weights):
        weights[layer] += NAME_WEIGHT
    total = sum(weights.values())
    guesses = [
        LayerGuess(layer, round(weight / total, 3), MappingProxyType(guess_fields(layer, columns)))
        for layer, weight in weights.items()
        if not kinds or kinds & set(catalogue()[layer].geometry)
    ]
    return sorted(guesses, key=lambda guess: (-guess.score, -len(guess.fields), list(catalogue()).index(guess.layer)))


def guess_fields(layer: str, columns: Sequence[str]) -> dict[str, str]:
    """Guess which column holds which field of a layer.

    Parameters
    ----------
    layer
        Canonical layer.
    columns
        Names as they stand in the source.

    Returns
    -------
    fields
        Canonical field, or "lon" and "lat" → column; the first column that fits.

    Examples
    --------
    >>> guess_fields("towers", ["站址编码", "塔高(m)", "经度"])
    {'tower_id': '站址编码', 'height_agl_m': '塔高(m)', 'lon': '经度'}
    """
    fields: dict[str, str] = {}
    for column in columns:
        meanings = _meanings(column)
        meant = [field for wanted in (layer, ANY_LAYER) for owner, field in meanings if owner == wanted]
        for field in meant:
            if field not in fields:
                fields[field] = column
                break
    return fields


def _named_in(name: str) -> set[str]:
    """Give the canonical layers that a name of a file or layer speaks of."""
    folded = _fold(name)
    return {
        layer
        for layer, schema in catalogue().items()
        if not schema.result and (_fold(layer) in folded or _fold(schema.alias_zh) in folded)
    }


def _meanings(column: str) -> tuple[tuple[str, str], ...]:
    """Give the layers and fields that a header may mean."""
    folded = _fold(column)
    found = _synonyms().get(folded)
    if found is None and len(column.encode("gb18030")) >= CUT_BYTES - 1:
        found = _cut_synonyms().get(folded)
    return found or ()


@cache
def _synonyms() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Read the spellings: folded header → (layer, field) in the order of the list."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for name, schema in catalogue().items():
        for field in schema.fields.values() if not schema.result else ():
            for spelling in (field.name, field.alias_zh):
                found.setdefault(_fold(spelling), {})[(name, field.name)] = None
    content = (files("onemap.layers.guessing") / "synonyms.csv").read_text(encoding="utf-8-sig")
    for row in csv.DictReader(content.splitlines()):
        meaning = _in_catalogue(row["layer"], row["field"])
        if meaning is not None:
            found.setdefault(_fold(row["synonym"]), {})[meaning] = None
    return MappingProxyType({header: tuple(meanings) for header, meanings in found.items()})


@cache
def _cut_synonyms() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Give the spellings as a Shapefile cuts them, in both encodings it may have."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for header, meanings in _synonyms().items():
        for encoding in ("utf-8", "gb18030"):
            cut = header.encode(encoding)[:CUT_BYTES].decode(encoding, errors="ignore")
            if cut != header:
                found.setdefault(cut, meanings)
    return MappingProxyType(found)


def _in_catalogue(layer: str, field: str) -> tuple[str, str] | None:
    """Give a meaning as the catalogue names it; None if it has no such field."""
    field = RENAMED.get(f"{layer}.{field}", field)
    layer = LAYERS_RENAMED.get(layer, layer)
    if layer == ANY_LAYER:
        known = field in COORDINATES or field in catalogue()["towers"].fields
    else:
        known = layer in catalogue() and field in catalogue()[layer].fields
    return (layer, field) if known else None


def _fold(header: str) -> str:
    """Write a header without the differences that mean nothing: width, case, blanks, brackets."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    return "".join(letter for letter in plain if letter not in " \t\r\n　()[]（）【】_-")
