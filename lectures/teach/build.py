"""Makes the instructor's kit from its texts in lectures/teach/.

    python lectures/teach/build.py slides [NAME …] OUT   slides: HTML and, by Chromium, PDF
    python lectures/teach/build.py quiz OUT              quizzes: Moodle XML; text without answers
    python lectures/teach/build.py wrong OUT             wrong answers and what the check says
    python lectures/teach/build.py wheel OUT             the library, for the Dockerfile
    python lectures/teach/build.py students OUT.zip      the archive for students
    python lectures/teach/build.py instructors OUT.zip   the archive for instructors

NAME is a lecture's, such as 05_gaussian_kl. Needs the extras `course` and `site`.
"""
import sys
from pathlib import Path

import shared  # noqa: F401  first: it says where lectures/ is


def make_slides(names, out):
    import decks
    from browser import CHROMIUM, Browser
    pages = decks.write(decks.sources(names), Path(out))
    if CHROMIUM is None:
        print(f"{out}: no Chromium is installed, so there are no PDFs, and nobody looked whether "
              "all of it fits")
        return
    with Browser() as opened:
        problems = [problem for page in pages for problem in decks.overflows(opened, page)]
    if problems:
        sys.exit("\n".join(problems))
    decks.print_pdf(pages)
    print(f"{len(pages)} decks: {out}")


def main(arguments):
    match arguments:
        case ["slides", *names, out]:
            make_slides(names, out)
        case ["quiz", out]:
            import quiz
            print(f"{len(quiz.write(Path(out)))} quizzes: {out}")
        case ["wrong", out]:
            import wrong_answers
            print(f"{len(wrong_answers.write(Path(out)))} pages: {out}")
        case ["wheel", out]:
            import archives
            print(archives.build_wheel(Path(out)))
        case ["students", out]:
            import archives
            print(archives.students(out))
        case ["instructors", out]:
            import archives
            print(archives.instructors(out))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
