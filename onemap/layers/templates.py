"""The forms that offices fill in (填报模板): the columns of a layer's template, and how a filled one is conformed.

The headers of a template are its own words, so a filled one maps exactly, in whatever order its columns stand and with
whatever columns an office has added: nothing is guessed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from onemap.layers.catalogue import catalogue, schema
from onemap.layers.conform import LayerMapping
from onemap.layers.schema import Field, LayerSchema
from onemap.messages import LANGUAGES, entry, text
from onemap.messages import catalogue as texts

__all__ = [
    "TEMPLATE_CRS",
    "TEMPLATE_VERSION",
    "TemplateColumn",
    "example_marks",
    "office_word",
    "template_columns",
    "template_layer",
    "template_layers",
    "template_mapping",
    "unit_word",
]

TEMPLATE_VERSION = 1
"""Version of the forms; a filled form of another one is still read by its headers."""
TEMPLATE_CRS = "EPSG:4490"
"""System of all coordinates in a template."""

_PLACES = ("lon", "lat")
_SHAPE = "shape"
_STATED_ONCE = ("submitter", "security_class")  # asked for on a sheet of their own, not row by row
_OPERATOR_FIELDS = ("owner", "operator", "tenants", "shared_with", "requester")
_OPERATORS = ("中国移动", "中国联通", "中国电信", "中国广电", "中国铁塔")
_MEMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"tenants": _OPERATORS[:4], "shared_with": _OPERATORS[:4], "technologies": ("2G", "3G", "4G", "5G", "NB-IoT")}
)
"""Lists of which each member is a column to be answered with yes or no."""
_MEMBERS_OPEN = ("tenants", "shared_with")
_RECOGNISED_SHARE = 0.5


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


def template_layer(columns: Sequence[str]) -> str:
    """Tell from its headers alone whether a table is a filled template, and of which layer.

    Parameters
    ----------
    columns
        Headers as they stand in the table.

    Returns
    -------
    layer
        The layer whose template has these headers to the letter; empty if there is none.

    Examples
    --------
    >>> template_layer([column.zh for column in template_columns("schools")])
    'schools'
    >>> template_layer(["学校编码", "学校名称", "经度", "纬度"])
    ''
    """
    given = {_plain(column) for column in columns}
    best, most = "", 0
    for layer in template_layers():
        wanted = template_columns(layer)
        needed = [{_plain(column.header(lang)) for lang in LANGUAGES} for column in wanted if column.required]
        fits = len(given & {_plain(column.header(lang)) for column in wanted for lang in LANGUAGES})
        if all(given & spellings for spellings in needed) and fits > max(most, _RECOGNISED_SHARE * len(given)):
            best, most = layer, fits
    return best


def template_mapping(
    layer: str, columns: Sequence[str], *, constants: Mapping[str, str | float | int | bool] | None = None
) -> LayerMapping:
    """Give the mapping of a filled template; it is exact.

    Parameters
    ----------
    layer
        Layer of the template.
    columns
        Headers as they stand in the table; any order, columns of the office's own among them.
    constants
        Canonical field → value for all rows, as the sheet of the submission says.

    Returns
    -------
    mapping
        For `conform`: columns, words, coordinates in CGCS2000, the example row left out.

    Examples
    --------
    >>> mapping = template_mapping("towers", ["塔高（米）", "自用列", "站址编码*"])
    >>> dict(mapping.fields), mapping.crs
    ({'height_agl_m': '塔高（米）', 'tower_id': '站址编码*'}, 'EPSG:4490')
    """
    found = _found(layer, columns)
    fields = {column.name: header for header, column in found.items() if not column.member and not _is_place(column)}
    yes_no: dict[str, dict[str, str]] = {}
    for header, column in found.items():
        if column.member:
            yes_no.setdefault(column.name, {})[header] = column.member
    places = {column.name: header for header, column in found.items() if _is_place(column)}
    marked = _marked_column(layer)
    return LayerMapping(
        layer=layer,
        crs=TEMPLATE_CRS,
        fields=fields,
        values={name: words for name in fields if (words := _words_of(schema(layer).fields[name]))},
        constants=dict(constants or {}),
        yes_no=yes_no,
        lon=places.get("lon"),
        lat=places.get("lat"),
        shape=places.get(_SHAPE),
        leave_out={fields[marked]: example_marks()} if marked in fields else {},
    )


def example_marks() -> tuple[str, ...]:
    """Give what stands in the identifier of an example row; such a row is not taken.

    Examples
    --------
    >>> example_marks()
    ('示例0001', 'EXAMPLE0001')
    """
    return tuple(text("template_example_mark", lang) for lang in LANGUAGES)


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


def _found(layer: str, columns: Iterable[str]) -> dict[str, TemplateColumn]:
    """Find the columns of the template among headers; the first of two that say the same."""
    known = {
        _plain(spelling): column
        for column in (*template_columns(layer), *_stated_columns(layer))
        for lang in LANGUAGES
        for spelling in (column.header(lang).removesuffix("*"), column.header(lang))
    }
    found: dict[str, TemplateColumn] = {}
    for header in columns:
        column = known.get(_plain(header))
        if column is not None and column not in found.values():
            found[header] = column
    return found


def _stated_columns(layer: str) -> list[TemplateColumn]:
    """Give what is stated once a form as columns: an office may add them, row by row."""
    return [column for name in _STATED_ONCE for column in _columns_of(schema(layer).fields[name])]


def _is_place(column: TemplateColumn) -> bool:
    """Tell whether a column says where a row is."""
    return column.name in {*_PLACES, _SHAPE}


def _marked_column(layer: str) -> str:
    """Give the field whose column marks the example row."""
    one = schema(layer)
    return one.id_field or next(name for name, field in one.fields.items() if field.kind == "text")


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
    values = field.values or (_OPERATORS if field.name in _OPERATOR_FIELDS and field.kind == "text" else ())
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
    ranges = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}
    columns = []
    for name in names:
        zh, en = (entry(f"template_{name}")[lang] + "*" for lang in ("zh", "en"))
        low, high = ranges.get(name, (None, None))
        kind = _SHAPE if name == _SHAPE else "number"
        columns.append(TemplateColumn(name, zh, en, kind, required=True, unit="°", minimum=low, maximum=high))
    return columns


def _words_of(field: Field) -> dict[str, str]:
    """Give the words of a field as conforming takes them: word → canonical value."""
    is_operator = field.name in _OPERATOR_FIELDS
    values = field.values or (_OPERATORS if is_operator else _MEMBERS.get(field.name, ()))
    words: dict[str, str] = {}
    for value in values:
        words |= {word: value for lang in LANGUAGES for word in (office_word(value, lang), _shown(value, lang))}
        if is_operator:
            short = value.removeprefix("中国")
            words |= {short: value, f"{short}公司": value}
    return {word: value for word, value in words.items() if word != value}


def _shown(value: str, lang: str) -> str:
    """Give the word that maps and lists show for a canonical value."""
    known = f"word {value}"
    return entry(known)[lang] if known in texts() else value


def _plain(header: str) -> str:
    """Give a header without blanks, width and case."""
    return "".join(unicodedata.normalize("NFKC", header).split()).casefold()
