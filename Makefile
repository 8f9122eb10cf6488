# The commands that a newcomer needs are `make serve` and `make test`; each sets up all it needs.
# What is heavy (engines, models, code-server) is kept outside the checkout.

BIN := .venv/bin
# npm runs in the extension's folder with the Node.js of our own environment.
NPM := cd extension && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help serve extension check check-python check-extension test bench soak format generated clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

serve: ## Set everything up and serve a model; ARGS="--port 8123 MODEL" are passed on
	@scripts/setup runtime
	@exec $(BIN)/aicockpit serve $(ARGS)

extension: ## Build and pack the editor extension: dist/aicockpit-<version>.vsix
	@scripts/setup runtime
	@scripts/setup extension
	@scripts/pack-extension

check: ## The fast loop: format, lint, types, layers, generated files, unit tests of both languages
	@scripts/setup dev
	@scripts/setup extension
	@$(MAKE) --no-print-directory -j2 --output-sync=target check-python check-extension

check-python:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --config pyproject.toml >/dev/null || $(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python scripts/generate.py --check
	$(BIN)/pytest -q -n auto tests/unit

check-extension:
	@$(NPM) format:check
	@$(NPM) lint
	@$(NPM) types
	@$(NPM) reference:check
	@$(NPM) test

test: ## Everything that a user relies on, with a real engine and a real workbench
	@scripts/setup dev
	@scripts/setup extension
	@scripts/setup e2e
	$(BIN)/pytest -q -n auto tests/unit
	@$(NPM) test
	@scripts/pack-extension
	$(BIN)/pytest -s tests/engine tests/e2e

bench: ## Measurements that take longer; the tables of docs/benchmarks.md
	@scripts/setup dev
	@scripts/setup extension
	@scripts/setup bench
	$(BIN)/aicockpit bench gateway
	$(BIN)/pytest -s tests/bench
	@$(NPM) bench

soak: ## A long bounded run against a fake engine, watching memory and lost requests
	@scripts/setup dev
	$(BIN)/python -m tests.soak.gateway

format: ## Rewrite sources into the house format
	@scripts/setup dev
	@scripts/setup extension
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@$(NPM) format

generated: ## Make generated documentation again
	@scripts/setup dev
	@scripts/setup extension
	$(BIN)/python scripts/generate.py
	@$(NPM) reference

clean: ## Remove what is made inside the checkout
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf extension/node_modules extension/dist extension/build extension/LICENSE
