"""Metric math, as far as it is known here: numbers, ids, + - * /, and MAX, MIN, SUM, AVG of a list, and FILL.

Syntax and meaning: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

Point = float | None  # of one period; None where there is no data

_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_OF_A_LIST: Mapping[str, Callable[[Sequence[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}


class UnknownExpressionError(ValueError):
    """An expression that the sandbox does not evaluate; the message names what."""


def check(expression: str, ids: Sequence[str]) -> None:
    """Raise UnknownExpressionError for what `evaluate` does not know, or ids that the alarm does not have."""
    evaluate(expression, dict.fromkeys(ids, 1.0))


def evaluate(expression: str, points: Mapping[str, Point]) -> Point:
    """The value of one period.

    What one operand lacks the result lacks, and a division by zero is no data. A list's function leaves out what it lacks.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise UnknownExpressionError(f"the expression {expression!r} is not well-formed") from error
    return _value(tree.body, points)


def _value(node: ast.expr, points: Mapping[str, Point]) -> Point:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name):
            if name not in points:
                raise UnknownExpressionError(f"the expression names {name!r}, and no query has that id")
            return points[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _value(operand, points)
            return None if value is None else -value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _combined(_ARITHMETIC[type(op)], _value(left, points), _value(right, points))
        case ast.Call(func=ast.Name(id="FILL"), args=[series, filler], keywords=[]):
            value, instead = _value(series, points), _value(filler, points)
            return instead if value is None else value
        case ast.Call(func=ast.Name(id=function), args=[ast.List(elts=each)], keywords=[]) if (
            function in _OF_A_LIST
        ):
            values = [value for one in each if (value := _value(one, points)) is not None]
            return _OF_A_LIST[function](values) if values else None
    raise UnknownExpressionError(
        f"the sandbox does not evaluate {ast.unparse(node)!r}: it knows + - * /, FILL, and {', '.join(_OF_A_LIST)} of a list"
    )


def _combined(operation: Callable[[float, float], float], left: Point, right: Point) -> Point:
    if left is None or right is None:
        return None
    try:
        return operation(left, right)
    except ZeroDivisionError:
        return None
