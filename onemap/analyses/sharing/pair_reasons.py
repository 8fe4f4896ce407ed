"""Why something is shared, and why not: one clause a pair, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.messages import LANGUAGES, text

__all__ = ["match_reasons", "outcome_reasons", "pair_reasons"]


def pair_reasons(
    pairs: pd.DataFrame, wants: pd.DataFrame, stock: pd.DataFrame, taken: Mapping[int, str]
) -> dict[str, list[str]]:
    """Say why each pair was rejected.

    Parameters
    ----------
    pairs
        Rejected pairs of `demand_pairs`.
    wants, stock
        The tables that their positions are of.
    taken
        Position in the stock → demands that hold it.

    Returns
    -------
    reasons
        By language, one clause a pair.

    Examples
    --------
    >>> pairs = pd.DataFrame({"want": [0], "item": [0], "distance_m": [120.0], "reason": ["low"], "clearance_m": [0.0],
    ...     "obstacle_m": [0.0], "seen_share": [0.0]})
    >>> wants = pd.DataFrame({"wanted_height_m": [40.0], "units": [1], "load_kg": [0.0], "requester": ["甲"]})
    >>> stock = pd.DataFrame({"id": ["T1"], "owner": ["乙"], "room": [1], "height_agl_m": [25.0], "spare_kg": [0.0]})
    >>> pair_reasons(pairs, wants, stock, {})["en"]
    ['T1 (120 m): 25 m high, 40 m wanted']
    """
    asked = wants.iloc[pairs["want"]].reset_index(drop=True)
    given = stock.iloc[pairs["item"]].reset_index(drop=True)
    records = [
        {
            "id": name,
            "distance_m": f"{distance_m:.0f}",
            "height_m": f"{height_m:g}",
            "wanted_m": f"{wanted_m:g}",
            "room": room,
            "units": units,
            "load_kg": f"{load_kg:g}",
            "spare_kg": f"{spare_kg:g}",
            "owner": "-" if pd.isna(owner) else owner,
            "requester": "-" if pd.isna(requester) else requester,
            "below_m": f"{-clearance_m:.1f}",
            "obstacle_m": f"{obstacle_m:.0f}",
            "share": "-" if np.isnan(seen) else f"{seen:.0%}",
            "takers": taken.get(item, "-"),
        }
        for name, owner, room, height_m, spare_kg, distance_m, clearance_m, obstacle_m, seen, item, wanted_m, units,
        load_kg, requester in zip(
            *(given[name].tolist() for name in ("id", "owner", "room", "height_agl_m", "spare_kg")),
            *(pairs[name].tolist() for name in ("distance_m", "clearance_m", "obstacle_m", "seen_share", "item")),
            *(asked[name].tolist() for name in ("wanted_height_m", "units", "load_kg", "requester")),
            strict=True,
        )
    ]  # fmt: skip
    reasons = [f"share_not_{reason}" for reason in pairs["reason"]]
    return {
        lang: [
            text("share_pair", lang, reason=text(reason, lang, **record), **record)
            for reason, record in zip(reasons, records, strict=True)
        ]
        for lang in LANGUAGES
    }


def match_reasons(pairs: pd.DataFrame, asked: pd.DataFrame, given: pd.DataFrame) -> dict[str, list[str]]:
    """Say why what is given will do, and what is still to be checked.

    Parameters
    ----------
    pairs
        Pairs that were chosen.
    asked, given
        The demand and the supply of each, row by row.

    Examples
    --------
    >>> pairs = pd.DataFrame({"distance_m": [120.0], "clearance_m": [np.nan], "seen_share": [0.8]})
    >>> asked = pd.DataFrame({"id": ["Q1"], "resource": ["camera"], "wanted_height_m": [20.0], "units": [1]})
    >>> given = pd.DataFrame({"id": ["T1"], "owner": ["乙"], "room": [2], "height_agl_m": [25.0],
    ...     "height_known": [False], "room_known": [True], "spare_known": [True], "layer": ["towers"]})
    >>> match_reasons(pairs, asked, given)["en"]
    ['T1 of 乙 lies 120 m away and has 2 free; 25 m high; sees 80% of the area; to be checked: height']
    """
    records = [
        {**other, **one, **third}  # both have an id: that of what is given stands
        for one, other, third in zip(
            given.to_dict("records"),
            asked.to_dict("records"),
            pairs[["distance_m", "clearance_m", "seen_share"]].to_dict("records"),
            strict=True,
        )
    ]
    return {lang: [_why(record, lang) for record in records] for lang in LANGUAGES}


def _why(record: Mapping[Any, Any], lang: str) -> str:
    """Say why one will do."""
    owner = "-" if pd.isna(record["owner"]) else record["owner"]
    said = text(
        "share_found", lang, id=record["id"], owner=owner, distance_m=f"{record['distance_m']:.0f}", room=record["room"]
    )
    if np.isfinite(record["height_agl_m"]):
        said += text("share_found_height", lang, height_m=f"{record['height_agl_m']:g}")
    if np.isfinite(record["clearance_m"]):
        said += text("share_found_sees", lang, clearance_m=f"{record['clearance_m']:.1f}")
    if np.isfinite(record["seen_share"]):
        said += text("share_found_view", lang, share=f"{record['seen_share']:.0%}")
    mast = record["layer"] in {"towers", "structures"}
    doubts = [
        text(f"share_doubt_{name}", lang)
        for name, doubtful in (
            ("height", mast and not record["height_known"]),
            ("room", not record["room_known"]),
            ("load", mast and not record["spare_known"]),
        )
        if doubtful
    ]
    return said + (text("share_found_check", lang, doubts=_joined(doubts, lang)) if doubts else "")


def outcome_reasons(
    wants: pd.DataFrame,
    told: pd.DataFrame,
    *,
    met: NDArray[np.bool_],
    reach_m: NDArray[np.float64],
    nearest_m: NDArray[np.float64],
    in_reach: NDArray[np.int64],
) -> dict[str, list[str | None]]:
    """Say why a demand is not met, with what came nearest; nothing where it is met.

    Parameters
    ----------
    wants
        The demands.
    told
        The nearest misses of each, with their clauses.
    met
        Which demands are met, shape (n,).
    reach_m, nearest_m
        How far each reaches, and how far the nearest is of those that reach nothing, shape (n,), in metres.
    in_reach
        How many lie in reach of each, shape (n,).

    Examples
    --------
    >>> wants = pd.DataFrame({"resource": ["bore"], "said": ["管孔"]})
    >>> told = pd.DataFrame({"want": [0], "clause_zh": ["甲"], "clause_en": ["G1 (20 m): no room"]})
    >>> outcome_reasons(wants, told, met=np.array([False]), reach_m=np.array([500.0]), nearest_m=np.array([np.nan]),
    ...     in_reach=np.array([1]))["en"]
    ['of 1 within 500 m none will do; the nearest: G1 (20 m): no room']
    """
    reasons: dict[str, list[str | None]] = {}
    for lang in LANGUAGES:
        clauses: dict[int, list[str]] = {}
        for want, clause in zip(told["want"].tolist(), told[f"clause_{lang}"], strict=True):
            clauses.setdefault(want, []).append(clause)
        reasons[lang] = [
            None
            if met[row]
            else _why_not(resource, said, reach_m[row], nearest_m[row], in_reach[row], clauses.get(row, []), lang)
            for row, (resource, said) in enumerate(zip(wants["resource"], wants["said"], strict=True))
        ]
    return reasons


def _why_not(  # noqa: PLR0917
    resource: object, said: object, reach_m: float, nearest_m: float, count: int, clauses: list[str], lang: str
) -> str:
    """Say why one demand is not met."""
    if pd.isna(resource):  # type: ignore[call-overload]
        return text("share_unknown_kind", lang, said=said)
    if count == 0:
        if np.isinf(nearest_m):
            return text("share_nothing", lang)
        known = "share_far" if np.isfinite(nearest_m) else "share_none_near"
        return text(known, lang, reach_m=f"{reach_m:.0f}", nearest_m=f"{nearest_m:.0f}")
    return text("share_none", lang, count=count, reach_m=f"{reach_m:.0f}", misses=_joined(clauses, lang))


def _joined(parts: list[str], lang: str) -> str:
    """Join clauses."""
    return ("；" if lang == "zh" else "; ").join(parts)
