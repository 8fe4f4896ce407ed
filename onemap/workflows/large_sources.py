"""Sources too large to be held twice: read and conformed batch by batch.

The file is gone over twice, first for its extent, since one operation holds for the whole of it. What is kept is the
canonical layer, its texts as Arrow keeps them; neither the file nor the worker's answer is ever in memory as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from onemap.findings import Finding
from onemap.layers.conform import Conformed, ConformState, LayerMapping, closing_findings, conform, survey
from onemap.layers.geometry_kinds import promote_mixed
from onemap.layers.layer_checks import layer_findings
from onemap.sources import Reader, SourceLayer
from onemap.sources.batches import BATCH_ROWS, read_batches

__all__ = ["LARGE_BYTES", "SAMPLES", "LargeSource", "Listed", "conform_batches", "conform_parts", "is_large"]

LARGE_BYTES = 250_000_000
"""Files beyond this size are conformed in batches: about a million rows of a GeoPackage, which still fit in 2 GB."""

SAMPLES = 1_000
"""Findings of one rule that are listed for a large source, where the rows stay in the layer; the others are counted."""

_PARTS = {".shp", ".shx", ".dbf"}


@dataclass(frozen=True, slots=True)
class LargeSource:
    """What came of a source that was conformed in batches.

    Attributes
    ----------
    conformed
        The canonical layer of all batches, and its findings.
    last
        The last batch as read: what the file says of itself, and the findings on it.
    rows
        Number of rows read.
    """

    conformed: Conformed
    last: SourceLayer
    rows: int


def is_large(path: Path) -> bool:
    """Tell whether a file is to be conformed in batches.

    Parameters
    ----------
    path
        File, Shapefile (with its parts), or folder of a geodatabase.

    Examples
    --------
    >>> is_large(Path("missing.csv"))
    False
    """
    if path.is_dir():
        parts = [part for part in path.iterdir() if part.is_file()] if path.suffix.lower() == ".gdb" else []
    elif path.suffix.lower() == ".shp":
        parts = [part for part in path.parent.iterdir() if part.stem == path.stem and part.suffix.lower() in _PARTS]
    else:
        parts = [path] if path.is_file() else []
    return sum(part.stat().st_size for part in parts) > LARGE_BYTES


def conform_batches(
    path: Path,
    mapping: LayerMapping,
    *,
    working_crs: str,
    area: BaseGeometry | None = None,
    file: str,
    layer: str | None = None,
    encoding: str | None = None,
    header_row: int | None = None,
    reader: Reader | None = None,
    batch_rows: int = BATCH_ROWS,
) -> LargeSource:
    r"""Read a file in batches and make a canonical layer of it, as `conform` makes it of the whole.

    Parameters
    ----------
    path, layer, encoding, header_row, reader, batch_rows
        As in `onemap.sources.batches.read_batches`.
    mapping, working_crs, area, file
        As in `onemap.layers.conform.conform`.

    Returns
    -------
    source
        Layer and findings are those of the whole, but that of findings on rows that stay only the first `SAMPLES` of a
        rule are listed; the others are one finding that counts them.

    Raises
    ------
    ReadError, RefusedError
        If the file cannot be read to its end.
    LayerError, CRSError
        As in `conform`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towers.csv"
    >>> _ = file.write_text("编码,经度,纬度,塔高\nT1,75.1,39.5,30\nT2,75.2,39.5,35\n", encoding="utf-8")
    >>> fields = {"tower_id": "编码", "height_agl_m": "塔高"}
    >>> mapping = LayerMapping("towers", crs="EPSG:4490", fields=fields, lon="经度", lat="纬度")
    >>> source = conform_batches(file, mapping, working_crs="EPSG:4490", file="towers.csv", batch_rows=1)
    >>> source.rows, source.conformed.layer["tower_id"].tolist(), source.conformed.findings
    (2, ['T1', 'T2'], ())
    """
    batches = partial(
        read_batches,
        path,
        layer=layer,
        encoding=encoding,
        header_row=header_row,
        reader=reader,
        batch_rows=batch_rows,
    )
    parts: list[gpd.GeoDataFrame] = []
    state, listed = ConformState(), Listed()
    last = conform_parts(
        batches, mapping, parts.append, working_crs=working_crs, area=area, file=file, state=state, listed=listed
    )
    whole, found = layer_findings(_layer_of(parts), mapping, file=file, sheet=last.layer)
    listed.note(found)
    closing = closing_findings(last, mapping, area=area, file=file, state=state)
    findings = (*closing, *listed.findings, *listed.uncounted(mapping.layer, file))
    return LargeSource(Conformed(whole, findings, state.operation), last, state.rows)


@dataclass(slots=True)
class Listed:
    """Findings of a large source, as they come.

    Attributes
    ----------
    findings
        Those that are listed: each row that is rejected; of the other findings on rows `SAMPLES` a rule.
    """

    findings: list[Finding] = field(default_factory=list)
    _listed: Counter[str] = field(default_factory=Counter)
    _passed_over: Counter[str] = field(default_factory=Counter)

    def note(self, findings: Iterable[Finding]) -> None:
        """List findings, or count them.

        Parameters
        ----------
        findings
            Findings of a batch, or of the whole.
        """
        for finding in findings:
            if finding.action == "rejected" or finding.row is None:
                self.findings.append(finding)
            elif self._listed[finding.rule] < SAMPLES:
                self._listed[finding.rule] += 1
                self.findings.append(finding)
            else:
                self._passed_over[finding.rule] += 1

    def uncounted(self, layer: str, file: str) -> list[Finding]:
        """Count the findings that are not listed, one finding a rule.

        Parameters
        ----------
        layer, file
            Canonical layer and file that they are on.
        """
        return [
            Finding(
                "OM-PKG-050",
                layer=layer,
                file=file,
                values={"rule": rule, "listed": SAMPLES, "more": more, "count": SAMPLES + more},
            )
            for rule, more in sorted(self._passed_over.items())
        ]


def conform_parts(
    batches: Callable[[], Iterator[SourceLayer]],
    mapping: LayerMapping,
    take: Callable[[gpd.GeoDataFrame], object],
    *,
    working_crs: str,
    area: BaseGeometry | None,
    file: str,
    state: ConformState,
    listed: Listed,
) -> SourceLayer:
    """Go over a file twice: for its extent, then to conform it.

    Parameters
    ----------
    batches
        Reads the file from its first row at each call.
    take
        Is given the rows of each batch that stay.
    mapping, working_crs, area, file, state
        As in `onemap.layers.conform.conform`.
    listed
        Is told of the findings on rows.

    Returns
    -------
    last
        The last batch as read.

    Raises
    ------
    ReadError, RefusedError, LayerError, CRSError
        As in `conform_batches`.
    """
    for batch in batches():
        survey(batch, mapping, working_crs=working_crs, file=file, state=state)
    for batch in batches():
        part = conform(batch, mapping, working_crs=working_crs, area=area, file=file, state=state)
        listed.note(part.findings)
        take(part.layer)
        last = batch
    return last


def _layer_of(parts: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Put parts under each other, without copying their texts; they are given up."""
    first = parts[0]
    crs, names = first.crs, [name for name in first.columns if name != first.geometry.name]
    shapes = promote_mixed(np.concatenate([np.asarray(part.geometry.array, dtype=object) for part in parts]))
    columns = {name: _stacked([part[name] for part in parts]) for name in names}
    parts.clear()
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=crs))


def _stacked(parts: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    """Put the parts of one column under each other; texts stay where they are."""
    if not isinstance(parts[0].dtype, pd.StringDtype):
        return pd.concat(parts, ignore_index=True)
    arrays = [pa.array(part.array, pa.large_string(), from_pandas=True) for part in parts]
    chunks = [chunk for one in arrays for chunk in (one.chunks if isinstance(one, pa.ChunkedArray) else [one])]
    return pd.Series(pd.array(pa.chunked_array(chunks, pa.large_string()), dtype=parts[0].dtype))
