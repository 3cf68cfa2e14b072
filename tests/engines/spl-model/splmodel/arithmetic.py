"""Calculation on doubles, with the manual's rounding of decimals (Search Reference: eval, Rounding) as an open question."""
from . import context
from .values import Exact, NotImplementedSpl, choose, finite


def calculate(op, x, y):
    if op in "/%" and y == 0:
        if op == "/":
            return None
        raise NotImplementedSpl("% by zero")
    if op == "+":
        r = x + y
    elif op == "-":
        r = x - y
    elif op == "*":
        r = x * y
    elif op == "/":
        r = x / y
    else:
        if x < 0 or y < 0:
            raise NotImplementedSpl("% with a negative operand")
        r = x % y
    finite(r)
    if context.EXACT or x.__class__ is Exact or y.__class__ is Exact:
        return Exact(r)
    if (x == int(x) and y == int(y)) or r == int(r):
        return r
    rounded = _significant(op, x, y, r)
    if rounded == r:
        return r
    return choose((r, rounded), f"decimals in `{op}` are rounded to the precision of the operands (use exact() or whole numbers)")


def _significant(op, x, y, r):
    """The manual's rounding: * and / keep the fewest significant digits, + and - the fewest decimals; whole numbers are exact."""
    decimals = [d for d in (_digits(x), _digits(y)) if d]
    if op in "+-%":
        return round(r, min(d[1] for d in decimals))
    return float(f"{r:.{max(min(d[0] for d in decimals), 1)}g}")


def _digits(x):
    """(significant digits, decimals) of a fraction as it is written; None for a whole number."""
    if x == int(x):
        return None
    shown = repr(float(x))
    if "e" in shown:
        return (17, 17)
    return len(shown.replace(".", "").replace("-", "").lstrip("0")), len(shown.split(".")[1])
