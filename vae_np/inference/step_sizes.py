"""Step sizes for Hamiltonian Monte Carlo, one for each data point, tuned to an acceptance."""
import copy
import math

import numpy as np

GAIN, DECAY = 2.0, 0.6  # the t-th correction is weighted by 2 t^−0.6
LARGEST = 1e3  # a step: a thousand times the prior's scale, where nothing holds it back


class StepSizes:
    """A step size for each of n data points, tuned towards a mean acceptance of `target`.

    Stochastic approximation (Robbins & Monro 1951; Andrieu & Thoms 2008, §5). After a data
    point's t-th transition, a its acceptance,

        log ε ← log ε + 2 t^−0.6 (a − target)

    The mean of log ε, in which the t-th value has the weight t, is less noisy than the last value.
    It is the step size to use once tuning is over (Polyak & Juditsky 1992). The paper's appendix E
    tunes to 0.9. Where every proposal is taken, ε stops growing at 1000. Raises ValueError for an
    initial step that is not positive and for a target outside (0, 1).

    The state is three arrays (n,) on the host: log_step, log_mean_step and count (t). `take` and
    `put` move the rows of a minibatch; `state` and `load_state` are for checkpoints.
    """

    names = ("log_step", "log_mean_step", "count")

    def __init__(self, n, initial=0.3, target=0.9):
        if not (math.isfinite(initial) and initial > 0.0):
            raise ValueError(f"the initial step size must be a positive number, not {initial!r}")
        if not 0.0 < target < 1.0:
            raise ValueError(f"the target acceptance must lie in (0, 1), not {target!r}")
        self.target = target
        self.log_step = np.full(n, math.log(initial))
        self.log_mean_step = self.log_step.copy()
        self.count = np.zeros(n, dtype=np.int64)

    def __len__(self):
        return len(self.count)

    def step(self, tuning=False):
        """(n,): the step sizes to use, the last ones while tuning and the mean ones otherwise."""
        return np.exp(self.log_step if tuning else self.log_mean_step)

    def tune(self, acceptance):
        """Learns from the acceptance (n,), each in [0, 1], of one more transition. In place."""
        self.count += 1
        gain = GAIN * self.count ** -DECAY
        self.log_step += gain * (acceptance - self.target)  # eq. robbins-monro
        np.minimum(self.log_step, math.log(LARGEST), out=self.log_step)
        self.log_mean_step += 2.0 / (self.count + 1) * (self.log_step - self.log_mean_step)

    def take(self, index):
        """The rows `index` as StepSizes of their own: tuning them leaves these as they are."""
        part = copy.copy(self)
        for name in self.names:
            setattr(part, name, getattr(self, name)[index].copy())
        return part

    def put(self, index, part):
        """Takes back what `take(index)` gave, tuned."""
        for name in self.names:
            getattr(self, name)[index] = getattr(part, name)

    def state(self):
        """{name: array (n,)}, a snapshot."""
        return {name: getattr(self, name).copy() for name in self.names}

    def load_state(self, state):
        """Takes back what `state` gave. Raises ValueError where names or sizes do not fit."""
        if set(state) != set(self.names):
            raise ValueError(f"step sizes have the state {list(self.names)}, not {sorted(state)}")
        for name in self.names:
            if state[name].shape != (len(self),):
                raise ValueError(f"the state {name!r} has shape {state[name].shape}; "
                                 f"{len(self)} data points need ({len(self)},)")
        for name in self.names:
            getattr(self, name)[...] = state[name]
