"""Paths: plain files and folders on this machine, no links that lead out of their folder."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from onemap.errors import ReadError, RefusedError

__all__ = ["file_mode", "refuse_link_out", "refuse_strange_kind", "require_local", "shown"]

_NOT_A_FILE = re.compile(r"/vsi|[A-Za-z][A-Za-z0-9_+.-]+:|[/\\]{2}[^/\\]+[/\\]|\\\\", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST_SHOWN = 300


def require_local(path: str | Path) -> None:
    """Refuse a path that is no plain path on this machine: a URL, `/vsi…`, a driver prefix, a network share.

    Parameters
    ----------
    path
        As it was written; a `Path` has lost a slash of a URL.

    Raises
    ------
    RefusedError
        If it is none, or holds characters that steer a terminal or turn the direction of writing.

    Examples
    --------
    >>> require_local("https://example.org/towers.csv")
    Traceback (most recent call last):
    onemap.errors.RefusedError: a source must be a file on this machine, got https://example.org/towers.csv; ...
    """
    if _NOT_A_FILE.match(str(path)) or "\0" in str(path):
        raise RefusedError("path_not_local", path=shown(path))
    if _CONTROL.search(str(path)):
        raise RefusedError("path_control_characters", path=shown(path))


def shown(path: str | Path) -> str:
    r"""Give a path as one short line that steers no terminal.

    Examples
    --------
    >>> shown("towers\n.csv")
    'towers?.csv'
    """
    return "".join(character if character.isprintable() else "?" for character in str(path))[:_LONGEST_SHOWN]


def file_mode(path: Path) -> int:
    """Give the kind of a file as the system holds it, following links.

    Raises
    ------
    ReadError
        If it is missing or cannot be looked at.

    Examples
    --------
    >>> import stat
    >>> stat.S_ISDIR(file_mode(Path("/")))
    True
    """
    try:
        return path.stat().st_mode
    except FileNotFoundError as error:
        raise ReadError("file_missing", path=shown(path)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ReadError("file_unreadable", path=shown(path), reason=reason) from error


def refuse_link_out(path: Path) -> None:
    """Refuse a link to a file outside the folder that holds the link.

    Raises
    ------
    RefusedError
        If it is one.

    Examples
    --------
    >>> refuse_link_out(Path("towers.csv"))
    """
    if path.is_symlink() and path.resolve().parent != path.parent.resolve():
        raise RefusedError("file_link_out", path=shown(path))


def refuse_strange_kind(path: Path) -> None:
    """Refuse what is no regular file (a pipe, a socket, a device, a folder) or leads out of its folder.

    Raises
    ------
    RefusedError
        If it is.
    ReadError
        If it is missing.

    Examples
    --------
    >>> refuse_strange_kind(Path("/dev/null"))
    Traceback (most recent call last):
    onemap.errors.RefusedError: a source must be a regular file, /dev/null is not; ...
    """
    refuse_link_out(path)
    if not stat.S_ISREG(file_mode(path)):
        raise RefusedError("file_not_regular", path=shown(path))
