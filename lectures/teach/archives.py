"""The two archives of the course, the students' without solutions and the instructors'.

What lies where in them is in the README that each has at its top.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from shared import LECTURES, ROOT, TEACH, Mistake

import build
import nbformat

EXERCISES = LECTURES / "exercises"
# Code and formulas, in which what looks like a link is none; or a link, in three parts.
LINK = re.compile(r"(?P<tick>`+).*?(?P=tick)|\$\$.*?\$\$|\$[^$]*\$"
                  r"|(?<!!)\[(?P<words>[^\]]*)\]\((?P<target>[^)\s:#]+)(?P<anchor>#[^)\s]*)?\)",
                  re.S)
LOADED = re.compile(r"""\bvn\.load\("([^"]+)"\)""")  # a run that a cell loads, beside its notebook
DATE = (1980, 1, 1, 0, 0, 0)  # of every file in an archive: the same archive every time


# -- parts -------------------------------------------------------------------------------------

def build_wheel(out):
    """The library as a wheel in the folder `out`, from the sources that belong to it alone."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        for name in ("vae_np", "data"):
            shutil.copytree(ROOT / name, source / name,
                            ignore=shutil.ignore_patterns("__pycache__"))
        (source / "lectures" / "exercises").mkdir(parents=True)
        for path in EXERCISES.glob("*.ipynb"):
            shutil.copy(path, source / "lectures" / "exercises")
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        made = subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", out,
             source], capture_output=True, text=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": "315532800"})
    if made.returncode:
        raise SystemExit(f"pip could not build the wheel of vae-np:\n{made.stderr.strip()}")
    wheel, = Path(out).glob("vae_np-*.whl")
    return wheel


def build_site(out, *options):
    """The site in the folder `out`; the options are those of lectures/site/build.py."""
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(
            [sys.executable, LECTURES / "site" / "build.py", Path(folder, "site"), *options],
            capture_output=True, text=True)
        if made.returncode:
            raise SystemExit(f"the site could not be built:\n{made.stdout}{made.stderr}".strip())
        shutil.copytree(Path(folder, "site"), out, ignore=shutil.ignore_patterns(".buildinfo*"))


def copy_licences(folder):
    """What may be done with the code, the texts and the digits."""
    for path in [*ROOT.glob("LICENSE*"), *ROOT.glob("CITATION*")]:
        shutil.copy(path, folder)
    shutil.copy(LECTURES / "LICENSE.md", folder / "LICENSE-of-the-course.md")
    (folder / "licences-of-the-data").mkdir()
    for path in [*(ROOT / "data").glob("LICENSE*"), ROOT / "data" / "README.md"]:
        shutil.copy(path, folder / "licences-of-the-data")


def copy_notebook(path, folder):
    """A notebook to its place; links to pages that are no notebooks go to the folder's site."""
    here = path.parent.relative_to(ROOT)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = relinked(cell.source, path, folder, here)
    (folder / here).mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / here / path.name)
    copy_runs(notebook, path.parent, folder / here)


def copy_runs(notebook, source, folder):
    """The trained models that the notebook loads, from beside it: what `vn.load` reads of each."""
    for cell in notebook.cells:
        for run in LOADED.findall(cell.source) if cell.cell_type == "code" else ():
            (folder / run).mkdir(parents=True, exist_ok=True)
            for name in ("config.json", "checkpoint.npz"):
                shutil.copy(source / run / name, folder / run)


def relinked(text, source, folder, here, strict=True):
    """Markdown that lies in `here`, below `folder`, with its relative links made to lead to what
    is there: a file, a notebook of the name, which may be copied later, or a page of the site. A
    link to nothing raises Mistake or, if not strict, keeps its text alone.
    """
    def place(match):
        words, target, anchor = match["words"], match["target"], match["anchor"] or ""
        if target is None:
            return match[0]
        path = Path(os.path.normpath(here / target))
        page = path.with_suffix("") if path.suffix in (".md", ".ipynb", ".html") else path
        on_site = Path(*page.parts[2:]) if page.parts[:2] == ("lectures", "site") else page
        for found in (path, Path(f"{page}.ipynb"), Path("site", f"{on_site}.html"),
                      Path("site", "slides", f"{page.name}.html")):
            comes_later = found.suffix == ".ipynb" and (ROOT / found).exists()
            if found.suffix != ".md" and ((folder / found).exists() or comes_later):
                return f"[{words}]({Path(os.path.relpath(found, here)).as_posix()}{anchor})"
        if not strict:
            return words
        line = text[:match.start()].count("\n") + 1
        raise Mistake(source, line, f"the link {target} leads to nothing in the archive, neither "
                      "to a notebook nor to a page of the site")
    return LINK.sub(place, text)


def copy_lectures(folder):
    """The executed lectures and the students' exercises. The site has to be there already."""
    for path in [*build.sources(LECTURES), *build.sources(EXERCISES)]:
        copy_notebook(path.with_suffix(".ipynb"), folder)


def pack(folder, out):
    """The folder as a zip file: the same bytes for the same files."""
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    paths = [path for path in folder.rglob("*") if path.is_file()]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(paths, key=lambda path: path.relative_to(folder).as_posix()):
            entry = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return out


# -- the students' -----------------------------------------------------------------------------

def students(out, wheel=None):
    """Writes the students' archive, with this wheel or a new one."""
    page = LECTURES / "site" / "students.md"
    if not page.exists():
        raise SystemExit("lectures/site/students.md is missing: it becomes the archive's README")
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "vae-course")
        build_site(folder / "site", "--students")
        copy_lectures(folder)
        if wheel:
            shutil.copy(wheel, folder)
        else:
            build_wheel(folder)
        copy_licences(folder)
        text = page.read_text("utf-8").replace("](../", "](lectures/")  # it comes from there
        text = relinked(text, page, folder, Path())
        (folder / "README.md").write_text(text, "utf-8")
        return pack(folder, out)


# -- the instructors' --------------------------------------------------------------------------

def instructors(out, site=None, students_archive=None):
    """Writes the instructors' archive. A site or students' archive that is there need not be made
    once more.
    """
    import decks
    import quiz
    import wrong_answers
    from browser import CHROMIUM
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "vae-course-instructors")
        folder.mkdir()
        pages = decks.write(decks.sources(), Path(parent, "slides"))
        quizzes = quiz.write(folder / "quiz")
        if CHROMIUM:
            decks.print_pdf(pages)
        else:
            print("No Chromium is installed, so the archive has no PDFs: neither slides, handouts "
                  "nor sheets of the quizzes")
        if site:
            shutil.copytree(site, folder / "site")
            shutil.copytree(Path(parent, "slides"), folder / "site" / "slides")
        else:
            build_site(folder / "site", "--slides", Path(parent, "slides"))
        if CHROMIUM:
            print_handouts(folder)
            print_sheets(quizzes, folder, Path(parent))
        wheel = build_wheel(folder)
        shutil.copy(students_archive or students(Path(parent, "students.zip"), wheel),
                    folder / "vae-course-students.zip")
        copy_lectures(folder)
        wrong_answers.write(folder / "wrong-answers")
        copy_solutions(folder / "solutions")
        build.make_course(folder / "nbgrader")
        copy_pages(folder)
        copy_licences(folder)
        return pack(folder, out)


def print_handouts(folder):
    """Each lecture's page of the site as a PDF, as its style for printing has it."""
    from browser import Browser
    (folder / "handouts").mkdir()
    with Browser() as opened:
        for path in build.sources(LECTURES):
            page = folder / "site" / "lectures" / f"{path.stem}.html"
            opened.open(page.resolve().as_uri())
            (folder / "handouts" / f"{path.stem}.pdf").write_bytes(opened.pdf())


def print_sheets(quizzes, folder, parent):
    """The questions of each quiz on paper, without answers."""
    import quiz
    from browser import Browser
    with Browser() as opened:
        for each in quizzes:
            page = parent / f"{each.path.stem}_sheet.html"
            page.write_text(quiz.sheet(each, "slides/assets/mathjax"), "utf-8")
            opened.open(page.as_uri())
            (folder / "quiz" / f"{each.path.stem}.pdf").write_bytes(opened.pdf())


def copy_solutions(folder):
    """The exercises with their solutions, executed: every check says that it is right."""
    folder.mkdir()
    for path in build.sources(EXERCISES):
        notebook = build.execute(path)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":  # the lectures lie in a folder beside this one
                cell.source = cell.source.replace("](../", "](../lectures/")
        nbformat.write(notebook, folder / f"{path.stem}.ipynb")


def copy_pages(folder):
    """The teacher's texts, to be changed; the Dockerfile for grading; and the README."""
    here = Path("lectures", "teach")
    (folder / here).mkdir()
    for path in TEACH.glob("*.md"):
        text = relinked(path.read_text("utf-8"), path, folder, here, strict=False)
        (folder / here / path.name).write_text(text, "utf-8")
    shutil.copy(TEACH / "Dockerfile", folder)
    shutil.copy(TEACH / "archive" / "README.md", folder)
