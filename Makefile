# `make demo` shows it working, `make test` tests it; both set up all they need under this folder.

# Empty: any of 3.11 or newer that tools/find_python.sh finds.
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
MINISTACK := .ministack-venv
CHECKOV := .checkov-venv
CDK := node_modules/.bin/cdk
CHROMIUM := node_modules/.chromium/chromium
# One more than cores: the end-to-end tests wait for the embedded AWS most of their time.
WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Without byte code each of the many processes compiles what it imports anew; it is kept below this folder.
unexport PYTHONDONTWRITEBYTECODE
PYTEST = $(BIN)/pytest --numprocesses $(WORKERS) --maxprocesses 4 --no-loadscope-reorder
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command "make lock"

.PHONY: help install demo up down test test-all unit integration infra-test e2e e2e-iam e2e-upgrade lint lock models permissions configuration picture apis counts idle bench fuzz mutation faults races queue-run large-file queue-simulation

help:  ## this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(BIN)/uv: requirements/uv.txt
	python="$$(PYTHON='$(PYTHON)' tools/find_python.sh)" && "$$python" -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt

$(VENV)/.installed: requirements/dev.txt pyproject.toml $(BIN)/uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/uv.txt requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

$(MINISTACK)/.installed: requirements/ministack.txt $(BIN)/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(MINISTACK)
	$(BIN)/uv pip sync --quiet --python $(MINISTACK)/bin/python --require-hashes requirements/ministack.txt
	touch $@

$(CHECKOV)/.installed: requirements/checkov.txt $(BIN)/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(CHECKOV)
	$(BIN)/uv pip sync --quiet --python $(CHECKOV)/bin/python --require-hashes requirements/checkov.txt
	touch $@

$(CDK): package-lock.json $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent --no-audit --no-fund
	touch $@

$(CHROMIUM): $(CDK) tools/unpack_chromium.mjs
	rm -rf $(@D) && mkdir -p $(@D)
	TMPDIR="$(CURDIR)/$(@D)" $(BIN)/node tools/unpack_chromium.mjs
	touch $@

install: $(VENV)/.installed $(MINISTACK)/.installed $(CHECKOV)/.installed $(CDK) $(CHROMIUM)  ## everything below this folder, nothing outside it

demo: install  ## deploy to the embedded AWS, drop sample requests, watch the jobs end
	$(BIN)/python -m infra.local demo

up: install  ## start the embedded AWS and deploy the stack to it
	$(BIN)/jobchute local up

down:  ## stop the embedded AWS
	@if [ -x $(BIN)/jobchute ]; then $(BIN)/jobchute local down; fi

test: install lint  ## every test but the slow ones; of tests with very many cases, one case in 23
	$(PYTEST) --short

test-all: install lint  ## all tests
	$(PYTEST)

unit: $(VENV)/.installed  ## tests without network
	$(BIN)/pytest tests/unit

integration: $(VENV)/.installed  ## tests over moto
	$(BIN)/pytest tests/integration

infra-test: $(VENV)/.installed $(CHECKOV)/.installed  ## tests of the synthesized template
	$(BIN)/pytest tests/infra

e2e: install  ## tests over the embedded AWS
	$(BIN)/pytest tests/e2e

e2e-iam: install  ## the end-to-end tests with IAM enforced over TLS, then the pipeline without each single grant, then a reader alone
	$(BIN)/pytest tests/e2e --enforce-iam
	$(BIN)/python -m tests.harness.iam $(IAM)
	$(BIN)/python -m tests.harness.iam.reader

e2e-upgrade: install  ## an older version deployed, upgraded with a job open and a file half taken; UPGRADE="--from COMMIT"
	$(BIN)/python -m tests.harness.upgrade $(UPGRADE)

faults: install  ## crashes and lost answers in process, then on the embedded AWS; SEEDS="--seeds 100" FAULTS="--jobs 50"
	$(BIN)/python -m tests.harness.faults --journal build/faults.jsonl $(SEEDS)
	$(BIN)/python -m tests.harness.faults_wire $(FAULTS)

races: install  ## documents that name each other, in any order, on the embedded AWS; RACES="--times 5"
	$(BIN)/python -m tests.harness.races $(RACES)

queue-run: install  ## 200 requests at once on a pool of 3 in flight and one create a second; QUEUE="--jobs 50"
	$(BIN)/python -m tests.harness.queue_run $(QUEUE)

queue-simulation: $(VENV)/.installed  ## 100,000 jobs over 20 pools in simulated time, with faults; SIMULATION="--jobs 5000"
	$(BIN)/python -m tests.harness.queue_simulation $(SIMULATION)

large-file: install  ## 10,000 requests in one file
	$(BIN)/python -m tests.harness.queue_run.large_file

fuzz: $(VENV)/.installed  ## 20,000 generated files by hypothesis, then by libFuzzer
	tests/harness/fuzz/run

mutation: $(VENV)/.installed  ## mutants of the validation that the tests let live
	$(BIN)/python -m tests.harness.mutation

bench: install  ## cold starts, calls and cost, throughput, validation, large files, quotas; BENCH="--only calls"
	$(BIN)/python -m tests.harness.bench $(BENCH)

lint: $(VENV)/.installed  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: $(BIN)/uv  ## resolve the dependencies anew
	$(COMPILE) pyproject.toml -o requirements/lambda.txt
	$(COMPILE) pyproject.toml --all-extras -c requirements/lambda.txt -o requirements/dev.txt
	$(COMPILE) requirements/ministack.in -o requirements/ministack.txt
	$(COMPILE) requirements/checkov.in -o requirements/checkov.txt
	echo "uv==$$($(BIN)/uv --version | cut -d' ' -f2)" | $(COMPILE) - -o requirements/uv.txt

permissions: $(VENV)/.installed  ## the table of docs/permissions.md, from the template
	$(BIN)/python -m tools.permissions

picture: install  ## docs/images/demo.svg and page.png, from a run of the demo and its page
	$(BIN)/python -m tools.picture
	$(BIN)/python -m tools.page_picture

configuration: $(VENV)/.installed  ## the tables of docs/configuration.md, from the code
	$(BIN)/python -m tools.configuration

apis: $(VENV)/.installed  ## the tables of docs/ with a row for each API, from the code
	$(BIN)/python -m tools.apis

counts: $(VENV)/.installed  ## the counts of jobs that `jobchute cost` prices, over the fakes of AWS
	$(BIN)/python -m tools.counts

idle: $(VENV)/.installed  ## the counts that `jobchute cost --idle` prices, from the template
	$(BIN)/python -m tools.idle

models: $(VENV)/.installed  ## generate the request models from the pinned botocore
	$(BIN)/python -m tools.generate_models
	$(BIN)/python -m tools.generate_regions
