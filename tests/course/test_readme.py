"""What the README says is so: code runs, links lead somewhere, numbers are measured."""
import json
import re
from pathlib import Path

import pytest

from vae_np.catalogue import options

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = ROOT / "lectures" / "results"


def test_the_python_blocks_run_and_print_what_is_shown(capsys):
    namespace = {}
    for block in re.findall(r"```python\n(.*?)```", README, re.S):
        exec(block, namespace)  # one reader, one session: later blocks use earlier names
    printed = capsys.readouterr().out
    report = re.search(r"```\n(input +verdict.*?)```", README, re.S).group(1)
    assert _words(report) == _words(printed[printed.index("input "):])
    assert "logvar: analytic = 2.000 × numeric" in printed
    assert -130 < float(printed.split()[0]) < -110  # log p(x) of a small VAE on held-out digits


def _words(report):
    """The report without its numbers: which entry is worst is a matter of rounding."""
    return re.findall(r"[a-z½×?]{2,}", report)


@pytest.mark.parametrize("page", ["README.md"])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
    assert links
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_names_in_the_map_exist():
    for names, path in re.findall(r"\[`([\w., `]+)`\]\((vae_np/[\w/]+\.py)\)", README):
        source = (ROOT / path).read_text(encoding="utf-8")
        for name in re.findall(r"[\w.]+", names):
            last = name.removesuffix(".py").split(".")[-1].split("/")[-1]
            assert Path(path).stem == last or re.search(rf"(def|class) {last}\b", source), name


def test_every_kind_of_model_is_named():
    assert [option for option in options() if f"`{option}`" not in README] == ["vae"]


def test_commands_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.M).group(1).split())
    assert set(re.findall(r"`?make ([a-z-]+)", README)) <= targets


def _record(name, samples_seen):
    lines = (RESULTS / name / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return min(rows, key=lambda row: abs(row["samples_seen"] - samples_seen))


@pytest.mark.parametrize("make, mark, samples_seen", [
    ("paper-mnist", "10⁶", 1e6), ("paper-mnist", "10⁷", 1e7), ("paper-frey", "10⁶", 1e6),
    ("paper-frey", "10⁷", 1e7), ("paper-frey-contiguous", "10⁷", 1e7)])
def test_bounds_in_the_table_are_those_of_the_records(make, mark, samples_seen):
    row, = [line for line in README.splitlines() if f"`make {make}`" in line and mark in line]
    shown = row.split("|")[3].replace("−", "-").split()[0]
    digits = len(shown.partition(".")[2])
    record = _record(make, samples_seen)
    assert abs(record["samples_seen"] - samples_seen) < 0.001 * samples_seen
    assert float(shown) == round(record["test_elbo"], digits)


def test_ruler_in_the_table_is_the_evaluation_s():
    result = json.loads((RESULTS / "ruler" / "evaluation.json").read_text())
    assert (result["n"], result["num_samples"]) == (10_000, 5000)
    nll, bound = [line.split("|")[3].replace("−", "-") for line in README.splitlines()
                  if "`make ruler`" in line]
    assert nll.split()[0] == f"{result['nll']:.2f}" and f"{result['nll_stderr']:.2f}" in nll
    assert bound.split()[0] == f"{result['elbo']:.2f}"


def _table(name):
    return json.loads((RESULTS / name / "table.json").read_text())


def _section(text, title):
    """What stands under a heading, on one line."""
    return " ".join(re.search(rf"^##+ {title}.*?$(.*?)^##", text, re.M | re.S).group(1).split())


def _range(values, digits=1):
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def test_figure_2_is_as_the_readme_says():
    rows = {(row["data"], row["z_dim"], row["algorithm"], row["samples_seen"]): row
            for row in _table("fig2")}
    assert len(rows) == 36
    said, ahead = _section(README, "Figure 2"), {}
    for (data, z_dim, algorithm, seen), row in rows.items():
        if algorithm == "aevb":
            assert row["test"] > rows[data, z_dim, "wake-sleep", seen]["test"]
            assert row["difference_test"] > (-1.5 if data == "mnist" else 0.0)
            group = "z = 200" if z_dim == 200 else data
            share = 1 if data == "mnist" else 100 / row["paper_test"]
            ahead.setdefault((group, seen), []).append(share * row["difference_test"])
    assert (f"by {_range(ahead['mnist', 10**6])} nats after 10⁶ samples and by "
            f"{_range(ahead['mnist', 10**7])} after 10⁷") in said
    behind = [f"{-ahead['z = 200', seen][0]:.1f}" for seen in (10**6, 10**7)]
    assert f"With z = 200 it is {behind[0]} and {behind[1]} behind" in said
    late = [-row["difference_test"] for row in _table("fig2-std")
            if row["algorithm"] == "aevb" and row["difference_test"] < -1.5]
    assert len(late) == 4 and f"four of whose eighteen values for AEVB lie {_range(late)}" in said
    faces = [ahead["frey", seen] for seen in (10**6, 10**7)]
    assert (f"by {_range(faces[0], 0)} % after 10⁶ samples, by {min(faces[1]):.1f} to "
            f"{max(faces[1]):.0f} % after 10⁷") in said


@pytest.mark.parametrize("name, reading", [("fig2", "variance"),
                                           ("fig2-std", "standard deviation")])
def test_what_the_first_weights_do(name, reading):
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    for seen, mark in ((10**6, "after 10⁶"), (10**7, "after 10⁷")):
        differences = [row["difference_test"] for row in _table(name) if row["data"] == "mnist"
                       and row["algorithm"] == "aevb" and row["samples_seen"] == seen]
        line, = re.findall(rf"^\| {reading}, {mark}[^|]*\|(.*)\|$", page, re.M)
        assert ([cell.strip().replace("−", "-") for cell in line.split("|")]
                == [f"{difference:+.1f}" for difference in differences])


def test_figure_3_is_as_the_readme_says():
    rows = {(row["n_train"], row["algorithm"], row["samples_seen"]): row for row in _table("fig3")}
    said = _section(README, "Figure 3")

    def by(n_train, seen, ahead, behind):
        sign = 1 if behind == "aevb" else -1
        row = rows[n_train, ahead if behind == "aevb" else behind, seen]
        assert sign * row["test_above_aevb"] > 0
        return f"{sign * row['test_above_aevb']:.1f} ± {row['test_above_aevb_stderr']:.1f}"
    assert (f"after 10⁷ by {by(50000, 10**7, 'aevb', 'wake-sleep')} nats (wake-sleep) and "
            f"{by(50000, 10**7, 'aevb', 'mcem')} (Monte Carlo EM)") in said
    assert (f"after 10⁶ AEVB is ahead by {by(1000, 10**6, 'aevb', 'wake-sleep')} and "
            f"{by(1000, 10**6, 'aevb', 'mcem')}, after 10⁷ wake-sleep is ahead of AEVB by "
            f"{by(1000, 10**7, 'wake-sleep', 'aevb')}") in said


def test_every_number_of_the_rivals_is_the_table_s():
    rows = [row for row in json.loads((RESULTS / "table" / "table.json").read_text())
            if not row["few"]]
    assert len(rows) == 11
    for row in rows:
        shown, = [[cell.strip().replace("−", "-") for cell in line.split("|")[1:-1]]
                  for line in README.splitlines()
                  if line.startswith(f"| {row['model']} |") and line.count("|") == 8]
        assert shown[1] == f"{row['nll']:.2f}" and shown[2] == f"{row['nll_stderr']:.2f}"
        if "above_vae" in row:
            assert shown[4] == f"{row['above_vae']:+.2f} ± {row['above_vae_stderr']:.2f}"
        assert shown[5] == f"{row['training_minutes']:.0f}"
        assert shown[6] == (", ".join(str(one["nll"]) for one in row["published"]) or "–")
