"""The table for readers, in Markdown, from the rows of table.json."""
from .closing import KS

SHORT = {"vae": "VAE", "vae-coupling-prior": "VAE, learned prior",
         "autoencoder-b-gaussian": "autoencoder + Gaussian",
         "autoencoder-b-mixture": "autoencoder + mixture", "autoencoder-c": "autoencoder + N(0, I)",
         "wake-sleep": "wake-sleep", "mixture-10": "mixture, K = 10",
         "mixture-100": "mixture, K = 100", "mixture-500": "mixture, K = 500",
         "rbm": "RBM", "dbn": "DBN"}  # above its samples
SUCCESSORS = {"record": "the record", "vae-brief": "VAE, as brief",
              "coupling-prior": "coupling prior", "mixture-prior": "mixture prior",
              "vamp-prior": "VampPrior", "planar-posterior": "planar posterior",
              "iaf-posterior": "IAF posterior", "iwae-5": "IWAE, K = 5",
              "two-layer": "two layers"}

HEAD = """\
# Test −log p(x) on one ruler

Nats per image, lower is better; {n} test images, binarised once by `default_rng(0)`. *± images* is the
standard error over images, *± Monte Carlo* that of the estimate alone, on the mean. *Above the VAE* is
the mean of the differences image by image, with its own standard error. *Errs* says on which side of
the truth an estimate lies on average. Where few importance samples count effectively (see the
cross-checks), the Monte Carlo error is too small to be trusted, and AIS over z, which errs on the same
side, shows how much too high the number is. *Looks* says how often these images were looked at: for
the bound's records while the model trained, for measurements of log p(x), and for those of the gap,
on some of them. Training is minutes on one core of the machine that made the table, which had other
work to do.

"""
SUCCESSORS_HEAD = """
## Its successors

All of them by importance sampling with the encoder's q(z|x), too high on average. Each row but the first has the
networks of the VAE above, or the two-layer ones, and one part that is new; all had the same passes over the same
data. So *above the brief VAE* is what the part is worth after that training, one seed each.

"""
TUNED_HEAD = """
The options that make each row's part, what was chosen for it, and what that lets it be compared with:

"""
FACES_HEAD = """
## Frey Face

Grey pixels, a Gaussian decoder with means in (0, 1), 560–200–10. −log p(x), a density, in nats per frame of
{n}, by importance sampling: lower is better, and it may be negative. `frey` draws its test frames from all over the
film, so most have a neighbour in the training set; `frey-contiguous` tests on the film's end. *ESS* is the
median effective number of the {samples} samples; where it is near 1 the estimate is too high and its Monte Carlo
error too small to be trusted, so the bound, higher is better, stands beside it.

"""
GAP_HEAD = """
## How the gap closes

The importance-weighted bound with K samples, on the ruler's first {n} images, nats per image, higher is
better; K = 1 is the bound itself, and the last column is log p(x) of the same images by {samples} samples.

"""
PUBLISHED_HEAD = """
## What others have printed

| model | published | where | comparable? |
| --- | --- | --- | --- |
"""
FEW_HEAD = """
## Bayesian weights: the same networks, few images

784–100–3, trained on the first 1000 images (with `--quick`, 500), binarised once; −log p(x) and the
bound of the first {n} test images, nats per image. Uncertain weights are averaged over, or replaced by
their means. The KL divergence of the weights is that of all of them, in nats.

"""
CODES_HEAD = """
## What a linear probe reads from the codes

Softmax regression on codes that stay as they are, and that were learnt without labels
(`vae_np/linear_probe.py`): columns standardised, an L2 penalty chosen on a sixth of the training
images. It is fitted to the codes of {n_train} training images, binarised once by
`default_rng(1)`, and tested on those of {n} test images, binarised once by `default_rng(0)`.
*Accuracy* is the share of digits that it names right, with its standard error over test images;
*macro F1* is the mean of the ten digits' F1; *above the pixels* is the mean of the differences in
accuracy image by image, in percentage points, with its own standard error.

"""
CHECKS_HEAD = "\n## Cross-checks\n\n"


def markdown(rows):
    """The whole page."""
    read = [row for row in rows if "accuracy" in row]
    few = [row for row in rows if row.get("few")]
    faces = [row for row in rows if row.get("data")]
    new = [row for row in rows if row.get("tuned") and row not in faces]
    old = [row for row in rows if row not in read + few + faces + new]
    gaps = [row for row in old + new if "gap" in row]
    page = _likelihoods(old, new) if old or new else ""
    for section, part in ((_gaps, gaps), (_codes, read), (_weights, few), (_faces, faces)):
        page += section(part) if part else ""
    return page


def _likelihoods(old, new):
    """The tables on the ruler, what others have printed, and cross-checks."""
    rows = old + new
    keys = ["model", "−log p(x)", "± images", "± Monte Carlo", "errs", "above the VAE",
            "layers", "parameters", "minutes", "training pixels", "looks"]
    lines = [keys, ["---"] * len(keys)]
    lines += [[*_measured(row), row["errs"], difference(row, "vae"), row["size"],
               _count(row["parameters"]), f"{row['training_minutes']:.0f}",
               row["training_pixels"], _looks(row)] for row in old]
    page = HEAD.format(n=_count(rows[0]["n"])) + _table(lines)
    page += _successors(new) if new else ""
    page += PUBLISHED_HEAD + "".join(
        f"| {row['model']} | {one['nll']} | {one['source']} | {one['comparable']} |\n"
        for row in rows for one in row["published"])
    checks = [f"* {row['model']}: {check}\n" for row in rows for check in _checks(row)]
    return page + (CHECKS_HEAD + "".join(checks) if checks else "")


def _measured(row):
    """What each table begins with: whose number it is, the number, and its two errors."""
    return [row["model"], _number(row["nll"]), _number(row["nll_stderr"]),
            _error(row["nll_mc_stderr"])]


def _successors(rows):
    """The table of the successors, and what was tuned for each."""
    keys = ["model", "−log p(x)", "± images", "± Monte Carlo", "above the brief VAE",
            "above the VAE", "layers", "parameters", "epochs", "minutes", "looks"]
    lines = [keys, ["---"] * len(keys)]
    lines += [[*_measured(row), difference(row, "vae-brief"), difference(row, "vae"), row["size"],
               _count(row["parameters"]), f"{row['epochs']:.0f}",
               f"{row['training_minutes']:.0f}", _looks(row)] for row in rows]
    tuned = [["model", "options", "tuned", "comparable"], ["---"] * 4]
    tuned += [[row["model"], f"`{row['options']}`", row["tuned"], row["comparable"]]
              for row in rows]
    return SUCCESSORS_HEAD + _table(lines) + TUNED_HEAD + _table(tuned)


def _faces(rows):
    """Frey Face, with and without a prior that learns."""
    keys = ["test frames", "model", "−log p(x)", "± frames", "± Monte Carlo",
            "above the same VAE with N(0, I)", "bound", "ESS", "epochs", "minutes", "tuned", "looks"]
    lines = [keys, ["---"] * len(keys)]
    lines += [[f"`{row['data']}`", *_measured(row), difference(row, f"{row['data']}-vae"),
               _number(row["bound"]), f"{row['ess_median']:.1f}", f"{row['epochs']:.0f}",
               f"{row['training_minutes']:.1f}", row["tuned"], _looks(row)] for row in rows]
    return FACES_HEAD.format(n=rows[0]["n"],
                             samples=f"{rows[0]['samples']:.0f}") + _table(lines)


def _gaps(rows):
    """The importance-weighted bounds."""
    ks = [k for k in KS if all(k in row["gap"]["ks"] for row in rows)]
    keys = ["model", *(f"K = {k}" for k in ks), "log p(x)", "the bound's gap"]
    lines = [keys, ["---"] * len(keys)]
    for row in rows:
        gap = row["gap"]
        bounds = dict(zip(gap["ks"], gap["bounds"]))
        lines.append([row["model"], *(_number(bounds[k]) for k in ks), _number(gap["log_px"]),
                      _number(gap["log_px"] - bounds[ks[0]])])
    return GAP_HEAD.format(n=_count(rows[0]["gap"]["n"]),
                           samples=f"{rows[0]['samples']:.0f}") + _table(lines)


def _looks(row):
    """While training + for log p(x)."""
    looks = row.get("test_looks", {})
    return " + ".join(str(number) for number in looks.values()) or "–"


def _table(lines):
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _codes(rows):
    """What a linear probe reads from the codes, the raw pixels among them."""
    keys = ["codes", "dimensions", "accuracy, %", "macro F1, %", "above the pixels"]
    lines = [keys, ["---"] * len(keys)]
    lines += [[row["codes"], str(row["dimensions"]), percent(row, "accuracy"),
               _number(100 * row["macro_f1"]), percent(row, "above_pixels", "+")] for row in rows]
    return CODES_HEAD.format(n_train=_count(rows[0]["n_train"]),
                             n=_count(rows[0]["n"])) + _table(lines)


def percent(row, name, sign=""):
    """A share of a row in percent, with its standard error; a dash where the row has none."""
    if name not in row:
        return "–"
    return f"{_number(100 * row[name], sign)} ± {100 * row[f'{name}_stderr']:.2f}"


def _weights(rows):
    """What uncertain weights are good for: the models that were trained on few images."""
    keys = ["model", "−log p(x)", "± images", "± Monte Carlo", "at the mean weights",
            "test bound", "at the mean weights", "KL of the weights"]
    lines = [keys, ["---"] * len(keys)]
    lines += [[row["model"], _number(row["nll"]), _number(row["nll_stderr"]),
               _error(row["nll_mc_stderr"]), _maybe(row, "nll_at_mean_weights"),
               _number(row["test_bound"]), _maybe(row, "test_bound_at_mean_weights"),
               _maybe(row, "weight_kl")] for row in rows]
    return FEW_HEAD.format(n=rows[0]["n"]) + _table(lines)


def _maybe(row, name):
    return _number(row[name]) if name in row else "–"


def _checks(row):
    """What else was measured of a model, in sentences."""
    if "samples" in row:
        yield (f"{row['samples']:.0f} importance samples an image, of which half the images use "
               f"less than {row['ess_median']:.1f} effectively")
    if "ais_nll" in row:
        yield (f"AIS over z, on the first {row['checked_images']:.0f} images: "
               f"{_number(row['ais_nll'])} ± {_error(row['ais_mc_stderr'])}, importance sampling "
               f"there: {_number(row['checked_nll'])}")
    if "log_z" in row:
        yield (f"log Z = {_number(row['log_z'])}, between {_number(row['log_z_lower'])} and "
               f"{_number(row['log_z_upper'])} at ± 3 standard errors; {row['temperatures']:.0f} "
               f"temperatures in place of half as many change it by "
               f"{_number(row['log_z_change'], '+')} ± {_error(row['log_z_change_stderr'])}")
        yield (f"RAISE, which errs on the other side, on the first {row['checked_images']:.0f} "
               f"images: {_number(row['raise_nll'])}, where the table's way says "
               f"{_number(row['checked_nll'])}; the difference has a standard error of "
               f"{_error(row['raise_stderr'])}")
        if abs(row["bound_nll"] - row["nll"]) > 1e-6:
            yield (f"the variational bound says {_number(row['bound_nll'])}; importance sampling "
                   f"over h from the recognition model says {_number(row['nll'])}")


def difference(row, other):
    """How much −log p(x) lies above another row's, image by image; a dash where it is that row."""
    if f"above_{other}" not in row:
        return "–"
    return f"{_number(row[f'above_{other}'], '+')} ± {_error(row[f'above_{other}_stderr'])}"


def _number(value, sign=""):
    return f"{round(value, 2) + 0.0:{sign}.2f}".replace("-", "−")


def _count(value):
    return f"{value:,}".replace(",", " ")


def _error(value):
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.3f}"
