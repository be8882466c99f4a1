"""How one minibatch moves Monte Carlo EM, the paper's other rival. See `trainer`."""
import math

import numpy as np

from ..backend import move, namespace, to_host
from ..inference import hmc
from .trainer import Trainer


class MonteCarloEMTrainer(Trainer):
    """Monte Carlo EM: a chain for each data point, moved by one HMC transition at each visit and
    then held still for several weight updates.   Paper, appendix E.

    The chains go on from visit to visit, each with a step size of its own that is tuned to 90 %
    acceptance all along, since θ, and with it the posterior, keeps moving. A chain starts at a
    draw from the prior. The paper says neither where its chains start nor whether they go on.
    """

    repeats = 5  # weight updates with each draw
    leapfrog_steps = 10

    def __init__(self, model, optimizer, **shared):
        super().__init__(model, optimizer, **shared)
        self.z = np.zeros((self.train_size, model.z_dim), model.dtype)
        self.step_sizes = hmc.StepSizes(self.train_size)

    def step(self, x, index, rng):
        """One HMC transition for the minibatch x (M, D), rows `index` of the data; 5 updates.

        Returns {"log_joint", "acceptance"}: mean log p(x, z) at the draws, nats per example,
        before the updates, and the mean probability with which the draws were taken.
        """
        start, steps = self.z[index], self.step_sizes.take(index)
        prior = to_host(self.model.noise(rng, len(x))[0])
        start = np.where((steps.count == 0)[:, None], prior, start)  # a chain's first visit
        try:
            moves = hmc.advance(
                lambda z: self.model.log_joint_and_grad(x, z),
                move(start, namespace(self.model.params.vector)), steps, rng,
                leapfrog_steps=self.leapfrog_steps, tune=True)
        except hmc.StartError:  # θ has diverged: on NaN the loop stops and says why
            return {"log_joint": math.nan}
        self.step_sizes.put(index, steps)
        self.z[index] = to_host(moves.z)
        reported = {"log_joint": float(moves.log_prob.mean()),
                    "acceptance": float(moves.acceptance.mean())}
        for repeat in range(self.repeats):
            _, grads = self.model.mean_log_joint_and_grad(x, moves.z)
            self.ascend(reported, grads, ahead=repeat * len(x))
        return reported

    def counts(self):
        """{"leapfrog_steps"}: those of all chains together, each one gradient of log p(x, z)."""
        return {"leapfrog_steps": int(self.step_sizes.count.sum()) * self.leapfrog_steps}

    def evaluate(self, x, rng):
        """{}: without an encoder there is no bound. Appendix D and AIS measure the model."""
        return {}

    def state(self):
        """As Trainer's, and each data point's z and step size."""
        return {**super().state(), "z": self.z.copy(),
                **{f"step_sizes.{name}": array
                   for name, array in self.step_sizes.state().items()}}

    def load_state(self, state):
        """Takes back what `state` gave. Raises ValueError where it does not fit."""
        super().load_state(state)
        if state["z"].shape != self.z.shape:
            raise ValueError(f"it holds chains of shape {state['z'].shape}, the data need "
                             f"{self.z.shape}")
        self.z[...] = state["z"]
        self.step_sizes.load_state({name.removeprefix("step_sizes."): array
                                    for name, array in state.items()
                                    if name.startswith("step_sizes.")})
