"""The prices of a project: those of the package, its file over them, its own table over both."""

from __future__ import annotations

from onemap.analyses.costs import CostBook, package_costs, read_costs
from onemap.config import Project
from onemap.errors import ProjectError
from onemap.messages import Told

__all__ = ["project_costs"]

_LARGEST = 1_000_000


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
