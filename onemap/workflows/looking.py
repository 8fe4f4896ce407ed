"""Look at one layer as its file holds it: what it is, which columns mean what, in which system its places are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from pyproj import Geod

from onemap.layers.angles import parse_angle
from onemap.layers.crs_names import parse_crs
from onemap.layers.guessing import LayerGuess, Profile, Proposal, guess_layer, profiles_of, propose
from onemap.layers.values import cell_text
from onemap.sources import SourceLayer

__all__ = ["Look", "look_at", "names_of"]

_SAMPLE = 5_000
_GEOD = Geod(ellps="GRS80")


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is seen of one layer.

    Attributes
    ----------
    source
        The layer as read.
    names
        Names of folder, file and layer, from the outside in.
    seen
        Values by column.
    guesses
        Canonical layers it may be, best first.
    proposal
        How it becomes the best of them; None if it looks like none.
    points
        Some places in its own coordinates, shape (n, 2), of geometries or columns; empty if it has none.
    """

    source: SourceLayer
    names: tuple[str, ...]
    seen: Mapping[str, Profile]
    guesses: tuple[LayerGuess, ...]
    proposal: Proposal | None
    points: np.ndarray

    @property
    def kinds(self) -> set[str]:
        """Single kinds of geometry of the layer."""
        return {kind.removeprefix("Multi") for kind in _kinds(self.source)}

    @property
    def has_geometry(self) -> bool:
        """Whether the file itself holds places."""
        return self.source.geometry is not None and any(shape is not None for shape in self.source.geometry)

    @property
    def has_places(self) -> bool:
        """Whether there are places: geometries, columns of coordinates, or shapes written as text."""
        known = self.proposal
        return self.has_geometry or (known is not None and (known.coordinates is not None or bool(known.shape)))

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """Bounds of the places in their own coordinates, None without any."""
        if not len(self.points):
            return None
        (west, south), (east, north) = self.points.min(axis=0).tolist(), self.points.max(axis=0).tolist()
        return west, south, east, north


def look_at(source: SourceLayer, names: Sequence[str]) -> Look:
    """Look at one layer.

    Parameters
    ----------
    source
        The layer as read.
    names
        Names of folder, file and layer, from the outside in.

    Returns
    -------
    look
        Guesses, proposal and places.
    """
    seen = profiles_of(source.frame)
    columns = list(seen)
    guesses = guess_layer(columns, _kinds(source), name=[name for name in names if name], seen=seen)
    best = guesses[0] if guesses else None
    proposal = None
    if best is not None:
        proposal = propose(best, seen, names=names, length_m=_middle_length_m(source))
    return Look(source, tuple(names), seen, tuple(guesses), proposal, _points(source, proposal))


def names_of(file: Path, layer: str, folder: Path | None = None) -> tuple[str, ...]:
    """Give the names that may speak of a layer: folders below the one looked at, file, layer in it.

    Parameters
    ----------
    file
        The file.
    layer
        Layer or sheet in it; a path in a folder or archive.
    folder
        Folder that is looked at; its own name and those above it say nothing.
    """
    inside = [part for part in layer.replace("#", "/").split("/") if part]
    outer = [] if folder is None else list(file.relative_to(folder).parent.parts)
    stems = [Path(part).stem if "." in part else part for part in inside]
    return (*outer, file.stem, *stems)


def _kinds(source: SourceLayer) -> set[str]:
    """Give the kinds of geometry of a layer."""
    if source.geometry is None:
        return set()
    found = {shape.geom_type for shape in source.geometry[:_SAMPLE] if shape is not None}
    return {kind for kind in found if kind != "GeometryCollection"}


def _points(source: SourceLayer, proposal: Proposal | None) -> np.ndarray:
    """Take some places: of the geometries, else of the columns of coordinates."""
    step = max(1, -(-len(source.rows) // _SAMPLE))
    if source.geometry is not None:
        shapes = source.geometry[::step]
        with np.errstate(invalid="ignore"):
            places = shapely.get_coordinates(shapes)
        places = places[:: max(1, len(places) // _SAMPLE)]
    elif proposal is not None and proposal.coordinates is not None:
        pair = (proposal.coordinates.across, proposal.coordinates.up)
        places = np.column_stack(
            [[_angle(cell_text(value)) for value in source.frame[name].iloc[::step]] for name in pair]
        )
    else:
        return np.empty((0, 2))
    filled = np.isfinite(places).all(axis=1) & ~(places == 0.0).all(axis=1)
    found: np.ndarray = places[filled]
    return found


def _angle(words: str | None) -> float:
    """Read a coordinate, decimal or in degrees and minutes; NaN where it is none."""
    read = None if words is None else parse_angle(words.replace(",", ""))
    return float("nan") if read is None else read[0]


def _middle_length_m(source: SourceLayer) -> float | None:
    """Measure the lines of a layer in metres; None where it has none or does not say its system."""
    if source.geometry is None or not source.crs:
        return None
    lines = [shape for shape in source.geometry[:_SAMPLE] if shape is not None and "Line" in shape.geom_type]
    if not lines:
        return None
    if parse_crs(source.crs).is_projected:
        return float(np.median(shapely.length(lines)))
    sides = shapely.total_bounds(lines)
    if not np.isfinite(sides).all() or max(abs(sides[1]), abs(sides[3])) > 90:
        return None
    return float(np.median([_GEOD.geometry_length(line) for line in lines[:500]]))
