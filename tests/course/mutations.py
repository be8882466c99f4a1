"""A function changed at one place: another operator, constant, axis, index, name, order.

The text of the function is read by `ast`, one expression is replaced, and the whole is written
again. tests/MUTANTS.md tells of mutmut, which does the like to the library: it knows neither axes
nor what the names of a formula mean, and here those are the mistakes.

Four kinds of change look for what a check that compares numbers overlooks: an argument that is
overwritten; a range that is cut; and, by the arguments of the check's first call, a number that
is right at that point alone and a sum that is right for that size alone.
"""
import ast
from collections.abc import Callable
from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np

OPERATORS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
             ast.Pow: "power"}
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
FUNCTIONS = {
    "exp": ("expm1", "exp2"), "expm1": ("exp", "log1p"), "log": ("log1p", "log2", "log10"),
    "log1p": ("log", "expm1"), "sum": ("mean", "prod", "max"), "mean": ("sum", "var", "max"),
    "var": ("std", "mean"), "std": ("var", "mean"), "tril": ("triu",), "triu": ("tril",),
    "maximum": ("minimum", "add"), "minimum": ("maximum",), "abs": ("square", "sign"),
    "logaddexp": ("logaddexp2", "maximum", "add"), "zeros": ("ones",), "ones": ("zeros",),
    "sigmoid": ("softplus",), "softplus": ("sigmoid",), "sqrt": ("square",), "square": ("sqrt",)}
INTO_ITSELF = ("exp", "expm1", "log", "log1p", "abs", "square", "sqrt")  # they know out=
AXES = (0, 1, -1)
CUTS = ((-3, 3), (-1000, 1000), (0.01, 0.99))
FACTORS = ("2 * {}", "0.5 * {}", "1.001 * {}", "0 * {}", "{} + 1")


def mutants(source, evaluate):
    """{text of a mutant: its changed line}. source: the text of one function, a row of assignments
    and a return.

    evaluate(text of a function with the same arguments) is what that function returns in the first
    call of the check. The lines are those that `ast.unparse` writes: one for each statement.
    """
    function, = ast.parse(source).body
    if ast.get_docstring(function) is not None:
        del function.body[0]
    original, body, found = ast.unparse(function), list(function.body), {}
    for place, statement in enumerate(body):
        def seen(node, before=body[:place]):
            function.body = [*before, ast.Return(node)]
            text, function.body = ast.unparse(function), body
            return evaluate(text)

        names = [argument.arg for argument in function.args.args] + [
            node.id for one in body[:place] for node in ast.walk(one) if _is_assigned(node)]
        for put, node, changed in _changes(statement, _Known(names, seen)):
            put(changed)
            text = ast.unparse(function)
            put(node)
            if text != original:
                line, = set(text.splitlines()) - set(original.splitlines())
                found[text] = line.strip()
    return found


class _Known(NamedTuple):
    """names: the arguments and what has been assigned; seen(node): its value in the first call."""

    names: list
    seen: Callable


def _changes(statement, known):
    """(setter, what stands there, what shall stand there) for all single changes."""
    for put, node, parent in list(_places(statement)):
        if _is_assigned(node) or _is_key(node):
            continue
        for changed in _replacements(node, parent, known):
            yield put, node, changed


def _places(parent):
    """(setter, node, its parent) of all expressions below. An axis belongs to its call."""
    for field, value in ast.iter_fields(parent):
        holder, keys = (value, range(len(value))) if isinstance(value, list) else (
            vars(parent), [field])
        for key in keys:
            node = holder[key]
            if isinstance(node, ast.expr | ast.keyword) and not _is_axis(node):
                def put(new, holder=holder, key=key):
                    holder[key] = new
                yield put, node, parent
                yield from _places(node)


def _replacements(node, parent, known):
    """What may stand in the place of an expression."""
    yield from REPLACEMENTS.get(type(node), _nothing)(node, parent, known)
    if isinstance(parent, ast.stmt | ast.Dict) and not isinstance(node, ast.Dict | ast.List):
        yield from (_expression(text, node) for text in FACTORS)
    named = isinstance(node, ast.Name) and node.id in known.names
    if not named and not isinstance(node, ast.Call | ast.BinOp | ast.Subscript | ast.Compare):
        return
    if not isinstance(parent, ast.Attribute | ast.Subscript):
        yield ast.UnaryOp(ast.USub(), node)
        value = known.seen(node)
        if isinstance(value, int | float | np.number):
            yield _number(np.asarray(value).item())
    if named or isinstance(node, ast.Call):
        yield from (_expression(f"np.clip({{}}, {low}, {high})", node) for low, high in CUTS)


def _operation(node, parent, known):
    left, right, own = node.left, node.right, type(node.op)
    for operator in OPERATORS:
        yield ast.BinOp(left, operator(), right)
    yield left
    yield right
    if own is ast.Sub:
        yield ast.UnaryOp(ast.USub(), right)
    if own is ast.Div:
        yield ast.BinOp(_number(1), node.op, right)
    if own not in (ast.Add, ast.Mult):
        yield ast.BinOp(right, node.op, left)
    for operand in (left, right):
        if isinstance(operand, ast.Name) and own in OPERATORS:  # a product of matrices has no out=
            yield _expression(f"np.{OPERATORS[own]}({{}}, {{}}, out={{}})", left, right, operand)


def _sign(node, parent, known):
    yield node.operand


def _comparison(node, parent, known):
    for operator in COMPARISONS:
        yield ast.Compare(node.left, [operator()], node.comparators)


def _constant(node, parent, known):
    value = node.value
    if isinstance(value, str):
        yield from _einsum(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        others = AXES if isinstance(parent, ast.Subscript) else (
            0, 1, 2, -value, value + 1, 2 * value, value / 2, 1.001 * value)
        yield from (_number(other) for other in sorted(set(others) - {value}))


def _einsum(subscripts):
    """Two letters of one operand, or of the result, in the other order."""
    for a, b in combinations(range(len(subscripts)), 2):
        between = subscripts[a:b + 1]
        if between.isalpha():
            yield ast.Constant(subscripts[:a] + between[-1] + between[1:-1] + between[0]
                               + subscripts[b + 1:])


def _name(node, parent, known):
    if node.id not in known.names:
        return
    yield from (ast.Name(other) for other in known.names if other != node.id)
    if not isinstance(parent, ast.Attribute | ast.Subscript):
        yield from (ast.BinOp(_number(factor), ast.Mult(), node) for factor in (0.5, 2))


def _call(node, parent, known):
    function, arguments, keywords = node.func, node.args, node.keywords
    method = isinstance(function, ast.Attribute)
    called = function.attr if method else function.id
    for other in FUNCTIONS.get(called, ()):
        yield ast.Call(ast.Attribute(function.value, other) if method else ast.Name(other),
                       arguments, keywords)
    operand = arguments[0] if arguments else function.value
    yield operand
    for at, keyword in enumerate(keywords):
        yield ast.Call(function, arguments, keywords[:at] + keywords[at + 1:])
        if _is_axis(keyword):
            for axis in AXES:
                yield ast.Call(function, arguments, [
                    *keywords[:at], ast.keyword("axis", _number(axis)), *keywords[at + 1:]])
    if called in ("tril", "triu"):
        for diagonal in (-1, 1):
            yield ast.Call(function, [*arguments, _number(diagonal)], keywords)
    if called in INTO_ITSELF and isinstance(operand, ast.Name):
        yield ast.Call(function, arguments, [ast.keyword("out", operand)])
    if called in ("sum", "mean") and method:
        terms = np.size(known.seen(operand)) // np.size(known.seen(node))
        other, operator = ("mean", "*") if called == "sum" else ("sum", "/")
        yield _expression(f"{{}} {operator} {terms}", ast.Call(
            ast.Attribute(function.value, other), arguments, keywords))
        if called == "mean":
            yield _expression("{} * len({}) / (len({}) - 1)", node, operand, operand)


def _subscript(node, parent, known):
    yield node.value
    if isinstance(node.slice, ast.Tuple):
        for order in permutations(node.slice.elts):
            yield ast.Subscript(node.value, ast.Tuple(list(order)))


def _sequence(node, parent, known):
    if not isinstance(parent, ast.Subscript):
        yield from (type(node)(elements) for elements in _swapped(node.elts))


def _dict(node, parent, known):
    for values in _swapped(node.values):
        yield ast.Dict(node.keys, values)
    for at in range(len(node.keys)):
        yield ast.Dict(*(part[:at] + part[at + 1:] for part in (node.keys, node.values)))


def _nothing(node, parent, known):
    return ()


REPLACEMENTS = {
    ast.BinOp: _operation, ast.UnaryOp: _sign, ast.Compare: _comparison, ast.Constant: _constant,
    ast.Name: _name, ast.Call: _call, ast.Subscript: _subscript, ast.List: _sequence,
    ast.Tuple: _sequence, ast.Dict: _dict}


# -- parts ---------------------------------------------------------------------------------------

def _swapped(elements):
    """The list with two of its elements exchanged, for each pair."""
    for a, b in combinations(range(len(elements)), 2):
        swapped = list(elements)
        swapped[a], swapped[b] = swapped[b], swapped[a]
        yield swapped


def _is_assigned(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _is_key(node):
    """Whether it is a text that is no einsum: the key of a dict."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) \
        and "->" not in node.value


def _is_axis(node):
    return isinstance(node, ast.keyword) and node.arg == "axis"


def _number(value):
    """A negative one as `ast.parse` reads it: else (-2) ** x would be written -2 ** x."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _expression(text, *nodes):
    """The text, with an expression in the place of each {}."""
    return ast.parse(text.format(*(f"({ast.unparse(node)})" for node in nodes)), mode="eval").body
