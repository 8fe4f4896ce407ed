"""Where compiled kernels are kept: a folder that changes when any kernel's source changes.

A kernel that is cached in one module does not notice an edit in another module whose kernels it calls. So whoever
starts the program sets `NUMBA_CACHE_DIR` to a folder that carries a hash of all kernel sources, before numba is loaded.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["kernel_cache_folder", "kernel_cache_key"]


def kernel_cache_key() -> str:
    """Hash the sources of all kernels of the package.

    Returns
    -------
    key
        Sixteen hexadecimal digits; another key wherever a module that compiles kernels was edited, added or removed.

    Examples
    --------
    >>> len(kernel_cache_key())
    16
    """
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        source = path.read_bytes()
        if b"numba" in source:
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(source)
    return digest.hexdigest()[:16]


def kernel_cache_folder(parent: Path) -> Path:
    """Name the folder of compiled kernels; nothing is created.

    Parameters
    ----------
    parent
        Folder that may be written to, such as the user's cache folder.

    Returns
    -------
    folder
        Value for the environment variable `NUMBA_CACHE_DIR`.

    Examples
    --------
    >>> kernel_cache_folder(Path("cache")).name == f"kernels-{kernel_cache_key()}"
    True
    """
    return parent / f"kernels-{kernel_cache_key()}"
