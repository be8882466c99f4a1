"""One training step of the same VAE, written for each library that a reader might use instead.

784–400–20 with one hidden layer each way, relu, Bernoulli decoder, Adam, float32. Each function
builds everything on a device, "cpu" or "cuda", and returns a `step()` that does one whole update:
take the data to the device, draw ε, value, gradient, Adam, the value as a Python float.
"""
import numpy as np

BATCH, X, HIDDEN, Z, LR = 128, 784, 400, 20, 1e-3


def batches(count=8):
    """A few fixed minibatches of zeros and ones, (count, BATCH, X) float32."""
    rng = np.random.default_rng(0)
    return (rng.random((count, BATCH, X)) < 0.13).astype(np.float32)


def rotating(arrays):
    """next() gives one array after the other, for ever."""
    while True:
        yield from arrays


def ours(device="cpu"):
    """vae_np, by its public interface."""
    import vae_np as vn
    rng = np.random.default_rng(0)
    model = vn.VAE(X, Z, (HIDDEN,), activation="relu", rng=rng).to(device)
    optimizer, data = vn.Adam(model.params, lr=LR), rotating(batches())
    if device != "cpu":  # a trainer's step is recorded: see `vae_np.recording`
        from vae_np.training.vae import VAETrainer
        trainer = VAETrainer(model, optimizer, total_samples=10**9, train_size=60_000)
        return lambda: trainer.step(next(data), range(BATCH), rng)["elbo"]

    def step():
        value, grads = model.elbo_and_grad(next(data), model.noise(rng, BATCH))
        optimizer.ascend(grads)
        return float(value)
    return step


def workers(device="cpu"):
    """vae_np's trainer, each step shared out among as many processes as there are cores."""
    import vae_np as vn
    from vae_np.experiments.jobs.engines import cores
    from vae_np.training.vae import VAETrainer
    rng = np.random.default_rng(0)
    model = vn.VAE(X, Z, (HIDDEN,), activation="relu", rng=rng)
    trainer = VAETrainer(model, vn.Adam(model.params, lr=LR), total_samples=10**9,
                         train_size=60_000, workers=cores())
    data = rotating(batches())
    return lambda: trainer.step(next(data), range(BATCH), rng)["elbo"]


def unrecorded(device="cuda"):
    """vae_np on a GPU, each launch by itself."""
    from vae_np import recording
    recording.SHAPES = 0
    return ours(device)


def floor():
    """The matrix products of one step and nothing else: no NumPy code can be faster."""
    rng = np.random.default_rng(0)
    data = rotating(batches())

    def random(*shape):
        return rng.standard_normal(shape, dtype=np.float32)
    W1, Wh, V1, V2 = random(X, HIDDEN), random(HIDDEN, Z), random(Z, HIDDEN), random(HIDDEN, X)
    h, z, d_x, d_z = random(BATCH, HIDDEN), random(BATCH, Z), random(BATCH, X), random(BATCH, Z)

    def step():
        x = next(data)
        x @ W1, h @ Wh, h @ Wh, z @ V1, h @ V2                      # forward
        h.T @ d_x, d_x @ V2.T, z.T @ h, h @ V1.T                       # back through the decoder
        h.T @ d_z, h.T @ d_z, d_z @ Wh.T, d_z @ Wh.T, x.T @ h            # back through the encoder
        return 0.0
    return step


def pytorch(device="cpu"):
    """PyTorch's own VAE example: eager, binary cross-entropy on sigmoid outputs, .item()."""
    import torch
    from torch.nn import Linear
    from torch.nn import functional as F
    torch.manual_seed(0)
    e1, mean, logvar = Linear(X, HIDDEN), Linear(HIDDEN, Z), Linear(HIDDEN, Z)
    d1, d2 = Linear(Z, HIDDEN), Linear(HIDDEN, X)
    layers = torch.nn.ModuleList([e1, mean, logvar, d1, d2]).to(device)
    optimizer = torch.optim.Adam(layers.parameters(), lr=LR)
    data = rotating([torch.from_numpy(batch) for batch in batches()])

    def step():
        x = next(data).to(device)
        optimizer.zero_grad()
        h = F.relu(e1(x))
        mu, lv = mean(h), logvar(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv)
        y = torch.sigmoid(d2(F.relu(d1(z))))
        loss = (F.binary_cross_entropy(y, x, reduction="sum")
                - 0.5 * torch.sum(1 + lv - mu.pow(2) - lv.exp()))
        loss.backward()
        value = -loss.item() / BATCH
        optimizer.step()
        return value
    return step


def jax(device="cpu"):
    """One jitted function: value, gradient and Adam, parameters donated."""
    from functools import partial

    import jax
    import jax.numpy as jnp
    jax.config.update("jax_platforms", device)
    keys = jax.random.split(jax.random.key(0), 5)
    sizes = [(X, HIDDEN), (HIDDEN, Z), (HIDDEN, Z), (Z, HIDDEN), (HIDDEN, X)]
    params = [(jax.nn.initializers.glorot_uniform()(k, s), jnp.zeros(s[1]))
              for k, s in zip(keys, sizes)]
    # On a GPU the data come from the host with each step, as the others' do.
    data = rotating([jnp.asarray(batch) if device == "cpu" else batch for batch in batches()])

    def negative_bound(params, x, key):
        (w1, b1), (wm, bm), (wl, bl), (v1, c1), (v2, c2) = params
        h = jax.nn.relu(x @ w1 + b1)
        mu, lv = h @ wm + bm, h @ wl + bl
        z = mu + jax.random.normal(key, mu.shape) * jnp.exp(0.5 * lv)
        logits = jax.nn.relu(z @ v1 + c1) @ v2 + c2
        log_px = jnp.sum(x * logits - jax.nn.softplus(logits))
        return (0.5 * jnp.sum(mu**2 + jnp.exp(lv) - 1 - lv) - log_px) / BATCH

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def update(params, m, v, t, x, key):
        key, sub = jax.random.split(key)
        loss, grads = jax.value_and_grad(negative_bound)(params, x, sub)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        params = jax.tree.map(lambda p, m, v: p - LR * (m / (1 - 0.9**t)) / (
            jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), params, m, v)
        return params, m, v, t, key, -loss

    state = [params, jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params),
             jnp.zeros(()), jax.random.key(1)]

    def step():
        *state[:], value = update(*state[:4], next(data), state[4])
        return float(value)
    return step


CONTENDERS = {"ours": ours, "workers": workers, "unrecorded": unrecorded, "floor": floor,
              "pytorch": pytorch, "jax": jax}
