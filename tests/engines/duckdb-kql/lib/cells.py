"""Cells on their way into DuckDB and out of it: which type stands for which, and what has no stand-in.

In: a cell of a job, or of DuckDB's answer, with its type. Out: the other one's. Must never know about tables or queries.
"""

import datetime
import json
import re

STORED = {
    "string": "VARCHAR", "long": "BIGINT", "int": "INTEGER", "real": "DOUBLE", "bool": "BOOLEAN",
    "datetime": "TIMESTAMP", "timespan": "INTERVAL", "dynamic": "JSON",
}
ANSWERED = {
    "VARCHAR": "string", "BIGINT": "long", "HUGEINT": "long", "INTEGER": "int", "SMALLINT": "int", "TINYINT": "int",
    "DOUBLE": "real", "FLOAT": "real", "BOOLEAN": "bool", "TIMESTAMP": "datetime", "INTERVAL": "timespan", "JSON": "dynamic",
}
SPAN = re.compile(r"(-?)(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?")


class Unheld(Exception):
    """A type or a value that one side has and the other has not."""


def stored_type(kind):
    try:
        return STORED[kind]
    except KeyError:
        raise Unheld(f"a column of type {kind}") from None


def kind_of(stored):
    if stored.endswith("[]"):
        return "dynamic"
    try:
        return ANSWERED[stored]
    except KeyError:
        raise Unheld(f"an answer of DuckDB's type {stored}") from None


def stored(value, kind):
    """A missing string is empty: KQL has no null strings."""
    if value is None:
        return "" if kind == "string" else None
    if kind == "dynamic":
        return json.dumps(value, ensure_ascii=False)
    if kind == "long" and isinstance(value, str):
        return int(value)
    if kind == "real" and isinstance(value, str):
        return float(value)
    if kind == "datetime":
        return coarse(value)
    if kind == "timespan":
        return span(value)
    return value


def coarse(text):
    """DuckDB counts microseconds, KQL a tenth of one."""
    if re.search(r"\.\d{6}[1-9]", text):
        raise Unheld(f"`{text}`, which is finer than a microsecond")
    return text


def span(value):
    """Milliseconds, or `[-][d.]hh:mm:ss[.fffffff]`."""
    if not isinstance(value, str):
        return datetime.timedelta(milliseconds=value)
    found = SPAN.fullmatch(value)
    if not found:
        raise Unheld(f"the timespan `{value}`")
    sign, days, hours, minutes, seconds, fraction = found.groups()
    ticks = int((fraction or "").ljust(7, "0"))
    if ticks % 10:
        raise Unheld(f"`{value}`, which is finer than a microsecond")
    whole = datetime.timedelta(
        days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=int(seconds), microseconds=ticks // 10
    )
    return -whole if sign else whole


def answered(value, kind):
    if value is None:
        return None
    if kind == "datetime":
        return instant(value)
    if kind == "timespan":
        return shown(value)
    if kind == "dynamic":
        return json.loads(value) if isinstance(value, str) else [plain(item) for item in value]
    if kind == "real":
        value = float(value)
        return value if value - value == 0 else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def plain(item):
    """An item of one of DuckDB's own lists."""
    if item is None or isinstance(item, (bool, int, float, str)):
        return item
    raise Unheld(f"a list of {type(item).__name__}")


def instant(value):
    """No digits of a second, three or seven, as Kusto writes results."""
    whole = value.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if not value.microsecond:
        return f"{whole}Z"
    if value.microsecond % 1000 == 0:
        return f"{whole}.{value.microsecond // 1000:03}Z"
    return f"{whole}.{value.microsecond:06}0Z"


def shown(value):
    sign, value = ("-", -value) if value < datetime.timedelta() else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    days = f"{value.days}." if value.days else ""
    fraction = f".{value.microseconds:06}0" if value.microseconds else ""
    return f"{sign}{days}{hours:02}:{rest // 60:02}:{rest % 60:02}{fraction}"
