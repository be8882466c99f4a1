"""Every gradient of the library, found and checked: `python -m vae_np gradcheck`.

Pairs are found by their names: each `f` with an `f_backward` beside it. Their inputs follow from
the names of their arguments, since a name carries one meaning everywhere (`logits`, `mean`, ...).
A pair whose arguments are not known here is a failure, so nothing goes unchecked.

The batch is 5, and no two widths are equal: then a transposed or wrongly summed gradient has a
wrong shape or a wrong value, never a lucky one.
"""
import inspect

import numpy as np

from .. import activations, distributions, labels, layers, objectives
from ..backend import namespace
from ..hierarchy import gaussians
from ..models import adversarial
from .checker import gradcheck
from .models import model_checks
from .objectives import D, L, N, Z
from .parts import labelled_checks, layer_checks, object_checks
from .report import GradcheckError

SHAPES = {"a": (N, D), "x": (N, D), "labels": (N,), "logits": (L, N, D), "mean": (N, Z),
          "logvar": (N, Z), "eps": (L, N, Z), "z": (L, N, Z), "kl": (N,), "bound": (N,),
          "log_px_given_z": (L, N), "log_pz": (L, N), "log_qz": (L, N), "log_weights": (L, N),
          "mean_p": (L, N, Z), "logvar_p": (L, N, Z), "mean_t": (L, N, Z), "logvar_t": (L, N, Z),
          "mean_l": (N, Z), "logvar_l": (N, Z), "bounds": (L, N, D), "real": (N,), "fake": (N,),
          "target": (N, D), "features": (L, N, D)}
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
    yield from layer_checks()
    yield from labelled_checks()
    yield from object_checks()
    yield from model_checks()


def find_pairs():
    """Yields (name, f, f_backward) for each pair of functions in the mathematics. A function that
    stands beside a prior or a posterior in its file is checked through that object.
    """
    for module in (activations, distributions, layers, labels, objectives, gaussians, adversarial):
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

    return lambda **inputs: _one(forward(**inputs, **options)), by_name, inputs, constants


def _one(output):
    """A function's output as one array: several of one shape are stacked, and so is their d_out.
    """
    return namespace(output[0]).stack(output) if isinstance(output, tuple) else output
