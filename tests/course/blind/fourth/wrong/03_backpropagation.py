# %% layer-norm-backward: std is treated as a constant, only the mean moves with x
def layer_norm_backward(d_y, x, gain, shift):
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt(np.mean(centred**2, axis=1, keepdims=True))
    d_hat = d_y * gain
    d_x = (d_hat - d_hat.mean(axis=1, keepdims=True)) / std
    return {"x": d_x, "gain": np.sum(d_y * centred / std, axis=0), "shift": d_y.sum(axis=0)}


# %% layer-norm-backward: the gain is multiplied at the end, right only if all gains are the same
def layer_norm_backward(d_y, x, gain, shift):
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt(np.mean(centred**2, axis=1, keepdims=True))
    hat = centred / std
    d_x = gain * (d_y - d_y.mean(axis=1, keepdims=True)
                  - hat * np.mean(d_y * hat, axis=1, keepdims=True)) / std
    return {"x": d_x, "gain": np.sum(d_y * hat, axis=0), "shift": np.sum(d_y, axis=0)}


# %% layer-norm-backward: the gradient of the gain uses x - m, not divided by std
def layer_norm_backward(d_y, x, gain, shift):
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt(np.mean(centred**2, axis=1, keepdims=True))
    hat, d_hat = centred / std, d_y * gain
    d_x = (d_hat - d_hat.mean(axis=1, keepdims=True)
           - hat * np.mean(d_hat * hat, axis=1, keepdims=True)) / std
    return {"x": d_x, "gain": np.sum(d_y * centred, axis=0), "shift": np.sum(d_y, axis=0)}


# %% layer-norm-backward: gain and shift are averaged over the rows, not summed
def layer_norm_backward(d_y, x, gain, shift):
    std = x.std(axis=1, keepdims=True)
    hat = (x - x.mean(axis=1, keepdims=True)) / std
    d_hat = d_y * gain
    d_x = (d_hat - d_hat.mean(axis=1, keepdims=True)
           - hat * np.mean(d_hat * hat, axis=1, keepdims=True)) / std
    return {"x": d_x, "gain": np.mean(d_y * hat, axis=0), "shift": np.mean(d_y, axis=0)}


# %% layer-norm-backward: the variance is divided by D - 1
def layer_norm_backward(d_y, x, gain, shift):
    std = x.std(axis=1, keepdims=True, ddof=1)
    hat = (x - x.mean(axis=1, keepdims=True)) / std
    d_hat = d_y * gain
    d_x = (d_hat - d_hat.mean(axis=1, keepdims=True)
           - hat * np.sum(d_hat * hat, axis=1, keepdims=True) / (x.shape[1] - 1)) / std
    return {"x": d_x, "gain": np.sum(d_y * hat, axis=0), "shift": np.sum(d_y, axis=0)}


# %% layer-norm-backward: by the variance, and the outer derivative of 1/sqrt(v) is taken as -1/2 / sqrt(v)
def layer_norm_backward(d_y, x, gain, shift):
    D = x.shape[1]
    centred = x - x.mean(axis=1, keepdims=True)
    v = np.mean(centred**2, axis=1, keepdims=True)
    d_hat = d_y * gain
    d_v = np.sum(d_hat * centred * -0.5 * v**-0.5, axis=1, keepdims=True)
    d_centred = d_hat / np.sqrt(v) + d_v * 2 * centred / D
    d_x = d_centred - d_centred.mean(axis=1, keepdims=True)
    return {"x": d_x, "gain": (d_y * centred / np.sqrt(v)).sum(axis=0), "shift": d_y.sum(axis=0)}


# %% step-for-float32: takes np.finfo(np.float32).eps for u, which is 2u
def choose_steps(steps, value, third):
    u = np.finfo(np.float32).eps
    bound = steps**2 / 6 * third[:, None] + u * value[:, None] / steps
    return steps[np.argmin(bound, axis=1)]


# %% step-for-float32: the 1/6 of the bending is lost
def choose_steps(steps, value, third):
    h = steps[None, :]
    bound = h**2 * third[:, None] + 2.0**-24 * value[:, None] / h
    return steps[bound.argmin(axis=1)]


# %% step-for-float32: the step nearest to the best one by its ratio, but the V is steeper on the right
def choose_steps(steps, value, third):
    best = np.cbrt(3 * 2.0**-24 * value / third)
    apart = np.abs(np.log(steps[None]) - np.log(best[:, None]))
    return steps[np.argmin(apart, axis=1)]


# %% step-for-float32: the best step of all, which need not be in the list
def choose_steps(steps, value, third):
    best = (3 * 2.0**-24 * value / third) ** (1 / 3)
    return np.clip(best, steps.min(), steps.max())


# %% step-for-float32: one step for all the points, the best for the sum of their bounds
def choose_steps(steps, value, third):
    total = np.array([np.sum(h**2 * third / 6 + 2.0**-24 * value / h) for h in steps])
    return np.full(value.shape, steps[np.argmin(total)])


# %% step-for-float32: the step where bending and rounding are closest to each other, not where their sum is least
def choose_steps(steps, value, third):
    bending = np.outer(third, steps**2) / 6
    rounding = 2.0**-24 * np.outer(value, 1 / steps)
    return steps[np.argmin(np.abs(bending - rounding), axis=1)]


# %% lowest-point: the four errors are added without their weights 8, 8, 1, 1
def predict_lowest(value, fifth, u):
    rounding = 4 * u * value / 12
    h = (30 * rounding / (4 * fifth)) ** 0.2
    return np.array([h, h**4 * fifth / 30 + rounding / h])


# %% lowest-point: the errors of the outer two values are subtracted, 16 - 2 and not 16 + 2
def predict_lowest(value, fifth, u):
    rounding = (8 + 8 - 1 - 1) / 12 * u * value
    h = (30 * rounding / (4 * fifth)) ** (1 / 5)
    return np.array([h, fifth * h**4 / 30 + rounding / h])


# %% lowest-point: where the two terms are equal, not where their sum is least (the 4 of the derivative is lost)
def predict_lowest(value, fifth, u):
    rounding = 1.5 * u * value
    h = (30 * rounding / fifth) ** 0.2
    return np.array([h, 2 * rounding / h])


# %% lowest-point: the height is the rounding alone, the bending at the best step is forgotten
def predict_lowest(value, fifth, u):
    h = (45 * u * value / (4 * fifth)) ** 0.2
    return np.array([h, 3 * u * value / (2 * h)])


# %% lowest-point: the errors add up as independent ones do, by their squares, not in the worst case
def predict_lowest(value, fifth, u):
    rounding = np.sqrt(8**2 + 8**2 + 1 + 1) * u * value / 12
    h = (30 * rounding / (4 * fifth)) ** 0.2
    return np.array([h, h**4 * fifth / 30 + rounding / h])


# %% lowest-point: for exp only, where value and fifth are the same and cancel in the step
def predict_lowest(value, fifth, u):
    h = (11.25 * u) ** 0.2
    return np.array([h, h**4 * fifth / 30 + 1.5 * u * value / h])


# %% overwritten-gradients: W and b are summed, but the gradient past the layers, d_y itself, is still lost in x
def twice_backward(d_y, x, W, b):
    g = np.tanh(x @ W + b)
    d_a = d_y * (1 - np.tanh(g @ W + b) ** 2)
    d_W, d_b = g.T @ d_a, d_a.sum(axis=0)
    d_a = d_a @ W.T * (1 - g**2)
    return {"x": d_a @ W.T, "W": d_W + x.T @ d_a, "b": d_b + d_a.sum(axis=0)}


# %% overwritten-gradients: the numbers are right, but += changes the caller's d_y, so a second call is wrong
def twice_backward(d_y, x, W, b):
    g = np.tanh(x @ W + b)
    grads = {"x": d_y}
    d_a = d_y * (1 - np.tanh(g @ W + b) ** 2)
    grads["W"], grads["b"] = g.T @ d_a, d_a.sum(axis=0)
    d_a = d_a @ W.T * (1 - g**2)
    grads["W"] += x.T @ d_a
    grads["b"] += d_a.sum(axis=0)
    grads["x"] += d_a @ W.T
    return grads


# %% overwritten-gradients: x and W are added up, b is still overwritten
def twice_backward(d_y, x, W, b):
    g = np.tanh(x @ W + b)
    d_a = d_y * (1 - np.tanh(g @ W + b) ** 2)
    grads = {"x": d_y.copy(), "W": g.T @ d_a, "b": d_a.sum(axis=0)}
    d_a = d_a @ W.T * (1 - g**2)
    grads["W"] = grads["W"] + x.T @ d_a
    grads["b"] = d_a.sum(axis=0)
    grads["x"] = grads["x"] + d_a @ W.T
    return grads


# %% overwritten-gradients: d_y is added at g and not at x, as if each layer had a sum of its own
def twice_backward(d_y, x, W, b):
    g = np.tanh(x @ W + b)
    d_a2 = d_y * (1 - np.tanh(g @ W + b) ** 2)
    d_a1 = (d_y + d_a2 @ W.T) * (1 - g**2)
    return {"x": d_a1 @ W.T, "W": g.T @ d_a2 + x.T @ d_a1, "b": np.sum(d_a1 + d_a2, axis=0)}


# %% overwritten-gradients: shared weights get the mean of their two gradients, not the sum
def twice_backward(d_y, x, W, b):
    g = np.tanh(x @ W + b)
    d_a2 = d_y * (1 - np.tanh(g @ W + b) ** 2)
    d_a1 = d_a2 @ W.T * (1 - g**2)
    return {"x": d_y + d_a1 @ W.T,
            "W": (g.T @ d_a2 + x.T @ d_a1) / 2,
            "b": (d_a2.sum(axis=0) + d_a1.sum(axis=0)) / 2}


# %% overwritten-gradients: all is added up, but W is not transposed on the way back (W is square, so it runs)
def twice_backward(d_y, x, W, b):
    g = np.tanh(x @ W + b)
    d_a2 = d_y * (1 - np.tanh(g @ W + b) ** 2)
    d_a1 = d_a2 @ W * (1 - g**2)
    return {"x": d_y + d_a1 @ W, "W": g.T @ d_a2 + x.T @ d_a1, "b": np.sum(d_a1 + d_a2, axis=0)}
