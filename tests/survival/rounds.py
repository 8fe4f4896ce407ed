"""One of several writers that put their words into the same output again and again."""

from __future__ import annotations

import json
import os
from pathlib import Path

from onemap.errors import WriteError
from onemap.workflows.file_staging import staged_file
from onemap.workflows.staging import staged


def many_rounds(out: Path, rounds: int, kind: str, told: Path) -> None:
    """Write again and again; note what came of each round: done, or the sentence."""
    notes = []
    for number in range(rounds):
        words = f"{os.getpid()} {number}\n"
        try:
            if kind == "folder":
                with staged(out) as folder:
                    for name in ("a.txt", "b.txt", "manifest.json"):
                        (folder / name).write_text(words, encoding="utf-8")
            else:
                with staged_file(out) as path:
                    for suffix in (".shp", ".shx", ".dbf") if kind == "shp" else (out.suffix,):
                        path.with_suffix(suffix).write_text(words, encoding="utf-8")
            notes.append({"done": words})
        except WriteError as error:
            notes.append({"said": str(error), "text_id": error.text_id})
    told.write_text(json.dumps(notes), encoding="utf-8")
