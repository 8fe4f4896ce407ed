"""Two deliveries of one profile compared: what was added, changed and removed, as layers before, of change, and after.

Features are the same if they have the same identifier. Taking the features before out of the old delivery and putting
those after into it gives the new one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.delivery.change_rows import (
    PairedRows,
    change_keys,
    compared_fields,
    compared_rows,
    identifier_field,
    paired_rows,
)
from onemap.delivery.checked import CheckedLayer
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.profile import Profile
from onemap.delivery.profile_changes import ChangeKeys
from onemap.delivery.profile_parts import ProfileField
from onemap.errors import LayerError, ProjectError
from onemap.findings import Finding
from onemap.layers.crs_names import crs_label, parse_crs

__all__ = ["CHANGE_COLUMNS", "Changes", "apply_changes", "base_codes", "compare_deliveries"]

CHANGE_COLUMNS = ("layer", "identifier", "change", "number", "fields")
_DEGREE_M = 111_320.0
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two deliveries.

    Attributes
    ----------
    layers
        Layers before, of change and after by their codes, in the order of the profile; empty ones too.
    table
        One row a change: layer of the base, identifier, what happened, its number, names of the fields that differ
        ("geometry" among them).
    findings
        Features that cannot be compared, as they have no identifier of their own (then `layers` is empty), and
        identifiers that now stand at something else.
    """

    layers: Mapping[str, DeliveryLayer]
    table: pd.DataFrame
    findings: tuple[Finding, ...]

    def counts(self) -> dict[str, dict[str, int]]:
        """Count the changes of each layer of the base by kind."""
        counts: dict[str, dict[str, int]] = {}
        for layer, change in zip(self.table["layer"], self.table["change"], strict=True):
            of_layer = counts.setdefault(layer, {"added": 0, "changed": 0, "removed": 0})
            of_layer[change] += 1
        return counts


def base_codes(profile: Profile) -> tuple[str, ...]:
    """Name the layers of the profile whose deliveries are compared.

    Parameters
    ----------
    profile
        A profile with a table `[changes]`.

    Raises
    ------
    ProjectError
        If it has none.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> base_codes(load_profile("annual-maintenance"))
    ('ZDJCSSD', 'ZDJCSSX', 'ZDJCSSM')
    """
    mark = change_keys(profile).change
    return tuple(layer.code.removeprefix(mark) for layer in profile.layers if layer.code.startswith(mark))


def compare_deliveries(
    old: Mapping[str, CheckedLayer],
    new: Mapping[str, CheckedLayer],
    profile: Profile,
    *,
    date: dt.date,
    values: Mapping[str, str] = _NOTHING,
) -> Changes:
    """Compare two deliveries feature by feature.

    Parameters
    ----------
    old, new
        Their layers by code, in one system of coordinates; a layer that is missing has no features.
    profile
        A profile with a table `[changes]`, made for the profile of the deliveries.
    date
        Date of the changes: the first eight digits of their numbers.
    values
        Values of fields that only whoever delivers can give (`fill = "given"`), the same for all changes.

    Returns
    -------
    changes
        Layers, list and findings. Numbers run through all layers, in the order of the profile and of identifiers.
        Coordinates that differ by no more than the profile's tolerance are the same, and numbers by less than half of
        their last digit.

    Raises
    ------
    ProjectError
        If the profile has no table `[changes]`, or a value is given for a field that does not take one.
    LayerError
        If the deliveries are in different systems of coordinates, or hold none of the layers.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> def rooms(names):
    ...     frame = gpd.GeoDataFrame(
    ...         {"BSM": list(names), "MC": list(names.values())},
    ...         geometry=gpd.points_from_xy([75.0] * len(names), [39.0] * len(names)),
    ...         crs=4490,
    ...     )
    ...     return {"ZDJCSSD": CheckedLayer("ZDJCSSD", frame, (), "EPSG:4490")}
    >>> found = compare_deliveries(
    ...     rooms({"1": "甲", "2": "乙"}),
    ...     rooms({"2": "乙楼", "3": "丙"}),
    ...     load_profile("annual-maintenance"),
    ...     date=dt.date(2026, 1, 1),
    ... )
    >>> found.table[["identifier", "change", "fields"]].to_numpy().tolist()
    [['1', 'removed', ''], ['2', 'changed', 'MC'], ['3', 'added', '']]
    >>> found.layers["WHQZDJCSSD"].frame["MC"].tolist(), found.layers["WHHZDJCSSD"].frame["MC"].tolist()
    (['甲', '乙'], ['乙楼', '丙'])
    """
    keys = change_keys(profile)
    _require_given(profile, values)
    crs = _common_crs(old, new, base_codes(profile))
    findings: list[Finding] = []
    pairs = []
    for code in base_codes(profile):
        pair, problems = paired_rows(code, (old.get(code), new.get(code)), profile, crs=crs)
        pairs.append(pair)
        findings += problems
    if findings:
        return Changes({}, pd.DataFrame(columns=list(CHANGE_COLUMNS)), tuple(findings))
    layers: dict[str, DeliveryLayer] = {}
    tables: list[pd.DataFrame] = []
    number = 0
    for pair in pairs:
        table = _differences(pair, _tolerance(profile, crs))
        table["number"] = [f"{date:%Y%m%d}{one:06d}" for one in range(number + 1, number + len(table) + 1)]
        number += len(table)
        findings += _given_anew(pair, table)
        tables.append(table)
        layers |= _layers(pair, table, profile, keys=keys, values=values)
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(CHANGE_COLUMNS))
    return Changes(layers, whole[list(CHANGE_COLUMNS)], tuple(findings))


def apply_changes(
    old: Mapping[str, CheckedLayer], changes: Mapping[str, CheckedLayer], profile: Profile
) -> dict[str, gpd.GeoDataFrame]:
    """Bring a delivery up to date: features before go, features after come.

    Parameters
    ----------
    old
        Layers of the old delivery by code.
    changes
        Layers before and after by code, as `compare_deliveries` made them or as read from a file.
    profile
        The profile of the changes.

    Returns
    -------
    layers
        Fields of the base and geometry by code, in order of identifiers.

    Raises
    ------
    LayerError
        If a feature before is not in the old delivery, or one after stands in it already: the changes are of another.

    Examples
    --------
    >>> from onemap.delivery.profile import load_profile
    >>> profile = load_profile("annual-maintenance")
    >>> def room(code, identifier, name):
    ...     frame = gpd.GeoDataFrame(
    ...         {"BSM": [identifier], "MC": [name]}, geometry=gpd.points_from_xy([75], [39]), crs=4490
    ...     )
    ...     return {code: CheckedLayer(code, frame, (), "EPSG:4490")}
    >>> changes = room("WHQZDJCSSD", "1", "甲") | room("WHHZDJCSSD", "1", "甲楼")
    >>> apply_changes(room("ZDJCSSD", "1", "甲"), changes, profile)["ZDJCSSD"]["MC"].tolist()
    ['甲楼']
    """
    keys = change_keys(profile)
    crs = _common_crs(old, changes, (*old, *changes))
    updated = {}
    for code in base_codes(profile):
        fields = compared_fields(profile, code)
        name = identifier_field(fields)
        rows = compared_rows(old.get(code), fields, crs)
        gone = compared_rows(changes.get(f"{keys.before}{code}"), fields, crs)
        come = compared_rows(changes.get(f"{keys.after}{code}"), fields, crs)
        left = rows[~rows[name].isin(gone[name])]
        strange = [*gone[name][~gone[name].isin(rows[name])], *come[name][come[name].isin(left[name])]]
        if strange:
            raise LayerError("changes_of_another", layer=code, identifier=strange[0], count=len(strange))
        whole = gpd.GeoDataFrame(pd.concat([left, come], ignore_index=True), geometry="geometry", crs=crs or None)
        updated[code] = whole.sort_values(name, kind="stable").reset_index(drop=True)
    return updated


def _require_given(profile: Profile, values: Mapping[str, str]) -> None:
    """Require that values are given for fields that take them, and fit."""
    known = {one.name: one for one in profile.fields if one.filled_by == "given"}
    for name, value in values.items():
        if name not in known:
            raise ProjectError("changes_value_unknown", field=name, fields=", ".join(known) or "-")
        if len(value) > known[name].length:
            raise ProjectError("changes_value_long", field=name, value=value, length=known[name].length)


def _common_crs(one: Mapping[str, CheckedLayer], other: Mapping[str, CheckedLayer], codes: Sequence[str]) -> str:
    """Give the system that all layers have; empty where none declares one."""
    having = [layers[code] for layers in (one, other) for code in codes if code in layers]
    if not having:
        raise LayerError("changes_no_layer", layers=", ".join(codes[:6]), path="-")
    known: dict[str, CheckedLayer] = {}
    for layer in having:
        if layer.crs:
            known.setdefault(crs_label(parse_crs(layer.crs)), layer)
    if len(known) > 1:
        first, second = list(known)[:2]
        raise LayerError("changes_crs", layer=known[second].name, crs=second, wanted=first)
    return next(iter(known), "")


def _tolerance(profile: Profile, crs: str) -> float:
    """Give the tolerance of coordinates in units of the system."""
    metres = profile.crs.xy_tolerance_m
    return metres / _DEGREE_M if crs and parse_crs(crs).is_geographic else metres


def _differences(pair: PairedRows, tolerance: float) -> pd.DataFrame:
    """List what was added, changed and removed, in order of identifiers."""
    both = pair.old.index.intersection(pair.new.index, sort=False)
    old, new = pair.old.loc[both], pair.new.loc[both]
    differing = {one.name: _differs(one, old[one.name], new[one.name]) for one in pair.fields}
    differing["geometry"] = ~_same_places(old.geometry, new.geometry, tolerance)
    marks = np.column_stack(list(differing.values())) if len(both) else np.zeros((0, len(differing)), dtype=bool)
    names = np.array(list(differing), dtype=object)
    changed = [
        (identifier, "changed", ",".join(names[row])) for identifier, row in zip(both, marks, strict=True) if row.any()
    ]
    added = [(one, "added", "") for one in pair.new.index.difference(pair.old.index)]
    removed = [(one, "removed", "") for one in pair.old.index.difference(pair.new.index)]
    table = pd.DataFrame(sorted([*changed, *added, *removed]), columns=["identifier", "change", "fields"])
    return table.assign(layer=pair.code)


def _differs(field: ProfileField, old: pd.Series[Any], new: pd.Series[Any]) -> NDArray[np.bool_]:
    """Tell which values of a field differ; two that are missing do not."""
    if field.type == "text":
        return np.asarray(old.fillna("").ne(new.fillna("")), dtype=bool)
    one, other = old.to_numpy(dtype=float, na_value=np.nan), new.to_numpy(dtype=float, na_value=np.nan)
    near = np.abs(one - other) < 0.5 * 10.0**-field.decimals
    return np.asarray(~(near | (np.isnan(one) & np.isnan(other))), dtype=bool)


def _same_places(old: gpd.GeoSeries, new: gpd.GeoSeries, tolerance: float) -> NDArray[np.bool_]:
    """Tell which geometries are the same within a tolerance, rings begun anywhere and parts in any order."""
    one, other = np.asarray(old.array, dtype=object), np.asarray(new.array, dtype=object)
    same = shapely.equals_exact(one, other, tolerance)
    rest = np.flatnonzero(~same)
    same[rest] = shapely.equals_exact(shapely.normalize(one[rest]), shapely.normalize(other[rest]), tolerance)
    return np.asarray(same | (shapely.is_missing(one) & shapely.is_missing(other)), dtype=bool)


def _given_anew(pair: PairedRows, table: pd.DataFrame) -> list[Finding]:
    """Warn where identifiers now stand at features of another name and place: deliveries numbered anew."""
    name = next((one.name for one in pair.fields if one.filled_by == "name"), "")
    if not name:
        return []
    fields = table["fields"].str.split(",")
    moved = [one for one, held in zip(table["identifier"], fields, strict=True) if {name, "geometry"} <= set(held)]
    if not moved:
        return []
    values = {"count": len(moved), "all": len(pair.old.index.intersection(pair.new.index)), "identifier": moved[0]}
    return [Finding("OM-BIZ-113", pair.code, feature=moved[0], values=values)]


def _layers(
    pair: PairedRows, table: pd.DataFrame, profile: Profile, *, keys: ChangeKeys, values: Mapping[str, str]
) -> dict[str, DeliveryLayer]:
    """Make the layers before, of change and after."""
    kinds = {"added": keys.added, "changed": keys.changed, "removed": keys.removed}
    by_id = table.set_index("identifier")
    gone, come = table[table["change"] != "added"], table[table["change"] != "removed"]
    before, after = pair.old.loc[gone["identifier"]], pair.new.loc[come["identifier"]]
    only = table.loc[table["change"] == "removed", "identifier"]
    change = gpd.GeoDataFrame(pd.concat([after, pair.old.loc[only]]), crs=pair.old.crs).sort_index(kind="stable")
    frames = {
        f"{keys.before}{pair.code}": before,
        f"{keys.change}{pair.code}": change,
        f"{keys.after}{pair.code}": after,
    }
    layers = {}
    for layer in profile.layers:
        if layer.code not in frames:
            continue
        rows, fields = frames[layer.code], profile.fields_of(layer)
        more = {
            one.name: _of_change(one, by_id.loc[rows.index], kinds, values) for one in fields if one.name not in rows
        }
        frame = rows.assign(**more)[[*(one.name for one in fields), "geometry"]].reset_index(drop=True)
        label = "" if pair.old.crs is None else profile.crs.text or crs_label(parse_crs(pair.old.crs))
        layers[layer.code] = DeliveryLayer(
            layer.code,
            layer.alias,
            layer.geometry,
            layer.number,
            fields,
            gpd.GeoDataFrame(frame, crs=pair.old.crs),
            label,
        )
    return layers


def _of_change(
    field: ProfileField, table: pd.DataFrame, kinds: Mapping[str, str], values: Mapping[str, str]
) -> pd.Series[Any]:
    """Fill a field of the change layer."""
    if field.filled_by == "change_kind":
        return table["change"].map(kinds).astype("string")
    if field.filled_by == "change_number":
        return table["number"].astype("string")
    return pd.Series(values.get(field.name, pd.NA), index=table.index, dtype="string")
