"""Put a new output in the place of an old one, and put right what a kill in between left.

::

    a folder or geodatabase     OUT → OUT.previous, new → OUT, OUT.previous removed
    a file                      new → OUT, one rename
    the parts of a Shapefile    old parts → OUT.previous/, new parts → their places, OUT.previous removed

What is swapped is noted in the lock file first. Whoever locks the output next reads the note: where not all that is new
stands in its place, the old one is put back. `OUT.previous` of anybody else is never touched.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from onemap.workflows.disk_proof import sync_folder
from onemap.workflows.output_lock import OutputLock, started_at

__all__ = ["STAGING", "has_stagings", "live_writer", "put_right", "swap_file", "swap_folder", "swap_parts"]

log = logging.getLogger(__name__)

STAGING = "staging"
_PREVIOUS = "previous"
_CLOCK_S = 2.0  # the start of a process is known to about a second


def swap_folder(new: Path, out: Path, lock: OutputLock) -> None:
    """Swap a folder in by two renames.

    Parameters
    ----------
    new
        The new folder, on the file system of `out`.
    out
        Where it is to stand; what is there is removed when the new one stands.
    lock
        The lock of the output.

    Raises
    ------
    OSError
        If it cannot be renamed; the old one stands then.
    """
    previous = _free_name(out)
    lock.note({"new": _identity(new), "previous": previous.name})
    try:
        if out.exists():
            out.rename(previous)
            sync_folder(out.parent)
        new.rename(out)
    except OSError:
        if previous.exists() and not out.exists():
            previous.rename(out)
        lock.note({})
        raise
    sync_folder(out.parent)
    _remove(previous, lock)


def swap_file(new: Path, out: Path) -> None:
    """Swap a file in by one rename."""
    new.replace(out)
    sync_folder(out.parent)


def swap_parts(new: Sequence[Path], old: Sequence[Path], out: Path, lock: OutputLock) -> None:
    """Swap files in that belong together.

    Parameters
    ----------
    new
        The new parts, in one staging folder beside `out`, under their final names.
    old
        The parts that stand in their place now.
    out
        The part that names the output.
    lock
        The lock of the output.

    Raises
    ------
    OSError
        If one cannot be renamed; the old parts stand then.
    """
    previous = _free_name(out)
    staging = new[0].parent
    names = [part.name for part in new]
    lock.note({"staging": staging.name, "previous": previous.name, "parts": names})
    try:
        previous.mkdir()
        for part in old:
            part.rename(previous / part.name)
        sync_folder(out.parent)
        for part in new:
            part.rename(out.with_name(part.name))
    except OSError:
        _put_parts_back(staging, previous, names, out)
        lock.note({})
        raise
    sync_folder(out.parent)
    _remove(previous, lock)


def put_right(out: Path, lock: OutputLock) -> None:
    """Finish or undo what a killed writer had begun, and sweep what it left beside the output.

    Parameters
    ----------
    out
        The output.
    lock
        Its lock: nobody else writes, so that whatever was staged is left over.

    Raises
    ------
    OSError
        If something cannot be renamed or removed.
    """
    left = lock.left
    if left:
        previous = out.with_name(_plain(left.get("previous")))
        if left.get("parts") is not None:
            staging = out.with_name(_plain(left.get("staging")))
            _put_parts_back(staging, previous, [_plain(name) for name in left["parts"]], out)
        elif previous.is_dir() and not out.exists():
            log.warning("the output %s was left aside by an interrupted run and is put back", out.name)
            previous.rename(out)
        if not previous.exists():
            lock.note({})
        elif left.get("parts") is not None or _identity(out) == left.get("new"):
            _remove(previous, lock)
        else:
            log.warning("%s holds the output from before an interrupted run, %s is not its", previous.name, out.name)
            lock.note({})
        sync_folder(out.parent)
    for folder, pid, is_old in _stagings(out):
        if _is_owned(pid, folder):
            continue
        if is_old and not out.exists():
            folder.rename(out)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def live_writer(out: Path) -> int | None:
    """Give the process that stages an output without holding its lock, as earlier versions did; None if none does."""
    return next((pid for folder, pid, _ in _stagings(out) if _is_owned(pid, folder)), None)


def has_stagings(out: Path) -> bool:
    """Tell whether something staged stands beside an output."""
    return bool(_stagings(out))


def _put_parts_back(staging: Path, previous: Path, names: Sequence[str], out: Path) -> None:
    """Give the old parts their places again, unless all new ones stand."""
    waiting = [name for name in names if (staging / name).exists()]
    if not waiting or not previous.is_dir():
        return
    for name in set(names) - set(waiting):
        out.with_name(name).unlink(missing_ok=True)
    for part in sorted(previous.iterdir()):
        part.rename(out.with_name(part.name))


def _remove(previous: Path, lock: OutputLock) -> None:
    """Remove the old output; the note goes when nothing is left of it."""
    shutil.rmtree(previous, ignore_errors=True)
    if not previous.exists():
        lock.note({})


def _free_name(out: Path) -> Path:
    """Name the place where the old output waits: one that nobody uses."""
    number, place = 1, out.with_name(f"{out.name}.{_PREVIOUS}")
    while os.path.lexists(place):
        number += 1
        place = out.with_name(f"{out.name}.{_PREVIOUS}-{number}")
    return place


def _plain(name: object) -> str:
    """Require a plain name: the note of a lock file leads nowhere else."""
    if not isinstance(name, str) or name in {"", ".", ".."} or Path(name).name != name:
        msg = f"the note of a lock must hold plain names, got {name!r}"
        raise OSError(msg)
    return name


def _identity(path: Path) -> list[int] | None:
    """Give what stays the same when a folder is renamed."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return [found.st_dev, found.st_ino]


def _stagings(out: Path) -> list[tuple[Path, int, bool]]:
    """List the staging folders beside an output: the folder, its process, and whether an old output waits in it.

    Earlier versions put the old output aside as `OUT.staging-PID.previous`.
    """
    named = re.compile(rf"{re.escape(out.name)}\.{STAGING}-(\d+)(\.{_PREVIOUS})?")
    if not out.parent.is_dir():
        return []
    items = [(item, named.fullmatch(item.name)) for item in sorted(out.parent.iterdir())]
    return [(item, int(found[1]), found[2] is not None) for item, found in items if found and item.is_dir()]


def _is_owned(pid: int, folder: Path) -> bool:
    """Tell whether another process made a folder: it runs, and did so before anything was put into the folder."""
    began = None if pid == os.getpid() else started_at(pid)
    return began is not None and began <= folder.stat().st_mtime + _CLOCK_S
