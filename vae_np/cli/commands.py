"""What each command of the command line does, once `parser` has read its arguments."""
import inspect
import json
import math
import sys
from pathlib import Path

import numpy as np

from .. import evaluation
from ..catalogue import SAMPLES, find_class, kind_of, own_arguments
from ..catalogue import options as kinds
from ..inference.measures import STATED
from ..likelihoods import parse
from ..models.base import named
from ..runs import Run, RunError, checkpoints, load, progress, read_config, read_metrics
from ..runs.data import labels_for, reads_missing
from ..runs.export import export as copy_small
from ..runs.locks import alone_in
from ..runs.records import keep_evaluation
from ..runs.web import export_web
from ..training import NonFiniteBoundError
from .labels import NOT_COMPARABLE, asked_for, read_condition, rows_of_table
from .options import refuse_lists
from .reading import GREY_NOTE, data_to_draw, is_grey, refuse_to_replace, scored_rows

MODEL_OPTIONS = {"z_dim": 20, "hidden": (500,), "activation": "tanh", "likelihood": "bernoulli",
                 "init": "glorot", "dtype": "float32", "prior": "standard-normal",
                 "posterior": "gaussian",
                 **{name: rows[0][0].default for name, rows in own_arguments().items()}}
RUN_OPTIONS = {"data": "mnist5k", "seed": 0, "device": "cpu"}
GOES_ON = ("epochs", "samples_seen", "workers")  # what --resume may change


STATED_NOTE = ("nobody climbed this bound: p(x|z) around the decoder's means is stated "
               "afterwards, and on grey pixels a Bernoulli p(x|z) gives scores; vae-np reproduce "
               "vae-gan measures what draws are like")


def train(args):
    given = {name: value for name, value in vars(args).items()
             if name not in ("command", "function", "parser", "out", "resume", "overwrite")}
    read_condition(given)
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
    if (run.config["training"]["binarize"] == "none" and is_grey(run.model, run.loop.train)
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
    refuse_lists(option, given)
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
            value = json.loads(json.dumps(value))  # a tuple as the list that a file has
            if settings.get(name) != value:
                option = {"output_bias": "no-output-bias"}.get(name, name).replace("_", "-")
                raise RunError(f"--{option} cannot change on --resume: the run has "
                               f"{settings.get(name)!r}, you gave {value!r}")
    return changes


def evaluate(args):
    model, config = load(args.run).to(args.device), read_config(args.run)
    missing = args.missing or reads_missing(config)
    if missing:
        model = evaluation.with_missing(model)
    scored = scored_rows(args, config, missing)
    data = scored.data
    labels = None if data.test_labels is None else data.test_labels[:args.limit]
    test = model.rows(data.test[:args.limit], *labels_for(model, labels),
                      name=f"the test set of {data.name}")
    with (np.errstate(over="ignore", invalid="ignore"),  # what overflows is found just below
          progress.counter(len(test), "importance sampling") as on_block):
        result = evaluation.evaluate(model, test, rng=np.random.default_rng(args.seed),
                                     num_samples=args.num_samples, on_block=on_block)
    if not all(math.isfinite(value) for value in result.values() if isinstance(value, float)):
        raise NonFiniteBoundError(f"the bound of {data.name} under {args.run} is infinite or NaN: "
                                  "the model has diverged, or it was not made for such data")
    result["data"] = data.name
    likelihood = not is_grey(model, test)
    result["notes"] = _notes(result, config, likelihood) + ([scored.note] if scored.note else [])
    try:
        if scored.own and args.limit is None:
            kept = keep_evaluation(args.run, result)
            if kept["num_samples"] > result["num_samples"]:
                print(f"{Path(args.run) / 'evaluation.json'} keeps its evaluation with more samples "
                      "and notes this one", file=sys.stderr)
    except checkpoints.WriteError as error:
        error.kept = "the result is only printed"
        raise
    finally:  # kept first, since nobody may be there to read; but printed in any case
        print(json.dumps(result) if args.json else _table(result, model, likelihood))
    return 0


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
    if "given" in result:
        notes.append(NOT_COMPARABLE)
    if (config["data"].partition(":")[0], result["data"]) == ("mnist", "mnist5k"):
        notes.append("the digits of mnist5k lie in MNIST's training set: this run was trained on "
                     "them, so this is no test")
    return notes


def _table(result, model, likelihood):
    of = "p(x|y)" if "given" in result else "p(x)"
    score = f"NLL -log {of}" if likelihood else "score"
    how = evaluation.measure_of(model).made_by.format(result["num_samples"])
    if result["nll_mc_stderr"]:
        how += f", Monte Carlo error {result['nll_mc_stderr']:.3f}"
    lines = [("test examples", f"{result['n']} of {result['data']}")]
    if "elbo" in result:
        lines += [("bound (higher is better)", _with_error(result, "elbo"))]
    lines += [
        (f"{score} (lower is better)", f"{_with_error(result, 'nll')}   ({how})")]
    lines += rows_of_table(result, _with_error)
    if result["ess_median"] is not None:
        lines += [("median effective sample size", f"{result['ess_median']:.1f}")]
    if "log_z" in result:
        lines += [("log Z", f"{result['log_z']:.2f} ± {result['log_z_stderr']:.2f} nats")]
    if "elbo" in result:
        lines += [("active latent dimensions", f"{result['active_units']} of {model.z_dim}")]
    if "kl" in result:
        lines += [("KL(q || prior)", f"{result['kl']:.3f} nats")]
    for i, one in enumerate(result.get("layers", ()), start=1):
        use = f"{one['active_units']} of {one['z_dim']} active, {one['kl']:.2f} nats"
        lines += [(f"layer z{i}", use)]
    lines += [("note", note) for note in result["notes"]]
    return "\n".join(f"{name:35}{value}" for name, value in lines)


def _with_error(result, name):
    error = result[f"{name}_stderr"]
    return f"{result[name]:.3f} ± {'unknown' if error is None else format(error, '.3f')} nats"


def sample(args):
    model, out = load(args.run), Path(args.out)
    if SAMPLES not in kind_of(model).has:
        raise RunError(f"{args.run} holds {named(model)}, which has no density to draw from")
    refuse_to_replace(out, args.run, args.data)
    rng, asked = np.random.default_rng(args.seed), asked_for(args.label, model, args.run)
    if out.suffix == ".npy":
        draws = model.sample(args.n, rng, **asked)
        with checkpoints.atomic_write(out) as file:
            checkpoints.write_array(file, draws)
    elif out.suffix == ".png":
        data = data_to_draw(args, model)
        _drawing().save_samples(model, data, args.n, out, rng, **asked)
    else:
        raise RunError(f"--out must end in .png or .npy, not {out.name!r}")
    print(f"{args.n} draws from p(x{'|y)' if asked else ')'}: {out}")
    return 0


def figures(args):
    model = load(args.run)
    paths = _drawing().save_run_figures(
        model, data_to_draw(args, model), read_metrics(args.run),
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
    if args.web:
        print(export_web(args.run, args.folder))
        return 0
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
