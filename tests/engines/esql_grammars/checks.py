"""A query through Elastic's own ES|QL grammars, of the oldest release that siemc writes for and of each newer one.

In: a query and the mapping of its indices, or none, then any field goes. Out: the faults, each with the releases that find it, and the
string literals. Must never know what siemc meant by the query.
"""

import gc
import multiprocessing
import re
import sys

import esql
from antlr4 import CommonTokenStream, InputStream, Token
from esql.grammar_registry import build_esql_config, get_grammar_module

from . import inference  # noqa: F401  (puts the package's inference right)

# `latest` is the head of development as the package has it.
RELEASES = ("8.19", "9.3", "9.4", "9.5", "latest")
# Where a request names none: the node runs 8.19, and each release takes a while to get fast.
USUAL = ("9.3", "9.5")
ESCAPES = {"t": "\t", "n": "\n", "r": "\r", '"': '"', "\\": "\\"}


class Grammars:
    """The grammars, each in a process of its own that stays, since a parser gets fast with use. No threads: a fork beside one can hang."""

    def __init__(self):
        self.readers = {}

    def reader(self, release):
        """This end of a process's pipe."""
        if release not in self.readers:
            fork = multiprocessing.get_context("fork")
            ours, theirs = fork.Pipe()
            fork.Process(target=serve, args=(release, ours, theirs), daemon=True).start()
            theirs.close()
            self.readers[release] = ours
        return self.readers[release]

    def check(self, queries, releases=None):
        """The results of queries, as the README has them."""
        releases = [release for release in RELEASES if release in (releases or USUAL)]
        for release in releases:
            self.reader(release).send(queries)
        by_query = zip(queries, *(self.reader(release).recv() for release in releases), strict=True)
        return [merged(query, dict(zip(releases, read, strict=True))) for query, *read in by_query]


def serve(release, ours, theirs):
    """Answers until the other end is closed, as it is when that process ends."""
    ours.close()
    sys.setrecursionlimit(20_000)
    gc.set_threshold(1_000_000, 20, 100)  # what a parser learns stays, so garbage is seldom looked for

    def answers():
        try:
            while True:
                theirs.send(read_by(release, theirs.recv()))
        except EOFError:
            return

    with_room_for_frames(answers)


def with_room_for_frames(function):
    """Calls a function below a frame so large that the interpreter takes a piece of memory for it in which the frames of deep calls have room, too.
    Without it, a parser that goes up and down over the end of a small piece has it given back and taken again, which is half of its time."""
    names = "=".join(f"x{number}" for number in range(140_000))
    made = {}
    exec(f"def call(function):\n if function is None:\n  {names}=None\n return function()", made)  # noqa: S102  (a text of ours)
    return made["call"](function)


def read_by(release, queries):
    return [read(query["text"], query["indices"], release) for query in queries]


def read(text, indices, release):
    """What one release makes of a query: its fault or none, and the literals."""
    tokens = []
    try:
        tokens = lexed(text, release)
        parse(text, indices, release)
        return None, [unescaped(token.text) for token in tokens if is_string(token, release)]
    except esql.EsqlError as error:
        at, covered = place(text, error, tokens)
        return ("analyzer", type(error).__name__, error.error_msg, at, covered), []
    except Exception as error:  # a crash has checked nothing
        return ("siemc", "crash", f"{type(error).__name__}: {error}", 0, ""), []


def merged(query, by_release):
    """One result: a fault stands once, with the releases that find it."""
    text, found = query["text"], {}
    for release, (fault, _) in by_release.items():
        if fault:
            by, code, _, at, covered = fault
            found.setdefault((by, code, at, covered), placed(text, *fault))["releases"].append(release)
    literals = [literals for _, literals in by_release.values()]
    if not found and any(other != literals[0] for other in literals):
        found["literals"] = placed(text, "siemc", "literals-differ", f"the releases read {literals}", 0, "")
    faults = sorted(found.values(), key=lambda fault: fault["start"])
    return {"id": query["id"], "faults": faults, "literals": [] if faults else literals[0]}


def parse(text, indices, release):
    with esql.ParserConfig(min_stack_version=release), schema(indices):
        esql.parse_query(text)


def schema(indices):
    if indices is None:
        return esql.Schema({}, allow_missing=True)
    mapped = {name: {"properties": index["fields"]} for name, index in indices.items()}
    lookups = {name for name, index in indices.items() if index.get("lookup")}
    return esql.Schema(
        {name: fields for name, fields in mapped.items() if name not in lookups},
        lookups={name: fields for name, fields in mapped.items() if name in lookups},
    )


def lexed(text, release):
    lexer = get_grammar_module(release).lexer_cls(InputStream(text))
    lexer.removeErrorListeners()
    lexer.setEsqlConfig(build_esql_config())
    stream = CommonTokenStream(lexer)
    stream.fill()
    return [token for token in stream.tokens if token.type != Token.EOF]


def is_string(token, release):
    return token.type == get_grammar_module(release).lexer_cls.QUOTED_STRING


def unescaped(written):
    """The value of a string literal: the manual's escapes, and none between three quotes."""
    if written.startswith('"""'):
        return written[3:-3]
    return re.sub(r"\\(.)", lambda escape: ESCAPES[escape[1]], written[1:-1])


def place(text, error, tokens):
    """Where an error is, in characters, and the token there."""
    line, column = error.line or 0, error.column or 0
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    at = min(starts[min(line, len(starts) - 1)] + column, len(text))
    there = next((token for token in tokens if token.start == at), None)
    return at, there.text if there else text[at : at + 1]


def placed(text, by, code, message, at, covered):
    before = text[:at]
    return {
        "by": by, "code": code, "severity": "error", "message": message,
        "start": len(before.encode()), "length": len(covered.encode()),
        "line": before.count("\n") + 1, "column": at - (before.rfind("\n") + 1) + 1, "text": covered,
        "releases": [],
    }
