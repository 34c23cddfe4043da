# Everything starts from a bare clone: `.venv` is made and kept right by dev/bootstrap.py (any python3 from 3.11 on).
PYTHON ?= python3
VENV := .venv/bin
ARGS ?=

# Variables given on the command line (make run PORT=9000) reach the programs through the environment.
export

.DEFAULT_GOAL := help
.PHONY: help run test test-browser check fix reset bench faults faults-quick mutations manage requirements translations bootstrap

help:  ## show what can be asked for
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|'

bootstrap:
	@$(PYTHON) -m dev.bootstrap

run: bootstrap  ## the whole product, until Ctrl-C (PORT, SANDBOX_PORT and HOST move it)
	@exec $(VENV)/python -m dev.run

test: bootstrap  ## the whole test suite but browsers (ARGS='-k word' runs a part)
	@exec $(VENV)/python -m dev.testing $(ARGS)

test-browser: bootstrap  ## the pages in headless Chromium, on a house of their own
	@exec $(VENV)/python -m dev.browser_testing $(ARGS)

check: bootstrap  ## lint, types, import walls, migrations, deployment, translations; changes nothing
	@$(VENV)/python -m dev.check

fix: bootstrap  ## format, and repair what can be repaired
	@$(VENV)/ruff check --fix --quiet . || true
	@$(VENV)/ruff format .

reset: bootstrap  ## remove the database, the secrets and everything else make run has made
	@$(VENV)/python -m dev.reset

manage: bootstrap  ## a management command (ARGS='create_clinic …') with the running instance's settings
	@$(VENV)/python -m dev.manage $(ARGS)

bench: bootstrap  ## the benchmark; prints its tables
	@exec $(VENV)/python -m bench $(ARGS)

faults: bootstrap  ## breaks everything twenty times and counts; about an hour (ARGS='--only meta --seed 7')
	@exec $(VENV)/python -m faults $(ARGS)

faults-quick: bootstrap  ## one seed of each fault, in a hurry; some minutes
	@exec $(VENV)/python -m faults --quick $(ARGS)

mutations: bootstrap  ## breaks the product on purpose and asks whether the faults notice
	@exec $(VENV)/python -m faults.mutations $(ARGS)

translations: bootstrap  ## collect new texts into locale/, to be translated by hand
	@$(VENV)/python -m dev.translations extract

requirements: bootstrap  ## pin the newest packages the *.in files allow, with hashes
	@for name in requirements requirements-sandbox requirements-dev; do \
	  $(VENV)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url -o $$name.txt $$name.in || exit 1; \
	done
