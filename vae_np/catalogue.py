"""Every kind of model, one row each: what it is called, how it is trained, how it is measured.

What the command line offers, what `load` can make, how `fit` trains and `evaluate` measures, which
pictures a run gets, and what the tests go through, all follow from this table. A kind is looked up
along a class's ancestors, so that a student's `class Mine(vn.VAE)` is trained and measured as a
VAE is. To add a model: one file in `models`, and one row here.
The page lectures/site/add_a_model.md does it step by step.
"""
import difflib
import sys
from collections.abc import Callable
from typing import NamedTuple

from .hierarchy import INFERENCES
from .inference.measures import (ANNEALING, EXACT, GIVEN_LABEL, IMPORTANCE, PARTITION, STATED,
                                 SUMMED_LABELS, Measure)
from .models import (DBN, RBM, VAE, VAEGAN, Autoencoder, BernoulliMixture, ConditionalVAE,
                     FrozenDecoderVAE, FullVB, GaussianMixture, HierarchicalVAE, LearnedPriorVAE,
                     MixturePriorVAE, MonteCarloEM, SemiSupervisedVAE, WakeSleep)
from .models.base import Model, named
from .models.full_vb import WEIGHTS
from .training.autoencoder import AutoencoderTrainer
from .training.contrastive import ContrastiveTrainer
from .training.em import EMTrainer, GaussianEMTrainer
from .training.frozen_decoder import FrozenDecoderTrainer
from .training.full_vb import FullVBTrainer
from .training.learned_prior import LearnedPriorTrainer
from .training.mcem import MonteCarloEMTrainer
from .training.semi_supervised import SemiSupervisedTrainer
from .training.settings import RUN, Setting, Settings
from .training.vae import VAETrainer
from .training.vae_gan import VAEGANTrainer
from .training.values import Choice, Number, Whole
from .training.wake_sleep import WakeSleepTrainer

# What a kind has, for pictures and evaluation, and the methods and names that each promises.
ENCODER = "encoder"  # q(z|x): a bound, active units, reconstructions
LATENTS = "latents"  # z ~ p(z), whose draws the decoder takes, every one of them
SAMPLES = "samples"  # draws x ~ p(x)
LAYERS = "layers"    # z has several layers, side by side in one array
LABELS = "labels"    # rows of x and a label: `rows` makes them, and `decode` is told one
CLASSIFIER = "classifier"  # q(y|x): a guess at the label, and rows whose label is hidden
PROMISES = {
    ENCODER: ("posterior", "sample_posterior", "decode", "noise", "elbo", "log_weights",
              "default_estimator", "check_estimator", "prior", "z_dim", "base", "from_base"),
    LATENTS: ("sample_prior", "decode", "z_dim", "prior", "from_base"),
    SAMPLES: ("sample", "sample_mean", "latent_symbol"),
    LAYERS: ("z_dims", "kl_per_layer"),
    LABELS: ("labels", "labels_of", "data_of", "sample_prior", "decode", "z_dim"),
    CLASSIFIER: ("predict", "class_log_probs", "without_labels")}
VAE_LIKE = (ENCODER, LATENTS, SAMPLES)


class Kind(NamedTuple):
    """A row of the table.

    model: its class. option: what --model calls it; None where the command line does not train
    it. summary: its line in the help. trainer: the class that trains it; None where it is put
    together from models that are trained. measure: how log p(x) is measured; None where there is
    no likelihood. has: which of PROMISES' parts it has. small: arguments of a small model of the
    kind, for tests and checks. arguments: those of its constructor that no other kind has, as rows
    for the command line.
    """

    model: type[Model]
    option: str | None
    summary: str
    trainer: Callable | None
    measure: Measure | None
    has: tuple
    small: dict
    arguments: tuple = ()


NETWORKS = {"z_dim": 2, "hidden": (5,)}
COMPONENTS = Setting("components", Whole(1), 100, "of a mixture (default {default})", "the model")
INIT_STD = Setting("init_std", Number("a number, 0 or more", lambda v: v >= 0), 0.01,
                   "rbm and dbn: the standard deviation of the first weights (default {default})",
                   "the model")
WEIGHTS_WITH_A_POSTERIOR = Setting(
    "weights", Choice(WEIGHTS), "decoder", "full-vb: which weights have a posterior: decoder, the "
    "paper's θ, or all (default {default})", "the model")
INFERENCE = Setting(
    "inference", Choice(INFERENCES), "bottom-up", "hierarchical: how the layers are inferred. "
    "bottom-up: q(z1|x) q(z2|z1); top-down: q(z2|x) q(z1|x,z2); ladder: top-down, with p(z1|z2) "
    "merged into q (default {default})", "the model")
FEATURE_LAYER = Setting(
    "feature_layer", Whole(0), 1, "vae-gan: the hidden layer of the discriminator in whose "
    "outputs x and its reconstruction are compared (default {default}); 0 is the pixels",
    "the model")
FEATURE_VARIANCE = Setting(
    "feature_variance", Number("a positive number", lambda v: v > 0), 0.1, "vae-gan: τ², by how "
    "much features may differ (default {default}); smaller is more faithful, and costs more KL",
    "the model")
KINDS = (
    Kind(VAE, "vae", "the bound is climbed in all parameters at once",
         VAETrainer, IMPORTANCE, VAE_LIKE, NETWORKS),
    Kind(ConditionalVAE, "conditional", "a VAE of x given its label, as --condition labels",
         VAETrainer, GIVEN_LABEL, (ENCODER, SAMPLES, LABELS), NETWORKS),
    Kind(SemiSupervisedVAE, "semi-supervised", "a VAE with labels that most examples hide (M2)",
         SemiSupervisedTrainer, SUMMED_LABELS, (ENCODER, SAMPLES, LABELS, CLASSIFIER),
         NETWORKS),
    Kind(FullVB, "full-vb", "its weights have a posterior too",
         FullVBTrainer, IMPORTANCE, VAE_LIKE, NETWORKS, (WEIGHTS_WITH_A_POSTERIOR,)),
    Kind(WakeSleep, "wake-sleep", "a rival on the same networks",
         WakeSleepTrainer, IMPORTANCE, VAE_LIKE, NETWORKS),
    Kind(HierarchicalVAE, "hierarchical", "two or more layers of latent variables",
         VAETrainer, IMPORTANCE, (*VAE_LIKE, LAYERS), {"z_dim": (4, 2), "hidden": (3,)},
         (INFERENCE,)),
    Kind(VAEGAN, "vae-gan", "a VAE whose decoder answers to a discriminator, and climbs no bound",
         VAEGANTrainer, STATED, VAE_LIKE, NETWORKS,
         (FEATURE_LAYER, FEATURE_VARIANCE)),
    Kind(MonteCarloEM, "mcem", "Monte Carlo EM, a rival with the decoder alone",
         MonteCarloEMTrainer, ANNEALING, (LATENTS, SAMPLES), NETWORKS),
    Kind(Autoencoder, "autoencoder", "a code without a density, whose reconstruction "
         "log-likelihood is no likelihood (vae_np.runs.whitening gives it one)",
         AutoencoderTrainer, None, (), NETWORKS),
    Kind(FrozenDecoderVAE, None, "an encoder for an autoencoder's decoder",
         FrozenDecoderTrainer, IMPORTANCE, VAE_LIKE, NETWORKS),
    Kind(MixturePriorVAE, None, "the same with a mixture of Gaussians for p(z)",
         None, IMPORTANCE, VAE_LIKE, {**NETWORKS, "components": 3}),
    Kind(LearnedPriorVAE, None, "a trained VAE's networks with a prior that learns",
         LearnedPriorTrainer, IMPORTANCE, VAE_LIKE, {**NETWORKS, "prior": "coupling:2x3"}),
    Kind(BernoulliMixture, "mixture", "a mixture of factorised Bernoullis",
         EMTrainer, EXACT, (SAMPLES,), {"components": 3}, (COMPONENTS,)),
    Kind(GaussianMixture, "gaussian-mixture", "a mixture of diagonal Gaussians",
         GaussianEMTrainer, EXACT, (SAMPLES,), {"components": 3}, (COMPONENTS,)),
    Kind(RBM, "rbm", "a restricted Boltzmann machine",
         ContrastiveTrainer, PARTITION, (SAMPLES,), {"hidden": 4}, (INIT_STD,)),
    Kind(DBN, "dbn", "a deep belief network: an RBM on top of directed layers",
         ContrastiveTrainer, PARTITION, (SAMPLES,), {"hidden": (4, 3)}, (INIT_STD,)),
)


def kind_of(model):
    """The row of a model, or of a class of models: its class's, or its nearest ancestor's.

    Raises ValueError where there is none.
    """
    cls = model if isinstance(model, type) else type(model)
    rows = {kind.model: kind for kind in KINDS}
    for ancestor in cls.__mro__:
        if ancestor in rows:
            return rows[ancestor]
    raise ValueError(f"{named(cls)} is no kind of model that vae_np knows: derive it from one "
                     f"of {', '.join(kind.model.__name__ for kind in KINDS)}, or give it a row in "
                     "catalogue.KINDS")


def options():
    """{what --model calls it: its row}."""
    return {kind.option: kind for kind in KINDS if kind.option}


def own_arguments():
    """{name: [(Setting, the options of the kinds that have it), ...]}: the rows' arguments."""
    return _by_name((kind, row) for kind in KINDS for row in kind.arguments)


def find_class(name, module=None):
    """The class of models of that name: one of the table, or a class derived from one, if it
    exists in this process. module: where it was defined; None is vae_np itself.

    Raises ValueError, which says how to come by the class, where it is not here.
    """
    known = {kind.model.__name__: kind.model for kind in KINDS}
    if module is None and isinstance(name, str) and name in known:
        return known[name]
    derived = {cls for cls in _descendants(known.values()) if cls.__name__ == name}
    same = {cls for cls in derived if cls.__module__ == module}
    if same or module not in (None, "__main__"):  # a script's classes are elsewhere when imported
        derived = same
    in_use = {cls for cls in derived if _stands_in_its_module(cls)}  # a notebook keeps old ones
    for found in (in_use, derived):
        if len(found) == 1:
            return found.pop()
    how = "define it" if module in (None, "__main__") else f"import it from {module}"
    raise ValueError(f"its model is a {name}, which this release does not know. If it is a class "
                     f"of your own, {how} first, or use vn.load(path, model={name})")


def _stands_in_its_module(cls):
    module = sys.modules.get(cls.__module__)
    return module is not None and vars(module).get(cls.__name__) is cls


def _descendants(classes):
    for cls in classes:
        yield cls
        yield from _descendants(cls.__subclasses__())


def home_of(cls):
    """The module that `find_class` needs to find a class again; None for the table's own."""
    return None if any(cls is kind.model for kind in KINDS) else cls.__module__


# -- settings ----------------------------------------------------------------------------------

def settings():
    """{name: [(Setting, the options of the kinds that take it so), ...]}, over all trainers."""
    return {**{row.name: [(row, [])] for row in RUN},
            **_by_name((kind, row) for kind in KINDS if kind.trainer
                       for row in kind.trainer.settings)}


def _by_name(pairs):
    """{name: [(row, options of the kinds that take it so), ...]}: one entry for each default."""
    found = {}
    for kind, row in pairs:
        rows = found.setdefault(row.name, [])
        takers = next((takers for one, takers in rows if one.default == row.default), None)
        if takers is None:
            rows.append((row, takers := []))
        if kind.option:
            takers.append(kind.option)
    return found


def settings_for(model, given, train_size):
    """The Settings of a model on `train_size` examples: those that were given; for the rest
    what the model needs, else its trainer's defaults. `fit` and `vae-np train` both ask here.

    Raises ValueError for a setting that means nothing to this kind of model, unless it has its
    default value; TypeError for a setting that no kind has.
    """
    trainer = trainer_of(model)
    taken = {row.name for row in (*RUN, *trainer.settings)}
    needed = {name: value for name, value in model.training_defaults().items() if name in taken}
    if trainer.full_batch:
        needed["batch_size"] = train_size
    return Settings(trainer, **{**needed, **_taken(type(model), given)})


def known_settings(cls, given):
    """{setting: value} of a run of a class of models, what was given and the trainer's defaults.

    Refuses as `settings_for` does.
    """
    return Settings(trainer_of(cls), **_taken(cls, given)).as_dict()


def trainer_of(model):
    """The trainer of a model or a class of models. Raises ValueError where it has none."""
    trainer = kind_of(model).trainer
    if trainer is None:
        raise ValueError(f"{named(model)} is not trained: it is put together from models that are")
    return trainer


def _taken(cls, given):
    """Those of the given settings that the class's trainer takes; the others must have the value
    that changes nothing, or are refused.
    """
    taken, known = {row.name for row in (*RUN, *trainer_of(cls).settings)}, settings()
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise TypeError(f"there is no setting {name!r}"
                            f"{f': did you mean {near[0]}?' if near else ''}; vae-np train --help "
                            "explains them all")
        if name not in taken and not any(row.says_nothing(value) for row, _ in known[name]):
            raise ValueError(f"{name} means nothing to {named(cls)}: leave it at its default")
    return {name: value for name, value in given.items() if name in taken}
