"""Bundles: folders and archives of files, whose layers are those of the files in them.

A layer bears the path of its file within the bundle ("roads/g219.shp"), in a format of many layers with the name of the
layer after it ("towers.xlsx#站址"). An archive is unpacked to a folder of its own, and every member is looked at by the
guard before it is opened, like any other file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onemap.errors import OnemapError, ReadError
from onemap.sources.guard import FOLDER, FORMATS
from onemap.sources.guard.contents import REFUSED
from onemap.sources.reader import Reader

__all__ = ["BUNDLES", "Member", "Resolved", "members", "resolved", "said_of"]

BUNDLES = frozenset({FOLDER, "KMZ", "ZIP"})
"""Names of the formats whose layers lie in files of their own."""

_MEMBER_LIMIT = 5_000
_NOT_LAYERS = {"GTiff", "ZIP", "KMZ"}
_BESIDE = frozenset(
    {
        *(".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".fbn", ".fbx", ".atx", ".ixs", ".mxs"),
        *(".dat", ".map", ".id", ".ind", ".mid", ".xsd", ".gfs", ".xml", ".cst", ".qmd", ".qml", ".sld", ".lyr"),
        *(".gpkg-wal", ".gpkg-shm"),
    }
)
_NAMED_BY_FILE = frozenset({"ESRI Shapefile", "GeoJSON", "FlatGeobuf", "MapInfo File", "CSV", "Parquet", "DXF"})
_SHOWN_NAMES = 40


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a bundle.

    Attributes
    ----------
    path
        Where it can be read.
    name
        Its path within the bundle, with "/"; empty where the bundle has no other.
    """

    path: Path
    name: str

    def layer_name(self, layer: str, driver: str) -> str:
        """Name a layer of it as a layer of the bundle.

        Parameters
        ----------
        layer
            Name in the file.
        driver
            Format of the file.

        Examples
        --------
        >>> Member(Path("a/towers.xlsx"), "a/towers.xlsx").layer_name("站址", "XLSX")
        'a/towers.xlsx#站址'
        """
        if not self.name or driver in _NAMED_BY_FILE or not layer:
            return self.name or layer
        return f"{self.name}#{layer}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The file that holds a layer.

    Attributes
    ----------
    member
        The file itself, or the one in a bundle.
    layer
        Layer in that file, None for its only one.
    left_out
        Names of the files of a bundle that are not read, given with its first layer only.
    """

    member: Member
    layer: str | None
    left_out: tuple[str, ...] = ()


@contextmanager
def resolved(path: Path, layer: str | None, reader: Reader) -> Iterator[Resolved]:
    """Find the file that holds a layer: the file itself, or a member of a folder or archive.

    Parameters
    ----------
    path
        File, folder or archive.
    layer
        Layer as `list_layers` names it; the path or the name of a member will do, where it holds one layer.
    reader
        Worker that looks into members, and keeps an archive unpacked for as long as it is open.

    Yields
    ------
    resolved
        The file and the layer in it. An error raised while it is read names the bundle.

    Raises
    ------
    ReadError
        If no member holds the layer, or several do and none is named.
    RefusedError
        If the archive or the member is hostile.

    Examples
    --------
    >>> with Reader() as reader, resolved(Path("towers.csv"), None, reader) as one:
    ...     one.layer
    Traceback (most recent call last):
    onemap.errors.ReadError: the file towers.csv must exist; check the path
    """
    driver = reader.driver_of(path)
    if driver not in BUNDLES:
        yield Resolved(Member(path, ""), layer)
        return
    with members(path, driver, reader) as (found, left_out):
        member, inner = _choose(path, found, layer, reader)
        try:
            yield Resolved(member, inner, left_out if member is found[0] else ())
        except OnemapError as error:
            raise said_of(error, path, member) from error


@contextmanager
def members(path: Path, driver: str, reader: Reader) -> Iterator[tuple[list[Member], tuple[str, ...]]]:
    """List the files of a bundle that hold layers, and the names of those that are not read.

    Parameters
    ----------
    path
        Folder or archive.
    driver
        One of `BUNDLES`.
    reader
        Worker that keeps an archive unpacked.

    Yields
    ------
    members
        The files, which lie there while this is open, and the names of the others.

    Raises
    ------
    ReadError
        If there is no file that could hold a layer, or there are more than can be meant.
    RefusedError
        If the archive is hostile.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("towers.csv", "letter.pdf"):
    ...     (folder / name).touch()
    >>> with Reader() as reader, members(folder, FOLDER, reader) as (found, left_out):
    ...     [member.name for member in found], left_out
    (['towers.csv'], ('letter.pdf',))
    """
    with nullcontext(path) if driver == FOLDER else reader.unpacked(path, driver) as root:
        data, other = _data_files(root)
        if not data:
            raise ReadError("file_without_layers", path=path)
        if len(data) > _MEMBER_LIMIT:
            raise ReadError("members_too_many", path=path, count=len(data), limit=_MEMBER_LIMIT)
        is_lone = driver == "KMZ" and len(data) == 1
        found = [Member(file, "" if is_lone else file.relative_to(root).as_posix()) for file in data]
        yield found, tuple(file.relative_to(root).as_posix() for file in other)


def _data_files(root: Path) -> tuple[list[Path], list[Path]]:
    """Part the files of a folder into those that hold layers and those that are neither that nor a part of one."""
    data: list[Path] = []
    other: list[Path] = []
    for file in _files(root):
        suffix = file.suffix.lower()
        (data if FORMATS.get(suffix, "GTiff") not in _NOT_LAYERS or suffix in REFUSED else other).append(file)
    texts = [file for file in data if file.suffix.lower() == ".txt"]
    if len(texts) < len(data):  # beside data, a text is a note about it
        data = [file for file in data if file not in texts]
        other += texts
    return data, [file for file in other if not _is_beside(file, data)]


def said_of(error: OnemapError, path: Path, member: Member) -> OnemapError:
    """Give an error about a member the path that a person knows: that of the bundle, and the member in it.

    Parameters
    ----------
    error
        As it was raised.
    path
        The bundle.
    member
        The file in it.

    Examples
    --------
    >>> error = ReadError("file_empty", path="/tmp/onemap-1/towers.csv")
    >>> str(said_of(error, Path("sent.zip"), Member(Path("/tmp/onemap-1/towers.csv"), "towers.csv")))
    'the file sent.zip/towers.csv must hold something, it is empty; ask for it again'
    """
    shown = f"{path}/{member.name}" if member.name else str(path)
    values: dict[str, Any] = {**error.values}
    if str(values.get("path", "")).startswith(str(member.path.parent)):
        values["path"] = shown
    return type(error)(error.text_id, **values)


def _files(root: Path) -> list[Path]:
    """List the files and geodatabases of a folder and its folders in order of name, hidden ones left out."""
    found: list[Path] = []
    for place, folders, names in os.walk(root):
        inside = Path(place)
        found += [inside / name for name in folders if name.lower().endswith(".gdb")]
        folders[:] = [name for name in folders if not name.startswith(".") and not name.lower().endswith(".gdb")]
        found += [inside / name for name in names if not name.startswith((".", "~$"))]
    return sorted(found)


def _is_beside(file: Path, data: list[Path]) -> bool:
    """Tell whether a file is a part of one that is read, such as the .dbf of a Shapefile."""
    stems = {one.with_suffix("") for one in data} | set(data)
    suffix = file.suffix.lower()
    return suffix in _BESIDE and (file.with_suffix("") in stems or file.with_suffix("").with_suffix("") in stems)


def _choose(path: Path, found: list[Member], layer: str | None, reader: Reader) -> tuple[Member, str | None]:
    """Find the member that holds a layer; the only one where none is named."""
    if len(found) == 1 and (not layer or not found[0].name):
        return found[0], layer
    if not layer:
        return _only_filled(path, found, reader)
    for member in found:
        if layer == member.name:
            return member, None
        if layer.startswith(f"{member.name}#"):
            return member, layer[len(member.name) + 1 :]
    alike = [member for member in found if layer in {member.path.name, member.path.stem}]
    if len(alike) != 1:
        raise ReadError("layer_missing", path=path, layer=layer, layers=_listed([member.name for member in found]))
    return alike[0], None


def _only_filled(path: Path, found: list[Member], reader: Reader) -> tuple[Member, str | None]:
    """Take the only layer of the bundle that holds rows."""
    filled: list[tuple[Member, str, str]] = []
    for member in found:
        try:
            facts, _ = reader.ask("describe", member.path)
        except OnemapError:
            filled.append((member, "", ""))  # which may be the one that is meant
            continue
        filled += [(member, one["name"], one["driver"]) for one in facts["layers"] if one["rows"]]
    if len(filled) != 1:
        names = [member.layer_name(name, driver) for member, name, driver in filled]
        raise ReadError("layer_not_chosen", path=path, layers=_listed(names or [member.name for member in found]))
    member, name, _ = filled[0]
    return member, name or None


def _listed(names: list[str]) -> str:
    """Give names as one line, not all of them where there are very many."""
    return "、".join(names[:_SHOWN_NAMES]) + ("……" if len(names) > _SHOWN_NAMES else "")
