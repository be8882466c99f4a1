"""Two diagonal Gaussians over the same z: their divergence, and what they say together."""
from ..activations import sigmoid, softplus
from ..backend import namespace
from ..distributions import _inverse_std, _sum_to


def kl_gaussians(mean, logvar, mean_p, logvar_p):
    """KL( N(mean, e^logvar) ‖ N(mean_p, e^logvar_p) ), both diagonal, in closed form.

    ½ Σ_j [s_p − s + (e^s + (μ − μ_p)²) e^−s_p − 1], with s the log-variances. The difference of
    variances is taken as expm1(s − s_p): near equality the plain one would cancel. With N(0, I)
    for the second it is `distributions.kl_standard_normal`, to the last bit.

    The four broadcast to (..., Z) → (...), nats, never negative.
    """
    xp = namespace(mean)
    error = (mean - mean_p) * _inverse_std(logvar_p)
    ratio = logvar - logvar_p
    per_dim = 0.5 * (error * error + (xp.expm1(ratio) - ratio))  # eq. kl-two-gaussians
    return xp.sum(per_dim, axis=-1)


def kl_gaussians_backward(d_out, mean, logvar, mean_p, logvar_p):
    """(d_mean, d_logvar, d_mean_p, d_logvar_p), each summed over what it was broadcast along.

    In the widths of p: d_mean = (μ − μ_p)/σ_p², d_mean_p = −d_mean, d_logvar = ½(σ²/σ_p² − 1) and
    d_logvar_p = −d_logvar − ½(μ − μ_p)²/σ_p².
    """
    xp, inverse_std = namespace(mean), _inverse_std(logvar_p)
    error, d_out = (mean - mean_p) * inverse_std, d_out[..., None]
    d_mean = d_out * (error * inverse_std)
    d_logvar = d_out * (0.5 * xp.expm1(logvar - logvar_p))
    d_logvar_p = -d_logvar - d_out * (0.5 * error * error)
    return (_sum_to(mean.shape, d_mean), _sum_to(logvar.shape, d_logvar),
            -_sum_to(mean_p.shape, d_mean), _sum_to(logvar_p.shape, d_logvar_p))


def precision_merge(mean_t, logvar_t, mean_l, logvar_l):
    """Two Gaussian opinions of one z, multiplied and normalised: N(t) N(l) ∝ N(mean, e^logvar).

    Precisions add, and the means are weighted by them. With r = sigmoid(s_l − s_t), the share of
    the first,

        mean = r μ_t + (1 − r) μ_l,   logvar = −log(e^−s_t + e^−s_l).

    Nothing is divided and nothing overflows: no precision is ever formed. The first opinion is the
    one that comes from the layer above, p(z_l|z_{l+1}), the second what the data say (Sønderby et
    al. 2016). Where the second is a likelihood of z that is Gaussian, this is Bayes' rule.

    The four broadcast to (..., Z) → (mean, logvar), (..., Z) each.
    """
    xp = namespace(mean_t)
    r = sigmoid(logvar_l - logvar_t)
    mean = r * mean_t + sigmoid(logvar_t - logvar_l) * mean_l  # eq. precision-merge
    logvar = xp.minimum(logvar_t, logvar_l) - softplus(-xp.abs(logvar_t - logvar_l))
    return mean, logvar


def precision_merge_backward(d_out, mean_t, logvar_t, mean_l, logvar_l):
    """d_out = (d_mean, d_logvar) → (d_mean_t, d_logvar_t, d_mean_l, d_logvar_l), each summed over
    what it was broadcast along.

    With c = r(1 − r)(μ_t − μ_l) d_mean: d_mean_t = r d_mean, d_mean_l = (1 − r) d_mean,
    d_logvar_t = r d_logvar − c, d_logvar_l = (1 − r) d_logvar + c.
    """
    d_mean, d_logvar = d_out
    r, rest = sigmoid(logvar_l - logvar_t), sigmoid(logvar_t - logvar_l)
    moved = r * rest * (mean_t - mean_l) * d_mean
    return (_sum_to(mean_t.shape, r * d_mean), _sum_to(logvar_t.shape, r * d_logvar - moved),
            _sum_to(mean_l.shape, rest * d_mean), _sum_to(logvar_l.shape, rest * d_logvar + moved))
