"""Builds the readable site: python lectures/site/build.py [OUT], which `make site` calls.

Sphinx wants its pages in one tree, and half of ours are made: the reference has a page for each
module. So the tree is laid out afresh in OUT-work first:

    index.md            lectures/site/index.md
    lectures/           as in the repository: the lectures, executed; their exercises, without
                        solutions; the plan, the sheet of equations, the results
    explorer.md         lectures/site/explorer.md; explorer.py lays its scripts beside it
    lectures/teach/     the instructor's pages; quizzes with folded answers, and the wrong answers
                        with what the check says, are made here. `--students` leaves all of it out
    api/                one page for each module (made here)

What stands in a page between the lines `<!-- instructors -->` and `<!-- end -->` is left out with
`--students`; inside a directive, where a comment of HTML is no comment, they are `% instructors`
and `% end`. Left out for students are also the library's modules that know the right answers.

Then Sphinx reads it, with conf.py from here. MathJax comes out of a Python package. The lectures
are not run again: the site shows what the notebooks hold, and a test holds these against their
sources.
"""
import argparse
import importlib
import pkgutil
import re
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

import explorer
import online
import vae_np
from codepages import knows_answers
from docstrings import paragraph

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path += [str(ROOT / "lectures"), str(ROOT / "lectures" / "teach")]

from packaged import copy_mathjax  # noqa: E402  (it lies in lectures/)

MATHJAX_HOME = "_static/mathjax"


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Builds the readable site, static HTML.")
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--lectures", type=Path, default=ROOT / "lectures",
                        help="the folder of the lectures and their sheet of equations")
    parser.add_argument("--students", action="store_true", help="leave out the pages for teachers")
    parser.add_argument("--slides", type=Path, metavar="FOLDER",
                        help="a folder of decks that becomes part of the site, as slides/")
    options = parser.parse_args(arguments)
    out, work = options.out, options.out.with_name(options.out.name + "-work")
    if out.exists() and any(out.iterdir()) and not (out / MATHJAX_HOME).exists():
        sys.exit(f"{out} is not empty and holds no site: name another folder")
    for folder in (out, work):
        shutil.rmtree(folder, ignore_errors=True)
    lay_out(work / "pages", options.lectures, options.students)
    if not options.students and (options.lectures / "teach").exists():
        lay_out_teaching(work / "pages" / "lectures" / "teach", options.lectures / "teach",
                         options.slides)
    copy_mathjax(out / MATHJAX_HOME)
    explorer.copy_files(out / "_static" / "explorer")
    # Every warning is an error; all of them are shown before it fails.
    code = build_main(["-q", "-W", "--keep-going", "-n", "-j", "auto", "-b", "html",
                       "-c", str(HERE), "-d", str(work / "doctrees"),
                       *(("-t", "students") if options.students else ()),
                       str(work / "pages"), str(out)])
    if options.slides:
        shutil.copytree(options.slides, out / "slides")
    if code == 0:
        print(f"The site: {out / 'index.html'}")
        if not online.SETTINGS["repository"]:
            print(online.MISSING)
    return code


def lay_out(pages, lectures, students):
    """Writes the tree that Sphinx reads, but for what only teachers see."""
    for source in lectures.glob("[0-9][0-9]_*.md"):
        if not source.with_suffix(".ipynb").exists():
            sys.exit(f"{source.name} has no executed notebook beside it: run `make lectures`")
    shutil.copytree(lectures, pages / "lectures", ignore=_no_page)
    # The pages of lectures/site/ lie above lectures/ from now on.
    for page in HERE.glob("*.md"):
        text = page.read_text("utf-8").replace("](../", "](lectures/")
        (pages / page.name).write_text(_for_readers(text, students), "utf-8")
    for page in (pages / "lectures").glob("*.md"):
        text = page.read_text("utf-8").replace("](site/", "](../")
        page.write_text(_for_readers(text, students), "utf-8")
    (pages / "api").mkdir()
    for path, text in reference_pages(students):
        (pages / path).write_text(text, encoding="utf-8")


def _for_readers(text, students):
    """The text without the lines that mark what is for teachers, and for students without what
    stands between them.
    """
    begin, end = r"^(?:% instructors|<!-- instructors -->)\n", r"^(?:% end|<!-- end -->)\n"
    if students:
        text = re.sub(f"{begin}.*?{end}", "", text, flags=re.M | re.S)
    return re.sub(f"{begin}|{end}", "", text, flags=re.M)


def _no_page(folder, names):
    """What a reader of the site never sees: the exercises' solutions, the results' data."""
    def shown(path):
        if path.is_dir():
            return (path.name in ("exercises", "results", "figures")
                    or path.parent.name == "results" or (path / "figures").exists())
        # Links between lectures name the sources, so these have to be there: see conf.py.
        return path.suffix in (".ipynb", ".png") \
            or path.suffix == ".md" and path.parent.name != "exercises"
    return [name for name in names if not shown(Path(folder, name))]


def lay_out_teaching(pages, teach, slides):
    """Writes the pages for teachers. No list of contents has to name them: they are orphans."""
    import quiz  # first: it says where the lectures' own scripts lie
    import wrong_answers
    from shared import numbered
    texts = {path.name: path.read_text("utf-8").replace("](../site/", "](../../")
             for path in teach.glob("*.md")}
    for deck in sorted((slides or teach / "none").glob("[0-9][0-9]_*.html")):
        links = _slides_links(deck)
        for name, text in texts.items():
            text = text.replace(f"`slides/{deck.stem}.md`", links)
            if name == f"{deck.stem}.md":
                text = re.sub(r"^# .*\n", lambda title: f"{title[0]}\nThe slides: {links}. Press "
                              "S for your notes.\n", text, count=1, flags=re.M)
            texts[name] = text
    for path in numbered(teach / "quiz"):
        texts[f"quiz/{path.name}"] = quiz.page(quiz.read(path))
    texts |= {f"{lecture}_wrong.md": text for lecture, text in wrong_answers.pages().items()}
    (pages / "quiz").mkdir(parents=True)
    for name, text in texts.items():
        (pages / name).write_text(f"---\norphan: true\n---\n\n{text}", "utf-8")


def _slides_links(deck):
    """The links to a lecture's slides, which are no pages of Sphinx's."""
    links = f'<a href="../../slides/{deck.name}">slides</a>'
    if deck.with_suffix(".pdf").exists():
        links += f', <a href="../../slides/{deck.stem}.pdf">as PDF</a>'
    return links


def reference_pages(students):
    """(path, reStructuredText) for each module that can be imported, and for their contents."""
    modules = ["vae_np", *(found.name for found in pkgutil.walk_packages(
        vae_np.__path__, "vae_np.") if not found.name.endswith("__main__"))]
    modules = [name for name in modules if not name.startswith("vae_np.data.")
               and not (students and knows_answers(name))]
    public = "\n".join(_table_row(f"vn.{name}", getattr(vae_np, name)) for name in vae_np.__all__)
    rows, hidden = {}, []
    for name in modules[1:]:
        module = importlib.import_module(name)
        group = name.rpartition(".")[0]
        rows.setdefault(group, []).append(
            f"   * - :doc:`{name} </api/{name}>`\n     - {_summary(module)}")
        hidden.append(f"   {name}")
        yield f"api/{name}.rst", (f"{_heading(name)}.. automodule:: {name}\n"
                                  "   :members:\n   :ignore-module-all:\n")
    text = _heading("The library, name by name")
    text += ("The names that ``import vae_np as vn`` offers:\n\n" + _TABLE + public + "\n\n"
             "Each module has a page. A signature's *[source]* leads to its lines.\n\n")
    for group, entries in rows.items():
        text += f".. rubric:: {group}\n\n" + _TABLE + "\n".join(entries) + "\n\n"
    yield "api/index.rst", text + ".. toctree::\n   :hidden:\n\n" + "\n".join(hidden) + "\n"


_TABLE = ".. list-table::\n   :widths: 3 7\n   :class: names\n\n"


def _heading(title):
    return f"{title}\n{'=' * len(title)}\n\n"


def _table_row(name, value):
    target = f"{value.__module__}.{value.__qualname__}"
    return f"   * - :py:obj:`{name} <{target}>`\n     - {_summary(value)}"


def _summary(value):
    first = (value.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(paragraph(first).split())


if __name__ == "__main__":
    sys.exit(main())
