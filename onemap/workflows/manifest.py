"""The manifest of an output: what it was made from, how, and what it holds.

It names no user and no time of day, so that the same input gives the same bytes; those are in `run.log`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from onemap.findings import Finding, severity_counts
from onemap.workflows.staging import MANIFEST

__all__ = ["fingerprint", "versions", "write_manifest"]

PACKAGES = ("onemap", "geopandas", "shapely", "pyproj", "pyogrio", "rasterio", "numpy", "pandas")
NOT_COMPARED = {MANIFEST, "run.log"}
SHAPEFILE_PARTS = {".shp", ".shx", ".dbf", ".prj", ".cpg"}


def fingerprint(path: Path) -> dict[str, object]:
    """Give size and SHA-256 of a file, of a folder, or of a Shapefile with its parts.

    Parameters
    ----------
    path
        File or folder. A folder's hash is over the names and hashes of its files in order of name.

    Returns
    -------
    fingerprint
        `bytes` and `sha256`.
    """
    if path.is_dir():
        files = sorted(item for item in path.rglob("*") if item.is_file())
    elif path.suffix.lower() == ".shp":
        files = sorted(
            item for item in path.parent.iterdir() if item.stem == path.stem and item.suffix.lower() in SHAPEFILE_PARTS
        )
    else:
        return {"bytes": path.stat().st_size, "sha256": _sha256(path)}
    whole = hashlib.sha256()
    for item in files:
        whole.update(f"{item.relative_to(path.parent).as_posix()} {_sha256(item)}\n".encode())
    return {"bytes": sum(item.stat().st_size for item in files), "sha256": whole.hexdigest()}


def versions() -> dict[str, str]:
    """Give the versions that decide what comes out: of the packages, GDAL, PROJ and GEOS."""
    import pyogrio
    import pyproj
    import shapely

    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a source tree that is not installed
            found[package] = "unknown"
    return found | {
        "GDAL": pyogrio.__gdal_version_string__,
        "PROJ": pyproj.proj_version_str,
        "GEOS": shapely.geos_version_string,
    }


def write_manifest(
    folder: Path,
    *,
    inputs: Mapping[str, Mapping[str, object]],
    operations: Sequence[Mapping[str, object]],
    settings: Mapping[str, object],
    findings: Iterable[Finding],
    clutter: Mapping[str, object] | None = None,
) -> Path:
    """Write `manifest.json` over all files in a folder; call it when nothing more is written.

    Parameters
    ----------
    folder
        Folder of the output.
    inputs
        Name of each input in the project → what `fingerprint` gave.
    operations
        How each source was brought to the working CRS: layer, file, operation, accuracy in metres.
    settings
        The settings of the project, as plain values.
    findings
        All findings; the manifest holds their count by severity and by rule, each of them, and apart those that are
        losses which a format of the delivery forced.
    clutter
        What is assumed to stand on the ground, where that matters.

    Returns
    -------
    path
        The file written.
    """
    found = list(findings)
    by_rule: dict[str, int] = {}
    for finding in found:
        by_rule[finding.rule] = by_rule.get(finding.rule, 0) + 1
    content = {
        "format": 1,
        "versions": versions(),
        "settings": settings,
        "inputs": dict(sorted(inputs.items())),
        "operations": list(operations),
        **({} if clutter is None else {"clutter": clutter}),
        "findings": {
            "by_severity": severity_counts(found),
            "by_rule": dict(sorted(by_rule.items())),
            "all": [finding.as_dict() for finding in found],
        },
        "losses": [
            {"file": one.file, "layer": one.layer, "rule": one.rule, **one.values}
            for one in found
            if "allowed" in one.values
        ],
        "outputs": {
            item.relative_to(folder).as_posix(): fingerprint(item)
            for item in sorted(folder.rglob("*"))
            if item.is_file() and item.name not in NOT_COMPARED
        },
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return path


def _sha256(path: Path) -> str:
    """Hash a file without holding it in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
