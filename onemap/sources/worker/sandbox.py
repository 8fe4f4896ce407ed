"""What the worker takes from itself before it opens anything: network, memory, the right to write and to execute.

Every layer is applied where the system has it, and none is relied on alone: what may be opened is decided before, by
`onemap.sources.guard`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

__all__ = ["close_in", "leave_network", "limit_cpu"]

_NEW_NETWORK = 0x40000000
_NEW_USER = 0x10000000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2  # prctl(2)
_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # landlock(7); the same on all machines
_FILE_RIGHTS = (  # rights to change files and to execute, by the version that brought them; reading is not among them
    (1, 0b1_1111_1111_0011),
    (2, 1 << 13),  # refer
    (3, 1 << 14),  # truncate
    (5, 1 << 15),  # ioctl on devices
)
_NETWORK_RIGHTS, _SCOPES = 0b11, 0b11  # TCP bind and connect, since 4; abstract sockets and signals, since 6
_MACHINES = {  # architecture as seccomp names it; numbers of socket, connect, bind, execve, execveat, ptrace, io_uring
    "x86_64": (0xC000003E, (41, 42, 49, 59, 322, 101, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 221, 281, 117, 425)),
}
_LOAD, _EQUALS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF instructions
_OTHER_CALLS = 0x40000000  # numbers from here on are the same calls under other names (x32)
_ALLOW, _DENY = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EPERM


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
    _give_up_rights()


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


def _give_up_rights() -> None:
    """Give up to change files, to call anyone and to start programs, as far as the system lets us."""
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        _apply_landlock(library)
        _apply_filter(library)


def _apply_landlock(library: ctypes.CDLL) -> None:
    """Give up the rights that Landlock knows of, without exceptions."""
    version = library.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return
    files = sum(rights for since, rights in _FILE_RIGHTS if version >= since)
    fields = [files, *([_NETWORK_RIGHTS] if version >= 4 else []), *([_SCOPES] if version >= 6 else [])]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    rules = library.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules >= 0:
        library.syscall(_RESTRICT_SELF, rules, 0)
        os.close(rules)


def _apply_filter(library: ctypes.CDLL) -> None:
    """Have the kernel turn down the system calls that open sockets and start or trace programs."""
    if platform.machine() not in _MACHINES:
        return
    architecture, calls = _MACHINES[platform.machine()]
    last = len(calls)
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUALS, 0, last + 3, architecture),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, last + 1, 0, _OTHER_CALLS),
        *((_EQUALS, last - at, 0, call) for at, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBL", *step) for step in steps))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(program)))
    library.prctl(_SET_SECCOMP, _FILTER, described, 0, 0)


def _address_space() -> int:
    """Give the address space in use, in bytes."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  (pathlib is not worth its import here)
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 1024**3
