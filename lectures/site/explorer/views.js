// What the explorer draws: four canvases and a curve. Colours come from the page's style sheet.
globalThis.VIEWS = (() => {
  const $ = id => document.getElementById(id);
  const LOOK = ["ink", "paper", "line", "q", "posterior", "muted"];
  let look = {};

  function readColours() {
    const style = getComputedStyle($("explorer"));
    look = Object.fromEntries(LOOK.map(name => [name, style.getPropertyValue(`--ex-${name}`)]));
  }

  // A canvas as sharp as the screen: (context, side) in the pixels of the page.
  function open(canvas) {
    const ratio = globalThis.devicePixelRatio || 1, side = canvas.clientWidth || 300;
    const high = canvas.clientHeight || side;
    if (canvas.width !== Math.round(side * ratio) || canvas.height !== Math.round(high * ratio)) {
      canvas.width = Math.round(side * ratio);
      canvas.height = Math.round(high * ratio);
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = look.paper;
    context.fillRect(0, 0, side, high);
    return [context, side, high];
  }

  const rgb = colour => {
    const value = parseInt(colour.trim().slice(1), 16);
    return [value >> 16, value >> 8 & 255, value & 255];
  };

  // A picture as wide as it has columns, to be scaled: f(column, row) → how much of the colour.
  function raster(side, colour, f, high = side) {
    const small = document.createElement("canvas");
    small.width = side;
    small.height = high;
    const context = small.getContext("2d"), image = context.createImageData(side, high);
    const [red, green, blue] = rgb(colour);
    for (let j = 0; j < high; j++) for (let i = 0; i < side; i++) {
      image.data.set([red, green, blue, 255 * f(i, j)], 4 * (j * side + i));
    }
    context.putImageData(image, 0, 0);
    return small;
  }

  function digit(canvas, pixels) {
    const [context, side] = open(canvas);
    context.imageSmoothingEnabled = false;
    context.drawImage(raster(28, look.ink, (i, j) => pixels[28 * j + i]), 0, 0, side, side);
  }

  // The map from a window {middle: [2], half} of the plane to a canvas of that side, and back.
  const toPixels = (view, side, z) => [
    (z[0] - view.middle[0] + view.half) / (2 * view.half) * side,
    (view.middle[1] + view.half - z[1]) / (2 * view.half) * side];
  const toPlane = (view, side, [u, v]) => [
    view.middle[0] - view.half + 2 * view.half * u / side,
    view.middle[1] + view.half - 2 * view.half * v / side];

  function axes(context, view, side, letter = "z") {
    const step = [0.1, 0.2, 0.5, 1, 2, 5].find(step => 2 * view.half / step <= 9) || 5;
    context.strokeStyle = look.line;
    context.fillStyle = look.muted;
    context.lineWidth = 1;
    context.font = "11px sans-serif";
    const digits = step < 1 ? 1 : 0;
    const name = value => value.toFixed(digits).replace("-", "−").replace(/^−(0\.?0*)$/, "$1");
    const ticks = [0, 1].flatMap(j => {
      const first = Math.ceil((view.middle[j] - view.half) / step);
      const last = Math.floor((view.middle[j] + view.half) / step);
      return Array.from({length: last - first + 1}, (_, k) => {
        const value = (first + k) * step;
        return {j, value, at: toPixels(view, side, [value, value])[j]};
      });
    });
    for (const {j, at} of ticks) {
      context.beginPath();
      if (j === 0) { context.moveTo(at, 0); context.lineTo(at, side); }
      else { context.moveTo(0, at); context.lineTo(side, at); }
      context.stroke();
    }
    // Upon the lines, and none where the axes' names stand.
    const write = (text, u, v) => {
      context.lineWidth = 3;
      context.strokeStyle = look.paper;
      context.strokeText(text, u, v);
      context.fillText(text, u, v);
    };
    for (const {j, value, at} of ticks) {
      if (j === 0 && at > 16 && at < side - 34) write(name(value), at + 2, side - 5);
      if (j === 1 && at > 28 && at < side - 24) write(name(value), 3, at - 3);
    }
    context.font = "italic 13px serif";
    write(`${letter}₁`, side - 17, side - 6);
    write(`${letter}₂`, 4, 13);
  }

  function ellipse(context, view, side, q, times, dashes = []) {
    const [u, v] = toPixels(view, side, q.mean), scale = side / (2 * view.half);
    context.setLineDash(dashes);
    context.beginPath();
    context.ellipse(u, v, times * q.sd[0] * scale, times * q.sd[1] * scale, 0, 0, 7);
    context.stroke();
    context.setLineDash([]);
  }

  function dot(context, [u, v], radius, fill) {
    context.beginPath();
    context.arc(u, v, radius, 0, 7);
    context.fillStyle = fill;
    context.fill();
    context.strokeStyle = look.paper;
    context.lineWidth = 1.5;
    context.stroke();
  }

  // The posterior in a window: log p(x, z) from the lattice, straight lines between its points.
  function posterior(plane, view, top, cells = 32) {
    const STEP = plane.at(1) - plane.at(0);
    let step = 1;
    while (2 * view.half / (step * STEP) > cells) step *= 2;
    const low = view.middle.map(m => step * Math.floor(plane.index(m - view.half) / step) - step);
    const count = Math.ceil(2 * view.half / (step * STEP)) + 3, table = [];
    for (let j = 0; j < count; j++) for (let i = 0; i < count; i++) {
      table.push(plane.logJoint(low[0] + i * step, low[1] + j * step) - top);
    }
    const side = 160;
    return raster(side, look.posterior, (u, v) => {
      const z = toPlane(view, side, [u + 0.5, v + 0.5]);
      const [a, b] = z.map((value, k) => (value - plane.at(low[k])) / (step * STEP));
      const i = Math.max(0, Math.min(count - 2, Math.floor(a)));
      const j = Math.max(0, Math.min(count - 2, Math.floor(b)));
      const [s, t] = [a - i, b - j], place = j * count + i;
      const value = (1 - t) * ((1 - s) * table[place] + s * table[place + 1])
        + t * ((1 - s) * table[place + count] + s * table[place + count + 1]);
      return Math.min(1, Math.exp(value));
    });
  }

  // The handles of q in the inset: its middle, and the ends of its two axes at 2σ.
  const handles = (view, side, q) => [q.mean, [q.mean[0] + 2 * q.sd[0], q.mean[1]],
    [q.mean[0], q.mean[1] + 2 * q.sd[1]]].map(z => toPixels(view, side, z));

  function inset(canvas, {view, heat, q, encoder, z, best}) {
    const [context, side] = open(canvas);
    if (heat) context.drawImage(heat, 0, 0, side, side);
    axes(context, view, side);
    context.lineWidth = 1.5;
    context.strokeStyle = look.muted;
    ellipse(context, view, side, encoder, 2, [5, 4]);
    if (best) { context.strokeStyle = look.ink; ellipse(context, view, side, best, 2, [1.5, 3]); }
    context.strokeStyle = look.q;
    for (const times of [1, 2]) {
      context.lineWidth = 3 - times / 2;
      ellipse(context, view, side, q, times);
    }
    const [middle, right, up] = handles(view, side, q);
    for (const end of [right, up]) dot(context, end, 6, look.q);
    dot(context, middle, 7, look.q);
    dot(context, toPixels(view, side, z), 5, look.ink);
  }

  // The manifold: p(x|z)'s means on a lattice of the plane, drawn once for a decoder.
  function manifold(model, view, tiles = 15) {
    const side = 28 * tiles, pixels = new Float64Array(side * side);
    for (let b = 0; b < tiles; b++) for (let a = 0; a < tiles; a++) {
      const y = VAE.decode(model, toPlane(view, tiles, [a + 0.5, b + 0.5]));
      for (let i = 0; i < 784; i++) {
        pixels[(28 * b + Math.floor(i / 28)) * side + 28 * a + i % 28] = y[i];
      }
    }
    return pixels;
  }

  function plane(canvas, {view, behind, heat, window, codes, q, z}) {
    const [context, side] = open(canvas);
    if (behind) {
      context.globalAlpha = 0.22;
      context.drawImage(behind, 0, 0, side, side);
      context.globalAlpha = 1;
    }
    axes(context, view, side);
    if (codes) {
      context.font = "bold 10px sans-serif";
      context.fillStyle = look.ink;
      context.textAlign = "center";
      for (const {mean, label} of codes) {
        const [u, v] = toPixels(view, side, mean);
        context.fillText(label, u, v + 3.5);
      }
      context.textAlign = "start";
    }
    if (heat && window) {
      const [u, v] = toPixels(view, side, [window.middle[0] - window.half,
                                           window.middle[1] + window.half]);
      const wide = window.half / view.half * side;
      context.drawImage(heat, u, v, wide, wide);
      context.lineWidth = 1;
      context.strokeStyle = look.muted;
      context.strokeRect(u, v, wide, wide);
    }
    context.strokeStyle = look.q;
    context.lineWidth = 1.5;
    ellipse(context, view, side, q, 2);
    dot(context, toPixels(view, side, z), 6, look.ink);
  }

  function noise(canvas, epsilon) {
    const view = {middle: [0, 0], half: 3.2}, [context, side] = open(canvas);
    axes(context, view, side, "ε");
    context.strokeStyle = look.muted;
    context.lineWidth = 1;
    for (const times of [1, 2]) ellipse(context, view, side, {mean: [0, 0], sd: [1, 1]}, times);
    const [u, v] = toPixels(view, side, epsilon);
    dot(context, [Math.max(5, Math.min(side - 5, u)), Math.max(5, Math.min(side - 5, v))], 6,
        look.ink);
  }

  // The importance-weighted bound against K, on a logarithmic axis from 1 to 1000.
  function curve(canvas, {points, at, logPx}) {
    const [context, side, high] = open(canvas), left = 58, below = 34, above = 16;
    const low = Math.min(...points.map(point => point.mean - (point.error || 0)), logPx);
    const most = Math.max(...points.map(point => point.mean + (point.error || 0)), logPx);
    const room = 0.08 * (most - low) || 1;
    const across = K => left + Math.log10(K) / 3 * (side - left - 18);
    const up = value => high - below - (value - low + room) / (most - low + 2 * room)
      * (high - below - above);
    context.font = "11px sans-serif";
    context.fillStyle = look.muted;
    context.strokeStyle = look.line;
    context.textAlign = "center";
    for (const K of [1, 10, 100, 1000]) {
      context.beginPath();
      context.moveTo(across(K), above);
      context.lineTo(across(K), high - below);
      context.stroke();
      context.fillText(K, across(K), high - below + 14);
    }
    context.fillText("draws K", (left + side) / 2, high - 4);
    context.textAlign = "end";
    for (let k = 0; k < 5; k++) {
      const value = low + k / 4 * (most - low);
      context.fillText(value.toFixed(2).replace("-", "−"), left - 6, up(value) + 4);
    }
    context.textAlign = "start";
    context.strokeStyle = look.posterior;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(left, up(logPx));
    context.lineTo(side - 18, up(logPx));
    context.stroke();
    context.fillStyle = look.posterior;
    context.fillText("log p(x)", left + 5, up(logPx) - 5);
    context.strokeStyle = look.q;
    context.beginPath();
    for (const point of points) context.lineTo(across(point.K), up(point.mean));
    context.stroke();
    context.lineWidth = 1;
    for (const {K, mean, error} of points.filter(point => point.error)) {
      context.beginPath();
      context.moveTo(across(K), up(mean - error));
      context.lineTo(across(K), up(mean + error));
      context.stroke();
    }
    dot(context, [across(at.K), up(at.mean)], 6, look.q);
  }

  const shade = (side, pixels) => raster(side, look.ink, (i, j) => pixels[j * side + i]);

  return {$, readColours, digit, toPlane, toPixels, posterior, handles, inset, manifold, shade,
          plane, noise, curve};
})();
