"""Vector files and tables of all formats, and the bundles (folders, archives) that hold some."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from onemap.errors import OnemapError, ReadError
from onemap.findings import Action, Finding
from onemap.messages import Told
from onemap.sources.bundles import BUNDLES, Member, Resolved, members, resolved, said_of
from onemap.sources.guard import FORMATS
from onemap.sources.reader import Reader, open_reader

__all__ = ["LayerInfo", "SourceLayer", "StoredField", "list_layers", "read_file", "source_of"]

_KMZ = {suffix for suffix, driver in FORMATS.items() if driver == "KMZ"}
_SHOWN_NAMES = 12
_ONE_LAYER = {"ESRI Shapefile", "GeoJSON", "FlatGeobuf", "MapInfo File"}
"""Formats whose only layer has no name of its own: GDAL calls it by the file."""


@dataclass(frozen=True, slots=True)
class StoredField:
    """How a field is stored in a file.

    Attributes
    ----------
    name
        Name in the file.
    type
        Arrow's name of the type, such as "string", "int32", "double", "date32[day]".
    width
        Characters of a text, bytes of any field in a Shapefile; None where the format has none.
    decimals
        Digits after the point; None where the format has none.
    alias
        What people read in place of the name; empty where the format has none.
    """

    name: str
    type: str
    width: int | None
    decimals: int | None
    alias: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SourceLayer:
    """One layer as its file holds it.

    Attributes
    ----------
    path
        The file.
    layer
        Layer or sheet in it, empty where the format has none.
    frame
        Attributes, one row a feature, in the order of the file. Whole numbers, text and yes/no are nullable; every
        value of a CSV is text; a column of several kinds in a workbook holds Python values. An empty cell is missing.
    geometry
        Shapely geometries (None: the row has none) in `crs`, Z and M kept; None for a table without geometry.
    crs
        "EPSG:n" or WKT as the file declares it, None if it does not.
    driver
        Name of the format, a value of `onemap.sources.guard.FORMATS`.
    encoding
        Encoding that the text was read in; None for a workbook.
    rows
        Row of each feature as a person sees it, shape (n,): the line of a sheet, counting title and header, or the
        feature's number from 1.
    findings
        What was noted on the way; `layer` in them is the source's layer, `file` the name of the file.
    stored
        How each field is stored, in the order of the file; empty for a CSV and a workbook.
    positions
        Where each column of a CSV or sheet stands, from 0 for column A; empty for other formats.
    header_row
        Row of the column names in a CSV or sheet, from 1 (the last of several); None for other formats.
    encoding_confidence, encoding_reason, encoding_values
        How sure the encoding is, 0–1, None where the format leaves no choice; the text that says why, and its values.
    """

    path: Path
    layer: str
    frame: pd.DataFrame
    geometry: NDArray[np.object_] | None
    crs: str | None
    driver: str
    encoding: str | None
    rows: NDArray[np.int64]
    findings: tuple[Finding, ...] = ()
    stored: tuple[StoredField, ...] = ()
    positions: tuple[int, ...] = ()
    header_row: int | None = None
    encoding_confidence: float | None = None
    encoding_reason: str = ""
    encoding_values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """What a layer of a file is, without its rows.

    Attributes
    ----------
    name
        Layer or sheet, empty for a CSV.
    driver
        Name of the format.
    geometry_type
        As GDAL names it ("Point", "MultiPolygon Z", "Unknown"), None for a table.
    rows
        Number of features.
    crs
        "EPSG:n" or WKT, None if none is declared.
    fields
        Names of the columns.
    encoding
        Encoding of the text, None for a workbook.
    problem
        Why a file of a folder or archive cannot be read; reading it raises the same. None for all others.
    """

    name: str
    driver: str
    geometry_type: str | None
    rows: int
    crs: str | None
    fields: tuple[str, ...]
    encoding: str | None
    problem: OnemapError | None = None


def read_file(
    path: str | Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    header_row: int | None = None,
    fill_merged: bool = False,
    reader: Reader | None = None,
) -> SourceLayer:
    r"""Read one layer of a file in the guarded worker, unchanged.

    Parameters
    ----------
    path
        File of one of `onemap.sources.guard.FORMATS`, a File GDB, or a folder or ZIP of such files.
    layer
        Layer or sheet; the only one that holds rows if not given. In a folder or ZIP the path of the file in it, with
        "#" and the layer after it where the format holds several; in a drawing one of its own layers, or "entities".
    encoding
        Encoding of a Shapefile or CSV that says none or a wrong one; otherwise it is found from the bytes.
    header_row
        Line of the column names in a CSV or sheet, from 1; if not given it is found: the first that is as wide as the
        table and holds words.
    fill_merged
        Whether merged cells of a workbook all get the value of the first, which is where it stands.
    reader
        Worker to use, from `open_reader`; one is started for this read if not given.

    Returns
    -------
    source
        What the file holds.

    Raises
    ------
    ReadError
        If the file is missing, damaged, of another format, or holds several layers and none is named.
    RefusedError
        If the file points elsewhere, or is no plain file on this machine.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towers.csv"
    >>> _ = file.write_text("站址编码,经度\nT1,75.1\n", encoding="utf-8")
    >>> source = read_file(file)
    >>> source.frame.to_dict("list"), source.rows.tolist()
    ({'站址编码': ['T1'], '经度': ['75.1']}, [2])
    """
    path = Path(path)
    options: dict[str, object] = {
        "layer": layer or None,
        "encoding": encoding,
        "header_row": header_row,
        "fill_merged": fill_merged,
    }
    options["is_ovital"] = path.suffix.lower() == ".ovkmz"  # which holds a doc.kml
    if header_row is not None and header_row < 1:
        msg = f"header_row must be 1 or more, got {header_row}"
        raise ValueError(msg)
    with (
        nullcontext(reader) if reader is not None else open_reader() as worker,
        resolved(path, layer or None, worker) as one,
    ):
        facts, body = worker.ask("read", one.member.path, **{**options, "layer": one.layer})
        if "has_geometry" not in facts:
            raise ReadError("not_a_vector_file", path=path)
        with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
            return source_of(path, one, facts, stream.read_all())


def list_layers(path: str | Path, *, reader: Reader | None = None) -> list[LayerInfo]:
    r"""List the layers or sheets of a file.

    Parameters
    ----------
    path
        File of any format that `read_file` reads.
    reader
        Worker to use; one is started if not given.

    Raises
    ------
    ReadError, RefusedError
        As in `read_file`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towers.csv"
    >>> _ = file.write_text("id,lon\nT1,75.1\n", encoding="utf-8")
    >>> list_layers(file)[0].fields
    ('id', 'lon')
    """
    with nullcontext(reader) if reader is not None else open_reader() as worker:
        driver, path = worker.driver_of(path), Path(path)
        if driver not in BUNDLES:
            return _described(worker, Member(path, ""))
        with members(path, driver, worker) as (found, _):
            return [info for member in found for info in _described_member(worker, path, driver, member)]


def _described(worker: Reader, member: Member) -> list[LayerInfo]:
    """List the layers of one file."""
    facts, _ = worker.ask("describe", member.path)
    return [
        LayerInfo(
            **{
                **layer,
                "name": member.layer_name(layer["name"], layer["driver"]),
                "fields": tuple(layer["fields"]),
            }
        )
        for layer in facts["layers"]
    ]


def _described_member(worker: Reader, path: Path, driver: str, member: Member) -> list[LayerInfo]:
    """List the layers of a file in a bundle; one that cannot be read is an entry too, so that it is not overlooked."""
    try:
        infos = _described(worker, member)
        if not infos and driver != "KMZ":
            raise ReadError("file_without_layers", path=member.path)
    except OnemapError as error:
        known = FORMATS.get(member.path.suffix.lower(), "")
        problem = said_of(error, path, member)
        return [LayerInfo(member.name, known, None, 0, None, fields=(), encoding=None, problem=problem)]
    return [replace(info, driver="KMZ") for info in infos] if driver == "KMZ" else infos


def source_of(path: Path, one: Resolved, facts: Mapping[str, Any], table: pa.Table) -> SourceLayer:
    """Put together what the worker answered.

    Parameters
    ----------
    path
        The file that was asked for.
    one
        The file that was read, and the layer in it.
    facts, table
        The answer: what the layer is; its columns, the geometry as WKB, and the row numbers.

    Returns
    -------
    layer
        A geometry that cannot be built, such as a ring that is not closed, is None and a finding.

    Examples
    --------
    >>> facts = {"has_geometry": False, "driver": "CSV", "layer": "", "remarks": (), "crs": None, "encoding": "utf-8"}
    >>> one = Resolved(Member(Path("towers.csv"), ""), None)
    >>> source_of(Path("towers.csv"), one, facts, pa.table({"row": pa.array([2])})).rows.tolist()
    [2]
    """
    attributes = table.num_columns - 1 - facts["has_geometry"]
    rows = table.column(table.num_columns - 1).to_numpy().astype(np.int64)
    geometry, unread = _geometry(table.column(attributes)) if facts["has_geometry"] else (None, {})
    name = "" if facts["driver"] in _ONE_LAYER else facts["layer"]
    findings = _findings(facts["remarks"], path, one.member.layer_name(facts["layer"], facts["driver"]))
    if one.left_out:
        shown = "、".join(one.left_out[:_SHOWN_NAMES])
        values = {"count": len(one.left_out), "names": shown}
        findings += (Finding("OM-PKG-045", layer="", file=path.name, values=values),)
    findings += () if len(rows) else (Finding("OM-PKG-055", layer="", file=path.name),)
    findings += tuple(
        Finding("OM-GEO-015", layer="", file=path.name, row=int(rows[at]), values={"reason": reason})
        for at, reason in unread.items()
    )
    return SourceLayer(
        path=path,
        layer=one.member.layer_name(name, facts["driver"]),
        frame=_frame(table, attributes, facts.get("mixed", ())),
        geometry=geometry,
        crs=facts["crs"],
        driver="KMZ" if path.suffix.lower() in _KMZ else facts["driver"],
        encoding=facts["encoding"],
        encoding_confidence=facts.get("encoding_confidence"),
        encoding_reason=facts.get("encoding_reason", ""),
        encoding_values=facts.get("encoding_values", {}),
        rows=rows,
        findings=findings,
        stored=tuple(StoredField(**stored) for stored in facts.get("stored", ())),
        positions=tuple(facts.get("positions", ())),
        header_row=facts.get("header_row"),
    )


def _frame(table: pa.Table, attributes: int, mixed: Sequence[int]) -> pd.DataFrame:
    """Turn the attribute columns into a frame."""
    names = table.column_names[:attributes]
    columns = [
        _several_kinds(table.column(at)) if at in mixed else _series(table.column(at)) for at in range(attributes)
    ]
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=pd.RangeIndex(table.num_rows))


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    """Turn one column into a series of a kind that can miss values without changing the others."""
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    series: pd.Series[Any] = column.to_pandas(types_mapper=_nullable)
    return series


def _nullable(kind: pa.DataType) -> Any:
    """Give the nullable pandas type of an Arrow type, None where the usual one will do."""
    if pa.types.is_integer(kind):
        return pd.UInt64Dtype() if kind == pa.uint64() else pd.Int64Dtype()
    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.StringDtype()
    return None


def _several_kinds(column: pa.ChunkedArray) -> pd.Series[Any]:
    """Turn a column that travelled as JSON into one of Python values."""
    values = [None if value is None else json.loads(value) for value in column.to_pylist()]
    return pd.Series(values, dtype=object)


def _geometry(column: pa.ChunkedArray) -> tuple[NDArray[np.object_], dict[int, str]]:
    """Turn WKB into geometries, None where one cannot be built; say at which positions, and why."""
    wkb = np.asarray(column.to_pylist(), dtype=object)
    try:
        geometry: NDArray[np.object_] = shapely.from_wkb(wkb)
    except shapely.errors.GEOSException:
        geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    else:
        return geometry, {}
    given = np.array([one is not None for one in wkb], dtype=bool)
    return geometry, {int(at): _reason(wkb[at]) for at in np.flatnonzero(given & shapely.is_missing(geometry))}


def _reason(wkb: bytes) -> str:
    """Say why GEOS cannot build a geometry."""
    try:
        shapely.from_wkb(wkb)
    except shapely.errors.GEOSException as error:
        return str(error).partition(": ")[2].strip() or str(error)[:160]
    return "-"


def _findings(remarks: Sequence[Mapping[str, Any]], path: Path, layer: str) -> tuple[Finding, ...]:
    """Turn the worker's remarks into findings; what was done about one is a text of the catalogue."""
    findings = []
    for remark in remarks:
        values, done = dict(remark["values"]), remark["values"].get("done")
        if isinstance(done, dict):
            values["done"] = Told(str(done["text"]))
        is_repaired = isinstance(done, dict) and done["text"] == "merged_filled"
        action: Action = "repaired" if is_repaired else "kept"
        findings.append(
            Finding(remark["rule"], layer, path.name, remark["row"], values=values, action=action, sheet=layer)
        )
    return tuple(findings)
