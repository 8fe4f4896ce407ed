"""What identifies the rows of a table, in place of the hash of a file."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import shapely

from onemap.sources.files import SourceLayer

__all__ = ["content_hash"]

_BATCH_ROWS = 20_000


def content_hash(source: SourceLayer) -> dict[str, object]:
    """Give what identifies the rows read, in place of a file's hash: their number and a SHA-256 over all cells.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from pathlib import Path
    >>> frame = pd.DataFrame({"a": pd.array([1], dtype="Int64")})
    >>> layer = SourceLayer(Path("postgis:t"), "t", frame, None, None, "PostGIS", "utf-8", np.array([1]))
    >>> content_hash(layer)["rows"]
    1
    """
    columns = {str(name): pa.array(source.frame[name], from_pandas=True) for name in source.frame.columns}
    if source.geometry is not None:
        columns["\0shapes"] = pa.array(shapely.to_wkb(source.geometry), pa.binary())
    whole = _Hashing()
    table = pa.table(columns)
    with pa.ipc.new_stream(pa.PythonFile(whole, mode="w"), table.schema) as stream:
        stream.write_table(table, max_chunksize=_BATCH_ROWS)
    return {"rows": len(source.rows), "sha256": whole.sha256.hexdigest()}


class _Hashing:
    """A file to write to that keeps nothing but a hash."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.closed = False

    def write(self, content: Any) -> int:
        """Take some bytes in."""
        self.sha256.update(content)
        return len(content)

    def flush(self) -> None:
        """Do nothing: there is nothing to wait for."""

    def writable(self) -> bool:
        """Say that one can write here."""
        return True
