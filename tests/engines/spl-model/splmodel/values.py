"""Values, text forms, and what the manual leaves open.

A value is None (null), a float, a str, or a list of those (a multivalue of two or more). Where the manual allows several answers the model
keeps them all (`Unsettled`, `choose`): a result that is the same for every answer stands, one that is not is an error, never a guess.
"""
import re

SURE_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?\Z")
MAX_INT = 2.0 ** 53


class SplError(Exception):
    """Splunk refuses this search."""


class NotImplementedSpl(SplError):
    """The manual does not settle it, or the model leaves it out."""

    def __init__(self, what):
        super().__init__("not implemented: " + what)


class Unsettled:
    """A field value of which the manual allows several."""
    __slots__ = ("options", "why")

    def __init__(self, options, why):
        self.options, self.why = options, why


class Rounded(float):
    """A float out of round(x, n): how many zeros its text ends with is not settled."""


class Exact(float):
    """A number out of exact(): the arithmetic that it takes part in is not rounded."""


# ---- open questions -------------------------------------------------------------------------------------------------------------------------

class _Script:
    """One walk through the open questions of an evaluation; replayed with other answers until all were tried."""
    steps, sizes, pos, reasons, memo = [], [], 0, [], {}


def choose(options, why):
    at = _Script.pos
    _Script.pos = at + 1
    if at == len(_Script.steps):
        _Script.steps.append(0)
        _Script.sizes.append(len(options))
        _Script.reasons.append(why)
    return options[_Script.steps[at]]


def read_field(row, name):
    """A field's value inside an expression; an unsettled one is a question, answered alike wherever the expression reads it."""
    value = row.get(name)
    if type(value) is Unsettled:
        if name not in _Script.memo:
            _Script.memo[name] = choose(value.options, value.why)
        return _Script.memo[name]
    return value


def outcomes(f, row):
    """Every result that the manual allows for `f(row)`, and the reasons why there is more than one."""
    s = _Script
    s.steps, s.sizes, s.reasons, s.pos, s.memo = [], [], [], 0, {}
    first = f(row)
    if not s.steps:
        return (first,), ""
    found, reasons, runs = [first], list(s.reasons), 1
    while True:
        while s.steps and s.steps[-1] + 1 >= s.sizes[-1]:
            s.steps.pop()
            s.sizes.pop()
            s.reasons.pop()
        if not s.steps:
            break
        s.steps[-1] += 1
        s.pos, s.memo = 0, {}
        runs += 1
        if runs > 512:
            raise NotImplementedSpl("too many open questions in one expression: " + "; ".join(dict.fromkeys(reasons)))
        result = f(row)
        reasons += s.reasons
        if not any(same(result, x) for x in found):
            found.append(result)
    return tuple(found), "; ".join(dict.fromkeys(reasons))


def same(a, b):
    return type(a) is type(b) and a == b


def value_of(f, row):
    """The value of an expression for a field: settled, or carrying its alternatives."""
    found, why = outcomes(f, row)
    if len(found) > 1:
        return Unsettled(tuple(float(v) if v.__class__ is Exact else v for v in found), why)
    return float(found[0]) if found[0].__class__ is Exact else found[0]


def holds(f, row):
    """Whether a condition is true; null is not true."""
    found, why = outcomes(f, row)
    if all(x is True for x in found):
        return True
    if any(x is True for x in found):
        raise NotImplementedSpl("the manual does not settle this condition: " + why)
    return False


def settled(value, what):
    if type(value) is Unsettled:
        raise NotImplementedSpl(f"{what} reads a value that the manual does not settle: {value.why}")
    return value


# ---- numbers and texts ------------------------------------------------------------------------------------------------------------------------

def num(value):
    """The number that a value is or looks like, else None."""
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        if SURE_NUMBER.match(value):
            return float(value)
        if suspicious(value):
            raise NotImplementedSpl(f"whether `{value}` looks like a number")
    return None


def suspicious(value):
    """Texts that some number parsers take and others do not (` 5`, `+5`, `.5`, `0x1f`, `nan`)."""
    if not value or value[0].isalpha() and value[:3].lower() not in ("nan", "inf"):
        return False
    stripped = value.strip()
    if re.match(r"[+-]?0[xX][0-9a-fA-F]+\Z", stripped):
        return True
    try:
        float(stripped)
    except ValueError:
        return False
    return "_" not in stripped and not SURE_NUMBER.match(value)


def text(value):
    """The text form of a value. Whole numbers and up to 15 significant digits are known; the rest is refused."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        if isinstance(value, Rounded):
            raise NotImplementedSpl("the text of a result of round() with a precision (trailing zeros)")
        if value == int(value) and abs(value) < MAX_INT:
            return str(int(value))
        shown = repr(float(value))
        digits = shown.replace(".", "").replace("-", "").lstrip("0")
        if "e" in shown or "n" in shown or len(digits) > 15:
            raise NotImplementedSpl(f"the text form of the number {shown} (more than 15 significant digits, or an exponent)")
        return shown
    if isinstance(value, list):
        raise NotImplementedSpl("the text form of a multivalue field")
    if type(value) is Unsettled:
        settled(value, "a text")
    raise NotImplementedSpl("the text form of null or a boolean")


def text_or_null(value):
    return None if value is None else text(value)


def mv(values):
    """A multivalue from a list: null when empty, the value itself when single."""
    flat = [v for v in values if v is not None]
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else flat


def items(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def finite(x):
    if x != x or x in (float("inf"), float("-inf")):
        raise NotImplementedSpl("a calculation that gives nan or inf")
    return x


def load(value):
    """An input value (event, lookup row, inline JSON) as Splunk would see it: text, number-like or not."""
    if value is None or isinstance(value, (float, str)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return float(value) if abs(value) < MAX_INT else str(value)
    if isinstance(value, list):
        return mv([load(v) for v in value])
    raise NotImplementedSpl("nested objects in events")


def parse_json_float(shown):
    """A JSON fraction keeps its text when the number would be written otherwise (`1.0`, `2.50`)."""
    return float(shown) if repr(float(shown)) == shown else shown


# ---- comparison (eval and where) ----------------------------------------------------------------------------------------------------------------

def compare(a, b, literal_texts=False):
    """-1, 0 or 1; None if either is null; "other" for a number against a text that is none.

    Numbers compare as numbers, and so do texts that look like numbers (`"1e3"` = `"1000"`); other texts compare by code point.
    """
    if a is None or b is None:
        return None
    if isinstance(a, list) or isinstance(b, list):
        raise NotImplementedSpl("comparing a multivalue field in eval or where")
    x = a if isinstance(a, float) else _number_for(a, b)
    y = b if isinstance(b, float) else _number_for(b, a)
    if x is not None and y is not None:
        return _compare_numbers(x, y, a, b, literal_texts)
    if x is None and y is None:
        return (a > b) - (a < b)
    return "other"


def _number_for(value, other):
    if SURE_NUMBER.match(value):
        return float(value)
    if suspicious(value) and (isinstance(other, float) or SURE_NUMBER.match(other)):
        raise NotImplementedSpl(f"whether `{value}` looks like a number")
    return None


def _compare_numbers(x, y, a, b, literal_texts):
    order = (x > y) - (x < y)
    if isinstance(a, str) and isinstance(b, str):
        if order == 0 and a != b and max(len(a), len(b)) > 15:
            raise NotImplementedSpl("comparing number-like texts of more than 15 digits")
        if literal_texts and order != (a > b) - (a < b):
            raise NotImplementedSpl("comparing two texts that look like numbers and were made by functions or literals")
    if order and abs(x - y) <= 1e-14 * max(abs(x), abs(y)) and not (x == int(x) and y == int(y)):
        return choose((0, order), "two decimals that differ only by rounding")
    return order
