# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# one shell for a whole recipe, so that its trap holds to the end
.ONESHELL:

# Everything runs with the tools of .venv; molecule looks for ansible-config on PATH.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.collections
# Ansible refuses to run in the C locale, which is what a fresh machine has.
export LC_ALL := C.UTF-8

# mypy goes by the link, or it meets each module under two names.
TREE = .collections/ansible_collections/openvip/cluster
SHELL_SCRIPTS = $(shell find . \( -name .git -o -name .cache -o -name .venv -o -name .collections \) -prune -o -type f ! -name '*.j2' \
	-exec awk 'FNR == 1 && /^\#!.*sh( |$$)/ {print FILENAME} {nextfile}' {} +)
GENERATORS = docs/generate.py docs/generate_nginx.py docs/generate_rules.py docs/generate_roles.py docs/generate_picture.py
LINTERS = lint-yaml lint-ansible lint-python lint-types lint-shell lint-changelog lint-docs lint-generated \
	lint-licences
CHECKS = lint galaxy code molecule
# Lines of a check's output that say what went wrong
FAILURES = fatal: \[|\[ERROR\]|^ERROR|^FAILED|^E +(assert|[A-Za-z_.]*Error)|[1-9][0-9]* failed|error: |\*\*\*
# The markers of the unit tests that are not fast
MORE = daemon or kernel or long
# The versions of keepalived in Debian 11 to 14
DEBIAN_VERSIONS = 2.1.5 2.2.7 2.3.3 2.3.4
# The versions of nginx in Debian 12 and 13
NGINX_VERSIONS = 1.22.1 1.26.3
# What the unit tests with a real keepalived, nginx, IPVS or compiler need (Debian)
UNIT_PACKAGES = keepalived nftables iptables iproute2 curl gcc libc6-dev user-mode-linux kmod ipvsadm
# What make build makes, and where tests/galaxy/install installs it
ARCHIVE = dist/openvip-cluster-$(shell sed -n 's/^version: //p' galaxy.yml).tar.gz
INSTALLED = .cache/galaxy/collections/ansible_collections/openvip/cluster
GALAXY_CHECKS = galaxy-import galaxy-installed
# Scenarios that take too long for every change: make test-all.
SLOW_SCENARIOS = active_active active_active_three alerts debian_13 debian_13_nopreempt dnf drill drill_lvs haproxy \
	host_integration lvs_nat lvs_tun metrics nginx_balancer nopreempt safe_apply source switchover three_hosts
# Scenarios that converge once, because they take long for it: make test-all runs them a second time.
ONCE_SCENARIOS = lvs_dr lvs_nat lvs_tun nopreempt

##@ Setting up

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: ## make .venv and .collections (every other target does this first)
	@tests/bootstrap

.PHONY: generate
generate: setup ## write what follows from the keyword table and the rules: documentation, argument specs, pages
	@for generator in $(GENERATORS); do PYTHONPATH=.collections python $$generator; done

##@ The lab

.PHONY: demo
demo: setup ## bring two load balancers up, provoke failovers and print what they cost (LAB=lvs_dr, lvs_nat, lvs_tun)
	@tests/lab/demo $(filter-out active_passive,$(LAB))

.PHONY: demo-down
demo-down: setup ## take down what make demo left running
	@tests/lab/down
	tests/lab/engine down

.PHONY: bench
bench: setup ## the same faults on a hand-made cluster and on ours, large files against a template, and large clusters; with the ratios
	@tests/benchmarks/run
	PYTHONPATH=.collections python tests/benchmarks/scale.py
	python tests/benchmarks/preflight.py
	PYTHONPATH=.collections python tests/benchmarks/simulation.py

.PHONY: soak
soak: setup ## 200 faults in a random order (FAULTS=20 for fewer, SEED=7 for the same), watched for a second holder
	@trap 'tests/lab/down; tests/lab/engine down' EXIT
	tests/lab/soak --faults $(or $(FAULTS),200) $(if $(SEED),--seed $(SEED))

.PHONY: interrupts
interrupts: setup ## kill the controller at random times during 40 changes of a live pair (RUNS=10 for fewer, SEED=7 to repeat an order)
	@trap 'tests/lab/down; tests/lab/engine down' EXIT
	tests/lab/interrupt --runs $(or $(RUNS),40) $(if $(SEED),--seed $(SEED))

.PHONY: kills
kills: setup ## kill every writer at each step and system call, fill its disk, run it twice at once (WRITER=nginx_config for one)
	@tests/kills/run $(WRITER)

.PHONY: model
model: setup ## random clusters and faults, played by the model of a cluster and by real daemons (SEED=7 CASES=200, CASE=7.12 for one)
	@tests/install keepalived iproute2
	PYTHONPATH=.collections python tests/model/run.py $(if $(SEED),--seed $(SEED)) --cases $(or $(CASES),200) $(if $(CASE),--case $(CASE) --verbose)

.PHONY: fuzz
fuzz: setup ## a million made-up configurations (INPUTS=20000 for fewer) through the tree, the table, the rules, the edits
	@PYTHONPATH=.collections python tests/fuzz/run.py --inputs $(or $(INPUTS),1000000)

.PHONY: corpus
corpus: setup ## a directory of real files through parse, read, render, lint and the daemon (DIR=/path, VERBOSE=1, JSON=file)
	@tests/install keepalived gcc libc6-dev iproute2
	python tests/corpus/run.py $(if $(VERBOSE),--verbose) $(if $(JSON),--json '$(JSON)') $(if $(DIR),'$(DIR)')

.PHONY: nginx-corpus
nginx-corpus: setup ## a directory of the role nginx's variables, with requests, through a real nginx (DIR=/path, VERSIONS="1.18.0 1.30", VERBOSE=1, JSON=file)
	@tests/install curl iproute2
	python tests/nginx_corpus/run.py $(foreach version,$(or $(VERSIONS),$(NGINX_VERSIONS)),--nginx '$(version)') \
	    $(if $(VERBOSE),--verbose) $(if $(JSON),--json '$(JSON)') $(if $(DIR),'$(DIR)')

##@ Checking

.PHONY: test
test: setup ## lint, the installed archive, sanity, unit tests and the molecule scenarios; about 25 minutes
	@failed=
	mkdir -p .cache/test
	for check in $(CHECKS); do
	    printf '\n===== %s =====\n' "$$check"
	    start=$$SECONDS
	    if $(MAKE) "$$check" 2>&1 | tee ".cache/test/$$check.log"; then
	        result=passed
	    else
	        result=FAILED
	        failed+=" $$check"
	    fi
	    printf '===== %s %s after %d s =====\n' "$$check" "$$result" $$((SECONDS - start))
	done
	for check in $$failed; do
	    printf '\n===== %s: what failed, out of .cache/test/%s.log =====\n' "$$check" "$$check"
	    grep -E '$(FAILURES)' ".cache/test/$$check.log" | cut -c 1-1000 | tail -n 20 || true
	done
	if [ -n "$$failed" ]; then
	    printf '\n===== failed:%s =====\n' "$$failed"
	    exit 1
	fi
	printf '\n===== passed: %s =====\n' '$(CHECKS)'

.PHONY: test-all
test-all: test ## the same, slow tests and scenarios, other keepaliveds, the newest ansible-core, check mode and a second run on LVS, the site
	@$(MAKE) unit-slow
	$(MAKE) versions
	for scenario in lvs_dr $(SLOW_SCENARIOS); do $(MAKE) molecule SCENARIO="$$scenario"; done
	$(MAKE) molecule-core
	$(MAKE) molecule-check
	$(MAKE) molecule-idempotence
	$(MAKE) docs

.PHONY: molecule-check
molecule-check: setup ## playbooks/lvs.yml in check mode on fresh hosts
	@trap 'tests/lab/down; tests/lab/engine down' EXIT
	tests/lab/up inventory/lvs_dr
	tests/lab/playbook playbooks/lvs.yml inventory/lvs_dr --check --diff

.PHONY: molecule-idempotence
molecule-idempotence: setup ## a second run that changes nothing, for the scenarios that leave it out of their sequence
	@trap 'tests/lab/engine down' EXIT
	environment=$$(tests/lab/engine up)
	eval "$$environment"
	for scenario in $(ONCE_SCENARIOS); do
	    for step in destroy converge idempotence destroy; do
	        MOLECULE_COMMAND_BORDERS=false molecule "$$step" --scenario-name="$$scenario"
	    done
	done

.PHONY: molecule-core
molecule-core: setup ## the fast unit tests and the scenario default with the newest ansible-core, in a copy of this tree
	@tests/ansible-core $(MAKE) unit molecule SCENARIO=default

.PHONY: lint
lint: setup ## all the linters below
	@$(MAKE) --keep-going --jobs=2 --output-sync=target $(LINTERS)
	echo "lint: passed"

$(LINTERS): setup

.PHONY: lint-yaml
lint-yaml: ## yamllint
	@echo "lint: yamllint"
	yamllint --strict .

.PHONY: lint-ansible
lint-ansible: ## ansible-lint, profile production
	@echo "lint: ansible-lint"
	ansible-lint --nocolor

.PHONY: lint-python
lint-python: ## ruff
	@echo "lint: ruff"
	ruff check

.PHONY: lint-types
lint-types: ## mypy on plugins/module_utils
	@echo "lint: mypy"
	mypy $(TREE)/plugins/module_utils | sed 's|^$(TREE)/||'

.PHONY: lint-shell
lint-shell: ## shellcheck
	@echo "lint: shellcheck"
	shellcheck $(SHELL_SCRIPTS)

.PHONY: lint-changelog
lint-changelog: ## antsibull-changelog: the fragments and the changelog
	@echo "lint: antsibull-changelog"
	antsibull-changelog lint
	antsibull-changelog lint-changelog-yaml --strict changelogs/changelog.yaml

.PHONY: lint-docs
lint-docs: ## antsibull-docs: the documentation of the plugins and roles, and the guides
	@echo "lint: antsibull-docs"
	python tests/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all .

.PHONY: lint-generated
lint-generated: ## what is generated from the keyword table and the rules is up to date
	@echo "lint: $(GENERATORS) --check"
	for generator in $(GENERATORS); do PYTHONPATH=.collections python $$generator --check; done

.PHONY: lint-licences
lint-licences: ## reuse: every file says its licence
	@echo "lint: reuse"
	reuse lint --lines

.PHONY: code
code: setup ## sanity and unit-more side by side
	@$(MAKE) --keep-going --jobs=2 --output-sync=target sanity unit-more

.PHONY: sanity
sanity: setup ## ansible-test sanity, on every Python found
	@tests/sanity/run

.PHONY: unit
unit: setup unit-fast ## the fast unit tests

.PHONY: unit-fast
unit-fast: ## the same with the tools that are on PATH, as for an installed collection
	@pytest -n auto --dist worksteal -m 'not ($(MORE)) and not slow' tests/unit

.PHONY: unit-all
unit-all: setup ## the unit tests but the slow ones; those with a real keepalived or IPVS install it (Debian, root)
	@tests/install $(UNIT_PACKAGES)
	pytest -n auto --dist loadfile -m '$(or $(MARKER),not slow)' tests/unit

.PHONY: unit-more
unit-more: setup ## of unit-all what unit leaves out, because make galaxy runs that on what is installed
	@$(MAKE) unit-all MARKER='($(MORE)) and not slow'

.PHONY: coverage
coverage: setup ## unit-all, and which branches of plugins/module_utils that takes; less than 95 % fail
	@tests/install $(UNIT_PACKAGES)
	tests/coverage -n auto --dist loadfile -m 'not slow' tests/unit

.PHONY: unit-slow
unit-slow: setup ## the unit tests that take too long for every change
	@$(MAKE) unit-all MARKER=slow

.PHONY: versions
versions: setup ## the tests with a real keepalived with each that Debian has (VERSIONS="2.2.8 2.4.3" builds others from the tags of SOURCE)
	@tests/install $(UNIT_PACKAGES)
	KEEPALIVED_SOURCE='$(or $(SOURCE),https://github.com/acassen/keepalived.git)' python tests/versions/run.py $(or $(VERSIONS),$(DEBIAN_VERSIONS))

.PHONY: molecule
molecule: setup ## the molecule scenarios and tests but the slow ones (SCENARIO=default for all of one)
	@trap 'tests/lab/engine down' EXIT
	environment=$$(tests/lab/engine up)
	eval "$$environment"
	export PYTEST_ADDOPTS="$(if $(SCENARIO),,-m 'not slow') $${PYTEST_ADDOPTS:-}"
	MOLECULE_COMMAND_BORDERS=false molecule test $(if $(SCENARIO),--scenario-name=$(SCENARIO),--all $(addprefix --exclude=,$(SLOW_SCENARIOS)))

.PHONY: docs
docs: setup ## the documentation as a site, into dist/docs; a warning, such as a link to nowhere, is an error
	@docs/site/build

##@ Packaging

.PHONY: build
build: setup ## the collection's archive, into dist/
	@ansible-galaxy collection build --force --output-path dist

.PHONY: wheel
wheel: ## keepalived-lint, the rules as a program without Ansible, into dist/
	@python3 wheel/keepalived_lint_build.py dist

.PHONY: galaxy
galaxy: build ## build the archive, let Galaxy's importer judge it, install it into an empty place, and check it there
	@tests/galaxy/tools >/dev/null
	tests/galaxy/install $(ARCHIVE)
	$(MAKE) --keep-going --jobs=2 --output-sync=target $(GALAXY_CHECKS)
	echo "galaxy: passed"

.PHONY: galaxy-import
galaxy-import: ## the first half of galaxy, on what it has built and installed: the importer's judgement
	@tests/galaxy/import $(ARCHIVE)

.PHONY: galaxy-installed
galaxy-installed: ## the other half: documentation, playbooks, execution environment and fast unit tests of what is installed
	@# The importer gives its ansible-lint three minutes: that goes first.
	nice tests/galaxy/check $(INSTALLED)

.PHONY: galaxy-demo
galaxy-demo: build ## make demo, not in this checkout but in an installation of that archive (LAB as for demo)
	@tests/galaxy/install $(ARCHIVE)
	PATH="$${PATH#"$(CURDIR)/.venv/bin:"}" $(MAKE) --directory=$(INSTALLED) demo

.PHONY: release
release: setup ## everything of a release but the upload: checks, version, changelog, archive, make galaxy (VERSION=1.2.3)
	@python tests/galaxy/release.py '$(VERSION)'

.PHONY: clean
clean: ## remove what the targets made in this directory
	@rm -rf .ansible .cache .collections .hypothesis .venv dist tests/output changelogs/.plugin-cache.yaml
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
