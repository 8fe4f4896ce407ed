"""Expressions of a profile: what each function gives, and that nothing else is taken."""

from __future__ import annotations

import math
from contextlib import suppress

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from onemap.delivery.expressions import FUNCTIONS, parse_expression
from onemap.delivery.mapping import map_to_profile
from onemap.delivery.profile import Profile
from onemap.errors import ProjectError

ROWS = gpd.GeoDataFrame(
    {
        "name": ["甲站 ", None, " "],
        "kind": ["pole", "rooftop", None],
        "height_agl_m": [30.0, None, 12.5],
        "cores": [144, 12, 0],
        "built": ["2024-03-05", None, "2024/3/5"],
    },
    geometry=[shapely.LineString([(75, 39), (75, 40)]), shapely.box(75, 39, 75.01, 39.01), None],
    crs=4490,
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("name", ["甲站 ", None, None]),
        ("'10'", ["10", "10", "10"]),
        ("-2", [-2, -2, -2]),
        ("first(name, kind, '无')", ["甲站 ", "rooftop", "无"]),
        ("join('/', name, kind, cores)", ["甲站/pole/144", "rooftop/12", "0"]),
        ("join('', name)", ["甲站", None, None]),
        ("when(kind == 'pole' and cores > 100, '大', '小')", ["大", "小", "小"]),
        ("when(not kind in ('pole', 'rooftop'), 1, height_agl_m)", [30.0, None, 1]),
        ("code(kind, {'pole': '13', 'rooftop': '12'}, '99')", ["13", "12", "99"]),
        ("code(kind, {'pole': '13'})", ["13", None, None]),
        ("text(height_agl_m)", ["30", None, "12.5"]),
        ("left(kind, 2)", ["po", "ro", None]),
        ("right(kind, 3)", ["ole", "top", None]),
        ("right(kind, 0)", [None, None, None]),
        ("part(kind, 2, 2)", ["ol", "oo", None]),
        ("pad(cores, 4)", ["0144", "0012", "0000"]),
        ("pad(kind, 5, '.')", [".pole", "rooftop", None]),
        ("replace(name, '站', '塔')", ["甲塔", None, None]),
        ("upper(kind)", ["POLE", "ROOFTOP", None]),
        ("lower(upper(kind))", ["pole", "rooftop", None]),
        ("number('12') + cores", [156, 24, 12]),
        ("round(height_agl_m / 7, 2)", [4.29, None, 1.79]),
        ("cores / 0", [None, None, None]),
        ("(cores - 4) * 2", [280, 16, -8]),
        ("day(built)", ["20240305", None, "20240305"]),
        ("round(length_m() / 1000, 1)", [111.0, 0, None]),
        ("points()", [2, 5, 0]),
        ("round(lon(), 3)", [75.0, 75.005, None]),
        ("absent", [None, None, None]),
    ],
)
def test_each_function_gives_what_the_page_says(text, values):
    found = parse_expression(text).values(ROWS).tolist()
    assert len(found) == len(values)
    for one, wanted in zip(found, values, strict=True):
        assert one == wanted or (isinstance(wanted, float) and math.isclose(one, wanted))


def test_area_is_that_of_a_cell_of_the_graticule():
    a, e2 = 6378137.0, 0.0066943800229
    middle = math.radians(39.005)
    meridian = a * (1 - e2) / (1 - e2 * math.sin(middle) ** 2) ** 1.5
    parallel = a / math.sqrt(1 - e2 * math.sin(middle) ** 2) * math.cos(middle)
    found = parse_expression("area_m2()").values(ROWS).tolist()
    assert found[1] == pytest.approx(meridian * parallel * math.radians(0.01) ** 2, rel=1e-6)
    assert found[0] == 0
    assert found[2] is None


@pytest.mark.parametrize(
    "text",
    [
        "pad(name, 999999999)", "left(name, 4001)", "", "name +", "name.upper()", "name[0]", "__import__('os')", "open('x')", "eval('1')", "[n for n in name]",
        "lambda: 1", "left(name)", "left(name, 'x')", "left(name, -1)", "left(name, 1, 2)", "join(name, kind)",
        "when(name, 1, 2)", "when(open('x') == 1, 1, 2)", "code(kind, {'a': 1})", "code(kind, kind)", "2 ** 9",
        "name if kind else 1", "f'{name}'", "name and kind", "left(text=name, count=1)", "True", "None", "1j", "b'x'",
        "__class__", "*name", "first()", "name == 'x'", "lon(name)", "(" * 300 + "1" + ")" * 300, "9" * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(ProjectError, match=r"must be made of fields|must compare fields"):
        parse_expression(text)


@given(st.one_of(st.text(max_size=60), st.text(alphabet="()'+-*/, 019abknuw={}.:_", max_size=30)))
def test_no_text_ends_otherwise(text):
    with suppress(ProjectError):
        parse_expression(text).values(ROWS)


def test_every_function_is_explained(root):
    page = (root / "docs" / "profiles.md").read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"`{name}(" not in page] == []


def test_a_field_and_a_layer_are_filled_by_expressions():
    profile = Profile.model_validate(
        {
            "name": "p",
            "field": [
                {"name": "NR", "alias": "编号", "length": 9, "expression": "join('', left(kind, 1), pad(tower_id, 3))"},
                {"name": "T", "alias": "层", "length": 9, "layers": ["A"], "expression": "canonical_layer"},
            ],
            "layer": [
                {"code": code, "alias": code, "geometry": "Point", "number": number, "from": ["towers"], **more}
                for number, (code, more) in enumerate([("A", {}), ("B", {"values": {"NR": "upper(tower_id)"}})])
            ],
        }
    )
    towers = gpd.GeoDataFrame({"tower_id": ["t1"], "kind": ["pole"]}, geometry=[shapely.Point(75, 39)], crs=4490)
    mapped = map_to_profile({"towers": towers}, profile, county_code="", county_name="").layers
    assert mapped["A"].frame[["NR", "T"]].to_numpy().tolist() == [["p0t1", "towers"]]
    assert mapped["B"].frame.drop(columns="geometry").to_numpy().tolist() == [["T1"]]


def test_texts_put_into_each_other_stay_within_bounds():
    nested = "name"
    for old in "甲bcdef":
        nested = f"replace({nested}, '{old}', '{'bcdefg'['甲bcdef'.index(old)] * 60}')"
    rows = gpd.GeoDataFrame({"name": ["甲"]}, geometry=gpd.points_from_xy([75], [39]), crs=4490)
    (found,) = parse_expression(nested).values(rows)
    assert found == "g" * 4001
