"""What each chosen candidate alone serves, and which other one could stand for it."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from onemap.analyses.siting.problem import SitingProblem

__all__ = ["alone_of", "runner_ups", "stand_ins"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def alone_of(problem: SitingProblem, chosen: Ints, *, must_serve: bool = True) -> tuple[Floats, Ints]:
    """Add up what only one of the chosen serves.

    Parameters
    ----------
    problem
        Candidates and targets.
    chosen
        Positions of the chosen candidates, shape (k,).
    must_serve
        Whether targets marked as such have to be served.

    Returns
    -------
    weight, must
        Weight lost without each, and number of targets that must be served lost, shape (k,).

    Examples
    --------
    >>> no = np.zeros(2, dtype=bool)
    >>> serves = np.array([[True, False], [True, True]])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), serves, np.array([1.0, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> alone_of(problem, np.array([0, 1]))
    (array([1., 0.]), array([0, 0]))
    """
    part = problem.serves[:, chosen]
    single = (np.bincount(part.indices, minlength=part.shape[0]) == 1) & ~problem.served_before
    owner = np.repeat(np.arange(len(chosen)), np.diff(part.indptr))[single[part.indices]]
    rows = part.indices[single[part.indices]]
    weight = np.bincount(owner, weights=problem.weight[rows], minlength=len(chosen))
    forced = np.bincount(owner, weights=problem.must[rows] & must_serve, minlength=len(chosen))
    return weight.astype(np.float64), forced.astype(np.int64)


def runner_ups(problem: SitingProblem, chosen: Ints, *, must_serve: bool = True) -> Ints:
    """Find for each chosen candidate the cheapest other one that serves all that it alone serves.

    Parameters
    ----------
    problem, chosen, must_serve
        As in `alone_of`.

    Returns
    -------
    runner_up
        Positions of candidates, shape (k,), the first by cost, rank and key; -1 where nobody can stand for it, or
        nobody needs to.

    Examples
    --------
    >>> no = np.zeros(2, dtype=bool)
    >>> serves = np.array([[False, True], [True, True]])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), serves, np.array([0.0, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> runner_ups(problem, np.array([1]))
    array([0])
    """
    if not len(chosen):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((np.asarray(problem.key), problem.rank, problem.cost))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    counts = problem.weight > 0
    counts |= problem.must & must_serve
    joint = np.full(len(order), -1, dtype=np.int64) if problem.joint is None else problem.joint
    by_row = problem.serves.tocsr()
    cover = (problem.serves.indptr.astype(np.int64), problem.serves.indices.astype(np.int64),
             by_row.indptr.astype(np.int64), by_row.indices.astype(np.int64))  # fmt: skip
    group = np.where(joint >= 0, np.unique(joint, return_inverse=True)[1], -1).astype(np.int64)
    return np.asarray(stand_ins(cover, np.asarray(chosen, dtype=np.int64), place, group,
                                  counts & ~problem.served_before))  # fmt: skip


@numba.njit(cache=True, nogil=True)
def stand_ins(cover, chosen, place, group, counts):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find for each chosen candidate the first other one, by place, that serves all that it alone serves.

    Parameters
    ----------
    cover
        Tuple of arrays as in `cover_kernel`, the first four.
    chosen
        Positions of the chosen candidates, shape (k,).
    place
        Place of each candidate in the order that breaks ties, shape (n,).
    group
        Group of each candidate, of which one may be chosen, shape (n,); -1 for none.
    counts
        Which targets count, shape (m,).

    Returns
    -------
    found
        Positions, shape (k,); -1 where there is none, or it serves nobody alone.

    Examples
    --------
    >>> cover = np.array([0, 1, 2]), np.array([0, 0]), np.array([0, 2]), np.array([0, 1])
    >>> stand_ins(cover, np.array([1]), np.arange(2), np.array([-1, -1]), np.array([True]))
    array([0])
    """
    start, rows, first, others = cover
    served = np.zeros(first.shape[0] - 1, dtype=np.int64)
    inside = np.zeros(start.shape[0] - 1, dtype=np.bool_)
    holder = np.full(max(1, group.max() + 1), -1, dtype=np.int64)
    for one in chosen:
        inside[one] = True
        if group[one] >= 0:
            holder[group[one]] = one
        for at in range(start[one], start[one + 1]):
            served[rows[at]] += 1
    found = np.full(chosen.shape[0], -1, dtype=np.int64)
    stamp = np.full(served.shape[0], -1, dtype=np.int64)
    for number in range(chosen.shape[0]):
        one = chosen[number]
        alone, rarest = _stamp_alone(cover, one, number, (served, counts, stamp))
        if rarest < 0:
            continue
        for of in range(first[rarest], first[rarest + 1]):
            other = others[of]
            free = group[other] < 0 or holder[group[other]] < 0 or holder[group[other]] == one
            if inside[other] or not free or (found[number] >= 0 and place[other] > place[found[number]]):
                continue
            if _count(start, rows, stamp, (other, number)) == alone:
                found[number] = other
    return found


@numba.njit(cache=True, nogil=True)
def _stamp_alone(cover, one, number, scratch):  # type: ignore[no-untyped-def]
    """Write a number on the targets that one alone serves; give how many they are, and the rarest."""
    start, rows, first, _ = cover
    served, counts, stamp = scratch
    alone, rarest = 0, -1
    for at in range(start[one], start[one + 1]):
        target = rows[at]
        if counts[target] and served[target] == 1:
            stamp[target] = number
            alone += 1
            if rarest < 0 or first[target + 1] - first[target] < first[rarest + 1] - first[rarest]:
                rarest = target
    return alone, rarest


@numba.njit(cache=True, nogil=True)
def _count(start, rows, stamp, pair):  # type: ignore[no-untyped-def]
    """Count the targets of a candidate that carry a number."""
    one, number = pair
    met = 0
    for at in range(start[one], start[one + 1]):
        if stamp[rows[at]] == number:
            met += 1
    return met
