"""The spellings of headers: which field of which layer each may stand for, in characters and in pinyin."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from onemap.layers.catalogue import catalogue
from onemap.layers.guessing.headers import fold, parse_header

__all__ = ["ANY_LAYER", "CUT_BYTES", "LAYERS_RENAMED", "Place", "cut_spellings", "pinyin_spellings", "spellings"]

ANY_LAYER = "*"
CUT_BYTES = 10
Place = tuple[str, str]
"""Layer and field; a field that the catalogue lacks claims a column all the same."""

RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "towers.slots_free": "platforms_free",
        "towers.slots_total": "platforms_total",
        "towers.tenants": "tenant_count",
        "towers.operator": "tenants",
        "cells.antenna_gain_dbi": "gain_dbi",
        "cells.cell_name": "name",
        "cables.from_facility": "from_node",
        "cables.to_facility": "to_node",
        "cables.length_m": "sheath_km",
        "ducts.holes": "bores",
        "ducts.holes_free": "bores_free",
        "ducts.from_facility": "from_node",
        "ducts.to_facility": "to_node",
        "manholes.manhole_id": "node_id",
        "poles.pole_id": "structure_id",
        "structures.line_name": "name",
        "works.status": "stage",
        "roads.chainage_from": "chainage_from_km",
        "demands.height_wanted_m": "wanted_height_m",
        "demands.due": "year",
        "*.town_name": "town",
        "*.village_name": "village",
        "*.elevation_m": "ground_elev_m",
        "*.x": "x_axis",
        "*.y": "y_axis",
    }
)
"""Fields that the list of spellings and the catalogue name differently."""

LAYERS_RENAMED: Mapping[str, str] = MappingProxyType(
    {"fibre_nodes": "nodes", "manholes": "nodes", "poles": "structures"}
)


@cache
def spellings() -> Mapping[str, tuple[Place, ...]]:
    """Give folded spelling → layers and fields it may stand for, "*" for any layer.

    Examples
    --------
    >>> spellings()["光缆段编码"]
    (('cables', 'cable_id'),)
    """
    found: dict[str, dict[Place, None]] = {}
    for spelling, place in _all():
        for form in (fold(spelling), parse_header(spelling).core):
            found.setdefault(form, {})[place] = None
    return MappingProxyType({form: tuple(places) for form, places in found.items()})


@cache
def cut_spellings() -> Mapping[str, tuple[tuple[str, Place], ...]]:
    """Give what is left of each spelling when a table of ten-byte names cuts it → spelling and place.

    Characters are cut whole or in half, in UTF-8 and in GBK; units in brackets are cut with the rest.

    Examples
    --------
    >>> sorted({place for _, place in cut_spellings()["所属站址编"]})
    [('cells', 'tower_id')]
    """
    found: dict[str, dict[tuple[str, Place], None]] = {}
    for spelling, place in _all():
        whole = "".join(spelling.split())
        for form in dict.fromkeys((whole, whole.replace("(", "").replace("（", ""), fold(spelling))):
            for encoding in ("utf-8", "gb18030"):
                for size in range(CUT_BYTES - 2, CUT_BYTES + 1):
                    cut = fold(form.encode(encoding)[:size].decode(encoding, errors="ignore"))
                    if cut != fold(form) and len(cut) > 2:
                        found.setdefault(cut, {})[spelling, place] = None
    return MappingProxyType({cut: tuple(places) for cut, places in found.items()})


@cache
def pinyin_spellings() -> Mapping[str, tuple[tuple[str, Place, bool], ...]]:
    """Give pinyin of each Chinese spelling → spelling, place, and whether it is written out.

    Examples
    --------
    >>> {(place, whole) for _, place, whole in pinyin_spellings()["jingdu"]}
    {(('*', 'lon'), True)}
    """
    found: dict[str, dict[tuple[str, Place, bool], None]] = {}
    for spelling, place in _all():
        core = parse_header(spelling).core
        if any(letter.isascii() for letter in core) or not all(letter in _syllables() for letter in core):
            continue
        said = [_syllables()[letter] for letter in core]
        found.setdefault("".join(said), {})[spelling, place, True] = None
        found.setdefault("".join(one[0] for one in said), {})[spelling, place, False] = None
    return MappingProxyType({form: tuple(places) for form, places in found.items()})


def _all() -> Iterator[tuple[str, Place]]:
    """Give every spelling with its place: names of the catalogue first, then the lists."""
    for name, schema in catalogue().items():
        for field in schema.fields.values() if not schema.result else ():
            for spelling in (field.name, field.alias_zh, field.alias_en):
                yield spelling, (name, field.name)
    for table in ("synonyms.csv", "more_spellings.csv"):
        content = (files("onemap.layers.guessing") / table).read_text(encoding="utf-8-sig")
        for row in csv.DictReader(content.splitlines()):
            renamed = RENAMED.get(f"{row['layer']}.{row['field']}", row["field"])
            yield row["synonym"], (LAYERS_RENAMED.get(row["layer"], row["layer"]), renamed)


@cache
def _syllables() -> Mapping[str, str]:
    """Read how the characters of headers are said."""
    content = (files("onemap.layers.guessing") / "pinyin.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(content.splitlines())
    return MappingProxyType({letter: row["syllable"] for row in rows for letter in row["characters"]})
