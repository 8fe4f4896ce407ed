"""The sites of a plan as the canonical layer `planned_sites`, ready for a delivery."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import column
from onemap.messages import text

__all__ = ["planned_sites_of"]


def planned_sites_of(lines: gpd.GeoDataFrame, *, origin: str) -> gpd.GeoDataFrame:
    """Give the sites of a plan as planned sites; satellite terminals are none.

    Parameters
    ----------
    lines
        Result layer `plan_sites`.
    origin
        What the sites come from: the name of the project.

    Returns
    -------
    planned_sites
        Canonical layer: a site that was planned before keeps its id, others have that of the plan. `kind` says in
        Chinese, as the delivery is, how it is built; `source` is that of what is used, or names the plan.

    Examples
    --------
    >>> import shapely
    >>> lines = gpd.GeoDataFrame({"site_id": ["new:A:4G"], "kind": ["new site"], "technologies": ["4G"],
    ...     "height_agl_m": [30.0], "year": [2026]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> planned_sites_of(lines, origin="X")[["site_id", "kind", "technology", "year"]].values.tolist()
    [['new:A:4G', '新建站址', '4G', 2026]]
    """
    ground = lines[column(lines, "kind").ne("satellite").to_numpy(dtype=bool)]
    kind = column(ground, "kind")
    planned = kind.eq("planned").to_numpy(dtype=bool)
    own = column(ground, "facility_id").astype(object)
    name = column(ground, "name").fillna(column(ground, "site_id"))
    said = {one: text(f"word {one}", "zh") for one in set(kind)}
    values = {
        "site_id": np.where(planned & own.notna().to_numpy(), own, column(ground, "site_id").astype(object)),
        "name": name.to_numpy(dtype=object),
        "kind": [said[one] for one in kind],
        "technology": column(ground, "technologies").str.replace(";", "/").to_numpy(dtype=object),
        "year": column(ground, "year", "integer").array,
        "wanted_height_m": column(ground, "height_agl_m", "number").to_numpy(),
        "origin": [text("plan_origin", "zh", name=origin)] * len(ground),
        "source": column(ground, "source").fillna(text("plan_source", "zh")).to_numpy(dtype=object),
    }
    table = pd.DataFrame(values).astype({one: "string" for one in values if one not in {"year", "wanted_height_m"}})
    return gpd.GeoDataFrame(table, geometry=ground.geometry.to_numpy(), crs=lines.crs)
