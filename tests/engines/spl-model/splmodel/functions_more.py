"""Text, multivalue, hash and time functions, and the helpers of functions.py."""
import hashlib
import ipaddress
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from urllib.parse import unquote

from . import timefmt
from .expression import Expression
from .regex import compile_pcre, replacement
from .values import NotImplementedSpl, SURE_NUMBER, SplError, finite, items, mv, num, suspicious, text, text_or_null


@lru_cache(maxsize=5000)
def network(source):
    if "/" not in source:
        return None
    try:
        return ipaddress.ip_network(source, strict=False)
    except ValueError:
        return None


def address(source):
    try:
        return ipaddress.ip_address(source)
    except ValueError:
        return None


def round_half_up(x, places):
    """2.555 to two places is 2.56 (the manual's example), so the decimal text is rounded; a negative half is not settled."""
    d = Decimal(repr(float(x)))
    step = Decimal(1).scaleb(-places)
    if d < 0 and (d / step) % 1 == Decimal("-0.5"):
        raise NotImplementedSpl("round() of a negative half")
    return float(d.quantize(step, rounding=ROUND_HALF_UP)) + 0.0


def domain(ok, name, f, *args):
    if not ok:
        raise NotImplementedSpl(f"{name}() outside its domain")
    try:
        return finite(float(f(*args)))
    except OverflowError:
        raise NotImplementedSpl(f"{name}() that overflows") from None


def to_number(value, base):
    if isinstance(value, float):
        return value
    if base == 10:
        if SURE_NUMBER.match(value):
            return float(value)
        if value != value.strip():
            return None
        if suspicious(value):
            raise NotImplementedSpl(f"tonumber of `{value}`")
        return None
    if base != int(base) or not 2 <= base <= 36:
        raise SplError("the base of tonumber() is a whole number from 2 to 36")
    if not re.match(r"[0-9A-Za-z]+\Z", value):
        return None
    try:
        return float(int(value, int(base)))
    except ValueError:
        return None


def format_number(n, style):
    if n is None:
        return None
    if style not in ("hex", "commas", "duration"):
        raise NotImplementedSpl(f"the format `{style}` of tostring()")
    if style == "commas":
        return f"{int(n):,}" if n == int(n) else f"{round_half_up(n, 2):,.2f}"
    if n != int(n) or n < 0:
        raise NotImplementedSpl(f"tostring(x, \"{style}\") of a fraction or a negative number")
    n = int(n)
    if style == "hex":
        return f"0x{n:X}"
    if n >= 86400:
        raise NotImplementedSpl("tostring(x, \"duration\") of a day and more")
    return f"{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}"


def fields_read(condition, row):
    """The names of the fields that a condition reads, found by watching it read."""
    seen = set()

    class Watch(dict):
        def get(self, key, default=None):
            seen.add(key)
            v = row.get(key, default)
            return v[0] if isinstance(v, list) else v
    condition(Watch(row))
    return seen


def ascii_case(fold):
    def run(s):
        ascii_only = "".join(fold(c) if c.isascii() else c for c in s)
        if ascii_only != fold(s):
            raise NotImplementedSpl("changing the case of letters outside ASCII")
        return ascii_only
    return run


def _substr(s, start, length=None):
    start = num(start)
    length = num(length) if length is not None else None
    if start is None or start != int(start) or start == 0 or length is not None and (length != int(length) or length < 0):
        raise NotImplementedSpl("substr() with this start or length")
    start = int(start)
    at = start - 1 if start > 0 else len(s) + start
    if at < 0:
        raise NotImplementedSpl("substr() that starts before the text")
    return s[at:] if length is None else s[at:at + int(length)]


def _split(s, delim):
    if delim == "":
        raise NotImplementedSpl("split() at the empty text")
    return mv(s.split(text(delim)))


def _printf(args):
    def run(row):
        values = [a.run(row) for a in args]
        if any(v is None or isinstance(v, list) for v in values):
            raise NotImplementedSpl("printf() with a null or multivalue argument")
        values[0] = text(values[0])
        fmt, given, out, at = values[0], values[1:], [], 0
        for m in re.finditer(r"%(?:%|([-+0 #]*)(\d*)(\.\d+)?([a-zA-Z*]))", fmt):
            out.append(fmt[at:m.start()])
            at = m.end()
            if m.group() == "%%":
                out.append("%")
                continue
            if not given or m.group(4) not in "dsfxX" or len(m.group()) > 8:
                raise NotImplementedSpl(f"`{m.group()}` in printf()")
            v = given.pop(0)
            if m.group(4) == "s":
                out.append(m.group() % text(v))
                continue
            n = num(v)
            if n is None or m.group(4) != "f" and n != int(n):
                raise NotImplementedSpl(f"`{m.group()}` of `{v}` in printf()")
            out.append(m.group() % (n if m.group(4) == "f" else int(n)))
        if given:
            raise NotImplementedSpl("printf() with arguments left over")
        return "".join(out) + fmt[at:]
    return Expression(run, "str")


def one(value, name):
    if isinstance(value, list):
        raise NotImplementedSpl(f"`{name}` on a multivalue field")
    return value


def _mvindex(args):
    runs = [a.run for a in args]

    def run(row):
        values = items(runs[0](row))
        bounds = [num(one(r(row), "mvindex")) for r in runs[1:]]
        if any(b is None or b != int(b) for b in bounds):
            return None
        at = [int(b) + len(values) if b < 0 else int(b) for b in bounds]
        start, end = at[0], at[-1]
        if start < 0 or end < 0:
            return None
        if len(at) > 1 and end >= len(values) > start:
            raise NotImplementedSpl("mvindex() that ends after the last value")
        return mv(values[start:end + 1])
    return Expression(run, "any")


def _on_values(args, f, kind="any"):
    runs = [a.run for a in args]

    def run(row):
        values = items(runs[0](row))
        rest = [text_or_null(r(row)) for r in runs[1:]]
        return f(values, *rest) if values and None not in rest else None
    return Expression(run, kind)


def _mvfind(values, pattern):
    found = compile_pcre(pattern)
    return next((float(i) for i, v in enumerate(values) if found.search(text(v))), None)


def _mvdedup(values):
    first = {}
    for v in values:
        first.setdefault(text(v), v)
    return mv(list(first.values()))


def _mvrange(start, end, step=1.0):
    if step <= 0 or any(x != int(x) for x in (start, end, step)):
        raise NotImplementedSpl("mvrange() of fractions or with a step that is not positive")
    if (end - start) / step > 10000:
        raise NotImplementedSpl("mvrange() of more than 10,000 values")
    return mv([float(x) for x in range(int(start), int(end), int(step))])


def _mvzip(args):
    def run(row):
        a, b = items(args[0].run(row)), items(args[1].run(row))
        delim = text_or_null(args[2].run(row)) if len(args) > 2 else ","
        if delim is None:
            raise NotImplementedSpl("mvzip() with a null delimiter")
        return mv([text(x) + delim + text(y) for x, y in zip(a, b)])
    return Expression(run, "any")


def _unquote(s):
    if "+" in s:
        raise NotImplementedSpl("`+` in urldecode()")
    return unquote(s, errors="strict")


def register(function, on_text, on_numbers):
    def text_function(name, least, most, f, kind="str", kinds=("str",)):
        function(name, least, most, *kinds)(lambda args: on_text(name, args, f, kind))

    text_function("lower", 1, 1, ascii_case(str.lower))
    text_function("upper", 1, 1, ascii_case(str.upper))
    text_function("len", 1, 1, lambda s: float(len(s)), "num")
    text_function("substr", 2, 3, _substr, "str", ("str", "num"))
    text_function("replace", 3, 3, lambda s, p, r: compile_pcre(text(p)).sub(replacement(text(r)), s))
    text_function("trim", 1, 2, lambda s, c=" \t": s.strip(text(c)))
    text_function("ltrim", 1, 2, lambda s, c=" \t": s.lstrip(text(c)))
    text_function("rtrim", 1, 2, lambda s, c=" \t": s.rstrip(text(c)))
    text_function("split", 2, 2, _split, "any")
    text_function("urldecode", 1, 1, _unquote)
    for name in ("md5", "sha1", "sha256", "sha512"):
        text_function(name, 1, 1, lambda s, n=name: hashlib.new(n, s.encode(), usedforsecurity=False).hexdigest())
    function("printf", 1, None, "any")(_printf)

    function("mvappend", 1, None, "any")(lambda args: Expression(
        lambda row: mv([v for a in args for v in items(a.run(row))]), "any"))
    function("mvcount", 1, 1, "any")(lambda args: _on_values(args, lambda vs: float(len(vs)), "num"))
    function("mvindex", 2, 3, "any", "num")(_mvindex)
    function("mvjoin", 2, 2, "any", "str")(lambda args: _on_values(args, lambda vs, d: d.join(text(v) for v in vs), "str"))
    function("mvfind", 2, 2, "any", "str")(lambda args: _on_values(args, _mvfind, "num"))
    function("mvdedup", 1, 1, "any")(lambda args: _on_values(args, _mvdedup))
    function("mvsort", 1, 1, "any")(lambda args: _on_values(args, lambda vs: mv(sorted(vs, key=text))))
    function("mvrange", 2, 3, "num")(lambda args: on_numbers("mvrange", args, _mvrange)._replace(kind="any"))
    function("mvzip", 2, 3, "any", "any", "str")(_mvzip)

    def relative_time(args):
        def run(row):
            t, source = num(one(args[0].run(row), "relative_time")), text_or_null(args[1].run(row))
            return None if t is None or source is None else timefmt.relative(t, source)
        return Expression(run, "num")
    function("relative_time", 2, 2, "num", "str")(relative_time)

    def strftime(args):
        def run(row):
            t, fmt = num(one(args[0].run(row), "strftime")), text_or_null(args[1].run(row))
            return None if t is None or fmt is None else timefmt.strftime(t, fmt)
        return Expression(run, "str")
    function("strftime", 2, 2, "num", "str")(strftime)
    text_function("strptime", 2, 2, lambda s, fmt: timefmt.strptime(s, text(fmt)), "num")
