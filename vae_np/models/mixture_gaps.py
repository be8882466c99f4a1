"""A mixture and rows with missing entries: exact, since a component's factors can be left out.

    log p(x_observed) = log Σ_k π_k Π_d∈observed p(x_d|k)

and what is missing has the mixture's own distribution, with p(k|x_observed) for weights.
"""
from ..backend import move, namespace
from ..distributions import log_sum_exp
from ..observed import Observed, variance

NUMBERS_AT_ONCE = 1 << 21  # of a block of rows times all components


def log_prob_and_shares(mixture, x, observed):
    """Yields, block by block, (rows, log p(x_observed), p(k|x_observed)), (n,) nats and (K, n), in
    float64: x (N, D), finite where it is missing too; observed bool (N, D).
    """
    heads = components_of(mixture)
    size = max(1, NUMBERS_AT_ONCE // (mixture.components * mixture.x_dim))
    for start in range(0, len(x), size):
        rows = slice(start, start + size)
        likelihood = Observed(mixture.likelihood, observed[rows])
        log_joint = likelihood.log_prob(x[rows], heads) + mixture.log_mixing()[:, None]
        yield (rows, *log_sum_exp(log_joint, axis=0))


def moments(mixture, x, observed):
    """(mean, variance) of each entry given the observed ones of its row: x (N, D) → (N, D) each,
    in float64. They are about a fresh draw of the entry, for one that was observed as well.
    """
    heads = components_of(mixture)
    means = mixture.likelihood.mean(heads)[:, 0]
    xp, variances = namespace(means), variance(mixture.likelihood, heads)[:, 0]
    middle = xp.mean(means, axis=0)  # squares are counted from here, where they are small
    second = variances + (means - middle) ** 2
    found = [(shares.T @ (means - middle), shares.T @ second)
             for _, _, shares in log_prob_and_shares(mixture, x, observed)]
    first, square = (xp.concatenate(parts) for parts in zip(*found, strict=True))
    return middle + first, xp.maximum(square - first ** 2, 0.0)


def components_of(mixture):
    """{head: (K, 1, D)}, in float64."""
    return {head: mixture.params[f"components.{head}"][:, None].astype("float64")
            for head in mixture.likelihood.heads(mixture.x_dim)}


def draw(mixture, x, observed, rng):
    """A draw of every entry given the observed ones of its row: first k, then x ~ p(x|k)."""
    uniform, heads = rng.random(len(x)), components_of(mixture)
    xp = namespace(x)
    chosen = []
    for rows, _, shares in log_prob_and_shares(mixture, x, observed):
        total = xp.cumsum(shares, axis=0)
        chosen.append((move(uniform[rows], xp) * total[-1] >= total[:-1]).sum(axis=0))
    k = xp.concatenate(chosen)
    return mixture.likelihood.sample({head: one[k, 0] for head, one in heads.items()}, rng)
