"""What the value of a setting may be: how it is checked, and how the command line reads it.

`check(name, value)` gives the value in its plain form, or raises ValueError, which names the
setting, its value and what would be right. `read` turns the text of an option into a value that
`check` takes.
"""
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real


class Values(ABC):
    """A kind of values."""

    metavar = None
    choices = None

    def check(self, name, value, may_be_none=False):
        """The value in its plain form; None only where it may be."""
        if value is None and may_be_none:
            return None
        return self._checked(name, value)

    def read(self, text):
        """The value that an option's text stands for."""
        return text

    @abstractmethod
    def _checked(self, name, value):
        """The value in its plain form. Raises ValueError for any that makes no sense."""


@dataclass(frozen=True)
class Number(Values):
    """A finite number that passes a test; `wanted` says which, in words."""

    wanted: str
    test: Callable

    def _checked(self, name, value):
        if not (_is_finite_number(value) and self.test(value)):
            raise ValueError(f"{name} must be {self.wanted}, not {value!r}")
        return int(value) if isinstance(value, Integral) else float(value)

    def read(self, text):
        """A float. Raises ValueError for what is no number."""
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a number") from None


@dataclass(frozen=True)
class Whole(Values):
    """A whole number of at least `least`, kept as an int: 1e7 is welcome."""

    least: int
    metavar = "N"

    def _checked(self, name, value):
        if not (_is_finite_number(value) and value >= self.least and value == int(value)):
            raise ValueError(f"{name} must be a whole number, {self.least} or more, "
                             f"not {value!r}")
        return int(value)

    def read(self, text):
        """An int. Raises ValueError for what is no such number."""
        return whole_number(text, self.least)


@dataclass(frozen=True)
class Text(Values):
    """Any text; what it means is checked where it is used."""

    def _checked(self, name, value):
        if not isinstance(value, str):
            raise ValueError(f"{name} must be of type str, not {value!r}")
        return value


@dataclass(frozen=True)
class Choice(Text):
    """One of some names: a tuple, or a table whose keys they are."""

    names: object

    @property
    def choices(self):
        return list(self.names)

    def _checked(self, name, value):
        if super()._checked(name, value) not in self.names:
            raise ValueError(f"unknown {name.replace('_', ' ')} {value!r}: use one of "
                             f"{', '.join(self.names)}")
        return value


@dataclass(frozen=True)
class Flag(Values):
    """True or False."""

    def _checked(self, name, value):
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be of type bool, not {value!r}")
        return value


@dataclass(frozen=True)
class Marks(Values):
    """Whole numbers of samples, as a tuple."""

    metavar = "N,N"

    def _checked(self, name, value):
        if not isinstance(value, (list, tuple)) or not all(
                isinstance(mark, Real) and 1 <= mark < math.inf and mark == int(mark)
                for mark in value):
            raise ValueError(f"{name} must be a list of whole numbers of samples, 1 or more, "
                             f"not {value!r}")
        return tuple(int(mark) for mark in value)

    def read(self, text):
        """"1e5,2e5" → (100000, 200000)."""
        return whole_numbers(text)


def _is_finite_number(value):
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def whole_number(text, least=1):
    """The int that a text stands for; 1e7 is welcome. Raises ValueError for anything else."""
    try:
        value = float(text)
        if least <= value < 1e15 and value == int(value):
            return int(value)
    except ValueError:
        pass  # the same sentence serves whatever is no such number
    raise ValueError(f"{text!r} is not a whole number of at least {least}")


def whole_numbers(text):
    """"200,200" → (200, 200); "" → ()."""
    return tuple(whole_number(part) for part in text.split(",")) if text.strip() else ()


def lists_of_whole_numbers(text):
    """"200,200;100" → ((200, 200), (100,)); without a semicolon as `whole_numbers`."""
    parts = tuple(whole_numbers(part) for part in text.split(";"))
    return parts if len(parts) > 1 else parts[0]
