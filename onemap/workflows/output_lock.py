"""One writer an output: a lock file beside it says who writes, and what to put right if that writer is killed.

::

    .OUT.onemap-lock   user, host, process, since when; while a swap is under way also what is swapped

The kernel frees the lock of a process that ends in whatever way, so that a file left by a dead process hinders nobody
and a process number that is in use again by somebody else means nothing. Where a file system knows no locks, the record
in the file decides: host, start of the machine, process and the time at which that process started.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onemap.errors import WriteError

__all__ = ["OutputLock", "busy", "left_behind", "lock_file", "locked", "started_at"]

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
_LONGEST_RECORD = 1 << 20  # bytes
_START_FIELD = 19  # of /proc/PID/stat, counted after the name of the program


@dataclass(frozen=True, slots=True)
class OutputLock:
    """The lock of an output, held.

    Attributes
    ----------
    path
        The lock file.
    handle
        Its open descriptor.
    left
        What a killed writer had noted of a swap; empty if none was under way.
    """

    path: Path
    handle: int
    left: Mapping[str, Any]

    def note(self, swap: Mapping[str, object]) -> None:
        """Write down what is about to be swapped, or that nothing is, and have it on the disk on return.

        Parameters
        ----------
        swap
            Plain values; empty for nothing.
        """
        content = json.dumps({**_self(), **({"swap": dict(swap)} if swap else {})}, ensure_ascii=False).encode()
        os.pwrite(self.handle, content.ljust(os.fstat(self.handle).st_size), 0)  # never shorter: no moment without text
        os.fsync(self.handle)

    def release(self) -> None:
        """Let the next one write; the file stays where a swap could not be put right."""
        try:
            is_ours = _stands_at(self.handle, self.path)
            if is_ours and not _record(self.handle).get("swap"):
                self.path.unlink(missing_ok=True)
        finally:
            os.close(self.handle)


def lock_file(out: Path) -> Path:
    """Give the place of the lock file of an output.

    Examples
    --------
    >>> lock_file(Path("plans/out.gpkg")).as_posix()
    'plans/.out.gpkg.onemap-lock'
    """
    return out.with_name(f".{out.name}.onemap-lock")


def left_behind(out: Path) -> bool:
    """Tell whether a lock file stands beside an output: of somebody who writes, or of somebody who was killed."""
    return lock_file(out).exists()


def busy(out: Path, owner: Mapping[str, Any]) -> WriteError:
    """Give the error that says who writes an output.

    Examples
    --------
    >>> busy(Path("out"), {"pid": 7, "host": "office"}).values["user"]
    '?'
    """
    known = {name: owner.get(name, "?") for name in ("user", "host", "pid", "since")}
    return WriteError("output_busy", path=str(out), **known)


@contextmanager
def locked(out: Path) -> Iterator[OutputLock]:
    """Hold the lock of an output while the block runs.

    Parameters
    ----------
    out
        The output; the folder that it is to lie in must exist.

    Yields
    ------
    lock
        The lock, with what a killed writer left in it.

    Raises
    ------
    WriteError
        If somebody else holds it; the sentence says who, where and since when.
    OSError
        If the lock file cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> with locked(out), locked(out):
    ...     pass
    Traceback (most recent call last):
    onemap.errors.WriteError: ... is writing it ...
    >>> lock_file(out).exists()
    False
    """
    path = lock_file(out)
    handle = _acquire(path, out)
    lock = OutputLock(path, handle, _record(handle).get("swap") or {})
    try:
        lock.note(lock.left)
        yield lock
    finally:
        with contextlib.suppress(OSError):  # the folder may be gone; what went wrong before is what counts
            lock.release()


def _acquire(path: Path, out: Path) -> int:
    """Open the lock file and lock it; begin again if its last holder has just removed it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            is_ours = _require_free(handle, out) and _stands_at(handle, path)
        except BaseException:
            os.close(handle)
            raise
        if is_ours:
            return handle
        os.close(handle)


def _require_free(handle: int, out: Path) -> bool:
    """Lock the file, or say who has."""
    if not _got(handle):
        raise busy(out, _record(handle))
    return True


def _got(handle: int) -> bool:
    """Take the lock if nobody has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return not _alive(_record(handle))
    return True


def _stands_at(handle: int, path: Path) -> bool:
    """Tell whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _record(handle: int) -> dict[str, Any]:
    """Read what a lock file says; nothing where it says nothing that can be understood."""
    try:
        found = json.loads(os.pread(handle, _LONGEST_RECORD, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _self() -> dict[str, object]:
    """Say who this process is."""
    return {
        "user": _user(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "boot": _boot(),
        "started": _started(os.getpid()),
    }


def _user() -> str:
    """Name the user; a number where the machine knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid())


def _alive(owner: Mapping[str, Any]) -> bool:
    """Tell whether the process that wrote a record still runs; one of another machine is taken to."""
    if not owner:
        return False
    if owner.get("host") != socket.gethostname():
        return True
    pid = owner.get("pid")
    if owner.get("boot") != _boot() or not isinstance(pid, int):
        return False
    return bool(owner.get("started")) and _started(pid) == owner["started"]


def _boot() -> str:
    """Give the id of this start of the machine; empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def started_at(pid: int) -> float | None:
    """Give when a process of this machine started; None if there is none of that number.

    Parameters
    ----------
    pid
        Number of the process.

    Returns
    -------
    time_s
        In seconds since 1970, to about a second.

    Examples
    --------
    >>> started_at(os.getpid()) <= time.time() + 1
    True
    """
    ticks = _started(pid)
    if not ticks:
        return None
    lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    boot = next((float(line.split()[1]) for line in lines if line.startswith("btime ")), 0.0)
    return boot + int(ticks) / os.sysconf("SC_CLK_TCK")


def _started(pid: int) -> str:
    """Give when a process started, in ticks of the machine's clock; empty if there is none of that number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    words = stat.rpartition(")")[2].split()
    return "" if words[0] in {"Z", "X"} else words[_START_FIELD]
