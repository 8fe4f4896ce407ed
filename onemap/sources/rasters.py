"""Rasters: elevation models in GeoTIFF."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

from onemap.errors import ReadError
from onemap.findings import Finding
from onemap.layers.grid import Grid
from onemap.sources.guard import sniff
from onemap.sources.reader import Reader, open_reader

__all__ = ["RasterInfo", "describe_raster", "read_elevation", "read_raster"]


@dataclass(frozen=True, slots=True)
class RasterInfo:
    """What a raster is, without its cells.

    Attributes
    ----------
    driver
        Name of the format.
    crs
        "EPSG:n" or WKT.
    shape
        Rows and columns.
    transform
        From (column, row), counted at the corner of the first cell, to coordinates in `crs`.
    bands
        Number of bands.
    dtype
        Kind of number of the first band, as numpy names it.
    nodata
        Value that stands for nothing, None if none is declared.
    void_share
        Share of cells that hold nothing, by nodata, mask or fill values, 0 to 1; of a sample in a large raster.
    minimum, maximum
        Of the first band, scale and offset applied; None if all of it is void.
    findings
        What was noted.
    """

    driver: str
    crs: str
    shape: tuple[int, int]
    transform: Affine
    bands: int
    dtype: str
    nodata: float | None
    void_share: float
    minimum: float | None
    maximum: float | None
    findings: tuple[Finding, ...] = ()

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge in `crs`."""
        rows, columns = self.shape
        corners = [self.transform @ corner for corner in ((0, 0), (columns, 0), (0, rows), (columns, rows))]
        easts, norths = [float(one[0]) for one in corners], [float(one[1]) for one in corners]
        return (min(easts), min(norths), max(easts), max(norths))


def describe_raster(path: str | Path, *, reader: Reader | None = None) -> RasterInfo:
    """Say what a GeoTIFF is, looked at in the guarded worker.

    Parameters
    ----------
    path
        The GeoTIFF; its CRS must be declared.
    reader
        Worker to use; one is started if not given.

    Raises
    ------
    ReadError, RefusedError
        As in `read_raster`.

    Examples
    --------
    >>> describe_raster("missing.tif")
    Traceback (most recent call last):
    onemap.errors.ReadError: the file missing.tif must exist; check the path
    """
    if sniff(path) != "GTiff":
        raise ReadError("not_a_raster", path=path)
    with nullcontext(reader) if reader is not None else open_reader() as worker:
        facts, _ = worker.ask("survey", path)
    told = {
        key: facts[key] for key in ("driver", "crs", "bands", "dtype", "nodata", "void_share", "minimum", "maximum")
    }
    return RasterInfo(
        **told,
        shape=(int(facts["shape"][0]), int(facts["shape"][1])),
        transform=Affine(*facts["transform"]),
        findings=_findings(facts, path),
    )


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
        Values as 32-bit floats in the raster's unit, scale and offset applied, the first row in the north; NaN for
        nodata, where a mask or alpha band says so, and for values that stand for nothing undeclared (-32768, -9999).

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
    grid, _ = read_elevation(path, bounds=bounds, bounds_crs=bounds_crs, budget_bytes=budget_bytes, reader=reader)
    return grid


def read_elevation(
    path: str | Path,
    *,
    bounds: tuple[float, float, float, float] | None = None,
    bounds_crs: str | None = None,
    budget_bytes: int = 1024**3,
    reader: Reader | None = None,
) -> tuple[Grid, tuple[Finding, ...]]:
    """Read as `read_raster` does, and say what was noted: voids, fill values without a tag, further bands.

    Parameters
    ----------
    path, bounds, bounds_crs, budget_bytes, reader
        As in `read_raster`.

    Returns
    -------
    grid, findings
        The heights, and what was noted on the way; `file` in the findings is the name of the file.

    Raises
    ------
    ReadError, RefusedError
        As in `read_raster`.

    Examples
    --------
    >>> read_elevation("missing.tif")
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
    return Grid(values, Affine(*facts["transform"]), facts["crs"]), _findings(facts, path)


def _findings(facts: Mapping[str, Any], path: str | Path) -> tuple[Finding, ...]:
    """Turn the worker's remarks into findings."""
    return tuple(
        Finding(remark["rule"], layer="", file=Path(path).name, values=remark["values"]) for remark in facts["remarks"]
    )
