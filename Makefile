# What people and CI run here; `make help` lists it. Needs Python 3.11+, git and make; the rest is installed.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
JOBS ?= 3
# The tests start hundreds of processes: none should compile what another has compiled.
unexport PYTHONDONTWRITEBYTECODE
# The first Python here that is new enough and can make virtual environments; name another with PYTHON=….
PYTHON ?= $(shell sh tools/find-python.sh)

##@ Running

.PHONY: run
run: install ## install, then everything with a demo desk
	$(BIN)/helpdesk up --demo

.PHONY: install
install: $(VENV)/installed frontend ## install without running

# The files in .venv are stamps: what a lock file names is not installed twice.
$(VENV)/installed: requirements.lock pyproject.toml hatch_build.py | $(BIN)/python
	$(PIP) install --only-binary :all: --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-test: requirements-test.lock $(VENV)/installed
	$(PIP) install --only-binary :all: --require-hashes -r requirements-test.lock
	@touch $@

$(VENV)/installed-browser: tools/install-browser.sh | $(BIN)/python
	@if sh tools/install-browser.sh; then touch $@; fi

$(BIN)/python:
	@test -n "$(PYTHON)"
	"$(PYTHON)" -m venv $(VENV)

.PHONY: frontend
frontend: $(VENV)/installed ## build styles and scripts where they changed
	@$(BIN)/python hatch_build.py

##@ Testing

.PHONY: test
test: lint layers ## everything that must pass
	@$(MAKE) --no-print-directory --jobs=2 types unit

.PHONY: lint
lint: $(VENV)/installed-test ## ruff: rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.PHONY: format
format: $(VENV)/installed-test ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: types
types: $(VENV)/installed-test ## basedpyright
	$(BIN)/basedpyright

.PHONY: layers
layers: $(VENV)/installed-test ## import-linter: a module imports only from below
	$(BIN)/lint-imports

.PHONY: unit
unit: $(VENV)/installed-test $(VENV)/installed-browser frontend ## all tests, in parallel and random order (ARGS="-k name")
	$(BIN)/pytest -n $(JOBS) --dist loadgroup $(ARGS)

.PHONY: browser
browser: $(VENV)/installed-test $(VENV)/installed-browser frontend ## the tests that drive Chromium, the long ones too
	$(BIN)/pytest -m browser $(ARGS)

##@ Testing longer

CORPORA := $(filter-out tests/corpora/__init__.py tests/corpora/reporting.py,$(wildcard tests/corpora/*.py))

.PHONY: corpora
corpora: $(VENV)/installed-test ## compare with data from the real world (DATA=DIR, SHORT=1: only totals)
	@for module in $(basename $(notdir $(CORPORA))); do \
		$(BIN)/python -m tests.corpora.$$module $(if $(DATA),--data $(DATA)) $(if $(SHORT),--short) || exit 1; \
	done

.PHONY: fuzz
fuzz: $(VENV)/installed-test ## 20,000 torn mails through the parser, 1,000 through a running product, 5,000,000 minutes of business time (ARGS="--seed N")
	$(BIN)/python -m tests.fuzzing.mails $(ARGS)
	$(BIN)/python -m tests.fuzzing.intake $(ARGS)
	$(BIN)/python -m tests.fuzzing.business_time $(ARGS)

.PHONY: chaos
chaos: $(VENV)/installed-test frontend ## kill everything in turn under load, and count
	$(BIN)/python -m tests.chaos $(ARGS)
	$(BIN)/python -m tests.chaos.clocks
	$(BIN)/python -m tests.chaos.clocks --red
	$(BIN)/python -m tests.chaos.articles
	$(BIN)/pytest -m long tests/chaos

.PHONY: mail-servers
mail-servers: $(VENV)/installed-test frontend ## end to end with Debian's dovecot and postfix, as root (ARGS="--backlog 500")
	$(BIN)/python -m tests.real_mail $(ARGS)

.PHONY: loops
loops: $(VENV)/installed-test frontend ## let machines answer machines, and count
	$(BIN)/python -m tests.loops $(ARGS)

.PHONY: bench
bench: $(VENV)/installed-test frontend ## measure; docs/performance.md holds the figures
	$(BIN)/python -m tests.benchmarks.mail $(ARGS)
	$(BIN)/python -m tests.benchmarks.pages $(ARGS)
	$(BIN)/python -m tests.benchmarks.assigning
	$(BIN)/python -m tests.benchmarks.jumping
	$(BIN)/python -m tests.benchmarks.business_time
	$(BIN)/python -m tests.benchmarks.clocks
	$(BIN)/python -m tests.benchmarks.reports
	$(BIN)/python -m tests.benchmarks.articles

.PHONY: bench-size
bench-size: $(VENV)/installed-test frontend ## the same desk with 2,000, 200,000 and a million tickets; takes an hour and 10 GB
	$(BIN)/python -m tests.benchmarks.size $(ARGS)

.PHONY: schemathesis
schemathesis: $(VENV)/installed-test frontend ## throw everything that its schema allows at the API
	$(BIN)/python -m tests.api.fuzzing $(ARGS)

.PHONY: screenshots
screenshots: $(VENV)/installed-test $(VENV)/installed-browser frontend ## every page in both languages and themes, into screenshots/
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

##@ Keeping house

.PHONY: messages
messages: $(VENV)/installed-test ## bring the message catalogues up to the sources
	$(BIN)/python -m tools.messages

.PHONY: lock
lock: ## write both lock files anew with uv (UPGRADE=1: newest versions)
	@command -v uv > /dev/null || { echo "make lock needs uv: pipx install uv" >&2; exit 1; }
	uv pip compile -q $(LOCKING) --group build --group test --group bench -o requirements-test.lock
	uv pip compile -q $(LOCKING) --group build -c requirements-test.lock -o requirements.lock

LOCKING = pyproject.toml --generate-hashes --universal --no-annotate --no-header $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean: ## remove what was built and installed; data directories stay
	rm -rf $(VENV) dist helpdesk/static frontend/node_modules screenshots .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {print "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile
