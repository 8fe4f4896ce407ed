"""Fields, layers and totals of a delivery profile."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from onemap import messages
from onemap.delivery.conditions import Condition, parse_condition
from onemap.delivery.expressions import parse_expression
from onemap.delivery.profile_keys import Part
from onemap.errors import ProjectError
from onemap.layers.catalogue import catalogue, schema

__all__ = ["FILLS", "PLACE_FIELDS", "ProfileField", "ProfileLayer", "RuleIds", "TableTotal", "require_expression"]

Geometry = Literal["Point", "LineString", "Polygon"]


def _known_rule(rule: str) -> str:
    """Require the id of a rule, or how ids begin."""
    if not any(one.startswith(rule) for one in messages.catalogue()):
        msg = f"must be the id of a rule or how ids begin, such as OM-TOP-101 or OM-TOP-, got {rule!r}"
        raise ValueError(msg)
    return rule


RuleIds = tuple[Annotated[str, Field(pattern=r"^OM-[A-Z]{3}-[0-9]{0,3}$"), AfterValidator(_known_rule)], ...]
Fill = Literal[
    "identifier", "feature_code", "district_code", "district_name", "name", "kind_code", "land_use", "area", "remark",
    "id", "layer", "source", "change_kind", "change_number", "given",
]  # fmt: skip

FILLS: Mapping[str, Fill] = {
    "BSM": "identifier",
    "YSDM": "feature_code",
    "XZQDM": "district_code",
    "XZQMC": "district_name",
    "MC": "name",
    "LX": "kind_code",
    "YDYHFLDM": "land_use",
    "MJ": "area",
    "BZ": "remark",
}
"""What fills the fields that planning databases share, by their names."""

PLACE_FIELDS = ("canonical_layer", "canonical_id", "source", "district_code", "district_name")
"""What expressions may ask for besides the fields of canonical layers: where a row comes from, and its district."""

_CODE = re.compile(r"[^\W\d]\w{0,30}", re.ASCII)


class ProfileField(Part):
    """One field of delivered layers.

    Attributes
    ----------
    name, alias, alias_en
        Name in the file and what people read.
    type, length, decimals
        Type; width in characters of text, digits of a number.
    required
        Whether it may not be empty.
    code_list
        List that its values come from.
    geometry
        Kinds of layers that have it; empty means all.
    fill
        What fills it; known from the name for the fields that planning databases share.
    from_fields
        Canonical fields that fill it: the first that has a value.
    expression
        What fills it, computed from canonical fields; see `onemap.delivery.expressions`.
    layers
        Codes of layers that have it; empty means all.
    minimum, maximum
        Smallest and largest number that it may hold, None for no limit.
    unique
        Whether a value stands once in the "layer" or in a "district".
    """

    name: str
    alias: str
    alias_en: str = ""
    type: Literal["text", "integer", "number"] = "text"
    length: Annotated[int, Field(ge=1, le=4000)]
    decimals: Annotated[int, Field(ge=0, le=15)] = 0
    required: bool = False
    code_list: str = ""
    geometry: tuple[Geometry, ...] = ()
    fill: Fill | Literal[""] = ""
    from_fields: tuple[str, ...] = ()
    expression: str = ""
    layers: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unique: Literal["", "layer", "district"] = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Require a name that every format takes, and something that fills the field."""
        if not _CODE.fullmatch(self.name):
            msg = f"name must start with a letter and hold letters, digits and _ only, got {self.name!r}"
            raise ValueError(msg)
        ways = [bool(self.fill), bool(self.from_fields), bool(self.expression)]
        if sum(ways) > 1 or not (any(ways) or self.filled_by):
            msg = f"field {self.name} needs one of fill, from_fields and expression"
            raise ValueError(msg)
        require_expression(self.expression)
        self._check_names()
        if self.type != "text" and self.length > 18:
            msg = f"length of number field {self.name} must be at most 18, got {self.length}"
            raise ValueError(msg)
        if self.decimals and (self.type != "number" or self.decimals >= self.length):
            msg = f"decimals of field {self.name} need a number longer than they are"
            raise ValueError(msg)
        if self.type == "text" and not (self.minimum is None and self.maximum is None):
            msg = f"minimum and maximum of field {self.name} need a number"
            raise ValueError(msg)
        return self

    def _check_names(self) -> None:
        """Require that `from_fields` names canonical fields, and `code_list` a list rather than a path."""
        known = frozenset[str]().union({"source"}, *(schema(name).names for name in catalogue()))
        unknown = [name for name in self.from_fields if name not in known]
        if unknown:
            msg = f"from_fields of field {self.name} must name canonical fields, got {unknown[0]!r}"
            raise ValueError(msg)
        if self.code_list and not re.fullmatch(r"\w[\w.-]*", self.code_list):
            msg = f"code_list of field {self.name} must be the name of a list, without a folder, got {self.code_list!r}"
            raise ValueError(msg)

    @property
    def filled_by(self) -> Fill | None:
        """What fills the field, None where `from_fields` or an expression do."""
        return self.fill or (None if self.from_fields or self.expression else FILLS.get(self.name))


class ProfileLayer(Part):
    """One delivered layer: where its rows come from, its codes, and what is asked of it.

    Attributes
    ----------
    rules, skip
        Rules that are asked besides, and rules that are not: ids, or their beginnings (OM-TOP-).
    inside
        Layers whose areas must hold its features.
    on_lines
        Layers whose lines its points must lie on.
    ends_at
        Layers of rooms and joints that its lines must end at.
    values
        Field → expression that fills it in this layer, whatever fills it in others.
    """

    code: str
    alias: str
    alias_en: str = ""
    geometry: Geometry
    number: Annotated[int, Field(ge=0, le=9999)]
    ysdm: str = ""
    ysdm_placeholder: bool = False
    presence: Literal["mandatory", "conditional", "optional"] = "optional"
    sources: Annotated[tuple[str, ...], Field(alias="from", min_length=1)]
    where: str = ""
    land_use: str = ""
    rules: RuleIds = ()
    skip: RuleIds = ()
    inside: tuple[str, ...] = ()
    on_lines: tuple[str, ...] = ()
    ends_at: tuple[str, ...] = ()
    values: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Require a code that can be a file's name, known canonical layers and a condition on their fields."""
        if not _CODE.fullmatch(self.code):
            msg = f"code must start with a letter and hold letters, digits and _ only, got {self.code!r}"
            raise ValueError(msg)
        unknown = [name for name in self.sources if name not in catalogue()]
        if unknown:
            msg = f"from must name canonical layers, got {unknown[0]!r}"
            raise ValueError(msg)
        known = set.intersection(*({*schema(name).names, "source"} for name in self.sources))
        try:
            parse_condition(self.where, fields=known)
        except ProjectError as error:
            raise ValueError(str(error)) from error
        for expression in self.values.values():
            require_expression(expression, fields=self.known_fields)
        return self

    @property
    def known_fields(self) -> frozenset[str]:
        """What expressions of this layer may ask for."""
        return frozenset(PLACE_FIELDS).union(*(schema(name).names for name in self.sources))

    @property
    def condition(self) -> Condition:
        """Which rows of the canonical layers are taken."""
        return parse_condition(self.where)


class TableTotal(Part):
    """A column of a table whose values are totals of a layer.

    Attributes
    ----------
    table
        Name of the table or sheet.
    key
        Column of the table that says which rows of the layer are summed: values of `layer_key`; empty for one total.
    value
        Column of the table with the totals.
    layer, layer_key, field
        Layer, its field for the key, and the field that is summed; without a field, features are counted.
    """

    table: str
    value: str
    layer: str
    key: str = ""
    layer_key: str = ""
    field: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Require both keys or none."""
        if bool(self.key) != bool(self.layer_key):
            msg = f"a total of table {self.table} needs key and layer_key, or neither"
            raise ValueError(msg)
        return self


def require_expression(text: str, *, fields: Collection[str] | None = None) -> None:
    """Require an expression that can be read, if there is one.

    Parameters
    ----------
    text
        The expression, or empty.
    fields
        Fields that it may ask for; None for any.

    Raises
    ------
    ValueError
        If it cannot be read, or asks for another field.

    Examples
    --------
    >>> require_expression("upper(name)", fields={"name"})
    >>> require_expression("upper(name)", fields={"owner"})
    Traceback (most recent call last):
    ...
    ValueError: ...
    """
    if not text:
        return
    try:
        parse_expression(text, fields=fields)
    except ProjectError as error:
        raise ValueError(str(error)) from error
