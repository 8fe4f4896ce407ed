"""Points too many to be held: a layer put aside on disk, of which one column or some rows at a time are taken up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from onemap.layers.whole_layer import Floats, Rows

__all__ = ["LayerSpool", "SpooledLayer"]

_ACROSS, _UP = "geometry 1", "geometry 2"
_MISSING = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


@dataclass(frozen=True, slots=True, eq=False)
class SpooledLayer:
    """Points of a canonical layer on disk.

    Attributes
    ----------
    path
        Arrow file.
    crs
        System of coordinates.
    dtypes
        Fields and their dtypes, in order.
    rows
        Number of rows.
    repaired
        Fields that were repaired since, by name; they are in memory.
    """

    path: Path
    crs: Any
    dtypes: Mapping[str, Any]
    rows: int
    repaired: Mapping[str, pd.Series[Any]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Names of the fields."""
        return list(self.dtypes)

    def __len__(self) -> int:
        """Count the rows."""
        return self.rows

    def __contains__(self, name: object) -> bool:
        """Tell whether a field is there."""
        return name in self.dtypes

    def __getitem__(self, name: str) -> pd.Series[Any]:
        """Give a field, read from disk each time."""
        if name in self.repaired:
            return self.repaired[name]
        return _series(self._read(name), self.dtypes[name])

    def coordinates(self) -> tuple[Floats, Floats]:
        """Give the coordinates of the points."""
        return self._read(_ACROSS).to_numpy(), self._read(_UP).to_numpy()

    def shapes(self, rows: Rows) -> NDArray[np.object_]:
        """Give the points of some rows."""
        across, up = self.coordinates()
        points: NDArray[np.object_] = shapely.points(across[rows], up[rows])
        return points

    def pieces(self) -> Iterator[gpd.GeoDataFrame]:
        """Give all rows, as they were put aside."""
        start = 0
        with pa.OSFile(str(self.path)) as file, pa.ipc.open_file(file) as stored:
            for number in range(stored.num_record_batches):
                piece = pa.table(stored.get_batch(number))
                columns = {
                    name: self.repaired[name].iloc[start : start + len(piece)].reset_index(drop=True)
                    if name in self.repaired
                    else _series(piece[name], dtype)
                    for name, dtype in self.dtypes.items()
                }
                points = shapely.points(piece[_ACROSS].to_numpy(), piece[_UP].to_numpy())
                yield gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(points, crs=self.crs))
                start += len(piece)

    def _read(self, name: str) -> pa.ChunkedArray:
        """Read one column."""
        with pa.OSFile(str(self.path)) as file:
            at = [*self.dtypes, _ACROSS, _UP].index(name)
            with pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=[at])) as stored:
                return stored.read_all()[name]


@dataclass(slots=True)
class LayerSpool:
    """A layer on its way to disk, in parts that have the same fields.

    Attributes
    ----------
    path
        File to make.
    """

    path: Path
    _crs: Any = None
    _dtypes: dict[str, Any] = field(default_factory=dict)
    _rows: int = 0
    _writer: Any = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()

    def add(self, part: gpd.GeoDataFrame) -> None:
        """Put rows aside.

        Parameters
        ----------
        part
            Points, with the fields of the parts before.
        """
        geometry = np.asarray(part.geometry.array, dtype=object)
        columns = {name: _array(part[name]) for name in part.columns if name != part.geometry.name}
        columns |= {_ACROSS: pa.array(shapely.get_x(geometry)), _UP: pa.array(shapely.get_y(geometry))}
        table = pa.table(columns)
        if self._writer is None:
            self._crs, self._dtypes = part.crs, {name: part[name].dtype for name in [*columns][:-2]}
            self._writer = pa.ipc.new_file(str(self.path), table.schema)
        batch = table.combine_chunks().to_batches()
        for one in batch or [pa.RecordBatch.from_pylist([], schema=table.schema)]:
            self._writer.write_batch(one)
        self._rows += len(part)

    def layer(self) -> SpooledLayer:
        """Give the layer, once the file is closed."""
        return SpooledLayer(self.path, self._crs, MappingProxyType(self._dtypes), self._rows)


def _array(column: pd.Series[Any]) -> pa.Array | pa.ChunkedArray:
    """Give a column as it is stored; numbers that are missing stay NaN."""
    if isinstance(column.dtype, pd.StringDtype):
        return pa.array(column.array, pa.large_string(), from_pandas=True)
    if column.dtype == np.float64:
        return pa.array(column.to_numpy())
    return pa.array(column.array)


def _series(column: pa.ChunkedArray, dtype: Any) -> pd.Series[Any]:
    """Give a stored column as it was."""
    if isinstance(dtype, pd.StringDtype):
        return pd.Series(pd.array(column, dtype=dtype))
    if dtype == np.float64:
        return pd.Series(column.to_numpy())
    kept: pd.Series[Any] = column.to_pandas(types_mapper=_MISSING.get)
    return kept
