# Nothing but Python 3.11 or newer and make is needed: no root, no Docker, no Java.
# Every target makes .venv by itself when it is missing or the lock files have changed.

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-kafka lint types bench bench-scale bench-memory peers mutants schemas lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## Make .venv from the hash-locked requirements; afterwards .venv/bin/leeway runs

$(READY): deploy/requirements/dev.txt deploy/make_venv.sh pyproject.toml
	@sh deploy/make_venv.sh
	@touch $@

demo: $(READY) ## Run everything over a made-up company, for a look
	@$(BIN)/leeway demo

test: $(READY) ## Run the tests; the Apache Kafka part says why it is skipped where it is
	@$(BIN)/python -m pytest -ra -n auto --maxprocesses 4 --dist worksteal

test-kafka: $(READY) ## Run the flow suite again on Apache Kafka (needs Java 17 and Maven)
	@LEEWAY_TEST_KAFKA=apache $(BIN)/python -m pytest -ra -m flow

lint: $(READY) ## Check style, format and the walls between rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(READY) ## Check the types
	@$(BIN)/mypy

bench: $(READY) ## Measure speed and size; prints one JSON object (some minutes; installs two Singer taps)
	@$(BIN)/python -m tests.bench

bench-scale: $(READY) ## Measure what an event costs at 1,000,000 items (up to 15 minutes)
	@$(BIN)/python -m tests.bench scale

bench-memory: $(READY) ## Measure the memory of reading 200,000 issues for the first time (some minutes)
	@$(BIN)/python -m tests.bench memory

peers: $(READY) ## Let clients of others read the sandbox whole, and Prism check ours (needs a network and npm)
	@$(BIN)/python -m tests.peers

mutants: $(READY) ## Break every rule in every small way, and count what the tests notice (needs a network once)
	@$(BIN)/python -m tests.mutants

schemas: $(READY) ## Write schemas/json/ and the table of topics anew from the code
	@$(BIN)/python -m services.commands.schemas

lock: ## Write the lock files anew (needs uv)
	@sh deploy/lock.sh

clean: ## Remove .venv and what the tools left behind
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build leeway.egg-info .peers .mutants
