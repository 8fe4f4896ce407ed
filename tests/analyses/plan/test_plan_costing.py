"""What a candidate costs: the parts sum up, and moved prices give what pricing anew gives."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from onemap.analyses.costs import CostBook, package_costs
from onemap.analyses.plan.costing import PARTS, CandidateCosts, candidate_costs, with_dishes
from onemap.errors import ProjectError
from tests.analyses.plan.plan_county import candidates, dearer, ground


def priced(book: CostBook, *, satellite: str = "last resort") -> CandidateCosts:
    over = ground(satellite=satellite)
    return candidate_costs(candidates(), over.layers, over.grid, book=book, settings=over.settings)


def test_parts_sum_to_the_total() -> None:
    table = priced(package_costs()).table
    assert np.isfinite(table["total"]).all()
    assert table["total"].to_numpy() == pytest.approx(table[list(PARTS)].to_numpy().sum(axis=1))
    ways = table[[name for name in table if name.startswith("by_")]]
    assert table["connection"].to_numpy() == pytest.approx(ways.min(axis=1).to_numpy())
    assert ("by_" + table["way"]).tolist() == ways.idxmin(axis=1).tolist()


def test_parts_are_quantities_times_prices_of_the_book() -> None:
    table, offered, book = priced(package_costs()).table, candidates(), package_costs()
    item = {"existing tower": "site_tower_share", "structure": "site_structure_share", "room": "site_room_share",
            "planned": "site_new", "new site": "site_new"}  # fmt: skip
    assert table["site"].tolist() == [book.price(item[kind]) for kind in offered["kind"]]
    sets = [len(one.split(";")) for one in offered["technologies"]]
    assert table["radio"].tolist() == [book.price("site_radio") * count for count in sets]
    assert (table["access"] > 0).any()


def test_a_site_on_a_tower_in_service_needs_no_track_and_has_its_power() -> None:
    over, offered, book = ground(), candidates(), package_costs()
    mine = offered["kind"].eq("existing tower").to_numpy()
    names = [f"T{number}" for number in range(int(mine.sum()))]
    towers = gpd.GeoDataFrame({"tower_id": names}, geometry=offered.geometry[mine].to_numpy(), crs=offered.crs)
    costs = candidate_costs(offered, {**over.layers, "towers": towers}, None, book=book, settings=over.settings)
    assert (costs.table["access"].to_numpy()[mine] == 0).all()
    assert costs.table["power"].to_numpy()[mine] == pytest.approx(book.price("power_resupply"))
    apart = over.settings.model_copy(update={"standing_reached": False})
    costs = candidate_costs(offered, {**over.layers, "towers": towers}, None, book=book, settings=apart)
    assert (costs.table["access"].to_numpy()[mine] > 0).any()


@pytest.mark.parametrize("factor", [0.2, 0.8, 1.25, 4.0])
@pytest.mark.parametrize("part", ["site", "radio", "power", "access", "fibre", "microwave", "satellite"])
def test_moved_prices_are_those_of_a_dearer_book(part: str, factor: float) -> None:
    book = dearer(package_costs(), factor, part=part)
    moved, anew = priced(package_costs()).moved(part, factor), priced(book).table["total"].to_numpy()
    assert moved == pytest.approx(anew, abs=1e-4)


@pytest.mark.parametrize("factor", [0.2, 0.8, 1.25, 4.0])
def test_moved_fibre_chooses_the_way_anew(factor: float) -> None:
    """Ways over a graph stay the cheapest ones if all its prices are multiplied."""
    costs = priced(package_costs())
    anew = priced(dearer(package_costs(), factor, part="fibre")).table
    own = ~np.isfinite(costs.table["by_existing"].to_numpy())
    assert own.any()
    assert costs.moved("fibre", factor)[own] == pytest.approx(anew["total"].to_numpy()[own], abs=1e-4)


def test_dear_fibre_makes_microwave_the_way() -> None:
    table = pd.DataFrame({
        "way": ["fibre", "existing"], **dict.fromkeys(PARTS, 1.0), "connection": [8.0, 2.0], "total": [12.0, 6.0],
        "by_existing": [np.inf, 2.0], "by_fibre": [8.0, np.inf], "by_microwave": [10.0, np.inf],
    })  # fmt: skip
    costs = CandidateCosts(table, "万元")
    assert costs.moved("fibre", 1.5)[0] == 14.0
    assert costs.moved("fibre", 1.2)[0] == pytest.approx(13.6)
    assert costs.moved("microwave", 0.5).tolist() == [9.0, 6.0]
    assert costs.moved("power", 3.0).tolist() == [14.0, 8.0]


def test_what_nothing_connects_is_not_connected_and_not_free() -> None:
    """Without satellites one candidate is left over, whatever its other parts cost."""
    alone, last = priced(package_costs(), satellite="never"), priced(package_costs())
    lost = last.table["way"].eq("satellite").to_numpy()
    assert lost.any()
    assert not lost.all()
    assert (alone.connected == ~lost).all()
    assert np.isinf(alone.table["total"].to_numpy()[lost]).all()
    kept = alone.at(np.flatnonzero(~lost))
    assert kept.connected.all()
    assert kept.table.index.tolist() == list(range(int((~lost).sum())))


@pytest.mark.parametrize("item", ["site_new", "site_radio", "fibre_trench", "access_track", "power_solar"])
def test_a_missing_price_is_an_error_that_names_it(item: str) -> None:
    items = {name: replace(one, value=None) if name == item else one for name, one in package_costs().items.items()}
    with pytest.raises(ProjectError, match=item):
        priced(CostBook(items))


def test_no_candidates_cost_nothing() -> None:
    over = ground()
    none = candidate_costs(candidates().iloc[:0], over.layers, over.grid, book=over.book, settings=over.settings)
    assert none.table.empty
    assert none.connected.tolist() == []


def test_dishes_come_behind_the_candidates_and_are_moved_with_the_satellite() -> None:
    before = priced(package_costs())
    after = with_dishes(before, 2, package_costs())
    assert len(after.table) == len(before.table) + 2
    assert after.table["total"].to_numpy()[:-2] == pytest.approx(before.table["total"].to_numpy())
    assert after.moved("satellite", 2.0)[-2:].tolist() == [20.0, 20.0]
    assert after.moved("fibre", 2.0)[-2:].tolist() == [10.0, 10.0]
