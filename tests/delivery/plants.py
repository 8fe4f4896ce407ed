"""Faults to plant in a whole delivery, each with what a check must say of it: rule, layer and row.

What is expected is written here by hand, from what the fault is; nothing of it is computed by the rules. Each plant is
given a number of its own, so that two of one kind never meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely

from onemap.delivery.checked import CheckedField, CheckedLayer
from tests.delivery.whole_delivery import FILE, GRID, METRE_LAT, METRE_LON, Delivery, control, triangle

Expected = tuple[str, str, int | None]
Plant = Callable[[Delivery, int], list[Expected]]

AGAIN: dict[str, Plant] = {}
"""Plants that can be made again and again, by the first rule that finds them."""

ONCE: dict[str, Plant] = {}
"""Plants of a whole layer, file or package."""


def again(rule: str) -> Callable[[Plant], Plant]:
    """Name a plant by its rule."""

    def keep(plant: Plant) -> Plant:
        AGAIN[rule] = plant
        return plant

    return keep


def once(rule: str) -> Callable[[Plant], Plant]:
    """Name a plant by its rule."""

    def keep(plant: Plant) -> Plant:
        ONCE[rule] = plant
        return plant

    return keep


def value_plant(rule: str, layer: str, besides: tuple[str, ...] = (), **values: object) -> None:
    """Make a plant that sets values of a row."""

    def plant(delivery: Delivery, number: int) -> list[Expected]:
        row = taken(delivery, layer)
        delivery.set(
            layer, row, **{name: value(number) if callable(value) else value for name, value in values.items()}
        )
        return [(one, layer, row) for one in (rule, *besides)]

    AGAIN[rule] = plant


def shape_plant(
    rule: str, layer: str, besides: tuple[str, ...], make: Callable[[tuple[float, ...]], shapely.Geometry | None]
) -> None:
    """Make a plant that changes the shape of a row, made from the bounds of the old one."""

    def plant(delivery: Delivery, _: int) -> list[Expected]:
        row = taken(delivery, layer)
        delivery.shape(layer, row, make(tuple(delivery.get(layer, row).geometry.bounds)))
        return [(one, layer, row) for one in (rule, *besides)]

    AGAIN[rule] = plant


NEXT = {"TA": 1, "DK": GRID * GRID + 1, "GL": 21, "JT": 1, "DL": 1}
"""The first row that plants take; each takes the next. Parcels of the grid and cables with joints are left alone."""


def taken(delivery: Delivery, layer: str, count: int = 1) -> int:
    """Take rows that no other plant takes."""
    first = NEXT[layer] + delivery.taken.get(layer, 0)
    delivery.taken[layer] = delivery.taken.get(layer, 0) + count
    return first


value_plant("OM-ATT-101", "TA", MC="  ")
value_plant("OM-ATT-102", "TA", ("OM-OUT-103",), BZ="x" * 300)
value_plant("OM-ATT-103", "TA", LX="99")
value_plant("OM-ATT-106", "TA", BSM=lambda number: f"6599000999{number:08d}")
value_plant("OM-ATT-107", "TA", YSDM="9999999999")
value_plant("OM-ATT-109", "TA", XZQDM="659900999000")
value_plant("OM-ATT-110", "GL", SL=-5)
value_plant("OM-ATT-116", "TA", XZQMC="丙镇")
value_plant("OM-ATT-117", "TA", ("OM-ATT-106",), BSM=lambda number: f"6599010001{number:08d}")
value_plant("OM-ATT-118", "TA", GD=500.0)
value_plant("OM-ATT-120", "TA", MC="无")
value_plant("OM-ATT-122", "DK", YDYHFLDM="080403")
value_plant("OM-ATT-123", "TA", GD=12.345)
value_plant("OM-ENC-101", "TA", BZ=lambda number: f"锟斤拷站{number}")
value_plant("OM-ENC-102", "TA", BZ=lambda number: f"站\x07{number}")
value_plant("OM-ENC-103", "TA", ("OM-ATT-103",), LX="０1")
value_plant("OM-ENC-104", "TA", MC=lambda number: f" 空格站{number}")
value_plant("OM-OUT-102", "TA", MC=lambda number: f"𠮷站{number}")
value_plant("OM-OUT-103", "TA", BZ=lambda number: "长" * 200 + str(number))
value_plant("OM-OUT-104", "GL", SL=3_000_000_000)
value_plant("OM-BIZ-106", "TA", XZQDM="659900102000", XZQMC="乙乡")
value_plant("OM-BIZ-109", "TA", DW="")

shape_plant("OM-CRS-104", "TA", ("OM-BIZ-105", "OM-TOP-107"), lambda box: shapely.Point(200 + box[0] - 75, 39.5))
shape_plant("OM-CRS-105", "TA", ("OM-BIZ-105", "OM-TOP-107"), lambda box: shapely.Point(box[1], box[0]))
shape_plant("OM-GEO-101", "TA", (), lambda _: None)
shape_plant("OM-GEO-117", "TA", (), lambda box: shapely.Point(box[0], box[1], 1300.0))
shape_plant("OM-TOP-107", "TA", (), lambda box: shapely.Point(box[0] + 0.35, box[1] + 0.3))
shape_plant("OM-BIZ-105", "TA", ("OM-TOP-107",), lambda box: shapely.Point(box[0] + 5, box[1]))
shape_plant("OM-TOP-108", "JT", (), lambda box: shapely.Point(box[0], box[1] + 5 * METRE_LAT))
shape_plant("OM-GEO-103", "DK", ("OM-ATT-112",), lambda box: shapely.Point(box[0], box[1]))
shape_plant("OM-TOP-109", "DK", (), lambda box: shapely.box(box[0], box[1] + 0.5, box[2], box[3] + 0.5))


def corners(*points: tuple[float, float]) -> Callable[[tuple[float, ...]], shapely.Polygon]:
    """Make an area from metres east and north of the south-west corner."""

    def make(box: tuple[float, ...]) -> shapely.Polygon:
        return shapely.Polygon([(box[0] + east * METRE_LON, box[1] + north * METRE_LAT) for east, north in points])

    return make


shape_plant("OM-GEO-102", "DK", (), corners((0, 0), (80, 80), (80, 0), (0, 40)))
shape_plant("OM-GEO-110", "DK", (), corners((0, 0), (80, 0), (80, 0), (80, 80), (0, 80)))
shape_plant("OM-GEO-112", "DK", (), corners((0, 0), (80, 0), (80, 6)))
shape_plant("OM-GEO-114", "DK", ("OM-GEO-115",), corners((0, 0), (80, 0), (80, 0.3), (0, 0.3)))
shape_plant("OM-GEO-115", "DK", (), corners((0, 0), (5, 0), (5, 5), (0, 5)))


@again("OM-GEO-116")
def tiny_hole(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "DK")
    whole = delivery.get("DK", row).geometry
    west, south = whole.bounds[0] + 20 * METRE_LON, whole.bounds[1] + 20 * METRE_LAT
    hole = shapely.box(west, south, west + 0.5 * METRE_LON, south + 0.5 * METRE_LAT)
    delivery.shape("DK", row, whole.difference(hole))
    return [("OM-GEO-116", "DK", row), ("OM-TOP-102", "DK", row)]  # a layer that must leave no gap may have no hole


@again("OM-GEO-104")
def two_parts(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "DK")
    west, south, east, north = delivery.get("DK", row).geometry.bounds
    middle = (west + east) / 2
    parts = [shapely.box(west, south, middle - 0.0001, north), shapely.box(middle, south, east, north)]
    delivery.shape("DK", row, shapely.MultiPolygon(parts))
    return [("OM-GEO-104", "DK", row)]


@again("OM-ATT-105")
def identifier_again(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "TA", 2)
    delivery.set("TA", row + 1, BSM=delivery.get("TA", row)["BSM"])
    return [("OM-ATT-105", "TA", row + 1)]


@again("OM-ATT-119")
def number_again(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "TA", 2)
    delivery.set("TA", row + 1, BH=delivery.get("TA", row)["BH"])
    return [("OM-ATT-119", "TA", row + 1)]


@again("OM-ATT-121")
def row_again(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "TA", 2)
    first = delivery.get("TA", row)
    delivery.set("TA", row + 1, **first.drop(["BSM", "geometry"]).to_dict())
    delivery.shape("TA", row + 1, first.geometry)
    return [(rule, "TA", row + 1) for rule in ("OM-ATT-121", "OM-ATT-119", "OM-GEO-105")]


@again("OM-ATT-112")
def wrong_area(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "DK")
    delivery.set("DK", row, MJ=round(delivery.get("DK", row)["MJ"] * 1.5, 2))
    return [("OM-ATT-112", "DK", row)]


@again("OM-GEO-105")
def tower_again(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "TA", 2)
    first = delivery.get("TA", row)
    delivery.set("TA", row + 1, BZ=first["BZ"])
    delivery.shape("TA", row + 1, first.geometry)
    return [("OM-GEO-105", "TA", row + 1)]


@again("OM-GEO-106")
def parcel_again(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "DK", 2)
    delivery.shape("DK", row + 1, delivery.get("DK", row).geometry)
    return [("OM-GEO-106", "DK", row + 1), ("OM-TOP-101", "DK", row + 1)]


@again("OM-GEO-111")
def loop(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "GL")
    lon, lat = delivery.get("GL", row).geometry.coords[0]
    offsets = [(0, 0), (0.006, 0), (0.006, 0.001), (0.004, 0.001), (0.004, -0.001), (0.01, -0.0005), (0.01, 0)]
    delivery.shape("GL", row, shapely.LineString([(lon + east, lat + north) for east, north in offsets]))
    return [("OM-GEO-111", "GL", row)]


@again("OM-GEO-113")
def short_cable(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "GL")
    lon, lat = delivery.get("GL", row).geometry.coords[0]
    delivery.shape("GL", row, shapely.LineString([(lon, lat), (lon + 0.05 * METRE_LON, lat)]))
    return [("OM-GEO-113", "GL", row)]


@again("OM-BIZ-107")
def beyond_the_county(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "GL")
    first, _, last = delivery.get("GL", row).geometry.coords
    delivery.shape("GL", row, shapely.LineString([first, (74.9, first[1]), (74.9, first[1] + 0.001), last]))
    return [("OM-BIZ-107", "GL", row)]


@again("OM-BIZ-108")
def end_without_room(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "GL")
    first, middle, last = delivery.get("GL", row).geometry.coords
    delivery.shape("GL", row, shapely.LineString([first, middle, (last[0] + 50 * METRE_LON, last[1])]))
    return [("OM-BIZ-108", "GL", row)]


@again("OM-TOP-101")
def overlap(delivery: Delivery, _: int) -> list[Expected]:
    row = taken(delivery, "DK", 2)
    west, south, east, north = delivery.get("DK", row).geometry.bounds
    delivery.shape("DK", row + 1, shapely.box(west + 0.0005, south, east + 0.0005, north))
    return [("OM-TOP-101", "DK", row + 1)]


@again("OM-TOP-102")
def gap(delivery: Delivery, _: int) -> list[Expected]:
    number = delivery.taken.get("gap", 0)
    delivery.taken["gap"] = number + 1
    column, line = 1 + 3 * (number % 4), 1 + 3 * (number // 4)
    row = line * GRID + column + 1
    west, south, east, north = delivery.get("DK", row).geometry.bounds
    delivery.shape("DK", row, shapely.box(west, south, east - 5 * METRE_LON, north))
    return [("OM-TOP-102", "DK", row - GRID)]  # the parcel to the south is the first of those beside the gap


@again("OM-BIZ-111")
def on_control_line(delivery: Delivery, _: int) -> list[Expected]:
    row, number = taken(delivery, "DK"), delivery.taken.get("control", 0)
    delivery.taken["control"] = number + 1
    west, south, _, north = control(number).bounds
    delivery.shape("DK", row, shapely.box(west - 0.0005, south, west + 2 * METRE_LON, north))
    return [("OM-BIZ-111", "DK", row)]


def road(delivery: Delivery) -> tuple[int, int]:
    """Take a triangle of roads that no other plant takes: its number and first row; every second, as some join two."""
    number = delivery.taken.get("triangle", 0) * 2 + 1
    delivery.taken["triangle"] = delivery.taken.get("triangle", 0) + 1
    return number, number * 3 + 1


def added(delivery: Delivery, geometry: shapely.Geometry, **values: object) -> int:
    """Add a road of the eastern town."""
    return delivery.add("DL", geometry, **values)


@again("OM-GEO-118")
def hairpin(delivery: Delivery, _: int) -> list[Expected]:
    _, row = road(delivery)
    (west, south), (east, _) = delivery.get("DL", row).geometry.coords
    bend = [(west + 0.002, south - 0.003), (west + 0.0022, south - 0.0005), (east, south)]
    delivery.shape("DL", row, shapely.LineString([(west, south), (west + 0.0018, south - 0.0005), *bend]))
    return [("OM-GEO-118", "DL", row)]


@again("OM-TOP-103")
def road_on_road(delivery: Delivery, _: int) -> list[Expected]:
    number, _ = road(delivery)
    a, b = triangle(number)[0].coords
    return [("OM-TOP-103", "DL", added(delivery, shapely.LineString([a, ((a[0] + b[0]) / 2, a[1])])))]


@again("OM-TOP-104")
def crossing(delivery: Delivery, _: int) -> list[Expected]:
    number, _ = road(delivery)
    top, below = triangle(number)[1].coords[1], triangle(number - 1)[1].coords[1]
    return [("OM-TOP-104", "DL", added(delivery, shapely.LineString([top, below])))]


@again("OM-TOP-105")
def dangle(delivery: Delivery, _: int) -> list[Expected]:
    number, _ = road(delivery)
    lon, lat = triangle(number)[0].coords[1]
    return [("OM-TOP-105", "DL", added(delivery, shapely.LineString([(lon, lat), (lon + 0.002, lat)])))]


@again("OM-TOP-106")
def needless_node(delivery: Delivery, _: int) -> list[Expected]:
    _, row = road(delivery)
    whole = delivery.get("DL", row)
    (west, south), (east, _) = whole.geometry.coords
    middle = ((west + east) / 2, south)
    delivery.shape("DL", row, shapely.LineString([(west, south), middle]))
    return [("OM-TOP-106", "DL", added(delivery, shapely.LineString([middle, (east, south)]), MC=whole["MC"], BZ="续"))]


@again("OM-BIZ-110")
def broken_road(delivery: Delivery, _: int) -> list[Expected]:
    _, row = road(delivery)
    first, (east, south) = delivery.get("DL", row).geometry.coords
    delivery.shape("DL", row, shapely.LineString([first, (east - 2 * METRE_LON, south)]))
    return [(rule, "DL", one) for rule in ("OM-BIZ-110", "OM-TOP-105") for one in (row, row + 1)]


def change(delivery: Delivery, layer: str, **changes: object) -> None:
    """Change how a layer is stored."""
    delivery.layers[layer] = replace(delivery.layers[layer], **changes)


def small_layer(delivery: Delivery, code: str, name: str = "") -> CheckedLayer:
    """Make a layer of one row like the first room."""
    post = delivery.layers["JF"]
    frame = post.frame.iloc[:1].copy()
    number = next((one.number for one in delivery.profile.layers if one.code == code), 99)
    frame["BSM"], frame["YSDM"] = f"659900{number:04d}00000001", f"20900{number:05d}"
    frame["BH"] = code
    made = CheckedLayer(name or code, frame, post.fields, post.crs, post.driver, post.file)
    delivery.layers[made.name] = made
    return made


def field_of(layer: CheckedLayer, name: str, **changes: object) -> tuple[CheckedField, ...]:
    """Change how a field is stored."""
    return tuple(replace(one, **changes) if one.name == name else one for one in layer.fields)


@once("OM-PKG-101")
def missing(delivery: Delivery, _: int) -> list[Expected]:
    delivery.layers = {code: one for code, one in delivery.layers.items() if code != "BY"}
    return [("OM-PKG-101", "BY", None)]


@once("OM-PKG-103")
def empty(delivery: Delivery, _: int) -> list[Expected]:
    change(delivery, "BX", frame=delivery.layers["BX"].frame.iloc[:0])
    return [("OM-PKG-103", "BX", None)]


@once("OM-PKG-102")
def unreadable(delivery: Delivery, _: int) -> list[Expected]:
    delivery.layers["KX"] = CheckedLayer("KX", gpd.GeoDataFrame(), (), None, file=FILE, problem="truncated")
    return [("OM-PKG-102", "KX", None)]


@once("OM-PKG-104")
def unknown(delivery: Delivery, _: int) -> list[Expected]:
    small_layer(delivery, "WZ")
    return [("OM-PKG-104", "WZ", None)]


@once("OM-PKG-105")
def file_named_otherwise(delivery: Delivery, _: int) -> list[Expected]:
    change(delivery, "JF", file="final_v2.gpkg")
    return [("OM-PKG-105", "", None)]


@once("OM-PKG-106")
def file_of_another_county(delivery: Delivery, _: int) -> list[Expected]:
    change(delivery, "FQ", file="110101某县数据.gpkg")
    return [("OM-PKG-106", "", None)]


@once("OM-PKG-107")
def misspelt(delivery: Delivery, _: int) -> list[Expected]:
    small_layer(delivery, "KY", "K_Y")
    return [("OM-PKG-107", "K_Y", None), ("OM-PKG-104", "K_Y", None)]


@once("OM-PKG-108")
def no_metadata(delivery: Delivery, _: int) -> list[Expected]:
    delivery.package = tuple(name for name in delivery.package if name != "元数据.xml")
    return [("OM-PKG-108", "", None)]


@once("OM-CRS-101")
def other_system(delivery: Delivery, _: int) -> list[Expected]:
    small_layer(delivery, "KZ")
    change(delivery, "KZ", crs="EPSG:4326")
    return [("OM-CRS-101", "KZ", None)]


@once("OM-CRS-102")
def no_system(delivery: Delivery, _: int) -> list[Expected]:
    made = small_layer(delivery, "KY")
    change(delivery, made.name, crs=None)
    return [("OM-CRS-102", "KY", None)]


@once("OM-FLD-101")
def no_field(delivery: Delivery, _: int) -> list[Expected]:
    layer = delivery.layers["JT"]
    fields = tuple(one for one in layer.fields if one.name != "BZ")
    change(delivery, "JT", fields=fields, frame=layer.frame.drop(columns="BZ"))
    return [("OM-FLD-101", "JT", None)]


@once("OM-FLD-102")
def other_type(delivery: Delivery, _: int) -> list[Expected]:
    change(delivery, "JF", fields=field_of(delivery.layers["JF"], "GD", kind="text"))
    return [("OM-FLD-102", "JF", None)]


@once("OM-FLD-103")
def other_width(delivery: Delivery, _: int) -> list[Expected]:
    change(delivery, "JF", fields=field_of(delivery.layers["JF"], "MC", width=50))
    return [("OM-FLD-103", "JF", None)]


@once("OM-FLD-104")
def other_decimals(delivery: Delivery, _: int) -> list[Expected]:
    change(delivery, "DK", fields=field_of(delivery.layers["DK"], "MJ", decimals=6))
    return [("OM-FLD-104", "DK", None)]


@once("OM-FLD-105")
def other_order(delivery: Delivery, _: int) -> list[Expected]:
    fields = delivery.layers["GL"].fields
    change(delivery, "GL", fields=(fields[1], fields[0], *fields[2:]))
    return [("OM-FLD-105", "GL", None)]


@once("OM-FLD-106")
def extra_field(delivery: Delivery, _: int) -> list[Expected]:
    change(delivery, "DL", fields=(*delivery.layers["DL"].fields, CheckedField("EXTRA", "text", 5)))
    return [("OM-FLD-106", "DL", None)]


@once("OM-ATT-114")
def code_of_another_layer(delivery: Delivery, _: int) -> list[Expected]:
    delivery.set("JF", 1, YSDM=delivery.get("GL", 1)["YSDM"])
    return [("OM-ATT-114", "JF", None), ("OM-ATT-107", "JF", 1)]


@once("OM-ATT-115")
def village_without_town(delivery: Delivery, _: int) -> list[Expected]:
    delivery.set("JF", 2, XZQDM="659900998001")
    whole_layer = [(rule, "JF", None) for rule in ("OM-ATT-115", "OM-ATT-113")]
    return [*whole_layer, ("OM-ATT-109", "JF", 2)]


@once("OM-ATT-113")
def mixed_levels(delivery: Delivery, _: int) -> list[Expected]:
    delivery.set("GL", 1, XZQDM="659900101001")
    return [("OM-ATT-113", "GL", None), ("OM-ATT-109", "GL", 1)]


@once("OM-ATT-108")
def placeholder(delivery: Delivery, _: int) -> list[Expected]:
    layers = tuple(
        one.model_copy(update={"ysdm_placeholder": True}) if one.code == "FQ" else one
        for one in delivery.profile.layers
    )
    changed = delivery.profile.model_copy(update={"layers": layers})
    changed._code_lists = delivery.profile.code_lists
    delivery.profile = changed
    return [("OM-ATT-108", "FQ", None)]


@once("OM-BIZ-112")
def wrong_total(delivery: Delivery, _: int) -> list[Expected]:
    delivery.tables["汇总"] = pd.DataFrame({"XZQDM": ["659900101000"], "MJ_HJ": [100.0]})
    return [("OM-BIZ-112", "DK", None)]
