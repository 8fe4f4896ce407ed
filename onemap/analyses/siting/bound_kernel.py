r"""What every plan costs at least, or serves at most: prices of targets, raised and lowered by subgradients.

Each target gets a price. A candidate that asks less than the prices of its targets add up to is taken, no matter
what others serve; a target is worth no more than its weight at the price of weight. What this relaxed plan costs is
less than (serves more than) any plan can, whatever the prices; the prices are moved until little more can be won.

With :math:`u_i` the price of target i, :math:`w_i` its weight, :math:`c_j` costs, :math:`\lambda` the price of weight
and :math:`\mu` that of money, the bound is

.. math:: \sum_{i\ must} u_i - \sum_{i\ free} \max(0, \lambda w_i - u_i)
          - \sum_g \max(0, \max_{j \in g} (\sum_{i \in j} u_i - \mu c_j)) + \lambda W - \mu B,

where either W is the weight that must be served at the least cost (:math:`\mu = 1`, no B), or B the budget that
serves most (:math:`\lambda = 1`, no W; the bound is minus the weight). For given u the one free of
:math:`\lambda, \mu` is the best there is, found by halving.

References
----------
M. Held, P. Wolfe, H. P. Crowder, "Validation of subgradient optimization", Math. Programming 6 (1974), for the steps;
A. Caprara, M. Fischetti, P. Toth, "A heuristic method for the set covering problem", Oper. Res. 47 (1999), for covers;
R. D. Galvão, C. ReVelle, "A Lagrangean heuristic for the maximal covering location problem", EJOR 88 (1996).
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["relaxed_bound"]

_HALVINGS = 24
_PATIENCE = 60
_MEMORY = 0.95
_SHRINK = 0.7
_LEAST_WIDTH = 1e-4


@numba.njit(cache=True, nogil=True)
def relaxed_bound(ground, prices, aim, rounds):  # type: ignore[no-untyped-def]
    """Raise the bound by moving prices.

    Parameters
    ----------
    ground
        Tuple of arrays as in `cover_kernel`.
    prices
        Prices to begin with, shape (m,); copied.
    aim
        Whether it is cost that is bounded (else weight); weight to be served, or the budget; what a known plan costs,
        or minus what it serves, which the steps are measured by.
    rounds
        How many times the prices are moved at most; fewer if bound and known plan meet.

    Returns
    -------
    bound, prices, rate
        The best bound (on cost, or minus the bound on weight), its prices, and the price of weight or money there.

    Examples
    --------
    Two targets that one candidate each serves, at costs of 3 and 4; all must be served:

    >>> cover = np.array([0, 1, 2]), np.array([0, 1]), np.array([0, 1, 2]), np.array([0, 1])
    >>> ground = *cover, np.array([3.0, 4.0]), np.arange(2), np.ones(2), np.array([True, True])
    >>> bool(relaxed_bound(ground, np.zeros(2), (True, 0.0, 7.0), 500)[0] > 6.99)
    True
    """
    known = aim[2]
    targets = prices.shape[0]
    now, best, best_rate, bound = prices.copy(), prices.copy(), 1.0, -np.inf
    rate, width, since = 1.0, 1.0, 0
    direction = np.zeros(targets, dtype=np.float64)
    worth = np.zeros(ground[0].shape[0] - 1, dtype=np.float64)
    taken = np.zeros(targets, dtype=np.float64)
    for _ in range(rounds):
        value, rate = _relax(ground, now, aim, rate, (worth, taken))
        since += 1
        if value > bound + 1e-5 * abs(bound) * (bound > -np.inf):
            since = 0
        if value > bound:
            bound, best_rate = value, rate
            best[:] = now
        if since >= _PATIENCE:
            width, since = width * _SHRINK, 0
            now[:] = best
            direction[:] = 0.0
            if width < _LEAST_WIDTH:
                break
        length = 0.0
        for target in range(targets):
            step = 0.0 if now[target] <= 0.0 and taken[target] < 0.0 else taken[target]
            direction[target] = step + _MEMORY * direction[target]
            length += direction[target] * direction[target]
        far = known - value
        if length <= 0.0 or far <= 1e-9 * abs(known):
            break
        _move(now, direction, width * 0.5 * far / length)
    return bound, best, best_rate


@numba.njit(cache=True, nogil=True)
def _move(now, direction, step):  # type: ignore[no-untyped-def]
    """Move the prices; none below zero."""
    for target in range(now.shape[0]):
        now[target] = max(0.0, now[target] + step * direction[target])


@numba.njit(cache=True, nogil=True)
def _relax(ground, now, aim, rate, scratch):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the bound at these prices and the rate there; write how far each target is from being served once."""
    start, rows, weight, must = ground[0], ground[1], ground[6], ground[7]
    worth, step = scratch
    for one in range(worth.shape[0]):
        total = 0.0
        for at in range(start[one], start[one + 1]):
            total += now[rows[at]]
        worth[one] = total
    rate = _best_rate(ground, now, worth, aim, rate)
    money = 1.0 if aim[0] else rate
    weighs = rate if aim[0] else 1.0
    value = rate * aim[1] if aim[0] else -rate * aim[1]
    for target in range(now.shape[0]):
        left = weighs * weight[target] - now[target]
        value += now[target] if must[target] else -max(0.0, left)
        step[target] = 1.0 if must[target] or left > 0.0 else 0.0
    return value - _take(ground, worth, step, money), rate


@numba.njit(cache=True, nogil=True)
def _take(ground, worth, step, money):  # type: ignore[no-untyped-def]
    """Take the best of each group if it is worth its money; give what that gains."""
    start, rows, cost, group = ground[0], ground[1], ground[4], ground[5]
    total = 0.0
    best = np.full(group.max() + 1 if group.shape[0] else 0, -1, dtype=np.int64)
    for one in range(worth.shape[0]):
        gain = worth[one] - money * cost[one]
        if gain > 0.0:
            held = best[group[one]]
            if held < 0 or gain > worth[held] - money * cost[held]:
                best[group[one]] = one
    for one in best:
        if one >= 0:
            total += worth[one] - money * cost[one]
            for at in range(start[one], start[one + 1]):
                step[rows[at]] -= 1.0
    return total


@numba.njit(cache=True, nogil=True)
def _best_rate(ground, now, worth, aim, rate):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find the price of weight (or money) at which what is taken just fits, by halving round the price before."""
    if aim[0] and aim[1] <= 0.0:
        return 0.0
    low, high = 0.0, max(rate, 1e-12)
    for _ in range(60):
        if _fits(ground, now, worth, aim, high):
            break
        low, high = high, high * 2.0
    if low == 0.0:
        for _ in range(60):
            if not _fits(ground, now, worth, aim, high * 0.5):
                low = high * 0.5
                break
            high *= 0.5
            if high < 1e-15:
                return 0.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _fits(ground, now, worth, aim, middle):
            high = middle
        else:
            low = middle
    return high


@numba.njit(cache=True, nogil=True)
def _fits(ground, now, worth, aim, rate):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Tell whether enough weight is worth its price, or whether what is worth its money is within the budget."""
    cost, weight, must = ground[4], ground[6], ground[7]
    total = 0.0
    if aim[0]:
        for target in range(now.shape[0]):
            if not must[target] and rate * weight[target] > now[target]:
                total += weight[target]
        return total >= aim[1]
    for one in range(worth.shape[0]):
        if worth[one] > rate * cost[one]:
            total += cost[one]
    return total <= aim[1]
