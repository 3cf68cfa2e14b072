"""The search command (Search Reference: search). Two-valued: a field that is absent matches nothing, and NOT turns that around.

NOT binds before OR, OR before AND (also the AND that is not written). `=` and `!=` compare texts without case, `*` is a wildcard, a CIDR
block matches the addresses in it; `<` and its kin compare numbers as numbers and other values by code point.
"""
import re

from . import context, timefmt
from .functions_more import address, network
from .lexer import unescape
from .values import NotImplementedSpl, SplError, SURE_NUMBER, items, num, text

TOKEN = re.compile(r"""\s*(?:(?P<q>"(?:[^"\\]|\\.)*")|(?P<p>[(),]|!=|<=|>=|[=<>])|(?P<w>[^\s"(),=<>!|'\[\]\\]+))""", re.S)
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
RESERVED = {"AND", "OR", "NOT", "IN", "AS", "BY"}
MODIFIERS = {"earliest", "latest"}
REFUSED_FIELDS = {"eventtype", "tag", "savedsearch", "savedsplunk", "splunk_server", "hosttag", "eventtypetag", "starttime", "endtime",
                  "timeformat", "_index_earliest", "_index_latest", "splunk_server_group"}


def parse(source, base):
    """A function of a row, and for a base search its time range in the query (earliest, latest)."""
    p = Parser(source, base)
    test = p.conjunction()
    if p.peek()[0] != "end":
        raise SplError(f"unexpected `{p.peek()[1]}` in `search {source[:60]}`")
    if base and not p.names & {"index"}:
        raise NotImplementedSpl("a base search without index= (the default indexes depend on the role)")
    return test, p.times


class Parser:
    def __init__(self, source, base):
        self.source, self.base, self.pos, self.depth = source, base, 0, 0
        self.times, self.names, self.tokens = {}, set(), []
        at, end = 0, len(source.rstrip())
        while at < end:
            m = TOKEN.match(source, at)
            if not m:
                raise NotImplementedSpl(f"`{source[at:at + 20].strip()}` in search (put the value in double quotes)")
            kind = m.lastgroup
            body = m.group(kind)
            self.tokens.append((kind, unescape(body[1:-1]) if kind == "q" else body))
            at = m.end()
        self.tokens.append(("end", ""))

    def peek(self, ahead=0):
        return self.tokens[min(self.pos + ahead, len(self.tokens) - 1)]

    def take(self, token):
        if self.peek() == token:
            self.pos += 1
            return True
        return False

    def conjunction(self):
        """AND binds loosest; two terms side by side are joined by it."""
        tests = [self.disjunction()]
        while self.peek()[0] != "end" and self.peek() != ("p", ")"):
            self.take(("w", "AND"))
            tests.append(self.disjunction())
        tests = [t for t in tests if t]
        if len(tests) == 1:
            return tests[0]
        return lambda row: all(t(row) for t in tests)

    def disjunction(self):
        tests = [self.negation()]
        while self.take(("w", "OR")):
            tests.append(self.negation())
        if len(tests) == 1:
            return tests[0]
        if None in tests:
            raise NotImplementedSpl("a time modifier under OR")
        return lambda row: any(t(row) for t in tests)

    def negation(self):
        if self.take(("w", "NOT")):
            self.depth += 1
            inner = self.negation()
            self.depth -= 1
            return lambda row: not inner(row)
        if self.take(("p", "(")):
            self.depth += 1
            inner = self.conjunction()
            self.depth -= 1
            if not self.take(("p", ")")):
                raise SplError(f"unbalanced parentheses in `search {self.source[:60]}`")
            return inner
        return self.term()

    def term(self):
        kind, body = self.peek()
        follows = self.peek(1)
        if kind == "w" and body in RESERVED or kind not in ("w", "q"):
            raise SplError(f"unexpected `{body or 'end'}` in `search {self.source[:60]}`")
        if follows[0] == "p" and follows[1] in COMPARISONS:
            self.pos += 2
            return self.comparison(self.named(kind, body), follows[1])
        if follows == ("w", "IN") and self.peek(2) == ("p", "("):
            self.pos += 3
            return self.listed(self.named(kind, body))
        if follows == ("p", "(") and body in ("CASE", "TERM"):
            raise NotImplementedSpl(f"{body}() in search")
        if (kind, body) == ("w", "*"):
            self.pos += 1
            return lambda row: True
        raise NotImplementedSpl(f"the term `{body}` in search (only field comparisons)")

    def named(self, kind, name):
        if name.lower() in REFUSED_FIELDS or name.startswith("tag::"):
            raise NotImplementedSpl(f"`{name}=` in search")
        if kind == "w" and not re.match(r"[A-Za-z_][A-Za-z0-9_.:@{}-]*\Z", name) or "*" in name:
            raise NotImplementedSpl(f"`{name}` as a field name in search")
        self.names.add(name)
        return name

    def value(self):
        kind, body = self.peek()
        if kind not in ("w", "q"):
            raise SplError(f"expected a value, not `{body}`, in `search {self.source[:60]}`")
        if kind == "w" and body in RESERVED:
            raise SplError(f"the value `{body}` needs double quotes")
        self.pos += 1
        return body

    def comparison(self, name, op):
        literal = self.value()
        if name in MODIFIERS:
            return self.modifier(name, op, literal)
        return compare(name, op, literal)

    def modifier(self, name, op, literal):
        if not self.base or self.depth or op != "=" or name in self.times:
            raise NotImplementedSpl(f"`{name}` here: only once, in the base search, outside parentheses")
        self.times[name] = literal
        return None

    def listed(self, name):
        tests = []
        while True:
            tests.append(compare(name, "=", self.value()))
            if self.take(("p", ")")):
                return lambda row: any(t(row) for t in tests)
            if not self.take(("p", ",")):
                raise SplError(f"expected `,` or `)` in the list of `{name} IN`")


def bound(literal):
    """The epoch seconds of earliest= or latest=, read when the search runs."""
    if SURE_NUMBER.match(literal):
        return float(literal)
    return timefmt.relative(context.NOW, literal)


def compare(name, op, literal):
    if literal == "":
        raise NotImplementedSpl(f"`{name}{op}\"\"` in search")
    if op in ("=", "!="):
        matches = matcher(literal)
        if op == "=":
            return lambda row: any(matches(v) for v in values_of(row, name))
        return lambda row: _differs(values_of(row, name), matches, literal)
    if "*" in literal:
        raise NotImplementedSpl("a wildcard after < or >")
    return lambda row: any(_ordered(v, op, literal) for v in _single(values_of(row, name)))


def values_of(row, name):
    value = row.get(name)
    if value is None or value.__class__ in (str, float):
        return () if value is None else (value,)
    if isinstance(value, list):
        return value
    from .values import settled
    return items(settled(value, "search"))


def _single(values):
    if len(values) > 1:
        raise NotImplementedSpl("!= or < on a multivalue field in search")
    return values


def _differs(values, matches, literal):
    """`!=` needs the field; `!=*` never matches."""
    return literal != "*" and any(not matches(v) for v in _single(values))


def matcher(literal):
    if "\\*" in literal:
        raise NotImplementedSpl("a backslash before a wildcard")
    if literal == "*":
        return _exists
    folded = literal.lower()
    if "*" in literal:
        pattern = re.compile(".*".join(re.escape(part) for part in folded.split("*")), re.S)
        return lambda v: pattern.fullmatch(_folded(text(v), literal)) is not None
    net = network(literal)
    if net is not None:
        return lambda v: text(v) == literal or (lambda a: a is not None and a.version == net.version and a in net)(address(text(v)))
    if not SURE_NUMBER.match(literal):
        return lambda v: isinstance(v, str) and _folded(v, literal) == folded
    number = float(literal)
    return lambda v: v.lower() == folded if isinstance(v, str) else abs(v - number) <= 1e-9 * abs(number) and text(v) == literal


def _exists(value):
    if value == "":
        raise NotImplementedSpl("`field=*` on an empty text")
    return True


def _folded(value, literal):
    """Lower case; beyond ASCII the manual does not say how case is folded."""
    low = value.lower()
    if not value.isascii() and low != literal and value != literal and (low != value or literal.lower() != literal):
        raise NotImplementedSpl("comparing letters outside ASCII without case")
    return low


def _ordered(value, op, literal):
    a, b = num(value), num(literal)
    if a is None or b is None:
        a, b = text(value), literal
        if (a < b) != (a.lower() < b.lower()) or (a == b) != (a.lower() == b.lower()):
            raise NotImplementedSpl("whether case matters to < and > on texts in search")
    return a < b if op == "<" else a <= b if op == "<=" else a > b if op == ">" else a >= b
