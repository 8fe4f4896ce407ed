"""The prices of a project: those of the package, its file over them, its own table over both."""

from __future__ import annotations

from collections.abc import Mapping

from onemap.analyses.costs import CostBook, package_costs, read_costs
from onemap.config import Project
from onemap.errors import ProjectError
from onemap.messages import Told
from onemap.workflows.manifest import fingerprint

__all__ = ["own_prices", "project_costs"]

_LARGEST = 1_000_000


def own_prices(project: Project) -> Mapping[str, Mapping[str, object]]:
    """Give the fingerprint of the project's own file of prices; nothing where it has none.

    Parameters
    ----------
    project
        The project file.
    """
    named = project.costs.file
    path = project.resolve(named) if named else None
    return {named: fingerprint(path)} if path is not None and path.is_file() else {}


def project_costs(project: Project) -> CostBook:
    """Give all prices of a project.

    Parameters
    ----------
    project
        The project file.

    Raises
    ------
    ProjectError
        If the file of prices cannot be read, or a price is wrong.
    """
    book = package_costs()
    named = project.costs.file
    if named:
        path = project.resolve(named)
        if not path.is_file() or path.stat().st_size > _LARGEST:
            raise ProjectError("costs_unreadable", file=named, problem=Told("zone_rules_no_file"))
        try:
            content = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ProjectError("costs_unreadable", file=named, problem=str(error)) from error
        book = read_costs(content, file=named, over=book)
    return book.with_items(project.costs.tables(), file="costs.items")
