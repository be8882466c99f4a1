"""Quizzes: what is refused, by its line; what Moodle, the site and the students get."""
import xml.etree.ElementTree as ET

import pytest
from sample import QUIZ

import quiz
from shared import Mistake


@pytest.fixture
def read(tmp_path):
    """read(text) → the Quiz."""
    def of(text=QUIZ):
        path = tmp_path / "05_small.md"
        path.write_text(text, "utf-8")
        return quiz.read(path)
    return of


@pytest.mark.parametrize("old, new, said", [
    ("# Quiz: a small lecture\n", "", "line 1: a page begins with its title"),
    ("## 1.", "##", "line 3: after the title comes"),
    ("## 2.", "## 3.", "line 13: this is question 2"),
    ("## 8. How many nats?\n= -0.5 ± 0.001\n  > by the formula\n", "",
     "line 1: it has 7 questions"),
    ("- [ ] one", "- [x] one", "line 3: 2 options are marked"),
    ("- [x] two", "- [ ] two", "line 3: 0 options are marked"),
    ("  > because not\n", "", r"line 4: below each option stands `  > why`"),
    ("- [ ] three\n  > because $z$\n", "", "line 3: the question has 2 options; three or four"),
    ("- [ ] three\n", "- [ ] one, $y^2$\n", "line 3: two options are the same"),
    ("- [ ] one", "- [] one", "line 4: a line of a quiz is|line 3: the question has 2 options"),
    ("one, $y^2$", "one, $y^2", r"line 4: maths stands between two single \$"),
    ("one, $y^2$", "one, $$y^2$$", "line 4: maths stands between two single"),
    ("one, $y^2$", "<b>one</b>", "line 4: a quiz has no pictures and no HTML"),
    ("one, $y^2$", "![one](one.png)", "line 4: a quiz has no pictures and no HTML"),
    ("± 0.001", "± 0", "line 74: the tolerance is more than 0"),
    ("= -0.5 ± 0.001", "= 0.5", "line 7[34]: .*(a line of a quiz is|has 0 options)"),
    ("  > by the formula\n", "", "line 73: below the number stands"),
    ("= -0.5 ± 0.001\n  > by the formula", "- [x] a\n  > b\n= 1 ± 1\n  > c",
     "line 73: a question has options or a number, not both"),
])
def test_what_is_wrong_is_said_by_line_with_what_is_right(read, old, new, said):
    assert old in QUIZ
    with pytest.raises(Mistake, match=said):
        read(QUIZ.replace(old, new, 1))


def test_what_is_read(read):
    small = read()
    assert (small.title, small.lecture, len(small.questions)) == ("a small lecture", "05", 8)
    first, *_, last = small.questions
    assert [option.right for option in first.options] == [False, True, False]
    assert (first.options[1].text, first.options[1].why) == (
        "two, in a longer line", "because so, on two lines")
    assert (last.value, last.tolerance, last.why, last.options) == (
        "-0.5", "0.001", "by the formula", [])


def test_moodle_can_import_it(read):
    """By the rules of Moodle's own importer, question/format/xml/format.php."""
    category, *questions = ET.fromstring(quiz.moodle(read()))
    assert category.get("type") == "category"
    assert category.findtext("category/text") == "$course$/top/vae-np/05 a small lecture"
    assert [question.get("type") for question in questions] == 7 * ["multichoice"] + ["numerical"]
    names = [question.findtext("name/text") for question in questions]
    assert names[0].startswith("05.1 Is a < b_1, and what does x")
    assert [name.split()[0] for name in names] == [f"05.{number}" for number in range(1, 9)]
    first, last = questions[0], questions[-1]
    assert first.findtext("questiontext/text") == (
        r"<p>Is \(a &lt; b_1\), and what does <code>x * 1</code> <em>mean</em>?</p>")
    assert first.findtext("single") == "true"
    answers = first.findall("answer")
    assert [answer.get("fraction") for answer in answers] == ["0", "100", "0"]
    assert answers[0].findtext("text") == r"<p>one, \(y^2\)</p>"
    assert answers[1].findtext("feedback/text") == "<p>because so, on two lines</p>"
    right, other = last.findall("answer")
    assert (right.findtext("text"), right.findtext("tolerance")) == ("-0.5", "0.001")
    assert (other.findtext("text"), other.get("fraction")) == ("*", "0")
    assert right.findtext("feedback/text") == "<p>by the formula</p>"


def test_students_get_no_answers(read):
    for form in (quiz.text(read()), quiz.sheet(read(), "mathjax")):
        assert "two, in a longer" in form and "How many nats?" in form
        assert "because" not in form and "0.5" not in form and "[x]" not in form
        assert "formula" not in form.replace("formulas", "")


def test_the_page_folds_the_answers(read):
    page = quiz.page(read())
    assert page.count("{dropdown} The answer to question") == 8
    before, answer = page.split("````{dropdown} The answer to question 1\n")
    assert "**B.** two" in before and "because" not in before
    assert answer.startswith("**A, wrong.** because not\n\n**B, right.** because so, on two lines")


def test_the_quizzes_of_the_course_are_right_and_the_place_of_the_right_answer_varies():
    quizzes = [quiz.read(path) for path in quiz.sources()]
    for each in quizzes:
        ET.fromstring(quiz.moodle(each))
        places = [[option.right for option in question.options].index(True)
                  for question in each.questions if question.options]
        assert max(places.count(place) for place in places) <= 0.6 * len(places), each.path.name


def test_the_key_has_the_right_answer_of_each_question(read):
    quiz_read = read()
    lines = quiz.key(quiz_read).splitlines()[2:]
    assert [line.split(". ")[0] for line in lines] == [str(n) for n in range(1, 9)]
    for line, question in zip(lines, quiz_read.questions):
        right = [letter for letter, option in question.letters() if option.right]
        assert line.endswith(right[0] if right else f"{question.value} ± {question.tolerance}")
