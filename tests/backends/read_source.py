"""What the library's source asks of CuPy, found by reading it, and held against a record.

Every `xp.name` must exist in CuPy and take the arguments that it is given. So must every method
of an array that the mathematics calls.
"""
import ast
from functools import cache
from pathlib import Path

import numpy as np
from record_cupy_names import signature

import vae_np

PACKAGE = Path(vae_np.__file__).parent
# Here arrays have come to the host. Everywhere else they may lie on a device.
HOST = ("checking", "datasets", "runs", "figures", "cli", "course", "experiments")
HOST_FILES = ("arrays", "training/settings", "training/loop", "training/workers",
              "training/processes", "training/shared_memory")
MODULES = {"xp", "cupy"}
NOT_ARRAYS = {"np", "math"} | MODULES


def faults(tree, record, methods=True):
    """Sentences on what the source asks of CuPy that CuPy, by the record, does not offer.

    methods: whether to judge calls such as `a.sum(axis=0)` as well, by the name of the method.
    """
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            call = calls.get(id(node))
            if is_cuda(node.value):
                yield from judge("cupy.cuda", node, None, record["cuda"], [])
            elif is_module(node.value) and node.attr != "cuda":
                yield from judge("cupy", node, call, record["functions"], record["constants"])
            elif methods and is_of_an_array(node):
                yield from judge("array", node, call, record["methods"], record["attributes"])
        yield from hidden_module(node)


def is_module(node):
    """Whether an expression is the array module: xp, cupy, or namespace(array)."""
    return (isinstance(node, ast.Name) and node.id in MODULES
            or isinstance(node, ast.Call) and is_namespace(node))


def is_cuda(node):
    """Whether an expression is the module cuda of the array module."""
    return isinstance(node, ast.Attribute) and node.attr == "cuda" and is_module(node.value)


def is_namespace(call):
    """Whether a call gives the array module: namespace(array), backend.device_module(device)."""
    return getattr(call.func, "id", getattr(call.func, "attr", "")) in ("namespace",
                                                                        "device_module")


def is_of_an_array(node):
    """Whether `something.name` may be an array's: NumPy's arrays have such a name."""
    public = not node.attr.startswith("_") and hasattr(np.ndarray, node.attr)
    return public and getattr(node.value, "id", None) not in NOT_ARRAYS


def judge(owner, node, call, functions, others):
    """What is wrong with one name, and with the call of it where there is one."""
    if node.attr not in functions and node.attr not in others:
        yield f"line {node.lineno}: {owner}.{node.attr} does not exist"
    elif call and node.attr in functions:
        try:
            signature(functions[node.attr]).bind(
                *call.args, **{keyword.arg: None for keyword in call.keywords})
        except TypeError as error:
            yield f"line {node.lineno}: {owner}.{node.attr}: {error}"


def hidden_module(node):
    """An array module under another name than xp would escape this test."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        names = [getattr(target, "id", None) for target in node.targets]
        if is_namespace(node.value) and names != ["xp"]:
            yield f"line {node.lineno}: call the array module xp, not {names}"


@cache
def sources():
    """{module: its syntax tree}, a module as "optim" or "models/vae"."""
    return {str(path.relative_to(PACKAGE).with_suffix("")): ast.parse(path.read_text("utf-8"))
            for path in sorted(PACKAGE.rglob("*.py"))}


def all_faults(record):
    """The faults of the whole library, each with its module; [] is what it should be."""
    return [f"{name}: {fault}" for name, tree in sources().items()
            for fault in faults(tree, record, methods=may_be_on_a_device(name))]


def may_be_on_a_device(name):
    """Whether the arrays of a module may lie on a device: "models/vae" yes, "figures/style" no."""
    return name.partition("/")[0] not in HOST and name not in HOST_FILES
