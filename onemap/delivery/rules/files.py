"""Rules over the files of a delivery: names, the county in them, layers spelt right, what belongs beside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from onemap.delivery.checked import CheckContext
from onemap.delivery.profile_keys import name_pattern
from onemap.delivery.rules.registry import LayerFault, layer_rule, package_rule

__all__ = ["county_of_the_file", "file_name", "files_beside", "layer_spelt"]

_CONTAINERS = {".gdb", ".gpkg", ".mdb", ".vct"}


def _in_container(context: CheckContext) -> bool:
    """Tell whether the layer is in a file that holds many layers."""
    return PurePath(context.checked.file).suffix.lower() in _CONTAINERS


def _once_a_file(contexts: Sequence[CheckContext]) -> list[CheckContext]:
    """Give the first layer of each file."""
    return list({one.checked.file: one for one in reversed(contexts)}.values())


@package_rule("OM-PKG-105", when=lambda context: _in_container(context) and context.layer is not None)
def file_name(contexts: Sequence[CheckContext]) -> list[LayerFault]:
    """Require the name of the profile, whatever the ending."""
    found = []
    for one in _once_a_file(contexts):
        template = PurePath(one.profile.delivery.vector).stem
        if not name_pattern(template).fullmatch(PurePath(one.checked.file).stem):
            values = {"found": one.checked.file, "wanted": one.profile.delivery.vector}
            found.append(LayerFault("", one.checked.file, values))
    return found


@package_rule("OM-PKG-106", when=lambda context: _in_container(context) and context.districts is not None)
def county_of_the_file(contexts: Sequence[CheckContext]) -> list[LayerFault]:
    """Require that a file's name starts with the code of the county that its districts have."""
    found = []
    for one in _once_a_file(contexts):
        code = re.match(r"[0-9]{6}(?![0-9])", one.checked.file)
        counties = set() if one.districts is None else {str(code)[:6] for code in one.districts["code"].dropna()}
        if code and counties and code[0] not in counties:
            values = {"found": code[0], "wanted": ", ".join(sorted(counties))}
            found.append(LayerFault("", one.checked.file, values))
    return found


@layer_rule("OM-PKG-107", when=lambda context: not context.checked.problem)
def layer_spelt(context: CheckContext) -> list[Mapping[str, object]]:
    """Require layers spelt as in the profile: same letters, same case, no blanks."""
    plain = re.sub(r"[\s_]", "", context.checked.name).upper()
    wanted = next((one.code for one in context.profile.layers if one.code.replace("_", "").upper() == plain), "")
    if context.layer is not None or not wanted:
        return []
    return [{"layer": context.checked.name, "wanted": wanted}]


@package_rule("OM-PKG-108", when=lambda context: context.package is not None, named=True)
def files_beside(contexts: Sequence[CheckContext]) -> list[LayerFault]:
    """Require the metadata, report, note and tables that the profile names."""
    if not contexts:
        return []
    names = contexts[0].profile.delivery
    there = contexts[0].package or ()
    wanted = [one for one in (names.tables, names.metadata, names.report, names.note) if one]
    missing = [one for one in wanted if not any(name_pattern(one).fullmatch(PurePath(name).name) for name in there)]
    return [LayerFault("", "", {"wanted": one}) for one in missing]
