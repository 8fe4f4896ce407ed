"""A delivery profile: the layers, fields and codes that a receiving system wants, read from TOML.

A province's own rules are another file, not another code path. `docs/profiles.md` explains each key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from onemap.delivery.code_lists import CodeList, load_code_list
from onemap.delivery.conditions import Condition, parse_condition
from onemap.delivery.profile_keys import AreaKeys, BSMKeys, CRSKeys, DistrictKeys, OutputNames, Part
from onemap.delivery.tolerances import Tolerances
from onemap.errors import ProjectError
from onemap.layers.catalogue import catalogue, schema

__all__ = ["FILLS", "OutputNames", "Profile", "ProfileField", "ProfileLayer", "load_profile", "profile_names"]

Geometry = Literal["Point", "LineString", "Polygon"]
RuleIds = tuple[Annotated[str, Field(pattern=r"^OM-[A-Z]{3}-[0-9]{0,3}$")], ...]
Fill = Literal[
    "identifier", "feature_code", "district_code", "district_name", "name", "kind_code", "land_use", "area", "remark",
    "id", "layer", "source",
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
    minimum: float | None = None
    maximum: float | None = None
    unique: Literal["", "layer", "district"] = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Require a name that every format takes, and something that fills the field."""
        if not _CODE.fullmatch(self.name):
            msg = f"name must start with a letter and hold letters, digits and _ only, got {self.name!r}"
            raise ValueError(msg)
        if not (self.filled_by or self.from_fields):
            msg = f"field {self.name} needs fill or from_fields"
            raise ValueError(msg)
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

    @property
    def filled_by(self) -> Fill | None:
        """What fills the field, None where `from_fields` do."""
        return self.fill or (None if self.from_fields else FILLS.get(self.name))


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
        return self

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


class Profile(Part):
    """A whole profile; see `docs/profiles.md`."""

    name: str
    title_zh: str = ""
    title_en: str = ""
    based_on: str = ""
    crs: CRSKeys = CRSKeys()
    bsm: BSMKeys = BSMKeys()
    districts: DistrictKeys = DistrictKeys()
    area_check: AreaKeys = AreaKeys()
    tolerances: Tolerances = Tolerances()
    rules: RuleIds = ()
    skip: RuleIds = ()
    control_lines: tuple[str, ...] = ("YJJBNT", "YJJBNTBHHX", "STBHHX")
    totals: Annotated[tuple[TableTotal, ...], Field(alias="total")] = ()
    skip_status: tuple[str, ...] = ("retired",)
    fields: Annotated[tuple[ProfileField, ...], Field(alias="field", min_length=1)]
    layers: Annotated[tuple[ProfileLayer, ...], Field(alias="layer", min_length=1)]
    delivery: OutputNames = OutputNames()
    _code_lists: Mapping[str, CodeList] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Require unique names and numbers, and identifiers that fit their field."""
        checks: tuple[tuple[str, list[object]], ...] = (
            ("field name", [one.name.lower() for one in self.fields]),
            ("layer code", [one.code.lower() for one in self.layers]),
            ("layer number", [one.number for one in self.layers]),
        )
        for key, values in checks:
            twice = [value for value in values if values.count(value) > 1]
            if twice:
                msg = f"each {key} must stand once, got {twice[0]!r} again"
                raise ValueError(msg)
        for one in self.fields:
            made = self.bsm.identifier("0" * 6, 1, 1) if one.filled_by == "identifier" else ""
            if one.filled_by == "identifier" and len(made) != one.length:
                msg = f"bsm.pattern must give {one.length} characters as field {one.name} has, gives {len(made)}"
                raise ValueError(msg)
        return self

    @property
    def code_lists(self) -> Mapping[str, CodeList]:
        """The code lists that its fields name."""
        return self._code_lists

    @property
    def delivers_districts(self) -> bool:
        """Whether a field holds the code or name of a district."""
        return any(one.filled_by in {"district_code", "district_name"} for one in self.fields)

    def fields_of(self, layer: ProfileLayer) -> tuple[ProfileField, ...]:
        """Give the fields of one layer, in the order of the profile."""
        return tuple(one for one in self.fields if not one.geometry or layer.geometry in one.geometry)

    def layer(self, code: str) -> ProfileLayer | None:
        """Give the layer of a code, None for one that is not the profile's."""
        return next((one for one in self.layers if one.code == code), None)

    def field_filled_by(self, fill: str) -> ProfileField | None:
        """Give the field that something fills, None if there is none."""
        return next((one for one in self.fields if one.filled_by == fill), None)


def profile_names() -> tuple[str, ...]:
    """Name the profiles of the package.

    Examples
    --------
    >>> profile_names()
    ('generic', 'telecom-special-plan')
    """
    names = [item.name for item in (files("onemap.delivery") / "profiles").iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_profile(name_or_path: str | Path) -> Profile:
    """Read a delivery profile.

    Parameters
    ----------
    name_or_path
        Name of a profile of the package, or path of a TOML file; its own code lists stand beside it as NAME.csv.

    Returns
    -------
    profile
        The profile, with its code lists.

    Raises
    ------
    ProjectError
        If there is no such profile, or a key is unknown, missing or wrong; the message names the key.

    Examples
    --------
    >>> profile = load_profile("telecom-special-plan")
    >>> profile.layers[0].code, profile.layers[0].sources
    ('SZGYSSD', ('towers', 'rooms', 'data_centres'))
    """
    named = str(name_or_path) in profile_names()
    path = Path(name_or_path)
    if not named and not path.is_file():
        raise ProjectError("profile_missing", profile=str(name_or_path), names=", ".join(profile_names()))
    file: Traversable = files("onemap.delivery") / "profiles" / f"{name_or_path}.toml" if named else path
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        profile = Profile.model_validate(content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError("profile_unreadable", profile=str(name_or_path), problem=str(error)) from error
    except ValidationError as error:
        problems = "; ".join(f"{_key(one['loc'])}: {one['msg']}" for one in error.errors()[:5])
        raise ProjectError("profile_invalid", profile=str(name_or_path), problems=problems) from error
    named_lists = [*(one.code_list for one in profile.fields), profile.districts.code_list]
    wanted = dict.fromkeys(one for one in named_lists if one)
    lists = {name: load_code_list(name, folder=None if named else path.parent) for name in wanted}
    profile._code_lists = lists  # noqa: SLF001  (set once, here)
    _check_land_use(profile)
    return profile


def _check_land_use(profile: Profile) -> None:
    """Require that the land use codes of layers stand in their list."""
    field = profile.field_filled_by("land_use")
    if field is None or not field.code_list:
        return
    codes = profile.code_lists[field.code_list].codes
    for number, layer in enumerate(profile.layers):
        if layer.land_use and layer.land_use not in codes:
            problem = f"layer[{number}].land_use: {layer.land_use!r} is not in {field.code_list}"
            raise ProjectError("profile_invalid", profile=profile.name, problems=problem)


def _key(location: tuple[int | str, ...]) -> str:
    """Give the place of a key as a person writes it: layer[2].geometry."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).removeprefix(".") or "profile"
