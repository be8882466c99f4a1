"""The commands, their options and their help; `main` reads the arguments and runs a command."""
import argparse
import contextlib
import difflib
import os
import re
import sys

from .. import __version__
from ..backend import DeviceError
from ..streams import Patient
from ..training import NonFiniteBoundError
from ..training.processes import WorkerError
from . import commands
from .options import (add_run_options, add_train_options, at_least_two, count, count_or_zero,
                      path_name)
from .reproduce import add_reproduce
from .rows import add_rows
from .told import told_on_stderr

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

A model without an encoder (mcem) has no bound; its NLL comes from annealed importance sampling,
which errs the same way and takes about a second for an example: --limit helps. A mixture's is
exact. Of an rbm or a dbn the partition function is annealed; that errs the other way.

Each comes with its standard error over the examples; the Monte Carlo error is the sampling's
share of it. RUN/evaluation.json keeps the result with most samples and notes the other looks at
the test set; what --data or --limit chose is only printed.

A file that --data names is scored whole; of an .npz with train and test, its test set. A run
remembers the content of its own file: where that has changed, evaluate and --resume refuse it.
"""
SAMPLE = """\
Draw from the model: z from the prior, then x from p(x|z); from an rbm or a dbn by Gibbs
sampling. A .png shows draws beside their means, or points of the plane beside the data; a .npy
holds the draws, (N, D).
"""
FIGURES = """\
Draw every picture that applies into RUN/figures: the learning curve, reconstructions, draws
from the model, interpolations, the latent space, and what each latent dimension carries.
"""
EXPORT = """\
Copy of a run what is worth keeping beside code: settings, records, evaluation, figures, and the
weights in float16. Every command but train --resume works on a copy with weights.

With --web DIR gets one file instead, weights.js: the weights of a VAE with two latent
dimensions, tanh, a Bernoulli decoder, a Gaussian posterior and the prior N(0, I), as a script
that a page can load. The explorer, a page of the course's site, computes with such files.
"""
GRADCHECK = """\
Check every f / f_backward pair of the library, and each model's whole objective, by finite
differences in float64. Exit code 1 if one fails.
"""
DOWNLOAD = """\
Fetch a data set, verify its checksum, and keep it in the cache folder. The folder that the
environment variable VAE_NP_DATA names is looked into first. `train` downloads by itself.
"""


RESULT_IS_PRINTED = (commands.evaluate, commands.gradcheck)  # the others' lies in files


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one line, and where the help is."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog):
        super().__init__(prog, max_help_position=26, width=96)


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

    add_train_options(command("train", commands.train, "train a VAE and leave a run folder",
                               TRAIN))

    evaluate = command("evaluate", commands.evaluate,
                       "the bound and log p(x) on the test set, with their errors", EVALUATE)
    add_run_options(evaluate)
    evaluate.add_argument("--num-samples", type=at_least_two, default=5000, metavar="K",
                          help="importance samples for each example (default 5000, as in the "
                               "literature; 500 is ten times faster and a little pessimistic); "
                               "not used for a model without an encoder")
    evaluate.add_argument("--limit", type=count, metavar="N",
                          help="the first N test examples only: faster, with a larger error")
    evaluate.add_argument("--device", choices=["cpu", "cuda"], default="cpu",
                          help="where to compute (default cpu, wherever the run was trained)")
    evaluate.add_argument("--json", action="store_true",
                          help="print one JSON object instead of a table")

    evaluate.add_argument("--missing", action="store_true",
                          help="a NaN, or an empty cell of a .csv, is a missing entry, at random; "
                               "then log p is that of the observed ones (default: NaN is refused, "
                               "unless the run was trained with it)")

    add_rows(command)

    sample = command("sample", commands.sample, "draw from p(x), into a picture or an array",
                     SAMPLE)
    add_run_options(sample)
    sample.add_argument("--n", type=count, default=64, metavar="N", help="how many (default 64)")
    sample.add_argument("--label", type=count_or_zero, metavar="Y", help="the label of what is "
                        "drawn, for a model that takes labels (default: each as likely)")
    sample.add_argument("--out", type=path_name, default="samples.png", metavar="FILE",
                        help="FILE.png or FILE.npy (default samples.png)")

    add_run_options(command("figures", commands.figures, "draw every figure of a run", FIGURES))

    export = command("export", commands.export, "copy a run, small enough to keep", EXPORT)
    export.add_argument("run", type=path_name, metavar="RUN",
                        help="a run folder, such as runs/first")
    export.add_argument("folder", type=path_name, metavar="DIR", help="where the copy goes; of "
                        "runs it may hold an older copy of RUN and nothing else")
    what = export.add_mutually_exclusive_group()
    what.add_argument("--no-weights", dest="weights", action="store_false",
                      help="leave the model out: settings, records and figures only")
    what.add_argument("--web", action="store_true",
                      help="write DIR/weights.js alone, the weights in float16 for a page")

    gradcheck = command("gradcheck", commands.gradcheck,
                        "check every gradient of the library", GRADCHECK)
    gradcheck.add_argument("--json", action="store_true", help="print a list of JSON objects")

    download = command("download", commands.download, "fetch a data set", DOWNLOAD)
    download.add_argument("name", metavar="NAME", help="mnist, fashion-mnist or frey")

    add_reproduce(command)
    return parser


def main(argv=None):
    """Runs one command; returns the exit code. A user's mistake prints one line and gives 2.

    Where nobody can read what it prints, it does its work all the same.
    """
    if argv is None:
        _fill_closed_streams()
    with (contextlib.redirect_stdout(Patient(sys.stdout, keep=True)) as out,
          contextlib.redirect_stderr(Patient(sys.stderr)) as err):
        try:
            code, printed = _run(argv)
        except SystemExit as leaving:  # argparse: the help was asked for, or it refuses
            code, printed = leaving.code, True
        out.flush()
        if isinstance(out.failure, OSError) and not isinstance(out.failure, BrokenPipeError):
            print(f"vae-np: cannot write to the standard output: {out.failure.strerror}. This was "
                  f"to stand there:\n{out.text}", end="", file=sys.stderr)
            code = code or (2 if printed else 0)
        err.flush()
    if argv is None:
        for stream, number in ((out, 1), (err, 2)):
            if stream.failure:  # else Python's own flush at the end would fail once more
                _point_at_nothing(number)
    return code


def _run(argv):
    """(exit code, whether what the command was asked for is what it prints)."""
    args, unknown = build_parser().parse_known_args(argv)
    if unknown:
        _refuse(args.parser, unknown[0])
    try:
        with told_on_stderr():
            return args.function(args), args.function in RESULT_IS_PRINTED
    except (NonFiniteBoundError, WorkerError) as error:
        return _fail(error, 1), False
    except (ValueError, DeviceError, OSError, MemoryError) as error:
        return _fail(error, 2), False
    except KeyboardInterrupt:
        return _fail("interrupted", 130), False


def _fill_closed_streams():
    """A file that is opened must not become the standard output or error, nor a worker's."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _point_at_nothing(number)


def _point_at_nothing(number):
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing != number:
        os.dup2(nothing, number)
        os.close(nothing)
    os.set_inheritable(number, True)


def _refuse(parser, argument):
    """Exit with a line about an argument that the command does not have, and one it may mean."""
    options = re.findall(r"--[\w-]+", parser.format_usage())
    near = difflib.get_close_matches(argument.partition("=")[0], options, n=1)
    parser.error(f"unknown argument {argument!r}" + (f": did you mean {near[0]}?" if near else ""))


def _fail(error, code):
    print(f"vae-np: {' '.join(str(error).split())}{_lost_folder()}", file=sys.stderr)
    return code


def _lost_folder():
    """A word where the folder in which the command was given has been removed meanwhile."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return " (the current folder is no longer there)"
    except OSError:  # it is there and cannot be read: no news
        pass
    return ""
