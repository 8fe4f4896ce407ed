"""Areas of equal class in a raster, as polygons along the edges of its cells."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

__all__ = ["class_areas"]


def class_areas(classes: NDArray[np.uint8], transform: Affine) -> Iterator[tuple[int, shapely.Polygon]]:
    """Outline the areas of equal class; class 0 has none.

    Parameters
    ----------
    classes
        Shape (rows, columns); 0: nothing known.
    transform
        From (column, row), counted at the corner of the first cell, to coordinates.

    Yields
    ------
    class, area
        One for each area whose cells touch along their sides, in the coordinates of the transform.

    Examples
    --------
    >>> found = class_areas(np.array([[1, 1, 0, 2]], dtype="uint8"), Affine(1, 0, 75, 0, -1, 40))
    >>> [(number, area.bounds) for number, area in found]
    [(1, (75.0, 39.0, 77.0, 40.0)), (2, (78.0, 39.0, 79.0, 40.0))]
    """
    from rasterio.features import shapes

    for outline, number in shapes(classes, mask=classes > 0, connectivity=4, transform=transform):
        yield int(number), shapely.geometry.shape(outline)
