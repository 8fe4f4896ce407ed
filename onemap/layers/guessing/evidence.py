"""How well the values of a column fit a field, and which fields the values alone speak for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onemap.layers.guessing.profiles import Profile
from onemap.layers.guessing.vocabulary import guess_value, has_vocabulary
from onemap.layers.schema import Field, LayerSchema
from onemap.layers.units import unit_factor

__all__ = ["fit_of_values", "known_share", "spoken_by_values"]

_GOOD, _SURE, _EMPTY = 1.04, 1.08, 0.7
_VALUES_ALONE = 0.6
_FEW_VALUES = 12
_ORDINARY_TEXT = frozenset({"name", "remarks", "submitter", "town", "village", "security_class"})
_WORDS = ("operator", "owner", "tenants", "shared_with", "technology", "technologies")


def fit_of_values(field: Field, schema: LayerSchema, seen: Profile, unit: str) -> float:
    """Say how well values fit a field: above 1 they speak for it, below against it.

    Parameters
    ----------
    field, schema
        Field and its layer.
    seen
        The values.
    unit
        Unit that the header names, empty if none.

    Returns
    -------
    fit
        Factor on the score of the header, 0.2 to 1.08.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.layers.catalogue import schema
    >>> from onemap.layers.guessing.profiles import profiles_of
    >>> towers = schema("towers")
    >>> seen = profiles_of(pd.DataFrame({"a": ["东塔", "西塔"]}))["a"]
    >>> fit_of_values(towers.field("height_agl_m"), towers, seen, "") < 0.5
    True
    """
    if not seen.filled:
        return _EMPTY if seen.rows else 1.0
    if field.name == schema.id_field or (field.name == "cell_id" and schema.name == "measurements"):
        return _identifier(schema.name, seen, own=field.name == schema.id_field)
    if field.name in _WORDS or field.values or has_vocabulary(field.name, layer=schema.name):
        return _words(field, schema.name, seen)
    if field.name.endswith("year") and field.kind == "integer":
        return _year(seen)
    return _BY_KIND[field.kind](field, seen, unit)


def spoken_by_values(schema: LayerSchema, seen: Profile) -> Mapping[str, float]:
    """Give the fields of a layer that values speak for by themselves, with a score.

    Parameters
    ----------
    schema
        The layer.
    seen
        Values of a column whose header says nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.layers.catalogue import schema
    >>> from onemap.layers.guessing.profiles import profiles_of
    >>> seen = profiles_of(pd.DataFrame({"a": ["460-00-600001-2", "460-00-600001-3"]}))["a"]
    >>> dict(spoken_by_values(schema("cells"), seen))
    {'cell_id': 0.62}
    """
    found: dict[str, float] = {}
    if "cell_id" in schema.fields and seen.cell_share > 0.8:
        found["cell_id"] = _VALUES_ALONE + 0.02
    for field in schema.fields.values():
        is_list = field.name in _WORDS or field.values
        if not is_list or len(seen.texts) > _FEW_VALUES or _are_codes(seen):
            continue
        if known_share(field.name, schema.name, seen) >= 0.8:
            found[field.name] = _VALUES_ALONE if field.required else _VALUES_ALONE - 0.05
    return found


def _are_codes(seen: Profile) -> bool:
    """Tell numbers and single letters, which are codes that say nothing by themselves."""
    return seen.numeric_share > 0.5 and not all(any(map(str.isalpha, value)) for value in seen.texts)


def known_share(field: str, layer: str, seen: Profile) -> float:
    """Give the share of the distinct values whose meaning is known.

    Examples
    --------
    >>> known_share("status", "towers", Profile(filled=2, texts=("在网", "不详")))
    0.5
    """
    members = [
        part for text in seen.texts[:60] for part in text.replace("、", ";").replace(",", ";").split(";") if part
    ]
    return sum(guess_value(field, part, layer=layer) is not None for part in members) / max(1, len(members))


def _identifier(layer: str, seen: Profile, *, own: bool) -> float:
    """Expect identifiers to differ from row to row, and not to be the running number of the rows."""
    if layer in {"cells", "measurements"} and seen.cell_share > 0.8:
        return _SURE
    if seen.counts_up:
        return 0.62
    if own and seen.distinct_share < 0.5 and seen.filled > 4:
        return 0.6
    if seen.yes_no_share > 0.9 and seen.filled > 2:
        return 0.4
    fractional = seen.numeric_share - seen.whole_share
    return 0.6 if fractional > 0.2 else _GOOD if seen.distinct_share > 0.95 else 1.0


def _words(field: Field, layer: str, seen: Profile) -> float:
    """Judge fields with known values by the share of values that are known."""
    known = known_share(field.name, layer, seen)
    if known >= 0.5:
        return _SURE if known >= 0.8 else _GOOD
    if seen.yes_no_share > 0.9:
        return 0.45
    if field.kind == "list" and seen.numeric_share > 0.9:
        return 0.4
    if field.name in {"owner", "operator"}:
        return 0.6 if seen.numeric_share > 0.9 else 0.97
    if seen.date_share > 0.5 or len(seen.texts) > 60:
        return 0.6
    return 0.88


def _year(seen: Profile) -> float:
    """Expect four digits."""
    if seen.numeric_share > 0.5:
        return _GOOD if seen.share_within(1900, 2100) > 0.8 else 0.5
    return 0.8 if seen.date_share > 0.5 else 0.4


def _number(field: Field, seen: Profile, unit: str) -> float:
    """Expect numbers in their plausible range, once in their unit."""
    if seen.numeric_share < 0.5:
        return 0.35
    factor = (unit_factor(unit, field.unit) if unit and field.unit else None) or 1.0
    low = -float("inf") if field.minimum is None else field.minimum / factor
    high = float("inf") if field.maximum is None else field.maximum / factor
    if unit and field.unit and unit_factor(unit, field.unit) is None:
        return 0.6
    inside = seen.share_within(low, high)
    if field.kind == "integer" and seen.whole_share < 0.5:
        return 0.6
    return 1.0 if inside >= 0.6 else 0.9 if inside >= 0.2 or unit else 0.75


def _boolean(_field: Field, seen: Profile, _unit: str) -> float:
    """Expect yes and no."""
    return _GOOD if seen.yes_no_share > 0.8 else 0.5


def _text(field: Field, seen: Profile, _unit: str) -> float:
    """Expect words of a name, anything of another text."""
    if field.name in _ORDINARY_TEXT and seen.numeric_share > 0.9:
        return 0.5
    if field.name == "name" and seen.yes_no_share > 0.9:
        return 0.3
    if field.name == "name" and seen.filled > 8 and len(seen.texts) <= 2:
        return 0.75
    if (
        field.name.endswith("_id")
        and seen.han_share > 0.9
        and not any(any(map(str.isdigit, text)) for text in seen.texts)
    ):
        return 0.55
    return 1.0


def _date(_field: Field, seen: Profile, _unit: str) -> float:
    """Expect days."""
    return _GOOD if seen.date_share > 0.8 else 0.8


_BY_KIND: Mapping[str, Callable[[Field, Profile, str], float]] = {
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "text": _text,
    "list": _text,
    "date": _date,
}
