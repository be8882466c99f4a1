"""Training: the loop of Algorithm 1, the settings of a run, and one trainer a file.

`loop` knows nothing of models: what one minibatch does to one is its trainer's business.
"""
from .loop import Loop, NonFiniteBoundError, StopSignals

__all__ = ["Loop", "NonFiniteBoundError", "StopSignals"]
