"""Files looked at together: which of them looks shifted by the offset of a web map against another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from onemap.errors import CRSError
from onemap.findings import Finding
from onemap.layers.crs import choose_operation, transform
from onemap.layers.crs_area import to_lonlat
from onemap.layers.crs_names import is_offset_system
from onemap.workflows.locating import Located
from onemap.workflows.looking import Look
from onemap.workflows.shift_hints import Spots, shift_finding, shifts_among

__all__ = ["compared_findings", "spots_of"]


def spots_of(look: Look, located: Located) -> Spots | None:
    """Give the places of a layer in degrees, as far as its system is known.

    Parameters
    ----------
    look
        What is seen of the layer.
    located
        Its coordinate system.

    Returns
    -------
    spots
        None without places, or where no one system is likely.
    """
    likely = located.likely
    if likely is None or not len(look.points) or look.kinds - {"Point", "LineString"}:
        return None
    best = located.guesses[0] if located.guesses else None
    places = look.points if best is None else look.points * best.scale
    east, north = places.T[::-1] if best is not None and best.swapped else places.T
    is_mended = is_offset_system(likely)
    try:
        plain = choose_operation(likely, "EPSG:4490", None) if is_mended else None
        lon, lat = to_lonlat(likely, east, north) if plain is None else transform(plain, east, north)
    except CRSError:  # a system that is not usable places nothing
        return None
    along = np.column_stack([lon, lat])
    return Spots(np.empty((0, 2)) if "LineString" in look.kinds else along, along, is_mended)


def compared_findings(layers: Sequence[tuple[str, str, Spots | None]]) -> dict[int, Finding]:
    """Hold the layers of files against each other.

    Parameters
    ----------
    layers
        File, sheet and places of each layer.

    Returns
    -------
    findings
        Position of a layer that looks shifted → what is said of it.
    """
    placed = [(at, spots) for at, (_, _, spots) in enumerate(layers) if spots is not None]
    findings = {}
    for one in shifts_among([spots for _, spots in placed]):
        at, other = placed[one.here][0], layers[placed[one.there][0]][0]
        findings[at] = shift_finding(one, other, layer="", file=layers[at][0], sheet=layers[at][1])
    return findings
