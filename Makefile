# Python 3.11 or later, and either the internet or Go: set-up does the rest, once.
PYTHON ?= python3

# The tools that set-up found or made come first; the language host beside `pulumi` wins over another on PATH.
export PATH := $(CURDIR)/.tools/bin:$(PATH)
export PULUMI_SKIP_UPDATE_CHECK := true
export PULUMI_IGNORE_AMBIENT_PLUGINS := true

BIN := .venv/bin
PYTEST := $(BIN)/pytest --timeout=600 --durations=15 --durations-min=0.5
# Compiled for every platform at once, with hashes, and without a word on where packages come from.
COMPILE := ../$(BIN)/uv --system-certs pip compile --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links --quiet

.DEFAULT_GOAL := help
.PHONY: help setup up down test check bench lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what this project needs (environments, Pulumi)
	@$(PYTHON) -m tools.setup

up: setup ## staging and production on this machine, each with a model that serves
	@$(BIN)/python -m tools.demo up

down: ## remove what `make up` made
	@$(BIN)/python -m tools.demo down

check: setup ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.lint_stacks

test: check ## all checks and tests
	$(PYTEST) -n 2 tests --ignore=tests/stacks --ignore=tests/faults
	$(PYTEST) -n 2 --dist loadfile tests/stacks tests/faults

bench: setup ## the benchmarks' table
	@$(BIN)/python -m benchmarks

lock: setup ## compile requirements/*.in again (UPGRADE=--upgrade for newer versions)
	cd requirements && $(COMPILE) $(UPGRADE) dev.in -o dev.txt
	cd requirements && for part in infra pipelines serving uv; do \
	  $(COMPILE) $(UPGRADE) -c dev.txt $$part.in -o $$part.txt || exit 1; done
	cd requirements && $(COMPILE) $(UPGRADE) --no-deps -c dev.txt language-host.in -o language-host.txt
