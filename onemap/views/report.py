"""The report: five figures and one map, then the lists, then methods; a page in each language, nothing loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import jinja2

from onemap.findings import SEVERITIES, Finding
from onemap.layers.catalogue import schema
from onemap.layers.grid import Grid
from onemap.messages import LANGUAGES, catalogue, text
from onemap.views.charts import degrees_bounds, overview_picture, share_bars
from onemap.views.escaping import plain
from onemap.views.figures import Figure, Share, headline_figures, operator_table, place_shares, road_shares
from onemap.views.lists import Cell, Column, OfficeList, office_lists
from onemap.views.map_data import words
from onemap.views.plan_report import plan_section
from onemap.views.relief import Relief, relief_picture
from onemap.views.style import operator_color, other_operators
from onemap.views.view_settings import ViewSettings

__all__ = ["write_report"]

_MOST_ROWS = 12  # of a list on the page; the workbook has all
_MORE_ROWS = {"gaps": 30, "route_lengths": 30, "indicators": 20}  # of lists that people come for
_LONGEST = 160  # characters of a cell on the page
_RELIEF_PX = 900
_SHORT = 14  # characters that stay on one line
_NOT_ON_PAGE = {  # columns of long lists that stand in the workbook only, by English header
    "villages": (
        "village id", "places", "places covered", "nearest station", "station near the committee",
        "verdict of the committee", "verdict of its schools", "verdict of its clinics", "verdict of its settlements",
        "places without service", "source",
    ),
    "stretches": ("part", "parts"),
    "roads": ("road id",),
    "applications": ("village id", "target id", "source"),
    "indicators": (
        "programme (Chinese)", "programme", "district code", "due", "document", "how sure the target is",
    ),
    "findings": ("longitude (°)", "latitude (°)"),
    "gaps": ("county", "fibre"),
    "demands": ("longitude, latitude (°)", "contact"),
    "acceptance": ("village id", "source"),
    "cuts": ("nodes",),
    "single_routes": ("second route leads to",),
    "given": ("demand id", "how it was solved"),
    "development": ("district code",),
    "areas": ("area id", "basis"),
    "conflicts": (
        "owner", "name", "ground it takes (m²)", "whole length (m)", "rule", "basis", "explanation", "advice", "source",
        "source of the zone",
    ),
}  # fmt: skip
_LEFT_OUT = (
    "gap_details",
    "matches",
    "pairs",
    "fibre",
    "priorities",
    "rejected",
    "plan_sites",
    "plan_connections",
    "plan_phases",
    "plan_indicators",
    "plan_curve",
    "plan_moves",
    "plan_served",
    "plan_rejected",
    "satellites",
)  # lists that stand in the workbook only, or in the section of the plan
_NUMBERS = {"integer": "{:,.0f}", "number": "{:z,.1f}", "share": "{:.1%}", "degrees": "{:.6f}", "text": "{}"}


def write_report(
    folder: Path,
    *,
    layers: Mapping[str, gpd.GeoDataFrame],
    results: Mapping[str, gpd.GeoDataFrame],
    findings: Sequence[Finding],
    elevation: Grid | None,
    settings: ViewSettings,
    methods: Sequence[Mapping[str, tuple[str, str]]] = (),
    links: Mapping[str, str] = MappingProxyType({}),
) -> list[Path]:
    """Write the report in both languages.

    Parameters
    ----------
    folder
        Folder to write into; it must exist.
    layers, results
        Layers by name, any CRS; any may be missing or empty.
    findings
        What was found in the data.
    elevation
        Elevation model for the ground of the map, None for none.
    settings
        County, date, class; its language is the one of `index.html`.
    methods
        Settings of the analyses and what they rest on: for each language a name and a value, shown as they are.
    links
        What stands beside the report: "map", "kmz" or "lists", and where, relative to the folder.

    Returns
    -------
    paths
        `index.html`, and the page in the other language (`en.html` or `zh.html`). The same arguments give the same
        bytes; a long list is cut and says where the rest is.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     settings = ViewSettings("示范县", dt.date(2026, 1, 1))
    ...     pages = write_report(
    ...         Path(name), layers={}, results={}, findings=[], elevation=None, settings=settings
    ...     )
    ...     [page.name for page in pages]
    ['index.html', 'en.html']
    """
    relief = _relief(layers, elevation)
    names = {lang: "index.html" if lang == settings.lang else f"{lang}.html" for lang in LANGUAGES}
    pages = []
    for lang in sorted(LANGUAGES, key=lambda lang: lang != settings.lang):
        figures = headline_figures(results, settings)
        technology = figures[0].technology if figures else next(iter(settings.technologies), "")
        content = _template().render(
            t=lambda text_id, lang=lang, **values: text(f"report_{text_id}", lang, **values),
            lang=lang,
            other=names["en" if lang == "zh" else "zh"],
            settings=settings,
            title=plain(settings.title(lang)),
            style=(files("onemap.views") / "assets" / "report.css").read_text(encoding="utf-8"),
            technology=technology,
            figures=[_shown_figure(figure, lang) for figure in figures],
            overview=overview_picture(
                layers, results, relief, technology=technology, simulated=settings.simulated, lang=lang
            ),
            owners=_owners(layers, lang),
            charts=_charts(results, lang),
            lists=[
                _shown_list(one, lang)
                for one in office_lists(layers, results, findings, settings, lang=lang)
                if len(one)
            ],
            supply=_supply(layers, lang),
            quality=_quality(findings, lang),
            methods=[tuple(map(plain, method[lang])) for method in methods],
            links=list(links.items()),
            operators=_operators(results, lang),
            left_out=_LEFT_OUT,
            told=_methods_told(results),
            plan=plan_section(layers, results, relief, settings, lang=lang),
        )
        path = folder / names[lang]
        path.write_text(content, encoding="utf-8", newline="\n")
        pages.append(path)
    return pages


def _template() -> jinja2.Template:
    """Give the page's template; whatever is put into it is escaped."""
    folder = files("onemap.views") / "templates"
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in ("report.html", "plan.html")}
    loader = jinja2.DictLoader(sources)
    page = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=loader)
    return page.get_template("report.html")


_TOLD: dict[str, tuple[str, ...]] = {  # what the methods speak of → results of which any is there
    "coverage": (),
    "gaps": (),
    "areas": ("area_coverage", "fibre_distances"),
    "priorities": ("gap_priorities",),
    "service": ("application_list", "acceptance"),
    "indicators": ("indicators",),
    "sharing": (),
    "demands": ("demand_outcomes",),
    "works": ("work_reservations", "pole_routes"),
    "routes": ("shared_routes",),
    "single_routes": ("network_nodes",),
    "conflicts": ("conflicts",),
}


def _methods_told(results: Mapping[str, gpd.GeoDataFrame]) -> list[str]:
    """Name the methods that the report has results of."""
    return [name for name, layers in _TOLD.items() if not layers or any(layer in results for layer in layers)]


def _relief(layers: Mapping[str, gpd.GeoDataFrame], elevation: Grid | None) -> Relief | None:
    """Shade the ground under the county."""
    bounds = degrees_bounds(layers)
    if elevation is None or bounds is None:
        return None
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    rim = 0.04 * max(width, height)
    window = (bounds[0] - rim, bounds[1] - rim, bounds[2] + rim, bounds[3] + rim)
    return relief_picture(elevation, window, longest_side_px=_RELIEF_PX)


def _shown_figure(figure: Figure, lang: str) -> dict[str, str]:
    """Put one of the five figures in words: number, unit, share of what."""
    digits = ".1f" if figure.unit == "km" else ".0f"
    number, total = (f"{value:,{digits}}" for value in (figure.value, figure.total))
    return {
        "label": text(f"report_figure_{figure.name}", lang, technology=figure.technology),
        "number": number,
        "unit": figure.unit,
        "of": text("report_of", lang, total=f"{total} {figure.unit}".strip(), share=f"{figure.share or 0:.1%}"),
        "calm": "calm" if figure.name == "shared" or not figure.value else "",
    }


def _charts(results: Mapping[str, gpd.GeoDataFrame], lang: str) -> list[dict[str, str]]:
    """Draw the charts that there are numbers for."""
    places, roads = place_shares(results), road_shares(results)
    anyone = [share for share in places if share.operator == "any"]
    charts = {
        "places": (anyone, "target"),
        "operators": (_by_operator(places), "operator"),
        "roads": (roads, "operator"),
    }
    return [
        {"title": text(f"report_chart_{name}", lang), "picture": share_bars(shares, lang=lang, by=by)}
        for name, (shares, by) in charts.items()
        if shares
    ]


def _by_operator(places: Sequence[Share]) -> list[Share]:
    """Add up all places for each technology and operator."""
    keys = list(dict.fromkeys((share.technology, share.operator) for share in places))
    chosen = {key: [share for share in places if (share.technology, share.operator) == key] for key in keys}
    return [
        Share("places", *key, sum(s.covered for s in one), sum(s.depends for s in one), sum(s.uncovered for s in one))
        for key, one in chosen.items()
    ]


def _operators(results: Mapping[str, gpd.GeoDataFrame], lang: str) -> dict[str, Any]:
    """Put what each operator sees in a table: places and road kilometres, of how many."""
    table = operator_table(results)
    targets = list(dict.fromkeys(target for _, _, shares in table for target in shares))
    known = words([*targets, *(operator for _, operator, _ in table)])
    place = 0 if lang == "zh" else 1

    def say(value: str) -> str:
        return known.get(value, (plain(value), plain(value)))[place]

    rows = [
        [technology, say(operator), *(_covered(shares.get(target)) for target in targets)]
        for technology, operator, shares in table
    ]
    return {"heads": [say(target) + (" (km)" if target == "roads" else "") for target in targets], "rows": rows}


def _covered(share: Share | None) -> str:
    """Put a share in words: covered of all, per cent, and what depends."""
    if share is None or not share.total:
        return ""
    digits = ",.1f" if share.target == "roads" else ",.0f"
    return f"{share.covered:{digits}} / {share.total:{digits}} ({share.covered / share.total:.1%})"


def _shown_list(office_list: OfficeList, lang: str) -> dict[str, Any]:
    """Put a list in text, cut at a stated number of rows; columns that nobody has filled are left out."""
    hidden = _NOT_ON_PAGE.get(office_list.name, ())
    columns = [
        column
        for column in office_list.columns
        if column.en not in hidden and any(cell is not None for cell in column.cells)
    ]
    count, most = len(office_list), _MORE_ROWS.get(office_list.name, _MOST_ROWS)
    styles = [_style(column) for column in columns]
    shown = ([_shown(cell, column) for cell in column.cells[:most]] for column in columns)
    rows = [list(zip(row, styles, strict=True)) for row in zip(*shown, strict=True)]
    return {
        "name": office_list.name,
        "title": office_list.title(lang),
        "count": count,
        "heads": [(column.header(lang), style) for column, style in zip(columns, styles, strict=True)],
        "rows": rows,
        "cut": text("report_cut", lang, shown=most, count=count) if count > most else "",
    }


def _shown(cell: Cell, column: Column) -> str:
    """Give a cell as text."""
    if cell is None or isinstance(cell, str):
        words = cell or ""
        return words if len(words) <= _LONGEST else f"{words[:_LONGEST].rstrip()}…"
    return _NUMBERS[column.kind].format(cell)


def _style(column: Column) -> str:
    """Give the class of a column: numbers stand right, short texts are not broken."""
    if column.kind != "text":
        return "n"
    longest = max((len(str(cell)) for cell in column.cells if cell is not None), default=0)
    return "s" if longest <= _SHORT else ""


def _owners(layers: Mapping[str, gpd.GeoDataFrame], lang: str) -> list[tuple[str, str, int]]:
    """Give the owners of towers with colour and count, for the map's legend."""
    towers = layers.get("towers")
    if towers is None or "owner" not in towers:
        return []
    counts = towers["owner"].dropna().value_counts().sort_index()
    known = words(str(owner) for owner in counts.index)
    place = 0 if lang == "zh" else 1
    others = other_operators(map(str, counts.index))
    return [
        (known.get(str(owner), (plain(owner), plain(owner)))[place], operator_color(str(owner), others), int(count))
        for owner, count in counts.items()
    ]


def _supply(layers: Mapping[str, gpd.GeoDataFrame], lang: str) -> list[tuple[str, int]]:
    """Count the rows of each layer that went in."""
    return [
        (schema(name).alias_zh if lang == "zh" else schema(name).alias_en, len(layer)) for name, layer in layers.items()
    ]


def _quality(findings: Sequence[Finding], lang: str) -> list[dict[str, Any]]:
    """Count findings by rule, the gravest first."""
    counts: dict[str, dict[str, Any]] = {}
    for finding in findings:
        row = counts.setdefault(
            finding.rule,
            {
                "rule": finding.rule,
                "severity": finding.severity,
                "title": finding.title(lang),
                "count": 0,
                "rejected": 0,
            },
        )
        row["count"] += 1
        row["rejected"] += finding.action == "rejected"
    known = catalogue()
    rows = sorted(counts.values(), key=lambda row: (SEVERITIES.index(row["severity"]), row["rule"]))
    return [{**row, "word": known[f"word {row['severity']}"][lang]} for row in rows]
