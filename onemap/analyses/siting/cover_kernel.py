"""Which candidates serve which targets, kept up to date while candidates come and go.

The ground is a tuple of arrays that never change: where the targets of each candidate start, the targets, where the
candidates of each target start, the candidates; cost and group of each candidate; weight of each target, and whether
it must be served. Costs, weights and what targets are worth are whole numbers held as floats, so that sums are exact
in any order.

A state is a tuple of arrays that `enter` and `leave` change. `worth` of each target steers the search; `inside` tells
which candidates are in; `count` and `owner` how many serve a target, and the sum of their numbers (so a single one is
known by name); `score` what a candidate outside would gain, and one inside would lose; `taken` who is in of each
group; `fresh` whether anything changed for a candidate since it left; `lists` and `place` the targets that nobody
serves (row 0: may be served, row 1: must be) and the candidates that are in (row 2); `tally` how many stand in each
list, then cost and weight served.
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["COST", "SERVED", "enter", "leave", "new_state", "reweigh"]

COST, SERVED = 3, 4


@numba.njit(cache=True, nogil=True)
def new_state(ground, worth):  # type: ignore[no-untyped-def]
    """Begin with nothing inside.

    Parameters
    ----------
    ground
        Tuple of arrays as above, of n candidates and m targets.
    worth
        What each target is worth to the search, shape (m,); copied.

    Returns
    -------
    state
        Tuple of arrays as above.

    Examples
    --------
    >>> cover = np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([0, 1, 3]), np.array([0, 0, 1])
    >>> ground = *cover, np.ones(2), np.arange(2), np.array([5.0, 2.0]), np.array([False, False])
    >>> new_state(ground, ground[6])[4]
    array([7., 2.])
    """
    start, rows, first, _, _, group, _, must = ground
    candidates, targets = start.shape[0] - 1, first.shape[0] - 1
    score = np.zeros(candidates, dtype=np.float64)
    for one in range(candidates):
        for at in range(start[one], start[one + 1]):
            score[one] += worth[rows[at]]
    lists = np.zeros((3, max(candidates, targets)), dtype=np.int64)
    place = np.zeros((2, max(candidates, targets)), dtype=np.int64)
    tally = np.zeros(5, dtype=np.float64)
    for target in range(targets):
        _write(lists, place[0], tally, (1 if must[target] else 0, target))
    groups = group.max() + 1 if candidates else 0
    return (
        worth.copy(),
        np.zeros(candidates, dtype=np.bool_),
        np.zeros(targets, dtype=np.int64),
        np.zeros(targets, dtype=np.int64),
        score,
        np.full(groups, -1, dtype=np.int64),
        np.ones(candidates, dtype=np.bool_),
        lists,
        place,
        tally,
    )


@numba.njit(cache=True, nogil=True)
def enter(ground, state, one):  # type: ignore[no-untyped-def]
    """Take a candidate in: its score turns from gain to loss, and those of its neighbours follow."""
    start, rows, first, others, cost, group, weight, must = ground
    worth, inside, count, owner, score, taken, fresh, lists, place, tally = state
    loss = 0.0
    for at in range(start[one], start[one + 1]):
        target = rows[at]
        value = worth[target]
        if count[target] == 0:
            loss += value
            tally[SERVED] += weight[target]
            _strike(lists, place[0], tally, (1 if must[target] else 0, target))
            for of in range(first[target], first[target + 1]):
                score[others[of]] -= value
                fresh[others[of]] = True
        elif count[target] == 1:
            score[owner[target]] -= value
        count[target] += 1
        owner[target] += one
    score[one] = loss
    inside[one] = True
    taken[group[one]] = one
    tally[COST] += cost[one]
    _write(lists, place[1], tally, (2, one))


@numba.njit(cache=True, nogil=True)
def leave(ground, state, one):  # type: ignore[no-untyped-def]
    """Let a candidate go: the reverse of `enter`."""
    start, rows, first, others, cost, group, weight, must = ground
    worth, inside, count, owner, score, taken, fresh, lists, place, tally = state
    gain = 0.0
    for at in range(start[one], start[one + 1]):
        target = rows[at]
        value = worth[target]
        count[target] -= 1
        owner[target] -= one
        if count[target] == 0:
            gain += value
            tally[SERVED] -= weight[target]
            _write(lists, place[0], tally, (1 if must[target] else 0, target))
            for of in range(first[target], first[target + 1]):
                score[others[of]] += value
                fresh[others[of]] = True
        elif count[target] == 1:
            score[owner[target]] += value
    score[one] = gain
    fresh[one] = False
    inside[one] = False
    taken[group[one]] = -1
    tally[COST] -= cost[one]
    _strike(lists, place[1], tally, (2, one))


@numba.njit(cache=True, nogil=True)
def reweigh(ground, state, target, more):  # type: ignore[no-untyped-def]
    """Let a target that nobody serves be worth more from now on; the gains follow."""
    first, others = ground[2], ground[3]
    worth, score, fresh = state[0], state[4], state[6]
    worth[target] += more
    for of in range(first[target], first[target + 1]):
        score[others[of]] += more
        fresh[others[of]] = True


@numba.njit(cache=True, nogil=True)
def _write(lists, place, tally, entry):  # type: ignore[no-untyped-def]
    """Write a number at the end of a list."""
    row, one = entry
    at = int(tally[row])
    lists[row, at] = one
    place[one] = at
    tally[row] += 1


@numba.njit(cache=True, nogil=True)
def _strike(lists, place, tally, entry):  # type: ignore[no-untyped-def]
    """Strike a number off a list; the last one takes its place."""
    row, one = entry
    tally[row] -= 1
    last = lists[row, int(tally[row])]
    lists[row, place[one]] = last
    place[last] = place[one]
