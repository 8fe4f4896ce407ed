"""The identifiers of the delivery before, from the table that stands beside it."""

from __future__ import annotations

from pathlib import Path

from onemap.config import DeliverySettings, Project
from onemap.delivery.identifiers import Feature
from onemap.errors import ProjectError
from onemap.sources import read_file

__all__ = ["TRACE_FILE", "identifiers_before", "trace_before"]

TRACE_FILE = "trace.csv"
_COLUMNS = ("layer", "canonical_layer", "id", "part", "identifier")


def trace_before(project: Project) -> Path | None:
    """Find the table of the delivery before; None where the project names none.

    Parameters
    ----------
    project
        The project file; `delivery.previous` names the output, its folder `delivery`, or the table itself.

    Raises
    ------
    ProjectError
        If there is none.
    """
    previous = (project.delivery or DeliverySettings()).previous
    if not previous:
        return None
    place = project.resolve(previous)
    for path in (place / TRACE_FILE, place / "delivery" / TRACE_FILE, place):
        if path.is_file():
            return path
    raise ProjectError("previous_missing", path=previous, file=TRACE_FILE)


def identifiers_before(project: Project) -> dict[Feature, str]:
    """Give the identifiers of the delivery before by feature; none where the project names no such delivery.

    Parameters
    ----------
    project
        The project file; see `trace_before`.

    Raises
    ------
    ProjectError
        If the table is missing, is another one, or gives one identifier to two features.
    ReadError
        If it cannot be read.
    RefusedError
        If it is hostile.
    """
    path = trace_before(project)
    if path is None:
        return {}
    frame = read_file(path).frame
    missing = [name for name in _COLUMNS if name not in frame]
    if missing:
        raise ProjectError("previous_columns", path=path.name, columns=", ".join(missing))
    text = {name: frame[name].astype("string").fillna("").str.strip() for name in _COLUMNS}
    known: dict[Feature, str] = {}
    taken: dict[str, int] = {}
    for row, values in enumerate(zip(*text.values(), strict=True), start=2):
        layer, canonical, feature, part, identifier = (_plain(value) for value in values)
        if not identifier:
            continue
        if identifier in taken or not part.isdecimal():
            raise ProjectError(
                "previous_row", path=path.name, row=row, identifier=identifier, other=taken.get(identifier, "-")
            )
        taken[identifier] = row
        known[layer, canonical, feature, int(part)] = identifier
    return known


def _plain(text: str) -> str:
    """Take the apostrophe off that keeps a spreadsheet from calculating a text."""
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@", "\t", "\r"} else text
