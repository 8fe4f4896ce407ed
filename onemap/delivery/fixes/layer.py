"""A layer that can be mended, and what was changed in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.delivery.profile import Profile, ProfileField, ProfileLayer

__all__ = ["Change", "MendableLayer"]


@dataclass(frozen=True, slots=True)
class Change:
    """A cell, or the shape of a feature, that was changed.

    Attributes
    ----------
    rule
        The rule that asked for it.
    row
        Number of the feature from 1; 0 for the layer itself.
    field
        Field, empty for the shape.
    before, after
        Text of the cell, or WKT of the shape.
    """

    rule: str
    row: int
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, eq=False)
class MendableLayer:
    """A layer as it is stored, with what the profile says of it.

    Attributes
    ----------
    name
        Name of the layer.
    frame
        Attributes, one row a feature, on a RangeIndex.
    geometry
        Shapely geometries, shape (n,), None where a row has none; None for a table.
    crs
        Their system, None if it is not known.
    profile
        The profile.
    """

    name: str
    frame: pd.DataFrame
    geometry: NDArray[np.object_] | None
    crs: str | None
    profile: Profile

    @property
    def layer(self) -> ProfileLayer | None:
        """What the profile says of the layer, None for one that is not its own."""
        return self.profile.layer(self.name)

    @property
    def fields(self) -> Mapping[str, ProfileField]:
        """Fields of the profile that the layer has, in the profile's order."""
        if self.layer is None:
            return {}
        return {one.name: one for one in self.profile.fields_of(self.layer) if one.name in self.frame}

    def field_filled_by(self, *fills: str) -> list[str]:
        """Name the fields of the layer that something fills."""
        return [name for name, one in self.fields.items() if one.filled_by in fills]

    @property
    def texts(self) -> list[str]:
        """Names of the columns that hold text."""
        return [str(name) for name in self.frame if isinstance(self.frame[name].dtype, pd.StringDtype)]

    @property
    def identifiers(self) -> pd.Series[str]:
        """Identifier of each feature, empty where it has none."""
        names = self.field_filled_by("identifier") or [name for name in self.frame if name == "BSM"]
        if not names:
            return pd.Series("", index=self.frame.index, dtype="string")
        return self.frame[names[0]].astype("string").fillna("")
