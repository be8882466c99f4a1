"""The exercises in the site's worker: every right answer passes, and every wrong one gets the hint
that it gets in CPython (tests/course/test_exercises.py holds that one to the same keys).
"""
import answers
from live_worker import cell, run_in_node

TASKS = answers.tasks()

JUDGE = """
try:
    check({name!r}, {function}, step=2)
except TryAgain as told:
    print("\\n" + repr((told.hint, told.step, told.place and told.place.label)))
else:
    print("\\npassed")
"""


def session():
    """The messages of a student who goes through all exercises, and gives in each all of the wrong
    answers before the right one; {id: what it is}.
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


def test_every_answer_gets_in_a_page_what_it_gets_in_cpython(payload):
    messages, meant = session()
    assert len(meant) > len(TASKS) + sum(len(task.wrong) for task in TASKS.values())
    assert differing(run_in_node(payload, messages, timeout=1800), meant) == []


def test_another_verdict_would_be_seen():
    """A right answer where a wrong one is meant, another key, a cell that fails."""
    from vae_np.course.answers import exercises
    name, key = "two-variances", "swapped"
    label = exercises()[name].hint(key)[1]
    done = {"type": "done", "ok": True}
    told = {1: [{"kind": "stdout", "text": "\npassed\n"}, done],
            2: [{"kind": "stdout", "text": f"\n('swapped', 2, '{label}')\n"}, done],
            3: [{"kind": "error", "text": "ZeroDivisionError"}, {"type": "done", "ok": False}]}
    assert differing(told, {1: (name, None, None), 2: (name, 0, key)}) == []
    for place, meaning in ((1, (name, 0, key)), (2, (name, 0, "sign")), (2, (name, None, None)),
                           (3, None)):
        assert len(differing(told, {place: meaning})) == 1
