"""Tell a full disk from other faults, whatever a library makes of it."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onemap.errors import OnemapError, WriteError

__all__ = ["disk_full", "said_if_full"]

FULL_BYTES = 2_000_000
"""With less than this free, what failed in writing is taken to have failed for want of space."""

_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_WORDS = ("no space left", "disk is full", "disk full", "quota exceeded", "file too large")
"""What libraries that swallow the number of an error write in its place."""


@contextmanager
def said_if_full(out: Path, folder: Path | None) -> Iterator[None]:
    """Say that the disk is full, where something in the block failed for that.

    Parameters
    ----------
    out
        The output, for the sentence.
    folder
        Folder that is written to; None as long as there is none.

    Raises
    ------
    WriteError
        In place of any error that a full disk explains; others pass.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OnemapError) and not isinstance(error, WriteError):
            raise
        full = disk_full(error, folder, out=out)
        if full is None:
            raise
        raise full from error


def disk_full(error: BaseException, folder: Path | None, *, out: Path) -> WriteError | None:
    """Give the error to raise if there was no room to write; None if that is not why.

    Parameters
    ----------
    error
        What was raised.
    folder
        Folder that was written to; None if there was none yet.
    out
        The output, for the sentence.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> disk_full(OSError(errno.ENOSPC, "No space left on device"), None, out=out).text_id
    'output_disk_full'
    >>> disk_full(ValueError("a wrong value"), None, out=out)
    """
    if isinstance(error, WriteError) and error.text_id in {"output_disk_full", "output_size_limited"}:
        return error
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit != resource.RLIM_INFINITY and folder is not None and _largest(folder) >= limit:
        return WriteError("output_size_limited", path=str(out), kilobytes=limit // 1000)
    free = _free_bytes(out.parent)
    if free < FULL_BYTES or any(map(_says_full, _chain(error))):
        return WriteError("output_disk_full", path=str(out), kilobytes=free // 1000)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give an error and those that it came from."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _says_full(error: BaseException) -> bool:
    """Tell an error of the system, or one that quotes it."""
    return getattr(error, "errno", None) in _NUMBERS or any(words in str(error).lower() for words in _WORDS)


def _free_bytes(folder: Path) -> int:
    """Give the room left where a folder lies, or lay."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _largest(folder: Path) -> int:
    """Give the size of the largest file in a folder."""
    sizes = [0]
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append((Path(place) / name).stat().st_size)
            except OSError:  # a library removes its own half file
                continue
    return max(sizes)
