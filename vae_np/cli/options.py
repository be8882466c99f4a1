"""The options of the command line that more than one line is needed for, and their types."""
import argparse

from ..datasets.binarization import MODES
from .commands import MODEL_NAMES
from ..layers import SCHEMES, Activation
from ..models.full_vb import WEIGHTS
from ..optim import OPTIMIZERS, SCHEDULES
from ..training.settings import Training
from ..training.trainer import WEIGHT_PRIORS


def count(text, least=1):
    """A whole number of at least `least`; 1e7 is welcome."""
    try:
        value = float(text)
        if least <= value < 1e15 and value == int(value):
            return int(value)
    except ValueError:
        pass  # the same sentence serves whatever is no such number
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")


def count_or_zero(text):
    return count(text, least=0)


def at_least_two(text):
    return count(text, least=2)


def counts(text):
    """"200,200" → (200, 200); "" → ()."""
    return tuple(count(part) for part in text.split(",")) if text.strip() else ()


def number(text):
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def add_run_options(parser):
    parser.add_argument("run", metavar="RUN", help="a run folder, such as runs/first")
    parser.add_argument("--data", metavar="NAME|FILE",
                        help="other data than the run's own, or its file where it lies now")
    parser.add_argument("--seed", type=count_or_zero, default=0,
                        help="of the noise: the same seed, the same result (default 0)")


def add_train_options(parser):
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
           "or .csv; mnist:1000 has MNIST's first 1000 training digits")
    option(run, "--seed", type=count_or_zero, help="of everything random in the run (default 0)")
    length = run.add_mutually_exclusive_group()
    option(length, "--epochs", type=number, metavar="E",
           help=f"passes over the training set (default {default.epochs})")
    option(length, "--samples-seen", type=count, metavar="N",
           help="stop after N training examples instead, such as 1e7: the paper's x axis")
    option(run, "--eval-every", type=count, metavar="E",
           help="epochs between lines of metrics.jsonl (default 1); has no effect on training")
    option(run, "--eval-at", type=counts, metavar="N,N",
           help="further lines, at these numbers of samples seen")
    option(run, "--device", choices=["cpu", "cuda"],
           help="where to compute (default cpu; cuda needs CuPy and a GPU)")

    model = parser.add_argument_group("the model")
    option(model, "--model", choices=list(MODEL_NAMES), metavar="NAME",
           help="vae (default: the bound is climbed in all parameters at once), full-vb (its "
                "weights have a posterior too), or a rival: wake-sleep on the same networks, "
                "mcem, Monte Carlo EM, with the decoder alone, autoencoder, mixture (of "
                "Bernoullis), gaussian-mixture, rbm, dbn")
    option(model, "--z-dim", type=count, metavar="Z",
           help="latent dimensions (default 20, which is enough for digits; 2 can be drawn as "
                "a map)")
    option(model, "--hidden", type=counts, metavar="H,H",
           help='widths of the encoder\'s hidden layers, such as 500 (default, as in the paper) '
                'or 200,200; the decoder mirrors them; "" makes both linear. Of an rbm or a dbn '
                '(500,2000) the layers upwards from the data')
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

    option(model, "--components", type=count, metavar="K",
           help="of a mixture (default 100)")
    option(model, "--weights", choices=WEIGHTS,
           help="full-vb: which weights have a posterior: decoder (default: the paper's θ) or all")
    option(model, "--init-std", type=number,
           help="rbm and dbn: the standard deviation of the first weights (default 0.01)")

    data = parser.add_argument_group("the data")
    option(data, "--binarize", choices=list(MODES),
           help="grey pixels to 0/1. dynamic: drawn afresh at every presentation (default for "
                "MNIST's family with a Bernoulli decoder: least overfitting). fixed: drawn once "
                "(there default for a mixture). "
                "threshold: at 0.5. none (default elsewhere): as they are; then a Bernoulli "
                "bound is a score, not a likelihood")

    objective = parser.add_argument_group("the objective")
    option(objective, "--estimator", choices=["A", "B"],
           help="of the bound: B (default) has the KL term in closed form, A samples it with "
                "more noise")
    option(objective, "--mc-samples", type=count, metavar="L",
           help="samples of z for each example (default 1: enough when the batch is 100, says "
                "the paper)")
    option(objective, "--weight-prior", choices=WEIGHT_PRIORS,
           help="the prior N(0, I) on which weights, as weight decay (default none: it changes "
                "little; the paper has all)")
    option(objective, "--kl-warmup", type=number, metavar="E",
           help="epochs in which the weight of the KL term climbs from 0 to 1 (default 0: off, "
                "since only weight 1 is the bound)")

    rivals = parser.add_argument_group("rbm, dbn and mixtures")
    option(rivals, "--gibbs-steps", type=count, metavar="K",
           help="steps of Gibbs sampling before each update (default 1)")
    option(rivals, "--persistent-chains", type=count_or_zero, metavar="N",
           help="chains that go on from update to update (for rbm and dbn 100; elsewhere default "
                "0). 0 is contrastive divergence: they start at the data each time")
    option(rivals, "--weight-decay", type=number,
           help="so much of W is taken off its gradient (default 0.0)")
    option(rivals, "--centre", action=argparse.BooleanOptionalAction,
           help="the centred gradient: steps in W do not undo what biases have learnt (for rbm "
                "and dbn on; elsewhere default False)")
    option(rivals, "--pseudo-count", type=number, metavar="N",
           help="each component is fitted as if it explained so many more, average examples (for "
                "mixtures 1; elsewhere default 0.0)")

    optimizer = parser.add_argument_group("the optimiser")
    option(optimizer, "--optimizer", choices=sorted(OPTIMIZERS),
           help="adam (default: needs the least tuning), adagrad (the paper's) or sgd")
    rates = ", ".join(f"{name} {lr:g}" for name, lr in Training.default_lr.items())
    option(optimizer, "--lr", type=number, help=f"the step size (default: {rates})")
    option(optimizer, "--batch-size", type=count, metavar="M",
           help="examples in a step (default 100, as in the paper; a mixture takes all)")
    option(optimizer, "--schedule", choices=sorted(SCHEDULES),
           help="of the rate: cosine (default) falls to 0 at the end, so that the noise of the "
                "last steps averages out; constant is the paper's, staged the IWAE paper's")
    option(optimizer, "--momentum", type=number, help="of sgd (default 0.9)")
    option(optimizer, "--gather", type=count_or_zero, metavar="STEPS",
           help="adagrad: first steps that only gather squared gradients (default 0; the "
                "author's later code has 10)")
    option(optimizer, "--beta1", type=number, help="of adam: memory of the gradient (default "
           "0.9)")
    option(optimizer, "--beta2", type=number, help="of adam: memory of its square (default "
           "0.999)")
    option(optimizer, "--adam-eps", type=number, help="of adam: keeps the division safe (default "
           "1e-8)")
    option(optimizer, "--no-output-bias", dest="output_bias", action="store_false",
           help="do not start the decoder's output at the data's mean, which saves the first "
                "epochs (off for --init paper)")
