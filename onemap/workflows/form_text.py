"""A filled form as a source of a project file: exact, so nothing in it is a guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from onemap.findings import Finding
from onemap.layers.conform import LayerMapping
from onemap.messages import text
from onemap.workflows.project_text import comment, one_line, quoted

__all__ = ["form_text"]

_UNREAD = "OM-PKG-061"
_PLACES = ("lon", "lat", "shape")


def form_text(
    path: str,
    source_layer: str,
    mapping: LayerMapping,
    *,
    header_row: int | None,
    findings: Sequence[Finding],
    lang: str,
) -> str:
    """Write one `[[source]]` for a filled form.

    Parameters
    ----------
    path, source_layer
        File as the project names it, and sheet in it; empty for its only one.
    mapping
        Its mapping, from `FilledForms.mapping_of`.
    header_row
        Row of the headers.
    findings
        What is wrong with the form as a whole.
    lang
        Language of the comments.
    """
    lines = ["", "[[source]]", *comment("init_form", lang, layer=mapping.layer)]
    lines += [f"# !! {one.rule} {one_line(one.message(lang))}" for one in findings if one.severity != "info"]
    lines += [f"layer = {quoted(mapping.layer)}", f"path = {quoted(path)}"]
    lines += [f"source_layer = {quoted(source_layer)}"] if source_layer else []
    lines += [f"header_row = {header_row}"] if (header_row or 1) > 1 else []
    contradicted = any(
        one.rule == _UNREAD and mapping.crs in str(one.values.get("wanted")) for one in findings if mapping.crs
    )
    crs = f"crs = {quoted(mapping.crs)}{_because('init_form_crs', lang)}" if mapping.crs else ""
    lines += [f"# {crs}" if contradicted else crs] if crs else []
    for key in _PLACES:
        column = getattr(mapping, key)
        lines += [f"{key} = {quoted(column)}"] if column else []
    lines += _table("fields", mapping.fields)
    lines += _table("constants", {name: str(value) for name, value in mapping.constants.items()})
    lines += [*_tables("yes_no", mapping.yes_no), *_tables("values", mapping.values)]
    if mapping.leave_out:
        lines.append(f"[source.leave_out]{_because('init_form_example', lang)}")
        for column, marks in mapping.leave_out.items():
            lines.append(f"{quoted(column)} = [{', '.join(quoted(str(mark)) for mark in marks)}]")
    return "\n".join(lines)


def _table(name: str, content: Mapping[str, str]) -> Iterator[str]:
    """Write a table of texts."""
    if content:
        yield f"[source.{name}]"
        yield from (f"{key} = {quoted(value)}" for key, value in content.items())


def _tables(name: str, content: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Write a table of tables, one on a line."""
    if content:
        yield f"[source.{name}]"
        for key, inner in content.items():
            pairs = ", ".join(f"{quoted(word)} = {quoted(value)}" for word, value in inner.items())
            yield f"{key} = {{ {pairs} }}"


def _because(text_id: str, lang: str) -> str:
    """Put a reason behind a line."""
    return f"   # {one_line(text(text_id, lang))}"
