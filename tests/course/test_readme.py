"""What the README says is so: code runs, links lead somewhere, numbers are the records'."""
import importlib.util
import json
import re
from pathlib import Path

import pytest

from vae_np.catalogue import options

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = ROOT / "lectures" / "results"
_spec = importlib.util.spec_from_file_location("write_numbers", RESULTS / "write_numbers.py")
write_numbers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(write_numbers)


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


@pytest.mark.parametrize("page", ["README.md", "lectures/results/README.md"])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
    assert links
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_names_in_the_map_exist():
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    places = re.findall(r"\[`([\w., `/]+)`\]\(\.\./\.\./(vae_np/[\w/]+\.py)\)", page)
    assert len(places) > 20
    for names, path in places:
        source = (ROOT / path).read_text(encoding="utf-8")
        for name in re.findall(r"[\w./]+", names):
            last = name.removesuffix(".py").split(".")[-1].split("/")[-1]
            assert Path(path).stem == last or re.search(rf"(def|class) {last}\b", source), name


def test_every_kind_of_model_is_named():
    assert [option for option in options() if f"`{option}`" not in README] == ["vae"]


def test_it_is_short():
    assert len(README.splitlines()) <= 200


def test_without_make_the_commands_are_the_same():
    """Those of `make demo`, with the names written out and without what only make needs."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^demo:.*?\n(.*?)\n\n", makefile, re.S | re.M).group(1)
    for old, new in (("$(BIN)/", ""), ("$(RUN)", "runs/demo"), (" --overwrite", "")):
        recipe = recipe.replace(old, new)
    expected = [" ".join(line.split()) for line in recipe.replace("\\\n", "").splitlines()]
    block = re.search(r"```\npython -m venv(.*?)```", README, re.S).group(1).splitlines()
    assert [line for line in block if "-m vae_np" in line] == expected
    assert block[-1] == "python -m pytest" and 'pip install -e ".[dev]"' in "".join(block)


def test_commands_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(" ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)).split())
    assert set(re.findall(r"`?make ([a-z-]+)", README)) <= targets


# -- numbers -----------------------------------------------------------------------------------

@pytest.mark.parametrize("page", write_numbers.PAGES, ids=["README", "results"])
def test_numbers_are_the_records(page):
    """Writing them anew changes nothing: `python lectures/results/write_numbers.py`."""
    text = page.read_text(encoding="utf-8")
    assert write_numbers.written(text, write_numbers.values()) == text
    assert len(write_numbers.MARKED.findall(text)) == text.count("<!-- n:") >= 9


def test_a_number_that_is_not_the_record_s_is_written_anew():
    known = {"a.b": "3.1 to 8.9", "table": "| a |\n| --- |"}
    page = "by <!-- n: a.b -->7<!-- /n --> nats\n\n<!-- n: table -->\nold\n<!-- /n -->\n"
    new = write_numbers.written(page, known)
    assert new == ("by <!-- n: a.b -->3.1 to 8.9<!-- /n --> nats\n\n"
                   "<!-- n: table -->\n| a |\n| --- |\n<!-- /n -->\n")
    assert write_numbers.written(new, known) == new
    with pytest.raises(KeyError, match="c.d"):
        write_numbers.written("by <!-- n: c.d -->7<!-- /n -->", known)
    with pytest.raises(ValueError, match="a.b begins a line"):
        write_numbers.written("by\n<!-- n: a.b -->7<!-- /n -->", known)


# -- what the prose says of them ---------------------------------------------------------------

def _table(name):
    return json.loads((RESULTS / name / "table.json").read_text())


def test_figure_2_is_as_the_pages_say():
    rows = {(row["data"], row["z_dim"], row["algorithm"], row["samples_seen"]): row
            for row in _table("fig2")}
    assert len(rows) == 36
    for (data, z_dim, algorithm, seen), row in rows.items():
        if algorithm == "aevb":
            assert row["test"] > rows[data, z_dim, "wake-sleep", seen]["test"]
            assert (row["difference_test"] > 0.0) == (z_dim != 200)
    late = [row for row in _table("fig2-std") if row["algorithm"] == "aevb"
            and row["difference_test"] < -1.5]
    assert len(late) == 4


def test_figure_3_is_as_the_page_says():
    above = {(row["n_train"], row["algorithm"], row["samples_seen"]): row["test_above_aevb"]
             for row in _table("fig3") if row["algorithm"] != "aevb"}
    for algorithm in ("wake-sleep", "mcem"):
        assert above[50_000, algorithm, 10**7] < 0 and above[1000, algorithm, 10**6] < 0
    assert above[1000, "wake-sleep", 10**7] > 0


def test_the_rivals_are_as_the_page_says():
    """RAISE puts the RBM below the VAE still, and the DBN above the RBM."""
    rows = {row["name"]: row for row in _table("table")}
    careful = {name: rows[name]["nll"] + rows[name]["raise_nll"] - rows[name]["checked_nll"]
               for name in ("rbm", "dbn")}
    assert rows["dbn"]["nll"] < rows["rbm"]["nll"] < rows["vae"]["nll"]
    assert careful["rbm"] < rows["vae"]["nll"] and careful["rbm"] < careful["dbn"]


def test_the_codes_are_as_the_page_says():
    """The VAE's are above the pixels and the autoencoder's below, by four standard errors."""
    rows = {row["name"]: row for row in _table("table")}
    for name, side in (("codes-vae", 1), ("codes-autoencoder", -1)):
        assert side * rows[name]["above_pixels"] > 4 * rows[name]["above_pixels_stderr"]
