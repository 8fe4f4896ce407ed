"""The option of kernels that run for every cell and count no references to the arrays they read.

A ray holds nineteen arrays; counting who refers to them took longer than the arithmetic on them. Such a kernel makes no
array itself; Python calls it in tests and examples alone.
"""

from __future__ import annotations

from typing import Any

__all__ = ["UNCOUNTED"]

UNCOUNTED: dict[str, Any] = {"_nrt": False}
"""Further arguments of `numba.njit`; the name is numba's own for its runtime of references."""
