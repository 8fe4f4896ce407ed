"""What a report says of how its numbers came about: settings, assumptions, elevation model, coordinate operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from onemap.config import Project
from onemap.messages import LANGUAGES, catalogue, text

__all__ = ["Method", "methods_of"]

Method = Mapping[str, tuple[str, str]]  # language → name, value
_Value = Callable[[str], str]


def methods_of(project: Project, operations: Sequence[Mapping[str, object]]) -> list[Method]:
    """Give the settings of the analyses and what they rest on, in both languages.

    Parameters
    ----------
    project
        The project file.
    operations
        How each source came to the working CRS: `file`, `source_layer`, `from`, `to`, `accuracy_m` (None where it is
        not known).

    Returns
    -------
    methods
        In the order of the work; each with a name and a value for each language.

    Examples
    --------
    >>> from onemap.config import Project
    >>> source = {"layer": "towers", "path": "towers.csv"}
    >>> about = {"name": "示范县", "date": "2026-01-01"}
    >>> project = Project.model_validate({"project": about, "source": [source], "coverage": {"model": "radius"}})
    >>> methods_of(project, [])[0]["en"]
    ('Model of coverage', 'radius')
    """
    judged = [*_coverage(project), *_gaps_and_sharing(project), *_lists(project), *_conflicts(project)]
    return [*judged, *_data(project), *_operations(operations)]


def _coverage(project: Project) -> Iterator[Method]:
    """State how coverage is decided."""
    coverage = project.coverage
    models = {coverage.model, *coverage.compare}
    yield _method("model", lambda lang: _word(coverage.model, lang))
    if coverage.compare:
        yield _method("compare", lambda lang: ", ".join(_word(one, lang) for one in coverage.compare))
    if models & {"radius", "line of sight"}:
        ranges = ", ".join(f"{one} {coverage.range_m[one]:,.0f} m" for one in coverage.technologies)
        yield _method("range", lambda _lang: ranges)
    if "line of sight" in models:
        yield _method("k_factor", lambda _lang: f"{coverage.k_factor:.4g}")
        yield _method("margin", lambda _lang: f"± {coverage.clearance_margin_m:g} m")
    if models - {"radius", "line of sight"}:
        yield from _field_strength(project)
    if models != {"radius"}:
        yield _method("target_height", lambda _lang: f"{coverage.target_height_m:g} m")
        yield _method("tower_height", lambda _lang: f"{coverage.default_tower_height_m:g} m")
    yield _method("road_step", lambda _lang: f"{coverage.road_step_m:g} m")


def _field_strength(project: Project) -> Iterator[Method]:
    """State what field strength is judged by."""
    coverage, rasters = project.coverage, project.rasters
    least = ", ".join(f"{one} {coverage.rsrp_min_dbm[one]:g} dBm" for one in coverage.technologies)
    yield _method("rsrp_min", lambda _lang: least)
    shares = {"percent": f"{coverage.location_percent:g}", "side_m": f"{coverage.location_area_m:g}"}
    yield _method("locations", lambda lang: text("method_locations_value", lang, **shares))
    yield _method("model_sigma", lambda _lang: f"{coverage.model_sigma_db:g} dB")
    yield _method("reach", lambda _lang: f"{coverage.reach_m:,.0f} m")
    yield _method("time", lambda _lang: f"{coverage.time_percent:g} %")
    yield _method("refractivity", lambda lang: _refractivity(coverage.delta_n, coverage.n0, lang))
    yield _method("environment", lambda lang: text(f"method_environment_{coverage.environment}", lang))
    open_land = rasters.land_cover is None and rasters.buildings is None
    yield _method("clutter", lambda lang: text("method_clutter_none" if open_land else "method_clutter_given", lang))


def _refractivity(delta_n: float | None, n0: float | None, lang: str) -> str:
    """State the refractivity of the air, or where it comes from."""
    table = text("method_refractivity_table", lang)
    lapse, surface = (table if value is None else f"{value:g}" for value in (delta_n, n0))
    return f"ΔN {lapse}, N0 {surface}"


def _gaps_and_sharing(project: Project) -> Iterator[Method]:
    """State the rules of gaps and the distances of sharing."""
    gaps, sharing = project.gaps, project.sharing
    yield _method("station", lambda _lang: f"{gaps.station_distance_m:,.0f} m")
    yield _method("households", lambda _lang: f"{gaps.min_households}")
    yield _method("unknown_households", lambda lang: text(f"households_{gaps.unknown_households}", lang))
    yield _method("stretch", lambda _lang: f"{gaps.min_stretch_m:g} m")
    yield _method("covered_piece", lambda _lang: f"{gaps.min_covered_m:g} m")
    if gaps.max_stretch_m > 0:
        yield _method("longest_stretch", lambda _lang: f"{gaps.max_stretch_m:g} m")
    yield _method("carriageways", lambda lang: text(f"method_carriageways_{gaps.carriageways}", lang))
    weights = ", ".join(f"{name} {weight:g}" for name, weight in gaps.priority.weights.items())
    yield _method("weights", lambda _lang: weights)
    yield _method("road_target", lambda _lang: f"{gaps.road_target_share:.0%}")
    yield _method(
        "sharing",
        lambda lang: text(
            "method_sharing_value",
            lang,
            inside=f"{sharing.distance_in_settlements_m:,.0f}",
            outside=f"{sharing.distance_outside_m:,.0f}",
        ),
    )
    yield _method("match", lambda _lang: f"{sharing.match_distance_m:,.0f} m")
    yield from _routes(project)


def _lists(project: Project) -> Iterator[Method]:
    """State what the way to fibre, universal service, demands, works and pole routes are judged by."""
    fibre, service, sharing = project.gaps.fibre, project.universal_service, project.sharing
    layers = {source.layer for source in project.source}
    if layers & {"cables", "nodes", "rooms"}:
        ways = {"drop": f"{fibre.drop_m:g}", "reach": f"{fibre.road_reach_m:g}"}
        yield _method("fibre", lambda lang: text("method_fibre_value", lang, **ways))
    asked = {"technologies": ", ".join(service.technologies), "households": service.min_households}
    yield _method("service", lambda lang: text("method_service_value", lang, **asked))
    if "finished_places" in layers:
        drawn = {"share": f"{service.sample_share:.0%}", "seed": service.seed, "radius": f"{service.radius_m:g}"}
        drawn |= {
            "least": service.min_samples,
            "rsrp": f"{service.good_rsrp_dbm:g}",
            "good": f"{service.good_share:.0%}",
        }
        yield _method("acceptance", lambda lang: text("method_acceptance_value", lang, **drawn))
    if "demands" in layers:
        far = sharing.demands.distance_m.items()
        reach = [
            (lang, ", ".join(f"{_word(kind, lang)} {metres:,.0f} m" for kind, metres in far)) for lang in LANGUAGES
        ]
        yield _method("demands", lambda lang: dict(reach)[lang])
    if "works" in layers:
        yield _method("works", lambda _lang: f"{sharing.works.distance_m:g} m")
    if "cables" in layers:
        poles = {"beside": f"{sharing.poles.beside_m:g}", "angle": f"{sharing.poles.angle_deg:g}"}
        poles |= {"least": f"{sharing.poles.min_length_m:g}"}
        yield _method("poles", lambda lang: text("method_poles_value", lang, **poles))


def _routes(project: Project) -> Iterator[Method]:
    """State the distances of routes, where the project has cables."""
    routes = project.routes
    if not any(source.layer == "cables" for source in project.source):
        return
    values = {
        "tolerance": f"{routes.tolerance_m:g}",
        "angle": f"{routes.angle_deg:g}",
        "least": f"{routes.min_shared_m:g}",
    }
    yield _method("routes", lambda lang: text("method_routes_value", lang, **values))
    reach = {"snap": f"{routes.snap_m:g}", "reach": f"{routes.room_reach_m:g}"}
    kinds = [
        (lang, ", ".join(_word(kind, lang) for kind in (*routes.root_kinds, *routes.root_ids))) for lang in LANGUAGES
    ]
    yield _method("roots", lambda lang: text("method_roots_value", lang, kinds=dict(kinds)[lang], **reach))


def _conflicts(project: Project) -> Iterator[Method]:
    """State what is assumed of facilities in zones, where the project has zones."""
    if not any(source.layer == "zones" for source in project.source):
        return
    how = project.conflicts
    areas = {"tower": f"{how.tower_area_m2:g}", "room": f"{how.room_area_m2:g}", "centre": f"{how.centre_area_m2:g}"}
    yield _method("footprints", lambda lang: text("method_footprints_value", lang, **areas))
    reach = {"radius": f"{how.search_radius_m:,.0f}", "clearance": f"{how.clearance_m:g}"}
    yield _method("allowed_place", lambda lang: text("method_allowed_place_value", lang, **reach))


def _data(project: Project) -> Iterator[Method]:
    """Name the elevation model, the delivery profile and the working CRS."""
    elevation, delivery = project.elevation, project.delivery
    if elevation is not None:
        yield _method("elevation", lambda _lang: _file_name(elevation.path))
    if delivery is not None:
        yield _method("profile", lambda _lang: delivery.profile)
    yield _method("working_crs", lambda _lang: project.project.working_crs)


def _operations(operations: Sequence[Mapping[str, object]]) -> Iterator[Method]:
    """State each source's way to the working CRS, with its accuracy."""
    for operation in operations:
        file = _file_name(str(operation["file"]))
        source = " · ".join(str(part) for part in (file, operation["source_layer"]) if part)
        names = {lang: (source, _accuracy(operation, lang)) for lang in LANGUAGES}
        yield names
        control = operation.get("control_points")
        if isinstance(control, Mapping):
            yield _control_points(source, control)


def _control_points(source: str, control: Mapping[str, object]) -> Method:
    """State how well a fit meets its control points."""
    method = str(control["method"])
    words = {"en": method, "zh": {"4-parameter": "四参数", "7-parameter": "七参数"}.get(method, method)}
    values = {
        "points": control["points"],
        "rms": control["rms_m"],
        "worst": control["worst_point"],
        "residual": control["worst_residual_m"],
        "limit": control["max_residual_m"],
    }
    return {
        lang: (
            text("method_control_points", lang, source=source),
            text("method_control_points_value", lang, method=words[lang], **values),
        )
        for lang in LANGUAGES
    }


def _accuracy(operation: Mapping[str, object], lang: str) -> str:
    """Say from where to where, and how well."""
    accuracy = operation["accuracy_m"]
    ends = {"source": operation["from"], "target": operation["to"]}
    if not isinstance(accuracy, int | float):
        return text("method_operation_unknown", lang, **ends)
    return text("method_operation", lang, **ends, accuracy=f"{accuracy:g}")


def _method(name: str, value: _Value) -> Method:
    """Give a setting in every language."""
    return {lang: (text(f"method_{name}", lang), value(lang)) for lang in LANGUAGES}


def _word(value: str, lang: str) -> str:
    """Give the word for a canonical value."""
    return catalogue().get(f"word {value}", {lang: value})[lang]


def _file_name(path: str) -> str:
    """Give a file's name without its folders."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]
