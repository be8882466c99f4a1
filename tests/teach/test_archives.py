"""Both archives, opened in a fresh folder and tried: as a student and as an instructor would."""
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
import traces

import answers
import archives
import vae_np as vn
from shared import Mistake

ROOT = Path(__file__).resolve().parents[2]
FIXED = (1980, 1, 1, 0, 0, 0)


# -- the students' -----------------------------------------------------------------------------

def test_what_students_get(students):
    with zipfile.ZipFile(students) as archive:
        names = archive.namelist()
        assert names == sorted(names) and {entry.date_time for entry in archive.infolist()} == {
            FIXED}
    names = [name.removeprefix("vae-course/") for name in names]
    lectures = [path.stem for path in traces.sources()]
    assert {"README.md", "LICENSE", "site/index.html", "site/search.html",
            *(f"lectures/{name}.ipynb" for name in lectures),
            *(f"lectures/exercises/{name}.ipynb" for name in lectures)} <= set(names)
    assert sum(name.endswith(".whl") for name in names) == 1
    kept = [name for name in names if re.search(r"teach|wrong|quiz|solution|slides|\.buildinfo",
                                                name)]
    assert kept == []
    # The library's modules that know right answers have no pages, of source or reference.
    assert {name for name in names if re.match(r"site/(code/vae_np/course/|api/vae_np.course)",
                                               name)} == {
        *(f"site/code/vae_np/course/{name}.py.html" for name in ("__init__", "answers", "listing")),
        "site/api/vae_np.course.html", "site/api/vae_np.course.answers.html",
        "site/api/vae_np.course.listing.html"}
    assert [name for name in names if name.endswith(".md")] == [
        "LICENSE-of-the-course.md", "README.md", "licences-of-the-data/README.md"]


def test_no_line_of_a_solution_or_of_a_wrong_answer_is_in_it(students):
    secrets = traces.secrets()
    for task in answers.tasks().values():
        assert "".join(traces.code(task.solution)) in secrets  # so each one is looked for
    assert traces.traces(students, secrets) == []


def test_a_solution_would_be_found_in_whatever_it_is_wrapped(students, tmp_path):
    secrets, task = traces.secrets(), answers.tasks()["kl-between-gaussians"]
    body = task.solution.replace("<", "&lt;").replace('"', "&quot;")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as wheel:
        wheel.writestr("vae_np/leak.py", task.solution)
    leaks = {"page.html": re.sub(r"(\w+)", r"<span>\1</span>", body).replace("&<span>quot</span>;",
                                                                             "&quot;"),
             "a.ipynb": json.dumps({"cells": [{"source": task.solution.splitlines(True)}]}),
             "b.ipynb": json.dumps({"cells": [{"source": task.solution}]}),
             "notes.txt": task.solution, "x.whl": inner.getvalue()}
    for name, content in leaks.items():
        with zipfile.ZipFile(tmp_path / "leak.zip", "w") as archive:
            archive.writestr(name, content)
        found = traces.traces(tmp_path / "leak.zip", secrets)
        assert len({secret for *_, secret in found}) >= 4, name


@pytest.fixture(scope="session")
def python(unpacked, tmp_path_factory):
    """The Python of a fresh environment with the archive's wheel in it.

    The packages that the wheel needs are those of the Python that runs the tests: a file of paths
    stands for the network. What is installed there in editable form is not found this way.
    """
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    own = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                         check=True, capture_output=True, text=True).stdout.strip()
    Path(own, "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    wheel, = unpacked.glob("*.whl")
    run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
         "--no-index", "--force-reinstall", wheel], unpacked)
    return python


def run(command, folder):
    """A command without this clone on Python's path; its output."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tried(python, unpacked, folder, notebooks, given=()):
    """What the cells of these exercises say, answers filled in; and where vae_np came from."""
    shutil.copytree(unpacked / "lectures", folder / "lectures")
    script = shutil.copy(Path(__file__).with_name("student.py"), folder)
    (folder / "answers.json").write_text(json.dumps(dict(given)))
    paths = [folder / "lectures" / "exercises" / name for name in notebooks]
    texts = json.loads(run([python, script, *paths], folder))
    for *_, library in texts:
        assert Path(library.strip()).is_relative_to(python.parent.parent)
    return texts


def test_every_exercise_runs_as_it_is_given_out_and_says_that_nothing_is_filled_in(
        python, unpacked, tmp_path):
    names = [f"{path.stem}.ipynb" for path in traces.sources()]
    for name, texts in zip(names, tried(python, unpacked, tmp_path, names)):
        refused = [text for text in texts if text.startswith("Not yet:")]
        assert len(refused) == 4 and all("returns nothing" in text for text in refused), name
        others = [text for text in texts if "Error" in text]
        assert all("predict first" in text for text in others), others


def test_a_model_that_a_lecture_loads_lies_beside_it(tmp_path):
    loaded = set()
    for path in traces.sources():
        notebook = archives.nbformat.read(
            ROOT / "lectures" / f"{path.stem}.ipynb", as_version=4)
        archives.copy_runs(notebook, ROOT / "lectures", tmp_path)
        loaded |= {run for cell in notebook.cells for run in re.findall(
            r"\bload\([\"'](results[^\"']+)", cell.source) if cell.cell_type == "code"}
    assert loaded
    for run in loaded:
        assert vn.load(tmp_path / run).z_dim > 0


def test_a_right_and_a_wrong_answer_are_told_so(python, unpacked, tmp_path):
    tasks = answers.tasks()
    right, wrong = tasks["kl-near-prior"], tasks["bound-of-a-batch"]
    _, cell = wrong.wrong[0]
    given = {right.function: right.solution, wrong.function: cell}
    texts, = tried(python, unpacked, tmp_path, ["05_gaussian_kl.ipynb"], given.items())
    assert sum(text.startswith("Right: ") for text in texts) == 1
    refused = [text for text in texts if text.startswith("Not yet:")]
    assert len(refused) == 3 and sum("returns nothing" in text for text in refused) == 2


def test_every_link_of_the_readme_and_of_the_notebooks_leads_somewhere(unpacked):
    texts = {unpacked / "README.md": (unpacked / "README.md").read_text("utf-8")}
    for path in (unpacked / "lectures").rglob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts[path] = "\n".join("".join(cell["source"]) for cell in cells
                                if cell["cell_type"] == "markdown")
    links = [(path, match["target"]) for path, text in texts.items()
             for match in archives.LINK.finditer(text) if match["target"]]
    assert len(links) > 6
    assert [link for path, link in links if not (path.parent / unquote(link)).exists()] == []
    assert any(path.name == "README.md" for path, _ in links)


def test_a_link_to_nothing_is_refused_with_its_line(tmp_path):
    with pytest.raises(Mistake, match="line 3: the link nowhere.md leads to nothing"):
        archives.relinked("# A\n\n[b](nowhere.md)", tmp_path / "a.md", tmp_path, Path())


def test_links_lead_to_notebooks_and_pages(tmp_path):
    for name in ("refresher", "lectures/equations", "slides/05_gaussian_kl"):
        page = tmp_path / "site" / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.touch()
    text = ("[a](../05_gaussian_kl.md#x) [b](../site/refresher.md) [c](../equations.md) "
            "[d](slides/05_gaussian_kl.md) [e](https://a.b/c.md) [f](nothing.md) $E[g](z)$ "
            "`[h](x)`")
    assert archives.relinked(text, "x", tmp_path, Path("lectures/teach"), strict=False) == (
        "[a](../05_gaussian_kl.ipynb#x) [b](../../site/refresher.html) "
        "[c](../../site/lectures/equations.html) [d](../../site/slides/05_gaussian_kl.html) "
        "[e](https://a.b/c.md) f $E[g](z)$ `[h](x)`")


def test_the_same_files_make_the_same_archive(tmp_path):
    packed = []
    for name in ("one", "two"):
        folder = tmp_path / name / "folder"
        (folder / "b").mkdir(parents=True)
        for file in ("b/z", "a") if name == "one" else ("a", "b/z"):
            (folder / file).write_text(file)
        os.utime(folder / "a", (len(packed) + 1e9,) * 2)
        packed.append(archives.pack(folder, tmp_path / f"{name}.zip").read_bytes())
    assert packed[0] == packed[1]


# -- the instructors' --------------------------------------------------------------------------

def test_what_instructors_get(instructors, students):
    with zipfile.ZipFile(instructors) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
        assert archive.read("vae-course-instructors/vae-course-students.zip") == (
            students.read_bytes())
    lectures = [path.stem for path in traces.sources()]
    assert {"README.md", "LICENSE", "Dockerfile", "vae-course-students.zip",
            "nbgrader/nbgrader_config.py", "site/index.html",
            *(f"lectures/{name}.ipynb" for name in lectures),
            *(f"solutions/{name}.ipynb" for name in lectures),
            *(f"wrong-answers/{name}_wrong.md" for name in lectures),
            *(f"site/lectures/teach/{name}_wrong.html" for name in lectures),
            *(f"nbgrader/source/{name}/{name}.ipynb" for name in lectures)} <= names
    for name in [path.stem for path in (ROOT / "lectures/teach/quiz").glob("*.md")]:
        assert {f"quiz/{name}.xml", f"quiz/{name}.txt",
                f"site/lectures/teach/quiz/{name}.html"} <= names
    slides = [path.stem for path in (ROOT / "lectures/teach/slides").glob("*.md")]
    assert {f"site/slides/{name}.html" for name in slides} <= names
    import browser
    if browser.CHROMIUM:
        assert {f"handouts/{name}.pdf" for name in lectures} <= names
        assert {f"site/slides/{name}.pdf" for name in slides} <= names


def test_every_place_that_its_readme_names_is_there(instructors):
    with zipfile.ZipFile(instructors) as archive:
        names = [name.partition("/")[2] for name in archive.namelist()]
        text = archive.read("vae-course-instructors/README.md").decode()
    rows = [row.split("|")[1] for row in text.splitlines() if row.startswith("| ") and "`" in row]
    places = [place.replace("…", "") for row in rows for place in re.findall(r"`([^`]+)`", row)]
    assert len(places) == 12
    for place in places:
        start, _, end = place.partition("-.") if ".whl" in place else (place, "", "")
        assert any(name.startswith(start) and name.endswith(end) for name in names) or (
            place == "handouts/" and shutil.which("chromium") is None), place


def test_solutions_are_found_in_it_and_every_check_in_them_is_passed(instructors):
    found = traces.traces(instructors, traces.secrets())
    assert {name for _, name, _ in found} == set(answers.tasks())
    with zipfile.ZipFile(instructors) as archive:
        for path in traces.sources():
            notebook = json.loads(archive.read(
                f"vae-course-instructors/solutions/{path.stem}.ipynb"))
            told = json.dumps([cell.get("outputs") for cell in notebook["cells"]])
            assert told.count("Right: ") == 4 and "Not yet" not in told


def test_the_commands_of_the_dockerfile(python, unpacked, tmp_path):
    """There is no Docker here: its last line runs in the fresh environment, on two students."""
    text = (ROOT / "lectures" / "teach" / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines()
             if line and not line.startswith("#")]
    kinds = [line.split()[0] for line in lines]
    assert kinds == ["FROM", "COPY", "RUN", "RUN", "USER", "ENV", "WORKDIR", "ENTRYPOINT"]
    assert "USER grader" in lines and "--network none" in text
    wheel, = unpacked.glob("vae_np-*.whl")
    assert wheel.match(lines[1].split()[1])
    command = json.loads(lines[-1].removeprefix("ENTRYPOINT "))
    exercise = unpacked / "lectures" / "exercises" / "05_gaussian_kl.ipynb"
    (tmp_path / "submitted").mkdir()
    shutil.copy(exercise, tmp_path / "submitted" / "eva-05_gaussian_kl.ipynb")
    task = answers.tasks()["kl-near-prior"]
    notebook = json.loads(exercise.read_text("utf-8"))
    for cell in notebook["cells"]:
        if f"def {task.function}(" in "".join(cell["source"]):
            cell["source"] = task.solution
    (tmp_path / "submitted" / "max-05_gaussian_kl.ipynb").write_text(json.dumps(notebook))
    assert command[0] == "python"
    (tmp_path / "out").mkdir()
    places = [str(python), *(re.sub(r"^/(?=submitted|out/)", f"{tmp_path}/", word)
                             for word in command[1:])]
    environment = dict(word.split("=") for word in shlex.split(lines[5])[1:])
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    told = run(["env", *(f"{name}={value}" for name, value in environment.items()), *places],
               tmp_path)
    rows = (tmp_path / "out" / "grades.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + 2 * 4 and sum(",right," in row for row in rows) == 1
    assert "0/4" in told and "1/4" in told
