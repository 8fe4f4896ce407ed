"""What the worker takes from itself before it opens anything: network, drivers, memory, the right to write."""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["close_in", "leave_network", "limit_cpu"]

_NEW_NETWORK = 0x40000000
_NEW_USER = 0x10000000


def close_in(memory_bytes: int) -> None:
    """Limit the memory to so much beyond what is in use, forbid to write files and to dump core."""
    try:
        import resource
    except ImportError:  # not on Windows: there the time-out alone guards
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    limit = _address_space() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_cpu(seconds: float) -> None:
    """Let the process use so much more processor time, then end it."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + 2 * seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def leave_network() -> bool:
    """Move to a network name space without any interface, where the system lets us; tell whether it did."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    kinds = [_NEW_NETWORK] if os.geteuid() == 0 else [_NEW_NETWORK, _NEW_NETWORK | _NEW_USER]
    return any(library.unshare(kind) == 0 for kind in kinds)


def _address_space() -> int:
    """Give the address space in use, in bytes."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  (pathlib is not worth its import here)
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 1024**3
