"""Step 1: read what is there, unchanged, in a guarded worker process.

The names are looked up when first used, so that the worker, which lies below, starts without pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onemap.sources.files import LayerInfo, SourceLayer, StoredField, list_layers, read_file
    from onemap.sources.guard import sniff
    from onemap.sources.rasters import RasterInfo, describe_raster, read_elevation, read_raster
    from onemap.sources.reader import Reader, open_reader

__all__ = [
    "LayerInfo",
    "RasterInfo",
    "Reader",
    "SourceLayer",
    "StoredField",
    "describe_raster",
    "list_layers",
    "open_reader",
    "read_elevation",
    "read_file",
    "read_raster",
    "sniff",
]

_homes = {
    "LayerInfo": "files",
    "RasterInfo": "rasters",
    "Reader": "reader",
    "SourceLayer": "files",
    "StoredField": "files",
    "describe_raster": "rasters",
    "list_layers": "files",
    "open_reader": "reader",
    "read_elevation": "rasters",
    "read_file": "files",
    "read_raster": "rasters",
    "sniff": "guard",
}


def __getattr__(name: str) -> Any:
    """Import the module of a public name when it is first asked for."""
    if name not in _homes:
        msg = f"module 'onemap.sources' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"onemap.sources.{_homes[name]}"), name)
