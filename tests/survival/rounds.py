"""One of several writers that put their words into the same output again and again."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from onemap.errors import WriteError
from onemap.workflows.file_staging import staged_file
from onemap.workflows.staging import staged


def many_rounds(out: Path, rounds: int, kind: str, told: Path) -> None:
    """Write again and again, each round until it is done; note each try: done, or the sentence that refused it."""
    notes = []
    for number in range(rounds):
        words = f"{os.getpid()} {number}\n"
        while True:
            try:
                _write(out, kind, words)
            except WriteError as error:
                notes.append({"said": str(error), "text_id": error.text_id})
                time.sleep(0.002 * (os.getpid() % 8 + 1))
            else:
                notes.append({"done": words})
                break
    told.write_text(json.dumps(notes), encoding="utf-8")


def _write(out: Path, kind: str, words: str) -> None:
    if kind == "folder":
        with staged(out) as folder:
            for name in ("a.txt", "b.txt", "manifest.json"):
                (folder / name).write_text(words, encoding="utf-8")
    else:
        with staged_file(out) as path:
            for suffix in (".shp", ".shx", ".dbf") if kind == "shp" else (out.suffix,):
                path.with_suffix(suffix).write_text(words, encoding="utf-8")
