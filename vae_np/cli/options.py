"""The options of `train`, those that several commands share, and the types of options."""
import argparse

from .. import catalogue
from ..catalogue import LAYERS, settings
from ..layers import SCHEMES, Activation
from ..models.words import POSTERIORS, PRIORS
from ..runs import RunError
from ..training.values import Flag, lists_of_whole_numbers, whole_number, whole_numbers

GROUPS = ("the data", "the objective", "rbm, dbn and mixtures", "the optimiser")
LENGTH = ("epochs", "samples_seen")  # one or the other


def count(text, least=1):
    """A whole number of at least `least`; 1e7 is welcome."""
    return _reading(lambda text: whole_number(text, least))(text)


def count_or_zero(text):
    return count(text, least=0)


def at_least_two(text):
    return count(text, least=2)


def counts(text):
    """"200,200" → (200, 200); "" → (); "200,200;100" → ((200, 200), (100,))."""
    return _reading(lists_of_whole_numbers)(text)


def count_or_counts(text):
    """"20" → 20; "100,50" → (100, 50)."""
    return _reading(whole_numbers)(text) if "," in text else count(text)


def refuse_lists(model, given):
    """Raises RunError where the options hold widths by layer for a model without layers of
    latents. model: what --model calls it. given: {option: value}.
    """
    layered = [name for name, kind in catalogue.options().items() if LAYERS in kind.has]
    if model in layered:
        return
    if isinstance(given.get("z_dim"), tuple):
        raise RunError(f"--z-dim of --model {model} is one number, such as 20: several, one for "
                       f"each layer of latents, are for --model {' or '.join(layered)}")
    if any(isinstance(widths, tuple) for widths in given.get("hidden", ())):
        raise RunError(f"--hidden of --model {model} is one list, such as 200,200: several, with "
                       f"semicolons between them, are for --model {' or '.join(layered)}")


def path_name(text):
    """A path that has a name: an unset variable of the shell, "$OUT", would be the folder here."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name, as of a variable that is not set")
    return text


def _reading(read):
    """`read` for argparse: what it refuses becomes a one-line message of the command."""
    def reader(text):
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return reader


def add_run_options(parser):
    parser.add_argument("run", type=path_name, metavar="RUN",
                        help="a run folder, such as runs/first")
    parser.add_argument("--data", type=path_name, metavar="NAME|FILE",
                        help="data to take in place of the run's own: a file whole, or the test "
                             "set that an .npz has beside train; the run's own file, wherever it "
                             "lies now, with the run's own test set")
    parser.add_argument("--seed", type=count_or_zero, default=0,
                        help="of the noise: the same seed, the same result (default 0)")


def add_train_options(parser):
    """The options have no default here, since `commands.train` must know which ones the user gave.
    """
    groups = {}

    def option(group, *names, help, **kwargs):
        group.add_argument(*names, default=argparse.SUPPRESS, help=help, **kwargs)

    run = parser.add_argument_group("the run")
    run.add_argument("--out", type=path_name, required=True, metavar="DIR",
                     help="the run folder; one that holds a run already is refused")
    again = run.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true",
                       help="continue the run in DIR; no option need be repeated, and only "
                            "--epochs or --samples-seen may change: more of them make it longer "
                            "(a finished schedule is stretched, so its rate rises again)")
    again.add_argument("--overwrite", action="store_true", help="replace the run in DIR, as soon "
                       "as the new one has its first checkpoint")
    option(run, "--data", type=path_name, metavar="NAME|FILE",
           help="mnist5k (default: 5000 digits that come with vae-np), mnist, fashion-mnist, frey "
           "(downloaded), pinwheel, two-moons, eight-gaussians, spiral, checkerboard (points in "
           "the plane), or your own .npy, .npz or .csv; mnist:1000 has MNIST's first 1000 "
           "training digits, and mnist:50000+10000 tests on the 10 000 after the first 50 000, "
           "to choose settings by")
    option(run, "--seed", type=count_or_zero, help="of everything random in the run (default 0)")
    groups["the run"] = run
    length = run.add_mutually_exclusive_group()
    for name in LENGTH:
        _add_setting(length, name, settings()[name])
    option(run, "--device", choices=["cpu", "cuda"],
           help="where to compute (default cpu; cuda needs CuPy and a GPU)")

    model = parser.add_argument_group("the model")
    kinds = catalogue.options()
    option(model, "--model", choices=list(kinds), metavar="NAME",
           help="; ".join(f"{name}: {kind.summary}" for name, kind in kinds.items())
           + " (default vae)")
    option(model, "--condition", choices=["labels"],
           help="labels: p(x|y) of x given its label y, which encoder and decoder are told (the "
                "same as --model conditional)")
    option(model, "--z-dim", type=count_or_counts, metavar="Z",
           help="latent dimensions (default 20, which is enough for digits; 2 can be drawn as "
                "a map); of hierarchical 100,50: each layer's, from the data upward")
    option(model, "--hidden", type=counts, metavar="H,H",
           help='widths of the encoder\'s hidden layers, such as 500 (default, as in the paper) '
                'or 200,200; the decoder mirrors them; "" makes both linear. Of hierarchical '
                'those below each layer of latents, "200,200;100,100", or one list for every '
                'layer. Of an rbm or a dbn (500,2000) the layers upwards from the data')
    option(model, "--activation", choices=sorted(Activation.table),
           help="of hidden units (default tanh, as in the paper; relu trains faster and overfits "
                "sooner)")
    option(model, "--likelihood", metavar="P",
           help="p(x|z): bernoulli (default, for 0/1 pixels), gaussian (learned variance), "
                "gaussian-sigmoid (the same with means in (0, 1)), or gaussian:0.1 (variance "
                "fixed, here at 0.1: it cannot run off to 0, as a learned one can)")
    option(model, "--init", choices=SCHEMES,
           help="first weights: glorot (default) keeps the size of signals and gradients from "
                "layer to layer; paper is N(0, 0.01) with 0.01 as the standard deviation, "
                "paper-variance with 0.01 as the variance")
    option(model, "--dtype", choices=["float32", "float64"],
           help="of parameters and arithmetic (default float32: half the time; noise drowns the "
                "rounding)")

    for name, table, default in (("prior", PRIORS, "standard-normal"),
                                 ("posterior", POSTERIORS, "gaussian")):
        option(model, f"--{name}", metavar="NAME", help="; ".join(
            f"{word.written}: {word.summary}" for word in table.values())
            + f" (default {default})")
    for name, rows in catalogue.own_arguments().items():
        _add_setting(model, name, rows)

    for heading in GROUPS:
        groups[heading] = parser.add_argument_group(heading)
    for name, rows in settings().items():
        heading = rows[0][0].group
        if heading not in groups:
            groups[heading] = parser.add_argument_group(heading)
        if name not in LENGTH:
            _add_setting(groups[heading], name, rows)


def _add_setting(group, name, rows):
    """The option of one setting. rows: the ways in which kinds of models take it, each with the
    names of the kinds.
    """
    values = rows[0][0].values
    words = {"default": argparse.SUPPRESS, "help": _sentence(rows), "dest": name}
    option = f"--{name.replace('_', '-')}"
    if isinstance(values, Flag):
        group.add_argument(option, action=argparse.BooleanOptionalAction, **words)
    else:
        group.add_argument(option, choices=values.choices, metavar=values.metavar,
                           type=_reading(values.read), **words)


def _sentence(rows):
    """A setting's sentence with its default, and with those of the kinds that have another."""
    text = _text(rows[0][0].default)
    for row, kinds in rows[1:]:
        text += f", for {' and '.join(kinds)} {_text(row.default)}"
    return rows[0][0].help.replace("{default}", text.replace("%", "%%"))


def _text(value):
    return "" if value is None else "on" if value is True else str(value)
