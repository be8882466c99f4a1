# %% assemble-the-walk: loops over images and draws, each slope an outer product
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    grads = {"b": np.zeros_like(b), "W": np.zeros_like(W), "A": np.zeros_like(A),
             "B": np.zeros_like(B), "E": np.zeros_like(E)}
    for n in range(len(x)):
        h = np.tanh(E.T @ x[n])
        mean, logvar = A.T @ h, B.T @ h
        std = np.exp(logvar / 2)
        d_mean, d_logvar = -d_bound[n] * mean, -d_bound[n] * np.expm1(logvar) / 2
        for l in range(len(eps)):
            z = mean + std * eps[l, n]
            d_logits = d_bound[n] / len(eps) * (x[n] - 0.5 - 0.5 * np.tanh(0.5 * (W.T @ z + b)))
            grads["b"] += d_logits
            grads["W"] += np.outer(z, d_logits)
            d_z = W @ d_logits
            d_mean, d_logvar = d_mean + d_z, d_logvar + d_z * (z - mean) / 2
        d_h = A @ d_mean + B @ d_logvar
        grads["A"] += np.outer(h, d_mean)
        grads["B"] += np.outer(h, d_logvar)
        grads["E"] += np.outer(x[n], d_h * (1 - h) * (1 + h))
    return grads


# %% assemble-the-walk: A and B as one matrix with 2Z columns, all L N codes as one long batch, and the library's parts
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    L, N, Z = eps.shape
    AB = np.concatenate([A, B], axis=1)
    h = np.tanh(x @ E)
    both = h @ AB
    long = np.tile(both, (L, 1))
    mean, logvar, noise = long[:, :Z], long[:, Z:], eps.reshape(L * N, Z)
    z = mean + np.exp(0.5 * logvar) * noise
    d_long = np.tile(d_bound / L, L)  # the KL of each draw's copy counts 1/L too
    d_logits = distributions.bernoulli_log_prob_backward(d_long, np.tile(x, (L, 1)), z @ W + b)
    from_x = distributions.reparameterise_backward(d_logits @ W.T, mean, logvar, noise)
    from_kl = distributions.kl_standard_normal_backward(d_long, mean, logvar)
    d_both = (np.hstack(from_x) - np.hstack(from_kl)).reshape(L, N, 2 * Z).sum(axis=0)
    d_AB = h.T @ d_both
    return {"E": x.T @ (d_both @ AB.T * (1 - h**2)), "A": d_AB[:, :Z], "B": d_AB[:, Z:],
            "W": z.T @ d_logits, "b": np.ones(L * N) @ d_logits}


# %% prior-scales: loops, with one number for how the program's loss compares with that of the whole data set
def prior_scales(data_size, batch, variance):
    out = np.empty((3, len(variance)))
    for k, (N, M, v) in enumerate(zip(data_size, batch, variance)):
        images_seen = float(M)
        for row, weight_of_an_image in enumerate((1 / images_seen, 1.0, N / images_seen)):
            share = weight_of_an_image * images_seen / N  # of the loss of all N images
            out[row, k] = share * 0.5 / v
    return out


# %% prior-scales: in logarithms, the three scales differ by factors M and N/M
def prior_scales(data_size, batch, variance):
    N, M = np.log(np.asarray(data_size, float)), np.log(np.asarray(batch, float))
    steps = np.stack([-N - np.log(2 * np.asarray(variance, float)), M, N - M])
    return np.exp(np.cumsum(steps, axis=0))


# %% more-draws-or-images: the covariance of all the slopes in a batch, its entries averaged
def predict_variances(between, within, examples, draws):
    def variance(M, L):
        same_image = np.kron(np.eye(M), np.ones((L, L)))
        same_draw = np.eye(M * L)
        weights = np.full(M * L, 1 / (M * L))
        return (weights @ same_image @ weights) * between + (weights @ same_draw @ weights) * within

    return np.vstack([variance(examples, draws), variance(examples * draws, 1)])


# %% more-draws-or-images: `images` from `draws`, the part (1 - 1/draws) of the images' own variance falls away
def predict_variances(between, within, examples, draws):
    out = []
    for B, V in zip(between, within):
        one_image = B + V / draws
        out.append([one_image / examples, (one_image - B * (draws - 1) / draws) / examples])
    return np.array(out).T


# %% divided-twice: the slopes of the sum over the images, in loops, and one division at the end
def batch_gradients(x, eps, mean, logvar, W, b):
    grads = {"b": np.zeros_like(b, dtype=float), "W": np.zeros_like(W, dtype=float),
             "mean": np.zeros_like(mean, dtype=float), "logvar": np.zeros_like(mean, dtype=float)}
    for n in range(len(x)):
        shift = np.exp(logvar[n] / 2) * eps[n]
        z = mean[n] + shift
        miss = x[n] - np.exp(-np.logaddexp(0, -(b + z @ W)))
        pull = W @ miss
        grads["b"] += miss
        grads["W"] += np.outer(z, miss)
        grads["mean"][n] = pull - mean[n]
        grads["logvar"][n] = 0.5 * (pull * shift - np.expm1(logvar[n]))
    return {name: g / len(x) for name, g in grads.items()}


# %% divided-twice: einsum, with a weight 1/n for each image, and b as one more row of W
def batch_gradients(x, eps, mean, logvar, W, b):
    n, Z = mean.shape
    share = np.full(n, 1 / n)
    std = np.exp(0.5 * logvar)
    code = np.column_stack([mean + std * eps, np.ones(n)])
    rows = np.vstack([W, b])
    miss = np.einsum("n,nd->nd", share, x - 0.5 * (1 + np.tanh(0.5 * code @ rows)))
    slopes = np.einsum("nj,nd->jd", code, miss)
    d_z = np.einsum("nd,jd->nj", miss, W)
    d_std = d_z * eps + share[:, None] * (1 / std - std)  # log std - std^2/2 of the KL
    return {"b": slopes[Z], "W": slopes[:Z], "mean": d_z - share[:, None] * mean,
            "logvar": d_std * std / 2}
