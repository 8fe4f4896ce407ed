"""The files that a check looks at, read again: for the shapes of faults, and to be mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from onemap.errors import OnemapError, ReadError, RefusedError
from onemap.sources import Reader, SourceLayer, list_layers, read_file
from onemap.workflows.checking import ENDINGS, SKIPPED_LAYER_NAMES

__all__ = ["checked_files", "read_layers"]


def checked_files(path: Path) -> list[Path]:
    """Name the files that a check of a path looks at.

    Parameters
    ----------
    path
        File, geodatabase or folder, as `check_path` takes it.

    Returns
    -------
    files
        The file itself; of a folder the first geodatabase or GeoPackage, else all Shapefiles.

    Raises
    ------
    ReadError
        If there is nothing to check.
    """
    if path.is_file() or path.suffix.lower() == ".gdb":
        return [path]
    for ending in ENDINGS:
        found = sorted(item for item in path.rglob(f"*{ending}") if not item.name.startswith("."))
        if found:
            return found if ending in {".shp", ".geojson"} else found[:1]
    raise ReadError("nothing_to_check", path=str(path), endings=" ".join(ENDINGS))


def read_layers(file: Path, reader: Reader) -> Iterator[tuple[str, SourceLayer]]:
    """Read the layers of a file that can be read, one by one.

    Parameters
    ----------
    file
        One of `checked_files`.
    reader
        The worker that reads.

    Yields
    ------
    name, layer
        Name as findings have it, and the layer.

    Raises
    ------
    RefusedError
        If the file is hostile.
    """
    for info in list_layers(file, reader=reader):
        if info.name in SKIPPED_LAYER_NAMES:
            continue
        try:
            yield info.name or file.stem, read_file(file, layer=info.name or None, reader=reader)
        except RefusedError:
            raise
        except OnemapError:  # the check has said so already
            continue
