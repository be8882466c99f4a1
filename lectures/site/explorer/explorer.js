// The explorer: what the reader has before him, and what follows when it changes. model.js
// computes, views.js draws, hands.js reads the mouse, the keys and the forms.
globalThis.EXPLORER = (() => {
  const {$} = VIEWS, DRAWS = 1000;
  const cells = id => [...$(id).querySelectorAll("tbody tr")].map(row => [...row.cells].slice(1));
  const text = (value, digits = 2) => value.toFixed(digits).replace("-", "−")
    .replace(/^−(0\.?0*)$/, "$1");
  const copy = q => ({mean: [...q.mean], sd: [...q.sd]});
  const chosen = name => document.querySelector(`[name="${name}"]:checked`).value;

  const packed = VAE.bytes(VAE_DIGITS.pixels);
  const digits = Array.from({length: VAE_DIGITS.labels.length}, (_, n) => Float64Array.from(
    {length: VAE.PIXELS}, (_, i) => packed[98 * n + (i >> 3)] >> 7 - (i & 7) & 1));
  const models = new Map(), stream = VAE.normals(Date.now());

  // All that changes. truth: log p(x) and the posterior's moments. view: the window of the first
  // picture, heat the posterior in it. sum: the amounts. mine, best: {q, bound}. curve: the bounds
  // for K draws, with the noise that they share. u: the uniform numbers behind a sample of p(x|z).
  const S = {model: null, x: null, which: 0, encoder: null, q: null, epsilon: [0.8, -0.5],
             z: [0, 0], truth: null, view: null, heat: null, sum: null, mine: null, best: null,
             curve: null, noise: [], u: []};

  function freshNoise() {
    S.noise = Array.from({length: DRAWS}, () => stream.next().value);
    S.u = Array.from({length: VAE.PIXELS}, Math.random);
    S.curve = null;
  }

  function open(name) {  // a model, with all that is known of it before any digit
    if (!models.has(name)) {
      const made = VAE.read(VAE_WEIGHTS[name]);
      const codes = digits.map((x, n) => ({...VAE.encode(made, x), label: VAE_DIGITS.labels[n]}));
      const reach = Math.max(...codes.flatMap(code => code.mean.map(Math.abs)));
      const wide = {middle: [0, 0], half: Math.max(3, Math.min(8, Math.ceil(reach + 0.5)))};
      models.set(name, {...made, codes, wide, plane: VAE.plane(made),
                        manifold: VIEWS.manifold(made, wide), behind: null});
    }
    return models.get(name);
  }

  // -- what follows -----------------------------------------------------------------------------

  const bound = q => S.model.plane.reconstruction(q) - VAE.kl(q);
  const gap = bound => S.truth.logPx - bound;

  function newDigit() {  // after x or the model has changed
    S.encoder = {...VAE.encode(S.model, S.x)};
    S.model.plane.look(S.x);
    S.truth = S.model.plane.evidence();
    S.encoder.bound = bound(S.encoder);
    S.mine = S.best = null;
    // Another digit is another question, to be answered before the curve is seen.
    $("ex-score-best").hidden = $("ex-draws").hidden = true;
    $("ex-answer-q").textContent = $("ex-answer-k").textContent = "";
    S.q = copy(S.encoder);
    showAround(S.encoder);
    VIEWS.digit($("ex-x"), S.x);
    newQ();
  }

  function showAround(q) {  // a window that holds q at 6σ and the posterior
    const {mean, sd} = S.truth;
    const ends = [0, 1].map(j => [Math.min(q.mean[j] - 6 * q.sd[j], mean[j] - 4 * sd[j]),
                                  Math.max(q.mean[j] + 6 * q.sd[j], mean[j] + 4 * sd[j])]);
    newView({middle: ends.map(([low, high]) => (low + high) / 2),
             half: Math.min(8, Math.max(...ends.map(([low, high]) => (high - low) / 2)))});
  }

  function newView(view) {
    S.view = view;
    S.heat = VIEWS.posterior(S.model.plane, view, S.truth.top);
  }

  function newQ(byHand = false) {
    if (byHand && chosen("ex-keep") === "fresh") S.epsilon = stream.next().value;
    const reconstruction = S.model.plane.reconstruction(S.q), kl = VAE.kl(S.q);
    S.sum = {reconstruction, kl, bound: reconstruction - kl, gap: gap(reconstruction - kl),
             logPx: S.truth.logPx};
    if (byHand && (!S.mine || S.sum.bound > S.mine.bound)) {
      S.mine = {q: copy(S.q), bound: S.sum.bound};
    }
    S.curve = null;
    later(drawCurve, 150);
    showAmounts();
    newDraw();
  }

  function newDraw() {  // after q or ε has changed
    S.z = [0, 1].map(j => S.q.mean[j] + S.q.sd[j] * S.epsilon[j]);
    const means = VAE.decode(S.model, S.z);
    VIEWS.digit($("ex-y"), chosen("ex-show") === "mean" ? means
      : means.map((p, i) => S.u[i] < p ? 1 : 0));
    drawPlanes();
    VIEWS.noise($("ex-noise"), S.epsilon);
    S.epsilon.forEach((value, j) => setSlider(`ex-e${j}`, value, text(value)));
    $("ex-z").textContent = `z = (${S.z.map(value => text(value)).join(", ")})`;
    later(say, 500);
  }

  function drawPlanes() {
    const best = S.best && S.best.q;
    VIEWS.inset($("ex-inset"), {...S, best});
    VIEWS.plane($("ex-plane"), {view: S.model.wide, behind: S.model.behind, heat: S.heat,
      window: S.view, q: S.q, z: S.z, codes: $("ex-codes").checked ? S.model.codes : null});
  }

  // -- the amounts ------------------------------------------------------------------------------

  function setSlider(id, value, words) {
    $(id).value = value;
    $(id).nextElementSibling.textContent = words;
    $(id).setAttribute("aria-valuetext", words);
  }

  function showAmounts() {
    const {reconstruction, kl, bound, gap, logPx} = S.sum, long = Math.max(-logPx, -bound);
    const full = 50 * Math.ceil(long / 50), larger = Math.max(kl, gap);
    const large = [5, 10, 20, 50, 100].find(most => larger <= most)
      || 100 * Math.ceil(larger / 100);
    const rows = {rec: [reconstruction, full], kl: [-kl, large], bound: [bound, full],
                  gap: [gap, large], logpx: [logPx, full]};
    for (const [name, [value, whole]] of Object.entries(rows)) {
      $(`ex-${name}`).textContent = text(value, 3);
      $(`ex-bar-${name}`).style.width = `${100 * Math.abs(value) / whole}%`;
    }
    $("ex-scale").textContent = full;
    $("ex-scale-large").textContent = large;
    [0, 1].forEach(j => {
      setSlider(`ex-m${j}`, S.q.mean[j], text(S.q.mean[j]));
      setSlider(`ex-s${j}`, Math.log(S.q.sd[j]), text(S.q.sd[j], 3));
    });
    showScore();
  }

  function showScore() {
    $("ex-score-best").hidden = !S.best;
    cells("ex-score").forEach(([one, two], row) => {
      const q = [S.encoder, S.mine, S.best][row];
      one.textContent = q ? text(q.bound, 3) : "–";
      two.textContent = q ? text(gap(q.bound), 3) : "–";
    });
  }

  function say() {
    const {reconstruction, kl, bound, gap, logPx} = S.sum;
    $("ex-says").textContent = `Reconstruction ${text(reconstruction)}, KL ${text(kl)}, bound `
      + `${text(bound)}, gap ${text(gap, 3)}, log p(x) ${text(logPx)} nats.`;
  }

  const waiting = new Map();
  function later(work, milliseconds) {
    clearTimeout(waiting.get(work));
    waiting.set(work, setTimeout(work, milliseconds));
  }

  // The best ellipse for this digit, a few tries at a time, so that the page stays alive.
  function findBest(then) {
    const {x, model} = S, steps = VAE.climb(copy(S.encoder), bound);
    (function go() {
      if (x !== S.x || model !== S.model) return;
      for (const end = performance.now() + 25; performance.now() < end;) {
        const step = steps.next();
        if (step.done) {
          S.best = step.value;
          return then();
        }
      }
      setTimeout(go);
    })();
  }

  // -- many draws -------------------------------------------------------------------------------

  function drawCurve() {
    if ($("ex-draws").hidden) return;
    if (!S.curve) {
      const drawn = VAE.logWeights(S.q, S.noise, VAE.likelihood(S.model, S.x)), at = new Set();
      for (let k = 0; k <= 36; k++) at.add(Math.round(10 ** (k / 12)));
      S.curve = {drawn, points: [...at].map(K => ({K, ...VAE.meanOverGroups(drawn, K)}))};
    }
    const K = Math.round(10 ** $("ex-k").value), {logPx} = S.truth;
    const {mean, error, groups} = VAE.meanOverGroups(S.curve.drawn, K);
    VIEWS.curve($("ex-curve"), {points: S.curve.points, at: {K, mean}, logPx});
    setSlider("ex-k", $("ex-k").value, `${K}`);
    $("ex-k-says").textContent = `K = ${K}: ${text(mean, 3)}`
      + (groups > 1 ? ` ± ${text(error, 3)} nats, ${groups} groups` : " nats, one group")
      + `. log p(x) lies ${text(logPx - mean, 3)} nats above it, and ${text(S.sum.gap, 3)} nats `
      + "above the bound.";
  }

  // -- β and the colours ------------------------------------------------------------------------

  function newModel(name) {
    S.model = open(name);
    const {codes} = S.model;
    const mean = f => [0, 1].map(j => codes.reduce((s, code) => s + f(code, j), 0) / codes.length);
    const middle = mean((code, j) => code.mean[j]);
    const variance = mean((code, j) => (code.mean[j] - middle[j]) ** 2);
    const use = [variance, mean((code, j) => code.sd[j]), mean((code, j) => VAE.klEach(code)[j])];
    cells("ex-use").forEach((row, k) => row.forEach((cell, j) => {
      cell.textContent = text(use[k][j], use[k][j] < 0.01 ? 4 : 2);
    }));
    const active = variance.filter(one => one > 0.01).length;
    $("ex-beta-says").textContent = active === 2 ? "Both numbers are in use."
      : `${active} of the two numbers is in use: the other has collapsed.`;
    newColours();
    newDigit();
  }

  function newColours() {
    VIEWS.readColours();
    S.model.behind = VIEWS.shade(Math.sqrt(S.model.manifold.length), S.model.manifold);
  }

  function redraw() {
    newColours();
    newView(S.view);
    VIEWS.digit($("ex-x"), S.x);
    newDraw();
    drawCurve();
  }

  freshNoise();
  return {S, digits, stream, text, copy, chosen, gap, newDigit, showAround, newView, newQ, newDraw,
          newModel, redraw, drawPlanes, drawCurve, showScore, findBest, freshNoise};
})();
