"""Exercises and lectures in the page, as a reader works in them: Chromium, from the disk, with no
network. The Python in the page is the payload of live/build.py; where that cannot be had, the
tests of a site without it are left.
"""
import csv
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import answers
import pytest

ROOT = Path(__file__).resolve().parents[2]
CUT = (Path(__file__).parent / "cut.js").read_text(encoding="utf-8")
EXERCISES = "lectures/exercises/00_one_page.html"
TASK = answers.tasks()["binomial-backward"]
CELL = "livePage.cells.find(cell => cell.kind === 'answer')"
WRONG = 'def binomial_backward(d_out, x, logits, n):\n    return {"logits": x}'
ENDLESS = "def binomial_backward(d_out, x, logits, n):\n    while True:\n        pass"
SECONDS = 300  # for Python to start, on a machine that does much else


@pytest.fixture(scope="session")
def live(site, payload, tmp_path_factory):
    """The site with Python in it: the same files, and the payload in their midst."""
    root = tmp_path_factory.mktemp("live") / "site"
    for folder, source in ((root, site), (root / "_static", site / "_static")):
        folder.mkdir()
        for entry in source.iterdir():
            if entry.name not in ("_static", "live"):
                (folder / entry.name).symlink_to(entry)
    (root / "_static" / "live").symlink_to(payload)
    return root


def opened(browser, address, width=1400):
    browser.size(width)
    browser.open(address.as_uri())
    until(browser, "document.body.classList.contains('live-ready')", 20)


def until(browser, condition, seconds=SECONDS):
    """Waits for a condition of the page's."""
    end = time.monotonic() + seconds
    while not browser.evaluate(condition):
        assert time.monotonic() < end, f"{condition} has not come; {browser.errors}"
        time.sleep(0.1)


def write(browser, text, cell=CELL):
    """Replaces what stands in a cell's editor, by the keyboard."""
    browser.evaluate(f"{cell}.editor.area.focus(); {cell}.editor.area.select()")
    browser.type(text)


def click(browser, what, cell=CELL):
    browser.evaluate(f"{cell}.{what}.click()")


def result(browser, cell=CELL):
    """What the cell shows when it has run to its end."""
    until(browser, "livePage.busy === null")
    return browser.evaluate(f"{cell}.out.textContent")


def downloaded(browser, folder, name):
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    browser.evaluate("""[...document.querySelectorAll(".page-tools button")].find(
        button => button.textContent === "Download my notebook").click()""")
    end = time.monotonic() + 30
    while not (folder / name).exists() and time.monotonic() < end:
        time.sleep(0.1)
    return folder / name


def test_an_exercise_from_the_first_click_to_the_grade(live, browser, tmp_path):
    opened(browser, live / EXERCISES)
    assert "Run and check" in browser.evaluate("document.querySelector('.live-how').textContent")

    # A wrong answer: what is wrong, and then where to read on, by a link that leads there.
    write(browser, WRONG)
    click(browser, "run")
    assert browser.evaluate(f"{CELL}.stop.checkVisibility()")
    told = result(browser)
    assert told.startswith("Not yet: the gradient of logits does not change with `d_out`")
    assert "Hint:" not in told
    click(browser, "run")
    assert "Hint: On what does the right answer depend?" in result(browser)
    link = urlsplit(browser.evaluate(f"{CELL}.out.querySelector('a').href"))
    page = Path(unquote(link.path)).read_text(encoding="utf-8")
    assert link.fragment == "equation-bernoulli-gradient" and f'id="{link.fragment}"' in page
    for width in (390, 820):
        browser.size(width)
        assert browser.evaluate(CUT) == []

    # An endless loop is stopped, and Python starts afresh for the right answer: Ctrl+Enter.
    write(browser, ENDLESS)
    click(browser, "run")
    until(browser, f"{CELL}.state.textContent === 'Running'")
    click(browser, "stop")
    assert result(browser).startswith("Stopped.")
    write(browser, TASK.solution)
    browser.evaluate(f"{CELL}.editor.area.focus()")
    browser.press("Enter", control=True)
    assert result(browser).startswith("Right: the gradient agrees with ours")
    assert browser.evaluate(f"{CELL}.editor.value") == TASK.solution

    # The page, opened again, has the answer; and the notebook has it, where the grader looks.
    opened(browser, live / EXERCISES)
    assert browser.evaluate(f"{CELL}.editor.value") == TASK.solution
    path = downloaded(browser, tmp_path, "00_one_page_exercises.ipynb")
    assert graded(tmp_path)["binomial-backward"] == "right"
    assert set(graded(tmp_path).values()) == {"right", "empty"}
    mine, given = json.loads(path.read_text("utf-8")), json.loads(
        (live / "notebooks" / path.name).read_text("utf-8"))
    assert sum(one != other for one, other in zip(mine["cells"], given["cells"])) == 1

    # Back to the dots, if the reader means it.
    browser.evaluate("window.confirm = () => false")
    click(browser, "reset")
    assert browser.evaluate(f"{CELL}.editor.value") == TASK.solution
    browser.evaluate("window.confirm = () => true")
    click(browser, "reset")
    assert browser.evaluate(f"{CELL}.editor.value") == TASK.skeleton
    opened(browser, live / EXERCISES)
    assert browser.evaluate(f"{CELL}.editor.value") == TASK.skeleton
    assert browser.errors == []
    assert {urlsplit(address).scheme for address in browser.requests} <= {"file", "data", "blob"}


def graded(folder):
    """{exercise: verdict} of the one notebook in the folder."""
    table = folder / "grades.csv"
    subprocess.run([sys.executable, "-m", "vae_np.course.grade", str(folder), "--out", str(table)],
                   check=True, capture_output=True, timeout=200, cwd=ROOT)
    with open(table, encoding="utf-8-sig", newline="") as file:
        return {row["exercise"]: row["verdict"] for row in csv.DictReader(file)}


def test_the_landing_page_runs(live, browser):
    """A mistake that a visitor can find and correct at once."""
    first = "livePage.cells[0]"
    opened(browser, live / "index.html")
    click(browser, "run", first)
    assert "logvar: analytic = 2.000 × numeric: is a factor ½ missing?" in result(browser, first)
    wrong = browser.evaluate(f"{first}.editor.value")
    write(browser, wrong.replace("(np.exp(logvar) - 1)", "0.5 * (np.exp(logvar) - 1)"), first)
    click(browser, "run", first)
    assert "all 2 gradients agree" in result(browser, first)
    assert browser.errors == []


def test_a_lecture_s_cells_run(live, browser):
    """After the cells that they need, also when they were edited; and an error names the reader's
    own line.
    """
    opened(browser, live / "lectures" / "03_backpropagation.html")
    plain = browser.evaluate("""livePage.cells.findIndex(cell => cell.kind === "code"
        && !cell.plotsToo && neededCells(livePage.cells, [cell]).length > 2)""")
    cell = f"livePage.cells[{plain}]"
    before = browser.evaluate(f"{cell}.box.querySelector('.cell_output')?.textContent")
    click(browser, "run", cell)
    result(browser, cell)
    assert browser.evaluate(f"{cell}.out.querySelectorAll('.live-error').length") == 0
    assert browser.evaluate(f"{cell}.ran === codeOf({cell})")
    skipped = browser.evaluate(f"""livePage.cells.slice(0, {plain}).filter(
        one => one.ran === null && one.kind === "code").length""")
    assert skipped > 0  # not all cells above: those that it needs
    click(browser, "edit", cell)
    write(browser, "x = 3\nprint(nothing_of_that_name)", cell)
    click(browser, "run", cell)
    told = result(browser, cell)
    assert "NameError" in told and "line 2" in told and "site-packages" not in told
    assert browser.evaluate(f"{cell}.box.querySelector('.cell_output')?.textContent") == before
    assert browser.errors == []


@pytest.mark.slow
def test_a_lecture_draws_when_the_plots_are_there(live, browser):
    opened(browser, live / "lectures" / "03_backpropagation.html")
    cell = "livePage.cells.find(cell => cell.plotsToo)"
    assert re.fullmatch(r"Run with plots \(\d\d MB, once\)",
                        browser.evaluate(f"{cell}.run.textContent"))
    click(browser, "run", cell)
    result(browser, cell)
    assert browser.evaluate(f"{cell}.out.querySelector('img').naturalWidth") > 300
    assert browser.evaluate(f"{cell}.run.textContent") == "Run with plots"


# -- a site without Python in it -----------------------------------------------------------------

def test_without_python_answers_can_be_written_kept_and_downloaded(site, browser, tmp_path):
    assert "VAE_LIVE = null" in (site / "_static" / "live" / "ready.js").read_text("utf-8")
    opened(browser, site / EXERCISES)
    click(browser, "run")
    assert "“make site-live”" in result(browser)
    write(browser, TASK.solution)
    opened(browser, site / EXERCISES)
    assert browser.evaluate(f"{CELL}.editor.value") == TASK.solution
    downloaded(browser, tmp_path, "00_one_page_exercises.ipynb")
    assert graded(tmp_path)["binomial-backward"] == "right"


def test_lines_for_a_former_skeleton_are_offered_and_not_mixed_in(site, browser):
    opened(browser, site / EXERCISES)
    browser.evaluate(f"localStorage.setItem(keptUnder({CELL}) + 'former', 'def older(): pass')")
    opened(browser, site / EXERCISES)
    assert browser.evaluate(f"{CELL}.editor.value") == TASK.skeleton
    note = f"{CELL}.box.querySelector('.live-note')"
    assert "has changed" in browser.evaluate(f"{note}.textContent")
    browser.evaluate(f"{note}.querySelector('button').click()")
    assert browser.evaluate(f"{CELL}.editor.value") == "def older(): pass"
    opened(browser, site / EXERCISES)
    assert browser.evaluate(f"{CELL}.editor.value") == "def older(): pass"
    assert browser.evaluate(note) is None


def test_the_editor_by_the_keyboard(site, browser):
    """Tab indents, Escape and Tab leave, and a new line is indented as Python wants it."""
    opened(browser, site / EXERCISES)
    write(browser, "def f(x):")
    browser.press("Enter")
    browser.type("if x:")
    browser.press("Enter")
    browser.press("Tab")
    browser.type("pass")
    assert browser.evaluate(f"{CELL}.editor.value") == "def f(x):\n    if x:\n            pass"
    assert browser.evaluate(f"document.activeElement === {CELL}.editor.area")
    browser.press("Escape")
    browser.press("Tab")
    assert browser.evaluate(f"document.activeElement === {CELL}.run")
    heights = browser.evaluate(f"""(({{area, box}}) => [area.offsetHeight, area.scrollHeight,
        box.querySelector("pre").offsetHeight])({CELL}.editor)""")
    assert max(heights) - min(heights) <= 1 and heights[0] > 60


def test_the_editor_shows_what_is_in_it(site, browser):
    """Colours change no letter, of every cell of two pages and of odd ends of code."""
    odd = ["", "\n", "'open", '"""open\nstill', "# only", "f'{a[\"b\"]!r:>{width}}'",
           "x = 1_000.5e-3j", "π = 'é' + r\"\\\"", "if a:\n\treturn ...\n\n\n",
           "@d\nclass C: pass", "a" * 300 + " <b>&amp;</b>"]
    for page in (EXERCISES, "lectures/03_backpropagation.html"):
        opened(browser, site / page)
        wrong = browser.evaluate(f"""[...{json.dumps(odd)}, ...livePage.cells.map(
            cell => cell.code)].filter(code => {{
              const box = document.createElement("pre");
              colourPython(box, code);
              return box.textContent !== code + "\\n"
                || box.querySelectorAll("span *").length;
            }})""")
        assert wrong == []
        # What the page sees of a cell is what the notebook holds.
        notebook = json.loads((ROOT / page.replace(".html", ".ipynb")).read_text("utf-8"))
        for place, code in browser.evaluate("livePage.cells.map(cell => [cell.place, cell.code])"):
            assert code == "".join(notebook["cells"][place]["source"])
        # And the names that it finds are at least those that Python finds.
        assert browser.evaluate("""livePage.cells.flatMap(cell => [
            ...[...cell.needs].filter(name => !pythonNames(cell.code).has(name)),
            ...[...pythonBinds(cell.code)].filter(name => !cell.binds.has(name))])""") == []


def test_what_was_written_is_printed_as_text(site, browser):
    opened(browser, site / EXERCISES)
    write(browser, WRONG)
    browser.scheme("dark", media="print")
    state = browser.evaluate("""({
      bars: [...document.querySelectorAll(".live-bar, .live-how, textarea")].filter(
        node => node.checkVisibility()).length,
      lines: document.querySelector(".live-editor pre").innerText.trim(),
    })""")
    assert state == {"bars": 0, "lines": WRONG}
