"""Jobs in, answers out: parses a query, runs it over the documents, and cuts the answer to its size.

Sources: Elastic, "EQL search API" (size, result_position, fetch_size, tiebreaker_field), "EQL search" (required fields, sort tiebreaker), "EQL
pipe reference", "EQL syntax reference" (`by`, optional `by` fields, `with runs`, `until`, event categories) and "Time units".
"""

import math
from functools import lru_cache

import eql.parser as official
from eql.errors import EqlParseError
from lark.exceptions import LarkError

from .conditions import condition, field_name
from .errors import Open, Refused
from .sequence import EARLY, LATE, Event, Plan, sequences
from .values import Many, kind_of, read_document

UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
OPTIONS = {"timestamp_field", "event_category_field", "tiebreaker_field", "size", "fetch_size", "result_position"}
JOB = {"id", "query", "mapping", "events", "assume"} | OPTIONS


def run_request(request):
    """The answers to `{"version": 1, "mapping", "events", "jobs": [...]}`; a job may bring its own mapping, events and options."""
    shared = {name: request[name] for name in ("mapping", "events", "assume", *OPTIONS) if name in request}
    documents = {}
    results = [run_job({**shared, **job}, documents) for job in request["jobs"]]
    return {"version": 1, "results": results}


def run_job(job, documents=None):
    """One answer: `{"id", "total", "events": [ids]}`, `{"id", "total", "sequences": [{"join_keys", "events"}]}` or `{"id", "error"}`."""
    try:
        unknown = set(job) - JOB
        if unknown:
            raise Refused(f"unknown option `{sorted(unknown)[0]}`")
        return {"id": job["id"], **_Search(job, {} if documents is None else documents).answer()}
    except Refused as error:
        return {"id": job.get("id"), "error": f"refused: {error}"}
    except Open as error:
        return {"id": job.get("id"), "error": f"open: {error}"}


@lru_cache(4096)
def _parse(text):
    try:
        return official.lark_parser.parse(text + "\n", start="piped_query")
    except (LarkError, EqlParseError) as error:
        raise Refused(f"the parser: {str(error).splitlines()[0]}") from error


class _Search:
    def __init__(self, job, documents):
        self.mapping = job["mapping"]
        self.time_field = job.get("timestamp_field", "@timestamp")
        self.category_field = job.get("event_category_field", "event.category")
        self.tiebreaker = job.get("tiebreaker_field")
        self.assumed = tuple(job.get("assume", ()))
        if len(self.assumed) > 1 or not {EARLY, LATE}.issuperset(self.assumed):
            raise Refused(f"`assume` takes `{EARLY}` or `{LATE}`")
        self.size, self.position = job.get("size", 10), job.get("result_position", "tail")
        if self.size < 1 or self.position not in ("head", "tail"):
            raise Refused("`size` is greater than 0 and `result_position` is `head` or `tail`")
        if not 2 < job.get("fetch_size", 1000) <= 10_000:
            raise Refused("`fetch_size` is greater than 2 and at most 10,000")
        if self.time_field not in self.mapping or kind_of(self.mapping, self.time_field)[0] != "date":
            raise Refused(f"the timestamp field `{self.time_field}` is mapped as a date")
        if self.tiebreaker is not None and kind_of(self.mapping, self.tiebreaker)[0] not in ("number", "string"):
            raise Refused(f"the tiebreaker `{self.tiebreaker}` is a number or a string")
        self.documents = self.read(job["events"], documents)
        self.query, self.pipes = self.parsed(job["query"])

    def read(self, events, cache):
        """`(id, time, place, values)` in order: time, then tiebreaker, events without one last."""
        slot = (id(events), id(self.mapping), self.time_field, self.tiebreaker)
        if slot not in cache:
            found, seen = [], set()
            for event in events:
                if event["_id"] in seen:
                    raise Refused(f"two documents have the `_id` `{event['_id']}`")
                seen.add(event["_id"])
                values = read_document(event["_source"], self.mapping)
                time, tie = values.get(self.time_field), values.get(self.tiebreaker) if self.tiebreaker else None
                if time is None or isinstance(time, Many) or isinstance(tie, Many):
                    raise Refused(f"document `{event['_id']}` needs one timestamp and at most one tiebreaker")
                found.append((event["_id"], time, (time, tie is None, 0 if tie is None else tie), values))
            cache[slot] = (sorted(found, key=lambda entry: entry[2]), events, self.mapping)  # kept, so that no id is used twice
        return cache[slot][0]

    def parsed(self, text):
        tree = _parse(text)
        base, *pipes = tree.children
        if base.data != "base_query":
            raise Refused("a query begins with a category, not with a pipe")
        return base.children[0], [self.pipe(pipe) for group in pipes if group is not None for pipe in group.children]

    def pipe(self, node):
        name, *arguments = node.children
        name = str(name.children[0])
        tokens = [token for argument in arguments if argument is not None for token in argument.scan_values(lambda value: True)]
        if name not in ("head", "tail") or len(tokens) != 1 or tokens[0].type != "UNSIGNED_INTEGER":
            raise Refused(f"pipe `{name}`: expected `head` or `tail` with one whole number")
        return name, int(tokens[0])

    def answer(self):
        if self.query.data == "event_query":
            matches = self.category_and_condition(self.query)
            found = [(place, place, name) for name, _, place, values in self.documents if matches(values)]
            return self.cut("events", found)
        if self.query.data == "sequence":
            return self.cut("sequences", self.sequence(self.query))
        raise Refused(f"`{self.query.data}` queries are not modelled")

    # Event queries.

    def category_and_condition(self, node):
        if len(node.children) != 2:
            raise Refused("a query is a category, `where` and a condition")
        category, test = str(node.children[0].children[0]), condition(node.children[1], self.mapping)
        if category == "any":
            return test
        if self.category_field not in self.mapping or kind_of(self.mapping, self.category_field)[0] != "string":
            raise Refused(f"the event category field `{self.category_field}` is mapped as a keyword")

        def matches(values):
            # "An event category is an indexed value of the event category field": any of several.
            found = values.get(self.category_field, ())
            return (category in found if isinstance(found, Many) else category == found) and test(values)
        return matches

    # Sequences.

    def sequence(self, node):
        shared, maxspan, steps, until = [], None, [], None
        for child in node.children:
            if child is None:
                continue
            if child.data == "join_values":
                shared = self.keys(child)
            elif child.data == "with_params" or child.data == "time_range":
                maxspan = self.span(child)
            elif child.data == "until_subquery_by":
                until = self.step(child.children[0], allow_runs=False)[0]
            else:
                steps.extend(self.step(child))
        if any(len(step[2]) != len(steps[0][2]) for step in steps) or (until and len(until[2]) != len(steps[0][2])):
            raise Refused("every step has the same number of join keys")
        if until and until[0]:
            raise Refused("the manual does not have a missing `until`")
        plan = Plan([missing for missing, _, _ in steps], maxspan)
        tests = [(matches, self.key_reader(shared + keys)) for _, matches, keys in steps]
        ending = (until[1], self.key_reader(shared + until[2])) if until else None
        self.same_kinds([shared + keys for _, _, keys in steps] + ([shared + until[2]] if until else []))
        events = list(self.relevant(tests, ending))
        order = {event.id: event for event in events}
        answers = []
        for key, found in sequences(plan, events, self.assumed):
            present = [order[name] for name in found if name is not None]
            answer = {"join_keys": [self.shown(value) for value in key], "events": list(found)}
            if not key:
                del answer["join_keys"]
            answers.append((present[0].place, present[-1].place, answer))
        return answers

    def relevant(self, tests, ending):
        for name, time, place, values in self.documents:
            event = Event(name, time, place)
            for at, (matches, read) in enumerate(tests):
                key = read(values) if matches(values) else None
                if key is not None:
                    event.keys[at] = key
            if ending and ending[0](values):
                event.until = ending[1](values)
            if event.keys or event.until is not None:
                yield event

    def step(self, node, allow_runs=True):
        """`(missing, condition, keys)`, once for every run."""
        missing, keys, runs, query = False, [], 1, None
        for child in node.children:
            if child is None:
                continue
            if child.data == "subquery":
                missing = any(token == "![" for token in child.children)
                query = child.children[-1]
            elif child.data == "join_values":
                keys = self.keys(child)
            elif child.data == "repeated_sequence" and allow_runs and not missing:
                runs = int(child.children[-1])
                if not 1 <= runs <= 100:
                    raise Refused("`runs` is between 1 and 100")
            else:
                raise Refused(f"`{child.data}` is not modelled there")
        return [(missing, self.category_and_condition(query), keys)] * runs

    def keys(self, node):
        found = []
        for child in node.children[0].children:
            if child.data == "field":
                found.append(field_name(str(child.children[0])))
            elif child.data == "base_field":
                found.append(field_name(str(child.children[0].children[0])))
            else:
                raise Refused("a join key is a field")
            name, optional = found[-1]
            if name in self.mapping:
                kind_of(self.mapping, name)
            elif not optional:
                raise Refused(f"field `{name}` does not exist: it is not mapped")
        return found

    def same_kinds(self, rows):
        """Join keys "share the same values": of fields of different types the manual does not say which values are the same."""
        for column in zip(*rows):
            kinds = {kind_of(self.mapping, name) for name, _ in column if name in self.mapping}
            if len({kind for kind, _ in kinds}) > 1:
                raise Open("the manual leaves open how join keys of different types are the same")

    @staticmethod
    def key_reader(keys):
        def read(values):
            found = []
            for name, optional in keys:
                value = values.get(name)
                if isinstance(value, Many):
                    raise Open("the manual leaves open how an event with several values of a join key joins")
                if value is None and not optional:
                    return None  # "By default, a join key must be a non-null field value."
                found.append(value)
            return tuple(found)
        return read

    @staticmethod
    def span(node):
        time = node if node.data == "time_range" else next(node.find_data("time_range"))
        number, *unit = [str(token) for token in time.scan_values(lambda value: True)]
        if len(unit) != 1 or unit[0] not in UNITS or not number.isdigit():
            raise Refused(f"`maxspan={number}{''.join(unit)}`: expected a whole number and one of {', '.join(UNITS)}")
        return int(number) * UNITS[unit[0]]

    @staticmethod
    def shown(value):
        return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)

    # The part of the matches that is returned.

    def cut(self, name, found):
        """`found` are `(place of the first event, place of the last, answer)`, ascending by the last."""
        total = len(found)
        for pipe, count in self.pipes:
            found = self.part(found, pipe, count)
        found = self.part(found, self.position, math.floor(self.size))
        return {"total": total, name: [answer for _, _, answer in found]}

    @staticmethod
    def part(found, end, count):
        if len(found) <= count:
            return found
        kept, left = (found[:count], found[count:]) if end == "head" else (found[-count:] if count else [], found[:len(found) - count])
        early, late = (kept, left) if end == "head" else (left, kept)
        for place in (0, 1):
            if early and late and max(entry[place] for entry in early) >= min(entry[place] for entry in late):
                raise Open("the manual leaves open which of these matches are the earliest or most recent")
        return kept
