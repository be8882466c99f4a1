"""The site's worker in Node: cells as in Jupyter, every right answer passes, and every wrong one
gets the hint that it gets in CPython (tests/course/test_exercises.py holds that one to the same
keys).
"""
import json
import shutil
import subprocess
from pathlib import Path

import answers
import pytest

NODE = shutil.which("node")
SCRIPT = Path(__file__).with_name("live_node.mjs")
TASKS = answers.tasks()


@pytest.fixture
def worker(payload):
    """worker([message, …]) → {id: its outputs, the last of them "done"}, as a page gets them."""
    if NODE is None:
        pytest.skip("no Node is installed, and the worker is run in it")

    def run(messages, timeout=300):
        lines = "".join(f"{json.dumps(message)}\n" for message in [{"type": "start"}, *messages])
        done = subprocess.run(
            [NODE, "--experimental-vm-modules", "--no-warnings", str(SCRIPT), str(payload)],
            input=lines, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, done.stderr
        told = {}
        for line in done.stdout.splitlines():
            message = json.loads(line)
            assert message["type"] != "failed", message
            told.setdefault(message.pop("id", message["type"]), []).append(message)
        return told
    return run


def cell(number, code, name="cell"):
    return {"type": "run", "id": number, "code": code, "cell": name}


# -- the exercises -----------------------------------------------------------------------------

JUDGE = """
try:
    check({name!r}, {function}, step=2)
except TryAgain as told:
    print("\\n" + repr((told.hint, told.step, told.place and told.place.label)))
else:
    print("\\npassed")
"""


def session(chosen):
    """The messages of a student who goes through all exercises, and gives in each the wrong
    answers of these keys, [(exercise, number)], before the right one; {id: what it is}.
    """
    messages, meant, seen = [], {}, set()

    def add(code, meaning=None):
        messages.append(cell(len(messages), code))
        meant[messages[-1]["id"]] = meaning

    add("from vae_np.course import TryAgain, check")
    for name, task in TASKS.items():
        for source in task.before:
            if (task.source, source) not in seen:
                seen.add((task.source, source))
                add(source)
        judge = JUDGE.format(name=name, function=task.function)
        for number, (key, answer) in enumerate(task.wrong):
            if (name, number) in chosen:
                add(answer + judge, (name, number, key))
        add(task.solution + judge, (name, None, None))
        for source in task.after:
            add(source)
        seen |= {(task.source, source) for source in (task.solution, *task.after)}
    return messages, meant


def differing(told, meant):
    """[(exercise, number of the wrong answer or None, what was awaited, what came)]."""
    from vae_np.course.answers import exercises
    found = []
    for place, meaning in meant.items():
        outputs = told[place]
        printed = "".join(one["text"] for one in outputs if one.get("kind") == "stdout")
        if not outputs[-1]["ok"]:
            found.append((meaning, outputs))
        elif meaning is not None:
            name, _, key = meaning
            awaited = "passed"
            if key is not None:
                awaited = repr((key, 2, exercises()[name].hint(key)[1]))
            if printed.splitlines()[-1] != awaited:
                found.append((meaning, awaited, printed))
    return found


@pytest.mark.slow
def test_every_answer_gets_in_a_page_what_it_gets_in_cpython(worker):
    messages, meant = session({(name, number) for name, task in TASKS.items()
                               for number in range(len(task.wrong))})
    assert differing(worker(messages, timeout=1800), meant) == []
