"""Links to other new sites: a site may hang on one that has fibre, or on one whose own link ends at fibre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.connection.fibre import FibrePlan
from onemap.analyses.connection.microwave import Links

__all__ = ["Relayed", "relayed"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_UNREACHED = 1e15


@dataclass(frozen=True, slots=True, eq=False)
class Relayed:
    """Which sites hang on others.

    Attributes
    ----------
    link
        Row of the link between sites that each site uses, shape (n,); -1 for none.
    plan
        The fibre that is left.
    """

    link: Integers
    plan: FibrePlan


def relayed(
    plan: FibrePlan,
    links: Links,
    price: Floats,
    *,
    direct: Floats,
    existing: NDArray[np.bool_],
    fibre: Floats,
    end: float,
) -> Relayed:
    """Hang sites on others, the largest saving first, while that saves.

    Parameters
    ----------
    plan
        Fibre as it is planned.
    links
        Links between new sites.
    price
        Their costs, shape (k,); infinite where a link cannot be.
    direct
        Cost of the direct link of each site without fibre, shape (n,); infinite where there is none.
    existing
        Whether a site is connected already.
    fibre
        Cost of each edge of the ways.
    end
        Cost of the fibre end at a site.

    Returns
    -------
    relayed
        A site on which others hang keeps what it has; no chain is longer than two links. Sites that nothing else
        reaches come first. Greedy: each step saves, no more is proven.

    Examples
    --------
    The second site sees the first only, which has fibre:

    >>> no, one = np.empty(0, np.int64), np.array([0])
    >>> yes = np.array([True, False])
    >>> plan = FibrePlan(yes, yes, yes & False, [one, no], np.array([1]), 6.0, 6.0, settled=True)
    >>> link = Links(np.array([1]), one, np.array([900.0]), np.array([12.0]), np.array([30.0]), np.array([True]))
    >>> alone = np.full(2, np.inf)
    >>> relayed(plan, link, np.array([10.0]), direct=alone, existing=yes & False, fibre=np.array([6.0]), end=2.0).link
    array([-1,  0])
    """
    count = len(direct)
    has_fibre, has_link = plan.on_fibre | existing, np.isfinite(direct) & ~plan.on_fibre & ~existing
    hangs, needed = np.full(count, -1, dtype=np.int64), existing.copy()
    users, flat = plan.users.copy(), np.concatenate([*plan.paths, np.empty(0, np.int64)])
    owner = np.repeat(np.arange(count), [len(path) for path in plan.paths])
    while len(links.site):
        alone = np.where(users[flat] == 1, fibre[flat], 0.0)
        spent = np.bincount(owner, alone * has_fibre[owner], minlength=count) + end
        now = np.where(has_fibre, spent, np.where(has_link, direct, _UNREACHED))
        now = np.where(hangs >= 0, price[np.maximum(hangs, 0)], now)
        stands = has_fibre | (has_link & (hangs < 0))
        possible = stands[links.far] & ~needed[links.site] & np.isfinite(price) & (hangs[links.site] < 0)
        saving = np.where(possible, now[links.site] - price, -np.inf)
        best = int(np.argmax(saving))
        if not saving[best] > 1e-9:
            break
        site = int(links.site[best])
        if has_fibre[site]:
            users[plan.paths[site]] -= 1
            has_fibre[site] = False
        has_link[site] = False
        hangs[site] = best
        needed[links.far[best]] = True
    left = hangs < 0
    paths = [path if keep else path[:0] for path, keep in zip(plan.paths, left, strict=True)]
    plan = FibrePlan(
        plan.on_fibre & left, plan.reached, plan.turned_away, paths, users,
        cost=float(fibre[users > 0].sum()), bound=plan.bound, settled=plan.settled,
    )  # fmt: skip
    return Relayed(hangs, plan)
