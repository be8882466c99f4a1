"""What is measured of a model whose draws are to be judged, and of data in the place of draws.

Means of p(x|z) are compared with grey data, on both sides, for that is what such models decode.
Only log p(x) needs a distribution around the means, and it is stated: see `likelihood_of`.
"""
import numpy as np

from ..backend import to_host
from ..blocks import in_blocks
from ..datasets import load_dataset
from ..inference import ais, classifier, draws
from ..inference.measures import by_importance
from ..inference.observation import around_means
from ..runs import load
from .ruler import ruler_images

BERNOULLI = "Bernoulli of the decoder's means, test images binarised once"
GAUSSIAN = "Gaussian around the decoder's means, one variance fitted to the training images"
CHAINS, TEMPERATURES = 10, 200  # of annealing


def measure(model_path, judge, data, images, samples, annealed, count, epochs, seed):
    """{measure: number, or [number, its standard error], "summary"} of a trained model.

    judge: path of the VAE-GAN in whose features x and its reconstruction are compared. images:
    test images of log p(x), with `samples` importance samples each; `annealed` of them by
    annealing as well. count: draws, and test images beside them, at most. epochs: of the
    classifiers.
    """
    model, images_of, rng = load(model_path), load_dataset(data), np.random.default_rng(seed)
    test = images_of.test[:count]
    found = {**likelihood_of(model, data, images_of, images, samples, annealed, rng),
             **_reconstruction(model, load(judge), test, images_of.image_shape, rng),
             **_like_data(model.sample_mean(len(test), rng), images_of, test, epochs, seed)}
    return {**found, "summary": f"sharpness {found['sharpness'][0]:.4f}, told from data "
                                f"{100 * found['told'][0]:.0f} %"}


def measure_data(model_path, data, count, epochs, seed):
    """The same of training images in the place of draws: what a model that is right would have."""
    images_of, rng = load_dataset(data), np.random.default_rng(seed)
    test = images_of.test[:count]
    chosen = rng.permutation(len(images_of.train))[:len(test)]
    return {**_like_data(images_of.train[chosen], images_of, test, epochs, seed, chosen),
            "summary": "training images in the place of draws"}


def likelihood_of(model, data, images_of, images, samples, annealed, rng):
    """log p(x) of test images under a stated p(x|z), by importance sampling and by annealing.

    Digits: p(x|z) is Bernoulli with the decoder's means, and the images are the ruler's, 0 and 1.
    Other pictures stay grey, and p(x|z) is a Gaussian around the means, whose one variance is
    fitted to the training images.
    """
    digits = data.partition(":")[0] in ("mnist", "mnist5k")
    if digits:
        stated, x = model, ruler_images(data, images)
    else:
        stated, x = around_means(model, images_of.train, rng), images_of.test[:images]
    one = by_importance(stated, x, rng=rng, num_samples=samples)
    few = ais.log_likelihood(stated, x[:annealed], rng=rng, num_chains=CHAINS,
                             num_temperatures=TEMPERATURES)
    spread = draws.mean_of(one.log_px)
    return {"observation": BERNOULLI if digits else GAUSSIAN,
            **({} if digits else {"sigma": stated.likelihood.sigma2 ** 0.5}),
            "log_px": [*spread], "log_px_mc_stderr": one.mean_stderr,
            "ess_median": float(np.median(one.ess)), "n_log_px": len(x), "samples": samples,
            "importance_on_annealed": [*draws.mean_of(one.log_px[:annealed])],
            "annealed": [*draws.mean_of(few.log_px)], "annealed_mc_stderr": few.mean_stderr,
            "n_annealed": annealed}


def _reconstruction(model, judge, x, shape, rng):
    """How x and what is decoded from z ~ q(z|x) differ: in pixels, in the judge's features."""
    rebuilt = in_blocks(lambda x: model.decode(model.sample_posterior(x, rng)[0]), x, 500)
    pixels = np.square(x.astype(float) - rebuilt).sum(axis=1)
    features = [to_host(judge.features(y)).astype(float) for y in (x, rebuilt)]
    return {"pixel_error": [*draws.mean_of(pixels)],
            "feature_error": [*draws.mean_of(np.square(features[0] - features[1]).sum(axis=1))],
            "rebuilt_sharpness": [*draws.mean_of(draws.sharpness(rebuilt, shape))]}


def _like_data(made, images_of, test, epochs, seed, chosen=None):
    """What draws have in common with test images. chosen: where they are rows of the training set,
    which; they are not their own neighbours then.
    """
    made, train = to_host(made), images_of.train
    others = train if chosen is None else np.delete(train, chosen, axis=0)
    width = draws.median_distance(train)
    told = classifier.two_sample_test(test, made, np.random.default_rng([seed, 1]), epochs=epochs)
    nearest, _ = draws.nearest(made, others)
    of_test, _ = draws.nearest(test, others)
    return {"n": len(made), "told": [told.accuracy, told.stderr],
            "mmd": [*draws.mmd(test, made, width)], "mmd_width": width,
            "sharpness": [*draws.mean_of(draws.sharpness(made, images_of.image_shape))],
            "test_sharpness": [*draws.mean_of(draws.sharpness(test, images_of.image_shape))],
            "nearest": [*draws.mean_of(nearest)], "nearest_of_test": [*draws.mean_of(of_test)],
            **_classes(made, images_of, epochs, seed)}


def _classes(made, images_of, epochs, seed):
    """Which digits draws show, said by a classifier that learnt from the training images."""
    if images_of.train_labels is None:
        return {}
    model = classifier.fit(images_of.train, images_of.train_labels,
                           np.random.default_rng([seed, 2]), epochs=epochs)
    shown = classifier.classes_shown(model.probabilities(made))
    right = model.probabilities(images_of.test).argmax(axis=1) == images_of.test_labels
    return {"classes": [round(float(share), 4) for share in shown.shares],
            "class_entropy": shown.entropy, "kl_to_uniform": shown.kl_to_uniform,
            "doubt": shown.doubt, "classifier_accuracy": float(right.mean())}
