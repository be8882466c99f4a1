"""Models of labels, held against what is known exactly: one label at a time each is a plain VAE, a
linear-Gaussian one has a formula, and a sum over labels is an enumeration.
"""
import math

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp, softmax

import vae_np as vn
from vae_np import evaluation, labels
from vae_np.arrays import ArrayError
from vae_np.catalogue import kind_of, settings_for
from vae_np.checking.models import checks_of
from vae_np.inference import ais
from vae_np.models import ConditionalVAE, SemiSupervisedVAE
from vae_np.training.semi_supervised import SemiSupervisedTrainer

N, D, Z, C = 6, 5, 3, 4
RNG = np.random.default_rng(0)
X = RNG.random((N, D))
Y = np.array([0, 3, 1, 1, 2, 0])
EPS = RNG.standard_normal((2, N, Z))
both = pytest.mark.parametrize("cls", [ConditionalVAE, SemiSupervisedVAE])
NETWORKS = pytest.mark.parametrize("hidden", [(), (4,), (6, 4)], ids=str)


def make(cls, hidden=(4,), **arguments):
    """A model with random parameters, far from 0."""
    model = cls(D, Z, hidden, labels=C, dtype="float64", **arguments)
    model.params.vector[...] = 0.7 * np.random.default_rng(1).standard_normal(
        len(model.params.vector))
    return model


def all_bounds(model, x, eps, estimator="B"):
    """−L(x, y) for every label, by plain VAEs, one for each: (N, C)."""
    return np.stack([model.given(y).elbo(x, eps, estimator) for y in range(model.labels)],
                    axis=1) - math.log(model.labels)


# -- rows ---------------------------------------------------------------------------------------

@both
def test_rows_carry_x_and_the_label_and_binarising_leaves_it(cls):
    model = make(cls)
    rows = model.rows(X, Y)
    assert rows.shape == (N, D + C) and rows.dtype == model.dtype
    np.testing.assert_array_equal(model.data_of(rows), X)
    np.testing.assert_array_equal(model.labels_of(rows), Y)
    for drawn in (vn.binarize(rows, np.random.default_rng(2)), vn.datasets.threshold(rows)):
        np.testing.assert_array_equal(model.labels_of(drawn), Y)
    np.testing.assert_array_equal(model.rows(rows), rows)  # made before


WRONG = {
    "12 in 0 to 3": ([0, 1, 12, 3, 0, 1], "must lie between 0 and 3.* one of them is 12"),
    "-2": ([0, 1, -2, 3, 0, 1], "must lie between 0 and 3.* one of them is -2"),
    "floats": ([0.5, 1, 2, 3, 0, 1], "must be whole numbers"),
    "NaN": ([np.nan, 1, 2, 3, 0, 1], "must be whole numbers"),
    "words": (["a"] * N, "real numbers are needed"),
    "another length": ([0, 1, 2], r"has shape \(3,\); 6 examples need \(6,\)"),
    "one-hot": (np.eye(N), r"has shape \(6, 6\); 6 examples need \(6,\)")}


@both
@pytest.mark.parametrize("wrong, said", WRONG.values(), ids=WRONG)
def test_wrong_labels_are_refused_in_one_sentence(cls, wrong, said):
    for refuse in (lambda: make(cls).rows(X, wrong),
                   lambda: vn.fit(make(cls), X, labels=wrong, epochs=1)):
        with pytest.raises(ArrayError, match=said) as caught:
            refuse()
        assert "\n" not in str(caught.value)


def test_missing_labels_are_refused_where_they_are_needed():
    model = make(ConditionalVAE)
    with pytest.raises(ArrayError, match="x has no labels, and this model needs one for each"):
        vn.fit(model, X, epochs=1)
    with pytest.raises(ArrayError, match="row 2 of x has no label"):
        model.check_data(labels.join(X, np.array([0, 1, -1, 2, 3, 0]), C))
    with pytest.raises(ArrayError, match="must lie between 0 and 3"):
        model.rows(X, [0, 1, -1, 2, 3, 0])
    with pytest.raises(ArrayError, match="are no labels: each row needs a 1"):
        model.check_data(np.hstack([X, np.full((N, C), 0.25)]))
    with pytest.raises(ArrayError, match=r"takes rows of 5 numbers and a label, \(N, 9\)"):
        model.check_data(X)
    with pytest.raises(ValueError, match="needs the labels of some examples"):
        vn.fit(make(SemiSupervisedVAE), X, epochs=1)
    with pytest.raises(ValueError, match="a VAE takes no labels"):
        vn.fit(vn.VAE(D, Z), X, labels=Y, epochs=1)


# -- given the label ----------------------------------------------------------------------------

@NETWORKS
def test_given_its_label_it_is_a_plain_vae(hidden):
    """The label's share in the biases. What it says of a batch of many labels is what ten plain
    VAEs say of their own rows.
    """
    model = make(ConditionalVAE, hidden)
    rows = model.rows(X, Y)
    for y in range(C):
        mine, vae = Y == y, model.given(y)
        for estimator in ("A", "B", "IW"):
            np.testing.assert_allclose(model.elbo(rows, EPS, estimator)[mine],
                                       vae.elbo(X[mine], EPS[:, mine], estimator), rtol=1e-13)
        np.testing.assert_allclose(model.log_weights(rows, EPS)[:, mine],
                                   vae.log_weights(X[mine], EPS[:, mine]), rtol=1e-12)
        np.testing.assert_allclose(model.decode(EPS[0], y), vae.decode(EPS[0]), rtol=1e-13)
        np.testing.assert_allclose(model.sample_mean(3, np.random.default_rng(5), y),
                                   vae.sample_mean(3, np.random.default_rng(5)), rtol=1e-13)


@NETWORKS
def test_labels_that_say_nothing_leave_the_plain_vae_bit_for_bit(hidden):
    """The label's weights 0 in encoder and decoder: value and gradient, under every estimator."""
    model, vae = make(ConditionalVAE, hidden), vn.VAE(D, Z, hidden, dtype="float64")
    for name in model.params:
        if name.endswith(".V"):
            model.params[name] = 0.0
        else:
            vae.params[name] = model.params[name]
    rows = model.rows(X, Y)
    for estimator in ("A", "B", "IW"):
        value, grads = model.elbo_and_grad(rows, EPS, estimator)
        plain, plain_grads = vae.elbo_and_grad(X, EPS, estimator)
        assert value == plain
        for name in vae.params:
            np.testing.assert_array_equal(grads[name], plain_grads[name])
    np.testing.assert_array_equal(model.log_weights(rows, EPS), vae.log_weights(X, EPS))


def test_both_networks_see_the_label():
    """Another label at the same x moves q; another label at the same z moves p(x|z, y)."""
    model = make(ConditionalVAE)
    here, there = (model.posterior(model.rows(X, np.full(N, y))).mean for y in (0, 1))
    assert (here != there).all()
    assert (model.decode(EPS[0], 0) != model.decode(EPS[0], 1)).all()
    with pytest.raises(ValueError, match="takes a label beside z: give labels"):
        model.decode(EPS[0])


@pytest.fixture
def linear_gaussian(orthogonal):
    """linear_gaussian(cls) → (a linear-Gaussian model of labels, the LinearGaussian of each one):
    x = z W + b + V_y + σ · noise, with the exact posterior of each label in the encoder.
    """
    exact, b, W = orthogonal.model.params, orthogonal.b, orthogonal.W
    V = np.random.default_rng(3).standard_normal((C, D))
    known = [type(orthogonal)(W, b + v, orthogonal.sigma2) for v in V]

    def make_exact(cls):
        model = cls(D, Z, (), likelihood=("gaussian", orthogonal.sigma2), labels=C,
                    dtype="float64")
        model.params.vector[...] = 0.0
        for name in ("encoder.mean.W", "encoder.logvar.b", "decoder.mean.W"):
            model.params[name] = exact[name]
        model.params["decoder.mean.b"], model.params["decoder.mean.V"] = b, V
        model.params["encoder.mean.b"] = -b @ exact["encoder.mean.W"]
        model.params["encoder.mean.V"] = -V @ exact["encoder.mean.W"]
        return model, known

    return make_exact


def test_a_linear_gaussian_model_has_an_exact_log_p_of_x_given_y(linear_gaussian):
    """Each log-weight is log p(x|y), and so is the bound; what `evaluate` finds beside it is
    log p(x) of the mixture over labels.
    """
    model, known = linear_gaussian(ConditionalVAE)
    x = np.random.default_rng(4).standard_normal((N, D))
    exact = np.stack([one.log_px(x) for one in known], axis=1)
    rows = model.rows(x, Y)
    mine = exact[np.arange(N), Y]
    np.testing.assert_allclose(model.log_weights(rows, EPS), np.stack([mine, mine]), rtol=1e-12)
    np.testing.assert_allclose(model.elbo(rows, EPS, "A"), mine, rtol=1e-12)
    result = evaluation.evaluate(model, rows, rng=np.random.default_rng(0), num_samples=8)
    assert result["given"] == "label"
    assert result["nll"] == pytest.approx(-mine.mean(), rel=1e-12)
    assert result["nll_any_label"] == pytest.approx(
        -(logsumexp(exact, axis=1) - math.log(C)).mean(), rel=1e-12)
    assert result["nll_any_label_mc_stderr"] < 1e-6


def test_chains_over_z_are_given_the_label_too(linear_gaussian):
    """Annealed importance sampling from N(0, I), without the encoder, finds log p(x|y) as well."""
    model, known = linear_gaussian(ConditionalVAE)
    x = np.random.default_rng(4).standard_normal((N, D))
    exact = np.stack([one.log_px(x) for one in known], axis=1)[np.arange(N), Y]
    found = ais.log_likelihood(model, model.rows(x, Y), rng=np.random.default_rng(1),
                               num_chains=8, num_temperatures=100)
    assert (np.abs(found.log_px - exact) < 6 * found.mc_stderr + 1e-3).all()
    assert found.mc_stderr.max() < 0.3


def test_its_networks_are_no_plain_vae_s():
    with pytest.raises(ValueError, match="has no place for the labels that the networks of a Con"):
        vn.models.LearnedPriorVAE(D, Z, (4,)).start_from(make(ConditionalVAE))
    with pytest.raises(ValueError, match="the prior 'vamp:2' stands on the encoder"):
        make(ConditionalVAE, prior="vamp:2").given(1)


# -- the label hidden ---------------------------------------------------------------------------

@NETWORKS
def test_the_bound_without_a_label_is_the_sum_over_all_of_them(hidden):
    """By enumeration: C plain VAEs, and q(y|x) by scipy's softmax."""
    model = make(SemiSupervisedVAE, hidden)
    for estimator in ("A", "B", "IW"):
        bounds = all_bounds(model, X, EPS, estimator)
        logits = model._logits(X)[0]
        q, log_q = softmax(logits, axis=1), log_softmax(logits, axis=1)
        np.testing.assert_allclose(model.elbo(model.rows(X), EPS, estimator),
                                   np.sum(q * (bounds - log_q), axis=1), rtol=1e-12)
        np.testing.assert_allclose(model.class_log_probs(model.rows(X)), log_q, rtol=1e-12)
        seen = model.elbo(model.rows(X, Y), EPS, estimator)
        np.testing.assert_allclose(seen, bounds[np.arange(N), Y], rtol=1e-12)
    mixed = np.where(np.arange(N) % 2, Y, -1)  # labels seen and hidden in one batch
    np.testing.assert_array_equal(model.elbo(model.rows(X, mixed), EPS)[1::2],
                                  model.elbo(model.rows(X, Y), EPS)[1::2])
    np.testing.assert_array_equal(model.elbo(model.rows(X, mixed), EPS)[::2],
                                  model.elbo(model.rows(X), EPS)[::2])


def test_it_is_never_above_the_log_of_the_sum_and_touches_it_at_the_posterior():
    rng = np.random.default_rng(6)
    bounds, logits = 3.0 * rng.standard_normal((2, 200, 10))
    u, top = labels.unlabelled_bound(bounds, logits), logsumexp(bounds, axis=1)
    assert (u < top).all() and (u < top - 0.1).mean() > 0.9
    np.testing.assert_allclose(labels.unlabelled_bound(bounds, bounds - 4.0), top, rtol=1e-13)
    gap = np.sum(softmax(logits, axis=1) * (log_softmax(logits, axis=1)
                                            - log_softmax(bounds, axis=1)), axis=1)
    np.testing.assert_allclose(top - u, gap, rtol=1e-9)  # KL( q(y|x) ‖ softmax(−L) )


def test_at_the_exact_posteriors_the_bound_is_log_p_of_x(linear_gaussian):
    """A linear-Gaussian model with q(z|x, y) exact, and q(y|x) too: log p(y|x) is linear in x
    there, so the classifier can be it. log p(y) left out would be off by log C.
    """
    model, known = linear_gaussian(SemiSupervisedVAE)
    x = np.random.default_rng(4).standard_normal((N, D))
    exact = np.stack([one.log_px(x) for one in known], axis=1)
    log_px = logsumexp(exact, axis=1) - math.log(C)
    inverse, means = np.linalg.inv(known[0].covariance), np.stack([one.b for one in known])
    model.params["classifier.logits.W"] = inverse @ means.T
    model.params["classifier.logits.b"] = -0.5 * np.sum(means @ inverse * means, axis=1)
    hidden, seen = model.rows(x), model.rows(x, Y)
    np.testing.assert_allclose(model.elbo(hidden, EPS, "A"), log_px, rtol=1e-12)
    np.testing.assert_allclose(model.elbo(seen, EPS, "A"),
                               exact[np.arange(N), Y] - math.log(C), rtol=1e-12)
    np.testing.assert_allclose(np.exp(model.elbo(seen, EPS, "A") - log_px),
                               np.exp(model.log_qy(seen)), rtol=1e-11)  # Bayes' rule
    for rows in (hidden, seen):  # log p(x), whatever label stands there
        np.testing.assert_allclose(model.log_weights(rows, EPS), np.stack([log_px] * 2),
                                   rtol=1e-12)
        log_px_found, _ = vn.log_likelihood(model, rows, rng=np.random.default_rng(0),
                                            num_samples=3)
        np.testing.assert_allclose(log_px_found, log_px, rtol=1e-12)
    off = np.abs(model.elbo(hidden, EPS, "A") + math.log(C) - log_px)
    assert (off > 1.0).all()  # what a bound without log p(y) would say


def test_the_weights_are_summed_over_labels_by_hand():
    model = make(SemiSupervisedVAE, (6, 4))
    each = np.stack([model.given(y).log_weights(X, EPS) for y in range(C)])
    np.testing.assert_allclose(model.log_weights(model.rows(X, Y), EPS),
                               logsumexp(each, axis=0) - math.log(C), rtol=1e-12)


def test_a_density_of_x_y_and_z_has_log_p_of_y_in_it():
    """log p(x, y, z) integrates to log p(x, y): against the conditional model's, off by log C."""
    model, conditional = make(SemiSupervisedVAE), make(ConditionalVAE)
    for name in conditional.params:
        conditional.params[name] = model.params[name]
    rows = model.rows(X, Y)
    np.testing.assert_allclose(model.log_joint(rows, EPS),
                               conditional.log_joint(rows, EPS) - math.log(C), rtol=1e-13)


# -- everything else ----------------------------------------------------------------------------

@pytest.mark.parametrize("cls, parts", [
    (ConditionalVAE, {"prior": "vamp:2"}), (SemiSupervisedVAE, {"prior": "vamp:2"}),
    (SemiSupervisedVAE, {"posterior": "iaf:1x4"})], ids=str)
def test_other_priors_and_posteriors_go_with_labels(cls, parts):
    kind = kind_of(cls)._replace(small={"z_dim": 2, "hidden": (3,), "labels": 3, **parts})
    checked = [vn.gradcheck(*check) for name, *check in checks_of(kind)
               if name.endswith(".elbo_and_grad[A]")]
    assert [report.ok for report in checked] == [True]


@pytest.mark.parametrize("gradient", ["stl", "dreg"])
def test_path_gradients_have_the_expectation_of_the_standard_one(gradient, averages_to):
    """800 draws of ε, K = 2 under IW for dreg: a wrong share of a label would show."""
    model, rng = make(SemiSupervisedVAE), np.random.default_rng(8)
    rows = model.rows(X, np.where(Y > 0, Y, -1))
    how = ("A", 1) if gradient == "stl" else ("IW", 2)
    draws = []
    for _ in range(800):
        eps = model.noise(rng, N, how[1])
        pair = [model.elbo_and_grad(rows, eps, how[0], gradient=g)[1].vector
                for g in ("standard", gradient)]
        draws.append(pair[1] - pair[0])
    averages_to(np.array(draws), 0.0, sees=1.0)


def test_which_examples_show_their_label_is_the_seed_s_and_balanced():
    labels_ = np.arange(60) % 3
    model = SemiSupervisedVAE(D, 2, (3,), labels=3)
    rows = model.rows(np.random.default_rng(0).random((60, D)), labels_)

    def shown(seed, count=7):
        loop = settings_for(model, {"labelled": count}, 60).make_loop(
            model, rows, None, np.random.default_rng(seed))
        return loop.trainer.shown

    assert np.bincount(labels_[shown(0)]).tolist() == [3, 2, 2]
    np.testing.assert_array_equal(shown(0), shown(0))
    assert (shown(0) != shown(1)).any()
    with pytest.raises(ValueError, match="labelled = 61 takes 21 examples of class 0, and the "
                                         "training data have 20"):
        shown(0, 61)


def test_hidden_labels_change_nothing():
    """The labels that are not shown may be any: the run is the same, bit for bit."""
    runs = []
    for shift in (0, 1):
        model = SemiSupervisedVAE(D, 2, (3,), labels=3, rng=np.random.default_rng(1))
        x = np.random.default_rng(0).random((60, D)).astype(np.float32)
        y = np.full(60, -1)
        y[:9] = np.arange(9) % 3
        if shift:  # shown by index, as a run chooses them: the others get labels at random
            y[9:] = np.random.default_rng(9).integers(3, size=51)
        begin = SemiSupervisedTrainer.begin

        def first_nine(self, train, binarization, seed):
            begin(self, train, binarization, seed)
            self._show(np.arange(9))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SemiSupervisedTrainer, "begin", first_nine)
            vn.fit(model, x, labels=y, epochs=3, batch_size=20, rng=np.random.default_rng(2))
        runs.append(model.params.vector.copy())
    np.testing.assert_array_equal(*runs)


def test_it_learns_a_label_from_few():
    """Two clusters, 6 labels of 150: the classifier is right on the others. (With alpha = 0 it
    finds the clusters too, and gives them each other's name.)
    """
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    x = (rng.random((200, 12)) < np.where(y[:, None] == np.arange(12) % 2, 0.9, 0.1)).astype(float)
    model = SemiSupervisedVAE(12, 1, (8,), labels=2, rng=np.random.default_rng(1))
    history = vn.fit(model, x[:150], labels=y[:150], test=x[150:], test_labels=y[150:],
                     epochs=30, labelled=6, alpha=5.0, lr=1e-2, batch_size=30,
                     rng=np.random.default_rng(2))
    assert history[-1]["test_accuracy"] > 0.95
    result = evaluation.evaluate(model, model.rows(x[150:], y[150:]), num_samples=5,
                                 rng=np.random.default_rng(0))
    assert result["accuracy"] == pytest.approx(history[-1]["test_accuracy"])
    unseen = evaluation.evaluate(model, model.rows(x[150:]), num_samples=5,
                                 rng=np.random.default_rng(0))
    assert "accuracy" not in unseen and unseen["nll"] == result["nll"]
