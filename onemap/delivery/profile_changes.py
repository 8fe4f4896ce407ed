"""Profiles of annual maintenance: three layers for each layer of another profile, before, change and after.

Such a profile names its base and the fields that the change layers have besides; everything else comes from the base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from onemap.delivery.profile_keys import Part

__all__ = ["ChangeKeys", "expanded"]

_CODE = r"^[A-Z]{1,8}$"
_WHOLE_LAYER_KEYS = ("rules", "inside", "on_lines", "ends_at")  # ask for layers that are complete
_INHERITED = ("crs", "bsm", "districts", "area_check", "tolerances", "control_lines", "skip_status")


class ChangeKeys(Part):
    """Key `[changes]`: the profile whose deliveries are compared, and how the three layers of each layer are called.

    Attributes
    ----------
    base
        Name of the profile, or its file beside this one.
    before, change, after
        Beginnings of the codes of the three layers.
    added, changed, removed
        What the change layer says of a feature.
    """

    base: str
    before: Annotated[str, Field(pattern=_CODE)] = "WHQ"
    change: Annotated[str, Field(pattern=_CODE)] = "WHC"
    after: Annotated[str, Field(pattern=_CODE)] = "WHH"
    added: Annotated[str, Field(min_length=1)] = "1"
    changed: Annotated[str, Field(min_length=1)] = "2"
    removed: Annotated[str, Field(min_length=1)] = "3"


def expanded(content: Mapping[str, Any], base_of: Callable[[str], Mapping[str, Any]]) -> dict[str, Any]:
    """Give a profile of changes with the layers and fields that follow from its base.

    Parameters
    ----------
    content
        The profile as it stands in its file.
    base_of
        Reads the base by its name.

    Returns
    -------
    content
        The same, with `field` and `layer`; as it was if it has no table `[changes]`, or keys that are wrong.

    Examples
    --------
    >>> base = {
    ...     "field": [{"name": "MC"}],
    ...     "layer": [{"code": "A", "alias": "甲", "number": 1, "geometry": "Point", "from": ["towers"]}],
    ... }
    >>> whole = expanded({"name": "w", "changes": {"base": "b"}, "field": [{"name": "WHLX"}]}, lambda name: base)
    >>> [layer["code"] for layer in whole["layer"]]
    ['WHQA', 'WHCA', 'WHHA']
    >>> [(one["name"], one.get("layers")) for one in whole["field"]]
    [('MC', None), ('WHLX', ['WHCA'])]
    """
    given = content.get("field", [])
    if "changes" not in content or not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        return dict(content)
    try:
        keys = ChangeKeys.model_validate(content["changes"])
    except ValidationError:  # the profile's own reading names the key
        return dict(content)
    base = base_of(keys.base)
    marks = {"before": keys.before, "change": keys.change, "after": keys.after}
    titles = {"before": ("维护前", "before: "), "change": ("维护", "change: "), "after": ("维护后", "after: ")}
    layers, changed = [], []
    for layer in base.get("layer", ()):
        for name, mark in marks.items():
            zh, en = titles[name]
            whole = {key: value for key, value in layer.items() if key not in _WHOLE_LAYER_KEYS}
            code, alias = f"{mark}{layer.get('code', '')}", f"{zh}{layer.get('alias', '')}"
            english = {"alias_en": f"{en}{layer['alias_en']}"} if layer.get("alias_en") else {}
            layers.append({**whole, "code": code, "alias": alias, **english, "presence": "optional"})
        changed.append(f"{marks['change']}{layer.get('code', '')}")
    fields = [{**one, "layers": _with_marks(one["layers"], marks)} if "layers" in one else one for one in base["field"]]
    own = [{**one, "layers": changed} for one in given]
    inherited = {key: base[key] for key in _INHERITED if key in base}
    return {**inherited, **content, "field": [*fields, *own], "layer": layers}


def _with_marks(codes: list[str], marks: Mapping[str, str]) -> list[str]:
    """Give the codes of the three layers of each layer that a field of the base is for."""
    return [f"{mark}{code}" for code in codes for mark in marks.values()]
