# Everything runs in .venv, which is made on first use. `make help` lists the commands.
PYTHON ?= python3
RUN := .venv/bin/python
HERE := $(CURDIR)
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help book test test-package test-chapters test-pages serve chapters assignment grade results measure address listings lock links lint check clean
# Jupyter, IPython and matplotlib keep their small files here, so that a read-only home is no obstacle
# and nothing of the reader's own settings changes what the book shows.
export JUPYTER_DATA_DIR := $(HERE)/_build/home/jupyter
export IPYTHONDIR := $(HERE)/_build/home/ipython
export MPLCONFIGDIR := $(HERE)/_build/home/matplotlib
export PYTHONDONTWRITEBYTECODE := 1
# Neither another project's modules nor switched-off assertions may change what the book shows or what a test finds.
unexport PYTHONPATH PYTHONHOME PYTHONOPTIMIZE PYTHONSTARTUP JUPYTER_PATH JUPYTER_CONFIG_DIR

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

.venv/ready: requirements.txt pyproject.toml scripts/set_up.py
	@$(PYTHON) scripts/check_python.py
	@$(PYTHON) scripts/set_up.py $(if $(VERSIONS),--$(VERSIONS))

# .venv holds the path of this folder, and .venv/ready notes it: where the folder was moved, .venv is made anew.
ifneq ($(shell cat .venv/ready 2>/dev/null),$(HERE))
.PHONY: moved
.venv/ready: moved
endif

_build/home: ; @mkdir -p "_build/home/jupyter" "_build/home/ipython" "_build/home/matplotlib"

book: .venv/ready _build/home ## run every chapter and build _build/html/index.html
	@$(RUN) scripts/build_book.py

test: test-package test-chapters test-pages ## every test: the package, every chapter, the built book
	@echo "All tests passed."

test-package: .venv/ready _build/home ## the unit tests of the package, the checks and the studies
	$(RUN) -m pytest tests --ignore=tests/book -n 2

test-chapters: .venv/ready _build/home ## every chapter, executed by nbval (DATA=full: on MNIST in LENET_DATA_DIR)
	KERAS_HOME="$(HERE)/_build/home/keras" LENET_DATA=$${DATA:-sample} $(RUN) -m pytest --nbval --nbval-cell-timeout=1200 -n 2 --dist loadfile $(if $(CHAPTER),chapters/$(CHAPTER).ipynb,chapters)

test-pages: .venv/ready _build/home ## build the book on the sample and look at it in a browser
	KERAS_HOME="$(HERE)/_build/home/keras" LENET_DATA=sample $(RUN) scripts/build_book.py --output _build/test
	LENET_DATA=sample LENET_BOOK="$(HERE)/_build/test/_build/html" $(RUN) -m pytest tests/book -n 2

serve: .venv/ready ## show the built book at http://localhost:8000
	@test -f _build/html/index.html || { echo "There is no book yet. Run: make book"; exit 1; }
	@echo "http://localhost:$${PORT:-8000} — stop with Ctrl+C"
	@$(RUN) -m http.server --bind 127.0.0.1 --directory _build/html "$${PORT:-8000}"

chapters: .venv/ready _build/home ## run chapters, store the outputs tests check (CHAPTER=mathematics for one)
	@$(RUN) -m scripts.refresh_chapter $(or $(CHAPTER),$(NAME))

assignment: .venv/ready _build/home ## hand out: make assignment CHAPTER=mathematics CLASS=2031 (CHAPTER=all; EXERCISES=1,2)
	@$(RUN) -m teaching.make_assignment "$(CHAPTER)" $(if $(CLASS),"--class-number=$(CLASS)") $(if $(SECONDS),"--seconds=$(SECONDS)") $(if $(LIMIT),"--limit=$(LIMIT)") $(if $(EXERCISES),"--exercises=$(EXERCISES)")

grade: .venv/ready _build/home ## grade a folder of notebooks: make grade CHAPTER=mathematics CLASS=2031 SUBMISSIONS=folder
	@$(RUN) -m teaching.grade "$(CHAPTER)" "$(SUBMISSIONS)" $(if $(CLASS),"--class-number=$(CLASS)") $(if $(EXERCISES),"--exercises=$(EXERCISES)") $(if $(JOBS),"--jobs=$(JOBS)") $(if $(MEMORY),"--memory=$(MEMORY)")

results: .venv/ready ## run the long studies that are not recorded yet (hours; QUICK=1: a dry run in minutes)
	@$(RUN) -m experiments all --jobs $${JOBS:-1} $(if $(QUICK),--quick)

measure: .venv/ready _build/home ## measure the figures the book promises: times, memory, errors
	@$(RUN) -m scripts.measure

address: .venv/ready ## write the repository's address where readers need it (URL=https://github.com/OWNER/NAME TAG=v1.1.0)
	@$(RUN) scripts/set_address.py "$(URL)" $(TAG)

listings: .venv/ready ## make the tables of chapters in README.md, intro.md and teaching.md anew
	@$(RUN) scripts/listings.py

lock: .venv/ready ## pin requirements.txt anew from requirements.in
	@$(RUN) -m uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 requirements.in -o requirements.txt

links: .venv/ready _build/home ## ask every link that leads out of the book
	@$(RUN) scripts/build_book.py --builder linkcheck --output _build/links

check: lint ## before a commit: style, spelling and every quick test (90 seconds)
	$(RUN) -m pytest tests -n 2 -m "not slow and not pages and not colab"

lint: .venv/ready ## style and spelling
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check lenet_utils experiments scripts teaching tests
	$(RUN) -m codespell_lib *.md chapters lenet_utils experiments scripts teaching tests

clean: ## remove _build: the book, executed chapters, assignments (not .venv)
	rm -rf _build
