"""Statistical functions (Search Reference: statistical and charting functions). Each takes the (value, time) pairs of a group, nulls left out."""
import math
import re

from .values import NotImplementedSpl, Unsettled, num, text

PERCENTILE = re.compile(r"(exactperc|perc|p)(\d+(?:\.\d+)?)\Z")
ALIASES = {"c": "count", "distinct_count": "dc", "mean": "avg"}
SETTLED_NAMES = {"count", "dc", "sum", "avg", "min", "max", "first", "last", "earliest", "latest", "values", "list", "stdev", "stdevp", "var",
                 "varp", "range", "median", "sumsq"}
BY_TIME = {"earliest", "latest"}


def lookup(name):
    """(function, whether its default column name is known), or None."""
    low = name.lower()
    m = PERCENTILE.match(low)
    if m:
        share = float(m.group(2))
        if not 0 < share < 100:
            raise NotImplementedSpl(f"the percentile `{name}`")
        return (lambda pairs: percentile(pairs, share, m.group(1) != "exactperc")), low == name and m.group(1) != "p"
    known = ALIASES.get(low, low)
    if known not in SETTLED_NAMES:
        return None
    return FUNCTIONS[known], name in SETTLED_NAMES


def flat(pairs):
    """The single values; one that the manual does not settle cannot be aggregated."""
    found = []
    for value, _ in pairs:
        if value.__class__ is list:
            found += value
        elif value.__class__ is Unsettled:
            raise NotImplementedSpl("aggregating a value that the manual does not settle: " + value.why)
        else:
            found.append(value)
    return found


def numbers(pairs, name):
    found = []
    for v in flat(pairs):
        n = v if isinstance(v, float) else num(v)
        if n is None:
            raise NotImplementedSpl(f"{name}() of the text `{v}`")
        found.append(n)
    return found


def count(pairs):
    return float(len(pairs) if all(p[0].__class__ is not list for p in pairs) else len(flat(pairs)))


def total(pairs):
    found = numbers(pairs, "sum")
    if not found:
        return None
    result = 0.0
    for n in found:
        result += n
    return result


def avg(pairs):
    found = numbers(pairs, "avg")
    return total(pairs) / len(found) if found else None


def _extreme(pairs, name):
    """Numbers come before texts; texts are in code point order."""
    found = flat(pairs)
    ranked = [(0, num(v), v) if num(v) is not None else (1, v, v) for v in found]
    if not ranked:
        return None
    best = (max if name == "max" else min)(ranked, key=lambda r: r[:2])
    return best[1]


def spread(pairs):
    found = numbers(pairs, "range")
    return max(found) - min(found) if found else None


def variance(pairs, sample, root):
    found = numbers(pairs, "stdev")
    n = len(found)
    if not n:
        return None
    if n == 1:
        # the manual's table for var() and stdev() shows 0 for a group of one
        return 0.0
    mean = sum(found) / n
    exact = sum((x - mean) ** 2 for x in found)
    quick = sum(x * x for x in found) - n * mean * mean
    divisor = n - 1 if sample else n
    options = [max(v, 0.0) / divisor for v in (exact, quick)]
    if root:
        options = [math.sqrt(v) for v in options]
    if abs(options[0] - options[1]) > 1e-9 * max(options):
        return Unsettled(tuple(options), "stdev() or var() of large numbers loses digits")
    return options[0]


def percentile(pairs, share, estimated):
    found = sorted(numbers(pairs, "perc"))
    if not found:
        return None
    if estimated and len(set(found)) >= 1000:
        raise NotImplementedSpl("perc() of 1000 and more distinct values (an estimate)")
    nearest = found[max(math.ceil(share / 100 * len(found) - 1e-12), 1) - 1]
    rank = share / 100 * (len(found) - 1)
    low = int(rank)
    between = found[low] if low + 1 >= len(found) else found[low] + (found[low + 1] - found[low]) * (rank - low)
    if nearest == between:
        return nearest
    return Unsettled((between, nearest), "percentiles: the manual's text says nearest rank, its examples interpolate")


def median(pairs):
    found = sorted(numbers(pairs, "median"))
    if not found:
        return None
    high, low = found[len(found) // 2], found[(len(found) - 1) // 2]
    if high == low:
        return high
    return Unsettled((high, (high + low) / 2), "the median of an even number of values")


def distinct(pairs):
    if not pairs:
        return Unsettled((0.0, None), "dc() of no values")
    return float(len({text(v) for v in flat(pairs)}))


def first(pairs):
    return _end(pairs, 0)


def last(pairs):
    return _end(pairs, -1)


def _end(pairs, at):
    if not pairs:
        return None
    value = pairs[at][0]
    if isinstance(value, list):
        raise NotImplementedSpl("first() or last() of a multivalue field")
    if isinstance(value, Unsettled) and None in value.options:
        raise NotImplementedSpl("first() or last() of a value that the manual does not settle: " + value.why)
    return value


def by_time(pairs, newest):
    if not pairs:
        return None
    times = [t for _, t in pairs]
    if None in times:
        raise NotImplementedSpl("earliest() or latest() without _time")
    best = max(times) if newest else min(times)
    found = [v for v, t in pairs if t == best]
    if any(v.__class__ in (list, Unsettled) for v in found) or len({text(v) for v in found}) > 1:
        raise NotImplementedSpl("earliest() or latest() with a tie, a multivalue or an unsettled value")
    return found[0]


def values(pairs):
    found = {}
    for v in flat(pairs):
        found.setdefault(text(v), v)
    ordered = [found[k] for k in sorted(found)]
    return None if not ordered else ordered[0] if len(ordered) == 1 else ordered


def listing(pairs):
    found = flat(pairs)[:100]
    return None if not found else found[0] if len(found) == 1 else found


def sumsq(pairs):
    found = numbers(pairs, "sumsq")
    return sum(x * x for x in found) if found else None


FUNCTIONS = {
    "count": count, "sum": total, "avg": avg, "min": lambda p: _extreme(p, "min"), "max": lambda p: _extreme(p, "max"),
    "range": spread, "stdev": lambda p: variance(p, True, True), "stdevp": lambda p: variance(p, False, True),
    "var": lambda p: variance(p, True, False), "varp": lambda p: variance(p, False, False), "median": median, "dc": distinct,
    "first": first, "last": last, "earliest": lambda p: by_time(p, False), "latest": lambda p: by_time(p, True),
    "values": values, "list": listing, "sumsq": sumsq,
}
