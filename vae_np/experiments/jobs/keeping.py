"""Copies what is worth keeping of an experiment beside the code."""
from ...runs.checkpoints import make_folder
from ...runs.export import copy_file
from ...runs.export import export as export_run


def export_runs(runs, products, folder):
    """Copies settings and records of the run folders `runs`, those that exist, and the files
    `products` to `folder`; returns the paths.
    """
    make_folder(folder)
    paths = []
    for run in runs:
        if (run / "config.json").exists():
            paths += export_run(run, folder / run.name, weights=False)
    for product in products:
        paths.append(folder / product.name)
        copy_file(product, paths[-1])
    return paths
