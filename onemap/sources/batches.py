"""Files too large for memory, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from onemap.errors import ReadError
from onemap.sources.bundles import resolved
from onemap.sources.files import SourceLayer, source_of
from onemap.sources.reader import Reader, open_reader

__all__ = ["BATCH_ROWS", "read_batches"]

BATCH_ROWS = 100_000
"""Rows of a batch where none is asked for: some tens of megabytes, and too many for the making of a batch to count."""


def read_batches(
    path: str | Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    header_row: int | None = None,
    reader: Reader | None = None,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[SourceLayer]:
    r"""Read one layer of a file in the guarded worker, some rows at a time.

    A GeoPackage, Shapefile, File GDB or CSV is never held as a whole, neither here nor in the worker, which waits while
    a batch is worked on. Other formats are read as a whole by the worker and handed over in batches.

    Parameters
    ----------
    path, layer, encoding, header_row, reader
        As in `read_file`.
    batch_rows
        Rows of a batch, at most.

    Yields
    ------
    batch
        The next rows; their numbers go on from batch to batch. There is at least one batch, which is empty where the
        layer is; the findings on the file come with the last one.

    Raises
    ------
    ReadError, RefusedError
        As in `read_file`, in part after batches have been given: then these must not be kept.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towers.csv"
    >>> _ = file.write_text("编码\nT1\nT2\nT3\n", encoding="utf-8")
    >>> [batch.rows.tolist() for batch in read_batches(file, batch_rows=2)]
    [[2, 3], [4]]
    """
    path = Path(path)
    for name, number in (("header_row", header_row), ("batch_rows", batch_rows)):
        if number is not None and number < 1:
            msg = f"{name} must be 1 or more, got {number}"
            raise ValueError(msg)
    options = {"encoding": encoding, "header_row": header_row, "batch_rows": batch_rows}
    with (
        nullcontext(reader) if reader is not None else open_reader() as worker,
        resolved(path, layer or None, worker) as one,
        worker.stream(one.member.path, **options, layer=one.layer) as stream,
    ):
        held: pa.Table | None = None
        for batch in stream.batches():
            if "has_geometry" not in stream.facts:
                raise ReadError("not_a_vector_file", path=path)
            if held is not None and batch.num_rows == 0:
                continue
            if held is not None and held.num_rows:
                yield replace(source_of(path, one, {**stream.facts, "remarks": ()}, held), findings=())
            held = pa.Table.from_batches([batch])
        if held is not None:
            yield source_of(path, one, stream.facts, held)
