"""Draws from p(z|x), and log p(x) by way of them: HMC, annealing, appendix D."""
from . import ais, appendix_d, diagnostics, estimates, hmc

__all__ = ["ais", "appendix_d", "diagnostics", "estimates", "hmc"]
