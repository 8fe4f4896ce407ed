# make demo   environment, install, the pilot project run; prints where map, report and delivery are
# make test   the same environment, the whole suite
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps
WORKERS ?= 2
PLAIN := $(addprefix tests/radio/test_,free_space.py antenna.py hata.py tr38901.py link_budget.py carriers.py presets.py) \
	tests/terrain/test_profile.py tests/workflows/test_paths.py tests/analyses/test_coverage_matrix.py

.PHONY: help demo test test-long check plain static bench rules clean

help:
	@grep -E '^# make' Makefile | cut -c3-; echo "make check  format, lint, types, contract, quick tests"; \
	echo "make plain  small tests of radio and terrain with their kernels as plain Python, not compiled"; \
	echo "make bench  benchmarks, as ratios"; \
	echo "make test-long  1,000 random layers a format, there and back; 200 kills a format"; echo "make clean  remove the environment, caches and outputs"

.venv/core: requirements/core.txt requirements/views.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later must be installed"; exit 2; }
	@echo "setting up .venv (the first time takes a minute or two)"
	@$(PYTHON) -m venv .venv
	@$(PIP) -r requirements/core.txt -r requirements/views.txt
	@$(PIP) setuptools==84.2.1
	@$(PIP) --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/core requirements/dev.txt
	@$(PIP) -r requirements/dev.txt
	@touch $@

demo: .venv/core
	@$(BIN)/onemap run data/pilot --out out/pilot
	@$(BIN)/onemap kernels

test: .venv/dev
	@$(BIN)/python -m pytest --numprocesses $(WORKERS)
	@$(BIN)/python -m pytest --nbmake --import-mode=prepend --override-ini=addopts= notebooks

test-long: .venv/dev
	@ONEMAP_EXAMPLES=1000 $(BIN)/python -m pytest --numprocesses $(WORKERS) tests/round_trips tests/survival tests/vct/test_writing.py tests/vct/test_hostile.py

static: .venv/dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo

check: static
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --quiet -m "not slow"

plain: .venv/dev
	@NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --quiet -m "not slow" $(PLAIN)

bench: .venv/dev
	@for benchmark in benchmarks/*.py; do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

rules: .venv/core
	@$(BIN)/python docs/build_rules.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .numba_cache out build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
