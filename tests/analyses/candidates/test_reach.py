"""What candidates reach: pair by pair what the coverage says of each candidate alone."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from onemap.analyses.candidate_settings import RANKS, ReachSettings
from onemap.analyses.candidates.equipment import candidate_antennas
from onemap.analyses.candidates.reach import Reach, reach_of
from onemap.analyses.candidates.siting_inputs import siting_inputs
from onemap.analyses.coverage.models import judged_service
from onemap.errors import LayerError
from onemap.layers.grid import Grid
from tests.analyses.candidates.small_county import CRS_NAME, RADIO, hills, make_candidates, make_targets

RANK = {"uncovered": 0, "depends": 1, "covered": 2}


def by_each_alone(candidates, targets, coverage, grid):
    """Ask the coverage of each candidate, as if it were the only one that stands."""
    antennas = candidate_antennas(candidates, coverage)
    count = (len(targets), len(candidates))
    verdict, margin_db, sigma_db = np.zeros(count, dtype=int), np.full(count, np.nan), np.full(count, np.nan)
    lon, lat = targets.geometry.x.to_numpy(), targets.geometry.y.to_numpy()
    for number in range(len(candidates)):
        own = antennas[antennas["candidate"].eq(number)].reset_index(drop=True)
        own = own.assign(operators=[(*one, "any of all") for one in own["operators"]])
        table = judged_service(lon, lat, own, settings=coverage, grid=grid, crs=CRS(CRS_NAME))
        for row in table.itertuples():
            target = targets.iloc[row.place]
            asked = (target["technology"], target["operator"]) == (row.technology, row.operator)
            if asked and not target["served_before"]:
                verdict[row.place, number] = RANK[row.verdict]
                margin_db[row.place, number], sigma_db[row.place, number] = row.margin_db, row.sigma_db
    return verdict, margin_db, sigma_db


@pytest.mark.parametrize("model", ["p1812", "hata", "line of sight", "radius"])
def test_pairs_are_those_of_the_coverage_of_each_candidate_alone(model: str) -> None:
    candidates, targets, grid = make_candidates(14), make_targets(90, places=60), hills()
    coverage = dataclasses.replace(RADIO, model=model, reach_m=8_000.0, range_m={"4G": 6_000.0, "5G": 3_000.0})
    verdict, margin_db, sigma_db = by_each_alone(candidates, targets, coverage, grid)
    reach = reach_of(candidates, targets, coverage=coverage, settings=ReachSettings(reach_m=8_000.0), grid=grid)
    np.testing.assert_array_equal(reach.serves().toarray(), verdict == 2)
    assert 0.01 < (verdict == 2).mean() < 0.9
    loose = ReachSettings(reach_m=8_000.0, count_depends=True)
    depends = reach_of(candidates, targets, coverage=coverage, settings=loose, grid=grid)
    np.testing.assert_array_equal(depends.serves().toarray(), verdict >= 1)
    for one in (reach, depends):
        pairs = one.margins().tocoo()
        np.testing.assert_array_equal(pairs.data, margin_db[pairs.row, pairs.col].astype(np.float32))
        np.testing.assert_array_equal(one.sigmas().tocoo().data, sigma_db[pairs.row, pairs.col].astype(np.float32))


@pytest.mark.parametrize("compare", [("hata",), ("line of sight", "hata")])
def test_models_that_are_compared_must_agree(compare: tuple[str, ...]) -> None:
    candidates, targets, grid = make_candidates(10), make_targets(60), hills()
    coverage = dataclasses.replace(RADIO, compare=compare, reach_m=8_000.0, range_m={"4G": 6_000.0, "5G": 3_000.0})
    verdict, margin_db, _ = by_each_alone(candidates, targets, coverage, grid)
    alone = reach_of(candidates, targets, coverage=dataclasses.replace(coverage, compare=()), grid=grid).serves()
    for settings, least in (
        (ReachSettings(reach_m=8_000.0), 2),
        (ReachSettings(reach_m=8_000.0, count_depends=True), 1),
    ):
        reach = reach_of(candidates, targets, coverage=coverage, settings=settings, grid=grid)
        np.testing.assert_array_equal(reach.serves().toarray(), verdict >= least)
        known = ~np.isnan(reach.margins().data)
        pairs = reach.margins().tocoo()
        np.testing.assert_array_equal(pairs.data[known], margin_db[pairs.row, pairs.col].astype(np.float32)[known])
    assert (verdict == 2).sum() <= alone.nnz
    assert len(compare) == 1 or (verdict == 2).sum() < alone.nnz
    assert reach.serves(shift_db=-2.0).nnz <= reach.serves().nnz


def test_a_void_and_the_rim_of_the_model_never_make_a_target_covered() -> None:
    grid = hills()
    values = grid.values.copy()
    values[:, 130:133] = np.nan
    torn = Grid(values[:, :200], grid.transform, grid.crs)
    candidates, targets = make_candidates(14), make_targets(90)
    verdict, _, _ = by_each_alone(candidates, targets, RADIO, torn)
    loose = ReachSettings(reach_m=12_000.0, count_depends=True)
    for settings, least in ((ReachSettings(reach_m=12_000.0), 2), (loose, 1)):
        found = reach_of(candidates, targets, coverage=RADIO, settings=settings, grid=torn).serves()
        np.testing.assert_array_equal(found.toarray(), verdict >= least)
    assert (verdict == 1).any()


def test_a_better_margin_serves_what_a_lower_threshold_would() -> None:
    candidates, targets, grid = make_candidates(14), make_targets(90), hills()
    settings = ReachSettings(reach_m=8_000.0, spare_db=4.0)
    reach = reach_of(candidates, targets, coverage=RADIO, settings=settings, grid=grid)
    for shift_db in (4.0, 1.5, -3.0):
        moved = dataclasses.replace(
            RADIO, rsrp_min_dbm={name: value - shift_db for name, value in RADIO.rsrp_min_dbm.items()}
        )
        anew = reach_of(candidates, targets, coverage=moved, settings=settings, grid=grid)
        np.testing.assert_array_equal(reach.serves(shift_db=shift_db).toarray(), anew.serves().toarray())
    assert reach.serves(shift_db=4.0).nnz > reach.serves().nnz > reach.serves(shift_db=-3.0).nnz > 0
    with pytest.raises(ValueError, match="spare_db = 4 dB, got 5 dB"):
        reach.serves(shift_db=5.0)


def test_batches_of_places_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    candidates, targets, grid = make_candidates(14), make_targets(90), hills()
    whole = reach_of(candidates, targets, coverage=RADIO, grid=grid)
    monkeypatch.setattr("onemap.analyses.coverage.candidates._PAIRS_AT_ONCE", 37)
    parts = reach_of(candidates, targets, coverage=RADIO, grid=grid)
    for field in dataclasses.fields(Reach):
        np.testing.assert_array_equal(getattr(whole, field.name), getattr(parts, field.name))


def test_arguments_are_left_as_they_were_and_rows_may_come_in_any_order() -> None:
    candidates, targets, grid = make_candidates(10), make_targets(40), hills()
    copies = candidates.copy(), targets.copy()
    serves = reach_of(candidates, targets, coverage=RADIO, grid=grid).serves().toarray()
    assert candidates.equals(copies[0])
    assert targets.equals(copies[1])
    some, other = np.random.default_rng(1).permutation(10), np.random.default_rng(2).permutation(40)
    mixed = reach_of(candidates.iloc[some], targets.iloc[other], coverage=RADIO, grid=grid).serves().toarray()
    np.testing.assert_array_equal(mixed, serves[np.ix_(other, some)])


def test_a_satellite_serves_its_own_place_whatever_the_technology() -> None:
    targets = make_targets(30, places=12).assign(served_before=False)
    above = gpd.GeoDataFrame(
        {"candidate_id": ["s"], "kind": "satellite", "technologies": None, "operators": "any", "bands": None},
        geometry=[targets.geometry.iloc[3]], crs=CRS_NAME,
    )  # fmt: skip
    served = reach_of(above, targets, coverage=RADIO, grid=hills()).serves().toarray()[:, 0]
    np.testing.assert_array_equal(served, targets.geometry.eq(targets.geometry.iloc[3]))


def test_nothing_to_reach_or_nobody_to_reach_it_is_an_empty_matrix() -> None:
    candidates, targets, grid = make_candidates(4), make_targets(5), hills()
    assert reach_of(candidates.iloc[:0], targets, coverage=RADIO, grid=grid).serves().shape == (5, 0)
    assert reach_of(candidates, targets.iloc[:0], coverage=RADIO, grid=grid).serves().shape == (0, 4)
    done = reach_of(candidates, targets.assign(served_before=True), coverage=RADIO, grid=grid)
    assert done.serves().nnz == 0
    far = targets.set_geometry(shapely.points(np.full(5, 80.0), np.full(5, 39.0)), crs=CRS_NAME)
    assert reach_of(candidates, far, coverage=RADIO, grid=grid).serves().nnz == 0


def test_without_an_elevation_model_the_radio_model_says_what_to_do() -> None:
    with pytest.raises(LayerError, match="name one under \\[elevation\\]"):
        reach_of(make_candidates(2), make_targets(2), coverage=RADIO)


def test_siting_inputs_refuse_what_does_not_belong_together() -> None:
    candidates, targets, grid = make_candidates(4), make_targets(5), hills()
    reach = reach_of(candidates, targets, coverage=RADIO, grid=grid)
    inputs = siting_inputs(candidates, targets, reach)
    np.testing.assert_array_equal(inputs.serves.toarray(), reach.serves().toarray())
    assert inputs.joint.tolist() == [0, 1, 2, 3]
    assert inputs.rank.tolist() == [RANKS[kind] for kind in candidates["kind"]]
    with pytest.raises(ValueError, match="of these tables, 3 × 4, got 5 × 4"):
        siting_inputs(candidates, targets.iloc[:3], reach)
    with pytest.raises(ValueError, match="4 candidates with 1 ids"):
        siting_inputs(candidates.assign(candidate_id="same"), targets, reach)
