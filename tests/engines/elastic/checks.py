"""What the PyPI parser lets pass and Elasticsearch refuses: checked over the parser's own syntax tree.

Each check is `tree -> iterable of (code, message, node)`; adding one is adding it to CHECKS.
"""

from .parser import walk

PIPES = {"head", "tail"}

# Elastic, "EQL function reference"; a trailing `~` is allowed where the second set has the name.
FUNCTIONS = {
    "add", "between", "cidrMatch", "concat", "divide", "endsWith", "indexOf", "length", "modulo", "multiply", "number",
    "startsWith", "string", "stringContains", "substring", "subtract",
}
FOLDING_FUNCTIONS = {"between", "endsWith", "indexOf", "startsWith", "stringContains"}

LARGEST_LONG = 2**63 - 1


def own_faults(tree):
    """Every own fault of the tree as `(code, message, at, width)`, in characters."""
    for check in CHECKS:
        for code, message, node in check(tree):
            at, end = _extent(node)
            yield code, message, at, end - at


def _only_known_pipes(tree):
    for pipe in _nodes(tree, "pipe"):
        name = _text_of(pipe["name"])
        if name not in PIPES:
            yield "unknown-pipe", f"Elasticsearch has no pipe `{name}`: expected `head` or `tail`", pipe["name"]
        elif not _is_whole_number(pipe):
            yield "pipe-argument", f"`{name}` takes one whole number", pipe


def _is_whole_number(pipe):
    tokens = [node for node in walk(pipe) if _is_token(node)]
    return len(tokens) == 2 and tokens[1].type == "UNSIGNED_INTEGER"


def _only_known_functions(tree):
    for call in (*_nodes(tree, "function_call"), *_nodes(tree, "method")):
        written = _text_of(call).lstrip(":").rstrip("(")
        name = written.rstrip("~")
        if name == "wildcard":
            yield "wildcard-function", "Elasticsearch has no `wildcard()`: expected `like` or `:`", call
        elif name not in FUNCTIONS:
            yield "unknown-function", f"Elasticsearch has no function `{written}`", call
        elif written.endswith("~") and name not in FOLDING_FUNCTIONS:
            yield "unknown-function", f"Elasticsearch has no case-insensitive `{name}`", call


def _no_methods(tree):
    for method in _nodes(tree, "method"):
        yield "method-call", "Elasticsearch has no method calls", method


def _sets_hold_constants(tree):
    for node in (*_nodes(tree, "in_set"), *_nodes(tree, "not_in_set")):
        for item in node.child_trees[1].child_trees:
            if any(_is_field(part) for part in walk(item)):
                yield "field-comparison", "a field is compared with another field: expected constants between the parentheses", item


def _no_unsupported_queries(tree):
    names = {"join": "`join`", "named_subquery": "`... of [...]`", "fork_param": "`fork`", "sequence_alias": "`as`", "varpath": "`$field`"}
    for data, what in names.items():
        for node in _nodes(tree, data):
            yield "unsupported", f"Elasticsearch does not have {what}", node


def _sequences_have_two_steps(tree):
    for sequence in _nodes(tree, "sequence"):
        steps = sum(_runs(step) for step in sequence.get_list("subquery_by"))
        if steps < 2:
            yield "short-sequence", "a sequence needs two steps", sequence


def _runs(step):
    repeated = step["repeated_sequence"]
    return int(repeated["UNSIGNED_INTEGER"]) if repeated else 1


def _integers_fit(tree):
    for token in _tokens(tree, "UNSIGNED_INTEGER"):
        if int(token) > LARGEST_LONG:
            yield "integer-range", f"`{token}` is larger than a 64-bit integer", token


CHECKS = (
    _only_known_pipes, _only_known_functions, _no_methods, _sets_hold_constants, _no_unsupported_queries, _sequences_have_two_steps,
    _integers_fit,
)


def _nodes(tree, data):
    return (node for node in walk(tree) if getattr(node, "data", None) == data)


def _tokens(tree, kind):
    return (node for node in walk(tree) if _is_token(node) and node.type == kind)


def _is_token(node):
    return hasattr(node, "type")


def _is_field(node):
    return getattr(node, "data", None) in ("field", "base_field")


def _text_of(node):
    return str(next(part for part in walk(node) if _is_token(part)))


def _extent(node):
    if _is_token(node):
        return node.start_pos, node.end_pos
    return node.meta.start_pos, node.meta.end_pos
