"""The other commands, one maker each: command text -> function of (rows, state) giving rows."""
import fnmatch

from . import commands_values, context, search, stats
from .commands_data import makeresults, run_inputlookup, run_lookup
from .expression import parse_assignments, parse_condition
from .lexer import Tokens, boolean, field_list, field_name, integer
from .sorting import parse_keys, sort_rows
from .values import NotImplementedSpl, SplError, Unsettled, holds, num, settled, text, value_of

MAKERS = {}


def command(*names):
    def register(maker):
        for name in names:
            MAKERS[name] = maker
        return maker
    return register


@command("search")
def _search(body):
    test, _ = search.parse(body, False)
    return lambda rows, state: [r for r in rows if test(r)]


@command("where")
def _where(body):
    condition = parse_condition(body, "where").run
    return lambda rows, state: [r for r in rows if holds(condition, r)]


@command("eval")
def _eval(body):
    parts = [(name, e.run) for name, e in parse_assignments(body)]

    def run(rows, state):
        for row in rows:
            for name, f in parts:
                value = value_of(f, row)
                if value is None:
                    row.pop(name, None)
                else:
                    row[name] = value
        return rows
    return run


@command("fields")
def _fields(body):
    t = Tokens(body)
    minus = bool(t.word("-"))
    if not minus:
        t.word("+")
    kind, first = t.peek()
    if kind == "w" and first[0] in "+-":
        raise NotImplementedSpl("`fields` with + or - glued to a name")
    names = field_list(t, wild=True)
    if not names:
        raise SplError("fields needs a field")
    # internal fields stay unless they are named
    tests = [n for n in names]

    def keeps(name):
        hit = any(_matches(name, n) for n in tests)
        return not hit if minus else hit or name in ("_time", "_raw")

    def run(rows, state):
        if minus:
            state.columns = [c for c in state.columns if keeps(c)]
        else:
            state.columns = [n for n in names if "*" not in n]
        return [{k: v for k, v in row.items() if keeps(k)} for row in rows]
    return run


def _matches(name, pattern):
    if "*" not in pattern:
        return name == pattern
    if name.startswith("_") and not pattern.startswith("_"):
        return False
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))


@command("table")
def _table(body):
    names = field_list(Tokens(body), wild=True)
    if not names:
        raise SplError("table needs a field")

    def run(rows, state):
        seen = list(dict.fromkeys(k for row in rows for k in row))
        wanted = []
        for n in names:
            wanted += [k for k in seen if _matches(k, n)] if "*" in n else [n]
        state.columns = list(dict.fromkeys(wanted))
        return [{k: row[k] for k in state.columns if k in row} for row in rows]
    return run


@command("rename")
def _rename(body):
    t, pairs = Tokens(body), []
    while not t.done():
        old = field_name(t.next())
        if not t.word("as"):
            raise SplError("expected AS in rename")
        pairs.append((old, field_name(t.next())))
        t.punct(",")
    names = [n for p in pairs for n in p]
    if not pairs or len(set(names)) < len(names):
        raise NotImplementedSpl("rename of fields that overlap")

    def run(rows, state):
        for old, new in pairs:
            state.columns = [new if c == old else c for c in state.columns if c != new]
            if not any(old in row for row in rows):
                for row in rows:
                    row.pop(new, None)
        mapping = dict(pairs)
        targets = {new for old, new in pairs}
        return [{mapping.get(k, k): v for k, v in row.items() if k not in targets} for row in rows]
    return run


@command("fillnull")
def _fillnull(body):
    t, value = Tokens(body), "0"
    option = t.option("value")
    if option:
        value = option[1]
    names = field_list(t)
    filler = num(value) if num(value) is not None and text(num(value)) == value else value

    def run(rows, state):
        wanted = names or list(dict.fromkeys(k for row in rows for k in row))
        for row in rows:
            for name in wanted:
                if isinstance(row.get(name), Unsettled):
                    settled(row[name], "fillnull")
                row.setdefault(name, filler)
        return rows
    return run


@command("sort")
def _sort(body):
    t, limit = Tokens(body), 10000
    kind, word = t.peek()
    option = t.option("limit")
    if option:
        limit = integer(option[1], "sort limit")
    elif kind == "w" and word.isdigit():
        limit = int(word)
        t.next()
    keys = parse_keys(t)
    if not keys:
        raise SplError("sort needs a field")

    def run(rows, state):
        ordered = sort_rows(rows, keys)
        return ordered[:limit] if limit else ordered
    return run


@command("dedup")
def _dedup(body):
    t, keep, names, options, keys = Tokens(body), 1, [], {}, None
    kind, word = t.peek()
    if kind == "w" and word.isdigit():
        keep = integer(word, "dedup")
        t.next()
        if keep < 1:
            raise SplError("dedup needs a number above 0")
    while not t.done():
        option = t.option("keepevents", "keepempty", "consecutive")
        if option:
            options[option[0]] = boolean(option[1])
        elif t.word("sortby"):
            keys = parse_keys(t, signs=True)
        elif not t.punct(","):
            names.append(field_name(t.next()))
    if not names:
        raise SplError("dedup needs a field")
    if options.get("consecutive") and (keep > 1 or options.get("keepevents")):
        raise NotImplementedSpl("dedup consecutive with a number or keepevents")

    def run(rows, state):
        counts, out, before = {}, [], None
        for row in sort_rows(rows, keys) if keys else rows:
            key = stats.key_of(row, names)
            if key is None:
                if options.get("keepempty"):
                    if options.get("consecutive"):
                        raise NotImplementedSpl("dedup consecutive with keepempty")
                    out.append(row)
                continue
            if options.get("consecutive"):
                if key != before:
                    out.append(row)
                before = key
                continue
            counts[key] = counts.get(key, 0) + 1
            if counts[key] <= keep:
                out.append(row)
            elif options.get("keepevents"):
                out.append({k: v for k, v in row.items() if k not in names})
        return out
    return run


@command("stats")
def _stats(body):
    clause = stats.parse_clause(body)

    def run(rows, state):
        state.columns = clause.by + [t.out for t in clause.terms]
        return stats.run_stats(clause, rows)
    return run


@command("eventstats")
def _eventstats(body):
    clause = stats.parse_clause(body)
    return lambda rows, state: stats.run_eventstats(clause, rows)


@command("streamstats")
def _streamstats(body):
    clause = stats.parse_clause(body, streaming=True)
    return lambda rows, state: stats.run_streamstats(clause, rows)


@command("head")
def _head(body):
    t, n = Tokens(body), 10
    option = t.option("limit")
    if option:
        n = integer(option[1], "head")
    elif not t.done():
        n = integer(t.next()[1], "head (a plain number; conditions are left out)")
    t.end()
    return lambda rows, state: rows[:n]


@command("tail")
def _tail(body):
    n = integer(body, "tail") if body else 10
    return lambda rows, state: rows[::-1][:n]


@command("reverse")
def _reverse(body):
    if body:
        raise SplError("reverse takes no arguments")
    return lambda rows, state: rows[::-1]


@command("addinfo")
def _addinfo(body):
    if body:
        raise SplError("addinfo takes no arguments")

    def run(rows, state):
        why = "info_min_time and info_max_time of a search over all time, info_sid"
        for row in rows:
            for key, t in (("info_min_time", state.earliest), ("info_max_time", state.latest)):
                row[key] = float(t) if t is not None else Unsettled((None, 0.0, "+Infinity"), why)
            row["info_search_time"] = float(context.NOW)
            row["info_sid"] = Unsettled(("sid", None), why)
        return rows
    return run


commands_values.register(command)
MAKERS["lookup"] = run_lookup
GENERATORS = {"makeresults": makeresults, "inputlookup": run_inputlookup}
