"""Several layers of latent variables, z₁ next to the data and z_L at the top.

The generative half runs down, p(z_L) p(z_{L−1}|z_L) … p(z₁|z₂) p(x|z₁): `chain`. The encoder may
run up, q(z₁|x) q(z₂|z₁) …, or down, q(z_L|x) q(z_{L−1}|x, z_L) …: `bottom_up`, `top_down` and
`ladder`, which are three kinds of the one posterior in `posterior`. `gaussians` has the two
formulas that they need.

The layers of a code lie side by side in one array z (..., Z₁ + … + Z_L), z₁ first. So whoever asks
for log p(z), log q(z|x) or their slopes sees one variable, as in a VAE.
"""
from .bottom_up import BottomUp
from .chain import ChainPrior, conditional, side_by_side, split
from .ladder import Ladder
from .posterior import ChainPosterior
from .top_down import TopDown

INFERENCES = {"bottom-up": BottomUp, "top-down": TopDown, "ladder": Ladder}

__all__ = ["INFERENCES", "BottomUp", "ChainPosterior", "ChainPrior", "Ladder", "TopDown",
           "conditional", "side_by_side", "split"]
