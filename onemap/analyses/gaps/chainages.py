"""Chainage along roads: from a known start, calibrated piecewise linearly by kilometre posts."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, places, require_geographic
from onemap.analyses.coverage.along import measured_roads
from onemap.analyses.gaps.settings import GapSettings
from onemap.findings import Finding
from onemap.layers.chainage import MeasuredLine, chainage_text
from onemap.layers.nearest import GEOD

__all__ = ["RoadChainage", "RoadChainages", "road_chainages"]

_SAME_PLACE_M = 1.0  # a road that passes a post twice within this is at the post twice
_SEMI_MAJOR_M, _SQUARED_ECCENTRICITY = float(GEOD.a), float(GEOD.es)


@dataclass(frozen=True, slots=True)
class RoadChainage:
    """Chainage of one road as a function of the distance along its line.

    Attributes
    ----------
    offset_m
        Distances along the line at which the chainage is known, shape (n,), rising, in metres.
    chainage_m
        Chainage there, shape (n,), in metres, rising or falling throughout.
    sign
        1 where the chainage rises along the line, -1 where it falls.
    basis
        What it rests on: "posts", "start" (the stated chainage of the start) or "drawn" (nothing: counted from the
        end of the line with the smaller chainage).
    """

    offset_m: NDArray[np.float64]
    chainage_m: NDArray[np.float64]
    sign: float
    basis: str

    def at(self, offset_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the chainage at distances along the line; beyond the known ones it runs on metre by metre.

        Parameters
        ----------
        offset_m
            Distances from the start of the line, in metres.

        Examples
        --------
        >>> known = RoadChainage(np.array([0.0, 100.0]), np.array([5000.0, 5110.0]), 1.0, "posts")
        >>> known.at(np.array([50.0, 120.0]))
        array([5055., 5130.])
        """
        offset_m = np.asarray(offset_m, dtype=float)
        beyond_m = np.minimum(offset_m - self.offset_m[0], 0) + np.maximum(offset_m - self.offset_m[-1], 0)
        return np.asarray(np.interp(offset_m, self.offset_m, self.chainage_m) + self.sign * beyond_m)

    def offset_at(self, chainage_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the distance along the line of a chainage: the inverse of `at`.

        Parameters
        ----------
        chainage_m
            In metres.

        Examples
        --------
        >>> known = RoadChainage(np.array([0.0, 100.0]), np.array([5000.0, 5110.0]), 1.0, "posts")
        >>> known.offset_at(np.array([5055.0, 5130.0]))
        array([ 50., 120.])
        """
        rising, known = self.sign * np.asarray(chainage_m, dtype=float), self.sign * self.chainage_m
        beyond_m = np.minimum(rising - known[0], 0) + np.maximum(rising - known[-1], 0)
        return np.asarray(np.interp(rising, known, self.offset_m) + beyond_m)


@dataclass(frozen=True, slots=True)
class RoadChainages:
    """Roads measured and calibrated.

    Attributes
    ----------
    lines
        The roads with the distances of their vertices, in the order of the layer.
    chainages
        Their chainages, in the same order.
    findings
        Posts and statements that disagree, roads without reference.
    """

    lines: tuple[MeasuredLine, ...]
    chainages: tuple[RoadChainage, ...]
    findings: tuple[Finding, ...]

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Geodesic lengths of the roads, in metres."""
        return np.array([line.length_m for line in self.lines])


def road_chainages(
    roads: gpd.GeoDataFrame, posts: gpd.GeoDataFrame | None = None, *, settings: GapSettings | None = None
) -> RoadChainages:
    """Calibrate the chainage of roads by what is stated of them and by kilometre posts.

    Parameters
    ----------
    roads
        Canonical layer in a geographic CRS: `chainage_from_km` is the chainage where the line starts, `direction` "up"
        or "down" says whether it rises or falls along the line.
    posts
        Canonical layer `kilometre_posts`: `chainage_km`, and `road_id` or `ref` of its road; a post with neither is of
        any road near it. None where there are none.
    settings
        Distance and tolerance of posts; the defaults if not given.

    Returns
    -------
    chainages
        Between two posts the chainage runs linearly, beyond the first and last metre by metre. Posts win over what is
        stated of the road. Of posts whose chainages do not run one way, the longest series that does is kept.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a road is no line or its id is not unique.

    Examples
    --------
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_id": ["R1"], "chainage_from_km": [12.0]},
    ...     geometry=[shapely.LineString([(75, 39), (75.01, 39)])], crs="EPSG:4490")
    >>> road_chainages(roads).chainages[0].at(np.array([340.0]))
    array([12340.])
    """
    require_geographic(roads=roads, kilometre_posts=posts)
    settings = settings or GapSettings()
    lines = measured_roads(roads)
    names = ids(roads, "roads").tolist()
    falls = column(roads, "direction").eq("down").fillna(value=False).to_numpy(dtype=bool)
    stated = column(roads, "direction").notna().to_numpy(dtype=bool)
    start_m = column(roads, "chainage_from_km", "number").to_numpy() * 1000.0
    findings = _without_reference(roads, start_m)
    pairs, lost = _posts_on_roads(roads, lines, posts, settings=settings, start_m=start_m, falls=falls)
    findings += lost
    groups = {int(part["road"].iloc[0]): part for _, part in pairs.groupby("road")}
    chainages = []
    for row, line in enumerate(lines):
        plain = _plain(line.length_m, start_m[row], falls=bool(falls[row]))
        if row not in groups:
            chainages.append(plain)
            continue
        known, found = _calibrated(
            groups[row], plain, road=str(names[row]), settings=settings, stated=bool(stated[row])
        )
        chainages.append(known)
        findings += found
    return RoadChainages(tuple(lines), tuple(chainages), tuple(findings))


def _plain(length_m: float, start_m: float, *, falls: bool) -> RoadChainage:
    """Give the chainage by what is stated; a missing start is taken so that the smaller end is 0."""
    drawn = bool(np.isnan(start_m))
    first_m = (length_m if falls else 0.0) if drawn else float(start_m)
    basis = "drawn" if drawn else "start"
    return RoadChainage(np.array([0.0]), np.array([first_m]), -1.0 if falls else 1.0, basis)


def _calibrated(
    posts: pd.DataFrame, plain: RoadChainage, *, road: str, settings: GapSettings, stated: bool
) -> tuple[RoadChainage, list[Finding]]:
    """Calibrate one road by its posts, ordered along the line, and say what disagrees."""
    posts = posts.sort_values(["offset_m", "post"], kind="stable").drop_duplicates("offset_m")
    offset_m, chainage_m = posts["offset_m"].to_numpy(), posts["chainage_m"].to_numpy()
    kept, sign = _one_way(chainage_m, plain.sign)
    labels = posts["label"].tolist()
    findings = [
        _finding("OM-BIZ-221", "kilometre_posts", str(labels[out]), road=road, chainage=chainage_text(chainage_m[out]))
        for out in np.setdiff1d(np.arange(len(posts)), kept)
    ]
    offset_m, chainage_m = offset_m[kept], chainage_m[kept]
    known = RoadChainage(offset_m, chainage_m, sign, "posts")
    if stated and sign != plain.sign and len(kept) > 1:
        findings.append(_finding("OM-BIZ-224", "roads", road, road=road))
    off_m = np.abs(sign * np.diff(chainage_m) - np.diff(offset_m))
    for place in np.flatnonzero(off_m > settings.post_tolerance_m):
        ends = [chainage_text(value) for value in chainage_m[[place, place + 1]]]
        values = {"first": ends[0], "last": ends[1], "length_m": f"{offset_m[place + 1] - offset_m[place]:.0f}"}
        findings.append(_finding("OM-BIZ-222", "roads", road, road=road, difference_m=f"{off_m[place]:.0f}", **values))
    if plain.basis == "start":
        start_m, expected_m = plain.chainage_m[0], float(known.at(np.zeros(1))[0])
        if abs(start_m - expected_m) > settings.post_tolerance_m:
            said = {"stated": chainage_text(start_m), "found": chainage_text(expected_m)}
            findings.append(_finding("OM-BIZ-223", "roads", road, road=road, **said))
        elif offset_m[0] > 0 and sign * (chainage_m[0] - start_m) > 0:
            places = np.append(0.0, offset_m), np.append(start_m, chainage_m)
            known = RoadChainage(*places, sign, "posts")
    return known, findings


def _one_way(chainage_m: NDArray[np.float64], stated: float) -> tuple[NDArray[np.int64], float]:
    """Give the longest series that rises or that falls, and which; the stated way where both are as long."""
    ways = [(stated, _rising(stated * chainage_m)), (-stated, _rising(-stated * chainage_m))]
    sign, kept = max(ways, key=lambda way: len(way[1]))  # the first of equals
    return np.array(kept, dtype=np.int64), sign


def _rising(values: NDArray[np.float64]) -> list[int]:
    """Give the positions of a longest rising series (patience sorting)."""
    tails: list[float] = []
    ends: list[int] = []
    before = [-1] * len(values)
    for place, value in enumerate(values.tolist()):
        pile = bisect_left(tails, value)
        before[place] = ends[pile - 1] if pile else -1
        tails[pile : pile + 1], ends[pile : pile + 1] = [value], [place]
    series = []
    place = ends[-1] if ends else -1
    while place >= 0:
        series.append(place)
        place = before[place]
    return series[::-1]


def _posts_on_roads(
    roads: gpd.GeoDataFrame,
    lines: list[MeasuredLine],
    posts: gpd.GeoDataFrame | None,
    *,
    settings: GapSettings,
    start_m: NDArray[np.float64],
    falls: NDArray[np.bool_],
) -> tuple[pd.DataFrame, list[Finding]]:
    """Place each post on every road of its route that is near; one that is on none is found."""
    columns = ["road", "post", "label", "offset_m", "chainage_m"]
    if posts is None or posts.empty or not lines:
        return pd.DataFrame(columns=columns), []
    lon, lat = places(posts, "kilometre_posts")
    chainage_m = column(posts, "chainage_km", "number").to_numpy() * 1000.0
    labels = ids(posts, "kilometre_posts").fillna("").tolist()
    post, road = _near(roads, lon, lat, settings.post_distance_m)
    fits = _same_road(roads, posts, post, road) & np.isfinite(chainage_m[post])
    rows = []
    for one, row in zip(post[fits].tolist(), road[fits].tolist(), strict=True):
        sign = -1.0 if falls[row] else 1.0
        expected_m = sign * (chainage_m[one] - start_m[row])
        offset_m, off_m = _project(lines[row], lon[one], lat[one], expected_m)
        if off_m <= settings.post_distance_m:
            rows.append((row, one, labels[one], offset_m, chainage_m[one]))
    found = pd.DataFrame(rows, columns=columns)
    lost = np.setdiff1d(np.arange(len(posts)), found["post"].to_numpy(dtype=np.int64))
    limit = f"{settings.post_distance_m:g}"
    return found, [_finding("OM-BIZ-220", "kilometre_posts", str(labels[one]), limit_m=limit) for one in lost]


def _near(
    roads: gpd.GeoDataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64], distance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give pairs of posts and roads that may be near each other: by a box that is rather too large."""
    north = distance_m / 110_000.0
    east = north / np.maximum(np.cos(np.radians(lat)), 0.01)
    boxes = shapely.box(lon - east, lat - north, lon + east, lat + north)
    post, road = shapely.STRtree(roads.geometry.to_numpy()).query(boxes, predicate="intersects")
    order = np.lexsort((road, post))
    return post[order], road[order]


def _same_road(
    roads: gpd.GeoDataFrame, posts: gpd.GeoDataFrame, post: NDArray[np.int64], road: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell whether a post may stand at a road: by id, else by route number, else any."""
    by_id, by_ref = (column(posts, name).fillna("").astype(str).to_numpy()[post] for name in ("road_id", "ref"))
    road_id = ids(roads, "roads").astype(str).to_numpy()[road]
    ref = column(roads, "ref").fillna("").astype(str).to_numpy()[road]
    by_name = (by_ref == "") | (by_ref == ref)
    fits: NDArray[np.bool_] = np.where(by_id == "", by_name, by_id == road_id).astype(bool)
    return fits


def _project(line: MeasuredLine, lon: float, lat: float, expected_m: float) -> tuple[float, float]:
    """Give the distance along a line of the place nearest to a point, and how far off it is, in metres.

    Where the line passes the point twice, as a loop does at its ends, the passage nearer to the expected distance.
    """
    sine = np.sin(np.radians(lat))
    across_m = _SEMI_MAJOR_M / np.sqrt(1 - _SQUARED_ECCENTRICITY * sine * sine)
    along_m = across_m * (1 - _SQUARED_ECCENTRICITY) / (1 - _SQUARED_ECCENTRICITY * sine * sine)
    east = np.radians(line.lon - lon) * across_m * np.cos(np.radians(lat))
    north = np.radians(line.lat - lat) * along_m
    step_east, step_north = np.diff(east), np.diff(north)
    squared = step_east**2 + step_north**2
    share = -(east[:-1] * step_east + north[:-1] * step_north) / np.where(squared > 0, squared, 1.0)
    share = np.clip(share, 0.0, 1.0)
    off_m = np.hypot(east[:-1] + share * step_east, north[:-1] + share * step_north)
    off_m = np.where(line.part[1:] == line.part[:-1], off_m, np.inf)
    offset_m = line.offset_m[:-1] + share * np.diff(line.offset_m)
    near = np.flatnonzero(off_m <= off_m.min() + _SAME_PLACE_M)
    if np.isnan(expected_m) or np.ptp(offset_m[near]) <= 10 * _SAME_PLACE_M:
        best = near[np.argmin(off_m[near])]
    else:
        best = near[np.argmin(np.abs(offset_m[near] - expected_m))]
    return float(offset_m[best]), float(off_m[best])


def _without_reference(roads: gpd.GeoDataFrame, start_m: NDArray[np.float64]) -> list[Finding]:
    """Say how many roads have no route number, and how many no chainage."""
    names = ids(roads, "roads")
    findings = []
    for rule, missing in (
        ("OM-BIZ-225", column(roads, "ref").isna().to_numpy(dtype=bool)),
        ("OM-BIZ-226", np.isnan(start_m)),
    ):
        if missing.any():
            findings.append(_finding(rule, "roads", "", count=int(missing.sum()), road=str(names[missing].iloc[0])))
    return findings


def _finding(rule: str, layer: str, feature: str, **values: object) -> Finding:
    """Make a finding about a road or a post."""
    return Finding(rule, layer, feature=feature, values={"feature": feature, **values})
