"""Shapes and places that are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bad_inputs.making import HEAD, write_text
from tests.bad_inputs.registry import bad, good

SQUARE = [
    [75.201234, 39.601234],
    [75.221234, 39.601234],
    [75.221234, 39.621234],
    [75.201234, 39.621234],
    [75.201234, 39.601234],
]
COUNTY = [[75.0, 39.4], [75.6, 39.4], [75.6, 40.0], [75.0, 40.0], [75.0, 39.4]]
ROAD = [[75.201234, 39.601234], [75.251234, 39.621234], [75.312346, 39.652347]]
Shape = Mapping[str, object] | None


def project(
    folder: Path, shapes: Sequence[Shape], *, layer: str = "zones", crs: str = "EPSG:4490", county: bool = False
) -> Path:
    """Write a GeoJSON of shapes, and the project that maps it."""
    fields = {
        "zones": 'zone_id = "id"\nkind = "kind"', "roads": 'road_id = "id"', "towers": 'tower_id = "id"',
    }  # fmt: skip
    _features(folder / "shapes.geojson", shapes)
    text = HEAD.replace("[coverage]", f'working_crs = "{crs}"\n[coverage]')
    text += f'[[source]]\nlayer = "{layer}"\npath = "shapes.geojson"\ncrs = "{crs}"\n[source.fields]\n{fields[layer]}\n'
    if county:
        _features(folder / "county.geojson", [{"type": "Polygon", "coordinates": [COUNTY]}])
        text += f'[[source]]\nlayer = "districts"\npath = "county.geojson"\ncrs = "{crs}"\n'
        text += '[source.fields]\ncode = "id"\nname = "kind"\n'
    write_text(folder / "onemap.toml", text)
    return folder


def _features(path: Path, shapes: Sequence[Shape]) -> None:
    """Write features with an identifier and a kind each."""
    features = [
        {"type": "Feature", "properties": {"id": f"Z{at}", "kind": "land use"}, "geometry": shape}
        for at, shape in enumerate(shapes)
    ]
    write_text(path, json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))


def polygon(*ring: list[float]) -> Shape:
    """Give a polygon of one ring."""
    return {"type": "Polygon", "coordinates": [list(ring)]}


def line(*vertices: list[float]) -> Shape:
    """Give a line."""
    return {"type": "LineString", "coordinates": list(vertices)}


@good(rule="OM-GEO-001", ask="run")
@good(rule="OM-GEO-002", ask="run")
@good(rule="OM-GEO-004", ask="run")
@good(rule="OM-GEO-005", ask="run")
@good(rule="OM-GEO-009", ask="run")
@good(rule="OM-GEO-010", ask="run")
@good(rule="OM-GEO-011", ask="run")
@good(rule="OM-GEO-012", ask="run")
@good(rule="OM-GEO-014", ask="run")
@good(rule="OM-GEO-015", ask="run")
def honest_polygons(folder: Path) -> Path:
    """A square, and a square with a hole whose rings run the other way round."""
    inner = [[x * 0.5 + 37.6055, y * 0.5 + 19.8055] for x, y in SQUARE]
    return project(folder, [polygon(*SQUARE), {"type": "Polygon", "coordinates": [SQUARE[::-1], inner]}])


@good(rule="OM-GEO-003", ask="run")
@good(rule="OM-GEO-013", ask="run")
@good(rule="OM-CRS-007", ask="run")
def honest_road(folder: Path) -> Path:
    """A road inside its county."""
    return project(folder, [line(*ROAD)], layer="roads", county=True)


@bad(rule="OM-GEO-001", ask="run")
def feature_without_geometry(folder: Path) -> Path:
    """A feature whose geometry is null."""
    return project(folder, [polygon(*SQUARE), None])


@bad(rule="OM-GEO-001", ask="run")
def empty_geometry(folder: Path) -> Path:
    """A polygon without any vertex."""
    return project(folder, [polygon(*SQUARE), {"type": "Polygon", "coordinates": []}])


@bad(rule="OM-GEO-001", ask="run")
def place_of_an_empty_form(folder: Path) -> Path:
    """A point at 0, 0."""
    points = [{"type": "Point", "coordinates": place} for place in ([75.201234, 39.601234], [0, 0])]
    return project(folder, points, layer="towers")


@bad(rule="OM-GEO-002", ask="run")
def point_among_polygons(folder: Path) -> Path:
    """A point in a layer of polygons."""
    return project(folder, [polygon(*SQUARE), {"type": "Point", "coordinates": SQUARE[0]}])


@bad(rule="OM-GEO-002", ask="run")
def collection_of_several_kinds(folder: Path) -> Path:
    """A collection of a polygon and a line."""
    return project(
        folder, [polygon(*SQUARE), {"type": "GeometryCollection", "geometries": [polygon(*SQUARE), line(*ROAD)]}]
    )


@bad(rule="OM-GEO-003", ask="run")
def road_in_the_next_province(folder: Path) -> Path:
    """A road far outside the county."""
    return project(folder, [line(*ROAD), line([80.1, 41.2], [80.2, 41.3])], layer="roads", county=True)


@bad(rule="OM-GEO-004", ask="run")
def bow_tie(folder: Path) -> Path:
    """A polygon that crosses itself."""
    return project(folder, [polygon(SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0])])


@bad(rule="OM-GEO-004", ask="run")
def hole_outside_its_shell(folder: Path) -> Path:
    """A polygon whose hole lies outside it."""
    hole = [[x + 0.1, y] for x, y in SQUARE]
    return project(folder, [{"type": "Polygon", "coordinates": [SQUARE, hole]}])


@bad(rule="OM-GEO-005", ask="run")
def polygon_with_heights(folder: Path) -> Path:
    """A polygon whose vertices carry heights."""
    return project(folder, [polygon(*([x, y, 1200.0] for x, y in SQUARE))])


@bad(rule="OM-GEO-009", ask="run")
def vertices_twice_in_a_row(folder: Path) -> Path:
    """A road with a vertex that stands twice."""
    return project(folder, [line(ROAD[0], ROAD[1], ROAD[1], ROAD[2])], layer="roads")


@bad(rule="OM-GEO-010", ask="run")
def line_without_length(folder: Path) -> Path:
    """A road whose two vertices are one place."""
    return project(folder, [line(*ROAD), line(ROAD[0], ROAD[0])], layer="roads")


@bad(rule="OM-GEO-010", ask="run")
def polygon_without_area(folder: Path) -> Path:
    """A polygon that is a line there and back."""
    return project(folder, [polygon(*SQUARE), polygon([75.1, 39.5], [75.2, 39.6], [75.3, 39.7], [75.1, 39.5])])


@bad(rule="OM-GEO-011", ask="run")
def spike(folder: Path) -> Path:
    """A square with a spike of a kilometre."""
    return project(
        folder,
        [polygon(*SQUARE[:3], [75.211234, 39.621234], [75.211234, 39.631234], [75.211234, 39.621234], *SQUARE[3:])],
    )


@bad(rule="OM-GEO-012", ask="run")
def line_over_the_180th_meridian(folder: Path) -> Path:
    """A line from 179° to -179°, which would run round the globe."""
    return project(folder, [line([179.0, -17.0], [-179.0, -17.5])], layer="roads", crs="EPSG:4326")


@bad(rule="OM-GEO-013", ask="run")
def road_that_leaves_the_county(folder: Path) -> Path:
    """A road of which half lies beyond the county and its margin."""
    return project(folder, [line([75.3, 39.7], [76.8, 39.7])], layer="roads", county=True)


@bad(rule="OM-GEO-014", ask="run")
def polygon_that_stands_twice(folder: Path) -> Path:
    """Two zones with the very same outline."""
    return project(folder, [polygon(*SQUARE), polygon(*SQUARE[::-1])])


@bad(rule="OM-GEO-015", ask="run")
def ring_that_is_not_closed(folder: Path) -> Path:
    """A polygon whose ring does not end where it began, beside a whole one."""
    return project(folder, [polygon(*SQUARE), polygon(*SQUARE[:4])])


@bad(rule="OM-GEO-015", ask="run")
def line_of_one_vertex(folder: Path) -> Path:
    """A road with one vertex, beside a whole one."""
    return project(folder, [line(*ROAD), line(ROAD[0])], layer="roads")


@bad(rule="OM-CRS-007", ask="run")
def roads_that_all_lie_elsewhere(folder: Path) -> Path:
    """A layer of which no row lies in the county."""
    return project(folder, [line([80.1, 41.2], [80.2, 41.3])], layer="roads", county=True)
