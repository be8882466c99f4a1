"""Every picture that applies to a run, in its folder, and samples in a file."""
from functools import partial
from pathlib import Path

import numpy as np

from ..averages import latent_use
from ..catalogue import ENCODER, LABELS, LATENTS, SAMPLES, kind_of
from ..runs.checkpoints import make_folder
from . import style
from .curves import learning_curve
from .images import interpolation, prior_samples, reconstructions, samples_2d
from .labels import analogies, styles
from .latent import kl_per_dimension, latent_scatter, manifold

MANY = 1000          # test examples that a run's scatter and KL chart look at
MAX_BYTES = 300_000  # of a run's picture: it may be committed beside the code


def save_run_figures(model, data, metrics, folder, rng, tell=None, dpi=style.DPI):
    """Every picture that applies to a trained model, as PNG files in `folder`; returns the paths.

    data: a Dataset; its test examples are shown as they are, so binarise them first if the model
    was trained on binary data. metrics: the rows of metrics.jsonl. tell(sentence) is called once
    for each picture that does not apply, with the reason. dpi: dots per inch. Each file is written
    whole or not at all, at most 300 kB.
    """
    x, shape, limits = data.test[:MANY], data.image_shape, style.grey_limits(data.test)
    labels = None if data.test_labels is None else data.test_labels[:MANY]
    # Neighbours in a film look alike: show examples from all over the set, and far pairs.
    has = kind_of(model).has
    seen = model.rows(x, labels) if LABELS in has else x
    few = seen[np.linspace(0, len(x) - 1, min(10, len(x))).astype(int)]
    told = {"labels": model.labels_of(few)} if LABELS in has else {}
    half = len(few) // 2
    pairs = np.stack([few[:half], few[half:2 * half]], axis=1).reshape(2 * half, few.shape[1])
    no_encoder = ENCODER not in has and "the model has no q(z|x)"
    no_sample = SAMPLES not in has and "the model has no density to draw from"
    no_prior = LATENTS not in has and "no one p(z) draws all that the decoder takes"
    no_normal = (not no_prior and not model.prior.has_normal_base
                 and "p(z) is neither N(0, I) nor a flow of it")
    no_image = not shape and "the data are not images"
    no_line = LABELS in has and "each of two digits has a label of its own: see analogies.png"
    activity, kl = (None, None) if no_encoder else latent_use(model, seen)
    plan = {  # name: (size, why it does not apply if it does not, how to draw it on an Axes)
        "learning_curve": (style.WIDE, not metrics and "no epoch is recorded",
                           partial(learning_curve, metrics)),
        "reconstructions": (style.SQUARE, no_image or no_encoder,
                            partial(reconstructions, model, few, rng, shape, limits=limits,
                                    **told)),
        "prior_samples": (style.SQUARE, no_image or no_sample,
                          partial(prior_samples, model, rng, shape, limits=limits)),
        "interpolation": (style.SQUARE, no_image or no_encoder or no_line or half < 1
                          and "it takes two test examples",
                          partial(interpolation, model, pairs, shape, limits=limits)),
        "manifold": (style.SQUARE, no_image or no_prior or no_normal
                     or model.z_dim != 2 and "z_dim is not 2",
                     partial(manifold, model, shape, limits=limits)),
        "latent_scatter": (style.SQUARE, no_encoder or model.z_dim < 2 and "z_dim is 1",
                           partial(latent_scatter, model, seen, labels)),
        "kl_per_dimension": (style.WIDE, no_encoder or kl is None
                             and "KL(q || prior) has no closed form",
                             partial(kl_per_dimension, kl, activity)),
        "samples_2d": (style.WIDE, no_sample or x.shape[1] != 2 and "the data do not lie in a "
                       "plane",
                       partial(samples_2d, model, x, rng)),
    }
    if LABELS in has:
        plan |= {"styles": (style.SQUARE, no_image, partial(styles, model, rng, shape,
                                                            limits=limits)),
                 "analogies": (style.SQUARE, no_image or no_encoder,
                               partial(analogies, model, few, shape, limits=limits))}
    folder = Path(folder)
    make_folder(folder)
    paths = []
    for name, (size, why_not, draw) in plan.items():
        if not why_not:
            paths.append(folder / f"{name}.png")
            _save(paths[-1], draw, size, panels=2 if name == "samples_2d" else 1,
                  max_bytes=MAX_BYTES, dpi=dpi)
        elif tell is not None:
            tell(f"left out {name}.png: {why_not}")
    return paths


def save_samples(model, data, n, path, rng, dpi=style.DPI, **asked):
    """n draws of the model as one PNG: images with their means, or points beside the data. dpi:
    dots per inch. asked: labels, for a model that takes them.

    Raises ValueError for data that are neither images nor points in the plane.
    """
    if data.image_shape:
        _save(path, partial(prior_samples, model, rng, data.image_shape, n=n,
                            limits=style.grey_limits(data.test), **asked), style.SQUARE, dpi=dpi)
    elif data.test.shape[1] == 2:
        _save(path, partial(samples_2d, model, data.test, rng, n=n, **asked), style.WIDE, panels=2,
              dpi=dpi)
    else:
        raise ValueError(f"rows of {data.test.shape[1]} numbers are neither images nor points in "
                         "the plane: save the draws as .npy instead of .png")


def _save(path, draw, size, panels=1, max_bytes=np.inf, dpi=style.DPI):
    """Draw on a new figure, which pyplot does not know and no window shows, and save it."""
    with style.house():
        figure = style.Figure(figsize=size, layout="constrained")
        draw(figure.subplots(1, panels))
        style.whole_pixels(figure, dpi)
    style.save_png(figure, path, max_bytes, dpi)
