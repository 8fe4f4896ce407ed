"""Coverage by field strength: power at places, the best server, verdicts, and what is done where the ground is unknown."""

from __future__ import annotations

import dataclasses
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from pyproj import CRS, Geod, Transformer
from scipy.ndimage import map_coordinates

from onemap.analyses.coverage import CoverageSettings, coverage, coverage_along
from onemap.analyses.coverage.candidates import middles
from onemap.analyses.coverage.propagation import field_service
from onemap.layers.grid import Grid
from onemap.layers.nearest import in_space
from onemap.radio.antenna import sector_gains_db
from onemap.radio.p1812 import Cases, Profiles, p1812_losses

GEOD = Geod(ellps="GRS80")
CRS_NAME = "EPSG:4490"
CELL_DEG = 0.0008
P1812 = CoverageSettings(
    model="p1812", technologies=("4G",), operators=("A", "B"), delta_n=45.0, n0=325.0, reach_m=12_000.0
)
RANK = {"uncovered": 0, "depends": 1, "covered": 2}


def hills(seed: int = 5, size: int = 260) -> Grid:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:size, 0:size]
    values = 1_500 + sum(
        150 * np.sin(rows / rng.uniform(6, 25) + rng.uniform(0, 6)) * np.cos(columns / rng.uniform(6, 25))
        for _ in range(3)
    )
    return Grid(values.astype(np.float32), Affine(CELL_DEG, 0, 75.0, 0, -CELL_DEG, 39.2), CRS_NAME)


def flat(height_m: float = 0.0) -> Grid:
    return dataclasses.replace(hills(), values=np.full((260, 260), height_m, dtype=np.float32))


def antennas(count: int, seed: int = 1, **fields: object) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = {
        "cell_id": pd.array([f"C{number}" for number in range(count)], dtype="string"),
        "tower_id": pd.array([f"T{number}" for number in range(count)], dtype="string"),
        "technology": "4G",
        "operators": [("A",) if number % 2 else ("A", "B") for number in range(count)],
        "lon": rng.uniform(75.05, 75.16, count),
        "lat": rng.uniform(39.04, 39.15, count),
        "height_agl_m": rng.uniform(20, 50, count),
        "height_assumed": False,
        "assumed": "",
        "frequency_mhz": rng.choice([763.0, 1_850.0, 2_600.0], count),
        "eirp_re_dbm": rng.uniform(10, 36, count),
        "azimuth_deg": rng.uniform(0, 360, count),
        "beamwidth_deg": 65.0,
        "v_beamwidth_deg": 10.0,
        "tilt_deg": 4.0,
        "mech_tilt_deg": 0.0,
    }
    return pd.DataFrame(table | fields)


def places(count: int, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(75.03, 75.18, count), rng.uniform(39.02, 39.17, count)


def judge(
    table: pd.DataFrame, grid: Grid | None, where: tuple[np.ndarray, np.ndarray], **changes: object
) -> pd.DataFrame:
    clutter = changes.pop("clutter", None)
    settings = dataclasses.replace(P1812, **changes)
    return field_service(*where, table, settings=settings, grid=grid, crs=CRS(CRS_NAME), clutter=clutter)


def pixels(grid: Grid, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    east, north = Transformer.from_crs(CRS_NAME, grid.crs, always_xy=True).transform(lon, lat)
    back = ~grid.transform
    columns, rows = back.a * east + back.b * north + back.c, back.d * east + back.e * north + back.f
    return np.array([rows - 0.5, columns - 0.5])


def profile_by_scipy(grid: Grid, start: tuple[float, float], end: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Sample along the geodesic itself, as many points as the analysis takes."""
    azimuth, _, distance_m = GEOD.inv(*start, *end)
    ends = pixels(grid, *np.array([start, end]).T)
    steps = max(8, math.ceil(np.hypot(*(ends[:, 1] - ends[:, 0])) + 0.02))
    lon, lat, _ = GEOD.fwd(
        np.full(steps + 1, start[0]), np.full(steps + 1, start[1]), np.full(steps + 1, azimuth),
        np.linspace(0, distance_m, steps + 1),
    )  # fmt: skip
    heights = map_coordinates(grid.values.astype(float), pixels(grid, np.asarray(lon), np.asarray(lat)), order=1)
    return np.linspace(0, distance_m / 1_000, steps + 1), heights


def loss_by_scipy(grid: Grid, antenna: pd.Series, end: tuple[float, float]) -> float:
    distance_km, heights = profile_by_scipy(grid, (antenna["lon"], antenna["lat"]), end)
    count = len(heights)
    profile = Profiles(distance_km, heights, np.zeros(count), np.full(count, 4), np.array([0, count]))
    case = Cases(
        [antenna["frequency_mhz"] / 1_000], antenna["height_agl_m"], 1.5, polarisation=2,
        latitude_deg=(antenna["lat"] + end[1]) / 2, delta_n=45.0, n0=325.0,
    )  # fmt: skip
    return float(p1812_losses(profile, case).median_db[0])


@pytest.mark.parametrize("crs", [CRS_NAME, "EPSG:4527"])
def test_losses_are_those_of_p1812_on_profiles_sampled_by_scipy(crs: str) -> None:
    grid = hills()
    if crs != CRS_NAME:
        values = hills(size=420).values
        grid = Grid(values, Affine(50, 0, 39_495_000, 0, -50, 4_345_000), crs)
    table = antennas(1, azimuth_deg=np.nan, beamwidth_deg=360.0, v_beamwidth_deg=360.0, tilt_deg=0.0)
    if crs != CRS_NAME:
        table = table.assign(lon=117.03, lat=39.15)
    lon, lat = places(40)
    if crs != CRS_NAME:
        lon, lat = lon + 41.94, lat + 0.03
    found = judge(table, grid, (lon, lat), operators=(), rsrp_min_dbm={"4G": -300.0})
    antenna = table.iloc[0]
    checked = 0
    for number, row in found.iterrows():
        distance_m = GEOD.inv(antenna["lon"], antenna["lat"], lon[number], lat[number])[2]
        if not 300 < distance_m < 12_000:
            continue
        assert row["distance_m"] == pytest.approx(distance_m, rel=1e-9)
        expected_db = loss_by_scipy(grid, antenna, (lon[number], lat[number]))
        assert row["loss_db"] == pytest.approx(expected_db, abs=0.05)
        assert row["rsrp_dbm"] == pytest.approx(antenna["eirp_re_dbm"] - row["loss_db"])
        checked += 1
    assert checked > 25


def test_the_best_server_is_the_strongest_of_all_in_reach() -> None:
    grid, table, (lon, lat) = hills(), antennas(12), places(25)
    whole = judge(table, grid, (lon, lat), operators=(), rsrp_min_dbm={"4G": -300.0}, reach_m=30_000.0)
    alone = [
        judge(table.iloc[[number]], grid, (lon, lat), operators=(), rsrp_min_dbm={"4G": -300.0}, reach_m=30_000.0)
        for number in range(12)
    ]
    power = np.array([one["rsrp_dbm"] for one in alone])
    np.testing.assert_array_equal(whole["antenna"], power.argmax(axis=0))
    np.testing.assert_allclose(whole["rsrp_dbm"], power.max(axis=0), rtol=0, atol=1e-9)


def test_the_beam_takes_off_what_its_pattern_says() -> None:
    where = (np.array([75.1, 75.12, 75.1, 75.08]), np.array([39.12, 39.1, 39.08, 39.1]))
    omni = antennas(
        1, lon=75.1, lat=39.1, azimuth_deg=np.nan, beamwidth_deg=360.0, v_beamwidth_deg=360.0, tilt_deg=0.0,
        eirp_re_dbm=30.0, height_agl_m=40.0, frequency_mhz=1_850.0,
    )  # fmt: skip
    sector = omni.assign(azimuth_deg=90.0, beamwidth_deg=65.0, v_beamwidth_deg=10.0, tilt_deg=6.0)
    less_db = judge(sector, flat(), where)["rsrp_dbm"][:4] - judge(omni, flat(), where)["rsrp_dbm"][:4]
    azimuth, _, distance_m = GEOD.inv(np.full(4, 75.1), np.full(4, 39.1), *where)
    down_deg = np.degrees(np.arctan(-38.5 / np.asarray(distance_m) - np.asarray(distance_m) / 2 / (6371e3 * 157 / 112)))
    expected = sector_gains_db(np.asarray(azimuth) - 90, down_deg, beamwidth_deg=65, v_beamwidth_deg=10, tilt_deg=6)
    np.testing.assert_allclose(less_db, expected, atol=1e-3)


def test_verdicts_are_monotone_in_the_threshold() -> None:
    grid, table, where = hills(), antennas(8), places(80)
    grid.values[100:104, 60:160] = np.nan
    before = np.full(80 * 3, 3)
    seen: set[int] = set()
    for threshold_dbm in (-140.0, -125.0, -110.0, -95.0, -80.0, -60.0):
        after = judge(table, grid, where, rsrp_min_dbm={"4G": threshold_dbm})["verdict"].map(RANK).to_numpy(dtype=int)
        assert (after <= before).all()
        before = after
        seen |= set(after)
    assert seen == {0, 1, 2}


def test_more_cells_never_give_more_gap() -> None:
    grid, table, where = hills(), antennas(12, frequency_mhz=1_850.0), places(60)
    before = np.full(60 * 3, -1)
    for count in (1, 3, 6, 12):
        after = judge(table.iloc[:count], grid, where)["verdict"].map(RANK).to_numpy(dtype=int)
        assert (after >= before).all()
        before = after


def test_any_batch_size_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    grid, table, where = hills(), antennas(10), places(60)
    grid.values[80:82] = np.nan
    whole = judge(table, grid, where)
    monkeypatch.setattr("onemap.analyses.coverage.candidates._PAIRS_AT_ONCE", 9)
    assert_frame_equal(judge(table, grid, where), whole)


def test_any_operator_has_what_the_best_has() -> None:
    found = judge(antennas(9), hills(), places(60))
    power = {name: part["rsrp_dbm"].to_numpy() for name, part in found.groupby("operator")}
    np.testing.assert_array_equal(power["any"], np.fmax(power["A"], power["B"]))
    alone = judge(antennas(9), hills(), places(60), operators=("B",))
    assert_frame_equal(
        alone[alone["operator"].eq("B")].reset_index(drop=True),
        found[found["operator"].eq("B")].reset_index(drop=True),
    )


def test_body_and_time_count() -> None:
    where, table = places(30), antennas(4)
    plain = judge(table, hills(), where)["rsrp_dbm"]
    np.testing.assert_allclose(judge(table, hills(), where, body_loss_db=8.0)["rsrp_dbm"], plain - 8.0)
    assert (judge(table, hills(), where, time_percent=1.0)["rsrp_dbm"] >= plain - 1e-9).all()


def test_woods_on_the_way_take_off_power_and_open_land_nothing() -> None:
    grid, table, where = hills(), antennas(4), places(40)
    plain = judge(table, grid, where)
    bare = dataclasses.replace(grid, values=np.zeros_like(grid.values))
    wood = dataclasses.replace(grid, values=np.full_like(grid.values, 15.0))
    assert_frame_equal(judge(table, grid, where, clutter=bare), plain)
    less = judge(table, grid, where, clutter=wood)
    assert (less["rsrp_dbm"] <= plain["rsrp_dbm"] + 1e-9).all()
    assert (less["sigma_db"] > plain["sigma_db"]).all()
    with pytest.raises(ValueError, match="clutter must lie on the cells of the elevation model"):
        judge(table, grid, where, clutter=dataclasses.replace(wood, values=wood.values[:-1]))


def omni(**fields: object) -> pd.DataFrame:
    return antennas(
        1, lon=75.1, lat=39.1, azimuth_deg=np.nan, beamwidth_deg=360.0, height_agl_m=30.0, eirp_re_dbm=34.0, **fields
    )


def one(lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([lon]), np.array([lat])


def test_a_void_on_the_path_depends_only_where_free_space_would_do() -> None:
    grid = flat()
    grid.values[:, 130] = np.nan  # at 75.1044
    near = judge(omni(), grid, one(75.13, 39.1), operators=()).iloc[0]
    assert (near["verdict"], near["model"]) == ("depends", "free space")
    assert near["loss_db"] == pytest.approx(
        92.4 + 20 * math.log10(omni()["frequency_mhz"][0] / 1e3) + 20 * math.log10(near["distance_m"] / 1e3), abs=1e-3
    )
    weak = judge(omni().assign(eirp_re_dbm=-15.0), grid, one(75.13, 39.1), operators=()).iloc[0]
    assert weak["verdict"] == "uncovered"


def test_a_known_path_that_covers_is_not_put_in_doubt_by_a_void() -> None:
    grid = flat()
    grid.values[:, 130] = np.nan
    both = pd.concat([omni(), omni().assign(lon=75.15, cell_id="C9")], ignore_index=True)
    row = judge(both, grid, one(75.13, 39.1), operators=()).iloc[0]
    assert (row["verdict"], row["antenna"], row["model"]) == ("covered", 1, "p1812")


@pytest.mark.parametrize("where", [(75.3, 39.1), (75.1, 39.3), (74.9, 39.1)])
def test_a_target_beyond_the_elevation_model_depends(where: tuple[float, float]) -> None:
    row = judge(omni(), flat(), one(*where), operators=(), reach_m=30_000.0).iloc[0]
    assert (row["verdict"], row["basis"]) == ("depends", 4)
    assert pd.isna(row["line_of_sight"])


def test_a_target_at_the_foot_of_the_mast_is_covered() -> None:
    found = judge(omni(), hills(), one(75.1, 39.1), operators=())
    assert found["verdict"].tolist() == ["covered"]
    assert found["distance_m"][0] == pytest.approx(0.0, abs=1e-6)
    assert np.isfinite(found[["rsrp_dbm", "margin_db", "sigma_db", "loss_db"]].to_numpy(dtype=float)).all()


@pytest.mark.parametrize("away_m", [1e-7, 0.5, 30.0, 249.0, 251.0])
@pytest.mark.parametrize("model", ["p1812", "itm", "tr38901", "hata", "delta-bullington"])
def test_near_targets_have_a_verdict_by_every_model(away_m: float, model: str) -> None:
    lon, lat, _ = GEOD.fwd(75.1, 39.1, 70.0, away_m)
    row = judge(omni(), hills(), one(lon, lat), operators=(), model=model).iloc[0]
    assert row["verdict"] in RANK
    assert np.isfinite([row["rsrp_dbm"], row["margin_db"], row["sigma_db"]]).all()


@pytest.mark.parametrize("height_m", [-5.0, 0.0, 0.3])
def test_an_antenna_in_the_ground_is_taken_as_one_metre_high(height_m: float) -> None:
    low = judge(omni().assign(height_agl_m=height_m), flat(), one(75.12, 39.1), operators=())
    assert_frame_equal(low, judge(omni().assign(height_agl_m=1.0), flat(), one(75.12, 39.1), operators=()))


@pytest.mark.parametrize(
    ("model", "frequency_mhz", "used"),
    [
        ("p1812", 26_000.0, "delta-bullington"),
        ("p1812", 3_500.0, "p1812"),
        ("hata", 3_500.0, "delta-bullington"),
        ("hata", 900.0, "hata"),
        ("tr38901", 450.0, "delta-bullington"),
        ("tr38901", 900.0, "tr38901"),
        ("itm", 26_000.0, "delta-bullington"),
        ("itm", 900.0, "itm"),
    ],
)
def test_out_of_its_range_a_model_gives_way_and_says_so(model: str, frequency_mhz: float, used: str) -> None:
    found = judge(omni(frequency_mhz=frequency_mhz), flat(), one(75.13, 39.1), operators=(), model=model)
    assert found["model"].tolist() == [used]
    assert np.isfinite(found["rsrp_dbm"]).all()


def test_hata_needs_no_ground_and_out_of_range_depends() -> None:
    assert judge(omni(frequency_mhz=900.0), None, one(75.13, 39.1), operators=(), model="hata")["basis"].tolist() == [0]
    far = judge(omni(frequency_mhz=3_500.0), None, one(75.13, 39.1), operators=(), model="hata").iloc[0]
    assert (far["verdict"], far["model"]) == ("depends", "free space")


def test_nobody_in_reach_says_how_far_the_nearest_is() -> None:
    row = judge(omni(), flat(), one(75.19, 39.19), operators=("B",), reach_m=1_000.0)
    assert row["verdict"].tolist() == ["uncovered", "uncovered"]
    assert row["nearest_m"][0] == pytest.approx(GEOD.inv(75.1, 39.1, 75.19, 39.19)[2])
    empty = judge(antennas(0), flat(), one(75.1, 39.1))
    assert empty["verdict"].tolist() == ["uncovered"] * 3
    assert np.isinf(empty["nearest_m"]).all()


def test_the_middle_of_a_path_is_that_of_the_geodesic() -> None:
    rng = np.random.default_rng(3)
    start, azimuth, length_m = rng.uniform((-180, -80), (180, 80), (500, 2)), rng.uniform(0, 360, 500), 30_000.0
    lon, lat, _ = GEOD.fwd(*start.T, azimuth, np.full(500, length_m))
    middle = middles(in_space(*start.T), in_space(np.asarray(lon), np.asarray(lat)))
    east, north, _ = GEOD.fwd(*start.T, azimuth, np.full(500, length_m / 2))
    assert np.max(GEOD.inv(*middle.T, east, north)[2]) < 0.01


def schools(lon: np.ndarray, lat: np.ndarray) -> gpd.GeoDataFrame:
    rows = {"school_id": [f"S{number}" for number in range(len(lon))]}
    return gpd.GeoDataFrame(rows, geometry=shapely.points(lon, lat), crs=CRS_NAME)


def cells(count: int, seed: int = 8) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    rows = {
        "cell_id": [f"C{number}" for number in range(count)],
        "operator": "A",
        "technology": "4G",
        "frequency_mhz": 1_850.0,
        "eirp_re_dbm": rng.uniform(0, 20, count),
        "azimuth_deg": rng.uniform(0, 360, count),
        "height_agl_m": 30.0,
    }
    where = shapely.points(rng.uniform(75.05, 75.16, count), rng.uniform(39.04, 39.15, count))
    return gpd.GeoDataFrame(rows, geometry=where, crs=CRS_NAME)


def test_reasons_name_power_threshold_and_sight_in_both_languages() -> None:
    found = coverage({"schools": schools(*places(60))}, cells(6), None, settings=P1812, grid=hills())
    assert set(found["verdict"]) == {"covered", "depends", "uncovered"}
    heard = found[found["rsrp_dbm"].notna()]
    for _, row in heard.iterrows():
        assert f"{row['rsrp_dbm']:.1f} dBm" in row["reason_en"]
        assert "-105 dBm" in row["reason_zh"]
        assert row["margin_db"] == pytest.approx(row["rsrp_dbm"] + 105.0)
        assert ("in line of sight" in row["reason_en"]) == bool(row["line_of_sight"])
    needed_db = 1.2815515655 * heard["sigma_db"]
    assert heard["verdict"].eq("covered").tolist() == heard["margin_db"].ge(needed_db).tolist()
    assert heard["verdict"].eq("uncovered").tolist() == heard["margin_db"].lt(-needed_db).tolist()


def test_models_that_disagree_leave_the_verdict_open() -> None:
    where = {"schools": schools(*places(60))}
    settings = dataclasses.replace(P1812, compare=("itm", "line of sight"), operators=())
    found = coverage(where, cells(6), None, settings=settings, grid=hills())
    each = {
        model: coverage(
            where, cells(6), None, settings=dataclasses.replace(settings, model=model, compare=()), grid=hills()
        )["verdict"]
        for model in ("p1812", "itm", "line of sight")
    }
    agree = each["p1812"].eq(each["itm"]) & each["p1812"].eq(each["line of sight"])
    assert 0 < agree.sum() < len(agree)
    assert found.loc[agree, "verdict"].equals(each["p1812"][agree])
    assert found.loc[~agree, "verdict"].eq("depends").all()
    assert found.loc[~agree, "reason_en"].str.contains("the models disagree").all()
    assert found.loc[~agree, "reason_en"].str.count("to be tested on site").eq(1).all()
    assert not found.loc[agree, "reason_zh"].str.contains("不一致").any()
    assert found["compared"].str.fullmatch("p1812: .*; itm: .*; line of sight: [a-z]+").all()


def test_roads_agree_with_places_at_the_same_spots_and_arguments_stay_as_they_are() -> None:
    line = shapely.LineString([(75.06, 39.05), (75.1, 39.1), (75.15, 39.12)])
    roads = gpd.GeoDataFrame({"road_id": ["R1"]}, geometry=[line], crs=CRS_NAME)
    grid, network = hills(), cells(5)
    copies = [roads.copy(deep=True), network.copy(deep=True), grid.values.copy()]
    settings = dataclasses.replace(P1812, road_step_m=200.0, operators=())
    along = coverage_along(roads, network, None, settings=settings, grid=grid)
    points = schools(along.geometry.x.to_numpy(), along.geometry.y.to_numpy())
    there = coverage({"schools": points}, network, None, settings=settings, grid=grid)
    columns = ["verdict", "cell_id", "rsrp_dbm", "margin_db", "loss_db", "line_of_sight", "model"]
    assert_frame_equal(pd.DataFrame(along[columns]), pd.DataFrame(there[columns]))
    assert_geodataframe_equal(roads, copies[0])
    assert_geodataframe_equal(network, copies[1])
    np.testing.assert_array_equal(grid.values, copies[2])


def test_indoor_and_retired_cells_do_not_serve_and_shared_ones_do() -> None:
    network = cells(3).assign(coverage_type=["indoor", "macro", "macro"], status=["in service", "retired", "planned"])
    where = {"schools": schools(*places(3))}
    none = coverage(where, network, None, settings=P1812, grid=hills())
    assert none["cell_id"].isna().all()
    shared = cells(3).assign(shared_with="B")
    found = coverage(where, shared, None, settings=P1812, grid=hills())
    power = {name: part["rsrp_dbm"].to_numpy() for name, part in found.groupby("operator")}
    np.testing.assert_array_equal(power["A"], power["B"])
