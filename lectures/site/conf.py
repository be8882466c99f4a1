"""Sphinx's settings for the readable site. build.py calls Sphinx; the extensions lie here."""
import sys
from pathlib import Path

import vae_np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from codepages import linkcode_resolve  # noqa: E402  (Sphinx looks for the name here)

project = "vae-np"
copyright = "the vae-np authors. Text and figures are under CC BY 4.0, code is under the MIT licence."
html_title = "vae-np"
release = vae_np.__version__

extensions = ["myst_nb", "sphinx_design", "sphinx.ext.autodoc", "sphinx.ext.linkcode",
              "sphinx.ext.mathjax", "listings", "sheet", "course", "cells",
              "codepages", "docstrings"]
exclude_patterns = ["lectures/[0-9]*.md"]  # the notebooks are the pages

# The lectures come executed. What they print is shown as it is.
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
math_eqref_format = "({number})"

# The library's docstrings are plain text: docstrings.py prepares them.
autodoc_member_order = "bysource"
autodoc_typehints = "none"
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = False
smartquotes = False
nitpick_ignore_regex = [("py:class", r"(object|tuple|dict|Exception|ValueError)")]

# Nothing on a page comes from the network.
mathjax_path = "mathjax/tex-mml-chtml.js"
mathjax3_config = {
    # An unknown macro is an error, which a test sees, not its name in red.
    "tex": {"packages": {"[-]": ["noundefined"]}},
    "options": {"enableMenu": False},  # its entries load parts that are not copied
    "chtml": {"scale": 0.95},
}
html_theme = "furo"
html_static_path = [str(HERE / "static")]
templates_path = ["templates"]
html_css_files = ["site.css", "print.css", "live.css"]
html_js_files = ["site.js", "live-editor.js", "live-engine.js", "live-cells.js", "live-output.js",
                 "live.js"]
html_search_scorer = str(HERE / "scorer.js")
html_copy_source = False
html_show_sphinx = False
html_show_copyright = True
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
