"""Canonical layers → layers of a delivery profile.

Rows are ordered by canonical layer, then by identifier as text, then by source, so that identifiers do not depend on
the order of files. Each delivered row stands in the trace with the row it came from; each row of a layer that the
profile knows is delivered at least once or has one finding with action "rejected".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.delivery.code_lists import CodeList
from onemap.delivery.districts import districts_of_level, locate, pad_code
from onemap.delivery.filling import filled, text_column
from onemap.delivery.identifiers import Feature, Identifiers
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.places import lonlat
from onemap.delivery.profile import Profile, ProfileField, ProfileLayer
from onemap.errors import LayerError, ProjectError
from onemap.findings import Action, Finding
from onemap.layers.catalogue import schema
from onemap.layers.crs import require_crs, to_crs
from onemap.layers.crs_names import crs_label, parse_crs

__all__ = ["Mapped", "map_to_profile"]

_SINGLE = {"Point": (0, 4), "LineString": (1, 5), "Polygon": (3, 6)}
_COUNTY_LEVEL = 6
_NO_ROWS = gpd.GeoDataFrame(
    {
        **{name: pd.array([], dtype="string") for name in ("_layer", "_id", "_source")},
        **{name: pd.array([], dtype="int64") for name in ("_part", "_parts")},
    },
    geometry=[],
)
TRACE_COLUMNS = ("layer", "identifier", "part", "canonical_layer", "id", "source")


@dataclass(frozen=True, slots=True)
class Mapped:
    """What mapping gives.

    Attributes
    ----------
    layers
        Delivery layers by code, in the order of the profile; empty ones too.
    findings
        Rows left out or split, and text that was cut.
    trace
        Where each delivered row came from: layer, identifier (first field of the row), part (from 1, of a feature that
        was split), canonical_layer, id, source.
    """

    layers: Mapping[str, DeliveryLayer]
    findings: tuple[Finding, ...]
    trace: pd.DataFrame


def map_to_profile(
    layers: Mapping[str, gpd.GeoDataFrame],
    profile: Profile,
    *,
    county_code: str,
    county_name: str,
    districts: gpd.GeoDataFrame | None = None,
    cut_long_text: bool = False,
    before: Mapping[Feature, str] | None = None,
) -> Mapped:
    """Map canonical layers to the layers of a profile.

    Parameters
    ----------
    layers
        Canonical layers by name, all in one CRS; those that the profile does not take are left aside with a finding.
    profile
        The profile.
    county_code
        Six digits, the start of each identifier.
    county_name
        Name of the county, for codes of six digits where the districts have none.
    districts
        Canonical layer of districts; needed where the profile delivers their codes. Features outside are left out.
    cut_long_text
        Cut text that is longer than its field, with a finding that holds all of it; otherwise it stays, the quality
        rules find it and the writers refuse it.
    before
        Identifiers of the delivery before, which its features keep; see `Identifiers`.

    Returns
    -------
    mapped
        Delivery layers in the profile's CRS (2-D, single parts), findings, trace.

    Raises
    ------
    CRSError
        If layers have no CRS, differ in it, or cannot be brought to the profile's.
    LayerError
        If a layer has no identifier, or districts are needed and missing.
    ProjectError
        If the county's code does not have six digits and identifiers are made.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> towers = gpd.GeoDataFrame(
    ...     {"tower_id": ["T1"], "name": ["甲站"]}, geometry=gpd.points_from_xy([75.5], [39.5]), crs=4490
    ... )
    >>> towns = gpd.GeoDataFrame(
    ...     {"code": ["659900101"], "name": ["甲镇"]}, geometry=[shapely.box(75, 39, 76, 40)], crs=4490
    ... )
    >>> profile = load_profile("telecom-special-plan")
    >>> mapped = map_to_profile(
    ...     {"towers": towers}, profile, county_code="659900", county_name="示范县", districts=towns
    ... )
    >>> mapped.layers["SZGYSSD"].frame.iloc[0, :6].tolist()
    ['659900010100000001', '0000000101', '659900101000', '甲镇', '甲站', '10']
    """
    _check_call(layers, profile, county_code, districts)
    wanted = list(dict.fromkeys(name for one in profile.layers for name in one.sources))
    findings = [
        Finding("OM-BIZ-101", name, values={"layer": name, "count": len(frame)})
        for name, frame in layers.items()
        if name not in wanted and name != "districts" and len(frame)
    ]
    counties = None if districts is None else _districts(districts, profile, county_code, county_name)
    pool = {}
    for name in wanted:
        if name in layers and len(layers[name]):
            pool[name], left_out = _prepare(name, layers[name], profile, counties)
            findings += left_out
    built, traces, taken = {}, [], {name: np.zeros(len(frame), dtype=bool) for name, frame in pool.items()}
    numbers = Identifiers(profile.bsm, county_code, before or {})
    for layer in profile.layers:
        rows, split = _rows_of(layer, pool, taken, counties)
        findings += split
        built[layer.code], trace, long = _deliver(layer, rows, profile, numbers, cut_long_text=cut_long_text)
        findings += long
        traces.append(trace)
    for name, frame in pool.items():
        findings += _left_out("OM-BIZ-104", frame[~taken[name]])
    empty = next((one.crs for one in layers.values()), None)
    finished = {code: _with_crs(layer, profile, empty) for code, layer in built.items()}
    return Mapped(MappingProxyType(finished), tuple(findings), pd.concat(traces, ignore_index=True))


def _check_call(
    layers: Mapping[str, gpd.GeoDataFrame], profile: Profile, county_code: str, districts: gpd.GeoDataFrame | None
) -> None:
    """Check the arguments of `map_to_profile`."""
    if profile.changes is not None:
        raise ProjectError("profile_of_changes", profile=profile.name, base=profile.changes.base)
    if layers:
        require_crs(**layers)
    if profile.bsm.pattern and not (len(county_code) == _COUNTY_LEVEL and county_code.isdecimal()):
        raise ProjectError("county_code_digits", code=county_code)
    if profile.delivers_districts and (districts is None or districts.empty):
        raise LayerError("districts_needed", profile=profile.name)
    for name, frame in layers.items():
        id_field = schema(name).id_field
        if id_field and len(frame) and id_field not in frame:
            raise LayerError("delivery_id_missing", layer=name, field=id_field)


def _districts(districts: gpd.GeoDataFrame, profile: Profile, code: str, name: str) -> gpd.GeoDataFrame:
    """Give the districts that codes are taken from; the whole county where codes have six digits."""
    level = profile.districts.code_level
    try:
        return districts_of_level(districts, level)
    except LayerError:
        if level != _COUNTY_LEVEL:
            raise
    return districts.assign(code=pad_code(code, level), name=name).reset_index(drop=True)


def _prepare(
    name: str, layer: gpd.GeoDataFrame, profile: Profile, counties: gpd.GeoDataFrame | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Give the rows of a canonical layer that may be delivered, in the profile's CRS and in order."""
    known = layer.assign(
        _layer=name,
        _id=text_column(layer, schema(name).id_field),
        _source=text_column(layer, "source"),
        _kind_code=_kind_codes(name, layer, profile),
    )
    findings: list[Finding] = []
    retired = text_column(known, "status").isin(profile.skip_status).to_numpy(dtype=bool)
    findings += _left_out("OM-BIZ-102", known[retired], status=text_column(known, "status")[retired])
    known = known[~retired]
    empty = (known.geometry.isna() | known.geometry.is_empty).to_numpy(dtype=bool)
    findings += _left_out("OM-GEO-107", known[empty])
    known = known[~empty]
    if counties is not None:
        position = locate(known, counties)
        findings += _left_out("OM-BIZ-103", known[position < 0])
        known, position = known[position >= 0], position[position >= 0]
        known = known.assign(
            _district_code=counties["code"].to_numpy()[position], _district_name=counties["name"].to_numpy()[position]
        )
    target = profile.crs.delivered_in
    delivered = to_crs(known, target) if target else known
    return delivered.sort_values(["_id", "_source"], kind="stable").reset_index(drop=True), findings


def _kind_codes(name: str, layer: gpd.GeoDataFrame, profile: Profile) -> pd.Series[str]:
    """Give the code of the kind of each facility."""
    field = profile.field_filled_by("kind_code")
    codes: CodeList | None = None if field is None else profile.code_lists.get(field.code_list)
    return pd.Series(pd.NA, index=layer.index, dtype="string") if codes is None else codes.codes_for(name, layer)


def _rows_of(
    layer: ProfileLayer,
    pool: Mapping[str, gpd.GeoDataFrame],
    taken: Mapping[str, np.ndarray],
    counties: gpd.GeoDataFrame | None,
) -> tuple[gpd.GeoDataFrame | None, list[Finding]]:
    """Gather the rows of one delivered layer as single parts; mark them as taken."""
    chosen, findings = [], []
    for name in layer.sources:
        if name not in pool:
            continue
        frame = pool[name]
        fits = np.isin(shapely.get_type_id(np.asarray(frame.geometry.array, dtype=object)), _SINGLE[layer.geometry])
        mask = fits & layer.condition.mask(frame)
        taken[name][mask] = True
        chosen.append(frame[mask])
    if not chosen:
        return None, []
    rows = gpd.GeoDataFrame(pd.concat(chosen, ignore_index=True), crs=chosen[0].crs)
    rows = rows.set_geometry(gpd.GeoSeries(shapely.force_2d(np.asarray(rows.geometry.array)), crs=rows.crs))
    parts = shapely.get_num_geometries(np.asarray(rows.geometry.array, dtype=object))
    several = rows[parts > 1]
    for finding, count in zip(_left_out("OM-GEO-108", several, action="repaired"), parts[parts > 1], strict=True):
        findings.append(replace(finding, layer=layer.code, values={**finding.values, "parts": int(count)}))
    single = rows.explode(index_parts=False)
    part = single.groupby(level=0).cumcount() + 1
    single = single.assign(_part=part, _parts=parts[single.index]).reset_index(drop=True)
    return (single if counties is None or several.empty else _parts_located(single, counties)), findings


def _parts_located(single: gpd.GeoDataFrame, counties: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each part of a split feature the district that it lies in; one outside all keeps that of the whole."""
    position = locate(single, counties)
    moved = (single["_parts"] > 1).to_numpy(dtype=bool) & (position >= 0)
    code, name = single["_district_code"].to_numpy(dtype=object), single["_district_name"].to_numpy(dtype=object)
    code[moved] = counties["code"].to_numpy(dtype=object)[position[moved]]
    name[moved] = counties["name"].to_numpy(dtype=object)[position[moved]]
    return single.assign(_district_code=code, _district_name=name)


def _deliver(
    layer: ProfileLayer, rows: gpd.GeoDataFrame | None, profile: Profile, numbers: Identifiers, *, cut_long_text: bool
) -> tuple[DeliveryLayer, pd.DataFrame, list[Finding]]:
    """Fill the fields of one layer."""
    fields = profile.fields_of(layer)
    if rows is None:
        rows = _NO_ROWS
    columns = {one.name: filled(one, layer, rows, numbers) for one in fields}
    findings = []
    for one in fields:
        columns[one.name], long = _fitted(one, columns[one.name], rows, layer.code, cut_long_text=cut_long_text)
        findings += long
    frame = gpd.GeoDataFrame(columns, geometry=rows.geometry, crs=rows.crs)
    trace = pd.DataFrame(
        {
            "layer": layer.code,
            "identifier": frame[fields[0].name].astype("string"),
            "part": rows["_part"].astype("int64"),
            "canonical_layer": rows["_layer"].astype("string"),
            "id": rows["_id"].astype("string"),
            "source": rows["_source"].astype("string"),
        },
        columns=list(TRACE_COLUMNS),
    )
    crs = "" if rows.crs is None else profile.crs.text or crs_label(parse_crs(rows.crs))
    return DeliveryLayer(layer.code, layer.alias, layer.geometry, layer.number, fields, frame, crs), trace, findings


def _fitted(
    field: ProfileField, values: pd.Series[Any], rows: gpd.GeoDataFrame, code: str, *, cut_long_text: bool
) -> tuple[pd.Series[Any], list[Finding]]:
    """Cut text that is longer than its field, where the caller wants that, with a finding that holds all of it."""
    if field.type != "text" or not cut_long_text:
        return values, []
    long = values.str.len().gt(field.length).fillna(value=False).to_numpy(dtype=bool)
    findings = [
        replace(
            finding,
            layer=code,
            values={**finding.values, "field": field.name, "length": len(text), "limit": field.length, "text": text},
        )
        for finding, text in zip(_left_out("OM-ATT-111", rows[long], action="repaired"), values[long], strict=True)
    ]
    return values.str.slice(0, field.length), findings


def _left_out(
    rule: str, rows: gpd.GeoDataFrame, *, action: Action = "rejected", **columns: pd.Series[str]
) -> list[Finding]:
    """Give one finding for each row, with its source and place."""
    if rows.empty:
        return []
    places = lonlat(np.asarray(rows.geometry.array, dtype=object), rows.crs)
    findings = []
    for position, (layer, feature, source) in enumerate(zip(rows["_layer"], rows["_id"], rows["_source"], strict=True)):
        file, row = _source_place(source)
        values = {
            "layer": layer,
            "feature": feature,
            **{name: str(col.iloc[position]) for name, col in columns.items()},
        }
        lon, lat = (None, None) if np.isnan(places[position, 0]) else places[position].tolist()
        findings.append(
            Finding(
                rule,
                layer,
                file=file,
                row=row,
                feature=str(feature),
                values=MappingProxyType(values),
                action=action,
                lon=lon,
                lat=lat,
            )
        )
    return findings


def _source_place(source: str | None) -> tuple[str, int | None]:
    """Read file and row from "file|layer|row"."""
    parts = [] if pd.isna(source) else str(source).rsplit("|", 2)
    if len(parts) != 3:
        return "" if not parts else str(source), None
    return parts[0], int(parts[2]) if parts[2].isdecimal() else None


def _with_crs(layer: DeliveryLayer, profile: Profile, crs: object) -> DeliveryLayer:
    """Give an empty layer the system that the others have."""
    if layer.frame.crs is not None or (crs is None and not profile.crs.delivered_in):
        return layer
    wanted = parse_crs(profile.crs.delivered_in or crs)
    return replace(layer, frame=layer.frame.set_crs(wanted), crs=profile.crs.text or crs_label(wanted))
