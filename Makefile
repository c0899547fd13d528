# The verbs; each sets up what it needs by itself. Another interpreter: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

.PHONY: help demo test check generate update docs notebooks bench proofs payouts-proof lock clean

help:  ## Show the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.run  ## See the whole story against a sandbox
	@$(BIN)/halopay demo

test: $(VENV)/.dev  ## Run the tests
	@$(BIN)/pytest -n auto

check: $(VENV)/.dev  ## Lint, types, layers, generated code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -m codegen check
	$(BIN)/python docs/commands.py --check
	$(BIN)/python notebooks/run.py --check

generate: $(VENV)/.dev  ## Write generated/ from spec/
	$(BIN)/python -m codegen generate

update: $(VENV)/.dev  ## Bring spec, client and changelog up with HaloPay's pages (PAGES=saved/, YES=1)
	@$(BIN)/python -m codegen update $(if $(PAGES),--pages $(PAGES),--fetch) $(if $(YES),--yes)

docs: $(VENV)/.dev  ## Write docs/commands.md from the commands' own help
	$(BIN)/python docs/commands.py

bench: $(VENV)/.dev  ## Measure the kit beside its peers
	$(BIN)/python -m benchmarks

proofs: $(VENV)/.dev  ## Try what must never happen at full length: kills, floods, forgeries (some 10 minutes)
	@HALOPAY_PROOF=full $(BIN)/pytest tests/proofs tests/contract/test_contract_matrix.py

payouts-proof: $(VENV)/.dev  ## Pay 10,000 payouts while everything goes wrong and processes are killed (some 10 minutes)
	@HALOPAY_PROOF=full $(BIN)/pytest -n0 tests/proofs/test_proof_payouts.py

notebooks: $(VENV)/.dev  ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=notebooks --allow-root

lock: $(VENV)/.dev  ## Write requirements.lock and requirements-dev.lock anew
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --extra all --group editable $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev -c requirements.lock $(LOCK) -o requirements-dev.lock

LOCK := --python $(BIN)/python --python-version 3.11 --universal --generate-hashes --no-annotate --no-header --quiet $(UPGRADE)

clean:  ## Remove what the verbs made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/results

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v < (3, 11) and sys.exit(f"halopay-kit needs Python 3.11 or later, {sys.executable} is {v[0]}.{v[1]}; say make PYTHON=python3.x")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what running needs into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing what developing needs into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
