# Everything is made inside the checkout: the virtual environment, the caches, the web build, the data under .assay.
.DEFAULT_GOAL := help
.PHONY: help setup demo up test check bench faults faults-weekly lock images base-image
.DELETE_ON_ERROR:

PYTHON ?= python3
ARGS ?=
# Tests wait as much as they work, and those with Docker while its daemon works.
PROCESSES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)

VENV := .venv
BIN := $(VENV)/bin
PYTEST ?= $(BIN)/pytest
STAMPS := $(VENV)/stamps
LOCKS := gateway runner judge ledger
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
WEB_SOURCES = $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path 'web/generated/*' 2>/dev/null)

export UV_CACHE_DIR := $(CURDIR)/$(VENV)/cache/uv
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/$(VENV)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PYRIGHT_PYTHON_CACHE_DIR := $(CURDIR)/$(VENV)/cache/pyright
export npm_config_cache := $(CURDIR)/$(VENV)/cache/npm
export npm_config_update_notifier := false
export npm_config_fund := false
export npm_config_audit := false
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Without what Python has compiled and kept, a start takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo; echo "  ARGS is handed on, for example: make demo ARGS=--exit, make test ARGS='tests/bus -x'"

setup: $(STAMPS)/python web/dist/index.html ## Install all, and build the dashboard, into this checkout

demo: setup ## Start everything here, benchmark three models, show the leaderboard
	@$(BIN)/assay demo $(ARGS)

up: setup ## Start everything here and serve until Ctrl-C
	@$(BIN)/assay up $(ARGS)

test: setup ## Run all tests, also those in a real browser
	@$(PYTEST) --numprocesses $(PROCESSES) --maxprocesses 6 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## Style, types, walls between parts, and the dashboard's own checks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	cd web && npm run check && npm test

bench: setup ## Measure throughput and latency against a model that answers at once
	@$(BIN)/python -m bench $(ARGS)

images: ## Make the sandbox images for Docker, those that are not there yet
	@deploy/images/build $(ARGS)

base-image: ## Make debian:trixie-slim from Debian's packages, where no registry gives it
	@deploy/images/build base

faults: setup ## Break real processes under load and check that nothing is lost (an hour; root, faketime)
	@ASSAY_FAULTS=nightly $(BIN)/pytest tests/faults/processes --timeout 0 $(ARGS)

faults-weekly: setup ## Cut the power under the stores (root)
	@ASSAY_FAULTS=weekly $(BIN)/pytest tests/faults/weekly --timeout 0 $(ARGS)

lock: $(STAMPS)/uv ## Renew requirements/*.lock from pyproject.toml (ARGS=--upgrade for newer versions)
	$(COMPILE) --extra all --group dev $(ARGS) --output-file requirements/all.lock
	for service in $(LOCKS); do \
		$(COMPILE) --extra $$service --constraint requirements/all.lock --output-file requirements/$$service.lock || exit 1; \
	done
	echo uv | $(BIN)/uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url \
		--no-annotate --no-header $(ARGS) --output-file requirements/setup.lock

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Assay needs Python 3.11 or newer, and $(PYTHON) is %d.%d: run make setup PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/uv: requirements/setup.lock | $(BIN)/python
	@mkdir -p $(STAMPS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r requirements/setup.lock
	@touch $@

$(STAMPS)/python: requirements/all.lock pyproject.toml $(STAMPS)/uv
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements/all.lock requirements/setup.lock
	$(BIN)/uv pip install --quiet --no-deps --editable .
	$(BIN)/python -m compileall -q assay services
	@touch $@

$(STAMPS)/npm: web/package-lock.json $(STAMPS)/python
	cd web && npm ci --loglevel=error
	@touch $@

web/dist/index.html: $(STAMPS)/npm $(WEB_SOURCES)
	cd web && npm run contracts && npm run build
	@touch $@
