"""Commands that cut, split or extract values: bin, mvexpand, makemv, rex (Search Reference pages of those names)."""
import re

from . import timefmt
from .lexer import Tokens, boolean, field_name, integer
from .regex import compile_pcre
from .values import NotImplementedSpl, SplError, items, mv, num, settled, text


def register(command):
    @command("bin", "bucket")
    def _bin(body):
        t, span, name = Tokens(body), None, None
        new = None
        while not t.done():
            option = t.option("span")
            if option:
                span = option[1]
            elif t.word("as"):
                new = field_name(t.next())
            elif name is None:
                if t.peek(1) == ("p", "="):
                    raise NotImplementedSpl(f"bin with `{t.peek()[1]}=`")
                name = field_name(t.next())
            else:
                t.end()
        if name is None or span is None:
            raise NotImplementedSpl("bin without a field or without span=")
        out = new or name
        if name == "_time":
            if span.isdigit():
                raise NotImplementedSpl("bin _time with a span without a unit")
            m = re.match(r"(\d+)ms\Z", span)
            width = 0 if m else timefmt.span_seconds(span, "span")
            if m or width > 86400 or width == 86400 and not span.startswith("1d"):
                raise NotImplementedSpl(f"bin _time span={span} (s, m, h and 1d are settled)")

            def cut(v):
                if not isinstance(v, float):
                    raise NotImplementedSpl("bin of a _time that is no number")
                return float(v // width * width)
        else:
            if not span.isdigit() or not int(span):
                raise NotImplementedSpl(f"bin span={span} of a field other than _time")
            width = int(span)

            def cut(v):
                n = num(v)
                if n is None or n < 0:
                    raise NotImplementedSpl("bin of a text or a negative number")
                low = int(n // width * width)
                return f"{low}-{low + width}"

        def run(rows, state):
            for row in rows:
                v = settled(row.get(name), "bin")
                if isinstance(v, list):
                    raise NotImplementedSpl("bin of a multivalue field")
                if v is not None:
                    row[out] = cut(v)
                elif new:
                    row.pop(new, None)
            return rows
        return run

    @command("mvexpand")
    def _mvexpand(body):
        t = Tokens(body)
        name = field_name(t.next())
        t.end()

        def run(rows, state):
            out = []
            for row in rows:
                values = items(settled(row.get(name), "mvexpand"))
                if not values:
                    raise NotImplementedSpl(f"mvexpand of a row without `{name}`")
                out += [{**row, name: v} for v in values]
            return out
        return run

    @command("makemv")
    def _makemv(body):
        t, delim, allow = Tokens(body), " ", False
        while True:
            option = t.option("delim", "allowempty", "tokenizer", "setsv")
            if not option:
                break
            if option[0] == "delim" and option[1]:
                delim = option[1]
            elif option[0] == "allowempty":
                allow = boolean(option[1])
            else:
                raise NotImplementedSpl(f"makemv {option[0]}=")
        name = field_name(t.next())
        t.end()

        def run(rows, state):
            for row in rows:
                v = settled(row.get(name), "makemv")
                if v is None:
                    continue
                parts = text(v).split(delim)
                if "" in parts and allow:
                    raise NotImplementedSpl("makemv with empty values")
                found = mv([p for p in parts if p])
                if found is None:
                    raise NotImplementedSpl("makemv of nothing but delimiters")
                row[name] = found
            return rows
        return run

    @command("rex")
    def _rex(body):
        t, name, limit = Tokens(body), "_raw", 1
        while True:
            option = t.option("field", "max_match", "mode", "offset_field")
            if not option:
                break
            if option[0] == "field":
                name = option[1]
            elif option[0] == "max_match":
                limit = integer(option[1], "max_match")
            else:
                raise NotImplementedSpl(f"rex {option[0]}=")
        kind, source = t.next()
        if kind != "q":
            raise NotImplementedSpl("a rex pattern without double quotes")
        t.end()
        pattern = compile_pcre(source)
        if not pattern.groupindex:
            raise SplError("rex needs a named group")

        def run(rows, state):
            for row in rows:
                v = settled(row.get(name), "rex")
                if isinstance(v, list):
                    raise NotImplementedSpl("rex on a multivalue field")
                found = list(pattern.finditer(text(v))) if v is not None else []
                found = found[:limit] if limit else found
                for group in pattern.groupindex if found else ():
                    got = [m.group(group) for m in found]
                    if any(not g for g in got):
                        raise NotImplementedSpl("a rex group that takes part in no match, or is empty")
                    row[group] = mv(got)
            return rows
        return run
