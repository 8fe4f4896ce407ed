"""The columns of the forms that offices fill in (填报模板): headers, words to choose from, ranges, per layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from onemap.layers.catalogue import catalogue, schema
from onemap.layers.schema import Field, LayerSchema
from onemap.messages import catalogue as texts
from onemap.messages import entry, text

__all__ = [
    "TemplateColumn",
    "known_values",
    "office_word",
    "stated_columns",
    "template_columns",
    "template_layers",
    "unit_word",
]

_PLACES = ("lon", "lat")
_SHAPE = "shape"
_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType({"lon": (73.0, 136.0), "lat": (3.0, 54.0)})
_STATED_ONCE = ("submitter", "security_class")  # asked for on a sheet of their own, not row by row
_OPERATOR_FIELDS = ("owner", "operator", "tenants", "shared_with", "requester")
_OPERATORS = ("中国移动", "中国联通", "中国电信", "中国广电", "中国铁塔")
_MEMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"tenants": _OPERATORS[:4], "shared_with": _OPERATORS[:4], "technologies": ("2G", "3G", "4G", "5G", "NB-IoT")}
)
"""Lists of which each member is a column to be answered with yes or no."""
_MEMBERS_OPEN = ("tenants", "shared_with")


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """One column of a template.

    Attributes
    ----------
    name
        Canonical field, or "lon", "lat", "shape".
    zh, en
        Headers, with the unit and, where it must be filled in, a "*".
    kind
        Kind of the field; "boolean" for a column answered with yes or no, "shape" for a list of coordinates.
    required
        Whether a row needs it.
    member
        Member of the list that a yes stands for; empty if the column is no such one.
    unit
        Unit of the numbers.
    choices
        Words to choose from: (Chinese, English, canonical value).
    is_open
        Whether other words than the choices may stand in it.
    minimum, maximum
        Plausible range, inclusive; None where open.
    """

    name: str
    zh: str
    en: str
    kind: str
    required: bool = False
    member: str = ""
    unit: str = ""
    choices: tuple[tuple[str, str, str], ...] = ()
    is_open: bool = False
    minimum: float | None = None
    maximum: float | None = None

    @property
    def is_place(self) -> bool:
        """Whether the column says where a row is."""
        return self.name in {*_PLACES, _SHAPE}

    def header(self, lang: str) -> str:
        """Give the header in a language."""
        return self.zh if lang == "zh" else self.en


def template_layers() -> tuple[str, ...]:
    """Give the layers that have a template: all that offices submit.

    Examples
    --------
    >>> template_layers()[:2], "verdicts" in template_layers()
    (('towers', 'cells'), False)
    """
    return tuple(name for name, one in catalogue().items() if not one.result)


@cache
def template_columns(layer: str) -> tuple[TemplateColumn, ...]:
    """Give the columns of the template of a layer, in order: identifier, name, place, the rest.

    Raises
    ------
    ValueError
        If the layer is not one that offices submit.

    Examples
    --------
    >>> [column.zh for column in template_columns("towers")][:4]
    ['站址编码*', '站址名称', '经度（CGCS2000，度）*', '纬度（CGCS2000，度）*']
    """
    one = schema(layer)
    if one.result:
        msg = f"a template is of one of {', '.join(template_layers())}, got {layer!r}"
        raise ValueError(msg)
    titled: dict[str, Field] = {}
    for name, field in one.fields.items():
        if name not in _STATED_ONCE:
            titled.setdefault(field.alias_zh, field)
    fields = list(titled.values())
    first = [field for field in fields if field.name in {one.id_field, "name"}]
    rest = [field for field in fields if field not in first]
    columns = [column for field in first for column in _columns_of(field)]
    columns += _place_columns(one)
    return (*columns, *(column for field in rest for column in _columns_of(field)))


def stated_columns(layer: str) -> tuple[TemplateColumn, ...]:
    """Give as columns what a form asks for once: an office may add them, row by row.

    Examples
    --------
    >>> [column.zh for column in stated_columns("towers")]
    ['密级', '报送单位']
    """
    fields = schema(layer).fields
    return tuple(column for name, one in fields.items() if name in _STATED_ONCE for column in _columns_of(one))


def known_values(field: Field) -> tuple[str, ...]:
    """Give the canonical values that a field's words stand for: its known ones, operators, members of its list.

    Examples
    --------
    >>> known_values(schema("towers").fields["technologies"])
    ('2G', '3G', '4G', '5G', 'NB-IoT')
    """
    return field.values or (_OPERATORS if field.name in _OPERATOR_FIELDS else _MEMBERS.get(field.name, ()))


def office_word(value: str, lang: str) -> str:
    """Give the word that offices use for a canonical value; the value itself where there is none.

    Examples
    --------
    >>> office_word("in service", "zh"), office_word("NB-IoT", "zh")
    ('在网', 'NB-IoT')
    """
    for known in (f"template_value {value}", f"word {value}"):
        if known in texts():
            return entry(known)[lang]
    return value


def unit_word(unit: str, lang: str) -> str:
    """Give a unit as offices write it.

    Examples
    --------
    >>> unit_word("m", "zh"), unit_word("dBm", "zh")
    ('米', 'dBm')
    """
    known = f"template_unit {unit}"
    return entry(known)[lang] if known in texts() else unit


def _columns_of(field: Field) -> list[TemplateColumn]:
    """Give the columns of one field: one, or one a member of a list."""
    members = _MEMBERS.get(field.name, ()) if field.kind == "list" else ()
    columns = [
        TemplateColumn(field.name, *_headers("template_member", field, member), "boolean", member=member)
        for member in members
    ]
    if not members or field.name in _MEMBERS_OPEN:
        columns.append(_plain_column(field, has_members=bool(members)))
    return columns


def _plain_column(field: Field, *, has_members: bool) -> TemplateColumn:
    """Give the column of a field that holds its value."""
    wording = ""
    if field.kind == "list":
        wording = "template_others" if has_members else "template_list"
    elif field.kind == "boolean" or field.unit:
        wording = "template_answer" if field.kind == "boolean" else "template_unit"
    zh, en = _headers(wording, field)
    values = known_values(field) if field.kind == "text" else ()
    choices = tuple((office_word(value, "zh"), office_word(value, "en"), value) for value in values)
    return TemplateColumn(
        name=field.name,
        zh=zh + "*" * field.required,
        en=en + "*" * field.required,
        kind=field.kind,
        required=field.required,
        unit=field.unit,
        choices=choices,
        is_open=not field.values,
        minimum=field.minimum,
        maximum=field.maximum,
    )


def _headers(wording: str, field: Field, member: str = "") -> tuple[str, str]:
    """Give the headers of a column in both languages."""
    if not wording:
        return field.alias_zh, field.alias_en
    return (
        text(
            wording,
            "zh",
            field=field.alias_zh.removeprefix("是否"),
            member=office_word(member, "zh"),
            unit=unit_word(field.unit, "zh"),
        ),
        text(wording, "en", field=field.alias_en, member=office_word(member, "en"), unit=unit_word(field.unit, "en")),
    )


def _place_columns(one: LayerSchema) -> list[TemplateColumn]:
    """Give the columns of the place: a point where the layer takes points, else a list of coordinates."""
    names = _PLACES if "Point" in one.geometry else (_SHAPE,)
    columns = []
    for name in names:
        zh, en = (entry(f"template_{name}")[lang] + "*" for lang in ("zh", "en"))
        low, high = _RANGES.get(name, (None, None))
        kind = _SHAPE if name == _SHAPE else "number"
        columns.append(TemplateColumn(name, zh, en, kind, required=True, unit="°", minimum=low, maximum=high))
    return columns
