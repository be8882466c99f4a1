"""Every gradient of the library, found and checked: `python -m vae_np gradcheck`.

Pairs are found by their names: each `f` with an `f_backward` beside it. Their inputs follow from
the names of their arguments, since a name carries one meaning everywhere (`logits`, `mean`, ...).
A pair whose arguments are not known here is a failure, so nothing goes unchecked.

The batch is 5, and no two widths are equal: then a transposed or wrongly summed gradient has a
wrong shape or a wrong value, never a lucky one.
"""
import inspect

import numpy as np

from .. import activations, distributions, layers, objectives
from ..models import adversarial, words
from ..models.words import POSTERIORS, PRIORS
from ..params import Layout, Params
from ..posteriors import DiagonalGaussian
from ..priors import StandardNormal
from .checker import gradcheck
from .models import LIKELIHOODS, D, L, N, Z, model_checks
from .report import GradcheckError

SHAPES = {"a": (N, D), "x": (N, D), "labels": (N,), "logits": (L, N, D), "mean": (N, Z),
          "logvar": (N, Z), "eps": (L, N, Z), "z": (L, N, Z), "kl": (N,), "bound": (N,),
          "log_px_given_z": (L, N), "log_pz": (L, N), "log_qz": (L, N), "log_weights": (L, N),
          "real": (N,), "fake": (N,), "target": (N, D), "features": (L, N, D)}
BELOW = {"labels": D}  # whole numbers, below so many classes
SPECIAL_SHAPES = {"gaussian_log_prob": {"mean": (L, N, D), "logvar": (N, D)}}  # these broadcast
CONSTANTS = {"bernoulli_log_prob": ("x",), "categorical_log_prob": ("labels",),
             "reparameterise": ("eps",), "feature_reconstruction": ("target",)}  # have no gradient


def check_all(containing=""):
    """The rows of every check whose name contains a text, each {"name", "input", "ok",
    "max_rel_error", "complex_step_error", "diagnosis", "message"}. An error without a number is
    None.
    """
    rows = []
    for name, forward, backward, inputs, skip in all_checks():
        if containing not in name:
            continue
        try:
            report = gradcheck(forward, backward, inputs, skip=skip)
        except GradcheckError as error:
            rows.append({"name": name, "input": "", "ok": False, "max_rel_error": None,
                         "complex_step_error": None, "diagnosis": "error", "message": str(error)})
            continue
        rows += [{"name": name, "input": row.name, "ok": bool(row.ok),
                  "max_rel_error": _finite_or_none(row.max_rel_error),
                  "complex_step_error": row.complex_step_error, "diagnosis": row.diagnosis,
                  "message": row.message} for row in report.rows]
    return rows


def table(rows):
    """The rows as text: one line a check, the worst of its inputs, and a summary."""
    checks = {}
    for row in rows:
        checks.setdefault(row["name"], []).append(row)
    width = max(map(len, checks))
    lines = [f"{'gradient of':{width}}  verdict  worst relative error  worst by complex step"]
    for name, group in checks.items():
        worst = max(group, key=_error)
        steps = [row["complex_step_error"] for row in group]
        step = f"{max(steps):.1e}" if None not in steps else "-"
        verdict = "ok" if all(row["ok"] for row in group) else "WRONG"
        lines.append(f"{name:{width}}  {verdict:7}  {_error(worst):<20.1e}  {step}")
        wrong = [row for row in group if not row["ok"]]
        lines += [f"    {row['input']}: {row['diagnosis']}: {row['message']}" for row in wrong
                  if row["diagnosis"] != "unknown"]
        vague = [row["input"] for row in wrong if row["diagnosis"] == "unknown"]
        lines += [f"    {', '.join(vague)}: wrong, no reason found"] if vague else []
    failed = [name for name, group in checks.items() if not all(row["ok"] for row in group)]
    right = len(checks) - len(failed)
    stepped = [row["complex_step_error"] for row in rows if row["complex_step_error"] is not None]
    lines.append(f"{right} of {len(checks)} gradients are right; worst relative error "
                 f"{max(map(_error, rows)):.1e} by differences, {max(stepped, default=0):.1e} by "
                 f"complex step ({len(stepped)} of {len(rows)} inputs are analytic as coded)")
    if failed:
        lines.append(f"{len(failed)} are WRONG. Start with {failed[0]}: pairs come first, "
                     "and a mistake in one shows in everything that is built on it")
    return "\n".join(lines)


def _finite_or_none(number):
    return float(number) if np.isfinite(number) else None


def _error(row):
    return float("inf") if row["max_rel_error"] is None else row["max_rel_error"]


def all_checks():
    """Yields (name, forward, backward, inputs, skip) for everything that has a gradient."""
    for name, forward, backward in find_pairs():
        yield (name, *pair_check(forward, backward))
    yield from _layer_checks()
    yield from _object_checks()
    yield from model_checks()


def find_pairs():
    """Yields (name, f, f_backward) for each pair of functions in the mathematics. A function that
    stands beside a prior or a posterior in its file is checked through that object.
    """
    for module in (activations, distributions, layers, objectives, adversarial):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or not name.endswith("_backward"):
                continue
            forward = getattr(module, name.removesuffix("_backward"))
            yield f"{module.__name__.rpartition('.')[2]}.{forward.__name__}", forward, function


def pair_check(forward, backward):
    """(forward, backward, inputs, skip) of a pair of functions, in `gradcheck`'s form.

    inputs: {name: an array of N(0, 1), of the shape that SHAPES has for the name; where BELOW has
    the name, of whole numbers}. The backward that it returns gives {name: gradient}. skip: the
    inputs that have no gradient. Raises KeyError for arguments without a shape.
    """
    rng = np.random.default_rng(0)
    shapes = {**SHAPES, **SPECIAL_SHAPES.get(forward.__name__, {})}
    constants = CONSTANTS.get(forward.__name__, ())
    names = [name for name in inspect.signature(forward).parameters if name != "kl_weight"]
    options = {"kl_weight": 0.7} if "kl_weight" in inspect.signature(forward).parameters else {}
    unknown = set(names) - set(shapes)
    if unknown:
        raise KeyError(f"{forward.__name__} takes {sorted(unknown)}, which "
                       "checking.library.SHAPES does not know: add a shape, so that the pair "
                       "is checked")
    inputs = {name: rng.integers(BELOW[name], size=shapes[name]) if name in BELOW
              else rng.standard_normal(shapes[name]) for name in names}
    differentiated = [name for name in names if name not in constants]

    def by_name(d_out, **inputs):
        gradients = backward(d_out, **inputs, **options)
        if isinstance(gradients, dict):
            return gradients
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        return dict(zip(differentiated, gradients, strict=True))

    return lambda **inputs: forward(**inputs, **options), by_name, inputs, constants


def _layer_checks():
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


def _object_checks():
    """Likelihoods in their heads; the posterior's sample, its log-density and its KL."""
    rng = np.random.default_rng(2)
    for likelihood in LIKELIHOODS:
        x = rng.random((N, D))
        heads = {head: rng.standard_normal((L, N, D)) for head in likelihood.heads(D)}
        yield (f"likelihoods.{type(likelihood).__name__}",
               lambda likelihood=likelihood, x=x, **heads: likelihood.log_prob(x, heads),
               lambda d, likelihood=likelihood, x=x, **heads:
                   likelihood.log_prob_backward(d, x, heads), heads, ())
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


def _both(z, log_q, d_z):
    """log q plus a weighted sum of z: a number that depends on both outputs."""
    return log_q + np.sum(d_z * z, axis=-1)
