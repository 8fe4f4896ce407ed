"""The loop of the worker: a request in, an answer out, until the parent closes the pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from onemap.errors import OnemapError
from onemap.sources.worker.drivers import restart_if_more, take_paths_literally
from onemap.sources.worker.pipe import HEAD, PieceWriter, read_frame, write_facts
from onemap.sources.worker.sandbox import close_in, leave_network, limit_cpu
from onemap.sources.worker.screen import screen, screen_facts

_PIECE_ROWS = 65536
_VECTORS = "onemap.sources.worker.vectors"
_MODULES = {
    "ESRI Shapefile": _VECTORS,
    "GPKG": _VECTORS,
    "OpenFileGDB": _VECTORS,
    **dict.fromkeys(("GeoJSON", "DXF", "MapInfo File", "GML", "GPX", "FlatGeobuf"), "onemap.sources.worker.exchange"),
    "KML": "onemap.sources.worker.kml",
    "CSV": "onemap.sources.worker.delimited",
    "XLSX": "onemap.sources.worker.workbook",
    "XLS": "onemap.sources.worker.workbook",
    "Parquet": "onemap.sources.worker.parquet",
    "GTiff": "onemap.sources.worker.raster",
    "VCT": "onemap.sources.worker.vct",
}


class _NoFrames:
    """Hide pandas and geopandas: pyogrio and pyarrow look for them, do without, and start three times as fast."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Say that there is no such module."""
        if name in {"geopandas", "pandas"}:
            raise ModuleNotFoundError(name=name)


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = _pipes()
    leave_network()
    sys.meta_path.insert(0, _NoFrames())
    import pyogrio

    restart_if_more(set(pyogrio.list_drivers()))
    take_paths_literally()
    is_closed_in = False
    while (frame := read_frame(requests)) is not None:
        import json

        request = json.loads(frame[1])
        if not is_closed_in:
            close_in(int(request["memory_bytes"]))
            is_closed_in = True
        limit_cpu(float(request["timeout_s"]))
        _answer(request, answers)


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take the two pipes for ourselves: what a library prints must not get among the frames."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    return requests, answers


def _answer(request: Mapping[str, Any], answers: IO[bytes]) -> None:
    """Answer one request; whatever goes wrong in it is an answer too."""
    try:
        path, driver = Path(request["path"]), str(request["driver"])
        noted = screen(path, driver)
        module = import_module(_MODULES[driver])
        ask: Callable[..., Any] = getattr(module, request["ask"], None) or module.read  # not all read in batches
        answer = ask(path, driver, request["options"])
        screen_facts(path, answer.facts)
        if request["ask"] == "batches":
            write_facts(answers, answer.facts, HEAD)
        _send_body(answer.body, answers, int(request["options"].get("batch_rows", _PIECE_ROWS)))
        facts = {**answer.facts, "remarks": [remark.as_dict() for remark in (*noted, *answer.remarks)]}
    except OnemapError as error:
        facts = {"error": type(error).__name__, "text_id": error.text_id, "values": dict(error.values)}
    except MemoryError:
        facts = {"error": "ReadError", "text_id": "file_over_memory", "values": {"path": request["path"]}}
    except Exception as error:  # noqa: BLE001  (a hostile file may raise anything; the parent must hear of it)
        values = {"path": request["path"], "reason": type(error).__name__}
        facts = {"error": "ReadError", "text_id": "file_damaged", "values": values}
    write_facts(answers, facts)


def _send_body(body: Any, answers: IO[bytes], rows: int) -> None:
    """Send a table as an Arrow stream, so many rows at a time; bytes as they are."""
    if body is None:
        return
    sink = PieceWriter(answers)
    if isinstance(body, bytes):
        sink.write(body)
        return
    import pyarrow as pa

    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), body.schema) as stream:
        for batch in body.to_batches(rows):
            stream.write_batch(batch)


if __name__ == "__main__":
    main()
