"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from onemap.terrain.kernel_cache import kernel_cache_folder

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache_folder(ROOT / ".numba_cache")))  # before numba is loaded


settings.register_profile(
    "onemap", deadline=None, derandomize=True
)  # a busy machine is no fault; CI finds what it found
settings.load_profile("onemap")

WHOLE_WAYS = {
    "cli/test_commands.py",
    "cli/test_hostile.py",
    "delivery/test_checked_formats.py",
    "delivery/test_planted_files.py",
    "sources/test_archives.py",
    "sources/test_batches.py",
    "views/test_report.py",
    "views/test_templates.py",
    "workflows/test_converting.py",
    "workflows/test_datum_steps.py",
    "workflows/test_delivery.py",
    "workflows/test_large_sources.py",
    "workflows/test_measurements.py",
    "workflows/test_pilot.py",
    "workflows/test_pilot_delivered.py",
    "workflows/test_returns.py",
    "workflows/test_starting.py",
    "workflows/test_streamed_layers.py",
}
"""Modules that go whole ways from file to file; the quick tests leave them out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what goes whole ways as slow."""
    for item in items:
        if "/".join(item.path.parts[-2:]) in WHOLE_WAYS:
            item.add_marker(pytest.mark.slow)


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
