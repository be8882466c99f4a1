"""The explorer: what its script computes is what NumPy computes, and a reader's hands move it."""
import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import vae_np as vn
from vae_np.datasets import load_dataset
from vae_np.experiments import quadrature

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "lectures" / "results" / "explorer"
NAMES = sorted(path.name for path in MODELS.glob("beta-*"))
SHARED = """
const path = process.argv[1];
for (const name of ["model", "weights", "digits"]) require(`${path}/${name}.js`);
const input = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const planes = {};
const opened = name => planes[name] ??= VAE.plane(VAE.read(VAE_WEIGHTS[name]));
"""


@pytest.fixture(scope="module")
def node(site):
    """node(script, input) → the JSON that the script's function `answer` returns for it."""
    if shutil.which("node") is None:
        pytest.skip("no Node is installed, which runs the page's functions without a page")

    def run(script, given):
        code = f"{SHARED}{script}\nconsole.log(JSON.stringify(answer(input)));"
        made = subprocess.run(["node", "-e", code, str(site / "_static" / "explorer")],
                              input=json.dumps(given), capture_output=True, text=True, timeout=300)
        assert made.returncode == 0, made.stderr
        return json.loads(made.stdout)
    return run


@pytest.fixture(scope="module")
def digits():
    """Ten digits of 0 and 1, (10, 784)."""
    data = load_dataset("mnist5k")
    return np.stack([data.test[data.test_labels == label][0] > 0.5 for label in range(10)]) * 1.0


def double(name):
    """The model of the page, in float64."""
    kept = vn.load(MODELS / name)
    model = vn.VAE(**{**kept.config(), "dtype": "float64"})
    model.params.vector[...] = kept.params.vector
    return model


COMPARED = """
const answer = ({name, digits, noise, count}) => digits.map((x, n) => {
  const plane = opened(name), q = VAE.encode(plane.model, x);
  plane.look(x);
  const reconstruction = plane.reconstruction(q), f = VAE.likelihood(plane.model, x);
  return {mean: q.mean, sd: q.sd, kl: VAE.kl(q), reconstruction,
          decoded: [...VAE.decode(plane.model, q.mean)],
          weighted: VAE.importanceWeighted(VAE.logWeights(q, noise.map(row => row[n]), f)),
          logPx: n < count ? plane.evidence().logPx : null};
});"""


@pytest.mark.parametrize("name", NAMES)
def test_the_page_agrees_with_numpy_to_a_ten_thousandth_of_a_nat(node, digits, name):
    """Also log p(x), which takes NumPy its time: for β = 1 of ten digits, else of one."""
    model, count = double(name), 10 if name == "beta-1" else 1
    noise = model.noise(np.random.default_rng(0), len(digits), 50)
    found = node(COMPARED, {"name": name, "digits": digits.tolist(), "noise": noise.tolist(),
                            "count": count})
    ours = {key: np.array([row[key] for row in found]) for key in found[0]}
    mean, logvar = model.encode(digits)
    kl = model.posterior(digits).kl(model.prior)
    expected = {"mean": mean, "sd": np.exp(logvar / 2), "kl": kl,
                "reconstruction": quadrature.bound(model, digits, nodes=24) + kl,
                "decoded": model.decode(mean), "weighted": model.elbo(digits, noise, "IW")}
    for key, value in expected.items():
        np.testing.assert_allclose(ours[key], value, atol=1e-4, rtol=0, err_msg=key)
    step, reach = {"beta-0.1": (0.06, 7.5), "beta-1": (0.08, 5.2)}.get(name, (0.1, 7.0))
    exact = quadrature.measure(model, digits[:count], step, reach)
    np.testing.assert_allclose(ours["logPx"][:count].astype(float), exact["log_px"], atol=1e-4,
                               rtol=0)


ODD = """
const answer = ({names, digits, qs}) => names.map(name => digits.map(x => {
  const plane = opened(name), f = VAE.likelihood(plane.model, x);
  plane.look(x);
  const {logPx, mean, sd} = plane.evidence();
  const gap = q => logPx - plane.reconstruction(q) + VAE.kl(q);
  const steps = VAE.climb({mean, sd}, q => plane.reconstruction(q) - VAE.kl(q), 0.2);
  let last; do last = steps.next(); while (!last.done);
  return {gaps: qs.map(gap), best: gap(last.value.q),
          rules: qs.slice(0, 3).map(q => plane.reconstruction(q) - VAE.meanOver(q, f))};
}));"""


def test_the_gap_of_a_wide_narrow_or_best_q_is_above_0(node, digits):
    """It is a KL, and nothing cuts it off at 0. The lattice and the rule in ε agree."""
    rng = np.random.default_rng(1)
    qs = [{"mean": [0.0, 0.0], "sd": [1.0, 1.0]}, {"mean": [1.5, -2.0], "sd": [0.07, 0.9]},
          {"mean": [-0.5, 0.3], "sd": [0.03, 0.2]}]
    qs += [{"mean": rng.uniform(-4, 4, 2).tolist(),
            "sd": np.exp(rng.uniform(np.log(0.01), np.log(1.5), 2)).tolist()} for _ in range(5)]
    found = node(ODD, {"names": ["beta-0.1", "beta-1"], "qs": qs,
                       "digits": digits[4:5].tolist()})
    for row in [row for rows in found for row in rows]:
        assert min(row["gaps"]) > 0.01
        assert 0.0 < row["best"] < min(row["gaps"])
        np.testing.assert_allclose(row["rules"], 0.0, atol=1e-4)


def test_the_bound_climbs_with_K_and_every_q_agrees_on_the_evidence(node, digits):
    """The mean of w is p(x) for every q: groups of all draws, from two q's."""
    script = """const answer = ({x}) => {
      const plane = opened("beta-1"), q = VAE.encode(plane.model, x), stream = VAE.normals(3);
      plane.look(x);
      const f = VAE.likelihood(plane.model, x);
      const noise = Array.from({length: 4000}, () => stream.next().value);
      const drawn = VAE.logWeights(q, noise, f);
      return {logPx: plane.evidence().logPx, bound: plane.reconstruction(q) - VAE.kl(q),
              means: [1, 10, 100].map(K => VAE.meanOverGroups(drawn, K)), noise,
              all: VAE.importanceWeighted(drawn)};
    };"""
    found = node(script, {"x": digits[3].tolist()})
    one, ten, hundred = found["means"]
    assert one["groups"] == 4000 and hundred["groups"] == 40
    assert abs(one["mean"] - found["bound"]) < 6 * one["error"]
    assert one["mean"] < ten["mean"] < hundred["mean"] < found["logPx"] + 6 * hundred["error"]
    noise = np.array(found["noise"])  # N(0, I): 8000 numbers, six standard errors
    assert abs(noise.mean()) < 6 / 8000**0.5 and abs(noise.var() - 1) < 6 * (2 / 8000)**0.5
    assert abs(np.mean(noise[:, 0] * noise[:, 1])) < 6 / 4000**0.5


# -- the page -----------------------------------------------------------------------------------

WAIT = "new Promise(done => setTimeout(() => requestAnimationFrame(() => done(1)), {}))"
AMOUNTS = """Object.fromEntries(["rec", "kl", "bound", "gap", "logpx"].map(name => [name,
  Number(document.getElementById(`ex-${name}`).textContent.replace("−", "-"))]))"""


class Reader:
    """A hand at the page."""

    def __init__(self, browser):
        self.browser = browser

    def amounts(self):
        return self.browser.evaluate(AMOUNTS)

    def rest(self, milliseconds=80):
        self.browser.evaluate(WAIT.format(milliseconds))

    def place(self, name, across, up):
        """Where a canvas has a point, in shares of its side."""
        box = self.browser.evaluate(f"""(() => {{ const canvas = document.getElementById("{name}");
          canvas.scrollIntoView({{block: "center", behavior: "instant"}});
          return canvas.getBoundingClientRect().toJSON(); }})()""")
        return box["left"] + across * box["width"], box["top"] + up * box["height"]

    def mouse(self, kind, x, y):
        self.browser.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, button="left",
                          buttons=0 if kind == "Released" else 1, clickCount=1)

    def key(self, key, modifiers=0):
        code = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}[key]
        for kind in ("rawKeyDown", "keyUp"):
            self.browser.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                              windowsVirtualKeyCode=code, modifiers=modifiers)
        self.rest()

    def state(self, expression):
        return self.browser.evaluate(f"EXPLORER.S.{expression}")


@pytest.fixture
def reader(site, browser):
    browser.size(1400)
    browser.scheme("light")
    browser.open((site / "explorer.html").as_uri())
    yield Reader(browser)
    assert browser.errors == []


def consistent(amounts):
    assert amounts["rec"] + amounts["kl"] == pytest.approx(amounts["bound"], abs=2e-3)
    assert amounts["bound"] + amounts["gap"] == pytest.approx(amounts["logpx"], abs=2e-3)


def test_a_drag_of_the_ellipse_moves_the_bars_and_the_gap_stays_above_0(reader):
    first = reader.amounts()
    consistent(first)
    start = reader.browser.evaluate("""(() => { const canvas = document.getElementById("ex-inset");
      const side = canvas.clientWidth;
      return VIEWS.handles(EXPLORER.S.view, side, EXPLORER.S.q).map(([u, v]) =>
        [u / side, v / side]); })()""")
    middle, right = (reader.place("ex-inset", *point) for point in start[:2])
    reader.mouse("Pressed", *middle)
    seen = []
    for step in range(1, 9):
        reader.mouse("Moved", middle[0] - 9 * step, middle[1] + 5 * step)
        reader.rest()
        seen.append(reader.amounts())
        consistent(seen[-1])
        assert seen[-1]["gap"] > 0 and seen[-1]["logpx"] == first["logpx"]
    reader.mouse("Released", middle[0] - 72, middle[1] + 40)
    assert len({amounts["bound"] for amounts in seen}) == 8
    width, sd = reader.browser.evaluate(
        "[document.getElementById('ex-bar-gap').clientWidth, EXPLORER.S.q.sd[0]]")
    assert width > 0
    score = reader.browser.evaluate("document.getElementById('ex-score').textContent")
    assert f"{max(amounts['bound'] for amounts in seen):.3f}".replace("-", "−") in score
    # The dot on the rim widens q.
    reader.browser.evaluate("document.getElementById('ex-encoder').click()")
    reader.mouse("Pressed", *right)
    reader.mouse("Moved", right[0] + 40, right[1])
    reader.rest()
    reader.mouse("Released", right[0] + 40, right[1])
    assert reader.state("q.sd[0]") > 1.1 * sd and reader.amounts()["gap"] > 0
    reader.rest(700)
    said = reader.browser.evaluate("document.getElementById('ex-says').textContent")
    assert re.fullmatch(r"Reconstruction −[\d.]+, KL [\d.]+, bound −[\d.]+, gap [\d.]+, "
                        r"log p\(x\) −[\d.]+ nats\.", said)


def test_a_drawing_becomes_a_digit_in_the_middle_by_mouse_and_by_finger(reader):
    reader.browser.evaluate("document.getElementById('ex-clear').click()")
    assert reader.state("x.reduce((a, b) => a + b)") == 0
    empty = reader.amounts()
    top, foot = reader.place("ex-x", 0.25, 0.2), reader.place("ex-x", 0.25, 0.7)
    reader.mouse("Pressed", *top)
    reader.mouse("Moved", *foot)
    reader.mouse("Released", *foot)
    reader.rest()
    x = np.array(reader.browser.evaluate("[...EXPLORER.S.x]")).reshape(28, 28)
    assert set(np.unique(x)) == {0.0, 1.0} and 30 < x.sum() < 80
    rows, columns = np.nonzero(x)
    assert abs(rows.mean() - 13.5) <= 0.75 and abs(columns.mean() - 13.5) <= 0.75
    assert np.ptp(columns) <= 3 and np.ptp(rows) >= 12
    consistent(reader.amounts())
    assert reader.amounts()["logpx"] != empty["logpx"] and reader.amounts()["gap"] > 0
    # A finger across makes a cross of it.
    reader.browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    points = [reader.place("ex-x", share, 0.5) for share in (0.2, 0.5, 0.8)]
    for kind, touched in (("touchStart", points[:1]), ("touchMove", points[1:2]),
                          ("touchMove", points[2:]), ("touchEnd", [])):
        reader.browser.call("Input.dispatchTouchEvent", type=kind,
                            touchPoints=[{"x": x, "y": y} for x, y in touched])
        reader.rest()
    assert reader.state("x.reduce((a, b) => a + b)") > x.sum() + 20


def test_the_keyboard_moves_what_has_the_focus(reader):
    def moved(name, key, expression, modifiers=0):
        reader.browser.evaluate(f"document.getElementById('{name}').focus()")
        before = reader.state(expression)
        reader.key(key, modifiers)
        return reader.state(expression) - before

    assert moved("ex-inset", "ArrowRight", "q.mean[0]") > 0
    assert moved("ex-inset", "ArrowDown", "q.mean[1]") < 0
    assert moved("ex-inset", "ArrowUp", "q.sd[1]", modifiers=8) > 0
    assert moved("ex-noise", "ArrowLeft", "epsilon[0]") == pytest.approx(-0.1)
    assert moved("ex-plane", "ArrowUp", "z[1]") > 0
    assert moved("ex-m0", "ArrowRight", "q.mean[0]") == pytest.approx(0.01, abs=0.011)
    consistent(reader.amounts())


def test_the_same_noise_moves_z_with_q_and_fresh_noise_does_not(reader):
    def after_a_step():
        reader.browser.evaluate("document.getElementById('ex-inset').focus()")
        before = reader.state("epsilon.slice()")
        reader.key("ArrowRight")
        z, mean, sd, epsilon = (np.array(reader.state(name))
                                for name in ("z", "q.mean", "q.sd", "epsilon"))
        np.testing.assert_allclose(z, mean + sd * epsilon)
        return np.array_equal(before, epsilon)

    assert after_a_step()
    reader.browser.evaluate("document.querySelector('[name=ex-keep][value=fresh]').click()")
    assert not after_a_step()


def test_a_guess_comes_before_the_answer(reader):
    evaluate = reader.browser.evaluate
    assert evaluate("document.getElementById('ex-draws').hidden")
    evaluate("""(() => { for (const [id, guess] of [["ex-guess-q", 0.5], ["ex-guess-k", 30]]) {
      const form = document.getElementById(id);
      form.querySelector("input").value = guess;
      form.querySelector("button").click(); } })()""")
    for _ in range(300):
        if reader.state("best"):
            break
        reader.rest(100)
    best, encoder = reader.state("best.bound"), reader.state("encoder.bound")
    answer = evaluate("document.getElementById('ex-answer-q').textContent")
    assert answer.startswith("You said 0.50.") and f"{best - encoder:.3f} nats" in answer
    assert "dotted ellipse" in answer  # the encoder's is dashed, which the legend says
    assert encoder <= best < reader.state("truth.logPx")
    answer = evaluate("document.getElementById('ex-answer-k').textContent")
    left = int(re.search(r"there are (−?\d+) ±", answer)[1].replace("−", "-"))
    assert answer.startswith("You said 30 %.") and left < 100
    assert not evaluate("document.getElementById('ex-draws').hidden")
    assert "100 groups" in evaluate("document.getElementById('ex-k-says').textContent")
    evaluate("document.getElementById('ex-next').click()")
    assert evaluate("document.getElementById('ex-draws').hidden")  # another digit asks anew


def test_beta_and_the_colours(reader):
    evaluate = reader.browser.evaluate
    said = {}
    for name in NAMES:
        evaluate(f"document.querySelector('[name=ex-beta][value=\"{name}\"]').click()")
        said[name] = evaluate("document.getElementById('ex-beta-says').textContent")
        consistent(reader.amounts())
    assert said["beta-20"].startswith("1 of the two") and said["beta-10"].startswith("Both")
    corner = """(() => { const copy = document.createElement("canvas").getContext("2d",
      {willReadFrequently: true});
      copy.drawImage(document.getElementById("ex-inset"), 0, 0);
      return [...copy.getImageData(3, 3, 1, 1).data].slice(0, 3); })()"""
    light = evaluate(corner)
    reader.browser.scheme("dark")
    reader.rest(300)
    assert min(light) > 200 and max(evaluate(corner)) < 100
    reader.browser.scheme("dark", media="print")
    reader.rest(300)
    assert min(evaluate(corner)) > 200


def test_it_prints_as_a_still_picture(reader):
    pdf = reader.browser.pdf()
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Subtype ?/Image", pdf)) >= 4
    reader.browser.scheme("light", media="print")
    shown = reader.browser.evaluate("""[...document.querySelectorAll(
        ".explorer button, .explorer input")].filter(node => node.checkVisibility()).length""")
    assert shown == 0


def test_the_still_picture_is_there_without_javascript(site):
    page = (site / "explorer.html").read_text("utf-8")
    still = re.search(r'<noscript>.*?<img src="([^"]+)"', page, re.S)[1]
    assert (site / still).stat().st_size > 10_000
    picture = imread(site / still)[..., :3]
    for edge in (picture[:8], picture[-8:], picture[:, :8], picture[:, -8:]):
        assert (edge == 1).all(), "the picture touches its edge: see still.py"


def test_the_weights_fit(site):
    """About 270 kB of text for a model; all committed weights of the explorer below a megabyte."""
    assert sum(path.stat().st_size for path in MODELS.glob("*/checkpoint.npz")) < 2**20
    text = (site / "_static" / "explorer" / "weights.js").read_text("utf-8")
    entries = [json.loads(line.partition(" = ")[2].rstrip(";")) for line in text.splitlines()]
    assert [entry["beta"] for entry in entries] == [0.1, 1.0, 10.0, 20.0]
    assert all(len(base64.b64decode(entry["weights"])) < 210_000 for entry in entries)
