"""The words of a plan's lines, in Chinese and English: where, what, for whom, why, by whose leave, how sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import column, ids, members, places
from onemap.analyses.plan.agreement import owners_to_ask
from onemap.analyses.plan.alternatives import BUILT_KINDS, Alternative
from onemap.analyses.plan.choosing import Chosen, Ground
from onemap.analyses.targets import targets
from onemap.layers.directions import geodesic_azimuth
from onemap.layers.nearest import nearest
from onemap.messages import LANGUAGES, catalogue, text

__all__ = ["SiteWords", "site_words"]

_LANDMARKS = ("settlements", "villages", "townships", "schools")
_NAMED = 4
_WHOLE = 1.0 - 1e-9
_INDICATORS = 3
_CENT = 0.05  # of the money: less does not show
_JOIN = {"zh": "；", "en": "; "}
_LIST = {"zh": "、", "en": ", "}


@dataclass(frozen=True, slots=True)
class SiteWords:
    """Words of all sites in one language, in the order of building."""

    where: list[str]
    what: list[str]
    served: list[str]
    indicators: list[str]
    reason: list[str]
    agree: list[str]
    certainty: list[str]


def site_words(
    chosen: Chosen,
    ground: Ground,
    served: pd.DataFrame,
    others: list[Alternative],
    *,
    moves: pd.DataFrame | None = None,
    certainty: object = (),
) -> Mapping[str, SiteWords]:
    """Put the lines of a plan into words.

    Parameters
    ----------
    chosen, ground
        The plan, and the layers that places and owners are named by.
    served
        Table of `newly_served`.
    others
        Who could stand for each site.
    moves
        Table of `indicator_moves`; None where indicators were not looked at.
    certainty
        The least sure price of each site.

    Returns
    -------
    words
        By language.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> from onemap.analyses.plan.alternatives import alternatives
    >>> from onemap.analyses.plan.site_lines import newly_served
    >>> chosen, ground = example_plan()
    >>> words = site_words(chosen, ground, newly_served(chosen), alternatives(chosen), certainty=["example", "example"])
    >>> words["en"].what[1]
    'build a new site with 4G, antenna 30 m above the ground; connected by fibre'
    """
    records = _records(chosen, served, list(certainty))  # type: ignore[call-overload]
    landmarks = _landmarks(chosen, ground)
    asked = owners_to_ask(chosen, ground)
    names = _candidate_names(chosen.question.candidates)
    money = chosen.question.costs.money
    found = {}
    for lang in LANGUAGES:
        found[lang] = SiteWords(
            where=[_where(mark, lang) for mark in landmarks],
            what=[_what(record, lang) for record in records],
            served=[_served(served[served["site"].eq(number).to_numpy()], lang) for number in range(len(records))],
            indicators=[_moves(moves, str(record["candidate_id"]), lang) for record in records],
            reason=[_reason(*pair, names, _Tongue(money, lang)) for pair in zip(records, others, strict=True)],
            agree=[_JOIN[lang].join(text(one.text_id, lang, **one.values) for one in parts) for parts in asked],
            certainty=[_sure(record, lang) for record in records],
        )
    return found


def _records(chosen: Chosen, served: pd.DataFrame, certainty: list[object]) -> list[dict[Any, Any]]:
    """Give what is known of each site."""
    sites = chosen.sites
    names = ("candidate_id", "kind", "name", "facility_id", "owner", "technologies", "zone_status", "zone_ids",
             "assumed_zh", "assumed_en", "satellite")  # fmt: skip
    table = pd.DataFrame({name: column(sites, name).array for name in names})
    table["height_m"] = column(sites, "height_agl_m", "number").to_numpy()
    table["alone"], table["alone_must"] = chosen.solution.alone, chosen.solution.alone_must
    table["way"], table["total"] = chosen.costs["way"].to_numpy(), chosen.costs["total"].to_numpy()
    table["alone_total"] = chosen.question.costs.table["total"].to_numpy(dtype=float)[chosen.solution.chosen]
    table["certainty"] = pd.Series(certainty, dtype=object)
    left_open = _open_parts(chosen)
    table["open"] = [left_open.get(str(name), "") for name in table["candidate_id"]]
    margins = served.groupby("site")["margin_db"]
    for name, values in (("median_db", margins.median()), ("least_db", margins.min())):
        table[name] = values.reindex(range(len(table))).to_numpy(dtype=float)
    return table.to_dict("records")


def _open_parts(chosen: Chosen) -> Mapping[str, str]:
    """Give what of the connection of each site could not be priced."""
    if chosen.connections is None:
        return {}
    rows = chosen.connections.sites
    return dict(zip(column(rows, "site_id"), column(rows, "open_parts").fillna(""), strict=True))


def _candidate_names(candidates: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """Give id and kind of each candidate."""
    return list(zip(column(candidates, "candidate_id"), column(candidates, "kind"), strict=True))


def _landmarks(chosen: Chosen, ground: Ground) -> list[tuple[float, float, str, float, float]]:
    """Give longitude, latitude, nearest named place, distance and direction of each site."""
    sites = chosen.sites
    lon, lat = places(sites, "plan_candidates")
    named: list[pd.DataFrame] = []
    for layer in _LANDMARKS:
        rows = ground.layers.get(layer)
        if rows is not None and len(rows):
            at_lon, at_lat = places(rows, layer)
            name = column(rows, "name").fillna(ids(rows, layer))
            named.append(pd.DataFrame({"lon": at_lon, "lat": at_lat, "name": name.to_numpy(dtype=object)}))
    if not named:
        return [(x, y, "", np.nan, np.nan) for x, y in zip(lon, lat, strict=True)]
    marks = pd.concat(named, ignore_index=True).dropna(subset=["name"]).reset_index(drop=True)
    near, distance_m = nearest(lon, lat, marks["lon"], marks["lat"])
    turn = geodesic_azimuth(marks["lon"].to_numpy()[near], marks["lat"].to_numpy()[near], lon, lat)
    said = marks["name"].to_numpy(dtype=object)[near]
    return list(zip(lon, lat, said, distance_m, turn, strict=True))


def _where(mark: tuple[float, float, str, float, float], lang: str) -> str:
    """Say where a site stands."""
    lon, lat, name, distance_m, turn_deg = mark
    place = text("plan_where", lang, lon=f"{lon:.5f}", lat=f"{lat:.5f}")
    if not name:
        return place
    side = text(f"plan_side_{int(np.floor((turn_deg + 22.5) % 360.0 / 45.0))}", lang)
    return text("plan_where_near", lang, name=name, side=side, distance_km=f"{distance_m / 1000.0:.1f}", place=place)


def _what(record: Mapping[Any, Any], lang: str) -> str:
    """Say what is done at a site."""
    known = {name: "" if pd.isna(record[name]) else str(record[name]) for name in ("name", "facility_id", "owner")}
    values = {
        "name": known["name"] or known["facility_id"] or "-",
        "owner": known["owner"] or text("candidate_owner_unknown", lang),
        "technologies": _LIST[lang].join(members(pd.Series([record["technologies"]], dtype="string"))[0]),
        "height_m": "-" if np.isnan(record["height_m"]) else f"{record['height_m']:g}",
        "satellite": "-" if pd.isna(record["satellite"]) else record["satellite"],
    }
    words = text("plan_what_" + str(record["kind"]).replace(" ", "_"), lang, **values)
    if record["kind"] == "satellite":
        return words
    return words + text(f"plan_way_{record['way']}", lang)


def _served(rows: pd.DataFrame, lang: str) -> str:
    """Say who is served by a site, layer by layer."""
    said = []
    for layer, part in rows[rows["target_layer"].ne("roads").to_numpy(dtype=bool)].groupby("target_layer", sort=True):
        one = part.drop_duplicates("target_id")
        names = [str(name) for name in column(gpd.GeoDataFrame(one), "name").dropna()]
        shown = _LIST[lang].join(names[:_NAMED])
        values = {"layer": _word(str(layer), lang), "count": len(one), "names": shown}
        techs = "/".join(sorted(set(part["technology"].dropna())))
        more = "plan_served_more" if len(names) > _NAMED else "plan_served_names"
        said.append(text(more if names else "plan_served_count", lang, technologies=techs, **values))
    road = rows[rows["target_layer"].eq("roads").to_numpy(dtype=bool)]
    if len(road):
        km = road.groupby("technology")["length_m"].sum() / 1000.0
        parts = _LIST[lang].join(f"{name} {value:.1f} km" for name, value in km.items())
        refs = sorted({str(name) for name in column(gpd.GeoDataFrame(road), "name").dropna()})
        said.append(text("plan_served_road", lang, km=parts, names=_LIST[lang].join(refs[:_NAMED]) or "-"))
    return _JOIN[lang].join(said)


def _word(name: str, lang: str) -> str:
    """Give the word for a canonical value."""
    return text(f"word {name}", lang) if f"word {name}" in catalogue() else name


def _moves(moves: pd.DataFrame | None, site: str, lang: str) -> str:
    """Name the indicators that a site moves, those that gain most first."""
    if moves is None or moves.empty:
        return text("plan_moves_none", lang)
    rows = moves[moves["site_id"].eq(site).to_numpy(dtype=bool)]
    if rows.empty:
        return text("plan_moves_none", lang)
    title = {one.id: {"zh": one.zh, "en": one.en} for one in targets()}
    rows = rows.sort_values(["gained", "target_id"], ascending=[False, True], kind="stable")
    said = []
    for name, gained, unit in zip(rows["target_id"], rows["gained"], rows["unit"], strict=True):
        values = {"indicator": title.get(str(name), {}).get(lang, str(name)), "gained": f"{gained:.{unit == 'km':d}f}"}
        said.append(text("plan_moves_km" if unit == "km" else "plan_moves_count", lang, **values))
    shown = _JOIN[lang].join(said[:_INDICATORS])
    return shown if len(said) <= _INDICATORS else shown + text("plan_moves_more", lang, count=len(said) - _INDICATORS)


@dataclass(frozen=True, slots=True)
class _Tongue:
    """What amounts are told in: money and language."""

    money: str
    lang: str


def _reason(record: Mapping[Any, Any], other: Alternative, names: list[tuple[str, str]], tongue: _Tongue) -> str:
    """Say why this site and not the runner-up."""
    money, lang = tongue.money, tongue.lang
    words = text("plan_why_alone", lang, weight=f"{record['alone']:,.0f}")
    if record["alone_must"]:
        words += text("plan_why_must", lang, count=int(record["alone_must"]))
    if not record["alone"] and not record["alone_must"]:
        words = text("plan_why_not_alone", lang)
    if other.candidate < 0:
        return words + text("plan_why_nobody", lang)
    name, kind = names[other.candidate]
    more = other.cost - record["alone_total"]
    values = {"candidate": name, "kind": _word(kind, lang), "cost": f"{other.cost:,.1f} {money}",
              "more": f"{abs(more):,.1f} {money}", "share": _part(other.share)}  # fmt: skip
    if other.share >= _WHOLE:
        turn = "equal" if abs(more) < _CENT else "dearer" if more > 0 else "cheaper"
        words += text(f"plan_why_{turn}", lang, **values)
    else:
        words += text("plan_why_partly", lang, **values)
    if record["kind"] in BUILT_KINDS:
        words += _why_build(other, names, lang)
    return words


def _part(share: float) -> str:
    """Give a share in per cent; what is not all does not read as all."""
    return f"{np.floor(1000.0 * share + 1e-9) / 10.0:.1f}"


def _why_build(other: Alternative, names: list[tuple[str, str]], lang: str) -> str:
    """Say why something is built, and nothing shared."""
    if other.shared < 0:
        return text("plan_why_nothing_stands", lang)
    name, kind = names[other.shared]
    return text("plan_why_build", lang, candidate=name, kind=_word(kind, lang), share=_part(other.shared_share))


def _sure(record: Mapping[Any, Any], lang: str) -> str:
    """Say how sure a line is: prices, margins, assumptions, zones."""
    said = []
    if isinstance(record["certainty"], str):
        said.append(text(f"plan_sure_price_{record['certainty']}", lang))
    if not np.isnan(record["median_db"]):
        figures = {"median_db": f"{record['median_db']:.1f}", "least_db": f"{record['least_db']:.1f}"}
        said.append(text("plan_sure_margin", lang, **figures))
    assumed = record[f"assumed_{lang}"]
    if not pd.isna(assumed):
        said.append(text("plan_sure_assumed", lang, assumed=assumed))
    if record["zone_status"] == "not checked":
        said.append(text("plan_sure_zones", lang))
    if "access" in record["open"]:
        said.append(text("plan_sure_access", lang))
    if record["way"] == "satellite":
        said.append(text("plan_sure_satellite", lang))
    return _JOIN[lang].join(said)
