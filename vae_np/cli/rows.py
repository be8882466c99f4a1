"""score, encode, reconstruct and impute: what a model says of each row of a user's data."""
import contextlib
import dataclasses
import math
import sys
from pathlib import Path

import numpy as np

from .. import evaluation
from ..catalogue import kind_of
from ..datasets import is_path, load_dataset
from ..datasets.csv_files import header_of
from ..inference.measures import GIVEN_LABEL
from ..runs import RunError, load, progress, read_config
from ..runs.data import labels_for, reads_missing, same_file, scored_data
from ..training import NonFiniteBoundError
from .labels import NOT_COMPARABLE
from .options import at_least_two, count, count_or_zero, path_name
from .reading import GREY_NOTE, binarization_of, is_grey, refuse_to_replace
from .writing import as_images, write_columns, write_csv, write_npy, write_npz

ENDINGS = (".csv", ".npz", ".npy")
SCORE = """\
One line for each row of a file, in its order: the row's number from 0, log p(x) in nats, its
Monte Carlo error, the bound and its error, and the effective number of draws (ESS). A row with
a low log p(x) is one that the model finds unlikely: an anomaly score with an error bar.

With an encoder log p(x) comes by importance sampling, and is a little too low on average; of
mcem by annealed importance sampling, about a second for a row; of a mixture it is exact. Of an
rbm or a dbn the partition function is annealed, and its error is the same in every row:
common_stderr. Where the ESS is near 1, do not trust the error, and take more samples.
"""
MISSING = """
With --missing a NaN, or an empty cell of a .csv, is a missing entry, and everything is about
the observed ones: log p(x) is log p of these. It assumes that entries are missing at random:
whether one is missing may depend on what was observed, and not on its own value. Rows with
different gaps have different densities, whose heights do not compare.
"""
SCORE_EXAMPLES = """
  vae-np score runs/first mine.npy --out scores.csv
  vae-np score runs/first --out scores.npz                       the run's own test set
"""
ENCODE = """\
The code of each row, in its order: the mean and the standard deviation of q(z|x), (N, Z) each.
Where q(z|x) is a flow it has no such numbers; instead there is its centre, which the flow
makes of its Gaussian's mean, and which is not the mean of q. --draws L adds L draws z ~
q(z|x), which stand for any q.

A .npz holds mean and std (or centre), and draws; a .npy the mean (or centre) alone; a .csv
both, side by side.
"""
RECONSTRUCT = """\
What the decoder makes of each row's code: the mean of p(x|z) at the mean of q(z|x), or at a
flow's centre (see vae-np encode), in the rows' order and the images' shape. --draws L has it
at L draws z ~ q(z|x) instead: (N, L, ...).
"""
IMPUTE = """\
Fill in what is missing in each row, NaN or an empty cell of a .csv, from what was observed.
The observed entries stay as they are; a missing one becomes its mean given those: the draws of
q(z|x) are weighted as log p of the observed entries demands, and p(x|z) averaged over them. A
mixture's means are exact.

A .npz holds filled, std (of each missing entry given the observed ones), mc_stderr (the Monte
Carlo error of filled), ess (of each row) and missing (where). --draws M adds draws, M whole
copies of the data in which missing entries are drawn and not averaged, as multiple imputation
needs them. A .csv or a .npy holds filled alone; a .csv keeps the header of a .csv.

It assumes that entries are missing at random: whether one is missing may depend on what was
observed in its row, and not on its own value. A row with nothing observed gets the model's
mean.

  vae-np train  --data mine.csv --missing --likelihood gaussian --out runs/gaps
  vae-np impute runs/gaps mine.csv --out filled.csv
"""


def add_rows(command):
    """Adds the commands; `command` as in `parser`."""
    one = _options(command("score", score, "log p(x) of each row of a file, with its error",
                           SCORE + MISSING + SCORE_EXAMPLES), "scores.csv")
    _num_samples(one)
    _gaps(one)
    for name, function, summary, text, out in (
            ("encode", encode, "the code of each row of a file", ENCODE, "codes.npz"),
            ("reconstruct", reconstruct, "what is left of each row in its code", RECONSTRUCT,
             "recon.npy")):
        one = _options(command(name, function, summary, text), out)
        one.add_argument("--draws", type=count, default=0, metavar="L",
                         help="draws of z for each row (default none)")
        _gaps(one)
    one = _options(command("impute", impute, "fill in the missing entries of a file", IMPUTE),
                   "filled.csv")
    _num_samples(one)
    one.add_argument("--draws", type=count, default=0, metavar="M",
                     help="copies of the data with drawn entries, in a .npz (default none)")


def _options(parser, out):
    parser.add_argument("run", type=path_name, metavar="RUN",
                        help="a run folder, such as runs/first")
    parser.add_argument("data", type=path_name, nargs="?", metavar="FILE|NAME",
                        help="a .npy, .npz or .csv, all its rows (of an .npz with train and test "
                             "its test set), or the name of a data set, whose test set is taken; "
                             "left out, the run's own test set. Grey pixels are read as in the "
                             "run's training")
    parser.add_argument("--out", type=path_name, default=out, metavar="FILE",
                        help=f"FILE.csv, FILE.npz or FILE.npy (default {out}); written whole or "
                             "not at all")
    parser.add_argument("--seed", type=count_or_zero, default=0,
                        help="of the noise: the same seed, the same numbers (default 0)")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu",
                        help="where to compute (default cpu)")
    return parser


def _num_samples(parser):
    parser.add_argument("--num-samples", type=at_least_two, default=500, metavar="K",
                        help="importance samples for each row (default 500; 5000 is what the "
                             "literature takes); not used where there is no encoder")


def _gaps(parser):
    parser.add_argument("--missing", action="store_true",
                        help="a NaN, or an empty cell of a .csv, is a missing entry, at random "
                             "(default: NaN is refused, unless the run was trained with it)")


# -- the commands ------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class _Rows:
    """What a command works on: the model, which takes gaps where there may be some; the rows as
    they came, and as the model reads them; the images' shape or None; what to call them; whole:
    they are no test set.
    """
    model: object
    given: np.ndarray
    x: np.ndarray
    image_shape: tuple | None
    name: str
    whole: bool
    rng: np.random.Generator


def score(args):
    out, rows = _out(args), _read(args, args.missing)
    with _counter(rows, "log p(x)") as on_block:
        columns = evaluation.score(rows.model, rows.x, rng=rows.rng, on_block=on_block,
                                   num_samples=args.num_samples)
    _check_finite(columns["log_px"], rows)
    table = {"row": np.arange(len(rows.x)), **columns}
    write_columns(out, table)
    measure = evaluation.measure_of(rows.model)
    of = "p(x|y)" if measure is GIVEN_LABEL else "p(x)"
    how = measure.made_by.format(args.num_samples if measure.samples is None else measure.samples)
    print(f"{len(rows.x)} rows of {rows.name}: mean log {of} {columns['log_px'].mean():.3f} nats, "
          f"higher is better ({how}): {out}")
    for note in _notes(columns, rows, args):
        print(f"vae-np: {note}", file=sys.stderr)
    return 0


def _notes(columns, rows, args):
    if is_grey(rows.model, rows.x):
        yield GREY_NOTE
    if evaluation.measure_of(rows.model) is GIVEN_LABEL:
        yield NOT_COMPARABLE
    if np.median(columns["ess"]) < 2:
        yield ("for most rows one importance sample has nearly all the weight: log p(x) is too "
               "low, and its Monte Carlo error too small to be trusted")
    if "common_stderr" in columns:
        yield (f"log Z has an error of {columns['common_stderr'][0]:.3f} nats, the same in every "
               "row: it moves all of them together, and their order stays")
    own = read_config(args.run)["data"]
    if rows.whole and args.data and is_path(own) and same_file(args.data, own):
        yield ("the run was trained on most of these rows: their log p(x) is flattered, and only "
               "its own test set, which it takes where no file is named, is a test")


def encode(args):
    out, rows = _out(args), _read(args, args.missing)
    with _counter(rows, "codes") as on_block:
        arrays = evaluation.encode(rows.model, rows.x, rng=rows.rng, draws=args.draws,
                                   on_block=on_block)
    _check_finite(next(iter(arrays.values())).sum(axis=1), rows, "its code")
    if out.suffix == ".npz":
        write_npz(out, arrays)
    elif out.suffix == ".npy":
        write_npy(out, next(iter(arrays.values())))
    else:
        header = ",".join(f"{name}{j}" for name, one in arrays.items()
                          for j in range(one.shape[1]))
        write_csv(out, header, np.hstack(list(arrays.values())))
    held = list(arrays)[:1] if out.suffix == ".npy" else arrays
    print(f"{len(rows.x)} rows of {rows.name}: {' and '.join(held)} of q(z|x): {out}")
    return 0


def reconstruct(args):
    out, rows = _out(args, draws_in=(".npz", ".npy")), _read(args, args.missing)
    with _counter(rows, "reconstructions") as on_block:
        arrays = evaluation.reconstruct(rows.model, rows.x, rng=rows.rng, draws=args.draws,
                                        on_block=on_block)
    _check_finite(arrays["mean"].sum(axis=1), rows, "its reconstruction")
    means = arrays["draws" if args.draws else "mean"]
    if out.suffix == ".csv":
        write_csv(out, _header(args, rows), means)
    else:
        means = as_images(means, rows.image_shape)
        write_npz(out, {"mean": means}) if out.suffix == ".npz" else write_npy(out, means)
    print(f"{len(rows.x)} rows of {rows.name}, reconstructed: {out}")
    return 0


def impute(args):
    out, rows = _out(args), _read(args, missing=True)
    missing = np.isnan(rows.given)
    with _counter(rows, "missing entries") as on_block:
        found = evaluation.impute(rows.model, rows.x, rng=rows.rng, draws=args.draws,
                                  num_samples=args.num_samples, on_block=on_block)
    _check_finite(found.mean.sum(axis=1), rows, "what is missing in it")
    filled = np.where(missing, found.mean, rows.given).astype(rows.given.dtype)
    if out.suffix == ".csv":
        write_csv(out, _header(args, rows), filled)
    elif out.suffix == ".npy":
        write_npy(out, as_images(filled, rows.image_shape))
    else:
        arrays = {"filled": filled, "std": np.where(missing, found.std, 0.0),
                  "mc_stderr": np.where(missing, found.mc_stderr, 0.0), "missing": missing}
        if args.draws:
            arrays["draws"] = np.where(missing, found.draws, rows.given).astype(rows.given.dtype)
        write_npz(out, {**{name: as_images(one, rows.image_shape) for name, one in arrays.items()},
                         "ess": found.ess})
    with_gaps = missing.any(axis=1)
    print(f"{missing.sum()} of {missing.size} entries filled in {with_gaps.sum()} of "
          f"{len(missing)} rows of {rows.name}: {out}")
    ess = np.median(found.ess[with_gaps]) if with_gaps.any() else math.inf
    if ess < 10:
        print(f"vae-np: half of these rows rest on fewer than {ess:.1f} effective draws: "
              "take more with --num-samples", file=sys.stderr)
    return 0


# -- what they share ---------------------------------------------------------------------------

def _read(args, missing):
    model, config = load(args.run).to(args.device), read_config(args.run)
    missing = missing or reads_missing(config)
    refuse_to_replace(Path(args.out), args.run, args.data)
    if missing:
        model = evaluation.with_missing(model)
    if args.data is None:
        data = scored_data(args.run, config).data
    else:
        data = load_dataset(args.data, dtype=None, whole=True, missing=missing)
    name, given = f"the test set of {data.name}" if len(data.train) else data.name, data.test
    x = model.rows(binarization_of(config, missing).test_array(given),
                   *labels_for(model, data.test_labels), name=name)
    return _Rows(model, given, x, data.image_shape, name, len(data.train) == 0,
                 np.random.default_rng(args.seed))


def _out(args, draws_in=(".npz",)):
    """The path of --out. draws_in: the endings that go with --draws."""
    out = Path(args.out)
    if out.suffix not in ENDINGS:
        raise RunError(f"--out must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, not "
                       f"{out.name!r}")
    if out.suffix not in draws_in and vars(args).get("draws"):
        raise RunError(f"--draws makes an array of more than two axes: --out must end in "
                       f"{' or '.join(draws_in)}, not {out.name!r}")
    return out


@contextlib.contextmanager
def _counter(rows, what):
    """`progress.counter` for the rows; what overflows meanwhile, `_check_finite` finds."""
    with (np.errstate(over="ignore", invalid="ignore"),
          progress.counter(len(rows.x), what) as on_block):
        yield on_block


def _check_finite(values, rows, what="log p(x)"):
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise NonFiniteBoundError(
            f"row {bad[0]} of {rows.name}{more}: {what} is infinite or NaN. "
            f"{kind_of(rows.model).model.__name__} has diverged, or was not made for such data")


def _header(args, rows):
    """The header of a .csv with the data's own columns: theirs, where they came with one."""
    if args.data and args.data.lower().endswith(".csv"):
        return header_of(args.data).rstrip("\r\n")
    return ""
