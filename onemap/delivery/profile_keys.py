"""Tables of a delivery profile besides fields and layers: systems, identifiers, districts, areas, names of files."""

from __future__ import annotations

import re
import string
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from onemap.errors import CRSError
from onemap.layers.crs_names import parse_crs, read_crs

__all__ = ["AreaKeys", "BSMKeys", "CRSKeys", "DistrictKeys", "OutputNames", "Part", "name_pattern"]

_TAKEN = ("fields.csv", "findings.csv", "quality.json", "trace.csv")
"""Files that stand beside the layers of every delivery."""

_SPEC = re.compile(r"0?\d{0,2}d?")


class Part(BaseModel):
    """A part of a profile: keys that are not known are refused, nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_strip_whitespace=True)


class CRSKeys(Part):
    """Key `[crs]`: the system delivered in; empty means that of the layers."""

    delivered_in: str = ""
    vertical: str = ""
    xy_tolerance_m: Annotated[float, Field(gt=0, le=1)] = 0.0001
    area: Literal["ellipsoidal"] = "ellipsoidal"

    @model_validator(mode="after")
    def _readable(self) -> Self:
        """Require systems that PROJ can read."""
        if self.vertical and not self.delivered_in:
            msg = "vertical needs delivered_in"
            raise ValueError(msg)
        try:
            if self.delivered_in and self.vertical and not read_crs(self.text).is_compound:
                msg = f"vertical must be a system of heights, got {self.vertical}"
                raise ValueError(msg)
            if self.delivered_in:
                parse_crs(self.text)
        except CRSError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def text(self) -> str:
        """The system as text; with a vertical one "EPSG:4490+5737"."""
        return f"{self.delivered_in}+{self.vertical.removeprefix('EPSG:')}" if self.vertical else self.delivered_in


class BSMKeys(Part):
    """Key `[bsm]`: how identifiers are made; empty means none are."""

    pattern: str = ""

    @field_validator("pattern")
    @classmethod
    def _known(cls, pattern: str) -> str:
        """Allow the parts of an identifier only, the sequence among them."""
        _check_template(pattern, {"county", "district", "layer", "sequence"})
        names = [name for _, name, _, _ in string.Formatter().parse(pattern) if name]
        if pattern and names.count("sequence") != 1:
            msg = "must hold {sequence} once"
            raise ValueError(msg)
        return pattern

    def identifier(self, county: str, layer: int, sequence: int, district: str = "") -> str:
        """Make one identifier.

        Examples
        --------
        >>> BSMKeys(pattern="{county:6}{layer:04d}{sequence:08d}").identifier("659900", 101, 7)
        '659900010100000007'
        >>> BSMKeys(pattern="{district}{sequence:08d}").identifier("659900", 101, 7, "659900101001")
        '65990010100100000007'
        """
        return self.pattern.format(county=county, layer=layer, sequence=sequence, district=district)

    def around(self, county: str, layer: int, district: str) -> tuple[str, str]:
        """Give what stands before and after the sequence in identifiers of one kind.

        Examples
        --------
        >>> BSMKeys(pattern="{county:6}{layer:04d}{sequence:08d}").around("659900", 101, "")
        ('6599000101', '')
        """
        mark = "\0"
        template = re.sub(r"\{sequence[^}]*\}", mark, self.pattern)
        before, _, after = template.format(county=county, layer=layer, district=district).partition(mark)
        return before, after

    @property
    def by_district(self) -> bool:
        """Whether identifiers hold the code of the district."""
        return "{district" in self.pattern


class DistrictKeys(Part):
    """Key `[districts]`: how many digits the codes of districts have, and the list they come from."""

    code_level: Literal[6, 9, 12] = 12
    code_list: str = ""


class AreaKeys(Part):
    """Key `[area_check]`: when a delivered area is at fault."""

    share: Annotated[float, Field(gt=0, lt=1)] = 0.02
    m2: Annotated[float, Field(gt=0)] = 20.0
    fault_when: Literal["both", "either"] = "both"


class OutputNames(Part):
    """Key `[delivery]`: names of files; {code6} and {name} are the county's, {year} that of the date."""

    vector: Annotated[str, Field(min_length=1)] = "{code6}{name}.gdb"
    tables: str = "{code6}{name}.xlsx"
    metadata: str = ""
    report: str = ""
    note: str = ""
    maps: str = ""

    @field_validator("*")
    @classmethod
    def _known(cls, template: str) -> str:
        """Allow the known parts only, and no folders."""
        _check_template(template, {"code6", "name", "number", "title", "year"})
        if re.search(r"[/\\:\x00-\x1f]", re.sub(r"\{[^}]*\}", "", template)) or template.startswith("."):
            msg = f"a file name may hold no folder and not start with a dot, got {template!r}"
            raise ValueError(msg)
        return template

    @model_validator(mode="after")
    def _apart(self) -> Self:
        """Require names that differ from each other and from those that every delivery has."""
        given = [one for one in (self.vector, self.tables, self.metadata, self.report, self.note) if one]
        for one in given:
            if given.count(one) > 1 or one in _TAKEN:
                msg = f"each file needs a name of its own, got {one!r} again; taken are {', '.join(_TAKEN)}"
                raise ValueError(msg)
        return self

    def vector_name(self, code: str, name: str, year: int = 0) -> str:
        """Give the name of the geodatabase of a county; what cannot stand in a file's name becomes "_".

        Examples
        --------
        >>> OutputNames(vector="{code6}{name}.gdb").vector_name("659900", "示范县")
        '659900示范县.gdb'
        """
        return self.vector.format(code6=_slug(code), name=_slug(name), number=0, title="", year=year)

    def tables_name(self, code: str, name: str, year: int = 0) -> str:
        """Give the name of the workbook of a county.

        Examples
        --------
        >>> OutputNames().tables_name("659900", "../示范县")
        '659900___示范县.xlsx'
        """
        return self.tables.format(code6=_slug(code), name=_slug(name), number=0, title="", year=year)


def name_pattern(template: str) -> re.Pattern[str]:
    """Turn a template of a file's name into an expression that such names match.

    Parameters
    ----------
    template
        As a key of `[delivery]` gives it.

    Examples
    --------
    >>> pattern = name_pattern("{code6}{name}表格.xlsx")
    >>> [bool(pattern.fullmatch(name)) for name in ("659900示范县表格.xlsx", "表格.xlsx")]
    [True, False]
    """
    parts = {"code6": "(?P<code6>[0-9]{6})", "name": ".+", "number": "[0-9]+", "title": ".+", "year": "[0-9]{4}"}
    expression, seen = "", set()
    for literal, name, _, _ in string.Formatter().parse(template):
        expression += re.escape(literal)
        expression += "" if name is None else (parts[name] if name not in seen else ".+")
        seen.add(name)
    return re.compile(expression)


def _check_template(template: str, known: set[str]) -> None:
    """Require that a template names known parts only, plainly: no attributes, indices or conversions."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        msg = f"cannot be read: {error}"
        raise ValueError(msg) from error
    for _, name, spec, conversion in parts:
        if name is not None and (name not in known or conversion or not _SPEC.fullmatch(spec or "")):
            msg = f"may hold {', '.join(sorted(known))} only, got {{{name}}}"
            raise ValueError(msg)


def _slug(text: str) -> str:
    """Make a text fit for a part of a file's name."""
    return re.sub(r"[^\w\-]", "_", text)[:60]
