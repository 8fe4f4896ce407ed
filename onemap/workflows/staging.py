"""Make an output folder as a whole: stage it beside the old one, swap it in by two renames.

::

    OUT.staging-PID   ← everything is written and read back here
    OUT → OUT.staging-PID.previous, OUT.staging-PID → OUT, OUT.staging-PID.previous removed

Whatever happens, a reader sees the whole old output or the whole new one. A kill between the two renames leaves the old
output as `OUT.staging-PID.previous`; whoever stages next puts it back first. Folders left by processes that are gone
are swept. Where OUT is a link, all this happens beside the folder that it leads to, and the link stays.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onemap.errors import OnemapError, RefusedError, WriteError

__all__ = ["MANIFEST", "recover", "staged"]

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
"""The file that marks a folder as an output of onemap; it is written last."""

PREVIOUS = "previous"
FULL_BYTES = 2_000_000  # with less than this free, a write that failed is taken to have failed for want of space


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give an empty folder to write to, and swap it in as `out` when the block ends without an error.

    Parameters
    ----------
    out
        Folder that is to hold the output. It may exist if it is empty or an output of onemap.

    Yields
    ------
    folder
        Sibling of `out` on the same file system. It is removed when the block ends with an error.

    Raises
    ------
    RefusedError
        If `out` holds something that onemap did not make.
    WriteError
        If the folder cannot be made, or another process is writing the same output.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> with staged(out) as folder:
    ...     _ = (folder / "manifest.json").write_text("{}")
    >>> [item.name for item in out.iterdir()]
    ['manifest.json']
    """
    out = _real(out)
    recover(out)
    with _said(out):
        _require_ours(out)
        folder = _make_folder(out)
    try:
        with _said_if_full(out):
            yield folder
        with _said(out):
            _flush_to_disk(folder)
            _swap(folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recover(out: Path) -> None:
    """Put back an old output that a killed process left aside, and sweep what dead processes left.

    Parameters
    ----------
    out
        Folder of the output.

    Raises
    ------
    RefusedError
        If `out` has no name of its own: the root of a file system.
    WriteError
        If the folders beside it cannot be looked at, renamed or removed.
    """
    out = _real(out)
    with _said(out):
        dead = [(folder, name) for folder, name, pid in _stagings(out) if not _alive(pid)]
        for folder, name in sorted(dead, key=lambda one: one[1] != PREVIOUS):
            if name == PREVIOUS and not out.exists():
                log.warning("the output %s was left aside by an interrupted run and is put back", out.name)
                folder.rename(out)
            else:
                shutil.rmtree(folder, ignore_errors=True)


def _real(out: Path) -> Path:
    """Give the folder that a path stands for, links followed."""
    try:
        real = Path(out).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise WriteError("output_unwritable", path=str(out), problem=str(error)) from error
    if not real.name:
        raise RefusedError("output_not_ours", path=str(real))
    return real


@contextmanager
def _said(out: Path) -> Iterator[None]:
    """Say which output the operating system did not let us write."""
    try:
        yield
    except OSError as error:
        raise WriteError("output_unwritable", path=str(out), problem=error.strerror or str(error)) from error


@contextmanager
def _said_if_full(out: Path) -> Iterator[None]:
    """Say that the disk is full, whatever a library called it."""
    try:
        yield
    except (OnemapError, OSError) as error:
        free_bytes = shutil.disk_usage(out.parent).free
        is_writing = isinstance(error, (OSError, WriteError))
        if is_writing and (free_bytes < FULL_BYTES or getattr(error, "errno", None) == errno.ENOSPC):
            raise WriteError("output_disk_full", path=str(out), kilobytes=free_bytes // 1000) from error
        raise


def _require_ours(out: Path) -> None:
    """Refuse to replace what onemap did not make."""
    if not out.exists():
        return
    if not out.is_dir() or (any(out.iterdir()) and not (out / MANIFEST).is_file()):
        raise RefusedError("output_not_ours", path=str(out))


def _make_folder(out: Path) -> Path:
    """Make the staging folder; refuse while another process has one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = out.with_name(f"{out.name}.staging-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    others = [pid for _, _, pid in _stagings(out) if pid != os.getpid()]
    if others:
        folder.rmdir()
        raise WriteError("output_busy", path=str(out), pid=others[0])
    return folder


def _stagings(out: Path) -> list[tuple[Path, str, int]]:
    """List the folders beside an output that runs made: the folder, "" or `PREVIOUS`, and the process."""
    start = f"{out.name}.staging-"
    if not out.parent.is_dir():
        return []
    found = []
    for folder in sorted(out.parent.iterdir()):
        pid, _, name = folder.name.removeprefix(start).partition(".")
        if folder.name.startswith(start) and pid.isdecimal() and name in {"", PREVIOUS}:
            found.append((folder, name, int(pid)))
    return found


def _alive(pid: int) -> bool:
    """Tell whether a process of this machine still runs."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _flush_to_disk(folder: Path) -> None:
    """Make sure that all files are on the disk before they are given their name."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _swap(folder: Path, out: Path) -> None:
    """Take the old output aside, put the new one in its place, remove the old one."""
    previous = folder.with_name(f"{folder.name}.{PREVIOUS}")
    if out.exists():
        out.rename(previous)
    try:
        folder.rename(out)
    except OSError:
        if previous.exists() and not out.exists():
            previous.rename(out)
        raise
    shutil.rmtree(previous, ignore_errors=True)
