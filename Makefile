# Everything behind these targets is one program: .venv/bin/workshops --help

PY = .venv/bin/python
SETUP = @sh infra/python.sh infra/prepare.py

# The day on which the reference workshop is open for booking; in a folder of its own, for its clock runs apart.
DEMO = --as-of 2026-03-02 --data .local/demo

# Comes with the functions' runtime, or is never imported by them: docs/decisions/0005-functions-as-zips.md.
NOT_PACKAGED = boto3 botocore s3transfer jmespath python-dateutil six dnspython
COMPILE = .venv/bin/uv pip compile pyproject.toml --quiet --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"

LAYERS = domain app formats adapters site local cli
PYTEST = WORKSHOPS_CHROMIUM="$$($(PY) -m infra.chromium)" && export WORKSHOPS_CHROMIUM && \
	$(PY) -m pytest -n "$$($(PY) -c 'import os; print(max(2, os.cpu_count() or 2))')" --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo serve setup setup-dev test test-all check format bench coverage package lock clean

help: ## Say what there is
	@echo "make demo is the place to begin. Targets:"
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 20

demo: setup ## Serve the site as of 2 March 2026, when the reference workshop is open for booking
	@$(PY) -m workshops serve $(DEMO) $(ARGS)

serve: setup ## Serve the site as of now; ARGS="--as-of 2026-03-02 --port 8000" are options of workshops serve
	@$(PY) -m workshops serve --as-of now $(ARGS)

setup: ## Make .venv with the locked dependencies of demo and serve; PYTHON=… chooses the Python
	$(SETUP) local

setup-dev: ## The same with what tests, checks and packaging need
	$(SETUP) local dev

test: setup-dev ## All tests but the slow ones, in parallel; installs Chromium if there is none; ARGS="-k mail" are pytest's
	@$(PYTEST) -m "not slow" $(ARGS)

test-all: setup-dev ## All tests
	@$(PYTEST) $(ARGS)

coverage: setup-dev ## All tests, and how much of each layer they reach; make coverage ARGS="tests/domain" asks some alone
	@$(PY) -m coverage erase
	@$(subst -m pytest,-m coverage run -m pytest,$(PYTEST)) $(ARGS)
	@$(PY) -m coverage combine --quiet
	@for layer in $(LAYERS); do \
		printf '%-10s %s %%\n' $$layer "$$($(PY) -m coverage report --include="src/workshops/$$layer/*" --format=total)"; done
	@printf '%-10s %s %%\n' functions "$$($(PY) -m coverage report --include="functions/*" --format=total)"

check: setup-dev ## Format, lint, types, import contracts, content
	@$(PY) -m ruff format --check --quiet . || { echo "Not formatted: make format" >&2; exit 1; }
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m workshops check

format: setup-dev ## Format the code, and mend what the linter can
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: setup-dev ## The benchmarks, each printing figures and ratios
	@for bench in bench/*.py; do $(PY) -P "$$bench" || exit 1; done

package: setup-dev ## The functions' zips, in dist/functions/
	@$(PY) -m infra.package

lock: setup-dev ## Pin anew what pyproject.toml asks for, with hashes; ARGS="--upgrade" takes newer versions
	@$(COMPILE) --all-extras --universal --python-version 3.11 -o infra/locks/dev.txt $(ARGS)
	@$(COMPILE) infra/locks/build.in --extra site --extra local --universal --python-version 3.11 \
		-c infra/locks/dev.txt -o infra/locks/local.txt
	@$(COMPILE) --python-version 3.13 --python-platform aarch64-manylinux2014 \
		$(NOT_PACKAGED:%=--no-emit-package %) -c infra/locks/dev.txt -o infra/locks/functions.txt

clean: ## Remove what builds and tests made; .venv and the data of the local stack (.local) stay
	@rm -rf dist output .build .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
