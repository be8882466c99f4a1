"""Two exercises of lecture 7, the scale of a weight prior and the noise of a batch: what is right,
and the mistakes that each is known for.
"""
import numpy as np


def one_for_all(things):
    """Finds an answer that is one number in each case, where each of the things has its own."""
    def explain(trial, part):
        if all(np.ptp(y) <= 1e-9 * np.abs(y).max() and y.any() for y in trial.yours[part]):
            return "one-for-all", f"{trial.words(part)} is the same for all {things}."
        return None
    return explain


# -- the scale of the prior --------------------------------------------------------------------

def scales(data_size, batch, variance):
    """λ for the mean over the batch, the sum over it, and the whole data set: (3, K)."""
    whole = 1 / (2 * variance)
    return np.array([whole / data_size, whole * batch / data_size, whole])


def _powers(name, *powers):
    """Each of the three with another power of one argument, and twice that."""
    return [lambda power=power, factor=factor, **case: factor * scales(**case) * case[name]**power
            for factor in (1.0, 2.0) for power in powers]


def _ratios(*powers):
    """Each of the three times a power of N/M, and twice that."""
    return [lambda power=power, factor=factor, **case: factor * scales(**case)
            * (case["data_size"] / case["batch"])**power
            for factor in (1.0, 2.0) for power in powers]


def _instead(number, *parts):
    """The λ of another program, and twice that, for these."""
    return [lambda factor=factor, **case: dict.fromkeys(parts, factor * scales(**case)[number])
            for factor in (1.0, 2.0)]


PRIOR_SAYS = {
    "half": "has another factor than ½, or none",
    "same": "is that of the mean over the batch, and this program has another loss",
    "as-sum": "is that of the sum over the batch, and this program has another loss",
    "unscaled": "is that of the whole data set, and this program has another loss",
    "batch": "has the size of the batch where that of the data set should be, or the reverse",
    "inverse": "has another power of N/M than the right one",
    "no-size": "has another power of the size of the data set than the right one",
    "batch-again": "has another power of the size of the batch than the right one",
    "variance": "has another dependence on the variance than the right one"}
PRIOR_OWN = {
    "half": [lambda factor=factor, **case: factor * scales(**case) for factor in (2.0, 0.5, 4.0)],
    "same": _instead(0, "sum", "whole"), "as-sum": _instead(1, "mean", "whole"),
    "unscaled": _instead(2, "mean", "sum"),
    "batch": _ratios(1), "inverse": _ratios(2, -1),
    "no-size": _powers("data_size", 1, 2, 0.5, -1.0),
    "batch-again": _powers("batch", 1, 2, -1.0, -2.0),
    "variance": _powers("variance", 1, 2, -1.0, 0.5, 3, 1.5) + [
        lambda **case: scales(**case) * case["variance"] * np.exp(-case["variance"])]}


# -- the noise of a batch ----------------------------------------------------------------------

def more_draws(between, within, examples, draws):
    """The variance of the mean slope of `examples` images with `draws` draws each: (P,)."""
    return (between + within / draws) / examples


def more_images(between, within, examples, draws):
    """The same for `examples` × `draws` images with one draw each."""
    return (between + within) / (examples * draws)


def _draws(function):
    return lambda **case: {"draws": function(**case)}


def _images(function):
    return lambda **case: {"images": function(**case)}


def _one_draw(between, within, examples, draws):
    return (between + within) / examples


NOISE_SAYS = {
    "one-draw": "is that of the batch with one draw for each image",
    "all-divided": "has both variances divided by the number of draws",
    "all-of-draws": "is the variance with more draws again",
    "swapped-variances": "has the two variances in each other's place",
    "within-alone": "has `within` divided by the number of draws and not of images",
    "between-kept": "has `between` divided by too small a number, or by none",
    "no-between": "lacks `between`", "no-within": "lacks `within`",
    "draws-twice": "divides `within` by the number of draws once too often",
    "not-divided": "is not divided by the number of images",
    "draws-times": "multiplies `within` by the number of draws, or divides it by one less",
    "deviations": "has a root or a square where there should be none",
    "ratio": "is divided by the variance that one draw gives",
    "not-images": "is not the variance of a mean over all the images of that batch"}
NOISE_OWN = {
    "one-draw": [_draws(_one_draw)],
    "all-divided": [_draws(more_images)], "all-of-draws": [_images(more_draws)],
    "swapped-variances": [_draws(lambda between, within, examples, draws: (
        within + between / draws) / examples)],
    "within-alone": [
        _draws(lambda between, within, examples, draws: between / examples + within / draws),
        _images(lambda between, within, examples, draws: (between / examples + within) / draws),
        _images(lambda between, within, examples, draws: (
            between / (examples * draws) + within / draws)),
        _images(lambda between, within, examples, draws: between / examples + within / draws)],
    "between-kept": [
        lambda between, within, examples, draws: dict.fromkeys(
            ("draws", "images"), between + within / (examples * draws)),
        _images(lambda between, within, examples, draws: (
            between / examples + within / (examples * draws)))],
    "no-between": [
        lambda between, within, examples, draws, number=number: dict.fromkeys(
            ("draws", "images"), within / number(examples, draws))
        for number in (lambda m, k: m * k, lambda m, k: k, lambda m, k: m, lambda m, k: 1)],
    "no-within": [
        lambda between, within, examples, draws, number=number: dict.fromkeys(
            ("draws", "images"), between / number(examples, draws))
        for number in (lambda m, k: m * k, lambda m, k: k, lambda m, k: m, lambda m, k: 1)],
    "draws-twice": [
        _draws(lambda between, within, examples, draws: (
            between + within / draws**2) / examples),
        _images(lambda between, within, examples, draws: (
            between + within / draws) / (examples * draws))],
    "not-divided": [
        lambda power=power, **case: {
            "draws": more_draws(**case) * case["examples"]**power,
            "images": more_images(**case) * (case["examples"] * case["draws"])**power}
        for power in (1, 2)],
    "draws-times": [
        _draws(lambda between, within, examples, draws: (between + within * draws) / examples),
        _draws(lambda between, within, examples, draws: (
            between + within / max(draws - 1, 1)) / examples)],
    "deviations": [
        function for power in (2.0, 0.5) for function in (
            _draws(lambda between, within, examples, draws, power=power: (
                between**power + within**power / draws) / examples),
            _draws(lambda between, within, examples, draws, power=power: (
                between**power + (within / draws)**power) / examples),
            _images(lambda between, within, examples, draws, power=power: (
                between**power + within**power) / (examples * draws)),
            _draws(lambda power=power, **case: more_draws(**case) * case["examples"]**(1 - power)),
            _images(lambda power=power, **case: more_images(**case)
                    * (case["examples"] * case["draws"])**(1 - power)))] + [
        _draws(lambda between, within, examples, draws: (
            between + within / draws**0.5) / examples),
        _draws(lambda between, within, examples, draws: (
            between**0.5 + (within / draws)**0.5)**2 / examples),
        _images(lambda between, within, examples, draws: (
            between**0.5 + within**0.5)**2 / (examples * draws))],
    "ratio": [lambda between, within, examples, draws: {
        "draws": (between + within / draws) / (between + within),
        "images": np.full_like(between, 1 / draws)}],
    "not-images": [
        _images(lambda between, within, examples, draws, number=number: (
            between + within) / number(examples, draws))
        for number in (lambda m, k: m, lambda m, k: k, lambda m, k: m + k, lambda m, k: 1,
                       lambda m, k: m * k - 1)] + [
        _images(lambda between, within, examples, draws: between + within / draws),
        _images(lambda between, within, examples, draws: (
            between / (examples * draws) + within / examples))]}
