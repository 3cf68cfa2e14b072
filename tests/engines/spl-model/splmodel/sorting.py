"""The order of sort and of dedup's sortby (Search Reference: sort). A row without the field comes last, ascending or descending."""
import ipaddress

from . import context
from .lexer import field_name
from .values import NotImplementedSpl, SURE_NUMBER, SplError, num, settled, suspicious, text


def parse_keys(t, signs=False):
    """Keys (field, kind, descending). `signs`: dedup's sortby wants a sign before each field."""
    keys = []
    while not t.done():
        if t.punct(","):
            continue
        kind, word = t.next()
        sign = ""
        if kind == "w" and word[0] in "+-":
            sign, word = word[0], word[1:]
            if not word:
                kind, word = t.next()
                if signs or keys or not t.done():
                    raise NotImplementedSpl("`- field` with a space, beside other fields")
        if signs and not sign:
            raise SplError("sortby needs + or - before each field")
        if kind == "w" and t.peek() == ("p", "("):
            how = word.lower()
            if how not in ("auto", "num", "str", "ip"):
                raise SplError(f"sort knows auto, num, str and ip, not `{word}`")
            t.expect("(")
            name = field_name(t.next())
            t.expect(")")
        else:
            if kind == "w" and word.lower() in ("desc", "d") and t.done():
                raise NotImplementedSpl("`desc` at the end of sort")
            how, name = "auto", field_name((kind, word))
        keys.append((name, how, sign == "-"))
    return keys


def sort_rows(rows, keys):
    """Rows that are equal in all keys keep their order, or the reverse of it under the assumption `reversed-ties`."""
    ordered = rows[::-1] if context.assumes("reversed-ties") else list(rows)
    for name, how, descending in reversed(keys):
        present, missing, values = [], [], []
        for row in ordered:
            value = settled(row.get(name), "sort")
            if value is None:
                missing.append(row)
            elif isinstance(value, list):
                raise NotImplementedSpl("sorting by a multivalue field")
            else:
                present.append(row)
                values.append(value)
        ranks = _ranks(values, how, name)
        order = sorted(range(len(present)), key=ranks.__getitem__)
        if descending:
            # stable also downwards: equal ranks keep their order
            order = sorted(range(len(present)), key=lambda i: _Down(ranks[i]))
        ordered = [present[i] for i in order] + missing
    return ordered


class _Down:
    __slots__ = ("rank",)

    def __init__(self, rank):
        self.rank = rank

    def __lt__(self, other):
        return other.rank < self.rank


def _ranks(values, how, name):
    if how == "str":
        return [text(v) for v in values]
    if how == "num":
        found = [num(v) for v in values]
        if None in found:
            raise NotImplementedSpl(f"num({name}) of a text that is no number")
        return found
    if how == "ip":
        return [_address(v, name) for v in values]
    if all(isinstance(v, float) for v in values):
        return values
    kinds = {_kind(v) for v in values}
    if kinds == {"num"}:
        return [num(v) for v in values]
    if kinds == {"ip"}:
        return [_address(v, name) for v in values]
    if kinds == {"text"} or len(set(map(text, values))) < 2:
        return [text(v) for v in values]
    raise NotImplementedSpl(f"sorting `{name}` by itself: {' and '.join(sorted(kinds))} mixed, the order is per pair (use num() or str())")


def _kind(value):
    """What auto takes a value for. A text that begins with a digit and is no number is ordered in two ways by the manual."""
    if isinstance(value, float) or SURE_NUMBER.match(value):
        return "num"
    if suspicious(value):
        return "something like a number"
    try:
        ipaddress.ip_address(value)
        return "ip"
    except ValueError:
        pass
    return "text with a digit first" if value[:1].isdigit() or value[:2].lstrip("+-.")[:1].isdigit() else "text"


def _address(value, name):
    try:
        a = ipaddress.ip_address(text(value))
    except ValueError:
        raise NotImplementedSpl(f"ip({name}) of a text that is no address") from None
    return (a.version, int(a))
