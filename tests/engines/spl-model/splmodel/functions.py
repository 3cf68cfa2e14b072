"""Evaluation functions (Search Reference: evaluation functions). Each maker takes argument expressions and gives one expression."""
import re

from . import context, functions_more, functions_numbers
from .expression import Expression, equal, number
from .functions_more import one
from .regex import compile_pcre
from .values import NotImplementedSpl, SplError, choose, items, mv, num, text, text_or_null

TABLE = {}


def function(name, least, most, *kinds):
    """Registers a maker. `kinds` are the argument kinds (the last one repeats): any, bool, num, str."""
    def register(maker):
        TABLE[name] = (least, most, kinds, maker)
        return maker
    return register


def call(name, args):
    if name not in TABLE:
        raise NotImplementedSpl(f"the function `{name}`")
    least, most, kinds, maker = TABLE[name]
    if len(args) < least or most is not None and len(args) > most:
        raise SplError(f"the arguments to the `{name}` function are invalid: {len(args)} given")
    for i, arg in enumerate(args):
        kind = kinds[min(i, len(kinds) - 1)] if kinds else "any"
        fits = {"any": arg.kind != "bool", "cond": arg.kind == "bool", "num": arg.kind in ("num", "any"), "str": arg.kind in ("str", "any"),
                "flex": True}[kind]
        if not fits:
            raise SplError(f"the arguments to the `{name}` function are invalid: argument {i + 1} is {arg.kind}")
    return maker(args)


def merged(kinds):
    rest = {k for k in kinds if k != "null"}
    return rest.pop() if len(rest) == 1 else "null" if not rest else "any"


def on_text(name, args, f, kind="str"):
    """A function of texts: null where an argument is null."""
    runs = [a.run for a in args]

    def run(row):
        values = [r(row) for r in runs]
        if any(v is None for v in values):
            return None
        return f(*[v if isinstance(v, float) and i else text(one(v, name)) for i, v in enumerate(values)])
    return Expression(run, kind)


def on_numbers(name, args, f):
    runs = [a.run for a in args]

    def run(row):
        values = [number(one(r(row), name), name) for r in runs]
        return None if any(v is None for v in values) else f(*values)
    return Expression(run, "num")


# ---- conditions ---------------------------------------------------------------------------------------------------------------------------------

@function("if", 3, 3, "cond", "flex")
def _if(args):
    test, yes, no = args
    if "bool" in (yes.kind, no.kind) and yes.kind != no.kind:
        raise NotImplementedSpl("if() of a boolean and another kind")
    return Expression(lambda row: yes.run(row) if test.run(row) is True else no.run(row), merged([yes.kind, no.kind]))


@function("case", 2, None, "flex")
def _case(args):
    if len(args) % 2:
        raise SplError("the arguments to the `case` function are invalid: an odd number")
    pairs = list(zip(args[::2], args[1::2]))
    for test, value in pairs:
        if test.kind != "bool" or value.kind == "bool":
            raise SplError("the arguments to the `case` function are invalid: it takes conditions and values that are not boolean")

    def run(row):
        for test, value in pairs:
            if test.run(row) is True:
                return value.run(row)
        return None
    return Expression(run, merged([v.kind for _, v in pairs] + ["null"]))


@function("coalesce", 1, None, "any")
def _coalesce(args):
    runs = [a.run for a in args]

    def run(row):
        for r in runs:
            v = r(row)
            if v is not None:
                return v
        return None
    return Expression(run, merged([a.kind for a in args]))


@function("null", 0, 0)
def _null(args):
    return Expression(lambda row: None, "null")


@function("true", 0, 0)
def _true(args):
    return Expression(lambda row: True, "bool")


@function("false", 0, 0)
def _false(args):
    return Expression(lambda row: False, "bool")


@function("isnull", 1, 1, "any")
def _isnull(args):
    f = args[0].run
    return Expression(lambda row: f(row) is None, "bool")


@function("isnotnull", 1, 1, "any")
def _isnotnull(args):
    f = args[0].run
    return Expression(lambda row: f(row) is not None, "bool")


def _kind_test(name, test):
    def make(args):
        f, null_matters = args[0].run, context.NULL_MATTERS

        def run(row):
            v = one(f(row), name)
            if v is None:
                return choose((False, None), f"{name}(null)") if null_matters else False
            n = num(v)
            if args[0].kind == "str" and n is not None:
                raise NotImplementedSpl(f"{name} of a text that looks like a number and was made by a function or literal")
            return test(n)
        return Expression(run, "bool")
    TABLE[name] = (1, 1, ("any",), make)


_kind_test("isnum", lambda n: n is not None)
_kind_test("isint", lambda n: n is not None and n == int(n))
_kind_test("isstr", lambda n: n is None)


@function("in", 2, None, "any")
def _in(args):
    null_matters = context.NULL_MATTERS
    subject, rest = args[0], args[1:]
    if subject.kind != "any":
        for a in rest:
            if {a.kind, subject.kind} == {"num", "str"}:
                raise SplError("type checking failed: `in` received different types")

    def run(row):
        v = one(subject.run(row), "in")
        if v is None:
            return _of_null("in", null_matters)
        missing = False
        for a in rest:
            same = equal(v, one(a.run(row), "in"), subject.kind == a.kind == "str")
            if same:
                return True
            missing = missing or same is None
        return choose((False, None), "in() with a null in its list") if missing and null_matters else False
    return Expression(run, "bool")


def _of_null(name, null_matters):
    if not null_matters or context.assumes("predicates-of-null"):
        return None
    return choose((None, False), f"{name}() of null (guard it with isnotnull)")


@function("nullif", 2, 2, "any")
def _nullif(args):
    def run(row):
        a, b = one(args[0].run(row), "nullif"), one(args[1].run(row), "nullif")
        return None if a is not None and equal(a, b) else a
    return Expression(run, args[0].kind)


# ---- matching ---------------------------------------------------------------------------------------------------------------------------------------

def _like_regex(pattern):
    if "\\" in pattern:
        raise NotImplementedSpl("a backslash in a like() pattern")
    parts = [".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern]
    return re.compile("".join(parts), re.S)


@function("like", 2, 2, "any", "str")
def _like(args):
    null_matters = context.NULL_MATTERS
    subject, fixed = args[0].run, context.LITERALS.get(args[1].run)
    ready = _like_regex(fixed) if fixed is not None else None

    def run(row):
        v, pattern = one(subject(row), "like"), args[1].run(row)
        if v is None or pattern is None:
            return _of_null("like", null_matters)
        return (ready or _like_regex(text(one(pattern, "like")))).fullmatch(text(v)) is not None
    return Expression(run, "bool")


@function("match", 2, 2, "any", "str")
def _match(args):
    null_matters = context.NULL_MATTERS
    subject, fixed = args[0].run, context.LITERALS.get(args[1].run)
    ready = compile_pcre(fixed) if fixed is not None else None

    def run(row):
        v, pattern = one(subject(row), "match"), args[1].run(row)
        if v is None or pattern is None:
            return _of_null("match", null_matters)
        return (ready or compile_pcre(text(pattern))).search(text(v)) is not None
    return Expression(run, "bool")


@function("cidrmatch", 2, 2, "str", "any")
def _cidrmatch(args):
    null_matters = context.NULL_MATTERS
    def run(row):
        net, ip = args[0].run(row), one(args[1].run(row), "cidrmatch")
        if net is None or ip is None:
            return _of_null("cidrmatch", null_matters)
        network = functions_more.network(text(net))
        if network is None:
            raise SplError(f"`{net}` is not a CIDR block")
        address = functions_more.address(text(ip))
        if address is None:
            return choose((False, None), "cidrmatch() of a text that is no address") if null_matters else False
        return address.version == network.version and address in network
    return Expression(run, "bool")


# ---- conversion and time ------------------------------------------------------------------------------------------------------------------------------

@function("tonumber", 1, 2, "str", "num")
def _tonumber(args):
    literal = context.LITERALS.get(args[0].run)

    def run(row):
        v = one(args[0].run(row), "tonumber")
        base = args[1].run(row) if len(args) > 1 else 10.0
        if v is None or base is None:
            return None
        result = functions_more.to_number(v, base)
        if result is None and literal is not None:
            raise SplError(f"tonumber cannot parse the literal `{literal}`")
        return result
    return Expression(run, "num")


@function("tostring", 1, 2, "flex", "str")
def _tostring(args):
    if args[0].kind == "null":
        raise NotImplementedSpl("tostring(null())")

    def run(row):
        v = args[0].run(row)
        if v is None:
            return choose((None, "Null"), "tostring() of null")
        if isinstance(v, bool):
            return "True" if v else "False"
        if len(args) == 1:
            return text(one(v, "tostring"))
        return functions_more.format_number(number(one(v, "tostring"), "tostring"), text_or_null(args[1].run(row)))
    return Expression(run, "str")


@function("now", 0, 0)
def _now(args):
    return Expression(lambda row: float(context.NOW), "num")


@function("time", 0, 0)
def _time(args):
    return Expression(lambda row: float(context.NOW), "num")


@function("mvfilter", 1, 1, "cond")
def _mvfilter(args):
    condition = args[0].run

    def run(row):
        # the manual allows one field; its values are tried one at a time
        names = functions_more.fields_read(condition, row)
        if len(names) != 1:
            raise NotImplementedSpl("mvfilter() over other than one field")
        name = names.pop()
        kept = []
        for v in items(row.get(name)):
            verdict = condition({**row, name: v})
            if verdict is True:
                kept.append(v)
        return mv(kept)
    return Expression(run, "any")


@function("mvmap", 2, 2, "any", "any")
def _mvmap(args):
    name = context.FIELDS.get(args[0].run)
    if name is None:
        raise NotImplementedSpl("mvmap() over other than a field")

    def run(row):
        values = args[0].run(row)
        return mv([args[1].run({**row, name: v}) for v in items(values)])
    return Expression(run, "any")


functions_numbers.register(function, on_numbers, TABLE)
functions_more.register(function, on_text, on_numbers)
