"""Where an equation stands: its lecture, and the section in it. Hints lead there."""
from typing import NamedTuple

SECTIONS = {
    "00_one_page": {
        "1. The story": ("one-page",),
        "2. The log-probability of a pixel": ("bernoulli", "bernoulli-gradient")},
    "01_latent_variables": {
        "1. Explain x by z": ("latent-marginal",),
        "2. A finite mixture: the integral is a sum": (
            "mixture", "responsibilities", "log-sum-exp"),
        "3. Probabilistic PCA: the integral is a Gaussian": ("ppca-posterior", "ppca-marginal"),
        "5. The naive way: codes from the prior": ("prior-average", "log-mean-exp"),
        "6. How many draws are useful": ("useful-draws",),
        "7. Why EM and wake-sleep do not escape": ("posterior-gradient",)},
    "02_the_bound": {
        "2. Second derivation: what is left over": ("bound",),
        "3. Three readings of one number": ("three-readings", "gaussian-entropy"),
        "4. Where the gap has a formula": ("linear-gap", "best-encoder")},
    "03_backpropagation": {
        "1. One step backwards": ("chain-rule",),
        "2. The steps of a network": ("elementwise-backward", "linear-backward",
                                      "broadcast-backward", "gradients-add"),
        "4. Measuring a slope": ("central-difference",)},
    "04_reparameterisation": {
        "2. The score function": ("score-function",),
        "3. The reparameterisation": ("reparameterise", "reparameterise-gradient")},
    "05_gaussian_kl": {
        "3. The closed form": ("kl-gaussian",),
        "4. The gradient": ("kl-gaussian-gradient",),
        "6. Estimators A and B": ("estimator-a", "estimator-b"),
        "7. The noise of the sampled KL": ("log-q", "sampled-kl-variance"),
        "8. Where A has less noise than B": ("best-q-variances",)},
    "06_likelihoods": {
        "1. The test that every likelihood must pass": ("normalised",),
        "3. Grey pixels in a Bernoulli likelihood": ("grey-pixels", "continuous-bernoulli"),
        "4. A Gaussian with one variance: squared error, and a hidden β": (
            "gaussian", "hidden-beta"),
        "5. Which variance is the best one": ("best-variance",),
        "6. Units: what makes two log-densities comparable": (
            "change-of-variables", "dequantise", "discretised", "bits-per-dimension"),
        "7. A learned variance, and how it runs away": ("gaussian-gradient",),
        "8. Counts and categories": ("poisson", "categorical", "categorical-gradient")},
    "07_the_vae_assembled": {
        "1. From all images to a few": ("minibatch",),
        "2. Algorithm 1, line by line": ("algorithm-1",),
        "3. The walk back, room by room": ("walk-back",),
        "4. A prior on the weights": ("weight-prior",),
        "5. Where it starts": ("glorot", "output-bias"),
        "6. From slopes to steps": ("adagrad", "adam"),
        "7. More draws, or more images?": ("batch-variance", "best-draws")},
    "08_what_it_learnt": {
        "1. Which numbers of the code are used": ("active-unit",),
        "2. The codes of all images together": ("code-variance", "kl-split"),
        "3. A decoder that need not listen": ("collapse-threshold",),
        "6. The whole plane at once": ("inverse-cdf",),
        "7. Between two codes": ("mixed-draws",),
        "8. Beside an autoencoder: holes": ("reconstruction", "whitened-decoder"),
        "9. What a linear reader finds in the codes": ("linear-probe", "macro-f")},
    "09_how_good_is_it": {
        "1. Which way does it err?": ("which-way",),
        "2. Importance sampling: draw where the codes are": ("proposal-draws", "gaussian-draws"),
        "3. The importance-weighted bound, and its gap": (
            "importance-weighted", "more-draws", "importance-gap"),
        "4. The effective sample size, and four ways to spoil the estimate": ("ess",),
        "5. Appendix D: the reciprocal": ("appendix-d",),
        "6. Annealing over the code": ("tempered", "ais"),
        "8. The ruler, and what a table cannot say": ("paired",)}}


class Place(NamedTuple):
    """An equation's label, its lecture's file without ending, and its section's heading."""

    label: str
    lecture: str
    section: str

    def __str__(self):
        number, _, title = self.section.partition(". ")
        lecture = int(self.lecture[:2])
        return f"lecture {lecture}, section {number} ({title}), equation {self.label}"

    @property
    def notebook(self):
        """The link for a notebook in the folder of exercises: Jupyter knows headings alone."""
        return f"../{self.lecture}.ipynb#{self.section.replace(' ', '-')}"

    @property
    def page(self):
        """The link for a page of exercises on the site."""
        return f"../{self.lecture}.html#equation-{self.label}"


PLACES = {label: Place(label, lecture, section) for lecture, sections in SECTIONS.items()
          for section, labels in sections.items() for label in labels}
