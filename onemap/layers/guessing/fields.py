"""Which column holds which field of a layer: one column a field, the best of all ways to pair them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.optimize import linear_sum_assignment

from onemap.layers.catalogue import catalogue
from onemap.layers.guessing.evidence import fit_of_values, spoken_by_values
from onemap.layers.guessing.headers import parse_header
from onemap.layers.guessing.meanings import AXES, Meaning, meanings
from onemap.layers.guessing.profiles import Profile
from onemap.layers.guessing.spellings import ANY_LAYER
from onemap.layers.schema import LayerSchema
from onemap.layers.units import unit_factor
from onemap.messages import text

__all__ = ["FieldGuess", "guess_fields", "match_columns", "scores_of"]

LEAST_SCORE = 0.5
_CLOSE = 0.08
_FACTOR_OF_COPY = 0.6
_FACTOR_OF_SHARED = 0.96
_FACTOR_OF_DATE = 0.9
_SHARED = ("district_code", "town", "village")
_NO_VALUES: Mapping[str, Profile] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FieldGuess:
    """One column taken for one field.

    Attributes
    ----------
    column
        Column of the source.
    field
        Canonical field; a word in brackets for what onemap knows but does not keep.
    score
        How sure the guess is, 0–1.
    how, spelling
        Id of the text that says why, and the spelling or part that it names.
    unit
        Unit that the header names and that is not the field's own; empty if there is none.
    rivals
        Other columns that could be the field, or other fields that the column could be, nearly as well.
    """

    column: str
    field: str
    score: float
    how: str
    spelling: str = ""
    unit: str = ""
    rivals: tuple[str, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """True where a person should look: a low score or a near rival."""
        return self.score < 0.7 or bool(self.rivals)

    def reason(self, lang: str = "zh") -> str:
        """Say why, in a language."""
        said = text(self.how, lang, spelling=self.spelling, column=self.column)
        return said + (text("guess_rivals", lang, rivals=", ".join(self.rivals)) if self.rivals else "")


def guess_fields(layer: str, columns: Sequence[str], seen: Mapping[str, Profile] = _NO_VALUES) -> dict[str, str]:
    """Guess which column holds which field of a layer.

    Parameters
    ----------
    layer
        Canonical layer.
    columns
        Names as they stand in the source.
    seen
        Values by column, where they are known.

    Returns
    -------
    fields
        Canonical field → column.

    Examples
    --------
    >>> guess_fields("towers", ["站址编码", "塔高(m)", "厂家"])
    {'tower_id': '站址编码', 'height_agl_m': '塔高(m)'}
    """
    return {
        guess.field: guess.column
        for guess in match_columns(layer, columns, seen)
        if guess.field in catalogue()[layer].fields
    }


def match_columns(
    layer: str, columns: Sequence[str], seen: Mapping[str, Profile] = _NO_VALUES
) -> tuple[FieldGuess, ...]:
    """Pair columns and fields so that the scores together are the highest.

    Parameters
    ----------
    layer
        Canonical layer.
    columns
        Names as they stand in the source, without those of coordinates.
    seen
        Values by column, where they are known.

    Returns
    -------
    guesses
        One a column that means something, in the order of the columns; what onemap knows but does not keep is among
        them, its field in brackets.

    Examples
    --------
    >>> for guess in match_columns("towers", ["铁塔站址编", "铁塔海拔(米)", "联系电话"]):
    ...     guess.column, guess.field, guess.how
    ('铁塔站址编', 'tower_id', 'guess_cut')
    ('铁塔海拔(米)', 'ground_elev_m', 'guess_parts')
    ('联系电话', '(contact)', 'guess_spelling')
    """
    schema = catalogue()[layer]
    found = [scores_of(schema, column, seen.get(column, Profile())) for column in columns]
    _lower_copies(schema, columns, found, seen)
    fields = list(dict.fromkeys(field for scores in found for field in scores))
    if not fields:
        return ()
    table = np.array([[scores[field].score if field in scores else 0.0 for field in fields] for scores in found])
    rows, places = linear_sum_assignment(np.where(table >= LEAST_SCORE, table, 0.0), maximize=True)
    guesses = []
    for row, at in zip(rows.tolist(), places.tolist(), strict=True):
        if table[row, at] >= LEAST_SCORE:
            around = _rivals(schema, (columns, fields), table, (row, at))
            guesses.append(_guess(schema, columns[row], fields[at], found[row][fields[at]], around))
    taken = {guess.column for guess in guesses}
    guesses += _unkept(columns, found, taken)
    order = {column: at for at, column in enumerate(columns)}
    return tuple(sorted(guesses, key=lambda guess: order[guess.column]))


def scores_of(schema: LayerSchema, column: str, seen: Profile) -> dict[str, Meaning]:
    """Score one column against every field of a layer.

    Parameters
    ----------
    schema
        The layer.
    column
        Header.
    seen
        Its values.

    Returns
    -------
    scores
        Field → score of header and values together, with the reason; known words that are no field of the layer stand
        in brackets.

    Examples
    --------
    >>> from onemap.layers.catalogue import schema
    >>> {field: meaning.how for field, meaning in scores_of(schema("towers"), "方位角", Profile()).items()}
    {}
    """
    header = parse_header(column)
    scores: dict[str, Meaning] = {}
    for (owner, field), meaning in meanings(column).items():
        if owner not in {schema.name, ANY_LAYER} or field in AXES:
            continue
        known = schema.fields.get(field)
        is_other = field in _catalogued() and owner != ANY_LAYER
        if known is None and (is_other or meaning.how not in {"guess_spelling", "guess_cut"}):
            continue
        name = field if known is not None else f"({field})"
        score = meaning.score
        if known is not None:
            score = min(1.0, score * fit_of_values(known, schema, seen, header.unit))
            score *= 1.0 if _unit_fits(header.unit, known.unit) else 0.75
            score *= _FACTOR_OF_SHARED if owner == ANY_LAYER and field in _SHARED else 1.0
            score *= _FACTOR_OF_DATE if field == "data_date" and "time" in schema.fields else 1.0
        if name not in scores or score > scores[name].score:
            scores[name] = Meaning(score, meaning.how, meaning.spelling)
    if max((meaning.score for meaning in scores.values()), default=0.0) < LEAST_SCORE:
        for field, score in spoken_by_values(schema, seen).items():
            scores[field] = Meaning(score, "guess_values", ", ".join(seen.texts[:3]))
    return scores


def _catalogued() -> frozenset[str]:
    """Give all names of fields in the catalogue: one of another layer is no word of its own."""
    return frozenset(field for schema in catalogue().values() if not schema.result for field in schema.fields)


def _unit_fits(given: str, wanted: str) -> bool:
    """Tell whether a unit in a header can be the unit of a field."""
    return not given or given == "°" or (bool(wanted) and unit_factor(given, wanted) is not None)


def _lower_copies(
    schema: LayerSchema, columns: Sequence[str], found: list[dict[str, Meaning]], seen: Mapping[str, Profile]
) -> None:
    """Trust a name less where another column, which may be the identifier, holds the same values."""
    for at, column in enumerate(columns):
        values = seen.get(column, Profile())
        twin = any(
            schema.id_field in found[other] and seen.get(columns[other], Profile()).texts == values.texts
            for other in range(len(columns))
            if other != at
        )
        if values.filled > 1 and twin and "name" in found[at] and schema.id_field not in found[at]:
            known = found[at]["name"]
            found[at]["name"] = Meaning(known.score * _FACTOR_OF_COPY, known.how, known.spelling)


def _guess(schema: LayerSchema, column: str, field: str, meaning: Meaning, rivals: tuple[str, ...]) -> FieldGuess:  # noqa: PLR0917
    """Put one pair into words."""
    unit = parse_header(column).unit
    known = schema.fields.get(field)
    own = known is None or not unit or not known.unit or unit_factor(unit, known.unit) in {None, 1.0}
    score = round(meaning.score, 2)
    return FieldGuess(column, field, score, meaning.how, meaning.spelling, "" if own else unit, rivals)


def _rivals(
    schema: LayerSchema, names: tuple[Sequence[str], Sequence[str]], table: np.ndarray, place: tuple[int, int]
) -> tuple[str, ...]:
    """Give the columns that could be the field, and the field that the column could rather be."""
    (columns, fields), (row, at) = names, place
    mine = table[row, at]
    others = [columns[other] for other in range(len(columns)) if other != row and table[other, at] > mine - _CLOSE]
    better = [fields[other] for other in range(len(fields)) if other != at and table[row, other] > mine]
    return tuple(others[:2] + [one for one in better if one in schema.fields][:1])


def _unkept(columns: Sequence[str], found: Sequence[Mapping[str, Meaning]], taken: set[str]) -> list[FieldGuess]:
    """Give columns whose best meaning is taken by another column or is none of the layer."""
    left = []
    for column, scores in zip(columns, found, strict=True):
        if column in taken or not scores:
            continue
        field, meaning = max(scores.items(), key=lambda item: item[1].score)
        if meaning.score >= LEAST_SCORE:
            how = meaning.how if field.startswith("(") else "guess_taken"
            left.append(FieldGuess(column, f"({field.strip('()')})", round(meaning.score, 2), how, meaning.spelling))
    return left
