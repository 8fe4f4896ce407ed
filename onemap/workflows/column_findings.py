"""Say which columns of a layer are not known, in doubt, missing, or hold two things."""

from __future__ import annotations

from collections.abc import Iterator

from onemap.findings import Finding
from onemap.layers.catalogue import catalogue
from onemap.layers.guessing import Proposal
from onemap.layers.guessing.mojibake import find_mojibake
from onemap.workflows.looking import Look

__all__ = ["column_findings"]

_LIST_OF_COLUMNS = 12


def column_findings(look: Look) -> Iterator[Finding]:
    """Say which columns are not known, in doubt, missing, or hold two things.

    Parameters
    ----------
    look
        What is seen of the layer.
    """
    yield from _text_findings(look)
    proposal = look.proposal
    if proposal is None:
        if look.seen:
            yield _finding(look, "OM-FLD-022", known=", ".join(list(look.seen)[:_LIST_OF_COLUMNS]))
        return
    schema = catalogue()[proposal.layer]
    for name in proposal.missing:
        yield _finding(look, "OM-FLD-023", field=name, alias=schema.fields[name].alias_zh, kind=proposal.layer)
    for match in proposal.matches:
        if match.rivals and not match.field.startswith("("):
            values = {"column": match.column, "field": match.field, "others": ", ".join(match.rivals)}
            yield _finding(look, "OM-FLD-024", (match.column,), score=f"{match.score:.2f}", **values)
        if match.field in proposal.units:
            unit = proposal.units[match.field]
            own = schema.fields[match.field].unit
            yield _finding(look, "OM-FLD-026", (match.column,), column=match.column, unit=unit.value, own=own)
    yield from _place_column_findings(look, proposal)


def _text_findings(look: Look) -> Iterator[Finding]:
    """Look for headers that were decoded wrongly before they were saved; values are looked at row by row."""
    found = find_mojibake(look.seen)
    if found is not None:
        yield _finding(look, "OM-ENC-009", value=found[0][:40], mended=found[1][:40])


def _place_column_findings(look: Look, proposal: Proposal) -> Iterator[Finding]:
    """Say what is odd about the columns of places of a table."""
    if look.has_geometry:
        return
    both = next((match.column for match in proposal.matches if match.field == "(lon_lat)"), "")
    if both and not look.has_places:
        yield _finding(look, "OM-FLD-020", (both,), column=both)
    elif not look.has_places:
        yield _finding(look, "OM-FLD-025", kind=proposal.layer)


def _finding(look: Look, rule: str, columns: tuple[str, ...] = (), /, **values: object) -> Finding:
    """Name a fault of a layer."""
    layer = look.proposal.layer if look.proposal is not None else ""
    file = look.source.path.name
    return Finding(rule, layer=layer, file=file, values=values, sheet=look.source.layer, columns=columns)
