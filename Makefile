# Every target works in an environment of its own, .venv, made from pyproject.toml and made again when that changes.
# Wanted on the machine: Python 3.11 or later with venv, git, make. The machine's own pip configuration is used as it is.

JOBS ?= 2
PYTEST ?=
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Where somebody is inside a git hook or another environment, that one must not leak into ours.
unexport GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE PYTHONPATH PYTHONHOME

ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

.PHONY: demo test lint types contracts coverage docs docs-check bench fuzz soak mutants wheel clean

demo: $(VENV)/made
	$(BIN)/spec-kitty-hooks demo

# COVERAGE=1 runs the same tests once, measured; `make coverage` then reports.
test: $(VENV)/made-test
ifdef COVERAGE
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(JOBS) $(PYTEST)
else
	$(BIN)/python -m pytest -n $(JOBS) $(PYTEST)
endif

coverage: $(VENV)/made-test
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: $(VENV)/made-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/made-lint
	$(BIN)/mypy

contracts: $(VENV)/made-test
	$(BIN)/lint-imports

# Tables in the documentation that are generated: write them, or say which is out of date.
docs: $(VENV)/made
	$(BIN)/python tools/docs.py

docs-check: $(VENV)/made
	$(BIN)/python tools/docs.py --check

bench: $(VENV)/made-test
	$(BIN)/python tools/bench.py $(BENCH)

# What is found becomes a file in tests/fuzz/corpus/, which the tests run from then on.
MINUTES ?= 30
fuzz: $(VENV)/made-fuzz
	$(BIN)/python tools/fuzz.py --minutes $(MINUTES) $(FUZZ)

# Kills, faults, power cuts and crowds of writers by the thousand, and the table of what was lost (nothing may be); about
# an hour on two cores. Power cuts and full disks need root, kills and faults need strace; else they are skipped.
soak: $(VENV)/made-test
	$(BIN)/python -m pytest -n $(JOBS) --soak --timeout 7200 tests/durability $(PYTEST)

# Broken variants of the parts that decide, each held against its tests; `make mutants MUTANTS='--sample 50'` is quick.
mutants: $(VENV)/made-test
	$(BIN)/python tools/mutants.py $(MUTANTS)

wheel: $(VENV)/made-test
	$(BIN)/python -m build --wheel --outdir dist

clean:
	rm -rf $(VENV) .venv-peer build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/made: pyproject.toml
	@for python in $(or $(PYTHON),python3.11 python3 python3.12 python3.13 python3.14); do \
		"$$python" -c "$(ENOUGH)" 2>/dev/null && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "spec-kitty-hooks needs Python 3.11 or later with its venv module, and found none." >&2; \
		echo "On Debian or Ubuntu: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
		exit 1; \
	fi; \
	echo "$$python -m venv --clear $(VENV)"; "$$python" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/made-test: $(VENV)/made
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

$(VENV)/made-lint: $(VENV)/made-test
	$(BIN)/python -m pip install --quiet --editable '.[test,lint]'
	@touch $@

$(VENV)/made-fuzz: $(VENV)/made-test
	$(BIN)/python -m pip install --quiet --editable '.[test,fuzz]'
	@touch $@
