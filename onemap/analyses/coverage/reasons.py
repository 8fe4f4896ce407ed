"""What a verdict of coverage rests on, in sentences: the antenna, the ground or the power, and what was assumed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.coverage.assumptions import assumptions_text
from onemap.analyses.coverage.path_models import (
    FREE_SPACE_SHORT,
    NO_MODEL,
    OUTSIDE_GRID,
    OVER_VOID,
    SHORTEST_M,
    STANDS_IN,
)
from onemap.analyses.coverage.propagation import needed_db
from onemap.analyses.coverage.settings import FIELD_STRENGTH_MODELS, CoverageSettings
from onemap.messages import entry, text
from onemap.terrain.profile import CLEAR, GRAZING, UNKNOWN, margin_shape

__all__ = ["reasons_of"]

Row = Mapping[Any, Any]

_OPEN = {OVER_VOID: "field_open_void", OUTSIDE_GRID: "field_open_outside", NO_MODEL: "field_open_model"}
_ROWS_AT_ONCE = 20_000
_SERVICE = (
    "antenna", "technology", "verdict", "own_verdict", "compared", "nearest_m", "distance_m", "rsrp_dbm", "margin_db",
    "sigma_db", "line_of_sight", "basis", "state", "clearance_m", "obstacle_distance_m", "obstacle_elev_m",
)  # fmt: skip
_ANTENNA = ("cell_id", "tower_id", "height_agl_m", "height_assumed", "assumed")


def reasons_of(
    service: pd.DataFrame, antennas: pd.DataFrame, settings: CoverageSettings
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Say for each verdict what it rests on, in Chinese and in English.

    Parameters
    ----------
    service
        Table of `judged_service`.
    antennas
        Table of `serving_antennas`.
    settings
        What coverage was judged by.

    Returns
    -------
    zh, en
        A sentence for each row of the table.

    Examples
    --------
    >>> service = pd.DataFrame({"antenna": [-1], "nearest_m": [np.inf], "technology": "4G", "compared": [pd.NA]})
    >>> reasons_of(service, pd.DataFrame(columns=_ANTENNA), CoverageSettings())[1].tolist()
    ['no serving cell of this kind at all']
    """
    known = antennas.reindex(columns=[*_ANTENNA]).to_dict("records")
    columns = [name for name in _SERVICE if name in service.columns]
    found = np.empty((2, len(service)), dtype=object)
    for first in range(0, len(service), _ROWS_AT_ONCE):  # rows as dicts take much memory
        part = service[columns].iloc[first : first + _ROWS_AT_ONCE]
        if settings.model in FIELD_STRENGTH_MODELS and "sigma_db" in part:
            part = part.assign(needed_db=needed_db(part["sigma_db"].to_numpy(), settings.location_percent))
        for number, row in enumerate(part.to_dict("records"), start=first):
            for side, lang in enumerate(("zh", "en")):
                found[side, number] = _reason(row, known, settings, lang) + _comparison(row, lang)
    return found[0], found[1]


def _reason(row: Row, antennas: list[dict[Any, Any]], settings: CoverageSettings, lang: str) -> str:
    """Say what one verdict rests on."""
    by_field = settings.model in FIELD_STRENGTH_MODELS
    number = int(row["antenna"])
    if number < 0:
        return _nobody(float(row["nearest_m"]), str(row["technology"]), settings, lang)
    antenna = antennas[number]
    said = _power(row, antenna, settings, lang) if by_field else _sight(row, antenna, settings, lang)
    if antenna["height_assumed"] and settings.model != "radius":
        said += text("coverage_height_assumed", lang, height_m=f"{round(antenna['height_agl_m'], 1):g}")
    assumed = _radio_assumed(antenna) if by_field else ""
    return said + (text("field_assumed", lang, told=assumptions_text(assumed, lang)) if assumed else "")


def _radio_assumed(antenna: Row) -> str:
    """Give the codes of what was assumed but the height, which is said by itself."""
    codes = "" if _missing(antenna["assumed"]) else str(antenna["assumed"])
    return ";".join(code for code in codes.split(";") if code and not code.startswith("height_agl_m=default"))


def _nobody(nearest_m: float, technology: str, settings: CoverageSettings, lang: str) -> str:
    """Say that no antenna comes into question."""
    if np.isinf(nearest_m):
        return text("coverage_none_at_all", lang)
    if settings.model not in FIELD_STRENGTH_MODELS:
        range_m = f"{settings.range_m[technology]:.0f}"
        return text("coverage_none_in_range", lang, range_m=range_m, nearest_m=f"{nearest_m:.0f}")
    values = {"reach_m": f"{settings.reach_m:.0f}", "nearest_m": f"{nearest_m:.0f}"}
    if nearest_m <= settings.reach_m:
        return text("field_none_heard", lang, **values)
    return text("coverage_none_in_range", lang, range_m=values["reach_m"], nearest_m=values["nearest_m"])


def _power(row: Row, antenna: Row, settings: CoverageSettings, lang: str) -> str:
    """Say what power arrives, and how it compares with what is needed."""
    technology, basis = str(row["technology"]), int(row["basis"])
    sight = "field_sight_unknown"
    if not _missing(row["line_of_sight"]):
        sight = "field_in_sight" if row["line_of_sight"] else "field_hidden"
    said = _template(_power_id(row, basis), lang).format(
        server=_server(antenna, lang),
        distance_m=f"{row['distance_m']:.0f}",
        rsrp_dbm=f"{row['rsrp_dbm']:.1f}",
        margin_db=f"{abs(row['margin_db']):.1f}",
        least_dbm=f"{settings.rsrp_min_dbm[technology]:g}",
        needed_db=f"{row['needed_db']:.1f}",
        percent=f"{settings.location_percent:g}",
        technology=technology,
        sight=_template(sight, lang),
    )
    if basis == FREE_SPACE_SHORT:
        said += text("field_short", lang, limit_m=f"{SHORTEST_M:g}")
    if basis == STANDS_IN:
        said += text("field_stands_in", lang, model=_word(settings.model, lang))
    return said


def _power_id(row: Row, basis: int) -> str:
    """Choose the text for the power at a place."""
    verdict = str(row["own_verdict"])
    if basis > FREE_SPACE_SHORT:
        return _OPEN[basis] if verdict == "depends" else "field_too_weak"
    if verdict == "depends":
        return "field_depends_above" if row["margin_db"] >= 0 else "field_depends_below"
    return f"field_{verdict}"


def _comparison(row: Row, lang: str) -> str:
    """Say what other models hold of it."""
    if _missing(row.get("compared")):
        return ""
    outcomes = [part.split(": ") for part in str(row["compared"]).split("; ")]
    if all(outcome.split(" ")[0] == row["own_verdict"] for _, outcome in outcomes):
        others = text("list_comma", lang).join(_word(model, lang) for model, _ in outcomes[1:])
        return text("field_models_agree", lang, models=others)
    told = []
    for model, outcome in outcomes:
        verdict, _, power = outcome.partition(" ")
        outcome_word = text("field_depends", lang) if verdict == "depends" else _word(verdict, lang)
        told.append(" ".join([_word(model, lang), outcome_word, power]).strip())
    said = text("field_models_disagree", lang, models=text("list_comma", lang).join(told))
    # A verdict that is open by itself has said so already.
    return said if row["own_verdict"] == "depends" else said + text("field_to_be_tested", lang)


def _word(value: str, lang: str) -> str:
    """Give the word for a canonical value."""
    return text(f"word {value}", lang)


def _sight(row: Row, antenna: Row, settings: CoverageSettings, lang: str) -> str:
    """Say what the ray meets, or how far away the antenna is."""
    values = {name: f"{row[name]:.0f}" for name in ("distance_m", "obstacle_distance_m", "obstacle_elev_m")}
    clearance_m = float(row["clearance_m"])
    values |= {"clearance_m": f"{abs(clearance_m):.1f}", "range_m": f"{settings.range_m[str(row['technology'])]:.0f}"}
    values["server"] = _server(antenna, lang)
    values["needed_m"] = f"{_needed_m(row, settings):.1f}"
    return text(_sight_id(row, clearance_m, settings), lang, **values)


def _needed_m(row: Row, settings: CoverageSettings) -> float:
    """Give the margin that holds at the deciding obstacle, in metres; NaN where there is none."""
    share = np.array([row["obstacle_distance_m"] / row["distance_m"] if row["distance_m"] else 0.5])
    return settings.clearance_margin_m * float(margin_shape(share)[0])


def _sight_id(row: Row, clearance_m: float, settings: CoverageSettings) -> str:
    """Choose the text for the outcome of a ray."""
    if settings.model == "radius":
        return "coverage_in_radius"
    if row["state"] == CLEAR:
        return "coverage_clear"
    if row["state"] == UNKNOWN:
        return "coverage_void_ends" if np.isnan(clearance_m) else "coverage_void"
    if row["state"] == GRAZING:
        return "coverage_grazing_above" if clearance_m >= 0 else "coverage_grazing_below"
    return "coverage_blocked"


def _server(antenna: Row, lang: str) -> str:
    """Name an antenna by cell and tower, whichever is known."""
    cell, tower = antenna["cell_id"], antenna["tower_id"]
    if _missing(cell):
        return _template("coverage_server_tower", lang).format(tower=tower)
    if _missing(tower):
        return _template("coverage_server_cell", lang).format(cell=cell)
    return _template("coverage_server", lang).format(cell=cell, tower=tower)


@lru_cache(maxsize=64)
def _template(text_id: str, lang: str) -> str:
    """Give a text with its placeholders: looked up once for the million rows that it is filled in for."""
    return entry(text_id)[lang]


def _missing(value: object) -> bool:
    """Tell whether a value of a table is missing."""
    return value is None or value is pd.NA or value != value  # noqa: PLR0124
