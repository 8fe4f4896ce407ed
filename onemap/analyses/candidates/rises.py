"""New sites in the terrain: rises and open ground that see the gaps, near roads and power, where one may build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.candidate_settings import Equipment, RiseSettings
from onemap.analyses.candidates.cells import Near, cell_sides
from onemap.analyses.candidates.equipment import bands_of, usual_equipment
from onemap.analyses.candidates.gap_places import clusters_of, gap_places, in_squares
from onemap.analyses.candidates.result_tables import candidates_layer, rejected_layer
from onemap.analyses.candidates.rise_search import Ground, search_cells
from onemap.analyses.columns import column, require_geographic
from onemap.analyses.conflicts import PointZones
from onemap.analyses.coverage.line_of_sight import Ends, sights_between
from onemap.analyses.coverage.settings import ANY_OPERATOR, CoverageSettings
from onemap.errors import LayerError
from onemap.findings import Finding
from onemap.layers.grid import Grid
from onemap.layers.nearest import Neighbours, pairs_within
from onemap.messages import Told
from onemap.progress import Progress, silent
from onemap.terrain.profile import BLOCKED, UNKNOWN, sight_states

__all__ = ["Rises", "power_sources", "rises"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_LAYER = "plan_candidates"
_STEP_CELLS = 0.5  # between the points that roads are laid out as


@dataclass(frozen=True, slots=True, eq=False)
class Rises:
    """New sites, what was left out, and what is to be said about it.

    Attributes
    ----------
    found
        Result layer `plan_candidates`.
    rejected
        Result layer `plan_rejected_candidates`: the best of those that stand where building is forbidden.
    findings
        What was not known or not found.
    """

    found: gpd.GeoDataFrame
    rejected: gpd.GeoDataFrame
    findings: tuple[Finding, ...]


def rises(
    targets: gpd.GeoDataFrame,
    grid: Grid | None,
    *,
    coverage: CoverageSettings,
    settings: RiseSettings | None = None,
    equipment: tuple[Equipment, ...] = (),
    roads: gpd.GeoDataFrame | None = None,
    power: gpd.GeoDataFrame | None = None,
    shared: gpd.GeoDataFrame | None = None,
    zones: PointZones | None = None,
    progress: Progress = silent,
) -> Rises:
    """Find new sites that see what is not served.

    Of rises at several scales, and of the cells with most of the gaps in sight of each square, those count that are
    gentle, near a road and near power, and stand where building is not forbidden. By what they see, then by height,
    they are taken one after another, spaced apart, so many for each cluster of gaps: a site belongs to the cluster
    whose heaviest place is nearest.

    Parameters
    ----------
    targets
        Table of `plan_targets`, geographic CRS; those not served are looked at.
    grid
        Heights of the ground.
    coverage
        Technologies and presets.
    settings
        Limits; the defaults if not given.
    equipment
        What may be put up; each choice is a candidate of its own. As for standing candidates if empty.
    roads, power
        Lines and points near which a site must be; None where there are none: a finding says that it was not asked.
    shared
        Points of towers that stand and sites that are planned, beside which nothing new is built; None where there are
        none.
    zones
        Zones made ready; None where there are none.
    progress
        Told how many tiles are done.

    Returns
    -------
    rises
        In the order in which they were taken. `seen_places` and `seen_weight` are by single sight lines over the ground
        to the gap places, taken together in squares.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If there is no elevation model.

    Examples
    --------
    >>> import shapely
    >>> from affine import Affine
    >>> down, across = np.mgrid[-40:41, -40:41]
    >>> cone = (400.0 - 5.0 * np.hypot(down, across)).astype("float32")
    >>> grid = Grid(cone, Affine(0.001, 0, 75, 0, -0.001, 39.081), "EPSG:4490")
    >>> lacking = gpd.GeoDataFrame({"technology": ["4G"], "weight": 80.0, "served_before": False},
    ...     geometry=[shapely.Point(75.07, 39.05)], crs="EPSG:4490")
    >>> found = rises(lacking, grid, coverage=CoverageSettings(technologies=("4G",)),
    ...     settings=RiseSettings(per_cluster=1)).found
    >>> found[["candidate_id", "ground_elev_m", "seen_weight"]].values.tolist()
    [['new:E75.04050N39.04050:4G', 400.0, 80.0]]
    """
    settings = settings or RiseSettings()
    crs = require_geographic(targets=targets, roads=roads, power=power, shared=shared)
    if grid is None:
        raise LayerError("plan_rises_elevation_needed")
    samples = in_squares(gap_places(targets), settings.sample_m)
    ground = _ground(grid, crs, (roads, power, shared), settings, zones=zones)
    findings = [
        Finding("OM-BIZ-246", _LAYER, values={"what": Told(f"plan_lacks_{name}")})
        for name, near in (("roads", ground.road), ("power", ground.power))
        if near is None
    ]
    cells, left_out = search_cells(ground, samples, settings, progress=progress)
    cells = _with_figures(cells, ground, settings)
    cells = cells.assign(cluster=_cluster(cells, samples, settings))
    cells = cells.sort_values(
        ["seen_weight", "rise_m", "row", "column"], ascending=[False, False, True, True], ignore_index=True
    )
    forbidden = cells["zone_status"].eq("forbidden").to_numpy(dtype=bool)
    taken = _spaced(cells[~forbidden], settings.spacing_m, settings.per_cluster)
    listed = _spaced(cells[forbidden], settings.spacing_m, settings.rejected_per_cluster)
    if len(samples) and not len(taken):
        findings.append(_nothing_found(left_out, int(forbidden.sum()), settings))
    choices = equipment or usual_equipment(coverage)
    found = _named(_first_test(taken, samples, ground, settings), choices, coverage, settings)
    return Rises(candidates_layer(found, crs), _forbidden_layer(listed, crs), tuple(findings))


def power_sources(layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Gather where power is known to be: power towers, towers with mains, rooms and settlements.

    Parameters
    ----------
    layers
        Canonical layers by name, one CRS; any may be missing.

    Returns
    -------
    sources
        Their places; None where there are none. That a settlement has power, and that a line can be tapped, is assumed.

    Examples
    --------
    >>> pylons = gpd.GeoDataFrame({"structure_id": ["P1", "L1"], "kind": ["power tower", "light pole"]},
    ...     geometry=gpd.points_from_xy([75, 76], [39, 39]), crs="EPSG:4490")
    >>> len(power_sources({"structures": pylons})), power_sources({}) is None
    (1, True)
    """
    parts = []
    for name in ("structures", "towers", "rooms", "settlements"):
        layer = layers.get(name)
        if layer is None or layer.empty:
            continue
        if name == "structures":
            layer = layer[column(layer, "kind").eq("power tower").fillna(value=False).to_numpy(dtype=bool)]
        if name == "towers":
            layer = layer[column(layer, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)]
        parts.append(gpd.GeoDataFrame(geometry=layer.geometry.to_numpy(), crs=layer.crs))
    parts = [part for part in parts if len(part)]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs) if parts else None


def _ground(
    grid: Grid,
    crs: CRS,
    layers: tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None, gpd.GeoDataFrame | None],
    settings: RiseSettings,
    *,
    zones: PointZones | None,
) -> Ground:
    """Make roads, power and what is to be shared ready."""
    column_m, row_m = cell_sides(grid, np.array([(grid.values.shape[0] - 1) / 2.0]), crs)
    step_m = _STEP_CELLS * float(min(column_m[0], row_m[0]))
    road, power, beside = (
        None if layer is None or _has_no_place(layer) else Near(layer, distance_m, step_m=step_m)
        for layer, distance_m in zip(
            layers, (settings.max_road_m, settings.max_power_m, settings.beside_m), strict=True
        )
    )
    return Ground(grid, crs, road, power, zones, beside)


def _has_no_place(layer: gpd.GeoDataFrame) -> bool:
    """Tell a layer whose rows, if any, have no geometry."""
    shapes = np.asarray(layer.geometry.to_numpy(), dtype=object)
    return bool((shapely.is_missing(shapes) | shapely.is_empty(shapes)).all())


def _with_figures(cells: pd.DataFrame, ground: Ground, settings: RiseSettings) -> pd.DataFrame:
    """Measure distances and heights above the surroundings; leave out rises that are too low."""
    lon, lat = cells["lon"].to_numpy(dtype=float), cells["lat"].to_numpy(dtype=float)
    known = {}
    for name, near in (("road_m", ground.road), ("power_m", ground.power)):
        known[name] = np.full(len(cells), np.nan) if near is None else near.exactly(lon, lat)
    cells = cells.assign(**known, rise_m=_above_surroundings(cells, ground, settings))
    kept = cells["best"].to_numpy(dtype=bool) | (cells["rise_m"].to_numpy() >= settings.min_rise_m)
    return cells[kept].reset_index(drop=True)


def _above_surroundings(cells: pd.DataFrame, ground: Ground, settings: RiseSettings) -> Floats:
    """Compare cells with the mean of the square round them, as large as where they are the highest, or the smallest."""
    heights = ground.grid.values
    middle = np.array([(heights.shape[0] - 1) / 2.0])
    column_m, row_m = (float(side[0]) for side in cell_sides(ground.grid, middle, ground.crs))
    smallest = min(settings.scales_m, default=settings.square_m)
    above = np.full(len(cells), np.nan)
    for place, (row, col, scale_m) in enumerate(
        zip(cells["row"].astype(int), cells["column"].astype(int), cells["scale_m"], strict=True)
    ):
        down, across = (max(round((scale_m or smallest) / side), 1) for side in (row_m, column_m))
        window = heights[max(row - down, 0) : row + down + 1, max(col - across, 0) : col + across + 1]
        above[place] = float(heights[row, col]) - float(np.nanmean(window, dtype=np.float64))
    return above


def _cluster(cells: pd.DataFrame, samples: pd.DataFrame, settings: RiseSettings) -> Integers:
    """Give each cell the cluster of gaps whose heaviest place is nearest, numbered by falling weight."""
    leader = clusters_of(samples, settings.cluster_m)
    leaders, of = np.unique(leader, return_inverse=True)
    weight = np.bincount(of, weights=samples["weight"].to_numpy(dtype=float), minlength=len(leaders))
    order = np.lexsort((leaders, -weight))
    number = np.empty(len(leaders), dtype=np.int64)
    number[order] = np.arange(1, len(leaders) + 1)
    heads = samples.iloc[leaders]
    found, _ = Neighbours(heads["lon"], heads["lat"]).nearest(
        cells["lon"].to_numpy(float), cells["lat"].to_numpy(float)
    )
    return number[found] if len(leaders) else np.zeros(len(cells), dtype=np.int64)


def _spaced(cells: pd.DataFrame, spacing_m: float, per_cluster: int) -> pd.DataFrame:
    """Take cells in their order, apart from each other, so many for each cluster."""
    cells = cells.reset_index(drop=True)
    lon, lat = cells["lon"].to_numpy(dtype=float), cells["lat"].to_numpy(dtype=float)
    first, second, _ = pairs_within(lon, lat, distance_m=spacing_m) if spacing_m > 0 else (np.empty(0, dtype=int),) * 3
    order = np.argsort(first, kind="stable")
    later = second[order]
    starts = np.searchsorted(first[order], np.arange(len(cells) + 1))
    free, taken = np.ones(len(cells), dtype=bool), []
    count: dict[int, int] = {}
    for place, cluster in enumerate(cells["cluster"].tolist()):
        if free[place] and count.get(cluster, 0) < per_cluster:
            taken.append(place)
            count[cluster] = count.get(cluster, 0) + 1
            free[later[starts[place] : starts[place + 1]]] = False
    return cells.iloc[taken].reset_index(drop=True)


def _first_test(cells: pd.DataFrame, samples: pd.DataFrame, ground: Ground, settings: RiseSettings) -> pd.DataFrame:
    """Look from each site to the gap places, by single sight lines."""
    lon, lat = cells["lon"].to_numpy(dtype=float), cells["lat"].to_numpy(dtype=float)
    gaps = Neighbours(samples["lon"], samples["lat"])
    site, gap, _ = gaps.within(lon, lat, distance_m=settings.view_m)
    start = Ends(lon[site], lat[site], np.full(len(site), settings.mast_m))
    to_lon, to_lat = (samples[name].to_numpy(dtype=float)[gap] for name in ("lon", "lat"))
    end = Ends(to_lon, to_lat, np.full(len(site), settings.target_m))
    state = sight_states(sights_between(start, end, ground.grid, crs=ground.crs, k_factor=settings.k_factor), 0.0)
    seen = (state != BLOCKED) & (state != UNKNOWN)
    figures = {
        name: np.bincount(site[seen], weights=samples[of].to_numpy(dtype=float)[gap[seen]], minlength=len(cells))
        for name, of in (("seen_weight", "weight"), ("seen_places", "places"))
    }
    return cells.assign(seen_weight=figures["seen_weight"], seen_places=figures["seen_places"].astype(np.int64))


def _named(
    cells: pd.DataFrame, choices: tuple[Equipment, ...], coverage: CoverageSettings, settings: RiseSettings
) -> pd.DataFrame:
    """Make a candidate of each site and equipment."""
    spot = [_spot(lon, lat) for lon, lat in zip(cells["lon"], cells["lat"], strict=True)]
    parts = []
    for number, choice in enumerate(choices):
        parts.append(
            cells.assign(
                order=np.arange(len(cells)),
                choice=number,
                spot_id=spot,
                candidate_id=[f"{one}:{choice.name}" for one in spot],
                kind="new site",
                facility_id=spot,
                equipment=choice.name,
                technologies=";".join(choice.technologies),
                operators=";".join(choice.operators) or ANY_OPERATOR,
                bands=";".join(bands_of(choice, coverage)),
                height_agl_m=settings.mast_m,
                height_known=False,
                spare_kg=np.inf,
                view_km=settings.view_m / 1_000.0,
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(["order", "choice"], kind="stable", ignore_index=True)


def _spot(lon: float, lat: float) -> str:
    """Name a place by its coordinates."""
    return f"new:{'E' if lon >= 0 else 'W'}{abs(lon):.5f}{'N' if lat >= 0 else 'S'}{abs(lat):.5f}"


def _forbidden_layer(cells: pd.DataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """List the best sites that stand where building is forbidden."""
    spot = [_spot(lon, lat) for lon, lat in zip(cells["lon"], cells["lat"], strict=True)]
    return rejected_layer(cells.assign(kind="new site", facility_id=spot, cause="forbidden"), crs)


def _nothing_found(left_out: Mapping[str, int], forbidden: int, settings: RiseSettings) -> Finding:
    """Say why there is no new site."""
    figures = {name: f"{count:,}" for name, count in left_out.items()}
    return Finding(
        "OM-BIZ-247",
        _LAYER,
        values={
            **figures,
            "forbidden": f"{forbidden:,}",
            "slope_deg": f"{settings.max_slope_deg:g}",
            "road_m": f"{settings.max_road_m:g}",
            "power_m": f"{settings.max_power_m:g}",
            "beside_m": f"{settings.beside_m:g}",
        },
    )
