"""A lecture that is not in the course: what a lecture may hold, in as few cells as show it."""
import base64
import io
import json

from PIL import Image

LONG = "distributions.bernoulli_log_prob, distributions.bernoulli_log_prob_backward"
TEXT = "\n\n".join(f"Paragraph {number} of a long derivation." for number in range(9))


def _picture(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(buffer, format="png")
    return {"output_type": "display_data", "metadata": {},
            "data": {"image/png": base64.b64encode(buffer.getvalue()).decode()}}


def _cell(kind, source, number, metadata=None, outputs=()):
    cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": metadata or {},
            "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": list(outputs)}
    return cell


def _figure(name, **image):
    return {"tags": ["hide-input"], "mystnb": {
        "image": {"alt": f"The {name}, told to the blind.", **image},
        "figure": {"name": f"fig-{name}", "caption": f"What the {name} shows: $x_1$."}}}


def notebook():
    """The text of the notebook."""
    returned = {"output_type": "execute_result", "execution_count": None, "metadata": {},
                "data": {"text/plain": "Text(0.5, 1.0, 'returned')"}}
    wide = "+".join(f"a_{{{number}}}" for number in range(90))
    cells = [
        ("markdown", "# Lecture 3. Small"),
        ("code", "import vae_np as vn\nfrom vae_np import distributions"),
        ("markdown", f"## With a lead-in\n\n$$\nx = y\n$$ (bernoulli)\n\n{TEXT}\n\n"
                     "$$\nx = z\n$$ (bernoulli-gradient)\n\nIn the library:"),
        ("code", f"show({LONG})", {"tags": ["source"]}),
        ("code", "show(distributions.gaussian_log_prob, distributions.kl_standard_normal)",
         {"tags": ["source"]}),
        ("markdown", f"## Without text\n\nInline ${wide}$ and\n\n$$\n{wide}\n$$"),
        ("code", "curve = 'drawn'", _figure("curve"), [returned, _picture("white")]),
        ("code", "digits = 'drawn'", _figure("digits", classes=["picture"]), [_picture("black")]),
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}},
        "cells": [_cell(kind, source, number, *rest)
                  for number, (kind, source, *rest) in enumerate(cells)]})
