"""Layers of points too many to be held, where nothing but the layers is asked for: checked and joined from disk.

A large source goes to disk batch by batch as it is conformed. Checks over all rows take up the columns that they need,
one after another, and the joined layer is given piece by piece. Rows and findings are those of a layer in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from onemap.config import Project
from onemap.findings import Finding
from onemap.layers.catalogue import schema as schema_of
from onemap.layers.conform import Conformed, ConformState, LayerMapping, closing_findings
from onemap.layers.crs import Operation
from onemap.layers.join import first_rows, join_layers, require_one_crs, sites_perhaps_one
from onemap.layers.layer_checks import whole_layer_findings
from onemap.layers.whole_layer import FrameLayer, JoinedLayer, RemainingLayer, WholeLayer
from onemap.sources import Reader, SourceLayer
from onemap.sources.batches import BATCH_ROWS, read_batches
from onemap.workflows.large_sources import Listed, conform_parts, is_large
from onemap.workflows.layer_spool import LayerSpool

__all__ = ["LayerPart", "join_parts", "layers_to_stream", "spool_batches"]


@dataclass(frozen=True, slots=True, eq=False)
class LayerPart:
    """A conformed source, in memory or on disk.

    Attributes
    ----------
    layer
        Its rows that stay.
    findings
        What was met on the way.
    operation
        How coordinates came to the working CRS; None where there was no row to move.
    """

    layer: WholeLayer
    findings: tuple[Finding, ...]
    operation: Operation | None

    @classmethod
    def of(cls, conformed: Conformed) -> LayerPart:
        """Give a source in memory.

        Parameters
        ----------
        conformed
            The source.
        """
        return cls(FrameLayer(conformed.layer), conformed.findings, conformed.operation)


def layers_to_stream(project: Project) -> frozenset[str]:
    """Name the layers that are to go by way of disk: of points alone, with a large source.

    Parameters
    ----------
    project
        The project file.
    """
    return frozenset(
        source.layer
        for source in project.source
        if schema_of(source.layer).geometry == ("Point",)
        and source.database is None
        and is_large(project.resolve(source.path))
    )


def spool_batches(
    path: Path,
    mapping: LayerMapping,
    spool: Path,
    *,
    working_crs: str,
    area: BaseGeometry | None = None,
    file: str,
    layer: str | None = None,
    encoding: str | None = None,
    header_row: int | None = None,
    reader: Reader | None = None,
    batch_rows: int = BATCH_ROWS,
) -> tuple[SourceLayer, LayerPart, int]:
    r"""Read a file of points in batches and put the canonical layer aside on disk.

    Parameters
    ----------
    path, mapping, working_crs, area, file, layer, encoding, header_row, reader, batch_rows
        As in `onemap.workflows.large_sources.conform_batches`.
    spool
        File to make; the layer needs it as long as it is used.

    Returns
    -------
    last
        The last batch as read.
    part
        Layer and findings are those of `conform_batches`.
    rows
        Number of rows read.

    Raises
    ------
    ReadError, RefusedError, LayerError, CRSError
        As in `conform_batches`.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "towers.csv").write_text("编码,经度,纬度\nT1,75.1,39.5\nT2,75.2,39.5\n", encoding="utf-8")
    >>> mapping = LayerMapping("towers", crs="EPSG:4490", fields={"tower_id": "编码"}, lon="经度", lat="纬度")
    >>> _, part, rows = spool_batches(
    ...     folder / "towers.csv", mapping, folder / "rows.arrow", working_crs="EPSG:4490", file="towers.csv"
    ... )
    >>> rows, part.layer["tower_id"].tolist(), part.layer.coordinates()[0].tolist()
    (2, ['T1', 'T2'], [75.1, 75.2])
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
    state, listed = ConformState(), Listed()
    with LayerSpool(spool) as aside:
        last = conform_parts(
            batches, mapping, aside.add, working_crs=working_crs, area=area, file=file, state=state, listed=listed
        )
    whole = aside.layer()
    repaired, found = whole_layer_findings(whole, mapping, file=file, sheet=last.layer)
    pa.default_memory_pool().release_unused()  # what checks took up is kept by Arrow otherwise
    listed.note(found)
    closing = closing_findings(last, mapping, area=area, file=file, state=state)
    findings = (*closing, *listed.findings, *listed.uncounted(mapping.layer, file))
    return last, LayerPart(replace(whole, repaired=repaired), findings, state.operation), state.rows


def join_parts(name: str, parts: Sequence[LayerPart]) -> tuple[WholeLayer, list[Finding]]:
    """Join the sources of one layer, as `onemap.layers.join.join_layers` does, wherever they are.

    Parameters
    ----------
    name
        Name of the canonical layer.
    parts
        Conformed sources, in the order of precedence, in one CRS.

    Returns
    -------
    layer
        In memory where all of them are, else on disk with the rows that stand again left out.
    findings
        Findings of all parts and of the join.

    Raises
    ------
    LayerError
        If there is no part, or the parts have different CRSs.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> place = gpd.GeoSeries([shapely.Point(75, 39.5)], crs="EPSG:4490")
    >>> site = gpd.GeoDataFrame({"tower_id": ["T1"], "source": ["a.csv||2"]}, geometry=place)
    >>> layer, findings = join_parts("towers", [LayerPart.of(Conformed(site, (), None))] * 2)
    >>> len(layer), findings[0].rule
    (1, 'OM-ATT-005')
    """
    framed = [part.layer.frame for part in parts if isinstance(part.layer, FrameLayer)]
    if len(framed) == len(parts):
        given = [Conformed(frame, part.findings, part.operation) for frame, part in zip(framed, parts, strict=True)]
        joined = join_layers(name, given)
        return FrameLayer(joined.layer), list(joined.findings)
    require_one_crs([part.layer.crs for part in parts])
    whole = JoinedLayer(name, [part.layer for part in parts])
    stay, again = first_rows(name, whole)
    pa.default_memory_pool().release_unused()
    layer = RemainingLayer(whole, stay)
    found = [finding for part in parts for finding in part.findings]
    return layer, [*found, *again, *sites_perhaps_one(name, layer)]
