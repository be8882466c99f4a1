"""Labels lead both ways: from the sheet of equations to the code, and back."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEET = (ROOT / "lectures" / "equations.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")]
        for line in SHEET.splitlines() if line.startswith("| `")]
IN_CODE = {}
for _path in sorted((ROOT / "vae_np").rglob("*.py")):
    for _label in re.findall(r"# eq\. ([a-z0-9-]+)", _path.read_text(encoding="utf-8")):
        IN_CODE.setdefault(_label, []).append(_path)


def test_labels_of_the_sheet_are_those_of_the_code():
    assert len(ROWS) >= 9
    assert {row[0].strip("`") for row in ROWS} == set(IN_CODE)


def test_no_label_stands_twice():
    labels = [row[0] for row in ROWS]
    assert len(labels) == len(set(labels))
    assert {label: paths for label, paths in IN_CODE.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("row", ROWS, ids=[row[0].strip("`") for row in ROWS])
def test_the_sheet_names_the_file_where_the_label_stands(row):
    label, place = row[0].strip("`"), row[-1].strip("`")
    path = IN_CODE[label][0]
    assert place == path.name or place.split(".")[0] == path.stem
    function = place.removesuffix(".py").partition(".")[2]
    if function:
        body = re.split(rf"\n(?:def|class) {function}\b", path.read_text(encoding="utf-8"))[1]
        assert f"# eq. {label}" in re.split(r"\n(?:def|class) ", body)[0]
