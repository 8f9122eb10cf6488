# The commands that a newcomer needs are `make serve` and `make test`; each sets up all it needs.
# What is heavy (engines, models) is kept outside the checkout, in the data folder.

BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help serve check test bench soak format generated clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

serve: ## Set everything up and serve a model; ARGS="--port 8123 MODEL" are passed on
	@scripts/setup runtime
	@exec $(BIN)/aicockpit serve $(ARGS)

check: ## The fast loop: format, lint, types, import contracts, generated files, unit tests
	@scripts/setup dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --config pyproject.toml >/dev/null || $(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python scripts/generate.py --check
	$(BIN)/pytest -q -n auto tests/unit

test: ## Everything that a user relies on, with a real engine
	@scripts/setup dev
	$(BIN)/pytest -q -n auto tests/unit
	$(BIN)/pytest -s tests/engine

bench: ## Measurements that take longer; the tables of docs/benchmarks.md
	@scripts/setup dev
	@scripts/setup bench
	$(BIN)/aicockpit bench gateway

soak: ## A long bounded run against a fake engine, watching memory and lost requests
	@scripts/setup dev
	$(BIN)/python -m tests.soak.gateway

format: ## Rewrite sources into the house format
	@scripts/setup dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generated: ## Make generated documentation again
	@scripts/setup dev
	$(BIN)/python scripts/generate.py

clean: ## Remove what is made inside the checkout
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
