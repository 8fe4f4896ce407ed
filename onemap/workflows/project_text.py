"""A first project file as text: every line that is a guess carries its reason as a comment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from onemap.errors import CRSError
from onemap.layers.catalogue import catalogue
from onemap.layers.crs_names import datum_key, is_offset_system, parse_crs
from onemap.layers.guessing import FieldGuess, Proposal
from onemap.messages import text
from onemap.workflows.locating import Located
from onemap.workflows.looking import Look

__all__ = ["comment", "one_line", "quoted", "source_text", "usable"]

_DATUMS_TO_ASK = ("xian 1980", "beijing 1954", "new beijing")
_CANDIDATES = 4
_NO_FIELD = "("


def usable(look: Look, located: Located) -> bool:
    """Tell whether a source can be conformed as it is proposed.

    Parameters
    ----------
    look
        What is seen of the layer.
    located
        Its coordinate system: numbers in another scale, or in no system at all, are not used.
    """
    known = look.proposal is not None and not look.proposal.missing and look.has_places
    return known and (not len(look.points) or (bool(located.guesses) and located.guesses[0].scale == 1.0))


def source_text(path: str, source_layer: str, look: Look, located: Located, *, lang: str) -> str:
    """Write one `[[source]]`, as comments where it cannot be used as it is.

    Parameters
    ----------
    path, source_layer
        File as the project names it, and layer in it; empty for its only one.
    look
        What is seen of the layer.
    located
        Its coordinate system.
    lang
        Language of the comments.
    """
    proposal = look.proposal
    if proposal is None:
        title = f"# {one_line(f'{path} {source_layer}'.rstrip())}"
        columns = one_line(", ".join(look.seen) or "-")
        return "\n".join(["", title, *comment("init_unknown", lang, columns=columns)])
    lines = ["[[source]]", *_layer_lines(path, source_layer, look, lang)]
    lines += _place_lines(look, located, lang)
    lines += _field_lines(look, proposal, lang)
    lines += _table_lines(proposal, lang)
    lines += _datum_lines(located, lang)
    if not usable(look, located):
        lines = [
            *_why_not(look, proposal, located, lang),
            *(line if line.startswith("#") else f"# {line}" for line in lines),
        ]
    return "\n".join(["", *lines])


def comment(text_id: str, lang: str, **values: object) -> list[str]:
    """Give a text as lines of comment."""
    return [f"# {line}" for line in text(text_id, lang, **values).splitlines()]


def quoted(value: str) -> str:
    """Write a text as TOML does; what a file says stays a text."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def one_line(words: str) -> str:
    """Keep a text from a file inside its comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())


def _layer_lines(path: str, source_layer: str, look: Look, lang: str) -> Iterator[str]:
    """Write what the source is and how it is read."""
    best, others = look.guesses[0], look.guesses[1:3]
    named = ", ".join(f"{guess.layer} {guess.score:.2f}" for guess in others) or "-"
    yield from comment("init_layer", lang, layer=best.layer, score=f"{best.score:.2f}", others=named)
    yield f"layer = {quoted(best.layer)}"
    yield f"path = {quoted(path)}"
    if source_layer:
        yield f"source_layer = {quoted(source_layer)}"
    yield from _header_lines(look, lang)
    if look.source.encoding:
        yield f"# {one_line(text('init_encoding', lang, encoding=look.source.encoding))}"
    for finding in look.source.findings:
        if finding.rule.startswith("OM-ENC"):
            yield f"# {finding.rule} {one_line(finding.message(lang))}"


def _header_lines(look: Look, lang: str) -> Iterator[str]:
    """Write the row of the column names; one row cannot say names over several rows, which are found again by a run."""
    if (look.source.header_row or 1) == 1:
        return
    several = next((one for one in look.source.findings if one.rule == "OM-PKG-032"), None)
    numbered = any(one.rule == "OM-PKG-034" and one.row == look.source.header_row for one in look.source.findings)
    if several is None and not numbered:
        yield f"header_row = {look.source.header_row}{_because(text('init_header_row', lang))}"
    elif several is not None:
        yield f"# {several.rule} {one_line(several.message(lang))}"


def _place_lines(look: Look, located: Located, lang: str) -> Iterator[str]:
    """Write the columns of coordinates and the coordinate system, with what is not known."""
    proposal = look.proposal
    if proposal is not None and not look.has_geometry:
        if proposal.coordinates is not None:
            why = f"{proposal.coordinates.score:.2f} {text(proposal.coordinates.how, lang)}"
            for key, column in proposal.coordinates.fields.items():
                yield f"{key} = {quoted(column)}{_because(why)}"
        elif proposal.shape:
            yield f"shape = {quoted(proposal.shape)}{_because(text('init_shape', lang))}"
    for finding in located.findings:
        if finding.rule in {"OM-CRS-050", "OM-CRS-053", "OM-CRS-055", "OM-CRS-056", "OM-CRS-057"}:
            yield f"# !! {finding.rule} {one_line(finding.message(lang))}"
    yield from _crs_lines(located, lang)


def _crs_lines(located: Located, lang: str) -> Iterator[str]:
    """Write the coordinate system: declared, probable, or candidates to choose from."""
    likely, why = located.likely, one_line(located.reason(lang))
    if located.declared and not (located.contradicts and not located.is_doubtful):
        yield f"# {one_line(text('init_crs_declared', lang, crs=located.declared))}"
    elif likely and not located.is_doubtful:
        yield f"crs = {quoted(likely)}{_because(f'{located.guesses[0].score:.2f} {why}')}"
        if located.guesses[0].reason.startswith("crs_guess_degrees") and not located.hinted:
            yield from comment("init_crs_degrees", lang)
    else:
        yield from comment("init_crs_doubtful", lang)
        for guess in located.guesses[:_CANDIDATES]:
            yield f"# crs = {quoted(guess.crs)}{_because(f'{guess.score:.2f} {one_line(guess.why(lang))}')}"
        if not located.guesses:
            yield '# crs = ""'


def _field_lines(look: Look, proposal: Proposal, lang: str) -> Iterator[str]:
    """Write the mapping of fields with score and reason, and as comments the columns that nothing is mapped from."""
    schema = catalogue()[proposal.layer]
    by_field = {match.field: match for match in proposal.matches}
    yield "[source.fields]"
    for field in schema.fields.values():
        if field.name in by_field:
            match = by_field[field.name]
            yield f"{field.name} = {quoted(match.column)}{_because(_score(match, lang))}"
        elif field.name in proposal.missing:
            yield f'# {field.name} = ""   # {field.alias_zh}: {text("init_required", lang)}'
    yield from _unused(look, proposal, lang)


def _unused(look: Look, proposal: Proposal, lang: str) -> Iterator[str]:
    """Name the columns that nothing is mapped from, and why."""
    axes = proposal.coordinates.fields.values() if proposal.coordinates is not None else ()
    members = {column for known in proposal.members.values() for column in known}
    used = {match.column for match in proposal.matches if not match.field.startswith(_NO_FIELD)}
    reasons = {match.column: match for match in proposal.matches if match.field.startswith(_NO_FIELD)}
    for column in look.seen:
        if (
            column in used
            or column in members
            or column == proposal.shape
            or (column in axes and not look.has_geometry)
        ):
            continue
        if column in axes:
            why = text("init_place_in_geometry", lang)
        elif column in reasons:
            why = text(
                "init_not_kept", lang, field=reasons[column].field.strip("()"), reason=reasons[column].reason(lang)
            )
        else:
            why = text("init_not_known", lang)
        yield f"# {one_line(f'{quoted(column)}: {why}')}"


def _table_lines(proposal: Proposal, lang: str) -> Iterator[str]:
    """Write units, yes/no columns, constants and values."""
    if proposal.units:
        yield "[source.units]"
        for field, unit in proposal.units.items():
            yield f"{field} = {quoted(unit.value)}{_because(unit.reason(lang))}"
    for field, members in proposal.members.items():
        yield f"[source.yes_no.{field}]{_because(text('init_yes_no', lang))}"
        for column, member in members.items():
            yield f"{quoted(column)} = {quoted(member)}"
    if proposal.constants:
        yield "[source.constants]"
        for field, one in proposal.constants.items():
            yield f"{field} = {quoted(one.value)}{_because(one.reason(lang))}"
    for field, known in proposal.values.items():
        yield from _value_lines(field, known, lang)


def _value_lines(field: str, known: Mapping[str, str], lang: str) -> Iterator[str]:
    """Write what the values of one field mean; the unknown ones to be filled in."""
    yield f"[source.values.{field}]"
    for value, meant in known.items():
        if meant:
            yield f"{quoted(value)} = {quoted(meant)}"
        else:
            yield f'# {quoted(value)} = ""{_because(text("init_value", lang))}'


def _datum_lines(located: Located, lang: str) -> Iterator[str]:
    """Mark the place for the parameters of a datum that has no published shift."""
    crs = located.likely
    if crs is None or is_offset_system(crs):
        return
    try:
        datum = datum_key(parse_crs(crs))
    except CRSError:
        return
    if not datum.startswith(_DATUMS_TO_ASK):
        return
    yield from comment("init_datum", lang, datum=datum)
    for line in (
        "[source.datum_shift]",
        'method = "coordinate frame"        # "position vector"',
        "tx_m = ",
        "ty_m = ",
        "tz_m = ",
        "rx_arcsec = ",
        "ry_arcsec = ",
        "rz_arcsec = ",
        "scale_ppm = ",
        "accuracy_m = ",
    ):
        yield f"# {line}"


def _why_not(look: Look, proposal: Proposal, located: Located, lang: str) -> Iterator[str]:
    """Say why a source cannot be used as it is."""
    if proposal.missing:
        schema = catalogue()[proposal.layer]
        names = ", ".join(f"{name} ({schema.fields[name].alias_zh})" for name in proposal.missing)
        yield from comment("init_missing", lang, layer=proposal.layer, fields=names)
    if not look.has_places:
        yield from comment("init_no_places", lang)
    elif not proposal.missing:
        yield from comment("init_odd_places", lang)
        yield from (f"# {one_line(finding.message(lang))}" for finding in located.findings)


def _score(match: FieldGuess, lang: str) -> str:
    """Give the score and the reason of a match, with a mark where a person should look."""
    mark = "?? " if match.is_doubtful else ""
    return f"{mark}{match.score:.2f} {match.reason(lang)}"


def _because(reason: str) -> str:
    """Put a reason behind a line."""
    return f"   # {one_line(reason)}"
