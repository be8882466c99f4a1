"""The marks of the cells that can be run: what a cell needs, and what needs Matplotlib."""
import builtins
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("sphinx", reason="the site needs pip install '.[site]'")
sys.path.append(str(ROOT / "lectures" / "site"))

import cells  # noqa: E402  (it lies in lectures/site)

NOTEBOOKS = sorted(ROOT.glob("lectures/[0-9]*.ipynb")) + sorted(
    ROOT.glob("lectures/exercises/[0-9]*.ipynb"))


@cache
def described(path):
    """[(a cell's code, its data, names as sets)] of a notebook's cells that can be run."""
    found = []
    for place, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"]):
        if cell["cell_type"] == "code" and "source" not in cell["metadata"].get("tags", ()):
            code = "".join(cell["source"])
            data = cells.describe(code, place, cell["metadata"])
            found.append((code, data | {key: set(data.get(key, "").split()) for key in
                                        ("needs", "binds", "changes", "plots")}))
    return found


def plan(page, last):
    """The places of the cells that run before cell `last`, and itself: as in live-cells.js."""
    wanted, waiting = {last}, [last]
    while waiting:
        here = waiting.pop()
        for name in page[here][1]["needs"]:
            for above in range(here - 1, -1, -1):
                data = page[above][1]
                if name in data["binds"] | data["changes"] and above not in wanted:
                    wanted.add(above)
                    waiting.append(above)
                if name in data["binds"]:
                    break
    return sorted(wanted)


@pytest.mark.parametrize("code, needs, binds, changes", [
    ("x = 1\ny = x + z", "z", "x y", ""),
    ("n = n + 1", "n", "n", ""),
    ("def f(a):\n    return a + g(b)\n\ndef g(c):\n    d = c\n    return d\n", "b", "f g", ""),
    ("for name, value in table.items():\n    print(name, value)", "table print", "name value", ""),
    ("for t in range(9):\n    old = new\n    new = old + t\nnew = new + old", "range new",
     "t old new", ""),
    ("with open(path) as file:\n    if file.read():\n        found = 1\n    print(found)",
     "open path print", "file found", ""),
    ("model.params['b'] = share\ntable[3] += 1", "model share table", "", "model table"),
    ("import a.b\nfrom c import d as e\na.x = 1", "", "a e", "a"),
    ("total = sum(v * w for v in values)", "sum values w", "total", ""),
])
def test_what_a_cell_needs_binds_and_changes(code, needs, binds, changes):
    data = cells.describe(code, 3, {})
    # A changed table is also looked up: it has to be there.
    assert set(data["needs"].split()) == set(needs.split())
    assert set(data["binds"].split()) == set(binds.split())
    assert set(data["changes"].split()) == set(changes.split())
    assert (data["cell"], data["name"], data["kind"]) == ("3", "cell-03", "code")


def test_the_cells_of_an_exercise_have_its_name():
    for path in NOTEBOOKS:
        kinds = [data["kind"] for _, data in described(path)]
        answers = [data["name"] for _, data in described(path) if data["kind"] == "answer"]
        expected = 4 if path.parent.name == "exercises" else 0
        assert kinds.count("answer") == kinds.count("check") == len(set(answers)) == expected


def test_only_what_is_listed_needs_the_plots():
    """Each import of a lecture is tried where Matplotlib and SciPy cannot be imported."""
    imports = {line for path in NOTEBOOKS for _, data in described(path)
               for line in (data.get("light", "") + "\n" + data.get("rest", "")).splitlines()
               if line.startswith(("import ", "from "))}
    script = """import sys, json
sys.modules["matplotlib"] = sys.modules["scipy"] = None
failed = []
for line in json.load(sys.stdin):
    try:
        exec(line, {})
    except ImportError:
        failed.append(line)
print(json.dumps(failed))"""
    done = subprocess.run([sys.executable, "-c", script], input=json.dumps(sorted(imports)),
                          capture_output=True, text=True, timeout=100, check=True)
    rest = {line for path in NOTEBOOKS for _, data in described(path)
            for line in data.get("rest", "").splitlines() if line in imports}
    assert set(json.loads(done.stdout)) == rest and len(rest) >= 5 and len(imports - rest) > 20


def test_a_cell_runs_after_the_cells_that_it_needs_and_no_others(monkeypatch):
    """Every cell of a lecture, in a namespace of its own."""
    monkeypatch.setenv("VAE_NP_FAST", "1")
    monkeypatch.setenv("MPLBACKEND", "agg")
    page = described(ROOT / "lectures" / "03_backpropagation.ipynb")
    ran = 0
    for last in range(len(page)):
        namespace = {"__name__": "__main__"}
        for place in plan(page, last):
            exec(page[place][0], namespace)
        ran += len(plan(page, last)) < last + 1
    from matplotlib import pyplot
    pyplot.close("all")
    assert ran > len(page) // 2  # most cells need few of those above


def test_every_name_that_a_cell_needs_is_made_above_it():
    for path in NOTEBOOKS:
        made = set(dir(builtins))
        for code, data in described(path):
            assert data["needs"] <= made, (path.stem, code)
            made |= data["binds"]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_so_does_every_cell_of_the_course(path, monkeypatch):
    monkeypatch.setenv("VAE_NP_FAST", "1")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(ROOT / "lectures")
    page = described(path)
    for last, (_, data) in enumerate(page):
        if path.parent.name != "exercises" or data["kind"] in ("code", "import"):
            namespace = {"__name__": "__main__"}
            for place in plan(page, last):
                try:
                    exec(page[place][0], namespace)
                except AssertionError as told:  # "predict first", as nobody has
                    assert "predict first" in str(told)
            from matplotlib import pyplot
            pyplot.close("all")
