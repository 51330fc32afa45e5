# Everything needs only Python 3.11+ with pip and venv, and make.  `make` alone: tests and lint.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: all demo test audit faults bench bench-quick bench-million lint docs pictures gallery day lock clean

all: test lint

# The virtual environment with the locked dependencies and distro itself; no index beyond pip's own.
$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "distro needs Python 3.11 or later: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing $$(grep -c '^[a-z]' requirements-dev.lock) packages into $(VENV): about a minute, once"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

# The whole thing on sample data, in a temporary folder. Ctrl-C ends it.
demo: $(VENV)/.installed
	$(BIN)/distro demo $(DEMO)

# Every test that needs nothing but Python: unit, contract, flow, golden, docs, and the quick system tests.
# One process more than cores: tests also wait.
test: $(VENV)/.installed
	$(BIN)/python -m pytest -q -n $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)') --dist worksteal $(TESTS)

# Of those, the ones that no neighbour disturbs.
SIDE_BY_SIDE := tests/faults/test_pictures.py tests/faults/test_other_hands.py tests/faults/test_second_opinions.py \
	tests/attacks/test_time.py tests/attacks/test_web.py tests/attacks/test_secrets.py tests/flow/test_limited_relays.py

# Deaths, cuts, clocks and power cuts on real processes, in a small size; DISTRO_FAULTS=all DISTRO_FAULT_RUNS=200 for all of it.
faults: $(VENV)/.installed
	$(BIN)/python -m pytest -q -m faults tests/faults tests/attacks tests/flow $(SIDE_BY_SIDE:%=--ignore=%)
	$(BIN)/python -m pytest -q -m faults -n auto --dist worksteal tests/system tests/model tests/unit/documents $(SIDE_BY_SIDE)

# Each figure with its bar, beside a reference of the same run (docs/performance.md). Needs Debian's postfix; a quiet machine.
bench: $(VENV)/.installed
	$(BIN)/python benchmarks/run.py

bench-quick: $(VENV)/.installed
	$(BIN)/python benchmarks/run.py quick

bench-million: $(VENV)/.installed
	$(BIN)/python benchmarks/wire.py 1000000 40000 1

# Known faults of what we depend on, where a source of advisories can be reached.
audit: $(VENV)/.installed
	$(BIN)/python .ci/audit.py

# Types, style, import contracts, the compose file.
lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/style.py
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml

# docs/commands.md and docs/settings.md from the code, and all documents as a site in site/.
docs: $(VENV)/.installed
	cd /tmp && $(CURDIR)/$(BIN)/python $(CURDIR)/docs/generate.py
	$(BIN)/zensical build --clean

# docs/pictures/ from the demo; needs Debian's chromium.
pictures: $(VENV)/.installed
	$(BIN)/python docs/pictures.py

# docs/letters.md and its pictures: every template as readers see it; needs Debian's chromium.
gallery: $(VENV)/.installed
	$(BIN)/python docs/gallery.py
	$(BIN)/python docs/writing.py

# docs/a-day-at-the-press-office.md and its pictures, by running it; needs Debian's chromium.
day: $(VENV)/.installed
	$(BIN)/python docs/day.py --pictures

# New lock files from pyproject.toml; needs uv.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-dev.lock
	printf 'hatchling\neditables\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -c requirements-dev.lock -o requirements-build.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis build dist
