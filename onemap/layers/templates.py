"""The forms that offices fill in (填报模板), when they come back: which layer, and how its table is conformed.

The headers of a template are its own words, so a filled one maps exactly, in whatever order its columns stand and with
whatever columns an office has added: nothing is guessed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from onemap.layers.catalogue import schema
from onemap.layers.conform import LayerMapping
from onemap.layers.schema import Field
from onemap.layers.template_columns import (
    TemplateColumn,
    known_values,
    office_word,
    stated_columns,
    template_columns,
    template_layers,
)
from onemap.messages import LANGUAGES, entry, text
from onemap.messages import catalogue as texts

__all__ = [
    "MARK_SHEET",
    "SUBMISSION_ITEMS",
    "TEMPLATE_CRS",
    "TEMPLATE_VERSION",
    "example_marks",
    "required_columns",
    "template_layer",
    "template_mapping",
]

TEMPLATE_VERSION = 1
"""Version of the forms; a filled form of another one is still read by its headers."""
TEMPLATE_CRS = "EPSG:4490"
"""System of all coordinates in a template."""
MARK_SHEET = "onemap_template"
"""Name of the hidden sheet by which a form is known."""
SUBMISSION_ITEMS = ("submitter", "person", "phone", "data_date", "security_class", "crs")
"""What the sheet of the submission asks for, in order: ids of texts `template_info_`."""

_SHAPE = "shape"
_RECOGNISED_SHARE = 0.5


def template_layer(columns: Sequence[str], *, marked: str = "", has_places: bool = False) -> str:
    """Tell from its headers whether a table is a filled template, and of which layer.

    Parameters
    ----------
    columns
        Headers as they stand in the table.
    marked
        Layer that the file is marked as a template of: of that one, required headers may be missing.
    has_places
        Whether the rows have geometry, so that the table needs no columns of places.

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
    if marked in template_layers() and len(_found(marked, columns)) >= _RECOGNISED_SHARE * len(columns) > 0:
        return marked
    given = {_plain(column) for column in columns}
    best, most = "", 0
    for layer in template_layers():
        wanted = [column for column in template_columns(layer) if not (has_places and column.is_place)]
        needed = [{_plain(column.header(lang)) for lang in LANGUAGES} for column in wanted if column.required]
        fits = len(given & {_plain(column.header(lang)) for column in wanted for lang in LANGUAGES})
        if all(given & spellings for spellings in needed) and fits >= max(most + 1, _RECOGNISED_SHARE * len(given)):
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
        For `conform`: columns, words, coordinates in CGCS2000 (those of a column; geometry keeps the system that its
        file declares), the example row left out.

    Examples
    --------
    >>> mapping = template_mapping("towers", ["塔高（米）", "自用列", "站址编码*"])
    >>> dict(mapping.fields), dict(mapping.leave_out)
    ({'height_agl_m': '塔高（米）', 'tower_id': '站址编码*'}, {'站址编码*': ('示例0001', 'EXAMPLE0001')})
    """
    found = _found(layer, columns)
    fields = {column.name: header for header, column in found.items() if not column.member and not column.is_place}
    yes_no: dict[str, dict[str, str]] = {}
    for header, column in found.items():
        if column.member:
            yes_no.setdefault(column.name, {})[header] = column.member
    places = {column.name: header for header, column in found.items() if column.is_place}
    marked = _marked_field(layer)
    return LayerMapping(
        layer=layer,
        crs=TEMPLATE_CRS if places else None,
        fields=fields,
        values={name: words for name in fields if (words := _words_of(schema(layer).fields[name]))},
        constants=dict(constants or {}),
        yes_no=yes_no,
        lon=places.get("lon"),
        lat=places.get("lat"),
        shape=places.get(_SHAPE),
        leave_out={fields[marked]: example_marks()} if marked in fields else {},
    )


def required_columns(mapping: LayerMapping, *, has_places: bool = False) -> tuple[str, ...]:
    """Give the headers that a filled template needs and does not have.

    Parameters
    ----------
    mapping
        Mapping from `template_mapping`.
    has_places
        Whether the rows have geometry, so that the table needs no columns of places.

    Examples
    --------
    >>> required_columns(template_mapping("towers", ["站址编码*"]), has_places=True)
    ()
    """
    places = {"lon": mapping.lon, "lat": mapping.lat, _SHAPE: mapping.shape}
    there = {*mapping.fields, *mapping.yes_no, *(name for name, column in places.items() if column)}
    there |= set(places) if has_places else set()
    return tuple(one.zh for one in template_columns(mapping.layer) if one.required and one.name not in there)


def example_marks() -> tuple[str, ...]:
    """Give what stands in the identifier of an example row; such a row is not taken.

    Examples
    --------
    >>> example_marks()
    ('示例0001', 'EXAMPLE0001')
    """
    return tuple(text("template_example_mark", lang) for lang in LANGUAGES)


def _found(layer: str, columns: Iterable[str]) -> dict[str, TemplateColumn]:
    """Find the columns of the template among headers; the first of two that say the same."""
    known = {
        _plain(spelling): column
        for column in (*template_columns(layer), *stated_columns(layer))
        for lang in LANGUAGES
        for spelling in (column.header(lang).removesuffix("*"), column.header(lang))
    }
    found: dict[str, TemplateColumn] = {}
    for header in columns:
        column = known.get(_plain(header))
        if column is not None and column not in found.values():
            found[header] = column
    return found


def _marked_field(layer: str) -> str:
    """Give the field whose column marks the example row."""
    one = schema(layer)
    return one.id_field or next(name for name, field in one.fields.items() if field.kind == "text")


def _words_of(field: Field) -> dict[str, str]:
    """Give the words of a field as conforming takes them: word → canonical value."""
    words: dict[str, str] = {}
    for value in known_values(field):
        words |= {word: value for lang in LANGUAGES for word in (office_word(value, lang), _shown(value, lang))}
        short = value.removeprefix("中国")
        words |= {short: value, f"{short}公司": value} if short != value else {}
    return {word: value for word, value in words.items() if word != value}


def _shown(value: str, lang: str) -> str:
    """Give the word that maps and lists show for a canonical value."""
    known = f"word {value}"
    return entry(known)[lang] if known in texts() else value


def _plain(header: str) -> str:
    """Give a header without blanks, width and case."""
    return "".join(unicodedata.normalize("NFKC", header).split()).casefold()
