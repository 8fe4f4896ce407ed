"""Rules against the districts: codes known and of one level, features inside, codes true to the place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely

from onemap.delivery.checked import CheckContext
from onemap.delivery.districts import code_level, pad_code
from onemap.delivery.places import lonlat
from onemap.delivery.plane import finite
from onemap.delivery.rules.registry import faults, layer_rule, row_rule
from onemap.findings import Faults

__all__ = ["code_is_of_the_place", "code_known", "codes_of_one_level", "inside_the_county"]


def _has_codes(context: CheckContext) -> bool:
    """Tell whether the layer has codes of districts, and there are districts to compare them with."""
    listed = bool(context.profile.districts.code_list)
    return bool(context.column("district_code")) and (context.districts is not None or listed)


def _has_places(context: CheckContext) -> bool:
    """Tell whether features can be laid over the districts."""
    return context.checked.has_geometry and bool(context.checked.crs) and context.districts is not None


@row_rule("OM-ATT-109", when=_has_codes)
def code_known(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require a code of the districts, with as many digits as the profile wants."""
    digits = context.profile.districts.code_level
    districts = context.districts
    known = set() if districts is None else {pad_code(str(code), digits) for code in districts["code"]}
    if context.profile.districts.code_list:
        codes = context.profile.code_lists[context.profile.districts.code_list].codes
        known |= {pad_code(code, digits) for code in codes if code_level(code) <= digits}
    text = context.text(context.column("district_code"))
    wanted = pd.Series(str(digits), index=layer.index)
    return faults(text.ne("") & ~text.isin(list(known)), value=text, digits=wanted)


@layer_rule("OM-ATT-113", when=lambda context: bool(context.column("district_code")))
def codes_of_one_level(context: CheckContext) -> list[Mapping[str, object]]:
    """Name a layer that mixes codes of counties, towns and villages."""
    codes = context.text(context.column("district_code"))
    levels = sorted({code_level(code) for code in codes.unique() if code})
    return [{"layer": context.checked.name, "levels": ", ".join(map(str, levels))}] if len(levels) > 1 else []


@row_rule("OM-BIZ-105", when=_has_places)
def inside_the_county(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require that a feature touches a district of the county."""
    geometry = context.checked.geometry()
    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    inside = np.zeros(len(geometry), dtype=bool)
    inside[np.unique(_meetings(geometry, context)[0])] = True
    outside = np.flatnonzero(present & ~inside)
    places = np.full(len(geometry), "-", dtype=object)
    if len(outside):
        places[outside] = [f"{lon:.5f}, {lat:.5f}" for lon, lat in lonlat(geometry[outside], context.checked.crs)]
    return faults(pd.Series(present & ~inside, index=layer.index), place=pd.Series(places, index=layer.index))


@row_rule("OM-BIZ-106", when=lambda context: _has_codes(context) and _has_places(context))
def code_is_of_the_place(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require that a feature touches the district whose code it bears, or lies in a part of it."""
    text = context.text(context.column("district_code"))
    rows, found = _meetings(context.checked.geometry(), context)
    codes = np.array([] if context.districts is None else context.districts["code"].astype(str), dtype=object)
    bare = [code[: code_level(code)] for code in codes]
    stated = {code: code[: code_level(code)] for code in text.unique()}
    known = {code for one in bare for code in (one[:6], one[:9], one)}
    here = text.to_numpy(dtype=object)[rows]
    agreeing = {
        (code, position) for code in stated for position in range(len(bare)) if bare[position].startswith(stated[code])
    }
    true = np.fromiter((pair in agreeing for pair in zip(here, found, strict=True)), dtype=bool, count=len(here))
    agrees, met = np.zeros(len(layer), dtype=bool), np.zeros(len(layer), dtype=bool)
    agrees[rows[true]], met[rows] = True, True
    comparable = text.map(lambda code: stated[code] in known).to_numpy(dtype=bool)
    places = np.full(len(layer), "-", dtype=object)
    places[rows] = codes[found]
    mask = pd.Series(met & comparable & ~agrees, index=layer.index)
    return faults(mask, value=text, found=pd.Series(places, index=layer.index))


def _meetings(geometry: np.ndarray, context: CheckContext) -> tuple[np.ndarray, np.ndarray]:
    """Give rows and the districts that they touch."""
    if context.districts is None or not len(geometry):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    areas = np.asarray(context.districts.geometry.array, dtype=object)
    sound = np.flatnonzero(finite(geometry))  # GEOS fails on coordinates that are not
    rows, found = shapely.STRtree(areas).query(geometry[sound], predicate="intersects")
    return sound[rows], found
