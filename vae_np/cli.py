"""The command line: what can be asked, and how it is read. What is done lies in `commands`."""
import argparse
import difflib
import re
import sys

from . import __version__, commands
from .backend import DeviceError
from .binarization import MODES
from .layers import Activation
from .optim import OPTIMIZERS, SCHEDULES
from .settings import Training
from .trainers import WEIGHT_PRIORS
from .training import NonFiniteBoundError

DESCRIPTION = """\
Auto-Encoding Variational Bayes (Kingma & Welling 2014) in plain NumPy.

A first run, without a network, in about a minute:
  vae-np train --data mnist5k --epochs 20 --out runs/first
  vae-np evaluate runs/first --num-samples 500
  vae-np figures runs/first

`vae-np COMMAND --help` explains the options of a command and their defaults.
"""
TRAIN = """\
Train a VAE. DIR becomes a run folder: config.json (what was asked for), metrics.jsonl (the
bound as training went on, in nats per example, higher is better) and checkpoint.npz (the model
and all that --resume needs).

Ctrl-C stops after the current step and saves. --resume then goes on as if nothing had happened:
bit for bit the same numbers, on the same machine with as many threads. A checkpoint is written
at the end of an epoch, at most one a second, and within an epoch each minute; a stop or the end
of the run always writes one.

  vae-np train --out runs/first                                  real digits, all defaults
  vae-np train --data pinwheel --likelihood gaussian --z-dim 2 --hidden 100,100 --out runs/plane
  vae-np train --data mine.npy --likelihood gaussian-sigmoid --out runs/mine
"""
EVALUATE = """\
Two numbers for the test set, in nats per example. The bound: a lower bound on log p(x), with z
sampled from q(z|x). And the NLL, -log p(x), by importance sampling with q(z|x) as the proposal:
on average its estimate is a little too high, so the model is not flattered.

Each comes with its standard error over the examples; the Monte Carlo error is the sampling's
share of it. RUN/evaluation.json keeps the result, unless --data or --limit chose other examples
or it holds one with more samples.
"""
SAMPLE = """\
Draw z from the prior, then x from p(x|z). A .png shows draws beside their means, or points of
the plane beside the data; a .npy holds the draws, (N, D).
"""
FIGURES = """\
Draw every picture that applies into RUN/figures: the learning curve, reconstructions, draws
from the model, interpolations, the latent space, and what each latent dimension carries.
"""
EXPORT = """\
Copy of a run what is worth keeping beside code: settings, records, evaluation, figures, and the
weights in float16. Every command but train --resume works on a copy with weights.
"""
GRADCHECK = """\
Check every f / f_backward pair of the library, and each model's whole objective, by finite
differences in float64. Exit code 1 if one fails.
"""
DOWNLOAD = """\
Fetch a data set, verify its checksum, and keep it in the cache folder. The folder that the
environment variable VAE_NP_DATA names is looked into first. `train` downloads by itself.
"""


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one line, and where the help is."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog):
        super().__init__(prog, max_help_position=26, width=96)


def _count(text, least=1):
    """A whole number of at least `least`; 1e7 is welcome."""
    try:
        value = float(text)
        if least <= value < 1e15 and value == int(value):
            return int(value)
    except ValueError:
        pass  # the same sentence serves whatever is no such number
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")


def _count_or_zero(text):
    return _count(text, least=0)


def _at_least_two(text):
    return _count(text, least=2)


def _counts(text):
    """"200,200" → (200, 200); "" → ()."""
    return tuple(_count(part) for part in text.split(",")) if text.strip() else ()


def _number(text):
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def build_parser():
    parser = _Parser(prog="vae-np", description=DESCRIPTION, formatter_class=_Formatter,
                     allow_abbrev=False)
    parser.add_argument("-V", "--version", action="version", version=f"vae-np {__version__}")
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND",
                                parser_class=_Parser)

    def command(name, function, summary, description):
        child = sub.add_parser(name, help=summary, formatter_class=_Formatter,
                               description=description, allow_abbrev=False)
        child.set_defaults(function=function, parser=child)
        return child

    _add_train_options(command("train", commands.train, "train a VAE and leave a run folder",
                               TRAIN))

    evaluate = command("evaluate", commands.evaluate,
                       "the bound and log p(x) on the test set, with their errors", EVALUATE)
    _add_run_options(evaluate)
    evaluate.add_argument("--num-samples", type=_at_least_two, default=5000, metavar="K",
                          help="importance samples for each example (default 5000, as in the "
                               "literature; 500 is ten times faster and a little pessimistic)")
    evaluate.add_argument("--limit", type=_count, metavar="N",
                          help="the first N test examples only: faster, with a larger error")
    evaluate.add_argument("--json", action="store_true",
                          help="print one JSON object instead of a table")

    sample = command("sample", commands.sample, "draw from p(x), into a picture or an array",
                     SAMPLE)
    _add_run_options(sample)
    sample.add_argument("--n", type=_count, default=64, metavar="N", help="how many (default 64)")
    sample.add_argument("--out", default="samples.png", metavar="FILE",
                        help="FILE.png or FILE.npy (default samples.png)")

    _add_run_options(command("figures", commands.figures, "draw every figure of a run", FIGURES))

    export = command("export", commands.export, "keep a run in little space", EXPORT)
    export.add_argument("run", metavar="RUN", help="a run folder, such as runs/first")
    export.add_argument("folder", metavar="DIR", help="where the copy goes")
    export.add_argument("--no-weights", dest="weights", action="store_false",
                        help="leave the model out: settings, records and figures only")

    gradcheck = command("gradcheck", commands.gradcheck,
                        "check every gradient of the library", GRADCHECK)
    gradcheck.add_argument("--json", action="store_true", help="print a list of JSON objects")

    download = command("download", commands.download, "fetch a data set", DOWNLOAD)
    download.add_argument("name", metavar="NAME", help="mnist, fashion-mnist or frey")
    return parser


def _add_run_options(parser):
    parser.add_argument("run", metavar="RUN", help="a run folder, such as runs/first")
    parser.add_argument("--data", metavar="NAME|FILE",
                        help="other data than the run's own, or its file where it lies now")
    parser.add_argument("--seed", type=_count_or_zero, default=0,
                        help="of the noise: the same seed, the same result (default 0)")


def _add_train_options(parser):
    """Options without a default here: `commands.train` must know which ones the user gave."""
    default = Training()

    def option(group, *names, help, **kwargs):
        group.add_argument(*names, default=argparse.SUPPRESS, help=help, **kwargs)

    run = parser.add_argument_group("the run")
    run.add_argument("--out", required=True, metavar="DIR", help="the run folder; one that holds "
                     "a run already is refused")
    again = run.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true",
                       help="continue the run in DIR; no option need be repeated, and only "
                            "--epochs or --samples-seen may change: more of them make it longer "
                            "(a finished schedule is stretched, so its rate rises again)")
    again.add_argument("--overwrite", action="store_true", help="replace the run in DIR")
    option(run, "--data", metavar="NAME|FILE", help="mnist5k (default: 5000 digits that come with "
           "vae-np), mnist, fashion-mnist, frey (downloaded), pinwheel, two-moons, "
           "eight-gaussians, spiral, checkerboard (points in the plane), or your own .npy, .npz "
           "or .csv")
    option(run, "--seed", type=_count_or_zero, help="of everything random in the run (default 0)")
    length = run.add_mutually_exclusive_group()
    option(length, "--epochs", type=_number, metavar="E",
           help=f"passes over the training set (default {default.epochs})")
    option(length, "--samples-seen", type=_count, metavar="N",
           help="stop after N training examples instead, such as 1e7: the paper's x axis")
    option(run, "--eval-every", type=_count, metavar="E",
           help="epochs between lines of metrics.jsonl (default 1); has no effect on training")
    option(run, "--eval-at", type=_counts, metavar="N,N",
           help="further lines, at these numbers of samples seen")
    option(run, "--device", choices=["cpu", "cuda"],
           help="where to compute (default cpu; cuda needs CuPy and a GPU)")

    model = parser.add_argument_group("the model")
    option(model, "--z-dim", type=_count, metavar="Z",
           help="latent dimensions (default 20, which is enough for digits; 2 can be drawn as "
                "a map)")
    option(model, "--hidden", type=_counts, metavar="H,H",
           help='widths of the encoder\'s hidden layers, such as 500 (default, as in the paper) '
                'or 200,200; the decoder mirrors them; "" makes both linear')
    option(model, "--activation", choices=sorted(Activation.table),
           help="of hidden units (default tanh, as in the paper; relu trains faster and overfits "
                "sooner)")
    option(model, "--likelihood", metavar="P",
           help="p(x|z): bernoulli (default, for 0/1 pixels), gaussian (learned variance), "
                "gaussian-sigmoid (the same with means in (0, 1)), or gaussian:0.1 (variance "
                "fixed, here at 0.1: it cannot run off to 0, as a learned one can)")
    option(model, "--init", choices=["glorot", "paper"],
           help="first weights: glorot (default) keeps the size of signals and gradients from "
                "layer to layer; paper is N(0, 0.01)")
    option(model, "--dtype", choices=["float32", "float64"],
           help="of parameters and arithmetic (default float32: half the time; noise drowns the "
                "rounding)")

    data = parser.add_argument_group("the data")
    option(data, "--binarize", choices=list(MODES),
           help="grey pixels to 0/1. dynamic: drawn afresh at every presentation (default for "
                "MNIST's family with a Bernoulli decoder: least overfitting). fixed: drawn once. "
                "threshold: at 0.5. none (default elsewhere): as they are; then a Bernoulli "
                "bound is a score, not a likelihood")

    objective = parser.add_argument_group("the objective")
    option(objective, "--estimator", choices=["A", "B"],
           help="of the bound: B (default) has the KL term in closed form, A samples it with "
                "more noise")
    option(objective, "--mc-samples", type=_count, metavar="L",
           help="samples of z for each example (default 1: enough when the batch is 100, says "
                "the paper)")
    option(objective, "--weight-prior", choices=WEIGHT_PRIORS,
           help="the prior N(0, I) on which weights, as weight decay (default none: it changes "
                "little; the paper has all)")
    option(objective, "--kl-warmup", type=_number, metavar="E",
           help="epochs in which the weight of the KL term climbs from 0 to 1 (default 0: off, "
                "since only weight 1 is the bound)")

    optimizer = parser.add_argument_group("the optimiser")
    option(optimizer, "--optimizer", choices=sorted(OPTIMIZERS),
           help="adam (default: needs the least tuning), adagrad (the paper's) or sgd")
    rates = ", ".join(f"{name} {lr:g}" for name, lr in Training.default_lr.items())
    option(optimizer, "--lr", type=_number, help=f"the step size (default: {rates})")
    option(optimizer, "--batch-size", type=_count, metavar="M",
           help="examples in a step (default 100, as in the paper)")
    option(optimizer, "--schedule", choices=sorted(SCHEDULES),
           help="of the rate: cosine (default) falls to 0 at the end, so that the noise of the "
                "last steps averages out; constant is the paper's, staged the IWAE paper's")
    option(optimizer, "--momentum", type=_number, help="of sgd (default 0.9)")
    option(optimizer, "--gather", type=_count_or_zero, metavar="STEPS",
           help="adagrad: first steps that only gather squared gradients (default 0; the "
                "author's later code has 10)")
    option(optimizer, "--beta1", type=_number, help="of adam: memory of the gradient (default "
           "0.9)")
    option(optimizer, "--beta2", type=_number, help="of adam: memory of its square (default "
           "0.999)")
    option(optimizer, "--adam-eps", type=_number, help="of adam: keeps the division safe (default "
           "1e-8)")
    option(optimizer, "--no-output-bias", dest="output_bias", action="store_false",
           help="do not start the decoder's output at the data's mean, which saves the first "
                "epochs (off for --init paper)")


def main(argv=None):
    """Runs one command; returns the exit code. What the user got wrong is one line and code 2."""
    args, unknown = build_parser().parse_known_args(argv)
    if unknown:
        _refuse(args.parser, unknown[0])
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a notebook's has not
            stream.reconfigure(errors="replace")  # a terminal without ± shows a question mark
    try:
        return args.function(args)
    except (ValueError, DeviceError, OSError, MemoryError) as error:
        return _fail(error, 2)
    except NonFiniteBoundError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)


def _refuse(parser, argument):
    """Exit with a line about an argument that the command does not have, and one it may mean."""
    options = re.findall(r"--[\w-]+", parser.format_usage())
    near = difflib.get_close_matches(argument.partition("=")[0], options, n=1)
    parser.error(f"unknown argument {argument!r}" + (f": did you mean {near[0]}?" if near else ""))


def _fail(error, code):
    print(f"vae-np: {' '.join(str(error).split())}", file=sys.stderr)
    return code
