"""Make an output as a whole: stage it beside the old one, read it back, swap it in.

::

    .OUT.onemap-lock   ← who writes it; freed by the system when that process ends in whatever way
    OUT.staging-PID    ← everything is written and read back here
    OUT → OUT.previous, OUT.staging-PID → OUT, OUT.previous removed

Whatever happens, a reader sees the whole old output or the whole new one. A kill between the two renames leaves the old
output as `OUT.previous`; whoever stages next puts it back first, and sweeps what was left beside it. Where OUT is a
link, all this happens beside the folder that it leads to, and the link stays. `file_staging` does the same for files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from onemap.errors import RefusedError, WriteError
from onemap.workflows.disk_proof import keep
from onemap.workflows.disk_space import said_if_full
from onemap.workflows.output_lock import OutputLock, busy, left_behind, locked
from onemap.workflows.swapping import STAGING, has_stagings, live_writer, put_right, swap_folder

__all__ = ["MANIFEST", "Put", "real_place", "recover", "recover_above", "staged", "staged_beside"]

MANIFEST = "manifest.json"
"""The file that marks a folder as an output of onemap; it is written last."""

Put = Callable[[Path, Path, OutputLock], None]
"""Puts what was staged in a folder in the place of an output, whose lock is held."""


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
        If the folder cannot be made, the disk is full, a file does not read back, or another process is writing the
        same output.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> with staged(out) as folder:
    ...     _ = (folder / "manifest.json").write_text("{}")
    >>> [item.name for item in out.iterdir()]
    ['manifest.json']
    """
    out = real_place(out)
    with _said(out, "output_unwritable"):
        out.parent.mkdir(parents=True, exist_ok=True)
    with staged_beside(out, require=_require_ours, put=swap_folder, problem="output_unwritable") as folder:
        yield folder


@contextmanager
def staged_beside(out: Path, *, require: Callable[[Path], None], put: Put, problem: str) -> Iterator[Path]:
    """Give an empty folder beside an output while its lock is held, and put what is in it in place at the end.

    Parameters
    ----------
    out
        The output, links followed; the folder that it is to lie in must exist.
    require
        Raises if something stands there that may not be replaced.
    put
        Puts the folder, or what is in it, in place.
    problem
        Id of the sentence for what the system does not let us write.

    Yields
    ------
    folder
        `OUT.staging-PID`. All of it is flushed to the disk and read back before it is put in place.

    Raises
    ------
    WriteError
        If somebody else writes the output, it cannot be written, or it does not read back. The old one stands then.
    """
    with ExitStack() as stack:
        with _said(out, problem), said_if_full(out, None):
            stack.enter_context(_said(out, problem))
            lock = stack.enter_context(locked(out))
            put_right(out, lock)
            require(out)
            folder = out.with_name(f"{out.name}.{STAGING}-{os.getpid()}")
            folder.mkdir()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        with said_if_full(out, folder):
            yield folder
            keep(folder)
            require(out)
            put(folder, out, lock)


def recover(out: Path) -> None:
    """Put back an old output that a killed process left aside, and sweep what it left.

    Parameters
    ----------
    out
        The output; nothing is touched where nothing is left over.

    Raises
    ------
    RefusedError
        If `out` has no name of its own: the root of a file system.
    WriteError
        If what is beside it cannot be looked at, renamed or removed, or somebody is writing it now.
    """
    out = real_place(out)
    with _said(out, "output_unwritable"):
        if left_behind(out) or has_stagings(out):
            with locked(out) as lock:
                put_right(out, lock)


def recover_above(path: Path) -> None:
    """Put back the output that a missing path lies in, if a killed process left it aside.

    Parameters
    ----------
    path
        What is to be read; nothing is done where it is there.

    Examples
    --------
    >>> import tempfile
    >>> recover_above(Path(tempfile.mkdtemp()) / "out" / "delivery")
    """
    place = real_place(path)
    while not place.exists() and place.name:
        if left_behind(place):
            recover(place)
        place = place.parent


def real_place(out: Path) -> Path:
    """Give the place that a path stands for, links followed.

    Raises
    ------
    RefusedError
        If it has no name of its own: the root of a file system.
    WriteError
        If links lead in a circle, or the name is too long.

    Examples
    --------
    >>> real_place(Path("/plans/2026/../out")).as_posix()
    '/plans/out'
    """
    try:
        real = Path(out).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise WriteError("output_unwritable", path=str(out), problem=str(error)) from error
    if not real.name:
        raise RefusedError("output_not_ours", path=str(real))
    return real


@contextmanager
def _said(out: Path, problem: str) -> Iterator[None]:
    """Say which output the operating system did not let us write; errors over files elsewhere pass."""
    try:
        yield
    except OSError as error:
        if error.filename and not str(error.filename).startswith(str(out.parent)):
            raise
        raise WriteError(problem, path=str(out), problem=error.strerror or str(error)) from error


def _require_ours(out: Path) -> None:
    """Refuse to replace what onemap did not make, or somebody else is making."""
    writer = live_writer(out)
    if writer is not None:
        raise busy(out, {"pid": writer})
    if not out.exists():
        return
    if not out.is_dir() or (any(out.iterdir()) and not (out / MANIFEST).is_file()):
        raise RefusedError("output_not_ours", path=str(out))
