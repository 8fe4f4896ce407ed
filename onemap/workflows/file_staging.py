"""Make one output file, geodatabase or Shapefile as a whole, beside the old one.

::

    OUT.staging-PID/             ← it is written and read back here
    OUT.staging-PID.previous/    ← an old one of several parts waits here until all new parts stand in its place

A single file is put in place by one rename. A Shapefile or geodatabase needs several; a kill between them leaves the
old parts, and whoever writes next puts them back first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onemap.errors import RefusedError, WriteError

__all__ = ["staged_file"]

_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".shp.xml")
_MARK = "a00000001.gdbtable"


@contextmanager
def staged_file(out: Path) -> Iterator[Path]:
    """Give a path to write to, and put what is there in the place of `out` when the block ends without an error.

    Parameters
    ----------
    out
        File, `.gdb` folder or `.shp` wanted; an old one is replaced.

    Yields
    ------
    path
        Path of the same name in a folder beside it, removed in any case.

    Raises
    ------
    RefusedError
        If something else stands there: a folder, or a folder ending in `.gdb` that is no geodatabase.
    WriteError
        If the system does not let it be written.
    """
    out = Path(out).absolute()
    folder = out.with_name(f"{out.name}.staging-{os.getpid()}")
    try:
        _require_replaceable(out)
        _recover(out)
        folder.mkdir()
    except OSError as error:
        raise WriteError("file_unwritable", path=str(out), problem=error.strerror or str(error)) from error
    try:
        yield folder / out.name
        _flush(folder)
        _put_in_place(folder, out)
    except OSError as error:
        raise WriteError("file_unwritable", path=str(out), problem=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _require_replaceable(out: Path) -> None:
    """Refuse to replace what is no output of this kind."""
    if out.suffix.lower() == ".gdb":
        fits = not out.exists() or (out.is_dir() and ((out / _MARK).is_file() or not any(out.iterdir())))
    else:
        fits = not out.exists() or out.is_file()
    if not fits:
        raise RefusedError("convert_not_a_file", path=str(out))
    if not out.parent.is_dir():
        raise WriteError("delivery_folder_missing", path=str(out.parent))


def _parts(out: Path) -> list[Path]:
    """List what stands at a path now: the file, the folder, or the parts of a Shapefile."""
    if out.suffix.lower() != ".shp":
        return [out] if out.exists() else []
    return [part for suffix in _SHAPEFILE_PARTS if (part := out.with_name(out.stem + suffix)).exists()]


def _flush(folder: Path) -> None:
    """Make sure that all files are on the disk before they get their names."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put_in_place(folder: Path, out: Path) -> None:
    """Move the new parts in; the old ones wait aside until all stand."""
    made = sorted(folder.iterdir())
    if len(made) == 1 and made[0].is_file():
        made[0].replace(out)
        return
    previous = folder.with_name(f"{folder.name}.previous")
    previous.mkdir()
    try:
        for part in _parts(out):
            part.rename(previous / part.name)
        for part in made:
            part.rename(out.with_name(part.name))
    except OSError:
        _put_back(folder, previous, out)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _put_back(folder: Path, previous: Path, out: Path) -> None:
    """Take away the new parts that stand already and give the old ones their places again."""
    for part in _parts(out):
        if not (folder / part.name).exists() and not part.is_dir():
            part.unlink()
    for part in previous.iterdir():
        if not (place := out.with_name(part.name)).exists():
            part.rename(place)
    shutil.rmtree(previous, ignore_errors=True)


def _recover(out: Path) -> None:
    """Finish what a killed process left: put the old parts back unless all new ones stand; sweep."""
    start = f"{out.name}.staging-"
    for folder in sorted(out.parent.glob(f"{_escaped(start)}*"), key=lambda one: not one.name.endswith(".previous")):
        pid, _, ending = folder.name.removeprefix(start).partition(".")
        if not pid.isdecimal() or (_alive(int(pid)) and int(pid) != os.getpid()):
            continue
        staging = folder.with_name(f"{start}{pid}")
        if ending == "previous" and staging.is_dir() and any(staging.iterdir()):
            _put_back(staging, folder, out)
        shutil.rmtree(folder, ignore_errors=True)


def _escaped(name: str) -> str:
    """Write a name for a pattern of file names."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in name)


def _alive(pid: int) -> bool:
    """Tell whether a process of this machine still runs."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
