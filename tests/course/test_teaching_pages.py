"""The pages for teachers: only lectures that exist are assigned, commands run, sums are right."""
import re
from pathlib import Path

import pytest

from vae_np.cli import main
from vae_np.course import grade

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


def test_a_lecture_that_is_not_written_is_called_planned_and_no_other():
    rows = [line for line in TEXT.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len(rows) == 3 + 6 + 12
    for row in rows:
        for named in re.finditer(r"[Ll]ectures? (\d+)(?: and (\d+))?", row):
            missing = {int(number) for number in named.groups() if number} - WRITTEN
            assert bool(missing) == row[named.end():].startswith(" *(planned)*"), row


def test_the_pages_name_the_same_minutes_for_every_lecture_that_exists():
    """The plan of the course, the site's first page and the teacher's: (to read, to do)."""
    plan, site, teacher = ({int(number): (int(read), int(do)) for number, read, do in re.findall(
        pattern, (ROOT / "lectures" / page).read_text(encoding="utf-8"), re.M)}
        for page, pattern in (
            ("README.md", r"^\| (\d+) \| \[.* \| (\d+) \+ (\d+) \|$"),
            ("site/index.md", r"^\| \[(\d+)\. .*?\| (\d+) \| \[four\].*?\| (\d+) \|"),
            ("teach/index.md", r"^\| (\d+) \| \[plan\].* \| (\d+) \| \[four\].*, (\d+) \|$")))
    assert set(plan) == WRITTEN and plan == site == teacher


def test_a_lecture_names_the_minutes_that_the_plan_names():
    """In its frame: the first number is to read, the last one for the exercises."""
    plan = re.findall(r"^\| (\d+) \| \[.*\]\((.*?)\.ipynb\) .* \| (\d+) \+ (\d+) \|$",
                      (ROOT / "lectures" / "README.md").read_text(encoding="utf-8"), re.M)
    assert len(plan) == len(WRITTEN)
    for number, name, read, do in plan:
        text = (ROOT / "lectures" / f"{name}.md").read_text(encoding="utf-8")
        said = re.search(r"\*\*(?:How long it takes|Time)\.\*\*(.*?\sexercises)\.", text, re.S)[1]
        said = re.sub(r"\(.*?\)", "", said, flags=re.S)
        minutes = [60 if hour else int(digits)
                   for digits, hour in re.findall(r"\b(\d+)\b|\b(hour)\b", said)]
        assert (minutes[0], minutes[-1]) == (int(read), int(do)), number


def test_the_evening_before_has_an_hour():
    text = (PAGE.parent / "index.md").read_text(encoding="utf-8")
    table = text[text.index("## The evening before"):text.index("## A course in six")]
    minutes = re.findall(r"^\| (\d+) \|", table, re.M)
    assert len(minutes) > 4 and sum(map(int, minutes)) == 60


def test_the_rubric_has_four_levels_and_ten_questions_and_points_that_sum_up():
    text = (PAGE.parent / "rubric.md").read_text(encoding="utf-8")
    criteria = re.findall(r"^\| \*\*\w+\.\*\* .*$", text, re.M)
    assert len(criteria) == 4 and all(row.count("|") == 6 for row in criteria)
    assert re.findall(r"^(\d+)\. ", text, re.M) == [str(i) for i in range(1, 11)]
    points = re.findall(r"^\| (\d) \| \*\*", text, re.M)
    assert len(points) == 5 and sum(map(int, points)) == 10


def test_the_grader_s_options_and_verdicts_are_those_of_its_page():
    text = (PAGE.parent / "grading.md").read_text(encoding="utf-8")
    said = grade._parser().format_help()
    options = set(re.findall(r"`(--[a-z]+)`", text)) - {"--force"}  # that one is nbgrader's
    assert options and [option for option in options if option not in said] == []
    verdicts = re.search(r"A verdict is (.*?), which", text, re.S).group(1)
    for verdict in re.findall(r"`([a-z ]+)`", " ".join(verdicts.split())):
        assert verdict in said, verdict


@pytest.mark.parametrize("page", sorted(PAGE.parent.glob("[a-z]*.md")), ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    """The plans, quizzes and wrong answers of the lectures have tests of their own."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()
            and not re.fullmatch(r"(quiz/)?\d\d_\w+\.md", link)] == []


@pytest.mark.parametrize("page", [*sorted(PAGE.parent.glob("[a-z]*.md")),
                                  *sorted((ROOT / "lectures" / "site").glob("*.md")),
                                  *sorted((ROOT / "lectures").glob("*.md"))],
                         ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_no_line_begins_with_a_percent_sign(page):
    """MyST takes such a line for a comment, and the site would lose it without a word."""
    lines = re.findall(r"^ *%(?! ?pip).*", page.read_text(encoding="utf-8"), re.M)
    assert set(lines) <= {"% instructors", "% end"}  # which build.py reads
