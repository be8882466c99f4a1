"""The command line: what can be asked, and how it is read. What is done lies in `commands`."""
import argparse
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
"""


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one line, and where the help is."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog):
        super().__init__(prog, max_help_position=30, width=96)


def _count(text):
    """A positive number, 1e7 allowed."""
    value = float(text)
    if not 1 <= value < 1e15:
        raise ValueError
    return int(value)


def _widths(text):
    """"200,200" → (200, 200); "" → ()."""
    return tuple(int(width) for width in text.split(",") if width.strip())


def _marks(text):
    return tuple(_count(mark) for mark in text.split(",") if mark.strip())


for _type, _name in ((_count, "count"), (_widths, "list of widths"), (_marks, "list of counts")):
    _type.__name__ = _name  # argparse prints it: "invalid count value: 'x'"


def build_parser():
    parser = _Parser(prog="vae-np", description=DESCRIPTION, formatter_class=_Formatter)
    parser.add_argument("--version", action="version", version=f"vae-np {__version__}")
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND",
                                parser_class=_Parser)

    def command(name, function, summary, description=None):
        child = sub.add_parser(name, help=summary, formatter_class=_Formatter,
                               description=description or summary)
        child.set_defaults(function=function)
        return child

    _add_train_options(command(
        "train", commands.train, "train a VAE and leave a run folder",
        "Train a VAE. Leaves DIR/config.json, DIR/metrics.jsonl and DIR/checkpoint.npz. Ctrl-C "
        "stops\nafter the current step; --resume continues as if nothing had happened."))

    evaluate = command("evaluate", commands.evaluate, "the bound and log p(x) on the test set",
                       "The lower bound with z sampled, and the importance-sampled test NLL.")
    _add_run(evaluate)
    evaluate.add_argument("--num-samples", type=_count, default=5000, metavar="K",
                          help="importance samples an image (default 5000, as in the literature)")
    evaluate.add_argument("--limit", type=_count, metavar="N",
                          help="the first N test images only: faster, with a larger error")
    evaluate.add_argument("--data", metavar="NAME", help="another data set than the run's own")
    evaluate.add_argument("--seed", type=int, default=0, help="of the noise (default 0)")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")

    sample = command("sample", commands.sample, "draw from p(x) into a picture")
    _add_run(sample)
    sample.add_argument("--n", type=_count, default=64, help="how many (default 64)")
    sample.add_argument("--out", default="samples.png", metavar="FILE",
                        help=".png for a picture, .npy for the numbers (default samples.png)")
    sample.add_argument("--seed", type=int, default=0)

    figures = command("figures", commands.figures, "draw every figure of a run")
    _add_run(figures)
    figures.add_argument("--seed", type=int, default=0)

    gradcheck = command("gradcheck", commands.gradcheck,
                        "check every gradient of the library by finite differences",
                        "Check every f / f_backward pair and every model. Exit code 1 if one "
                        "fails.")
    gradcheck.add_argument("--json", action="store_true", help="print a list of JSON rows")

    download = command("download", commands.download, "fetch a data set",
                       "Fetch a data set, check it, and keep it in the cache folder.")
    download.add_argument("name", metavar="mnist|fashion-mnist|frey")
    return parser


def _add_run(parser):
    parser.add_argument("run", metavar="RUN", help="a run folder, such as runs/demo")


def _add_train_options(parser):
    """Options without a default here: `commands.train` must know which ones the user gave."""
    default = Training()

    def option(group, *names, help, **kwargs):
        group.add_argument(*names, default=argparse.SUPPRESS, help=help, **kwargs)

    run = parser.add_argument_group("the run")
    option(run, "--data", metavar="NAME|FILE", help="mnist5k (embedded, the default), mnist, "
           "fashion-mnist, frey, a synthetic set, or your own .npy, .npz or .csv")
    run.add_argument("--out", required=True, metavar="DIR", help="the run folder")
    run.add_argument("--resume", action="store_true",
                     help="continue the run in DIR; a larger --epochs makes it longer")
    run.add_argument("--overwrite", action="store_true", help="replace the run in DIR")
    option(run, "--seed", type=int, help="of everything random in the run (default 0)")
    option(run, "--epochs", type=float, metavar="E",
           help=f"passes over the training set (default {default.epochs})")
    option(run, "--samples-seen", type=_count, metavar="N",
           help="stop after N training examples instead, such as 1e7: the paper's x axis")
    option(run, "--eval-every", type=_count, metavar="E",
           help="epochs between lines of metrics.jsonl (default 1)")
    option(run, "--eval-at", type=_marks, metavar="N,N", help="more lines, at these sample counts")
    option(run, "--device", choices=["cpu", "cuda"], help="cuda needs CuPy and a GPU")

    model = parser.add_argument_group("the model")
    option(model, "--z-dim", type=_count, metavar="Z", help="latent dimensions (default 20)")
    option(model, "--hidden", type=_widths, metavar="H,H",
           help="the encoder's hidden layers, such as 500 or 200,200; the decoder mirrors them "
                "(default 500)")
    option(model, "--activation", choices=sorted(Activation.table), help="(default tanh, as in "
           "the paper; relu trains faster and overfits sooner)")
    option(model, "--likelihood", metavar="P", help="bernoulli (default), gaussian (learned "
           "variance), gaussian-sigmoid (means in (0,1)), gaussian:0.1 (fixed variance)")
    option(model, "--init", choices=["glorot", "paper"], help="first weights: glorot (default) "
           "keeps signals' size; paper is N(0, 0.01)")
    option(model, "--dtype", choices=["float32", "float64"], help="(default float32)")

    data = parser.add_argument_group("the data")
    option(data, "--binarize", choices=list(MODES), help="grey pixels to 0/1: dynamic (default "
           "for MNIST's family with a Bernoulli decoder) draws afresh at every presentation")

    objective = parser.add_argument_group("the objective")
    option(objective, "--estimator", choices=["A", "B"],
           help="B (default) has the KL term in closed form; A samples it")
    option(objective, "--mc-samples", type=_count, metavar="L",
           help="samples of z for each example (default 1: enough when the batch is 100)")
    option(objective, "--weight-prior", choices=WEIGHT_PRIORS,
           help="the prior N(0, I) on weights, as MAP (default none)")
    option(objective, "--kl-warmup", type=float, metavar="E",
           help="epochs in which the KL weight climbs from 0 to 1 (default 0: off)")

    optimizer = parser.add_argument_group("the optimiser")
    option(optimizer, "--optimizer", choices=sorted(OPTIMIZERS), help="(default adam)")
    rates = ", ".join(f"{name} {lr:g}" for name, lr in Training.default_lr.items())
    option(optimizer, "--lr", type=float, help=f"(default: {rates})")
    option(optimizer, "--batch-size", type=_count, metavar="M", help="(default 100)")
    option(optimizer, "--schedule", choices=sorted(SCHEDULES), help="of the rate: cosine "
           "(default) falls to 0 at the end; staged is the IWAE paper's")
    option(optimizer, "--momentum", type=float, help="of sgd (default 0.9)")
    option(optimizer, "--gather", type=int, metavar="STEPS", help="adagrad: first steps that only "
           "gather squared gradients (default 0; the author's later code: 10)")
    option(optimizer, "--beta1", type=float, help="of adam (default 0.9)")
    option(optimizer, "--beta2", type=float, help="of adam (default 0.999)")
    option(optimizer, "--adam-eps", type=float, help="(default 1e-8)")
    option(optimizer, "--no-output-bias", dest="output_bias", action="store_false",
           help="do not start the decoder's output at the data's mean (off for --init paper)")


def main(argv=None):
    """Runs one command; returns the exit code. What the user got wrong is one line and code 2."""
    args = build_parser().parse_args(argv)
    try:
        return args.function(args)
    except (ValueError, DeviceError, OSError) as error:
        return _fail(error, 2)
    except NonFiniteBoundError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)


def _fail(error, code):
    print(f"vae-np: {' '.join(str(error).split())}", file=sys.stderr)
    return code
