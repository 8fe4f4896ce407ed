"""GeoTIFF, read as a window of its first band."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.errors import CRSError as RasterioCRSError
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from onemap.errors import LayerError, ReadError, RefusedError
from onemap.sources.worker.answer import Answer, Remark

__all__ = ["describe", "read", "survey"]

_FILLS = (-32768, -32767, -9999, -99999)  # written for "unknown" by SRTM, ArcGIS and others; no height on Earth
_BEYOND = 1e5  # metres; what is farther from the sea's level is no height
_SURVEY_CELLS = 2_000
_SURVEY_BLOCK_BYTES = 256 * 1024**2
_SHARE_SAID = 0.001
_MARGIN_CELLS = 2
_DENSIFY_POINTS = 21


def describe(path: Path, _driver: str, _options: Mapping[str, Any]) -> Answer:
    """Say that a raster holds no layers."""
    raise ReadError("not_a_vector_file", path=path)


def read(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read the cells within bounds as 32-bit floats, north up, voids as NaN; whoever names no budget wants a layer."""
    if "budget_bytes" not in options:
        raise ReadError("not_a_vector_file", path=path)
    with _opened(path) as raster:
        window = _window(path, raster, options)
        _refuse_too_big(path, raster, window, int(options["budget_bytes"]))
        values, remarks = _heights(path, raster, window=window)
        values, transform = _north_up(values, raster.window_transform(window))
        facts = {"shape": values.shape, "transform": list(transform)[:6], "crs": _crs_name(raster.crs)}
        bands = _said_of_bands(path, raster)
    return Answer(facts, values.tobytes(), (*bands, *remarks))


def survey(path: Path, driver: str, _options: Mapping[str, Any]) -> Answer:
    """Say what a raster is, and of its first band how it is spread and how much of it is void."""
    with _opened(path) as raster:
        _refuse_too_big(path, raster, Window(0, 0, 1, 1), _SURVEY_BLOCK_BYTES)
        step = max(1, math.ceil(max(raster.width, raster.height) / _SURVEY_CELLS))
        shape = (math.ceil(raster.height / step), math.ceil(raster.width / step))
        values, remarks = _heights(path, raster, out_shape=shape)
        known = values[np.isfinite(values)]
        facts = {
            "driver": driver,
            "crs": _crs_name(raster.crs),
            "shape": [raster.height, raster.width],
            "transform": list(raster.transform)[:6],
            "bands": raster.count,
            "dtype": str(raster.dtypes[0]),
            "nodata": None if raster.nodata is None or math.isnan(raster.nodata) else float(raster.nodata),
            "void_share": 1 - known.size / max(1, values.size),
            "minimum": float(known.min()) if known.size else None,
            "maximum": float(known.max()) if known.size else None,
        }
        bands = _said_of_bands(path, raster)
    return Answer(facts, None, (*bands, *remarks))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a GeoTIFF that says where it lies."""
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            if raster.crs is None:
                raise ReadError("raster_without_crs", path=path)
            yield raster
    except (RasterioIOError, RasterioError, RasterioCRSError) as error:
        raise ReadError("file_damaged", path=path, reason=" ".join(str(error).split())[:160]) from error


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


def _heights(
    path: Path, raster: Any, *, window: Window | None = None, out_shape: tuple[int, int] | None = None
) -> tuple[np.ndarray[Any, np.dtype[np.float32]], list[Remark]]:
    """Read, scale, and turn what stands for nothing (nodata, mask, alpha, fill values) into NaN, with remarks."""
    masked = raster.read(1, window=window, out_shape=out_shape, masked=True)
    raw = masked.data.real if np.issubdtype(masked.dtype, np.complexfloating) else masked.data
    void = np.ma.getmaskarray(masked) | ~np.isfinite(raw)
    if ColorInterp.alpha in raster.colorinterp:  # GDAL makes a mask of one in whole numbers only
        void |= raster.read(raster.colorinterp.index(ColorInterp.alpha) + 1, window=window, out_shape=out_shape) == 0
    values: np.ndarray[Any, np.dtype[np.float32]] = raw.astype(np.float32)
    scaled = values * np.float32(raster.scales[0]) + np.float32(raster.offsets[0])
    filled = ~void & (np.isin(raw, _FILLS) | (np.abs(scaled) > _BEYOND))
    scaled[void | filled] = np.nan
    remarks = []
    if filled.any():
        fills = "、".join(f"{value:g}" for value in np.unique(raw[filled])[:4])
        remarks.append(Remark("OM-PKG-046", {"file": path.name, "fills": fills, "cells": int(filled.sum())}))
    share = float((void | filled).mean()) if void.size else 0.0
    if share > _SHARE_SAID:
        remarks.append(Remark("OM-PKG-047", {"file": path.name, "percent": f"{100 * share:.1f}"}))
    return scaled, remarks


def _north_up(values: np.ndarray[Any, Any], transform: Affine) -> tuple[np.ndarray[Any, Any], Affine]:
    """Turn a raster whose rows begin in the south."""
    if transform.e <= 0 or transform.b or transform.d:
        return values, transform
    turned = Affine(transform.a, 0.0, transform.c, 0.0, -transform.e, transform.f + transform.e * values.shape[0])
    return np.ascontiguousarray(values[::-1]), turned


def _said_of_bands(path: Path, raster: Any) -> list[Remark]:
    """Remark on bands that are not read, a mask apart."""
    count = sum(kind != ColorInterp.alpha for kind in raster.colorinterp)
    return [Remark("OM-FLD-013", {"file": path.name, "bands": count})] if count > 1 else []


def _crs_name(crs: CRS) -> str:
    """Give "EPSG:n" where there is such a code, else WKT."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())
