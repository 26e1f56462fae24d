# Every command of the README goes through this file.  `make ask` and `make test` set up what they need.

PYTHON ?= python3
Q ?= 科创投累计投资多少

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
ORACLES := $(VENV)/oracles
READY_ORACLES := $(patsubst tests/oracles/%.txt,$(ORACLES)/%/.ready,$(wildcard tests/oracles/*.txt)) $(ORACLES)/npm/.ready

# $(value) keeps a dollar sign in the question from being read as a variable of make.
export QUESTION := $(value Q)

.DELETE_ON_ERROR:
.PHONY: help setup setup-dev ask serve test check format bench soak lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## make .venv and install 问数 into it
	@:

setup-dev: $(READY_DEV) ## the same, with what the tests need
	@:

# Standard output is left to the answer: what setting up has to say goes to standard error.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "问数 needs Python 3.11 or newer, and $(PYTHON) is: $$($(PYTHON) --version 2>&1 || true)" >&2; \
	  echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) can't make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv --clear $(VENV)

$(READY): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) (once; a minute or two) …" >&2
	@$(PIP) install --require-hashes -r requirements.lock >&2
	@$(PIP) install --no-deps --no-build-isolation --editable . >&2
	@touch $@

$(READY_DEV): requirements-dev.lock $(READY) | $(READY_ORACLES)
	@echo "Adding what the tests need …" >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock >&2
	@touch $@

# Libraries that tests compare ours with, each in a folder of its own: two of them are versions of one.
$(ORACLES)/%/.ready: tests/oracles/%.txt | $(VENV)/bin/python
	@rm -rf $(@D)
	@$(PIP) install --require-hashes --no-deps --target $(@D) -r $< >&2
	@touch $@

$(ORACLES)/npm/.ready: tests/oracles/package.json tests/oracles/package-lock.json | $(VENV)/bin/python
	@command -v node >/dev/null && command -v npm >/dev/null || { \
	  echo "node or npm is missing: tests against @wecom/crypto are skipped (install both, then make setup-dev)" >&2; exit 0; }; \
	rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D) && \
	npm ci --prefix $(@D) --silent --ignore-scripts --no-audit --no-fund >&2 && touch $@

# Exit code 1 says that the articles don't hold the answer: an answer too, so make stays quiet about it.
ask: $(READY) ## answer a question: make ask Q="科创投累计投资多少"
	@$(BIN)/wenshu ask -- "$$QUESTION" || [ $$? -eq 1 ]

serve: $(READY) ## run the configured channels
	@$(BIN)/wenshu serve

test: $(READY_DEV) ## run the tests
	@$(BIN)/python -m pytest

check: $(READY_DEV) ## lint, format, types, import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY_DEV) ## let ruff mend what it can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(READY_DEV) ## print the figures of the README
	@$(BIN)/python tests/bench/bench_ask.py && $(BIN)/python tests/bench/bench_figures.py

soak: $(READY_DEV) ## the tests again, with many more examples
	@WENSHU_SOAK=1 $(BIN)/python -m pytest

# uv reads no pip configuration, so a mirror on the machine can't slip in; --universal resolves for every
# platform and Python at once, with markers.
UV := $(VENV)/lock/bin/uv
COMPILE := $(UV) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
  --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: | $(VENV)/bin/python ## compile requirements.lock and requirements-dev.lock (UPGRADE=1 for newer releases)
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet "uv>=0.9"; }
	@$(COMPILE) pyproject.toml --group build --output-file requirements.lock
	@$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove .venv, caches and builds (articles and indexes are elsewhere and stay)
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find bot knowledge tests -name __pycache__ -type d -prune -exec rm -rf {} +
