"""Connections of new sites: every metre on a line, each paid once, links clear, and every lack said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import Geod

from onemap.analyses.connection import Connections, ConnectionSettings, connections
from onemap.analyses.costs import CostBook, package_costs
from onemap.errors import CRSError, LayerError, ProjectError
from onemap.layers.grid import Grid

CRS = "EPSG:4490"
GEOD = Geod(ellps="GRS80")
KINDS = ("trench", "bore", "hung", "spare", "leg")
LAT = 39.0
KM = 1.0 / 86.49  # a kilometre of longitude there, in degrees, within a few metres
UP = 1.0 / 111.02


def layer(field: str, rows: Mapping[str, Any], shapes: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {field: [f"{field[0].upper()}{one}" for one in range(len(shapes))], **rows}, geometry=shapes, crs=CRS
    )


def at(east_km: float, north_km: float = 0.0) -> tuple[float, float]:
    return 75.0 + east_km * KM, LAT + north_km * UP


def points(field: str, places: list[tuple[float, float]], **rows: Any) -> gpd.GeoDataFrame:
    return layer(field, rows, [shapely.Point(at(*one)) for one in places])


def lines(field: str, ways: list[list[tuple[float, float]]], **rows: Any) -> gpd.GeoDataFrame:
    return layer(field, rows, [shapely.LineString([at(*one) for one in way]) for way in ways])


def flat(height_m: float = 1000.0, *, west_km: float = -5, east_km: float = 40) -> Grid:
    columns = int((east_km - west_km) * KM / 0.001)
    values = np.full((200, columns), height_m, dtype="float32")
    return Grid(values, Affine(0.001, 0, 75 + west_km * KM, 0, -0.001, LAT + 0.1), CRS)


def plan(
    sites: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame], grid: Grid | None = None, **rest: Any
) -> Connections:
    book: CostBook | None = rest.pop("book", None)
    return connections(sites, layers, grid, book=book, settings=ConnectionSettings(**rest))


def rules(found: Connections) -> set[str]:
    return {one.rule for one in found.findings}


ROAD = lines("road_id", [[(0, 0), (10, 0)]])
ROOM = points("room_id", [(0, 0)])


def test_two_sites_on_one_road_share_its_trench_once() -> None:
    found = plan(points("site_id", [(4, 0), (10, 0)]), {"roads": ROAD, "rooms": ROOM})
    near, far = found.sites.to_dict("records")
    assert (near["way"], far["way"]) == ("fibre", "fibre")
    assert near["route_m"] == pytest.approx(4_000, abs=20)
    assert near["trench_m"] == pytest.approx(2_000, abs=10)  # half of what both use
    assert far["trench_m"] == pytest.approx(8_000, abs=30)
    assert (near["shared_with"], far["shared_with"]) == (1, 1)
    whole_m = GEOD.geometry_length(ROAD.geometry.iloc[0])
    assert found.sites["trench_m"].sum() == pytest.approx(whole_m, abs=0.1)
    assert found.fibre_cost == pytest.approx(whole_m / 1000 * 12.0, abs=0.01)
    assert found.costs.parts["fibre"].sum() == pytest.approx(found.fibre_cost + 2 * 2.0)
    assert found.fibre_bound <= found.fibre_cost
    assert found.settled
    assert far["price_certainty"] == "example"
    assert near["reason_zh"].startswith("光缆接入机房 R0：沿道路新建 4,00")
    assert "OM-BIZ-243" in rules(found)
    assert "缺少高程模型" in near["reason_zh"]


def test_each_kind_of_way_is_taken_where_it_is_cheapest_and_measured() -> None:
    road = lines("road_id", [[(0, 0), (30, 0)]])
    ducts = lines("duct_id", [[(0, 0.01), (10, 0.01)], [(10, 0.01), (12, 0.01)]], bores_free=[1, 0])
    cables = lines("cable_id", [[(15, 0.01), (25, 0.01)]], laying=["aerial"], cores_free=[0])
    found = plan(points("site_id", [(28, 0.1)]), {"roads": road, "rooms": ROOM, "ducts": ducts, "cables": cables})
    row = found.sites.iloc[0]
    assert row["bore_m"] == pytest.approx(10_000, abs=250)
    assert row["hung_m"] == pytest.approx(10_000, abs=250)
    assert row["trench_m"] == pytest.approx(8_000, abs=400)
    assert row["spare_m"] == 0
    assert 100 <= row["leg_m"] <= 150
    assert row[[f"{kind}_m" for kind in KINDS]].sum() == pytest.approx(row["route_m"])
    book = package_costs()
    assert row["cost_fibre"] == pytest.approx(
        sum(row[f"{kind}_m"] / 1000 * book.price(f"fibre_{kind}") for kind in KINDS) + book.price("fibre_terminal")
    )


def test_spare_cores_are_followed_to_the_room_and_opened_once() -> None:
    cables = lines("cable_id", [[(0, 0), (20, 0)]], cores_free=[8])
    layers = {"cables": cables, "rooms": ROOM, "roads": lines("road_id", [[(15, -3), (15, 3)]])}
    row = plan(points("site_id", [(15, 3)]), layers).sites.iloc[0]
    assert (row["to_layer"], row["to_id"]) == ("rooms", "R0")
    assert row["trench_m"] == pytest.approx(3_000, abs=20)
    assert row["spare_m"] == pytest.approx(15_000, abs=100)
    assert row["cost_fibre"] == pytest.approx(3 * 12 + 15 * 0.3 + 0.5 + 2.0, abs=0.5)
    alone = plan(points("site_id", [(15, 3)]), {name: layers[name] for name in ("cables", "roads")}).sites.iloc[0]
    assert (alone["to_layer"], alone["to_id"], alone["spare_m"]) == ("cables", "C0", 0)
    short = plan(points("site_id", [(15, 3)]), layers, cable_ends_at="anywhere").sites.iloc[0]
    assert short["spare_m"] == 0
    refused = plan(points("site_id", [(15, 3)]), {**layers, "rooms": ROOM.iloc[:0]}, cable_ends_at="to the room")
    assert refused.sites.loc[0, "way"] == "none"


def test_a_cable_takes_no_more_sites_than_it_has_cores() -> None:
    cables = lines("cable_id", [[(0, 0), (20, 0)]], cores_free=[4])
    layers = {
        "cables": cables,
        "rooms": ROOM,
        "roads": lines("road_id", [[(0, 1), (20, 1)], [(0, 0), (0, 1)], [(20, 0), (20, 1)]]),
    }
    found = plan(points("site_id", [(18, 1), (19, 1), (20, 1)]), layers)
    assert (found.sites["way"] == "fibre").all()
    on_cable = found.sites["reason_en"].str.contains("spare cores")
    assert on_cable.sum() == 2
    assert "满" in found.sites.loc[~on_cable, "reason_zh"].item()
    enough = plan(points("site_id", [(18, 1), (19, 1), (20, 1)]), layers, cores_per_site=1)
    assert enough.sites["reason_en"].str.contains("spare cores").all()
    assert enough.fibre_cost < found.fibre_cost


def test_a_node_takes_no_more_sites_than_it_has_ports() -> None:
    nodes = points("node_id", [(10, 0), (0, 0)], ports_free=[1, 5])
    found = plan(points("site_id", [(8, 0), (9, 0)]), {"roads": ROAD, "nodes": nodes})
    assert sorted(found.sites["to_id"]) == ["N0", "N1"]


def grown_county(seed: int) -> tuple[gpd.GeoDataFrame, dict[str, gpd.GeoDataFrame]]:
    rng = np.random.default_rng(seed)
    ways = [[(row, 0), (row, 5), (row, 10)] for row in range(0, 11, 2)]
    ways += [[(0, row), (5, row + 0.3), (10, row)] for row in range(0, 11, 2)]
    roads = lines("road_id", ways)
    ducts = lines("duct_id", [[(2.005, 0), (2.005, 5)]], bores_free=[2])
    cables = lines(
        "cable_id", [[(0, 4.005), (5, 4.305)], [(6.01, 0), (6.01, 8)]], laying=["aerial", "buried"], cores_free=[0, 9]
    )
    rooms = points("room_id", [(0.1, 0.1), (9.9, 9.8)])
    return points("site_id", [tuple(rng.uniform(0, 10, 2)) for _ in range(25)]), {
        "roads": roads, "ducts": ducts, "cables": cables, "rooms": rooms,
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_every_metre_lies_on_a_line_but_the_legs_and_sums_are_those_of_the_ground(seed: int) -> None:
    sites, layers = grown_county(seed)
    found = plan(sites, layers)
    assert (found.sites["way"] == "fibre").all()
    every = shapely.union_all([*(line for name in ("roads", "ducts", "cables") for line in layers[name].geometry)])
    near = shapely.buffer(every, 0.5 / 111_000)
    built = shapely.union_all(found.sites.geometry.to_numpy(), grid_size=1e-9)
    # What lies off all lines is no longer than the legs, of which each is built once.
    off_m = GEOD.geometry_length(shapely.difference(built, near))
    assert off_m <= found.sites["leg_m"].sum() + 1.0
    pieces = shapely.get_parts(shapely.difference(built, near))
    assert max(GEOD.geometry_length(one) for one in pieces) <= ConnectionSettings().road_reach_m + 1
    # Each metre is counted once over all rows.
    rows_m = found.sites[[f"{kind}_m" for kind in KINDS]].to_numpy().sum()
    assert rows_m == pytest.approx(GEOD.geometry_length(shapely.line_merge(built)), rel=2e-3)
    for row in found.sites.itertuples():
        assert row.route_m == pytest.approx(GEOD.geometry_length(row.geometry), rel=1e-6, abs=0.01)
        assert shapely.get_point(row.geometry, 0).equals(sites.geometry.iloc[row.Index])


def test_the_plan_does_not_depend_on_the_order_of_rows() -> None:
    sites, layers = grown_county(9)
    one = plan(sites, layers, flat()).sites.set_index("site_id").sort_index()
    turned = {name: rows.iloc[::-1] for name, rows in layers.items()}
    other = plan(sites.iloc[::-1], turned, flat()).sites.set_index("site_id").sort_index()
    for field in ("way", "to_id", "reason_zh"):
        assert one[field].tolist() == other[field].tolist()
    assert np.allclose(one["cost"], other["cost"])


def test_arguments_stay_as_they_are() -> None:
    sites, layers = grown_county(1)
    before = sites.copy(), {name: rows.copy() for name, rows in layers.items()}
    plan(sites, layers, flat())
    assert sites.equals(before[0])
    assert all(layers[name].equals(rows) for name, rows in before[1].items())


def hills(seed: int = 1) -> Grid:
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(420), np.arange(240))
    rough = sum(
        rng.uniform(20, 70) * np.sin(x * rng.uniform(0.02, 0.2) + y * rng.uniform(0.02, 0.2) + rng.uniform(0, 6))
        for _ in range(8)
    )
    return Grid((rough + 1200).astype("float32"), Affine(0.001, 0, 74.97, 0, -0.001, LAT + 0.12), CRS)


def bilinear(grid: Grid, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    column, row = (lon - grid.transform.c) / 0.001 - 0.5, (grid.transform.f - lat) / 0.001 - 0.5
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    east, south = column - left, row - top
    value = grid.values.astype(float)
    upper = value[top, left] * (1 - east) + value[top, left + 1] * east
    return upper * (1 - south) + (value[top + 1, left] * (1 - east) + value[top + 1, left + 1] * east) * south


def test_links_clear_their_share_of_the_first_zone_on_a_fine_profile() -> None:
    grid, rng = hills(), np.random.default_rng(5)
    sites = points("site_id", [tuple(rng.uniform((0, -7), (30, 7))) for _ in range(60)])
    towers = points("tower_id", [tuple(rng.uniform((0, -7), (30, 7))) for _ in range(8)], height_agl_m=40.0)
    asked = {
        "towers_have_fibre": "all",
        "most_hops": 1,
        "obstacle_m": 0.0,
        "clearance_margin_m": 0.05,
        "max_link_m": 15_000.0,
    }
    found = plan(sites, {"towers": towers}, grid, **asked)
    links = found.sites[found.sites["way"] == "microwave"]
    assert len(links) >= 10
    tight = 0
    for row in links.itertuples():
        (lon0, lat0), (lon1, lat1) = shapely.get_coordinates(row.geometry)
        azimuth, _, length_m = GEOD.inv(lon0, lat0, lon1, lat1)
        step_m = np.arange(1.0, length_m - 1.0, 1.0)
        lon, lat, _ = GEOD.fwd(
            np.full(len(step_m), lon0), np.full(len(step_m), lat0), np.full(len(step_m), azimuth), step_m
        )
        ground = bilinear(grid, np.asarray(lon), np.asarray(lat))
        ends = bilinear(grid, np.array([lon0, lon1]), np.array([lat0, lat1]))
        ray = ends[0] + row.antenna_m + (ends[1] + 40.0 - ends[0] - row.antenna_m) * step_m / length_m
        # Written out with the wavelength of 15 GHz and an earth of 8495 km: another way than the code's.
        bulge = step_m * (length_m - step_m) / (2 * 8_494_667.0)
        zone = 17.3 * np.sqrt(step_m / 1e3 * (length_m - step_m) / 1e3 / (15.0 * length_m / 1e3))
        clear = (ray - ground - bulge) / zone
        assert clear.min() >= 0.6 - 0.002, row.site_id
        tight += clear.min() < 0.62
        assert row.antenna_m <= 50
        assert row.link_m == pytest.approx(length_m)
    assert tight >= 1  # a tower is made no higher than the link needs


def test_a_hill_blocks_a_link_and_the_reason_says_by_how_much() -> None:
    grid = flat()
    values = grid.values.copy()
    values[:, 150:160] = 1200.0
    grid = Grid(values, grid.transform, CRS)
    towers = points("tower_id", [(18, 0)])
    row = plan(points("site_id", [(0, 0)]), {"towers": towers}, grid, towers_have_fibre="all").sites.iloc[0]
    assert row["way"] == "none"
    assert "净空均不足" in row["reason_zh"]
    assert "at most 50 m may be built" in row["reason_en"]
    assert row["open_parts"] == "connection;access"


@pytest.mark.parametrize(("length_km", "way"), [(0.5, "fibre"), (18, "microwave")])
def test_whichever_is_cheaper_is_chosen(length_km: float, way: str) -> None:
    road = lines("road_id", [[(0, 0), (30, 0)]])
    found = plan(points("site_id", [(length_km, 0)]), {"roads": road, "rooms": ROOM}, flat(), room_height_m=40.0)
    row = found.sites.iloc[0]
    assert row["way"] == way
    book = package_costs()
    fibre, link = length_km * 12 + 2.0, 2 * book.price("microwave_end")
    assert row["cost_fibre"] + row["cost_microwave"] == pytest.approx(min(fibre, link), rel=0.01)
    assert row["geometry"].geom_type == "LineString"


def test_sites_together_pay_for_fibre_that_none_pays_for_alone() -> None:
    road = lines("road_id", [[(0, 0), (30, 0)]])
    layers = {"roads": road, "rooms": ROOM}
    places = [(2 + 0.3 * one, 0) for one in range(6)]
    dear = package_costs().with_items([{"id": "fibre_trench", "value": 8, "source": "bid"}])
    assert plan(points("site_id", places[-1:]), layers, flat(), book=dear).sites["way"].tolist() == ["microwave"]
    together = plan(points("site_id", places), layers, flat(), book=dear, most_hops=1)
    assert (together.sites["way"] == "fibre").all()
    assert together.sites["cost_fibre"].sum() < 6 * 10


def test_a_site_hangs_on_another_where_that_saves_and_no_chain_is_longer_than_two() -> None:
    road = lines("road_id", [[(0, 0), (1, 0)]])
    sites = points("site_id", [(0.4, 0), (15, 0), (30, 0)])
    found = plan(
        sites, {"roads": road, "rooms": ROOM}, flat(), max_link_m=16_000.0, room_height_m=60.0, site_height_m=50.0
    )
    assert found.sites["way"].tolist() == ["fibre", "microwave", "microwave"]
    assert found.sites["to_id"].tolist()[2] == "S1"
    single = plan(
        sites,
        {"roads": road, "rooms": ROOM},
        flat(),
        max_link_m=16_000.0,
        room_height_m=60.0,
        site_height_m=50.0,
        most_hops=1,
    )
    assert single.sites["way"].tolist() == ["fibre", "microwave", "none"]
    assert "OM-BIZ-245" in rules(single)


def test_a_site_by_a_stub_is_joined_to_the_road_behind_it() -> None:
    roads = lines("road_id", [[(0, 0), (10, 0)], [(9, 0.5), (9.5, 0.5)]])
    found = plan(points("site_id", [(9.2, 0.6)]), {"roads": roads, "rooms": ROOM})
    assert found.sites.loc[0, "way"] == "fibre"
    assert found.sites.loc[0, "leg_m"] == pytest.approx(600, abs=5)
    assert rules(found) == {"OM-BIZ-243"}


def test_roads_in_pieces_are_said_and_joined_ends_are_not() -> None:
    pieces = lines("road_id", [[(0, 0), (5, 0)], [(5.1, 0), (10, 0)]])
    found = plan(points("site_id", [(9, 0)]), {"roads": pieces, "rooms": ROOM})
    assert found.sites.loc[0, "way"] == "none"
    assert "不连通" in found.sites.loc[0, "reason_zh"]
    assert {"OM-BIZ-242", "OM-BIZ-245"} <= rules(found)
    assert (
        plan(points("site_id", [(9, 0)]), {"roads": pieces, "rooms": ROOM}, road_snap_m=150.0).sites.loc[0, "way"]
        == "fibre"
    )


@pytest.mark.parametrize(
    ("layers", "rule", "said"),
    [
        ({"rooms": ROOM}, "OM-BIZ-240", "no roads"),
        ({"roads": ROAD}, "OM-BIZ-241", "free capacity is known"),
        ({"roads": ROAD, "rooms": ROOM.assign(racks_free=0)}, "OM-BIZ-241", "free capacity is known"),
        ({}, "OM-BIZ-241", "cannot be judged without an elevation model"),
    ],
)
def test_what_is_lacking_is_said(layers: dict[str, gpd.GeoDataFrame], rule: str, said: str) -> None:
    found = plan(points("site_id", [(9, 0)]), layers)
    assert rule in rules(found)
    assert found.sites.loc[0, "way"] == "none"
    assert said in found.sites.loc[0, "reason_en"]
    assert all(one.message("zh") and one.hint("zh") and one.message("en") for one in found.findings)


def test_a_site_off_the_elevation_model_and_one_over_a_void() -> None:
    grid = flat(east_km=12)
    towers = points("tower_id", [(10, 0)])
    found = plan(points("site_id", [(20, 0), (0, 0)]), {"towers": towers}, grid, towers_have_fibre="all")
    assert "OM-BIZ-244" in rules(found)
    assert "outside the elevation model" in found.sites.loc[0, "reason_en"]
    values = grid.values.copy()
    values[:, 100:105] = np.nan
    hole = Grid(values, grid.transform, CRS)
    found = plan(points("site_id", [(0, 0)]), {"towers": towers}, hole, towers_have_fibre="all")
    assert found.sites.loc[0, "way"] == "none"
    assert "not fully known" in found.sites.loc[0, "reason_en"]


def test_a_missing_price_is_an_error_and_only_where_it_is_needed() -> None:
    items = dict(package_costs().items)
    for name in ("fibre_trench", "microwave_end"):
        item = items[name]
        items[name] = type(item)(item.id, item.part, item.zh, item.en, item.unit)
    book = CostBook(items)
    with pytest.raises(ProjectError, match=r"fibre_trench.*must have a price in 万元/km"):
        plan(points("site_id", [(9, 0)]), {"roads": ROAD, "rooms": ROOM}, book=book)
    plan(points("site_id", [(0.2, 0)]), {"rooms": ROOM}, book=book)  # straight to the room: no trench
    with pytest.raises(ProjectError, match="microwave_end"):
        plan(points("site_id", [(9, 0)]), {"rooms": ROOM}, flat(), book=book)


def test_power_and_access_are_priced_by_distance() -> None:
    towers = points("structure_id", [(5, 2), (5, 0.4)], kind="power tower", voltage_kv=[10.0, 220.0])
    village = points("village_id", [(0.5, 0)], name="村")
    found = plan(
        points("site_id", [(5, 0.2), (1, 0), (9.9, 0)]),
        {"roads": ROAD, "rooms": ROOM, "structures": towers, "villages": village},
    )
    assert found.sites["power"].tolist() == ["solar", "resupply", "solar"]
    near = plan(points("site_id", [(5, 1.2)]), {"roads": ROAD, "structures": towers}).sites.iloc[0]
    assert (near["power"], near["power_id"]) == ("mains", "S0")
    assert near["cost_power"] == pytest.approx(near["power_m"] / 1000 * 8 + 5)
    assert near["road_m"] == pytest.approx(1200, abs=10)
    assert near["cost_access"] == pytest.approx(near["road_m"] / 1000 * 10)
    assert found.sites.loc[1, "cost_access"] == 0


def test_a_site_on_the_spot_of_a_room_is_connected_already_and_satellite_is_a_setting() -> None:
    found = plan(points("site_id", [(0.01, 0), (900, 0)]), {"rooms": ROOM}, satellite="last resort")
    assert found.sites["way"].tolist() == ["existing", "satellite"]
    assert found.sites["cost_satellite"].tolist() == [0.0, 10.0]


def test_no_sites_give_no_rows_and_wrong_layers_are_refused() -> None:
    empty = plan(points("site_id", []), {"roads": ROAD, "rooms": ROOM}, flat())
    assert len(empty.sites) == 0
    assert empty.findings == ()
    with pytest.raises(CRSError):
        plan(points("site_id", [(1, 0)]).to_crs(4526), {"roads": ROAD})
    with pytest.raises(LayerError, match="planned_sites"):
        plan(layer("site_id", {}, [None]), {"roads": ROAD})


def test_operators_are_kept_apart_where_asked() -> None:
    rooms = points("room_id", [(0, 0), (10, 0)], operator=["甲", "乙"])
    assert plan(points("site_id", [(9, 0)]), {"roads": ROAD, "rooms": rooms}).sites.loc[0, "to_id"] == "R1"
    assert (
        plan(points("site_id", [(9, 0)]), {"roads": ROAD, "rooms": rooms}, operators=("甲",)).sites.loc[0, "to_id"]
        == "R0"
    )
