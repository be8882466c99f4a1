"""What each command of the command line does. Arguments are read in `cli`."""
import json
import signal
import sys
from pathlib import Path

import numpy as np

from . import evaluation, progress
from .binarization import Binarization, default_mode
from .checkpoints import atomic_write
from .datasets import load_dataset
from .likelihoods import parse
from .runs import Run, RunError, load, read_config, read_metrics
from .settings import Training

MODEL_OPTIONS = {"z_dim": 20, "hidden": (500,), "activation": "tanh", "likelihood": "bernoulli",
                 "init": "glorot", "dtype": "float32"}
RUN_OPTIONS = {"data": "mnist5k", "seed": 0, "device": "cpu"}
GOES_ON = ("epochs", "samples_seen")  # what --resume may change


def train(args):
    given = {name: value for name, value in vars(args).items()
             if name not in ("command", "function", "out", "resume", "overwrite")}
    if args.resume:
        run = _resume(args.out, given)
    else:
        run = Run.create(args.out, _config(given), overwrite=args.overwrite)
    if run.loop.finished:
        print(f"{args.out} is finished: {run.loop.samples_seen} samples seen. "
              "A larger --epochs goes on.")
        return 0
    reporter = progress.reporter(run.loop)
    try:
        stopped_by = run.train(reporter)
    finally:
        reporter.close()
    if stopped_by is None:
        print(f"trained: {args.out}   next: vae-np evaluate {args.out}; vae-np figures {args.out}")
        return 0
    print(f"stopped after {run.loop.samples_seen} samples, saved; continue with "
          f"vae-np train --out {args.out} --resume", file=sys.stderr)
    return 128 + stopped_by


def _config(given):
    """The run's config.json from the options that the user gave, defaults filled in."""
    run = {name: given.pop(name, value) for name, value in RUN_OPTIONS.items()}
    model = {name: given.pop(name, value) for name, value in MODEL_OPTIONS.items()}
    likelihood = parse(model["likelihood"])
    model = {**model, "likelihood": likelihood.spec, "hidden": list(model["hidden"])}
    given.setdefault("binarize", default_mode(run["data"], likelihood.spec))
    given.setdefault("output_bias", model["init"] != "paper")
    if "samples_seen" in given and "epochs" in given:
        raise RunError("give --epochs or --samples-seen, not both")
    training = Training(**given).as_dict()
    return {**run, "model": model, "training": {**training, "eval_at": list(training["eval_at"])}}


def _resume(folder, given):
    config = read_config(folder) if Path(folder, "checkpoint.npz").exists() else None
    if config:
        settings = {**config, **config["model"], **config["training"]}
        for name, value in given.items():
            value = list(value) if isinstance(value, tuple) else value
            if name not in GOES_ON and settings[name] != value:
                raise RunError(f"--{name.replace('_', '-')} cannot change on --resume: the run has "
                               f"{settings[name]!r}, you gave {value!r}")
    changes = {name: given[name] for name in GOES_ON if name in given}
    if "epochs" in changes:
        changes.setdefault("samples_seen", None)
    return Run.resume(folder, changes)


def _run_data(args, config):
    """The data set of a run, its test set as the run saw it."""
    name = getattr(args, "data", None) or config["data"]
    data = load_dataset(name)
    return data, Binarization(config["training"]["binarize"])


def evaluate(args):
    model, config = load(args.run), read_config(args.run)
    data, binarization = _run_data(args, config)
    test = binarization.test_array(data.test)[:args.limit]
    result = evaluation.evaluate(model, test, rng=np.random.default_rng(args.seed),
                                 num_samples=args.num_samples)
    with atomic_write(Path(args.run) / "evaluation.json") as file:
        file.write(json.dumps(result, indent=2).encode() + b"\n")
    if args.json:
        print(json.dumps(result))
        return 0
    print(f"test examples                      {result['n']}\n"
          f"bound 𝓛 (higher is better)         {result['elbo']:.3f} ± {result['elbo_stderr']:.3f}\n"
          f"NLL −log p(x) (lower is better)    {result['nll']:.3f} ± {result['nll_stderr']:.3f}"
          f"   ({result['num_samples']} importance samples, Monte Carlo error "
          f"{result['nll_mc_stderr']:.3f})\n"
          f"median effective sample size       {result['ess_median']:.1f}\n"
          f"active latent dimensions           {result['active_units']} of {model.z_dim}\n"
          f"KL(q ‖ prior)                      {result['kl']:.3f} nats")
    return 0


def sample(args):
    model, config = load(args.run), read_config(args.run)
    out = Path(args.out)
    if out.suffix not in (".png", ".npy"):
        raise RunError(f"--out must end in .png or .npy, not {out.name!r}")
    rng = np.random.default_rng(args.seed)
    if out.suffix == ".npy":
        with atomic_write(out) as file:
            np.save(file, model.sample(args.n, rng), allow_pickle=False)
    else:
        from . import figures as drawing
        data, _ = _run_data(args, config)
        drawing.save_samples(model, data, args.n, out, rng)
    print(f"{args.n} draws from p(x): {out}")
    return 0


def figures(args):
    from . import figures as drawing
    model, config = load(args.run), read_config(args.run)
    data, binarization = _run_data(args, config)
    folder = Path(args.run) / "figures"
    folder.mkdir(exist_ok=True)
    paths = drawing.save_run_figures(model, data, read_metrics(args.run), folder,
                                     np.random.default_rng(args.seed))
    for path in paths:
        print(path)
    return 0


def gradcheck(args):
    from .selfcheck import check_all, table
    rows = check_all()
    print(json.dumps(rows) if args.json else table(rows))
    return 0 if all(row["ok"] for row in rows) else 1


def download(args):
    from .downloads import download as fetch
    folder, files = fetch(args.name)
    print(f"{args.name}: {len(files)} files, checked, in {folder}")
    return 0
