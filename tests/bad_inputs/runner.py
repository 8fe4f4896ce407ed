"""Run commands of onemap one after another, each in a process of its own that is forked when all is loaded.

Reads one JSON object a line: `words` of the command line, files for what is said (`said`) and printed (`printed`),
`folder` to work in. Answers with one: exit `code`, `seconds` of the processor, `peak_bytes` of memory, children included.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback

import geopandas  # noqa: F401  (loaded once for all commands)
import pyproj  # noqa: F401

import onemap.workflows.inspecting
import onemap.workflows.run  # noqa: F401
from onemap.cli.app import run


def main() -> None:
    """Answer until there is nothing more to run."""
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            become(asked)
        _, status, used = os.wait4(child, 0)
        answer = {
            "code": os.waitstatus_to_exitcode(status),
            "seconds": used.ru_utime + used.ru_stime,
            "peak_bytes": used.ru_maxrss * 1024,
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def become(asked: dict[str, object]) -> None:
    """Be the command, and end as it ends."""
    code = 70
    try:
        for number, key in ((0, None), (1, "printed"), (2, "said")):
            path = os.devnull if key is None else str(asked[key])
            file = os.open(path, os.O_RDONLY if key is None else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, number)
        os.chdir(str(asked["folder"]))
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8", write_through=True)
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), encoding="utf-8", write_through=True)
        code = run([str(word) for word in asked["words"]])
    except BaseException:  # noqa: BLE001  (whatever it is, it is what a person would see)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
