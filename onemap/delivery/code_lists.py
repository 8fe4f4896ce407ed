"""Code lists of a delivery: which codes a field may hold, and which one a facility gets."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from onemap.errors import ProjectError

__all__ = ["CodeList", "load_code_list"]


@dataclass(frozen=True, slots=True)
class CodeList:
    """Codes with their names, and what they are given to.

    Attributes
    ----------
    name
        Name of the list in a profile.
    title_zh, title_en
        What the list is.
    example
        True where no published list was found: a delivery with it gets a warning finding.
    codes
        Code → Chinese name.
    assigned
        (canonical layer, field, value) → code; field and value are empty for what a layer gets otherwise.
    """

    name: str
    title_zh: str
    title_en: str
    example: bool
    codes: Mapping[str, str]
    assigned: Mapping[tuple[str, str, str], str]

    def codes_for(self, layer: str, frame: pd.DataFrame) -> pd.Series[str]:
        """Give the code of each row of a canonical layer.

        Parameters
        ----------
        layer
            Name of the canonical layer.
        frame
            Its rows.

        Returns
        -------
        codes
            Text, on the index of the rows; missing where the list has none for them.

        Examples
        --------
        >>> cables = pd.DataFrame({"role": ["backbone", None]})
        >>> load_code_list("facility_kind").codes_for("cables", cables).tolist()
        ['41', '40']
        """
        codes = pd.Series(self.assigned.get((layer, "", ""), pd.NA), index=frame.index, dtype="string")
        for (of_layer, field, value), code in self.assigned.items():
            if of_layer == layer and field in frame:
                codes = codes.mask(frame[field].eq(value).fillna(value=False).astype(bool), code)
        return codes


def load_code_list(name: str, *, folder: Path | None = None) -> CodeList:
    """Read a code list by name: from a profile's own folder, else from the package.

    Parameters
    ----------
    name
        Name of the list; the file is NAME.csv with a column `code`, a column `name_zh` and, where codes are given to
        facilities, `layer`, `field` and `value`.
    folder
        Folder of the profile, None for one of the package.

    Returns
    -------
    codes
        The list.

    Raises
    ------
    ProjectError
        If there is no such list, or it is text neither in UTF-8 nor in GB18030, or it has no code column, or gives a
        code twice with different names.

    Examples
    --------
    >>> load_code_list("land_use_2023").codes["130600"]
    '通信用地'
    """
    packaged = files("onemap.delivery") / "code_lists"
    about: Mapping[str, object] = {}
    known = tomllib.loads((packaged / "index.toml").read_text(encoding="utf-8"))
    if folder is not None and (folder / f"{name}.csv").is_file():
        file: Traversable = folder / f"{name}.csv"
    elif name in known:
        about = known[name]
        file = files("onemap.layers") / f"{name}.csv" if about.get("of_layers") else packaged / f"{name}.csv"
    else:
        raise ProjectError("code_list_missing", code_list=name)
    column = str(about.get("code", "code"))
    reader = csv.DictReader(io.StringIO(_text(file, name)))
    if column not in (reader.fieldnames or ()):
        raise ProjectError("code_list_column", code_list=name, column=column)
    rows = [{key: (value or "").strip() for key, value in row.items() if isinstance(key, str)} for row in reader]
    return CodeList(
        name=name,
        title_zh=str(about.get("title_zh", name)),
        title_en=str(about.get("title_en", name)),
        example=bool(about.get("example", False)),
        codes=MappingProxyType(_codes(rows, column, name)),
        assigned=MappingProxyType(
            {(row["layer"], row["field"], row["value"]): row[column] for row in rows if row.get("layer")}
        ),
    )


def _text(file: Traversable, name: str) -> str:
    """Read a list as spreadsheets write it: UTF-8, or GB18030."""
    content = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ProjectError("code_list_encoding", code_list=name)


def _codes(rows: Sequence[Mapping[str, str]], column: str, name: str) -> dict[str, str]:
    """Give the names of codes; a code may stand on several rows, with one name."""
    codes: dict[str, str] = {}
    for row in rows:
        code, title = row[column], row.get("name_zh", "")
        if code and codes.setdefault(code, title) != title:
            raise ProjectError("code_list_twice", code_list=name, code=code, names=f"{codes[code]}, {title}")
    return codes
