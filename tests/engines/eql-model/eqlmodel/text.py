"""Comparing texts: equality, order, wildcards and Lucene's regular expressions, each under every reading of the manual.

Sources: Elasticsearch reference, "EQL syntax reference" (comparison operators, pattern comparison keywords, wildcards, case-insensitive
functions) and "Regular expression syntax". Folding beyond ASCII is not described: ASCII folding and full lower case have to agree.
"""

import re
from functools import lru_cache

from .errors import Refused, agree

FOLDING = "how letters beyond ASCII compare without case"
ASTRAL = "whether a character beyond U+FFFF is one or two"

_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def folds(text):
    """The readings of `text` without case; one, where it is ASCII."""
    lower = text.translate(_LOWER)
    return (lower,) if text.isascii() else (lower, text.lower())


def pairs(left, right):
    """Both texts under each reading of folding."""
    a, b = folds(left), folds(right)
    return [(a[0], b[0])] if len(a) == len(b) == 1 else [(a[0], b[0]), (a[-1], b[-1])]


def same_folded(left, right):
    return agree([a == b for a, b in pairs(left, right)], FOLDING)


def characters(text):
    """`text`, where what a character is does not matter."""
    if any(ord(c) > 0xFFFF for c in text):
        agree([1, 2], ASTRAL)
    return text


def before(left, right):
    """Whether `left` comes first in "a case-sensitive lexicographic order"; of which letters, is said for none beyond ASCII."""
    if not (left.isascii() and right.isascii()):
        agree([True, False], "the order of letters beyond ASCII")
    return left < right


def like(text, pattern, fold):
    """"Wildcards": `*` is zero or more characters, `?` exactly one, and there is no escape."""
    readings = []
    for one, wanted in pairs(text, pattern) if fold else [(text, pattern)]:
        readings.append(_wildcard(wanted).fullmatch(one) is not None)
    if "?" in pattern and any(ord(c) > 0xFFFF for c in text):
        agree([readings[0], _wildcard(_units(pattern)).fullmatch(_units(text)) is not None], ASTRAL)
    return agree(readings, FOLDING)


def _units(text):
    data = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(int.from_bytes(data[i:i + 2], "big")) for i in range(0, len(data), 2))


@lru_cache(4096)
def _wildcard(pattern):
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in pattern), re.DOTALL)


def regex(text, pattern, fold):
    """Lucene's expression matches the entire string."""
    if not fold:
        return _lucene(pattern, False, 0).fullmatch(text) is not None
    # "Regular expression syntax" notes that ranges keep their case where case does not count; the EQL page's own examples suggest otherwise.
    readings = [
        _lucene(pattern, classes, flags).fullmatch(text) is not None
        for classes in (False, True) for flags in (re.IGNORECASE | re.ASCII, re.IGNORECASE)
    ]
    return agree(readings, f"`regex~` of `{pattern}` (case within brackets, or beyond ASCII)")


@lru_cache(4096)
def _lucene(pattern, exact_classes, flags):
    reader = _Lucene(pattern, exact_classes)
    body = reader.alternatives()
    if reader.at < len(pattern):
        raise Refused(f"regular expression `{pattern}`: unexpected `{pattern[reader.at]}`")
    return re.compile(body, re.DOTALL | flags)


class _Lucene:
    """Reads the standard operators of Lucene's regular expressions and writes Python's, atom by atom."""

    OPTIONAL = set("#@&<>~")

    def __init__(self, pattern, exact_classes):
        self.pattern, self.exact_classes, self.at = pattern, exact_classes, 0

    def peek(self):
        return self.pattern[self.at:self.at + 1]

    def take(self):
        self.at += 1
        return self.pattern[self.at - 1]

    def refuse(self, why):
        raise Refused(f"regular expression `{self.pattern}`: {why}")

    def alternatives(self):
        parts = [self.concatenation()]
        while self.peek() == "|":
            self.take()
            parts.append(self.concatenation())
        return "|".join(parts)

    def concatenation(self):
        parts = []
        while self.peek() and self.peek() not in "|)":
            parts.append(self.repeated())
        if not parts:
            self.refuse("an empty part")
        return "".join(parts)

    def repeated(self):
        atom = self.atom()
        while self.peek() and self.peek() in "?*+{":
            count = self.take()
            if count == "{":
                end = self.pattern.find("}", self.at)
                bounds = re.fullmatch(r"(\d+)(,(\d*))?", self.pattern[self.at:end]) if end >= 0 else None
                if not bounds or (bounds[3] and int(bounds[3]) < int(bounds[1])):
                    self.refuse("expected `{n}`, `{n,}` or `{n,m}`")
                count, self.at = "{" + bounds[0] + "}", end + 1
            atom = f"(?:{atom}){count}"
        return atom

    def atom(self):
        char = self.take()
        if char == ".":
            return "."
        if char == "(":
            inside = self.alternatives()
            if self.peek() != ")":
                self.refuse("a parenthesis is not closed")
            self.take()
            return f"(?:{inside})"
        if char == "[":
            return self.brackets()
        if char == '"':
            end = self.pattern.find('"', self.at)
            if end <= self.at:
                self.refuse("a quotation is empty or not closed")
            quoted, self.at = self.pattern[self.at:end], end + 1
            return f"(?:{re.escape(quoted)})"
        if char == "\\":
            return re.escape(self.escaped())
        if char in "?*+{}]" or char in self.OPTIONAL or char in "^$":
            self.refuse(f"`{char}` has no meaning here that the manual describes for EQL")
        return re.escape(char)

    def escaped(self):
        char = self.peek()
        if not char or char.isalnum():
            self.refuse(f"`\\{char}` is not on the manual's page")
        return self.take()

    def brackets(self):
        negated = self.peek() == "^"
        if negated:
            self.take()
        members = []
        while self.peek() != "]" or not members:
            if not self.peek():
                self.refuse("a bracket is not closed")
            low = self.member(not members)
            if self.peek() == "-" and self.pattern[self.at + 1:self.at + 2] not in ("", "]"):
                self.take()
                high = self.member(False)
                if high < low:
                    self.refuse(f"the range `{low}-{high}` is empty")
                members.append(f"{_escape(low)}-{_escape(high)}")
            else:
                members.append(_escape(low))
        self.take()
        body = f"[{'^' if negated else ''}{''.join(members)}]"
        return f"(?-i:{body})" if self.exact_classes else body

    def member(self, first):
        char = self.take()
        if char == "\\":
            return self.escaped()
        if char in "[]^" or (char == "-" and not first):
            self.refuse(f"`{char}` within brackets has no meaning that the manual describes")
        return char


def _escape(char):
    return "\\" + char if char in r"\]^-[&~|" else char
