# make demo: an animated photo from nothing.  make test: format, lint, types, layers and tests.
# Needs Python 3.10 to 3.14 with venv, and the package registry. Another Python: make PYTHON=python3.12 demo

SUPPORTED := import sys, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do \
	$$python -c '$(SUPPORTED)' 2>/dev/null && echo $$python && break; done)

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
OUTPUT := out

.PHONY: demo test browser clean

demo: $(VENV)/.installed
	$(BIN)/headcast demo --output $(OUTPUT)

# Tests start many processes, which compile Python's files anew wherever the environment forbids to keep that. Types are
# checked while tests wait; what is wrong with them is said again at the end.
test: $(VENV)/.installed-dev browser
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	nice $(BIN)/mypy & types=$$!; \
		PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses 2 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder; \
		tests=$$?; wait $$types || $(BIN)/mypy || exit; exit $$tests

# Pages are tested in Chromium. Where there is none and it cannot be installed, those tests are skipped and say so.
browser:
	@command -v chromedriver >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing Chromium for the tests (once) ..." && \
			apt-get update -qq && \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null; } || \
		echo "make: no Chromium here, and none can be installed; the tests of pages will be skipped"

clean:
	rm -rf $(VENV) $(OUTPUT) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	@$(or $(PYTHON),false) -c '$(SUPPORTED)' 2>/dev/null || { \
		echo "make: Headcast needs Python 3.10 to 3.14 with venv (on Debian and Ubuntu: apt install python3-venv);" \
			"name one with make PYTHON=/path/to/python3.12"; exit 2; } >&2
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Headcast and what it needs (once, some minutes) ..."
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(INSTALL) --editable '.[dev]'
	@touch $@
