"""The functions of Elastic's "EQL function reference", and the operators `+ - * / %` of "EQL syntax reference" ("Math operators").

Each takes values (None is null) and gives a value. What that page leaves open is an error. Where it contradicts itself the text counts, not
the example: see `examples/manual-contradictions.json`.
"""

import ipaddress
import math
import re

from .errors import Open, Refused
from .text import FOLDING, agree, characters, folds, pairs

LARGEST = 2 ** 63 - 1


def _numbers(name, a, b):
    for value in (a, b):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Refused(f"`{name}` takes numbers, found `{value}`")


def _fits(value):
    if isinstance(value, int):
        if not -LARGEST - 1 <= value <= LARGEST:
            raise Open("the manual leaves open what an integer beyond 64 bits becomes")
    elif not math.isfinite(value):
        raise Open("the manual leaves open what a number that is not finite becomes")
    return value


def _arithmetic(name, compute):
    def call(a, b):
        if a is None or b is None:
            return None
        _numbers(name, a, b)
        return _fits(compute(a, b))
    return call


def _divide(a, b):
    if b == 0:
        raise Open("the manual says that a divisor cannot be zero, not what happens then")
    if isinstance(a, int) and isinstance(b, int):
        # "rounds down any returned floating point numbers to the nearest integer": below zero that can be read in two ways.
        toward_zero = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return agree([a // b, toward_zero], "which way a negative quotient of integers is rounded")
    return a / b


def _modulo(a, b):
    if b == 0:
        raise Open("the manual says that a divisor cannot be zero, not what happens then")
    if isinstance(a, int) and isinstance(b, int):
        return int(math.copysign(abs(a) % abs(b), a))
    return 0


def remainder(a, b):
    """The operator `%`, of which the manual says only "the remainder"."""
    if isinstance(a, float) or isinstance(b, float):
        raise Open("the manual leaves open what `%` gives for numbers that are not integers")
    return modulo(a, b)


add = _arithmetic("add", lambda a, b: a + b)
subtract = _arithmetic("subtract", lambda a, b: a - b)
multiply = _arithmetic("multiply", lambda a, b: a * b)
divide = _arithmetic("divide", _divide)
modulo = _arithmetic("modulo", _modulo)


def _strings(name, *values):
    for value in values:
        if not isinstance(value, str):
            raise Refused(f"`{name}` takes strings, found `{value}`")


def _integer(name, value):
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"`{name}` takes an integer there, found `{value}`")
    return value


def _by_fold(fold, source, sub, test):
    if not fold:
        return test(source, sub)
    return agree([test(a, b) for a, b in pairs(source, sub)], FOLDING)


def starts_with(fold, source, sub):
    if source is None or sub is None:
        return None
    _strings("startsWith", source, sub)
    return _by_fold(fold, source, sub, str.startswith)


def ends_with(fold, source, sub):
    if source is None or sub is None:
        return None
    _strings("endsWith", source, sub)
    return _by_fold(fold, source, sub, str.endswith)


def string_contains(fold, source, sub):
    if source is None or sub is None:
        return None
    _strings("stringContains", source, sub)
    if sub == "":
        return False  # the page's examples: false for an empty substring
    return _by_fold(fold, source, sub, lambda a, b: b in a)


def index_of(fold, source, sub, start=0):
    if source is None or sub is None or start is None:
        return None
    _strings("indexOf", source, sub)
    start = max(_integer("indexOf", start), 0)
    if start > len(characters(source)):
        return None
    if sub == "":
        return start

    def find(a, b):
        at = a.find(b, start)
        return None if at < 0 else at
    return _by_fold(fold, source, sub, find)


def between(fold, source, left, right, greedy=False):
    if source is None:
        return None
    _strings("between", source, left, right)
    if not isinstance(greedy, bool):
        raise Refused(f"`between` takes true or false there, found `{greedy}`")
    if source == "":
        return ""
    if left == "" or right == "":
        raise Open("the manual leaves open what `between` gives for an empty side")

    def span(text, a, b):
        begin = text.find(a)
        if begin < 0:
            return (0, 0)
        begin += len(a)
        end = text.rfind(b, begin) if greedy else text.find(b, begin)
        return (0, 0) if end < 0 else (begin, end)
    if not fold:
        begin, end = span(source, left, right)
    else:
        readings = [tuple(folds(text)[at] for text in (source, left, right)) for at in (0, -1)]
        begin, end = agree([span(*reading) for reading in readings], FOLDING)
    return source[begin:end]


def length(source):
    if source is None:
        return None
    _strings("length", source)
    return len(characters(source))


def substring(source, start, end=None):
    if source is None or start is None:
        raise Open("the manual leaves open what `substring` gives for null")
    _strings("substring", source)
    _integer("substring", start)
    text = characters(source)
    if end is not None:
        _integer("substring", end)
    if min(start, end if end is not None else 0) < -len(text):
        raise Open("the manual leaves open a negative offset beyond the start of the string")
    return text[start:] if end is None else text[start:end]


def string(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and 1e-3 <= abs(value) < 1e7:
        return repr(value)
    raise Open(f"the manual leaves open how `{value}` is written as a string")


def concat(*values):
    if not values:
        raise Refused("`concat` takes one value at least")
    return None if any(value is None for value in values) else "".join(string(value) for value in values)


def number(source, base=None):
    if source is None:
        return None
    _strings("number", source)
    if base is not None:
        _integer("number", base)
    text = source.strip()
    sign, digits = re.fullmatch(r"([+-]?)(.*)", text, re.DOTALL).groups()
    prefixed = digits.startswith("0x")
    base = base if base is not None else (16 if prefixed else 10)
    if prefixed and base == 16:
        digits = digits[2:]
    if re.fullmatch("[0-9a-zA-Z]+", digits) and 2 <= base <= 36:
        try:
            return _fits(int(sign + digits, base))
        except ValueError:
            pass
    if base == 10 and re.fullmatch(r"\d+\.\d+", digits):
        return float(sign + digits)
    raise Open(f"the manual leaves open what `number` gives for `{source}`")


def cidr_match(address, *blocks):
    if not blocks:
        raise Refused("`cidrMatch` takes one block at least")
    if address is None or any(block is None for block in blocks):
        return None
    if isinstance(address, str):
        address = ipaddress.ip_address(address)  # the page's examples hold the address as text
    return any(address in network(block) for block in blocks)


def network(block):
    """A CIDR block; of one with bits beyond its prefix the manual does not say what it is."""
    _strings("cidrMatch", block)
    try:
        return ipaddress.ip_network(block)
    except ValueError as error:
        raise Refused(f"`{block}` is no CIDR block: {error}") from error


# name: (function, folding form, least and most arguments, result)
PLAIN = {
    "add": (add, 2, 2, "number"), "subtract": (subtract, 2, 2, "number"), "multiply": (multiply, 2, 2, "number"),
    "divide": (divide, 2, 2, "number"), "modulo": (modulo, 2, 2, "number"), "length": (length, 1, 1, "number"),
    "number": (number, 1, 2, "number"), "string": (string, 1, 1, "string"), "concat": (concat, 1, 255, "string"),
    "substring": (substring, 2, 3, "string"), "cidrMatch": (cidr_match, 2, 255, "boolean"),
}
FOLDABLE = {
    "startsWith": (starts_with, 2, 2, "boolean"), "endsWith": (ends_with, 2, 2, "boolean"), "stringContains": (string_contains, 2, 2, "boolean"),
    "indexOf": (index_of, 2, 3, "number"), "between": (between, 3, 4, "string"),
}
OPERATORS = {"+": add, "-": subtract, "*": multiply, "/": divide, "%": remainder}
