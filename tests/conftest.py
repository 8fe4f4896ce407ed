"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onemap.terrain.kernel_cache import kernel_cache_folder

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache_folder(ROOT / ".numba_cache")))  # before numba is loaded


def pytest_report_header() -> list[str]:
    """Print the versions that decide what is read and shifted."""
    import geopandas
    import pyogrio
    import pyproj
    import shapely

    return [
        f"GDAL {pyogrio.__gdal_version_string__} (pyogrio {pyogrio.__version__}), GEOS {shapely.geos_version_string}",
        f"PROJ {pyproj.proj_version_str} (pyproj {pyproj.__version__}), geopandas {geopandas.__version__}",
    ]


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def pilot(root: Path) -> Path:
    """Give the folder of the pilot project."""
    return root / "data" / "pilot"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of data that is at hand for development; skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder `shared` does not lie beside the repository")
    return SHARED
