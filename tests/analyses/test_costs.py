"""Prices are data, and nothing without one is free."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onemap.analyses.costs import CERTAINTIES, package_costs, read_costs
from onemap.config.cost_settings import CostSettings
from onemap.config.models import Project
from onemap.errors import ProjectError
from onemap.workflows.costs import project_costs

NEW = {"id": "gate", "part": "access", "zh": "便门", "en": "gate", "unit": "万元/个"}


def test_every_price_of_the_package_says_that_it_is_an_example() -> None:
    for item in package_costs().items.values():
        assert item.certainty == "example"
        assert "示例" in item.source
        assert item.money == "万元"
        assert item.measure


def test_sums_are_the_closed_form_by_part() -> None:
    amounts = {"fibre_trench": np.array([1.0, 0.0]), "fibre_tap": 2, "power_solar": np.array([0, 1])}
    costs = package_costs().of(amounts)
    assert costs.parts["fibre"].tolist() == [13.0, 1.0]
    assert costs.parts["power"].tolist() == [0.0, 15.0]
    assert costs.total.tolist() == [13.0, 16.0]
    assert (costs.money, costs.certainty) == ("万元", "example")
    assert package_costs().of({}).total == 0.0


def test_a_quantity_without_a_price_is_an_error_that_says_what_and_where() -> None:
    book = package_costs().with_items([NEW])
    assert book.of({"gate": 0, "fibre_tap": 1}).total == 0.5
    with pytest.raises(ProjectError, match=r"gate \(便门, gate\) must have a price in 万元/个.*costs\.items") as error:
        book.of({"gate": 1})
    assert "不按零计" in error.value.text("zh")
    with pytest.raises(ProjectError, match="no such item is known"):
        book.of({"castle": 1})


@pytest.mark.parametrize("amount", [-1.0, float("nan")])
def test_a_quantity_that_is_none_is_refused(amount: float) -> None:
    with pytest.raises(ValueError, match="numbers from 0 on, got fibre_tap"):
        package_costs().of({"fibre_tap": amount})


def test_a_file_changes_and_adds_items_and_the_least_sure_price_is_said() -> None:
    text = '[[item]]\nid="fibre_tap"\nvalue=0.7\nyear=2026\nsource="询价"\ncertainty="quote"\n'
    book = read_costs(text)
    assert book.items["fibre_tap"].zh == package_costs().items["fibre_tap"].zh
    assert book.of({"fibre_tap": 1}).certainty == "quote"
    assert book.of({"fibre_tap": 1, "power_solar": 1}).certainty == CERTAINTIES[0]
    assert read_costs("﻿id,value,source\nfibre_tap,1,bid\n", file="p.CSV").price("fibre_tap") == 1.0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[item]", "got .*prices.toml|prices.toml"),
        ("[[thing]]\nid='a'", "thing"),
        ("[[item]]\nvalue=1", "id = ''"),
        ("[[item]]\nid='fibre_tap'\nvalue=1", "fibre_tap: source"),
        ("[[item]]\nid='fibre_tap'\nvalue=-1\nsource='a'", "value = -1"),
        ("[[item]]\nid='fibre_tap'\nvalue=nan\nsource='a'", "value = nan"),
        ("[[item]]\nid='fibre_tap'\nvalue='12'\nsource='a'", "value = '12'"),
        ("[[item]]\nid='fibre_tap'\nprice=1", "price = 1"),
        ("[[item]]\nid='fibre_tap'\n[[item]]\nid='fibre_tap'", "fibre_tap: 2"),
        ("[[item]]\nid='own'\nvalue=1\nsource='a'", "own: part"),
        ("[[item]]\nid='fibre_trench'\nvalue=12\nsource='a'\nunit='元/m'", "priced for the measure"),
        ("[[item]]\nid='fibre_tap'\nunit='万元'", "unit = '万元'"),
        ("[[item]]\nid='fibre_tap'\ncertainty='sure'", "certainty = 'sure'"),
    ],
)
def test_wrong_prices_are_refused(text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        read_costs(text, file="prices.toml")


def test_rows_of_csv_that_do_not_fit_are_refused() -> None:
    for text in (
        "id,value,source\nfibre_tap,1,a,b\n",
        "id,value,source\nfibre_tap,1\n",
        "id,value,source\nfibre_tap,x,a\n",
    ):
        with pytest.raises(ProjectError, match=r"p\.csv"):
            read_costs(text, file="p.csv")


def test_two_kinds_of_money_are_not_added() -> None:
    book = package_costs().with_items([{"id": "fibre_tap", "value": 500, "unit": "EUR/个", "source": "bid"}])
    assert book.of({"fibre_tap": 1}).money == "EUR"
    with pytest.raises(ProjectError, match="one money, got fibre_tap in EUR and power_solar in 万元"):
        book.of({"fibre_tap": 1, "power_solar": 1})


def test_a_project_sets_prices_in_its_file_and_beside_it(tmp_path: Path) -> None:
    about = {"project": {"name": "A", "date": "2026-01-01"}, "source": [{"layer": "towers", "path": "t.csv"}]}
    (tmp_path / "prices.csv").write_text("id,value,source\nfibre_tap,1,bid\nfibre_hung,5,bid\n", encoding="utf-8")
    costs = {"file": "prices.csv", "items": {"fibre_hung": {"value": 6, "source": "contract"}, "gate": {**NEW}}}
    costs["items"]["gate"].pop("id")
    folder = {"coverage": {"model": "radius"}, "folder": tmp_path}
    book = project_costs(Project.model_validate({**about, **folder, "costs": costs}))
    assert (book.price("fibre_tap"), book.price("fibre_hung"), book.items["gate"].zh) == (1.0, 6.0, "便门")
    missing = Project.model_validate({**about, **folder, "costs": {"file": "none.toml"}})
    with pytest.raises(ProjectError, match=r"none\.toml must be a text file"):
        project_costs(missing)
    assert CostSettings().tables() == []
