"""Draws from p(z|x), and log p(x) by way of them: HMC, annealing, appendix D. `measures` lists
the ways to measure log p(x) that a model may take.
"""
from . import (ais, appendix_d, diagnostics, energy, estimates, hmc, measures, partition,
               reverse_annealing, step_sizes)

__all__ = ["ais", "appendix_d", "diagnostics", "energy", "estimates", "hmc", "measures",
           "partition", "reverse_annealing", "step_sizes"]
