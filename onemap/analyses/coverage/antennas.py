"""Which antennas serve the outdoors: macro cells in service, and towers that stand in for cells nobody listed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.analyses.columns import column, ids, members, places, require_geographic
from onemap.analyses.coverage.antenna_radio import RADIO_COLUMNS, given_radio, with_radio
from onemap.analyses.coverage.assumptions import Notes, in_limits
from onemap.analyses.coverage.settings import TOWER_COMPANY
from onemap.errors import LayerError
from onemap.radio.presets import Presets, shipped_presets

__all__ = ["serving_antennas", "tower_users"]

_TEXTS = ("cell_id", "tower_id", "technology", "assumed")
_NUMBERS = ("lon", "lat", "height_agl_m", *RADIO_COLUMNS)


def serving_antennas(
    cells: gpd.GeoDataFrame | None,
    towers: gpd.GeoDataFrame | None,
    *,
    default_height_m: float,
    presets: Presets | None = None,
) -> pd.DataFrame:
    """List the antennas that serve the outdoors.

    A cell serves if it is macro and in service; what is not stated counts as macro, and as in service unless its tower
    is not. It serves its operator and all that share it. A tower stands in for cells if the cells layer has no row for
    it: it then serves with each of its technologies its tenants and its owner (a tower company serves nobody itself).
    What nothing tells of its radio, or tells what cannot be, comes from presets (`with_radio`).

    Parameters
    ----------
    cells, towers
        Canonical layers in one geographic CRS; None where there is none.
    default_height_m
        Height above ground of an antenna for which neither cell nor tower gives a possible one, in metres.
    presets
        What stands in for radio that is not known; those that come with onemap if None.

    Returns
    -------
    antennas
        One row an antenna: cell_id (missing for a tower that stands in), tower_id, technology, operators (tuple), lon,
        lat (degrees), height_agl_m, height_assumed (True where the default stands in), frequency_mhz, eirp_re_dbm (EIRP
        of a resource element of the reference signal in the main direction), azimuth_deg (NaN: all round),
        beamwidth_deg, v_beamwidth_deg, tilt_deg (whole, downwards), mech_tilt_deg (the mechanical part of it), assumed
        (codes of what was assumed, see `assumptions_text`; empty where nothing was).

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a cell has neither a place nor a tower with one.

    Examples
    --------
    >>> towers = gpd.GeoDataFrame(
    ...     {"tower_id": ["T1"], "technologies": ["4G;5G"], "tenants": ["中国移动"]},
    ...     geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> serving_antennas(None, towers, default_height_m=30)[["tower_id", "technology", "height_agl_m"]].values.tolist()
    [['T1', '4G', 30.0], ['T1', '5G', 30.0]]
    """
    if cells is None and towers is None:
        return _empty()
    require_geographic(cells=cells, towers=towers)
    parts = []
    listed: set[str] = set()
    if cells is not None and len(cells):
        parts.append(_of_cells(cells, towers))
        listed = set(column(cells, "tower_id").dropna())
    if towers is not None and len(towers):
        parts.append(_standing_in(towers[~ids(towers, "towers").isin(listed).to_numpy()]))
    filled = [part for part in parts if len(part)]
    if not filled:
        return _empty()
    antennas = pd.concat(filled, ignore_index=True)
    notes = Notes(len(antennas))
    antennas["height_assumed"] = antennas["height_agl_m"].isna().to_numpy()
    antennas["height_agl_m"] = antennas["height_agl_m"].fillna(default_height_m)
    notes.add("height_agl_m", "ignored", antennas["bad_height_m"].notna().to_numpy(), antennas["bad_height_m"].tolist())
    notes.add("height_agl_m", "default", antennas["height_assumed"].to_numpy())
    antennas = with_radio(antennas.drop(columns="bad_height_m"), presets or shipped_presets(), notes)
    return antennas.assign(assumed=pd.Series(notes.joined(), dtype="string"))


def tower_users(towers: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    """Tell which operators use each tower: its tenants, and its owner unless that is a tower company.

    Examples
    --------
    >>> tower_users(gpd.GeoDataFrame({"owner": ["中国铁塔", "中国电信"], "tenants": ["中国移动", None]}))
    [('中国移动',), ('中国电信',)]
    """
    users = []
    for tenants, owner in zip(members(column(towers, "tenants")), column(towers, "owner"), strict=True):
        own = () if pd.isna(owner) or owner == TOWER_COMPANY or owner in tenants else (str(owner),)
        users.append((*tenants, *own))
    return users


def _empty() -> pd.DataFrame:
    """Give a table without antennas."""
    kinds = {**dict.fromkeys(_TEXTS, "string"), **dict.fromkeys(_NUMBERS, "float64"), "operators": "object",
             "height_assumed": "bool"}  # fmt: skip
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _possible_height(layer: gpd.GeoDataFrame, name: str) -> tuple[pd.Series, pd.Series]:
    """Part the heights that can be from those that cannot; missing where there is none of the kind."""
    height = column(layer, "height_agl_m", "number")
    possible = in_limits(height, name, "height_agl_m")
    return height.where(possible), height.mask(possible)


def _of_cells(cells: gpd.GeoDataFrame, towers: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """List the cells that serve the outdoors; what a cell does not say its tower says."""
    tower_id = column(cells, "tower_id")
    known = _by_tower(towers)
    row = pd.Series(known.index.get_indexer(pd.Index(tower_id.fillna(""))), index=cells.index)
    status = column(cells, "status").fillna(_look_up(known["status"], row)).fillna("in service")
    serves = status.eq("in service") & column(cells, "coverage_type").fillna("macro").eq("macro")
    height, bad_height = _possible_height(cells, "cells")
    table = pd.DataFrame(
        {
            "cell_id": ids(cells, "cells"),
            "tower_id": tower_id,
            "technology": column(cells, "technology"),
            "operators": [
                tuple(dict.fromkeys((*own, *others)))
                for own, others in zip(
                    members(column(cells, "operator")), members(column(cells, "shared_with")), strict=True
                )
            ],
            "height_agl_m": height.fillna(_look_up(known["height_agl_m"], row)),
            "bad_height_m": bad_height,
            **_cell_places(cells, known, row),
            **given_radio(cells),
        }
    )
    return table[serves.to_numpy()]


def _by_tower(towers: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Give what cells may take from their tower, by tower id."""
    if towers is None or not len(towers):
        return pd.DataFrame(
            {
                "status": pd.Series(dtype="string"),
                **{name: pd.Series(dtype="float64") for name in ("height_agl_m", "lon", "lat")},
            },
            index=pd.Index([], dtype="string"),
        )
    lon, lat = places(towers, "towers")
    table = pd.DataFrame(
        {
            "status": column(towers, "status"),
            "height_agl_m": _possible_height(towers, "towers")[0],
            "lon": lon,
            "lat": lat,
        }
    ).set_index(pd.Index(ids(towers, "towers")))
    return table[~table.index.duplicated()]


def _look_up(values: pd.Series, row: pd.Series) -> pd.Series:
    """Take values by row number; missing where the number is -1."""
    return values.reset_index(drop=True).reindex(row.where(row >= 0, len(values)).to_numpy()).set_axis(row.index)


def _cell_places(cells: gpd.GeoDataFrame, known: pd.DataFrame, row: pd.Series) -> dict[str, pd.Series]:
    """Give the place of each cell: its own, or its tower's."""
    own = shapely.centroid(np.asarray(cells.geometry.to_numpy(), dtype=object))
    lon = pd.Series(shapely.get_x(own), index=cells.index).fillna(_look_up(known["lon"], row))
    lat = pd.Series(shapely.get_y(own), index=cells.index).fillna(_look_up(known["lat"], row))
    if lon.isna().any():
        lost = ids(cells, "cells")[lon.isna()]
        raise LayerError("analysis_cell_without_place", cell=lost.iloc[0], count=len(lost))
    return {"lon": lon, "lat": lat}


def _standing_in(towers: gpd.GeoDataFrame) -> pd.DataFrame:
    """List towers in service as if each of their technologies were a cell."""
    lon, lat = places(towers, "towers")
    height, bad_height = _possible_height(towers, "towers")
    table = pd.DataFrame(
        {
            "cell_id": pd.Series(pd.NA, index=towers.index, dtype="string"),
            "tower_id": ids(towers, "towers"),
            "technology": pd.Series(members(column(towers, "technologies")), index=towers.index, dtype=object),
            "operators": pd.Series(tower_users(towers), index=towers.index, dtype=object),
            "height_agl_m": height,
            "bad_height_m": bad_height,
            "lon": lon,
            "lat": lat,
            **given_radio(towers[["geometry"]]),
        }
    )
    serving = table[column(towers, "status").fillna("in service").eq("in service").to_numpy()]
    serving = serving.explode("technology", ignore_index=True).dropna(subset=["technology"])
    return serving.astype({"technology": "string"})
