# What a person types here. `make` says what there is.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# One more than there are cores: many tests wait for a server or a pause. In the files' own order, since by number of tests the
# few long ones would come last and keep one process busy alone.
PROCESSES := $(shell echo $$(( $$(nproc 2>/dev/null || echo 2) + 1 )))

.PHONY: help demo test format accept bench clean
.DEFAULT_GOAL := help

help:                 ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# torch is named first and by itself: asked for by another package, pip would take the build with CUDA.
$(VENV)/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,apprise,browser-tests,mcp,slack-bolt]'
	touch $@

demo: $(VENV)/installed   ## install, then play the daily run on shipped samples of two days
	$(BIN)/regintel demo

test: $(VENV)/installed   ## everything CI runs: lint, format, types, layers, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

format: $(VENV)/installed ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

accept: $(VENV)/installed ## rewrite the golden files after an intended change; the diff is the review
	REGINTEL_ACCEPT=1 $(BIN)/pytest || true
	git diff --stat tests

bench: $(VENV)/installed  ## measure; figures are in docs/benchmarks.md
	$(BIN)/python benchmarks/daily_run.py

clean:                ## remove what make made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
