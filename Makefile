# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# Every command of this project stands here and nowhere else; noxfile.py and .ci/run call these targets.

.NOTPARALLEL:


# What `make test` runs, cheapest finding first; pytest's summary closes the output.
PARTS := lint changelog docs build importer sanity molecule test-matrix unit integration
READING := lint changelog docs build importer sanity

.PHONY: help setup test demo bench clean format $(PARTS)

BIN := $(CURDIR)/.venv/bin
READY := .venv/.complete
CORE := plugins/module_utils/_core

export PATH := $(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.collections
export LC_ALL ?= C.UTF-8
# Collections that whoever runs this has installed for themselves must not stand in for this checkout.
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible

# An environment whose interpreter has gone is made again, whatever its stamp says.
ifneq ($(shell $(BIN)/python -c '' >/dev/null 2>&1 && echo runs),runs)
$(shell rm -f $(READY))
endif

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## the environments .venv and .venv-ministack, by the newest interpreter that runs here

$(READY): tests/requirements.txt tests/requirements-ministack.txt \
		tests/setup/setup.sh tests/setup/venv.sh tests/setup/interpreters.sh
	@tests/setup/setup.sh
	@touch $@

test: setup ## everything below, as CI runs it
	@# What reads the sources takes one core, and the scenarios of molecule take another.
	@log=$$(mktemp); \
	$(MAKE) --no-print-directory molecule >"$$log" 2>&1 & scenarios=$$!; \
	$(MAKE) --no-print-directory $(READING); reading=$$?; \
	wait $$scenarios; scenarios=$$?; cat "$$log"; rm -f "$$log"; \
	[ "$$reading$$scenarios" = 00 ]
	@$(MAKE) --no-print-directory test-matrix unit integration

demo: setup ## onboard the example roster on an embedded AWS
	@$(BIN)/python -m tests.demo

bench: setup ## what it costs, against raw boto3 and amazon.aws
	@$(BIN)/python -m tests.bench

lint: setup ## ruff, mypy on the core, yamllint, cfn-lint, shellcheck, ansible-lint
	@echo "== lint"
	ruff format --check .
	ruff check .
	mypy
	yamllint --strict .
	cfn-lint roles/*/files/alarms.template
	shellcheck .ci/run tests/setup/*.sh
	ansible-lint --offline --strict

format: setup ## let ruff mend what it can
	ruff format .
	ruff check --fix .

changelog: setup ## antsibull-changelog lint
	@echo "== changelog fragments"
	antsibull-changelog lint

docs: setup ## antsibull-docs, strict
	@echo "== documentation"
	@# antsibull-docs copies what git lists; amazon.aws in .venv is ignored by git, so git must not look above it
	GIT_CEILING_DIRECTORIES=$(CURDIR)/.venv \
	antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=dependent \
		--disallow-unknown-collection-refs .

build: setup ## the collection's tarball, in build/
	@echo "== build"
	@rm -rf build
	ansible-galaxy collection build --output-path build

importer: build ## galaxy-importer's rules on the tarball
	@echo "== galaxy-importer"
	@tests/setup/importer.sh

sanity: setup ## ansible-test sanity, all tests
	@echo "== ansible-test sanity (the first run installs its tools)"
	@tests/setup/sanity.sh

molecule: setup ## the scenarios in extensions/molecule: check, converge, idempotence, verify
	@echo "== molecule"
	molecule test --all

test-matrix: setup ## tests marked core_matrix, on each ansible-core that has an interpreter here
	@echo "== ansible-core matrix"
	@tests/setup/matrix.sh tests/unit tests/integration

unit: setup ## pytest tests/unit, with the branch coverage of the core
	@echo "== unit tests"
	python -m pytest -n 2 tests/unit --cov=$(CORE) --cov-branch --cov-report=term:skip-covered

integration: setup ## pytest tests/integration: real runs on the embedded AWS
	@echo "== integration tests"
	@# loadfile: a file's expensive fixtures are made by one worker alone; those with few tests are not the quick ones
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/integration

clean: ## remove all that was made
	rm -rf .venv .venv-* .cache .collections build .ansible .hypothesis
