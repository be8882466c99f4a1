"""Notebooks as students hand them in, made of the released ones."""
import json

import answers

import build

TASKS = answers.tasks()
A, B, C, D = (name for name, task in TASKS.items() if task.source.stem == "05_gaussian_kl")
RIGHT = {name: task.solution for name, task in TASKS.items()}
BOUND = RIGHT[D]
HANDS_ON = 'check("bound-of-a-batch", bound)'
KL = "def kl_per_dim(mean, logvar):\n    "


def released(stem="05_gaussian_kl", **filled):
    """[kind, source] of a student's notebook; filled: {letter of an exercise: its cell}."""
    cells = json.loads((build.EXERCISES / f"{stem}.ipynb").read_text("utf-8"))["cells"]
    cells = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    for letter, source in filled.items():
        task = TASKS[dict(a=A, b=B, c=C, d=D)[letter]]
        cells[cells.index(["code", task.skeleton])][1] = source
    return cells


def put(cells, after, *sources):
    """Code cells below the (first) one that holds the text `after`."""
    place = next(place for place, (_, source) in enumerate(cells) if after in source) + 1
    return cells[:place] + [["code", source] for source in sources] + cells[place:]


def without(cells, *texts):
    return [cell for cell in cells if not any(text in cell[1] for text in texts)]


def code(*sources):
    return [["code", source] for source in sources]


def save(path, cells):
    """Without ids, kernel or any other metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        {"cell_type": kind, "source": source} for kind, source in cells]}), "utf-8")
