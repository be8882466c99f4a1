"""The judge of the exercises: tries an answer on many inputs, and says what is wrong with it.

An exercise is a `Task`: what to try, what is right, which mistakes it is known for. A `Trial` is
an answer with what it gave for all that is tried. What is wrong with it, `diagnosis` finds out.
"""
import copy
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..backend import device_module
from ..checking import gradcheck
from . import mistakes
from .diagnosis import diagnosed
from .forms import Finding, Form, call

RIGHT = 4e-6  # how far a right answer may be off, relative: a formula in float32 is right


@dataclass(frozen=True)
class Task:
    """name, lecture, function: the exercise's name, its lecture, the name of the student's
    function. praise: what is said to a right answer.

    cases(rng): [({argument: value}, {letter of mistakes.AXES: size})], arguments in their order.
    truth(**arguments): what is right, in the form asked for.
    label: of the equation where a reader of any hint begins; first: the first line of the
    derivation. hints: {key: (sentence, label)}, for mistakes of this exercise, and for common ones
    where this exercise has a better sentence.
    own: {key: functions of the arguments that make that mistake}. A function gives the whole
    answer, or a dict of the parts that show the mistake.
    default: {part: key} where nothing is recognised; "" stands for every other part.
    terms: {words: function}: an answer that is their sum. sums: {part: `sums.Sum`}, the same for
    a part, with more that may be told of it. hides: parts whose right value would give the answer
    away. exact: whether each number needs its six digits, however small.
    forward: of an exercise on a gradient, the function that it belongs to. words: {part: what
    it is called}. says: {key of an own mistake: what the part does then, "lacks a term"}.
    features: {words: function of the arguments}, more numbers on which an edge may lie.
    explain(trial, part): (key, sentence) or None, asked before the table.
    equals: other functions of the arguments that are right too. further(call, rng): more that is
    asked of an answer that is right so far.
    """

    name: str
    lecture: int
    function: str
    cases: Callable = field(repr=False)
    truth: Callable = field(repr=False)
    label: str
    first: str
    praise: str
    hints: dict
    default: dict
    own: dict = field(default_factory=dict, repr=False)
    form: Form = Form()
    terms: dict = field(default_factory=dict, repr=False)
    hides: tuple = ()
    exact: bool = False
    forward: Callable | None = field(default=None, repr=False)
    words: dict = field(default_factory=dict)
    says: dict = field(default_factory=dict)
    features: dict = field(default_factory=dict, repr=False)
    explain: Callable | None = field(default=None, repr=False)
    equals: tuple = field(default=(), repr=False)
    further: Callable | None = field(default=None, repr=False)
    sums: dict = field(default_factory=dict, repr=False)

    def hint(self, key):
        """(sentence, label) for the key of a hint."""
        return self.hints.get(key) or (mistakes.HINTS[key], self.label)


class Trial:
    """An answer to a task, and what it gave: `yours`, `right`, each {part: [array of a case]}."""

    def __init__(self, task, answer, variant, device):
        self.task, self.answer, self.xp = task, answer, device_module(device)
        (self.cases, self.sizes), (self.others, _) = (
            zip(*task.cases(_generator(task.name, variant, again))) for again in (0, 1))
        right = [self.right_for(case) for case in self.cases]
        given = [self._first_call(number, case) for number, case in enumerate(self.cases)]
        self.right = {part: [one[part] for one in right] for part in right[0]}
        self.yours = {part: [one[part] for one in given] for part in right[0]}

    def right_for(self, arguments):
        """{part: array} that is right for {argument: value}."""
        return self.task.form.parts(self.task.truth(**arguments))

    def call(self, arguments):
        """{part: array} that the answer gives for {argument: value}."""
        return call(self.answer, arguments, self.right_for(arguments), self.task.form, self.xp)

    def _first_call(self, number, case):
        try:
            return self.call(case)
        except Finding as found:
            if number == 0 or found.key == "overwrites":
                raise
            before, now = (", ".join(f"{letter} = {size}" for letter, size in sizes.items())
                           for sizes in (self.sizes[0], self.sizes[number]))
            raise Finding("size" if before != now else found.key, (
                f"for {now} {found.text} For {before} it runs." if before != now
                else f"{found.text} For other numbers it runs.")) from found.__cause__

    def shapes(self, part):
        return [array.shape for array in self.right[part]]

    def is_right(self, part):
        """[which entries of a case are right, as a mask]."""
        return [self._mask(y, r) for y, r in zip(self.yours[part], self.right[part])]

    def _mask(self, yours, right):
        scale = 0.0 if self.task.exact or not right.size else np.median(np.abs(right))
        tolerance = (1e-6 if self.task.exact else RIGHT) * (np.abs(right) + scale)
        return np.abs(yours - right) <= tolerance + (1e-20 if self.task.exact else 1e-12)

    def of_cases(self, numbers):
        """The same trial with some of its cases alone."""
        fewer = copy.copy(self)
        for name in ("cases", "sizes", "others"):
            setattr(fewer, name, [getattr(self, name)[number] for number in numbers])
        for name in ("right", "yours"):
            setattr(fewer, name, {part: [arrays[number] for number in numbers]
                                  for part, arrays in getattr(self, name).items()})
        return fewer

    def with_fresh_cases(self):
        """The same trial with as many cases again; itself, where the answer fails on one."""
        more = copy.copy(self)
        try:
            given = [self.call(case) for case in self.others]
        except Finding:
            return self
        more.cases, more.sizes = (*self.cases, *self.others), (*self.sizes, *self.sizes)
        more.others = (*self.others, *self.cases)
        for name, values in (("right", [self.right_for(case) for case in self.others]),
                             ("yours", given)):
            setattr(more, name, {part: [*arrays, *(one[part] for one in values)]
                                 for part, arrays in getattr(self, name).items()})
        return more

    def is_of(self, function):
        """Whether the answer is that function of the arguments."""
        given = [self.task.form.parts(function(**case)) for case in self.cases]
        return all(mistakes.same(y, one[part]) for part in self.right
                   for y, one in zip(self.yours[part], given))

    def tells(self, part):
        """[which entries of a case tell something: those where 0 would be wrong], or all."""
        masks = [~self._mask(np.zeros_like(r), r) for r in self.right[part]]
        return masks if any(map(np.any, masks)) else [np.full(r.shape, True)
                                                      for r in self.right[part]]

    def wrong_cases(self, part):
        """The numbers of the cases in which something of a part is wrong."""
        return [number for number, mask in enumerate(self.is_right(part)) if not np.all(mask)]

    def wrong_parts(self):
        return [part for part in self.right if not all(map(np.all, self.is_right(part)))]

    def errors(self, part):
        """[the error of each entry of a case, relative to its size and the median size]."""
        return [np.abs(y - r) / (np.abs(r) + np.median(np.abs(r)) + 1e-300)
                for y, r in zip(self.yours[part], self.right[part])]

    def digits(self):
        """To how many digits all numbers are right, relative to `errors`' sizes."""
        largest = max(error.max() for part in self.right for error in self.errors(part))
        return 16 if largest < 1e-16 else math.floor(-math.log10(largest))

    def words(self, part):
        """What a part is called, at the beginning of a sentence."""
        if part in self.task.words:
            return self.task.words[part]
        if self.task.forward is not None:
            return f"the gradient of {part}"
        return f"`{part}`" if part else "what you return"

    def worst(self, part):
        """The number of a case and the index in it where the answer is furthest off."""
        number = self.wrong_cases(part)[0]
        errors = np.where(self.is_right(part)[number], -1.0,
                          np.nan_to_num(self.errors(part)[number], nan=np.inf, posinf=np.inf))
        return number, np.unravel_index(np.argmax(errors), errors.shape)


def judge(task, answer, variant=None, device="cpu"):
    """Praise for a right answer; a Finding is raised for a wrong one."""
    if not callable(answer):
        raise Finding("unusable", f"check wants the function itself, not {answer!r}")
    trial = Trial(task, answer, variant, device)
    wrong = trial.wrong_parts()
    if wrong and not any(trial.is_of(function) for function in task.equals):
        raise diagnosed(trial, wrong)
    if task.further is not None:
        task.further(trial.call, _generator(task.name, variant, 2))
    praise = task.praise
    if task.forward is not None and device == "cpu":
        report = gradcheck(task.forward, lambda d, **inputs: answer(d, *inputs.values()),
                           dict(list(trial.cases[0].items())[1:]),
                           skip=[name for name, value in list(trial.cases[0].items())[1:]
                                 if name not in trial.right and np.asarray(value).dtype == float])
        if report.ok:
            praise = f"{praise}, and with finite differences to {report.tol:g}"
    digits = trial.digits()
    return f"{praise}." if digits > 9 or task.exact else f"{praise} (right to {digits} digits)."


def _generator(name, variant, again):
    text = f"{name} {'' if variant is None else variant}"
    return np.random.default_rng([zlib.crc32(text.encode()), again])
