"""Why a site is connected as it is, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.connection.plan import ConnectionPlan
from onemap.analyses.connection.ways import KINDS
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.costs import CostBook
from onemap.layers.catalogue import schema
from onemap.messages import LANGUAGES, text

__all__ = ["no_fibre", "no_link", "reasons"]


def reasons(
    plan: ConnectionPlan, way: NDArray[np.object_], *, book: CostBook, settings: ConnectionSettings
) -> Mapping[str, list[str]]:
    """Say for each site why it is connected so.

    Parameters
    ----------
    plan
        The plan.
    way
        Way of each site.
    book, settings
        What it was made with.

    Returns
    -------
    reasons
        "zh" and "en" → a text a site.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.connection.plan import plan_of
    >>> from onemap.analyses.costs import package_costs
    >>> site = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[shapely.Point(75.1, 39)], crs="EPSG:4490")
    >>> asked = {"book": package_costs(), "settings": ConnectionSettings()}
    >>> reasons(plan_of(site, {}, None, **asked), np.array(["none"]), **asked)["en"][0].split(";")[0]
    'no fibre: no room, node or cable with free capacity is known'
    """
    return {
        lang: [_reason(plan, site, str(one), lang=lang, book=book, settings=settings) for site, one in enumerate(way)]
        for lang in LANGUAGES
    }


def _reason(
    plan: ConnectionPlan, site: int, way: str, *, lang: str, book: CostBook, settings: ConnectionSettings
) -> str:
    """Put the parts of one reason together."""
    first = {"fibre": _fibre, "microwave": _link, "existing": _existing}.get(way)
    said = [first(plan, site, lang)] if first else []
    if way not in {"fibre", "existing"}:
        said.append(text("conn_no_fibre", lang, why=no_fibre(plan, site, lang, settings)))
    if way not in {"existing", "microwave"}:
        said.append(_without(plan, site, lang=lang, book=book, settings=settings))
    if way in {"satellite", "none"}:
        said.append(text(f"conn_{way}", lang))
    said += [_power(plan, site, lang), _access(plan, site, lang, settings)]
    return text("conn_join", lang).join(said)


def _layer(name: object, lang: str) -> str:
    """Name a layer."""
    known = schema(str(name))
    return known.alias_zh if lang == "zh" else known.alias_en.removesuffix("s")


def _fibre(plan: ConnectionPlan, site: int, lang: str) -> str:
    """Tell the metres of each kind along a way of fibre, and where it ends."""
    path = plan.fibre.paths[site]
    kinds, length_m = plan.ways.kind[path], plan.ways.length_m[path]
    parts = [
        text(f"conn_{kind}", lang, metres=f"{length_m[kinds == place].sum():,.0f}")
        for place, kind in enumerate(KINDS[:5])
        if length_m[kinds == place].sum() >= 0.5
    ]
    row = int(plan.ways.row[path[-1]])
    if row >= 0:
        layer, name = plan.supply.layer[row], plan.supply.name[row]
    else:
        layer, name = "cables", plan.lines["spare"]["cable_id"].iloc[int(plan.ways.row[path[-2]])]
    comma = text("conn_comma", lang)
    named = "conn_fibre" if parts else "conn_fibre_there"
    said = text(named, lang, parts=comma.join(parts), layer=_layer(layer, lang), id=name)
    shared_m = length_m[plan.fibre.users[path] > 1].sum()
    if shared_m >= 0.5:
        others = int(plan.fibre.users[path[:-1]].max()) - 1
        said += text("conn_shared", lang, metres=f"{shared_m:,.0f}", others=others)
    return said + (text("conn_turned", lang) if plan.fibre.turned_away[site] else "")


def _link(plan: ConnectionPlan, site: int, lang: str) -> str:
    """Tell a link, its heights and its clearance."""
    hangs = plan.hangs[site] >= 0
    links, row = (plan.between, plan.hangs[site]) if hangs else (plan.links, plan.direct[site])
    far = links.far[row]
    name = plan.name[far] if hangs else plan.ends.name[far]
    layer = "planned_sites" if hangs else plan.ends.layer[far]
    return text(
        "conn_link", lang, km=f"{links.length_m[row] / 1000.0:.2f}", layer=_layer(layer, lang), id=name,
        height_m=f"{links.height_m[row]:.1f}", need_m=f"{max(links.need_m[row], 0.0):.1f}",
        planned_m=f"{plan.stands.height_agl_m[site]:.1f}",
    )  # fmt: skip


def _existing(plan: ConnectionPlan, site: int, lang: str) -> str:
    """Tell whose spot the site shares."""
    end = plan.existing[site]
    return text("conn_existing", lang, layer=_layer(plan.ends.layer[end], lang), id=plan.ends.name[end])


def no_fibre(plan: ConnectionPlan, site: int, lang: str, settings: ConnectionSettings) -> str:
    """Say why a site gets no fibre.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.connection.plan import plan_of
    >>> from onemap.analyses.costs import package_costs
    >>> site = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[shapely.Point(75.1, 39)], crs="EPSG:4490")
    >>> plan = plan_of(site, {}, None, book=package_costs(), settings=ConnectionSettings())
    >>> no_fibre(plan, 0, "zh", ConnectionSettings())
    '资料中没有具备空闲能力的机房、节点或光缆'
    """
    if not len(plan.supply.lon) and "spare" not in plan.lines:
        return text("conn_no_supply", lang)
    if not plan.ways.site_reach[site]:
        key = "conn_far_road" if "trench" in plan.lines else "conn_no_roads"
        return text(key, lang, road_m=f"{settings.road_reach_m:g}", drop_m=f"{settings.drop_m:g}")
    if not plan.fibre.reached[site]:
        return text("conn_piece", lang)
    return text("conn_full" if plan.fibre.turned_away[site] else "conn_dearer", lang)


def _without(plan: ConnectionPlan, site: int, *, lang: str, book: CostBook, settings: ConnectionSettings) -> str:
    """Say why a site has no microwave link: what one would cost, or why none can be."""
    row = plan.direct[site]
    if row < 0:
        return text("conn_no_link", lang, why=no_link(plan, site, lang, settings))
    higher_m = plan.links.height_m[row] - plan.stands.height_agl_m[site]
    cost = book.of({"microwave_end": 2.0, "microwave_tower": higher_m})
    said = text("conn_link_dearer", lang, cost=f"{float(cost.total):,.1f}", money=cost.money)
    return said + (text("conn_example", lang) if cost.certainty == "example" else "")


def no_link(plan: ConnectionPlan, site: int, lang: str, settings: ConnectionSettings) -> str:
    """Say why a site has no microwave link.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.connection.plan import plan_of
    >>> from onemap.analyses.costs import package_costs
    >>> site = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[shapely.Point(75.1, 39)], crs="EPSG:4490")
    >>> plan = plan_of(site, {}, None, book=package_costs(), settings=ConnectionSettings())
    >>> no_link(plan, 0, "en", ConnectionSettings())
    'it cannot be judged without an elevation model'
    """
    if not settings.microwave:
        return text("conn_link_off", lang)
    if plan.ground is None:
        return text("conn_link_no_grid", lang)
    if not plan.ground[site]:
        return text("conn_link_no_ground", lang)
    mine = plan.links.site == site
    if not mine.any():
        return text("conn_link_no_end", lang, km=f"{settings.max_link_m / 1000.0:g}")
    known = mine & plan.links.known
    if not known.any():
        return text("conn_link_void", lang, count=int(mine.sum()))
    row = int(np.flatnonzero(known)[np.argmin(plan.links.need_m[known])])
    return text(
        "conn_link_blocked", lang, count=int(mine.sum()), id=plan.ends.name[plan.links.far[row]],
        need_m=f"{plan.links.need_m[row]:,.0f}", most_m=f"{settings.highest_site_m:g}",
    )  # fmt: skip


def _power(plan: ConnectionPlan, site: int, lang: str) -> str:
    """Tell the power."""
    way = str(plan.power.way[site])
    if way == "solar":
        return text("conn_solar", lang)
    values = {"layer": _layer(plan.power.layer[site], lang), "id": plan.power.name[site]}
    return text(f"conn_{way}", lang, **values, metres=f"{plan.power.distance_m[site]:,.0f}")


def _access(plan: ConnectionPlan, site: int, lang: str, settings: ConnectionSettings) -> str:
    """Tell how far the road is."""
    if not np.isfinite(plan.road_m[site]):
        return text("conn_no_access", lang, km=f"{settings.access_reach_m / 1000.0:g}")
    return text("conn_access", lang, metres=f"{plan.road_m[site]:,.0f}")
