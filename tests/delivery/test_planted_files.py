"""The planted faults again, in files that other programs wrote, and found by the command itself.

One GeoPackage with a workbook beside it holds 200 faults. Two kinds cannot stand in it, and stand in files of their own:

- OM-FLD-104: GeoPackage has no decimals (its real numbers are all alike); a Shapefile has.
- OM-CRS-103: asked only where the profile leaves the system open, and this one names it; a second profile does not.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from onemap.cli.app import run
from tests.delivery.conftest import two_towns
from tests.delivery.plants import AGAIN, ONCE, Expected
from tests.delivery.test_planted_faults import ALWAYS, FAULTS, MOST_GAPS_AND_AREAS
from tests.delivery.whole_delivery import HEAD, make_delivery, make_profile
from tests.delivery.written_delivery import TABLES, write_delivery, write_layer

NO_DECIMALS = "OM-FLD-104"
IN_THE_FILE = {rule: plant for rule, plant in ONCE.items() if rule != NO_DECIMALS}


def checked(path: Path, profile: Path, *options: str) -> tuple[int, Counter[Expected]]:
    """Run the command with the two towns, and give its exit code and what its report lists."""
    towns, report = profile.parent / "towns.gpkg", profile.parent / "found.json"
    if not towns.exists():
        two_towns().to_file(towns, layer="districts", engine="fiona")
    words = ["check", str(path), "--profile", str(profile), "--report", str(report), "--districts", str(towns)]
    code = run([*words, "--date", "2026-01-01", *options])
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    assert all(one["count"] == 1 for one in findings)
    return code, Counter((one["rule"], one["layer"], one["row"]) for one in findings)


def profile_in(folder: Path, **keys: object) -> Path:
    """Write the profile, and give its file."""
    folder.mkdir(exist_ok=True)
    make_profile(folder, **keys)
    return folder / "every-rule.toml"


def test_clean_files_have_nothing_but_the_example_list(tmp_path):
    file = profile_in(tmp_path / "profile")
    write_delivery(make_delivery(make_profile(tmp_path / "profile"), two_towns()), tmp_path / "delivery")
    assert checked(tmp_path / "delivery", file) == (0, Counter(ALWAYS))


@pytest.mark.parametrize("seed", [1, 2])
def test_command_finds_two_hundred_faults_in_files_and_nothing_else(tmp_path, seed):
    rng = np.random.default_rng(seed)
    delivery = make_delivery(make_profile(tmp_path), two_towns())
    most, chosen = dict(MOST_GAPS_AND_AREAS), list(AGAIN)
    for kind in rng.permutation([*AGAIN] * 9).tolist():
        if len(chosen) + len(IN_THE_FILE) < FAULTS and chosen.count(kind) < min(most.get(kind, 6), 4):
            chosen.append(kind)
    rng.shuffle(chosen)
    assert len(chosen) + len(IN_THE_FILE) == FAULTS
    expected = [one for number, kind in enumerate(chosen, 1) for one in AGAIN[kind](delivery, number)]
    expected += [one for plant in IN_THE_FILE.values() for one in plant(delivery, 0)]
    write_delivery(delivery, tmp_path / "delivery")
    code, found = checked(tmp_path / "delivery", profile_in(tmp_path / "profile", placeholders=("FQ",)))
    assert found == Counter([*expected, *ALWAYS])
    assert code == 1


def test_workbook_of_totals_that_cannot_be_read_is_a_fault(tmp_path):
    write_delivery(make_delivery(make_profile(tmp_path), two_towns()), tmp_path / "delivery")
    (tmp_path / "delivery" / TABLES).write_bytes(b"PK\x03\x04 cut short")
    code, found = checked(tmp_path / "delivery", tmp_path / "every-rule.toml")
    assert found == Counter([*ALWAYS, ("OM-PKG-102", Path(TABLES).stem, None)])
    assert code == 1


@pytest.mark.parametrize("planted", [False, True])
def test_decimals_are_found_in_a_format_that_has_them(tmp_path, planted):
    delivery = make_delivery(make_profile(tmp_path), two_towns())
    expected = ONCE[NO_DECIMALS](delivery, 0) if planted else []
    write_layer(delivery.layers["DK"], tmp_path / "DK.shp", driver="ESRI Shapefile", geometry="Polygon")
    code, found = checked(tmp_path / "DK.shp", tmp_path / "every-rule.toml")
    assert found == Counter([*expected, ("OM-ATT-104", "DK", None)])
    assert code == int(planted)


@pytest.mark.parametrize("planted", [False, True])
def test_two_systems_are_found_where_the_profile_leaves_the_system_open(tmp_path, planted):
    open_head = HEAD.replace('[crs]\ndelivered_in = "EPSG:4490"\n', "")
    delivery = make_delivery(make_profile(tmp_path, head=open_head), two_towns())
    expected = [*ALWAYS]
    if planted:
        expected += [one for one in ONCE["OM-CRS-101"](delivery, 0) if one[0] != "OM-CRS-101"]
        expected.append(("OM-CRS-103", "KZ", None))
    write_delivery(delivery, tmp_path / "delivery")
    code, found = checked(tmp_path / "delivery", tmp_path / "every-rule.toml")
    assert found == Counter(expected)
    assert code == int(planted)
