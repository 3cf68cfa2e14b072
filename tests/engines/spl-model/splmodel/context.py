"""What one request or job sets for all expressions: the clock, the lookups and what the caller agreed to assume."""

NOW = 0.0
ASSUME = frozenset()
ASSUMPTIONS = {"kleene", "predicates-of-null", "time_window-closed", "unbounded-streamstats", "reversed-ties"}
EXACT = 0
NULL_MATTERS = False   # while an expression is compiled: whether null and false lead to different results here
LITERALS = {}   # compiled function of a string literal -> the literal
FIELDS = {}     # compiled function of a field reference -> its name


def assumes(what):
    return what in ASSUME
