"""Which canonical layer a source is: by its headers, its values, its kind of geometry and its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from onemap.layers.catalogue import catalogue
from onemap.layers.guessing.coordinates import CoordinateGuess, guess_coordinates
from onemap.layers.guessing.fields import LEAST_SCORE, FieldGuess, match_columns, scores_of
from onemap.layers.guessing.meanings import spoken_of
from onemap.layers.guessing.profiles import Profile
from onemap.layers.guessing.yes_no import member_columns

__all__ = ["LayerGuess", "guess_layer"]

_INNER_NAME, _OUTER_NAME = 2.0, 1.0
_IDENTIFIER = 0.5
_LEAST_WEIGHT = 0.9
_RIVAL = 0.6
_NOTHING: Mapping[str, Profile] = MappingProxyType({})
_SHARED = frozenset({"district_code", "town", "village", "security_class", "data_date", "submitter", "remarks"})


@dataclass(frozen=True, slots=True)
class LayerGuess:
    """What a source may be.

    Attributes
    ----------
    layer
        Canonical layer.
    score
        How surely, 0–1, against the other layers.
    fields
        Canonical field, or "lon", "lat", "easting" and "northing" → column.
    matches
        Each column that means something, with score and reason.
    coordinates
        The columns of coordinates, None if there are none.
    members
        List field → column → member that a yes stands for.
    weight
        How much speaks for it: about one a header that is known.
    """

    layer: str
    score: float
    fields: Mapping[str, str]
    matches: tuple[FieldGuess, ...] = ()
    coordinates: CoordinateGuess | None = None
    members: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    weight: float = 0.0


def guess_layer(
    columns: Sequence[str],
    geometry: Iterable[str] = (),
    *,
    name: str | Sequence[str] = "",
    seen: Mapping[str, Profile] = _NOTHING,
) -> list[LayerGuess]:
    """Guess which canonical layer columns belong to.

    A header that only one layer uses says more than one that many use. The name of a file or of a layer in it counts as
    one or two such headers.

    Parameters
    ----------
    columns
        Names as they stand in the source, also cut to 10 bytes.
    geometry
        Kinds of geometry in the source ("Point", ...); layers that hold none of them are left out. Empty: not known.
    name
        Name of the file, or names from the outside in: folder, file, layer in it.
    seen
        Values by column, where they are known.

    Returns
    -------
    guesses
        Best first; empty if nothing is known.

    Examples
    --------
    >>> guess_layer(["站址编码", "站址名称", "塔高(m)", "经度", "纬度"])[0].layer
    'towers'
    >>> guess_layer(["a", "b"])
    []
    """
    kinds = {kind.removeprefix("Multi") for kind in geometry}
    names = [name] if isinstance(name, str) else list(name)
    coordinates = guess_coordinates(columns, seen)
    rest = [column for column in columns if coordinates is None or column not in (coordinates.across, coordinates.up)]
    possible = [
        layer
        for layer, schema in catalogue().items()
        if not schema.result and (not kinds or kinds & set(schema.geometry))
    ]
    scored = {layer: _best_by_column(layer, rest, seen) for layer in possible}
    named = _named(names)
    weights = {layer: _weight(layer, scored, named) for layer in possible}
    likely = {layer: weight for layer, weight in weights.items() if weight >= _LEAST_WEIGHT}
    total = sum(weight**2 for weight in likely.values())
    order = list(catalogue())
    guesses = [
        _guess(layer, round(weight**2 / total, 3), weight, rest, coordinates, seen)
        for layer, weight in sorted(likely.items(), key=lambda item: (-item[1], order.index(item[0])))
    ]
    return [guess for guess in guesses if guess.fields or guess.members]


def _guess(  # noqa: PLR0917
    layer: str,
    score: float,
    weight: float,
    rest: Sequence[str],
    coordinates: CoordinateGuess | None,
    seen: Mapping[str, Profile],
) -> LayerGuess:
    """Put together what is known of one layer."""
    schema = catalogue()[layer]
    members = member_columns(schema, rest, seen)
    used = {column for columns in members.values() for column in columns}
    matches = match_columns(layer, [column for column in rest if column not in used], seen)
    fields = {match.field: match.column for match in matches if match.field in schema.fields}
    places = {} if coordinates is None else coordinates.fields
    return LayerGuess(layer, score, MappingProxyType({**fields, **places}), matches, coordinates, members, weight)


def _best_by_column(layer: str, columns: Sequence[str], seen: Mapping[str, Profile]) -> dict[str, tuple[str, float]]:
    """Give each column's best field in a layer and its score."""
    best = {}
    for column in columns:
        scores = scores_of(catalogue()[layer], column, seen.get(column, Profile()))
        if scores:
            field_name, meaning = max(scores.items(), key=lambda item: item[1].score)
            if meaning.score >= LEAST_SCORE:
                best[column] = (field_name, meaning.score)
    return best


def _weight(layer: str, scored: Mapping[str, Mapping[str, tuple[str, float]]], named: Mapping[str, float]) -> float:
    """Add up what speaks for a layer; what many layers share counts less, and two columns for one field count once."""
    by_field: dict[str, float] = {}
    for column, (name, score) in scored[layer].items():
        if name in _SHARED or (name.startswith("(") and _is_general(column, scored)):
            continue
        owners = [other[column] for other in scored.values() if column in other]
        rivals = sum(rival - 0.35 for field_name, rival in owners if field_name not in _SHARED and rival >= _RIVAL)
        value = score * (score - 0.35) / max(rivals, 0.2)
        by_field[name] = max(by_field.get(name, 0.0), value)
    evidence = sum(by_field.values())
    identified = _IDENTIFIER * (catalogue()[layer].id_field in by_field)
    return 0.0 if not evidence else evidence + identified + named.get(layer, 0.0)


def _is_general(column: str, scored: Mapping[str, Mapping[str, tuple[str, float]]]) -> bool:
    """Tell a word that every layer knows."""
    return all(column in other for other in scored.values())


def _named(names: Sequence[str]) -> dict[str, float]:
    """Give what names say, the innermost most."""
    found: dict[str, float] = {}
    speaking = [spoken for name in names if (spoken := spoken_of(name))]
    for at, spoken in enumerate(reversed(speaking)):
        for layer, weight in spoken.items():
            value = weight * (_INNER_NAME if at == 0 else _OUTER_NAME / (at + 1))
            found[layer] = max(found.get(layer, 0.0), value)
    return found
