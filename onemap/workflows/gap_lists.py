"""What gaps mean: areas, the way to fibre, priorities, universal service, indicators."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd

from onemap.analyses.columns import column, ids
from onemap.analyses.coverage import coverage
from onemap.analyses.development import DevelopmentSettings, coordinated_development
from onemap.analyses.gaps.areas import area_points, coverage_of_areas
from onemap.analyses.gaps.fibre import FibreSettings, fibre_distances
from onemap.analyses.gaps.priorities import PrioritySettings, gap_priorities
from onemap.analyses.indicators import IndicatorSettings, indicators
from onemap.analyses.universal_service import UniversalServiceSettings, acceptance_check, application_list
from onemap.config import Project
from onemap.progress import Progress, silent
from onemap.workflows.coverage_gaps import PLACES, coverage_settings
from onemap.workflows.reading import Inputs
from onemap.workflows.results_before import changes_since

__all__ = ["list_gaps"]

_AREAS = ("villages", "districts", "sea_areas")
_SUPPLY = ("cables", "nodes", "rooms")
_PEOPLE = ("settlements", "villages")  # the first that there is

Layers = Mapping[str, gpd.GeoDataFrame]


def list_gaps(
    project: Project, inputs: Inputs, results: Layers, *, progress: Progress = silent
) -> dict[str, gpd.GeoDataFrame]:
    """Make the lists that rest on verdicts and gaps.

    Parameters
    ----------
    project
        The project file; its tables `gaps`, `universal_service` and `indicators` say how.
    inputs
        The layers.
    results
        Result layers of `find_gaps`.
    progress
        Told how far it is.

    Returns
    -------
    results
        Result layers: area_coverage, fibre_distances, gap_priorities, application_list, acceptance, indicators,
        development, indicator_changes, verdict_changes, as far as there are layers to make them of.
    """
    layers = inputs.layers
    with progress.step("step_gap_lists", 4) as done:
        found = _areas(project, inputs, results)
        done(1)
        found |= _fibre(project, layers)
        done(1)
        found |= _priorities(project, layers, results, found)
        done(1)
        found |= _indicators(project, layers, {**results, **found})
        found |= changes_since(project, {**results, **found})
        done(1)
    return found


def _areas(project: Project, inputs: Inputs, results: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Give the shares of areas and of people."""
    layers = inputs.layers
    areas = {name: layers[name] for name in _AREAS if name in layers and _has_polygons(layers[name])}
    if not areas:
        return {}
    people = _people(layers, results["verdicts"])
    judged = results["verdicts"].iloc[:0]
    if project.gaps.areas_step_m > 0:
        judged = coverage(
            {"places": area_points(areas, step_m=project.gaps.areas_step_m)},
            layers.get("cells"),
            layers.get("towers"),
            settings=coverage_settings(project),
            grid=inputs.elevation,
            clutter=inputs.clutter,
        )
    return {"area_coverage": coverage_of_areas(areas, judged, people=people)}


def _has_polygons(layer: gpd.GeoDataFrame) -> bool:
    """Tell whether a layer has an area at all."""
    return bool(layer.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).any())


def _people(layers: Layers, verdicts: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Give the verdicts of the places that people live at, with their number."""
    name = next((one for one in _PEOPLE if one in layers and len(layers[one])), None)
    if name is None:
        return None
    known = column(layers[name], "population", "number").set_axis(ids(layers[name], name))
    rows = verdicts[verdicts["target_layer"].eq(name).to_numpy(dtype=bool)]
    return rows.assign(population=known[~known.index.duplicated()].reindex(rows["target_id"]).to_numpy())


def _fibre(project: Project, layers: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Give the way of every place to fibre, where the project knows any."""
    supply = {name: layers[name] for name in _SUPPLY if name in layers and len(layers[name])}
    targets = {name: layers[name] for name in PLACES if name in layers}
    if not supply or not targets:
        return {}
    settings = FibreSettings(**project.gaps.fibre.model_dump())
    return {"fibre_distances": fibre_distances(targets, supply, layers.get("roads"), settings=settings)}


def _priorities(project: Project, layers: Layers, results: Layers, found: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Rank the gaps, list what to apply for, and check what is finished."""
    fibre = found.get("fibre_distances")
    ranked = gap_priorities(
        results["gap_points"],
        villages=results.get("village_verdicts"),
        fibre=fibre,
        settings=PrioritySettings(**project.gaps.priority.model_dump()),
    )
    service = UniversalServiceSettings(**project.universal_service.model_dump())
    wanted = application_list(ranked, results.get("gap_stretches"), fibre=fibre, settings=service)
    lists = {"gap_priorities": ranked, "application_list": wanted}
    finished, measurements = layers.get("finished_places"), layers.get("measurements")
    if finished is not None and len(finished):
        nothing = finished.iloc[:0]
        lists["acceptance"] = acceptance_check(
            finished,
            nothing if measurements is None else measurements,
            districts=layers.get("districts"),
            settings=service,
        )
    return lists


def _indicators(project: Project, layers: Layers, results: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Hold the districts against the targets, and measure how far facilities are shared and open."""
    date, districts, how = project.project.date, layers.get("districts"), project.indicators
    settings = IndicatorSettings(operator=how.operator, fibre_reach_m=how.fibre_reach_m)
    development = DevelopmentSettings(old_room_years=how.old_room_years)
    return {
        "indicators": indicators(results, districts, date=date, settings=settings),
        "development": coordinated_development(
            layers, districts, date=date, network_nodes=results.get("network_nodes"), settings=development
        ),
    }
