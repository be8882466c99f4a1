"""What draws are worth: their effective number, and the mean of weights given as logarithms."""
import numpy as np

MOST = np.finfo(float).max
MIN_DRAWS = 4  # two pairs of autocorrelations


def effective_sample_size(draws):
    """Of how many independent draws a mean over draws (S, C, ...) is worth: (...), on the host.

    S draws of each of C chains. n = S C / τ with τ = 1 + 2 Σ_t ρ_t, ρ_t the autocorrelation at
    lag t (Geyer 1992: sums of two neighbours, ρ_2k + ρ_2k+1, are positive and fall; the sum ends
    where they do not, and noise that would let them rise is cut). The variance in ρ counts what
    lies between the chains as well (Gelman et al. 2013, §11.5): chains that sit in different
    modes are worth little. n is at most S C log10(S C), for draws better than independent ones
    (Vehtari et al. 2021). Draws that never differ are worth one. Raises ValueError if S < 4.
    """
    draws = np.asarray(draws, dtype=np.float64)
    if draws.ndim < 2 or len(draws) < MIN_DRAWS:
        raise ValueError(f"draws must be (S, C, ...) with S at least {MIN_DRAWS}, "
                         f"not {draws.shape}")
    num_draws, num_chains = draws.shape[:2]
    means = draws.mean(axis=0)
    autocovariance = _autocovariance(draws - means).mean(axis=1)
    within = autocovariance[0] * num_draws / (num_draws - 1)
    between = means.var(axis=0, ddof=1) if num_chains > 1 else 0.0
    variance = autocovariance[0] + between
    with np.errstate(invalid="ignore"):  # 0/0 where no draw differs
        correlation = 1.0 - (within - autocovariance) / variance
    correlation[0] = 1.0
    pairs = correlation[:num_draws // 2 * 2].reshape(-1, 2, *correlation.shape[1:]).sum(axis=1)
    positive = np.logical_and.accumulate(pairs > 0.0)
    falling = np.minimum.accumulate(pairs)
    tau = 2.0 * np.sum(falling, axis=0, where=positive) - 1.0  # eq. geyer
    total = num_draws * num_chains
    differ = draws.max(axis=(0, 1)) > draws.min(axis=(0, 1))
    return np.where(differ, total / np.maximum(tau, 1.0 / np.log10(total)), 1.0)


def _autocovariance(centred):
    """(S, ...) → (S, ...): 1/S Σ_s c_s c_{s+t} for each lag t, by the fast Fourier transform."""
    num_draws = len(centred)
    spectrum = np.fft.rfft(centred, 2 * num_draws, axis=0)  # zeros keep the ends apart
    power = spectrum.real ** 2 + spectrum.imag ** 2
    return np.fft.irfft(power, 2 * num_draws, axis=0)[:num_draws] / num_draws


class RunningWeights:
    """Σ w and Σ w² of weights that come as logarithms, a few at a time: the mean's logarithm, its
    error, and how many of them count.

    The sums are relative to the largest weight so far, so nothing overflows and memory is bounded.
    """

    def __init__(self):
        self.count = 0
        self.top = self.total = self.total_squares = 0.0

    def add(self, log_weights):
        """More weights, (K, ...), on the host. Returns this object."""
        log_weights = np.minimum(np.asarray(log_weights, np.float64), MOST)
        new_top = np.maximum(log_weights.max(axis=0), -MOST)  # ∞ − ∞ is no number
        if self.count:
            new_top = np.maximum(self.top, new_top)
            shrink = np.exp(self.top - new_top)
            self.total, self.total_squares = self.total * shrink, self.total_squares * shrink ** 2
        weights = np.exp(log_weights - new_top)
        self.total = self.total + weights.sum(axis=0)
        self.total_squares = self.total_squares + (weights ** 2).sum(axis=0)
        self.top, self.count = new_top, self.count + len(log_weights)
        return self

    def result(self):
        """(log 1/K Σ w, its standard error, effective sample size), (...) each.

        The error is that of K independent weights by the delta method, √((K/ESS − 1)/(K − 1)) with
        ESS = (Σ w)²/Σ w²; NaN for K = 1, where no spread shows. Where all weights are 0 the
        logarithm is −∞, and error and ESS are NaN; where one is +∞, so is the mean.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            log_mean = self.top + np.log(self.total) - np.log(self.count)  # eq. log-mean-exp
            log_mean = np.where(self.top == MOST, np.inf, log_mean)
            ess = self.total ** 2 / self.total_squares  # eq. ess
            spread = np.maximum(self.count / ess - 1.0, 0.0)  # var(w) / mean(w)²
            return log_mean, np.sqrt(spread / np.float64(self.count - 1)), ess


class RunningMean:
    """The mean of numbers that come one lot after the other, and its standard error."""

    def __init__(self):
        self.count = 0
        self.first = self.total = self.squares = 0.0
        self.lost = False

    def add(self, numbers):
        """More numbers, (K, ...), on the host. Returns this object."""
        numbers = np.asarray(numbers, np.float64)
        self.lost = self.lost | (numbers == -np.inf).any(axis=0)
        if not self.count:
            self.first = numbers[0]  # sums count from here: squares of what is large lose digits
        with np.errstate(invalid="ignore"):
            apart = numbers - self.first
        self.total = self.total + apart.sum(axis=0)
        self.squares = self.squares + (apart ** 2).sum(axis=0)
        self.count += len(numbers)
        return self

    def result(self):
        """(mean, its standard error), (...) each; the error is NaN for one number. Where one of
        them is −∞, so is the mean.
        """
        mean = self.total / self.count
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.maximum(self.squares / self.count - mean ** 2, 0.0)
            stderr = np.sqrt(spread / np.float64(self.count - 1))
            return np.where(self.lost, -np.inf, self.first + mean), stderr


def log_mean_exp(log_weights):
    """`RunningWeights.result` of weights (K, ...) that are all there: (...) each, on the host."""
    return RunningWeights().add(log_weights).result()
