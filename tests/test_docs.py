"""What people read keeps up with what there is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import string
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

import onemap
from onemap.analyses.costs import package_costs
from onemap.messages import LANGUAGES, catalogue

NO_EXAMPLE = {
    # what reads or writes whole projects, or talks to a terminal, is shown by the notebook and the README instead
    "onemap.cli",
    "onemap.workflows",
    "onemap.__main__",
    "onemap.sources.worker",
    # the parts that writers and CRS operations are put together from are shown where they are put together
    "onemap.delivery.writers.arrow",
    "onemap.layers.operations",
    # a rule is shown by its section in docs/rules.md and by its smallest good and bad layer in the tests
    "onemap.delivery.rules",
}


def modules() -> list[str]:
    names = [module.name for module in pkgutil.walk_packages(onemap.__path__, "onemap.")]
    return [
        name for name in names if not any(name == skipped or name.startswith(f"{skipped}.") for skipped in NO_EXAMPLE)
    ]


@pytest.mark.parametrize("name", modules())
def test_public_functions_have_a_docstring_with_an_example(name: str) -> None:
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", ()):
        value = getattr(module, public)
        if inspect.isfunction(value) and value.__module__ == name:
            doc = inspect.getdoc(value) or ""
            assert doc, f"{name}.{public}"
            if inspect.signature(value).parameters:
                assert ">>>" in doc, f"{name}.{public} has no example"


def test_every_text_stands_in_both_languages_with_the_same_values() -> None:
    for text_id, keys in catalogue().items():
        stems = {
            key.removesuffix("_en").removesuffix("_zh") for key in keys if key not in {"en", "zh", "severity", "rule"}
        }
        pairs = [(keys["en"], keys["zh"])] + [(keys[f"{stem}_en"], keys[f"{stem}_zh"]) for stem in stems]
        for english, chinese in pairs:
            assert english.strip(), text_id
            assert chinese.strip(), text_id
            names = [
                {field.removesuffix(f"_{lang}") for _, field, _, _ in string.Formatter().parse(words) if field}
                for lang, words in (("en", english), ("zh", chinese))
            ]
            if not text_id.startswith("OM-OUT-"):  # a problem is worded in the language of the sentence
                assert names[0] == names[1], text_id


def test_rules_have_severity_title_message_and_hint() -> None:
    rules = {text_id: keys for text_id, keys in catalogue().items() if text_id.startswith("OM-")}
    assert len(rules) >= 50
    for rule, keys in rules.items():
        assert re.fullmatch(r"OM-(PKG|CRS|ENC|FLD|GEO|TOP|ATT|BIZ|OUT|SEC)-\d{3}", rule)
        assert keys["severity"] in {"fatal", "error", "warning", "info"}
        assert {f"{stem}{lang}" for stem in ("title_", "", "hint_") for lang in LANGUAGES} <= set(keys), rule


def test_readmes_show_the_same_set_up_and_commands(root: Path) -> None:
    english, chinese = ((root / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))
    for words in (
        "make demo",
        "make test",
        "onemap init",
        "onemap run",
        "onemap plan",
        "onemap check",
        "docs/images/pilot-map.png",
    ):
        assert words in english
        assert words in chinese


def test_links_in_documents_lead_somewhere(root: Path) -> None:
    for page in [
        *root.glob("*.md"),
        *root.glob("docs/*.md"),
        *root.glob("benchmarks/*.md"),
        root / "data" / "README.md",
    ]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_project_file_pages_name_every_key(root: Path) -> None:
    from onemap.config import (
        ConflictSettings,
        CostSettings,
        CoverageSettings,
        DeliverySettings,
        GapSettings,
        ProjectSettings,
        RouteSettings,
        SharingSettings,
    )
    from onemap.config.publish_settings import PublishSettings

    for name in ("project-file.md", "project-file.zh.md"):
        page = (root / "docs" / name).read_text(encoding="utf-8")
        for model in (
            ProjectSettings,
            CoverageSettings,
            GapSettings,
            SharingSettings,
            ConflictSettings,
            CostSettings,
            RouteSettings,
            DeliverySettings,
            PublishSettings,
        ):
            for key in model.model_fields:
                if key != "language":
                    assert key in page, f"{name}: {key}"


def tables_of_the_plan() -> dict[str, type[BaseModel]]:
    from onemap.analyses.candidate_settings import Equipment
    from onemap.config import PlanSettings

    nested = {
        f"plan.{key}": field.annotation
        for key, field in PlanSettings.model_fields.items()
        if inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel)
    }
    assert len(nested) == 6
    return {"plan": PlanSettings, **nested, "plan.candidates.equipment": Equipment}


def stated_keys(page: str, table: str) -> dict[str, str]:
    """Give what a page states as the default of each key of a table of the project file."""
    section = re.search(rf"^##+ `\[+{re.escape(table)}\]+`.*?(?=^##)", page, flags=re.MULTILINE | re.DOTALL)
    assert section, table
    stated: dict[str, str] = {}
    for row in re.findall(r"^\| (`.*) \|$", section[0], flags=re.MULTILINE):
        keys, _, default = (row + " ").split(" | ")
        names = re.findall(r"`(\w+)`", keys)
        parts = (
            re.split(r", |、", default.strip())
            if len(names) > 1 and default.strip()
            else [default.strip()] * len(names)
        )
        stated |= dict(zip(names, parts, strict=True))
    return stated


def as_stated(value: object) -> str:
    """Write a default as the pages do."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, tuple):
        inside = [f'"{one}"' if isinstance(one, str) else f"{one:g}" for one in value]
        return f"`[{', '.join(inside)}]`"
    return "4/3" if value == 4 / 3 else f"{value:.12g}"


@pytest.mark.parametrize("name", ["project-file.md", "project-file.zh.md"])
@pytest.mark.parametrize("table", tables_of_the_plan())
def test_tables_of_the_plan_state_every_key_with_its_default(root: Path, name: str, table: str) -> None:
    stated = stated_keys((root / "docs" / name).read_text(encoding="utf-8"), table)
    model = tables_of_the_plan()[table]
    assert set(stated) == set(model.model_fields)
    for key, field in model.model_fields.items():
        if isinstance(field.default, bool | int | float | str) or (isinstance(field.default, tuple) and field.default):
            assert stated[key] == as_stated(field.default), f"{table}.{key}"


@pytest.mark.parametrize("name", ["plan.md", "plan.zh.md"])
def test_pages_of_the_plan_name_every_column_and_every_price(root: Path, name: str) -> None:
    page = (root / "docs" / name).read_text(encoding="utf-8")
    results = tomllib.loads((root / "onemap" / "layers" / "catalogue.toml").read_text(encoding="utf-8"))["results"]
    for column in results["plan_sites"]["fields"]:
        assert f"`{column.removesuffix('_zh').removesuffix('_en')}" in page, column
    for layer in ("plan_summary", "plan_served", "plan_phases", "plan_budget_curve", "plan_sensitivity"):
        assert f"`{layer}`" in page
    for status in results["plan_summary"]["fields"]["status"]["values"]:
        assert f"`{status}`" in page
    for item in package_costs().items.values():
        assert f"`{item.id}`" in page
        assert f"| {item.unit.partition('/')[2]} |" in page, item.id


def test_repository_names_no_path_of_a_machine(root: Path) -> None:
    for file in [*root.glob("*.toml"), *root.glob("requirements/*.txt"), root / "Makefile", root / ".ci" / "run"]:
        words = file.read_text(encoding="utf-8")
        assert "/home/" not in words
        assert not re.search(r"https?://", words) or file.name == "pyproject.toml", file.name
