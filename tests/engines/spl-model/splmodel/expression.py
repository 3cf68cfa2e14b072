"""Eval expressions: parser, static types and operators (Search Reference: eval, where; Search Manual: predicate expressions).

`parse(text)` gives `Expression(run, kind)`: a function of a row and a static kind, one of num, str, bool, null, any. NOT binds before AND,
AND before OR, OR before XOR. Null in a comparison or a calculation gives null.
"""
import re
from collections import namedtuple
from functools import lru_cache

from . import context
from .arithmetic import calculate
from .lexer import unescape
from .values import NotImplementedSpl, SplError, choose, compare, num, read_field, text

Expression = namedtuple("Expression", "run kind")

TOKEN = re.compile(r"""\s*(?:
    (?P<num>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<str>"(?:[^"\\]|\\.)*")
  | (?P<field>'[^'\\]*')
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<op>==|!=|<=|>=|[-+*/%.=<>(),])
)""", re.X | re.S)
WORDS = {"AND", "OR", "NOT", "XOR", "IN", "LIKE"}


def tokenize(source):
    tokens, at, end = [], 0, len(source.rstrip())
    while at < end:
        m = TOKEN.match(source, at)
        if not m:
            raise SplError(f"cannot parse the expression at `{source[at:at + 20].strip()}`")
        kind = m.lastgroup
        body = m.group(kind)
        if kind == "num" and re.match(r"[A-Za-z_.]", source[m.end():m.end() + 1]):
            raise NotImplementedSpl(f"`{source[m.start(kind):m.end() + 5]}`: put spaces around the number")
        if kind == "name":
            if body in WORDS:
                kind = "word"
            elif body.upper() in ("AND", "OR", "NOT", "XOR"):
                raise NotImplementedSpl(f"the operator `{body}` in lower case")
        tokens.append((kind, body))
        at = m.end()
    tokens.append(("end", ""))
    return tokens


class Parser:
    """Recursive descent. `null_matters`: under NOT or XOR, where null and false lead to different results."""

    def __init__(self, source):
        self.source, self.tokens, self.pos = source, tokenize(source), 0
        self.null_matters = ("word", "XOR") in self.tokens

    def peek(self):
        return self.tokens[self.pos]

    def take(self, *ops):
        kind, body = self.tokens[self.pos]
        if kind in ("op", "word") and body in ops:
            self.pos += 1
            return body
        return None

    def expect(self, op):
        if not self.take(op):
            raise SplError(f"expected `{op}` at `{self.peek()[1]}` in `{self.source[:60]}`")

    def expression(self):
        return self._chain("XOR", self._or, _xor)

    def _or(self):
        return self._chain("OR", self._and, _or)

    def _and(self):
        return self._chain("AND", self._not, _and)

    def _chain(self, word, operand, join):
        left = operand()
        while self.take(word):
            right = operand()
            need_bool(left, word)
            need_bool(right, word)
            left = Expression(join(left.run, right.run, self.null_matters), "bool")
        return left

    def _not(self):
        if self.take("NOT"):
            inner = self._within(True, self._not)
            need_bool(inner, "NOT")
            run = inner.run

            def negate(row):
                v = run(row)
                return None if v is None else not v
            return Expression(negate, "bool")
        return self._comparison()

    def _within(self, null_matters, parse_part):
        before, self.null_matters = self.null_matters, null_matters
        try:
            return parse_part()
        finally:
            self.null_matters = before

    def _call(self, name, args):
        from .functions import call
        context.NULL_MATTERS = self.null_matters
        return call(name, args)

    def _comparison(self):
        left = self._sum()
        op = self.take("=", "==", "!=", "<", "<=", ">", ">=")
        if op:
            right = self._sum()
            if self.peek()[1] in ("=", "==", "!=", "<", "<=", ">", ">="):
                raise SplError("a comparison of a comparison")
            return comparison(op, left, right)
        if self.take("LIKE"):
            return self._call("like", [left, self._sum()])
        if self.take("IN"):
            self.expect("(")
            return self._call("in", [left] + self._arguments())
        return left

    def _sum(self):
        left, bare = self._product()
        seen = None
        while True:
            op = self.take("+", "-", ".")
            if not op:
                return left
            if seen and (seen == ".") != (op == "."):
                raise NotImplementedSpl("`.` beside + or - without parentheses (the manual gives no order)")
            right, right_bare = self._product()
            if op == "." and not (bare and right_bare):
                raise NotImplementedSpl("`.` beside * / % without parentheses (the manual gives no order)")
            seen = op
            left = concatenation(left, right) if op == "." else arithmetic(op, left, right)

    def _product(self):
        left, bare = self._unary(), True
        while True:
            op = self.take("*", "/", "%")
            if not op:
                return left, bare
            left, bare = arithmetic(op, left, self._unary()), False

    def _unary(self):
        if self.take("-"):
            inner = self._unary()
            need_number(inner, "-")
            run = inner.run

            def minus(row):
                v = number(run(row), "-")
                return None if v is None else -v
            return Expression(minus, "num")
        return self._atom()

    def _atom(self):
        kind, body = self.peek()
        self.pos += 1
        if kind == "num":
            value = float(body)
            return Expression(lambda row: value, "num")
        if kind == "str":
            literal = unescape(body[1:-1])
            e = Expression(lambda row: literal, "str")
            context.LITERALS[e.run] = literal
            return e
        if kind == "field":
            return field(body[1:-1])
        if kind == "op" and body == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        if kind in ("name", "word") and self.peek() == ("op", "("):
            self.pos += 1
            name = body if kind == "name" else body.lower()
            return self._call(name, self._within(name not in ("if", "case", "mvfilter"), self._arguments))
        if kind == "name":
            return field(body)
        raise SplError(f"unexpected `{body or 'end'}` in `{self.source[:80]}`")

    def _arguments(self):
        args = []
        if self.take(")"):
            return args
        while True:
            args.append(self.expression())
            if self.take(")"):
                return args
            self.expect(",")


@lru_cache(maxsize=20000)
def parse(source):
    p = Parser(source)
    e = p.expression()
    if p.peek()[0] != "end":
        raise SplError(f"unexpected `{p.peek()[1]}` in `{source[:80]}`")
    return e


@lru_cache(maxsize=20000)
def parse_condition(source, command):
    e = parse(source)
    if e.kind != "bool":
        raise SplError(f"`{command}` needs a condition, but `{source[:60]}` gives {e.kind}")
    return e


@lru_cache(maxsize=20000)
def parse_assignments(source):
    """`a=expr, b=expr`: the parts of one eval, in order."""
    p, found = Parser(source), []
    while True:
        kind, body = p.peek()
        p.pos += 1
        if kind == "field":
            body = body[1:-1]
        elif kind != "name":
            raise NotImplementedSpl(f"`{body}` as the target of eval (use letters, digits and _, or single quotes)")
        if not p.take("="):
            raise SplError(f"expected `=` after `{body}` in eval")
        e = p.expression()
        if e.kind == "bool":
            raise SplError(f"fields cannot be assigned a boolean result (`{body}`)")
        found.append((body, e))
        if p.peek()[0] == "end":
            return found
        p.expect(",")


# ---- operands -------------------------------------------------------------------------------------------------------------------------------

def field(name):
    e = Expression(lambda row: read_field(row, name), "any")
    context.FIELDS[e.run] = name
    return e


def need_bool(e, word):
    if e.kind != "bool":
        raise SplError(f"type checking failed: `{word}` expects boolean operands, not {e.kind}")


def need_number(e, word):
    if e.kind in ("str", "bool", "null"):
        raise SplError(f"type checking failed: `{word}` does not take a {e.kind}")


def number(value, word):
    """The number of an operand; a text that is none cannot be calculated with, and gives null."""
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, list):
        raise NotImplementedSpl(f"`{word}` on a multivalue field")
    return num(value)


# ---- logic ----------------------------------------------------------------------------------------------------------------------------------

UNKNOWN_AND = "false AND null (guard nulls with coalesce, isnotnull or if)"


def _and(left, right, null_matters):
    def run(row):
        a = left(row)
        if a is False:
            if not null_matters or context.assumes("kleene"):
                return False
            try:
                b = right(row)
            except NotImplementedSpl:
                b = None
            return choose((False, None), UNKNOWN_AND) if b is None else False
        b = right(row)
        if a is None:
            if b is False:
                return False if not null_matters or context.assumes("kleene") else choose((False, None), UNKNOWN_AND)
            return None
        return b
    return run


def _or(left, right, null_matters):
    def run(row):
        a = left(row)
        if a is True:
            return True
        b = right(row)
        return True if b is True else None if a is None or b is None else False
    return run


def _xor(left, right, null_matters):
    def run(row):
        a, b = left(row), right(row)
        return None if a is None or b is None else a != b
    return run


# ---- comparison -------------------------------------------------------------------------------------------------------------------------------

def comparison(op, left, right):
    kinds = {left.kind, right.kind}
    if "bool" in kinds or "null" in kinds:
        raise SplError(f"type checking failed: `{op}` does not take {' and '.join(sorted(kinds))}")
    if kinds == {"num", "str"}:
        raise SplError(f"type checking failed: `{op}` received different types")
    texts = kinds == {"str"}
    a, b = left.run, right.run
    if op in ("=", "=="):
        return Expression(lambda row: equal(a(row), b(row), texts), "bool")
    if op == "!=":
        def differs(row):
            v = equal(a(row), b(row), texts)
            return None if v is None else not v
        return Expression(differs, "bool")

    def ordered(row):
        c = compare(a(row), b(row), texts)
        if c is None:
            return None
        if c == "other":
            raise NotImplementedSpl("ordering a number and a text that is none")
        return c < 0 if op == "<" else c <= 0 if op == "<=" else c > 0 if op == ">" else c >= 0
    return Expression(ordered, "bool")


def equal(a, b, texts=False):
    c = compare(a, b, texts)
    return None if c is None else c == 0


# ---- arithmetic -------------------------------------------------------------------------------------------------------------------------------

def concatenation(left, right):
    for e in (left, right):
        if e.kind in ("bool", "null"):
            raise SplError(f"type checking failed: `.` does not take a {e.kind}")

    def run(row):
        a, b = left.run(row), right.run(row)
        return None if a is None or b is None else text(a) + text(b)
    return Expression(run, "str")


def arithmetic(op, left, right):
    for e in (left, right):
        if e.kind in ("bool", "null") or e.kind == "str" and op != "+":
            raise SplError(f"type checking failed: `{op}` does not take a {e.kind}")
    if {left.kind, right.kind} == {"num", "str"}:
        raise SplError("type checking failed: `+` takes two numbers or two strings")
    a, b = left.run, right.run
    if op == "+":
        kind = left.kind if left.kind == right.kind else "num" if "num" in (left.kind, right.kind) else "any"
        return Expression(lambda row: _plus(a(row), b(row), left.kind, right.kind), kind)

    def run(row):
        x, y = number(a(row), op), number(b(row), op)
        return None if x is None or y is None else calculate(op, x, y)
    return Expression(run, "num")


def _plus(a, b, left, right):
    if a is None or b is None:
        return None
    if isinstance(a, list) or isinstance(b, list):
        raise NotImplementedSpl("`+` on a multivalue field")
    if left == right == "str":
        return a + b
    x, y = num(a), num(b)
    if x is not None and y is not None and "str" not in (left, right):
        return calculate("+", x, y)
    if x is None and y is None:
        return a + b
    raise NotImplementedSpl("`+` of a number-like and another text (use `.`)")
