"""What is known exactly of an RBM with a small layer: log Z by enumeration, and its gradient."""
import numpy as np

from ..backend import move, namespace
from ..distributions import log_sum_exp
from ..params import Params

ENUMERABLE = 20  # units: 2^20 states take seconds
STATES_AT_ONCE = 1 << 12


class Enumerable:
    """The part of `RBM` that sums over all states. It is what the estimates are held against."""

    def log_partition_exact(self):
        """log Z by a sum over all states of the smaller layer, nats.

        Raises ValueError where both layers have more than 20 units.
        """
        return self._enumerated()._log_partition(STATES_AT_ONCE)[0]

    def log_partition_exact_and_grad(self, *, states_at_once=STATES_AT_ONCE):
        """(log Z, its gradient as Params): the latter is the negative phase, E[−∂F/∂θ] over p(v).

        states_at_once: how many v are in memory at a time; it changes the result by rounding
        alone. Raises as `log_partition_exact` does.
        """
        rbm = self._enumerated()
        log_z, p = rbm._log_partition(states_at_once)
        grads, start = rbm.params.like(namespace(p).zeros_like(rbm.params.vector)), 0
        for v in rbm._all_states(states_at_once):
            grads.vector[...] += rbm.free_energy_backward(-p[start:start + len(v)], v).vector
            start += len(v)
        return log_z, grads if rbm is self else rbm.at(grads)._transposed().params

    def _enumerated(self):
        """This RBM or its mirror image: the one whose x is the smaller layer. Either can be summed
        out, Z does not care.
        """
        if min(self.x_dim, self.hidden) > ENUMERABLE:
            raise ValueError(f"log Z by enumeration takes a layer of at most {ENUMERABLE} units; "
                             f"this RBM has {self.x_dim} and {self.hidden}: use AIS, "
                             "inference.partition.log_partition")
        return self._transposed() if self.hidden < self.x_dim else self

    def _log_partition(self, at_once):
        """(log Z, p(v) of every v), with the v in the order of `_all_states`."""
        xp = namespace(self.params.vector)
        scores = xp.concatenate([-self.free_energy(v) for v in self._all_states(at_once)])
        return log_sum_exp(scores)  # eq. partition

    def _transposed(self):
        """The RBM with its layers exchanged, on a copy of the parameters."""
        params = self.params
        twin = Params(self.layout(self.hidden, self.x_dim), params.vector.copy())
        twin["W"], twin["visible.b"], twin["hidden.b"] = (
            params["W"].T, params["hidden.b"], params["visible.b"])
        return self.at(twin)

    def _all_states(self, at_once):
        """Yields every v, in blocks (up to at_once, D)."""
        xp, bits = namespace(self.params.vector), np.arange(self.x_dim)
        for start in range(0, 2 ** self.x_dim, at_once):
            numbers = np.arange(start, min(start + at_once, 2 ** self.x_dim))
            yield move((numbers[:, None] >> bits & 1).astype(self.params.vector.real.dtype), xp)

    def log_prob_exact(self, x):
        """log p(x) with the enumerated Z: x (N, D) → (N,). Raises as `log_partition_exact`."""
        return self.log_prob_unnormalised(x) - self.log_partition_exact()

    def log_prob_exact_and_grad(self, x):
        """(mean log p(x), its gradient as Params): the positive phase minus the enumerated
        negative phase.

        x (N, D). Raises as `log_partition_exact` does.
        """
        x = self._binary(x)
        log_z, negative = self.log_partition_exact_and_grad()
        shares = namespace(x).ones_like(x[:, 0]) * (-1.0 / len(x))
        grads = self.free_energy_backward(shares, x)
        grads.vector[...] -= negative.vector  # eq. rbm-gradient
        return shares @ self.free_energy(x) - log_z, grads
