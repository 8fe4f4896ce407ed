"""The canonical layers and the result layers, read from `catalogue.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from onemap.layers.schema import Field, LayerSchema

__all__ = ["catalogue", "schema"]


@cache
def catalogue() -> Mapping[str, LayerSchema]:
    """Give all layers that onemap knows, by name: canonical ones first, then results.

    Examples
    --------
    >>> list(catalogue())[:3]
    ['towers', 'cells', 'cables']
    """
    content = tomllib.loads((files("onemap.layers") / "catalogue.toml").read_text(encoding="utf-8"))
    shared = content["shared"]["fields"]
    layers = {name: _layer(name, table, shared) for name, table in content["layers"].items()}
    results = {name: _layer(name, table, {}, result=True) for name, table in content["results"].items()}
    return MappingProxyType(layers | results)


def schema(name: str) -> LayerSchema:
    """Give one layer of the catalogue.

    Raises
    ------
    ValueError
        If there is no such layer; the message lists those there are.

    Examples
    --------
    >>> schema("towers").id_field
    'tower_id'
    >>> schema("masts")
    Traceback (most recent call last):
    ValueError: a layer must be one of towers, cells, ..., got 'masts'
    """
    if name not in catalogue():
        msg = f"a layer must be one of {', '.join(catalogue())}, got {name!r}"
        raise ValueError(msg)
    return catalogue()[name]


def _layer(
    name: str, table: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]], *, result: bool = False
) -> LayerSchema:
    """Read one layer; the fields that all layers may carry come last."""
    fields = {key: _field(key, value) for key, value in {**table["fields"], **shared}.items()}
    return LayerSchema(
        name=name,
        alias_zh=table["zh"],
        alias_en=table["en"],
        geometry=tuple(table["geometry"]),
        fields=MappingProxyType(fields),
        id_field=table.get("id", ""),
        result=result,
    )


def _field(name: str, table: Mapping[str, Any]) -> Field:
    """Read one field."""
    return Field(
        name=name,
        kind=table.get("kind", "text"),
        alias_zh=table["zh"],
        alias_en=table.get("en", name.replace("_", " ")),
        required=table.get("required", False),
        unit=table.get("unit", ""),
        values=tuple(table.get("values", ())),
        minimum=table.get("min"),
        maximum=table.get("max"),
    )
