"""Faults planted in a clean delivery: each is found where it was planted, and nothing else is."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from onemap import messages
from onemap.delivery.profile import Profile
from onemap.delivery.quality import check_layers
from onemap.delivery.rules.registry import layer_rules, must_be_named, package_rules, row_rules
from onemap.findings import Finding
from tests.delivery.conftest import two_towns
from tests.delivery.plants import AGAIN, ONCE, Expected
from tests.delivery.whole_delivery import Delivery, make_delivery, make_profile

FAULTS = 200
MOST_GAPS_AND_AREAS = {"OM-TOP-102": 16, "OM-BIZ-111": 10}
ALWAYS = {("OM-ATT-104", "DK", None), ("OM-ATT-104", "FQ", None), ("OM-ATT-104", "YJJBNT", None)}
ONE_SYSTEM = "OM-CRS-103"  # asked only where the profile leaves the system open


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return make_profile(tmp_path_factory.mktemp("profile"))


def found_in(delivery: Delivery) -> list[Finding]:
    delivery.finish()
    return check_layers(
        delivery.layers,
        delivery.profile,
        districts=delivery.districts,
        tables=delivery.tables,
        package=delivery.package,
    )


def places(findings: list[Finding]) -> Counter[Expected]:
    return Counter((one.rule, one.layer, one.row) for one in findings)


def test_clean_delivery_has_nothing_but_the_example_list(strict):
    assert set(places(found_in(make_delivery(strict, two_towns())))) == ALWAYS


@pytest.fixture(scope="module")
def one_of_each(strict) -> tuple[dict[str, list[Expected]], list[Finding]]:
    """Give what is expected of one fault of each kind, and what is found of all together."""
    delivery = make_delivery(strict, two_towns())
    expected = {rule: plant(delivery, number) for number, (rule, plant) in enumerate((AGAIN | ONCE).items(), 1)}
    return expected, found_in(delivery)


@pytest.mark.parametrize("rule", [*AGAIN, *ONCE])
def test_rule_finds_its_fault(one_of_each, rule):
    expected = one_of_each[0][rule]
    found = [one for one in one_of_each[1] if (one.rule, one.layer, one.row) in expected]
    assert expected[0][0] == rule
    assert places(found) == Counter(expected)
    for one in found:
        texts = [text(lang) for lang in ("zh", "en") for text in (one.title, one.message, one.hint)]
        assert all(texts)
        assert not any(wrong in text for text in texts for wrong in ("nan", "<NA>"))
        if one.row is not None and one.rule != "OM-GEO-101":
            assert one.feature
            assert one.lon is not None
            assert one.lat is not None


def test_one_fault_of_each_kind_and_nothing_else_is_found(one_of_each):
    expected, found = one_of_each
    assert places(found) == Counter([*(one for planned in expected.values() for one in planned), *ALWAYS])


@pytest.mark.parametrize("seed", [1])
def test_two_hundred_faults_are_found_and_nothing_else(strict, seed):
    rng = np.random.default_rng(seed)
    delivery = make_delivery(strict, two_towns())
    kinds = [*AGAIN] * 9
    rng.shuffle(kinds)
    most, chosen = dict(MOST_GAPS_AND_AREAS), list(AGAIN)
    for kind in kinds:
        if len(chosen) + len(ONCE) < FAULTS and chosen.count(kind) < min(most.get(kind, 6), 4):
            chosen.append(kind)
    rng.shuffle(chosen)
    assert len(chosen) + len(ONCE) == FAULTS
    expected = [one for number, kind in enumerate(chosen, 1) for one in AGAIN[kind](delivery, number)]
    expected += [one for plant in ONCE.values() for one in plant(delivery, 0)]
    assert places(found_in(delivery)) == Counter([*expected, *ALWAYS])


def test_every_rule_is_planted():
    asked = {one.rule_id for one in (*row_rules(), *layer_rules(), *package_rules())} | {"OM-PKG-101"}
    assert asked - {ONE_SYSTEM, "OM-ATT-104"} == {*AGAIN, *ONCE}
    assert must_be_named() <= asked
    assert asked <= set(messages.catalogue())
