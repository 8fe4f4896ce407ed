"""What facilities share with zones: parts that together are the whole, overlaps of zones counted once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from onemap.analyses.conflicts.zones import Zones
from onemap.layers.surface import surface_areas, surface_lengths

__all__ = ["Shares", "rows_by_group", "shares_of"]

_NOTHING = 1e-4  # m² or m: what a common border or the rounding of a cut leaves is no part
_ROUNDING = 1e-7  # of a length: geodesics over more vertices are longer
_COLLECTION = 7


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Parts of facilities in zones, and what no zone of a kind covers.

    Attributes
    ----------
    inside
        facility, zone (positions), size (m² or m), part (geometry), ordered by facility and zone; a place in several
        zones of one kind counts for the first of them only.
    outside
        facility, kind, size, part: what lies in no zone of a kind, for the kinds asked for.
    """

    inside: pd.DataFrame
    outside: pd.DataFrame


def shares_of(shapes: NDArray[np.object_], zones: Zones, whole_kinds: tuple[str, ...]) -> Shares:
    """Part shapes by the zones that they touch.

    Parameters
    ----------
    shapes
        Polygons, or lines, in degrees, shape (n,); None has no parts.
    zones
        What to part them by.
    whole_kinds
        Kinds of which what lies outside all zones is wanted.

    Returns
    -------
    shares
        For each shape and kind, the sizes inside and outside add up to that of the shape within 0.001 m².

    Examples
    --------
    Half of a square in a zone, which is given twice:

    >>> import geopandas as gpd
    >>> from onemap.analyses.conflicts import ConflictSettings
    >>> from onemap.analyses.conflicts.rules import package_rules
    >>> from onemap.analyses.conflicts.zones import zones_of
    >>> box = shapely.box(75, 39, 76, 40)
    >>> layer = gpd.GeoDataFrame({"zone_id": ["B", "A"], "kind": "farmland"}, geometry=[box, box])
    >>> zones, _ = zones_of(layer, package_rules(), ConflictSettings())
    >>> square = shapely.box(75.9995, 39.5, 76.0005, 39.501)
    >>> shares = shares_of(np.array([square], dtype=object), zones, ("farmland",))
    >>> shares.inside["zone"].tolist(), (shares.inside["size"] / shares.outside["size"]).round(6).tolist()
    ([0], [1.0])
    """
    is_line = shapely.get_dimensions(shapes[~shapely.is_missing(shapes)]).max(initial=-1) == 1
    overlay = _Overlay(shapes, zones, dimension=1) if is_line else _Overlay(shapes, zones, dimension=2)
    names = zones.table["kind"].drop_duplicates().tolist()
    kind = pd.factorize(zones.table["kind"])[0]
    parts = overlay.parts()
    parts["kind"] = kind[zones.owner[parts["piece"].to_numpy()]]
    groups = overlay.covers(parts)
    outside = overlay.outside(groups, [names.index(one) for one in whole_kinds if one in names])
    outside = outside[outside["size"] > _NOTHING].assign(kind=lambda rows: [names[one] for one in rows["kind"]])
    parts = overlay.counted_once(parts, groups)
    parts = parts[parts["size"] > _NOTHING].assign(zone=lambda rows: zones.owner[rows["piece"].to_numpy()])
    return Shares(_by_zone(parts), outside.reset_index(drop=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Overlay:
    """Shapes of one dimension over the pieces of zones."""

    shapes: NDArray[np.object_]
    zones: Zones
    dimension: int

    def measure(self, geometry: NDArray[np.object_]) -> NDArray[np.float64]:
        """Give lengths of lines, areas of polygons."""
        return surface_lengths(geometry) if self.dimension == 1 else surface_areas(geometry)

    def parts(self) -> pd.DataFrame:
        """Give what each shape shares with each piece of a zone, ordered by shape and piece."""
        facility, piece = self.zones.tree.query(self.shapes, predicate="intersects")
        order = np.lexsort((piece, facility))
        facility, piece = facility[order], piece[order]
        part = self._kept(shapely.intersection(self.shapes[facility], self.zones.pieces[piece]))
        found = pd.DataFrame({"facility": facility, "piece": piece, "size": self.measure(part)})
        found["part"] = part
        return found[found["size"] > 0].reset_index(drop=True)

    def covers(self, parts: pd.DataFrame) -> pd.DataFrame:
        """Unite, for each facility and kind, the pieces of zones that it touches."""
        keys = parts.groupby(["facility", "kind"], sort=True)["piece"]
        first, counts = keys.first(), keys.size().to_numpy()
        covers = np.full(len(first), None, dtype=object)
        covers[:] = self.zones.pieces[first.to_numpy(dtype=np.int64)]
        pieces, members = self.zones.pieces[parts["piece"].to_numpy()], rows_by_group(keys.ngroup().to_numpy())
        for place in np.flatnonzero(counts > 1):
            covers[place] = shapely.union_all(pieces[members[place]])
        groups = first.index.to_frame(index=False).assign(count=counts)
        groups["cover"] = covers
        return groups

    def outside(self, groups: pd.DataFrame, kinds: list[int]) -> pd.DataFrame:
        """Give what lies in no zone of some kinds."""
        there = np.flatnonzero(~shapely.is_missing(self.shapes))
        rests, of_kind = [], []
        for kind in kinds:
            covers = groups[groups["kind"] == kind]
            rest, touched = self.shapes.copy(), covers["facility"].to_numpy(dtype=np.int64)
            rest[touched] = shapely.difference(self.shapes[touched], np.asarray(covers["cover"], dtype=object))
            rests.append(self._kept(rest[there]))
            of_kind.append(np.full(len(there), kind))
        rest = np.concatenate([np.empty(0, dtype=object), *rests])
        table = pd.DataFrame({"facility": np.tile(there, len(kinds)), "size": self.measure(rest)})
        table["kind"] = np.concatenate([np.empty(0, dtype=np.int64), *of_kind])
        table["part"] = rest
        return table

    def counted_once(self, parts: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
        """Take from each part what earlier pieces cover, where parts are more than all the pieces together cover."""
        several = groups[groups["count"] > 1]
        shapes = self.shapes[several["facility"].to_numpy(dtype=np.int64)]
        covered = self.measure(self._kept(shapely.intersection(shapes, np.asarray(several["cover"], dtype=object))))
        keys = parts.groupby(["facility", "kind"], sort=True)  # the same groups in the same order
        sums = keys["size"].sum().to_numpy()[several.index]
        twice = sums > covered + np.maximum(_NOTHING / 10, covered * _ROUNDING)
        part, size = np.asarray(parts["part"], dtype=object).copy(), parts["size"].to_numpy(copy=True)
        piece, members = self.zones.pieces[parts["piece"].to_numpy()], rows_by_group(keys.ngroup().to_numpy())
        for group in several.index[twice]:
            rows = members[group]
            for place in range(1, len(rows)):
                part[rows[place]] = shapely.difference(part[rows[place]], shapely.union_all(piece[rows[:place]]))
            part[rows] = self._kept(part[rows])
            size[rows] = self.measure(part[rows])
        corrected = parts.assign(size=size)
        corrected["part"] = part
        return corrected

    def _kept(self, parts: NDArray[np.object_]) -> NDArray[np.object_]:
        """Keep what is of the dimension: shapes that touch share points and lines too."""
        kept = parts.copy()
        for place in np.flatnonzero(shapely.get_type_id(parts) == _COLLECTION):
            every = shapely.get_parts(parts[place])
            kept[place] = shapely.union_all(every[shapely.get_dimensions(every) == self.dimension])
        return kept


def _by_zone(parts: pd.DataFrame) -> pd.DataFrame:
    """Join the parts of a facility in the pieces of one zone."""
    keys = parts.groupby(["facility", "zone"], sort=True)
    table = keys["size"].sum().reset_index()
    part, joined = np.asarray(parts["part"], dtype=object), np.full(len(table), None, dtype=object)
    for place, rows in enumerate(rows_by_group(keys.ngroup().to_numpy())):
        joined[place] = part[rows[0]] if len(rows) == 1 else shapely.union_all(part[rows])
    table["part"] = joined
    return table


def rows_by_group(group: ArrayLike) -> list[NDArray[np.int64]]:
    """Give the rows of each group, in order of the groups.

    Parameters
    ----------
    group
        Number of the group of each row, shape (n,), from 0 without gaps.

    Examples
    --------
    >>> [rows.tolist() for rows in rows_by_group(np.array([1, 0, 1]))]
    [[1], [0, 2]]
    """
    group = np.asarray(group, dtype=np.int64)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(group) else []
