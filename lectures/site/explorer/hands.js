// The reader's hands: mouse, finger, keys, sliders and forms, for the explorer.
(() => {
  const {$} = VIEWS, E = EXPLORER, {S, text} = E;
  const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
  const FAR = 8, NARROW = 0.01, WIDE = 2;
  const between = (low, value, high) => Math.max(low, Math.min(high, value));

  const asked = new Set();  // many moves of the hand, one picture
  function soon(work) {
    if (!asked.size) requestAnimationFrame(() => {
      const works = [...asked];
      asked.clear();
      for (const work of works) work();
    });
    asked.add(work);
  }
  const movedQ = () => E.newQ(true), drawInk = () => { if (ink) VIEWS.digit($("ex-x"), ink); };
  let ink = null, last = null;  // of a drawing that is being made

  // down([u, v], side) says what is taken hold of; what it returns is called as the hand moves.
  function drag(canvas, down, up = () => {}) {
    let move = null;
    const place = event => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("pointerdown", event => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      move = down(place(event), canvas.clientWidth);
      move(place(event));
    });
    canvas.addEventListener("pointermove", event => { if (move) move(place(event)); });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => {
      if (move) { move = null; up(); }
    });
  }

  function keys(canvas, step) {
    canvas.addEventListener("keydown", event => {
      const arrow = ARROWS[event.key];
      if (!arrow || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();  // else the site goes to its next page
      step(arrow, event.shiftKey);
    });
  }

  // -- q, in the first picture and by number -----------------------------------------------------

  function setQ(mean, sd) {
    S.q = {mean: mean.map(value => between(-FAR, value, FAR)),
           sd: sd.map(value => between(NARROW, value, WIDE))};
    soon(movedQ);
  }

  function setZ(z) {
    S.epsilon = [0, 1].map(j => (z[j] - S.q.mean[j]) / S.q.sd[j]);
    soon(E.newDraw);
  }

  drag($("ex-inset"), (start, side) => {
    const {view} = S, ends = [...VIEWS.handles(view, side, S.q), VIEWS.toPixels(view, side, S.z)];
    const far = ends.map(([u, v]) => Math.hypot(u - start[0], v - start[1]));
    // What is nearest is held; far from all of them, the middle jumps to the hand.
    let held = far.indexOf(Math.min(...far));
    if (far[held] > 40) held = 0;
    const offset = far[held] > 40 ? [0, 0] : [0, 1].map(k => ends[held][k] - start[k]);
    return place => {
      const z = VIEWS.toPlane(view, side, [0, 1].map(k => place[k] + offset[k]));
      if (held === 0) setQ(z, S.q.sd);
      else if (held === 3) setZ(z);
      else setQ(S.q.mean, S.q.sd.map((sd, j) => j === held - 1
        ? Math.abs(z[j] - S.q.mean[j]) / 2 : sd));
    };
  });
  keys($("ex-inset"), (arrow, shift) => {
    if (shift) setQ(S.q.mean, S.q.sd.map((sd, j) => sd * Math.exp(0.1 * arrow[j])));
    else setQ(S.q.mean.map((m, j) => m + 0.02 * S.view.half * arrow[j]), S.q.sd);
  });
  [0, 1].forEach(j => {
    $(`ex-m${j}`).addEventListener("input", event => setQ(
      S.q.mean.map((m, k) => k === j ? +event.target.value : m), S.q.sd));
    $(`ex-s${j}`).addEventListener("input", event => setQ(
      S.q.mean, S.q.sd.map((sd, k) => k === j ? Math.exp(event.target.value) : sd)));
  });
  function take(q) {
    S.q = E.copy(q);
    E.showAround(S.q);
    E.newQ();
  }
  $("ex-encoder").addEventListener("click", () => take(S.encoder));
  $("ex-mine").addEventListener("click", () => take(S.mine ? S.mine.q : S.encoder));
  function zoom(times) {
    E.newView({middle: S.q.mean.map((m, j) => (m + S.view.middle[j]) / 2),
               half: between(0.1, S.view.half * times, FAR)});
    E.drawPlanes();
  }
  $("ex-out").addEventListener("click", () => zoom(1.5));
  $("ex-in").addEventListener("click", () => zoom(1 / 1.5));

  // -- x -----------------------------------------------------------------------------------------

  function another(step) {
    S.which = (S.which + step + E.digits.length) % E.digits.length;
    S.x = E.digits[S.which].slice();
    E.newDigit();
  }
  $("ex-next").addEventListener("click", () => another(1));
  $("ex-previous").addEventListener("click", () => another(-1));
  $("ex-clear").addEventListener("click", () => {
    S.x = new Float64Array(VAE.PIXELS);
    E.newDigit();
  });

  drag($("ex-x"), (start, side) => {
    ink = S.x.slice();
    last = null;
    return place => {
      const here = place.map(value => 28 * value / side);
      const from = last || here, steps = Math.ceil(4 * Math.hypot(here[0] - from[0],
                                                                  here[1] - from[1])) + 1;
      for (let k = 1; k <= steps; k++) {
        brush(...[0, 1].map(j => from[j] + k / steps * (here[j] - from[j])));
      }
      last = here;
      soon(drawInk);
    };
  }, () => {
    S.x = centred(ink).map(value => value > 0.5 ? 1 : 0);
    ink = null;
    E.newDigit();
  });

  function brush(u, v) {  // full within a pixel of the middle, nothing beyond two
    for (let j = Math.max(0, Math.floor(v - 2)); j <= Math.min(27, v + 2); j++) {
      for (let i = Math.max(0, Math.floor(u - 2)); i <= Math.min(27, u + 2); i++) {
        const far = Math.hypot(i + 0.5 - u, j + 0.5 - v);
        ink[28 * j + i] = Math.max(ink[28 * j + i], between(0, 2 - far, 1));
      }
    }
  }

  function centred(pixels) {  // its centre of mass in the middle, to the nearest pixel
    let mass = 0, across = 0, down = 0;
    pixels.forEach((value, place) => {
      mass += value;
      across += value * (place % 28 + 0.5);
      down += value * (Math.floor(place / 28) + 0.5);
    });
    if (!mass) return pixels;
    const [right, low] = [Math.round(14 - across / mass), Math.round(14 - down / mass)];
    return pixels.map((_, place) => {
      const i = place % 28 - right, j = Math.floor(place / 28) - low;
      return i < 0 || i > 27 || j < 0 || j > 27 ? 0 : pixels[28 * j + i];
    });
  }

  // -- z, ε and what is shown of p(x|z) ----------------------------------------------------------

  drag($("ex-plane"), (_, side) => place => setZ(VIEWS.toPlane(S.model.wide, side, place)));
  keys($("ex-plane"), arrow => setZ(S.z.map((z, j) => z + 0.02 * S.model.wide.half * arrow[j])));
  const epsilonPlane = {middle: [0, 0], half: 3.2};
  function setEpsilon(epsilon) {
    S.epsilon = epsilon.map(value => between(-3, value, 3));
    soon(E.newDraw);
  }
  drag($("ex-noise"), (_, side) => place => setEpsilon(VIEWS.toPlane(epsilonPlane, side, place)));
  keys($("ex-noise"), arrow => setEpsilon(S.epsilon.map((e, j) => e + 0.1 * arrow[j])));
  [0, 1].forEach(j => $(`ex-e${j}`).addEventListener("input", event => setEpsilon(
    S.epsilon.map((e, k) => k === j ? +event.target.value : e))));
  $("ex-fresh").addEventListener("click", () => {
    S.epsilon = E.stream.next().value;
    E.freshNoise();
    E.newDraw();
    E.drawCurve();
  });
  for (const choice of document.querySelectorAll('[name="ex-show"], #ex-codes')) {
    choice.addEventListener("change", E.newDraw);
  }

  // -- the two questions -------------------------------------------------------------------------

  function question(id, answer) {
    $(id).addEventListener("submit", event => {
      event.preventDefault();
      answer(Number($(id).querySelector("input").value));
    });
  }
  question("ex-guess-q", guess => {
    $("ex-answer-q").textContent = "Looking for the best ellipse …";
    E.findBest(() => {
      const gain = S.best.bound - S.encoder.bound, all = E.gap(S.encoder.bound);
      $("ex-answer-q").textContent = `You said ${text(guess)}. The best ellipse gains `
        + `${text(gain, 3)} nats of the encoder’s gap of ${text(all, 3)}. It is now the `
        + "dotted ellipse in the first picture.";
      E.showScore();
      E.drawPlanes();
    });
  });
  question("ex-guess-k", guess => {
    $("ex-draws").hidden = false;
    $("ex-k").value = 1;
    E.drawCurve();
    const {mean, error} = VAE.meanOverGroups(S.curve.drawn, 10), {gap, logPx} = S.sum;
    $("ex-answer-k").textContent = `You said ${text(guess, 0)} %. With K = 10 there are `
      + `${text(100 * (logPx - mean) / gap, 0)} ± ${text(100 * error / gap, 0)}\u00a0% of the gap `
      + "left.";
  });
  $("ex-k").addEventListener("input", () => soon(E.drawCurve));

  // -- the beginning -----------------------------------------------------------------------------

  const names = Object.keys(VAE_WEIGHTS).sort((a, b) => VAE_WEIGHTS[a].beta - VAE_WEIGHTS[b].beta);
  for (const name of names) {
    const label = document.createElement("label"), input = document.createElement("input");
    Object.assign(input, {type: "radio", name: "ex-beta", value: name,
                          checked: VAE_WEIGHTS[name].beta === 1});
    input.addEventListener("change", () => E.newModel(name));
    label.append(input, ` β = ${VAE_WEIGHTS[name].beta}`);
    $("ex-betas").append(label);
  }
  $("explorer").hidden = false;
  S.which = 7;
  S.x = E.digits[S.which].slice();
  E.newModel(E.chosen("ex-beta"));

  new MutationObserver(E.redraw).observe(document.body, {attributeFilter: ["data-theme"]});
  for (const media of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(media).addEventListener("change", E.redraw);
  }
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;  // a phone's bar that comes and goes
    width = innerWidth;
    E.redraw();
  });
})();
