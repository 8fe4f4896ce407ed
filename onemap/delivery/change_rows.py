"""Rows of two deliveries that are compared: their fields, their identifiers, and rows that have none of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from onemap.delivery.checked import CheckedLayer
from onemap.delivery.filling import cast
from onemap.delivery.profile import Profile
from onemap.delivery.profile_changes import ChangeKeys
from onemap.delivery.profile_parts import ProfileField
from onemap.errors import ProjectError
from onemap.findings import Finding

__all__ = ["PairedRows", "change_keys", "compared_fields", "compared_rows", "identifier_field", "paired_rows"]

_MULTI = tuple(one.value for one in (GeometryType.MULTIPOINT, GeometryType.MULTILINESTRING, GeometryType.MULTIPOLYGON))


@dataclass(frozen=True, slots=True)
class PairedRows:
    """The rows of one layer in both deliveries, by identifier, and what the base says of it."""

    code: str
    fields: tuple[ProfileField, ...]
    identifier: str
    old: gpd.GeoDataFrame
    new: gpd.GeoDataFrame


def change_keys(profile: Profile) -> ChangeKeys:
    """Give the table `[changes]` of a profile.

    Parameters
    ----------
    profile
        The profile.

    Raises
    ------
    ProjectError
        If it has none.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> change_keys(load_profile("annual-maintenance")).before
    'WHQ'
    """
    if profile.changes is None:
        raise ProjectError("profile_without_changes", profile=profile.name)
    return profile.changes


def compared_fields(profile: Profile, code: str) -> tuple[ProfileField, ...]:
    """Give the fields of a layer of the base: those of its features before.

    Parameters
    ----------
    profile
        A profile of changes.
    code
        Code of the layer in the base.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> [one.name for one in compared_fields(load_profile("annual-maintenance"), "ZDJCSSD")][:3]
    ['BSM', 'YSDM', 'XZQDM']
    """
    layer = profile.layer(f"{change_keys(profile).before}{code}")
    return () if layer is None else profile.fields_of(layer)


def identifier_field(fields: Sequence[ProfileField]) -> str:
    """Name the field that features are known by.

    Parameters
    ----------
    fields
        Fields of a layer.

    Examples
    --------
    >>> name = ProfileField(name="MC", alias="名称", length=9)
    >>> identifier_field([name, ProfileField(name="BSM", alias="标识码", length=18)])
    'BSM'
    """
    return next((one.name for one in fields if one.filled_by in {"identifier", "id"}), fields[0].name)


def compared_rows(layer: CheckedLayer | None, fields: Sequence[ProfileField], crs: str) -> gpd.GeoDataFrame:
    """Give the rows of a layer with exactly the base's fields, of their types, and geometry.

    Parameters
    ----------
    layer
        The layer; None for one without rows.
    fields
        Fields of the base.
    crs
        System of coordinates, empty where none is declared.

    Examples
    --------
    >>> compared_rows(None, [ProfileField(name="MC", alias="名称", length=9)], "EPSG:4490").columns.tolist()
    ['MC', 'geometry']
    """
    if layer is None:
        columns: dict[str, Any] = {one.name: cast(one, pd.Series([], dtype=object)) for one in fields}
        return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=crs or None), crs=crs or None)
    frame = layer.frame.reset_index(drop=True)
    missing = pd.Series([None] * len(frame), index=frame.index, dtype=object)
    columns = {one.name: cast(one, frame.get(one.name, missing)) for one in fields}
    geometry = layer.geometry() if layer.has_geometry else np.full(len(frame), None)
    flat = _plain_parts(shapely.force_2d(geometry))
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(flat, index=frame.index, crs=crs or None), crs=crs or None)


def _plain_parts(geometry: NDArray[Any]) -> NDArray[Any]:
    """Give what has one part as that part: a geodatabase keeps every line and area as one of several parts."""
    whole = np.array(geometry, dtype=object)
    single = np.isin(shapely.get_type_id(whole), _MULTI) & (shapely.get_num_geometries(whole) == 1)
    whole[single] = shapely.get_geometry(whole[single], 0)
    return whole


def paired_rows(
    code: str, sides: Sequence[CheckedLayer | None], profile: Profile, *, crs: str
) -> tuple[PairedRows, list[Finding]]:
    """Give the rows of a layer in both deliveries by identifier, and findings of rows that have none of their own.

    Parameters
    ----------
    code
        Code of the layer in the base.
    sides
        The layer in the old delivery and in the new one; None where it is missing.
    profile
        A profile of changes.
    crs
        System of coordinates of both.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> pair, findings = paired_rows("ZDJCSSD", (None, None), load_profile("annual-maintenance"), crs="EPSG:4490")
    >>> pair.identifier, len(pair.old), findings
    ('BSM', 0, [])
    """
    fields = compared_fields(profile, code)
    name = identifier_field(fields)
    findings: list[Finding] = []
    frames = []
    for layer in sides:
        rows = compared_rows(layer, fields, crs)
        findings += _unknown_features(rows[name], code, "" if layer is None else layer.file)
        frames.append(rows.sort_values(name, kind="stable").set_index(name, drop=False))
    return PairedRows(code, fields, name, *frames), findings


def _unknown_features(identifiers: pd.Series[str], code: str, file: str) -> list[Finding]:
    """Find rows without an identifier, or with that of a row before."""
    found = []
    first: dict[str, int] = {}
    for row, (value, absent) in enumerate(zip(identifiers, identifiers.isna(), strict=True), start=1):
        if absent:
            found.append(Finding("OM-ATT-101", code, file=file, row=row, values={"field": str(identifiers.name)}))
        elif value in first:
            values = {"value": value, "other": f"{code} {first[value]}"}
            found.append(Finding("OM-ATT-105", code, file=file, row=row, feature=value, values=values))
        else:
            first[value] = row
    return found
