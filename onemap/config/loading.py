"""Read a project file; whatever is wrong with its keys is one error that names all of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from onemap import messages
from onemap.config.delivery_settings import DeliverySettings
from onemap.config.models import PlanSettings, Project
from onemap.errors import ProjectError, ReadError
from onemap.sources.database import require_no_password
from onemap.sources.guard import require_local

__all__ = ["PROJECT_FILE", "load_project", "with_aim", "with_allowed_losses", "with_models"]

PROJECT_FILE = "onemap.toml"
WANTED = {
    **dict.fromkeys(("float_type", "float_parsing"), "number"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "whole_number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "yes_no"),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), "date"),
    **dict.fromkeys(("list_type", "tuple_type"), "list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "table"),
}


def load_project(path: str | Path) -> Project:
    """Read a project file.

    Parameters
    ----------
    path
        The file, or the folder that holds `onemap.toml`.

    Returns
    -------
    project
        Frozen; missing tables and keys have their defaults.

    Raises
    ------
    ReadError
        If the file does not exist.
    ProjectError
        If it is no TOML, or keys are wrong; all of them are named.

    Examples
    --------
    >>> load_project("nowhere.toml")
    Traceback (most recent call last):
    onemap.errors.ReadError: the project file nowhere.toml must exist; `onemap init FOLDER` writes a first one
    """
    file = Path(path)
    if file.is_dir():
        file /= PROJECT_FILE
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReadError("project_missing", path=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError("project_not_toml", path=file.name, problem=str(error)) from error
    except OSError as error:
        raise ReadError("project_unreadable", path=str(path), problem=error.strerror or str(error)) from error
    if "folder" in content:
        raise ProjectError("project_wrong", path=file.name, problems="folder: no such key")
    _refuse_passwords(content)
    try:
        return Project.model_validate({**content, "folder": file.parent.absolute()})
    except ValidationError as error:
        raise _wrong_keys(file.name, error) from error


def with_allowed_losses(project: Project, kinds: tuple[str, ...]) -> Project:
    """Give a project whose delivery may lose more.

    Parameters
    ----------
    project
        The project file.
    kinds
        Kinds of loss that are allowed besides those that it names.

    Returns
    -------
    project
        The same project if no kind is given.

    Examples
    --------
    >>> source = {"layer": "towers", "path": "towers.csv", "crs": "EPSG:4490"}
    >>> radius = {"coverage": {"model": "radius"}}
    >>> project = Project.model_validate({"project": {"name": "A", "date": "2026-01-01"}, "source": [source], **radius})
    >>> with_allowed_losses(project, ("crs",)).delivery.allow_losses
    ('crs',)
    """
    if not kinds:
        return project
    delivery = project.delivery or DeliverySettings()
    allowed = delivery.model_copy(update={"allow_losses": (*delivery.allow_losses, *kinds)})
    return project.model_copy(update={"delivery": allowed})


def with_models(project: Project, models: tuple[str, ...]) -> Project:
    """Give a project with other models of coverage.

    Parameters
    ----------
    project
        The project file.
    models
        The model that decides, then those that are compared with it; the project's own if there are none.

    Returns
    -------
    project
        All else is the same.

    Raises
    ------
    ProjectError
        If a model is not known, is named twice, or needs what the project lacks.

    Examples
    --------
    >>> source = {"layer": "towers", "path": "towers.csv"}
    >>> about = {"name": "示范县", "date": "2026-01-01"}
    >>> project = Project.model_validate({"project": about, "source": [source], "coverage": {"model": "radius"}})
    >>> with_models(project, ("hata", "radius")).coverage.compare
    ('radius',)
    """
    if not models:
        return project
    if len(set(models)) < len(models):
        raise ProjectError("project_models_twice", models=", ".join(models))
    coverage = {**project.coverage.model_dump(), "model": models[0], "compare": models[1:]}
    parts = {name: getattr(project, name) for name in type(project).model_fields}
    try:
        return Project.model_validate({**parts, "coverage": coverage})
    except ValidationError as error:
        raise _wrong_keys(PROJECT_FILE, error) from error


def with_aim(project: Project, *, target_share: float | None, budget: float | None) -> Project:
    """Give a project whose plan aims at another share, or at another budget.

    Parameters
    ----------
    project
        The project file; its table `plan`, or the defaults, say all else. Phases are left out, as their money is of
        another aim.
    target_share, budget
        The aim; that of the project if both are None.

    Raises
    ------
    ProjectError
        If both are given, or one makes no sense.

    Examples
    --------
    >>> about, source = {"name": "示范县", "date": "2026-01-01"}, {"layer": "towers", "path": "towers.csv"}
    >>> given = {"project": about, "source": [source], "coverage": {"model": "radius"}}
    >>> with_aim(Project.model_validate(given), target_share=None, budget=500.0).plan.budget
    500.0
    """
    if target_share is None and budget is None:
        return project
    plan = (project.plan or PlanSettings()).model_dump()
    plan |= {"target_share": target_share, "budget": budget, "phases": ()}
    parts = {name: getattr(project, name) for name in type(project).model_fields}
    try:
        return Project.model_validate({**parts, "plan": plan})
    except ValidationError as error:
        raise _wrong_keys(PROJECT_FILE, error) from error


def _refuse_passwords(content: Mapping[str, Any]) -> None:
    """Refuse a password before any key is looked at: what is said of wrong keys repeats values."""
    sources = content.get("source", [])
    for source in sources if isinstance(sources, list) else [sources]:
        for key, value in source.items() if isinstance(source, dict) else ():
            if key in {"password", "database"}:
                require_no_password(f"{key}={value}" if key == "password" else str(value))
            elif key == "path":
                require_local(str(value))


class _WrongKeysError(ProjectError):
    """A project file with wrong keys; the problems are worded in the language asked for."""

    def __init__(self, path: str, details: list[ErrorDetails]) -> None:
        super().__init__("project_wrong", path=path, problems="; ".join(_problem(one, "en") for one in details))
        self.details = details

    def text(self, lang: str) -> str:
        """Give the sentence in a language."""
        problems = "；" if lang == "zh" else "; "
        return messages.text(
            self.text_id,
            lang,
            path=self.values["path"],
            problems=problems.join(_problem(one, lang) for one in self.details),
        )


def _wrong_keys(path: str, error: ValidationError) -> ProjectError:
    """Give an error that names each wrong key, not also the list that it makes fall short."""
    details = error.errors()
    inside = {one["loc"][:depth] for one in details for depth in range(len(one["loc"]))}
    return _WrongKeysError(path, [one for one in details if one["loc"] not in inside or not one["loc"]])


def _problem(detail: ErrorDetails, lang: str) -> str:
    """Say what is wrong with one key."""
    key = _key(detail["loc"])
    kind = detail["type"]
    found = _short(detail["input"])
    if f"key_{kind}" in messages.catalogue():
        return messages.text(f"key_{kind}", lang, key=key)
    wanted = _wanted(detail, lang)
    if found == "a table" and ", got " in wanted:  # what is wrong in a table says more than that it is one
        wanted, _, found = wanted.rpartition(", got ")
    return messages.text("key_wrong", lang, key=key, wanted=wanted, found=found)


def _wanted(detail: ErrorDetails, lang: str) -> str:
    """Say what a key must be, in the words of pydantic where we have none."""
    kind = WANTED.get(detail["type"], detail["type"])
    if f"wanted_{kind}" in messages.catalogue():
        return messages.text(f"wanted_{kind}", lang, **detail.get("ctx", {}))
    words = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if detail["type"] == "value_error" and isinstance(detail["input"], str):
        words = words.rpartition(", got ")[0] or words
    return words


def _key(places: tuple[str | int, ...]) -> str:
    """Write the place of a key as a person would: source[3].layer, counted from 1."""
    key = ""
    for place in places:
        key += f"[{place + 1}]" if isinstance(place, int) else f".{place}"
    return key.removeprefix(".") or "project file"


def _short(value: Any) -> str:
    """Show a value, cut where it is long."""
    shown = "a table" if isinstance(value, (dict, BaseModel)) else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
