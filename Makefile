# make demo: train, check, evaluate and draw on the embedded digits.   make test: the tests.
# Both make .venv, install what they need and run; nothing else has to be there but Python.
PYTHON ?= python3
BIN := .venv/bin
RUN := runs/demo

.PHONY: demo test clean

demo: .venv/run.stamp
	$(BIN)/python -m vae_np train --data mnist5k --z-dim 20 --hidden 500 --epochs 50 --seed 0 \
		--out $(RUN) --overwrite
	$(BIN)/python -m vae_np gradcheck
	$(BIN)/python -m vae_np evaluate $(RUN) --num-samples 1000
	$(BIN)/python -m vae_np figures $(RUN)

test: .venv/test.stamp
	$(BIN)/python -m pytest

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("vae-np needs Python 3.11 or newer, this is " \
		+ sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

.venv/test.stamp: pyproject.toml .venv/run.stamp
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv runs build *.egg-info
