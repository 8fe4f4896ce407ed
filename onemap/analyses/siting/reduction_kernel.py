"""Which candidates another one stands for in every plan."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["dominated"]


@numba.njit(cache=True, nogil=True)
def dominated(cover, group, single):  # type: ignore[no-untyped-def]
    """Mark candidates that an earlier one serves all the targets of; the earlier costs no more.

    Parameters
    ----------
    cover
        Tuple of arrays as in `cover_kernel`, the first four; candidates in the order of cost, rank, key.
    group, single
        Group of each candidate, shape (n,), and whether it is alone in it: one of a group can stand only for those of
        its own, as the group may be taken by another.

    Returns
    -------
    marked
        Shape (n,); those that serve nobody are marked too.

    Examples
    --------
    >>> cover = np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([0, 1, 3]), np.array([0, 0, 1])
    >>> dominated(cover, np.arange(2), np.ones(2, dtype=bool))
    array([False,  True])
    """
    start, rows, first, others = cover
    candidates, targets = start.shape[0] - 1, first.shape[0] - 1
    marked = np.zeros(candidates, dtype=np.bool_)
    stamp = np.full(targets, -1, dtype=np.int64)
    for one in range(candidates):
        size = start[one + 1] - start[one]
        rarest, fewest = -1, np.int64(candidates + 1)
        for at in range(start[one], start[one + 1]):
            target = rows[at]
            stamp[target] = one
            if first[target + 1] - first[target] < fewest:
                rarest, fewest = target, first[target + 1] - first[target]
        if rarest < 0:
            marked[one] = True
            continue
        for of in range(first[rarest], first[rarest + 1]):
            other = others[of]
            if other >= one:
                break
            fits = single[other] or group[other] == group[one]
            large = not marked[other] and start[other + 1] - start[other] >= size
            if fits and large and _serves_all(start, rows, stamp, (one, other, size)):
                marked[one] = True
                break
    return marked


@numba.njit(cache=True, nogil=True)
def _serves_all(start, rows, stamp, pair):  # type: ignore[no-untyped-def]
    """Tell whether another candidate serves all stamped targets of one."""
    one, other, size = pair
    met = 0
    for at in range(start[other], start[other + 1]):
        if stamp[rows[at]] == one:
            met += 1
        elif size - met > start[other + 1] - at - 1:
            return False
    return met == size
