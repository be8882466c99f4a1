"""What each command of the command line does, once `parser` has read its arguments."""
import dataclasses
import inspect
import json
import math
import os
import sys
from pathlib import Path

import numpy as np

from .. import evaluation
from ..catalogue import SAMPLES, find_class, kind_of, own_arguments
from ..catalogue import options as kinds
from ..datasets import Binarization
from ..inference.measures import STATED
from ..likelihoods import parse
from ..models.base import named
from ..runs import Run, RunError, checkpoints, load, progress, read_config, read_metrics
from ..runs.data import scored_data
from ..runs.export import export as copy_small
from ..runs.locks import alone_in
from ..training import NonFiniteBoundError

MODEL_OPTIONS = {"z_dim": 20, "hidden": (500,), "activation": "tanh", "likelihood": "bernoulli",
                 "init": "glorot", "dtype": "float32", "prior": "standard-normal",
                 "posterior": "gaussian",
                 **{name: rows[0][0].default for name, rows in own_arguments().items()}}
RUN_OPTIONS = {"data": "mnist5k", "seed": 0, "device": "cpu"}
GOES_ON = ("epochs", "samples_seen")  # what --resume may change
GREY_NOTE = ("grey pixels under a Bernoulli decoder: the numbers are bound scores, not bounds "
             "on a likelihood; --binarize dynamic draws 0/1 from them")


STATED_NOTE = ("nobody climbed this bound: p(x|z) around the decoder's means is stated "
               "afterwards, and on grey pixels a Bernoulli p(x|z) gives scores; vae-np reproduce "
               "vae-gan measures what draws are like")


def train(args):
    given = {name: value for name, value in vars(args).items()
             if name not in ("command", "function", "parser", "out", "resume", "overwrite")}
    with alone_in(args.out):
        if args.resume:
            run = Run.resume(args.out, _changes(args.out, given))
        else:
            run = Run.create(args.out, _config(given), overwrite=args.overwrite)
        return _train(run, args.out)


def _train(run, out):
    """Trains a run in the folder `out` and says how it went; returns the exit code."""
    if run.loop.finished:
        print(f"{out} is finished: {run.loop.samples_seen} samples seen, {run.loop.epoch:g} "
              "epochs. A larger --epochs or --samples-seen goes on.")
        return 0
    if (run.config["training"]["binarize"] == "none" and _is_grey(run.model, run.loop.train)
            and not run.model.binary  # a binary model refuses them
            and not run.loop.trainer.grey):
        print(GREY_NOTE, file=sys.stderr)
    reporter = progress.reporter(run.loop)
    try:
        stopped_by = run.train(reporter)
    finally:
        reporter.close()
    if stopped_by is None:
        print(f"trained: {out}   next: vae-np evaluate {out}; vae-np figures {out}")
        return 0
    print(f"stopped after {run.loop.samples_seen} samples, saved; continue with "
          f"vae-np train --out {out} --resume", file=sys.stderr)
    return 128 + stopped_by


def _config(given):
    """The run's config.json from the options that the user gave; the run completes it."""
    run = {name: given.pop(name, value) for name, value in RUN_OPTIONS.items()}
    option = given.pop("model", "vae")
    cls = kinds()[option].model
    model = {"class": cls.__name__, **_model_arguments(option, cls, given)}
    if "likelihood" in model:
        model["likelihood"] = parse(model["likelihood"]).spec
    return {**run, "model": model, "training": given}


def _model_arguments(option, cls, given):
    """The arguments of the model's class: those that the user gave, else the class's defaults,
    else those of MODEL_OPTIONS. Raises RunError for an option that the class does not take.
    """
    parameters = inspect.signature(cls).parameters
    for name in MODEL_OPTIONS:
        if name in given and name not in parameters:
            raise RunError(f"--{name.replace('_', '-')} means nothing to --model {option}")
    return {name: given.pop(name, fallback if parameters[name].default is inspect.Parameter.empty
                            else parameters[name].default)
            for name, fallback in MODEL_OPTIONS.items() if name in parameters}


def _changes(folder, given):
    """Those of the given options that a --resume may change. Raises RunError for other changes."""
    changes = {name: given.pop(name) for name in GOES_ON if name in given}
    if "epochs" in changes:
        changes["samples_seen"] = None  # else it would take precedence over the epochs
    if given and Path(folder, "checkpoint.npz").exists():
        config = read_config(folder)
        cls = find_class(config["model"].get("class", "VAE"), config["model"].get("module"))
        defaults = {name: argument.default
                    for name, argument in inspect.signature(cls).parameters.items()}
        settings = {**defaults, **config, **config["model"], **config["training"],
                    "model": config["model"].get("class", "VAE")}
        if "likelihood" in given:
            given["likelihood"] = parse(given["likelihood"]).spec
        if "model" in given:
            given["model"] = kinds()[given["model"]].model.__name__
        for name, value in given.items():
            value = list(value) if isinstance(value, tuple) else value
            if settings.get(name) != value:
                option = {"output_bias": "no-output-bias"}.get(name, name).replace("_", "-")
                raise RunError(f"--{option} cannot change on --resume: the run has "
                               f"{settings.get(name)!r}, you gave {value!r}")
    return changes


def _scored_data(args, config):
    """What to look at: the run's data set, or the one asked for; its test set binarised as in the
    run.
    """
    scored = scored_data(args.run, config, args.data)
    binarization = Binarization(config["training"].get("binarize", "none"))
    return scored._replace(data=dataclasses.replace(
        scored.data, test=binarization.test_array(scored.data.test)))


def evaluate(args):
    model, config = load(args.run).to(args.device), read_config(args.run)
    scored = _scored_data(args, config)
    data = scored.data
    test = model.check_data(data.test[:args.limit], f"the test set of {data.name}")
    with (np.errstate(over="ignore", invalid="ignore"),  # what overflows is found just below
          progress.counter(len(test), "importance sampling") as on_block):
        result = evaluation.evaluate(model, test, rng=np.random.default_rng(args.seed),
                                     num_samples=args.num_samples, on_block=on_block)
    if not all(math.isfinite(value) for value in result.values() if isinstance(value, float)):
        raise NonFiniteBoundError(f"the bound of {data.name} under {args.run} is infinite or NaN: "
                                  "the model has diverged, or it was not made for such data")
    result["data"] = data.name
    likelihood = not _is_grey(model, test)
    result["notes"] = _notes(result, config, likelihood) + ([scored.note] if scored.note else [])
    try:
        if scored.own and args.limit is None:
            _keep_evaluation(Path(args.run) / "evaluation.json", result)
    except checkpoints.WriteError as error:
        error.kept = "the result is only printed"
        raise
    finally:  # kept first, since nobody may be there to read; but printed in any case
        print(json.dumps(result) if args.json else _table(result, model, likelihood))
    return 0


def _keep_evaluation(path, result):
    """Writes evaluation.json, unless it holds one with more samples, which is the better one."""
    try:
        if json.loads(path.read_text(encoding="utf-8"))["num_samples"] > result["num_samples"]:
            print(f"{path} stays: it holds an evaluation with more samples", file=sys.stderr)
            return
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # there is none, or none that can be read
    with checkpoints.atomic_write(path) as file:
        file.write(json.dumps(result, indent=2).encode() + b"\n")


def _notes(result, config, likelihood):
    """What a reader of the numbers must know, a list of sentences."""
    notes = []
    if result["method"] == STATED.name:
        notes.append(STATED_NOTE)
    elif not likelihood:
        notes.append(GREY_NOTE)
    if result["ess_median"] is not None and result["ess_median"] < 2:
        notes.append("for most examples one importance sample has nearly all the weight: the NLL "
                     "is too high, and its Monte Carlo error too small to be trusted")
    if "log_z" in result:
        notes.append("annealed importance sampling finds too small a Z on average, so this NLL "
                     "flatters the model; vae_np.inference.reverse_annealing errs on the other "
                     "side")
    if (config["data"].partition(":")[0], result["data"]) == ("mnist", "mnist5k"):
        notes.append("the digits of mnist5k lie in MNIST's training set: this run was trained on "
                     "them, so this is no test")
    return notes


def _is_grey(model, x):
    """Whether the decoder is Bernoulli, over 0 and 1, and x holds values in between."""
    return model.likelihood.spec == "bernoulli" and bool(((x > 0) & (x < 1)).any())


def _table(result, model, likelihood):
    score = "NLL -log p(x)" if likelihood else "score"
    how = evaluation.measure_of(model).made_by.format(result["num_samples"])
    if result["nll_mc_stderr"]:
        how += f", Monte Carlo error {result['nll_mc_stderr']:.3f}"
    lines = [("test examples", f"{result['n']} of {result['data']}")]
    if "elbo" in result:
        lines += [("bound (higher is better)", _with_error(result, "elbo"))]
    lines += [
        (f"{score} (lower is better)", f"{_with_error(result, 'nll')}   ({how})")]
    if result["ess_median"] is not None:
        lines += [("median effective sample size", f"{result['ess_median']:.1f}")]
    if "log_z" in result:
        lines += [("log Z", f"{result['log_z']:.2f} ± {result['log_z_stderr']:.2f} nats")]
    if "elbo" in result:
        lines += [("active latent dimensions", f"{result['active_units']} of {model.z_dim}")]
    if "kl" in result:
        lines += [("KL(q || prior)", f"{result['kl']:.3f} nats")]
    lines += [("note", note) for note in result["notes"]]
    return "\n".join(f"{name:35}{value}" for name, value in lines)


def _with_error(result, name):
    error = result[f"{name}_stderr"]
    return f"{result[name]:.3f} ± {'unknown' if error is None else format(error, '.3f')} nats"


def sample(args):
    model, out = load(args.run), Path(args.out)
    if SAMPLES not in kind_of(model).has:
        raise RunError(f"{args.run} holds {named(model)}, which has no density to draw from")
    _refuse_to_replace_data(args, out)
    rng = np.random.default_rng(args.seed)
    if out.suffix == ".npy":
        draws = model.sample(args.n, rng)
        with checkpoints.atomic_write(out) as file:
            checkpoints.write_array(file, draws)
    elif out.suffix == ".png":
        data = _scored_data(args, read_config(args.run)).data
        _drawing().save_samples(model, data, args.n, out, rng)
    else:
        raise RunError(f"--out must end in .png or .npy, not {out.name!r}")
    print(f"{args.n} draws from p(x): {out}")
    return 0


def _refuse_to_replace_data(args, out):
    """Draws must not be written over what a model was trained on."""
    config = Path(args.run, "config.json")
    for data in (args.data, read_config(args.run)["data"] if config.exists() else None):
        data = os.path.expanduser(data or "")
        if out.exists() and os.path.exists(data) and os.path.samefile(data, out):
            raise RunError(f"{out} holds the data of {args.run}: name another file for the draws")


def figures(args):
    model, config = load(args.run), read_config(args.run)
    paths = _drawing().save_run_figures(
        model, _scored_data(args, config).data, read_metrics(args.run),
        Path(args.run) / "figures", np.random.default_rng(args.seed),
        tell=lambda sentence: print(sentence, file=sys.stderr))
    for path in paths:
        print(path)
    return 0


def _drawing():
    """The module of figures, which needs matplotlib."""
    try:
        from .. import figures as drawing
    except ModuleNotFoundError as error:
        raise RunError(f"pictures need {error.name}, which is not installed: "
                       "pip install matplotlib") from None
    return drawing


def export(args):
    for path in copy_small(args.run, args.folder, weights=args.weights):
        print(path)
    return 0


def gradcheck(args):
    from ..checking.library import check_all, table
    rows = check_all()
    print(json.dumps(rows) if args.json else table(rows))
    return 0 if all(row["ok"] for row in rows) else 1


def download(args):
    from ..datasets.downloads import download as fetch
    folder, files = fetch(args.name)
    print(f"{args.name}: {len(files)} files, checked, in {folder}")
    return 0
