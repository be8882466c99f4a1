# %% layer-norm-backward: the whole Jacobian of each row, and einsum
def layer_norm_backward(d_y, x, gain, shift):
    D = x.shape[1]
    std = x.std(axis=1)
    hat = (x - x.mean(axis=1)[:, None]) / std[:, None]
    jacobian = np.eye(D) - 1 / D - np.einsum("nk,ni->nki", hat, hat) / D
    return {"x": np.einsum("nk,k,nki,n->ni", d_y, gain, jacobian, 1 / std),
            "gain": np.einsum("nk,nk->k", d_y, hat), "shift": np.einsum("nk->k", d_y)}


# %% layer-norm-backward: row by row, node by node, with plain loops
def layer_norm_backward(d_y, x, gain, shift):
    N, D = x.shape
    grads = {"x": np.zeros((N, D)), "gain": np.zeros(D), "shift": np.zeros(D)}
    for n in range(N):
        m = sum(x[n]) / D
        v = sum((x[n] - m) ** 2) / D
        d_m = d_v = 0.0
        for k in range(D):
            grads["shift"][k] += d_y[n, k]
            grads["gain"][k] += d_y[n, k] * (x[n, k] - m) / v**0.5
            d_hat = d_y[n, k] * gain[k]
            grads["x"][n, k] += d_hat / v**0.5
            d_m -= d_hat / v**0.5
            d_v -= 0.5 * d_hat * (x[n, k] - m) / v**1.5
        for i in range(D):  # v moves with x_i by 2 (x_i - m) / D, whether or not m moves too
            grads["x"][n, i] += d_m / D + d_v * 2 * (x[n, i] - m) / D
    return grads


# %% step-for-float32: plain loops, the best so far is kept
def choose_steps(steps, value, third):
    out = []
    for f, f3 in zip(value, third):
        best, lowest = None, float("inf")
        for h in steps:
            error = float(h) ** 2 * float(f3) / 6 + float(f) / (2**24 * float(h))
            if error < lowest:
                best, lowest = h, error
        out.append(best)
    return np.array(out)


# %% step-for-float32: the bound in units of its lowest value depends on h / (best h) alone, r^2 + 2/r
def choose_steps(steps, value, third):
    best = np.cbrt(3 * 2.0**-24 * np.asarray(value, float) / third)
    ratio = np.divide.outer(np.asarray(steps, float), best)  # (K, N)
    return np.take(steps, np.argmin(ratio**2 + 2 / ratio, axis=0))


# %% lowest-point: the height by the inequality of the means, five equal parts, and in logarithms
def predict_lowest(value, fifth, u):
    log_bend = np.log(fifth) - np.log(30)
    log_quarter = np.log(u) + np.log(value) + np.log(18 / 12 / 4)
    return np.exp([(log_quarter - log_bend) / 5, np.log(5) + (log_bend + 4 * log_quarter) / 5])


# %% lowest-point: halves an interval until the slope of E, in log h, is 0
def predict_lowest(value, fifth, u):
    low, high = -200.0, 200.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        h = np.exp(middle)
        if 4 * h**4 * abs(fifth) / 30 < 18 * u * abs(value) / (12 * h):
            low = middle
        else:
            high = middle
    h = np.exp(0.5 * (low + high))
    return np.array([h, h**4 * abs(fifth) / 30 + 18 * u * abs(value) / (12 * h)])


# %% overwritten-gradients: a loop over the layers as if each had its own weights, summed at the end
def twice_backward(d_y, x, W, b):
    values = [x]
    for _ in range(2):
        values.append(np.tanh(values[-1] @ W + b))
    d, per_layer = d_y, []
    for before, after in zip(values[-2::-1], values[:0:-1]):
        d_a = d * (1 - after) * (1 + after)
        per_layer.append((before.T @ d_a, np.ones(len(x)) @ d_a))
        d = d_a @ W.T
    return {"x": d + d_y, "W": sum(w for w, _ in per_layer), "b": sum(s for _, s in per_layer)}


# %% overwritten-gradients: forward mode, the derivatives of y by each entry, contracted with d_y at the end
def twice_backward(d_y, x, W, b):
    D = len(b)
    I = np.eye(D)
    g = np.tanh(x @ W + b)
    s1, s2 = 1 - g**2, 1 - np.tanh(g @ W + b) ** 2
    g_x = np.einsum("nk,ik->nki", s1, W)
    y_x = I + np.einsum("nk,jk,nji->nki", s2, W, g_x)
    g_W = np.einsum("nk,ni,kl->nkil", s1, x, I)
    y_W = np.einsum("nk,nkil->nkil", s2, np.einsum("ni,kl->nkil", g, I)
                    + np.einsum("jk,njil->nkil", W, g_W))
    g_b = np.einsum("nk,kl->nkl", s1, I)
    y_b = np.einsum("nk,nkl->nkl", s2, I + np.einsum("jk,njl->nkl", W, g_b))
    return {"x": np.einsum("nk,nki->ni", d_y, y_x), "W": np.einsum("nk,nkil->il", d_y, y_W),
            "b": np.einsum("nk,nkl->l", d_y, y_b)}
