"""Losses of given paths by a model, so that anybody can hold the models against another program."""

from __future__ import annotations

import logging
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from onemap.errors import ProjectError, RefusedError
from onemap.radio.hata import ENVIRONMENTS
from onemap.workflows.path_losses import MODELS, PathModel, Unusable
from onemap.workflows.path_tables import NO_PROFILE, Cases, Profile, number_of, read_cases, read_profiles, write_cases

__all__ = ["PathLosses", "compute_paths"]

_log = logging.getLogger(__name__)
OPTIONAL = ("n", "DN")
"""Columns that are heeded where they are there."""


@dataclass(frozen=True, slots=True)
class PathLosses:
    """What was computed.

    Attributes
    ----------
    path
        The table written.
    model
        Name of the model.
    paths
        Number of cases.
    without_loss
        Number of cases that have no loss.
    notes
        Each note and on how many cases it stands.
    """

    path: str
    model: str
    paths: int
    without_loss: int
    notes: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for JSON."""
        return {
            "path": self.path,
            "model": self.model,
            "paths": self.paths,
            "without_loss": self.without_loss,
            "notes": self.notes,
        }


def compute_paths(
    cases: Path,
    profiles: Path,
    out: Path,
    *,
    model: str = "p1812",
    environment: str = "open",
) -> PathLosses:
    """Compute the losses of cases over their profiles, and write the cases with `loss_db` and `note`.

    Parameters
    ----------
    cases
        CSV with a row a path.
    profiles
        CSV with a row a point; `id` is that of the path.
    out
        CSV to write; an old one stays as it is if anything goes wrong.
    model
        Key of `MODELS`.
    environment
        What Hata and COST 231 take the place for.

    Raises
    ------
    ProjectError
        If there is no such model or environment.
    LayerError
        If columns that the model needs are missing; all of them are named.
    ReadError, RefusedError, WriteError
        If a table cannot be read or written, or the output is an input.
    """
    if model not in MODELS:
        raise ProjectError("path_model_unknown", model=model, models=", ".join(MODELS))
    if environment not in ENVIRONMENTS:
        raise ProjectError("path_environment_unknown", environment=environment, environments=", ".join(ENVIRONMENTS))
    if any(out.exists() and given.exists() and out.samefile(given) for given in (cases, profiles)):
        raise RefusedError("path_out_is_input", path=str(out))
    chosen = MODELS[model]
    table = read_cases(cases, ["id", *chosen.columns])
    points = read_profiles(profiles, chosen.profile_columns)
    losses, notes = _computed(table, points, chosen, environment)
    write_cases(table, [("loss_db", losses), ("note", notes)], out)
    counts = Counter(note for cell in notes if cell for note in cell.split("; "))
    _log.info("%d paths by %s, %d without loss", len(losses), model, losses.count(""))
    return PathLosses(str(out), model, len(losses), losses.count(""), dict(counts.most_common()))


def _computed(
    table: Cases, points: dict[str, Profile], model: PathModel, environment: str
) -> tuple[list[str], list[str]]:
    """Compute the cells of both columns."""
    names = [name for name in dict.fromkeys([*model.columns, *OPTIONAL]) if name in table.columns]
    places = [table.columns.index(name) for name in names]
    own = table.columns.index("id")
    losses, notes = [], []
    for row in table.rows:
        case = {name: number_of(row[place]) for name, place in zip(names, places, strict=True)}
        case = {name: value for name, value in case.items() if name in model.columns or math.isfinite(value)}
        try:
            loss_db, said = model.loss(case, points.get(row[own].strip(), NO_PROFILE), environment)
            losses.append(f"{loss_db:.8f}")
        except Unusable as problem:
            losses.append("")
            said = [str(problem)]
        notes.append("; ".join(said))
    return losses, notes
