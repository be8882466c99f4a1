"""The syllabi assign only lectures that exist, and the projects' commands run."""
import re
from pathlib import Path

import pytest

from vae_np.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "lectures" / "teach" / "syllabi.md"
TEXT = PAGE.read_text(encoding="utf-8")
PROJECTS = re.findall(r"^\*\*(\d)\. .*?^```\n(.*?)^```$", TEXT, re.S | re.M)
WRITTEN = {int(path.name[:2]) for path in (ROOT / "lectures").glob("[0-9][0-9]_*.md")}


@pytest.mark.parametrize(("number", "commands"), PROJECTS,
                         ids=[f"project {number}" for number, _ in PROJECTS])
def test_a_project_can_begin(number, commands, tmp_path, monkeypatch, capsys):
    """Its own command, with one epoch of a smaller network."""
    monkeypatch.chdir(tmp_path)
    for line in commands.splitlines():
        program, command, *rest = line.split()
        assert program == "vae-np"
        smaller = ["--epochs", "1", "--hidden", "8"] if command == "train" \
            else ["--limit", "20", "--num-samples", "5"]
        assert not main([command, *rest, *smaller])
    printed = capsys.readouterr()
    assert "bound" in printed.out + printed.err


def test_there_are_six_projects_each_with_what_a_good_one_shows():
    assert [number for number, _ in PROJECTS] == list("123456")
    assert len(re.findall(r"\*A good\s+one shows\*", TEXT)) == 6


def test_a_lecture_that_is_not_written_is_called_planned():
    rows = [line for line in TEXT.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len(rows) == 3 + 6 + 12
    for row in rows:
        for named in re.finditer(r"[Ll]ectures? (\d+)(?: and (\d+))?", row):
            missing = {int(number) for number in named.groups() if number} - WRITTEN
            assert not missing or row[named.end():].startswith(" *(planned)*"), row


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert len(links) > 15
    assert [link for link in links if not (PAGE.parent / link).exists()
            and link not in ("index.md", "rubric.md")] == []
