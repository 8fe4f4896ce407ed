"""Zones made ready to be held against: sound shapes, known kinds and codes, small pieces; what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column
from onemap.analyses.conflicts.rules import ZoneRules
from onemap.analyses.conflicts.settings import ConflictSettings
from onemap.findings import Finding
from onemap.layers.land_use import class_code, class_name
from onemap.layers.shape_checks import mended, validity_reason
from onemap.layers.subdivision import subdivide
from onemap.layers.surface import surface_areas, surface_lengths
from onemap.messages import Told, catalogue

__all__ = ["Zones", "zones_of"]

_POLYGON_DIMENSION = 2
_SLIVER_M = 0.01  # mean width of what two drawings of one border leave between them, however long


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """Zones made ready, in the order in which an overlap is counted: by kind, id, place in the layer.

    Attributes
    ----------
    table
        zone_id, name, kind, code (canonical land use code, or as given), class_name, source, on a range index.
    pieces
        Polygons of few vertices, in degrees, shape (m,), in the order of the zones.
    owner
        Zone of each piece, shape (m,).
    tree
        Of the pieces.
    """

    table: pd.DataFrame
    pieces: NDArray[np.object_]
    owner: NDArray[np.int64]
    tree: shapely.STRtree


def zones_of(layer: gpd.GeoDataFrame, rules: ZoneRules, settings: ConflictSettings) -> tuple[Zones, list[Finding]]:
    """Make zones ready and say what is wrong with them.

    Zones without a kind or an area are left out; shapes that cross themselves are taken as mended; each is a finding,
    as are kinds without a rule, land use codes that are not in the list, and zones that overlap where they must not.

    Parameters
    ----------
    layer
        Canonical layer `zones`, in degrees.
    rules
        What is known of kinds.
    settings
        Overlap from which it is reported.

    Returns
    -------
    zones, findings
        What is left, and what was found.

    Examples
    --------
    >>> from onemap.analyses.conflicts.rules import package_rules
    >>> layer = gpd.GeoDataFrame(
    ...     {"zone_id": ["Z1", "Z2"], "kind": ["permanent basic farmland", None]},
    ...     geometry=[shapely.box(75, 39, 75.1, 39.1)] * 2)
    >>> zones, findings = zones_of(layer, package_rules(), ConflictSettings())
    >>> len(zones.table), [finding.rule for finding in findings]
    (1, ['OM-ATT-261'])
    """
    table = _table(layer)
    shapes, findings = _sound(table, np.asarray(shapely.force_2d(layer.geometry.to_numpy()), dtype=object))
    kept = ~shapely.is_missing(shapes)
    order = np.flatnonzero(kept)
    order = order[np.lexsort((order, table["zone_id"].fillna("").to_numpy()[order], table["kind"].to_numpy()[order]))]
    table, shapes = table.iloc[order].reset_index(drop=True), shapes[order]
    table, by_class = _coded(table, rules)
    findings += [*_unknown_kinds(table, rules), *by_class]
    pieces, owner = subdivide(shapes)
    zones = Zones(table, pieces, owner, shapely.STRtree(pieces))
    return zones, [*findings, *_overlaps(zones, rules, settings)]


def _table(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give what is said of each zone."""
    fields = {"zone_id": "zone_id", "name": "name", "kind": "kind", "kind_code": "code", "source": "source"}
    return pd.DataFrame({new: column(layer, old).array for old, new in fields.items()})


def _sound(table: pd.DataFrame, given: NDArray[np.object_]) -> tuple[NDArray[np.object_], list[Finding]]:
    """Give the shapes to count with, None for those that cannot be counted, and say what is wrong."""
    shapes, findings = given.copy(), []
    kindless = table["kind"].fillna("").str.strip().eq("").to_numpy(dtype=bool)
    flat = shapely.is_missing(given) | shapely.is_empty(given) | (shapely.get_dimensions(given) < _POLYGON_DIMENSION)
    for place in np.flatnonzero(kindless | flat | ~shapely.is_valid(given)):
        zone, shape = table.iloc[place], given[place]
        if kindless[place]:
            shapes[place] = None
            findings.append(_finding("OM-ATT-261", zone, shape))
        elif flat[place]:
            shapes[place] = None
            findings.append(_finding("OM-GEO-261", zone, shape, reason=Told("zone_without_area")))
        else:
            shapes[place] = mended(shape)
            findings.append(_finding("OM-GEO-261", zone, shapes[place], reason=validity_reason(shape)))
    return shapes, findings


def _finding(rule: str, zone: pd.Series, shape: shapely.Geometry | None, **values: object) -> Finding:
    """Name a zone as a person sees it: file, sheet and row of its source."""
    parts = [] if pd.isna(zone["source"]) else str(zone["source"]).rsplit("|", 2)
    file, sheet, row = parts if len(parts) == 3 and parts[2].isdigit() else ("", "", "")
    place = None if shape is None or shape.is_empty else shapely.centroid(shape)
    known = place is not None and np.isfinite([place.x, place.y]).all()
    name = "" if pd.isna(zone["zone_id"]) else str(zone["zone_id"])
    return Finding(
        rule,
        "zones",
        file=file,
        sheet=sheet,
        row=int(row) if row else None,
        feature=name,
        values={"zone": name or "?", **values},
        lon=float(place.x) if known and place is not None else None,
        lat=float(place.y) if known and place is not None else None,
    )


def _coded(table: pd.DataFrame, rules: ZoneRules) -> tuple[pd.DataFrame, list[Finding]]:
    """Bring land use codes to the form of the list and name their classes; unknown ones are findings, once a code."""
    by_class = table["kind"].map(lambda kind: rules.kind(kind).by_class).to_numpy(dtype=bool)
    codes = table["code"].fillna("").astype(str).to_numpy(dtype=object)
    codes[by_class] = [class_code(code) for code in codes[by_class]]
    names = np.where(by_class, [class_name(code) or "" for code in codes], "")
    strange = by_class & (names == "")
    findings = []
    for code in dict.fromkeys(codes[strange]):
        same = np.flatnonzero(strange & (codes == code))
        findings.append(_finding("OM-ATT-263", table.iloc[same[0]], None, code=code or "?", count=len(same)))
    return table.assign(code=codes, class_name=names), findings


def _unknown_kinds(table: pd.DataFrame, rules: ZoneRules) -> Iterator[Finding]:
    """Report kinds that no rule speaks of, once each."""
    known = {one.zone_kind for one in rules.rules}
    for kind, zones in table.groupby("kind", sort=True):
        if kind not in known:
            yield _finding("OM-ATT-262", zones.iloc[0], None, kind=kind, count=len(zones))


def _overlaps(zones: Zones, rules: ZoneRules, settings: ConflictSettings) -> list[Finding]:
    """Report zones of one kind that overlap, and control lines of different kinds that do."""
    kind, rank = pd.factorize(zones.table["kind"])
    is_control = np.array([rules.kind(name).control_line for name in rank], dtype=bool)
    first, second = zones.tree.query(zones.pieces)
    one, other = zones.owner[first], zones.owner[second]
    meant = (one < other) & ((kind[one] == kind[other]) | (is_control[kind[one]] & is_control[kind[other]]))
    first, second = first[meant], second[meant]
    inner = shapely.relate_pattern(zones.pieces[first], zones.pieces[second], "T********")
    first, second = first[inner], second[inner]
    shared = shapely.intersection(zones.pieces[first], zones.pieces[second])
    pairs = pd.DataFrame({"one": zones.owner[first], "other": zones.owner[second], "area_m2": surface_areas(shared)})
    pairs["part"] = shared
    found = []
    for _, part in pairs.groupby(["one", "other"], sort=True):
        area_m2 = float(part["area_m2"].sum())
        border_m = float(surface_lengths(shapely.boundary(np.asarray(part["part"], dtype=object))).sum())
        if area_m2 < settings.overlap_min_m2 or 2 * area_m2 <= _SLIVER_M * border_m:
            continue
        earlier, later = (zones.table.iloc[int(part[side].iloc[0])] for side in ("one", "other"))
        same = earlier["kind"] == later["kind"]
        largest = part["part"].iloc[int(np.argmax(part["area_m2"].to_numpy()))]
        values: dict[str, object] = {"other": earlier["zone_id"], "area_m2": f"{area_m2:.2f}"}
        if not same:
            values |= {"kind": _word(later["kind"]), "other_kind": _word(earlier["kind"])}
        found.append(_finding("OM-TOP-261" if same else "OM-TOP-262", later, largest, **values))
    return found


def _word(kind: str) -> object:
    """Give the word for a kind of zone in whichever language it is told."""
    return Told(f"word {kind}") if f"word {kind}" in catalogue() else kind
