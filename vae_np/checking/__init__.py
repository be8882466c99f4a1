"""`gradcheck`: does backward compute the derivative of forward, and if not, what is wrong with it?

`checker` gives the verdict. Below it stand how it measures (differences, steps, probes, pairs),
how it finds reasons (diagnosis, evidence, terms) and what it hands back (report). `library` checks
every gradient of vae_np itself, `models` those of its models.
"""
from .checker import DIRECTIONS, FACTORS, KINK_SHARE, Settings, gradcheck
from .report import GradcheckError, Report, Row
from .steps import SAFETY

__all__ = ["DIRECTIONS", "FACTORS", "KINK_SHARE", "SAFETY", "GradcheckError", "Report", "Row",
           "Settings", "gradcheck"]
