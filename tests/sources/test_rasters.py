"""A window of a GeoTIFF comes back in its place, voids as voids, bombs not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from onemap.errors import LayerError, ReadError, RefusedError
from onemap.sources import Reader, read_raster

CELL = 0.01
PLACE = Affine(CELL, 0, 75.0, 0, -CELL, 40.0)


def plane() -> np.ndarray:
    rows, columns = np.mgrid[:100, :120]
    return (1000 + 10 * columns - 5 * rows).astype("int16")


def geotiff(path: Path, values: np.ndarray, **options: object) -> Path:
    profile = {"crs": "EPSG:4490", "transform": PLACE, "dtype": values.dtype.name, "count": 1, **options}
    rows, columns = values.shape
    with rasterio.open(path, "w", driver="GTiff", width=columns, height=rows, **profile) as out:
        out.write(values, 1)
    return path


def test_the_whole_raster_comes_back(tmp_path: Path, reader: Reader) -> None:
    grid = read_raster(geotiff(tmp_path / "dem.tif", plane()), reader=reader)
    assert (grid.values == plane()).all()
    assert (grid.values.dtype, grid.crs) == (np.float32, "EPSG:4490")
    assert grid.bounds == pytest.approx((75.0, 39.0, 76.2, 40.0))


def test_a_window_gives_the_heights_of_the_whole(tmp_path: Path, reader: Reader) -> None:
    path = geotiff(tmp_path / "dem.tif", plane())
    window = read_raster(path, bounds=(75.3, 39.4, 75.5, 39.6), reader=reader)
    whole = read_raster(path, reader=reader)
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(75.3, 75.5, 50), rng.uniform(39.4, 39.6, 50)
    assert window.covers((75.3, 39.4, 75.5, 39.6))
    assert window.values.size < whole.values.size / 10
    assert window.sample(lon, lat) == pytest.approx(whole.sample(lon, lat))


def test_bounds_may_be_in_another_crs(tmp_path: Path, reader: Reader) -> None:
    path = geotiff(tmp_path / "dem.tif", plane())
    window = read_raster(path, bounds=(528_000, 4_365_000, 543_000, 4_387_000), bounds_crs="EPSG:4534", reader=reader)
    assert window.bounds[0] > 75.0
    assert window.values.size < plane().size
    with pytest.raises(ReadError, match="got nowhere"):
        read_raster(path, bounds=(1, 1, 2, 2), bounds_crs="nowhere", reader=reader)


def test_nodata_and_srtm_voids_become_nan(tmp_path: Path, reader: Reader) -> None:
    values = plane()
    values[3, 4], values[5, 6] = -9999, -32768
    grid = read_raster(geotiff(tmp_path / "dem.tif", values, nodata=-9999), reader=reader)
    assert np.argwhere(np.isnan(grid.values)).tolist() == [[3, 4], [5, 6]]


def test_a_raster_elsewhere_is_an_error(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(LayerError, match="it lies elsewhere"):
        read_raster(geotiff(tmp_path / "dem.tif", plane()), bounds=(100, 30, 101, 31), reader=reader)


def test_a_raster_without_crs_is_an_error(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(ReadError, match="must declare its CRS"):
        read_raster(geotiff(tmp_path / "dem.tif", plane(), crs=None), reader=reader)


def test_a_raster_bomb_is_refused_and_a_window_of_it_read(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "bomb.tif"
    options = {"dtype": "int16", "count": 1, "crs": "EPSG:4490", "transform": Affine(1e-4, 0, 75, 0, -1e-4, 40)}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=60_000,
        height=60_000,
        tiled=True,
        sparse_ok=True,
        compress="deflate",
        **options,
    ):
        pass
    with pytest.raises(RefusedError, match="must fit 1073 MB, it takes 14400 MB"):
        read_raster(path, reader=reader)
    assert read_raster(path, bounds=(75.1, 39.8, 75.12, 39.82), reader=reader).values.shape == (204, 204)


def test_a_table_is_no_raster(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(ReadError, match="must come from a GeoTIFF"):
        read_raster(tmp_path / "a.csv")


def test_voids_of_a_real_elevation_model_are_honoured(shared: Path, reader: Reader) -> None:
    grid = read_raster(shared / "data" / "andorra" / "dem_srtm3_N42E001_raw.tif", reader=reader)
    assert np.isnan(grid.values).any()
    assert np.nanmin(grid.values) > -500
