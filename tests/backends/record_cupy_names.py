"""What the real CuPy offers, written down: its names, and what its functions accept.

    pip install cupy-cuda12x
    python tests/backends/record_cupy_names.py

CuPy imports without a GPU, so any machine can do this. The record stands in for CuPy where it is
not installed: `fake_cupy` offers what is in it, `test_source.py` holds the library against it.

Parameters are one string, "x, /, out=, *, casting=, dtype=": a name with "=" has a default, and
"/", "*" mean what they mean in Python. `self` is left out.
"""
import inspect
import json
import re
from functools import cache
from inspect import Parameter, Signature
from pathlib import Path

RECORD = Path(__file__).with_name("cupy_names.json")

# Compiled functions show their parameters in the first line of their help alone, with C types:
# "_ndarray_base.dot(self, _ndarray_base b, _ndarray_base out=None) -> _ndarray_base".
HELP = re.compile(r"[\w.]+\(([^][]*)\)( -> .*)?$")
DEFAULT = re.compile(r"=[^,]*")
C_TYPE = re.compile(r"\b\w+ (?=\w)")


def read():
    """The record, as `record` gave it."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def record(cupy):
    """The record of an imported CuPy: {"cupy": its version, "functions": {name: parameters},
    "constants": [name], of its arrays "methods": {name: parameters} and "attributes": [name], of its
    module cuda "cuda": [name]}.

    Parameters are None where CuPy does not tell.
    """
    functions, constants = _sorted_out(cupy)
    methods, attributes = _sorted_out(cupy.ndarray)
    return {"cupy": cupy.__version__, "functions": functions, "constants": constants,
            "methods": methods, "attributes": attributes,
            "cuda": [name for name in sorted(dir(cupy.cuda)) if not name.startswith("_")]}


def _sorted_out(owner):
    """({callable: parameters}, [all others]) of the public names of a module or a class."""
    functions, others = {}, []
    for name in sorted(dir(owner)):
        value = getattr(owner, name)
        if name.startswith("_") or inspect.ismodule(value):
            continue
        if callable(value) and not inspect.isclass(value):
            functions[name] = _parameters(value)
        else:
            others.append(name)
    return functions, others


def _parameters(function):
    try:
        words = _words(list(inspect.signature(function).parameters.values()))
    except ValueError:
        found = HELP.match((inspect.getdoc(function) or "").partition("\n")[0])
        if not found:
            return None
        words = C_TYPE.sub("", DEFAULT.sub("=", found[1]).replace("\\", "")).split(", ")
    return ", ".join(word for word in words if word != "self")


def _words(parameters):
    kinds = [p.kind for p in parameters]
    words = [{Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}.get(p.kind, "") + p.name
             + ("=" if p.default is not Parameter.empty else "") for p in parameters]
    if Parameter.KEYWORD_ONLY in kinds and Parameter.VAR_POSITIONAL not in kinds:
        words.insert(kinds.index(Parameter.KEYWORD_ONLY), "*")
    if Parameter.POSITIONAL_ONLY in kinds:
        words.insert(kinds.count(Parameter.POSITIONAL_ONLY), "/")
    return words


@cache
def signature(parameters):
    """The inspect.Signature that a string of parameters stands for."""
    words = parameters.split(", ") if parameters else []
    kind = Parameter.POSITIONAL_ONLY if "/" in words else Parameter.POSITIONAL_OR_KEYWORD
    result = []
    for word in words:
        name = word.strip("*=")
        if word == "/":
            kind = Parameter.POSITIONAL_OR_KEYWORD
        elif word.startswith("**"):
            result.append(Parameter(name, Parameter.VAR_KEYWORD))
        elif word.startswith("*"):
            kind = Parameter.KEYWORD_ONLY
            if name:
                result.append(Parameter(name, Parameter.VAR_POSITIONAL))
        else:
            default = None if word.endswith("=") else Parameter.empty
            result.append(Parameter(name, kind, default=default))
    return Signature(result)


if __name__ == "__main__":
    import cupy as installed
    RECORD.write_text(json.dumps(record(installed), indent=1) + "\n", encoding="utf-8")
    print(f"CuPy {installed.__version__}: {RECORD}")
