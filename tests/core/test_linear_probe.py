"""The linear probe: its slope, its top where that is known, and its F1, counted by hand."""
import numpy as np
import pytest
import scipy.optimize

from vae_np import gradcheck, linear_probe
from vae_np.arrays import ArrayError
from vae_np.distributions import sigmoid


@pytest.fixture
def three(monkeypatch):
    """Codes and labels of three classes that overlap; five examples at a time."""
    monkeypatch.setattr(linear_probe, "ROWS", 5)
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=33)
    return rng.standard_normal((33, 4)) + 0.8 * np.eye(3, 4)[labels], labels


def test_the_objective_s_gradient(three):
    codes, labels = three

    def value(W, b):
        return linear_probe.objective_and_grad(W, b, codes, labels, 0.3)[0]

    def slope(d_out, W, b):
        d_W, d_b = linear_probe.objective_and_grad(W, b, codes, labels, 0.3)[1]
        return {"W": d_out * d_W, "b": d_out * d_b}

    rng = np.random.default_rng(1)
    gradcheck(value, slope, {"W": rng.standard_normal((4, 3)), "b": rng.standard_normal(3)}
              ).assert_ok()


def test_blocks_change_nothing(three, monkeypatch):
    rng = np.random.default_rng(2)
    arguments = rng.standard_normal((4, 3)), rng.standard_normal(3), *three, 0.3
    blocks = linear_probe.objective_and_grad(*arguments)
    monkeypatch.setattr(linear_probe, "ROWS", 100)
    whole = linear_probe.objective_and_grad(*arguments)
    np.testing.assert_allclose(blocks[0], whole[0], rtol=1e-13)
    for one, other in zip(blocks[1], whole[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("penalty", [1.0, 0.1, 1e-6])
def test_the_top_of_one_column_of_signs(penalty):
    """Where z is −1 or 1, and the class is z's sign in 3 of 4 examples, W is (−w, w) and b is 0 by
    symmetry. Then p(right) = sigmoid(2w), and the slope in w is 0 where ¾ − sigmoid(2w) = λw.
    Without λ that is 2w = log 3.
    """
    codes = np.repeat([[-1.0], [1.0]], 4, axis=0)
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    w = scipy.optimize.brentq(lambda w: 0.75 - sigmoid(np.array(2.0 * w)) - penalty * w, 0.0, 5.0)
    probe = linear_probe.fit(codes, labels, [penalty])
    np.testing.assert_allclose(probe.W, [[-w, w]], rtol=2e-4)
    np.testing.assert_allclose(probe.b, 0.0, atol=1e-5)
    assert penalty > 1e-6 or 2.0 * w == pytest.approx(np.log(3.0), rel=1e-4)


@pytest.mark.parametrize("dtype, constant", [("float32", 0.1), ("float64", 0.1),
                                             ("float64", 1e30)])
def test_of_constant_columns_it_reads_how_frequent_a_class_is(dtype, constant):
    """The mean of such numbers is rounded: what is left of them is rounding, and no column."""
    codes, labels = np.full((60, 3), constant, dtype), np.repeat([0, 1, 2], [10, 20, 30])
    probe = linear_probe.fit(codes, labels, [1e-3])
    np.testing.assert_array_equal(probe.W, 0.0)
    np.testing.assert_allclose(probe.b - probe.b[0], np.log([1.0, 2.0, 3.0]), atol=2e-4)
    assert set(probe.predict(codes)) == {2}


def test_a_constant_column_changes_nothing_beside_others(three):
    codes, labels = three
    wider = np.insert(codes, 2, 7.0, axis=1)
    probe, other = linear_probe.fit(codes, labels), linear_probe.fit(wider, labels)
    assert probe.penalty == other.penalty
    np.testing.assert_allclose(other.logits(wider), probe.logits(codes), atol=1e-3)


def test_every_step_from_the_top_leads_down(three):
    codes, labels = three
    probe = linear_probe.fit(codes, labels, [0.02])
    x = (codes - codes.mean(axis=0)) / codes.std(axis=0)
    top, slopes = linear_probe.objective_and_grad(probe.W, probe.b, x, labels, 0.02)
    assert max(np.abs(slope).max() for slope in slopes) <= 1e-5
    rng = np.random.default_rng(3)
    for _ in range(50):
        d_W, d_b = 0.05 * rng.standard_normal((4, 3)), 0.05 * rng.standard_normal(3)
        there, _ = linear_probe.objective_and_grad(probe.W + d_W, probe.b + d_b, x, labels, 0.02)
        assert there < top


def test_it_reads_the_same_from_codes_in_other_units(three):
    codes, labels = three
    before = linear_probe.fit(codes, labels)
    other = codes * [1e3, 1e-3, -1.0, 2.0] + [5.0, 0.0, 1.0, -9.0]
    after = linear_probe.fit(other, labels)
    np.testing.assert_allclose(after.logits(other), before.logits(codes), atol=1e-6)
    assert after.penalty == before.penalty


def test_labels_may_be_any_whole_numbers(three):
    codes, labels = three
    names = np.array([40, -3, 7])
    probe, other = linear_probe.fit(codes, labels), linear_probe.fit(codes, names[labels])
    assert other.classes.tolist() == [-3, 7, 40]
    np.testing.assert_array_equal(other.predict(codes), names[probe.predict(codes)])
    assert other.score(codes, names[labels]).accuracy == probe.score(codes, labels).accuracy


def test_the_same_numbers_give_the_same_probe_and_stay_as_they_are(three):
    codes, labels = three
    before = codes.copy(), labels.copy()
    first, again = (linear_probe.fit(codes, labels) for _ in range(2))
    np.testing.assert_array_equal(first.W, again.W)
    np.testing.assert_array_equal(first.predict(codes), again.predict(codes))
    np.testing.assert_array_equal(codes, before[0])
    np.testing.assert_array_equal(labels, before[1])


def test_the_held_out_examples_choose_the_penalty():
    """One useful column among 200 of noise wants a large one; two clear columns a small one."""
    rng = np.random.default_rng(4)
    labels = rng.integers(2, size=240)
    noise = rng.standard_normal((240, 200))
    noise[:, 0] += 2.0 * labels
    assert linear_probe.fit(noise, labels).penalty >= 1e-2
    clear = rng.standard_normal((2000, 2))
    assert linear_probe.fit(clear, clear[:, 0] > 0.0, [1e-3, 1e-1, 1e-2]).penalty == 1e-3


def test_the_choice_is_the_largest_log_p_of_the_held_out():
    """Against a search over the whole grid, each penalty from 0, on the same sixth."""
    rng = np.random.default_rng(5)
    labels = rng.integers(3, size=300)
    codes = rng.standard_normal((300, 30)) + 0.7 * np.eye(3, 30)[labels]
    order = np.random.default_rng(0).permutation(300)
    held_out, rest = order[:50], order[50:]
    x = (codes - codes.mean(axis=0)) / codes.std(axis=0)
    log_p = {}
    for penalty in linear_probe.PENALTIES:
        theta = linear_probe._climb(np.zeros((31, 3)), x[rest], labels[rest], penalty)
        log_p[penalty], _ = linear_probe.objective_and_grad(theta[:-1], theta[-1], x[held_out],
                                                            labels[held_out], 0.0)
    assert linear_probe.fit(codes, labels).penalty == max(log_p, key=log_p.get)


def test_labels_that_have_nothing_to_do_with_the_codes_are_not_read():
    """False alarm 6e-5: four standard errors. Sees 12 points of accuracy that are not there."""
    rng = np.random.default_rng(6)
    codes, labels = rng.standard_normal((2000, 5)), rng.integers(4, size=2000)
    found = linear_probe.fit(codes[:1000], labels[:1000]).score(codes[1000:], labels[1000:])
    assert abs(found.accuracy - 0.25) < 4.0 * np.sqrt(0.25 * 0.75 / 1000)


def test_f1_against_a_confusion_matrix_by_hand():
    """Rows are what is there, columns what was said, of 0, 1, 2 and 5:

        0: 3 1 0 0      F1: 0 is 2·3/(4 + 4), 1 is 2·2/(3 + 4), and 0 both for 2, of which there
        1: 0 2 0 1          are two that nobody called so, and for 5, which is never there. 3 and
        2: 1 1 0 0          4 are neither there nor said, and have none.
    """
    labels = [0, 0, 0, 0, 1, 1, 1, 2, 2]
    found = linear_probe.score(labels, [0, 0, 0, 1, 1, 1, 5, 0, 1])
    assert found.f1 == {0: 6 / 8, 1: 4 / 7, 2: 0.0, 5: 0.0}
    assert found.macro_f1 == pytest.approx((6 / 8 + 4 / 7) / 4, rel=1e-15)
    assert found.accuracy == pytest.approx(5 / 9, rel=1e-15)
    assert found.accuracy_stderr == pytest.approx(np.sqrt(5 / 9 * 4 / 9 / 8), rel=1e-14)
    assert found.right.tolist() == [True, True, True, False, True, True, False, False, False]


def test_scikit_learn_says_the_same(three):
    sklearn_linear, metrics = (pytest.importorskip(f"sklearn.{name}")
                               for name in ("linear_model", "metrics"))
    codes, labels = three
    probe = linear_probe.fit(codes, labels, [0.01])
    x = (codes - codes.mean(axis=0)) / codes.std(axis=0)
    theirs = sklearn_linear.LogisticRegression(C=1.0 / (0.01 * len(x)), tol=1e-8, max_iter=10_000)
    theirs.fit(x, labels)
    np.testing.assert_allclose(probe.W.T, theirs.coef_, atol=1e-3)
    ours = probe.score(codes, labels)
    assert ours.macro_f1 == pytest.approx(metrics.f1_score(labels, theirs.predict(x),
                                                           average="macro"), rel=1e-12)


def test_two_examples_are_enough(three):
    probe = linear_probe.fit([[0.0], [1.0]], [5, 9])
    assert probe.predict([[0.0], [1.0]]).tolist() == [5, 9]


NAN = np.array([[1.0], [np.nan]])


@pytest.mark.parametrize("codes, labels, penalties, complaint", [
    (np.eye(2), None, [0.1], "there are no labels"),
    (np.eye(2), [1, 1], [0.1], "all labels are 1: with one class"),
    (np.eye(2), [0, 1, 1], [0.1], r"shape \(3,\); 2 examples need \(2,\)"),
    (np.eye(2), [0.0, 0.5], [0.1], "labels must be whole numbers"),
    (np.eye(2), [0.0, np.nan], [0.1], "labels must be whole numbers"),
    (np.eye(2), ["a", "b"], [0.1], "labels has dtype"),
    (np.ones(2), [0, 1], [0.1], r"codes has shape \(2,\)"),
    (np.ones((2, 0)), [0, 1], [0.1], "codes is empty"),
    (NAN, [0, 1], [0.1], "codes.*nan"), (-NAN * np.inf, [0, 1], [0.1], "codes"),
    (np.eye(2), [0, 1], [], "penalties must be a list of positive numbers"),
    (np.eye(2), [0, 1], [0.1, 0.0], "penalties must be a list of positive numbers"),
    (np.eye(2), [0, 1], 0.1, "penalties must be a list of positive numbers")])
def test_what_is_no_task_is_refused(codes, labels, penalties, complaint):
    with pytest.raises(ValueError, match=f"(?i){complaint}"):
        linear_probe.fit(codes, labels, penalties)


def test_what_cannot_be_read_or_scored_is_refused(three):
    probe = linear_probe.fit(*three)
    with pytest.raises(ArrayError, match="codes has 3 columns, but 4 are needed"):
        probe.predict(np.ones((2, 3)))
    with pytest.raises(ValueError, match="two examples or more"):
        linear_probe.score([1], [1])
    with pytest.raises(ArrayError, match="predicted labels has shape"):
        linear_probe.score([1, 2], [1])


def test_a_climb_that_ends_too_early_is_told(three, monkeypatch):
    monkeypatch.setattr(linear_probe, "ITERATIONS", 2)
    with pytest.raises(RuntimeError, match="did not reach its top: a slope of"):
        linear_probe.fit(*three)
