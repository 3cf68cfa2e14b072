"""Conditions: from the parser's concrete syntax tree to a function over one document.

Comes in: a node of the PyPI parser's tree and the mapping. Goes out: `condition(values) -> True | False`, or `Open` where what the manual does
not say decides it. Knows nothing of sequences.

Sources: Elastic, "EQL syntax reference" (conditions, lookup and logical operators, optional fields, strings, limitations) unless a line says
otherwise. Of a missing field in a comparison a real node says: `==`, `<`, `in`, `like`, `:` are false, and `!=`, `not` of those true. Of
null out of a function or an operator nobody says what `not`, `!=`, `and`, `or` make of it, so three readings have to agree (`MODES`).
"""

import re

from elastic.parser import Fault, decode

from . import functions
from .errors import Open, Refused, agree
from .text import before, like, regex, same_folded
from .values import Many, kind_of, read_date, read_ip

# to the letter: null equals nothing and `not` needs a false; Kleene: null spreads; two-valued: a null condition is false
MODES = LETTER, KLEENE, TWO_VALUED = range(3)


class Term:
    """A value: `kind` of `string number boolean date ip null`, `of(values)`, the fields in it, and the constant if it is one."""

    def __init__(self, kind, of, fields=(), constant=False, field=None, absent=False):
        self.kind, self.of, self.fields, self.constant, self.field, self.absent = kind, of, tuple(fields), constant, field, absent


def constant(kind, value):
    return Term(kind, lambda values: value, constant=True)


def condition(node, mapping):
    """Whether a document matches: a function of its values."""
    test = Compiler(mapping).truth(node)

    def matches(values):
        if test(values, LETTER) is test(values, KLEENE) is test(values, TWO_VALUED):
            return test(values, LETTER) is True
        return agree([test(values, mode) is True for mode in MODES], "what a logical operator makes of null")
    return matches


def field_name(token_text):
    """`(name, optional)` of a field as it is written."""
    optional = token_text.startswith("?")
    parts = re.findall(r"`[^`]*`|[^.`\s]+", token_text.removeprefix("?"))
    if any(part.startswith("[") or part.endswith("]") for part in parts):
        raise Refused(f"`{token_text}`: array positions are not in Elasticsearch's EQL")
    return ".".join(part.strip("`") for part in parts), optional


class Compiler:
    def __init__(self, mapping):
        self.mapping = mapping

    # Conditions: functions of (values, mode) giving True, False or None for null.

    def truth(self, node):
        name = "truth_" + node.data
        if hasattr(self, name):
            return getattr(self, name)(node)
        if node.data in ("literal", "function_call"):
            return self.truth_term(node)
        raise Refused(f"`{node.data}` as a condition is not modelled")

    def truth_term(self, node):
        term = self.term(node)
        if term.kind not in ("boolean", "null"):
            raise Refused("expected a condition, found a value")

        def test(values, mode):
            value = term.of(values)
            return False if value is None and mode == TWO_VALUED else value
        return test

    def truth_and_expr(self, node):
        tests = [self.truth(child) for child in node.children]

        def test(values, mode):
            found = _decided(tests, values, mode, False)
            if all(value is True for value in found):
                return True
            return None if mode == KLEENE and False not in found else False
        return test

    def truth_or_expr(self, node):
        tests = [self.truth(child) for child in node.children]

        def test(values, mode):
            found = _decided(tests, values, mode, True)
            if any(value is True for value in found):
                return True
            return None if mode == KLEENE and None in found else False
        return test

    def truth_not_expr(self, node):
        *nots, inner = node.children
        test = self.truth(inner)
        for _ in nots:
            test = _negated(test)
        return test

    def truth_comparison(self, node):
        left, operator, right = node.children
        if operator == "=":
            raise Refused("`=` is not supported as an equal operator")
        left, right = self.term(left), self.term(right)
        if left.fields and right.fields:
            raise Refused("a field is compared with another field")
        if any(side.kind == "null" and side.constant for side in (left, right)):
            return self.null_test(left, str(operator), right)
        compare = self.comparison(left, str(operator), right)
        direct = left.field or right.field
        expected = operator == "!="

        def test(values, mode):
            a, b = left.of(values), right.of(values)
            if a is None or b is None:
                return None if mode == KLEENE and not direct else expected
            if expected:
                return not _any_of(a, lambda x: _any_of(b, lambda y: not compare(x, y)), direct)
            return _any_of(a, lambda x: _any_of(b, lambda y: compare(x, y), direct), direct)
        return test

    def null_test(self, left, operator, right):
        """ "Check if a field exists": only `== null` and `!= null`."""
        term = left if right.constant and right.kind == "null" else right
        if operator not in ("==", "!="):
            raise Refused(f"`{operator}` does not compare with null")

        def test(values, mode):
            return (term.of(values) is None) == (operator == "==")
        return test

    def comparison(self, left, operator, right):
        if left.absent or right.absent:
            return None
        left, right = self.aligned(left, right)
        if left.kind == "boolean" and operator not in ("==", "!="):
            raise Refused(f"the manual does not order booleans: `{operator}`")
        if left.kind == "ip" and operator not in ("==", "!="):
            raise Refused(f"the manual does not order addresses: `{operator}`")
        if operator in ("==", "!="):
            return lambda a, b: (a == b) == (operator == "==")
        less = before if left.kind == "string" else (lambda a, b: a < b)
        return {
            "<": less, ">": lambda a, b: less(b, a), "<=": lambda a, b: a == b or less(a, b), ">=": lambda a, b: a == b or less(b, a),
        }[operator]

    def aligned(self, left, right):
        """Two terms of one kind; a constant becomes a date or an address beside a field of that kind ("date", "ip")."""
        if left.kind == right.kind:
            return left, right
        for one, other in ((left, right), (right, left)):
            if one.kind in ("date", "ip") and one.field and other.constant:
                value, read = other.of(None), read_date if one.kind == "date" else read_ip
                try:
                    value = read(value)
                except ValueError as error:
                    raise Refused(str(error)) from error
                other.kind, other.of = one.kind, lambda values: value
                return left, right
        raise Refused(f"a {left.kind} is compared with a {right.kind}")

    def truth_in_set(self, node):
        left, operator, listed = node.children
        left = self.term(left)
        items = [self.term(child) for child in listed.children]
        if not all(item.constant for item in items):
            raise Refused("a list holds constants")
        if left.absent:
            return self.unknown(False)
        wanted = [self.aligned(left, item)[1].of(None) for item in items]
        if operator == "in~":
            if left.kind != "string":
                raise Refused("`in~` takes strings")
            return self.missing_is(left, lambda value: any([same_folded(value, one) for one in wanted]))
        return self.missing_is(left, lambda value: value in wanted)

    def truth_not_in_set(self, node):
        left, _, operator, listed = node.children if len(node.children) == 4 else (node.children[0], None, *node.children[1:])

        class Positive:
            children = (left, operator, listed)
        test = self.truth_in_set(Positive)
        return _negated(test)

    def truth_string_predicate(self, node):
        left, operator, *patterns = node.children
        left = self.term(left)
        patterns = [self.term(child) for child in patterns]
        if any(pattern.kind != "string" for pattern in patterns):
            raise Refused(f"`{operator}` compares strings")
        if left.absent:
            return self.unknown(False)
        if left.kind != "string":
            raise Refused(f"`{operator}` compares strings, found a {left.kind}")
        fold, match = str(operator) in (":", "like~", "regex~"), regex if operator.startswith("regex") else like
        wanted = [pattern.of(None) for pattern in patterns]
        for pattern in wanted:
            match("", pattern, fold)  # a bad pattern is a fault of the query, not of a document
        return self.missing_is(left, lambda value: any([match(value, pattern, fold) for pattern in wanted]))

    def missing_is(self, left, compare):
        def test(values, mode):
            value = left.of(values)
            if value is None:
                return None if mode == KLEENE and not left.field else False
            return _any_of(value, compare, left.field)
        return test

    def unknown(self, letter):
        """A comparison with an optional field that is not mapped, which "the query replaces with null"."""
        return lambda values, mode: None if mode == KLEENE else letter

    # Values.

    def term(self, node):
        return getattr(self, "term_" + node.data, self.no_term)(node)

    def no_term(self, node):
        raise Refused(f"`{node.data}` as a value is not modelled")

    def term_literal(self, node):
        kind = node.children[0]
        if kind.data == "null":
            return Term("null", lambda values: None, constant=True)
        token = kind.children[0]
        if kind.data == "boolean":
            return constant("boolean", token == "true")
        if kind.data == "number":
            value = int(token) if token.type == "UNSIGNED_INTEGER" else float(token)
            if value > functions.LARGEST and isinstance(value, int):
                raise Refused(f"`{token}` is no 64-bit integer")
            return constant("number", value)
        if token.type not in ("DQ_STRING", "RAW_TQ_STRING"):
            raise Refused(f"`{token}`: strings stand in double quotes")
        if token.type == "DQ_STRING" and re.search(r"(?<!\\)(\\\\)*\\[bf']", token):
            raise Refused(f"{token}: an escape that the manual does not list")
        try:
            return constant("string", decode(token))
        except Fault as fault:
            raise Refused(fault.message) from fault

    def term_value(self, node):
        sign, inner = node.children
        term = self.term(inner)
        if term.kind != "number" or not term.constant:
            raise Refused(f"`{sign}` stands before a number")
        return term if sign == "+" else constant("number", -term.of(None))

    def term_field(self, node):
        return self.field(str(node.children[0]))

    def term_base_field(self, node):
        return self.field(str(node.children[0].children[0]))

    def field(self, written):
        name, optional = field_name(written)
        if name not in self.mapping:
            if not optional:
                raise Refused(f"field `{name}` does not exist: it is not mapped")
            return Term("null", lambda values: None, absent=True)
        kind, _ = kind_of(self.mapping, name)
        return Term(kind, lambda values: values.get(name), (name,), field=name)

    def term_sum_expr(self, node):
        return self.operators(node)

    term_mul_expr = term_sum_expr

    def operators(self, node):
        left = self.term(node.children[0])
        for operator, right in zip(node.children[1::2], node.children[2::2]):
            left = self.operator(str(operator), left, self.term(right))
        return left

    def operator(self, symbol, left, right):
        for side in (left, right):
            if side.kind not in ("number", "null"):
                raise Refused(f"`{symbol}` takes numbers, found a {side.kind}")
        compute, a, b = functions.OPERATORS[symbol], left.of, right.of
        return Term("number", lambda values: compute(_single(a(values)), _single(b(values))), left.fields + right.fields)

    def term_function_call(self, node):
        written = str(node.children[0])
        name, fold = written.rstrip("~("), "~" in written
        arguments = [self.term(child) for child in (node.children[1].children if len(node.children) > 1 and node.children[1] else ())]
        if name in functions.FOLDABLE:
            function, least, most, kind = functions.FOLDABLE[name]
            call = lambda *given: function(fold, *given)  # noqa: E731
        elif name in functions.PLAIN and not fold:
            call, least, most, kind = functions.PLAIN[name]
        else:
            raise Refused(f"the manual has no function `{written}`")
        if not least <= len(arguments) <= most:
            raise Refused(f"`{written}` takes {least} to {most} arguments, found {len(arguments)}")
        self.arguments(name, arguments)
        takes = [argument.of for argument in arguments]
        fields = [field for argument in arguments for field in argument.fields]
        return Term(kind, lambda values: call(*[_single(take(values)) for take in takes]), fields)

    def arguments(self, name, arguments):
        """ "EQL function reference": which kinds a parameter supports."""
        numeric = name in ("add", "subtract", "multiply", "divide", "modulo")
        for at, argument in enumerate(arguments):
            if argument.kind == "null":
                continue
            allowed = {"number"} if numeric else {"string"}
            if name in ("string", "concat"):
                allowed = {"string", "number", "boolean"}
            elif (name, at) in {("indexOf", 2), ("substring", 1), ("substring", 2), ("number", 1)}:
                allowed = {"number"}
            elif (name, at) == ("between", 3):
                allowed = {"boolean"}
            elif (name, at) == ("cidrMatch", 0):
                allowed = {"ip"} if argument.fields else {"string"}
            if argument.kind not in allowed:
                raise Refused(f"`{name}` does not take a {argument.kind} there")
            if argument.fields and (name, at) in {("number", 1), ("between", 3)}:
                raise Refused(f"`{name}` does not take a field there")
            if name == "cidrMatch" and at:
                if not argument.constant:
                    raise Refused("`cidrMatch` takes constant blocks")
                functions.network(argument.of(None))


def _decided(tests, values, mode, decisive):
    """What the tests give; `decisive` from one of them settles it, whatever is open in another."""
    found, unsettled = [], None
    for test in tests:
        try:
            found.append(test(values, mode))
        except Open as error:
            unsettled = error
        if found and found[-1] is decisive:
            return [decisive]
    if unsettled:
        raise unsettled
    return found


def _negated(test):
    def negated(values, mode):
        value = test(values, mode)
        return None if value is None else not value
    return negated


def _any_of(value, test, direct=True):
    """Of several values of a field one is enough, "Term query" and "Range query": documents that contain such a term (and EQL runs comparisons of
    a field as those: elasticsearch#76612); `!=` is the negation, as for a missing field."""
    if isinstance(value, Many) and direct:
        return any([test(one) for one in value])
    return test(_single(value))


def _single(value):
    if isinstance(value, Many):
        raise Open("the manual leaves open what a function or an operator makes of a field with several values")
    return value
