# Everything a contributor or a new user runs. `make demo` and `make test` work from a fresh clone.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

CRASH_S ?=

.PHONY: demo test crash check format lint types imports bench clean

demo: $(VENV)/.demo
	$(BIN)/cuelet run examples/vfx_shot/shot.py

test: $(STAMP)
	$(BIN)/pytest -n 2 --dist worksteal

# The full counts of docs/robustness.md take about an hour; CRASH_S=300 is a cut of the first part of that many seconds.
crash: $(STAMP)
	CUELET_CRASH=full CUELET_CRASH_S=$(CRASH_S) $(BIN)/pytest --timeout 3600 tests/crash
	$(if $(CRASH_S),,$(BIN)/pytest -m long --timeout 7200 tests/simulation tests/property)

check: $(STAMP) format lint types imports test

format: $(STAMP)
	$(BIN)/ruff format --check src tests examples bench

lint: $(STAMP)
	$(BIN)/ruff check src tests examples bench

types: $(STAMP)
	$(BIN)/mypy src

imports: $(STAMP)
	$(BIN)/lint-imports --no-logo

bench: $(STAMP)
	$(BIN)/python bench/run.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Cuelet needs Python 3.11 or later with venv; name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis
