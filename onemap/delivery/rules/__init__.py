"""Quality rules over delivered layers, one function a rule; `onemap.delivery.quality` runs them."""

from onemap.delivery.rules import (
    attributes,
    business,
    coverage,
    districts,
    files,
    geometry,
    networks,
    package,
    places,
    shapes,
    structure,
    values,
    writing,
)

__all__ = [
    "attributes",
    "business",
    "coverage",
    "districts",
    "files",
    "geometry",
    "networks",
    "package",
    "places",
    "shapes",
    "structure",
    "values",
    "writing",
]
