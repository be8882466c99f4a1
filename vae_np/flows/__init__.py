"""Flows: invertible maps of codes whose log-determinant is known.

A flow maps rows, `forward(params, z, context) -> u, log_det, cache` and `backward(params, cache,
d_u, d_log_det, grads) -> d_z, d_context`: `coupling`, `planar`, `autoregressive`. Where u = f(z)
is drawn from a known density, z has a known density too: a richer prior (`prior`), or a richer
posterior, whose flow reads a context from the encoder (`posteriors`).
"""
from .coupling import Coupling, CouplingFlow
from .posteriors import CouplingKind, FlowPosterior, InverseAutoregressiveKind, PlanarKind
from .prior import CouplingPrior

__all__ = ["Coupling", "CouplingFlow", "CouplingKind", "CouplingPrior", "FlowPosterior",
           "InverseAutoregressiveKind", "PlanarKind"]
