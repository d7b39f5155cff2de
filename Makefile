# Everything a contributor or a new user runs. `make demo` and `make test` work from a fresh clone.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

CRASH_S ?=
COVERAGE := 94

# What is installed is in locks/, each file with its hash; `make update` makes the locks anew from pyproject.toml.
PIP     := $(BIN)/python -m pip install --quiet --disable-pip-version-check
OURS    := $(PIP) --no-deps --no-build-isolation --editable .
UV      := $(VENV)/uv/bin/uv
BUILD   := printf 'hatchling>=1.27\neditables>=0.5\n'
COMPILE := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
           --custom-compile-command 'make update' pyproject.toml -

INTEROP_S := 1200

.PHONY: demo test interop crash check check-fast format lint types imports gates coverage bench versions update clean

demo: $(VENV)/.demo
	$(BIN)/cuelet run examples/vfx_shot/shot.py

test: $(STAMP)
	$(BIN)/pytest -n 2 --dist worksteal

# OpenCue's own clients from PyPI, each in an environment of its own, and the table of what came of it.
# The environments are kept in .interop, or where CUELET_INTEROP_DIR says.
interop: $(STAMP)
	rm -rf $(or $(CUELET_INTEROP_DIR),.interop)/results
	timeout $(INTEROP_S) $(BIN)/pytest -m interop --timeout 600 tests/interop
	$(BIN)/python -m tests.interop.table $(if $(CI),--check)

# The full counts of docs/robustness.md take an hour to an hour and a half, the last half hour of it a search for counterexamples; CRASH_S=300 is a cut of the first part of that many seconds.
crash: $(STAMP)
	CUELET_CRASH=full CUELET_CRASH_S=$(CRASH_S) $(BIN)/pytest --timeout 3600 tests/crash
	$(if $(CRASH_S),,$(BIN)/pytest -m long --timeout 7200 tests/simulation tests/property)
	$(if $(CRASH_S),,$(BIN)/python -m tests.property.search --seconds 1800)

check: $(STAMP) format lint types imports test

# Everything that needs no farm, for the minutes between two edits; `make check` before a commit.
check-fast: $(STAMP) format lint imports types
	$(BIN)/pytest -n 2 --dist worksteal tests/gates tests/unit

format: $(STAMP)
	$(BIN)/ruff format --check src tests examples bench

lint: $(STAMP)
	$(BIN)/ruff check src tests examples bench

types: $(STAMP)
	$(BIN)/mypy src

imports: $(STAMP)
	$(BIN)/lint-imports --no-logo

gates: $(STAMP)
	$(BIN)/pytest tests/gates

# The core, by the tests that see nothing but the core; measuring makes them several times slower.
coverage: $(STAMP)
	$(BIN)/pytest -n 2 --dist worksteal --timeout 1800 --cov=cuelet.core --cov-branch --cov-report=term-missing:skip-covered \
	  --cov-fail-under=$(COVERAGE) tests/unit/core tests/property

# The lowest and the newest versions that pyproject.toml allows, in environments of their own.
versions:
	PYTHON=$(PYTHON) .ci/versions

bench: $(STAMP)
	$(BIN)/python bench/run.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Cuelet needs Python 3.11 or later with venv; name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml locks/dev.txt | $(BIN)/python
	$(PIP) --require-hashes -r locks/dev.txt
	$(OURS)
	touch $@

$(VENV)/.demo: pyproject.toml locks/demo.txt | $(BIN)/python
	$(PIP) --require-hashes -r locks/demo.txt
	$(OURS)
	touch $@

$(UV): | $(BIN)/python
	$(BIN)/python -m venv $(VENV)/uv
	$(VENV)/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

update: $(UV)
	$(BUILD) | $(COMPILE) --extra dev -o locks/dev.txt
	$(BUILD) | $(COMPILE) --extra demo -c locks/dev.txt -o locks/demo.txt
	$(BUILD) | $(COMPILE) --extra dev --resolution lowest-direct -o locks/lowest.txt

clean:
	rm -rf $(VENV) .interop .mypy_cache .ruff_cache .hypothesis .coverage
