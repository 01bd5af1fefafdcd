# Everything there is to do here. `make help` lists it.
# On a bare Debian 12 nothing is needed but make and Python 3.11: the rest is fetched, checked and kept in this folder.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first Python that is 3.11.
PYTHON := $(shell for python in python3.11 python3 python; do \
	if $$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then echo $$python; break; fi; done)
STEM := .venv/bin/stem
PYTEST_OPTIONS ?=

.PHONY: bench help environment run stop status logs clean demo seed test fuzz compose-test faults soak check docs lock

help: ## list what can be done
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

environment:
	@if [ -z "$(PYTHON)" ]; then printf '%s\n' "✗ there is no Python 3.11 here" "  → install it with: apt-get install python3.11 python3-venv" >&2; exit 1; fi
	@$(PYTHON) -I infra/local/bootstrap.py

run: environment ## start everything and show what the services say; DETACH=1 returns once it is ready
	@$(STEM) up $(if $(DETACH),--detach)

stop: environment ## stop what `make run` started; the data stays
	@$(STEM) stop

status: environment ## show each process: state, uptime, port, readiness, memory
	@$(STEM) status

logs: environment ## show what the services said; SERVICE=courses, FOLLOW=1, LINES=100, CORRELATION=id
	@$(STEM) logs $(if $(SERVICE),--service $(SERVICE)) $(if $(FOLLOW),--follow) $(if $(LINES),--lines $(LINES)) $(if $(CORRELATION),--correlation $(CORRELATION))

clean: environment ## remove the data, logs and keys of the stack (not while it runs)
	@$(STEM) clean

demo: environment ## tell the story of a partnership, step by step, on the running stack
	@$(STEM) demo

seed: environment ## put the demo data into the running stack (make run does it by itself)
	@$(STEM) seed

test: environment ## run all tests, on real parts of their own; PYTEST_OPTIONS='-k holds' chooses
	@.venv/bin/python -m pytest $(PYTEST_OPTIONS)

faults: environment ## harm a stack of its own in every way and check what came of it (half an hour); OPTIONS='--seed 7'
	@.venv/bin/python -m tests.faults $(OPTIONS)

soak: environment ## far more of the same, for hours
	@.venv/bin/python -m tests.faults --size soak $(OPTIONS)

bench: environment ## measure everything on a stack of its own (20 minutes or more); OPTIONS='--only saga', OPTIONS=--help
	@.venv/bin/python -m tests.bench $(OPTIONS)

fuzz: environment ## ask the whole API at random, as every role; CASES=10000, SEED=1 repeats a run
	@.venv/bin/python -m tests.fuzz --cases $(or $(CASES),10000) $(if $(SEED),--seed $(SEED))

compose-test: environment ## run docker compose for real, from a clean clone; skips where no engine answers
	@STEM_COMPOSE=1 .venv/bin/python -m pytest tests/system/test_compose_running.py -s -v $(PYTEST_OPTIONS)

check: environment ## run every check: style, types, import rules, fresh documents, locks, known holes
	@$(STEM) check

docs: environment ## write the generated documents anew
	@$(STEM) docs

lock: environment ## resolve pyproject.toml anew into both lock files
	@$(STEM) lock
