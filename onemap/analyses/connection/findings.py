"""What stands in the way of connecting sites, as findings on the layers that lack it."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.connection.plan import ConnectionPlan
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.findings import Finding

__all__ = ["plan_findings"]

_NAMED = 10


def plan_findings(
    plan: ConnectionPlan,
    way: NDArray[np.object_],
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    settings: ConnectionSettings,
) -> tuple[Finding, ...]:
    """Say what a plan of connections lacks.

    Parameters
    ----------
    plan, way
        The plan, and the way of each site.
    layers
        What it was made of.
    settings
        What it was made with.

    Returns
    -------
    findings
        No roads; no free capacity; sites on pieces of road that lead to none; no elevation model; sites off it; sites
        that nothing reaches.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.connection.plan import plan_of
    >>> from onemap.analyses.costs import package_costs
    >>> site = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[shapely.Point(75.1, 39)], crs="EPSG:4490")
    >>> plan = plan_of(site, {}, None, book=package_costs(), settings=ConnectionSettings())
    >>> [one.rule for one in plan_findings(plan, np.array(["none"]), {}, settings=ConnectionSettings())]
    ['OM-BIZ-240', 'OM-BIZ-241', 'OM-BIZ-243', 'OM-BIZ-245']
    """
    if not len(plan.name):
        return ()
    supplied = len(plan.supply.lon) > 0 or "spare" in plan.lines
    cut = plan.ways.site_reach & ~plan.fibre.reached & (plan.existing < 0)
    found = []
    if "trench" not in plan.lines:
        found.append(Finding("OM-BIZ-240", layer="roads"))
    if not supplied:
        found.append(Finding("OM-BIZ-241", layer="cables" if "cables" in layers else "rooms"))
    elif cut.any():
        found.append(_named("OM-BIZ-242", "roads", plan, cut))
    if settings.microwave and plan.ground is None:
        found.append(Finding("OM-BIZ-243", layer="planned_sites", values={"count": len(plan.name)}))
    elif settings.microwave and plan.ground is not None and not plan.ground.all():
        found.append(_named("OM-BIZ-244", "planned_sites", plan, ~plan.ground))
    if (way == "none").any():
        found.append(_named("OM-BIZ-245", "planned_sites", plan, way == "none"))
    return tuple(found)


def _named(rule: str, layer: str, plan: ConnectionPlan, sites: NDArray[np.bool_]) -> Finding:
    """Name the sites that a finding is about, the first of them."""
    names = [str(name) for name in plan.name[sites]]
    shown = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    first = int(np.flatnonzero(sites)[0])
    lon, lat = float(plan.stands.lon[first]), float(plan.stands.lat[first])
    return Finding(rule, layer=layer, values={"count": len(names), "sites": shown}, lon=lon, lat=lat)
