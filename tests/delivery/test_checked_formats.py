"""Files of formats with few or other words for fields, written by hand, and checked by the command."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from onemap.cli.app import run
from tests.vct.writing_by_hand import HEAD_3, document, saved

PROFILE = """
name = "by-hand"
[crs]
delivered_in = "EPSG:4490"
[bsm]
pattern = "{county:6}{layer:04d}{sequence:08d}"
[delivery]
vector = "{code6}{name}.vct"
"""
FIELDS = (
    ("BSM", "length = 18\nrequired = true"),
    ("MC", "length = 10\nrequired = true"),
    ("GD", 'type = "number"\nlength = 8\ndecimals = 2\nfrom_fields = ["height_agl_m"]'),
    ("SL", 'type = "integer"\nlength = 6\nfrom_fields = ["cores"]'),
)
LAYERS = (("TA", "Point", 1, "mandatory", "towers"), ("GL", "LineString", 2, "optional", "cables"))
NAME = "659900示范县.vct"
HEAD = HEAD_3.replace("CoordinateSystemType:P", "CoordinateSystemType:D").replace("XYUnit:M", "XYUnit:D")
HEAD = HEAD.replace("高斯-克吕格投影", "").replace("114,1,38500000,0,3,38", "")
TABLE = "BSM,Char,18\nMC,Varchar,10\nGD,Float,8,2\nSL,Int4\n0\n"
GOOD = {
    "FeatureCode": "1001,塔,Point,TA\n1002,缆,Line,GL\n",
    "TableStructure": f"TA,4\n{TABLE}GL,4\n{TABLE}",
    "Point": "1\n1001\nUnknown\n1\n1\n75.1,39.1\n0\n\n2\n1001\nUnknown\n1\n1\n75.2,39.2\n0\n\n",
    "Line": "3\n1002\nUnknown\n1\n1\n11\n2\n75.1,39.1\n75.2,39.2\n0\n\n",
    "Polygon": "",
    "Annotation": "",
    "Attribute": (
        "TA\n1,659900000100000001,甲站,30.50,2\n2,659900000100000002,乙站,,\nTableEnd\n\n"
        "GL\n3,659900000200000001,干线,,48\nTableEnd\n\n"
    ),
}
WARNINGS = {"two vertices in one place"}
Found = Counter[tuple[str, str, int | None]]


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    parts = [PROFILE]
    parts += [f'[[field]]\nname = "{name}"\nalias = "{name}"\n{keys}\n' for name, keys in FIELDS]
    parts += [
        f'[[layer]]\ncode = "{code}"\nalias = "{code}"\ngeometry = "{kind}"\nnumber = {number}\n'
        f'presence = "{presence}"\nfrom = ["{source}"]\n'
        for code, kind, number, presence, source in LAYERS
    ]
    file = tmp_path / "by-hand.toml"
    file.write_text("".join(parts), encoding="utf-8")
    return file


def checked(path: Path, profile: Path) -> tuple[int, Found]:
    report = profile.parent / "found.json"
    code = run(["check", str(path), "--profile", str(profile), "--report", str(report), "--date", "2026-01-01"])
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    return code, Counter((one["rule"], one["layer"], one["row"]) for one in findings)


def test_good_exchange_file_has_no_finding(tmp_path: Path, profile: Path) -> None:
    file = saved(tmp_path, document(HEAD, GOOD), name=NAME)
    assert checked(file, profile) == (0, Counter())
    (tmp_path / "folder").mkdir()
    file.rename(tmp_path / "folder" / NAME)
    assert checked(tmp_path / "folder", profile) == (0, Counter())


def changed(section: str, old: str, new: str) -> Callable[[], str]:
    """Change a section of the good file, first place only."""
    assert old in GOOD[section]
    return lambda: document(HEAD, {**GOOD, section: GOOD[section].replace(old, new, 1)})


BAD: dict[str, tuple[Callable[[], str], list[tuple[str, str, int | None]]]] = {
    "kind": (changed("TableStructure", "GD,Float,8,2", "GD,Char,8"), [("OM-FLD-102", "TA", None)]),
    "kind of a whole number": (changed("TableStructure", "SL,Int4", "SL,Date"), [("OM-FLD-102", "TA", None)]),
    "width": (changed("TableStructure", "MC,Varchar,10", "MC,Varchar,50"), [("OM-FLD-103", "TA", None)]),
    "decimals": (changed("TableStructure", "GD,Float,8,2", "GD,Float,8,4"), [("OM-FLD-104", "TA", None)]),
    "name of a field": (
        changed("TableStructure", "SL,Int4", "SLL,Int4"),
        [("OM-FLD-101", "TA", None), ("OM-FLD-106", "TA", None)],
    ),
    "code twice": (changed("Attribute", "100000002", "100000001"), [("OM-ATT-105", "TA", 2)]),
    "name missing": (changed("Attribute", "干线", ""), [("OM-ATT-101", "GL", 1)]),
    "two vertices in one place": (changed("Line", "11\n2\n", "11\n3\n75.1,39.1\n"), [("OM-GEO-110", "GL", 1)]),
    "layer missing": (
        lambda: document(HEAD, {**GOOD, "FeatureCode": "1002,缆,Line,GL\n", "TableStructure": f"GL,4\n{TABLE}",
                                "Point": "", "Attribute": GOOD["Attribute"].partition("\n\n")[2]}),
        [("OM-PKG-101", "TA", None)],
    ),
    "system": (
        lambda: document(HEAD.replace("CGCS2000,6378137.0,298.257222101", "WGS84,6378137.0,298.257223563"), GOOD),
        [("OM-CRS-101", "TA", None), ("OM-CRS-101", "GL", None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_bad_exchange_file_has_its_fault_and_no_other(tmp_path: Path, profile: Path, fault: str) -> None:
    make, expected = BAD[fault]
    code, found = checked(saved(tmp_path, make(), name=NAME), profile)
    assert found == Counter(expected)
    assert code == int(fault not in WARNINGS)


def test_name_of_an_exchange_file_is_the_profiles(tmp_path: Path, profile: Path) -> None:
    code, found = checked(saved(tmp_path, document(HEAD, GOOD), name="final.vct"), profile)
    assert found == Counter([("OM-PKG-105", "", None)])
    assert code == 0  # a warning


def test_exchange_file_that_is_cut_is_a_fault(tmp_path: Path, profile: Path) -> None:
    text = document(HEAD, GOOD)
    code, found = checked(saved(tmp_path, text[: text.index("PointEnd") - 20], name=NAME), profile)
    assert code == 1
    assert "OM-PKG-102" in {rule for rule, _, _ in found}


def collection(folder: Path, *rows: dict[str, object]) -> Path:
    """Write points with these properties."""
    features = [
        {"type": "Feature", "properties": row, "geometry": {"type": "Point", "coordinates": [75.1 + at / 10, 39.1]}}
        for at, row in enumerate(rows)
    ]
    file = folder / "TA.geojson"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    file.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), encoding="utf-8")
    return file


ONE = {"BSM": "659900000100000001", "MC": "甲站", "GD": 30, "SL": 2.0}
TWO = {"BSM": "659900000100000002", "MC": "乙站", "GD": None, "SL": None}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param((ONE, TWO), [], id="whole and other numbers are one kind, and there are no widths"),
        pytest.param((TWO,), [], id="a column without a value has no kind"),
        pytest.param((), [("OM-PKG-103", "TA", None)], id="no rows have no fields"),
        pytest.param(({**ONE, "GD": "30"}, TWO), [("OM-FLD-102", "TA", None)], id="text for a number"),
        pytest.param(
            ({**ONE, "SL": 2.5}, TWO), [("OM-FLD-102", "TA", None), ("OM-ATT-123", "TA", 1)], id="parts of a number"
        ),
        pytest.param(({**ONE, "MC": 7},), [("OM-FLD-102", "TA", None)], id="a number for text"),
        pytest.param(
            ({"BSM": ONE["BSM"], "MC": "甲站", "GD": 30},), [("OM-FLD-101", "TA", None)], id="a field is missing"
        ),
        pytest.param(({**ONE, "MC": "站" * 11},), [("OM-ATT-102", "TA", 1)], id="text longer than its field"),
    ],
)
def test_geojson_is_held_to_what_it_can_say(tmp_path: Path, profile: Path, rows, expected) -> None:
    code, found = checked(collection(tmp_path, *rows), profile)
    assert found == Counter(expected)
    assert code == int(bool({rule for rule, _, _ in expected} - {"OM-PKG-103"}))  # which is a warning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("659900000100000001,甲站,30.50,2", []),
        ("659900000100000001,甲站,,", []),
        ("659900000100000001,甲站,三十,2", [("OM-FLD-102", "TA", None)]),
        ("659900000100000001,,30.50,2", [("OM-ATT-101", "TA", 1)]),
    ],
)
def test_csv_holds_text_only_and_is_judged_by_it(tmp_path: Path, profile: Path, text: str, expected: list) -> None:
    (tmp_path / "TA.csv").write_text(f"BSM,MC,GD,SL\n{text}\n", encoding="utf-8")
    code, found = checked(tmp_path / "TA.csv", profile)
    assert found == Counter(expected)
    assert code == int(bool(expected))


@pytest.mark.parametrize("ending", [".VCT", ".Vct"])
def test_endings_of_a_folder_are_known_in_any_case(tmp_path: Path, profile: Path, ending: str) -> None:
    (tmp_path / "folder").mkdir()
    saved(tmp_path / "folder", document(HEAD, GOOD), name=Path(NAME).stem + ending)
    assert checked(tmp_path / "folder", profile) == (0, Counter())


def test_files_that_are_left_are_named(tmp_path: Path, profile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (tmp_path / "folder" / name).mkdir(parents=True)
        collection(tmp_path / "folder" / name, ONE if name == "a" else {**ONE, "MC": ""})
    words = ["check", str(tmp_path / "folder"), "--profile", str(profile), "--lang", "en"]
    assert run(words) == 0
    assert "not checked: b/TA.geojson" in capsys.readouterr().out
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left"] == ["b/TA.geojson"]
    for name in ("659900甲县.vct", "659900乙县.vct"):
        saved(tmp_path / "folder" / "a", document(HEAD, GOOD), name=name)
    for file in (tmp_path / "folder").rglob("*.geojson"):
        file.unlink()
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left"] == ["a/659900甲县.vct"]


def test_one_file_leaves_none(tmp_path: Path, profile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = collection(tmp_path, ONE)
    (tmp_path / "other.geojson").write_bytes(file.read_bytes())
    assert run(["check", str(file), "--profile", str(profile), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left"] == []
