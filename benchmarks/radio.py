"""Time the radio models: every part of `radio_parts`, one after the other, on one thread unless a part says otherwise.

Run: `python benchmarks/radio.py [PART ...]`.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from onemap.cli.kernels import keep_kernels

PARTS = Path(__file__).resolve().parent / "radio_parts"


def main(wanted: list[str]) -> None:
    keep_kernels()  # else a kernel kept before an edit of those it calls would be timed
    import numba

    for path in sorted(PARTS.glob("*.py")):
        if path.name.startswith("_") or (wanted and path.stem not in wanted):
            continue
        spec = importlib.util.spec_from_file_location(f"radio_parts_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise SystemExit(1)
        part = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = part
        spec.loader.exec_module(part)
        numba.set_num_threads(1)
        print(f"-- {path.stem}", flush=True)
        for line in part.measure():
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
