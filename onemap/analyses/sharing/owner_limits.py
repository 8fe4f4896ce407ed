"""Which owners share with whom, by the settings of a project."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.sharing.demand_settings import DemandSettings

__all__ = ["owner_limits"]


def owner_limits(
    askers: pd.Series, owners: pd.Series, settings: DemandSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which pairs have one owner, and which may not share.

    Parameters
    ----------
    askers, owners
        Who asks, and who owns what is asked for, shape (n,); what is not known is missing.
    settings
        Pairs that may share, and that do not.

    Returns
    -------
    own, refused
        Shape (n,) each.

    Examples
    --------
    >>> settings = DemandSettings(refused_pairs=(("A", "grid"),))
    >>> own, refused = owner_limits(pd.Series(["A", "B", "A"]), pd.Series(["grid", "grid", "A"]), settings)
    >>> own.tolist(), refused.tolist()
    ([False, False, True], [True, False, False])
    """
    names = pd.Index(pd.unique(pd.concat([askers, owners]).dropna()))
    ask = names.get_indexer(pd.Index(askers.astype(object)))
    own = names.get_indexer(pd.Index(owners.astype(object)))
    allowed = np.full((len(names) + 1, len(names) + 1), not settings.allowed_pairs)
    for value, listed in ((True, settings.allowed_pairs), (False, settings.refused_pairs)):
        for one, other in listed:
            allowed[np.ix_(_named(names, one), _named(names, other))] = value
    return (ask == own) & (ask >= 0), ~allowed[ask, own]  # what is not known stands in the last row and column


def _named(names: pd.Index, word: str) -> NDArray[np.int64]:
    """Give the positions that a word of a rule stands for."""
    return np.arange(len(names) + 1) if word == "*" else np.flatnonzero(names == word)
