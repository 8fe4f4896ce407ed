"""Fields of the layers that come in, and the shape of those that go out."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CRSError, LayerError
from onemap.layers.catalogue import schema
from onemap.layers.crs import require_crs
from onemap.layers.crs_names import crs_label
from onemap.layers.schema import FieldKind

__all__ = ["column", "ids", "members", "places", "require_geographic", "result_layer"]

_DTYPES: dict[FieldKind, str] = {
    "text": "string",
    "list": "string",
    "date": "string",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
}


def require_geographic(**layers: gpd.GeoDataFrame | None) -> CRS:
    """Require one geographic CRS of all layers.

    Parameters
    ----------
    **layers
        Layers by name; None for one that is not there.

    Returns
    -------
    crs
        The CRS of all of them.

    Raises
    ------
    CRSError
        If a layer has no CRS, a projected one, or another than the rest.

    Examples
    --------
    >>> require_geographic(towers=gpd.GeoDataFrame(geometry=[], crs="EPSG:4490"), cells=None).to_epsg()
    4490
    """
    crs = require_crs(**{name: layer for name, layer in layers.items() if layer is not None})
    if not crs.is_geographic:
        raise CRSError("analysis_crs_projected", found=crs_label(crs))
    return crs


def column(layer: gpd.GeoDataFrame, name: str, kind: FieldKind = "text") -> pd.Series:
    """Give a field of a layer; all missing where the layer has no such column.

    Parameters
    ----------
    layer
        Any canonical layer.
    name
        Name of the field.
    kind
        Its kind in the catalogue.

    Returns
    -------
    values
        On the layer's index: "string" (text, list), "Int64", "float64" (NaN is missing) or "boolean".

    Examples
    --------
    >>> column(gpd.GeoDataFrame({"name": ["A"]}), "owner").isna().tolist()
    [True]
    """
    if name not in layer.columns:
        empty = np.nan if kind == "number" else pd.NA
        return pd.Series(empty, index=layer.index, dtype=_DTYPES[kind])
    values = layer[name]
    if kind == "number":
        return pd.Series(pd.to_numeric(values).astype("Float64").astype("float64"))
    return pd.Series(values.astype(_DTYPES[kind]))


def ids(layer: gpd.GeoDataFrame, name: str) -> pd.Series:
    """Give what identifies the rows of a canonical layer.

    Raises
    ------
    LayerError
        If the layer lacks the field.

    Examples
    --------
    >>> ids(gpd.GeoDataFrame({"school_id": ["S1"]}), "schools").tolist()
    ['S1']
    """
    field = schema(name).id_field
    if field not in layer.columns:
        raise LayerError("analysis_field_missing", layer=name, field=field)
    return pd.Series(layer[field].astype("string"))


def members(values: pd.Series) -> list[tuple[str, ...]]:
    """Split a list field into its members.

    Examples
    --------
    >>> members(pd.Series(["中国移动;中国联通", None], dtype="string"))
    [('中国移动', '中国联通'), ()]
    """
    return [
        () if pd.isna(value) else tuple(part.strip() for part in str(value).split(";") if part.strip())
        for value in values
    ]


def places(layer: gpd.GeoDataFrame, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give one point for each row: itself, or a point inside its line or polygon.

    Parameters
    ----------
    layer
        Any layer in geographic coordinates.
    name
        What to call it in the error.

    Returns
    -------
    lon, lat
        Shape (n,), in degrees.

    Raises
    ------
    LayerError
        If a row has no geometry or coordinates that are not numbers.

    Examples
    --------
    >>> places(gpd.GeoDataFrame(geometry=[shapely.Point(75, 39)]), "towers")
    (array([75.]), array([39.]))
    """
    shapes = np.asarray(layer.geometry.to_numpy(), dtype=object)
    points = np.where(shapely.get_type_id(shapes) == 0, shapes, shapely.point_on_surface(shapes))
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    wrong = ~(np.isfinite(lon) & np.isfinite(lat))
    if wrong.any():
        raise LayerError("analysis_geometry_missing", layer=name, count=int(wrong.sum()), row=int(np.argmax(wrong)) + 1)
    return lon, lat


def result_layer(
    name: str, values: Mapping[str, object], geometry: NDArray[np.object_], crs: CRS | str
) -> gpd.GeoDataFrame:
    """Build a result layer with the fields of the catalogue, in their order.

    Parameters
    ----------
    name
        Name of the result layer.
    values
        Field → values; a field without values is all missing.
    geometry
        Shape (n,).
    crs
        CRS of the geometry.

    Examples
    --------
    >>> layer = result_layer("sharing_unmatched", {"place_id": ["S1"]}, np.array([shapely.Point(75, 39)]), "EPSG:4490")
    >>> layer.loc[0, "place_id"], list(layer.columns)[-1]
    ('S1', 'geometry')
    """
    index = pd.RangeIndex(len(geometry))
    columns: dict[str, pd.Series] = {}
    for field in schema(name).fields.values():
        dtype = _DTYPES[field.kind]
        given = values.get(field.name)
        empty = np.nan if dtype == "float64" else pd.NA
        given = given.to_numpy() if isinstance(given, pd.Series) and dtype == "float64" else given
        columns[field.name] = (
            pd.Series(empty, index=index, dtype=dtype)
            if given is None
            else pd.Series(given, dtype=dtype).set_axis(index)
        )
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(geometry, index=index, crs=crs), crs=crs)
