"""The files that a check looks at: found, and read as they are stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from onemap.delivery.checked import CheckedField, CheckedLayer, stored_kind
from onemap.delivery.profile import Profile
from onemap.delivery.profile_keys import name_pattern
from onemap.errors import OnemapError, ReadError, RefusedError
from onemap.sources import LayerInfo, Reader, SourceLayer, list_layers, read_file
from onemap.vct.grammar import kind_of_type
from onemap.workflows.staging import recover_above

__all__ = ["ENDINGS", "checked_files", "files_left", "read_checked", "read_layers", "read_tables"]

ENDINGS = (".gdb", ".gpkg", ".shp", ".geojson", ".vct")
"""What is looked for in a folder, in order: of one delivery in several formats the first is checked."""

_SKIPPED_LAYER_NAMES = {"layer_styles"}

_EXCHANGE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "text": "text",
        "whole": "integer",
        "number": "number",
        "yes-no": "boolean",
        **dict.fromkeys(("date", "time", "date-time"), "date"),
    }
)


def checked_files(path: Path) -> list[Path]:
    """Name the files that a check of a path looks at; a delivery that a killed run left aside is put back first.

    Parameters
    ----------
    path
        File, geodatabase or folder, as `check_path` takes it.

    Returns
    -------
    files
        The file itself; of a folder the first geodatabase or GeoPackage, else all Shapefiles, all GeoJSON files, or the
        first VCT file.

    Raises
    ------
    ReadError
        If there is nothing to check.
    """
    if not path.exists():
        recover_above(path)
    if not path.exists():
        raise ReadError("file_missing", path=str(path))
    if path.is_file() or path.suffix.lower() == ".gdb":
        return [path]
    for ending in ENDINGS:
        found = _with_ending(path, ending)
        if found:
            return found if ending in {".shp", ".geojson"} else found[:1]
    raise ReadError("nothing_to_check", path=str(path), endings=" ".join(ENDINGS))


def files_left(path: Path, files: Sequence[Path]) -> list[Path]:
    """Name the files of a folder that have the format of those checked, and are not among them.

    Parameters
    ----------
    path
        What was asked for.
    files
        What `checked_files` gave for it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("north.gpkg", "south.gpkg"):
    ...     _ = (folder / name).write_bytes(b"")
    >>> [file.name for file in files_left(folder, checked_files(folder))]
    ['south.gpkg']
    """
    if path in files:
        return []
    return [item for item in _with_ending(path, files[0].suffix.lower()) if item not in files]


def _with_ending(folder: Path, ending: str) -> list[Path]:
    """List what has an ending, in whatever case, in a folder and those in it."""
    return sorted(item for item in folder.rglob("*") if item.suffix.lower() == ending and not item.name.startswith("."))


def read_checked(file: Path, reader: Reader) -> list[CheckedLayer]:
    """Read each layer of a file as it is stored; one that cannot be read is a fault, not an end.

    Parameters
    ----------
    file
        One of `checked_files`.
    reader
        The worker that reads.

    Returns
    -------
    layers
        The layers; `problem` says why one could not be read.

    Raises
    ------
    RefusedError
        If the file is hostile.
    """
    try:
        infos = [info for info in list_layers(file, reader=reader) if info.name not in _SKIPPED_LAYER_NAMES]
    except RefusedError:  # a hostile file is not looked into for faults
        raise
    except OnemapError as error:
        return [_unreadable(file.stem, file, error)]
    checked = []
    for info in infos:
        try:
            checked.append(_checked(info, read_file(file, layer=info.name or None, reader=reader), file))
        except OnemapError as error:
            checked.append(_unreadable(info.name or file.stem, file, error))
    return checked


def read_tables(folder: Path, profile: Profile, reader: Reader) -> tuple[dict[str, pd.DataFrame], list[CheckedLayer]]:
    """Read the tables of a delivery whose totals the profile compares with layers.

    Parameters
    ----------
    folder
        Folder of the delivery; its workbooks are known by the name that the profile gives tables.
    profile
        Its totals name the sheets.
    reader
        The worker that reads.

    Returns
    -------
    tables, unreadable
        Sheet → its rows; and a stand-in, whose `problem` says why, for each workbook or sheet that cannot be read.

    Raises
    ------
    RefusedError
        If a workbook is hostile.
    """
    wanted = {one.table for one in profile.totals}
    pattern = name_pattern(profile.delivery.tables)
    files = sorted(item for item in folder.iterdir() if wanted and item.is_file() and pattern.fullmatch(item.name))
    tables: dict[str, pd.DataFrame] = {}
    unreadable = []
    for file in files:
        try:
            for info in list_layers(file, reader=reader):
                if info.name in wanted:
                    tables[info.name] = read_file(file, layer=info.name, reader=reader).frame
        except RefusedError:
            raise
        except OnemapError as error:
            unreadable.append(_unreadable(file.stem, file, error))
    return tables, unreadable


def _checked(info: LayerInfo, source: SourceLayer, file: Path) -> CheckedLayer:
    """Give a layer as read together with how it is stored."""
    kind_of = _exchange_kind if source.driver == "VCT" else stored_kind
    frame = source.frame
    fields = tuple(CheckedField(one.name, kind_of(one.type), one.width, one.decimals) for one in source.stored)
    fields = fields or tuple(CheckedField(str(name), "text") for name in frame.columns)  # a CSV holds text only
    if source.geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(source.geometry, index=frame.index), crs=source.crs)
    return CheckedLayer(
        name=info.name or file.stem, frame=frame, fields=fields, crs=source.crs, driver=source.driver, file=file.name
    )


def _exchange_kind(type_name: str) -> str:
    """Tell the kind of a field from the name of its type in VCT."""
    return _EXCHANGE_KINDS[kind_of_type(type_name)]


def _unreadable(name: str, file: Path, error: OnemapError) -> CheckedLayer:
    """Stand in for a layer that cannot be read."""
    return CheckedLayer(name=name, frame=gpd.GeoDataFrame(), fields=(), crs=None, file=file.name, problem=str(error))


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
        if info.name in _SKIPPED_LAYER_NAMES:
            continue
        try:
            yield info.name or file.stem, read_file(file, layer=info.name or None, reader=reader)
        except RefusedError:
            raise
        except OnemapError:  # the check has said so already
            continue
