"""Telecommunications layers for the land-spatial planning "one map".

::

    sources ──▶ layers ──▶ analyses ──▶ delivery ──▶ one map        views show any layer
    read        conform    compute      map, check, write

`import onemap` needs the core dependencies only and loads none of them: the public names are looked up when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_homes: dict[str, str] = {
    "conform": "onemap.layers.conform",
    "read_file": "onemap.sources",
    "read_raster": "onemap.sources",
    "load_project": "onemap.config",
}

__all__ = ["__version__", *sorted(_homes)]  # noqa: PLE0604  (names are texts)


def __getattr__(name: str) -> Any:
    """Import the module of a public name when it is first asked for."""
    if name not in _homes:
        msg = f"module 'onemap' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_homes[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
