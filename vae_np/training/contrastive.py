"""How one minibatch moves an RBM, or a DBN layer by layer: contrastive divergence, with chains
that start at the data or go on for ever. See `trainer`.
"""
from ..backend import move, namespace, to_host
from ..blocks import in_blocks
from ..likelihoods import draw_bernoulli
from .settings import OPTIMIZER, OUTPUT_BIAS, Setting, with_defaults
from .trainer import Trainer, finite
from .values import Flag, Number, Whole

GROUP = "rbm, dbn and mixtures"
OFFSET_RATE = 0.01  # of the running means that centre the gradient


class ContrastiveTrainer(Trainer):
    """The positive phase is the data's, the negative phase that of Gibbs chains.

    gibbs_steps: k, how far a chain goes before each update. persistent_chains: 0 is contrastive
    divergence, CD-k (Hinton 2002): a chain starts at each example. Otherwise so many chains go on
    from update to update (persistent CD, Tieleman 2008): they lag behind a model that moves, but
    wander far from the data. Let the rate fall to 0 with them, as "cosine" does: while it is high,
    model and chains chase each other, and the likelihood is many nats lower than once it has
    fallen. weight_decay: this times W is subtracted from the gradient of W; biases do not decay.
    centre: see `centred`. The rest is Trainer's.

    A DBN is learnt from below, each layer for an equal share of the run's samples, with a schedule
    that begins anew. The data of a layer are draws h ~ q(h|x) of the layers below, which no longer
    change. It starts as the layer below turned upside down where the widths allow, else with
    random weights, and visible biases at the log-odds of its first batch. A run that is made
    longer continues with its top layer.
    """

    settings = (
        *with_defaults(OPTIMIZER, optimizer="sgd", momentum=0.0, lr=0.2), OUTPUT_BIAS,
        Setting("gibbs_steps", Whole(1), 1, "steps of Gibbs sampling before each update (default "
                "{default})", GROUP),
        Setting("persistent_chains", Whole(0), 100, "chains that go on from update to update "
                "(default {default}). 0 is contrastive divergence: they start at the data each "
                "time", GROUP, neutral=0),
        Setting("weight_decay", Number("a number, 0 or more", lambda v: v >= 0), 0.0,
                "this times W is subtracted from its gradient (default {default})", GROUP),
        Setting("centre", Flag(), True, "the centred gradient: steps in W do not undo what biases "
                "have learnt (default {default})", GROUP, neutral=False))

    def __init__(self, model, *optimizers, gibbs_steps=1, persistent_chains=0, weight_decay=0.0,
                 centre=False, **shared):
        super().__init__(model, *optimizers, **shared)
        self.gibbs_steps, self.persistent = gibbs_steps, bool(persistent_chains)
        self.weight_decay, self.centre = weight_decay, centre
        xp = namespace(model.params.vector)
        self.memory = {part: {  # what a layer remembers from step to step
            "chains": xp.zeros((persistent_chains, rbm.hidden), dtype=model.dtype),
            "visible_mean": xp.zeros(rbm.x_dim, dtype=model.dtype),
            "hidden_mean": xp.zeros(rbm.hidden, dtype=model.dtype)}
            for part, rbm in model.layers.items()}

    @classmethod
    def parts_of(cls, model):
        """A DBN's layers; an RBM is one part."""
        return tuple(model.layers)

    def layer(self):
        """The index of the layer that learnt last."""
        return max((i for i, optimizer in enumerate(self.optimizers.values()) if optimizer.steps),
                   default=0)

    def _next_layer(self):
        """The index of the layer whose turn it is."""
        count = len(self.optimizers)
        due = min(self.progress.samples_seen * count // self.progress.total_samples, count - 1)
        return max(due, self.layer())

    def share_done(self, ahead=0):
        """How much of the present layer's share of the run is done."""
        share = self.progress.total_samples / len(self.optimizers)
        return max(0.0, self.progress.samples_seen / share - self._next_layer())

    def counts(self):
        """{"layer"} of a DBN: which one learnt last, from 0."""
        return {"layer": self.layer()} if len(self.optimizers) > 1 else {}

    def step(self, x, index, rng):
        """One update with the binary minibatch x (M, D).

        Returns {"free_energy", "contrast"}: the mean free energy F of the examples, and how much
        lower it is than the chains' own, nats. Both speak of the layer that learns. Neither is a
        likelihood, nor a bound: Z is missing. But F of the training set minus F of the test set
        is log p(test) − log p(train), the price of overfitting (Hinton 2010, §6).
        """
        layer = self._next_layer()
        part, rbm = list(self.model.layers.items())[layer]
        memory = self.memory[part]
        v = self._input(x, layer, rng)
        if not self.optimizers[part].steps:
            self._begin(layer, rbm, memory, v, rng)
        h = memory["chains"] if self.persistent else rbm.draw_hidden(v, rng)
        if self.gibbs_steps > 1:
            _, h = rbm.gibbs(h, rng, self.gibbs_steps - 1)
        fantasy = rbm.draw_visible(h, rng)
        contrast, phases = rbm.contrast(v, fantasy)
        grads = rbm.contrast_backward(phases)  # eq. cd
        reported = {"free_energy": float(phases.free_energy[:len(v)].mean()),
                    "contrast": float(contrast)}
        if not finite(reported):
            return reported  # the chains do not move either
        if self.persistent:
            memory["chains"] = draw_bernoulli(phases.hidden[len(v):], rng)
        if self.centre:
            self._follow(memory, v, phases.hidden[:len(v)])
            centred(grads, memory["visible_mean"], memory["hidden_mean"])
        if self.weight_decay:
            grads["W"] -= self.weight_decay * rbm.params["W"]
        self.ascend(reported, self.optimizers[part].params.like(grads.vector), part)
        return reported

    def _input(self, x, layer, rng):
        """What the layer sees: x itself, or a draw of the layer below."""
        x = move(x, namespace(self.model.params.vector))
        return self.model.recognise(x, rng, layer) if layer else x

    def _begin(self, layer, rbm, memory, v, rng):
        """What a layer needs before its first step."""
        below = list(self.model.layers.values())[layer - 1] if layer else None
        if below and rbm.output_bias_is_zero():
            if rbm.hidden == below.x_dim:
                rbm.params["W"] = below.params["W"].T
                rbm.params["visible.b"] = below.params["hidden.b"]
                rbm.params["hidden.b"] = below.params["visible.b"]
            else:
                rbm.init_output_bias(v)
        memory["visible_mean"][...] = v.mean(axis=0)
        memory["hidden_mean"][...] = 0.5
        if self.persistent:  # fantasies begin as noise with the data's mean
            rates = namespace(v).broadcast_to(memory["visible_mean"],
                                              (len(memory["chains"]), rbm.x_dim))
            memory["chains"] = rbm.draw_hidden(draw_bernoulli(rates, rng), rng)

    def _follow(self, memory, v, hidden):
        """Moves the running means a little towards those of this batch."""
        for name, batch in (("visible_mean", v), ("hidden_mean", hidden)):
            memory[name] += OFFSET_RATE * (batch.mean(axis=0) - memory[name])

    def evaluate(self, x, rng):
        """{"free_energy", "pseudo"}: means over x (N, D), nats, of F and of the estimated
        pseudo-log-likelihood, `RBM.pseudo_log_likelihood`, for the layer that learnt last.
        """
        layer = self.layer()
        rbm = list(self.model.layers.values())[layer]

        def block(x):
            v = self._input(x, layer, rng)
            return {"free_energy": rbm.free_energy(v), "pseudo": rbm.pseudo_log_likelihood(v)}

        return {name: float(values.mean(dtype="float64"))
                for name, values in in_blocks(block, x, 500).items()}

    def state(self):
        """As Trainer's, and what each layer remembers."""
        return {**super().state(),
                **{f"memory.{part}.{name}": to_host(array).copy()
                   for part, memory in self.memory.items() for name, array in memory.items()}}

    def load_state(self, state):
        """Takes back what `state` gave. Raises ValueError where it does not fit."""
        super().load_state(state)
        for part, memory in self.memory.items():
            for name, array in memory.items():
                saved = state[f"memory.{part}.{name}"]
                if saved.shape != array.shape:
                    raise ValueError(f"its {name} have shape {saved.shape}, this run needs "
                                     f"{array.shape}")
                array[...] = move(saved, namespace(array))


def centred(grads, visible_mean, hidden_mean):
    """Turns the gradient of an RBM into its centred gradient, in place.

    With E(v, h) = −(v − μ)ᵀW(h − λ) − b′ᵀv − c′ᵀh the model is the same, where b′ = b + Wλ and
    c′ = c + Wᵀμ. But there a step in W does not undo what the biases have learnt. Its gradient,
    carried back to (W, b, c), is

        ∇W − μ ∇cᵀ − ∇b λᵀ,   ∇b − (that) λ,   ∇c − (that)ᵀ μ.

    It is J Jᵀ∇, J the Jacobian of (W, b, c) in (W, b′, c′): so it points uphill as well. μ (D,)
    and λ (H,) are the means of v and h.   Montavon & Müller 2012; Melchior et al. 2016, eq. 9-11.
    """
    xp, d_W, d_b, d_c = namespace(visible_mean), grads["W"], grads["visible.b"], grads["hidden.b"]
    d_W -= xp.stack([visible_mean, d_b], axis=1) @ xp.stack([d_c, hidden_mean])  # eq. centred
    d_b -= d_W @ hidden_mean
    d_c -= visible_mean @ d_W
