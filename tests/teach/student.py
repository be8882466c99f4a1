"""What a student does, run with the Python of a fresh environment: python student.py NOTEBOOK …

Runs each notebook, an answer of `answers.json` (beside it, {function: cell}) in the place of the
function's stub, and prints as JSON what each cell said: [[text, …] for each notebook].
"""
import json
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def said(path, answers):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for function, answer in answers.items():
            if cell.cell_type == "code" and f"def {function}(" in cell.source:
                cell.source = answer
    notebook.cells.append(nbformat.v4.new_code_cell("import vae_np; print(vae_np.__file__)"))
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True,
                   resources={"metadata": {"path": str(path.parent)}}).execute()
    return ["".join(output.get("text") or output.get("evalue") or ""
                    for output in cell.outputs) for cell in notebook.cells
            if cell.cell_type == "code"]


if __name__ == "__main__":
    given = Path(__file__).with_name("answers.json")
    answers = json.loads(given.read_text("utf-8")) if given.exists() else {}
    print(json.dumps([said(Path(name), answers) for name in sys.argv[1:]]))
