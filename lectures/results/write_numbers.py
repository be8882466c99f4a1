"""Writes the numbers of README.md and of results/README.md anew, from the records.

    python lectures/results/write_numbers.py

A number, or a whole table, stands between two marks, which a page does not show:

    by <!-- n: fig2.mnist.1e6 -->3.1 to 8.9<!-- /n --> nats

`values` knows every name. What stands outside the marks is prose, which nobody generates.
"""
import json
import math
import re
import sys
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).resolve().parent
ROOT = RESULTS.parents[1]
PAGES = (ROOT / "README.md", RESULTS / "README.md")
MARKED = re.compile(r"(<!-- n: (\S+) -->)(.*?)(<!-- /n -->)", re.S)


def values():
    """{name: text} of everything that can stand between two marks."""
    return {"results": _results(), **_single_runs(), **_figure_2(), **_first_weights(),
            **_figure_3(), **_rivals(), **_successors(), **_record_and_choice(), **_codes(),
            **_priors(), **_labels(), **_vae_gan(), **_speed(), **_reproducibility()}


def written(page, known):
    """The text of a page with what lies between its marks written anew.

    Raises KeyError for a name that `values` does not know, and ValueError for a number whose mark
    begins a line: Markdown would take that line for HTML and end the paragraph before it.
    """
    def anew(match):
        opening, name, old, closing = match.groups()
        new = known[name]
        if "\n" not in new and page[:match.start()].endswith("\n"):
            raise ValueError(f"the mark of {name} begins a line: move a word before it")
        return opening + (f"\n{new}\n" if "\n" in new else new) + closing
    return MARKED.sub(anew, page)


def _json(*path):
    return json.loads(RESULTS.joinpath(*path).read_text(encoding="utf-8"))


def _number(value, digits=1, sign=""):
    """A number as the pages print it, with a minus and no hyphen."""
    return f"{value:{sign}.{digits}f}".replace("-", "−")


def _range(numbers, digits=1):
    return f"{_number(min(numbers), digits)} to {_number(max(numbers), digits)}"


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# -- the first table ---------------------------------------------------------------------------

def _results():
    ruler = _json("ruler", "evaluation.json")
    record = next(row for row in _json("table", "table.json") if row["name"] == "record")
    rows = [("MNIST, binarised afresh, 784–200–200–50: test −log p(x), lower is better", "ruler",
             f"{ruler['nll']:.2f} ± {ruler['nll_stderr']:.2f}",
             "86.76, Burda et al. 2015, one sample a step"),
            ("the same: test bound, higher is better", "ruler",
             f"{_number(ruler['elbo'], 2)} ± {ruler['elbo_stderr']:.2f}", ""),
            ("784–400–400–50 and a prior that learns: test −log p(x), lower is better", "record",
             f"{record['nll']:.2f} ± {record['nll_stderr']:.2f}",
             "82.90, Burda et al. 2015, two layers of codes, 50 samples a step")]
    for name, what, paper in (
            ("paper-mnist", "grey MNIST, z = 20", ("−124.2, figure 2", "−104.8, figure 2")),
            ("paper-frey", "Frey Face, z = 10", ("792, figure 2", "1171, figure 2"))):
        digits = 1 if name == "paper-mnist" else 0
        rows += [(f"{what}: test bound at 10⁶ samples seen, higher is better", name,
                  _number(_record(name, 1e6)["test_elbo"], digits), paper[0]),
                 ("at 10⁷", name, _bound_with_error(name, digits), paper[1])]
    contiguous = _json("paper-frey-contiguous", "evaluation.json")
    rows.append(("Frey Face, last 200 frames as test: at 10⁷", "paper-frey-contiguous",
                 f"{_bound_with_error('paper-frey-contiguous', 0)}, median "
                 f"{_number(contiguous['elbo_median'], 0, '+')}", ""))
    return _table(["what, in nats per example", "command", "ours", "published"],
                  [[what, f"`make {name}`", ours, theirs] for what, name, ours, theirs in rows])


def _single_runs():
    """The numbers of the first table's runs that the prose speaks of."""
    frey, contiguous = "paper-frey", "paper-frey-contiguous"
    last = _record(frey, 1e7)
    median_bound = _json(contiguous, "evaluation.json")["elbo_median"]
    return {"ruler.nll": f"{_json('ruler', 'evaluation.json')['nll']:.2f}",
            **{f"{name}.{part}.{mark}": _number(_record(name, seen)[f"{part}_elbo"], 0)
               for name in (frey, contiguous) for part in ("train", "test")
               for mark, seen in MARKS.items()},
            "paper-frey.ahead": f"{100 * (last['test_elbo'] / 1171 - 1):.1f}",
            "paper-frey-contiguous.test": _bound_with_error(contiguous, 0),
            "paper-frey-contiguous.median": _number(median_bound, 0, "+")}


def _bound_with_error(name, digits):
    stderr = _json(name, "evaluation.json")["elbo_stderr"]
    return (f"{_number(_record(name, 1e7)['test_elbo'], digits)} ± "
            f"{_number(stderr, digits)}")


def _record(name, samples_seen):
    """The record of a run at this many samples; they must be hit to a thousandth."""
    lines = (RESULTS / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    row = min(map(json.loads, lines), key=lambda row: abs(row["samples_seen"] - samples_seen))
    if abs(row["samples_seen"] - samples_seen) > 0.001 * samples_seen:
        raise ValueError(f"{name} has no record at {samples_seen:g} samples")
    return row


# -- figure 2 ----------------------------------------------------------------------------------

MARKS = {"1e6": 10**6, "1e7": 10**7}


def _figure_2():
    rows = {(row["data"], row["z_dim"], row["algorithm"], row["samples_seen"]): row
            for row in _json("fig2", "table.json")}
    found = {}
    for mark, seen in MARKS.items():
        ahead = {z_dim: rows["mnist", z_dim, "aevb", seen]["difference_test"]
                 for z_dim in (3, 5, 10, 20, 200)}
        found[f"fig2.mnist.200.{mark}"] = _number(-ahead.pop(200))
        found[f"fig2.mnist.{mark}"] = _range(ahead.values())
        shares = [100 * row["difference_test"] / row["paper_test"] for row in
                  (rows["frey", z_dim, "aevb", seen] for z_dim in (2, 5, 10, 20))]
        found[f"fig2.frey.{mark}"] = f"{_number(min(shares), 0 if min(shares) >= 1 else 1)} to " \
            f"{_number(max(shares), 0)}"
        found[f"fig2.wake-sleep.200.{mark}"] = _number(
            -rows["mnist", 200, "wake-sleep", seen]["difference_test"], 0)
    found["fig2.frey.2.train"] = " against ".join(
        _number(rows["frey", 2, algorithm, 10**7]["train"], 0)
        for algorithm in ("wake-sleep", "aevb"))
    late = [-row["difference_test"] for row in _json("fig2-std", "table.json")
            if row["algorithm"] == "aevb" and row["difference_test"] < -1.5]
    return {**found, "fig2-std.late": _range(late), "fig2-std.late.count": str(len(late))}


def _first_weights():
    """What two readings of N(0, 0.01) do to the bound, beside the paper's."""
    body, found = [], {}
    for name, reading in (("fig2", "variance"), ("fig2-std", "standard deviation")):
        for seen, mark in ((10**6, "after 10⁶ samples"), (10**7, "after 10⁷")):
            body.append([f"{reading}, {mark}", *(
                _number(row["difference_test"], 1, "+") for row in _json(name, "table.json")
                if (row["data"], row["algorithm"], row["samples_seen"])
                == ("mnist", "aevb", seen))])
        found[f"{name}.wake-sleep.200"], = (
            _number(row["test"]) for row in _json(name, "table.json")
            if (row["data"], row["z_dim"], row["algorithm"], row["samples_seen"])
            == ("mnist", 200, "wake-sleep", 10**7))
    head = ["AEVB's test bound beside the paper's, nats", "z = 3", "5", "10", "20", "200"]
    return {"first-weights": _table(head, body), **found}


# -- figure 3 ----------------------------------------------------------------------------------

def _figure_3():
    """By how much AEVB is ahead on test images; for wake-sleep with 1000 at the end, behind."""
    found = {}
    for row in _json("fig3", "table.json"):
        if row["algorithm"] != "aevb":
            mark = {seen: mark for mark, seen in MARKS.items()}[row["samples_seen"]]
            found[f"fig3.{row['n_train']}.{row['algorithm']}.{mark}"] = (
                f"{abs(row['test_above_aevb']):.1f} ± {row['test_above_aevb_stderr']:.1f}")
    return found


# -- the rivals --------------------------------------------------------------------------------

README_ROWS = ("record", "coupling-prior", "mixture-prior", "iaf-posterior", "iwae-5", "two-layer",
               "vae-brief", "vae", "wake-sleep", "mixture-500", "rbm", "dbn")


def _rivals():
    rows = {row["name"]: row for row in _json("table", "table.json") if "nll" in row}
    body = [[row["model"], f"{row['nll']:.2f}", f"{row['nll_stderr']:.2f}", _errs(row["errs"]),
             _above(row, "vae"), f"{row['training_minutes']:.0f}",
             ", ".join(str(one["nll"]) for one in row["published"]) or "–"]
            for row in (rows[name] for name in README_ROWS if name in rows)]
    head = ["model", "−log p(x)", "± images", "errs", "above the VAE", "minutes",
            "printed by others"]
    codes = [rows[f"autoencoder-{name}"] for name in ("b-gaussian", "b-mixture", "c")]
    few = {row["name"]: row for row in rows.values() if row["few"]}
    vae, prior = rows["vae"], rows["vae-coupling-prior"]
    return {
        "rivals": _table(head, body),
        "rivals.prior": f"{prior['nll']:.2f}",
        "rivals.prior.gain": f"{-prior['above_vae']:.2f} ± {prior['above_vae_stderr']:.2f}",
        "rivals.prior.minutes": f"{prior['training_minutes'] - vae['training_minutes']:.1f}",
        "rivals.prior.ess": f"{vae['ess_median']:.0f} to {prior['ess_median']:.0f}",
        "rivals.cross-entropy": f"{rows['autoencoder-a']['nll']:.1f}",
        "rivals.codes.ais": _list(f"{row['ais_nll']:.1f}" for row in codes),
        "rivals.codes.importance": _list(f"{row['checked_nll']:.1f}" for row in codes),
        "rivals.codes.ess": f"{min(row['ess_median'] for row in codes):.0f} to "
                            f"{max(row['ess_median'] for row in codes):.0f}",
        **{f"rivals.{name}.raise": f"{rows[name]['raise_nll'] - rows[name]['checked_nll']:.1f}"
           for name in ("rbm", "dbn")},
        **{f"few.{name}": f"{row['nll']:.1f} ± {row['nll_stderr']:.1f}"
           for name, row in few.items()}}


def _above(row, other):
    """How much a row lies above another, image by image."""
    if f"above_{other}" not in row:
        return "–"
    return f"{_number(row[f'above_{other}'], 2, '+')} ± {row[f'above_{other}_stderr']:.2f}"


def _successors():
    """The models with one new part, the record, and Frey Face with a prior that learns."""
    rows = {row["name"]: row for row in _json("table", "table.json")
            if "tuned" in row and "data" not in row}
    body = [[row["model"], f"{row['nll']:.2f}", _above(row, "vae-brief"),
             _number(-row["gap"]["bounds"][0] + row["gap"]["log_px"], 2),
             f"{row['ess_median']:.0f}", f"{row['parameters']:,}".replace(",", " "),
             f"{row['training_minutes']:.0f}"] for row in rows.values()]
    head = ["model", "−log p(x)", "above the brief VAE", "the bound's gap", "ESS", "parameters",
            "minutes"]
    faces = {row["name"]: row for row in _json("table", "table.json") if "data" in row}
    found = {"successors": _table(head, body)}
    for name, row in rows.items():
        found |= {f"new.{name}": f"{row['nll']:.2f}",
                  f"new.{name}.gain": _above(row, "vae-brief").removeprefix("−"),
                  f"new.{name}.ahead": _above(row, "vae").removeprefix("−"),
                  f"new.{name}.minutes": f"{row['training_minutes']:.0f}",
                  f"new.{name}.gap": f"{row['gap']['log_px'] - row['gap']['bounds'][0]:.1f}",
                  f"new.{name}.looks": _list(map(str, row["test_looks"].values()))}
    for name, row in faces.items():
        found |= {f"faces.{name}": _number(-row["nll"], 0),
                  f"faces.{name}.gain": _above(row, f"{row['data']}-vae").removeprefix("−"),
                  f"faces.{name}.ess": f"{row['ess_median']:.0f}"}
        if name.endswith("-coupling"):
            more = row["bound"] - faces[name.replace("coupling", "vae")]["bound"]
            found |= {f"faces.{name}.bound": _number(more)}
    return found


def _record_and_choice():
    """The record's own evaluation, and the short runs that its settings are compared by."""
    record, last = _json("record", "evaluation.json"), _record("record", 3e7)
    runs = {}
    for folder in sorted((RESULTS / "choice").iterdir()):
        width, _, rate = folder.name.partition("-")
        runs[int(width), float(rate)] = _json("choice", folder.name, "evaluation.json")
    body = [[f"784–{width}–{width}–50", f"{rate:g}", f"{_number(run['elbo'], 2)}",
             f"{run['nll']:.2f} ± {run['nll_stderr']:.2f}"]
            for (width, rate), run in sorted(runs.items())]
    return {"record.bound": _number(record["elbo"], 2),
            "record.train": _number(last["train_elbo"], 2),
            "choice": _table(["networks", "rate", "bound", "−log p(x)"], body)}


def _codes():
    """What a linear probe reads, in percent: the share of right digits, and the mean F1."""
    rows = {row["name"].removeprefix("codes-"): row for row in _json("table", "table.json")
            if "accuracy" in row}
    body = [[row["codes"], str(row["dimensions"]), _percent(row, "accuracy"),
             _number(100 * row["macro_f1"]), _percent(row, "above_pixels", "+")]
            for row in rows.values()]
    head = ["codes", "dimensions", "accuracy, %", "macro F1, %", "above the pixels"]
    return {"codes": _table(head, body),
            **{f"codes.{name}": _percent(row, "accuracy") for name, row in rows.items()},
            **{f"codes.{name}.above": _percent(row, "above_pixels")
               for name, row in rows.items() if name != "pixels"}}


def _priors():
    """What a prior that learns is worth to a VAE whose networks stay: nats per digit."""
    lines = (RESULTS / "priors" / "priors.json").read_text(encoding="utf-8").splitlines()
    rows = {row["name"]: row for row in map(json.loads, lines)}
    return {f"priors.{name}": f"{_number(row['gain'], 2, '+')} ± {row['gain_stderr']:.2f}"
            for name, row in rows.items() if name != "vae"} | {
        f"priors.{name}.left": f"{row['marginal']:.2f} ± {row['marginal_stderr']:.2f}"
        for name, row in rows.items()}


def _labels():
    """What a label is worth to a VAE that is given it, and what 100 labels teach, in percent."""
    lines = (RESULTS / "labels" / "labels.json").read_text(encoding="utf-8").splitlines()
    rows = {row["name"]: row for row in map(json.loads, lines)}
    given = rows["conditional"]
    return {"labels.given": f"{given['nll']:.2f} ± {given['nll_stderr']:.2f}",
            "labels.any": f"{given['nll_any_label']:.2f} ± {given['nll_any_label_stderr']:.2f}",
            "labels.vae": f"{rows['vae']['nll']:.2f} ± {rows['vae']['nll_stderr']:.2f}",
            **{f"labels.{name}": _percent(row, "accuracy") for name, row in rows.items()
               if "accuracy" in row}}


GAN_DIGITS = {"sharpness": 3, "rebuilt_sharpness": 3, "test_sharpness": 3, "told": 1, "mmd": 1,
              "kl_to_uniform": 2, "doubt": 2, "nearest": 2, "nearest_of_test": 2, "pixel_error": 1,
              "feature_error": 1, "log_px": 1, "annealed": 1, "importance_on_annealed": 1}


def _vae_gan():
    """What draws of a VAE and of a VAE-GAN are like, each number with its standard error."""
    lines = (RESULTS / "vae-gan" / "vae-gan.json").read_text(encoding="utf-8").splitlines()
    found = {}
    for row in map(json.loads, lines):
        for key, digits in GAN_DIGITS.items():
            if key in row:
                values = row[key] if isinstance(row[key], list) else [row[key]]
                scale = {"told": 100.0, "mmd": 1000.0}.get(key, 1.0)
                found[f"vae-gan.{row['data'].partition(':')[0]}.{row['name']}.{key}"] = " ± ".join(
                    _number(scale * value, digits) for value in values)
    return found


def _percent(row, name, sign=""):
    if name not in row:
        return "–"
    return f"{_number(100 * row[name], 1, sign)} ± {100 * row[f'{name}_stderr']:.1f}"


def _errs(text):
    side = text.partition(":")[0]
    return f"*{side}*" if side.startswith("not") else side


def _list(items):
    *first, last = items
    return f"{', '.join(first)} and {last}"


# -- speed -------------------------------------------------------------------------------------

CONTENDERS = {"ours": "vae_np", "workers": "vae_np, `--workers {cores}`",
              "pytorch": "PyTorch {torch}, its own example's step, eager",
              "jax": "JAX {jax}, jitted",
              "floor": "the same matrix products in NumPy and nothing else"}
KINDS = {"AVX-512": "avx512", "held to AVX2": "avx2"}  # what a record calls them, and a mark
SPEED = (("step", "ms a step"), ("step_batch_1000", "ms a step"),
         ("log_likelihood", "ms an image"))
OURS = {"ours": "ours / theirs", "workers": "with workers / theirs"}


def _speed():
    """Medians over the runs of a benchmark, of milliseconds and of each run's ratios, for one
    processor as it is and held to AVX2; and those of an earlier one, as "xeon.".
    """
    found = {}
    for name, unit in SPEED:
        found |= _benchmark(name, unit, _json("speed", f"{name}.json"))
        found |= _benchmark(f"xeon.{name}", unit, _json("speed", "xeon", f"{name}.json"))
    return found


def _benchmark(name, unit, runs):
    machines = {(run["processor"].rpartition(", ")[0], run["cores"]) for run in runs}
    if len(machines) > 1:
        raise ValueError(f"the runs of {name} in speed/ are of several processors")
    (processor, cores), = machines
    of_kind = {kind: [run for run in runs if run["processor"].endswith(f", {kind}")]
               for kind in KINDS}
    rows = [one for one in CONTENDERS if one in runs[0]["ms"]]
    own = {one: head for one, head in OURS.items() if one in rows}
    head, table = [""], [[CONTENDERS[one].format(**runs[0]["versions"], cores=cores)]
                         for one in rows]
    found = {f"{name}.processor": f"{processor}, {cores} cores"}
    for kind, mark in KINDS.items():
        head += [f"{unit}, {kind}", *own.values()]
        for one, cells in zip(rows, table):
            cells.append(f"{median(run['ms'][one] for run in of_kind[kind]):.1f}")
            for mine in own:
                ratios = [run["ms"][mine] / run["ms"][one] for run in of_kind[kind]]
                cells.append("" if one in own else f"{median(ratios):.2f}")
                key = f"{name}.{mark}.{one}" if mine == "ours" else f"{name}.{mark}.{mine}.{one}"
                found[key] = f"{min(ratios):.2f} to {max(ratios):.2f}"
        rest, whole = (median(run["ms"]["ours"] - part * run["ms"]["floor"]
                              for run in of_kind[kind]) for part in (1, 0))
        found[f"{name}.{mark}.rest"] = f"{rest:.1f} of {whole:.1f} ms"
    found[f"{name}.table"] = _table(head, table)
    found[f"{name}.runs"], = {str(len(of_one)) for of_one in of_kind.values()}
    return found


# -- the same run again ------------------------------------------------------------------------

def _reproducibility():
    """The worst of each column, rounded up to one digit; what another seed does, rounded."""
    record = json.loads((ROOT / "tests" / "reproducibility" / "measured.json").read_text())
    seed, = (row for row in record["rows"] if row["group"] == "another seed")
    rows = [row for row in record["rows"] if row is not seed]

    def worst(*columns):
        largest = max(row[column] for row in rows for column in columns)
        unit = 10.0 ** math.floor(math.log10(largest))
        return f"{math.ceil(largest / unit) * unit:.0e}".replace("e-0", "e-")

    return {"again.step": worst("value", "gradient"), "again.parameters": worst("parameters"),
            "again.bound": worst("bound"), "again.epochs": str(record["size"]["epochs"]),
            "again.seed": f"{seed['bound']:.1f}"}


def main():
    known = values()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        new = written(text, known)
        page.write_text(new, encoding="utf-8")
        print(f"{page.relative_to(ROOT)}: {len(MARKED.findall(new))} places, "
              f"{'written anew' if new != text else 'unchanged'}")


if __name__ == "__main__":
    sys.exit(main())
