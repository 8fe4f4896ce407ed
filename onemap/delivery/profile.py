"""A delivery profile: the layers, fields and codes that a receiving system wants, read from TOML.

A province's own rules are another file, not another code path. `docs/profiles.md` explains each key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from onemap.delivery.code_lists import CodeList, load_code_list
from onemap.delivery.profile_changes import ChangeKeys, expanded
from onemap.delivery.profile_keys import AreaKeys, BSMKeys, CRSKeys, DistrictKeys, OutputNames, Part
from onemap.delivery.profile_parts import (
    FILLS,
    PLACE_FIELDS,
    ProfileField,
    ProfileLayer,
    RuleIds,
    TableTotal,
    require_expression,
)
from onemap.delivery.tolerances import Tolerances
from onemap.errors import ProjectError

__all__ = [
    "FILLS",
    "PLACE_FIELDS",
    "OutputNames",
    "Profile",
    "ProfileField",
    "ProfileLayer",
    "load_profile",
    "profile_names",
]


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
    changes: ChangeKeys | None = None
    _code_lists: Mapping[str, CodeList] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Require unique names and numbers, and identifiers that fit their field."""
        checks: tuple[tuple[str, list[object]], ...] = (
            ("field name", [one.name.lower() for one in self.fields]),
            ("layer code", [one.code.lower() for one in self.layers]),
            ("layer number", [] if self.changes else [one.number for one in self.layers]),
            ("ysdm of a layer", [] if self.changes else [one.ysdm for one in self.layers if one.ysdm]),
        )
        for key, values in checks:
            twice = [value for value in values if values.count(value) > 1]
            if twice:
                msg = f"each {key} must stand once, got {twice[0]!r} again"
                raise ValueError(msg)
        self._check_values()
        code = self.field_filled_by("feature_code")
        long = [one.ysdm for one in self.layers if code is not None and one.ysdm and len(one.ysdm) != code.length]
        if code is not None and long:
            msg = f"ysdm must have the {code.length} characters of field {code.name}, got {long[0]!r}"
            raise ValueError(msg)
        for one in self.fields:
            district = "0" * self.districts.code_level
            made = self.bsm.identifier("0" * 6, 1, 1, district) if one.filled_by == "identifier" else ""
            if one.filled_by == "identifier" and len(made) != one.length:
                msg = f"bsm.pattern must give {one.length} characters as field {one.name} has, gives {len(made)}"
                raise ValueError(msg)
        return self

    def _check_values(self) -> None:
        """Require that fields name known layers, layers their own fields, and expressions fields that there are."""
        codes = {one.code for one in self.layers}
        for one in self.fields:
            unknown = sorted(set(one.layers) - codes)
            if unknown:
                msg = f"layers of field {one.name} must be codes of layers, got {unknown[0]!r}"
                raise ValueError(msg)
            having = [layer for layer in self.layers if one in self.fields_of(layer)]
            known = frozenset[str]().union(*(layer.known_fields for layer in having))
            require_expression(one.expression, fields=known or None)
        for layer in self.layers:
            foreign = sorted(set(layer.values) - {one.name for one in self.fields_of(layer)})
            if foreign:
                msg = f"values of layer {layer.code} must be of its fields, got {foreign[0]!r}"
                raise ValueError(msg)

    @property
    def code_lists(self) -> Mapping[str, CodeList]:
        """The code lists that its fields name."""
        return self._code_lists

    @property
    def delivers_districts(self) -> bool:
        """Whether a field or the identifiers hold the code or name of a district."""
        return self.bsm.by_district or any(one.filled_by in {"district_code", "district_name"} for one in self.fields)

    def title(self, lang: str) -> str:
        """Give the title in a language, else in the other, else the name."""
        zh, en = self.title_zh, self.title_en
        return (zh or en if lang == "zh" else en or zh) or self.name

    def in_language(self, lang: str) -> Self:
        """Give the profile with the names of layers and fields that people of a language read, where it has them."""
        if lang == "zh":
            return self
        fields = tuple(one.model_copy(update={"alias": one.alias_en or one.alias}) for one in self.fields)
        layers = tuple(one.model_copy(update={"alias": one.alias_en or one.alias}) for one in self.layers)
        return self.model_copy(update={"fields": fields, "layers": layers})

    def fields_of(self, layer: ProfileLayer) -> tuple[ProfileField, ...]:
        """Give the fields of one layer, in the order of the profile."""
        return tuple(
            one
            for one in self.fields
            if (not one.geometry or layer.geometry in one.geometry) and (not one.layers or layer.code in one.layers)
        )

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
    ('annual-maintenance', 'county-master-plan', 'generic', 'telecom-special-plan', 'village-plan')
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
    named, path = str(name_or_path) in profile_names(), Path(name_or_path)
    try:
        content = _content(str(name_or_path))
        beside = None if named else path.parent
        profile = Profile.model_validate(expanded(content, lambda base: _base(base, beside, str(name_or_path))))
    except tomllib.TOMLDecodeError as error:
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


def profile_text(name_or_path: str | Path) -> str:
    """Give the text of a profile as it stands in its file, comments and all.

    Parameters
    ----------
    name_or_path
        As for `load_profile`.

    Raises
    ------
    ProjectError
        If there is no such profile, or it is not text in UTF-8.

    Examples
    --------
    >>> profile_text("generic").splitlines()[0][:36]
    '# A delivery profile for any country'
    """
    named, path = str(name_or_path) in profile_names(), Path(name_or_path)
    if not named and not path.is_file():
        raise ProjectError("profile_missing", profile=str(name_or_path), names=", ".join(profile_names()))
    file: Traversable = files("onemap.delivery") / "profiles" / f"{name_or_path}.toml" if named else path
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectError("profile_unreadable", profile=str(name_or_path), problem=str(error)) from error


def _content(name_or_path: str) -> dict[str, Any]:
    """Read a profile as it stands in its file."""
    return tomllib.loads(profile_text(name_or_path))


def _base(name: str, beside: Path | None, of: str) -> dict[str, Any]:
    """Read the base of a profile of changes, which must be whole itself."""
    own = None if beside is None or name in profile_names() else beside / name
    base = load_profile(name if own is None else own)
    if base.changes is not None:
        problem = f"changes.base: {name} is a profile of changes itself"
        raise ProjectError("profile_invalid", profile=of, problems=problem)
    return _content(name if own is None else str(own))


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
