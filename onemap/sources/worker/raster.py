"""GeoTIFF, read as a window of its first band."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.errors import CRSError as RasterioCRSError
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from onemap.errors import LayerError, ReadError, RefusedError
from onemap.sources.worker.answer import Answer

__all__ = ["describe", "read"]

_SRTM_VOID = -32768
_MARGIN_CELLS = 2
_DENSIFY_POINTS = 21


def describe(path: Path, _driver: str, _options: Mapping[str, Any]) -> Answer:
    """Say that a raster holds no layers."""
    raise ReadError("not_a_vector_file", path=path)


def read(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read the cells within bounds as 32-bit floats, voids as NaN."""
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            if raster.crs is None:
                raise ReadError("raster_without_crs", path=path)
            window = _window(path, raster, options)
            _refuse_too_big(path, raster, window, int(options["budget_bytes"]))
            values = _heights(raster, window)
            transform = raster.window_transform(window)
            facts = {"shape": values.shape, "transform": list(transform)[:6], "crs": _crs_name(raster.crs)}
    except (RasterioIOError, RasterioError, RasterioCRSError) as error:
        raise ReadError("file_damaged", path=path, reason=" ".join(str(error).split())[:160]) from error
    return Answer(facts, values.tobytes())


def _window(path: Path, raster: Any, options: Mapping[str, Any]) -> Window:
    """Give the cells that bounds touch, with a margin for interpolation."""
    whole = Window(0, 0, raster.width, raster.height)
    if options.get("bounds") is None:
        return whole
    west, south, east, north = _bounds_in(path, raster, options)
    inverse = ~raster.transform
    corners = [(x, y) for x in (west, east) for y in (south, north)]
    columns = [inverse.a * x + inverse.b * y + inverse.c for x, y in corners]
    rows = [inverse.d * x + inverse.e * y + inverse.f for x, y in corners]
    left = max(0, math.floor(min(columns)) - _MARGIN_CELLS)
    upper = max(0, math.floor(min(rows)) - _MARGIN_CELLS)
    right = min(raster.width, math.ceil(max(columns)) + _MARGIN_CELLS)
    lower = min(raster.height, math.ceil(max(rows)) + _MARGIN_CELLS)
    if right <= left or lower <= upper:
        raise LayerError("raster_elsewhere", path=path, bounds=", ".join(f"{edge:.6g}" for edge in options["bounds"]))
    return Window(left, upper, right - left, lower - upper)


def _bounds_in(path: Path, raster: Any, options: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """Bring bounds to the CRS of the raster."""
    bounds = tuple(options["bounds"])
    if options.get("bounds_crs") is not None:
        try:
            asked = CRS.from_user_input(options["bounds_crs"])
        except RasterioCRSError as error:
            raise ReadError("raster_bounds_crs", path=path, crs=str(options["bounds_crs"])[:60]) from error
        bounds = transform_bounds(asked, raster.crs, *bounds, densify_pts=_DENSIFY_POINTS)
    if not np.isfinite(bounds).all():
        raise LayerError("raster_elsewhere", path=path, bounds=", ".join(f"{edge:.6g}" for edge in options["bounds"]))
    west, south, east, north = (float(edge) for edge in bounds)
    return west, south, east, north


def _refuse_too_big(path: Path, raster: Any, window: Window, budget_bytes: int) -> None:
    """Refuse a window, or a single block, that would not fit the memory allowed for it."""
    block_rows, block_columns = raster.block_shapes[0]
    item_bytes = max(4, np.dtype(raster.dtypes[0]).itemsize)
    needed = max(int(window.width) * int(window.height), block_rows * block_columns) * item_bytes
    if needed > budget_bytes:
        raise RefusedError(
            "raster_too_big", path=path, megabytes=needed // 1_000_000, budget_megabytes=budget_bytes // 1_000_000
        )


def _heights(raster: Any, window: Window) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Read, scale, and turn what stands for nothing into NaN."""
    raw = raster.read(1, window=window)
    if np.issubdtype(raw.dtype, np.complexfloating):
        raw = raw.real
    values: np.ndarray[Any, np.dtype[np.float32]] = raw.astype(np.float32)
    void = (raw == _SRTM_VOID) | ~np.isfinite(raw)
    if raster.nodata is not None and not math.isnan(raster.nodata):
        void |= raw == np.asarray(raster.nodata).astype(raw.dtype)
    values = values * np.float32(raster.scales[0]) + np.float32(raster.offsets[0])
    values[void] = np.nan
    return values


def _crs_name(crs: CRS) -> str:
    """Give "EPSG:n" where there is such a code, else WKT."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())
