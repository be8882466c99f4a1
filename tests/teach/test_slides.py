"""Slides: what is refused and how it is said; what is seen in a browser; the PDF."""
import re
import shutil

import pytest
from sample import DECK

import decks
import slides
from shared import Mistake

LONG = " ".join(["word"] * 121)


@pytest.mark.parametrize("old, new, said", [
    ("What is it about?", LONG, "line 1: slide 1: 124 words; at most 120 are right"),
    ("# A small", "## A small", "slide 1: it begins with one line `# Title`"),
    ("## A table", "A table", "slide 7: it begins with one line `## Heading`"),
    ("One sentence.", "## Two", "slide 6: it begins with one line `## Heading`, and has no other"),
    ("fig-bars", "fig-bras", r"slide 6: .*05_small.ipynb has no figure fig-bras; it has fig-bars"),
    ("![A bar for each dimension; few of them are high.]", "![]",
     "slide 6: !.* says nothing between the brackets: write there"),
    ("PICTURE", "nowhere.png", "slide 8: there is no picture nowhere.png"),
    ("PICTURE", "/etc/hostname", "slide 8: there is no picture /etc/hostname"),
    ("kl_standard_normal\n", "kl_standard\n",
     "slide 4: vae_np has no function or class vae_np.distributions.kl_standard:"),
    ("vae_np.distributions.kl_standard_normal\n", "json.dumps\n", "slide 4: vae_np has no"),
    ("lines=5-6", "lines=5-99", "slide 5: lines=5-99 should be two numbers .* has 6 lines"),
    ("lines=5-6", "lines=a", "slide 5: lines=a should be two numbers"),
    ("lines=5-6", "line=5", "slide 5: after the language stands `show="),
    ("show=vae_np.distributions.kl_standard_normal\n", "show=vae_np.VAE\n",
     r"slide 4: \d+ lines of code; at most 14 are right: `lines="),
    ("```python show=vae_np.distributions.kl_standard_normal\n", "```pyton\nx\n",
     "slide 4: no language is called 'pyton'"),
    ("One sentence.", "```python\nx = 1\n```", "slide 6: at most one picture or one listing"),
    ("One sentence.", "See ![a](figure:fig-bars) here.", "slide 6: a picture stands in a"),
    ("One sentence.", "[this](../x.md)", "slide 6: the link ../x.md leads to a file that"),
])
def test_what_is_wrong_is_said_by_slide_with_what_is_right(small_deck, old, new, said):
    assert old in DECK
    with pytest.raises(Mistake, match=said):
        small_deck(DECK.replace(old, new, 1))


def test_all_mistakes_of_a_deck_are_said_at_once(small_deck):
    text = DECK.replace("fig-bars", "fig-no").replace("PICTURE", "no.png")
    with pytest.raises(Mistake) as refused:
        small_deck(text)
    assert [line.split(": ")[1] for line in str(refused.value).splitlines()] == [
        "slide 6", "slide 8"]


def test_formulas_code_and_notes_are_no_words(small_deck):
    filler = " ".join(["word"] * 117)  # and three in the heading
    small_deck(DECK.replace("What is it about?", f"{filler} $a + b + c$ `d e f`"))
    small_deck(DECK.replace("One minute.", LONG))


def test_what_a_slide_becomes(small_deck):
    first, second, predict, lines, two, figure, table, picture = small_deck().html
    assert '<aside class="notes"><p>One minute. $x &lt; y$ is read aloud.</p>' in first
    assert r"\(x &lt; y\)" in second and r"\[\log p(x) \ge \mathcal L\]" in second
    assert 'class="slide few predict"' in predict
    assert "distributions.py, line" in lines and '<span class="k">def</span>' in lines
    assert '<span class="k">def</span>' not in two and two.count("\n</code>") == 0
    assert 'src="05_small/fig-bars.png" alt="A bar for' in figure
    assert "<td>1</td>" in table and 'src="05_small/ruler-figures-prior_samples.png"' in picture


def test_the_lines_of_the_library_are_the_files_own(small_deck):
    from vae_np.course import show
    from vae_np.distributions import kl_standard_normal
    (path, first, text), = show(kl_standard_normal).parts
    two = re.sub("<[^>]+>", "", small_deck().html[4].partition("<pre")[2])
    assert f"{path}, line {first + 4}" in small_deck().html[4]
    assert text.splitlines()[5].strip() in two.replace("&quot;", '"')


@pytest.fixture
def written(small_deck, tmp_path, monkeypatch):
    """written(text) → the page of a small deck, with all that it loads."""
    def write(text=DECK):
        deck = small_deck(text)
        monkeypatch.setattr(slides, "Deck", lambda path: deck)
        page, = decks.write([deck.path], tmp_path / "out")
        return page
    return write


def test_a_deck_is_shown_from_its_folder_alone(written, browser, tmp_path):
    page = written()
    elsewhere = tmp_path / "elsewhere"
    shutil.move(page.parent, elsewhere)
    assert decks.overflows(browser, elsewhere / page.name) == []
    assert browser.errors == []
    assert {address.partition(":")[0] for address in browser.requests} <= {"file", "data"}
    assert browser.evaluate("document.querySelectorAll('.slides mjx-container').length") == 3
    assert browser.evaluate("document.querySelectorAll('.notes mjx-container').length") == 0
    assert browser.evaluate("[...document.images].every(image => image.naturalWidth > 0)")


@pytest.mark.parametrize("old, new, said", [
    ("What is it about?", "x" * 90, "slide 1: .* px too wide"),
    (r"\mathcal L", r"\mathcal L" + "+ a + b + c + d + e" * 12, "slide 2: .* px too wide"),
    ("A or B?", "\n".join(f"- {n} lines" for n in range(15)), "slide 3: .* px too low"),
    ("One sentence.", "\n\n".join(["One sentence."] * 8), "slide 6: a picture only .* px high"),
])
def test_what_does_not_fit_would_be_seen(written, browser, old, new, said):
    found = decks.overflows(browser, written(DECK.replace(old, new, 1)))
    assert any(re.search(said, problem) for problem in found), found


def test_the_pdf_has_one_page_for_each_slide(written):
    from browser import CHROMIUM
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    page = written()
    decks.print_pdf([page])
    content = page.with_suffix(".pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 8
    assert rb"(D:19800101000000" in content


def test_without_chromium_it_is_said_in_a_sentence(monkeypatch, capsys, tmp_path):
    import browser
    monkeypatch.setattr(browser, "CHROMIUM", None)
    with pytest.raises(SystemExit, match="no Chromium is installed"):
        decks.print_pdf([tmp_path / "x.html"])


def test_the_decks_of_the_course_fit(tmp_path, browser):
    pages = decks.write(decks.sources(), tmp_path)
    assert [page.stem for page in pages] == [path.stem for path in decks.sources()]
    assert [problem for page in pages for problem in decks.overflows(browser, page)] == []
    assert browser.errors == []


def test_an_unknown_deck_is_named():
    with pytest.raises(SystemExit, match="has no 99_none.md: it has"):
        decks.sources(["99_none"])
