"""Several sources of one layer: every row once, duplicates named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.errors import LayerError
from onemap.layers.conform import Conformed
from onemap.layers.join import join_layers
from onemap.layers.nearest import geodesic_distance


def part(rows, *, crs="EPSG:4490", file="a.csv", columns=("tower_id", "name", "owner", "height_agl_m")):
    places = [row[-1] if isinstance(row[-1], shapely.Geometry) else shapely.Point(row[-1]) for row in rows]
    layer = gpd.GeoDataFrame(
        {name: [row[n] for row in rows] for n, name in enumerate(columns)}, geometry=places, crs=crs
    )
    layer = layer.astype({name: "float64" if name.endswith("_m") else "string" for name in columns})
    layer.insert(len(columns), "source", [f"{file}||{number}" for number in range(2, 2 + len(rows))])
    return Conformed(layer.astype({"source": "string"}), (), None)


def test_rows_of_all_parts_stand_under_each_other_with_the_columns_of_all():
    one = part([("A", "甲", "中国移动", 30.0, (75.0, 39.5))])
    two = part([("B", "中国铁塔", (75.1, 39.6))], file="b.csv", columns=("tower_id", "owner"))
    joined = join_layers("towers", [one, two])
    assert joined.layer["tower_id"].tolist() == ["A", "B"]
    assert joined.layer.columns.tolist() == ["tower_id", "name", "owner", "height_agl_m", "source", "geometry"]
    assert joined.layer["height_agl_m"].isna().tolist() == [False, True]
    assert str(joined.layer["height_agl_m"].dtype) == "float64"
    assert joined.findings == ()


def test_same_row_again_is_a_duplicate():
    row = ("A", "甲", "中国移动", 30.0, (75.0, 39.5))
    joined = join_layers("towers", [part([row]), part([row], file="b.csv")])
    (finding,) = joined.findings
    assert (finding.rule, finding.file, finding.row, finding.action) == ("OM-ATT-005", "b.csv", 2, "rejected")
    assert "a.csv||2" in finding.message("zh")


def test_row_that_states_less_is_a_duplicate_too():
    one = part([("A", "甲", "中国移动", 30.0, (75.0, 39.5))])
    two = part([("A", None, "中国移动", np.nan, (75.000001, 39.5))], file="b.csv")
    assert [finding.rule for finding in join_layers("towers", [one, two]).findings] == ["OM-ATT-005"]


@pytest.mark.parametrize(
    ("other", "differs"),
    [(("A", "甲", "中国联通", 30.0, (75.0, 39.5)), "owner"), (("A", "甲", "中国移动", 30.0, (75.1, 39.5)), "geometry")],
)
def test_identifier_of_another_thing_is_an_error(other, differs):
    joined = join_layers("towers", [part([("A", "甲", "中国移动", 30.0, (75.0, 39.5)), other])])
    (finding,) = joined.findings
    assert (finding.rule, finding.row, finding.feature) == ("OM-ATT-006", 3, "A")
    assert differs in finding.message("en")
    assert joined.layer["owner"].tolist() == ["中国移动"]


def test_same_owner_name_and_place_under_another_identifier_is_a_duplicate():
    rows = [("A", "甲", "中国移动", 30.0, (75.0, 39.5)), ("B", "甲", "中国移动", 35.0, (75.000008, 39.5))]
    joined = join_layers("towers", [part(rows)])
    assert [finding.rule for finding in joined.findings] == ["OM-ATT-005"]
    assert joined.layer["tower_id"].tolist() == ["A"]


@pytest.mark.parametrize(
    "other",
    [
        ("B", "乙", "中国移动", 30.0, (75.0, 39.5)), ("B", "甲", "中国联通", 30.0, (75.0, 39.5)), ("B", None, "中国移动", 30.0, (75.0, 39.5)),
        ("B", "甲", "中国移动", 30.0, (75.00002, 39.5)),
    ],
)  # fmt: skip
def test_neighbours_that_differ_are_kept(other):
    joined = join_layers("towers", [part([("A", "甲", "中国移动", 30.0, (75.0, 39.5)), other])])
    assert len(joined.layer) == 2


def test_three_of_one_are_one():
    row = ("A", "甲", "中国移动", 30.0, (75.0, 39.5))
    joined = join_layers("towers", [part([row, row, row])])
    assert len(joined.layer) == 1
    assert [finding.row for finding in joined.findings] == [3, 4]


def test_lines_with_one_identifier_are_compared_vertex_by_vertex():
    line, other = shapely.LineString([(75, 39.5), (75.1, 39.6)]), shapely.LineString([(75, 39.5), (75.2, 39.6)])
    rows = [("C1", "中国移动", line), ("C1", "中国移动", line.reverse()), ("C1", "中国移动", other)]
    joined = join_layers("cables", [part(rows, columns=("cable_id", "operator"))])
    assert [finding.rule for finding in joined.findings] == ["OM-ATT-005", "OM-ATT-006"]


def test_parts_in_metres_are_compared_in_metres():
    rows = [("A", "甲", "中国移动", 30.0, (500_000, 4_374_000)), ("B", "甲", "中国移动", 30.0, (500_000.5, 4_374_000))]
    assert len(join_layers("towers", [part(rows, crs="EPSG:4534")]).layer) == 1


def test_many_rows_of_one_name_take_no_time():
    rows = [(f"{n}", "灯杆", "某单位", 8.0, (75 + n * 1e-4, 39.5)) for n in range(5_000)]
    assert len(join_layers("towers", [part(rows)]).layer) == 5_000


def test_parts_are_unchanged():
    row = ("A", "甲", "中国移动", 30.0, (75.0, 39.5))
    one = part([row, row])
    before = one.layer.copy()
    join_layers("towers", [one])
    assert one.layer.equals(before)


def test_parts_in_two_systems_are_refused():
    row = ("A", "甲", "中国移动", 30.0, (75.0, 39.5))
    with pytest.raises(LayerError, match="EPSG:4326, EPSG:4490"):
        join_layers("towers", [part([row]), part([row], crs="EPSG:4326")])
    with pytest.raises(LayerError, match="of one layer and one CRS, got -"):
        join_layers("towers", [])


def reference_places(layer):
    """Mark by the words of the rule: the earliest unmarked row of an owner and name within 1 m claims later ones."""
    marked = {}
    spots = shapely.get_coordinates(layer.geometry.to_numpy())
    keys = layer[["owner", "name"]].astype(object).where(layer[["owner", "name"]].notna(), None).to_numpy().tolist()
    for earlier in range(len(layer)):
        for later in range(earlier + 1, len(layer)):
            near = geodesic_distance(*spots[earlier], *spots[later]) <= 1.0
            same = keys[earlier][1] is not None and keys[earlier] == keys[later]
            if same and near and earlier not in marked and later not in marked:
                marked[later] = earlier
    return marked


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["甲", "乙", None]),
            st.sampled_from(["中国移动", "中国联通", None]),
            st.sampled_from([75.0, 75.000007, 75.000014, 75.1]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_places_that_stand_again_are_those_of_the_rule(rows):
    one = part([(f"T{n}", name, owner, 30.0, (lon, 39.5)) for n, (name, owner, lon) in enumerate(rows)])
    found = {item.row - 2: item.values["first"] for item in join_layers("towers", [one]).findings}
    assert found == {later: f"a.csv||{earlier + 2}" for later, earlier in reference_places(one.layer).items()}
