"""Rasters: elevation models in GeoTIFF."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
from affine import Affine

from onemap.errors import ReadError
from onemap.layers.grid import Grid
from onemap.sources.guard import sniff
from onemap.sources.reader import Reader, open_reader

__all__ = ["read_raster"]


def read_raster(
    path: str | Path,
    *,
    bounds: tuple[float, float, float, float] | None = None,
    bounds_crs: str | None = None,
    budget_bytes: int = 1024**3,
    reader: Reader | None = None,
) -> Grid:
    """Read the first band of a GeoTIFF, or a window of it, in the guarded worker.

    Parameters
    ----------
    path
        The GeoTIFF; its CRS must be declared.
    bounds
        West, south, east and north edge of what is wanted; two cells more are read on each side. All of it if None.
    bounds_crs
        CRS of the bounds, "EPSG:n" or WKT; that of the raster if None.
    budget_bytes
        Largest size that may be unpacked, in bytes.
    reader
        Worker to use, from `open_reader`; one is started for this read if not given.

    Returns
    -------
    grid
        Values as 32-bit floats in the raster's unit; NaN for nodata and for the voids of SRTM (-32768).

    Raises
    ------
    ReadError
        If the file is missing, damaged or no GeoTIFF, has no CRS, or lies elsewhere than the bounds.
    RefusedError
        If the window would not fit the budget, or the file points elsewhere.

    Examples
    --------
    >>> read_raster("missing.tif")
    Traceback (most recent call last):
    onemap.errors.ReadError: the file missing.tif must exist; check the path
    """
    if sniff(path) != "GTiff":
        raise ReadError("not_a_raster", path=path)
    options = {
        "bounds": None if bounds is None else [float(edge) for edge in bounds],
        "bounds_crs": bounds_crs,
        "budget_bytes": budget_bytes,
    }
    with nullcontext(reader) if reader is not None else open_reader() as worker:
        facts, body = worker.ask("read", path, **options)
    values = np.frombuffer(body, dtype=np.float32).reshape(facts["shape"])
    return Grid(values, Affine(*facts["transform"]), facts["crs"])
