"""Finds lines of solutions and of wrong answers in files, whatever they are wrapped in."""
import html
import io
import re
import zipfile
from pathlib import Path

import answers

import build

ROOT = Path(__file__).resolve().parents[2]
SHORTEST = 20  # characters without spaces; shorter lines, such as `return z`, stand anywhere


def without_space(text):
    return "".join(text.split())


def code(cell):
    """The lines of a student's cell that say something: no signature, docstring or comment."""
    body = cell.partition("### BEGIN SOLUTION")[2].partition("### END SOLUTION")[0] or cell
    body = re.sub(r'""".*?"""', "", body, flags=re.S)
    lines = [without_space(line.split("  #")[0]) for line in body.splitlines()]
    return [line for line in lines if line and not line.startswith(("def", "import", "from", "#"))]


def secrets():
    """{line or whole answer, without spaces: whose it is}. What the lectures, the exercises as
    they are given out or the library itself hold is no secret.
    """
    open_files = [*ROOT.glob("vae_np/**/*.py"), *ROOT.glob("lectures/*.ipynb"),
                  *ROOT.glob("lectures/exercises/*.ipynb")]
    known = "\n".join(plain(path.name, path.read_bytes()) for path in open_files)
    found = {}
    for name, task in answers.tasks().items():
        for cell in (task.solution, *(cell for _, cell in task.wrong)):
            lines = code(cell)
            for text in (*lines, "".join(lines)):
                if len(text) >= SHORTEST and text not in known:
                    found[text] = name
    return found


def plain(name, content):
    """What a file says, without spaces and without the markup that its kind puts between."""
    text = content.decode("utf-8", "ignore")
    if name.endswith((".html", ".svg", ".xml")):
        text = html.unescape(re.sub(r"<[^>]+>", "", text))
    if name.endswith((".ipynb", ".js", ".json")):
        text = text.replace("\\n", " ").replace('\\"', '"')
        text = re.sub(r'",\s*"', "", text)  # a notebook's cell is a list of its lines
        text = html.unescape(re.sub(r"</?(?:span|div|p|code)[^>]*>", "", text))
    return without_space(text)


def traces(archive, wanted):
    """[(file, exercise, text)] of what is found in a zip file, in those inside it too."""
    found = []
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.namelist():
            content = opened.read(entry)
            if entry.endswith((".zip", ".whl")):
                found += [(f"{entry}: {name}", *rest)
                          for name, *rest in traces(io.BytesIO(content), wanted)]
            elif not entry.endswith((".png", ".woff", ".woff2", ".npz", ".pdf")):
                text = plain(entry, content)
                found += [(entry, name, secret) for secret, name in wanted.items()
                          if secret in text]
    return found


def sources():
    """The paths of the exercises' sources."""
    return build.sources(build.EXERCISES)
