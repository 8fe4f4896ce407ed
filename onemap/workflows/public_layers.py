"""What of the layers of a delivery may be public: allowed fields, rounded places, no identifiers of submitters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.config.publish_settings import DEFAULT_GRID_M, PublishSettings
from onemap.delivery.areas import ellipsoidal_areas
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.mapping import Mapped
from onemap.delivery.profile import Profile, ProfileField
from onemap.errors import ProjectError, RefusedError
from onemap.findings import Finding
from onemap.layers.crs_names import parse_crs
from onemap.workflows.coarse_places import CoarseGrid, coarse, grid_of

__all__ = ["MINIMAL_FILLS", "public_grid", "public_layers", "require_public", "require_public_fields"]

SECRET = ("涉密", "绝密", "机密", "秘密", "国家秘密", "top secret", "secret", "confidential")
"""Words that the names of classes hold that are never published; "not" before them, as in 非涉密, is another class."""
_NOT = ("非", "不", "无", "未", "non", "not ", "no ", "unclassified")

MINIMAL_FILLS = frozenset({"feature_code", "kind_code", "layer"})
"""What fills the fields that are always published: they say what kind of thing a feature is, and nothing more."""

_ORIGIN_FILLS = frozenset({"id", "source", "remark"})
_PUBLIC_CLASSES = {"公开", "public"}
_SHORTEST_ID = 3  # shorter identifiers are looked for as whole values only: "1" is in many a text


def require_public(
    layers: Mapping[str, gpd.GeoDataFrame], wanted: Sequence[str], *, project_class: str, settings: PublishSettings
) -> list[Finding]:
    """Refuse layers of a secret class, and remark on rows of a class that is not public.

    Parameters
    ----------
    layers
        Canonical layers by name.
    wanted
        Names of those that are published.
    project_class
        Class of the whole project.
    settings
        The table `publish`.

    Returns
    -------
    findings
        One for each layer and class that is neither public nor secret.

    Raises
    ------
    RefusedError
        If the project, or a row of a layer that is published, is of a secret class.

    Examples
    --------
    >>> towers = gpd.GeoDataFrame({"security_class": ["秘密★10年"]}, geometry=gpd.points_from_xy([75], [39]))
    >>> require_public({"towers": towers}, ["towers"], project_class="公开", settings=PublishSettings())
    Traceback (most recent call last):
    onemap.errors.RefusedError: the layer towers holds 1 rows of class 秘密★10年, ...
    """
    if _is_secret(project_class, settings):
        raise RefusedError("publish_secret_project", found=project_class)
    findings = []
    for name in wanted:
        if name not in layers or "security_class" not in layers[name]:
            continue
        for found, count in layers[name]["security_class"].dropna().astype(str).value_counts(sort=False).items():
            if _is_secret(str(found), settings):
                raise RefusedError("publish_secret", layer=name, count=int(count), found=str(found))
            if str(found).strip().casefold() not in _PUBLIC_CLASSES:
                findings.append(Finding("OM-OUT-154", name, values={"layer": name, "count": count, "found": found}))
    return findings


def require_public_fields(profile: Profile, settings: PublishSettings) -> None:
    """Require that fields to publish are fields of the profile, and may be published.

    Raises
    ------
    ProjectError
        If one is unknown, or tells where rows come from while that is not allowed.
    """
    known = {field.name: field for field in profile.fields}
    for name in settings.fields:
        if name not in known:
            raise ProjectError("publish_field_unknown", profile=profile.name, field=name, known=", ".join(known))
        if known[name].filled_by in _ORIGIN_FILLS and not settings.original_ids:
            raise ProjectError("publish_field_tells_origin", field=name)


def public_grid(mapped: Mapped, settings: PublishSettings) -> CoarseGrid | None:
    """Give the one grid for all layers of a delivery; None if there is no row.

    Parameters
    ----------
    mapped
        The delivery, all layers in one system.
    settings
        The table `publish`.
    """
    filled = [layer.frame for layer in mapped.layers.values() if len(layer.frame)]
    if not filled:
        return None
    bounds = np.array([frame.total_bounds for frame in filled])
    south, north = float(bounds[:, 1].min()), float(bounds[:, 3].max())
    return grid_of(parse_crs(filled[0].crs), grid_m=settings.grid_m or DEFAULT_GRID_M, south_north=(south, north))


def public_layers(
    mapped: Mapped, settings: PublishSettings
) -> tuple[list[DeliveryLayer], dict[str, pd.DataFrame], list[Finding]]:
    """Give what of a delivery may be public.

    Parameters
    ----------
    mapped
        The delivery.
    settings
        The table `publish`.

    Returns
    -------
    layers
        Layers with the allowed fields, places on the grid, rows in the order of their places.
    origins
        Code of a layer → `canonical_layer`, `id` and `part` that each of its rows was; for the map, not to be written.
    findings
        What was left out.

    Raises
    ------
    ProjectError
        If nothing of a layer is allowed.
    """
    grid = public_grid(mapped, settings)
    layers, origins, findings = [], {}, []
    for code, layer in mapped.layers.items():
        trace = mapped.trace[mapped.trace["layer"] == code].reset_index(drop=True)
        allowed = [field for field in layer.fields if _is_allowed(field, settings)]
        if not allowed:
            known = ", ".join(field.name for field in layer.fields)
            raise ProjectError("publish_no_fields", layer=code, known=known)
        frame, hidden = _without_ids(layer, allowed, trace["id"], settings)
        frame, order = _coarse_frame(frame, allowed, grid)
        dropped = len(layer.frame) - len(frame)
        if dropped:
            grid_m = settings.grid_m or DEFAULT_GRID_M
            values = {"layer": code, "count": dropped, "grid_m": f"{grid_m:g}"}
            hidden = [*hidden, Finding("OM-OUT-151", code, values=values)]
        findings += hidden
        fields = tuple(field.model_copy(update={"required": False}) for field in allowed)
        layers.append(dataclasses.replace(layer, fields=fields, frame=frame))
        origins[code] = trace.iloc[order][["canonical_layer", "id", "part"]].reset_index(drop=True)
    return layers, origins, findings


def _is_secret(found: str, settings: PublishSettings) -> bool:
    """Tell a class that is never published, or not by this project."""
    words = found.strip().casefold()
    refused = tuple(one.casefold() for one in settings.refused_classes)
    return words.startswith(refused) or (not words.startswith(_NOT) and any(one in words for one in SECRET))


def _is_allowed(field: ProfileField, settings: PublishSettings) -> bool:
    """Tell whether a field is published."""
    return field.name in settings.fields or field.filled_by in MINIMAL_FILLS


def _without_ids(
    layer: DeliveryLayer, allowed: Sequence[ProfileField], ids: pd.Series[str], settings: PublishSettings
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Keep the allowed fields, and empty texts that hold the identifier of their row."""
    frame = layer.frame[[*(field.name for field in allowed), layer.frame.geometry.name]].copy()
    findings = []
    for field in allowed:
        if field.type != "text" or settings.original_ids or field.filled_by in MINIMAL_FILLS:
            continue
        pairs = zip(frame[field.name].fillna("").astype(str), ids.fillna("").astype(str), strict=True)
        tells = np.array([_tells(text, identifier) for text, identifier in pairs], dtype=bool)
        if tells.any():
            frame[field.name] = frame[field.name].mask(tells)
            values = {"layer": layer.code, "field": field.name, "count": int(tells.sum())}
            findings.append(Finding("OM-OUT-152", layer.code, values=values))
    return frame, findings


def _tells(text: str, identifier: str) -> bool:
    """Tell whether a text holds an identifier."""
    if len(identifier) < _SHORTEST_ID:
        return bool(identifier) and text == identifier
    return identifier.casefold() in text.casefold()


def _coarse_frame(
    frame: gpd.GeoDataFrame, allowed: Sequence[ProfileField], grid: CoarseGrid | None
) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Round the places, leave out what is gone, and let the order tell nothing; give the old places of the rows."""
    if grid is None or frame.empty:
        return frame.reset_index(drop=True), np.arange(len(frame))
    rounded = coarse(np.asarray(frame.geometry.array, dtype=object), grid)
    kept = np.flatnonzero(~shapely.is_missing(rounded))
    places = shapely.get_coordinates(shapely.centroid(rounded[kept]))
    order = kept[np.lexsort((places[:, 1], places[:, 0]))]
    moved = frame.iloc[order].reset_index(drop=True)
    moved = moved.set_geometry(gpd.GeoSeries(rounded[order], crs=frame.crs))
    areas = {field.name: ellipsoidal_areas(moved.geometry).round(2) for field in allowed if field.filled_by == "area"}
    return moved.assign(**areas), order
