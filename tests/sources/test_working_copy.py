"""A GeoPackage that is open elsewhere is read whole and left as it is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import geopandas as gpd
import shapely

from onemap.sources import list_layers, read_file


def test_geopackage_in_write_ahead_mode_is_read_with_its_newest_rows_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sites.gpkg"
    sites = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(75, 39)], crs=4490)
    sites.to_file(path, layer="sites", driver="GPKG")
    writer = sqlite3.connect(path)
    try:
        writer.execute("pragma journal_mode = wal")
        for name in ("rtree_sites_geom_insert", "trigger_insert_feature_count_sites"):
            writer.execute(f'drop trigger if exists "{name}"')
        writer.execute("insert into sites (name, geom) select '乙', geom from sites")
        writer.commit()
        before = {item.name: item.read_bytes() for item in tmp_path.iterdir() if not item.name.endswith("-shm")}
        assert read_file(path).frame["name"].tolist() == ["甲", "乙"]
        assert [info.name for info in list_layers(path)] == ["sites"]
        after = {item.name: item.read_bytes() for item in tmp_path.iterdir() if not item.name.endswith("-shm")}
        assert after == before
    finally:
        writer.close()


def test_write_ahead_geopackage_that_nobody_has_open_gets_no_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "sites.gpkg"
    sites = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(75, 39)], crs=4490)
    sites.to_file(path, layer="sites", driver="GPKG")
    writer = sqlite3.connect(path)
    writer.execute("pragma journal_mode = wal")
    writer.close()
    assert len(read_file(path).rows) == 1
    assert [item.name for item in tmp_path.iterdir()] == ["sites.gpkg"]
