"""Sampling p(z|x), and log p(x) by way of it: the paper's appendices D and E; a cross-check."""
from . import diagnostics, hmc

__all__ = ["diagnostics", "hmc"]
