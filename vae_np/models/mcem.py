"""Monte Carlo EM, the paper's other rival: a decoder and no encoder.   Paper, appendix E.

*E step:* Hamiltonian Monte Carlo draws z from the true posterior p(z|x). *M step:* θ climbs
log p(x, z) at that draw, as if z had been observed. Nothing approximates the posterior, so nothing
biases θ; but each data point pays for its own chain, at every visit.
"""
from .latent import LatentVariableModel


class MonteCarloEM(LatentVariableModel):
    """p(x, z) = N(z; 0, I) p(x|z), to be trained by Monte Carlo EM. The arguments are VAE's.

    `log_joint_and_grad` is what the E step samples, `mean_log_joint_and_grad` what the M step
    climbs; the trainer, `training.mcem.MonteCarloEMTrainer`, keeps the chains.
    """
