"""The plan in the report: sentence, five figures, map, money, sites, indicators, what else could be, what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from onemap.layers.catalogue import schema
from onemap.messages import catalogue, entry, text
from onemap.views.escaping import plain
from onemap.views.map_data import words
from onemap.views.plan_charts import COST_PARTS, cost_picture, curve_picture, plan_map
from onemap.views.plan_words import is_missing, move_words, plan_in_words, unit_of_money
from onemap.views.relief import Relief
from onemap.views.view_settings import ViewSettings

__all__ = ["plan_section"]

_MOST_SITES = 40
_MOST_LEFT = 12
_STATES = ("served by the plan", "left for money", "out of reach")
_PLACE = ["target_layer", "target_id"]
_TINY = 0.05  # money or per cent that a figure of one decimal does not show

Results = Mapping[str, gpd.GeoDataFrame]


def plan_section(
    layers: Results, results: Results, relief: Relief | None, settings: ViewSettings, *, lang: str = "zh"
) -> dict[str, Any] | None:
    """Gather what the report says of the plan; texts and numbers as they are shown.

    Parameters
    ----------
    layers, results
        Layers by name, any CRS; any may be missing or empty.
    relief
        The ground of the map; None for none.
    settings
        What is said of the data.
    lang
        Language of the texts.

    Returns
    -------
    section
        None where there is no plan: no row in `plan_summary`.

    Examples
    --------
    >>> import datetime
    >>> plan_section({}, {}, None, ViewSettings("示范县", datetime.date(2026, 1, 1))) is None
    True
    """
    summary = results.get("plan_summary")
    if summary is None or summary.empty:
        return None
    spoken = plan_in_words(results)
    record, money = summary.iloc[0].to_dict(), unit_of_money(results)
    sites = spoken.get("plan_sites")
    lines = [] if sites is None else [_site(row, money, lang) for row in sites.head(_MOST_SITES).to_dict("records")]
    count = 0 if sites is None else len(sites)
    return {
        "sentence": _say(record.get(f"reason_{lang}")),
        "warning": _warning(record, lang),
        "figures": _figures(record, money, lang),
        "map": plan_map(layers, results, relief, simulated=settings.simulated, lang=lang) if count else "",
        "costs": _costs(results, money, lang),
        "sites": lines,
        "cut": text("report_cut", lang, shown=_MOST_SITES, count=count) if count > _MOST_SITES else "",
        "indicators": list(_indicators(results.get("plan_indicators"), lang)),
        "curve": _curve(results.get("plan_budget_curve"), record, money, lang),
        "must": _has_must(results.get("plan_served")),
        "unit": _known("report_plan_unit", money, lang, default="") if lang == "en" else "",
        "moves": list(_moves(results.get("plan_sensitivity"), money, lang)),
        "balance": list(_balance(results.get("plan_served"), lang)),
        "left": _left(results.get("plan_served"), money, lang),
        "money": plain(money),
    }


def _say(value: object) -> str:
    """Give a value as text; nothing where it is missing."""
    return "" if is_missing(value) else plain(value)


def _word(value: object, lang: str) -> str:
    """Give the word for a canonical value."""
    said = _say(value)
    return words([said]).get(said, (said, said))[0 if lang == "zh" else 1]


def _known(text_id: str, value: object, lang: str, *, default: str | None = None) -> str:
    """Give the text for a value; the value itself, or the default, where there is none."""
    said = catalogue().get(f"{text_id}_{_say(value)}")
    return said[lang] if said is not None else _say(value) if default is None else default


def _number(value: object, pattern: str = ",.1f") -> str:
    """Give a number as text; nothing where it is missing."""
    return "" if is_missing(value) else format(float(str(value)), pattern)


def _warning(record: Mapping[Any, Any], lang: str) -> str:
    """Warn where prices are not for use."""
    return entry("report_plan_examples")[lang] if record.get("price_certainty") == "example" else ""


def _figures(record: Mapping[Any, Any], money: str, lang: str) -> list[dict[str, str]]:
    """Give the five figures that the section opens with."""
    gap, target, budget = (record.get(name) for name in ("optimality_gap", "target_share", "budget"))
    aim = (
        text("report_plan_aim_share", lang, share=_number(100 * float(str(target)), "g"))
        if not is_missing(target)
        else text("report_plan_aim_budget", lang, budget=f"{_number(budget)} {money}")
    )
    sure = _say(record.get("price_certainty"))
    proven = record.get("proven") is not None and bool(record.get("proven"))
    rows = (
        ("sites", _number(record.get("sites"), ",.0f"), "",
         text("report_plan_kinds", lang, shared=_number(record.get("shared_sites"), ",.0f"),
              new=_number(record.get("new_sites"), ",.0f"))),
        ("cost", _number(record.get("cost"), ",.1f"), money, aim),
        ("share", f"{_per_cent(record.get('share_before'))} → {_per_cent(record.get('reached_share'))}", "%",
         text("report_plan_weighed", lang, weight=_known("report_plan_by", record.get("weight"), lang))),
        ("gap", "0" if proven else "" if is_missing(gap) else f"≤ {100 * float(str(gap)):.1f}", "%",
         entry("report_plan_proven" if proven else "report_plan_bounded")[lang]),
        ("sure", _word(sure, lang) if sure else "-", "", _known("report_plan_sure", sure, lang)),
    )  # fmt: skip
    return [
        {"label": entry(f"report_plan_figure_{name}")[lang], "number": number, "unit": unit, "of": of,
         "calm": "warn" if name == "sure" and sure == "example" else "plan"}
        for name, number, unit, of in rows
    ]  # fmt: skip


def _per_cent(share: object) -> str:
    """Give a share in per cent."""
    return "" if is_missing(share) else f"{100 * float(str(share)):.1f}"


def _costs(results: Results, money: str, lang: str) -> dict[str, Any]:
    """Give the cost by year and part: a picture, its legend, and the money of the years."""
    sites, phases = results.get("plan_sites"), results.get("plan_phases")
    if sites is None or sites.empty:
        return {}
    known = schema("plan_sites").fields
    sums = {part: float(pd.to_numeric(sites[part]).sum()) for part in COST_PARTS if part in sites}
    total = sum(sums.values()) or 1.0
    legend = [
        (COST_PARTS[part], known[part].alias_zh if lang == "zh" else known[part].alias_en,
         f"{value:,.1f} {money} ({value / total:.0%})")
        for part, value in sums.items()
    ]  # fmt: skip
    names = ("budget", "sites", "cost", "cost_so_far")
    rows = [] if phases is None else [
        [_number(row.get("year"), ".0f") or entry("report_plan_later")[lang],
         *(_number(row.get(name), ",.0f" if name == "sites" else ",.1f") for name in names),
         f"{_per_cent(row.get('share_after'))} %"]
        for row in phases.to_dict("records")
    ]  # fmt: skip
    return {"picture": cost_picture(sites, money=money, lang=lang), "legend": legend, "years": rows}


def _site(row: Mapping[Any, Any], money: str, lang: str) -> dict[str, Any]:
    """Give one line of the plan."""
    known = schema("plan_sites").fields
    own = {name: _say(row.get(f"{name}_{lang}")) for name in
           ("what", "where", "served", "indicators", "reason", "agree", "certainty")}  # fmt: skip
    parts = [
        ((known[part].alias_zh if lang == "zh" else known[part].alias_en), _number(row[part]))
        for part in COST_PARTS
        if not is_missing(row.get(part)) and float(row[part]) >= _TINY
    ]
    people = row.get("served_people")
    return {
        **own,
        "order": _number(row.get("build_order"), ".0f"),
        "year": _number(row.get("year"), ".0f") or entry("report_plan_later")[lang],
        "kind": _word(row.get("kind"), lang),
        "people": "" if is_missing(people) else text("report_plan_people", lang, people=_number(people, ",.0f")),
        "cost": f"{_number(row.get('cost'))} {money}",
        "parts": parts,
        "id": _say(row.get("site_id")),
    }


def _indicators(frame: gpd.GeoDataFrame | None, lang: str) -> Iterator[dict[str, str]]:
    """Give the indicators of the whole area that the plan moves."""
    if frame is None:
        return
    for row in frame[frame["district_code"].fillna("").eq("").to_numpy(dtype=bool)].to_dict("records"):
        gained, before, after = row.get("gained"), row.get("state_before"), row.get("state_after")
        if (is_missing(gained) or abs(float(gained)) < 1e-6) and before == after:
            continue
        digits = ",.0f" if row.get("unit") == "count" else ",.1f"
        unit = "" if row.get("unit") == "count" else _say(row.get("unit"))
        yield {
            "name": _say(row.get(lang)),
            "total": f"{_number(row.get('total'), digits)} {unit}".strip(),
            "before": f"{_number(row.get('covered_before'), digits)} ({_per_cent(row.get('share_before'))} %)",
            "after": f"{_number(row.get('covered_after'), digits)} ({_per_cent(row.get('share_after'))} %)",
            "gained": f"+{_number(gained, digits)}",
            "missing": _number(row.get("missing_after"), digits),
            "state_before": _word(before, lang),
            "state_after": _word(after, lang),
            "better": "better" if after == "met" and before != "met" else "",
        }


def _curve(frame: gpd.GeoDataFrame | None, record: Mapping[Any, Any], money: str, lang: str) -> str:
    """Draw what more money would reach."""
    if frame is None or len(frame) < 2 or is_missing(record.get("cost")):
        return ""
    target = record.get("target_share")
    return curve_picture(
        frame,
        cost=float(record["cost"]),
        share=float(record["reached_share"]),
        target=None if is_missing(target) else float(str(target)),
        money=money,
        lang=lang,
    )


def _has_must(served: gpd.GeoDataFrame | None) -> bool:
    """Tell whether something must be served: the curve does not ask for that, the plan does."""
    return served is not None and "must" in served and bool(served["must"].fillna(value=False).any())


def _moves(frame: gpd.GeoDataFrame | None, money: str, lang: str) -> Iterator[list[str]]:
    """Give what changes when an assumption moves."""
    for row in () if frame is None else frame.to_dict("records"):
        yield [
            move_words(row["what"], lang),
            f"{float(row['step']):+g} {_say(row.get('unit'))}".replace("-", "−"),
            f"{_number(row.get('cost'))} {money}",
            _number(row.get("cost_change"), "+,.1f").replace("-", "−"),
            f"{_per_cent(row.get('reached_share'))} %",
            " / ".join(_number(row.get(f"sites_{name}"), ",.0f") for name in ("kept", "dropped", "added")),
            f"{_per_cent(row.get('old_share'))} %",
            f"{_number(row.get('old_cost'))} {money}",
        ]


def _balance(frame: gpd.GeoDataFrame | None, lang: str) -> Iterator[list[str]]:
    """Count what had no service by what comes of it: places, and kilometres of road, of each technology."""
    if frame is None or frame.empty:
        return
    road = frame["target_layer"].eq("roads").to_numpy(dtype=bool)
    length = pd.to_numeric(frame["length_m"], errors="coerce") if "length_m" in frame else pd.Series(1.0, frame.index)
    size = (length / 1000.0).where(road, 1.0)
    sums = size.groupby([frame["target_layer"], frame["technology"], frame["state"]], sort=False).sum()
    table = sums.unstack(fill_value=0).reindex(columns=list(_STATES), fill_value=0.0)
    order = list(dict.fromkeys(table.index.get_level_values(0)))
    rows = sorted(
        zip(table.index, table.to_dict("records"), strict=True), key=lambda one: (order.index(one[0][0]), one[0][1])
    )
    for (layer, technology), row in rows:
        digits, unit = (",.1f", " km") if layer == "roads" else (",.0f", "")
        cells = [sum(row.values()), *(row[state] for state in _STATES)]
        name = entry("report_plan_committees")[lang] if layer == "villages" else _layer_name(layer, lang)
        yield [f"{name} · {plain(technology)}", *(f"{cell:{digits}}{unit}" for cell in cells)]


def _layer_name(name: object, lang: str) -> str:
    """Name a canonical layer; itself where it is none."""
    try:
        known = schema(str(name))
    except KeyError:
        return plain(name)
    return known.alias_zh if lang == "zh" else known.alias_en


def _left(frame: gpd.GeoDataFrame | None, money: str, lang: str) -> dict[str, Any]:
    """Name the places that no candidate reaches, with the satellite in sight and what a dish costs."""
    if frame is None or frame.empty:
        return {}
    out = frame[frame["state"].eq("out of reach").to_numpy(dtype=bool) & frame["target_layer"].ne("roads").to_numpy()]
    if out.empty:
        return {}
    groups = out.groupby(_PLACE, sort=False)
    once = groups.first().reset_index()
    once["technologies"] = groups["technology"].agg(lambda values: "/".join(sorted(set(map(str, values))))).to_numpy()
    cost = (
        pd.to_numeric(once["satellite_cost"], errors="coerce") if "satellite_cost" in once else pd.Series(dtype=float)
    )
    seen, total = int(cost.notna().sum()), float(cost.sum())
    rows = [
        [_layer_name(row["target_layer"], lang), _say(row.get("name")) or _say(row["target_id"]), row["technologies"],
         _word(row.get("satellite"), lang), f"{_number(row.get('satellite_cost'))} {money}".strip()
         if not is_missing(row.get("satellite_cost")) else "", _say(row.get(f"reason_{lang}"))]
        for row in once.head(_MOST_LEFT).to_dict("records")
    ]  # fmt: skip
    said = text("report_plan_left_sum", lang, count=len(once), seen=seen, cost=f"{total:,.1f} {money}")
    cut = text("report_cut", lang, shown=_MOST_LEFT, count=len(once)) if len(once) > _MOST_LEFT else ""
    return {"sentence": said, "rows": rows, "cut": cut}
