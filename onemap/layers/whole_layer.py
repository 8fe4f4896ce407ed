"""Whole layers, however they are kept: in memory, or aside on disk where they are too large to be held.

Checks over all rows of a layer ask for the columns and coordinates that they need, and let go of them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.layers.catalogue import schema as schema_of

__all__ = ["FrameLayer", "JoinedLayer", "RemainingLayer", "WholeLayer", "boxes_of", "whole_of"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_ROWS_AT_ONCE = 100_000


class WholeLayer(Protocol):
    """All rows of a canonical layer."""

    @property
    def crs(self) -> Any:
        """System of coordinates, of pyproj."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the fields that are there, `source` among them, the geometry not."""

    def __len__(self) -> int:
        """Count the rows."""

    def __contains__(self, name: object) -> bool:
        """Tell whether a field is there."""

    def __getitem__(self, name: str) -> pd.Series[Any]:
        """Give a field, on an index from 0."""

    def coordinates(self) -> tuple[Floats, Floats]:
        """Give the coordinates of points, NaN where a row is no point."""

    def shapes(self, rows: Rows) -> NDArray[np.object_]:
        """Give the geometries of some rows."""

    def pieces(self) -> Iterator[gpd.GeoDataFrame]:
        """Give all rows in order, some at a time, each time with the same columns; at least one piece."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameLayer:
    """A layer in memory.

    Attributes
    ----------
    frame
        The layer.
    """

    frame: gpd.GeoDataFrame

    @property
    def crs(self) -> Any:
        """System of coordinates."""
        return self.frame.crs

    @property
    def columns(self) -> list[str]:
        """Names of the fields."""
        return [str(name) for name in self.frame.columns if name != self.frame.geometry.name]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.frame)

    def __contains__(self, name: object) -> bool:
        """Tell whether a field is there."""
        return name in self.frame

    def __getitem__(self, name: str) -> pd.Series[Any]:
        """Give a field."""
        column: pd.Series[Any] = self.frame[name]
        return column

    def coordinates(self) -> tuple[Floats, Floats]:
        """Give the coordinates of points, NaN where a row is no point."""
        geometry = np.asarray(self.frame.geometry.array, dtype=object)
        return shapely.get_x(geometry), shapely.get_y(geometry)

    def shapes(self, rows: Rows) -> NDArray[np.object_]:
        """Give the geometries of some rows."""
        geometry: NDArray[np.object_] = np.asarray(self.frame.geometry.array, dtype=object)
        return geometry[rows]

    def pieces(self) -> Iterator[gpd.GeoDataFrame]:
        """Give all rows, some at a time."""
        for start in range(0, max(len(self.frame), 1), _ROWS_AT_ONCE):
            yield self.frame.iloc[start : start + _ROWS_AT_ONCE]


@dataclass(frozen=True, slots=True, eq=False)
class JoinedLayer:
    """Layers of one name and one system under each other, nothing where one does not have a field of another.

    Attributes
    ----------
    name
        Name of the canonical layer, which orders the fields.
    parts
        The layers, in order.
    """

    name: str
    parts: Sequence[WholeLayer]

    @property
    def crs(self) -> Any:
        """System of coordinates."""
        return self.parts[0].crs

    @property
    def columns(self) -> list[str]:
        """Names of the fields, in the order of the catalogue."""
        return [name for name in (*schema_of(self.name).names, "source") if name in self]

    def __len__(self) -> int:
        """Count the rows."""
        return sum(len(part) for part in self.parts)

    def __contains__(self, name: object) -> bool:
        """Tell whether a field is in one of the layers."""
        return any(name in part for part in self.parts)

    def __getitem__(self, name: str) -> pd.Series[Any]:
        """Give a field."""
        there = {at: part[name] for at, part in enumerate(self.parts) if name in part}
        model = next(iter(there.values()))
        pieces = [
            there[at].astype(model.dtype) if at in there else _nothing(model, len(part))
            for at, part in enumerate(self.parts)
        ]
        return pd.concat(pieces, ignore_index=True)

    def coordinates(self) -> tuple[Floats, Floats]:
        """Give the coordinates of points, NaN where a row is no point."""
        across, up = zip(*(part.coordinates() for part in self.parts), strict=True)
        return np.concatenate(across), np.concatenate(up)

    def shapes(self, rows: Rows) -> NDArray[np.object_]:
        """Give the geometries of some rows."""
        found = np.full(len(rows), None, dtype=object)
        starts = np.cumsum([0, *(len(part) for part in self.parts)]).tolist()
        for part, (start, end) in zip(self.parts, pairwise(starts), strict=True):
            here = (rows >= start) & (rows < end)
            found[here] = part.shapes(rows[here] - start)
        return found

    def pieces(self) -> Iterator[gpd.GeoDataFrame]:
        """Give all rows, some at a time."""
        columns, first = self.columns, [next(part.pieces()) for part in self.parts]
        models = {name: next(piece[name] for piece in first if name in piece).iloc[:0] for name in columns}
        for part in self.parts:
            for piece in part.pieces():
                filled = {
                    name: piece[name].astype(models[name].dtype)
                    if name in piece
                    else _nothing(models[name], len(piece))
                    for name in columns
                }
                plain = {name: column.reset_index(drop=True) for name, column in filled.items()}
                yield gpd.GeoDataFrame(plain, geometry=piece.geometry.reset_index(drop=True), crs=piece.crs)


@dataclass(frozen=True, slots=True, eq=False)
class RemainingLayer:
    """Rows of a layer that remain where others are left out.

    Attributes
    ----------
    whole
        The layer.
    stay
        True for the rows that remain, shape (n,).
    """

    whole: WholeLayer
    stay: NDArray[np.bool_]

    @property
    def crs(self) -> Any:
        """System of coordinates."""
        return self.whole.crs

    @property
    def columns(self) -> Sequence[str]:
        """Names of the fields."""
        return self.whole.columns

    def __len__(self) -> int:
        """Count the rows."""
        return int(self.stay.sum())

    def __contains__(self, name: object) -> bool:
        """Tell whether a field is there."""
        return name in self.whole

    def __getitem__(self, name: str) -> pd.Series[Any]:
        """Give a field."""
        column = self.whole[name]
        return column if self.stay.all() else column[self.stay].reset_index(drop=True)

    def coordinates(self) -> tuple[Floats, Floats]:
        """Give the coordinates of points, NaN where a row is no point."""
        across, up = self.whole.coordinates()
        return across[self.stay], up[self.stay]

    def shapes(self, rows: Rows) -> NDArray[np.object_]:
        """Give the geometries of some rows."""
        return self.whole.shapes(np.flatnonzero(self.stay)[rows])

    def pieces(self) -> Iterator[gpd.GeoDataFrame]:
        """Give all rows, some at a time."""
        start = 0
        for piece in self.whole.pieces():
            yield piece[self.stay[start : start + len(piece)]].reset_index(drop=True)
            start += len(piece)


def whole_of(layer: gpd.GeoDataFrame | WholeLayer) -> WholeLayer:
    """Give a layer as checks over all rows look at it.

    Parameters
    ----------
    layer
        Layer in memory, or one that is kept otherwise.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=shapely.points([[75.2, 39.5]]), crs="EPSG:4490")
    >>> whole = whole_of(sites)
    >>> whole.columns, [one.tolist() for one in whole.coordinates()]
    (['tower_id'], [[75.2], [39.5]])
    """
    return FrameLayer(layer) if isinstance(layer, gpd.GeoDataFrame) else layer


def boxes_of(layer: WholeLayer) -> Floats:
    """Give the box round each row: west, south, east, north.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    boxes
        Shape (n, 4), in the units of its system; NaN where a row has no geometry.

    Examples
    --------
    >>> line = shapely.LineString([(75.0, 39.5), (75.1, 39.6)])
    >>> boxes_of(whole_of(gpd.GeoDataFrame(geometry=[shapely.Point(75.2, 39.5), line]))).tolist()
    [[75.2, 39.5, 75.2, 39.5], [75.0, 39.5, 75.1, 39.6]]
    """
    across, up = layer.coordinates()
    boxes = np.column_stack([across, up, across, up])
    others = np.flatnonzero(np.isnan(across))
    boxes[others] = shapely.bounds(layer.shapes(others))
    return boxes


def _nothing(model: pd.Series[Any], count: int) -> pd.Series[Any]:
    """Give an empty column of the kind of another one."""
    return pd.Series(model.array.take(np.full(count, -1), allow_fill=True))
