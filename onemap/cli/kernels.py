"""Where the commands keep compiled kernels."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["keep_kernels"]


def keep_kernels() -> Path:
    """Let compiled kernels be found again, under a name that changes with their sources; give their folder."""
    if "NUMBA_CACHE_DIR" not in os.environ:
        from onemap.terrain.kernel_cache import kernel_cache_folder

        try:
            cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
            folder = kernel_cache_folder(cache / "onemap")
            folder.mkdir(parents=True, exist_ok=True)
            usable = os.access(folder, os.W_OK)
        except (OSError, RuntimeError):  # no home, or none that may be written to
            usable = False
        if not usable:
            folder = Path(tempfile.mkdtemp(prefix="onemap-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return Path(os.environ["NUMBA_CACHE_DIR"])
