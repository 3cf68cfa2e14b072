"""Mathematical functions, and max and min of any values (Search Reference: mathematical functions, statistical eval functions)."""
import math

from . import context
from .expression import Expression, number
from .functions_more import domain, round_half_up
from .values import Exact, NotImplementedSpl, Rounded, SplError, choose, items, num


def _merged(kinds):
    return kinds[0] if len(set(kinds)) == 1 else "any"


def register(function, on_numbers, table):
    @function("floor", 1, 1, "num")
    def _floor(args):
        return on_numbers("floor", args, lambda x: float(math.floor(x)))

    @function("ceiling", 1, 1, "num")
    def _ceiling(args):
        return on_numbers("ceiling", args, lambda x: float(math.ceil(x)))

    table["ceil"] = table["ceiling"]

    @function("abs", 1, 1, "num")
    def _abs(args):
        return on_numbers("abs", args, abs)

    @function("round", 1, 2, "num")
    def _round(args):
        def half_up(x, places=0.0):
            if places != int(places) or places < 0:
                raise SplError("the precision of round() is a whole number, 0 at least")
            return round_half_up(x, int(places))

        def run(x, places=0.0):
            value = half_up(x, places)
            return Rounded(value) if places else value
        return on_numbers("round", args, run)

    @function("sqrt", 1, 1, "num")
    def _sqrt(args):
        return on_numbers("sqrt", args, lambda x: domain(x >= 0, "sqrt", math.sqrt, x))

    @function("exp", 1, 1, "num")
    def _exp(args):
        return on_numbers("exp", args, math.exp)

    @function("ln", 1, 1, "num")
    def _ln(args):
        return on_numbers("ln", args, lambda x: domain(x > 0, "ln", math.log, x))

    @function("log", 1, 2, "num")
    def _log(args):
        def log(x, base=10.0):
            if base <= 0 or base == 1:
                raise NotImplementedSpl("log() with this base")
            return domain(x > 0, "log", math.log10 if base == 10 else lambda v: math.log(v, base), x)
        return on_numbers("log", args, log)

    @function("pow", 2, 2, "num")
    def _pow(args):
        return on_numbers("pow", args, lambda x, y: domain(x > 0 or y == int(y) and (x or y > 0), "pow", pow, x, y))

    @function("pi", 0, 0)
    def _pi(args):
        return Expression(lambda row: math.pi, "num")

    @function("exact", 1, 1, "num")
    def _exact(args):
        inner = args[0].run

        def run(row):
            context.EXACT += 1
            try:
                v = number(inner(row), "exact")
                return None if v is None else Exact(v)
            finally:
                context.EXACT -= 1
        return Expression(run, "num")

    def _extreme(name, sign):
        def run_for(args):
            runs = [a.run for a in args]

            def run(row):
                found, missing = [], False
                for r in runs:
                    v = r(row)
                    missing = missing or v is None
                    found += items(v)
                if not found:
                    return None
                numbers = [n for n in (num(v) for v in found) if n is not None]
                texts = [v for v in found if num(v) is None]
                pick = texts if texts and (sign > 0 or not numbers) else numbers
                best = max(pick) if sign > 0 else min(pick)
                return choose((best, None), f"{name}() with a null argument") if missing else best
            return Expression(run, _merged([a.kind for a in args]))
        table[name] = (1, None, ("any",), run_for)

    _extreme("max", 1)
    _extreme("min", -1)
