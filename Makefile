# make demo: train, check, evaluate and draw on the embedded digits.   make test: the tests.
# make site: the lectures and the reference as HTML, in build/site.   make slides: in build/slides.
# make site-live: the site, and what runs Python in its pages; npm and a download of 113 MB, kept.
# make students, make instructors: the archives to give out, and to teach from, in build/.
# Each makes .venv, installs what it needs and runs; nothing else has to be there but Python.
PYTHON ?= python3
BIN := .venv/bin
RUN := runs/demo

.PHONY: demo test lectures site site-live slides students instructors clean
.PHONY: ruler record choice explorer paper-mnist paper-frey paper-frey-contiguous

demo: .venv/run.stamp
	$(BIN)/python -m vae_np train --data mnist5k --z-dim 20 --hidden 500 --epochs 50 --seed 0 \
		--out $(RUN) --overwrite
	$(BIN)/python -m vae_np gradcheck
	$(BIN)/python -m vae_np evaluate $(RUN) --num-samples 1000
	$(BIN)/python -m vae_np figures $(RUN)

# One thread for BLAS: on a busy machine its threads wait for one another by spinning.
# All of the tests, as `python -m pytest` runs them. The site and the archives take nearly as long as
# the rest, and a browser waits more than it computes: so both at once.
test: .venv/test.stamp
	@export OPENBLAS_NUM_THREADS=1; \
	$(BIN)/python -m pytest tests/site tests/teach > .venv/site.log 2>&1 & site=$$!; \
	$(BIN)/python -m pytest --ignore tests/site --ignore tests/teach; \
	rest=$$?; wait $$site; site=$$?; cat .venv/site.log; exit $$((rest + site))

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("vae-np needs Python 3.11 or newer, this is " \
		+ sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt --editable '.[run]'
	@touch $@

.venv/test.stamp: pyproject.toml .venv/run.stamp
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

site: .venv/site.stamp
	$(BIN)/python lectures/site/build.py build/site

site-live: site
	$(BIN)/python lectures/site/live/build.py build/site

slides: .venv/site.stamp
	$(BIN)/python lectures/teach/build.py slides build/slides

students instructors: .venv/site.stamp
	OPENBLAS_NUM_THREADS=1 $(BIN)/python lectures/teach/build.py $@ build/vae-course-$@.zip

.venv/site.stamp: pyproject.toml .venv/run.stamp
	$(BIN)/python -m pip install --quiet --editable '.[site]'
	@touch $@

# The notebooks of the course, executed, and the students' exercises, from their sources.
lectures: .venv/test.stamp
	OPENBLAS_NUM_THREADS=1 $(BIN)/python lectures/build.py

# The four models of the explorer, a page of the site: a quarter of a minute each.
explorer: .venv/run.stamp
	set -e; for beta in 0.1 1 10 20; do \
		$(BIN)/python -m vae_np train --data mnist5k --z-dim 2 --hidden 64 --lr 3e-3 --epochs 80 \
			--beta $$beta --seed 0 --out runs/explorer/beta-$$beta --overwrite; \
		$(BIN)/python -m vae_np export runs/explorer/beta-$$beta \
			lectures/results/explorer/beta-$$beta; \
	done

# The longer runs of the README's results. Each trains runs/NAME (stop it with Ctrl-C, and the same
# command goes on), evaluates it and leaves what is worth keeping in lectures/results/NAME.
PAPER := --optimizer adagrad --lr 0.01 --gather 10 --init paper --weight-prior all \
	--schedule constant --samples-seen 1e7 --eval-at 1e5,2e5,5e5,1e6,2e6,5e6
FREY := --likelihood gaussian-sigmoid --hidden 200 --z-dim 10 --eval-every 50 $(PAPER)
ruler: TRAIN := --data mnist --hidden 200,200 --z-dim 50 --epochs 3280 --lr 3e-3 --eval-every 10
ruler: SAMPLES := 5000
# The same data with wider layers and a prior that learns, whose widths and rate `choice` compares.
RECORD := --z-dim 50 --prior coupling:8x128 --estimator A --gradient stl --batch-size 200 \
	--kl-warmup 10
record: TRAIN := --data mnist --hidden 400,400 --lr 2e-3 $(RECORD) --epochs 500 --eval-every 10
record: SAMPLES := 5000
paper-mnist: TRAIN := --data mnist --binarize none --hidden 500 --z-dim 20 --eval-every 5 $(PAPER)
paper-frey: TRAIN := --data frey $(FREY)
paper-frey-contiguous: TRAIN := --data frey-contiguous $(FREY)
paper-mnist paper-frey paper-frey-contiguous: SAMPLES := 100
paper-mnist paper-frey paper-frey-contiguous: KEEP := --no-weights

ruler record paper-mnist paper-frey paper-frey-contiguous: .venv/run.stamp
	$(BIN)/python -m vae_np train $(TRAIN) --out runs/$@ \
		$(if $(wildcard runs/$@/checkpoint.npz),--resume)
	$(BIN)/python -m vae_np evaluate runs/$@ --num-samples $(SAMPLES)
	$(BIN)/python -m vae_np figures runs/$@
	$(BIN)/python -m vae_np export runs/$@ lectures/results/$@ $(KEEP)
	$(if $(KEEP),,$(BIN)/python -m vae_np evaluate lectures/results/$@ --num-samples $(SAMPLES))

# Widths and rates for the record, on 10 000 training images that are held out: five short runs.
choice: .venv/run.stamp
	set -e; for setting in 200:2e-3 400:1e-3 400:2e-3 400:4e-3 600:2e-3; do \
		width=$${setting%:*}; run=runs/choice/$$width-$${setting#*:}; again=; \
		if [ -f $$run/checkpoint.npz ]; then again=--resume; fi; \
		$(BIN)/python -m vae_np train --data mnist:50000+10000 --hidden $$width,$$width \
			--lr $${setting#*:} $(RECORD) --epochs 30 --eval-every 5 --out $$run $$again; \
		$(BIN)/python -m vae_np evaluate $$run --num-samples 100; \
		$(BIN)/python -m vae_np export $$run lectures/results/choice/$${run##*/} --no-weights; \
	done

clean:
	rm -rf .venv runs build *.egg-info
