"""The pages on notation and of words name only what is there: code, labels, lectures."""
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import vae_np
from vae_np.models import BernoulliMixture

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "lectures" / "site"
NOTATION = (SITE / "notation.md").read_text(encoding="utf-8")
GLOSSARY = (SITE / "glossary.md").read_text(encoding="utf-8")
LABELS = set(re.findall(r"^\| `([a-z0-9-]+)` \|",
                        (ROOT / "lectures" / "equations.md").read_text(encoding="utf-8"), re.M))
PARAMETERS = {"encoder.hidden0.W", "encoder.hidden0.b", "decoder.mean.W", "data.train"}
MODULES = [name for _, name, _ in pkgutil.walk_packages(vae_np.__path__, "vae_np.")
           if not name.startswith(("vae_np.course", "vae_np.data."))]


def _named(text):
    """The library's names in a text, such as `objectives.estimator_a`: {name: is it there?}."""
    found = {}
    for name in re.findall(r"`(\w+(?:\.\w+)+)(?:\(.*?\))?`", text):
        first, *rest = name.split(".")
        starts = [importlib.import_module(module) for module in MODULES
                  if module.endswith(f".{first}")]
        starts += [getattr(vae_np, first)] if hasattr(vae_np, first) else []
        if starts and name not in PARAMETERS:
            found[name] = any(_has(start, rest) for start in starts)
    return found


def _has(value, parts):
    for part in parts:
        value = getattr(value, part, None)
    return value is not None


@pytest.mark.parametrize("text", [NOTATION, GLOSSARY], ids=["notation", "glossary"])
def test_the_library_has_every_name(text):
    found = _named(text)
    assert len(found) > 2 and [name for name, there in found.items() if not there] == []


@pytest.mark.parametrize("text", [NOTATION, GLOSSARY], ids=["notation", "glossary"])
def test_labels_and_links_lead_somewhere(text):
    named = re.findall(r"\[([^\]]+)\]\(#([^)]+)\)", text)
    assert len(named) > 15
    assert [pair for pair in named if pair[0] != pair[1] or pair[1] not in LABELS] == []
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links and [link for link in links if not (SITE / link).exists()] == []


def test_arguments_and_axes_are_the_code_s():
    """The bare words of the tables stand in signatures of the library, or are options."""
    model = vae_np.VAE(5, 3, hidden=(4,), likelihood=("gaussian", 0.5))
    assert PARAMETERS - {"data.train"} <= set(model.params) and NOTATION.count("`data.train`")
    assert set(inspect.signature(vae_np.VAE.elbo).parameters) >= {"x", "eps", "kl_weight"}
    assert {"samples"} <= set(inspect.signature(vae_np.VAE.noise).parameters)
    assert {"num_samples"} <= set(inspect.signature(vae_np.log_likelihood).parameters)
    linear = vae_np.VAE(5, 3, hidden=(), likelihood=("gaussian", 0.5))
    assert linear.params["decoder.mean.W"].shape == (3, 5)  # (Z, D)
    assert "mixing.logits" in BernoulliMixture(5, 3).params


def test_the_glossary_is_in_order_and_says_each_in_a_few_sentences():
    body = re.search(r"^:::\{glossary\}\n(.*?)^:::$", GLOSSARY, re.S | re.M).group(1)
    entries = re.findall(r"^(\S.*)\n((?:    .*\n)+)", body, re.M)
    terms = [term.strip("*") for term, _ in entries]
    assert 80 <= len(terms) <= 110 and len(set(terms)) == len(terms)
    assert terms == sorted(terms, key=str.casefold)
    for term, said in entries:
        sentences = re.findall(r"[.!?](?=\s|$)", re.sub(r"\$.*?\$|et al\.", "", said))
        assert 1 <= len(sentences) <= 4, term
