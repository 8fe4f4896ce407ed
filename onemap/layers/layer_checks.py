"""What a whole source shows and no row alone: odd codes, another unit, names against codes, heaps of points."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from onemap.findings import Finding
from onemap.layers.agreement import network_operator, odd_names
from onemap.layers.catalogue import schema as schema_of
from onemap.layers.cell_checks import named_cell
from onemap.layers.column_checks import above_sea_column, above_sea_rows, likely_unit
from onemap.layers.identifiers import SPREADSHEET_DIGITS, is_identifier, rounded_identifiers, shortened_codes
from onemap.layers.mapping import LayerMapping
from onemap.layers.place_checks import heaps
from onemap.layers.repairs import outcome
from onemap.layers.row_faults import CellFault, RowFault
from onemap.layers.row_findings import name_faults
from onemap.layers.schema import Field, LayerSchema
from onemap.layers.shape_checks import same_shapes
from onemap.layers.whole_layer import FrameLayer, WholeLayer
from onemap.messages import Told

__all__ = ["checked_layer", "layer_findings", "whole_layer_findings"]

_SHARED_SPOTS = frozenset({"cells", "measurements"})
"""Layers of which many rows honestly lie on one spot."""
_SHARED_ROUTES = frozenset({"cables"})
"""Layers of which rows honestly have one shape."""
_FEWEST_IN_A_HEAP = 10
_CODES_AND_NAMES = (
    ("district_code", 12, "village"), ("district_code", 9, "town"),
    ("village_id", 12, "village"), ("village_id", 9, "town"),
)  # fmt: skip
"""Field of a code, how many of its digits stand for the place, field of the name of that place."""


@dataclass(slots=True)
class _Layer:
    """One conformed source, and what is found in it."""

    whole: WholeLayer
    schema: LayerSchema
    repairs: Collection[str]
    faults: list[RowFault] = field(default_factory=list)
    repaired: dict[str, pd.Series] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        """Tell whether a field is there."""
        return name in self.whole

    def __getitem__(self, name: str) -> pd.Series:
        """Give a field as it is by now."""
        return self.repaired[name] if name in self.repaired else self.whole[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Give a field as numbers, NaN where it is missing."""
        numbers: NDArray[np.float64] = self[name].to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers

    def fields(self) -> list[Field]:
        """Give the fields of the layer that are there."""
        return [one for name, one in self.schema.fields.items() if name in self]

    def texts(self, name: str) -> NDArray[np.object_]:
        """Give a field as texts, None where it is missing."""
        column = self[name]
        texts: NDArray[np.object_] = column.astype(object).where(column.notna(), None).to_numpy(dtype=object)
        return texts

    def note(self, rule: str, row: int | None, values: Mapping[str, object], *fields: str) -> None:
        """Keep a fault."""
        self.faults.append(RowFault(rule, row, values, fields=fields))

    def settle(self, one: Field, found: list[CellFault], texts: NDArray[np.object_]) -> None:
        """Keep faults of cells, and put what was meant in their place where a repair is asked for."""
        meant: dict[int, str | None] = {}
        for cell in found:
            asked = bool(cell.repair) and cell.repair in self.repairs
            before = str(texts[cell.row])
            done = outcome(cell.repair, self.repairs, before=before, after=cell.meant)
            action: Literal["kept", "repaired"] = "repaired" if asked else "kept"
            values = {**named_cell(one, before), **cell.values, "done": done}
            self.faults.append(RowFault(cell.rule, cell.row, values, action, (one.name,)))
            if asked:
                meant[cell.row] = cell.meant
        if meant:
            column = self[one.name].copy()
            column.iloc[list(meant)] = list(meant.values())
            self.repaired[one.name] = column


def checked_layer(
    layer: gpd.GeoDataFrame, schema: LayerSchema, mapping: LayerMapping
) -> tuple[gpd.GeoDataFrame, list[RowFault]]:
    """Look at all rows of a conformed source together.

    Parameters
    ----------
    layer
        The source as a canonical layer, whole.
    schema
        Its layer of the catalogue.
    mapping
        How it was mapped; its repairs are carried out.

    Returns
    -------
    layer, faults
        The layer, repaired as asked; positions of the faults are those of its rows.

    Examples
    --------
    >>> import shapely
    >>> from onemap.layers.catalogue import schema
    >>> sites = gpd.GeoDataFrame(
    ...     {"tower_id": [f"T{n}" for n in range(3)], "height_agl_m": [3500.0, 4200.0, 2800.0]},
    ...     geometry=shapely.points([[75.1, 39.1], [75.2, 39.2], [75.3, 39.3]]), crs="EPSG:4490",
    ... )
    >>> mapping = LayerMapping("towers", fields={"height_agl_m": "塔高"})
    >>> [fault.values["likely"] for fault in checked_layer(sites, schema("towers"), mapping)[1]]
    ['cm']
    """
    one = _checked(FrameLayer(layer), schema, mapping)
    return (layer.assign(**one.repaired) if one.repaired else layer), one.faults


def layer_findings(
    layer: gpd.GeoDataFrame, mapping: LayerMapping, *, file: str, sheet: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Look at all rows of a conformed source together, and name what is found as a person sees it.

    Parameters
    ----------
    layer
        The source as a canonical layer, whole: all batches under each other, with the field `source`.
    mapping
        How it was mapped; its repairs are carried out.
    file, sheet
        Name of the file, relative to the project, and of the layer or sheet in it.

    Returns
    -------
    layer, findings
        The layer, repaired as asked.

    Examples
    --------
    >>> import shapely
    >>> codes = ["0101", "0102", "103", "0104"]
    >>> sites = gpd.GeoDataFrame(
    ...     {"tower_id": codes, "source": [f"a.csv||{n}" for n in (2, 3, 4, 5)]},
    ...     geometry=shapely.points([[75.1, 39.1], [75.2, 39.2], [75.3, 39.3], [75.4, 39.4]]), crs="EPSG:4490",
    ... )
    >>> mapping = LayerMapping("towers", fields={"tower_id": "编码"}, repair=["leading_zeros"])
    >>> towers, findings = layer_findings(sites, mapping, file="a.csv", sheet="")
    >>> towers["tower_id"].tolist(), findings[0].row, findings[0].action, findings[0].columns
    (['0101', '0102', '0103', '0104'], 4, 'repaired', ('编码',))
    """
    repaired, findings = whole_layer_findings(FrameLayer(layer), mapping, file=file, sheet=sheet)
    return (layer.assign(**repaired) if repaired else layer), findings


def whole_layer_findings(
    layer: WholeLayer, mapping: LayerMapping, *, file: str, sheet: str
) -> tuple[dict[str, pd.Series], tuple[Finding, ...]]:
    """Look at all rows of a conformed source together, however they are kept.

    Parameters
    ----------
    layer, mapping, file, sheet
        As in `layer_findings`.

    Returns
    -------
    repaired, findings
        Fields that were repaired as asked, by name, and what was found.

    Examples
    --------
    >>> import shapely
    >>> sites = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=shapely.points([[75.1, 39.1]]), crs="EPSG:4490")
    >>> whole_layer_findings(FrameLayer(sites), LayerMapping("towers"), file="a.csv", sheet="")
    ({}, ())
    """
    checked = _checked(layer, schema_of(mapping.layer), mapping)
    if not checked.faults:
        return checked.repaired, ()
    at_fault = np.array(sorted({one.position for one in checked.faults if one.position is not None}), dtype=np.int64)
    place = {row: at for at, row in enumerate(at_fault.tolist())}
    id_field = checked.schema.id_field
    named = name_faults(
        [one if one.position is None else replace(one, position=place[one.position]) for one in checked.faults],
        _Rows(sheet, np.array([int(str(text).rpartition("|")[2]) for text in _some(layer, "source", at_fault)])),
        mapping,
        file=file,
        features=_some(layer, id_field, at_fault) if id_field in layer else None,
        geometry=layer.shapes(at_fault),
    )
    return checked.repaired, tuple(named)


def _some(layer: WholeLayer, name: str, rows: NDArray[np.int64]) -> pd.Series:
    """Give a field of some rows."""
    return layer[name].iloc[rows] if len(rows) else pd.Series(dtype=object)


def _checked(layer: WholeLayer, schema: LayerSchema, mapping: LayerMapping) -> _Layer:
    """Go through the checks."""
    one = _Layer(layer, schema, mapping.repair)
    if len(layer):
        for check in _CHECKS:
            check(one)
    return one


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the rows of a layer stand in their file."""

    layer: str
    rows: NDArray[np.int64]


def _identifiers(layer: _Layer) -> None:
    """Find identifiers and codes that lost digits at either end."""
    for one in layer.fields():
        if one.kind == "text" and is_identifier(one.name) and _of_many_lengths(layer[one.name]):
            texts = layer.texts(one.name)
            layer.settle(one, [*rounded_identifiers(texts), *shortened_codes(texts, field=one.name)], texts)


def _of_many_lengths(column: pd.Series) -> bool:
    """Tell whether texts are of several lengths, or so long that a spreadsheet may have cut them."""
    lengths = pc.min_max(pc.utf8_length(pa.array(column, pa.large_string(), from_pandas=True))).as_py()
    return lengths["min"] != lengths["max"] or (lengths["max"] or 0) > SPREADSHEET_DIGITS


def _units(layer: _Layer) -> None:
    """Find columns whose numbers fit another unit."""
    for one in layer.fields():
        if one.kind in {"number", "integer"} and one.unit:
            numbers = layer.numbers(one.name)
            unit = likely_unit(one, numbers)
            if unit and not (one.name == "height_agl_m" and above_sea_column(numbers)):
                count = int(np.isfinite(numbers).sum())
                layer.note("OM-ATT-029", None, {**named_cell(one, ""), "likely": unit, "count": count}, one.name)


def _heights(layer: _Layer) -> None:
    """Find heights above ground that are heights above the sea."""
    name = "height_agl_m"
    if name not in layer:
        return
    one, numbers = layer.schema.fields[name], layer.numbers(name)
    if "ground_elev_m" not in layer:
        if above_sea_column(numbers):
            value = f"{np.nanmin(numbers):g} – {np.nanmax(numbers):g}"
            layer.note("OM-ATT-016", None, {**named_cell(one, value), "done": Told("done_kept")}, name)
        return
    ground = layer.numbers("ground_elev_m")
    repair, mended = "above_sea_heights", numbers.copy()
    rows = above_sea_rows(numbers, ground)
    asked = repair in layer.repairs
    for row in rows.tolist():
        after = round(float(numbers[row] - ground[row]), 3)
        done = outcome(repair, layer.repairs, before=float(numbers[row]), after=after)
        values = {**named_cell(one, f"{numbers[row]:g}"), "done": done}
        layer.faults.append(RowFault("OM-ATT-016", row, values, "repaired" if asked else "kept", (name,)))
        mended[row] = after
    if asked and len(rows):
        layer.repaired[name] = pd.Series(mended, index=layer[name].index)


def _names(layer: _Layer) -> None:
    """Find names of places that are not those of their codes."""
    for code, width, name in _CODES_AND_NAMES:
        if code in layer and name in layer:
            codes = [None if text is None or len(text) < width else text[:width] for text in layer.texts(code)]
            names = layer.texts(name).tolist()
            for row, expected in odd_names(codes, names).items():
                values = {**named_cell(layer.schema.fields[name], names[row]), "code": codes[row], "expected": expected}
                layer.note("OM-ATT-026", row, values, name, code)


def _operators(layer: _Layer) -> None:
    """Find cells whose operator is not that of their network, and that are not shared."""
    if "cell_id" not in layer or "operator" not in layer:
        return
    starts = pd.Series(layer.texts("cell_id")).str.slice(0, 12)
    codes, words = pd.factorize(starts.str.replace(r"^(460[-_ ]?\d\d[-_ ]?).*$", r"\1", regex=True))
    expected = np.array([*(network_operator(f"{word.rstrip('-_ ')}-") for word in words.tolist()), ""], dtype=object)[
        codes
    ]
    operators = layer.texts("operator")
    shared = layer["shared_with"].notna().to_numpy() if "shared_with" in layer else np.zeros(len(codes), bool)
    one = layer.schema.fields["operator"]
    odd = (expected != "") & (expected != operators) & np.isin(operators.astype(str), _OPERATORS) & ~shared
    rows = np.flatnonzero(odd)
    for row, cell in zip(rows.tolist(), layer["cell_id"].iloc[rows].tolist(), strict=True):
        values = {**named_cell(one, operators[row]), "code": str(cell), "expected": expected[row]}
        layer.note("OM-ATT-027", row, values, "operator", "cell_id")


def _spots(layer: _Layer) -> None:
    """Find spots on which many rows lie exactly."""
    if layer.schema.name in _SHARED_SPOTS:
        return
    lon, lat = layer.whole.coordinates()
    points = np.flatnonzero(~np.isnan(lon))
    lon, lat = lon[points], lat[points]
    first, counts = heaps(lon, lat, fewest=_FEWEST_IN_A_HEAP)
    for at, count in zip(first.tolist(), counts.tolist(), strict=True):
        layer.note("OM-GEO-008", int(points[at]), {"count": count, "value": f"{lon[at]:.10g}, {lat[at]:.10g}"})


def _shapes(layer: _Layer) -> None:
    """Find lines and polygons that stand twice with different identifiers."""
    name = layer.schema.id_field
    if layer.schema.name in _SHARED_ROUTES or name not in layer:
        return
    rows = np.flatnonzero(np.isnan(layer.whole.coordinates()[0]))
    if not len(rows):
        return
    first = same_shapes(layer.whole.shapes(rows))
    identifiers = layer[name].iloc[rows].array
    for at in np.flatnonzero(first != np.arange(len(first))).tolist():
        known = identifiers[first[at]]
        if known != identifiers[at]:
            layer.note("OM-GEO-014", int(rows[at]), {"first": str(known)})


_OPERATORS = ["中国移动", "中国联通", "中国电信", "中国广电"]
_CHECKS: tuple[Callable[[_Layer], None], ...] = (
    _identifiers,
    _units,
    _heights,
    _names,
    _operators,
    _spots,
    _shapes,
)
