// What the explorer computes, without a page: a VAE with two latent numbers, its bound, log p(x).
//
// Everything here is a function of its arguments, in nats. A test runs this file in Node beside
// NumPy. A script of a page may not import another one from the disk, so the names lie in the
// global VAE.
globalThis.VAE = (() => {
  const PIXELS = 784, LOG_2PI = Math.log(2 * Math.PI);

  // -- the weights ------------------------------------------------------------------------------

  const half = h => {  // one float16
    const sign = h & 0x8000 ? -1 : 1, exponent = (h >> 10) & 31, fraction = h & 1023;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
  };

  const bytes = base64 => Uint8Array.from(atob(base64), c => c.charCodeAt(0));

  // An entry of VAE_WEIGHTS, as vae_np/runs/web.py writes it → {beta, encoder, decoder}. A network
  // is {hidden: [layer], heads: {name: layer}}; a layer has rows, one for each of its outputs.
  function read(entry) {
    const raw = bytes(entry.weights), networks = {encoder: {}, decoder: {}};
    let at = 0;
    const next = () => half(raw[at++] | raw[at++] << 8);
    for (const [name, shape] of entry.layers) {
      const [network, layer, kind] = name.split(".");
      const made = networks[network][layer] ??= {};
      const [wide, out] = kind === "W" ? shape : [1, shape[0]];
      const values = new Float64Array(wide * out);
      for (let i = 0; i < wide; i++) for (let j = 0; j < out; j++) values[j * wide + i] = next();
      if (kind === "W") Object.assign(made, {W: values, wide, out}); else made.b = values;
    }
    const parts = layers => ({
      hidden: Object.keys(layers).filter(name => name.startsWith("hidden")).map(n => layers[n]),
      heads: layers});
    return {beta: entry.beta, encoder: parts(networks.encoder), decoder: parts(networks.decoder)};
  }

  function linear({W, b, wide, out}, x) {
    const y = new Float64Array(out);
    for (let j = 0, row = 0; j < out; j++, row += wide) {
      let sum = b[j];
      for (let i = 0; i < wide; i++) sum += W[row + i] * x[i];
      y[j] = sum;
    }
    return y;
  }

  const hidden = (network, x) => network.hidden.reduce(
    (h, layer) => linear(layer, h).map(Math.tanh), x);

  // x (784 numbers) → q(z|x) = {mean: [2], sd: [2]}.
  function encode(model, x) {
    const h = hidden(model.encoder, x);
    return {mean: [...linear(model.encoder.heads.mean, h)],
            sd: [...linear(model.encoder.heads.logvar, h)].map(s => Math.exp(s / 2))};
  }

  // -- the decoder ------------------------------------------------------------------------------

  const logits = (model, z) => linear(model.decoder.heads.logits, hidden(model.decoder, z));
  const sigmoid = a => 1 / (1 + Math.exp(-a));
  const decode = (model, z) => logits(model, z).map(sigmoid);

  // log p(x|z) = x · a − Σ log(1 + e^a), label bernoulli. With a = V h + c, x · a is
  // (x V) · h + x · c, 64 products once `seen` has multiplied x and V, and the sum does not depend
  // on x at all. A product of 784 factors between 1 and 2 is no more than a double can hold, so
  // the sum takes one logarithm.
  function normaliser(model, h) {
    const {W, b, wide, out} = model.decoder.heads.logits;
    let positive = 0, product = 1;
    for (let j = 0, row = 0; j < out; j++) {
      let one = b[j], two = 0, three = 0, four = 0, i = 0;  // four sums at a time are faster
      for (; i + 3 < wide; i += 4, row += 4) {
        one += W[row] * h[i];
        two += W[row + 1] * h[i + 1];
        three += W[row + 2] * h[i + 2];
        four += W[row + 3] * h[i + 3];
      }
      for (; i < wide; i++, row++) one += W[row] * h[i];
      const a = one + two + (three + four);
      if (a > 0) { positive += a; product *= 1 + Math.exp(-a); } else product *= 1 + Math.exp(a);
    }
    return positive + Math.log(product);
  }

  function seen(model, x) {
    const {W, b, wide, out} = model.decoder.heads.logits;
    const along = new Float64Array(wide);
    let constant = 0;
    for (let j = 0; j < out; j++) if (x[j]) {
      constant += x[j] * b[j];
      for (let i = 0; i < wide; i++) along[i] += x[j] * W[j * wide + i];
    }
    return h => { let sum = constant; for (let i = 0; i < wide; i++) sum += along[i] * h[i];
                  return sum; };
  }

  // z → log p(x|z), without a table.
  function likelihood(model, x) {
    const dot = seen(model, x);
    return z => { const h = hidden(model.decoder, z); return dot(h) - normaliser(model, h); };
  }

  const logPrior = z => -LOG_2PI - (z[0] * z[0] + z[1] * z[1]) / 2;

  // KL(q(z|x) ‖ N(0, I)), label kl-gaussian: of each dimension, [2].
  const klEach = q => q.mean.map((m, j) => (m * m + q.sd[j] ** 2 - 1) / 2 - Math.log(q.sd[j]));
  const kl = q => { const [one, two] = klEach(q); return one + two; };

  // -- the plane: log p(x|z) on a lattice, computed where it is asked for ------------------------

  // One lattice serves log p(x), the picture of the posterior and the means over q: so they agree.
  // The trapezoidal rule's error falls faster than any power of the step. In a direction where the
  // integrand's standard deviation is as large as the step, it is of the order of 1e-8.
  const STEP = 0.05, SIDE = 640, MIDDLE = SIDE / 2;  // the plane from −16 to 16
  const COARSE = 2;  // a wide q takes every second point
  const FIRST = 8, BELOW = 12;  // the first look's step; how far below the top is left out

  function plane(model, reach = 8) {
    const sums = new Float64Array(SIDE * SIDE).fill(NaN);  // Σ log(1 + e^a), of the model alone
    const values = new Float64Array(SIDE * SIDE);          // log p(x|z), of the x at hand
    const at = i => (i - MIDDLE) * STEP;
    const inside = i => Math.max(0, Math.min(SIDE - 1, i));
    const index = z => inside(Math.round(z / STEP) + MIDDLE);
    const edge = Math.floor(reach / STEP / FIRST) * FIRST;
    const low = MIDDLE - edge, high = MIDDLE + edge;
    let dot = null;

    function value(i, j) {
      const place = j * SIDE + i;
      if (Number.isNaN(values[place])) {
        const h = hidden(model.decoder, [at(i), at(j)]);
        if (Number.isNaN(sums[place])) sums[place] = normaliser(model, h);
        values[place] = dot(h) - sums[place];
      }
      return values[place];
    }

    function look(x) { dot = seen(model, x); values.fill(NaN); }

    const logJoint = (i, j) => value(i, j) + logPrior([at(i), at(j)]);

    // log p(x), label latent-marginal, and the posterior's mean and variances. From a wide lattice
    // to the fine one: what lies far below the highest point is left out, at first only what lies
    // very far below it, since a narrow peak may stand between the points.
    function evidence() {
      let top = -Infinity, near = [];
      for (let j = low; j <= high; j += FIRST) for (let i = low; i <= high; i += FIRST) {
        near.push(j * SIDE + i);
      }
      for (let step = FIRST; ; step /= 2) {
        const found = near.map(place => logJoint(place % SIDE, Math.floor(place / SIDE)));
        top = found.reduce((most, value) => Math.max(most, value), top);
        if (step <= COARSE) {
          const result = moments(near, found, top, step * STEP);
          if (step === 1 || Math.min(...result.sd) > 2.5 * step * STEP) return result;
        }
        const margin = BELOW + 3 * step, next = new Set();
        near.forEach((place, k) => {
          if (found[k] < top - margin) return;
          const i = place % SIDE, j = Math.floor(place / SIDE);
          for (let b = -1; b <= 1; b++) for (let a = -1; a <= 1; a++) {
            next.add(inside(j + b * step / 2) * SIDE + inside(i + a * step / 2));
          }
        });
        near = [...next];
      }
    }

    function moments(near, found, top, step) {
      const sum = [0, 0, 0, 0, 0];
      near.forEach((place, k) => {
        const weight = Math.exp(found[k] - top), a = at(place % SIDE);
        const b = at(Math.floor(place / SIDE));
        [1, a, b, a * a, b * b].forEach((term, n) => { sum[n] += weight * term; });
      });
      const [, a, b, aa, bb] = sum.map(term => term / sum[0]);
      return {logPx: top + Math.log(sum[0] * step * step), top, points: near.length,
              mean: [a, b], sd: [Math.sqrt(aa - a * a), Math.sqrt(bb - b * b)]};
    }

    // E_q[log p(x|z)], the reconstruction. Where q is wider than the lattice's step, on the
    // lattice; where it is narrower, on points of its own, which follow its width.
    function reconstruction(q) {
      const coarse = Math.min(...q.sd) >= 2.5 * COARSE * STEP ? COARSE : 1;
      if (Math.min(...q.sd) < 1.2 * STEP) return meanOver(q, z => {
        const h = hidden(model.decoder, z);
        return dot(h) - normaliser(model, h);
      });
      const axis = j => {
        const points = [], from = index(q.mean[j] - 6.5 * q.sd[j]);
        const to = index(q.mean[j] + 6.5 * q.sd[j]);
        for (let i = from - from % coarse; i <= to; i += coarse) {
          points.push([i, Math.exp(-(((at(i) - q.mean[j]) / q.sd[j]) ** 2) / 2)]);
        }
        return points;
      };
      const across = axis(0), up = axis(1);
      let sum = 0, mass = 0;
      for (const [j, v] of up) for (const [i, u] of across) {
        if (u * v < 1e-12) continue;
        sum += u * v * value(i, j);
        mass += u * v;
      }
      return sum / mass;
    }

    return {model, at, index, value, logJoint, look, evidence, reconstruction};
  }

  // The mean of f(z) over q by the trapezoidal rule in ε, z = μ + σ ⊙ ε: steps of at most 0.7, and
  // of at most 0.12 in z.
  function meanOver(q, f) {
    const axes = q.sd.map(sd => {
      const n = Math.ceil(6.3 / Math.min(0.7, 0.12 / sd));
      return Array.from({length: 2 * n + 1}, (_, k) => (k - n) * 6.3 / n);
    });
    let sum = 0, mass = 0;
    for (const b of axes[1]) for (const a of axes[0]) {
      const weight = Math.exp(-(a * a + b * b) / 2);
      if (weight < 1e-10) continue;
      sum += weight * f([q.mean[0] + q.sd[0] * a, q.mean[1] + q.sd[1] * b]);
      mass += weight;
    }
    return sum / mass;
  }

  // The best Gaussian q with axes along z's, by trying steps in μ and log σ that grow smaller. A
  // generator: a page may do other things between the tries. Returns {q, bound}.
  function* climb(q, score, smallest = 0.02) {
    let best = {q, bound: score(q)}, size = 0.5;
    while (size > smallest) {
      let moved = false;
      for (let k = 0; k < 4; k++) for (const sign of [1, -1]) {
        const next = {mean: [...best.q.mean], sd: [...best.q.sd]};
        if (k < 2) next.mean[k] += sign * size * next.sd[k];
        else next.sd[k - 2] *= Math.exp(sign * size);
        const bound = score(next);
        if (bound > best.bound) { best = {q: next, bound}; moved = true; }
        yield best;
      }
      if (!moved) size /= 2;
    }
    return best;
  }

  // -- draws -------------------------------------------------------------------------------------

  // log w = log p(x, z) − log q(z|x) at z = μ + σ ⊙ ε, for each ε: labels reparameterise, log-q.
  function logWeights(q, noise, f) {
    const constant = -LOG_2PI - Math.log(q.sd[0] * q.sd[1]);
    return noise.map(([a, b]) => {
      const z = [q.mean[0] + q.sd[0] * a, q.mean[1] + q.sd[1] * b];
      return f(z) + logPrior(z) - constant + (a * a + b * b) / 2;
    });
  }

  // log 1/K Σ_k w_k, label importance-weighted, of the weights from `start` to before `end`.
  function importanceWeighted(weights, start = 0, end = weights.length) {
    let top = -Infinity, sum = 0;
    for (let k = start; k < end; k++) top = Math.max(top, weights[k]);
    for (let k = start; k < end; k++) sum += Math.exp(weights[k] - top);
    return top + Math.log(sum / (end - start));
  }

  // The bound for K draws, meant over as many groups of K as there are: {mean, error, groups}.
  function meanOverGroups(weights, K) {
    const groups = Math.floor(weights.length / K);
    const found = Array.from({length: groups},
      (_, g) => importanceWeighted(weights, g * K, (g + 1) * K));
    const mean = found.reduce((a, b) => a + b) / groups;
    const squares = found.reduce((sum, b) => sum + (b - mean) ** 2, 0);
    return {mean, groups, error: groups > 1 ? Math.sqrt(squares / (groups - 1) / groups) : NaN};
  }

  function* normals(seed) {  // pairs of independent N(0, 1), from mulberry32 and Box and Muller
    const uniform = () => {
      seed = seed + 0x6D2B79F5 | 0;
      let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
      t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
      return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
    };
    for (;;) {
      const r = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
      yield [r * Math.cos(angle), r * Math.sin(angle)];
    }
  }

  return {PIXELS, bytes, read, encode, decode, likelihood, logPrior, kl, klEach, plane, meanOver,
          climb, logWeights, importanceWeighted, meanOverGroups, normals};
})();
