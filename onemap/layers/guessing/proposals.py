"""A proposal how a source becomes a canonical layer: fields, units, values, constants, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from onemap.layers.catalogue import catalogue
from onemap.layers.conform import LayerMapping
from onemap.layers.guessing.coordinates import CoordinateGuess
from onemap.layers.guessing.fields import FieldGuess
from onemap.layers.guessing.kinds import LayerGuess
from onemap.layers.guessing.profiles import Profile
from onemap.layers.guessing.unit_guesses import guess_unit
from onemap.layers.guessing.vocabulary import guess_value, has_vocabulary
from onemap.layers.schema import Field, LayerSchema
from onemap.layers.shape_texts import parse_shape
from onemap.layers.values import split_list
from onemap.messages import text

__all__ = ["Proposal", "Reasoned", "propose"]

_FEW_VALUES = 40
_WHO = ("operator", "owner")
_NAMES_OF_OPERATORS = {
    "中国移动": re.compile(r"移动|(?<![a-z])(cmcc|china ?mobile|mobile|yd)(?![a-z])"),
    "中国联通": re.compile(r"联通|(?<![a-z])(cucc|china ?unicom|unicom|lt)(?![a-z])"),
    "中国电信": re.compile(r"电信|(?<![a-z])(ctcc|china ?telecom|telecom|dx)(?![a-z])"),
    "中国广电": re.compile(r"广电|(?<![a-z])cbn(?![a-z])"),
    "中国铁塔": re.compile(r"铁塔|(?<![a-z])(china ?tower|tower ?company|tower ?co)(?![a-z])"),
}
_NETWORKS = {
    "中国移动": ("00", "02", "07", "08"),
    "中国联通": ("01", "06", "09"),
    "中国电信": ("03", "05", "11"),
    "中国广电": ("15",),
}
_NETWORK = re.compile(r"^460[-_ ]?(\d{2})")
_GENERATIONS = {
    "4G": re.compile(r"4g|(?<![a-z])lte|ecgi|(?<![a-z])eci(?![a-z])|enode ?b|eutran", re.IGNORECASE),
    "5G": re.compile(r"5g|ncgi|(?<![a-z])nci(?![a-z])|gnode ?b|nr[- _]?c|nrcell|(?<![a-z])nr(?![a-z])", re.IGNORECASE),
}
_SHAPE_HEADER = re.compile(r"wkt|geom|shape|坐标|经纬度|空间|lonlat|coordinates", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A value with the text that says why.

    Attributes
    ----------
    value
        What is proposed.
    how, values
        Id of the text, and what its placeholders stand for.
    """

    value: str
    how: str
    values: Mapping[str, object] = field(default_factory=dict)

    def reason(self, lang: str = "zh") -> str:
        """Say why, in a language."""
        return text(self.how, lang, **self.values)


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a source may become a canonical layer.

    Attributes
    ----------
    layer, score
        Canonical layer, and how surely it is that one.
    matches
        What is known of each column.
    coordinates
        Columns of coordinates, None where the places come otherwise.
    shape
        Column of shapes written as text, empty if none.
    units
        Field → unit of its column, where it is not the field's own.
    values
        Field → value of the source → known value; empty where the meaning is not known.
    constants
        Field → value for all rows.
    members
        List field → column → member that a yes stands for.
    missing
        Required fields that nothing was found for.
    """

    layer: str
    score: float
    matches: tuple[FieldGuess, ...]
    coordinates: CoordinateGuess | None
    shape: str
    units: Mapping[str, Reasoned]
    values: Mapping[str, Mapping[str, str]]
    constants: Mapping[str, Reasoned]
    members: Mapping[str, Mapping[str, str]]
    missing: tuple[str, ...]

    @property
    def fields(self) -> dict[str, str]:
        """Canonical field → column."""
        known = catalogue()[self.layer].fields
        return {match.field: match.column for match in self.matches if match.field in known}

    def mapping(self, crs: str | None = None, *, with_places: bool = True) -> LayerMapping:
        """Give it as conforming takes it.

        Parameters
        ----------
        crs
            Coordinate system, where the file declares none.
        with_places
            False where the file holds geometries: its columns of coordinates are then left alone.
        """
        axes = self.coordinates.fields if with_places and self.coordinates is not None else {}
        return LayerMapping(
            layer=self.layer,
            crs=crs,
            fields=self.fields,
            values={
                name: {value: meant for value, meant in known.items() if meant} for name, known in self.values.items()
            },
            constants={name: one.value for name, one in self.constants.items()},
            yes_no=self.members,
            units={name: one.value for name, one in self.units.items()},
            lon=axes.get("lon"),
            lat=axes.get("lat"),
            easting=axes.get("easting"),
            northing=axes.get("northing"),
            shape=self.shape if with_places and self.shape and not axes else None,
        )


def propose(
    guess: LayerGuess,
    seen: Mapping[str, Profile],
    *,
    names: Sequence[str] = (),
    length_m: float | None = None,
) -> Proposal:
    """Complete the guess of a layer to a proposal.

    Parameters
    ----------
    guess
        Layer with its columns.
    seen
        Values by column.
    names
        Names of folder, file and layer: they may tell the operator, the kind, the technology.
    length_m
        Middle length of the lines of the source in metres, None where it has none or it is not known.

    Returns
    -------
    proposal
        With all that is required, or a list of what is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.layers.guessing.kinds import guess_layer
    >>> from onemap.layers.guessing.profiles import profiles_of
    >>> frame = pd.DataFrame({"CGI": ["460-00-600001-1", "460-00-600001-2"], "制式": ["LTE", "NR"], "方位角": [0, 90]})
    >>> seen = profiles_of(frame)
    >>> proposal = propose(guess_layer(list(frame.columns), seen=seen)[0], seen)
    >>> proposal.constants["operator"].value, dict(proposal.values["technology"])
    ('中国移动', {'LTE': '4G', 'NR': '5G'})
    """
    schema = catalogue()[guess.layer]
    matches = list(guess.matches)
    fields = {match.field: match.column for match in matches if match.field in schema.fields}
    constants = _constants(schema, fields, seen, names)
    for one in schema.fields.values():
        if one.required and one.name not in fields and one.name not in constants:
            matches += _stand_in(schema, one, fields, seen)
    fields = {match.field: match.column for match in matches if match.field in schema.fields}
    return Proposal(
        layer=guess.layer,
        score=guess.score,
        matches=tuple(matches),
        coordinates=guess.coordinates,
        shape=_shape_column(schema, seen) if guess.coordinates is None else "",
        units=MappingProxyType(_units(schema, matches, seen, length_m)),
        values=MappingProxyType(_values(schema, fields, seen)),
        constants=MappingProxyType(constants),
        members=guess.members,
        missing=tuple(
            one.name
            for one in schema.fields.values()
            if one.required and one.name not in {*fields, *constants, *guess.members}
        ),
    )


def _constants(
    schema: LayerSchema, fields: Mapping[str, str], seen: Mapping[str, Profile], names: Sequence[str]
) -> dict[str, Reasoned]:
    """Find what is the same for all rows and stands in no column."""
    found: dict[str, Reasoned] = {}
    who = next((name for name in _WHO if name in schema.fields), None)
    if who is not None and who not in fields:
        known = _network(fields.get("cell_id"), seen) or _operator_named(names, schema)
        found |= {who: known} if known is not None else {}
    if "technology" in schema.fields and "technology" not in fields and schema.fields["technology"].required:
        known = _generation([*names, *seen])
        found |= {"technology": known} if known is not None else {}
    if "kind" in schema.fields and "kind" not in fields and schema.name in {"structures", "zones", "nodes", "works"}:
        for name in reversed(names):
            if meant := guess_value("kind", name, layer=schema.name):
                found["kind"] = Reasoned(meant, "guess_from_name", {"name": name})
                break
    return found


def _operator_named(names: Sequence[str], schema: LayerSchema) -> Reasoned | None:
    """Find the one operator that a name speaks of."""
    for name in reversed(names):
        plain = name.casefold().replace("_", " ")
        spoken = [who for who, pattern in _NAMES_OF_OPERATORS.items() if pattern.search(plain)]
        if len(spoken) > 1:
            spoken = [who for who in spoken if who != "中国铁塔"]
        if len(spoken) == 1 and (spoken[0] != "中国铁塔" or schema.name in {"towers", "rooms", "nodes"}):
            return Reasoned(spoken[0], "guess_from_name", {"name": name})
    return None


def _network(column: str | None, seen: Mapping[str, Profile]) -> Reasoned | None:
    """Find the operator whose network number begins the identifiers of cells."""
    texts = seen.get(column or "", Profile()).texts
    numbers = {found[1] for value in texts if (found := _NETWORK.match(value))}
    for who, known in _NETWORKS.items():
        if numbers and numbers <= set(known):
            return Reasoned(who, "guess_from_network", {"number": f"460-{min(numbers)}"})
    return None


def _generation(names: Sequence[str]) -> Reasoned | None:
    """Find the one technology that names of files or headers speak of."""
    for name in names:
        spoken = [generation for generation, pattern in _GENERATIONS.items() if pattern.search(name)]
        if len(spoken) == 1:
            return Reasoned(spoken[0], "guess_from_name", {"name": name})
    return None


def _stand_in(
    schema: LayerSchema, wanted: Field, fields: Mapping[str, str], seen: Mapping[str, Profile]
) -> list[FieldGuess]:
    """Let the identifier stand in for a name, a name that is never repeated for an identifier."""
    if wanted.name == "name" and schema.id_field in fields:
        return [FieldGuess(fields[schema.id_field], "name", 0.5, "guess_stand_in", fields[schema.id_field])]
    if wanted.name != schema.id_field:
        return []
    named = fields.get("name")
    if named is not None and seen.get(named, Profile()).distinct_share == 1.0:
        return [FieldGuess(named, wanted.name, 0.5, "guess_stand_in", named)]
    numbered = next((column for column, values in seen.items() if values.counts_up), None)
    return [] if numbered is None else [FieldGuess(numbered, wanted.name, 0.5, "guess_stand_in", numbered)]


def _units(
    schema: LayerSchema, matches: Sequence[FieldGuess], seen: Mapping[str, Profile], length_m: float | None
) -> dict[str, Reasoned]:
    """Find the units that are not the fields' own: from the headers, else from the values."""
    found: dict[str, Reasoned] = {}
    for match in matches:
        known = schema.fields.get(match.field)
        if known is None or not known.unit:
            continue
        if match.unit:
            found[match.field] = Reasoned(match.unit, "guess_unit_header", {"column": match.column})
        elif unit := guess_unit(known, match.column, seen.get(match.column, Profile()), length_m=length_m):
            values = {"middle": f"{seen[match.column].middle:g}", "own": known.unit}
            found[match.field] = Reasoned(unit, "guess_unit_values", values)
    return found


def _values(schema: LayerSchema, fields: Mapping[str, str], seen: Mapping[str, Profile]) -> dict[str, dict[str, str]]:
    """Translate the values of fields whose known values are spelled otherwise."""
    found: dict[str, dict[str, str]] = {}
    for name, column in fields.items():
        one, values = schema.fields[name], seen.get(column, Profile())
        if not (one.values or has_vocabulary(name, layer=schema.name)) or len(values.texts) > _FEW_VALUES:
            continue
        members = _split_all(values.texts) if one.kind == "list" else list(values.texts)
        known = {value: guess_value(name, value, layer=schema.name) or "" for value in members}
        if name == "owner":  # any owner is one; only operators have a spelling of their own
            known = {value: meant for value, meant in known.items() if meant}
        told = {value: meant for value, meant in sorted(known.items()) if value != meant and value not in one.values}
        if told:
            found[name] = told
    return found


def _split_all(texts: Sequence[str]) -> list[str]:
    """Give the members of all lists, once each."""
    return list(dict.fromkeys(member for value in texts for member in split_list(value)))


def _shape_column(schema: LayerSchema, seen: Mapping[str, Profile]) -> str:
    """Find a column of shapes written as text."""
    for column, values in seen.items():
        if not _SHAPE_HEADER.search(column) or not values.filled:
            continue
        read = sum(parse_shape(value, schema.geometry) is not None for value in values.texts[:20])
        if read >= 0.8 * len(values.texts[:20]):
            return column
    return ""
