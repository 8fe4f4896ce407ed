"""Universal service (电信普遍服务): what to apply for, and the check of what was built against measurements."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, members, places, require_geographic, result_layer
from onemap.analyses.indicators import district_members
from onemap.layers.nearest import Neighbours
from onemap.messages import text

__all__ = ["UniversalServiceSettings", "acceptance_by_county", "acceptance_check", "application_list", "draw_sample"]

_COUNTY_DIGITS = 6


@dataclass(frozen=True, slots=True)
class UniversalServiceSettings:
    """What is applied for, and how finished places are checked.

    Attributes
    ----------
    technologies
        A place that lacks one of these is applied for.
    kinds
        Target layers that are eligible.
    min_households
        Settlements below are not; one of unknown size is, and says so.
    sample_share
        Least share of the finished places that is checked, in every county; at least one in each.
    seed
        Of the draw: the same seed draws the same places, whatever the order of the rows.
    radius_m
        Samples this near to a finished place are of it, in metres.
    min_samples
        Fewer samples decide nothing: the place does not pass.
    good_rsrp_dbm
        A sample of at least this power is good, in dBm.
    good_share
        Share of good samples that a place needs.

    References
    ----------
    Guides to applications for universal telecommunications service, 2018 and 2019 (kinds, min_households). The numbers
    of the official acceptance rules (工信厅通信〔2022〕16号) were not found: the share drawn, radius, samples, power
    and share of good samples are assumptions of the project.

    Examples
    --------
    >>> UniversalServiceSettings().sample_share
    0.03
    """

    technologies: tuple[str, ...] = ("4G",)
    kinds: tuple[str, ...] = ("villages", "settlements", "schools", "clinics", "posts")
    min_households: int = 20
    sample_share: float = 0.03
    seed: int = 0
    radius_m: float = 300.0
    min_samples: int = 20
    good_rsrp_dbm: float = -105.0
    good_share: float = 0.9

    def __post_init__(self) -> None:
        for name in ("sample_share", "good_share"):
            if not 0 <= getattr(self, name) <= 1:
                msg = f"{name} must lie in [0, 1], got {getattr(self, name)}"
                raise ValueError(msg)
        if not self.radius_m > 0 or self.min_samples < 1:
            msg = f"radius_m must be positive and min_samples at least 1, got {self.radius_m} and {self.min_samples}"
            raise ValueError(msg)


def application_list(
    priorities: gpd.GeoDataFrame,
    stretches: gpd.GeoDataFrame | None = None,
    *,
    fibre: gpd.GeoDataFrame | None = None,
    settings: UniversalServiceSettings | None = None,
) -> gpd.GeoDataFrame:
    """List what to apply for: eligible places by priority, then stretches of border road by length.

    Parameters
    ----------
    priorities
        Result layer `gap_priorities`.
    stretches
        Result layer `gap_stretches`; uncovered ones of border roads, for any operator, are listed. None: no roads.
    fibre
        Result layer `fibre_distances`: how far each place is from fibre. None where it was not computed.
    settings
        What is eligible; the defaults if not given.

    Returns
    -------
    application_list
        Result layer `application_list`, numbered from 1; a stretch stands as its middle.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> places = gpd.GeoDataFrame({"rank": [1, 2], "target_layer": ["settlements", "places"], "target_id": ["A", "B"],
    ...     "lacks": ["4G;5G", "4G"], "households": [30, None]}, geometry=[shapely.Point(75, 39)] * 2, crs="EPSG:4490")
    >>> application_list(places)[["number", "target_id", "technology"]].values.tolist()
    [[1, 'A', '4G']]
    """
    crs = require_geographic(gap_priorities=priorities, gap_stretches=stretches, fibre_distances=fibre)
    settings = settings or UniversalServiceSettings()
    parts = [_eligible_places(priorities, fibre, settings)]
    if stretches is not None:
        parts.append(_eligible_stretches(stretches, settings))
    table = pd.concat([part.astype(object) for part in parts], ignore_index=True)
    values: dict[str, object] = {str(name): table[name].to_numpy(dtype=object) for name in table if name != "geometry"}
    values["number"] = np.arange(1, len(table) + 1)
    return result_layer("application_list", values, table["geometry"].to_numpy(dtype=object), crs)


def draw_sample(
    finished: gpd.GeoDataFrame, county: pd.Series, *, settings: UniversalServiceSettings | None = None
) -> pd.Series:
    """Draw the finished places that are checked.

    Parameters
    ----------
    finished
        Canonical layer `finished_places`.
    county
        County of each, on the same index; missing is a county of its own.
    settings
        Share and seed; the defaults if not given.

    Returns
    -------
    drawn
        True for the places drawn: in every county the least number that reaches the share, and at least one. Drawn by
        the identifiers in their order, so that the order of the rows does not matter.

    Examples
    --------
    >>> finished = gpd.GeoDataFrame({"finished_id": [f"F{n}" for n in range(40)]})
    >>> int(draw_sample(finished, pd.Series(["甲县"] * 35 + ["乙县"] * 5)).sum())
    3
    """
    settings = settings or UniversalServiceSettings()
    rng = np.random.default_rng(settings.seed)
    table = pd.DataFrame({"id": ids(finished, "finished_places").astype(str).array, "county": county.fillna("").array})
    drawn = np.zeros(len(table), dtype=bool)
    for _, part in table.sort_values(["county", "id"], kind="stable").groupby("county", sort=True):
        rounding = 1e-9  # 3 % of 100 are 3, however the product is rounded
        count = max(int(np.ceil(settings.sample_share * len(part) - rounding)), 1)
        drawn[rng.choice(part.index.to_numpy(), size=count, replace=False)] = True
    return pd.Series(drawn, index=finished.index)


def acceptance_check(
    finished: gpd.GeoDataFrame,
    measurements: gpd.GeoDataFrame,
    *,
    districts: gpd.GeoDataFrame | None = None,
    settings: UniversalServiceSettings | None = None,
) -> gpd.GeoDataFrame:
    """Check a sample of finished places against measurements.

    Parameters
    ----------
    finished
        Canonical layer `finished_places`, geographic CRS.
    measurements
        Canonical layer: samples of the place's technology, and of its operator where both name one, count.
    districts
        Canonical layer: gives the county where the place itself has no district code; None where there is none.
    settings
        Draw and thresholds; the defaults if not given.

    Returns
    -------
    acceptance
        Result layer `acceptance`, a row for each finished place: `outcome` is "passed", "failed", "not measured"
        (drawn, but with too few samples: it does not pass) or "not drawn", with the reason.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a place has no geometry.

    Examples
    --------
    >>> finished = gpd.GeoDataFrame({"finished_id": ["F"], "technology": ["4G"]}, geometry=[shapely.Point(75, 39)],
    ...     crs="EPSG:4490")
    >>> samples = gpd.GeoDataFrame({"technology": "4G", "rsrp_dbm": [-95.0] * 19 + [-120.0]},
    ...     geometry=[shapely.Point(75, 39)] * 20, crs="EPSG:4490")
    >>> acceptance_check(finished, samples)[["outcome", "good_share"]].values.tolist()
    [['passed', 0.95]]
    """
    crs = require_geographic(finished_places=finished, measurements=measurements, districts=districts)
    settings = settings or UniversalServiceSettings()
    lon, lat = places(finished, "finished_places")
    points = np.asarray(shapely.points(lon, lat))
    county = _counties(finished, points, districts)
    drawn = draw_sample(finished, county, settings=settings).to_numpy(dtype=bool)
    samples, good = _samples(finished, measurements, settings)
    share = np.where(samples > 0, good / np.maximum(samples, 1), np.nan)
    enough = samples >= settings.min_samples
    outcome = np.select(
        [~drawn, ~enough, share >= settings.good_share - 1e-12],
        ["not drawn", "not measured", "passed"],
        default="failed",
    )
    fields = ("finished_id", "name", "village_id", "technology", "operator", "source")
    values: dict[str, object] = {name: column(finished, name).array for name in fields}
    values |= {"county": county.array, "drawn": drawn, "samples": samples, "good_share": share, "outcome": outcome}
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [
            _reason(one, (count, part), settings, lang)
            for one, count, part in zip(outcome, samples.tolist(), share.tolist(), strict=True)
        ]
    return result_layer("acceptance", values, points, crs)


def acceptance_by_county(acceptance: gpd.GeoDataFrame) -> pd.DataFrame:
    """Sum up an acceptance check by county.

    Parameters
    ----------
    acceptance
        Result layer `acceptance`.

    Returns
    -------
    table
        county, finished, drawn, passed, failed, not_measured, drawn_share; the last row is the total (county missing).

    Examples
    --------
    >>> checked = gpd.GeoDataFrame({"county": ["A", "A"], "drawn": [True, False], "outcome": ["passed", "not drawn"]})
    >>> acceptance_by_county(checked)[["finished", "drawn", "passed"]].values.tolist()
    [[2, 1, 1], [2, 1, 1]]
    """
    table = pd.DataFrame({"county": acceptance["county"].fillna("").astype(str), "finished": 1})
    table["drawn"] = acceptance["drawn"].astype(int)
    for name in ("passed", "failed", "not measured"):
        table[name.replace(" ", "_")] = acceptance["outcome"].eq(name).astype(int)
    sums = table.groupby("county", sort=True).sum().reset_index()
    total = sums.drop(columns="county").sum().to_frame().T.assign(county=None)
    found = pd.concat([sums.astype(object), total.astype(object)], ignore_index=True)
    counts = [str(name) for name in found if name != "county"]
    found[counts] = found[counts].astype(int)
    return found.assign(drawn_share=found["drawn"] / found["finished"].clip(lower=1))


def _eligible_places(
    priorities: gpd.GeoDataFrame, fibre: gpd.GeoDataFrame | None, settings: UniversalServiceSettings
) -> pd.DataFrame:
    """Give the places that are eligible, by priority."""
    lacks = [[one for one in row if one in settings.technologies] for row in members(column(priorities, "lacks"))]
    households = column(priorities, "households", "number").to_numpy()
    small = priorities["target_layer"].eq("settlements").to_numpy(dtype=bool) & (households < settings.min_households)
    kind = priorities["target_layer"].isin(settings.kinds).to_numpy(dtype=bool)
    chosen = kind & ~small & np.array([bool(row) for row in lacks], dtype=bool)
    rows = priorities[chosen]
    fields = ("target_layer", "target_id", "name", "village_id", "households", "population", "rank", "score", "source")
    table = pd.DataFrame({name: rows[name].to_numpy(dtype=object) if name in rows else None for name in fields})
    table["technology"] = [";".join(row) for row, here in zip(lacks, chosen, strict=True) if here]
    table["geometry"] = rows.geometry.to_numpy()
    table["fibre_m"] = _fibre_of(rows, fibre)
    for lang in ("zh", "en"):
        words = ("universal_place", "universal_place_unknown")
        unknown = rows["target_layer"].eq("settlements").to_numpy(dtype=bool) & np.isnan(households[chosen])
        table[f"reason_{lang}"] = [
            text(words[int(one)], lang, technology=lack, least=settings.min_households)
            for one, lack in zip(unknown, table["technology"], strict=True)
        ]
    return table.sort_values("rank", kind="stable")


def _fibre_of(rows: gpd.GeoDataFrame, fibre: gpd.GeoDataFrame | None) -> NDArray[np.float64]:
    """Give the distance to fibre of places."""
    if fibre is None or rows.empty:
        return np.full(len(rows), np.nan)
    key = ["target_layer", "target_id"]
    known = pd.DataFrame(fibre[[*key, "distance_m"]]).astype(dict.fromkeys(key, object)).drop_duplicates(key)
    index = pd.MultiIndex.from_frame(pd.DataFrame(rows[key]).astype(object))
    return known.set_index(key)["distance_m"].reindex(index).to_numpy(dtype=float)


def _eligible_stretches(stretches: gpd.GeoDataFrame, settings: UniversalServiceSettings) -> pd.DataFrame:
    """Give the uncovered stretches of border roads, the longest first."""
    chosen = column(stretches, "is_border", "boolean").fillna(value=False).astype(bool)
    chosen &= stretches["verdict"].eq("uncovered") & stretches["operator"].eq("any")
    rows = stretches[(chosen & stretches["technology"].isin(settings.technologies)).to_numpy(dtype=bool)]
    rows = rows.sort_values(["length_m", "road_id", "from_m"], ascending=[False, True, True], kind="stable")
    middle = shapely.line_interpolate_point(rows.geometry.to_numpy(), 0.5, normalized=True)
    table = pd.DataFrame({"target_id": rows["road_id"].to_numpy(dtype=object), "target_layer": "roads"})
    for name in ("technology", "length_m", "chainage_from", "chainage_to"):
        table[name] = rows[name].to_numpy(dtype=object)
    named = rows["ref"].where(rows["ref"].notna(), rows["road_name"])
    table["name"], table["geometry"] = named.to_numpy(dtype=object), middle
    for lang in ("zh", "en"):
        table[f"reason_{lang}"] = [text("universal_road", lang, technology=one) for one in table["technology"]]
    return table


def _counties(finished: gpd.GeoDataFrame, points: NDArray[np.object_], districts: gpd.GeoDataFrame | None) -> pd.Series:
    """Give the county of each place: its code's first six digits, else the county that holds it."""
    county = column(finished, "district_code").str.slice(0, _COUNTY_DIGITS).reset_index(drop=True)
    if districts is None or districts.empty:
        return county
    codes = ids(districts, "districts").astype(str)
    counties = districts[codes.str.len().eq(_COUNTY_DIGITS).to_numpy(dtype=bool)]
    place, district = district_members(points, counties)
    held = pd.Series(ids(counties, "districts").to_numpy(dtype=object)[district], index=place, dtype="string")
    return county.fillna(held.reindex(county.index))


def _samples(
    finished: gpd.GeoDataFrame, measurements: gpd.GeoDataFrame, settings: UniversalServiceSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the samples of each place, and the good ones."""
    place, sample, _ = Neighbours(*places(measurements, "measurements")).within(
        *places(finished, "finished_places"), distance_m=settings.radius_m
    )
    rsrp = column(measurements, "rsrp_dbm", "number").to_numpy()
    fits = ~np.isnan(rsrp[sample])
    for name, strict in (("technology", True), ("operator", False)):
        asked = column(finished, name).fillna("").astype(str).to_numpy()[place]
        given = column(measurements, name).fillna("").astype(str).to_numpy()[sample]
        free = asked == ""
        if not strict:
            free |= given == ""
        fits &= free | (asked == given)
    good = fits & (rsrp[sample] >= settings.good_rsrp_dbm)
    count = len(finished)
    return np.bincount(place[fits], minlength=count), np.bincount(place[good], minlength=count)


def _reason(outcome: str, found: tuple[int, float], settings: UniversalServiceSettings, lang: str) -> str:
    """Say why a place passed or not."""
    samples, share = found
    values = {
        "samples": samples,
        "least": settings.min_samples,
        "share": "" if np.isnan(share) else f"{share:.0%}",
        "needed": f"{settings.good_share:.0%}",
        "power": f"{settings.good_rsrp_dbm:g}",
        "radius": f"{settings.radius_m:g}",
    }
    return text(f"acceptance_{str(outcome).replace(' ', '_')}", lang, **values)
