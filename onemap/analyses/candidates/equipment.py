"""What equipment radiates at a candidate: the antennas that the radio model is asked about."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.candidate_settings import Equipment
from onemap.analyses.columns import column, members, places
from onemap.analyses.coverage.antenna_radio import given_radio, with_radio
from onemap.analyses.coverage.assumptions import Notes
from onemap.analyses.coverage.settings import ANY_OPERATOR, CoverageSettings
from onemap.radio.presets import choose_preset

__all__ = ["bands_of", "candidate_antennas", "usual_equipment"]


def usual_equipment(coverage: CoverageSettings) -> tuple[Equipment, ...]:
    """Give what is put up where a project does not say: each technology alone, and all together.

    Parameters
    ----------
    coverage
        Its technologies.

    Examples
    --------
    >>> [one.name for one in usual_equipment(CoverageSettings())]
    ['4G', '5G', '4G+5G']
    """
    alone = tuple(Equipment(name=one, technologies=(one,)) for one in coverage.technologies)
    if len(alone) < 2:
        return alone
    return (*alone, Equipment(name="+".join(coverage.technologies), technologies=coverage.technologies))


def bands_of(equipment: Equipment, coverage: CoverageSettings) -> tuple[str, ...]:
    """Name the band of each technology of an equipment.

    Examples
    --------
    >>> bands_of(Equipment(name="both", technologies=("4G", "5G"), bands={"4G": "B8"}), CoverageSettings())
    ('B8', 'n78')
    """
    return tuple(
        choose_preset(coverage.presets, one, band=equipment.bands.get(one), operators=equipment.operators).band
        for one in equipment.technologies
    )


def candidate_antennas(candidates: gpd.GeoDataFrame, coverage: CoverageSettings) -> pd.DataFrame:
    """List the antennas of candidates as if they stood: one for each technology, all round.

    Parameters
    ----------
    candidates
        Result layer `plan_candidates`; satellites have no antenna here.
    coverage
        Presets of the bands.

    Returns
    -------
    antennas
        Table as of `onemap.analyses.coverage.serving_antennas`, and `candidate`, the position of the candidate.

    Raises
    ------
    LayerError
        If a candidate has no place.

    Examples
    --------
    >>> import shapely
    >>> site = gpd.GeoDataFrame({"candidate_id": ["T1:4G"], "kind": "existing tower", "technologies": "4G",
    ...     "operators": "any", "bands": "B8", "height_agl_m": 30.0}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> candidate_antennas(site, CoverageSettings())[["candidate", "technology", "frequency_mhz"]].values.tolist()
    [[0, '4G', 942.5]]
    """
    ground = np.flatnonzero(column(candidates, "kind").ne("satellite").to_numpy(dtype=bool))
    lon, lat = places(candidates, "plan_candidates")
    listed = candidates.iloc[ground]
    technologies, bands = members(column(listed, "technologies")), members(column(listed, "bands"))
    count = np.array([len(one) for one in technologies], dtype=np.int64)
    row = np.repeat(ground, count)
    table = pd.DataFrame(
        {
            "cell_id": column(candidates, "candidate_id").iloc[row].array,
            "tower_id": column(candidates, "facility_id").iloc[row].array,
            "technology": pd.array([name for one in technologies for name in one], dtype="string"),
            "operators": _operators(members(column(candidates, "operators")), row),
            "lon": lon[row],
            "lat": lat[row],
            "height_agl_m": column(candidates, "height_agl_m", "number").to_numpy()[row],
            "height_assumed": column(candidates, "height_assumed", "boolean").fillna(value=False).to_numpy(bool)[row],
        }
    )
    radio = {name: values.array for name, values in given_radio(gpd.GeoDataFrame(index=range(len(table)))).items()}
    radio["band"] = pd.array([name for one in bands for name in one], dtype="string")
    notes = Notes(len(table))
    filled = with_radio(table.assign(**radio), coverage.presets, notes)
    return filled.assign(assumed=pd.Series(notes.joined(), dtype="string"), candidate=row)


def _operators(listed: Sequence[tuple[str, ...]], row: np.ndarray) -> pd.Series:
    """Give whom each antenna serves; nobody named serves "any"."""
    named = [tuple(one for one in names if one != ANY_OPERATOR) for names in listed]
    return pd.Series([named[place] for place in row.tolist()], dtype=object)
