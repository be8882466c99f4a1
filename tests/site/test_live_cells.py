"""Cells in the site's worker do what they do in Jupyter."""
import base64
import io
import re

import pytest
from live_worker import cell, run_in_node
from PIL import Image

CELLS = {
    "value": "import numpy as np\nnp.arange(3)",
    "lecture 8": "import vae_np as vn\nvn.load('results/ruler').z_dim",
    "statement": "x = 3",
    "none": "None",
    "silenced": "np.arange(3);  # not shown",
    "long": "{f'name {number}': number for number in range(20)}",
    "names": "x, __name__, _",
    "defined": "def halve(x):\n    return x / 0\n",
    "error": "print('before')\nhalve(\n    3)",
    "library": "np.ones(3) @ np.ones(4)",
    "cause": "try:\n    halve(1)\nexcept ZeroDivisionError as error:\n"
             "    raise ValueError('worse') from error",
    "syntax": "x = 1\nx = = 3",
    "magic": "%matplotlib inline",
    "exit": "import sys\nsys.exit('enough')",
    "deep": "def deep(n):\n    return deep(n + 1)\ndeep(0)",
    "warning": "import warnings\nwarnings.warn('careful')",
    "warning again": "import warnings\nwarnings.warn('careful')",
    "input": "input('How many? ')",
    "streams": "import time\nfor k in range(3):\n    print('step', k)\n    time.sleep(0.3)\n"
               "print('err', file=sys.stderr)\nprint('no newline', end='', flush=True)\n"
               "time.sleep(0.1)\nprint('!')",
    "flood": "for k in range(300_000):\n    print('many words', k)",
    "no plots": "import matplotlib.pyplot as plt",
    "no plots below": "from vae_np.figures import style",
    "unknown": "import pandas",
    "check": "from vae_np.course import check\ncheck('two-variances', lambda mean, std: [0, 1])",
    "check again": "check('two-variances', lambda mean, std: [0, 1])",
    "empty": "",
    "comment": "# nothing",
}
WITH_PLOTS = {
    "two figures": "from matplotlib import pyplot as plt\nprint('first')\nplt.plot([1, 2])\n"
                   "plt.show()\nprint('second')\nplt.plot([2, 1]);",
    "none left": "plt.get_fignums()",
    "returned": "figure, _ = plt.subplots()\nfigure",
    "of the library": "from vae_np.figures import style\nimport vae_np as vn\n"
                      "with style.house():\n    plt.plot([3, 1])",
    "fails": "plt.plot([1, 2])\n1 / 0",
    "wrong figure": "plt.title(r'$\\frac{1$')\nprint('told')",
    "none left of it": "plt.get_fignums()",
    "scipy": "from scipy import special\nfloat(special.ndtr(0))",
    "digits": "vn.load_dataset('mnist5k').train.shape",
}


@pytest.fixture(scope="module")
def cells(payload):
    """{name of a cell: what a page gets}, of all cells above in one worker."""
    names = [*CELLS, "plots", *WITH_PLOTS]
    messages = [cell(names.index(name), code, name) for name, code in CELLS.items()]
    messages += [{"type": "add"}]
    messages += [cell(names.index(name), code, name) for name, code in WITH_PLOTS.items()]
    told = run_in_node(payload, messages)
    return {names[key] if isinstance(key, int) else key: outputs for key, outputs in told.items()}


def shown(outputs):
    """[(kind, text)] of a cell, and whether it ran to its end."""
    *first, last = outputs
    assert last["type"] == "done"
    return [(one["kind"], one.get("text", "png")) for one in first], last["ok"]


def test_the_worker_tells_what_it_is(cells):
    ready, = cells["ready"]
    assert set(ready["versions"]) == {"python", "numpy", "vae_np", "pyodide"}
    fractions = [one["fraction"] for one in cells["progress"]]
    assert len(fractions) >= 3 and all(0 < fraction < 1 for fraction in fractions)
    assert len(cells["added"]) == 1


@pytest.mark.parametrize("name, text", [
    ("value", "array([0, 1, 2])"), ("statement", None), ("none", None), ("silenced", None),
    ("empty", None), ("comment", None), ("defined", None), ("none left", "[]"),
    ("none left of it", "[]"),
    ("scipy", "0.5"), ("lecture 8", "50"), ("digits", "(4000, 784)")])
def test_the_last_value_is_shown(cells, name, text):
    assert shown(cells[name]) == ([] if text is None else [("result", text)], True)


def test_long_values_and_names(cells):
    (kind, text), = shown(cells["long"])[0]
    assert kind == "result" and text.startswith("{'name 0': 0,\n 'name 1': 1,")
    (_, text), = shown(cells["names"])[0]
    assert text.startswith("(3,\n '__main__',\n {'name 0': 0,")


def test_an_error_shows_the_lines_of_the_cells_alone(cells):
    assert shown(cells["error"]) == ([("stdout", "before\n"), ("error", (
        'Traceback (most recent call last):\n  File "<error>", line 2, in <module>\n'
        '    halve(\n    ~~~~~^\n        3)\n        ^^\n'
        '  File "<defined>", line 2, in halve\n    return x / 0\n           ~~^~~\n'
        "ZeroDivisionError: division by zero"))], False)
    (_, text), = shown(cells["library"])[0]
    assert text.count("File ") == 1 and "ValueError: matmul: " in text
    (_, text), = shown(cells["cause"])[0]
    assert re.findall('File "(.*)", line', text) == ["<cause>", "<defined>", "<cause>"]
    assert "direct cause" in text and text.endswith("ValueError: worse")
    (_, text), = shown(cells["syntax"])[0]
    assert 'File "<syntax>", line 2' in text and text.endswith("SyntaxError: invalid syntax")
    (_, text), = shown(cells["magic"])[0]
    assert text.endswith("is Jupyter's own and not Python's: it works in a notebook only.")
    assert shown(cells["exit"])[0][0][1].endswith("SystemExit: enough")
    (_, text), = shown(cells["deep"])[0]
    assert "RecursionError" in text and len(text.splitlines()) < 20
    (_, text), = shown(cells["unknown"])[0]
    assert text.endswith("ModuleNotFoundError: No module named 'pandas'")


def test_what_is_printed_comes_while_a_cell_runs(cells):
    outputs, ok = shown(cells["streams"])
    assert ok and outputs == [*(("stdout", f"step {k}\n") for k in range(3)), ("stderr", "err\n"),
                              ("stdout", "no newline"), ("stdout", "!\n")]
    for name in ("warning", "warning again"):
        outputs, ok = shown(cells[name])
        assert ok and outputs == [("stderr", f"<{name}>:2: UserWarning: careful\n"
                                             "  warnings.warn('careful')\n")]
    outputs, ok = shown(cells["flood"])
    text = "".join(text for _, text in outputs)
    assert ok and 1_000_000 < len(text) < 1_000_100 and text.startswith("many words 0\nmany")
    assert text.endswith("… More than a million characters are not shown.\n")
    assert len(outputs) < 200
    assert "write the value into the cell" in shown(cells["input"])[0][-1][1]


def test_a_cell_that_needs_plots_says_which_button(cells):
    for name in ("no plots", "no plots below"):
        told, done = cells[name]
        assert told["needs"] == "plots" and not done["ok"]
        assert told["text"] == (
            "This cell needs matplotlib, which is not loaded: write `import matplotlib` above its "
            "lines and press “Run” again, which then loads it.")


def test_a_failed_check_says_its_words_and_then_where_to_read_on(cells):
    first, again = cells["check"][0], cells["check again"][0]
    assert first["kind"] == "error" and first["text"].startswith("Not yet: ")
    assert "Traceback" not in first["text"] and "href" not in first
    assert again["text"].startswith(f"{first['text']}\nHint: ")
    page, _, place = again["href"].partition("#")
    assert page == "../04_reparameterisation.html"
    assert again["text"].endswith(f"{place.removeprefix('equation-')}.")


def test_figures_are_shown_where_they_are_and_once(cells):
    assert shown(cells["two figures"]) == ([("stdout", "first\n"), ("image", "png"),
                                            ("stdout", "second\n"), ("image", "png")], True)
    assert shown(cells["returned"]) == ([("image", "png")], True)
    outputs, ok = shown(cells["of the library"])
    assert ok and [kind for kind, _ in outputs] == ["image"]
    outputs, ok = shown(cells["fails"])
    assert not ok and [kind for kind, _ in outputs] == ["error", "image"]
    outputs, ok = shown(cells["wrong figure"])
    assert not ok and [kind for kind, _ in outputs] == ["stdout", "error"]
    assert "ValueError" in outputs[1][1] and "live_figures" not in outputs[1][1]
    content = base64.b64decode(cells["returned"][0]["png"])
    assert Image.open(io.BytesIO(content)).size > (300, 300)
