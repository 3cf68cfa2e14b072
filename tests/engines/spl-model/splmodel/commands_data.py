"""Rows from elsewhere: makeresults, inputlookup, lookup (Search Reference pages of those names)."""
import csv
import io
import json

from . import context
from .functions_more import address, network
from .lexer import Tokens, field_name, integer
from .values import NotImplementedSpl, SplError, Unsettled, load, mv, parse_json_float, settled, text


def makeresults(body):
    t, options = Tokens(body), {}
    while not t.done():
        option = t.option("count", "format", "data", "annotate", "splunk_server")
        if not option or option[0] in ("annotate", "splunk_server"):
            raise NotImplementedSpl(f"makeresults with `{t.peek()[1] or option[0]}`")
        options[option[0]] = option[1]
    if ("format" in options) != ("data" in options) or "count" in options and "data" in options:
        raise SplError("makeresults takes count, or format and data")
    if "data" not in options:
        n = integer(options.get("count", "1"), "makeresults count")
        return lambda state: [{"_time": float(context.NOW)} for _ in range(n)]
    if len(options["data"]) > 29999:
        raise SplError("inline data of more than 29,999 characters")
    if options["format"] == "json":
        rows = _json_rows(options["data"])
    elif options["format"] == "csv":
        rows = _csv_rows(options["data"])
    else:
        raise SplError("makeresults knows the formats csv and json")

    def run(state):
        now = float(context.NOW)
        if options["format"] == "csv":
            return [dict(r) for r in rows]
        why = "_time or _raw that the inline data gives"
        return [{**r, **{k: Unsettled((v, r[k]), why) if k in r else v for k, v in (("_time", now), ("_raw", raw))}} for r, raw in rows]
    return run


def _json_rows(data):
    try:
        found = json.loads(data, parse_float=parse_json_float)
    except ValueError as e:
        raise SplError(f"makeresults cannot parse the JSON data: {e}") from None
    if not isinstance(found, list) or not all(isinstance(o, dict) for o in found):
        raise SplError("makeresults needs a JSON array of objects")
    rows = []
    for o in found:
        if any(isinstance(v, (list, dict)) for v in o.values()):
            raise NotImplementedSpl("arrays and objects inside inline JSON")
        rows.append(({k: load(v) for k, v in o.items() if v is not None}, json.dumps(o, separators=(",", ":"), ensure_ascii=False)))
    return rows


def _csv_rows(data):
    lines = list(csv.reader(io.StringIO(data)))
    if not lines:
        raise SplError("makeresults needs a header line")
    header = [h.strip() for h in lines[0]]
    rows = []
    for line in lines[1:]:
        if not line:
            continue
        if len(line) != len(header) or any(v != v.strip() or not v for v in line):
            raise NotImplementedSpl("inline CSV with empty cells, spaces around a value or a ragged line")
        rows.append(dict(zip(header, line)))
    return rows


def run_inputlookup(body):
    t = Tokens(body)
    if t.peek(1) == ("p", "="):
        raise NotImplementedSpl(f"inputlookup {t.peek()[1]}=")
    name = t.next()[1]
    t.end()

    def run(state):
        table = _table(state, name)
        return [{k: load(v) for k, v in row.items() if v is not None and v != ""} for row in table["rows"]]
    return run


def _table(state, name):
    if name not in state.lookups:
        raise SplError(f"the lookup table `{name}` does not exist")
    return state.lookups[name]


def run_lookup(body):
    t = Tokens(body)
    if t.option("local", "update"):
        raise NotImplementedSpl("lookup local= and update=")
    kind, name = t.next()
    if kind not in ("w", "q"):
        raise SplError("lookup needs a table name")
    inputs, outputs, mode = [], [], None
    while not t.done():
        if t.punct(","):
            continue
        word = t.word("output", "outputnew")
        if word:
            if mode:
                raise SplError("OUTPUT twice in lookup")
            mode = word
            continue
        field = field_name(t.next())
        target = field_name(t.next()) if t.word("as") else field
        (outputs if mode else inputs).append((field, target))
    if not inputs or mode and not outputs:
        raise SplError("lookup needs match fields, and OUTPUT needs fields")

    def run(rows, state):
        table = _table(state, name)
        known = set(k for r in table["rows"] for k in r)
        for field, _ in inputs + outputs:
            if field not in known and table["rows"]:
                raise SplError(f"the lookup table `{name}` has no field `{field}`")
        wanted = outputs or [(k, k) for k in dict.fromkeys(k for r in table["rows"] for k in r) if k not in {f for f, _ in inputs}]
        find = _matcher(table, [f for f, _ in inputs])
        for row in rows:
            _look(row, find, inputs, wanted, mode)
        return rows
    return run


def _look(row, find, inputs, wanted, mode):
    if mode == "outputnew":
        there = [target for _, target in wanted if row.get(target) is not None]
        if there and len(there) < len(wanted):
            raise NotImplementedSpl("OUTPUTNEW where some of the output fields exist")
        if there:
            return
    keys = [settled(row.get(source), "lookup") for _, source in inputs]
    if any(isinstance(k, list) for k in keys):
        raise NotImplementedSpl("lookup of a multivalue field")
    found = find([text(k) for k in keys]) if all(k is not None for k in keys) else []
    for field, target in wanted:
        values = [load(r.get(field)) for r in found]
        if found and any(v is None or v == "" for v in values):
            if len(values) > 1:
                raise NotImplementedSpl("a lookup with several matches and empty cells")
            if row.get(target) is not None:
                raise NotImplementedSpl("an empty cell of a lookup over an existing field")
            row[target] = Unsettled((None, ""), f"an empty cell `{field}` in a lookup")
        elif found:
            row[target] = mv(values)
        elif row.get(target) is not None:
            row[target] = Unsettled((settled(row[target], "lookup"), None), f"whether a lookup without a match clears the field `{target}` (use a fresh name)")


def _matcher(table, names):
    cased = table.get("case_sensitive_match", True)
    kinds = table.get("match_type") or {}
    tests = []
    plain = not any(kinds.get(n) for n in names)
    index = {}
    for r in table["rows"]:
        cells = [load(r.get(n)) for n in names]
        if any(c is None or c == "" for c in cells):
            continue
        cells = [_fold(text(c), cased) for c in cells]
        if plain:
            index.setdefault(tuple(cells), []).append(r)
        tests.append((cells, r))

    def find(keys):
        keys = [_fold(k, cased) for k in keys]
        if plain:
            return index.get(tuple(keys), [])[:1000]
        return [r for cells, r in tests if all(_cell(kinds.get(n), c, k) for n, c, k in zip(names, cells, keys))][:1000]
    return find


def _fold(value, cased):
    if cased:
        return value
    if not value.isascii():
        raise NotImplementedSpl("a lookup without case on letters outside ASCII")
    return value.lower()


def _cell(kind, cell, key):
    if kind is None:
        return cell == key
    if kind.upper() == "CIDR":
        net, ip = network(cell), address(key)
        if net is None:
            return cell == key
        return ip is not None and ip.version == net.version and ip in net
    if kind.upper() == "WILDCARD":
        import re
        return re.fullmatch(".*".join(re.escape(p) for p in cell.split("*")), key, re.S) is not None
    raise NotImplementedSpl(f"the match type `{kind}`")
