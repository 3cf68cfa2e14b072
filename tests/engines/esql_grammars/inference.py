"""Two errors of the package's inference of types, put right, so that it does not fault what a node takes (`case-of-values` and
`name-used-again` in `controls/esql/`): `CASE` had the type of its first condition, and a name that a query gives to several columns, one after
the other, had the type of the last everywhere. Such a name has no known type here, so it is not checked.

In: the package's own functions, replaced at import. Must never make a type up.
"""

from collections import Counter

from esql import analyzer, ast

UNKNOWN = "unknown"
type_of, types_of_columns = analyzer._expr_type, analyzer._infer_column_types


def expression_type(expr, schema, column_types):
    if isinstance(expr, ast.FunctionCall) and expr.name.lower() == "case":
        found = {expression_type(value, schema, column_types) or UNKNOWN for value in values(expr.args)}
        known = {kind for kind in found if kind != UNKNOWN}
        return known.pop() if len(known) == 1 else UNKNOWN
    return type_of(expr, schema, column_types)


def values(arguments):
    """Every second argument, and a last one without a condition."""
    odd = len(arguments) % 2
    return arguments[1::2] + (arguments[-1:] if odd else [])


def column_types(tree, schema, *, respect_projection):
    given = types_of_columns(tree, schema, respect_projection=respect_projection)
    times = Counter(getattr(schema, "_fields", {}).keys())
    for command in tree.commands:
        times.update(made_by(command, schema))
    # Also one that a later stage left out: the package would take the index's type for it.
    return {**given, **{name: UNKNOWN for name, count in times.items() if count > 1}}


def made_by(command, schema):
    """The names that a stage gives to columns."""
    if isinstance(command, ast.EvalCommand):
        return [alias.name for alias in command.assignments]
    if isinstance(command, ast.StatsCommand):
        return [alias.name for alias in command.aggregates + command.grouping_aliases]
    if isinstance(command, ast.RenameCommand):
        return [new for _, new in command.renames]
    if isinstance(command, ast.JoinCommand):
        return list(schema.lookup_fields(command.target))
    return list(getattr(command, "outputs", None) or [])


analyzer._expr_type = expression_type
analyzer._infer_column_types = column_types
