"""Polygons of a layer cut to the lines that they share: each border piece between two nodes stands once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["Coverage", "shared_borders"]

Geometries = NDArray[np.object_]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_NEAR = 0.7072  # half the diagonal of a cell of the grid: a point on an edge may have been rounded so far off it
_ROUNDS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Polygons as rings of shared lines, on a grid of whole numbers.

    Attributes
    ----------
    grid
        Corners of all lines, in steps of the grid, shape (n, 2).
    firsts
        Where each line begins in them, and their number at the end, shape (lines + 1,).
    items
        Line of each piece of a ring, counted from 1 and negative where it is followed backwards, shape (k,); the rings
        of a polygon follow each other, those of a part from its shell on.
    rings
        Number of the ring that each item belongs to, shape (k,).
    owners
        Polygon of each ring, shape (rings,); a polygon without rings has vanished on the grid.
    shapes
        The polygons as they read back, shape (polygons,); None where nothing is left.
    vanished
        Number of rings that are left out, as they have fewer than three corners on the grid.
    """

    grid: Integers
    firsts: Integers
    items: Integers
    rings: Integers
    owners: Integers
    shapes: Geometries
    vanished: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Rings:
    """Rings without the repeated corner at their end: grid places, where each begins, its part, and whether a shell."""

    grid: Integers
    firsts: Integers
    parts: Integers
    is_shell: Mask

    @property
    def sizes(self) -> Integers:
        """Number of corners of each."""
        return np.diff(self.firsts)

    @property
    def ring(self) -> Integers:
        """Ring of each corner."""
        return np.repeat(np.arange(len(self.parts)), self.sizes)

    def following(self) -> Integers:
        """Give the place of the corner behind each."""
        after = np.arange(1, len(self.grid) + 1)
        after[self.firsts[1:] - 1] = self.firsts[:-1]
        return after


def shared_borders(polygons: Geometries, steps_per_unit: float) -> Coverage:
    """Cut polygons to the lines that they share.

    Every corner is rounded once. A corner of one polygon on the edge of another is put into that edge; edges that cross
    (polygons that overlap) are left as they are. Shells run clockwise, holes the other way.

    Parameters
    ----------
    polygons
        Polygon or MultiPolygon, shape (n,), None where there is none; heights are left aside.
    steps_per_unit
        Steps of the grid in a unit of the coordinates, such as 10 000 for 0.1 mm.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object)
    >>> coverage = shared_borders(squares, 10)
    >>> coverage.items.tolist(), len(coverage.firsts) - 1
    ([1, 2, -2, 3], 3)
    """
    parts, part_owners = _parts(polygons)
    sizes, ring_parts = _ring_sizes(parts)
    rings = _oriented(_rounded(parts, sizes, ring_parts, steps_per_unit=steps_per_unit))
    vanished = len(sizes) - len(rings.parts)
    corner = _numbered(rings.grid)
    edges = _edges(rings, corner)
    for _ in range(_ROUNDS):
        fuller = _with_corners_on_edges(rings, corner, edges)
        if fuller is None:
            break
        rings, corner = fuller, _numbered(fuller.grid)
        edges = _edges(rings, corner)
    rings, corner, is_node = _begun_at_nodes(rings, corner, edges)
    lines, items, item_rings = _chains(rings, corner, is_node)
    owners = part_owners[rings.parts]
    grid, firsts = lines
    shapes = _shapes(rings, owners, len(polygons), steps_per_unit)
    return Coverage(grid, firsts, items, item_rings, owners, shapes, vanished)


def _parts(polygons: Geometries) -> tuple[Geometries, Integers]:
    """Give the single polygons, and the place of each among the polygons."""
    if np.isin(shapely.get_type_id(polygons), [-1, 3]).all():
        there = np.flatnonzero(~shapely.is_missing(polygons))
        return polygons[there], there
    parts, owners = shapely.get_parts(polygons, return_index=True)
    return parts, owners


def _ring_sizes(parts: Geometries) -> tuple[Integers, Integers]:
    """Give the number of coordinates of each ring, in the order of the coordinates, and the part of each ring."""
    holes = shapely.get_num_interior_rings(parts)
    ring_parts = np.repeat(np.arange(len(parts)), np.where(shapely.is_empty(parts), 0, holes + 1))
    sizes = shapely.get_num_coordinates(parts)[ring_parts]
    if holes.any():
        several = np.flatnonzero(holes > 0)
        sizes[holes[ring_parts] > 0] = shapely.get_num_coordinates(shapely.get_rings(parts[several]))
    return sizes.astype(np.int64), ring_parts


def _rounded(parts: Geometries, given: Integers, ring_parts: Integers, *, steps_per_unit: float) -> _Rings:
    """Give the rings of polygons on the grid; those of fewer than three corners vanish, with their holes if shells."""
    ring = np.repeat(np.arange(len(given)), given)
    grid = np.rint(shapely.get_coordinates(parts) * steps_per_unit).astype(np.int64)
    again = np.zeros(len(grid), dtype=bool)
    if len(grid):
        again[1:] = (ring[1:] == ring[:-1]) & (grid[1:] == grid[:-1]).all(axis=1)
    grid, ring = grid[~again], ring[~again]
    is_last = np.append(ring[1:] != ring[:-1], True) if len(ring) else np.empty(0, bool)  # the first corner once more
    grid, ring = grid[~is_last], ring[~is_last]
    sizes = np.bincount(ring, minlength=len(given))
    is_shell = np.append(True, ring_parts[1:] != ring_parts[:-1])[: len(ring_parts)]
    is_gone = np.zeros(len(parts), dtype=bool)
    is_gone[ring_parts[is_shell & (sizes < 3)]] = True
    kept = (sizes >= 3) & ~is_gone[ring_parts]
    firsts = np.concatenate([[0], np.cumsum(sizes[kept])])
    return _Rings(grid[kept[ring]], firsts, ring_parts[kept], is_shell[kept])


def _oriented(rings: _Rings) -> _Rings:
    """Turn shells clockwise and holes the other way."""
    if not len(rings.grid):
        return rings
    here = (rings.grid - rings.grid[rings.firsts[:-1]][rings.ring]).astype(float)
    there = here[rings.following()]
    twice = np.add.reduceat(here[:, 0] * there[:, 1] - there[:, 0] * here[:, 1], rings.firsts[:-1])
    is_turned = (twice > 0) == rings.is_shell
    ring = rings.ring
    within = np.arange(len(rings.grid)) - rings.firsts[ring]
    at = np.where(is_turned[ring], (rings.sizes[ring] - within) % rings.sizes[ring], within) + rings.firsts[ring]
    return _Rings(rings.grid[at], rings.firsts, rings.parts, rings.is_shell)


def _numbered(grid: Integers) -> Integers:
    """Give each corner a number, the same place the same, from the lowest x and y on."""
    if not len(grid):
        return np.empty(0, dtype=np.int64)
    low = grid.min(axis=0)
    width, height = (int(span) + 1 for span in grid.max(axis=0) - low)
    if width * height < 2**63:  # both in one number, which sorts much faster
        keys = (grid[:, 0] - low[0]) * height + (grid[:, 1] - low[1])
        order = np.argsort(keys)
        is_new = np.append(False, np.diff(keys[order]) != 0)
    else:
        order = np.lexsort((grid[:, 1], grid[:, 0]))
        is_new = np.append(False, (np.diff(grid[order], axis=0) != 0).any(axis=1))
    numbers = np.empty(len(grid), dtype=np.int64)
    numbers[order] = np.cumsum(is_new)
    return numbers


_Edges = tuple[Integers, Integers, Integers]


def _edges(rings: _Rings, corner: Integers) -> _Edges:
    """Give the edges without direction: their two corners and how many rings use each; and the edge of each corner."""
    ahead = corner[rings.following()]
    low, high = np.minimum(corner, ahead), np.maximum(corner, ahead)
    most = int(corner.max(initial=0)) + 1
    keys, edge, users = np.unique(low * most + high, return_inverse=True, return_counts=True)
    return np.column_stack([keys // most, keys % most]), users, edge


def _with_corners_on_edges(rings: _Rings, corner: Integers, edges: _Edges) -> _Rings | None:
    """Put corners of other rings into the edges they lie on, which are edges that nobody shares; None if none do."""
    _, users, edge = edges
    alone = np.flatnonzero(users[edge] == 1)
    if not len(alone):
        return None
    origin = rings.grid.min(axis=0)
    starts = (rings.grid[alone] - origin).astype(float)
    ends = (rings.grid[rings.following()[alone]] - origin).astype(float)
    drawn = shapely.linestrings(np.stack([starts, ends], axis=1))
    _, first = np.unique(corner[alone], return_index=True)
    points = alone[first]
    places = (rings.grid[points] - origin).astype(float)
    found = shapely.STRtree(drawn).query(shapely.points(places), predicate="dwithin", distance=_NEAR)
    point, on = found
    along = ends[on] - starts[on]
    share = ((places[point] - starts[on]) * along).sum(axis=1) / (along**2).sum(axis=1)
    is_end = (places[point] == starts[on]).all(axis=1) | (places[point] == ends[on]).all(axis=1)
    inside = (share > 0) & (share < 1) & ~is_end
    if not inside.any():
        return None
    point, on, share = point[inside], on[inside], share[inside]
    order = np.lexsort((share, alone[on]))
    at, new = alone[on[order]] + 1, rings.grid[points[point[order]]]
    more = np.bincount(rings.ring[at - 1], minlength=len(rings.parts))
    firsts = np.concatenate([[0], np.cumsum(rings.sizes + more)])
    return _Rings(np.insert(rings.grid, at, new, axis=0), firsts, rings.parts, rings.is_shell)


def _begun_at_nodes(rings: _Rings, corner: Integers, edges: _Edges) -> tuple[_Rings, Integers, Mask]:
    """Let each ring begin at its first node, one without nodes at its lowest corner; tell which corners are nodes."""
    if not len(corner):
        return rings, corner, np.empty(0, dtype=bool)
    ends, users, _ = edges
    count = int(corner.max()) + 1
    meeting = np.bincount(ends.ravel(), minlength=count)
    uses = np.bincount(ends.ravel(), weights=np.repeat(users, 2), minlength=count)
    squares = np.bincount(ends.ravel(), weights=np.repeat(users**2, 2), minlength=count)
    is_node = (meeting != 2) | (2 * squares != uses**2)
    ring = rings.ring
    has_node = np.logical_or.reduceat(is_node[corner], rings.firsts[:-1])
    is_node[np.minimum.reduceat(corner, rings.firsts[:-1])[~has_node]] = True
    places = np.where(is_node[corner], np.arange(len(corner)), len(corner))
    begin = np.minimum.reduceat(places, rings.firsts[:-1]) - rings.firsts[:-1]
    within = np.arange(len(corner)) - rings.firsts[ring]
    at = (within + begin[ring]) % rings.sizes[ring] + rings.firsts[ring]
    return _Rings(rings.grid[at], rings.firsts, rings.parts, rings.is_shell), corner[at], is_node[corner[at]]


def _chains(rings: _Rings, corner: Integers, is_node: Mask) -> tuple[tuple[Integers, Integers], Integers, Integers]:
    """Cut rings at nodes; the same piece gets the same line, negative where it runs against its first use."""
    begins = np.flatnonzero(is_node)
    if not len(begins):
        return (np.empty((0, 2), dtype=np.int64), np.zeros(1, dtype=np.int64)), begins, begins
    after = rings.following()
    lasts = np.append(begins[1:], len(corner)) - 1
    ends = after[lasts]
    most = int(corner.max()) + 1
    forward = corner[begins] * most + corner[after[begins]]
    backward = corner[ends] * most + corner[lasts]
    _, first, line = np.unique(np.minimum(forward, backward), return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(1, len(order) + 1)
    items = np.where(forward == forward[first][line], 1, -1) * number[line]
    uses = first[order]
    sizes = lasts[uses] - begins[uses] + 2
    firsts = np.concatenate([[0], np.cumsum(sizes)])
    at = np.arange(firsts[-1]) - np.repeat(firsts[:-1], sizes) + np.repeat(begins[uses], sizes)
    at[firsts[1:] - 1] = ends[uses]
    return (rings.grid[at], firsts), items, rings.ring[begins]


def _shapes(rings: _Rings, owners: Integers, count: int, steps_per_unit: float) -> Geometries:
    """Build the polygons from their rings."""
    shapes: Geometries = np.full(count, None, dtype=object)
    if not len(rings.grid):
        return shapes
    drawn = shapely.linearrings(rings.grid / steps_per_unit, indices=rings.ring)
    part = np.cumsum(rings.is_shell) - 1
    shells = np.flatnonzero(rings.is_shell)
    holes = np.flatnonzero(~rings.is_shell)
    polygons: Geometries = shapely.polygons(drawn[shells])
    held = np.unique(part[holes])
    bounds = np.searchsorted(part[holes], [held, held + 1])
    for at, first, last in zip(held.tolist(), *bounds.tolist(), strict=True):
        polygons[at] = shapely.polygons(drawn[shells[at]], drawn[holes[first:last]])
    owner = owners[shells]
    single = np.bincount(owner, minlength=count)[owner] == 1
    shapes[owner[single]] = polygons[single]
    for at in np.unique(owner[~single]).tolist():
        shapes[at] = shapely.multipolygons(polygons[owner == at])
    return shapes
