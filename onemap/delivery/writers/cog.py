"""Cloud-Optimised GeoTIFF, written tile by tile."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray

__all__ = ["RasterForm", "open_cog"]

_BLOCK = 512


@dataclass(frozen=True, slots=True)
class RasterForm:
    """What a raster is, apart from its cells.

    Attributes
    ----------
    shape
        Rows and columns.
    transform
        From (column, row), counted at the corner of the first cell, to coordinates in `crs`.
    crs
        "EPSG:n" or WKT.
    dtype
        Kind of number, as numpy names it.
    nodata
        Value of cells where nothing is known.
    unit
        Unit of the values; empty if they have none.
    description
        What the values are.
    tags
        Further facts, such as a legend, as texts.
    overviews
        How smaller pictures are made: "average" of values, "nearest" or "mode" of codes.
    """

    shape: tuple[int, int]
    transform: Affine
    crs: str
    dtype: str
    nodata: float
    unit: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    overviews: str = "nearest"


@contextmanager
def open_cog(path: Path, form: RasterForm) -> Iterator[Callable[[int, int, NDArray[np.generic]], None]]:
    """Open a Cloud-Optimised GeoTIFF to be written window by window; it is there when the context ends.

    Parameters
    ----------
    path
        File to make; it must not exist.
    form
        What it is.

    Yields
    ------
    write
        Takes first row, first column and a window of values; NaN becomes the nodata value. What is never written holds
        that value too.

    Raises
    ------
    FileExistsError
        If there is such a file.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> form = RasterForm((2, 3), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490", "float32", -9999.0, unit="dBm")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open_cog(Path(folder) / "power.tif", form) as write:
    ...         write(0, 1, np.array([[-80.0, np.nan]]))
    ...     with rasterio.open(Path(folder) / "power.tif") as file:
    ...         print(file.read(1).tolist()[0], file.units, file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"])
    [-9999.0, -80.0, -9999.0] ('dBm',) COG
    """
    import rasterio
    from rasterio.shutil import copy
    from rasterio.windows import Window

    if path.exists():
        msg = f"the file {path} must not exist"
        raise FileExistsError(msg)
    profile = {
        "driver": "GTiff", "height": form.shape[0], "width": form.shape[1], "count": 1, "dtype": form.dtype,
        "crs": form.crs, "transform": form.transform, "nodata": form.nodata, "tiled": True, "blockxsize": _BLOCK,
        "blockysize": _BLOCK, "compress": "deflate", "zlevel": 1, "sparse_ok": True, "bigtiff": "if_safer",
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix=".cog-", dir=path.parent) as folder:
        plain = Path(folder) / "plain.tif"
        with rasterio.open(plain, "w", **profile) as file:
            file.update_tags(**form.tags)
            file.set_band_description(1, form.description)
            file.set_band_unit(1, form.unit)

            def write(row: int, column: int, values: NDArray[np.generic]) -> None:
                rows, columns = values.shape
                known = values
                if np.issubdtype(values.dtype, np.floating):
                    known = np.where(np.isnan(values), form.nodata, values)
                file.write(known.astype(form.dtype), 1, window=Window(column, row, columns, rows))

            yield write
        copy(
            plain, path, driver="COG", compress="deflate", level=6, blocksize=_BLOCK, bigtiff="if_safer",
            overview_resampling=form.overviews,
            predictor="yes" if np.dtype(form.dtype).itemsize > 1 else "no",
        )  # fmt: skip
