"""The page of rules is made from their texts, and is not stale."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from onemap.delivery.profile import FILLS, profile_names
from onemap.messages import catalogue


@pytest.fixture(scope="module")
def build(root: Path):
    spec = importlib.util.spec_from_file_location("build_rules", root / "docs" / "build_rules.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_of_rules_is_as_the_texts_are(root, build):
    assert (root / "docs" / "rules.md").read_text(encoding="utf-8") == build.page(), "run python docs/build_rules.py"


def test_every_rule_has_its_section(build):
    rules = [rule for rule in catalogue() if rule.startswith("OM-")]
    headings = [line.split()[1] for line in build.page().splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(rules)


def test_page_of_profiles_names_what_there_is(root):
    page = (root / "docs" / "profiles.md").read_text(encoding="utf-8")
    assert all(name in page for name in (*profile_names(), *FILLS, *FILLS.values()))
