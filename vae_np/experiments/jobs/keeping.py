"""Copies what is worth keeping of an experiment beside the code."""
import shutil

from ...runs.export import export as export_run


def export_runs(runs, products, folder):
    """Copies settings and records of the run folders `runs`, those that exist, and the files
    `products` to `folder`; returns the paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for run in runs:
        if (run / "config.json").exists():
            paths += export_run(run, folder / run.name, weights=False)
    for product in products:
        paths.append(folder / product.name)
        shutil.copyfile(product, paths[-1])
    return paths
