"""Polygons made of lines that they share: chains of identifiers with signs, a 0 between rings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.vct.areas import areas_of_rings

__all__ = ["Chains", "rebuilt"]

Geometries = NDArray[np.object_]
Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Lines that bound polygons.

    Attributes
    ----------
    items
        Number of a line in `firsts`, shape (n,); -1 for the 0 between two rings.
    is_backward
        Whether the line is followed from its end, shape (n,).
    owners
        Number of the polygon that each item belongs to, ascending, shape (n,).
    count
        Number of polygons.
    coordinates
        Coordinates of all lines, shape (m, 2 or 3).
    firsts
        Where each line begins in them, and their number at the end, shape (lines + 1,).
    """

    items: Integers
    is_backward: Mask
    owners: Integers
    count: int
    coordinates: Numbers
    firsts: Integers


def rebuilt(chains: Chains) -> tuple[Geometries, Integers]:
    """Build polygons from the lines that bound them.

    Returns
    -------
    areas
        Shape (count,); None for a polygon without lines.
    broken
        Numbers of the polygons whose lines do not follow each other to a closed ring, shape (k,). They are built from
        the faces between their lines, and are None where there are none.

    Examples
    --------
    >>> corners = np.array([[0.0, 0], [0, 1], [1, 1], [1, 1], [1, 0], [0, 0]])
    >>> items, plain = np.array([0, 1]), np.array([False, False])
    >>> chains = Chains(items, plain, np.array([0, 0]), 1, corners, np.array([0, 3, 6]))
    >>> rebuilt(chains)[0][0].area
    1.0
    """
    begins = (
        np.concatenate([[True], chains.owners[1:] != chains.owners[:-1]]) if len(chains.items) else np.empty(0, bool)
    )
    chain_of_item = np.cumsum(begins | (chains.items < 0)) - 1
    is_line = chains.items >= 0
    coordinates, chain, is_first = _followed(chains, is_line, chain_of_item[is_line])
    owners = np.zeros(int(chain_of_item[-1]) + 1 if len(chain_of_item) else 0, dtype=np.int64)
    owners[chain_of_item] = chains.owners
    follows = np.concatenate([[False], chain[1:] == chain[:-1]]) if len(chain) else np.empty(0, bool)
    repeats = np.zeros(len(chain), dtype=bool)
    repeats[1:] = follows[1:] & (coordinates[1:, :2] == coordinates[:-1, :2]).all(axis=1)
    jumps = is_first & follows & ~repeats
    is_broken = np.zeros(chains.count, dtype=bool)
    is_broken[owners[chain[jumps]]] = True
    coordinates, chain = coordinates[~repeats], chain[~repeats]
    is_broken[owners[_open_chains(coordinates, chain)]] = True
    kept = ~is_broken[owners[chain]]
    used, ring = np.unique(chain[kept], return_inverse=True)
    rings = shapely.linearrings(coordinates[kept], indices=ring) if len(ring) else np.empty(0, dtype=object)
    areas = areas_of_rings(rings, owners[used], chains.count)
    broken = np.flatnonzero(is_broken)
    for at in broken.tolist():
        areas[at] = _faces(chains, at)
    return areas, broken


def _followed(chains: Chains, is_line: Mask, chain: Integers) -> tuple[Numbers, Integers, Mask]:
    """Give the coordinates of all lines in the way they are followed, their chain, and whether a line begins."""
    lines, is_backward = chains.items[is_line], chains.is_backward[is_line]
    sizes = chains.firsts[lines + 1] - chains.firsts[lines]
    total = int(sizes.sum())
    item = np.repeat(np.arange(len(lines)), sizes)
    within = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    at = chains.firsts[lines][item] + np.where(is_backward[item], sizes[item] - 1 - within, within)
    return chains.coordinates[at], chain[item], within == 0


def _open_chains(coordinates: Numbers, chain: Integers) -> Integers:
    """Give the chains that are no closed ring of three corners or more."""
    if not len(chain):
        return np.empty(0, dtype=np.int64)
    firsts = np.flatnonzero(np.concatenate([[True], chain[1:] != chain[:-1]]))
    lasts = np.concatenate([firsts[1:], [len(chain)]]) - 1
    is_open = (coordinates[firsts, :2] != coordinates[lasts, :2]).any(axis=1) | (lasts - firsts < 3)
    opened: Integers = chain[firsts[is_open]]
    return opened


def _faces(chains: Chains, polygon: int) -> shapely.Geometry | None:
    """Build a polygon from the faces between its lines, in whatever order they come."""
    first, last = np.searchsorted(chains.owners, [polygon, polygon + 1])
    items = chains.items[first:last]
    lines = np.unique(items[items >= 0])
    parts = [chains.coordinates[chains.firsts[line] : chains.firsts[line + 1]] for line in lines.tolist()]
    drawn = [shapely.linestrings(part) for part in parts if len(part) > 1]
    area = shapely.build_area(shapely.MultiLineString(drawn)) if drawn else None
    return None if area is None or area.is_empty else area
