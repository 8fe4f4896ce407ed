"""One page with everything in it: a map of gaps and supply that opens from disk with the network off.

Folium makes the page and the map; its links to other hosts are left out, Leaflet and its clusters stand in the page
(`assets`, with their licences). The page forbids itself to load anything and to run any script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import shapely
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from onemap.errors import LayerError
from onemap.layers.grid import Grid
from onemap.messages import text
from onemap.views.escaping import data_for_page, safe
from onemap.views.map_data import lonlat, map_data
from onemap.views.relief import relief_picture
from onemap.views.style import DEPENDS, GAP, PLAN, SERVED
from onemap.views.view_settings import ViewSettings

__all__ = ["write_map"]

_SCRIPTS = ("leaflet.js", "leaflet.markercluster.js", "map.js")
_SHEETS = ("leaflet.css", "MarkerCluster.css", "map.css")
_POLICY_PLACE = "content-security-policy-of-this-page"
_FRAME = """
<div id="head" class="card"><div class="top"></div>
<div id="find"><input id="search" type="search" autocomplete="off"><ul id="found" role="listbox"></ul></div></div>
<div id="panel" class="card"></div>
<div id="legend" class="card"></div>
<div id="mock" class="card"{hidden}>{simulated}</div>
{review}
<noscript>{title}</noscript>
"""


def write_map(
    path: Path,
    *,
    layers: Mapping[str, gpd.GeoDataFrame],
    results: Mapping[str, gpd.GeoDataFrame],
    elevation: Grid | None,
    settings: ViewSettings,
    report: str = "",
) -> Path:
    """Write the interactive map as one page that loads nothing from elsewhere.

    Parameters
    ----------
    path
        The page to write, such as `map/index.html`; its folder must exist.
    layers
        Canonical layers by name, any CRS; shown in degrees of their own datum. Any may be missing or empty.
    results
        Result layers by name, likewise.
    elevation
        Elevation model in metres for the grey ground; None for a plain ground.
    settings
        Title, county, date, class, language and order of technologies and operators.
    report
        Where the report stands, relative to the page; empty for no link.

    Returns
    -------
    path
        The page written. The same arguments give the same bytes.

    Raises
    ------
    LayerError
        If no layer has a row with a place.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=gpd.points_from_xy([75.1], [39.6]), crs=4490)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_map(
    ...         Path(folder) / "index.html",
    ...         layers={"towers": towers},
    ...         results={},
    ...         elevation=None,
    ...         settings=ViewSettings("示范县", dt.date(2026, 1, 1)),
    ...     )
    ...     'src="' in page.read_text(encoding="utf-8")
    False
    """
    data = map_data(layers, results, settings)
    bounds = _bounds({**layers, **results})
    data["bounds"] = [[bounds[1], bounds[0]], [bounds[3], bounds[2]]]
    data["colors"] = {"gap": GAP, "uncovered": GAP, "depends": DEPENDS, "served": SERVED, "plan": PLAN}
    data["outside"] = _outside(layers.get("districts"), bounds)
    data["report"] = report
    if settings.review_number is not None:
        data["review"] = settings.review_number
    data["relief"] = _relief(elevation, bounds)
    path.write_text(_page(data, settings), encoding="utf-8", newline="\n")
    return path


class _Raw(Element):  # type: ignore[misc]  # branca carries no types
    """Text that goes into the page as it is, not read as a template."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self._content = content

    def render(self, **_kwargs: object) -> str:
        return self._content


class _PlainMap(folium.Map):  # type: ignore[misc]  # folium carries no types
    """A folium map without its links to other hosts, and with a name that does not change from run to run."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  # as in folium
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


class _Start(MacroElement):  # type: ignore[misc]
    """Starts the page's own script on the map."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        'onemap.start({{ this._parent.get_name() }}, JSON.parse(document.getElementById("data").textContent));'
        "{% endmacro %}"
    )


def _page(data: Mapping[str, Any], settings: ViewSettings) -> str:
    """Put the page together."""
    figure = Figure(title=safe(settings.title(settings.lang)))
    chart = _PlainMap(location=(0, 0), tiles=None, zoom_control=False, zoom_snap=0.25)
    chart._id = "county"  # noqa: SLF001  # folium offers no other way to a name that stays
    figure.add_child(chart)
    start = _Start()
    start._id = "start"  # noqa: SLF001
    chart.add_child(start)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY_PLACE}">'
    figure.header.add_child(_Raw(policy), name="policy", index=0)
    figure.header.add_child(_Raw('<link rel="icon" href="data:,">'), name="icon")
    for name in _SHEETS:
        figure.header.add_child(_Raw(f"<style>{_sheet(name)}</style>"), name=name)
    for name in _SCRIPTS:
        figure.header.add_child(_Raw(f"<script>{_script(name)}</script>"), name=name)
    frame = _FRAME.format(
        title=safe(settings.title(settings.lang)),
        hidden="" if settings.simulated else " hidden",
        simulated=safe(text("view_simulated", settings.lang)) if settings.simulated else "",
        review=_review(settings),
    )
    figure.html.add_child(_Raw(frame), name="frame")
    block = f'<script type="application/json" id="data">{data_for_page(data)}</script>'
    figure.html.add_child(_Raw(block), name="data")
    page: str = figure.render()
    return page.replace(_POLICY_PLACE, _policy(page), 1)


def _review(settings: ViewSettings) -> str:
    """Give the slot of the review number of a public map, with a banner while it is empty; nothing on other maps."""
    if settings.review_number is None:
        return ""
    number, lang = settings.review_number, settings.lang
    if not number:
        return f'<div id="review" class="card missing" role="alert">{safe(text("map_review_missing", lang))}</div>'
    return f'<div id="review" class="card">{safe(text("map_review", lang) + number)}</div>'


def _policy(page: str) -> str:
    """Allow the scripts that stand in the page, by their hashes, and nothing else."""
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _asset(name: str) -> str:
    """Read an asset of the package."""
    return (files("onemap.views") / "assets" / name).read_text(encoding="utf-8")


def _script(name: str) -> str:
    """Read a script, without the line that would ask for its map."""
    return re.sub(r"//# sourceMappingURL=\S+", "", _asset(name)).strip()


def _sheet(name: str) -> str:
    """Read a style sheet, without pictures that stand in other files."""
    return re.sub(r"[\w-]+:\s*url\([^)]*\);", "", _asset(name)).strip()


def _bounds(frames: Mapping[str, gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    """Give west, south, east, north in degrees: of the districts, or of all rows where there are none."""
    chosen = [frames["districts"]] if len(frames.get("districts", ())) else list(frames.values())
    boxes = [lonlat(layer).total_bounds for layer in chosen if len(layer) and layer.geometry.notna().any()]
    boxes = [box for box in boxes if all(map(_is_number, box))]
    if not boxes:
        raise LayerError("view_nothing_to_show")
    west, south, east, north = (
        round(float(pick), 6)
        for pick in (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )
    )
    return west, south, east, north


def _is_number(value: float) -> bool:
    """Tell a number from NaN."""
    return bool(value == value)  # noqa: PLR0124  # only NaN differs from itself


def _outside(districts: gpd.GeoDataFrame | None, bounds: tuple[float, float, float, float]) -> list[Any]:
    """Give the rings of a veil over what lies outside the county: a wide box, a hole for each part of the county."""
    if districts is None or districts.empty:
        return []
    county = shapely.union_all(lonlat(districts).geometry.dropna().to_numpy(), grid_size=1e-7)
    parts = [part for part in getattr(county, "geoms", [county]) if part.geom_type == "Polygon"]
    box = shapely.box(bounds[0] - 3, bounds[1] - 3, bounds[2] + 3, bounds[3] + 3)
    rings = [box.exterior, *(part.exterior for part in parts)]
    return [shapely.get_coordinates(ring).round(6).tolist() for ring in rings]


def _relief(elevation: Grid | None, bounds: tuple[float, float, float, float]) -> dict[str, Any] | None:
    """Give the ground's picture and its corners, half a county wider than the county on each side."""
    if elevation is None:
        return None
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    window = (bounds[0] - width / 2, bounds[1] - height / 2, bounds[2] + width / 2, bounds[3] + height / 2)
    relief = relief_picture(elevation, window)
    if relief is None:
        return None
    return {"picture": relief.data_uri(), "bounds": [[relief.south, relief.west], [relief.north, relief.east]]}
