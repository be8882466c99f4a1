"""Files that come in Python packages: what pages need, so that no network is asked for them."""
import importlib.metadata
import shutil

MATHJAX = ("tex-mml-chtml.js", "output/chtml/fonts/woff-v2/", "input/tex/extensions/")
REVEAL = ("LICENSE", "dist/reset.css", "dist/reveal.css", "dist/reveal.js",
          "plugin/notes/notes.js")


def copy_mathjax(folder):
    """MathJax 3.2.2, only the parts that a page loads."""
    _copy("sphinx-mathjax-offline", "/static/mathjax/", MATHJAX, folder)


def copy_reveal(folder):
    """reveal.js 5, its speaker's view and its licence."""
    _copy("sphinx-revealjs", "/_static/revealjs/", REVEAL, folder)


def _copy(package, below, wanted, folder):
    """Copies the files of a package that lie in its folder `below` and whose path begins as one of
    `wanted` does. Exits with a sentence if the package or a file that all need is not there.
    """
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        place = file.as_posix().partition(below)[2]
        if place.startswith(wanted):
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file.locate(), target)
    missing = [name for name in wanted if not (folder / name).exists()]
    if missing:
        raise SystemExit(f"{missing[0]} of {package} is missing: pip install '{package}', or "
                         "'.[course,site]' for all")
