"""Quality rules over delivered layers, one function a rule; `onemap.delivery.quality` runs them."""

from onemap.delivery.rules import attributes, districts, geometry, package, structure

__all__ = ["attributes", "districts", "geometry", "package", "structure"]
