"""The pages of presets are made from the presets, and are not stale."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from onemap.config.radio_settings import RadioSettings
from onemap.radio.presets import shipped_presets


@pytest.fixture(scope="module")
def build(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_bands", root / "docs" / "build_bands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_are_as_the_presets_are(build: ModuleType, lang: str) -> None:
    written = build.PAGES[lang].read_text(encoding="utf-8")
    assert written == build.page(lang), "run python docs/build_bands.py"
    for band in shipped_presets().by_band:
        assert written.count(f"\n| {band} | ") == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_settings_that_a_page_shows_are_read(build: ModuleType, lang: str) -> None:
    shown = build.page(lang).split("```toml\n")[1].split("```")[0]
    own = RadioSettings.model_validate(tomllib.loads(shown)["coverage"]).band_presets()
    assert own.by_band["n28"].eirp_re_dbm == 35.0
    assert own.defaults["5G"] == "n28"
