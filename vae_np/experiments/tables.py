"""Ours beside the paper's, as table.json and table.md."""
import json

from ..runs.checkpoints import atomic_write

TOLERANCE = 0.002  # relative: a record so near to a mark stands for it
ONCE = {"data": "data", "z_dim": "z", "n_train": "N", "algorithm": "algorithm", "step": "step",
        "samples_seen": "samples seen", "leapfrog_steps": "leapfrog steps"}
PER_SPLIT = {"{}": "{}: ours", "{}_stderr": "± s.e.", "paper_{}": "the paper",
             "difference_{}": "difference", "{}_above_aevb": "above AEVB",
             "{}_above_aevb_stderr": "± s.e."}
HEADS = ONCE | {key.format(split): head.format(split) for split in ("test", "train")
                for key, head in PER_SPLIT.items()}


def at_marks(records):
    """[(mark, record), ...] at each power of ten from 10⁶ on; else at the last record alone."""
    found = []
    for power in range(6, 10):
        mark = 10 ** power
        near = min(records, key=lambda row: abs(row["samples_seen"] - mark), default=None)
        if near and abs(near["samples_seen"] - mark) <= TOLERANCE * mark:
            found.append((mark, near))
    return found or [(row["samples_seen"], row) for row in records[-1:]]


def compared(split, ours, paper):
    """{split: ours, "paper_…": …, "difference_…": ours − paper}, None where there is none."""
    both = ours is not None and paper is not None
    return {split: ours and round(ours, 3), f"paper_{split}": paper and round(paper, 1),
            f"difference_{split}": round(ours - paper, 3) if both else None}


def write(folder, rows, name):
    """Writes table.json, a list of rows, and table.md, the same for readers; returns the paths.
    name: the figure's, such as "Figure 2".
    """
    rows = list(rows)
    with atomic_write(folder / "table.json") as file:
        lines = ",\n".join(json.dumps(row) for row in rows)
        file.write(f"[\n{lines}\n]\n".encode())
    with atomic_write(folder / "table.md") as file:
        file.write(markdown(rows, name).encode())
    return [folder / "table.json", folder / "table.md"]


def markdown(rows, name):
    """The rows as a table in Markdown; bounds in nats per example, higher is better."""
    keys = [key for key in HEADS if any(key in row for row in rows)]
    lines = [" | ".join(HEADS[key] for key in keys), " | ".join("---" for _ in keys)]
    lines += [" | ".join(_cell(key, row.get(key)) for key in keys) for row in rows]
    return (f"# {name}: ours beside the paper's\n\n"
            "Nats per example, higher is better; difference = ours − the paper's.\n\n"
            + "".join(f"| {line} |\n" for line in lines))


def _cell(key, value):
    if value is None:
        return "–"
    if key in ("samples_seen", "leapfrog_steps"):
        return f"{value:.3g}".replace("e+0", "e")
    if not isinstance(value, float) or key == "step":
        return str(value)
    sign = "+" if key.startswith("difference") or key.endswith("above_aevb") else ""
    return f"{round(value, 1) + 0.0:{sign}.1f}".replace("-", "−")  # + 0.0: no −0.0
