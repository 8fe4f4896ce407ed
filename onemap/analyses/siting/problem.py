"""What could be built, at what cost, and what each candidate would serve: arrays, no geometry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from onemap.errors import LayerError

__all__ = ["SitingProblem", "whole_numbers"]

_DECIMALS = 6
_MOST = 2.0**52
"""Whole numbers up to here are exact as floats, and so are their sums."""
_SHARP = 2.0**40

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SitingProblem:
    """Candidates and targets.

    Attributes
    ----------
    cost
        What each candidate costs, shape (n,), in one unit of money; zero or more.
    serves
        Which candidate serves which target, shape (m, n).
    weight
        What it is worth that a target is served (households, people, kilometres), shape (m,); zero or more.
    served_before
        Which targets are served by what stands already, shape (m,): it is locked in, and costs nothing.
    must
        Which targets have to be served whatever they cost, shape (m,).
    rank
        Which kind of candidate goes first where costs are equal, shape (n,): existing tower 0, structure or room 1,
        planned site 2, new site 3, satellite 4.
    key
        Stable id of each candidate, shape (n,), the last that breaks ties.
    joint
        Number of the group of each candidate, shape (n,), of which at most one can be chosen (the same spot with other
        equipment); -1 for none. None where there are no groups.

    Raises
    ------
    LayerError
        If shapes differ, costs or weights are negative, infinite or not a number, or a key stands twice.

    Examples
    --------
    >>> serves = csc_array(np.array([[True, False], [True, True]]))
    >>> no = np.zeros(2, dtype=bool)
    >>> SitingProblem(np.array([5.0, 2.0]), serves, np.array([10.0, 30.0]), no, no, np.zeros(2, int), ["a", "b"]).size
    (2, 2)
    """

    cost: Floats
    serves: csc_array
    weight: Floats
    served_before: Bools
    must: Bools
    rank: npt.NDArray[np.int64]
    key: npt.ArrayLike
    joint: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        set_to = object.__setattr__
        set_to(self, "serves", csc_array(self.serves, dtype=bool))
        self.serves.sum_duplicates()
        self.serves.eliminate_zeros()
        for name in ("cost", "weight"):
            set_to(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        for name in ("served_before", "must"):
            set_to(self, name, np.asarray(getattr(self, name), dtype=bool))
        set_to(self, "rank", np.asarray(self.rank, dtype=np.int64))
        set_to(self, "key", np.asarray(self.key, dtype=str))
        if self.joint is not None:
            set_to(self, "joint", np.asarray(self.joint, dtype=np.int64))
        _require_shapes(self)
        _require_amounts(self)

    @property
    def size(self) -> tuple[int, int]:
        """How many targets and how many candidates there are."""
        targets, candidates = self.serves.shape
        return int(targets), int(candidates)

    def served_by(self, chosen: npt.NDArray[np.int64]) -> Bools:
        """Tell which targets are served by what stands and by these candidates.

        Parameters
        ----------
        chosen
            Positions of candidates.

        Returns
        -------
        served
            Shape (m,).
        """
        served = self.served_before.copy()
        for one in chosen:
            served[self.serves.indices[self.serves.indptr[one] : self.serves.indptr[one + 1]]] = True
        return served


def _require_shapes(problem: SitingProblem) -> None:
    """Require one entry for each candidate or target, and keys that differ."""
    targets, candidates = problem.serves.shape
    sizes = {"cost": candidates, "rank": candidates, "key": candidates, "weight": targets, "served_before": targets,
             "must": targets} | ({} if problem.joint is None else {"joint": candidates})  # fmt: skip
    for name, size in sizes.items():
        found = np.shape(getattr(problem, name))
        if found != (size,):
            raise LayerError("siting_shape", name=name, found=str(found), size=size)
    keys, count = np.unique(np.asarray(problem.key), return_counts=True)
    if (count > 1).any():
        raise LayerError("siting_key_twice", key=str(keys[count > 1][0]), count=int((count > 1).sum()))


def _require_amounts(problem: SitingProblem) -> None:
    """Require costs and weights that can be added up."""
    for name, names in (("cost", np.asarray(problem.key)), ("weight", np.arange(len(problem.weight)))):
        values = getattr(problem, name)
        wrong = ~np.isfinite(values) | (values < 0)
        if wrong.any():
            raise LayerError(f"siting_{name}", place=str(names[wrong][0]), value=str(values[wrong][0]),
                             count=int(wrong.sum()))  # fmt: skip


def whole_numbers(values: Floats) -> tuple[Floats, float]:
    """Turn amounts into whole numbers of a unit, so that their sums are exact and do not depend on the order.

    Parameters
    ----------
    values
        Amounts of zero or more.

    Returns
    -------
    whole, unit
        Whole numbers as floats, and what one of them is: the largest of 1, 0.1, … 0.000001 of which all amounts are
        multiples; else a power of two at which the sum is about 2^40.

    Examples
    --------
    >>> whole_numbers(np.array([12.5, 3.0]))
    (array([125.,  30.]), 0.1)
    """
    total = float(values.sum())
    for places in range(_DECIMALS + 1):
        scaled = values * 10.0**places
        whole = np.round(scaled)
        if total * 10.0**places < _MOST and (np.abs(scaled - whole) <= 1e-9 * np.maximum(scaled, 1.0)).all():
            return whole, float(f"1e-{places}")
    unit = float(2.0 ** np.floor(np.log2(total / _SHARP)))
    return np.round(values / unit), unit
