"""Runs jobs: a query over events and lookups, to columns and rows."""
from functools import lru_cache

from . import context, search
from .commands import GENERATORS, MAKERS
from .lexer import expand, split_commands
from .values import NotImplementedSpl, SplError, Unsettled, load


class State:
    """What a job hands from command to command beside the rows."""

    def __init__(self, lookups, earliest, latest):
        self.lookups, self.earliest, self.latest, self.columns = lookups, earliest, latest, []


@lru_cache(maxsize=20000)
def compile_query(query, macros):
    """(source, steps): source is ("search", test, times) or ("rows", generator)."""
    given = {k: v if isinstance(v, str) else {"args": list(v[0]), "definition": v[1]} for k, v in macros}
    commands = split_commands(expand(query, given).strip())
    if commands[0] == "":
        commands = commands[1:]
        if not commands:
            raise SplError("an empty search")
        name, body = _head(commands[0])
        if name == "search":
            source = ("search", *search.parse(body, True))
        elif name in GENERATORS:
            source = ("rows", GENERATORS[name](body))
        elif name in MAKERS:
            raise SplError(f"`{name}` needs events: it cannot come first")
        else:
            raise NotImplementedSpl(f"the command `{name}`")
    else:
        name, body = _head(commands[0])
        source = ("search", *search.parse(body if name == "search" else commands[0], True))
    steps = []
    for part in commands[1:]:
        name, body = _head(part)
        if name == "append":
            steps.append(_append(body))
            continue
        if not name:
            raise SplError("an empty command between pipes")
        if name in GENERATORS:
            raise NotImplementedSpl(f"`{name}` after the first command")
        if name not in MAKERS:
            raise NotImplementedSpl(f"the command `{name}`")
        steps.append(MAKERS[name](body))
    return source, steps


def _append(body):
    """The rows of a subsearch after those of the search, as they are. Source: Search Reference, append. A subsearch over indexes would
    need the time range that `extendtimerange` decides, and maxout cuts it at 50,000 rows: both are refused."""
    if not (body.startswith("[") and body.endswith("]")):
        raise NotImplementedSpl("the options of `append`")
    source, steps = compile_query(body[1:-1].strip(), ())
    if source[0] != "rows":
        raise NotImplementedSpl("a subsearch over indexes")

    def run(rows, state):
        more = source[1](state)
        for step in steps:
            more = step(more, state)
        return rows + more
    return run


def _head(part):
    pieces = part.split(None, 1)
    if not pieces:
        return "", ""
    return pieces[0], pieces[1].strip() if len(pieces) > 1 else ""


def run_job(job):
    state = State(job.get("lookups") or {}, *(None if job.get(k) is None else float(job[k]) for k in ("earliest", "latest")))
    macros = tuple(sorted((k, v if isinstance(v, str) else (tuple(v.get("args", [])), v["definition"]))
                          for k, v in (job.get("macros") or {}).items()))
    source, steps = compile_query(job["query"], macros)
    if source[0] == "rows":
        rows = source[1](state)
    else:
        rows = base_search(source, job.get("events") or [], state)
    for step in steps:
        rows = step(rows, state)
    return finish(rows, state)


def base_search(source, events, state):
    """The matching events of the time range [earliest, latest), newest first; equal times in reverse order of arrival."""
    _, test, times = source
    for name in times:
        setattr(state, name, search.bound(times[name]))
    rows = []
    for event in events:
        row = {k: load(v) for k, v in event.items() if v is not None}
        row = {k: v for k, v in row.items() if v is not None}
        if "_time" in row:
            row["_time"] = float(row["_time"])
        t = row.get("_time")
        if t is None:
            raise SplError("an event without _time")
        if (state.earliest is None or t >= state.earliest) and (state.latest is None or t < state.latest) and test(row):
            rows.append(row)
    if not context.assumes("reversed-ties"):
        rows.reverse()
    rows.sort(key=lambda r: -r["_time"])
    return rows


def finish(rows, state):
    columns = list(dict.fromkeys(state.columns + [k for row in rows for k in row]))
    return {"columns": columns, "rows": [{k: plain(v, k) for k, v in row.items()} for row in rows]}


def plain(value, name):
    if isinstance(value, float):
        return int(value) if value == int(value) and abs(value) < 2 ** 63 else float(value)
    if isinstance(value, list):
        return [plain(v, name) for v in value]
    if isinstance(value, Unsettled):
        options = value.options
        if all(isinstance(o, float) for o in options) and max(options) - min(options) <= 1e-9 * max(map(abs, options)):
            return plain(options[0], name)
        raise NotImplementedSpl(f"the result `{name}` is not settled by the manual: {value.why}")
    return value


def run_request(request):
    if request.get("version") != 1:
        raise SystemExit("spl-model: expected version 1")
    assume = frozenset(request.get("assume") or ())
    if not assume <= context.ASSUMPTIONS:
        raise SystemExit(f"spl-model: unknown assumption among {sorted(assume)}; known: {sorted(context.ASSUMPTIONS)}")
    context.ASSUME = assume
    results = []
    for job in request["jobs"]:
        # a job may have its own clock
        context.NOW = float(job.get("now") or request.get("now") or 0)
        try:
            results.append({"id": job["id"], **run_job(job)})
        except SplError as e:
            results.append({"id": job["id"], "error": str(e)})
        except RecursionError:
            results.append({"id": job["id"], "error": "not implemented: an expression nested this deeply"})
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as e:
            # one job that the model fails on must not take the others with it; it is no answer either
            results.append({"id": job["id"], "error": f"the model failed ({type(e).__name__}: {e})"})
    return {"version": 1, "results": results}
