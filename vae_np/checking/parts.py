"""The parts that models are made of, as checks of their gradients: `library` adds these to its
table. Layers and networks in their parameters, likelihoods in their heads, priors in z, posteriors
in the encoder's outputs and the noise.
"""
import numpy as np

from .. import labels, layers
from ..models import words
from ..models.words import POSTERIORS, PRIORS
from ..observed import Observed
from ..params import Layout, Params
from ..posteriors import DiagonalGaussian
from ..priors import StandardNormal
from .objectives import LIKELIHOODS, D, L, N, Z


def layer_checks():
    """Layers, in their parameters and in inputs with two leading axes."""
    rng = np.random.default_rng(11)
    built = [("layers.Linear", layers.Linear("net", D, Z), D)]
    built += [(f"layers.MLP[{name}]", layers.MLP("net", (D, 4, Z), name), D)
              for name in layers.Activation.table]
    for name, layer, width in built:
        linears = layer.layers if isinstance(layer, layers.MLP) else [layer]
        layout = Layout({k: s for linear in linears for k, s in linear.shapes().items()})
        inputs = {k: rng.standard_normal(s) for k, s in layout.shapes.items()}
        yield (name, *_params_check(
            layout, lambda params, x, layer=layer: layer.forward(params, x),
            lambda params, cache, d, grads, layer=layer:
                {"x": layer.backward(params, cache, d, grads)},
            {"x": rng.standard_normal((L, N, width)), **inputs}), ())


def labelled_checks():
    """A network that is told labels: one for each x, several for each, none."""
    rng = np.random.default_rng(13)
    told = {"each": (N, D), "several": (D, 1, D), "none": None}
    for hidden in ((4,), ()):
        net = labels.LabelledMLP("net", Z, hidden, {"mean": D, "logvar": 6}, "tanh", classes=D)
        layout = Layout(net.shapes())
        for name, shape in told.items():
            y = None if shape is None else np.eye(D)[rng.integers(D, size=shape[:-1])]
            inputs = {k: rng.standard_normal(s) for k, s in layout.shapes.items()}
            weights = rng.standard_normal(6)

            def run(params, x, net=net, y=y, weights=weights):
                heads, cache = net.forward(params, x if y is None else (x, y))
                return heads["mean"] + (heads["logvar"] @ weights)[..., None], cache

            def back(params, cache, d, grads, net=net, weights=weights):
                d_logvar = d.sum(axis=-1, keepdims=True) * weights
                return {"x": net.backward(params, cache, {"mean": d, "logvar": d_logvar}, grads)}

            yield (f"labels.LabelledMLP[{len(hidden)} hidden, {name}]", *_params_check(
                layout, run, back, {"x": rng.standard_normal((N, Z)), **inputs}), ())


def _params_check(layout, run, run_backward, inputs):
    """forward and backward in the gradcheck's form for a function of params and other inputs."""
    def split(inputs):
        # Complex numbers pass through: the checker may take a complex step.
        dtype = np.result_type(np.float64, *(inputs[name].dtype for name in layout.shapes))
        params = Params.zeros(layout, dtype)
        for name in layout.shapes:
            params[name] = inputs[name]
        return params, {k: v for k, v in inputs.items() if k not in layout.shapes}

    def forward(**inputs):
        params, others = split(inputs)
        return run(params, **others)[0]

    def backward(d_out, **inputs):
        params, others = split(inputs)
        _, cache = run(params, **others)
        grads = params.zeros_like()
        return {**run_backward(params, cache, d_out, grads), **grads}

    return forward, backward, inputs


def object_checks():
    """Likelihoods in their heads; the posterior's sample, its log-density and its KL."""
    rng = np.random.default_rng(2)
    for likelihood in LIKELIHOODS:
        x = rng.random((N, D))
        heads = {head: rng.standard_normal((L, N, D)) for head in likelihood.heads(D)}
        yield (f"likelihoods.{type(likelihood).__name__}",
               lambda likelihood=likelihood, x=x, **heads: likelihood.log_prob(x, heads),
               lambda d, likelihood=likelihood, x=x, **heads:
                   likelihood.log_prob_backward(d, x, heads), heads, ())
        there = rng.random((N, D)) < 0.6
        seen = Observed(likelihood, there)
        yield (f"observed.Observed[{likelihood.spec}]",
               lambda seen=seen, x=x, **heads: seen.log_prob(x, heads),
               lambda d, seen=seen, x=x, **heads: seen.log_prob_backward(d, x, heads), heads, ())
        of_mean = {head: heads[head] for head in likelihood.mean_backward(0.0, heads)}
        yield (f"likelihoods.{type(likelihood).__name__}.mean",
               lambda likelihood=likelihood, **heads: likelihood.mean(heads),
               lambda d, likelihood=likelihood, **heads: likelihood.mean_backward(d, heads),
               of_mean, ())
    eps = rng.standard_normal((L, N, Z))
    encoded = {head: rng.standard_normal((N, Z)) for head in DiagonalGaussian.heads(Z)}
    d_z = rng.standard_normal((L, N, Z))

    def sample(**encoded):
        return _both(*DiagonalGaussian(**encoded).sample(eps)[:2], d_z)

    def sample_backward(d, **encoded):
        return DiagonalGaussian(**encoded).backward(eps, d[..., None] * d_z, d)

    normal = StandardNormal(Z)
    yield "posteriors.DiagonalGaussian.sample", sample, sample_backward, encoded, ()
    yield ("posteriors.DiagonalGaussian.kl",
           lambda **encoded: DiagonalGaussian(**encoded).kl(normal),
           lambda d, **encoded: DiagonalGaussian(**encoded).kl_backward(d, normal), encoded, ())
    z = rng.standard_normal((L, N, Z))
    yield ("posteriors.DiagonalGaussian.log_prob",
           lambda **encoded: DiagonalGaussian(**encoded).log_prob(z),
           lambda d, **encoded: DiagonalGaussian(**encoded).log_prob_backward(d, z), encoded, ())
    for name in PRIORS:
        yield from _prior_checks(words.prior(PRIORS[name].example, Z), z, rng)
    for name in POSTERIORS:
        yield from _posterior_checks(words.posterior(POSTERIORS[name].example, Z), eps, d_z, rng)


def _prior_checks(prior, z, rng):
    """log p(z), in z, in the prior's own parameters, and in an encoder's that it stands on."""
    encoder = layers.MLPWithHeads("encoder", D, (4,), DiagonalGaussian.heads(Z), "tanh")
    prior.stand_on(encoder, words.posterior("gaussian", Z), unit_interval=True)
    layout = Layout({**prior.shapes(), **(encoder.shapes() if prior.has_encoder else {})})
    own = {name: rng.standard_normal(shape) for name, shape in layout.shapes.items()}
    yield (f"priors.{type(prior).__name__}", *_params_check(
        layout, prior.log_prob,
        lambda params, cache, d, grads: {"z": prior.backward(params, cache, d, grads)},
        {"z": z, **own}), ())


def _posterior_checks(kind, eps, d_z, rng):
    """A sample and its log-density, in the encoder's heads, the kind's own parameters and the
    noise.
    """
    layout = Layout(kind.shapes())
    own = {name: rng.standard_normal(shape) for name, shape in layout.shapes.items()}
    heads = {head: rng.standard_normal((N, width)) for head, width in kind.heads().items()}

    def run(params, eps, **heads):
        q = kind.of(params, heads)
        z, log_q, cache = q.sample(eps)
        return _both(z, log_q, d_z), (q, cache)

    def run_backward(params, cache, d, grads):
        (q, cache), d_out = cache, d[..., None] * d_z
        return {"eps": q.noise_backward(cache, d_out, d), **q.backward(cache, d_out, d, grads)}

    yield (f"posteriors.{type(kind).__name__}",
           *_params_check(layout, run, run_backward, {"eps": eps, **heads, **own}), ())

    # The slope of log q in z, brought back to the noise, is that of log q in the noise.
    params = Params.zeros(layout, np.float64)
    for name in layout.shapes:
        params[name] = own[name]
    q = kind.of(params, heads)
    try:
        q.path_backward(q.sample(eps)[2], np.ones((L, N)))
    except ValueError:
        return  # not at hand, and it says so

    def along_the_path(d, eps):
        cache = q.sample(eps)[2]
        return {"eps": q.noise_backward(cache, q.path_backward(cache, d), np.zeros_like(d))}

    yield (f"posteriors.{type(kind).__name__}.path", lambda eps: q.sample(eps)[1], along_the_path,
           {"eps": eps}, ())


def _both(z, log_q, d_z):
    """log q plus a weighted sum of z: a number that depends on both outputs."""
    return log_q + np.sum(d_z * z, axis=-1)
