"""The PyPI `eql` parser in Elasticsearch mode behind one function: query text in, syntax tree and faults out.

Knows nothing of siemc's own checks; those are in `checks.py`.
"""

import re
from contextlib import ExitStack

import eql.parser as official
from eql import ast
from eql.errors import EqlParseError
from eql.schema import Schema
from eql.types import TypeHint

ELASTICSEARCH_MODE = (
    official.elasticsearch_syntax,
    official.allow_negation,
    official.allow_runs,
    official.allow_sample,
    official.ignore_missing_functions,
    official.skip_optimizations,
)

# A mapping's type to the parser's; a date is unknown to it, since Elasticsearch compares dates with text and with numbers.
FIELD_TYPES = {
    **dict.fromkeys(("keyword", "text", "wildcard", "constant_keyword", "version", "match_only_text", "ip"), TypeHint.String),
    **dict.fromkeys(("long", "integer", "short", "byte", "unsigned_long", "double", "float", "half_float", "scaled_float"), TypeHint.Numeric),
    "boolean": TypeHint.Boolean,
    "date": TypeHint.Unknown,
    "date_nanos": TypeHint.Unknown,
}

ESCAPE = re.compile(r"\\u\{([^}]*)\}|\\(.)", re.DOTALL)
SIMPLE_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


class Fault(Exception):
    """A finding at a place: `at` and `width` count characters."""

    def __init__(self, code, message, at=0, width=0):
        super().__init__(message)
        self.code, self.message, self.at, self.width = code, message, at, width


class MappedFields(Schema):
    """The fields of an index mapping, by dotted name, the same for every event category."""

    def __init__(self, fields):
        self.types = {name: _type_hint(kind) for name, kind in fields.items()}
        super().__init__({"any": {}}, allow_generic=True, allow_any=True, allow_missing=False)

    def validate_event_type(self, event_type):
        return True

    def get_event_type_hint(self, event_type, path):
        hint = self.types.get(".".join(part for part in path if isinstance(part, str)))
        return None if hint is None else (hint, None)


def parse(text, fields=None):
    """The concrete syntax tree of `text`; raises `Fault` where the parser, or the mapping if one is given, refuses it."""
    with ExitStack() as stack:
        for setting in ELASTICSEARCH_MODE:
            stack.enter_context(setting)
        if fields is not None:
            stack.enter_context(MappedFields(fields))
        try:
            official.parse_query(text)
        except EqlParseError as error:
            raise Fault(type(error).__name__, error.error_msg, _offset(text, error.line, error.column), error.caret.count("^")) from error
    return official.lark_parser.parse(text + "\n", start="piped_query")


def walk(tree):
    """Every node and token, parents first, in source order."""
    yield tree
    for child in getattr(tree, "children", ()):
        if child is not None:
            yield from walk(child)


def string_literals(tree):
    """The value of each string literal, in source order."""
    return [decode(node.children[0]) for node in walk(tree) if getattr(node, "data", None) == "string"]


def decode(token):
    """The value of a string token, quotes included."""
    if token.startswith('"""'):
        return str(token[3:-3])
    return unescape(str(token[1:-1]))


def unescape(body):
    """What stands for the text between two double quotes.

    Replaces the package's own function, which takes everything from the first `\\u{` to the last `}` of a literal for one escape.
    """
    return ESCAPE.sub(_unescape_one, body)


def _unescape_one(escape):
    digits, simple = escape.groups()
    if simple is not None:
        return SIMPLE_ESCAPES[simple]
    if not re.fullmatch("[0-9A-Fa-f]{2,8}", digits):
        raise Fault("bad-unicode-escape", f"`{escape.group()}` is no unicode escape: expected 2 to 8 hexadecimal digits")
    point = int(digits, 16)
    if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        raise Fault("bad-unicode-escape", f"`{escape.group()}` is no Unicode character")
    return chr(point)


def _type_hint(kind):
    if kind not in FIELD_TYPES:
        raise ValueError(f"unknown field type `{kind}`: expected one of {', '.join(sorted(FIELD_TYPES))}")
    return FIELD_TYPES[kind]


def _offset(text, line, column):
    starts = [0] + [match.end() for match in re.finditer("\n", text)]
    return min(starts[min(line, len(starts) - 1)] + max(column, 0), len(text))


ast.String.unescape = staticmethod(unescape)
