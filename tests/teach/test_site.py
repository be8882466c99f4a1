"""The pages for teachers on the site, and what students see in their place."""
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    """lectures/site/build.py as a module."""
    path = ROOT / "lectures" / "site" / "build.py"
    spec = importlib.util.spec_from_file_location("build_the_site", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent))  # as if it were started there
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("begin, end", [("% instructors", "% end"),
                                        ("<!-- instructors -->", "<!-- end -->")])
def test_what_is_for_teachers_is_left_out_for_students(script, begin, end):
    text = f"a\n{begin}\nb\n{end}\nc\n{begin}\nd\n{end}\ne\n"
    assert script._for_readers(text, students=True) == "a\nc\ne\n"
    assert script._for_readers(text, students=False) == "a\nb\nc\nd\ne\n"


def test_slides_are_linked_where_they_were_made(script, tmp_path, monkeypatch):
    import wrong_answers
    monkeypatch.setattr(wrong_answers, "pages", lambda: {"05_small": "# Wrong\n"})
    teach, slides = tmp_path / "teach", tmp_path / "slides"
    for folder in (teach, slides):
        folder.mkdir()
    (teach / "05_small.md").write_text("# Five\n\nWords.\n")
    (teach / "06_other.md").write_text("# Six\n\n`slides/05_small.md`, `slides/06_other.md`\n")
    for name in ("05_small.html", "05_small.pdf"):
        (slides / name).touch()
    script.lay_out_teaching(tmp_path / "pages", teach, slides)
    five, six = ((tmp_path / "pages" / name).read_text()
                 for name in ("05_small.md", "06_other.md"))
    links = ('<a href="../../slides/05_small.html">slides</a>, '
             '<a href="../../slides/05_small.pdf">as PDF</a>')
    assert f"# Five\n\nThe slides: {links}. Press S for your notes.\n\nWords." in five
    assert f"{links}, `slides/06_other.md`" in six
    assert (tmp_path / "pages" / "05_small_wrong.md").exists()


def test_the_pages_of_every_lecture_are_on_the_site(site):
    from shared import numbered
    teach = site / "lectures" / "teach"
    for path in numbered(ROOT / "lectures" / "teach"):
        assert (teach / f"{path.stem}.html").exists()
        assert (teach / f"{path.stem}_wrong.html").exists()
    for path in numbered(ROOT / "lectures" / "teach" / "quiz"):
        page = (teach / "quiz" / f"{path.stem}.html").read_text("utf-8")
        assert page.count("sd-dropdown") >= 8
