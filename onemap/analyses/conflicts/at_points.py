"""What zones say of points where something is to stand: the gravest verdict, and by which zones."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import require_geographic
from onemap.analyses.conflicts.footprints import square_round
from onemap.analyses.conflicts.rules import VERDICTS, ZoneRules, package_rules
from onemap.analyses.conflicts.settings import ConflictSettings
from onemap.analyses.conflicts.zones import Zones, zones_of
from onemap.findings import Finding

__all__ = ["NO_ZONE", "PointVerdicts", "PointZones", "point_zones"]

NO_ZONE = "clear"
"""Verdict of a point whose ground no zone touches, or none that says anything but to report it."""

_GRAVE = VERDICTS[:2]


@dataclass(frozen=True, slots=True, eq=False)
class PointVerdicts:
    """What zones say of points; arrays of shape (n,).

    Attributes
    ----------
    verdict
        "forbidden", "needs recognition" or `NO_ZONE`.
    zone_ids
        Zones of that verdict, parted by ";"; empty where there are none.
    kind
        Kind of the first of them; empty where there are none.
    """

    verdict: NDArray[np.object_]
    zone_ids: NDArray[np.object_]
    kind: NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class PointZones:
    """Zones made ready to be asked about points.

    Attributes
    ----------
    zones, rules
        The zones, and what they mean.
    findings
        What is wrong with the zones.
    """

    zones: Zones
    rules: ZoneRules
    findings: tuple[Finding, ...]

    def at(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], area_m2: NDArray[np.float64], *, layer: str
    ) -> PointVerdicts:
        """Hold squares round points against the zones, as `find_conflicts` does.

        Parameters
        ----------
        lon, lat
            The points, shape (n,), in degrees.
        area_m2
            Ground that each takes, shape (n,), in square metres.
        layer
            Facility layer whose rules count, such as "planned_sites".
        """
        count = len(self.zones.table)
        kinds, codes = self.zones.table["kind"].astype(str), self.zones.table["code"].astype(str)
        said = [self.rules.find(kind, layer, code=code).verdict for kind, code in zip(kinds, codes, strict=True)]
        gravity = np.array([_GRAVE.index(one) if one in _GRAVE else len(_GRAVE) for one in said], dtype=np.int64)
        squares = square_round(lon, lat, area_m2)
        point, piece = self.zones.tree.query(squares, predicate="intersects") if count else np.zeros((2, 0), dtype=int)
        grave = gravity[self.zones.owner[piece]] < len(_GRAVE)
        point, piece = point[grave], piece[grave]
        inner = shapely.relate_pattern(squares[point], self.zones.pieces[piece], "T********")
        point, zone = point[inner], self.zones.owner[piece[inner]]
        return self._with_outside(squares, self._told(len(squares), point, zone, gravity), layer)

    def _with_outside(self, squares: NDArray[np.object_], told: PointVerdicts, layer: str) -> PointVerdicts:
        """Add what rules say of ground outside all zones of a kind; such a verdict names no zone."""
        verdict, kind = told.verdict.copy(), told.kind.copy()
        for name in dict.fromkeys(self.zones.table["kind"].astype(str)):
            said = self.rules.find(name, layer, outside=True).verdict
            if not self.rules.kind(name).outside or said not in _GRAVE:
                continue
            of_kind = self.zones.table["kind"].eq(name).to_numpy(dtype=bool)[self.zones.owner]
            whole = shapely.union_all(self.zones.pieces[of_kind])
            shapely.prepare(whole)
            graver = ~shapely.covers(whole, squares) & (verdict != _GRAVE[0]) & (verdict != said)
            verdict[graver], kind[graver] = said, name
        ids = np.where(verdict == told.verdict, told.zone_ids, "").astype(object)
        return PointVerdicts(verdict, ids, kind)

    def _told(
        self, count: int, point: NDArray[np.int64], zone: NDArray[np.int64], gravity: NDArray[np.int64]
    ) -> PointVerdicts:
        """Take the gravest of each point."""
        worst = np.full(count, len(_GRAVE), dtype=np.int64)
        np.minimum.at(worst, point, gravity[zone])
        meant = gravity[zone] == worst[point]
        pairs = np.unique(np.column_stack([point[meant], zone[meant]]), axis=0)
        verdict = np.array([*_GRAVE, NO_ZONE], dtype=object)[worst]
        ids, kind = np.full(count, "", dtype=object), np.full(count, "", dtype=object)
        names, kinds = (
            self.zones.table[name].fillna("?").astype(str).to_numpy(dtype=object) for name in ("zone_id", "kind")
        )
        at, first = np.unique(pairs[:, 0], return_index=True)
        ids[at], kind[at] = names[pairs[first, 1]], kinds[pairs[first, 1]]
        for further in np.setdiff1d(np.arange(len(pairs)), first).tolist():
            ids[pairs[further, 0]] += f";{names[pairs[further, 1]]}"
        return PointVerdicts(verdict, ids, kind)


def point_zones(
    zones: gpd.GeoDataFrame, *, rules: ZoneRules | None = None, settings: ConflictSettings | None = None
) -> PointZones:
    """Make zones ready to be asked about points.

    Parameters
    ----------
    zones
        Canonical layer `zones`, in degrees.
    rules
        What zones mean; those of the package if not given.
    settings
        From which overlap zones are reported; the defaults if not given.

    Raises
    ------
    CRSError
        If the zones are not in degrees.

    Examples
    --------
    >>> field = gpd.GeoDataFrame({"zone_id": ["Z1"], "kind": ["permanent basic farmland"]},
    ...     geometry=[shapely.box(75, 39, 75.1, 39.1)], crs="EPSG:4490")
    >>> found = point_zones(field).at(np.array([75.05, 76]), np.array([39.05, 39]), np.full(2, 100.0), layer="towers")
    >>> found.verdict.tolist(), found.zone_ids.tolist()
    (['forbidden', 'clear'], ['Z1', ''])
    """
    require_geographic(zones=zones)
    rules = rules or package_rules()
    ready, findings = zones_of(zones, rules, settings or ConflictSettings())
    return PointZones(ready, rules, tuple(findings))
