"""A window of a GeoTIFF comes back in its place, voids as voids, bombs not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from onemap.errors import LayerError, ReadError, RefusedError
from onemap.sources import Reader, describe_raster, read_elevation, read_raster

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


DTYPES = ["uint8", "int16", "uint16", "int32", "float32", "float64"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_kind_of_number_comes_as_32_bit_floats(tmp_path: Path, reader: Reader, dtype: str) -> None:
    values = (np.arange(12_000).reshape(100, 120) % 200).astype(dtype)
    grid, findings = read_elevation(geotiff(tmp_path / "dem.tif", values), reader=reader)
    assert (grid.values == values).all()
    assert findings == ()


def holes() -> tuple[np.ndarray, np.ndarray]:
    values = plane().astype("float32")
    void = np.zeros(values.shape, dtype=bool)
    void[10:20, 30:40] = True
    return values, void


@pytest.mark.parametrize("way", ["nodata", "nan", "mask", "alpha", "fill", "huge"])
def test_what_stands_for_nothing_is_void_however_it_is_written(tmp_path: Path, reader: Reader, way: str) -> None:
    values, void = holes()
    path = tmp_path / "dem.tif"
    written = {"nodata": -5.0, "nan": np.nan, "fill": -9999.0, "huge": -3.4028235e38}
    values[void] = written.get(way, values[0, 0])
    options: dict[str, object] = {"nodata": -5.0} if way == "nodata" else {}
    if way == "alpha":
        profile = {"crs": "EPSG:4490", "transform": PLACE, "dtype": "float32", "count": 2, "ALPHA": "YES"}
        with rasterio.open(path, "w", driver="GTiff", width=120, height=100, **profile) as out:
            out.write(values, 1)
            out.write(np.where(void, 0, 255).astype("float32"), 2)
    else:
        geotiff(path, values, **options)
    if way == "mask":
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as out:
            out.write_mask(~void)
    grid, findings = read_elevation(path, reader=reader)
    assert (np.isnan(grid.values) == void).all()
    said = ["OM-PKG-046", "OM-PKG-047"] if way in {"fill", "huge"} else ["OM-PKG-047"]
    assert [finding.rule for finding in findings] == said
    assert findings[-1].values["percent"] == "0.8"


def test_scale_and_offset_are_applied(tmp_path: Path, reader: Reader) -> None:
    path = geotiff(tmp_path / "dem.tif", plane())
    with rasterio.open(path, "r+") as out:
        out.scales, out.offsets = (0.1,), (100.0,)
    assert read_raster(path, reader=reader).values == pytest.approx(plane() * 0.1 + 100, rel=1e-6)


def test_a_raster_that_begins_in_the_south_is_turned(tmp_path: Path, reader: Reader) -> None:
    path = geotiff(tmp_path / "dem.tif", plane()[::-1].copy(), transform=Affine(CELL, 0, 75.0, 0, CELL, 39.0))
    grid = read_raster(path, reader=reader)
    assert (grid.values == plane()).all()
    assert tuple(grid.transform)[:6] == pytest.approx(tuple(PLACE)[:6])


def test_a_turned_raster_keeps_its_places(tmp_path: Path, reader: Reader) -> None:
    place = PLACE @ Affine.rotation(30)
    grid = read_raster(geotiff(tmp_path / "dem.tif", plane(), transform=place), reader=reader)
    lon, lat = place @ (50.5, 40.5)
    assert grid.sample(lon, lat) == pytest.approx(plane()[40, 50])


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:4527", "EPSG:32643", "EPSG:4326", "EPSG:4479"])
def test_any_declared_system_is_named(tmp_path: Path, reader: Reader, crs: str) -> None:
    place = Affine(30, 0, 500_000, 0, -30, 4_400_000)
    assert read_raster(geotiff(tmp_path / "dem.tif", plane(), crs=crs, transform=place), reader=reader).crs == crs


def test_a_raster_of_points_lies_half_a_cell_off(tmp_path: Path, reader: Reader) -> None:
    path = geotiff(tmp_path / "dem.tif", plane())
    area = read_raster(path, reader=reader).transform
    with rasterio.open(path, "r+") as out:
        out.update_tags(AREA_OR_POINT="Point")
    assert tuple(read_raster(path, reader=reader).transform)[:6] == pytest.approx(tuple(area)[:6])


def test_further_bands_are_named(tmp_path: Path, reader: Reader) -> None:
    profile = {"crs": "EPSG:4490", "transform": PLACE, "dtype": "int16", "count": 3}
    with rasterio.open(tmp_path / "dem.tif", "w", driver="GTiff", width=120, height=100, **profile) as out:
        for band in (1, 2, 3):
            out.write(plane() * band % 1000, band)
    grid, findings = read_elevation(tmp_path / "dem.tif", reader=reader)
    assert (grid.values == plane() % 1000).all()
    assert [(one.rule, one.values["bands"]) for one in findings] == [("OM-FLD-013", 3)]


def test_a_raster_is_described_without_its_cells(tmp_path: Path, reader: Reader) -> None:
    values, void = holes()
    values[void] = -5
    info = describe_raster(geotiff(tmp_path / "dem.tif", values, nodata=-5), reader=reader)
    assert (info.driver, info.crs, info.shape, info.bands, info.dtype) == (
        "GTiff",
        "EPSG:4490",
        (100, 120),
        1,
        "float32",
    )
    assert info.bounds == pytest.approx((75.0, 39.0, 76.2, 40.0))
    assert (info.nodata, info.minimum, info.maximum) == (-5, values[~void].min(), values.max())
    assert info.void_share == pytest.approx(void.mean())
    assert [finding.rule for finding in info.findings] == ["OM-PKG-047"]
    with pytest.raises(ReadError, match="elevation must come from a GeoTIFF"):
        describe_raster(Path(__file__).parent, reader=reader)


def test_a_large_raster_is_described_from_a_sample(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "dem.tif"
    profile = {
        "crs": "EPSG:4490",
        "transform": PLACE,
        "dtype": "int16",
        "count": 1,
        "tiled": True,
        "compress": "deflate",
    }
    with rasterio.open(path, "w", driver="GTiff", width=20_000, height=20_000, SPARSE_OK=True, **profile) as out:
        out.write(np.full((256, 256), 7, dtype="int16"), 1, window=((0, 256), (0, 256)))
    info = describe_raster(path, reader=reader)
    assert (info.shape, info.minimum, info.maximum) == ((20_000, 20_000), 0, 7)


def test_bounds_in_an_unknown_system_are_refused(tmp_path: Path, reader: Reader) -> None:
    path = geotiff(tmp_path / "dem.tif", plane())
    with pytest.raises(ReadError, match="must be known, got EPSG:99999") as refused:
        read_raster(path, bounds=(75.1, 39.1, 75.2, 39.2), bounds_crs="EPSG:99999", reader=reader)
    assert refused.value.rule == "OM-CRS-009"
