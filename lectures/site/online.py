"""For readers who are online: each notebook in Google Colab and on mybinder.org, at this version.

pyproject.toml says in [tool.vae-np] where the repository is, as GitHub's owner/name. While that is
empty there is nothing to open, and a page has no such link.

Binder starts the repository itself at the version's tag, with what .binder/ pins. Colab opens a
notebook only from GitHub and has none of the course's files, so the site has for each notebook a
copy, in notebooks/colab/, whose first cell fetches and installs the version. Colab takes it from
the branch on which the site is published.
"""
import json
import tomllib
from pathlib import Path
from urllib.parse import quote

import vae_np

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["vae-np"]
TAG = f"v{vae_np.__version__}"
MISSING = ("The pages have no links to Colab and Binder: pyproject.toml names no public "
           "repository yet, [tool.vae-np] repository.")
INSTALL = """\
# Colab has neither vae_np nor the files of the course. This fetches version {version} and installs
# it, which takes a minute.
%cd /content
!git clone --quiet --depth 1 --branch {tag} https://github.com/{repository}.git vae-np
%cd vae-np
%pip install --quiet ".[run]"
%cd {folder}
"""


def links(page, name, repository=SETTINGS["repository"], branch=SETTINGS["site-branch"]):
    """The links of a page whose notebook is called `name` among the site's, as HTML."""
    if not repository:
        return []
    colab = f"https://colab.research.google.com/github/{repository}/blob/{branch}/" \
        f"notebooks/colab/{name}"
    binder = f"https://mybinder.org/v2/gh/{repository}/{TAG}?labpath={quote(page, '')}.ipynb"
    return [f'<a href="{colab}">Open in Colab</a>', f'<a href="{binder}">Open in Binder</a>']


def for_colab(text, page, repository=SETTINGS["repository"]):
    """The text of a page's notebook with the cell that makes it run in Colab before all others."""
    notebook = json.loads(text)
    source = INSTALL.format(version=vae_np.__version__, tag=TAG, repository=repository,
                            folder=page.rpartition("/")[0])
    notebook["cells"].insert(0, {
        "cell_type": "code", "id": "install", "metadata": {}, "execution_count": None,
        "outputs": [], "source": source.splitlines(keepends=True)})
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def write_for_colab(folder, name, text, page):
    """The copy for Colab of a notebook in the site's folder of notebooks, where it can be had."""
    if SETTINGS["repository"]:
        (folder / "colab").mkdir(exist_ok=True)
        copy = for_colab(text, page)
        (folder / "colab" / name).write_text(copy, "utf-8")
