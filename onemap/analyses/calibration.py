"""Calibration of a model by one offset for each class of paths, and what it is worth where nobody measured.

An offset fits the roads that it was taken from better than others. So each road is left out once: its places are
corrected by the offsets of all other roads, and what is left there is the error to expect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["class_offsets", "left_out_offsets"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Numbers and sums of residuals, by class (row) and group (column)."""

    count: Floats
    total: Floats


def class_offsets(residual_db: ArrayLike, classes: pd.Series, *, min_count: int) -> Floats:
    """Give the offset of the class of each place: the mean residual of the class, or of all where it is too small.

    Parameters
    ----------
    residual_db
        Measured less predicted, shape (n,), in dB, all finite.
    classes
        Class of each place, shape (n,); a missing one is a class too.
    min_count
        A class of fewer places takes the mean of all.

    Returns
    -------
    offset_db
        Shape (n,): what to add to the predictions.

    Examples
    --------
    >>> class_offsets([1.0, 3.0, 10.0], pd.Series(["a", "a", "b"]), min_count=2).round(2)
    array([2.  , 2.  , 4.67])
    """
    residual_db = np.asarray(residual_db, dtype=float)
    if not len(residual_db):
        return np.empty(0)
    code = _codes(classes)
    sums = _sums(residual_db, code, np.zeros(len(code), dtype=np.intp))
    return _means(sums.count[:, 0], sums.total[:, 0], min_count)[code]


def left_out_offsets(residual_db: ArrayLike, classes: pd.Series, groups: pd.Series, *, min_count: int) -> Floats:
    """Give the offset of the class of each place, taken from all groups but its own.

    Parameters
    ----------
    residual_db, classes, min_count
        As in `class_offsets`.
    groups
        Road or block of each place, shape (n,).

    Returns
    -------
    offset_db
        Shape (n,); NaN where there is no other group.

    Examples
    --------
    >>> groups = pd.Series(["G219", "G219", "S212"])
    >>> left_out_offsets([1.0, 3.0, 10.0], pd.Series(["a", "a", "a"]), groups, min_count=1)
    array([10., 10.,  2.])
    """
    residual_db = np.asarray(residual_db, dtype=float)
    if not len(residual_db):
        return np.empty(0)
    code, group = _codes(classes), _codes(groups)
    sums = _sums(residual_db, code, group)
    offsets = np.empty_like(sums.count)
    for column in range(sums.count[0].size):
        count = sums.count.sum(axis=1) - sums.count[:, column]
        total = sums.total.sum(axis=1) - sums.total[:, column]
        offsets[:, column] = _means(count, total, min_count)
    found: Floats = offsets[code, group]
    return found


def _codes(values: pd.Series) -> Codes:
    """Give each value a number from 0."""
    codes, _ = pd.factorize(values, use_na_sentinel=False)
    return codes.astype(np.intp)


def _sums(residual_db: Floats, code: Codes, group: Codes) -> _Sums:
    """Sum up by class and group."""
    count = np.zeros((int(code.max()) + 1, int(group.max()) + 1))
    total = np.zeros_like(count)
    np.add.at(count, (code, group), 1.0)
    np.add.at(total, (code, group), residual_db)
    return _Sums(count, total)


def _means(count: Floats, total: Floats, min_count: int) -> Floats:
    """Give the mean of each class; the mean of all where it has too few, NaN where there is none at all."""
    everything = count.sum()
    common = total.sum() / everything if everything else np.nan
    enough = count >= max(min_count, 1)
    means: Floats = np.where(enough, total / np.maximum(count, 1.0), common)
    return means
