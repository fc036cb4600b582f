# Each target sets up what it needs. On a machine with Python >= 3.11, pip and make: `make demo`, `make test`.
SHELL := /bin/bash
BIN := .venv/bin
MEMBERS := science/config science/columnar codegen client harness
PACKAGES := science/config science/columnar client
JOBS ?= auto
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

# Commands start several times faster with their bytecode kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-packages test-lowest e2e e2e-k8s e2e-servicex build-images images lint secrets format docs pictures bench soak fuzz \
	requirements clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: .venv/.demo ## run the main job on a real PHYSLITE file: build/demo/
	$(BIN)/python client/examples/demo.py build

test: .venv/.dev ## run all tests that need no container engine
	$(BIN)/python -m pytest -n $(JOBS) -m 'not e2e and not images and not k8s and not servicex'

test-packages: .venv/.dev ## run the tests of what a user installs: configuration language, engine, client
	$(BIN)/python -m pytest -n $(JOBS) $(PACKAGES:%=%/tests)

test-lowest: ## the same, with the oldest dependencies that the packages admit (needs uv)
	requirements/install_lowest
	.venv-lowest/bin/python -m pytest -n $(JOBS) $(PACKAGES:%=%/tests)

e2e: .venv/.dev build-images ## run what takes a whole machine: README and tutorial as a stranger types them, and all in containers
	$(BIN)/python -m pytest -m e2e

# A cluster that TOPCP_CLUSTER starts gets the images from docker.
e2e-k8s: .venv/.dev $(if $(TOPCP_CLUSTER),build-images) ## install, upgrade, use and remove the charts on a Kubernetes (docs/operators/testing.md)
	$(BIN)/python -m pytest tests/k8s -m k8s -v

e2e-servicex: .venv/.dev ## deliver() through upstream's own ServiceX on a Kubernetes (needs the internet)
	$(BIN)/python -m pytest tests/k8s -m servicex -v

# Of AnalysisBase there is only a stand-in here, science/analysisbase/standin: the image is the same but for its base.
# All are built on PYTHON_IMAGE. Where no registry can be reached it has to be there already (`docker load`).
PYTHON_IMAGE := python:3.11-slim-bookworm
build_image = docker build --tag servicex-topcp/$(1):$(VERSION) --file $(2)/Dockerfile --build-arg VERSION=$(VERSION) $(3) .

build-images: ## build the container images (needs docker)
	@docker image inspect $(PYTHON_IMAGE) >/dev/null 2>&1 || docker pull $(PYTHON_IMAGE) \
	  || { echo "no image $(PYTHON_IMAGE) here, and none to be had: load it with 'docker load'" >&2; exit 69; }
	$(call build_image,codegen,codegen)
	$(call build_image,sidecar,harness/sidecar)
	$(call build_image,x509,harness/x509)
	$(call build_image,columnar,science/columnar)
	$(call build_image,analysisbase-standin,science/analysisbase/standin,--build-arg COLUMNAR=servicex-topcp/columnar:$(VERSION))
	$(call build_image,analysisbase,science/analysisbase,--build-arg BASE=servicex-topcp/analysisbase-standin:$(VERSION))
	docker images --filter 'reference=servicex-topcp/*:$(VERSION)'

images: .venv/.dev build-images ## build the container images and run what they are for in each (needs docker)
	$(BIN)/python -m pytest -m images

lint: .venv/.dev ## check style, types and who imports whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/test_shape.py

secrets: ## look for secrets in the whole history (needs Go)
	go run github.com/zricethezav/gitleaks/v8@v8.30.1 git --no-banner --redact .

format: .venv/.dev ## put the code into its standard form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: .venv/.dev ## build the documentation: build/docs/index.html
	$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going -b html docs build/docs

pictures: .venv/.dev demo ## make anew the figures that the documents show, and the outputs of the notebook
	$(BIN)/python docs/pictures.py build
	$(BIN)/python docs/drawings.py docs/images
	TOPCP_SCREENSHOT=docs/images/checker.png $(BIN)/python -m pytest -n 0 -k at_its_line codegen/tests/test_page.py

bench: .venv/.dev ## measure the engine beside coffea, RDataFrame and uproot (build/bench.json), the checker, the code generator and the dialogue
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/checker.py
	$(BIN)/python benchmarks/codegen.py
	$(BIN)/python benchmarks/harness.py

soak: .venv/.dev ## ask the code generator without pause for ten minutes: failures, answers per second, memory
	$(BIN)/python benchmarks/soak.py

fuzz: .venv/.dev ## feed the reader, the checker and the migration with bytes for a minute
	mkdir -p build/fuzz
	$(BIN)/python science/config/fuzz/check.py -max_total_time=60 build/fuzz science/config/fuzz/corpus

requirements: ## pin the dependencies anew (needs uv)
	requirements/compile

include .github/release.mk

clean: ## remove what the targets made
	rm -rf .venv .venv-lowest build

.venv/.demo: requirements/demo.txt requirements/install $(MEMBERS:%=%/pyproject.toml)
	requirements/install demo
	touch $@

.venv/.dev: requirements/dev.txt requirements/install $(MEMBERS:%=%/pyproject.toml)
	requirements/install dev
	touch $@ .venv/.demo
