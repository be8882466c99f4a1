"""The table, the picture and the error."""
import numpy as np
import pytest

from vae_np import GradcheckError, gradcheck


@pytest.fixture
def reports():
    """A right one and a wrong one."""
    def forward(x, w):
        return np.tanh(x) * w

    def backward(d_out, x, w):
        return {"x": d_out * w * (1 - np.tanh(x) ** 2), "w": np.sum(d_out * np.tanh(x))}

    def wrong(d_out, x, w):
        return {"x": -backward(d_out, x, w)["x"]}

    inputs = {"x": np.linspace(-1, 1, 7), "w": 0.5}
    return gradcheck(forward, backward, inputs), gradcheck(forward, wrong, inputs)


def test_the_table_of_a_right_pair(reports):
    lines = str(reports[0]).splitlines()
    assert lines[0].split() == ["input", "verdict", "worst", "error", "at", "analytic", "numeric",
                                "complex", "step"]
    assert lines[2].split()[:2] == ["x", "ok"] and lines[3].split()[:2] == ["w", "ok"]
    assert lines[-1] == "all 2 gradients agree to 1e-07"


def test_the_table_of_a_wrong_pair_explains(reports):
    text = str(reports[1])
    assert "x: analytic = -numeric: the sign is flipped" in text
    assert "w: backward returned no gradient for 'w' (it returned: x)" in text
    assert text.endswith("2 of 2 gradients are wrong: x, w")
    assert max(map(len, text.splitlines())) < 160


def test_assert_ok_raises_with_the_whole_story(reports):
    reports[0].assert_ok()
    with pytest.raises(GradcheckError) as caught:
        reports[1].assert_ok()
    assert str(reports[1]) in str(caught.value)


def test_rows_are_found_by_name(reports):
    assert reports[1]["x"].diagnosis == "sign"
    with pytest.raises(KeyError):
        reports[1]["y"]


def test_the_picture_has_a_panel_for_each_input_with_numbers(reports):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    axes = reports[1].plot()
    assert [ax.get_title() for ax in axes] == ["x: sign"]
    drawn = np.asarray(axes[0].collections[0].get_offsets())
    np.testing.assert_allclose(drawn[:, 1], -drawn[:, 0], rtol=1e-8)    # analytic = -numeric
    np.testing.assert_allclose(axes[0].collections[0].get_array(), np.log10(2), rtol=1e-6)

    _, own = pyplot.subplots(1, 2)
    assert [ax.get_title() for ax in reports[0].plot(own)] == ["x: ok", "w: ok"]
    with pytest.raises(ValueError, match="2 inputs to plot, but only 1 axes"):
        reports[0].plot(own[0])
    pyplot.close("all")


def test_a_picture_of_nothing_is_refused():
    report = gradcheck(lambda x: x, lambda d_out, x: {}, {"x": 1.0})
    with pytest.raises(ValueError, match="nothing to plot"):
        report.plot()
