"""Plans found by adding what serves most for its cost, and made better by exchanging candidates.

All amounts are whole numbers held as floats; ratios of whole numbers below 2^53 are rounded in one way everywhere, so
ties are ties on every machine, and the first candidate wins them. Numbers drawn at random come in as an array.
"""

from __future__ import annotations

import numba
import numpy as np

from onemap.analyses.siting.cover_kernel import COST, SERVED, enter, leave, new_state, reweigh

__all__ = ["greedy_plan", "improved_plan", "pruned_plan"]

_FREE = 1e-6
"""What a candidate of cost zero counts as, in whole units, where a ratio is taken."""


@numba.njit(cache=True, nogil=True)
def greedy_plan(ground, worth, inside, aim):  # type: ignore[no-untyped-def]
    """Add the candidate that serves most for its cost, again and again.

    Looking at every candidate each time costs less than a heap as long as what each would gain is kept up to date.

    Parameters
    ----------
    ground, worth
        As in `cover_kernel`.
    inside
        Who is in already, shape (n,).
    aim
        Limit of cost, and weight that is enough (targets that must be served all the same).

    Returns
    -------
    inside, order, count
        Who is in, and those added in their order: the first `count` entries.

    Examples
    --------
    >>> cover = np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([0, 1, 3]), np.array([0, 0, 1])
    >>> ground = *cover, np.ones(2), np.arange(2), np.array([5.0, 2.0]), np.array([False, False])
    >>> greedy_plan(ground, ground[6], np.zeros(2, dtype=bool), (9.0, 7.0))[0]
    array([ True, False])
    """
    cost, group = ground[4], ground[5]
    limit, need = aim
    state = new_state(ground, worth)
    _go_to(ground, state, inside)
    score, taken, tally = state[4], state[5], state[9]
    order = np.empty(inside.shape[0], dtype=np.int64)
    count = 0
    while tally[1] > 0 or tally[SERVED] < need:
        most, found = 0.0, -1
        left = limit - tally[COST]
        short = need - tally[SERVED] if tally[1] == 0 else np.inf
        for one in range(inside.shape[0]):
            if cost[one] > left or score[one] <= 0.0 or taken[group[one]] >= 0:
                continue
            ratio = min(score[one], short) / max(cost[one], _FREE)
            if ratio > most:
                most, found = ratio, one
        if found < 0:
            break
        enter(ground, state, found)
        order[count] = found
        count += 1
    return state[1], order, count


@numba.njit(cache=True, nogil=True)
def pruned_plan(ground, worth, inside, need):  # type: ignore[no-untyped-def]
    """Let go of those that are not needed, the dearest first.

    Examples
    --------
    >>> cover = np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([0, 1, 3]), np.array([0, 0, 1])
    >>> ground = *cover, np.ones(2), np.arange(2), np.array([5.0, 2.0]), np.array([False, False])
    >>> pruned_plan(ground, ground[6], np.ones(2, dtype=bool), 7.0)
    array([ True, False])
    """
    state = new_state(ground, worth)
    _go_to(ground, state, inside)
    tally = state[9]
    for one in range(inside.shape[0] - 1, -1, -1):
        if state[1][one]:
            before = tally[1]
            leave(ground, state, one)
            if tally[1] > before or tally[SERVED] < need:
                enter(ground, state, one)
    return state[1]


@numba.njit(cache=True, nogil=True)
def improved_plan(ground, worth, inside, aim, work):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Exchange candidates one for one near targets that nobody serves, at times for the worse, and keep the best plan.

    Parameters
    ----------
    ground, worth
        As in `cover_kernel`; what a target that must be served is worth rises while it is not.
    inside
        Plan to begin with, shape (n,).
    aim
        Limit of cost; weight that is enough; whether a cheaper plan is looked for (else one that serves more); what
        a unit of money is worth in the unit of `worth`; the cost (weight) that cannot be bettered.
    work
        Number of exchanges looked at; numbers drawn from [0, 1); how much worse an exchange may make it at first, in
        the unit of `worth`; by how much a target that must be served becomes worth more.

    Returns
    -------
    best, cost, served
        The best plan, its cost and weight; infinite cost if none that is allowed was met.

    References
    ----------
    G. Dueck, T. Scheuer, "Threshold accepting", J. Comput. Phys. 90 (1990), for steps to the worse; C. Gao, T. Weise,
    J. Li, "A weighting-based local search heuristic algorithm for the set covering problem", IEEE CEC (2014), for
    targets that become worth more.

    Examples
    --------
    >>> cover = np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([0, 1, 3]), np.array([0, 0, 1])
    >>> ground = *cover, np.array([2.0, 3.0]), np.arange(2), np.array([5.0, 2.0]), np.array([False, False])
    >>> work = 9, np.array([0.5, 0.1]), 0.0, 0.0
    >>> improved_plan(ground, ground[6], np.array([True, True]), (9.0, 7.0, True, 0.0, 0.0), work)[1:]
    (2.0, 7.0)
    """
    limit, need, cheaper, money, enough = aim
    steps, draws, heat, nudge = work
    state = new_state(ground, worth)
    _go_to(ground, state, inside)
    tally, lists = state[9], state[7]
    best, best_cost, best_served = inside.copy(), np.inf, -1.0
    scratch = np.zeros(inside.shape[0], dtype=np.float64), np.zeros(inside.shape[0], dtype=np.int64)
    for step in range(steps):
        if _is_better(tally, (limit, need, cheaper), best_cost, best_served):
            best[:] = state[1]
            best_cost, best_served = tally[COST], tally[SERVED]
            if (best_cost if cheaper else -best_served) <= enough:
                break
            limit = best_cost - 1.0 if cheaper else limit
        _keep_within(ground, state, limit, money)
        row = 1 if tally[1] > 0 else 0
        if tally[row] == 0:
            if _is_better(tally, (limit, need, cheaper), best_cost, best_served):
                continue
            break
        cool = 1.0 - step / steps
        draw = (2 * step) % draws.shape[0]
        target = lists[row, int(draws[draw] * tally[row])]
        gain, one, other = _best_exchange(ground, state, target, (limit, money), scratch)
        if one >= 0 and gain > -heat * cool * cool * draws[draw - 1]:
            if other >= 0:
                leave(ground, state, other)
            enter(ground, state, one)
        elif row == 1:
            reweigh(ground, state, target, nudge)
    return best, best_cost, best_served


@numba.njit(cache=True, nogil=True)
def _is_better(tally, aim, best_cost, best_served):  # type: ignore[no-untyped-def]
    """Tell whether the plan as it stands is allowed, and better than the best one."""
    limit, need, cheaper = aim
    if tally[1] > 0 or tally[SERVED] < need or tally[COST] > limit:
        return False
    if cheaper:
        return tally[COST] < best_cost
    return tally[SERVED] > best_served or (tally[SERVED] == best_served and tally[COST] < best_cost)


@numba.njit(cache=True, nogil=True)
def _go_to(ground, state, inside):  # type: ignore[no-untyped-def]
    """Take in all those of a plan."""
    for one in range(inside.shape[0]):
        if inside[one]:
            enter(ground, state, one)


@numba.njit(cache=True, nogil=True)
def _keep_within(ground, state, limit, money):  # type: ignore[no-untyped-def]
    """Let the worst go while they cost too much, or are worth less than their money."""
    cost, score, tally = ground[4], state[4], state[9]
    while tally[2] > 0:
        one = _worst(ground, state)
        if tally[COST] <= limit and score[one] > 0.0 and score[one] >= money * cost[one]:
            break
        leave(ground, state, one)


@numba.njit(cache=True, nogil=True)
def _worst(ground, state):  # type: ignore[no-untyped-def]
    """Find the one inside that loses least for its cost; -1 if nobody is."""
    cost, score, lists, tally = ground[4], state[4], state[7], state[9]
    found, least = -1, np.inf
    for at in range(int(tally[2])):
        one = lists[2, at]
        ratio = score[one] / max(cost[one], _FREE)
        if ratio < least or (ratio == least and one > found):
            found, least = one, ratio
    return found


@numba.njit(cache=True, nogil=True)
def _best_exchange(ground, state, target, price, scratch):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find who should come in for a target, and who should go for it (-1: nobody need), and what that gains."""
    first, others, cost, group = ground[2], ground[3], ground[4], ground[5]
    score, taken, tally = state[4], state[5], state[9]
    limit, money = price
    worst = _worst(ground, state)
    most, found, out = -np.inf, -1, -1
    for of in range(first[target], first[target + 1]):
        one = others[of]
        over = tally[COST] + cost[one] - limit
        held = taken[group[one]]
        alone = score[one] - money * cost[one]
        if held < 0:
            if over <= 0.0 and alone > most:
                most, found, out = alone, one, -1
            if worst >= 0 and cost[worst] >= over:
                gain = alone - score[worst] + money * cost[worst]
                if gain > most:
                    most, found, out = gain, one, worst
        gain, who = _best_to_go(ground, state, one, (over, held, money), scratch)
        if who >= 0 and alone + gain > most:
            most, found, out = alone + gain, one, who
    return most, found, out


@numba.njit(cache=True, nogil=True)
def _best_to_go(ground, state, one, price, scratch):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find whom of those inside a candidate would best stand for; give the gain of letting them go."""
    start, rows, cost = ground[0], ground[1], ground[4]
    worth, _, count, owner, score = state[:5]
    over, held, money = price
    shared, touched = scratch
    met = 0
    if held >= 0:
        touched[0], met = held, 1
    for at in range(start[one], start[one + 1]):
        target = rows[at]
        if count[target] == 1:
            who = owner[target]
            if shared[who] == 0.0 and who != held:
                touched[met] = who
                met += 1
            shared[who] += worth[target]
    most, found = -np.inf, -1
    for at in range(met):
        who = touched[at]
        gain = shared[who] - score[who] + money * cost[who]
        shared[who] = 0.0
        if (held < 0 or held == who) and cost[who] >= over and gain > most:
            most, found = gain, who
    return most, found
