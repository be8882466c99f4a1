"""The models of the table, each with its training, its ruler and what others have published."""
from dataclasses import dataclass, field

# How an estimate errs: see `inference.ais` and `inference.partition`.
HIGH = "too high: log of a mean of weights"
LOW = "too low: AIS finds too small a Z"
EXACT = "exact"
NO_LIKELIHOOD = "not a likelihood: the decoder has been told the code"

FRESH, ONCE = "fresh at each step", "drawn once"
FIXED = f"{ONCE}, by default_rng(1)"


@dataclass(frozen=True)
class Published:
    """A number that somebody printed. comparable: what makes it comparable with ours, or not."""
    nll: float
    source: str
    comparable: str


@dataclass(frozen=True)
class Rival:
    """A row of the table. `name` is its folder.

    run: the name of the training run that it needs last; method: how `ruler` measures it. errs:
    the direction in which its −log p(x) errs. trained: all runs whose training it needs, where
    `run` is not the only one. few: trained on 1000 images, to see what uncertain weights are good
    for. data: where it is not the table's digits. against: the rows that it is compared with image
    by image. tuned: what was chosen for it, and how; comparable: what that lets it be compared
    with; both of the successors alone.
    """
    name: str
    title: str
    run: str
    method: str
    errs: str
    pixels: str = FRESH
    trained: tuple = ()
    published: tuple = field(default=())
    few: bool = False
    data: str | None = None
    against: tuple = ("vae",)
    tuned: str = ""
    comparable: str = ""

    @property
    def runs(self):
        return self.trained or (self.run,)


OTHER_DRAW = "MNIST's test images too, but another draw of their pixels"
SAME_NETWORKS = f"the same networks, also {FRESH}, 3280 epochs; {OTHER_DRAW}"
LIKE_THE_BRIEF = "with the brief VAE, from which it differs in this one part"
FLOW_POSTERIOR = ("with the brief VAE, but for the gradient too: the standard one, since that of "
                  "the path is not there for it")
NOTHING = "nothing: the brief VAE's settings"


def _successor(name, title, tuned=NOTHING, comparable=LIKE_THE_BRIEF, **more):
    return Rival(name, title, name, "importance", HIGH, tuned=tuned, comparable=comparable,
                 against=("vae", "vae-brief"), **more)


SUCCESSORS = (
    _successor("record", "the record: wider networks, prior a coupling flow",
               "a prototype's widths and rate, compared with others on held-out training images",
               "with published numbers of MLPs of any width; not with the rows of this table's "
               "networks"),
    _successor("vae-brief", "VAE, trained as briefly",
               "nothing: batch, rate and warm-up are the record's",
               "with the rows below; with the VAE at the top, which trained 6.6 times as long"),
    _successor("coupling-prior", "prior: a coupling flow"),
    _successor("mixture-prior", "prior: a mixture of Gaussians"),
    _successor("vamp-prior", "prior: a mixture of posteriors (VampPrior)"),
    _successor("planar-posterior", "posterior: planar steps",
               comparable=FLOW_POSTERIOR),
    _successor("iaf-posterior", "posterior: inverse autoregressive steps",
               comparable=FLOW_POSTERIOR),
    _successor("iwae-5", "bound: importance-weighted, K = 5, DReG gradient",
               comparable="with the brief VAE in epochs, not in time: a step decodes five codes",
               published=(Published(85.54, "Burda et al. 2015, table 1, k = 5, the standard "
                                    "gradient", SAME_NETWORKS),)),
    _successor("two-layer", "two layers of codes",
               comparable="with the brief VAE in data and training; its networks are the two-layer "
               "ones of Burda et al.",
               published=(Published(85.33, "Burda et al. 2015, table 1, two layers, one sample a "
                                    "step", SAME_NETWORKS),)),
)
FACES = tuple(
    Rival(f"{data}-{name}", title, f"{data}-{name}", "importance", HIGH, "grey", data=data,
          against=(f"{data}-vae",), tuned=tuned)
    for data, tuned in (("frey", "nothing"), ("frey-contiguous",
                                              "epochs, on the last 200 training frames"))
    for name, title in (("vae", "VAE"), ("coupling", "prior: a coupling flow, 4 × 64")))
RIVALS = (
    Rival("vae", "VAE", "vae", "importance", HIGH, published=(
        Published(86.76, "Burda et al. 2015, table 1, one sample a step",
                  f"the same networks, also {FRESH}; {OTHER_DRAW}"),)),
    Rival("vae-coupling-prior", "the same VAE, its prior learned: a coupling flow",
          "vae-coupling-prior", "importance", HIGH, trained=("vae", "vae-coupling-prior")),
    Rival("autoencoder-a", "autoencoder (a): reconstruction cross-entropy", "autoencoder",
          "reconstruction", NO_LIKELIHOOD, published=(
              Published(103, "summaries of the paper, without a source",
                        "nothing is known of how it was measured"),)),
    Rival("autoencoder-b-gaussian", "autoencoder (b): a Gaussian fitted to its codes",
          "whitened-encoder", "importance-and-ais", HIGH,
          trained=("autoencoder", "whitened-encoder")),
    Rival("autoencoder-b-mixture", "autoencoder (b): a mixture of Gaussians fitted to its codes",
          "code-mixture", "importance-and-ais", HIGH,
          trained=("autoencoder", "whitened-encoder", "code-mixture")),
    Rival("autoencoder-c", "autoencoder (c): N(0, I) on its codes, as they are", "raw-encoder",
          "importance-and-ais", HIGH, trained=("autoencoder", "raw-encoder")),
    Rival("wake-sleep", "wake-sleep", "wake-sleep", "importance", HIGH),
    *(Rival(f"mixture-{k}", f"mixture of {k} Bernoullis", f"mixture-{k}", "exact", EXACT, FIXED,
            published=(Published(nll, "Salakhutdinov & Hinton 2009, §4.1",
                                 f"also {ONCE}; {OTHER_DRAW}"),))
      for k, nll in ((10, 168.95), (100, 142.63), (500, 137.64))),
    Rival("rbm", "RBM", "rbm", "energy", LOW, published=(
        Published(86.34, "Salakhutdinov & Murray 2008, CD-25 (quoted from memory)",
                  f"the same size, also by AIS; {OTHER_DRAW}"),)),
    Rival("dbn", "DBN", "dbn", "energy", LOW, published=(
        Published(84.55, "Murray & Salakhutdinov 2009",
                  f"the same size; Z also by AIS; {OTHER_DRAW}"),)),
    Rival("map", "VAE, the most probable weights (MAP)", "map", "few", HIGH, FIXED, few=True),
    Rival("full-vb", "full variational Bayes, the decoder's weights", "full-vb", "few-weights",
          HIGH, FIXED, few=True),
    Rival("full-vb-all", "full variational Bayes, all weights", "full-vb-all", "few-weights",
          HIGH, FIXED, few=True),
)
MEASURED = (*RIVALS, *SUCCESSORS, *FACES)


def configs(quick):
    """{name of a run: its config.json}, in the order in which they depend on each other; those
    that start from another model have "start_from", relative to their own folder.
    """
    data, size = ("mnist5k", 4000) if quick else ("mnist", 60_000)
    small = "mnist5k:500" if quick else "mnist:1000"
    widths = {"z_dim": 10, "hidden": [100]} if quick else {"z_dim": 50, "hidden": [200, 200]}
    networks = {**widths, "activation": "tanh", "likelihood": "bernoulli", "init": "glorot",
                "dtype": "float32"}
    share = 0.1 if quick else 1.0  # of the full epochs; an epoch is shorter too

    def run(name, model, epochs, start_from=None, data=data, size=size, **training):
        settings = {"binarize": "dynamic", "eval_every": 5, **training}
        samples = size * max(1, round(epochs * share))
        config = {"data": data, "seed": 0, "device": "cpu", "model": {"class": name, **model},
                  "training": {"samples_seen": samples, **settings}}
        return config | ({"start_from": start_from} if start_from else {})

    # The successors: 500 epochs of larger steps. The path's gradient where the posterior has one.
    brief = {"batch_size": 200, "lr": 2e-3, "kl_warmup": 10, "eval_every": 10, "estimator": "A"}
    path, many = {**brief, "gradient": "stl"}, 50 if quick else 500
    iwae = {**brief, "estimator": "IW", "mc_samples": 5, "gradient": "dreg"}
    wide = {"hidden": [200]} if quick else {"hidden": [400, 400]}
    layers = ({"z_dim": [10, 5], "hidden": [[100], [50]]} if quick else
              {"z_dim": [100, 50], "hidden": [[200, 200], [100, 100]]})

    def successor(training, model="VAE", **part):
        return run(model, {**networks, **part}, 500, **training)

    def face(data, epochs, **part):
        return run("VAE", {**networks, "z_dim": 10, "hidden": [200],
                           "likelihood": "gaussian-sigmoid", **part}, epochs, data=data, size=1765,
                   binarize="none", estimator="A", gradient="stl", kl_warmup=10)

    faces = {} if quick else {
        f"{data}-{name}": face(data, epochs, **part)
        for data, epochs in (("frey", 1000), ("frey-contiguous", 40))
        for name, part in (("vae", {}), ("coupling", {"prior": "coupling:4x64"}))}
    em = {"batch_size": size, "binarize": "fixed"}
    tiny = {**networks, "z_dim": 3, "hidden": [100]}
    few = {"data": small, "binarize": "fixed", "lr": 3e-3, "eval_every": 100}
    return {
        "vae": run("VAE", networks, 3280, lr=3e-3, eval_every=10),
        "vae-coupling-prior": run(
            "LearnedPriorVAE", {**networks, "prior": "coupling:8x128x128"}, 80,
            "../vae/checkpoint.npz", lr=2e-3, batch_size=400),
        "record": successor(path, prior="coupling:8x128", **wide),
        "vae-brief": successor(path),
        "coupling-prior": successor(path, prior="coupling:8x128"),
        "mixture-prior": successor(path, prior=f"mixture:{many}"),
        "vamp-prior": successor(path, prior=f"vamp:{many}"),
        "planar-posterior": successor(brief, posterior="planar:10"),
        "iaf-posterior": successor(brief, posterior="iaf:2x128"),
        "iwae-5": successor(iwae),
        "two-layer": successor(path, "HierarchicalVAE", **layers),
        **faces,
        "autoencoder": run("Autoencoder", networks, 100, lr=3e-3),
        "whitened-encoder": run("FrozenDecoderVAE", networks, 50, "../autoencoder/whitened.npz"),
        "raw-encoder": run("FrozenDecoderVAE", networks, 50, "../autoencoder/checkpoint.npz"),
        "wake-sleep": run("WakeSleep", networks, 200),
        **{f"mixture-{k}": run("BernoulliMixture", {"components": k}, epochs, **em)
           for k, epochs in ((10, 100), (100, 100), (500, 60))},
        "rbm": run("RBM", {"hidden": 100 if quick else 500}, 200, lr=0.3),
        "dbn": run("DBN", {"hidden": [100, 200] if quick else [500, 2000]}, 240, eval_every=10),
        "map": run("VAE", tiny, 50, weight_prior="all", **few),
        "full-vb": run("FullVB", {**tiny, "weights": "decoder"}, 50, **few),
        "full-vb-all": run("FullVB", {**tiny, "weights": "all"}, 50, **few),
    }
