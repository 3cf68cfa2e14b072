"""stats, eventstats and streamstats (Search Reference pages of those names)."""
import re
from collections import namedtuple

from . import aggregates, context, timefmt
from .expression import parse, parse_condition
from .lexer import PLAIN_NAME, boolean, integer, string_end, unescape
from .values import NotImplementedSpl, SplError, Unsettled, holds, outcomes, settled, text, value_of

Term = namedtuple("Term", "function out read name")
Clause = namedtuple("Clause", "terms by options")

OPTION = re.compile(r"(current|window|global|time_window|reset_on_change|allnum)\s*=\s*\"?([A-Za-z0-9_]+)\"?(?=\s|,|\Z)", re.I)
RESET = re.compile(r"(reset_before|reset_after)\s*=\s*", re.I)
CALL = re.compile(r"([A-Za-z_]+\d*(?:\.\d+)?)\s*")
NAME = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\s,()='\"|<>!]+)")
MAX_WINDOW = 10000


def parse_clause(source, streaming=False):
    at, terms, by, options = 0, [], [], {}
    grouping = False
    while True:
        m = re.compile(r"[\s,]*").match(source, at)
        at = m.end()
        if at >= len(source):
            break
        m = OPTION.match(source, at)
        if m:
            if not streaming or m.group(1).lower() == "allnum":
                raise NotImplementedSpl(f"the option `{m.group(1)}` here")
            options[m.group(1).lower()] = m.group(2)
            at = m.end()
            continue
        m = RESET.match(source, at)
        if m and streaming:
            body, at = _reset_body(source, m.end())
            options[m.group(1).lower()] = parse_condition(body, m.group(1)).run
            continue
        if grouping:
            name, at = _name(source, at)
            by.append(name)
            continue
        m = re.compile(r"by\b", re.I).match(source, at)
        if m:
            grouping, at = True, m.end()
            continue
        term, at = _term(source, at)
        terms.append(term)
    if not terms:
        raise SplError("a statistical function is needed")
    if grouping and not by:
        raise SplError("BY without a field")
    names = [t.out for t in terms]
    if len(set(names)) < len(names):
        raise SplError("two statistics have the same output name")
    if set(names) & set(by):
        raise SplError("the output field of a statistic is also a BY field")
    if len(set(by)) < len(by):
        raise NotImplementedSpl("the same BY field twice")
    return Clause(terms, by, options)


def _name(source, at):
    m = NAME.match(source, at)
    if not m:
        raise NotImplementedSpl(f"`{source[at:at + 20]}` as a field name")
    if m.group(1) is not None:
        return unescape(m.group(1)), m.end()
    if m.group(2) is not None:
        return m.group(2), m.end()
    if not PLAIN_NAME.match(m.group(3)):
        raise NotImplementedSpl(f"`{m.group(3)}` as a field name (quote it)")
    return m.group(3), m.end()


def _balanced(source, at):
    """The index behind the parenthesis that closes the one at `at`."""
    depth, i = 0, at
    while i < len(source):
        c = source[i]
        if c == '"':
            i = string_end(source, i)
        elif c == "\\":
            i += 1
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
            if not depth:
                return i + 1
        i += 1
    raise SplError("unbalanced parentheses")


def _reset_body(source, at):
    """`("(" expr ")")`: the manual writes the parentheses in double quotes and escapes the quotes inside; plain parentheses are taken too."""
    if source.startswith('"("', at):
        m = re.compile(r'(?<!\\)"\)"').search(source, at + 3)
        if not m:
            raise SplError("unbalanced reset expression")
        return source[at + 3:m.start()].replace('\\"', '"'), m.end()
    if source.startswith("(", at):
        end = _balanced(source, at)
        return source[at + 1:end - 1], end
    raise SplError("a reset expression needs parentheses")


def _term(source, at):
    m = CALL.match(source, at)
    if not m:
        raise SplError(f"cannot parse the statistic at `{source[at:at + 20]}`")
    name, known = m.group(1), aggregates.lookup(m.group(1))
    if known is None:
        raise NotImplementedSpl(f"the statistical function `{name}`")
    function, named = known
    at, out, read = m.end(), name, None
    if source.startswith("(", at):
        end = _balanced(source, at)
        inner, at = source[at + 1:end - 1].strip(), end
        read, label = _argument(inner, aggregates.ALIASES.get(name, name) == "count")
        out = f"{name}({label})" if label else None
    elif name not in ("count", "c"):
        raise NotImplementedSpl(f"`{name}` without an argument (deprecated)")
    m = re.compile(r"\s*as\s+", re.I).match(source, at)
    if m:
        out, at = _name(source, m.end())
    elif out is None or not named:
        raise NotImplementedSpl(f"`{name}` of an expression or by another name without AS")
    return Term(function, out, read, name), at


def _argument(inner, counting):
    """(reader of a row, column label); a condition inside count(eval()) counts the rows where it is true."""
    m = re.match(r"eval\s*\(", inner)
    if m:
        if _balanced(inner, m.end() - 1) != len(inner):
            raise SplError(f"cannot parse `{inner}`")
        e = parse(inner[m.end():-1])
        if e.kind == "bool":
            if not counting:
                raise NotImplementedSpl("a condition in eval() of another function than count")
            return (lambda row: 1.0 if holds(e.run, row) else None), None
        return (lambda row: value_of(e.run, row)), None
    if not inner:
        raise NotImplementedSpl("empty parentheses")
    name, end = _name(inner, 0)
    if end != len(inner) or "*" in name:
        raise NotImplementedSpl(f"`{inner}` in a statistical function")
    return (lambda row: row.get(name)), name


def key_of(row, by):
    """The texts of the BY fields, or None when one is missing."""
    key = []
    for name in by:
        value = row.get(name)
        if value is None:
            return None
        if isinstance(value, list):
            raise NotImplementedSpl("a multivalue BY field")
        key.append(text(settled(value, "BY")))
    return tuple(key)


def pairs_of(term, rows):
    if term.read is None:
        return [(1.0, None)] * len(rows)
    found = []
    for row in rows:
        value = term.read(row)
        if value.__class__ is Unsettled and None in value.options:
            raise NotImplementedSpl(f"{term.name}() of a value that the manual does not settle: {value.why}")
        if value is not None:
            found.append((value, row.get("_time") if term.name in aggregates.BY_TIME else None))
    return found


def groups_of(rows, by):
    groups = {}
    for row in rows:
        key = key_of(row, by)
        if key is not None:
            groups.setdefault(key, []).append(row)
    return groups


def run_stats(clause, rows):
    groups = groups_of(rows, clause.by)
    if not clause.by and not groups:
        groups = {(): []}
    ordered = sorted(groups, reverse=context.assumes("reversed-ties"))
    out = []
    for key in ordered:
        members = groups[key]
        row = {name: members[0][name] for name in clause.by}
        for term in clause.terms:
            value = term.function(pairs_of(term, members))
            if value is not None:
                row[term.out] = value
        if row:
            out.append(row)
    return out


def assign(row, name, value):
    """An empty result leaves the question whether a field of that name keeps its value."""
    if value is not None:
        row[name] = value
    elif row.get(name) is not None:
        old = row[name]
        options = old.options if isinstance(old, Unsettled) else (old,)
        row[name] = Unsettled(tuple(dict.fromkeys((*_hashable(options), None))),
                              f"whether an empty result clears the field `{name}` (use a fresh name)")


def _hashable(options):
    if any(isinstance(o, list) for o in options):
        raise NotImplementedSpl("an empty result over a multivalue field of the same name")
    return options


def run_eventstats(clause, rows):
    groups = groups_of(rows, clause.by)
    results = {key: [t.function(pairs_of(t, members)) for t in clause.terms] for key, members in groups.items()}
    for row in rows:
        key = key_of(row, clause.by)
        found = results[key] if key is not None else [None] * len(clause.terms)
        for term, value in zip(clause.terms, found):
            assign(row, term.out, value)
    return rows


# ---- streamstats ------------------------------------------------------------------------------------------------------------------------------

def run_streamstats(clause, rows):
    o = clause.options
    current = boolean(o.get("current", "true"))
    window = integer(o.get("window", "0"), "window")
    split = not boolean(o.get("global", "true"))
    on_change = boolean(o.get("reset_on_change", "false"))
    span = timefmt.span_seconds(o["time_window"], "time_window") if "time_window" in o else None
    if window > MAX_WINDOW:
        raise SplError(f"window={window} is above the limit of {MAX_WINDOW}")
    if not window and len(rows) > MAX_WINDOW and not context.assumes("unbounded-streamstats"):
        raise NotImplementedSpl("streamstats without window over more than 10,000 rows (the manual names max_stream_window there)")
    if on_change and not clause.by:
        raise SplError("reset_on_change needs BY")
    if span is not None:
        _check_times(rows)
    if not window and span is None:
        return _running(clause, rows, current, on_change)
    return _windowed(clause, rows, current, window, split, span, on_change)


def _check_times(rows):
    times = [row.get("_time") for row in rows]
    if any(not isinstance(t, float) for t in times):
        raise NotImplementedSpl("time_window over rows without a numeric _time")
    steps = list(zip(times, times[1:]))
    if any(a > b for a, b in steps) and any(a < b for a, b in steps):
        raise SplError("time_window needs events in ascending or descending order of _time")


class Running:
    """One statistic of one group, growing row by row."""

    def __init__(self, term):
        self.term, self.pairs, self.sum, self.n = term, [], 0.0, 0
        self.plain = {"count": "count", "c": "count", "last": "last", "first": "first", "sum": "sum"}.get(term.name)

    def add(self, pairs):
        simple = self.plain and all(p[0].__class__ in (float, str) for p in pairs)
        if self.plain and not simple:
            self.plain = None
        self.pairs += pairs
        if self.plain == "sum":
            for p in aggregates.numbers(pairs, "sum"):
                self.sum += p

    def result(self):
        if self.plain == "count":
            return float(len(self.pairs))
        if self.plain == "last":
            return self.pairs[-1][0] if self.pairs else None
        if self.plain == "first":
            return self.pairs[0][0] if self.pairs else None
        if self.plain == "sum":
            return self.sum if self.pairs else None
        return self.term.function(self.pairs)


def _running(clause, rows, current, on_change):
    terms, by, groups, before = clause.terms, clause.by, {}, None
    for row in rows:
        key = key_of(row, by)
        if key is None:
            _refuse_reset_on(row, clause)
            for term in terms:
                assign(row, term.out, None)
            continue
        if on_change and before is not None and key != before:
            groups.clear()
        before = key
        if _resets(clause, "reset_before", row):
            groups.clear()
        state = groups.get(key)
        if state is None:
            state = groups[key] = [Running(t) for t in terms]
        # every statistic reads the row as it came, before any is written
        incoming = [pairs_of(s.term, (row,)) for s in state]
        if current:
            for s, pairs in zip(state, incoming):
                s.add(pairs)
        for s in state:
            assign(row, s.term.out, s.result())
        if not current:
            for s, pairs in zip(state, incoming):
                s.add(pairs)
        if _resets(clause, "reset_after", row):
            groups.clear()
    return rows


def _windowed(clause, rows, current, window, split, span, on_change):
    terms, by, held, before = clause.terms, clause.by, [], None
    for row in rows:
        key = key_of(row, by)
        if key is None:
            _refuse_reset_on(row, clause)
            if window and not split:
                raise NotImplementedSpl("a row without its BY field in a window that the groups share")
            for term in terms:
                assign(row, term.out, None)
            continue
        if on_change and before is not None and key != before:
            held = []
        before = key
        if _resets(clause, "reset_before", row):
            held = []
        mine = (key, row.get("_time"), [pairs_of(t, (row,)) for t in terms])
        seen = held + [mine] if current else held
        if span is not None:
            seen = [h for h in seen if _inside(h[1], row["_time"], span)]
        if window and split or span is not None and not window:
            seen = [h for h in seen if h[0] == key]
        if window:
            if span is not None and by and not split:
                raise NotImplementedSpl("window with time_window and BY without global=f")
            seen = seen[-window:]
        if len(seen) > MAX_WINDOW:
            raise NotImplementedSpl("a window of more than 10,000 rows")
        seen = [h for h in seen if h[0] == key]
        for i, term in enumerate(terms):
            assign(row, term.out, term.function([p for h in seen for p in h[2][i]]))
        held.append(mine)
        if span is not None:
            held = [h for h in held if abs(h[1] - row["_time"]) <= span]
        elif not split:
            held = held[-window:]
        elif len(held) > 4 * window + 1000:
            held = _latest_per_group(held, window)
        if _resets(clause, "reset_after", row):
            held = []
    return rows


def _inside(t, now, span):
    """Open at its far end by second-hand measurement (docs are silent); the assumption `time_window-closed` closes it."""
    distance = abs(now - t)
    return distance <= span if context.assumes("time_window-closed") else distance < span


def _latest_per_group(held, window):
    kept, counts = [], {}
    for h in reversed(held):
        counts[h[0]] = counts.get(h[0], 0) + 1
        if counts[h[0]] <= window:
            kept.append(h)
    return kept[::-1]


def _resets(clause, option, row):
    test = clause.options.get(option)
    if test is None:
        return False
    found, why = outcomes(test, row)
    if len({v is True for v in found}) > 1:
        raise NotImplementedSpl(f"{option}: {why}")
    return found[0] is True


def _refuse_reset_on(row, clause):
    if "reset_before" in clause.options or "reset_after" in clause.options:
        raise NotImplementedSpl("a reset expression at a row without its BY field")
