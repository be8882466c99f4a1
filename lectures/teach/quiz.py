"""Quizzes: lectures/teach/quiz/NN_name.md, eight questions, in every form that a class needs.

    ## 1. A question, with $maths$?
    - [ ] a wrong option
      > why it is wrong
    - [x] the right one, of three or four
      > why it is right

    ## 2. How many nats?
    = 0.5 ± 0.001
      > how it is found

They become questions for Moodle, a page of the site with folded answers, and a sheet without
answers for students, as text and for printing.
"""
import re
import textwrap
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from html import escape

from shared import TEACH, Mistake, markdown, numbered, title_of

SOURCES = TEACH / "quiz"
QUESTIONS = 8
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


@dataclass
class Option:
    """One answer to choose: its line in the source, its text, whether it is right, and why."""

    line: int
    text: str
    right: bool
    why: str = ""


@dataclass
class Question:
    """options is empty where a number is asked for: then value and tolerance are its texts."""

    number: int
    line: int
    text: str
    options: list = field(default_factory=list)
    value: str = ""
    tolerance: str = ""
    why: str = ""

    def letters(self):
        return zip("ABCD", self.options)


@dataclass
class Quiz:
    """lecture: the number of it. title: the lecture's. path: the source."""

    path: object
    title: str
    questions: list

    @property
    def lecture(self):
        return self.path.name[:2]


def sources():
    return numbered(SOURCES)


# -- reading -----------------------------------------------------------------------------------

def read(path):
    """The Quiz of a source. Raises Mistake, with the line and what is right."""
    title, questions, last = title_of(path), [], None
    for at, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if not text or at == 1:
            last = last if text else None
            continue
        _no_other_forms(path, at, text)
        question = questions[-1] if questions else None
        begins = re.fullmatch(r"## (\d+)\. (.+)", line)
        option = re.fullmatch(r"- \[( |x)\] (.+)", line)
        number = re.fullmatch(rf"= ({NUMBER}) ± ({NUMBER})", text)
        if begins:
            questions.append(last := Question(len(questions) + 1, at, begins[2]))
            if int(begins[1]) != last.number:
                raise Mistake(path, at, f"this is question {last.number}: `## {last.number}. …`")
        elif question is None:
            raise Mistake(path, at, "after the title comes `## 1. …`, the first question")
        elif option:
            last = Option(at, option[2], option[1] == "x")
            question.options.append(last)
        elif number:
            question.value, question.tolerance, last = *number.groups(), question
            if float(number[2]) <= 0:
                raise Mistake(path, at, "the tolerance is more than 0: `= 0.5 ± 0.001`")
        elif text.startswith("> ") and (question.options or question.value):
            reason = question.options[-1] if question.options else question
            reason.why = f"{reason.why} {text[2:]}".strip()
            last = "why", reason
        elif isinstance(last, tuple):
            last[1].why += " " + text
        elif last is not None and not (last is question and question.value):
            last.text += " " + text
        else:
            raise Mistake(path, at, "a line of a quiz is `## 1. …`, `- [ ] …`, `- [x] …`, "
                          "`= 0.5 ± 0.001` or, below one of these, `  > why`")
    quiz = Quiz(path, title.removeprefix("Quiz: "), questions)
    for question in questions:
        _check(path, question)
    if len(questions) != QUESTIONS:
        raise Mistake(path, 1, f"it has {len(questions)} questions; {QUESTIONS} are right")
    return quiz


def _no_other_forms(path, line, text):
    without_code = re.sub(r"`[^`]*`", "", text)
    if "$$" in without_code or len(re.findall(r"(?<!\\)\$", without_code)) % 2:
        raise Mistake(path, line, "maths stands between two single $ on one line: `$x^2$`")
    without_maths = re.sub(r"\$[^$]*\$", "", without_code)
    if re.search(r"!\[|</?[a-z]", without_maths):
        raise Mistake(path, line, "a quiz has no pictures and no HTML")


def _check(path, question):
    """What the lines cannot say one by one."""
    line, options = question.line, question.options
    if question.value and options:
        raise Mistake(path, line, "a question has options or a number, not both")
    if question.value:
        if not question.why:
            raise Mistake(path, line, "below the number stands `  > how it is found`")
        return
    right = sum(option.right for option in options)
    if len(options) not in (3, 4):
        raise Mistake(path, line, f"the question has {len(options)} options; three or four are "
                      "right, or a number: `= 0.5 ± 0.001`")
    if right != 1:
        raise Mistake(path, line, f"{right} options are marked `- [x]`; exactly one is right")
    for option in options:
        if not option.why:
            raise Mistake(path, option.line, "below each option stands `  > why`")
    texts = [option.text for option in options]
    if len(set(texts)) < len(texts):
        raise Mistake(path, line, "two options are the same")


# -- Moodle ------------------------------------------------------------------------------------

def moodle(quiz):
    """The questions as Moodle's XML, to import in the question bank. Bytes."""
    root = ET.Element("quiz")
    category = ET.SubElement(ET.SubElement(root, "question", type="category"), "category")
    _text(category, f"$course$/top/vae-np/{quiz.lecture} "
          + _plain(quiz.title).replace("/", "//"))
    for question in quiz.questions:
        _question(root, question, f"{quiz.lecture}.{question.number}")
    ET.indent(root)
    return ET.tostring(root, "UTF-8", xml_declaration=True) + b"\n"


def _question(root, question, number):
    kind = "multichoice" if question.options else "numerical"
    node = ET.SubElement(root, "question", type=kind)
    name = textwrap.shorten(_plain(question.text), 70, placeholder=" …")
    _text(ET.SubElement(node, "name"), f"{number} {name}")
    _html(node, "questiontext", question.text)
    _html(node, "generalfeedback", "")
    for key, value in (("defaultgrade", "1"), ("penalty", "0.3333333"), ("hidden", "0")):
        ET.SubElement(node, key).text = value
    if question.options:
        for key, value in (("single", "true"), ("shuffleanswers", "true"),
                           ("answernumbering", "ABCD")):
            ET.SubElement(node, key).text = value
        for option in question.options:
            answer = ET.SubElement(node, "answer", fraction="100" if option.right else "0",
                                   format="html")
            _text(answer, _to_html(option.text))
            _html(answer, "feedback", option.why)
        return
    # A second answer, *, catches every other number, so that it too is told how to find it.
    for fraction, value in (("100", question.value), ("0", "*")):
        answer = ET.SubElement(node, "answer", fraction=fraction, format="plain_text")
        _text(answer, value)
        ET.SubElement(answer, "tolerance").text = question.tolerance if value != "*" else "0"
        _html(answer, "feedback", question.why)


def _text(parent, text):
    ET.SubElement(parent, "text").text = text


def _html(parent, tag, text):
    _text(ET.SubElement(parent, tag, format="html"), _to_html(text) if text else "")


def _to_html(text):
    return markdown().render(text).strip()


def _plain(text):
    return re.sub(r"[$`*]", "", text)


# -- the site's page ---------------------------------------------------------------------------

def page(quiz):
    """The quiz for the site: the answer to each question waits folded below it. Markdown."""
    parts = [f"# Quiz: {quiz.title}",
             f"Eight questions about lecture {int(quiz.lecture)}. The answers are folded; "
             "decide before you look."]
    for question in quiz.questions:
        parts += [f"## Question {question.number}", question.text]
        if question.options:
            parts += ["\n".join(f"* **{letter}.** {option.text}"
                                for letter, option in question.letters())]
            answer = "\n\n".join(f"**{letter}, {'right' if option.right else 'wrong'}.** "
                                 f"{option.why}" for letter, option in question.letters())
        else:
            answer = f"**{question.value}**, within {question.tolerance}. {question.why}"
        parts += [f"````{{dropdown}} The answer to question {question.number}\n{answer}\n````"]
    return "\n\n".join(parts) + "\n"


# -- for students, without answers -------------------------------------------------------------

def text(quiz):
    """The questions and options alone, as plain text."""
    lines = [f"Quiz: {_readable(quiz.title)} (lecture {int(quiz.lecture)})", ""]
    for question in quiz.questions:
        lines += _wrapped(f"{question.number}. ", question.text)
        for letter, option in question.letters():
            lines += _wrapped(f"   {letter}. ", option.text)
        lines += [] if question.options else ["", "   Your number: ____________"]
        lines += [""]
    return "\n".join(lines)


def key(quiz):
    """The right answers, one a line, to mark the sheet by."""
    lines = [f"Answers: {_readable(quiz.title)} (lecture {int(quiz.lecture)})", ""]
    for question in quiz.questions:
        right = [letter for letter, option in question.letters() if option.right]
        lines.append(f"{question.number}. " + (
            right[0] if right else f"{question.value} ± {question.tolerance}"))
    return "\n".join(lines) + "\n"


def _wrapped(first, text):
    return textwrap.wrap(_readable(text), 90, initial_indent=first,
                         subsequent_indent=" " * len(first))


def _readable(text):
    return re.sub(r"(?<!\\)\*\*?([^*]+)\*\*?", r"\1", text) if "$" not in text else text


def sheet(quiz, assets):
    """The same as a page to be printed; `assets` is where MathJax lies, seen from it. HTML."""
    items = []
    for question in quiz.questions:
        options = "".join(f"<li>{_to_html(option.text)}</li>" for option in question.options)
        items.append(f"<li>{_to_html(question.text)}"
                     + (f'<ol class="options">{options}</ol>' if options
                        else '<p class="number">Your number:</p>') + "</li>")
    return SHEET.format(title=escape(_plain(quiz.title)), lecture=int(quiz.lecture),
                        heading=_to_html(quiz.title), questions="\n".join(items), assets=assets)


SHEET = r"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Quiz: {title}</title>
<script>window.MathJax = {{options: {{enableMenu: false}}}};</script>
<script src="{assets}/tex-mml-chtml.js"></script>
<style>
@page {{ size: A4; margin: 18mm 20mm; }}
body {{ font: 11pt/1.45 "Segoe UI", Helvetica, Arial, sans-serif;
       max-width: 170mm; margin: auto; }}
h1 {{ font-size: 18pt; margin: 0; }} h1 p {{ display: inline; }}
.name {{ margin: 2mm 0 8mm; color: #5a5c63; }}
li {{ margin-bottom: 5mm; break-inside: avoid; }} li p {{ margin: 0 0 1.5mm; }}
.options {{ list-style: upper-alpha; }} .options li {{ margin: 0; }}
.number {{ border-bottom: .3mm solid #878787; width: 60mm; padding-top: 3mm; }}
</style></head><body>
<h1>Quiz: {heading}</h1>
<p class="name">Lecture {lecture}. Name:</p>
<ol>{questions}</ol>
</body></html>
"""


def write(out):
    """Writes NN_name.xml, .txt and _answers.txt of every quiz to a folder; returns the quizzes."""
    quizzes = [read(path) for path in sources()]
    out.mkdir(parents=True, exist_ok=True)
    for quiz in quizzes:
        (out / f"{quiz.path.stem}.xml").write_bytes(moodle(quiz))
        (out / f"{quiz.path.stem}.txt").write_text(text(quiz), "utf-8")
        (out / f"{quiz.path.stem}_answers.txt").write_text(key(quiz), "utf-8")
    return quizzes
