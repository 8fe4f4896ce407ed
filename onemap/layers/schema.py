"""What a layer is: its fields, their kinds and units, its geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Field", "FieldKind", "LayerSchema"]

FieldKind = Literal["text", "integer", "number", "boolean", "list", "date"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a layer.

    Attributes
    ----------
    name
        English name, with its unit where it has one.
    kind
        text, integer, number, boolean, list (of texts, joined with ";") or date.
    alias_zh, alias_en
        What people read in its place.
    required
        A row without it is rejected.
    unit
        Unit of the numbers, empty if they have none.
    values
        Known values; empty where anything goes.
    minimum, maximum
        Plausible range, inclusive, in the unit; None where open.
    """

    name: str
    kind: FieldKind
    alias_zh: str
    alias_en: str
    required: bool = False
    unit: str = ""
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class LayerSchema:
    """One layer of the catalogue.

    Attributes
    ----------
    name
        English name of the layer.
    alias_zh, alias_en
        What people read in its place.
    geometry
        Kinds of geometry it may hold ("Point", "LineString", "Polygon"; the Multi kinds are included).
    fields
        Its fields by name, in order.
    id_field
        The field that identifies a row; empty if none does.
    result
        True for a layer that an analysis makes.
    """

    name: str
    alias_zh: str
    alias_en: str
    geometry: tuple[str, ...]
    fields: Mapping[str, Field]
    id_field: str = ""
    result: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields, in order."""
        return tuple(self.fields)

    def field(self, name: str) -> Field:
        """Give one field.

        Raises
        ------
        KeyError
            If the layer has no such field.

        Examples
        --------
        >>> from onemap.layers.catalogue import schema
        >>> schema("towers").field("height_agl_m").unit
        'm'
        """
        return self.fields[name]
