"""Make an output folder as a whole: stage it beside the old one, swap it in by two renames.

::

    OUT.staging-PID   ← everything is written and read back here
    OUT → OUT.previous, OUT.staging-PID → OUT, OUT.previous removed

Whatever happens, a reader sees the whole old output or the whole new one. A kill between the two renames leaves the old
output as `OUT.previous`; whoever stages next puts it back first. Folders left by processes that are gone are swept.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onemap.errors import RefusedError, WriteError

__all__ = ["MANIFEST", "recover", "staged"]

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
"""The file that marks a folder as an output of onemap; it is written last."""


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
    out = Path(out).absolute()
    try:
        recover(out)
        _require_ours(out)
        folder = _make_folder(out)
    except OSError as error:
        raise WriteError("output_unwritable", path=str(out), problem=error.strerror or str(error)) from error
    try:
        yield folder
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
    """
    previous = _previous(out)
    if previous.exists():
        if out.exists():
            shutil.rmtree(previous)
        else:
            log.warning("the output %s was left aside by an interrupted run and is put back", out.name)
            previous.rename(out)
    for folder, pid in _stagings(out):
        if not _alive(pid):
            shutil.rmtree(folder, ignore_errors=True)


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
    others = [pid for _, pid in _stagings(out) if pid != os.getpid()]
    if others:
        folder.rmdir()
        raise WriteError("output_busy", path=str(out), pid=others[0])
    return folder


def _stagings(out: Path) -> list[tuple[Path, int]]:
    """List the staging folders of an output with the process that made each."""
    found = []
    for folder in out.parent.glob(f"{out.name}.staging-*"):
        pid = folder.name.rpartition("-")[2]
        if pid.isdigit():
            found.append((folder, int(pid)))
    return found


def _alive(pid: int) -> bool:
    """Tell whether a process of this machine still runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
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
    previous = _previous(out)
    if out.exists():
        out.rename(previous)
    folder.rename(out)
    shutil.rmtree(previous, ignore_errors=True)


def _previous(out: Path) -> Path:
    """Name of the old output while the new one is swapped in."""
    return out.with_name(f"{out.name}.previous")
