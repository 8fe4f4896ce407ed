"""Write the views of a project: map and KMZ, report and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from onemap.config import Project
from onemap.findings import Finding
from onemap.workflows.methods import methods_of
from onemap.workflows.reading import Inputs

if TYPE_CHECKING:
    from onemap.views.view_settings import ViewSettings

__all__ = ["view_settings", "write_map", "write_report"]

_LISTS = {"lists": "lists.xlsx"}
_BESIDE_MAP = {"map": "../map/index.html", "kmz": "../map/onemap.kmz"}
_BESIDE_REPORT = "../report/index.html"


def view_settings(project: Project, *, lang: str, review_number: str | None = None) -> ViewSettings:
    """Give what every view says about its data.

    Parameters
    ----------
    project
        The project file.
    lang
        Language shown first.
    review_number
        Review number of a public map, empty while there is none; None for a view that is not public.
    """
    from onemap.views.view_settings import ViewSettings

    about = project.project
    return ViewSettings(
        county_name=about.name,
        data_date=about.date,
        data_class=about.data_class,
        simulated=about.simulated,
        lang=lang,
        technologies=tuple(project.coverage.technologies),
        operators=tuple(project.coverage.operators),
        county_name_en=about.title_en,
        review_number=review_number,
    )


def write_map(
    project: Project,
    inputs: Inputs,
    results: Mapping[str, gpd.GeoDataFrame],
    folder: Path,
    *,
    lang: str,
    with_report: bool = False,
) -> None:
    """Write the interactive map and the KMZ into a folder.

    Parameters
    ----------
    project, inputs, results
        What to show.
    folder
        Folder to make.
    lang
        Language shown first.
    with_report
        Whether the report stands beside the map, so that the two are linked.
    """
    from onemap.views.kmz import write_kmz
    from onemap.views.web_map import write_map as write_page

    folder.mkdir()
    settings = view_settings(project, lang=lang)
    write_page(
        folder / "index.html",
        layers=inputs.layers,
        results=results,
        elevation=inputs.elevation,
        settings=settings,
        report=_BESIDE_REPORT if with_report else "",
    )
    write_kmz(folder / "onemap.kmz", layers=inputs.layers, results=results, settings=settings)


def write_report(
    project: Project,
    inputs: Inputs,
    results: Mapping[str, gpd.GeoDataFrame],
    findings: Sequence[Finding],
    *,
    folder: Path,
    lang: str,
    with_map: bool = False,
) -> None:
    """Write the report and the workbook of all lists into a folder.

    Parameters
    ----------
    project, inputs, results, findings
        What to report.
    folder
        Folder to make.
    lang
        Language shown first.
    with_map
        Whether the map stands beside the report, so that the two are linked.
    """
    from onemap.views.report import write_report as write_pages
    from onemap.views.workbook import write_workbook

    folder.mkdir()
    settings = view_settings(project, lang=lang)
    write_pages(
        folder,
        layers=inputs.layers,
        results=results,
        findings=findings,
        elevation=inputs.elevation,
        settings=settings,
        methods=methods_of(project, inputs.operations),
        links={**_BESIDE_MAP, **_LISTS} if with_map else _LISTS,
    )
    write_workbook(folder / "lists.xlsx", layers=inputs.layers, results=results, findings=findings, settings=settings)
