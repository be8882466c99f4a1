"""`vae-np reproduce NAME`: the options of an experiment, and how it is run, drawn and copied."""
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path

from ..experiments.jobs.engines import make_engine
from ..experiments.jobs.running import Stopped, run_rounds
from ..experiments.jobs.training import FAILED, STOPPED
from ..layers import PAPER_STD
from ..runs import RunError
from ..runs.checkpoints import make_folder
from .options import count, path_name

NAMES = ("fig2", "fig3", "fig4", "fig5", "toy", "priors", "labels", "vae-gan", "table")
REPRODUCE = """\
Run an experiment of the paper and draw it, the paper's own curves underneath.

  fig2  lower bound against samples seen, AEVB and wake-sleep, MNIST and Frey Face:
        18 runs of 1e7 samples, 6 hours on one core; --quick: 2 minutes
  fig3  estimated log p(x) against samples seen, AEVB, wake-sleep and Monte Carlo EM, 1000 and
        50 000 images: 6 runs and 126 measurements, 2 hours on one core; --quick: a minute
  fig4  manifolds of Frey Face and MNIST, from fig2's runs and one more of 20 minutes
  fig5  MNIST samples for z = 2, 5, 10, 20, from the same runs
  toy   the true posterior beside q(z|x), and the bound's gap by quadrature: a minute
  priors  the aggregate posterior of a VAE in the plane, and four priors for it: N(0, I), a
        mixture, the VampPrior, couplings: two minutes
  labels  ten digits in one style, by a VAE that is told the label, and a classifier from 100
        labels: 5 minutes on one core; --quick: half a minute
  vae-gan  a VAE and a VAE-GAN on the same digits and faces: what their draws are like, in
        numbers and pictures: 20 minutes on one core; --quick: one, on few digits
  table test −log p(x) of the VAE, its rivals (an autoencoder, wake-sleep, mixtures, an RBM, a
        DBN) and its successors (learned priors, flow posteriors, importance weights, two
        layers) on the same binarised digits, how the bound closes its gap, and what a linear
        probe reads from the codes: 7 hours on one core where the weights of the VAE and of the
        record are there, as in a clone, else 10; --quick: 5 minutes

OUT holds a run folder for each training run, the figure and its table. The same command goes
on where it was stopped or killed, and keeps what is there already; a run with other settings
is never overwritten. Ctrl-C saves first. The figure is drawn from the records alone, so
--draw-only shows at any time what there is so far.

With Dask installed (pip install 'dask[distributed]') the jobs run on a local cluster of
--workers processes, or with --scheduler on a cluster elsewhere. Its workers need vae_np
installed, and OUT at the same path, on a shared file system. Start them with one thread each,
and with these two variables, because Dask's own memory threshold makes a training step eight
times slower:

  MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=33554432 \\
  dask worker tcp://host:8786 --nworkers 4 --nthreads 1

Without Dask each job gets a process here. A job whose worker dies starts again elsewhere, from
its last checkpoint.

  vae-np reproduce fig2 --quick
  vae-np reproduce fig2 --workers 2 --export lectures/results/fig2
"""


@dataclass(frozen=True)
class Options:
    """The options of an experiment: see `reproduce --help`. tell(sentence) prints it for the user.
    """
    out: Path
    runs: Path
    samples_seen: int | None = None
    quick: bool = False
    init: str = "paper-variance"

    @staticmethod
    def tell(sentence):
        print(sentence, file=sys.stderr, flush=True)


def add_reproduce(command):
    """Adds the command to the parser; command(name, function, summary, description) makes it."""
    parser = command("reproduce", reproduce, "the paper's experiments, its figures and tables",
                     REPRODUCE)
    parser.add_argument("name", metavar="NAME", choices=NAMES, help=", ".join(NAMES))
    parser.add_argument("--out", metavar="OUT", type=_folder,
                        help="where runs and figures go (default runs/NAME, or runs/NAME-quick)")
    parser.add_argument("--runs", metavar="FOLDER", type=_folder,
                        help="fig4 and fig5: the folder of fig2's runs, to take what is there and "
                             "to add what is not (default: fig2's OUT)")
    parser.add_argument("--quick", action="store_true",
                        help="a smaller picture in minutes, on the 5000 digits that come with "
                             "vae-np")
    parser.add_argument("--samples-seen", type=count, metavar="N",
                        help="training samples of a run (default 1e7; with --quick 2e5); with "
                             "more of them a finished experiment goes on")
    parser.add_argument("--init", choices=list(PAPER_STD), default="paper-variance",
                        help="fig2 to fig5: how the paper's N(0, 0.01) for first weights is read: "
                             "0.01 is the variance, as wherever else the paper writes N "
                             "(paper-variance, the default), or the standard deviation, as public "
                             "replications have it (paper); each needs an OUT of its own")
    parser.add_argument("--workers", type=count, metavar="N",
                        help="jobs at a time on this machine (default: one for each core; each "
                             "needs up to 0.7 GB); the cores are shared out among them")
    parser.add_argument("--scheduler", metavar="ADDRESS",
                        help="run the jobs on this Dask cluster, such as tcp://host:8786")
    parser.add_argument("--draw-only", action="store_true",
                        help="draw what the records in OUT show; run nothing")
    parser.add_argument("--export", metavar="DIR", type=_folder,
                        help="then copy what is worth keeping to DIR: settings, records, figure "
                             "and table, but no checkpoints")


def _folder(text):
    return Path(path_name(text))


def reproduce(args):
    """The command. Returns its exit code: 1 where a job failed, 128 + N after signal N."""
    suffix = "-quick" if args.quick else ""
    out = (args.out or Path("runs") / f"{args.name}{suffix}").resolve()
    runs = (args.runs or out.parent / f"fig2{suffix}").resolve()
    experiment = _load(args.name)(Options(out, runs, args.samples_seen, args.quick, args.init))
    make_folder(out)
    code = 0 if args.draw_only else _run(experiment, args)
    if code > 1:
        return code
    paths = experiment.draw()
    if args.export and args.export.resolve() != out:
        paths = experiment.export(args.export)
    for path in paths:
        print(path)
    return code


def _load(name):
    """The Experiment class of a name."""
    try:
        return importlib.import_module(f"..experiments.{name.replace('-', '_')}",
                                       __package__).Experiment
    except ModuleNotFoundError as error:
        raise RunError(f"experiments need {error.name}, which is not installed: "
                       f"pip install {error.name}") from None


def _run(experiment, args):
    """Runs every job that is not done yet; returns the exit code so far."""
    try:
        counts = run_rounds(experiment.rounds(), make_engine(args.workers, args.scheduler))
    except Stopped as stop:
        print("stopped; every run has saved, and the same command goes on", file=sys.stderr)
        return 128 + stop.number
    print(", ".join(f"{n} {state}" for state, n in counts.items()), file=sys.stderr)
    return int(counts[FAILED] + counts[STOPPED] > 0)
