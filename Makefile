# Python 3.11 or later, and either the internet or Go: set-up does the rest, once. PYTHON and ENV are the command line's
# alone (`make setup PYTHON=python3.12`): in a shell they are something else.
PYTHON := python3

# The tools that set-up found or made come first; the language host beside `pulumi` wins over another on PATH.
export PATH := $(CURDIR)/.tools/bin:$(PATH)
export PULUMI_SKIP_UPDATE_CHECK := true
export PULUMI_IGNORE_AMBIENT_PLUGINS := true
export DVC_NO_ANALYTICS := 1
# Other modules, another start-up file: no program here is meant by a shell's settings of Python and of shells.
unexport BASH_ENV ENV $(filter PYTHON%,$(.VARIABLES))

BIN := .venv/bin
PYTEST := $(BIN)/pytest --timeout=600 --durations=15 --durations-min=0.5
# Compiled for every platform at once, with hashes, and without a word on where packages come from.
COMPILE := ../$(BIN)/uv --system-certs pip compile --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links --quiet

# Of `make check-model`, and of a build, whose own variables these are.
MODEL ?= flights

.DEFAULT_GOAL := help
.PHONY: help setup setup-data setup-definition setup-drift setup-tfma setup-load setup-kubernetes up down format check test soak coverage image build preview render model tfma evidently definition comment deploy drift report watch page year bench lock

# `make preview ENV=staging`, and likewise for deploy and drift.
ENV :=
environment = $(or $(ENV),$(error say which environment: make $@ ENV=staging))
# What `make test` runs beyond `make check`, the longest files first (tests/order.py), four at a time, since much of
# their time is waiting; another choice is for whoever looks for one thing.
TESTS ?= tests/ci/runs tests/ci/jenkins tests/stacks tests/kubernetes $(SLOW) tests/faults
# Files with tests that take seconds of a core without an engine, marked `slow`: these `make check` leaves out.
SLOW := tests/ci/test_definitions.py tests/unit/test_soak.py tests/unit/monitoring/test_rules.py \
  tests/unit/monitoring/test_panels.py tests/unit/pipelines/quality/test_months.py tests/unit/pipelines/gates/test_planted.py \
  tests/unit/pipelines/flights/test_train.py
# What `make check` runs: everything without an engine that is not slow, and without the Jenkinsfile's Java. Each of three workers, on two cores since some tests wait, takes a
# third of it, and then of what another one has left: what the tests of a file share is made once.
UNITS ?= tests --ignore=tests/stacks --ignore=tests/faults --ignore=tests/ci/runs --ignore=tests/ci/jenkins --ignore=tests/kubernetes --ignore=tests/tfma --ignore=tests/drift -m "not soak and not slow"
# What `make check` looks at the types of: everything, unless somebody looks for one thing.
TYPED ?=
# Where previews leave what they found, for the comment and for the update that follows.
FOLDER ?= .review
# What a shell without credentials may type where `make up` left a sandbox.
SIGN_IN := $(if $(wildcard .sandbox/daemon.json),--sign-in 'enter the sandbox that is here: eval "$$($(BIN)/sandbox env)"')
REVIEW := $(BIN)/python -m modeldelivery.review --folder $(FOLDER) $(SIGN_IN)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what this project needs (environments, Pulumi)
	@$(PYTHON) -m tools.setup >&2

setup-data:
	@$(PYTHON) -m tools.setup data >&2

setup-definition:
	@$(PYTHON) -m tools.setup definition >&2

setup-drift:
	@$(PYTHON) -m tools.setup drift >&2

setup-tfma:
	@$(PYTHON) -m tools.setup tfma >&2

setup-load:
	@$(PYTHON) -m tools.setup load >&2

# Of `make test`: with `yes` it fails where the cluster cannot be had, else it says so and skips the cluster's tests.
KUBERNETES ?=
.PHONY: setup-cluster
setup-cluster:
	@$(PYTHON) -m tools.setup cluster$(if $(KUBERNETES),,-where-possible) >&2

setup-kubernetes: ## what `sandbox kubernetes` runs, and the provider: built once for this user, 20 minutes on two cores
	@$(PYTHON) -m tools.setup kubernetes >&2

# Where `make up` has models serve: sagemaker, or kubernetes.
TARGET := sagemaker
# With TARGET=kubernetes, who delivers versions to the cluster: `pulumi up` unless it says argocd.
DELIVERY :=
up: setup-data $(if $(filter kubernetes,$(TARGET)),setup-kubernetes) ## staging and production on this machine, each with a model that serves (TARGET=kubernetes, DELIVERY=argocd)
	@$(BIN)/python -I -X utf8 -m tools.demo up $(TARGET) $(DELIVERY)

down: ## remove what `make up` made
	@$(BIN)/python -I -X utf8 -m tools.demo down

format: setup ## mend what ruff can: layout, import order, simple findings
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

check: setup ## lint, format, types and unit tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	git ls-files -z | xargs -0 $(BIN)/codespell
	git ls-files -z | xargs -0 $(BIN)/check-merge-conflict --assume-in-merge
	$(BIN)/mypy $(TYPED)
	$(BIN)/python -m tools.lint_stacks
	$(PYTEST) -n 3 --dist worksteal $(UNITS)

# A build whose job before this one was `make check` says so by CHECKED, and need not wait for it again.
CHECKED ?=
CLUSTER = $(if $(filter tests/kubernetes%,$(TESTS)),setup-cluster)
test: $(if $(CHECKED),setup,check) setup-data setup-definition $(CLUSTER) ## all checks and tests
	$(PYTEST) -n 4 --dist loadfile --no-loadscope-reorder $(TESTS)

# What both images are built on, by digest; without it today's python:3.11-slim, or Debian's packages where no registry answers.
BASE_IMAGE ?=
# `make image PUSH=staging` builds once and pushes; JSON=yes gives the report to a program; BILLS=yes writes what is in them, and builds nothing.
PUSH :=
JSON :=
BILLS :=
image: setup ## both images, built twice, compared and run (BASE_IMAGE=python:3.11-slim@sha256:…, PUSH=ENV, JSON=yes)
	@$(BIN)/python -m tools.image --base "$(BASE_IMAGE)" --push "$(PUSH)" $(if $(JSON),--json) $(if $(BILLS),--bills)

preview: setup ## what this tree would do to ENV, in words: refused by rule, or a plan for `make deploy`
	@$(REVIEW) preview --env $(environment)

model: setup ## train and judge the model that this tree makes: its data, both gates, and what became of the metrics
	@$(BIN)/python -m tools.model --folder $(FOLDER)

# What pipelines/buildspecs/ calls, and a tag job of CI may: docs/build.md. MODEL and BRANCH are the build's own variables.
.PHONY: check-model build-version build-image build-train build-deploy build-verify
build-version:
	@MODEL=$(MODEL) $(PYTHON) -m tools.builds version

check-model: setup ## the lint, types and tests of one model alone (MODEL=flights)
	@MODEL=$(MODEL) $(BIN)/python -m tools.builds check

build-image: setup
	@MODEL=$(MODEL) $(BIN)/python -m tools.builds image

build-train: setup-data
	@MODEL=$(MODEL) $(BIN)/python -m tools.builds train

# Not set up before it: what is deployed is the branch's program, in a checkout of its own.
build-deploy:
	@$(PYTHON) -m tools.builds deploy

# LOAD=yes, which the build is told by config (stages of model-delivery:build): also what one instance serves.
build-verify: setup $(if $(filter yes,$(LOAD)),setup-load)
	@MODEL=$(MODEL) $(BIN)/python -m tools.builds verify

build: ## all of it, one after the other: what a tag job does with the commit's tag MODEL@vX.Y.Z, for ENV
	@$(MAKE) --no-print-directory build-version check-model
	@ENVIRONMENT=$(environment) $(MAKE) --no-print-directory build-image
	@ENVIRONMENT=$(environment) IMAGE="$$(cat .build/IMAGE)" STEP_IMAGE="$$(cat .build/STEP_IMAGE)" \
	  $(MAKE) --no-print-directory build-train

tfma: setup setup-tfma ## the evaluation gate's second engine: set up, held to the first one on 300,000 flights, and its tests
	@$(BIN)/python -m tools.engines
	$(PYTEST) -n 2 --dist loadfile tests/tfma

evidently: setup setup-drift ## data drift: Evidently's environment, and its reports held to the verdicts in 200 cases
	$(PYTEST) -n 2 tests/drift

definition: setup-definition ## write pipelines/definition.json, the training pipeline, from pipelines/definition.py
	@.venv-definition/bin/python -m pipelines.definition

# With `yes` nothing is written: it fails where a folder is not what config and registry say, and names file and line.
CHECK :=
render: setup ## the folders that Argo CD delivers, from config and registry: all of them, or ENV's (CHECK=yes: only compare)
	@$(BIN)/python -m infra.render $(if $(ENV),--env $(ENV)) $(if $(CHECK),--check)

comment: setup ## the previews as one comment: on the pull request in CI, on standard output elsewhere
	@$(REVIEW) comment

# Minutes for another deployer to end: WAIT=20.
WAIT :=
deploy: setup ## `pulumi up` of ENV by the plan that `make preview` saved, refused when it went stale
	@$(REVIEW) deploy --env $(environment) $(if $(WAIT),--wait $(WAIT))

drift: setup ## whether ENV is still as it was deployed, and who changed it
	@$(REVIEW) drift --env $(environment)

report: setup ## one issue on all environments that drifted; closed when none does
	@$(REVIEW) report

# Where to look among all examples: another number, another place.
SEED ?= 0
soak: setup-data setup-definition setup-load setup-cluster ## what takes longer: exhaustive searches, twenty times the examples (an hour at most; SEED=n)
	$(PYTEST) --timeout=3600 -n 4 --dist loadfile --no-loadscope-reorder -m "soak or hypothesis" --junitxml=.soak/report.xml \
	  --hypothesis-profile=soak --hypothesis-seed=$(SEED) tests

coverage: setup ## branch coverage by room without an engine; 85 % of release, provider and review each
	rm -rf .coverage && mkdir .coverage
	$(BIN)/pytest --timeout=600 -q -n 2 --cov --cov-report=json:.coverage/report.json $(UNITS) --ignore=tests/model
	@$(BIN)/python -m tools.coverage .coverage/report.json

# How much shorter than in production the rules' lengths of time are: 0.01 tells a fault in seconds.
SCALE ?= 1
watch: setup ## Prometheus and Alertmanager beside what the shell is in, with every alert and what to type (SCALE=0.01: in seconds)
	@$(BIN)/python -m monitoring.watch $(foreach env,$(or $(ENV),staging prod),--env $(env)) --scale $(SCALE)

# Where a Prometheus of `make watch` or of your own answers; without it the page has no alerts.
PROMETHEUS :=
page: setup ## ENV on one page: weights over time, quality, drift, alerts (PROMETHEUS=http://…)
	@$(BIN)/python -m monitoring.page --env $(environment) --out build/page/$(environment).html \
	  $(if $(PROMETHEUS),--prometheus $(PROMETHEUS))

year: setup-data ## April to October of 2013 played through ENV's endpoint: drift, quality, what follows, and the page of it
	@$(BIN)/python -I -X utf8 -m tools.year --env $(environment) --by-schedule

bench: setup ## the benchmarks' table
	@$(BIN)/python -m benchmarks

lock: setup ## compile requirements/*.in again (UPGRADE=--upgrade for newer versions)
	cd requirements && $(COMPILE) $(UPGRADE) dev.in -o dev.txt
	cd requirements && for part in modelctl infra pipelines steps serving uv; do \
	  $(COMPILE) $(UPGRADE) -c dev.txt $$part.in -o $$part.txt || exit 1; done
	cd requirements && $(COMPILE) $(UPGRADE) data.in -o data.txt
	cd requirements && $(COMPILE) $(UPGRADE) definition.in -o definition.txt
	cd requirements && $(COMPILE) $(UPGRADE) drift.in -o drift.txt
	cd requirements && $(COMPILE) $(UPGRADE) tfma.in -o tfma.txt
	cd requirements && $(COMPILE) $(UPGRADE) load.in -o load.txt
	cd requirements && $(COMPILE) $(UPGRADE) kubernetes.in -o kubernetes.txt
	cd requirements && $(COMPILE) $(UPGRADE) --no-deps -c dev.txt language-host.in -o language-host.txt
