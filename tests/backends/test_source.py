"""The library asks for nothing that CuPy lacks, and all that it asks for has run on the double."""
import ast

import numpy as np
import pytest
from read_source import all_faults, faults, is_module, may_be_on_a_device, sources
from record_cupy_names import read

import vae_np as vn
from vae_np import evaluation
from vae_np.hierarchy import INFERENCES
from vae_np.inference import hmc, partition
from vae_np.models import DBN, RBM, BernoulliMixture, FullVB, GaussianMixture, HierarchicalVAE
from vae_np.models.words import POSTERIORS, PRIORS
from vae_np.params import Params

RECORD = read()


def test_the_source_asks_for_nothing_that_cupy_lacks():
    assert {"models/vae", "inference/ais", "training/trainer"} <= {
        name for name in sources() if may_be_on_a_device(name)}
    assert all_faults(RECORD) == []


def test_cupy_is_imported_in_one_file():
    importers = {name for name, tree in sources().items() for node in ast.walk(tree)
                 if isinstance(node, ast.Import | ast.ImportFrom) and "cupy" in ast.dump(node)}
    assert importers == {"backend"}


@pytest.mark.parametrize("line", [
    "xp.logaddexp3(a)", "xp.random.normal(3)", "xp.errstate", "xp.linalg.norm(a)", "f = xp.expp",
    "xp.sum(a, initial=0)", "xp.sum(a, where=m)", "xp.exp(a, where=m)", "xp.exp(x=a)",
    "xp.maximum(a)", "xp.full_like(a)", "xp.clip(a)", "xp.broadcast_to(a, (2,), subok=True)",
    "namespace(a).logaddexp3(a)", "backend.namespace(a).sum(a, where=m)", "cupy.ones()",
    "a.sum(where=m)", "a.astype(t, device='cpu')", "a.mean(0, None, None, False, True)",
    "a.ctypes", "a.setflags(write=False)", "(a + b).max(initial=0)", "module = namespace(a)"])
def test_what_cupy_lacks_is_found(line):
    assert len(list(faults(ast.parse(line), RECORD))) == 1


@pytest.mark.parametrize("line", [
    "xp.sum(a, axis=0, dtype='float64', keepdims=True)", "xp.exp(a, out=b)", "xp.maximum(a, 0)",
    "xp.asarray(a)", "a.astype(t, copy=False)", "a.reshape(-1, 2)", "a.T", "xp = namespace(a)",
    "np.sum(a, where=m)", "np.ctypeslib", "rng.normal(size=3)", "xp.float32", "a.sum(axis=-1)"])
def test_what_cupy_has_is_passed(line):
    assert list(faults(ast.parse(line), RECORD)) == []


def test_all_that_the_source_asks_for_has_run_on_the_double(pair, x, cupy, traffic,
                                                            pair_checks):
    """Otherwise the double's verdict would be about other functions than the library's."""
    cupy.used.clear()
    for likelihood in ("bernoulli", ("gaussian", 0.3)):
        _, device = pair(likelihood=likelihood, activation="relu")
        vn.fit(device, x, epochs=1, test=x)
        evaluation.evaluate(device, x, rng=np.random.default_rng(0), num_samples=3)
        device.log_joint_and_grad(x, np.zeros((7, 2), np.float32))
        z = cupy.zeros((7, 2), dtype="float32")
        hmc.sample(lambda z, model=device: model.log_joint_and_grad(x, z), z,
                   hmc.StepSizes(7), np.random.default_rng(0), num_samples=1, warmup=1)
    for part, words in (("prior", PRIORS), ("posterior", POSTERIORS)):
        for word in words.values():
            _, device = pair(**{part: word.example})
            vn.fit(device, x, epochs=2, estimator="A")
            device.sample_prior(np.random.default_rng(0), 3)
            device.posterior(cupy.asarray(x)).mean
    for inference in INFERENCES:
        layered = HierarchicalVAE(6, (3, 2), (4,), inference=inference).to("cuda")
        vn.fit(layered, x, epochs=2, test=x)
        evaluation.evaluate(layered, x, rng=np.random.default_rng(0), num_samples=3)
        layered.sample(2, np.random.default_rng(0))
    for cls in (BernoulliMixture, GaussianMixture):
        mixture = cls(6, 3).to("cuda")
        vn.fit(mixture, x, epochs=2, batch_size=7, test=x, pseudo_count=0.5)
        mixture.params["mixing.logits"][0] = -99.0
        assert mixture.revive(x, mixture.e_step(x))
        assert mixture.sample(3, np.random.default_rng(0)).shape == (3, 6)
        evaluation.impute(mixture, x, rng=np.random.default_rng(0), draws=1)  # rows with gaps
    mixture.log_prob_and_grad(x)
    for estimator in "AB":
        bayesian = FullVB(6, 2, (5,)).to("cuda")
        vn.fit(bayesian, x, epochs=1, test=x, estimator=estimator)
        evaluation.evaluate(bayesian, x, rng=np.random.default_rng(0), num_samples=3)
        evaluation.weight_uncertainty(bayesian, x, np.random.default_rng(0), samples=2)
        bayesian.sample(2, np.random.default_rng(0))
    dbn = DBN(6, (5, 4)).to("cuda")
    vn.fit(dbn, x, epochs=2, test=x, persistent_chains=2, centre=True)
    partition.log_partition(dbn, partition.base_rates(dbn, x), rng=np.random.default_rng(0),
                            num_temperatures=2, num_chains=2)
    dbn.top.log_partition_exact_and_grad()
    RBM(6, 5).to("cuda").log_weights_unnormalised(x, (2,))
    assert type(Params.zeros(device.params.layout, xp=cupy).vector) is cupy.ndarray
    for forward, backward, inputs in pair_checks.values():
        inputs = {name: cupy.asarray(value) for name, value in inputs.items()}
        backward(cupy.ones_like(forward(**inputs)), **inputs)
    asked = {node.attr for tree in sources().values() for node in ast.walk(tree)
             if isinstance(node, ast.Attribute) and is_module(node.value)}
    assert asked - cupy.used == {"cuda"}  # recording: see test_recording.py
